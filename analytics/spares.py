"""How many spare parts failures will ask for within a horizon."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from analytics.counts import count_quantile, mean_count, mixture, poisson_pmf, sum_of_independent
from analytics.errors import InvalidData
from analytics.renewal import LifeModel, grid_steps, replacement_probabilities
from analytics.results import Counts, FloatArray, Interval, Result, Side, tail_probabilities

Replacement = Literal["as_new", "as_old", "none"]

# Parameter draws: 400 leave about a twentieth of the spread between draws as Monte Carlo error of the mean.
DRAWS = 400
# Fixed, so that a page, a notebook and the same question tomorrow show the same number.
DEFAULT_SEED = 20_000
# Positions times parameter draws convolved at once.
BLOCK_CELLS = 500_000


class FittedLife(LifeModel, Protocol):
    """What a forecast asks of a fit: a frozen dataclass whose parameters can be drawn and put in place of the
    estimates."""

    @property
    def counts(self) -> Counts: ...
    @property
    def exposure(self) -> float: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...

    def sample_parameters(self, n: int, *, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draws of the parameters by field name, each of shape (n,)."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class DemandForecast(Result):
    """Predictive distribution of the number of demands within a horizon; made by `forecast_spares`.

    `counts` and `exposure` are those of the fit behind it.

    Attributes
    ----------
    mean : float
        Expected number of demands.
    lower, upper : int
        Two-sided prediction interval: the number of demands lies in it with at least the probability
        `confidence`.
    pmf : ndarray, shape (k,)
        Probability of 0, 1, ... demands.
    mean_standard_error : float
        Monte Carlo standard error of `mean`; 0 when parameters are not drawn.
    estimate_mean : float or None
        Expected demands if the estimated parameters were the truth; None where the fit has no point estimate.
    positions : int
        Number of installed parts.
    horizon : float
        Length of the horizon as given.
    horizon_exposure : float
        Usage of all positions over the horizon, in `unit`.
    replacement : {"as_new", "as_old", "none"}
        What happens at a failure.
    draws : int
        Number of parameter draws averaged over; 0 when the estimates were taken as the truth.
    """

    mean: float
    lower: int
    upper: int
    pmf: FloatArray
    mean_standard_error: float
    estimate_mean: float | None
    positions: int
    horizon: float
    horizon_exposure: float
    replacement: Replacement
    draws: int

    @property
    def cdf(self) -> FloatArray:
        """Probability of at most 0, 1, ... demands, shape (k,)."""
        return np.minimum(np.cumsum(self.pmf), 1.0)

    def quantile(self, p: float) -> int:
        """Smallest number that demands do not exceed with probability `p` or more, `p` in (0, 1)."""
        return count_quantile(self.pmf, p)

    def interval(self, *, confidence: float | None = None, side: Side = "two") -> Interval:
        """Prediction interval for the number of demands."""
        level = self.confidence if confidence is None else confidence
        below, above = tail_probabilities(level, side)
        lower = float(self.quantile(below)) if below else None
        upper = float(self.quantile(1.0 - above)) if above else None
        return Interval(lower, upper, level, side, "prediction")

    def stock_for(self, service_level: float) -> int:
        """Smallest stock that covers all demands with probability `service_level` or more."""
        return self.quantile(service_level)


def forecast_spares(
    fit: FittedLife,
    ages: ArrayLike,
    horizon: float,
    *,
    usage_per_unit: ArrayLike = 1.0,
    replacement: Replacement = "as_new",
    parameter_uncertainty: bool = True,
    confidence: float = 0.90,
    draws: int = DRAWS,
    rng: np.random.Generator | None = None,
) -> DemandForecast:
    r"""Number of spare parts that failures of the installed parts will ask for within a horizon.

    Takes the age of every installed part into account, lets a replacement fail in its turn, and carries both
    sources of uncertainty: chance, and what the data leave open about the parameters. For demand by failure
    only; add planned replacements and other demand yourself.

    Parameters
    ----------
    fit : FittedLife
        A fitted life distribution of the part (`fit_weibull`, `fit_exponential`).
    ages : array_like of float, shape (n,)
        Age of the part in each position today, in the fit's unit, at least 0. One entry per position.
    horizon : float
        Length of the horizon, at least 0, in any unit of time: usage to come is ``horizon * usage_per_unit``.
    usage_per_unit : float or array_like, shape (n,)
        Usage in the fit's unit that a position accrues per unit of horizon: with a fit in hours and a horizon
        in days, hours a day. 1 when both have the same unit.
    replacement : {"as_new", "as_old", "none"}
        What a failure leads to: a new part (renewal process), a repair that leaves the part as old as it was
        (minimal repair), or nothing (each position asks for one part at most).
    parameter_uncertainty : bool
        Average over parameters drawn from the fit. False takes the estimates as the truth, which makes the
        distribution too narrow; for comparison and teaching.
    confidence : float
        Probability of the two-sided prediction interval.
    draws : int
        Number of parameter draws.
    rng : numpy.random.Generator, optional
        Source of the draws; a generator with a fixed seed where not given, so that the same question has the
        same answer.

    Returns
    -------
    DemandForecast

    Raises
    ------
    InvalidData
        If ages, horizon or usage are negative or not finite, shapes differ, or a setting is unknown.
    NotEnoughFailures
        If the fit has no point estimate and `parameter_uncertainty` is False.

    Notes
    -----
    Given the parameters, the distribution is computed, not simulated: for a position with age a, the first
    failure follows :math:`1 - S(a+u)/S(a)`, later ones the renewal counts of a new part, and the positions
    are convolved. The error of the mean from the grid is below 0.1 % for Weibull shapes of 1
    and above, and below 1 % at shape 0.5. The draws are averaged: the only Monte Carlo error is that over
    parameters, given as `mean_standard_error`. Positions are independent given the parameters; a shared error
    in the parameters makes all of them fail early or late together, which is why the spread does not shrink
    as the fleet grows.

    Simulated coverage of the interval at nominal 90 % (Weibull shape 2, 60 positions, horizon half a
    characteristic life): 90 % with some 20 failures behind the fit and 86 % with some 6, where demand then
    falls below the interval and hardly ever above it; stocks come out on the safe side.

    References
    ----------
    Cox, D. R. (1962). *Renewal Theory*, Methuen, ch. 2-3.
    Meeker, W. Q., Escobar, L. A. and Pascual, F. G. (2022). *Statistical Methods for Reliability Data*, 2nd
    ed., Wiley, ch. 15 (prediction of future failures in a fleet).
    Rausand, M., Barros, A. and Hoyland, A. (2021). *System Reliability Theory*, 3rd ed., Wiley, ch. 10.

    Examples
    --------
    >>> from analytics import LifeData, fit_weibull
    >>> fit = fit_weibull(LifeData([900, 1400, 1700, 2000, 2100, 2100], [1, 1, 1, 1, 0, 0]))
    >>> forecast = forecast_spares(fit, ages=[200, 900, 1500, 1900], horizon=90, usage_per_unit=8)
    >>> 1.0 < forecast.mean < 3.0, forecast.counts.failures
    (True, 4)
    >>> forecast.stock_for(0.95) >= forecast.stock_for(0.80)
    True
    """
    tail_probabilities(confidence)
    now, usage = _positions(ages, horizon, usage_per_unit)
    if replacement not in ("as_new", "as_old", "none"):
        raise InvalidData(f'replacement must be "as_new", "as_old" or "none", not {replacement!r}')
    if draws < 1:
        raise InvalidData(f"draws must be at least 1, not {draws!r}")
    has_estimate = fit.counts.failures > 0
    at_estimate = (
        _fleet_pmfs([fit], now, usage, replacement, fine=True)[0]
        if has_estimate or not parameter_uncertainty
        else None
    )
    if parameter_uncertainty:
        generator = np.random.default_rng(DEFAULT_SEED) if rng is None else rng
        drawn = fit.sample_parameters(draws, rng=generator)
        each = _fleet_pmfs([_with(fit, drawn, k) for k in range(draws)], now, usage, replacement)
        means = np.array([mean_count(pmf) for pmf in each])
        pmf, error = mixture(each), float(np.std(means, ddof=min(1, draws - 1)) / math.sqrt(draws))
    else:
        assert at_estimate is not None
        pmf, error = at_estimate, 0.0
    below, above = tail_probabilities(confidence)
    facts = f"{fit.fingerprint}:{now.tolist()}:{usage.tolist()}:{replacement}"
    return DemandForecast(
        method=f"{replacement.replace('_', ' ')}, {'parameters drawn' if parameter_uncertainty else 'parameters fixed'}",
        unit=fit.unit,
        confidence=confidence,
        counts=Counts(records=fit.counts.records, failures=fit.counts.failures),
        exposure=fit.exposure,
        fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
        warnings=_warnings(fit, parameter_uncertainty),
        mean=mean_count(pmf),
        lower=count_quantile(pmf, below),
        upper=count_quantile(pmf, 1.0 - above),
        pmf=pmf,
        mean_standard_error=error,
        estimate_mean=None if at_estimate is None else mean_count(at_estimate),
        positions=now.size,
        horizon=float(horizon),
        horizon_exposure=float(np.sum(usage)),
        replacement=replacement,
        draws=draws if parameter_uncertainty else 0,
    )


def _positions(ages: ArrayLike, horizon: float, usage_per_unit: ArrayLike) -> tuple[FloatArray, FloatArray]:
    try:
        now = np.atleast_1d(np.array(ages, dtype=float))
        rate = np.broadcast_to(np.array(usage_per_unit, dtype=float), now.shape)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"ages and usage_per_unit must be numbers of one length: {error}") from error
    if now.ndim != 1:
        raise InvalidData(f"ages must be one-dimensional, not of shape {now.shape}")
    for name, values in (("ages", now), ("usage_per_unit", rate), ("horizon", np.atleast_1d(float(horizon)))):
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if bad.size:
            raise InvalidData(
                f"row {bad[0]}: {name} is {values[bad[0]]}; it must be at least 0", bad.tolist()
            )
    usage = float(horizon) * rate
    # Positions are alike but for age and usage: in a fixed order their fingerprint and rounding do not depend
    # on the input's.
    order = np.lexsort((usage, now))
    return now[order], usage[order]


def _with(fit: FittedLife, drawn: dict[str, FloatArray], k: int) -> FittedLife:
    changed: dict[str, Any] = {name: float(values[k]) for name, values in drawn.items()}
    result: FittedLife = replace(fit, **changed)  # type: ignore[type-var]
    return result


def _warnings(fit: FittedLife, parameter_uncertainty: bool) -> tuple[str, ...]:
    warnings = list(fit.warnings)
    if not parameter_uncertainty:
        warnings.append(
            "the estimated parameters are taken as the truth: the forecast is narrower than the data allow"
        )
    return tuple(warnings)


def _fleet_pmfs(
    models: Sequence[LifeModel],
    ages: FloatArray,
    usage: FloatArray,
    replacement: Replacement,
    *,
    fine: bool = False,
) -> list[FloatArray]:
    """Distribution of the demands of all positions together, under each set of parameters."""
    if ages.size == 0:
        return [np.ones(1) for _ in models]
    if replacement == "as_old":
        hazards = [m.cumulative_hazard(ages + usage) - m.cumulative_hazard(ages) for m in models]
        return [poisson_pmf(float(np.sum(hazard))) for hazard in hazards]
    # Several sets of parameters are convolved side by side; how many follows from the memory their table
    # takes.
    at_once = max(1, BLOCK_CELLS // ages.size)
    pmfs: list[FloatArray] = []
    for begin in range(0, len(models), at_once):
        tables = [_position_pmfs(m, ages, usage, replacement, fine) for m in models[begin : begin + at_once]]
        width = max(table.shape[1] for table in tables)
        batch = np.zeros((len(tables), ages.size, width))
        for table, row in zip(tables, batch, strict=True):
            row[:, : table.shape[1]] = table
        pmfs.extend(sum_of_independent(batch))
    return pmfs


def _position_pmfs(
    model: LifeModel, ages: FloatArray, usage: FloatArray, replacement: Replacement, fine: bool
) -> FloatArray:
    if replacement == "none":
        survive = np.exp(model.cumulative_hazard(ages) - model.cumulative_hazard(ages + usage))
        return np.column_stack([survive, 1.0 - survive])
    steps = grid_steps(model, float(np.max(usage)), 1024, 2048) if fine else None
    return replacement_probabilities(model, ages, usage, steps=steps)
