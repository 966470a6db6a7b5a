"""What a search of many samples at once finds: one table of numbers, a column a sample."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.results import FloatArray

# Skewness of log T under the tilt of a complete sample, psi''(2) / psi'(2)^1.5: bends Halley's step without a fourth sum.
SKEWNESS = -0.780
# Records worked on together: few enough for what is made of them to stay in the cache of a core.
TILE_RECORDS = 32_768


class Status(IntEnum):
    """What became of one sample."""

    OK = 0
    NO_FAILURES = 1
    NO_FINITE_MAXIMUM = 2
    NOT_CONVERGED = 3


@dataclass(frozen=True)
class Fits:
    """Weibull fits of many samples, one column a sample; NaN where `status` is not OK.

    Attributes
    ----------
    numbers : ndarray, shape (7, samples)
        The rows that the properties name, in their order.
    status : ndarray of int
        `Status` of each sample.
    """

    numbers: FloatArray
    status: NDArray[np.int8]

    @classmethod
    def empty(cls, n: int) -> "Fits":
        """Nothing fitted yet."""
        return cls(np.full((7, n), np.nan), np.full(n, Status.NOT_CONVERGED, dtype=np.int8))

    @property
    def log_eta(self) -> FloatArray:
        """Estimate of log eta."""
        return self._row(0)

    @property
    def log_beta(self) -> FloatArray:
        """Estimate of log beta."""
        return self._row(1)

    @property
    def logs(self) -> FloatArray:
        """Estimates of log eta and log beta, shape (2, samples)."""
        return self.numbers[:2]

    @property
    def loglik(self) -> FloatArray:
        """Log-likelihood at the estimates."""
        return self._row(2)

    @property
    def information(self) -> FloatArray:
        """Observed information in (log eta, log beta), shape (3, samples): eta-eta, eta-beta, beta-beta."""
        return self.numbers[3:6]

    @property
    def score_norm(self) -> FloatArray:
        """Distance of the last point evaluated from the maximum, in standard errors. The estimate is one step closer."""
        return self._row(6)

    def _row(self, row: int) -> FloatArray:
        numbers: FloatArray = self.numbers[row]
        return numbers

    def take(self, rows: Any) -> "Fits":
        """The fits of some samples; views, if `rows` is a slice."""
        return Fits(self.numbers[:, rows], self.status[rows])

    def put(self, rows: Any, fits: "Fits") -> None:
        """Overwrite the fits of some samples."""
        self.numbers[:, rows], self.status[rows] = fits.numbers, fits.status

    def forget(self, rows: NDArray[np.bool_]) -> None:
        """Leave NaN for the numbers of the marked samples."""
        self.numbers[:, rows] = np.nan

    @property
    def covariance(self) -> FloatArray:
        """Inverse of the information, shape (3, samples): eta-eta, eta-beta, beta-beta."""
        i_uu, i_ub, i_bb = self.information
        inverse: FloatArray = np.stack([i_bb, -i_ub, i_uu]) / (i_uu * i_bb - i_ub * i_ub)
        return inverse

    @property
    def variance(self) -> FloatArray:
        """Variance of log eta and of log beta, shape (2, samples)."""
        i_uu, i_ub, i_bb = self.information
        variance: FloatArray = self.information[::-2] / (i_uu * i_bb - i_ub * i_ub)
        return variance


def halley(beta: Any, failed: Any, s0: Any, s1: Any, s2: Any) -> tuple[Any, Any, Any]:
    """Score and slope by log beta of the profile log-likelihood, per failure, and Halley's step.

    `failed` is the mean of x over the failures. One formula for arrays, and compiled for numbers.
    """
    # Divided once each: a division costs as much as a dozen products.
    by_s0 = 1.0 / s0
    mean = s1 * by_s0
    lag, spread = beta * (failed - mean), beta * beta * (s2 * by_s0 - mean * mean)
    score, slope = 1.0 + lag, lag - spread
    bend = lag - spread * (3.0 + SKEWNESS * np.sqrt(np.maximum(spread, 0.0)))
    by_slope = 1.0 / slope
    newton = -score * by_slope
    # Newton's step, corrected for the bend by no more than a factor of two.
    return score, slope, newton / (1.0 - np.minimum(np.maximum(-0.5 * newton * bend * by_slope, -0.5), 0.5))


def estimates(
    log_beta: Any, beta: Any, step: Any, slope: Any, s0: Any, s1: Any, d: Any, sum_x: Any, log_scale: Any
) -> tuple[Any, ...]:
    """The first six numbers of `Fits` where the search has ended, one last step applied; and how far log eta is from the ages.

    One formula for arrays, and compiled for numbers.
    """
    mean = s1 / s0
    # Scale at this shape in closed form, and what the last step of the shape adds to it (second order left out).
    u = np.log(s0 / d) / beta
    z = beta * (mean - u)
    loglik = d * (log_beta - 1.0) + beta * (sum_x - d * u) - (sum_x + d * log_scale)
    # What the last step adds to the rest, to first order; at the maximum the score is 0, whence these spread and bend.
    spread = np.maximum(-1.0 - slope, 0.0)
    bend = -1.0 - spread * (3.0 + SKEWNESS * np.sqrt(spread))
    beta, z, slope = beta + beta * step, z + spread * step, slope + bend * step
    # The profile's curvature is the Schur complement of eta in the information, which saves a sum and its cancellation.
    i_uu, i_ub, i_bb = beta * beta * d, -beta * d * z, d * (z * z - slope)
    return log_scale + u + (mean - u) * step, log_beta + step, loglik, i_uu, i_ub, i_bb, u
