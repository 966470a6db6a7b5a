"""Likelihood-ratio bounds of the Weibull fits of many samples at once.

Each step costs the same one pass over the records (`Samples.power_sums`) as a step of the fit itself.
"""

import math

import numpy as np
from numpy.typing import NDArray

from analytics.batch import CHUNK_RECORDS, LAST_STEP, Samples, chunks
from analytics.batch_fits import Fits, Status
from analytics.batch_profile import at_beta, point
from analytics.results import FloatArray

MOST_PASSES = 60
# A bound this many times as far as Wald's is left to the search of one sample, which can say that there is none.
FARTHEST_BOUND = 20.0
# Steps of log beta at which a higher top is looked for.
FAR_SHAPES = (-6.0, -4.0, -3.0, -2.0, -1.25, -0.75, 0.75, 1.25, 2.0, 3.0, 4.0)


def ratio_bounds(samples: Samples, fits: Fits, name: str, deviate: float) -> FloatArray:
    """Likelihood-ratio bounds on log eta or log beta of each sample at the normal deviates -`deviate` and `deviate`.

    Parameters
    ----------
    samples : Samples
    fits : Fits
        The free fits, from `maximise`.
    name : {"eta", "beta"}
    deviate : float
        Normal deviate of each tail, such as 1.645 for 90 % two-sided.

    Returns
    -------
    ndarray, shape (2, samples)
        Lower and upper bound, on the log scale; NaN where the search did not end in a verified bound.
    """
    bounds = np.full((2, len(samples)), np.nan)
    search = _beta_bound if name == "beta" else _eta_bound
    with np.errstate(all="ignore"):
        for first, last in chunks(samples.offsets, CHUNK_RECORDS):
            ok = fits.status[first:last] == Status.OK
            if not ok.any():
                continue
            part, at = samples.slice(first, last).take(ok), fits.take(first + np.flatnonzero(ok))
            for side, sign in enumerate((-1.0, 1.0)):
                bounds[side, first:last][ok] = search(part, at, sign * deviate)
    return bounds


def _beta_bound(samples: Samples, fits: Fits, deviate: float) -> FloatArray:
    """Newton's method on the signed root of the likelihood ratio of beta, eta in closed form."""
    found = np.full(len(samples), np.nan)
    rows = np.arange(len(samples))
    wald = deviate * np.sqrt(fits.covariance[2])
    log_beta = fits.log_beta + wald
    for _ in range(MOST_PASSES):
        _, loglik, score = at_beta(samples, log_beta)
        root = np.sqrt(np.maximum(2.0 * (fits.loglik[rows] - loglik), 0.0))
        # The root grows away from the estimate at the rate -score / root.
        step = (root - abs(deviate)) * root / score
        done = (np.abs(root - abs(deviate)) < 1e-7) & (np.abs(step) < LAST_STEP)
        found[rows[done]] = (log_beta + step)[done]
        limit = np.abs(wald[rows])
        log_beta = log_beta + np.clip(
            np.where(np.isfinite(step), step, -np.sign(deviate) * limit / 2.0), -limit, limit
        )
        lost = np.abs(log_beta - fits.log_beta[rows]) > FARTHEST_BOUND * limit
        more = ~(done | lost)
        if not more.any():
            break
        rows, samples, log_beta = rows[more], samples.take(more), log_beta[more]
    return found


def _eta_bound(samples: Samples, fits: Fits, deviate: float) -> FloatArray:
    """Newton's method in (log eta, log beta) for the point where the ratio is reached and the score by beta is zero."""
    found = np.full(len(samples), np.nan)
    rows = np.arange(len(samples))
    var_u, cov, _ = fits.covariance
    wald = deviate * np.sqrt(var_u)
    u, b = fits.log_eta + wald, fits.log_beta + wald * cov / var_u
    for _ in range(MOST_PASSES):
        at = point(samples, samples.power_sums(np.exp(b)), u, b)
        root = np.sqrt(np.maximum(2.0 * (fits.loglik[rows] - at.value), 0.0))
        # Rows of the Jacobian: the half squared root (minus the gradient), and the score by beta.
        miss = (root - abs(deviate)) * root
        determinant = at.g_u * at.h_bb - at.g_b * at.h_ub
        step_u = (miss * at.h_bb + at.g_b * at.g_b) / determinant
        step_b = -(at.g_u * at.g_b + miss * at.h_ub) / determinant
        limit = np.abs(wald[rows])
        done = (np.abs(root - abs(deviate)) < 1e-7) & (np.maximum(np.abs(step_u), np.abs(step_b)) < LAST_STEP)
        done &= (at.h_bb < 0.0) & ((u - fits.log_eta[rows]) * deviate > 0.0)
        if done.any():
            highest = _is_highest(samples.take(done), u[done], b[done], at.value[done])
            found[rows[done]] = np.where(highest, (u + step_u)[done], np.nan)
        shorten = np.minimum(1.0, np.minimum(limit / np.abs(step_u), 1.0 / np.abs(step_b)))
        u, b = u + shorten * step_u, b + shorten * step_b
        lost = (
            ~np.isfinite(u + b)
            | (np.abs(u - fits.log_eta[rows]) > FARTHEST_BOUND * limit)
            | (np.abs(b) > math.log(1e6))
        )
        more = ~(done | lost)
        if not more.any():
            break
        rows, samples, u, b = rows[more], samples.take(more), u[more], b[more]
    return found


def _is_highest(samples: Samples, u: FloatArray, b: FloatArray, value: FloatArray) -> NDArray[np.bool_]:
    """Whether no shape far from `b` is likelier at that eta: with late entries the profile may have more tops than one.

    Samples of which this is not so are left to the search of one sample, which climbs from several starts.
    """
    highest = np.ones(len(samples), dtype=bool)
    if samples.entry is not None:
        for away in FAR_SHAPES:
            there = point(samples, samples.power_sums(np.exp(b + away)), u, b + away).value
            highest &= ~(there > value + 1e-6)
    return highest
