"""Sums over ranges by additions alone, so that no digits are lost where small sums stand beside large ones."""

import numpy as np
from numpy.typing import NDArray

from analytics.results import FloatArray


class IntervalSums:
    """Ranges ``first`` to ``last`` (both included, empty where last < first) of positions 0 to ``size`` - 1.

    A binary tree stands over the positions, and each range is cut into the few nodes that make it up. Differences of running
    sums would do the same with less work, but a sum of 1e-12 cannot be had as a difference of sums of 1e6.
    """

    def __init__(self, first: NDArray[np.intp], last: NDArray[np.intp], size: int) -> None:
        self._size, self._ranges = size, first.size
        self._leaves = 1 << max(size - 1, 0).bit_length()
        row, low, high = np.arange(first.size), first + self._leaves, last + 1 + self._leaves
        rows, nodes = [], []
        while row.size:
            is_open = low < high
            row, low, high = row[is_open], low[is_open], high[is_open]
            for is_node, node in ((low % 2 == 1, low), (high % 2 == 1, high - 1)):
                rows.append(row[is_node])
                nodes.append(node[is_node])
            low, high = (low + 1) // 2, high // 2
        self._rows = np.concatenate([*rows, np.array([], dtype=np.intp)])
        self._nodes = np.concatenate([*nodes, np.array([], dtype=np.intp)])

    def covering(self, values: FloatArray) -> FloatArray:
        """At each position the sum of the values, a row a range, of the ranges that cover it."""
        tree = np.zeros((2 * self._leaves, values.shape[1]))
        np.add.at(tree, self._nodes, values[self._rows])
        start = 1
        while start < self._leaves:
            tree[2 * start : 4 * start] += np.repeat(tree[start : 2 * start], 2, axis=0)
            start *= 2
        return tree[self._leaves : self._leaves + self._size]

    def within(self, values: FloatArray) -> FloatArray:
        """In each range the sum of the values, one a position."""
        tree = np.zeros(2 * self._leaves)
        tree[self._leaves : self._leaves + self._size] = values
        start = self._leaves // 2
        while start:
            tree[start : 2 * start] = tree[2 * start : 4 * start : 2] + tree[2 * start + 1 : 4 * start : 2]
            start //= 2
        found = np.bincount(self._rows, weights=tree[self._nodes], minlength=self._ranges)
        return np.asarray(found, dtype=np.float64)
