"""What lifelines estimates for us, and the one place that knows how it wants to be asked.

lifelines brings pandas, and the two take seconds to import; so the functions that need it import it. It switches numpy's
warnings off for the whole process, which is undone here. Its regressions are not believed but judged by whoever asked for
them: the likelihood must have a verified maximum there, or the answer is none.
"""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.lifedata import EXACT, RIGHT_CENSORED, LifeData
from analytics.results import FloatArray

# Newton's method of lifelines ends when half the squared distance from the maximum, in standard errors, is below `precision`.
COX_OPTIONS = {"precision": 1e-18, "r_precision": 0.0, "step_size": 1.0, "max_steps": 50}
# lifelines' own 1e-6 to 1e-10 ends up to 0.05 standard errors from the maximum.
AFT_OPTIONS = {"ftol": 1e-15, "maxiter": 500}
# By distribution: lifelines' fitter, its names of location and shape, and the sign of log shape in log sigma.
AFT_FITTERS = {
    "weibull": ("WeibullAFTFitter", "lambda_", "rho_", -1.0),
    "lognormal": ("LogNormalAFTFitter", "mu_", "sigma_", 1.0),
    "loglogistic": ("LogLogisticAFTFitter", "alpha_", "beta_", -1.0),
}


class Steps(NamedTuple):
    """A curve of steps at the distinct ages at failure: units at risk just before each, failures at it, height after it."""

    time: FloatArray
    at_risk: FloatArray
    events: FloatArray
    estimate: FloatArray


class Line(NamedTuple):
    """Log life as a line: at columns of 0, its spread, and a slope a column."""

    location: float
    log_sigma: float
    slopes: FloatArray


def product_limit(data: LifeData) -> Steps:
    """Kaplan-Meier's curve of exact and right-censored records."""
    from lifelines import KaplanMeierFitter

    time, event, weight, _ = _at_risk_by_weight(data)
    with np.errstate(all="ignore"):
        found = KaplanMeierFitter().fit(time, event, weights=weight)
    return _steps(found.event_table, found.survival_function_)


def hazard_sum(data: LifeData) -> Steps:
    """Nelson and Aalen's curve of exact and right-censored records."""
    from lifelines import NelsonAalenFitter

    time, event, weight, _ = _at_risk_by_weight(data)
    with np.errstate(all="ignore"):
        found = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(time, event, weights=weight)
    return _steps(found.event_table, found.cumulative_hazard_)


def log_rank_statistic(data: LifeData, weights: str | None) -> float:
    """The log-rank statistic of the groups; `weights` as lifelines names them, None for equal ones."""
    from lifelines.statistics import multivariate_logrank_test

    time, event, weight, group = _at_risk_by_weight(data)
    with np.errstate(all="ignore"):
        found = multivariate_logrank_test(time, group, event, weights=weight, weightings=weights)
    return float(found.test_statistic)


def groups_at_risk(data: LifeData) -> tuple[FloatArray, FloatArray]:
    """Units of each group at risk just before each distinct age at failure, and its failures there: a row a group."""
    from lifelines.utils import group_survival_table_from_events

    time, event, weight, group = _at_risk_by_weight(data)
    _, left, failed, _ = group_survival_table_from_events(group, time, event, weights=weight)
    at_risk = left.sum() - left.cumsum().shift(1).fillna(0)
    fell = failed.sum(axis=1).to_numpy() > 0
    labels = range(len(data.groups))
    return (
        at_risk[[f"removed:{label}" for label in labels]].to_numpy(dtype=np.float64)[fell].T,
        failed[[f"observed:{label}" for label in labels]].to_numpy(dtype=np.float64)[fell].T,
    )


def proportional_hazards(data: LifeData, columns: FloatArray) -> FloatArray | None:
    """Cox's coefficients of the columns, by Efron's treatment of ties; None where lifelines gives up."""
    import pandas as pd
    from lifelines import CoxPHFitter

    failed, entry = data.event == EXACT, _entry(data)
    # Where failures tie, lifelines takes a weight for a mean over them and not for that many units, so failures stand one a
    # row. A row of no length says nothing.
    copies = np.where(failed, data.count, data.time > entry).astype(np.intp)
    rows = np.repeat(np.arange(len(data)), copies)
    frame = pd.DataFrame(columns[rows], columns=_names(columns))
    frame["time"], frame["event"] = data.time[rows], failed[rows]
    frame["weight"] = np.where(failed, 1.0, data.count)[rows]
    late = bool(entry.any())
    if late:
        frame["entry"] = entry[rows]
    fit = _attempt(
        lambda: CoxPHFitter().fit(
            frame,
            "time",
            "event",
            weights_col="weight",
            entry_col="entry" if late else None,
            fit_options=COX_OPTIONS,
        )
    )
    return None if fit is None else np.asarray(fit.params_)


def accelerated_life(data: LifeData, distribution: str, columns: FloatArray, unit: FloatArray) -> Line | None:
    """The line through log life, with ages counted in a `unit` of each record's own; None where lifelines gives up or has
    nothing for such data.

    It has no right truncation and no exponential regression. Its generalised gamma regression is left out: it needs 3 to 7
    seconds for 40 to 800 records.
    """
    if distribution not in AFT_FITTERS or bool(np.isfinite(data.truncated_above).any()):
        return None
    import lifelines
    import pandas as pd

    fitter, location, shape, sign = AFT_FITTERS[distribution]
    entry = _entry(data)
    rows = np.flatnonzero((data.event != RIGHT_CENSORED) | (data.time > entry))
    low, high = (ages[rows] / unit[rows] for ages in data.failure_intervals())
    event = data.event[rows]
    names = _names(columns)
    frame = pd.DataFrame(columns[rows], columns=names)
    frame["event"], frame["weight"], frame["entry"] = (
        event == EXACT,
        data.count[rows],
        entry[rows] / unit[rows],
    )
    asked = {"event_col": "event", "weights_col": "weight", "entry_col": "entry", "fit_options": AFT_OPTIONS}
    model = getattr(lifelines, fitter)()
    # One method for the three: BFGS, which is the lognormal's own, ends in a refusal where digits run out.
    model._scipy_fit_method = "SLSQP"
    if (event > EXACT).any():
        frame["low"], frame["high"] = low, np.where(event == RIGHT_CENSORED, np.inf, high)
        found = _attempt(lambda: model.fit_interval_censoring(frame, "low", "high", **asked).params_)
    else:
        frame["time"] = low
        found = _attempt(lambda: model.fit(frame, "time", **asked).params_)
    if found is None:
        return None
    slopes = np.array([found[location, name] for name in names])
    return Line(float(found[location, "Intercept"]), sign * float(found[shape, "Intercept"]), slopes)


def _at_risk_by_weight(
    data: LifeData,
) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.int64], NDArray[np.intp]]:
    """Ages, failed or not, units and number of the group: a unit that enters late stands as one from the start, less one
    that is censored at its age of entry.

    lifelines adds up the units at risk, so this is delayed entry with ``entry < t <= time`` for all that it computes. Its own
    `entry` is missing from the log-rank test, and in Kaplan-Meier refuses every table whose risk set runs empty for a while.
    """
    entry = _entry(data)
    late = entry > 0
    units = data.count.astype(np.int64)
    order, starts = data.group_rows
    group = np.empty(len(data), dtype=np.intp)
    group[order] = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    return (
        np.concatenate([data.time, entry[late]]),
        np.concatenate([data.event == EXACT, np.zeros(int(late.sum()), dtype=bool)]),
        np.concatenate([units, -units[late]]),
        np.concatenate([group, group[late]]),
    )


def _entry(data: LifeData) -> FloatArray:
    """Ages of entry; just before it where a unit failed at its own, which was at risk then."""
    at_once = (data.event == EXACT) & (data.entry == data.time)
    return np.where(at_once, np.nextafter(data.time, 0.0), data.entry)


def _steps(table: Any, curve: Any) -> Steps:
    fell = table["observed"].to_numpy() > 0
    time, at_risk, events, estimate = (
        np.asarray(values, dtype=np.float64)[fell]
        for values in (table.index, table["at_risk"], table["observed"], curve.iloc[:, 0])
    )
    return Steps(time, at_risk, events, estimate)


def _names(columns: FloatArray) -> list[str]:
    return [f"x{at}" for at in range(columns.shape[1])]


def _attempt(ask: Callable[[], Any]) -> Any:
    """The answer, or None where the search breaks down; its doubts are not passed on, as no answer goes unverified."""
    from lifelines.exceptions import ConvergenceError

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return ask()
        except (ConvergenceError, np.linalg.LinAlgError, ValueError, FloatingPointError):
            return None
