"""Fits of many samples at once by a normal, logistic or smallest extreme value distribution of log age.

The parameters of the search are b = 1 / sigma and a = mu / sigma: then z = b x - a is linear in them, and so every
logarithm of a density or a survival is concave for these distributions (Burridge 1981). A delayed entry takes a concave
term away; where the search then meets a point that is not concave, the sample is left without a fit, or the step is made
uphill by a ridge where it starts from a truth.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, log_ndtr

from analytics.batch import CHUNK_RECORDS, LAST_STEP, VERIFIED_SCORE, Samples, chunks, next_log_beta
from analytics.results import FloatArray

MOST_PASSES = 60
HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)

# A function of z with its first and second derivative.
Terms = Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]]


@dataclass(frozen=True)
class Standard:
    """A standard distribution: logarithms of density and survival at z, each with two derivatives."""

    log_density: Terms
    log_survival: Terms


def _normal_density(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    return -0.5 * z * z - HALF_LOG_2PI, -z, np.broadcast_to(-1.0, z.shape)


def _normal_survival(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    log_survival = log_ndtr(-z)
    hazard = np.exp(-0.5 * z * z - HALF_LOG_2PI - log_survival)
    return log_survival, -hazard, -hazard * (hazard - z)


def _logistic_density(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    failed = expit(z)
    return log_expit(z) + log_expit(-z), 1.0 - 2.0 * failed, -2.0 * failed * (1.0 - failed)


def _logistic_survival(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    failed = expit(z)
    return log_expit(-z), -failed, -failed * (1.0 - failed)


def _extreme_density(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    hazard = np.exp(z)
    return z - hazard, 1.0 - hazard, -hazard


def _extreme_survival(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    hazard = np.exp(z)
    return -hazard, -hazard, -hazard


NORMAL = Standard(_normal_density, _normal_survival)
LOGISTIC = Standard(_logistic_density, _logistic_survival)
SMALLEST_EXTREME = Standard(_extreme_density, _extreme_survival)


@dataclass(frozen=True)
class LocationScaleFits:
    """Fits of many samples; NaN where `ok` is false.

    Attributes
    ----------
    at : ndarray, shape (2, samples)
        a and b, for x relative to the largest age of the sample.
    information : ndarray, shape (3, samples)
        Observed information in (a, b): a-a, a-b, b-b.
    loglik, score_norm : ndarray
        Log-likelihood, and distance from the maximum in standard errors, at the last point evaluated.
    ok : ndarray of bool
        Whether the maximum is verified.
    """

    at: FloatArray
    information: FloatArray
    loglik: FloatArray
    score_norm: FloatArray
    ok: NDArray[np.bool_]

    @classmethod
    def empty(cls, n: int) -> "LocationScaleFits":
        """Nothing fitted yet."""
        nothing = np.full(n, np.nan)
        return cls(
            np.full((2, n), np.nan), np.full((3, n), np.nan), nothing, nothing.copy(), np.zeros(n, dtype=bool)
        )


def maximise_location_scale(
    samples: Samples,
    event: NDArray[np.integer] | NDArray[np.bool_],
    standard: Standard,
    *,
    wanted: NDArray[np.bool_] | None = None,
    start: FloatArray | None = None,
) -> LocationScaleFits:
    """Maximum-likelihood fits of the `wanted` samples; `event` is that from which the samples were gathered.

    Parameters
    ----------
    samples : Samples
    event : ndarray
    standard : Standard
    wanted : ndarray of bool, optional
        All with a failure where not given.
    start : ndarray, shape (2, samples), optional
        The truth of a simulation as a first guess of a and b; the search then goes on where the likelihood is not concave.
    """
    fits = LocationScaleFits.empty(len(samples))
    wanted = samples.failures > 0.0 if wanted is None else wanted
    with np.errstate(all="ignore"):
        for first, last in chunks(samples.offsets, CHUNK_RECORDS):
            keep = wanted[first:last]
            if keep.any():
                part = samples.slice(first, last)
                failed = event[samples.offsets[first] : samples.offsets[last]] > 0
                failed = failed[np.repeat(keep, np.diff(part.offsets))]
                rows, part = first + np.flatnonzero(keep), part.take(keep)
                here = _log_moments(part) if start is None else start[:, rows]
                _search(part, failed, standard, rows, here, fits, ridge=start is not None)
    return fits


def _log_moments(samples: Samples) -> FloatArray:
    spread = np.sqrt(samples.variance)
    b = np.where(spread > 0.0, 1.0 / spread, 1.0)
    return np.stack([samples.mean * b, b])


def _search(
    samples: Samples,
    failed: NDArray[np.bool_],
    standard: Standard,
    rows: NDArray[np.intp],
    here: FloatArray,
    fits: LocationScaleFits,
    *,
    ridge: bool,
) -> None:
    before, best = here.copy(), np.full(rows.size, -np.inf)
    for _ in range(MOST_PASSES):
        value, gradient, information = derivatives(samples, failed, standard, here)
        i_aa, i_ab, i_bb = _ridged(information) if ridge else information
        determinant = i_aa * i_bb - i_ab * i_ab
        step = (
            np.stack([i_bb * gradient[0] - i_ab * gradient[1], i_aa * gradient[1] - i_ab * gradient[0]])
            / determinant
        )
        score_norm = np.sqrt((step * gradient).sum(axis=0))
        concave = (i_aa > 0.0) & (determinant > 0.0)
        done = concave & (score_norm < VERIFIED_SCORE) & (np.abs(step) < LAST_STEP * here[1]).all(axis=0)
        if done.any():
            to = rows[done]
            fits.at[:, to], fits.information[:, to] = (here + step)[:, done], information[:, done]
            fits.loglik[to], fits.score_norm[to], fits.ok[to] = value[done], score_norm[done], True
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


def _ridged(information: FloatArray) -> FloatArray:
    """The information with as much added to its diagonal as makes it positive definite; unchanged where it is."""
    i_aa, i_ab, i_bb = information
    spread = np.hypot((i_aa - i_bb) / 2.0, i_ab)
    least = (i_aa + i_bb) / 2.0 - spread
    more = np.where(least > 0.0, 0.0, 0.1 * spread - least)
    return np.stack([i_aa + more, i_ab, i_bb + more])


def derivatives(
    samples: Samples, failed: NDArray[np.bool_], standard: Standard, at: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log-likelihood with gradient and negative Hessian in (a, b)."""
    starts, lengths = samples.offsets[:-1], np.diff(samples.offsets)
    a, b = np.repeat(at, lengths, axis=1)
    x, weight = samples.x, 1.0 if samples.weight is None else samples.weight
    z = b * x - a
    value, first, second = (
        np.where(failed, density, survival) * weight
        for density, survival in zip(standard.log_density(z), standard.log_survival(z), strict=True)
    )
    terms = [value, first, first * x, second, second * x, second * x * x]
    y, worth = samples.entry, samples.entry_weight
    if y is not None and worth is not None:
        left = [term * worth for term in standard.log_survival(b * y - a)]
        away = [left[0], left[1], left[1] * y, left[2], left[2] * y, left[2] * y * y]
        terms = [term - less for term, less in zip(terms, away, strict=True)]
    value, q, qx, r, rx, rxx = (np.add.reduceat(term, starts) for term in terms)
    d, b = samples.failures, at[1]
    value += d * np.log(b) - samples.sum_x - d * samples.log_scale
    return value, np.stack([-q, qx + d / b]), np.stack([-r, rx, d / (b * b) - rxx])


@dataclass(frozen=True)
class Along:
    """Points on a curve in (a, b) at values of its parameter, with first and second derivatives; each of shape (2, n)."""

    at: FloatArray
    first: FloatArray
    second: FloatArray


def maximise_along(
    samples: Samples,
    failed: NDArray[np.bool_],
    standard: Standard,
    curve: Callable[[FloatArray, NDArray[np.intp]], Along],
    start: FloatArray,
) -> FloatArray:
    """Highest log-likelihood of each sample along a curve in (a, b); NaN where the search did not end in a maximum.

    Parameters
    ----------
    samples, failed, standard
    curve : callable
        ``curve(w, rows)``: the points at the parameters `w` of the samples numbered `rows`.
    start : ndarray, shape (samples,)
        Where to begin; NaN where there is nothing to look for.
    """
    found, w = np.full(len(samples), np.nan), start
    rows = np.arange(len(samples))
    low, high = np.full(rows.size, -np.inf), np.full(rows.size, np.inf)
    more = np.isfinite(w)
    for _ in range(MOST_PASSES):
        if not more.any():
            break
        if not more.all():
            failed = failed[np.repeat(more, np.diff(samples.offsets))]
            rows, samples, w, low, high = rows[more], samples.take(more), w[more], low[more], high[more]
        path = curve(w, rows)
        value, gradient, (i_aa, i_ab, i_bb) = derivatives(samples, failed, standard, path.at)
        (a1, b1), (a2, b2) = path.first, path.second
        slope = gradient[0] * a1 + gradient[1] * b1
        bend = gradient[0] * a2 + gradient[1] * b2 - (i_aa * a1 * a1 + 2.0 * i_ab * a1 * b1 + i_bb * b1 * b1)
        step = -slope / bend
        gain = 0.5 * slope * step
        done = (bend < 0.0) & (np.abs(slope) < 1e-5 * np.sqrt(-bend))
        # The gain of the last step is below 1e-10 and still added.
        found[rows[done]] = (value + gain)[done]
        low, high = np.where(slope > 0.0, w, low), np.where(slope > 0.0, high, w)
        w = next_log_beta(w, step, slope, bend, low, high)
        more = ~done & np.isfinite(slope) & np.isfinite(w)
    return found
