"""The loops of `analytics.batch` compiled: one sample after the other, each read from the cache of the core.

Imported where numba is installed (extra `fast`). Sums are taken in another order than numpy's, so the results agree with
its to rounding, not to the bit; among themselves they are the same bits for a sample wherever it stands.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

# Sums may be taken in any order and products fused, which is what lets the loops run eight records at a time; nothing may
# be assumed about infinities.
LOOSE = {"reassoc", "contract", "nsz"}
LOG2_E, LN_2 = 1.0 / math.log(2.0), math.log(2.0)
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11 = (1.0 / math.factorial(k) for k in range(2, 12))


@intrinsic
def _as_float(_context: Any, bits: Any) -> Any:
    """The float64 with these bits."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@njit(inline="always")
def _exp(z: float) -> float:
    """The exponential of z <= 0 without a call or a branch; relative error below 1e-14, 0 to 1e-307 for z < -707."""
    z = max(z, -707.0)
    k = np.int32(z * LOG2_E - 0.5)
    r = z - k * LN_2
    even = 1.0 + r * r * (C2 + r * r * (C4 + r * r * (C6 + r * r * (C8 + r * r * C10))))
    odd = r * (1.0 + r * r * (C3 + r * r * (C5 + r * r * (C7 + r * r * (C9 + r * r * C11)))))
    return (even + odd) * _as_float((np.int64(k) + 1023) << 52)  # type: ignore[call-arg]


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _power_sums(x: Any, weight: Any, beta: float) -> tuple[float, float, float]:
    s0 = s1 = s2 = 0.0
    for i in range(x.size):
        h = weight[i] * _exp(beta * x[i])
        hx = h * x[i]
        s0 += h
        s1 += hx
        s2 += hx * x[i]
    return s0, s1, s2


@njit(inline="always")
def _step(beta: float, mean_failed: float, sums: Any, skewness: float) -> tuple[float, float, float]:
    """Profile score and its slope by log beta, and Halley's step."""
    s0, s1, s2 = sums
    mean = s1 / s0
    lag, spread = beta * (mean_failed - mean), beta * beta * (s2 / s0 - mean * mean)
    score, slope = 1.0 + lag, lag - spread
    bend = lag - spread * (3.0 + skewness * math.sqrt(max(spread, 0.0)))
    correction = min(max(score * bend / (2.0 * slope * slope), -0.5), 0.5)
    return score, slope, -score / slope / (1.0 - correction)


@njit(inline="always")
def _next(here: float, step: float, score: float, slope: float, low: float, high: float) -> float:
    onward = math.copysign(1.0, score)
    move = step if slope < 0.0 and step * score > 0.0 else onward
    there = here + min(max(move, -2.0), 2.0)
    if low < there < high:
        return there
    return (low + high) / 2.0 if math.isfinite(low + high) else here + onward


@njit(cache=True, nogil=True, error_model="numpy")
def search(
    offsets: Any,
    x: Any,
    weight: Any,
    entry: Any,
    entry_weight: Any,
    sums: Any,
    log_beta: Any,
    limits: Any,
    out: Any,
) -> None:
    """Halley's method of `analytics.batch` for each sample in turn.

    `sums` holds failures and sum_x; `limits` the score to reach, the last step, the range of log beta, the skewness and the
    most passes. `out` gets the last log beta, step, score norm, slope, the three sums, and 1 found, 2 lost, 0 neither.
    """
    verified, last_step, smallest, largest, skewness, passes = limits
    ones = np.ones(np.diff(offsets).max())
    for k in range(offsets.size - 1):
        if math.isnan(log_beta[k]):
            continue
        a, b = offsets[k], offsets[k + 1]
        # One loop with weights or without, so that the order of the sums does not depend on what other samples have.
        w = ones[: b - a] if weight.size == 0 else weight[a:b]
        here, low, high = log_beta[k], -np.inf, np.inf
        for _ in range(int(passes)):
            beta = math.exp(here)
            s0, s1, s2 = _power_sums(x[a:b], w, beta)
            if entry.size:
                e0, e1, e2 = _power_sums(entry[a:b], entry_weight[a:b], beta)
                s0, s1, s2 = s0 - e0, s1 - e1, s2 - e2
            score, slope, step = _step(beta, sums[1, k] / sums[0, k], (s0, s1, s2), skewness)
            norm = abs(score) * math.sqrt(sums[0, k] / -slope) if slope < 0.0 else np.inf
            found = norm < verified and abs(step) < last_step
            if found or here < smallest or here > largest:
                out[0, k], out[1, k], out[2, k], out[3, k] = here, step, norm, slope
                out[4, k], out[5, k], out[6, k], out[7, k] = s0, s1, s2, 1.0 if found else 2.0
                break
            low, high = (here, high) if score > 0.0 else (low, here)
            here = _next(here, step, score, slope, low, high)


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _relative(age: Any, weight: Any, x: Any) -> float:
    largest = 0.0
    for i in range(age.size):
        largest = max(largest, age[i] if weight[i] > 0.0 else 0.0)
    scale = largest if largest > 0.0 else 1.0
    for i in range(age.size):
        x[i] = age[i] / scale if age[i] > 0.0 else 1.0
    return scale


@njit(cache=True, nogil=True)
def relative_ages(offsets: Any, age: Any, weight: Any, x: Any, scale: Any) -> None:
    """Each age over the largest of its sample that has a weight; 1 for an age of 0."""
    ones = np.ones(np.diff(offsets).max())
    for k in range(offsets.size - 1):
        a, b = offsets[k], offsets[k + 1]
        scale[k] = _relative(age[a:b], ones[: b - a] if weight.size == 0 else weight[a:b], x[a:b])


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _moments(x: Any, weight: Any, failed: Any) -> tuple[float, float, float, float, float]:
    units = d = sum_failed = sum_x = sum_xx = 0.0
    for i in range(x.size):
        w = weight[i]
        f, wx = w * failed[i], w * x[i]
        units += w
        d += f
        sum_failed += f * x[i]
        sum_x += wx
        sum_xx += wx * x[i]
    return units, d, sum_failed, sum_x, sum_xx


@njit(cache=True, nogil=True, error_model="numpy")
def moments(
    offsets: Any, x: Any, weight: Any, failed: Any, failures: Any, sum_x: Any, mean: Any, variance: Any
) -> None:
    """Weight of the failures, weighted sum of x over them, and mean and variance of x over all records of each sample."""
    ones = np.ones(np.diff(offsets).max())
    for k in range(offsets.size - 1):
        a, b = offsets[k], offsets[k + 1]
        w = ones[: b - a] if weight.size == 0 else weight[a:b]
        units, failures[k], sum_x[k], first, second = _moments(x[a:b], w, failed[a:b])
        mean[k] = first / units
        variance[k] = second / units - mean[k] * mean[k]
