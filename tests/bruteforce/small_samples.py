"""Random small samples, and the best Weibull distribution for each by looking everywhere.

Nothing here is shared with the library: the likelihood is written down once more from its definition, evaluated on a grid of
shapes from 0.001 to 10,000 times a grid of scales, and polished by the simplex method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from analytics import LifeData

LOG_BETA = np.linspace(np.log(1e-3), np.log(1e4), 161)
# The expected number of failures against the number seen, on a log scale: 0 is the closed form for exact ages.
EXPECTED = np.linspace(-4.0, 4.0, 33)


def draw(seed: int) -> LifeData:
    """1 to 5 failures among up to 40 units: ties, heavy censoring, late entries, no length, inspections, any unit."""
    rng = np.random.default_rng(seed)
    failures, survivors = int(rng.integers(1, 6)), int(rng.choice([0, 0, 1, 3, 10, 35]))
    scale, shape = 10.0 ** rng.uniform(-6, 9), rng.choice([0.5, 0.8, 1.0, 2.0, 4.0, 15.0])
    size = failures + survivors
    age = rng.weibull(shape, size)
    event = np.where(np.arange(size) < failures, 1, 0)
    style = rng.choice(["plain", "ties", "late", "all late", "inspected", "one date", "no length"])
    if style == "ties":
        age = np.maximum(np.round(age, 1), 0.1)
    if style == "one date":
        age = np.where(event == 1, age, age.max())
    entry = np.zeros(size)
    if style in ("late", "all late"):
        is_late = np.ones(size, bool) if style == "all late" else rng.random(size) < 0.5
        entry = np.where(is_late, age * rng.uniform(0, 0.95, size), 0.0)
    if style == "no length":  # seen in passing, at one age only
        entry = np.where(rng.random(size) < 0.5, age, 0.0)
    upper = np.full(size, np.nan)
    if style == "inspected":
        event = np.where(event == 1, rng.choice([1, 2, 3], size), 0)
        upper = np.where(event == 3, age * rng.uniform(1.1, 2.5, size), np.nan)
    # Samples without counts and entries go another way through the compiled search.
    count = rng.integers(1, 3, size) if rng.random() < 0.5 else None
    return LifeData(age * scale, event, entry=entry * scale, upper=upper * scale, count=count)


@dataclass(frozen=True)
class Best:
    """The highest log-likelihood found, where, and whether it is a peak, at a shape that a part could have.

    Beyond shapes of 0.05 and 500 (scales 10^15 times the ages, or failures within a thousandth of their age) rounding
    decides what is a peak, and a fit may refuse.
    """

    value: float
    log_beta: float
    log_eta: float
    log_reach: float  # log eta less the log of the largest age
    is_peak: bool

    @property
    def is_believable(self) -> bool:
        within = abs(self.log_reach) < 15.0 * np.log(10.0)
        return self.is_peak and np.log(0.05) < self.log_beta < np.log(500) and within


def log_likelihood(data: LifeData, log_beta: np.ndarray, log_eta: np.ndarray) -> np.ndarray:
    """The definition, for arrays of parameters of one shape."""
    beta, u = np.exp(log_beta)[..., None], np.asarray(log_eta)[..., None]

    def hazard(t: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.exp(beta * (np.log(t) - u))

    with np.errstate(all="ignore"):
        t, event = data.time, data.event
        low = np.where(event == 2, data.entry, t)
        high = np.where(event == 3, data.upper, t)
        # Subtracted first, and none for a record of no length, whose hazards may be too large for a number.
        end = np.where(event > 1, low, t)
        until = np.where(end > data.entry, hazard(end) - hazard(data.entry), 0.0)
        density = np.log(beta) + beta * (np.log(t) - u) - np.log(t)
        terms = np.choose(
            np.minimum(event, 2), [0.0 * u, density, np.log(-np.expm1(hazard(low) - hazard(high)))]
        )
        total = np.sum(data.count * (terms - until), axis=-1)
    return np.where(np.isfinite(total), total, -np.inf)


@np.errstate(all="ignore")
def best(data: LifeData) -> Best:
    """Look everywhere, then polish from the five highest peaks of the grid."""
    log_beta, expected = np.meshgrid(LOG_BETA, EXPECTED, indexing="ij")

    def log_eta(log_beta: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """The scale at which the units, over the ages they were watched, expect this many failures."""
        beta = np.exp(log_beta)[..., None]
        end = np.where(data.event == 3, (data.time + data.upper) / 2, data.time)
        longest = float(end.max(where=end > data.entry, initial=0.0)) or float(end.max())
        with np.errstate(divide="ignore", under="ignore"):
            watched = np.exp(beta * np.log(end / longest)) - np.exp(beta * np.log(data.entry / longest))
        at_risk = np.where(end > data.entry, data.count * watched, 0.0)
        total = np.maximum(np.sum(at_risk, axis=-1) / data.counts.failures, 1e-290)
        return np.log(longest) + (np.log(total) - expected) / np.exp(log_beta)

    def value(point: np.ndarray) -> float:
        b, e = np.array(point[0]), np.array(point[1])
        return float(log_likelihood(data, b, log_eta(b, e)))

    heights = log_likelihood(data, log_beta, log_eta(log_beta, expected))
    padded = np.pad(heights, 1, constant_values=-np.inf)
    rows, columns = heights.shape
    around = np.stack([padded[i : i + rows, j : j + columns] for i in (0, 1, 2) for j in (0, 1, 2)])
    peaks = np.argwhere((heights >= around.max(axis=0)) & np.isfinite(heights))
    peaks = sorted(peaks.tolist(), key=lambda at: -heights[at[0], at[1]])[:5]
    found = Best(-np.inf, 0.0, 0.0, 0.0, False)
    for i, j in peaks:
        end = minimize(
            lambda point: -value(point),
            [LOG_BETA[i], EXPECTED[j]],
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 800},
        )
        if -end.fun > found.value:
            b, e = end.x
            # A maximum is higher than its surroundings, at the same expectation and at the same scale; a likelihood gone flat
            # on its way to a limit, or a simplex stuck on a ridge, is not.
            u = log_eta(np.array(b), np.array(e))
            beside = [value(np.array([b + i, e + j])) for i, j in ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5))]
            beside += [float(log_likelihood(data, np.array(b + i), u)) for i in (0.5, -0.5)]
            reach = float(u - np.log(data.time.max()))
            found = Best(-end.fun, b, float(u), reach, max(beside) < -end.fun - 1e-7)
    return found
