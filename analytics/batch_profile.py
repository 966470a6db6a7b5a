"""Weibull fits of many samples with one number held: points of a profile likelihood.

A number is held by a relation log eta = value - shift(log beta): zero shift holds eta, k / beta holds a quantile or the
reliability at an age, log Gamma(1 + 1 / beta) holds the mean. What is left is a search over log beta alone, each step of
which costs the same one pass over the records (`Samples.power_sums`) as a step of the free fit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, gammaln, polygamma

from analytics.batch import (
    CHUNK_RECORDS,
    LAST_STEP,
    VERIFIED_SCORE,
    Samples,
    chunks,
    log_moment_start,
    next_log_beta,
)
from analytics.batch_fits import Fits, Status
from analytics.results import FloatArray

MOST_PASSES = 60

Shift = Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]]


@dataclass(frozen=True)
class Held:
    """One number held at a value on its logarithmic scale, the same for all samples or one for each.

    Attributes
    ----------
    value : ndarray
        The value held: log eta, log quantile, log age or log mean.
    shift : callable
        ``shift(log_beta)``: what to take from the value to get log eta, with its first and second derivatives.
    """

    value: FloatArray
    shift: Shift


def hold_eta(log_eta: ArrayLike) -> Held:
    """Hold the scale."""
    return Held(np.asarray(log_eta, dtype=np.float64), lambda b: (0.0 * b, 0.0 * b, 0.0 * b))


def hold_quantile(failure_probability: ArrayLike, log_quantile: ArrayLike) -> Held:
    """Hold the age by which a fraction has failed; the same as holding the failure probability at that age."""
    k = np.log(-np.log1p(-np.asarray(failure_probability, dtype=np.float64)))

    def shift(b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        by_beta = k * np.exp(-b)
        return by_beta, -by_beta, by_beta

    return Held(np.asarray(log_quantile, dtype=np.float64), shift)


def hold_mean(log_mean: ArrayLike) -> Held:
    """Hold the mean life."""

    def shift(b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        w = np.exp(-b)
        first, second = digamma(1.0 + w), polygamma(1, 1.0 + w)
        return gammaln(1.0 + w), -w * first, w * first + w * w * second

    return Held(np.asarray(log_mean, dtype=np.float64), shift)


@dataclass(frozen=True)
class Point:
    """Log-likelihood of each sample with its derivatives in (log eta, log beta)."""

    value: FloatArray
    g_u: FloatArray
    g_b: FloatArray
    h_uu: FloatArray
    h_ub: FloatArray
    h_bb: FloatArray

    def along(
        self, shift: tuple[FloatArray, FloatArray, FloatArray]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """First and second derivative by log beta with the number held, and the mixed one by the number."""
        _, first, second = shift
        slope = self.g_b - self.g_u * first
        curvature = self.h_bb - 2.0 * self.h_ub * first + self.h_uu * first * first - self.g_u * second
        return slope, curvature, self.h_ub - self.h_uu * first


def point(samples: Samples, sums: FloatArray, log_eta: FloatArray, log_beta: FloatArray) -> Point:
    """The likelihood at (log eta, log beta) from the power sums at that shape."""
    d, u, beta = samples.failures, log_eta - samples.log_scale, np.exp(log_beta)
    mean, square = sums[1] / sums[0], sums[2] / sums[0]
    h = np.exp(np.minimum(np.log(sums[0]) - beta * u, 600.0))
    hz = h * beta * (mean - u)
    hzz = h * beta * beta * (square - 2.0 * u * mean + u * u)
    sum_z = beta * (samples.sum_x - d * u)
    return Point(
        d * log_beta + sum_z - (samples.sum_x + d * samples.log_scale) - h,
        beta * (h - d),
        d + sum_z - hz,
        -beta * beta * h,
        beta * (h + hz - d),
        sum_z - hz - hzz,
    )


def maximise_held(samples: Samples, held: Held, start: FloatArray | None = None) -> Fits:
    """Fits of all samples with one number held; `information` is that of the free parameters at the point found.

    Parameters
    ----------
    samples : Samples
    held : Held
        From `hold_eta`, `hold_quantile` or `hold_mean`.
    start : ndarray, optional
        A first guess of log beta for each sample, such as the free estimate.

    Returns
    -------
    Fits
        `score_norm` is the slope along the free direction over the root of the curvature there.

    Examples
    --------
    >>> from analytics.batch import gather, maximise
    >>> samples = gather([[90.0, 160.0, 200.0], [50.0, 80.0, 100.0]], [[1, 1, 0], [1, 1, 1]])
    >>> fits = maximise_held(samples, hold_quantile(0.1, np.log(40.0)))
    >>> np.exp(fits.log_beta).round(3).tolist()
    [1.53, 3.295]
    >>> bool((maximise(samples).loglik >= fits.loglik).all())
    True
    """
    n = len(samples)
    fits = Fits.empty(n)
    value = np.broadcast_to(held.value, n)
    guess = log_moment_start(samples) if start is None else np.asarray(start, dtype=np.float64)
    fits.status[samples.failures <= 0.0] = Status.NO_FAILURES
    with np.errstate(all="ignore"):
        for first, last in chunks(samples.offsets, CHUNK_RECORDS):
            rows = first + np.flatnonzero(fits.status[first:last] == Status.NOT_CONVERGED)
            if rows.size:
                keep = np.isin(np.arange(first, last), rows)
                _search_held(samples.slice(first, last).take(keep), held.shift, value, guess, fits, rows)
    return fits


def _search_held(
    samples: Samples, shift: Shift, value: FloatArray, guess: FloatArray, fits: Fits, rows: NDArray[np.intp]
) -> None:
    log_beta = np.where(np.isfinite(guess[rows]), guess[rows], 0.0)
    low, high = np.full(rows.size, -np.inf), np.full(rows.size, np.inf)
    for _ in range(MOST_PASSES):
        shifts = shift(log_beta)
        log_eta = value[rows] - shifts[0]
        at = point(samples, samples.power_sums(np.exp(log_beta)), log_eta, log_beta)
        slope, curvature, _ = at.along(shifts)
        step = -slope / curvature
        score_norm = np.abs(slope) / np.sqrt(-curvature)
        done = (score_norm < VERIFIED_SCORE) & (np.abs(step) < LAST_STEP)
        if done.any():
            to = rows[done]
            fits.log_eta[to] = (log_eta - shifts[1] * step)[done]
            fits.log_beta[to] = (log_beta + step)[done]
            fits.loglik[to] = at.value[done]
            fits.information[:, to] = -at.h_uu[done], -at.h_ub[done], -at.h_bb[done]
            fits.score_norm[to] = score_norm[done]
            fits.status[to] = Status.OK
        low, high = np.where(slope > 0.0, log_beta, low), np.where(slope > 0.0, high, log_beta)
        log_beta = next_log_beta(log_beta, step, slope, curvature, low, high)
        more = ~done
        if not more.any():
            return
        if done.any():
            rows, samples = rows[more], samples.take(more)
            log_beta, low, high = log_beta[more], low[more], high[more]


def maximise_at_beta(samples: Samples, log_beta: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Log eta and log-likelihood of each sample at a shape, in closed form."""
    b = np.broadcast_to(np.asarray(log_beta, dtype=np.float64), len(samples))
    with np.errstate(all="ignore"):
        return at_beta(samples, b)[:2]


def at_beta(samples: Samples, log_beta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log eta, log-likelihood and profile score at a shape."""
    d, beta = samples.failures, np.exp(log_beta)
    sums = samples.power_sums(beta)
    u = np.log(sums[0] / d) / beta
    loglik = d * (log_beta - 1.0) + beta * (samples.sum_x - d * u) - (samples.sum_x + d * samples.log_scale)
    return samples.log_scale + u, loglik, d + beta * (samples.sum_x - d * sums[1] / sums[0])
