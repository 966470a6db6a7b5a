"""Numbers that carry their first and second derivatives through any formula written in numpy.

A likelihood is written once, in plain numpy and scipy.special. Given arrays it returns its value; given jets it
returns its exact gradient and Hessian as well, because numpy hands every operation on a jet to `Jet.__array_ufunc__`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analytics.results import FloatArray

# An array of numbers or a jet: what a formula takes and gives.
Value = Any

# Stands for an age or a probability of 0 where its logarithm, and the square of its inverse, must be numbers.
TINY = 1e-100


class Jet(np.lib.mixins.NDArrayOperatorsMixin):
    """Values with their derivatives by p variables.

    Attributes
    ----------
    value : ndarray, shape (n,)
    gradient : ndarray, shape (p, n)
    hessian : ndarray, shape (p, p, n)
        Any n may be 1, and then stands for every entry of its partner in an operation.
    """

    __slots__ = ("gradient", "hessian", "value")

    def __init__(self, value: FloatArray, gradient: FloatArray, hessian: FloatArray) -> None:
        self.value, self.gradient, self.hessian = value, gradient, hessian

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        rule = RULES.get(ufunc)
        if rule is None or method != "__call__" or settings:
            return NotImplemented
        return rule(*inputs)

    def __getitem__(self, at: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Jet":
        return Jet(self.value[at], self.gradient[:, at], self.hessian[:, :, at])

    def weighted_sum(self, weight: FloatArray) -> "Jet":
        """Sum of the entries times their weights, as a jet of one entry."""
        return Jet(
            np.atleast_1d(self.value @ weight),
            (self.gradient @ weight)[..., None],
            (self.hessian @ weight)[..., None],
        )


def variables(values: Sequence[float]) -> list[Jet]:
    """The point at which to differentiate: one jet of a single entry a variable."""
    size = len(values)
    identity, flat = np.eye(size)[..., None], np.zeros((size, size, 1))
    return [Jet(np.array([value]), identity[at], flat) for at, value in enumerate(values)]


def compose(x: Jet, value: FloatArray, first: FloatArray, second: FloatArray) -> Jet:
    """The chain rule for f(x), from f and its first two derivatives at x."""
    outer = x.gradient[:, None] * x.gradient[None, :]
    return Jet(value, first * x.gradient, first * x.hessian + second * outer)


def compose_two(a: Jet, b: Jet, value: FloatArray, first: Sequence[Any], second: Sequence[Any]) -> Jet:
    """The chain rule for f(a, b), from (f_a, f_b) and (f_aa, f_ab, f_bb)."""
    mixed = a.gradient[:, None] * b.gradient[None, :]
    return Jet(
        value,
        first[0] * a.gradient + first[1] * b.gradient,
        first[0] * a.hessian
        + first[1] * b.hessian
        + second[0] * (a.gradient[:, None] * a.gradient[None, :])
        + second[1] * (mixed + mixed.swapaxes(0, 1))
        + second[2] * (b.gradient[:, None] * b.gradient[None, :]),
    )


def _add(a: Value, b: Value) -> Jet:
    if not isinstance(a, Jet):
        a, b = b, a
    if not isinstance(b, Jet):
        return _spread(a.value + b, a)
    return Jet(a.value + b.value, a.gradient + b.gradient, a.hessian + b.hessian)


def _spread(value: FloatArray, like: Jet) -> Jet:
    # A constant of n entries added to a jet of one: the derivatives must count n entries too, to be summed later.
    ones = np.ones_like(value)
    return Jet(value, like.gradient * ones, like.hessian * ones)


def _multiply(a: Value, b: Value) -> Jet:
    if not isinstance(a, Jet):
        a, b = b, a
    if not isinstance(b, Jet):
        return Jet(a.value * b, a.gradient * b, a.hessian * b)
    return compose_two(a, b, a.value * b.value, (b.value, a.value), (0.0, 1.0, 0.0))


def _divide(a: Value, b: Value) -> Jet:
    if not isinstance(b, Jet):
        return _multiply(a, 1.0 / np.asarray(b))
    inverse = 1.0 / b.value
    return _multiply(a, compose(b, inverse, -(inverse**2), 2.0 * inverse**3))


def _logaddexp(a: Value, b: Value) -> Jet:
    if not isinstance(a, Jet):
        a, b = b, a
    first = a.value
    second = b.value if isinstance(b, Jet) else np.asarray(b)
    share = special.expit(first - second)
    curve = share * (1.0 - share)
    value = np.logaddexp(first, second)
    if not isinstance(b, Jet):
        return compose(a, value, share, curve)
    return compose_two(a, b, value, (share, 1.0 - share), (curve, -curve, curve))


def _clip(pick: Callable[..., Any]) -> Callable[[Jet, float], Jet]:
    """Minimum or maximum of a jet and a constant; where the constant wins nothing changes with the variables."""

    def clipped(x: Jet, limit: float) -> Jet:
        value = pick(x.value, limit)
        kept = (value == x.value).astype(float)
        return Jet(value, x.gradient * kept, x.hessian * kept)

    return clipped


def _unary(derivatives: Callable[[FloatArray], tuple[Any, Any, Any]]) -> Callable[[Jet], Jet]:
    return lambda x: compose(x, *derivatives(x.value))


def _exp(x: FloatArray) -> tuple[Any, Any, Any]:
    power = np.exp(x)
    return power, power, power


def _expm1(x: FloatArray) -> tuple[Any, Any, Any]:
    power = np.exp(x)
    return np.expm1(x), power, power


def _log_ndtr(x: FloatArray) -> tuple[Any, Any, Any]:
    value = special.log_ndtr(x)
    ratio = np.exp(-0.5 * x * x - value) / np.sqrt(2.0 * np.pi)
    return value, ratio, -ratio * (x + ratio)


def _log_expit(x: FloatArray) -> tuple[Any, Any, Any]:
    other = special.expit(-x)
    return special.log_expit(x), other, -other * special.expit(x)


RULES: dict[Any, Callable[..., Jet]] = {
    np.add: _add,
    np.subtract: lambda a, b: _add(a, -b),
    np.multiply: _multiply,
    np.divide: _divide,
    np.negative: lambda x: Jet(-x.value, -x.gradient, -x.hessian),
    np.logaddexp: _logaddexp,
    np.minimum: _clip(np.minimum),
    np.maximum: _clip(np.maximum),
    np.exp: _unary(_exp),
    np.expm1: _unary(_expm1),
    np.log: _unary(lambda x: (np.log(x), 1.0 / x, -1.0 / x**2)),
    np.log1p: _unary(lambda x: (np.log1p(x), 1.0 / (1.0 + x), -1.0 / (1.0 + x) ** 2)),
    np.square: _unary(lambda x: (x * x, 2.0 * x, 2.0 * np.ones_like(x))),
    special.log_ndtr: _unary(_log_ndtr),
    special.log_expit: _unary(_log_expit),
    special.gammaln: _unary(lambda x: (special.gammaln(x), special.digamma(x), special.polygamma(1, x))),
}


def log1mexp(x: Value) -> Value:
    """Log of 1 - exp(-x) for x > 0."""
    return np.log(-np.expm1(-x))


def log1mexp_of_exp(z: Value) -> Value:
    """Log of 1 - exp(-exp(z)): the log failure probability of the smallest extreme value distribution."""
    at = z.value if isinstance(z, Jet) else np.asarray(z)
    x = np.exp(np.minimum(at, 300.0))
    # Below this 1 - exp(-x) is x to the last digit, and x itself may underflow.
    value = np.where(at < -40.0, at, np.log(-np.expm1(-np.maximum(x, TINY))))
    if not isinstance(z, Jet):
        return value
    with np.errstate(over="ignore"):
        slope = np.where(at < -40.0, 1.0, x / np.expm1(np.maximum(x, TINY)))
    return compose(z, value, slope, slope * (1.0 - x - slope))
