"""Installed parts with their ages, and the use that is planned for each in the periods to come."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import InvalidData
from analytics.plain_numbers import as_floats
from analytics.results import FloatArray

# Far beyond any life, and its square is a number still.
MOST_USE = 1e100


@dataclass(frozen=True)
class PlannedUse:
    """Positions in an order of their own, so that no result depends on the input's.

    Attributes
    ----------
    ages : ndarray, shape (n,)
        Age of each part today.
    lengths : ndarray, shape (periods,)
        Length of each period.
    reached : ndarray, shape (n, periods + 1)
        Use accrued by the beginning of the first period (0) and by the end of each.
    """

    ages: FloatArray
    lengths: FloatArray
    reached: FloatArray

    @property
    def horizon(self) -> float:
        """Length of all periods together."""
        return float(self.lengths.sum())

    @property
    def total(self) -> FloatArray:
        """Use of each position over the horizon, shape (n,)."""
        return self.reached[:, -1]

    @cached_property
    def distinct(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Ages and use reached of the positions that differ, and how many there are of each."""
        rows, count = np.unique(np.column_stack([self.ages, self.reached]), axis=0, return_counts=True)
        return rows[:, 0], rows[:, 1:], count.astype(float)

    def by(self, time: float) -> FloatArray:
        """Use of each position by a moment in the horizon, shape (n,)."""
        ends = np.concatenate([[0.0], np.cumsum(self.lengths)])
        period = int(np.clip(np.searchsorted(ends, time) - 1, 0, self.lengths.size - 1))
        share = (time - ends[period]) / self.lengths[period] if self.lengths[period] > 0 else 0.0
        use: FloatArray = self.reached[:, period] * (1 - share) + self.reached[:, period + 1] * share
        return use


def planned_use(ages: ArrayLike, horizon: ArrayLike, usage_per_unit: ArrayLike) -> PlannedUse:
    """Check and lay out ages, the lengths of the periods of a horizon, and the use of each position per unit of time.

    Raises
    ------
    InvalidData
        If numbers are negative or not finite, or shapes differ.
    """
    try:
        now = np.atleast_1d(as_floats(ages))
        lengths = np.atleast_1d(as_floats(horizon))
        rate = as_floats(usage_per_unit)
        rate = rate[:, None] if rate.ndim == 1 else rate
        rate = np.broadcast_to(rate, (now.size, lengths.size))
    except (TypeError, ValueError) as error:
        raise InvalidData(f"ages and usage_per_unit must be numbers of one length: {error}") from error
    if now.ndim != 1 or lengths.ndim != 1 or lengths.size == 0:
        raise InvalidData(
            f"ages and horizon must be one-dimensional, not of shape {now.shape} and {lengths.shape}"
        )
    for name, values in (("ages", now), ("usage_per_unit", rate.ravel()), ("horizon", lengths)):
        bad = np.flatnonzero(~((values >= 0) & (values <= MOST_USE)))
        if bad.size:
            row = bad[0] // (lengths.size if name == "usage_per_unit" else 1)
            raise InvalidData(
                f"row {row}: {name} is {values[bad[0]]}; it must be at least 0, and below {MOST_USE:g}",
                [int(row)],
            )
    reached = np.column_stack([np.zeros(now.size), np.cumsum(rate * lengths, axis=1)])
    order = np.lexsort((*reached.T, now))
    return PlannedUse(now[order], lengths, reached[order])
