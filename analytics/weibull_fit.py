"""What a fitted two-parameter Weibull distribution says: its numbers, its curves, and the bounds on them."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from analytics.calibrated import KNOTS, Calibration
from analytics.errors import InvalidData
from analytics.lifedata import LifeCounts, LifeData
from analytics.ranks import Ranks
from analytics.resampling import plan_of
from analytics.results import Band, FloatArray, Interval, Result, Side
from analytics.weibull_intervals import (
    BETA,
    ETA,
    LOG_MEAN,
    Profile,
    Quantity,
    likelihood_ratio_bounds,
    log_cumulative_hazard,
    log_hazard,
    log_quantile,
    wald_bounds,
)
from analytics.weibull_likelihood import WeibullLikelihood

Bounds = Literal["wald", "likelihood_ratio", "calibrated"]


@dataclass(frozen=True, eq=False, kw_only=True)
class WeibullFit(Result):
    """A fitted two-parameter Weibull distribution, S(t) = exp(-(t / eta) ** beta).

    Made by `fit_weibull`. Numbers are floats in the unit of the data. Where a method takes `confidence`, `side` or
    `bounds`, None means the value given at the fit.

    Attributes
    ----------
    eta : float
        Scale (characteristic life), in `unit`: the age by which 63.2 % have failed.
    beta : float
        Shape: below 1 a falling failure rate, 1 constant, above 1 wear-out.
    covariance : ndarray of shape (2, 2) or None
        Covariance of (log eta, log beta): the inverse of the observed information at the estimate. None where the
        information at a rank-regression estimate is not positive definite.
    loglik : float
        Log-likelihood at the estimate.
    bounds : {"wald", "likelihood_ratio", "calibrated"}
        Which bounds the fit gives; see `fit_weibull`.
    score_norm : float or None
        Distance from the exact maximum in standard errors; below 1e-6 by construction for "mle", None for rank regression.
    r_squared : float or None
        Squared correlation of the probability plot; rank regression only.
    ranks : {"benard", "exact"} or None
        Median ranks used; rank regression only.
    counts : LifeCounts
        Records, failures, suspensions; exact, left- and interval-censored failures.
    data : LifeData or None
        The data, needed for likelihood-ratio and calibrated bounds. It does not go into JSON: `with_data` attaches it again.
    """

    eta: float
    beta: float
    counts: LifeCounts
    covariance: FloatArray | None
    loglik: float
    bounds: Bounds
    score_norm: float | None = None
    r_squared: float | None = None
    ranks: Ranks | None = None
    data: LifeData | None = field(default=None, repr=False, metadata={"json": False})

    @property
    def mean(self) -> float:
        """Mean life, eta Gamma(1 + 1 / beta). It is the MTBF only if every repair makes the part as new."""
        return self.eta * math.exp(float(gammaln(1.0 + 1.0 / self.beta)))

    @property
    def sd(self) -> float:
        """Standard deviation of life."""
        # Differences of log-gamma keep their digits at large beta, where mean square minus squared mean does not.
        twice = float(gammaln(1.0 + 2.0 / self.beta)) - 2.0 * float(gammaln(1.0 + 1.0 / self.beta))
        return self.mean * math.sqrt(math.expm1(twice))

    @property
    def median(self) -> float:
        """Age by which half have failed."""
        return float(self.quantile(0.5))

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2 k - 2 loglik, with k = 2."""
        return 4.0 - 2.0 * self.loglik

    @property
    def aicc(self) -> float:
        """AIC with the small-sample correction for n units; infinite where n <= 3."""
        n = self.units
        return self.aic + 12.0 / (n - 3.0) if n > 3 else math.inf

    @property
    def bic(self) -> float:
        """Bayesian information criterion, k log n - 2 loglik, for n units."""
        return 2.0 * math.log(self.units) - 2.0 * self.loglik

    @property
    def units(self) -> int:
        """Units in the data, failed or not."""
        return self.counts.failures + self.counts.suspensions

    def reliability(self, t: ArrayLike) -> FloatArray:
        """Probability to survive age `t` (array_like, in `unit`); 1 at and below age 0."""
        return np.exp(-self.cumulative_hazard(t))

    def failure_probability(self, t: ArrayLike) -> FloatArray:
        """Probability to have failed by age `t`, 1 - S(t), accurate for small probabilities."""
        return -np.expm1(-self.cumulative_hazard(t))

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """(t / eta) ** beta: expected failures by age `t` of a part kept running by minimal repair."""
        return (np.maximum(np.asarray(t, dtype=np.float64), 0.0) / self.eta) ** self.beta

    def hazard(self, t: ArrayLike) -> FloatArray:
        """Failure rate at age `t` > 0 of a part that has survived to it, per `unit`."""
        age = np.asarray(t, dtype=np.float64)
        with np.errstate(divide="ignore"):
            return self.beta / self.eta * (age / self.eta) ** (self.beta - 1.0)

    def density(self, t: ArrayLike) -> FloatArray:
        """Probability density of failure at age `t` > 0, per `unit`."""
        return self.hazard(t) * self.reliability(t)

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p`, in [0, 1), has failed."""
        fraction = np.asarray(p, dtype=np.float64)
        if np.any((fraction < 0) | (fraction >= 1)):
            raise InvalidData("a quantile needs a failed fraction of at least 0 and below 1")
        return self.eta * (-np.log1p(-fraction)) ** (1.0 / self.beta)

    def b_life(self, percent: float) -> float:
        """B-life: the age by which `percent` % have failed (``b_life(10)`` is B10)."""
        return float(self.quantile(percent / 100.0))

    def interval(
        self, name: str, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on a named number.

        Parameters
        ----------
        name : str
            "eta", "beta", "mean", "median", or a B-life such as "b10" or "b0.1".
        confidence : float, optional
            In (0, 1); the fit's own where not given.
        side : {"two", "lower", "upper"}
            A one-sided bound carries the whole confidence on its side.
        bounds : {"wald", "likelihood_ratio", "calibrated"}, optional
            The fit's own where not given.

        Raises
        ------
        InvalidData
            If the name is unknown, or the bounds need data that the fit no longer carries.

        Examples
        --------
        >>> from analytics import fit_weibull
        >>> fit = fit_weibull(LifeData([54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500], [1] * 10 + [0],
        ...                            count=[1] * 10 + [10]))
        >>> found = fit.interval("beta", confidence=0.95)
        >>> round(found.lower, 3), round(found.upper, 3)
        (0.971, 3.049)
        """
        lower, upper = self._working_bounds(_named(name), confidence, side, bounds)
        return self._interval(math.exp(lower), _exp(upper), confidence, side, bounds)

    def quantile_interval(
        self, p: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the age by which the fraction `p`, in (0, 1), has failed."""
        lower, upper = self._working_bounds(_quantile(p), confidence, side, bounds)
        return self._interval(math.exp(lower), _exp(upper), confidence, side, bounds)

    def reliability_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the reliability at age `t` > 0, made on the scale of log(-log S)."""
        return self._at_age(RELIABILITY, t, confidence, side, bounds)

    def failure_probability_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the probability to have failed by age `t` > 0 (z-scale)."""
        return self._at_age(FAILURE_PROBABILITY, t, confidence, side, bounds)

    def hazard_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the failure rate at age `t` > 0, per `unit` (log scale)."""
        return self._at_age(HAZARD, t, confidence, side, bounds)

    def reliability_band(
        self,
        t: ArrayLike,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Band:
        """Reliability with pointwise bounds at each age of `t` > 0 (each bound holds alone, not all at once)."""
        return self._band(RELIABILITY, self.reliability, t, confidence, side, bounds)

    def hazard_band(
        self,
        t: ArrayLike,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Band:
        """Failure rate with pointwise bounds at each age of `t` > 0."""
        return self._band(HAZARD, self.hazard, t, confidence, side, bounds)

    def sample_parameters(self, n: int, *, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draw `n` plausible parameter pairs, to carry the uncertainty of the fit into a prediction.

        Draws come from the normal distribution of (log eta, log beta) with the fit's covariance: the large-sample
        distribution of the estimate, read as uncertainty about the truth.

        Returns
        -------
        dict
            ``{"eta": array of shape (n,), "beta": array of shape (n,)}``.
        """
        drawn = rng.multivariate_normal([math.log(self.eta), math.log(self.beta)], self._covariance(), size=n)
        return {"eta": np.exp(drawn[:, 0]), "beta": np.exp(drawn[:, 1])}

    def with_data(self, data: LifeData) -> "WeibullFit":
        """The same fit with its data attached again, after a trip through JSON.

        Raises
        ------
        InvalidData
            If the fingerprint says that these are not the data of the fit.
        """
        if data.fingerprint != self.fingerprint:
            raise InvalidData("these are not the data that the fit was made from (fingerprints differ)")
        return dataclasses.replace(self, data=data)

    @cached_property
    def _likelihood(self) -> WeibullLikelihood:
        return WeibullLikelihood(self._data())

    @cached_property
    def _calibration(self) -> Calibration:
        estimate = (math.log(self.eta), math.log(self.beta))
        return Calibration(plan_of(self._data()), self.counts.failures, estimate, self._profile)

    def _data(self) -> LifeData:
        if self.data is None:
            raise InvalidData(
                "likelihood-ratio and calibrated bounds need the data; attach them with fit.with_data(data)"
            )
        return self.data

    def _profile(self, quantity: Quantity) -> Profile:
        return Profile(
            quantity, self._likelihood, math.log(self.eta), math.log(self.beta), self._covariance()
        )

    def _covariance(self) -> FloatArray:
        if self.covariance is None:
            raise InvalidData(
                'the information at the rank-regression estimate gives no bounds; use method="mle"'
            )
        return self.covariance

    def _working_bounds(
        self, quantity: Quantity, confidence: float | None, side: Side, bounds: Bounds | None
    ) -> tuple[float, float]:
        level = self.confidence if confidence is None else confidence
        chosen = known_bounds(bounds or self.bounds, self.method)
        if chosen == "calibrated":
            return self._calibration.bounds(quantity, level, side)
        if chosen == "likelihood_ratio":
            return likelihood_ratio_bounds(self._profile(quantity), level, side)
        estimate = (math.log(self.eta), math.log(self.beta))
        return wald_bounds(quantity, *estimate, self._covariance(), level, side)

    def _interval(
        self, lower: float, upper: float, confidence: float | None, side: Side, bounds: Bounds | None
    ) -> Interval:
        level = self.confidence if confidence is None else confidence
        return Interval(
            lower if side != "upper" else None,
            upper if side != "lower" else None,
            level,
            side,
            bounds or self.bounds,
        )

    def _at_age(
        self, of: "_OfAge", t: float, confidence: float | None, side: Side, bounds: Bounds | None
    ) -> Interval:
        low, high = self._working_bounds(of.quantity(_log_age(t)), confidence, of.working(side), bounds)
        return self._interval(*of.ends(low, high), confidence, side, bounds)

    def _band(
        self,
        of: "_OfAge",
        curve: Callable[[ArrayLike], FloatArray],
        t: ArrayLike,
        confidence: float | None,
        side: Side,
        bounds: Bounds | None,
    ) -> Band:
        ages = np.atleast_1d(np.asarray(t, dtype=np.float64))
        log_ages = np.array([_log_age(float(age)) for age in ages])
        level = self.confidence if confidence is None else confidence
        if known_bounds(bounds or self.bounds, self.method) == "calibrated":
            knots = np.log(self.quantile(KNOTS))
            working = self._calibration.band(of.quantity, log_ages, knots, level, of.working(side))
            pairs = list(zip(*working, strict=True))
        else:
            pairs = [
                self._working_bounds(of.quantity(float(at)), level, of.working(side), bounds)
                for at in log_ages
            ]
        ends = np.array([of.ends(low, high) for low, high in pairs])
        lower = None if side == "upper" else ends[:, 0]
        upper = None if side == "lower" else ends[:, 1]
        return Band(ages, curve(ages), lower, upper, level, side, bounds or self.bounds)


@dataclass(frozen=True)
class _OfAge:
    """A function of age: the quantity behind it at a log age, and the way from the working scale to its own."""

    quantity: Callable[[float], Quantity]
    own: Callable[[float], float]
    falls: bool = False

    def working(self, side: Side) -> Side:
        # Reliability falls as z rises: a lower bound on one is an upper bound on the other.
        flipped: dict[Side, Side] = {"lower": "upper", "upper": "lower"}
        return flipped.get(side, side) if self.falls else side

    def ends(self, low: float, high: float) -> tuple[float, float]:
        return (self.own(high), self.own(low)) if self.falls else (self.own(low), self.own(high))


def known_bounds(bounds: Bounds, method: str) -> Bounds:
    """The bounds asked for, refused where the word is unknown or the method has none."""
    if bounds not in ("wald", "likelihood_ratio", "calibrated"):
        raise InvalidData(f'bounds must be "wald", "likelihood_ratio" or "calibrated", not {bounds!r}')
    if bounds != "wald" and method != "mle":
        raise InvalidData('likelihood-ratio and calibrated bounds exist for method="mle" only')
    return bounds


def _named(name: str) -> Quantity:
    fixed = {"eta": ETA, "beta": BETA, "mean": LOG_MEAN}
    if name in fixed:
        return fixed[name]
    if name == "median":
        return _quantile(0.5)
    if name.startswith("b"):
        try:
            return _quantile(float(name[1:]) / 100.0)
        except ValueError:
            pass
    raise InvalidData(
        f'no interval is known for {name!r}; there are "eta", "beta", "mean", "median" and "b10" and the like'
    )


def _quantile(p: float) -> Quantity:
    if not 0.0 < p < 1.0:
        raise InvalidData(f"bounds on a quantile need a failed fraction between 0 and 1, not {p!r}")
    return log_quantile(p)


def _log_age(t: float) -> float:
    if not 0.0 < t < math.inf:
        raise InvalidData(f"bounds need an age above 0, not {t!r}")
    return math.log(t)


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.0 else math.inf


def _survival(z: float) -> float:
    return math.exp(-_exp(z))


RELIABILITY = _OfAge(log_cumulative_hazard, _survival, falls=True)
FAILURE_PROBABILITY = _OfAge(log_cumulative_hazard, lambda z: -math.expm1(-_exp(z)))
HAZARD = _OfAge(log_hazard, _exp)
