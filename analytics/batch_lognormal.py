"""Lognormal fits of many samples at once, by Newton's method on a likelihood that is concave without delayed entry.

The parameters of the search are b = 1 / sigma and a = mu / sigma: then z = b x - a is linear in them, and so is every
logarithm of a density or a survival concave (Olsen 1978). A delayed entry takes a concave term away; where the search then
meets a point that is not concave, the sample is left to the fit of one.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from analytics.batch import CHUNK_RECORDS, LAST_STEP, VERIFIED_SCORE, Samples, chunks
from analytics.results import FloatArray

MOST_PASSES = 60
HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


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
    n = len(samples)
    fits = LognormalFits(
        np.full(n, np.nan),
        np.full(n, np.nan),
        np.full((2, n), np.nan),
        np.full(n, np.nan),
        np.full(n, np.nan),
        np.zeros(n, dtype=bool),
    )
    wanted = samples.failures > 0.0 if wanted is None else wanted
    with np.errstate(all="ignore"):
        for first, last in chunks(samples.offsets, CHUNK_RECORDS):
            keep = wanted[first:last]
            if keep.any():
                part = samples.slice(first, last)
                failed = event[samples.offsets[first] : samples.offsets[last]] > 0
                failed = failed[np.repeat(keep, np.diff(part.offsets))]
                _search(part.take(keep), failed, first + np.flatnonzero(keep), fits)
    return fits


def _search(samples: Samples, failed: NDArray[np.bool_], rows: NDArray[np.intp], fits: LognormalFits) -> None:
    spread = np.sqrt(samples.variance)
    b = np.where(spread > 0.0, 1.0 / spread, 1.0)
    here = np.stack([samples.mean * b, b])
    before, best = here.copy(), np.full(rows.size, -np.inf)
    for _ in range(MOST_PASSES):
        value, gradient, information = _derivatives(samples, failed, here)
        i_aa, i_ab, i_bb = information
        determinant = i_aa * i_bb - i_ab * i_ab
        step = (
            np.stack([i_bb * gradient[0] - i_ab * gradient[1], i_aa * gradient[1] - i_ab * gradient[0]])
            / determinant
        )
        score_norm = np.sqrt((step * gradient).sum(axis=0))
        concave = (i_aa > 0.0) & (determinant > 0.0)
        done = concave & (score_norm < VERIFIED_SCORE) & (np.abs(step) < LAST_STEP * here[1]).all(axis=0)
        if done.any():
            found = (here + step)[:, done], information[:, done], value[done], score_norm[done]
            _record(fits, rows[done], samples.log_scale[done], *found)
        # A step that loses goes half-way back; otherwise on, never to less than a third of b.
        lost = value < best - 1e-12 * (1.0 + np.abs(best))
        shorten = np.minimum(1.0, 0.67 * here[1] / np.maximum(-step[1], 1e-300))
        there = np.where(lost, (here + before) / 2.0, here + shorten * step)
        before, best = np.where(lost, before, here), np.where(lost, best, value)
        more = ~done & concave & np.isfinite(there).all(axis=0)
        if not more.any():
            return
        if not more.all():
            failed = failed[np.repeat(more, np.diff(samples.offsets))]
            rows, samples, there = rows[more], samples.take(more), there[:, more]
            before, best = before[:, more], best[more]
        here = there


def _derivatives(
    samples: Samples, failed: NDArray[np.bool_], at: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log-likelihood with gradient and negative Hessian in (a, b)."""
    starts, lengths = samples.offsets[:-1], np.diff(samples.offsets)
    a, b = np.repeat(at, lengths, axis=1)
    x, weight = samples.x, 1.0 if samples.weight is None else samples.weight
    z = b * x - a
    log_survival, first, second = _survival_terms(z)
    value = np.where(failed, -0.5 * z * z - HALF_LOG_2PI, log_survival) * weight
    first = np.where(failed, -z, first) * weight
    second = np.where(failed, -1.0, second) * weight
    terms = [value, first, first * x, second, second * x, second * x * x]
    y, worth = samples.entry, samples.entry_weight
    if y is not None and worth is not None:
        left = [term * worth for term in _survival_terms(b * y - a)]
        away = [left[0], left[1], left[1] * y, left[2], left[2] * y, left[2] * y * y]
        terms = [term - less for term, less in zip(terms, away, strict=True)]
    value, q, qx, r, rx, rxx = (np.add.reduceat(term, starts) for term in terms)
    d, b = samples.failures, at[1]
    value += d * np.log(b) - samples.sum_x - d * samples.log_scale
    return value, np.stack([-q, qx + d / b]), np.stack([-r, rx, d / (b * b) - rxx])


def _survival_terms(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Logarithm of the normal survival with its first and second derivative."""
    log_survival = log_ndtr(-z)
    hazard = np.exp(-0.5 * z * z - HALF_LOG_2PI - log_survival)
    return log_survival, -hazard, -hazard * (hazard - z)


def _record(
    fits: LognormalFits,
    at: NDArray[np.intp],
    log_scale: FloatArray,
    found: FloatArray,
    information: FloatArray,
    value: FloatArray,
    score_norm: FloatArray,
) -> None:
    (a, b), (i_aa, i_ab, i_bb) = found, information
    fits.mu[at], fits.sigma[at] = log_scale + a / b, 1.0 / b
    # Information in (mu, log sigma), by the derivatives of (a, b): (b, 0) and (-a, -b).
    m_m, m_s, s_s = b * b * i_aa, -b * (a * i_aa + b * i_ab), a * a * i_aa + 2.0 * a * b * i_ab + b * b * i_bb
    fits.variance[:, at] = np.stack([s_s, m_m]) / (m_m * s_s - m_s * m_s)
    fits.loglik[at], fits.score_norm[at], fits.ok[at] = value, score_norm, True
