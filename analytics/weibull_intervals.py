"""Confidence bounds on anything that follows from (log eta, log beta): by Wald's method, or by likelihood ratio.

Each quantity has a working scale on which its estimate is closest to normal: the logarithm for eta, beta, quantiles, the
mean and the hazard, and z = log(-log S(t)) for the reliability. Bounds are found there and carried back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln, ndtri, polygamma

from analytics.errors import NotConverged
from analytics.results import FloatArray, Side, tail_probabilities
from analytics.weibull_likelihood import WeibullLikelihood

# A likelihood-ratio bound this many standard errors away is reported as "no bound" (infinite on the working scale).
FARTHEST_STANDARD_ERRORS = 60.0
# Where every record came late, the profile of beta has a limit at 0, and nearer to 0 its sums cancel to nothing.
LOG_FLAT_BETA = math.log(1e-6)


def exponential(x: float) -> float:
    """exp(x), infinite where it is beyond any number."""
    with np.errstate(over="ignore"):
        return float(np.exp(x))


@dataclass(frozen=True)
class Quantity:
    """One number derived from the parameters, on its working scale. Every function also takes arrays.

    Attributes
    ----------
    name : str
        Tells it from every other.
    value : callable
        ``value(log_eta, log_beta)``, the number on its working scale.
    gradient : callable
        Its derivatives by log eta and log beta.
    curve : callable or None
        ``curve(value, log_beta)``: the log eta that gives the number its value at a shape, with its first and second
        derivative by log beta. None for beta itself.
    natural : callable
        From the working scale to the number itself.
    falls : bool
        Whether the number falls as its working value rises.
    """

    name: str
    value: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], tuple[Any, Any]]
    curve: Callable[[Any, Any], tuple[Any, Any, Any]] | None
    natural: Callable[[float], float] = exponential
    falls: bool = False


def _along(a: Any, k: Any, log_beta: Any) -> tuple[Any, Any, Any]:
    """log eta = a - k / beta, with its derivatives by log beta."""
    part = k * np.exp(-log_beta)
    return a - part, part, -part


def _mean_curve(value: Any, log_beta: Any) -> tuple[Any, Any, Any]:
    s = np.exp(-log_beta)
    first = s * digamma(1.0 + s)
    return value - gammaln(1.0 + s), first, -first - s * s * polygamma(1, 1.0 + s)


ETA = Quantity("eta", lambda u, b: u, lambda u, b: (1.0, 0.0), lambda v, b: (v, 0.0 * b, 0.0 * b))
BETA = Quantity("beta", lambda u, b: b, lambda u, b: (0.0, 1.0), None)
LOG_MEAN = Quantity(
    "mean",
    lambda u, b: u + gammaln(1.0 + np.exp(-b)),
    lambda u, b: (1.0, -np.exp(-b) * digamma(1.0 + np.exp(-b))),
    _mean_curve,
)


def log_quantile(failure_probability: float) -> Quantity:
    """Logarithm of the age by which this fraction has failed: log eta + log(-log(1 - p)) / beta."""
    k = math.log(-math.log1p(-failure_probability))
    return Quantity(
        f"quantile {failure_probability!r}",
        lambda u, b: u + k * np.exp(-b),
        lambda u, b: (1.0, -k * np.exp(-b)),
        lambda v, b: _along(v, k, b),
    )


def log_cumulative_hazard(log_time: float) -> Quantity:
    """z(t) = beta (log t - log eta), from which S = exp(-exp(z)); z falls as the reliability rises."""
    return Quantity(
        f"cumulative hazard {log_time!r}",
        lambda u, b: np.exp(b) * (log_time - u),
        lambda u, b: (-np.exp(b), np.exp(b) * (log_time - u)),
        lambda v, b: _along(log_time, v, b),
    )


def reliability(log_time: float) -> Quantity:
    """S(t), by way of z(t)."""
    return replace(log_cumulative_hazard(log_time), natural=lambda z: math.exp(-exponential(z)), falls=True)


def failure_probability(log_time: float) -> Quantity:
    """1 - S(t), by way of z(t)."""
    return replace(log_cumulative_hazard(log_time), natural=lambda z: -math.expm1(-exponential(z)))


def log_hazard(log_time: float) -> Quantity:
    """Logarithm of the hazard rate at t: log beta + z(t) - log t."""

    def curve(value: Any, log_beta: Any) -> tuple[Any, Any, Any]:
        level, s = value - log_beta + log_time, np.exp(-log_beta)
        return log_time - level * s, (level + 1.0) * s, -(level + 2.0) * s

    return Quantity(
        f"hazard {log_time!r}",
        lambda u, b: b + np.exp(b) * (log_time - u) - log_time,
        lambda u, b: (-np.exp(b), 1.0 + np.exp(b) * (log_time - u)),
        curve,
    )


def standard_deviates(confidence: float, side: Side) -> tuple[float, float]:
    """Normal deviates to go below and above the estimate; infinite on the side that has no bound."""
    below, above = tail_probabilities(confidence, side)
    return (-float(ndtri(below)) if below else math.inf, -float(ndtri(above)) if above else math.inf)


def wald_bounds(
    quantity: Quantity, log_eta: float, log_beta: float, covariance: FloatArray, confidence: float, side: Side
) -> tuple[float, float]:
    """Estimate minus and plus deviates times the standard error (delta method), on the working scale."""
    centre = quantity.value(log_eta, log_beta)
    error = standard_error(quantity, log_eta, log_beta, covariance)
    below, above = standard_deviates(confidence, side)
    return centre - below * error, centre + above * error


def standard_error(quantity: Quantity, log_eta: float, log_beta: float, covariance: FloatArray) -> float:
    """Standard error on the working scale by the delta method."""
    gradient = np.array(quantity.gradient(log_eta, log_beta))
    return math.sqrt(float(gradient @ covariance @ gradient))


def likelihood_ratio_bounds(
    profile: "ProfileLikelihood", confidence: float, side: Side
) -> tuple[float, float]:
    """Values at which the profile log-likelihood has fallen by half the squared normal deviate, on the working scale.

    A bound is infinite where the profile never falls so far, which is what the data then say.
    """
    below, above = standard_deviates(confidence, side)
    return bound(profile, below, -1.0), bound(profile, above, 1.0)


class ProfileLikelihood(Protocol):
    """A profile log-likelihood of one quantity: where its maximum is, how high and how wide, and its value and
    slope elsewhere."""

    centre: float
    maximum: float
    standard_error: float

    def at(self, value: float) -> tuple[float, float]: ...


class Profile:
    """Highest log-likelihood among the parameters that give the quantity a value, by one-dimensional search."""

    def __init__(
        self,
        quantity: Quantity,
        likelihood: WeibullLikelihood,
        log_eta: float,
        log_beta: float,
        covariance: FloatArray,
    ) -> None:
        self._quantity, self._likelihood = quantity, likelihood
        self.centre = float(quantity.value(log_eta, log_beta))
        self.maximum = likelihood.value(log_eta, log_beta)
        self.standard_error = standard_error(quantity, log_eta, log_beta, covariance)
        # The search runs over log beta, or over log eta where beta itself is the quantity.
        self._free_is_beta = quantity.curve is not None
        self._start = log_beta if self._free_is_beta else log_eta
        # Where the free parameter goes with the quantity, near the estimate.
        gradient = np.array(quantity.gradient(log_eta, log_beta))
        self._home, self._lean = self._start, float(covariance[1] @ gradient) / self.standard_error**2
        self._step = 0.5 * math.sqrt(float(covariance[1, 1] if self._free_is_beta else covariance[0, 0]))

    def at(self, value: float) -> tuple[float, float]:
        """The profile log-likelihood and its derivative (by the envelope theorem) at a value of the quantity."""
        if self._quantity.curve is None:
            value = max(value, LOG_FLAT_BETA)
        log_eta, log_beta = self.best(value)
        found = self._likelihood.derivatives(log_eta, log_beta)
        by_eta, by_beta = self._quantity.gradient(log_eta, log_beta)
        slope = found.gradient[0] / by_eta if self._free_is_beta else found.gradient[1] / by_beta
        return found.value, slope

    def best(self, value: float) -> tuple[float, float]:
        """Log eta and log beta of the highest likelihood among those that give the quantity this value."""
        free = self._best(value)
        self._start = free
        return self._parameters(value, free)

    def _parameters(self, value: float, free: float) -> tuple[float, float]:
        curve = self._quantity.curve
        return (free, value) if curve is None else (float(curve(value, free)[0]), free)

    def _best(self, value: float) -> float:
        if not self._free_is_beta and not self._likelihood.has_intervals:
            return self._likelihood.profile_log_eta(value)

        def slope(free: float) -> float:
            log_eta, log_beta = self._parameters(value, free)
            g_eta, g_beta = self._likelihood.derivatives(log_eta, log_beta).gradient
            if not self._free_is_beta:
                found = g_eta
            else:
                by_eta, by_beta = self._quantity.gradient(log_eta, log_beta)
                found = g_beta - g_eta * by_beta / by_eta
            # Where the likelihood over- or underflows it has fallen to nothing: the way back is towards the start.
            return found if math.isfinite(found) else math.copysign(1e300, self._start - free)

        found = self._climb(slope, self._start)
        if not (self._free_is_beta and self._likelihood.has_entry):
            return found
        # With late entries there may be several tops; the one that the estimate leads to may be another than the nearest.
        other = self._climb(slope, self._home + self._lean * (value - self.centre))
        return max(found, other, key=lambda free: self._likelihood.value(*self._parameters(value, free)))

    def _climb(self, slope: Callable[[float], float], near: float) -> float:
        """A zero of the slope, uphill of a point."""
        step = self._step
        rises = slope(near) > 0.0
        for _ in range(12):
            far = near + (step if rises else -step)
            if (slope(far) > 0.0) != rises:
                return float(brentq(slope, near, far, xtol=1e-10, rtol=1e-12))
            near, step = far, 2.0 * step
        return near


@np.errstate(over="ignore", invalid="ignore")
def bound(profile: ProfileLikelihood, deviate: float, direction: float) -> float:
    """Where, going in a direction from the estimate, the signed root of the likelihood ratio reaches a deviate.

    Newton's method on the signed root, which is nearly straight in the value. A negative deviate lies the other way.
    """
    if deviate < 0.0:
        return bound(profile, -deviate, -direction)
    if math.isinf(deviate):
        return direction * math.inf
    centre = profile.centre
    inner, outer = centre, direction * math.inf
    value = centre + direction * deviate * profile.standard_error
    for _ in range(100):
        log_likelihood, slope = profile.at(value)
        root = math.sqrt(max(2.0 * (profile.maximum - log_likelihood), 0.0))
        if abs(root - deviate) < 1e-10:
            return value
        inner, outer = (value, outer) if root < deviate else (inner, value)
        candidate = value + (root - deviate) * root / slope if slope else math.nan
        farthest = value + 2.0 * (value - centre)
        if math.isinf(outer):
            # Going out, at most three times as far each time; a likelihood that has gone flat gives no bound.
            is_onward = direction * (candidate - value) > 0.0
            value = direction * min(direction * candidate, direction * farthest) if is_onward else farthest
            if abs(value - centre) > FARTHEST_STANDARD_ERRORS * profile.standard_error:
                return direction * math.inf
        else:
            is_inside = direction * inner < direction * candidate < direction * outer
            value = candidate if is_inside else (inner + outer) / 2.0
            if abs(outer - inner) < 1e-12 * (1.0 + abs(value)):
                if inner == centre:
                    break  # at the estimate itself the profile is highest: what was climbed here is another of its tops
                return value
    raise NotConverged("the search for a likelihood-ratio bound did not end; use Wald bounds for these data")
