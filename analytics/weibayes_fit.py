"""Weibayes: the Weibull distribution with a shape that is known beforehand, for few failures or none."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.exponential import Bounds, ExponentialFit, fit_exponential
from analytics.lifedata import LifeCounts, LifeData
from analytics.results import FloatArray, Interval, Result, Side
from analytics.uptime import Termination
from analytics.weibull_intervals import LOG_MEAN

# Stands for an age so small against the largest that its power is 0 as a double.
SMALLEST = 1e-300


@dataclass(frozen=True, eq=False, kw_only=True)
class WeibayesFit(Result):
    """A Weibull distribution of known shape; made by `weibayes`.

    Attributes
    ----------
    eta : float or None
        Scale, in `unit`; None when there was no failure, in which case `interval` still gives its lower bound.
    beta : float
        The shape that was assumed.
    exponential : ExponentialFit
        The fit of ages to the power of beta (in units of `scale`), which are exponential.
    scale : float
        The age that was taken as 1 there.
    """

    eta: float | None
    beta: float
    counts: LifeCounts
    exponential: ExponentialFit
    scale: float

    @property
    def bounds(self) -> str | None:
        """How the bounds are made: "chi_square", "wald", "likelihood_ratio" or "calibrated"."""
        return self.exponential.bounds

    @property
    def mean(self) -> float:
        """Mean life."""
        return self._eta() * self._multiple("mean")

    def reliability(self, t: ArrayLike) -> FloatArray:
        """Probability to survive age `t`."""
        return np.exp(-self.cumulative_hazard(t))

    def failure_probability(self, t: ArrayLike) -> FloatArray:
        """Probability to have failed by age `t`."""
        return -np.expm1(-self.cumulative_hazard(t))

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """(t / eta) ** beta."""
        return (np.maximum(np.asarray(t, dtype=np.float64), 0.0) / self._eta()) ** self.beta

    def hazard(self, t: ArrayLike) -> FloatArray:
        """Failure rate at age `t` > 0, per `unit`."""
        age = np.asarray(t, dtype=np.float64)
        with np.errstate(divide="ignore"):
            return self.beta / self._eta() * (age / self._eta()) ** (self.beta - 1.0)

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p`, in [0, 1), has failed."""
        fraction = np.asarray(p, dtype=np.float64)
        if np.any((fraction < 0) | (fraction >= 1)):
            raise InvalidData("a quantile needs a failed fraction of at least 0 and below 1")
        return self._eta() * (-np.log1p(-fraction)) ** (1.0 / self.beta)

    def b_life(self, percent: float) -> float:
        """Age by which `percent` % have failed."""
        return float(self.quantile(percent / 100.0))

    def interval(
        self, name: str = "eta", *, confidence: float | None = None, side: Side | None = None
    ) -> Interval:
        """Confidence bounds on a named number; the shape is taken as known.

        Parameters
        ----------
        name : str
            "eta", "mean", "median", or a B-life such as "b10".
        confidence : float, optional
            In (0, 1); the fit's own where not given.
        side : {"two", "lower", "upper"}, optional
            Two-sided where not given; with no failures there is only a lower bound, at the whole confidence.

        Raises
        ------
        InvalidData
            If the name is unknown.
        NotEnoughFailures
            If there was no failure and an upper bound was asked for.
        """
        multiple = self._multiple(name)
        theta = self.exponential.interval("theta", confidence=confidence, side=side)
        return _moved(theta, lambda bound: multiple * self.scale * bound ** (1.0 / self.beta))

    def reliability_interval(
        self, t: float, *, confidence: float | None = None, side: Side | None = None
    ) -> Interval:
        """Confidence bounds on the reliability at age `t`; with no failures a lower bound only."""
        if not 0.0 <= t < math.inf:
            raise InvalidData(f"bounds on the reliability need an age of at least 0, not {t!r}")
        power = (t / self.scale) ** self.beta
        theta = self.exponential.interval("theta", confidence=confidence, side=side)
        return _moved(theta, lambda bound: math.exp(-power / bound))

    def sample_parameters(self, n: int, *, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draw `n` plausible values of eta; beta is the same in all, so its own uncertainty is not carried.

        Returns
        -------
        dict
            ``{"eta": array of shape (n,), "beta": array of shape (n,)}``.
        """
        theta = self.exponential.sample_parameters(n, rng=rng)["theta"]
        return {"eta": self.scale * theta ** (1.0 / self.beta), "beta": np.full(n, self.beta)}

    def _eta(self) -> float:
        if self.eta is None:
            raise NotEnoughFailures(
                "there was no failure, so there is no point estimate; ask for an interval"
            )
        return self.eta

    def _multiple(self, name: str) -> float:
        """What the number is as a multiple of eta."""
        if name == "eta":
            return 1.0
        if name == "mean":
            return math.exp(LOG_MEAN.value(0.0, math.log(self.beta)))
        try:
            fraction = 0.5 if name == "median" else float(name.removeprefix("b")) / 100.0
        except ValueError:
            fraction = -1.0
        if not 0.0 < fraction < 1.0:
            raise InvalidData(
                f'no interval is known for {name!r}; there are "eta", "mean", "median" and "b10" and the like'
            )
        return float((-math.log1p(-fraction)) ** (1.0 / self.beta))


@checked
def weibayes(
    data: LifeData,
    beta: float,
    *,
    confidence: float = 0.90,
    terminated: Termination = "time",
    bounds: Bounds | None = None,
) -> WeibayesFit:
    r"""Fit the scale of a Weibull distribution whose shape is known from earlier parts or from the mechanism.

    For few failures or none, where beta cannot be estimated and need not be. The answer is as good as the assumed
    beta: try the lowest and the highest that are believable. With no failures it is a lower bound on eta, not an estimate.

    Parameters
    ----------
    data : LifeData
        All kinds of records.
    beta : float
        The shape, above 0.
    confidence : float
        Confidence of the intervals where none is given later.
    terminated : {"time", "failure"}
        Whether observation ended at a set time (usual) or with the last failure.
    bounds : {"chi_square", "wald", "likelihood_ratio", "calibrated"}, optional
        Bounds on the scale, as for `fit_exponential`. Chi-square where not given and all ages at failure are exact, else Wald;
        with no failures there is the chi-square bound alone.

    Returns
    -------
    WeibayesFit

    Raises
    ------
    NotEnoughFailures
        If a test said to end with a failure has none.
    NoFiniteMaximum
        If the data hold no exposure, or every failure is left-censored.
    InvalidData
        If beta is not positive.

    Notes
    -----
    Ages to the power of beta are exponential. With r failures,

    .. math:: \hat\eta = \left[\frac{1}{r} \sum_i (t_i^\beta - e_i^\beta)\right]^{1/\beta}, \qquad
              \eta \ge \left[\frac{2 \sum_i (t_i^\beta - e_i^\beta)}{\chi^2_{C;\,2r+2}}\right]^{1/\beta}

    With r = 0 the bound is the trade's :math:`[\sum t^\beta / (-\ln(1 - C))]^{1/\beta}`; taking one failure as imminent is that
    bound at a confidence of 63.2 %.

    References
    ----------
    Abernethy, R. B. (2006). *The New Weibull Handbook*, 5th ed., ch. 6.
    Nelson, W. (1985). Weibull analysis of reliability data with few or no failures. J. Quality Technology 17, 140-146.

    Examples
    --------
    Ten units ran 500 h without failure; the shape is 2.

    >>> fit = weibayes(LifeData([500], 0, count=10), 2.0)
    >>> fit.eta is None, round(fit.interval("eta", confidence=0.95).lower, 4)
    (True, 913.5209)
    """
    if not 0.0 < beta < math.inf:
        raise InvalidData(f"the shape beta must be positive, not {beta!r}")
    scale = max(float(data.time.max()), float(np.nanmax(data.upper, initial=0.0))) or 1.0
    exponential = fit_exponential(
        _powered(data, beta, scale), confidence=confidence, terminated=terminated, bounds=bounds
    )
    theta = exponential.theta
    return WeibayesFit(
        method="weibayes",
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        warnings=(f"beta = {beta:g} was assumed; the bounds take it as known", *exponential.warnings),
        eta=None if theta is None else scale * theta ** (1.0 / beta),
        beta=float(beta),
        exponential=exponential,
        scale=scale,
    )


def _powered(data: LifeData, beta: float, scale: float) -> LifeData:
    """The data with every age, in units of `scale`, to the power of beta."""

    def power(ages: FloatArray) -> FloatArray:
        return np.where(ages > 0.0, np.maximum((ages / scale) ** beta, SMALLEST), ages)

    return LifeData(
        power(data.time),
        data.event,
        entry=power(data.entry),
        upper=power(data.upper),
        truncated_above=power(data.truncated_above),
        count=data.count,
        planned_exit=None if data.planned_exit is None else power(data.planned_exit),
        unit=data.unit,
    )


def _moved(interval: Interval, rising: Any) -> Interval:
    low = None if interval.lower is None else float(rising(interval.lower))
    high = None if interval.upper is None else float(rising(interval.upper))
    return Interval(low, high, interval.confidence, interval.side, interval.method)
