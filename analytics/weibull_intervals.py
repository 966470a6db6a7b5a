"""Confidence bounds on anything that follows from (log eta, log beta): by Wald's method, or by likelihood ratio.

Each quantity has a working scale on which its estimate is closest to normal: the logarithm for eta, beta, quantiles, the
mean and the hazard, and z = log(-log S(t)) for the reliability. Bounds are found there and carried back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import digamma, gammaln, ndtri

from analytics.errors import InvalidData
from analytics.results import FloatArray, Side, tail_probabilities
from analytics.weibull_likelihood import WeibullLikelihood

# A likelihood-ratio bound this many standard errors away is reported as "no bound" (infinite on the working scale).
FARTHEST_STANDARD_ERRORS = 60.0


@dataclass(frozen=True)
class Quantity:
    """One number derived from the parameters, on its working scale.

    Attributes
    ----------
    value : callable
        ``value(log_eta, log_beta)``, the number on its working scale.
    gradient : callable
        Its derivatives by log eta and log beta.
    log_eta : callable or None
        ``log_eta(value, log_beta)``: the scale that gives the number its value at a shape. None for beta itself.
    """

    value: Callable[[float, float], float]
    gradient: Callable[[float, float], tuple[float, float]]
    log_eta: Callable[[float, float], float] | None


ETA = Quantity(lambda u, b: u, lambda u, b: (1.0, 0.0), lambda v, b: v)
BETA = Quantity(lambda u, b: b, lambda u, b: (0.0, 1.0), None)
LOG_MEAN = Quantity(
    lambda u, b: u + float(gammaln(1.0 + math.exp(-b))),
    lambda u, b: (1.0, -math.exp(-b) * float(digamma(1.0 + math.exp(-b)))),
    lambda v, b: v - float(gammaln(1.0 + math.exp(-b))),
)


def log_quantile(failure_probability: float) -> Quantity:
    """Logarithm of the age by which this fraction has failed: log eta + log(-log(1 - p)) / beta."""
    k = math.log(-math.log1p(-failure_probability))
    return Quantity(
        lambda u, b: u + k * math.exp(-b),
        lambda u, b: (1.0, -k * math.exp(-b)),
        lambda v, b: v - k * math.exp(-b),
    )


def log_cumulative_hazard(log_time: float) -> Quantity:
    """z(t) = beta (log t - log eta), from which S = exp(-exp(z)); z falls as the reliability rises."""
    return Quantity(
        lambda u, b: math.exp(b) * (log_time - u),
        lambda u, b: (-math.exp(b), math.exp(b) * (log_time - u)),
        lambda v, b: log_time - v * math.exp(-b),
    )


def log_hazard(log_time: float) -> Quantity:
    """Logarithm of the hazard rate at t: log beta + z(t) - log t."""
    return Quantity(
        lambda u, b: b + math.exp(b) * (log_time - u) - log_time,
        lambda u, b: (-math.exp(b), 1.0 + math.exp(b) * (log_time - u)),
        lambda v, b: log_time - (v - b + log_time) * math.exp(-b),
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
    quantity: Quantity,
    likelihood: WeibullLikelihood,
    log_eta: float,
    log_beta: float,
    covariance: FloatArray,
    confidence: float,
    side: Side,
) -> tuple[float, float]:
    """Values at which the profile log-likelihood has fallen by half the squared normal deviate, on the working scale.

    A bound is infinite where the profile never falls so far, which is what the data then say.
    """
    maximum = likelihood.value(log_eta, log_beta)
    centre = quantity.value(log_eta, log_beta)
    error = standard_error(quantity, log_eta, log_beta, covariance)
    reach = 12.0 * max(math.sqrt(float(covariance[1, 1])), 0.05)

    def bound(deviate: float, direction: float) -> float:
        if math.isinf(deviate):
            return direction * math.inf

        def shortfall(value: float) -> float:
            return (
                maximum
                - _profile(quantity, likelihood, value, log_eta, log_beta, reach)
                - deviate * deviate / 2.0
            )

        inner, outer = centre, centre + direction * deviate * error
        while shortfall(outer) < 0.0:
            inner, outer = outer, outer + 2.0 * (outer - inner)
            if abs(outer - centre) > FARTHEST_STANDARD_ERRORS * error:
                return direction * math.inf
        return float(brentq(shortfall, inner, outer, xtol=1e-11, rtol=1e-13))

    below, above = standard_deviates(confidence, side)
    return bound(below, -1.0), bound(above, 1.0)


def _profile(
    quantity: Quantity,
    likelihood: WeibullLikelihood,
    value: float,
    log_eta: float,
    log_beta: float,
    reach: float,
) -> float:
    """Highest log-likelihood among the parameters that give the quantity this value."""
    relation = quantity.log_eta
    if relation is None:
        if not likelihood.has_intervals:
            return likelihood.value(likelihood.profile_log_eta(value), value)
        width = reach * 2.0 * math.exp(-min(value, log_beta))
        return _highest(lambda u: likelihood.value(u, value), log_eta, width)
    return _highest(lambda b: likelihood.value(relation(value, b), b), log_beta, reach)


def _highest(function: Callable[[float], float], centre: float, width: float) -> float:
    # Minus infinity stops Brent's parabola from comparing; a very low finite number does not.
    def negative(x: float) -> float:
        value = function(x)
        return -value if math.isfinite(value) else 1e300

    found = minimize_scalar(
        negative, bounds=(centre - width, centre + width), method="bounded", options={"xatol": 1e-9}
    )
    if not found.success:
        raise InvalidData("the profile likelihood could not be maximised; use Wald bounds for these data")
    return -float(found.fun)
