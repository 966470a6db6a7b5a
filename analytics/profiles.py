"""Confidence bounds on any number that follows from the parameters of any family: by Wald's method or likelihood ratio.

A number is given by an equation ``constraint(theta, v) = 0`` that rises or falls in its value v on a working scale. So
quantiles, which have no closed form in most families, cost nothing more than parameters do.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.errors import NotConverged
from analytics.jets import Jet, Value, variables
from analytics.likelihood import LifeLikelihood
from analytics.results import FloatArray

MAXIMUM_STEPS = 60


@dataclass(frozen=True)
class Quantity:
    """A number derived from the parameters.

    Attributes
    ----------
    constraint : callable
        ``constraint(theta, value)``, 0 where the parameters give the number this value on its working scale.
    estimate : float
        Its value, on the working scale, at the estimate.
    natural : callable
        From the working scale back; monotone.
    name : str
        Tells it from every other of the same fit.
    falls : bool
        Whether the number falls as its working value rises.
    """

    constraint: Callable[[Sequence[Value], Value], Value]
    estimate: float
    natural: Callable[[float], float]
    name: str = ""
    falls: bool = False

    def slopes(self, theta: FloatArray, value: float) -> tuple[Jet, float]:
        """The constraint with its derivatives by theta, and its derivative by the value."""
        *moving, last = variables([*theta, value])
        with np.errstate(all="ignore"):
            found = self.constraint(moving, last)
        return Jet(found.value, found.gradient[:-1], found.hessian[:-1, :-1]), float(found.gradient[-1, 0])

    def standard_error(self, theta: FloatArray, covariance: FloatArray) -> float:
        """Standard error on the working scale by the delta method."""
        at, by_value = self.slopes(theta, self.estimate)
        slope = at.gradient[:, 0]
        return math.sqrt(max(float(slope @ covariance @ slope), 0.0)) / abs(by_value)


class ConstrainedProfile:
    """Highest log-likelihood among the parameters that give a quantity a value.

    Found by sequential quadratic programming in coordinates in which the likelihood is round at its maximum, from the
    nearest point visited before.
    """

    def __init__(
        self, quantity: Quantity, likelihood: LifeLikelihood, theta: FloatArray, covariance: FloatArray
    ) -> None:
        self._quantity, self._likelihood = quantity, likelihood
        # A parameter taken as known has no variance and no axis.
        free = np.flatnonzero(np.diag(covariance) > 0.0)
        self._axes = np.zeros((len(theta), free.size))
        self._axes[free] = np.linalg.cholesky(covariance[np.ix_(free, free)])
        self._visited = [(quantity.estimate, np.array(theta))]
        self.centre = quantity.estimate
        self.maximum = likelihood.value(theta)
        self.standard_error = quantity.standard_error(theta, covariance)

    def at(self, value: float) -> tuple[float, float]:
        """The profile log-likelihood and its slope at a value of the quantity.

        Minus infinity for a value that no parameters with a likelihood give (a location beyond the first failure).

        Raises
        ------
        NotConverged
            If the best parameters for this value were not found.
        """
        theta = min(self._visited, key=lambda point: abs(point[0] - value))[1]
        penalty, miss, by_value = 0.0, 0.0, 1.0
        for _ in range(MAXIMUM_STEPS):
            here = self._likelihood.derivatives(theta)
            constraint, by_value = self._quantity.slopes(theta, value)
            miss, slope = float(constraint.value[0]), self._axes.T @ constraint.gradient[:, 0]
            gradient, size = self._axes.T @ here.gradient, float(slope @ slope)
            if not (np.all(np.isfinite(here.hessian)) and math.isfinite(miss + size) and size > 0.0):
                break
            multiplier = float(gradient @ slope) / size
            curvature = self._axes.T @ (here.hessian - multiplier * constraint.hessian[:, :, 0]) @ self._axes
            move, gain = _step(curvature, gradient, slope, miss)
            if gain < 1e-11 and abs(miss) < 1e-11 * (1.0 + abs(by_value * value)):
                self._visited.append((value, theta))
                return here.value, -multiplier * by_value
            step = self._axes @ move
            # What the multiplier will be once the constraint holds, if the likelihood is as round as at its maximum.
            penalty = max(penalty, 2.0 * (abs(multiplier) + abs(miss) / size) + 1e-3)
            theta = self._shortened(theta, step, value, here.value - penalty * abs(miss), penalty)
        if abs(miss) > 1e-8 * (1.0 + abs(by_value * value)):
            return -math.inf, math.nan
        raise NotConverged(
            "the search for a likelihood-ratio bound did not end: with one number held fixed the best other parameters "
            "lie at infinity or could not be found; use Wald bounds for these data"
        )

    def best(self, value: float) -> FloatArray:
        """The working parameters of the highest likelihood among those that give the quantity this value."""
        self.at(value)
        return min(self._visited, key=lambda point: abs(point[0] - value))[1]

    def _shortened(
        self, theta: FloatArray, step: FloatArray, value: float, height: float, penalty: float
    ) -> FloatArray:
        for _ in range(30):
            there: FloatArray = theta + step
            with np.errstate(all="ignore"):
                miss = float(np.squeeze(self._quantity.constraint([np.atleast_1d(v) for v in there], value)))
            reached = self._likelihood.value(there) - penalty * abs(miss)
            if reached >= height - 1e-9 * (1.0 + abs(height)):
                return there
            step = step / 2.0
        return there


def _step(
    curvature: FloatArray, gradient: FloatArray, slope: FloatArray, miss: float
) -> tuple[FloatArray, float]:
    """Onto the constraint along its slope, and along it up to the maximum of the quadratic; and the gain of the
    latter."""
    onto = -miss / float(slope @ slope) * slope
    free = np.linalg.svd(slope[None, :])[2][1:].T
    if free.size == 0:
        return onto, 0.0
    bend, axes = np.linalg.eigh(free.T @ curvature @ free)
    rise = axes.T @ (free.T @ (gradient + curvature @ onto))
    stiff = np.maximum(np.abs(bend), 1e-3)
    along: FloatArray = free @ (axes @ (rise / stiff))
    length = float(np.max(np.abs(along)))
    return onto + along * min(1.0, 3.0 / max(length, 1e-300)), float(rise @ (rise / stiff)) / 2.0
