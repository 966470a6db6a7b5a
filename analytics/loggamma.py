"""The standard log-gamma distribution, of which Weibull, gamma and lognormal lives are special cases.

With w = (log t - mu) / sigma and shape q (Prentice's form), ``q ** -2 exp(q w)`` has a gamma distribution of shape
``q ** -2``. At q = 1 it is the smallest extreme value distribution (Weibull lives), at q = 0 the normal (lognormal lives),
at q = sigma log t belongs to a gamma life. Lower tail and negative q mirror each other: F(w; q) = S(-w; -q).
"""

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from analytics.jets import Jet, Value, compose_two
from analytics.results import FloatArray

# Inside this the incomplete gamma function would need a shape above 10**6; a cubic through four points outside has an
# error of the order of this to the fourth power.
NEAR_NORMAL = 1e-3
NODES = NEAR_NORMAL * np.array([-2.0, -1.0, 1.0, 2.0])
# A central difference of the fourth order in q with this step (times q where q is large) is good to about 1e-10.
STEP = 4e-3
OFFSETS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
FIRST = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12.0
SECOND = np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12.0


def log_density(w: Value, q: Value) -> Value:
    """Log density of w."""
    return _with_derivatives(_log_density, _density_slopes, w, q)


def log_survival(w: Value, q: Value) -> Value:
    """Log probability to exceed w."""
    return _with_derivatives(_log_survival, _survival_slopes, w, q)


def log_failure(w: Value, q: Value) -> Value:
    """Log probability not to exceed w."""
    return log_survival(-w, -q)


def deviate(p: FloatArray, q: float) -> FloatArray:
    """The w below which the fraction `p` lies."""
    if abs(q) < NEAR_NORMAL:
        return _cubic(lambda node: deviate(p, node), q)
    k = q**-2
    x = special.gammaincinv(k, p) if q > 0 else special.gammainccinv(k, p)
    found: FloatArray = np.log(x / k) / q
    return found


def _log_density(w: FloatArray, q: float) -> FloatArray:
    # k (q w - e^(q w)) + k - w^2 stays finite as k = q^-2 grows; Stirling's remainder is what is left of log Gamma(k).
    constant = -0.5 * math.log(2.0 * math.pi) - _stirling_remainder(q)
    return np.asarray(constant - w * w * _bend(q * w))


def _bend(u: FloatArray) -> FloatArray:
    """(e^u - 1 - u) / u^2, which is 1/2 at 0."""
    small = np.abs(u) < 0.02
    series = 0.5 + u * (1 / 6 + u * (1 / 24 + u * (1 / 120 + u * (1 / 720 + u / 5040))))
    safe = np.where(small, 1.0, u)
    with np.errstate(over="ignore"):
        return np.where(small, series, (np.expm1(safe) - safe) / safe**2)


def _stirling_remainder(q: float) -> float:
    k_inverse = q * q
    if k_inverse < 0.02:
        return k_inverse * (1 / 12 - k_inverse**2 * (1 / 360 - k_inverse**2 / 1260))
    k = 1.0 / k_inverse
    return float(special.gammaln(k)) - (k - 0.5) * math.log(k) + k - 0.5 * math.log(2.0 * math.pi)


def _log_survival(w: FloatArray, q: float) -> FloatArray:
    if abs(q) < NEAR_NORMAL:
        return _cubic(lambda node: _log_survival(w, node), q)
    k = q**-2
    with np.errstate(over="ignore", divide="ignore"):
        x = k * np.exp(q * w)
        upper, lower = special.gammaincc(k, x), special.gammainc(k, x)
        if q < 0:
            upper, lower = lower, upper
        return np.where(upper > 0.5, np.log1p(-lower), np.log(upper))


def _cubic(f: Callable[[float], FloatArray], q: float) -> FloatArray:
    """Lagrange's cubic in q through the four nodes around 0."""
    weights = [
        np.prod((q - np.delete(NODES, at)) / (node - np.delete(NODES, at))) for at, node in enumerate(NODES)
    ]
    return np.asarray(sum(f(float(node)) * weight for node, weight in zip(NODES, weights, strict=True)))


def _density_slopes(w: FloatArray, q: float, value: FloatArray) -> tuple[FloatArray, ...]:
    u = q * w
    slope = -np.expm1(u) / q if abs(q) > 1e-9 else -w
    # The slope by w is -(e^(q w) - 1) / q; its slope by q is -(w e^(q w) + slope) / q, near q = 0 -w^2 / 2 - q w^3 / 3.
    by_q_of_slope = -(w * np.exp(u) + slope) / q if abs(q) > 1e-5 else -w * w * (0.5 + u / 3.0)
    first_q, second_q = _differences(_log_density, w, q)
    return slope, first_q, -np.exp(u), by_q_of_slope, second_q


def _survival_slopes(w: FloatArray, q: float, value: FloatArray) -> tuple[FloatArray, ...]:
    log_f = _log_density(w, q)
    slope_f, slope_f_q, *_ = _density_slopes(w, q, log_f)
    hazard = np.exp(log_f - value)
    first_q, second_q = _differences(_log_survival, w, q)
    # Far out the hazard is 0 and slopes of the log density are infinite; their product is 0.
    seen = hazard > 0.0
    bend_w = np.where(seen, slope_f + hazard, 0.0)
    bend_q = np.where(seen, slope_f_q - first_q, 0.0)
    return -hazard, first_q, -hazard * bend_w, -hazard * bend_q, second_q


def _differences(
    f: Callable[[FloatArray, float], FloatArray], w: FloatArray, q: float
) -> tuple[FloatArray, FloatArray]:
    step = STEP * max(1.0, abs(q))
    values = np.array([f(w, q + offset * step) for offset in OFFSETS])
    return FIRST @ values / step, SECOND @ values / step**2


def _with_derivatives(
    f: Callable[[FloatArray, float], FloatArray],
    slopes: Callable[[FloatArray, float, FloatArray], tuple[FloatArray, ...]],
    w: Value,
    q: Value,
) -> Value:
    if not isinstance(q, Jet):
        shape = float(np.squeeze(q))
        if not isinstance(w, Jet):
            return f(np.asarray(w), shape)
        zero = Jet(np.array([shape]), 0.0 * w.gradient[:, :1], 0.0 * w.hessian[:, :, :1])
        return _with_derivatives(f, slopes, w, zero)
    at, shape = (w.value if isinstance(w, Jet) else np.asarray(w)), float(q.value[0])
    value = f(at, shape)
    w_1, q_1, w_2, mixed, q_2 = slopes(at, shape, value)
    if not isinstance(w, Jet):
        w = Jet(at, 0.0 * q.gradient, 0.0 * q.hessian)
    return compose_two(w, q, value, (w_1, q_1), (w_2, mixed, q_2))
