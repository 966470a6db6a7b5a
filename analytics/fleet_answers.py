"""Rows of results as partitions hand them in, one a part, kept in no more memory than the answer itself needs.

A part that lies in several partitions comes several times. Its rows are set aside, to be fitted from all its records.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

# Rows that may wait before they are searched for parts that came before.
MOST_WAITING = 100_000
# Records of parts in several partitions that are fetched and fitted together, but for less than one part.
MOST_TOGETHER = 1_000_000


class Answers:
    """Fits of the parts of a fleet, handed in partition by partition.

    Attributes
    ----------
    split : Series
        Records of each part that came from several partitions; such a part is in no row.
    partitions : set of int
        Where these came from.
    """

    def __init__(self) -> None:
        import pandas as pd

        self._labels: list[Any] = []
        self._columns: dict[str, _Column] = {}
        self._size = self._searched = 0
        self.split = pd.Series(dtype=np.int64)
        self.partitions: set[int] = set()

    @property
    def empty(self) -> bool:
        """Whether no part was handed in yet."""
        return not self._labels

    def add(self, fits: "pd.DataFrame", partition: int) -> None:
        """The parts of one partition."""
        self._labels.append(fits.index)
        for name in fits:
            self._extend(str(name), fits[name].to_numpy())
        self._extend("partition", np.full(len(fits), partition))
        self._size += len(fits)
        if self._size > 2 * self._searched + MOST_WAITING:
            self._set_aside()

    def _extend(self, name: str, values: NDArray[Any]) -> None:
        self._columns.setdefault(name, _Column(values.dtype)).extend(values)

    def _set_aside(self) -> None:
        """Take out the parts that came from several partitions."""
        index = self._index()
        self._searched = self._size
        if not len(self.split) and index.is_monotonic_increasing and index.is_unique:
            return
        again = index.duplicated(keep=False)
        if len(self.split):
            again |= index.isin(self.split.index)
        if not again.any():
            return
        self.partitions |= set(self._columns["partition"].content[again].tolist())
        self._count(index[again], self._columns["records"].content[again])
        self._labels = [index[~again]]
        for column in self._columns.values():
            column.keep(~again)
        self._size = self._searched = len(self._labels[0])

    def _count(self, labels: Any, records: NDArray[Any]) -> None:
        import pandas as pd

        found = pd.Series(records, index=labels)
        if len(self.split):
            found = pd.concat([self.split, found])
        self.split = found.groupby(level=list(range(labels.nlevels)), observed=True).sum()

    def _index(self) -> Any:
        if len(self._labels) > 1:
            self._labels = [self._labels[0].append(self._labels[1:])]
        return self._labels[0]

    def handfuls(self) -> "Iterator[pd.Index[Any]]":
        """The labels of the split parts, few enough at a time for their records to be held together.

        From here on their rows may be added, once each.
        """
        import pandas as pd

        self._set_aside()
        split, self.split = self.split, pd.Series(dtype=np.int64)
        handful = (np.cumsum(split.to_numpy()) - 1) // MOST_TOGETHER
        for number in np.unique(handful):
            yield split.index[handful == number]

    def frame(self) -> "pd.DataFrame":
        """All rows, in the order of the labels."""
        import pandas as pd

        index, order = self._index(), None
        if not index.is_monotonic_increasing:
            index, order = index.sort_values(return_indexer=True)
        del self._columns["partition"]
        columns = {}
        for name in [*self._columns]:
            values = self._columns.pop(name).content
            columns[name] = values if order is None else values[order]
        return pd.DataFrame(columns, index=index, copy=False)


class _Column:
    """Values put one after another into an array with room for more; room not written to takes no memory."""

    def __init__(self, dtype: Any) -> None:
        self._held, self._size = np.empty(1_024, dtype=dtype), 0

    @property
    def content(self) -> NDArray[Any]:
        """What was put in."""
        return self._held[: self._size]

    def extend(self, values: NDArray[Any]) -> None:
        """Put values behind the others."""
        end = self._size + values.size
        if end > self._held.size:
            held = np.empty(max(end, 2 * self._held.size), dtype=self._held.dtype)
            held[: self._size] = self.content
            self._held = held
        self._held[self._size : end] = values
        self._size = end

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Only the marked values."""
        kept = self.content[which]
        self._held[: kept.size], self._size = kept, kept.size
