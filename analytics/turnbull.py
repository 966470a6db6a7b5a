"""Survival without assuming a distribution, from inspections: Turnbull's estimate for interval-censored lives."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from analytics.errors import InvalidData, NotConverged
from analytics.lifedata import EXACT, RIGHT_CENSORED, LifeData
from analytics.results import FloatArray

MAXIMUM_STEPS = 500
# Masses below this are none.
NO_MASS = 1e-9


@dataclass(frozen=True, eq=False)
class Masses:
    """Where the probability of failure lies: the share `mass` somewhere in each ``(start, end]``, a point where both are
    equal.

    `variance` is that of the cumulative sums of the masses: the squared standard error of survival after each `end`.
    """

    start: FloatArray
    end: FloatArray
    mass: FloatArray
    variance: FloatArray


def turnbull_masses(data: LifeData) -> Masses:
    """The masses that maximise the likelihood of exact, left-, right- and interval-censored records.

    Only the innermost intervals, from a start of some record's interval to the next end, can hold mass. The likelihood is
    concave in the masses; its maximum is found by least squares with masses kept at or above 0 (the constrained Newton
    method), and checked: no innermost interval may have a slope above the number of units.

    Raises
    ------
    InvalidData
        If records enter late or are right-truncated: the estimate then need not be unique.
    NotConverged
        If the maximum was not reached.

    References
    ----------
    Turnbull, B. W. (1976). The empirical distribution function with arbitrarily grouped, censored and truncated data.
    Journal of the Royal Statistical Society B 38, 290-295.
    Wang, Y. (2008). Dimension-reduced nonparametric maximum likelihood computation for interval-censored data.
    Computational Statistics and Data Analysis 52, 2388-2402.
    """
    rows = np.flatnonzero((data.entry > 0) | np.isfinite(data.truncated_above))
    if rows.size:
        raise InvalidData(
            f"row {rows[0]}: with inspections the curve is for records from age 0 without right truncation; "
            "fit a distribution instead",
            rows.tolist(),
        )
    low, high = data.failure_intervals()
    high = np.where(data.event == RIGHT_CENSORED, np.inf, high)
    start, end = _innermost(low, high, data.event == EXACT)
    holds = _holds(low, high, data.event == EXACT, start, end)
    # Records that hold the same innermost intervals are one record.
    holds, where = np.unique(holds, axis=0, return_inverse=True)
    weight = np.bincount(where.ravel(), weights=data.count).astype(np.float64)
    mass = _maximise(holds.astype(float), weight)
    kept = mass > NO_MASS
    mass = mass[kept] / mass[kept].sum()
    return Masses(start[kept], end[kept], mass, _variance_of_sums(holds[:, kept].astype(float), weight, mass))


def _innermost(low: FloatArray, high: FloatArray, exact: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Intervals (start, end] with no other start or end inside; exact ages are points."""
    # In order of age; at one age: ends of intervals, then a point's start and end, then starts of intervals beyond it.
    starts = [
        (age, 1 if point else 3, "start") for age, point in zip(low.tolist(), exact.tolist(), strict=True)
    ]
    ends = [(age, 2 if point else 0, "end") for age, point in zip(high.tolist(), exact.tolist(), strict=True)]
    edges = sorted({*starts, *ends})
    pairs = [
        (before[0], after[0])
        for before, after in pairwise(edges)
        if (before[2], after[2]) == ("start", "end")
    ]
    start, end = np.array(pairs).T
    return start, end


def _holds(
    low: FloatArray, high: FloatArray, exact: NDArray[np.bool_], start: FloatArray, end: FloatArray
) -> NDArray[np.bool_]:
    """Which innermost intervals lie inside each record's."""
    is_point = (start == end)[None, :]
    inside = np.where(is_point, low[:, None] < start[None, :], low[:, None] <= start[None, :])
    inside &= end[None, :] <= high[:, None]
    at = is_point & (start[None, :] == low[:, None])
    return np.where(exact[:, None], at, inside)


def _maximise(holds: FloatArray, weight: FloatArray) -> FloatArray:
    units = float(weight.sum())
    mass = np.full(holds.shape[1], 1.0 / holds.shape[1])

    def value(mass: FloatArray) -> float:
        with np.errstate(divide="ignore"):
            return float(weight @ np.log(holds @ mass))

    for _ in range(MAXIMUM_STEPS):
        seen = holds @ mass
        slope = holds.T @ (weight / seen)
        if float(slope.max()) <= units * (1.0 + 1e-9):
            return mass
        root = np.sqrt(weight)[:, None]
        scaled = root * holds / seen[:, None]
        # The quadratic around the masses, and a heavy row that makes them sum to 1.
        heavy = 1e3 * np.sqrt(units)
        aim, _ = nnls(
            np.vstack([scaled, heavy * np.ones(mass.size)]),
            np.append(2.0 * root[:, 0], heavy),
            maxiter=50 * mass.size,
        )
        step = aim / aim.sum() - mass
        size, rise, height = 1.0, float(slope @ step), value(mass)
        while value(mass + size * step) < height + 1e-4 * size * rise and size > 1e-8:
            size /= 2.0
        mass = np.maximum(mass + size * step, 0.0)
        # One step of self-consistency, which never loses, keeps masses that came close to 0 from being stuck there.
        mass = mass * (holds.T @ (weight / (holds @ mass))) / units
    raise NotConverged("the search for Turnbull's estimate did not end")


def _variance_of_sums(holds: FloatArray, weight: FloatArray, mass: FloatArray) -> FloatArray:
    """Variance of the cumulative sums of the masses, from the observed information of those above 0."""
    size = mass.size
    if size == 1:
        return np.zeros(1)
    scaled = holds * (np.sqrt(weight) / (holds @ mass))[:, None]
    # Masses sum to 1: the last is 1 less the others.
    free = np.vstack([np.eye(size - 1), -np.ones(size - 1)])
    information = free.T @ scaled.T @ scaled @ free
    covariance = free @ np.linalg.pinv(information, hermitian=True) @ free.T
    sums = np.tril(np.ones((size, size)))
    found: FloatArray = np.maximum(np.diag(sums @ covariance @ sums.T), 0.0)
    return found
