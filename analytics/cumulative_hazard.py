"""The cumulative hazard without assuming a distribution: the Nelson-Aalen estimate."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analytics.arguments import checked
from analytics.errors import NotEnoughFailures
from analytics.lifedata import LifeCounts, LifeData
from analytics.nonparametric import refuse_inexact
from analytics.results import FloatArray, Result, tail_probabilities
from analytics.through_lifelines import hazard_sum

HazardBounds = Literal["log", "plain"]
Ties = Literal["together", "apart"]


@dataclass(frozen=True, eq=False, kw_only=True)
class CumulativeHazardCurve(Result):
    """A cumulative hazard that rises in steps at the ages at failure; made by `nelson_aalen`.

    Attributes
    ----------
    time : ndarray, shape (k,)
        Distinct ages at failure, rising, in `unit`. The curve is 0 before the first.
    estimate : ndarray, shape (k,)
        Cumulative hazard just after each age.
    lower, upper : ndarray, shape (k,)
        Pointwise two-sided bounds at `confidence`.
    standard_error : ndarray, shape (k,)
        Aalen's standard error of the estimate.
    at_risk, events : ndarray, shape (k,)
        Units at risk just before each age, and failures at it.
    last_time : float
        Longest age seen; beyond it the curve is not defined.
    bounds : {"log", "plain"}
        How the bounds were made.
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
    bounds: HazardBounds

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """Cumulative hazard at age `t`; NaN beyond `last_time`."""
        age = np.asarray(t, dtype=np.float64)
        value = np.concatenate([[0.0], self.estimate])[np.searchsorted(self.time, age, side="right")]
        return np.where(age > self.last_time, np.nan, value)

    def reliability(self, t: ArrayLike) -> FloatArray:
        """exp(-H(t)), the Breslow (Fleming-Harrington) estimate of survival; never 0, unlike Kaplan-Meier."""
        return np.exp(-self.cumulative_hazard(t))


@checked
def nelson_aalen(
    data: LifeData,
    *,
    confidence: float = 0.90,
    bounds: HazardBounds = "log",
    ties: Ties = "together",
) -> CumulativeHazardCurve:
    r"""Nelson-Aalen estimate of the cumulative hazard, with right censoring and delayed entry.

    Its slope is the failure rate: straight for a constant rate, bending up for wear-out, flattening for infant mortality. For
    systems that are repaired see `mean_cumulative_function`.

    Parameters
    ----------
    data : LifeData
        Exact and right-censored records with counts and delayed entry.
    confidence : float
        Two-sided pointwise confidence.
    bounds : {"log", "plain"}
        "log" makes the bounds on the scale of log H, so that they stay above 0; "plain" is estimate plus and minus normal
        deviates times the standard error, cut off at 0.
    ties : {"together", "apart"}
        Failures at one age as one step d / n, or one after the other, 1 / n + 1 / (n - 1) + ... (right where ages are only
        recorded as equal, and the rule of Nelson's hazard paper).

    Returns
    -------
    CumulativeHazardCurve

    Raises
    ------
    NotEnoughFailures
        If nothing failed.
    InvalidData
        If there are left-censored, interval-censored or right-truncated records, or a setting is unknown.

    Notes
    -----
    With :math:`d_i` failures among :math:`n_i` at risk (``entry < t <= time``, see `kaplan_meier`),

    .. math:: \hat H(t) = \sum_{t_i \le t} \frac{d_i}{n_i}, \quad \widehat{Var} = \sum_{t_i \le t} \frac{d_i}{n_i^2}

    Log bounds are :math:`\hat H \exp(\pm z\,\sqrt{\widehat{Var}} / \hat H)`.

    References
    ----------
    Nelson, W. (1972). Theory and applications of hazard plotting for censored failure data. Technometrics 14, 945-966.
    Aalen, O. (1978). Nonparametric inference for a family of counting processes. Annals of Statistics 6, 701-726.

    Examples
    --------
    >>> curve = nelson_aalen(LifeData([10, 20, 30, 40], [1, 0, 1, 1]))
    >>> curve.estimate.tolist()
    [0.25, 0.75, 1.75]
    """
    deviate = -float(ndtri(tail_probabilities(confidence)[0]))
    refuse_inexact(data)
    if data.counts.failures == 0:
        raise NotEnoughFailures("nothing failed, so the curve is 0 throughout; see mtbf for a bound")
    time, at_risk, events, estimate = hazard_sum(data)
    # lifelines' variance is that of a binomial, d (n - d) / n^3, and 0 where all at risk fail; Aalen's is the published one.
    variance = events / at_risk**2
    if ties == "apart":
        # lifelines' smoothing adds the sum over all units again at each age at which none is at risk.
        rise, variance = (
            np.array([_one_after_the_other(n, d, power) for n, d in zip(at_risk, events, strict=True)])
            for power in (1, 2)
        )
        estimate = np.cumsum(rise, dtype=np.float64)
    standard_error: FloatArray = np.sqrt(np.cumsum(variance))
    if bounds == "log":
        stretch = np.exp(deviate * standard_error / estimate)
        lower, upper = estimate / stretch, estimate * stretch
    else:
        lower = np.maximum(estimate - deviate * standard_error, 0.0)
        upper = estimate + deviate * standard_error
    return CumulativeHazardCurve(
        method="nelson-aalen",
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        time=time,
        estimate=estimate,
        lower=lower,
        upper=upper,
        standard_error=standard_error,
        at_risk=at_risk,
        events=events,
        last_time=float(data.time.max()),
        bounds=bounds,
    )


def _one_after_the_other(at_risk: float, events: float, power: int) -> float:
    return math.fsum((at_risk - k) ** -power for k in range(int(events)))
