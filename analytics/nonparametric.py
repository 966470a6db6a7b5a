"""Survival without assuming a distribution: the Kaplan-Meier estimate."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.lifedata import EXACT, LifeCounts, LifeData
from analytics.results import FloatArray, Interval, Result, tail_probabilities
from analytics.through_lifelines import product_limit

CurveBounds = Literal["log-log", "plain"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SurvivalCurve(Result):
    """A survival curve that falls in steps at the ages at failure; made by `kaplan_meier`.

    Attributes
    ----------
    time : ndarray, shape (k,)
        Distinct ages at failure, rising, in `unit`. The curve is 1 before the first.
    estimate : ndarray, shape (k,)
        Survival probability just after each age.
    lower, upper : ndarray, shape (k,)
        Pointwise two-sided bounds at `confidence`. Where the estimate is 0 both are NaN: no bound is defined there.
    standard_error : ndarray, shape (k,)
        Greenwood's standard error of the estimate.
    at_risk, events : ndarray, shape (k,)
        Units at risk just before each age, and failures at it.
    last_time : float
        Longest age seen. Beyond it the curve is not defined unless it has reached 0.
    bounds : {"log-log", "plain"}
        How the bounds were made.
    start : ndarray of shape (k,) or None
        With inspections (Turnbull's estimate) the curve falls somewhere in each ``(start, time]``, and the data do not say
        where; `at_risk` is then NaN and `events` the estimated number of units that failed in each.
    """

    counts: LifeCounts
    time: FloatArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    standard_error: FloatArray
    at_risk: FloatArray
    events: FloatArray
    last_time: float
    bounds: CurveBounds
    start: FloatArray | None = None

    def reliability(self, t: ArrayLike) -> FloatArray:
        """Survival probability at age `t`; NaN beyond `last_time` unless the curve has reached 0, and inside an interval
        in which it falls."""
        age = np.asarray(t, dtype=np.float64)
        at = np.searchsorted(self.time, age, side="right")
        value = np.concatenate([[1.0], self.estimate])[at]
        if self.start is not None:
            value = np.where(np.append(self.start, np.inf)[at] < age, np.nan, value)
        return np.where((age > self.last_time) & (value > 0.0), np.nan, value)

    def quantile(self, p: float) -> float | None:
        """Youngest age by which a fraction of at least `p` has failed; None if the curve does not fall so far."""
        if not 0.0 < p < 1.0:
            raise InvalidData(f"a quantile needs a failed fraction between 0 and 1, not {p!r}")
        return self._first_at_or_below(self.estimate, 1.0 - p)

    @property
    def median(self) -> float | None:
        """Age by which half have failed, or None."""
        return self.quantile(0.5)

    def quantile_interval(self, p: float) -> Interval:
        """Ages at which the bounds cross 1 - p (Brookmeyer and Crowley); `upper` is infinite where one does not."""
        self.quantile(p)
        lower = self._first_at_or_below(self.lower, 1.0 - p)
        upper = self._first_at_or_below(self.upper, 1.0 - p)
        return Interval(
            math.inf if lower is None else lower,
            math.inf if upper is None else upper,
            self.confidence,
            "two",
            self.bounds,
        )

    def _first_at_or_below(self, curve: FloatArray, level: float) -> float | None:
        # A product of fractions such as 9/10 * 8/9 ... misses 0.5 by rounding; the curve's own steps are far larger.
        reached = np.flatnonzero((curve <= level + 1e-12) | (np.isnan(curve) & (self.estimate <= 0.0)))
        return float(self.time[reached[0]]) if reached.size else None


@checked
def kaplan_meier(
    data: LifeData, *, confidence: float = 0.90, bounds: CurveBounds = "log-log"
) -> SurvivalCurve:
    r"""Kaplan-Meier (product-limit) estimate of the survival probability; with inspections Turnbull's.

    The check on any fitted distribution: it assumes none. It says nothing beyond the longest age observed.

    Parameters
    ----------
    data : LifeData
        Exact and right-censored records with counts and delayed entry; or exact, left-, right- and interval-censored
        records from age 0.
    confidence : float
        Two-sided pointwise confidence.
    bounds : {"log-log", "plain"}
        "log-log" makes the bounds on the scale of log(-log S), so that they stay inside 0 and 1; "plain" is estimate
        plus and minus normal deviates times the standard error, cut off at 0 and 1.

    Returns
    -------
    SurvivalCurve

    Raises
    ------
    InvalidData
        If there are right-truncated records, or inspections of units that entered late.
    NotEnoughFailures
        If nothing failed: the curve would be 1 everywhere with no bound.
    NotConverged
        If Turnbull's estimate was not reached.

    Notes
    -----
    With :math:`d_i` failures among :math:`n_i` at risk at age :math:`t_i`,

    .. math:: \hat S(t) = \prod_{t_i \le t} \left(1 - \frac{d_i}{n_i}\right), \quad
              \widehat{Var}\,\hat S(t) = \hat S(t)^2 \sum_{t_i \le t} \frac{d_i}{n_i (n_i - d_i)}

    A unit is at risk at t if ``entry < t <= time``: a unit censored at the age of a failure was at risk for it, one
    that entered at that age was not. So a life cut into consecutive records gives the same curve as the whole life. A
    failure at its own age of entry counts as at risk. The curve is lifelines', which is told so.

    With left- or interval-censored failures the curve is the one that makes the data most likely among all distributions
    (Turnbull 1976). It falls inside intervals that the inspections leave open; its standard errors come from the
    observed information and are rough where those intervals are many. It is not lifelines', which takes both ends of
    an interval in and gives no bounds.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). JASA 53, 457-481.
    Kalbfleisch, J. D. and Prentice, R. L. (2002). *The Statistical Analysis of Failure Time Data*, 2nd ed., ch. 1.
    Brookmeyer, R. and Crowley, J. (1982). Biometrics 38, 29-41 (bounds on quantiles).
    Turnbull, B. W. (1976). Journal of the Royal Statistical Society B 38, 290-295.

    Examples
    --------
    >>> curve = kaplan_meier(LifeData([10, 20, 30, 40], [1, 0, 1, 1]))
    >>> curve.estimate.round(6).tolist(), curve.at_risk.tolist()
    ([0.75, 0.375, 0.0], [4.0, 2.0, 1.0])
    >>> curve.median
    30.0
    """
    deviate = -float(ndtri(tail_probabilities(confidence)[0]))
    if data.counts.failures == 0:
        raise NotEnoughFailures(
            "nothing failed, so the curve is 1 throughout and has no bounds; see mtbf for a bound"
        )
    if bool((data.event > EXACT).any()):
        return _from_inspections(data, confidence, deviate, bounds)
    refuse_inexact(data)
    time, at_risk, events, estimate = product_limit(data)
    # lifelines keeps Greenwood's sum to itself, and has no bounds for inspections, nor plain ones.
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood: FloatArray = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
    return _curve(
        data,
        confidence,
        deviate,
        bounds,
        greenwood,
        method="kaplan-meier",
        warnings=_early_end(data, time, estimate, at_risk),
        time=time,
        estimate=estimate,
        at_risk=at_risk,
        events=events,
        last_time=float(data.time.max()),
    )


def _from_inspections(
    data: LifeData, confidence: float, deviate: float, bounds: CurveBounds
) -> SurvivalCurve:
    from analytics.turnbull import turnbull_masses

    masses = turnbull_masses(data)
    seen = np.isfinite(masses.end)
    estimate = np.maximum(1.0 - np.cumsum(masses.mass)[seen], 0.0)
    # Rounding of a sum of masses is not survival.
    estimate = np.where(estimate < 1e-9, 0.0, estimate)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(masses.variance[seen]) / estimate
    return _curve(
        data,
        confidence,
        deviate,
        bounds,
        spread,
        method="turnbull",
        time=masses.end[seen],
        start=masses.start[seen],
        estimate=estimate,
        at_risk=np.full(int(seen.sum()), np.nan),
        events=masses.mass[seen] * float(data.count.sum()),
        last_time=float(max(data.time.max(), np.nanmax(data.upper, initial=0.0))),
    )


def _curve(
    data: LifeData, confidence: float, deviate: float, bounds: CurveBounds, spread: FloatArray, **fields: Any
) -> SurvivalCurve:
    """The curve with its bounds; `spread` is the standard error relative to the estimate."""
    estimate = fields["estimate"]
    with np.errstate(divide="ignore", invalid="ignore"):
        lower, upper = _bounds(estimate, spread, deviate, bounds)
        standard_error = np.where(estimate > 0.0, estimate * spread, np.nan)
    return SurvivalCurve(
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        lower=lower,
        upper=upper,
        standard_error=standard_error,
        bounds=bounds,
        **fields,
    )


def refuse_inexact(data: LifeData) -> None:
    """Refuse records whose age at failure is not known exactly."""
    rows = np.flatnonzero((data.event > EXACT) | np.isfinite(data.truncated_above))
    if rows.size:
        raise InvalidData(
            f"row {rows[0]}: this estimate is for exact and right-censored records; "
            "fit a distribution to left-censored, interval-censored or right-truncated records instead",
            rows.tolist(),
        )


def _bounds(
    estimate: FloatArray, greenwood: FloatArray, deviate: float, bounds: str
) -> tuple[FloatArray, FloatArray]:
    if bounds == "plain":
        lower = np.maximum(estimate * (1.0 - deviate * greenwood), 0.0)
        upper = np.minimum(estimate * (1.0 + deviate * greenwood), 1.0)
    else:
        stretch = np.exp(deviate * greenwood / -np.log(estimate))
        lower, upper = estimate**stretch, estimate ** (1.0 / stretch)
    defined = estimate > 0.0
    return np.where(defined, lower, np.nan), np.where(defined, upper, np.nan)


def _early_end(
    data: LifeData, time: FloatArray, estimate: FloatArray, at_risk: FloatArray
) -> tuple[str, ...]:
    zero = np.flatnonzero(estimate <= 0.0)
    if zero.size == 0 or not bool((data.time > time[zero[0]]).any()):
        return ()
    return (
        f"the curve falls to 0 at age {time[zero[0]]:g} because all {at_risk[zero[0]]:g} units then at risk failed, though "
        "others, which entered later, lived longer; take a start age with more units at risk",
    )
