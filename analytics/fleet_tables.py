"""Tables in memory: rows put in the order of their parts, cut into pieces of whole parts, the pieces shared out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analytics.batch import CHUNK_RECORDS, chunks, compiled
from analytics.batch_fits import TILE_RECORDS
from analytics.errors import InvalidData
from analytics.fleet_models import MODELS
from analytics.fleet_parts import STATUS, Columns, Settings
from analytics.lifedata import LifeData

if TYPE_CHECKING:
    import pandas as pd


def fit_frame(
    frame: "pd.DataFrame",
    names: Sequence[str],
    settings: Settings,
    workers: int | None = None,
    client: Any = None,
) -> "pd.DataFrame":
    """The parts of one table in memory; rows of a part may stand anywhere in it."""
    data = life_data(frame, names)
    if any(frame[name].ndim > 1 for name in names):
        raise InvalidData("the table has two columns of one name among those that say the part")
    keys = key_columns(frame, names)
    # Several columns stay a table, and so does one that has an order of its own.
    plain = len(names) == 1 and keys[names[0]].dtype != "category"
    labels = keys[names[0]].to_numpy() if plain else keys
    return fit_table(data, labels, names, settings, workers, client)


def key_columns(frame: "pd.DataFrame", names: Sequence[str]) -> "pd.DataFrame":
    """The columns that say the part, as pandas can look them up, without the index: it may have the name of one."""
    import pandas as pd

    columns = {
        name: _in_order_of_bytes(column.to_numpy()) if isinstance(column.dtype, np.dtype) else column.array
        for name, column in ((name, frame[name]) for name in names)
    }
    return pd.DataFrame(columns, copy=False)


def life_data(frame: "pd.DataFrame", names: Sequence[str]) -> LifeData:
    """The columns of a table that `LifeData` knows, checked."""
    missing = [name for name in (*names, "time", "event") if name not in frame]
    if missing:
        raise InvalidData(
            f"the table lacks {', '.join(map(repr, missing))}; it has {', '.join(map(repr, frame))}"
        )
    optional = ("entry", "count", "upper", "truncated_above", "planned_exit")
    columns: dict[str, Any] = {
        name: frame[name].to_numpy() for name in optional if name in frame and name not in names
    }
    return LifeData(frame["time"].to_numpy(), frame["event"].to_numpy(), **columns)


def fit_table(
    data: LifeData, labels: Any, names: Any, settings: Settings, workers: int | None, client: Any
) -> "pd.DataFrame":
    """The parts of life data in memory, each row labelled."""
    import pandas as pd

    index, order, offsets = _sorted_parts(labels)
    index = index.set_names(names)
    if order is not None:
        data = data.take(order)
    pieces = [*chunks(offsets, CHUNK_RECORDS)]
    if client is not None:
        tasks = (
            (data.take(np.arange(offsets[a], offsets[b])), offsets[a : b + 1] - offsets[a], settings)
            for a, b in pieces
        )
        found = client.gather([client.submit(fit_parts, *task, pure=False) for task in tasks])
    else:
        found = each_in_threads(lambda piece: fit_parts(data, offsets, settings, *piece), pieces, workers)
    columns = _put_together(found, pieces)
    columns["status"] = STATUS[columns["status"]]
    return pd.DataFrame(columns, index=index, copy=False)


def _put_together(found: Iterable[Columns], pieces: Sequence[tuple[int, int]]) -> Columns:
    """The columns of all pieces, those of one type in one array: the system hands out memory page by page, and large
    pages to large arrays only."""
    whole: Columns = {}
    for (first, last), columns in zip(pieces, found, strict=True):
        for dtype in {values.dtype for values in columns.values()} if not whole else ():
            names = [name for name in columns if columns[name].dtype == dtype]
            whole |= zip(names, np.empty((len(names), pieces[-1][1]), dtype), strict=True)
        for name, values in columns.items():
            whole[name][first:last] = values
    return {name: whole[name] for name in columns}


def each_in_threads(work: Callable[[Any], Any], pieces: Sequence[Any], workers: int | None) -> Iterator[Any]:
    """The results of `work` in the order of the pieces. numpy leaves the interpreter while it works, so threads do."""
    if workers is None or workers <= 1 or len(pieces) == 1:
        yield from map(work, pieces)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, pieces)


def fit_parts(
    data: LifeData, offsets: NDArray[np.intp], settings: Settings, first: int = 0, last: int | None = None
) -> Columns:
    """The fits of parts `first` to `last` - 1 of a table whose rows are sorted by part and cut at `offsets`."""
    cuts = offsets[first : (offsets.size - 1 if last is None else last) + 1]
    return MODELS[settings.distribution](data, cuts, settings)


def _sorted_parts(labels: Any) -> tuple[Any, NDArray[np.intp] | None, NDArray[np.intp]]:
    """The sorted labels of the parts, the rows in that order (None: they are), and where each part begins, and the end."""
    import pandas as pd

    try:
        if isinstance(labels, np.ndarray):
            labels = _in_order_of_bytes(labels)
            _refuse_unlabelled(pd.isna(labels) if labels.dtype == object else np.zeros(0, dtype=bool))
            starts = _where_labels_change(labels)
            index = pd.Index(labels[starts])
            if index.is_monotonic_increasing and index.is_unique and not index.hasnans:
                return index, None, np.append(starts, labels.size)
            codes, index = pd.factorize(pd.Index(labels), sort=True)
            _refuse_unlabelled(codes < 0)
        else:
            _refuse_unlabelled(labels.isna().any(axis=1).to_numpy())
            grouper = labels.groupby(list(labels), sort=True, observed=True)
            codes, index = grouper.ngroup().to_numpy(), grouper.size().index
    except TypeError as error:
        raise InvalidData(
            f"the labels of the parts have no order, or cannot be looked up: {error}"
        ) from error
    offsets = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(index)))]).astype(np.intp)
    return index, np.argsort(codes, kind="stable"), offsets


def _in_order_of_bytes(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels as pandas can look them up: in the machine's order of bytes, and no halves of a float."""
    half = labels.dtype.kind == "f" and labels.dtype.itemsize == 2
    return labels.astype(np.float32 if half else labels.dtype.newbyteorder("="), copy=False)


def _refuse_unlabelled(missing: NDArray[np.bool_]) -> None:
    if missing.any():
        raise InvalidData("rows without a label belong to no part", np.flatnonzero(missing).tolist())


def _where_labels_change(labels: NDArray[Any]) -> NDArray[np.intp]:
    """Rows whose label is not that of the row before, and row 0."""
    fitting = compiled()
    if fitting is not None and labels.dtype.kind in "iufM" and labels.dtype.itemsize == 8:
        # The same bits are the same label; the reverse need not hold, which is seen by the label coming twice.
        changed: NDArray[np.intp] = fitting.where_changed(np.ascontiguousarray(labels).view(np.int64))
        return changed
    starts = [np.zeros(1, dtype=np.intp)]
    # A few rows at a time, which stay in the cache of a core.
    for first in range(1, labels.size, TILE_RECORDS):
        last = min(first + TILE_RECORDS, labels.size)
        starts.append(first + np.flatnonzero(labels[first:last] != labels[first - 1 : last - 1]))
    return np.concatenate(starts)
