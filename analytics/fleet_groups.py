"""A large fleet in few groups: what is a sum over its positions becomes one over representative parts.

Everything that a forecast of demand asks of a position (the distribution of its failures, their mean and variance) is a
smooth function of the age of its part and of the use to come. Neighbouring positions are put into one group, and the
group is represented by parts of the same mean and the same covariance of age and use, which integrates a polynomial of
the second degree exactly (but where the group lies against age or use 0). Fleets of up to `MOST_PARTS` different positions
are left as they are, and so are those whose use follows schedules that differ by position in more ways than
`MOST_DIRECTIONS`.

Measured on 5,000 positions (ages uniform, lognormal, half new and half old, with far outliers; the same use, own uses,
uses spread over decades, own schedules): the mean of a horizon is off by less than 3e-4 at Weibull shapes of 1 and above
and by less than 1e-3 at 0.5, its quantiles by at most as much or one count; single periods under schedules of their own
by less than 5e-3 at 0.5.
"""

import heapq

import numpy as np
from numpy.typing import NDArray

from analytics.planned_use import PlannedUse
from analytics.results import FloatArray

# Representative parts of a fleet.
MOST_PARTS = 2_048
# Directions in which positions may differ: age, use, and one of the schedule.
MOST_DIRECTIONS = 3


def fleet_groups(use: PlannedUse, most: float = MOST_PARTS) -> tuple[PlannedUse, FloatArray]:
    """Parts that represent the positions of a fleet, and how many positions each stands for, not always a whole number."""
    ages, reached, count = use.distinct
    points = np.column_stack([ages, np.diff(reached, axis=1)])
    centred = (points - points.mean(axis=0)) * np.sqrt(count)[:, None]
    spread = np.linalg.svd(centred.T @ centred, compute_uv=False)
    directions = max(1, int(np.sum(spread > 1e-12 * spread[0])))
    if ages.size <= most or directions > MOST_DIRECTIONS:
        return PlannedUse(ages, use.lengths, reached), count
    group = _neighbours(ages, reached, count, int(most // (2 * directions)))
    chosen, stands_for = _representatives(points, count, group, directions)
    steps = np.column_stack([np.zeros(len(chosen)), np.cumsum(chosen[:, 1:], axis=1)])
    return PlannedUse(chosen[:, 0], use.lengths, steps), stands_for


def _neighbours(ages: FloatArray, reached: FloatArray, count: FloatArray, most: int) -> NDArray[np.intp]:
    """Number of the group of each row: the group of the largest sum of squares is cut across its widest side, again and
    again."""
    scale = float(np.median(ages + reached[:, -1])) or float(np.max(ages + reached[:, -1]))
    # Differences count as they are up to a fifth of the scale, and in proportion beyond: neither far outliers nor the
    # many middle-aged take all groups, and new parts, whose hazard may change fast, have their share.
    sides = np.arcsinh(
        np.column_stack([ages, reached[:, 1:] / np.sqrt(reached.shape[1] - 1)]) / (scale / 5.0)
    )

    def entry(rows: NDArray[np.intp]) -> tuple[float, int, NDArray[np.intp], int, float]:
        weight = count[rows]
        centre = weight @ sides[rows] / weight.sum()
        squares = weight @ np.square(sides[rows] - centre)
        widest = int(np.argmax(squares))
        return -float(squares.sum()), int(rows[0]), rows, widest, float(centre[widest])

    heap = [entry(np.arange(ages.size))]
    while len(heap) < most:
        squares, _, rows, widest, centre = heap[0]
        low = sides[rows, widest] <= centre
        if squares == 0.0 or low.all() or not low.any():
            break
        heapq.heapreplace(heap, entry(rows[low]))
        heapq.heappush(heap, entry(rows[~low]))
    group = np.empty(ages.size, dtype=np.intp)
    for number, (_, _, rows, _, _) in enumerate(sorted(heap, key=lambda one: one[1])):
        group[rows] = number
    return group


def _representatives(
    points: FloatArray, count: FloatArray, group: NDArray[np.intp], directions: int
) -> tuple[FloatArray, FloatArray]:
    """Two parts on either side of each group's mean in each of its principal directions (sigma points, Julier and
    Uhlmann 2004), and how many positions each stands for."""
    many = np.bincount(group, weights=count)
    sums = np.column_stack([np.bincount(group, weights=count * side) for side in points.T])
    mean = sums / many[:, None]
    order = np.argsort(group, kind="stable")
    off = (points - mean[group])[order]
    products = off[:, :, None] * off[:, None, :] * count[order, None, None]
    starts = np.searchsorted(group[order], np.arange(many.size))
    covariance = np.add.reduceat(products, starts, axis=0) / many[:, None, None]
    size, axes = np.linalg.eigh(covariance)
    size, axes = size[:, -directions:], axes[:, :, -directions:]
    step = (axes * np.sqrt(directions * np.maximum(size, 0.0))[:, None, :]).transpose(0, 2, 1)
    # No age and no use may become negative: where the group is so lopsided, its parts move closer to the mean.
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(step != 0.0, mean[:, None, :] / np.abs(step), np.inf).min(axis=2)
    step *= np.minimum(1.0, room)[:, :, None]
    found = np.concatenate([mean[:, None, :] - step, mean[:, None, :] + step], axis=1)
    return np.maximum(found.reshape(-1, points.shape[1]), 0.0), np.repeat(
        many / found.shape[1], found.shape[1]
    )
