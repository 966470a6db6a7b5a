"""Lognormal fits of many samples at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.batch import Samples
from analytics.batch_location_scale import NORMAL, maximise_location_scale
from analytics.results import FloatArray


@dataclass(frozen=True)
class LognormalFits:
    """Lognormal fits of many samples; NaN where `ok` is false.

    Attributes
    ----------
    mu, sigma : ndarray
        Mean and standard deviation of log age.
    variance : ndarray, shape (2, samples)
        Variances of `mu` and of log `sigma`, from the inverse of the observed information.
    loglik, score_norm : ndarray
        Log-likelihood, and distance from the maximum in standard errors, at the last point evaluated.
    ok : ndarray of bool
        Whether the maximum is verified.
    """

    mu: FloatArray
    sigma: FloatArray
    variance: FloatArray
    loglik: FloatArray
    score_norm: FloatArray
    ok: NDArray[np.bool_]


def maximise_lognormal(
    samples: Samples, event: NDArray[np.integer], wanted: NDArray[np.bool_] | None = None
) -> LognormalFits:
    """Maximum-likelihood fits of the `wanted` samples; `event` is that from which the samples were gathered.

    Examples
    --------
    >>> from analytics.batch import gather
    >>> event = np.array([1, 1, 0, 1, 1, 1])
    >>> fits = maximise_lognormal(gather([90.0, 160.0, 200.0, 50.0, 80.0, 100.0], event, [0, 3, 6]), event)
    >>> fits.mu.round(3).tolist(), fits.sigma.round(3).tolist()
    ([5.058, 4.3], [0.47, 0.289])
    """
    fits = maximise_location_scale(samples, event, NORMAL, wanted=wanted)
    (a, b), (i_aa, i_ab, i_bb) = fits.at, fits.information
    # Information in (mu, log sigma), by the derivatives of (a, b): (b, 0) and (-a, -b).
    m_m, m_s, s_s = b * b * i_aa, -b * (a * i_aa + b * i_ab), a * a * i_aa + 2.0 * a * b * i_ab + b * b * i_bb
    variance = np.stack([s_s, m_m]) / (m_m * s_s - m_s * m_s)
    return LognormalFits(samples.log_scale + a / b, 1.0 / b, variance, fits.loglik, fits.score_norm, fits.ok)
