"""Repairable systems: how many events, or how much cost, a system has had by an age."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.eventhistories import EventHistories, IntArray
from analytics.results import FloatArray, Interval, Result, tail_probabilities

Variance = Literal["robust", "reliasoft"]
Value = Literal["count", "cost"]


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanCumulativeFunction(Result):
    """Mean number (or cost) of events per system against age; made by `mean_cumulative_function`.

    Attributes
    ----------
    time : ndarray, shape (k,)
        Distinct event times, rising; the curve is a step function that is 0 before the first and flat after
        the last.
    estimate, standard_error : ndarray, shape (k,)
        The curve after each step and its standard error.
    lower, upper : ndarray, shape (k,)
        Pointwise two-sided bounds at `confidence`, on the log scale and so never negative; NaN while the
        curve is 0.
    at_risk, events : ndarray of int, shape (k,)
        Systems under observation and events at each time.
    variance : {"robust", "reliasoft"}
        Which variance the standard error is the root of.
    value : {"count", "cost"}
        What is accumulated.
    systems : int
        Number of systems in the register, those without events included.
    first_start, last_end : float
        Where the earliest window of observation begins and the latest ends, in `unit`.
    """

    time: FloatArray
    estimate: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_risk: IntArray
    events: IntArray
    variance: Variance
    value: Value
    systems: int
    first_start: float
    last_end: float

    def at(self, time: ArrayLike) -> FloatArray:
        """The curve at any times, in the shape of `time`; not defined beyond the last window, where it stays
        flat."""
        step = np.searchsorted(self.time, np.asarray(time, dtype=float), side="right")
        curve: FloatArray = np.concatenate([[0.0], self.estimate])[step]
        return curve

    def interval(self, time: float, *, confidence: float | None = None) -> Interval:
        """Two-sided bounds on the curve at one time.

        Raises
        ------
        NotEnoughFailures
            Before the first event, where the curve is 0 and has no variance to make bounds from.
        """
        level = self.confidence if confidence is None else confidence
        step = int(np.searchsorted(self.time, time, side="right")) - 1
        if step < 0 or not self.estimate[step] > 0:
            raise NotEnoughFailures(
                f"nothing has accumulated by {time:g} {self.unit}; there are no bounds to give"
            )
        lower, upper = _log_bounds(self.estimate[step], self.standard_error[step], level)
        return Interval(float(lower), float(upper), level, "two", f"{self.variance} variance, log scale")


@checked
def mean_cumulative_function(
    histories: EventHistories,
    *,
    confidence: float = 0.90,
    variance: Variance = "robust",
    value: Value = "count",
) -> MeanCumulativeFunction:
    r"""Nelson's mean cumulative function (MCF) of recurrent events, with no model of the process behind it.

    The average number (or cost) of events that a system has had by a given age. Straight: constant rate.
    Bending up: getting worse. Bending down: getting better. Right for any process as long as the end of a
    system's observation has nothing to do with its events; do not use it where systems are retired *because*
    they fail often.

    Parameters
    ----------
    histories : EventHistories
        Events and windows. Delayed entry and gaps are allowed for: a system counts only while it is watched.
    confidence : float
        Two-sided confidence of the pointwise bounds.
    variance : {"robust", "reliasoft"}
        "robust": Nelson's and Lawless and Nadeau's variance, which lets events of one system depend on each
        other (what SAS and R reda print). "reliasoft": the sum of the step variances as if steps were
        independent, as Weibull++ prints; on the five-system example of ReliaWiki it is 0.718 where the robust
        one is 0.145.
    value : {"count", "cost"}
        Accumulate the number of events, or their `cost`.

    Returns
    -------
    MeanCumulativeFunction

    Raises
    ------
    NotEnoughFailures
        If there is no event at all: the curve is 0 throughout and has no bounds.
    InvalidData
        If a word is unknown, costs are asked for and missing or negative, or `confidence` is outside (0, 1).

    Notes
    -----
    With :math:`\delta_i(t)` 1 while system i is watched, :math:`d_i(t)` its events at t, and dots for sums
    over systems,

    .. math::
        \hat M(t) = \sum_{t_k \le t} \frac{d_\cdot(t_k)}{\delta_\cdot(t_k)}, \qquad
        \widehat{\mathrm{Var}}\,\hat M(t) = \sum_i \Bigl[\sum_{t_k \le t}
        \frac{\delta_i(t_k)}{\delta_\cdot(t_k)} \Bigl(d_i(t_k) -
        \frac{d_\cdot(t_k)}{\delta_\cdot(t_k)}\Bigr)\Bigr]^2 .

    Bounds are :math:`\hat M \exp(\pm z\,\mathrm{se}/\hat M)`. The work is one
    pass over events and windows.

    References
    ----------
    Nelson, W. B. (2003). *Recurrent Events Data Analysis for Product Repairs, Disease Recurrences, and Other
    Applications*. ASA-SIAM, ch. 3-5.
    Lawless, J. F. and Nadeau, C. (1995). Some simple robust methods for the analysis of recurrent events.
    *Technometrics* 37, 158-168, eq. 2.5.

    Examples
    --------
    >>> histories = EventHistories(
    ...     ["1", "1", "1", "2", "2", "2", "3", "3", "3", "4", "4", "5", "5", "5"],
    ...     [5, 10, 15, 6, 13, 17, 12, 20, 25, 13, 15, 16, 22, 25],
    ...     end={"1": 17, "2": 19, "3": 26, "4": 24, "5": 28},
    ... )
    >>> curve = mean_cumulative_function(histories)
    >>> curve.at([4, 5, 12, 25]).round(5).tolist()
    [0.0, 0.2, 0.8, 3.66667]
    >>> round(float(curve.standard_error[-1] ** 2), 6)
    0.145185
    """
    amounts = _amounts(histories, value)
    tail_probabilities(confidence)
    if histories.time.size == 0:
        raise NotEnoughFailures(
            f"no events in {histories.exposure:g} {histories.unit}: the mean cumulative function is 0; "
            "mtbf(0, exposure) gives a lower bound on the time between events"
        )
    times, step_of = np.unique(histories.time, return_inverse=True)
    at_risk = histories.at_risk(times)
    total = np.bincount(step_of, weights=amounts)
    estimate = np.cumsum(total / at_risk)
    if variance == "robust":
        squared = _robust_variance(histories, times, amounts, at_risk, total / at_risk)
    else:
        # Each event is a step of its own, ties included: (1/r^2) [ (c - c/r)^2 + (r - 1)(c/r)^2 ] = c^2 (r -
        # 1) / r^3.
        risk = at_risk[step_of].astype(float)
        squared = np.cumsum(np.bincount(step_of, weights=amounts**2 * (risk - 1) / risk**3))
    error = np.sqrt(squared)
    lower, upper = _log_bounds(estimate, error, confidence)
    return MeanCumulativeFunction(
        method="Nelson",
        unit=histories.unit,
        confidence=confidence,
        counts=histories.counts,
        exposure=histories.exposure,
        fingerprint=histories.fingerprint,
        warnings=_mcf_warnings(len(histories.systems), times, at_risk, histories.unit),
        time=times,
        estimate=estimate,
        standard_error=error,
        lower=lower,
        upper=upper,
        at_risk=at_risk,
        events=np.bincount(step_of).astype(np.intp),
        variance=variance,
        value=value,
        systems=len(histories.systems),
        first_start=float(histories.window_start.min()),
        last_end=float(histories.window_end.max()),
    )


def _amounts(histories: EventHistories, value: Value) -> FloatArray:
    if value == "count":
        return np.ones(histories.time.size)
    if histories.cost is None:
        raise InvalidData("these histories carry no costs; give cost= when building them")
    if np.any(histories.cost < 0):
        raise InvalidData("a cost is negative; a cumulative cost with credits in it has no log-scale bounds")
    return histories.cost


def _robust_variance(
    histories: EventHistories,
    times: FloatArray,
    amounts: FloatArray,
    at_risk: IntArray,
    mean_step: FloatArray,
) -> FloatArray:
    # A system's residual falls by the same amount at every step while it is watched, so only the sum over the
    # watched systems and the sum of squares over all are carried along: the work is one pass over events and
    # windows, where the formula as printed needs a table of times x systems.
    arrivals = np.argsort(histories.window_start, kind="stable")
    departures = np.argsort(histories.window_end, kind="stable")
    entering = zip(
        histories.window_start[arrivals].tolist(), histories.window_system[arrivals].tolist(), strict=True
    )
    leaving = zip(
        histories.window_end[departures].tolist(), histories.window_system[departures].tolist(), strict=True
    )
    events = zip(histories.time.tolist(), histories.event_system.tolist(), amounts.tolist(), strict=True)
    sentinel = (np.inf, -1)
    start, newcomer = next(entering, sentinel)
    end, leaver = next(leaving, sentinel)
    instant, owner, amount = next(events)
    # While a system is watched its residual is level[i] - drop; while it is not, its residual is level[i].
    level = [0.0] * len(histories.systems)
    drop = watched_sum = square_sum = 0.0
    squared = np.empty(times.size)
    for k, (t, n, step) in enumerate(zip(times.tolist(), at_risk.tolist(), mean_step.tolist(), strict=True)):
        while start <= t:
            watched_sum += level[newcomer]
            level[newcomer] += drop
            start, newcomer = next(entering, sentinel)
        while end < t:
            level[leaver] -= drop
            watched_sum -= level[leaver]
            end, leaver = next(leaving, sentinel)
        fall = step / n
        square_sum += n * fall**2 - 2 * fall * watched_sum
        watched_sum -= n * fall
        drop += fall
        while instant <= t:
            jump = amount / n
            square_sum += jump * (jump + 2 * (level[owner] - drop))
            level[owner] += jump
            watched_sum += jump
            instant, owner, amount = next(events, (np.inf, -1, 0.0))
        squared[k] = max(square_sum, 0.0)
    return squared


def _log_bounds(estimate: FloatArray, error: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    below, _ = tail_probabilities(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.exp(-ndtri(below) * np.where(estimate > 0, error / estimate, np.nan))
    return estimate / factor, estimate * factor


def _mcf_warnings(n_systems: int, times: FloatArray, at_risk: IntArray, unit: str) -> tuple[str, ...]:
    warnings = []
    if n_systems == 1:
        warnings.append(
            "only one system: a single history shows no variance between systems, so the bounds are the curve itself"
        )
    elif n_systems < 10:
        warnings.append(f"only {n_systems} systems: the variance between systems is itself uncertain")
    alone = np.flatnonzero(at_risk == 1)
    if n_systems > 1 and alone.size:
        warnings.append(
            f"only one system is at risk at {times[alone[0]]:g} {unit}: its steps add nothing to the variance"
        )
    return tuple(warnings)
