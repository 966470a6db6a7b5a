r"""The likelihood of a Poisson process whose intensity is exp(level + slope x) along some axis x.

Two models of repairable systems are this one on two axes. On x = log t the slope is the beta of the power law, since
:math:`\lambda\beta t^{\beta-1}\,dt = \lambda\beta e^{\beta x}\,dx`; on x = t it is the slope of Cox and Lewis's log-linear
model. A window from age 0 begins at minus infinity on the axis of log t. Given the number of events, their places are
an exponential family in the slope, so the log-likelihood is concave and has one maximum.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from analytics.errors import NoFiniteMaximum
from analytics.results import FloatArray

# Slopes on a rescaled axis beyond this put every event into one end of the windows: there is no maximum there.
STEEPEST = 1e7
# Share of the information of exact times below which counts in intervals are taken to hold none.
LEAST_INFORMATION = 1e-8
NO_MAXIMUM = (
    "the likelihood rises without end, or is the same for any trend: all events stand at one end of the observation, "
    "or in one interval, so no trend can be estimated from them"
)


@dataclass(frozen=True)
class Stretches:
    """Pieces of the axis from `low` to `high`; `low` may be minus infinity where the slope is positive."""

    low: FloatArray
    high: FloatArray

    def log_integrals(self, slope: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Logarithm of the integral of exp(slope x) over each piece, and its two derivatives by the slope."""
        whole = np.isneginf(self.low)
        width = np.where(whole, 1.0, self.high - self.low)
        y = slope * width
        value, first, second = _log_mean_fall(y)
        value = slope * self.high + np.log(width) + value
        first = self.high + width * first
        second = width**2 * second
        if whole.any():
            value = np.where(whole, slope * self.high - math.log(slope), value)
            first = np.where(whole, self.high - 1.0 / slope, first)
            second = np.where(whole, 1.0 / slope**2, second)
        return value, first, second


@dataclass(frozen=True)
class IntensityLikelihood:
    """Events at `exact` places, or counted in `cells`, of systems watched over `windows`.

    Attributes
    ----------
    exact : ndarray
        Places of events on the axis.
    cells, counts : Stretches, ndarray
        Pieces in which only the number of events is known, and these numbers.
    windows : Stretches
        All that was watched, cells included; none of length 0.
    """

    exact: FloatArray
    cells: Stretches
    counts: FloatArray
    windows: Stretches

    @property
    def events(self) -> float:
        """Number of events."""
        return float(self.exact.size + self.counts.sum())

    def log_level(self, slope: float) -> float:
        """The level that is best for a slope."""
        return math.log(self.events) - self._whole(slope)[0]

    def profile(self, slope: float) -> tuple[float, float, float]:
        """Log-likelihood at the best level, and its first two derivatives by the slope."""
        whole, mean, variance = self._whole(slope)
        value, first, second = self._places(slope)
        n = self.events
        return (
            value + n * (math.log(n) - whole - 1.0),
            first - n * mean,
            second - n * variance,
        )

    def information(self, slope: float) -> FloatArray:
        """Observed information on (level, slope), at the level that is best for the slope."""
        _, mean, variance = self._whole(slope)
        n = self.events
        cross = n * mean
        return np.array([[n, cross], [cross, n * (variance + mean**2) - self._places(slope)[2]]])

    def _places(self, slope: float) -> tuple[float, float, float]:
        value, first = slope * float(self.exact.sum()), float(self.exact.sum())
        if not self.counts.size:
            return value, first, 0.0
        log_integral, by, by_by = self.cells.log_integrals(slope)
        return (
            value + float(self.counts @ log_integral),
            first + float(self.counts @ by),
            float(self.counts @ by_by),
        )

    def _whole(self, slope: float) -> tuple[float, float, float]:
        """Logarithm of the integral over all windows; mean and variance of the place of one event."""
        log_integral, mean, variance = self.windows.log_integrals(slope)
        top = float(log_integral.max())
        share = np.exp(log_integral - top)
        total = float(share.sum())
        share /= total
        middle = float(share @ mean)
        return top + math.log(total), middle, float(share @ (variance + (mean - middle) ** 2))

    def best_slope(self, *, positive: bool) -> float:
        """The slope of greatest likelihood, among the positive ones only or among all.

        Raises
        ------
        NoFiniteMaximum
            If the likelihood rises without end, as it does where all events stand at one end of the windows.
        """
        if positive:
            # Searched on a log scale: the score falls from plus to minus infinity over many decades.
            low, high = _bracket(lambda z: self.profile(math.exp(z))[1], 0.0, math.log(STEEPEST))
            slope = math.exp(brentq(lambda z: self.profile(math.exp(z))[1], low, high, xtol=1e-14))
        else:
            low, high = _bracket(lambda slope: self.profile(slope)[1], 0.0, STEEPEST)
            slope = float(brentq(lambda slope: self.profile(slope)[1], low, high, xtol=1e-14))
        # Counts that any steep slope explains leave a flat score, which rounding turns into a false root.
        if -self.profile(slope)[2] < LEAST_INFORMATION * self.events * self._whole(slope)[2]:
            raise NoFiniteMaximum(NO_MAXIMUM)
        return slope


def _log_mean_fall(y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """log((1 - exp(-y)) / y) and its two derivatives, for y of either sign."""
    small = np.abs(y) < 1e-3
    safe = np.where(small, 1.0, y)
    size = np.abs(safe)
    with np.errstate(over="ignore"):
        value = np.log(-np.expm1(-size) / size) + np.maximum(-safe, 0.0)
        first = 1.0 / np.expm1(safe) - 1.0 / safe
        second = 1.0 / safe**2 - 1.0 / (4.0 * np.sinh(size / 2.0) ** 2)
    # Near 0 the differences cancel; the series is exact to rounding there.
    return (
        np.where(small, -y / 2.0 + y**2 / 24.0 - y**4 / 2880.0, value),
        np.where(small, -0.5 + y / 12.0 - y**3 / 720.0, first),
        np.where(small, 1.0 / 12.0 - y**2 / 240.0, second),
    )


def _bracket(score: Callable[[float], float], start: float, farthest: float) -> tuple[float, float]:
    """Two points with a positive and a negative score between which the maximum lies."""
    here = score(start)
    step = 1.0 if here > 0 else -1.0
    low = high = start
    while here * step > 0:
        low, high = high, high + step
        if abs(high - start) > farthest:
            raise NoFiniteMaximum(NO_MAXIMUM)
        here = score(high)
        step *= 2.0
    return (low, high) if low < high else (high, low)
