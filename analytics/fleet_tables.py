"""Tables in memory: rows put in the order of their parts, cut into pieces of whole parts, the pieces shared out."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analytics.batch import CHUNK_RECORDS, chunks
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
    labels = frame[names[0]].to_numpy() if len(names) == 1 else frame[list(names)]
    return fit_table(data, labels, names, settings, workers, client)


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
        found = list(
            each_in_threads(lambda piece: fit_parts(data, offsets, settings, *piece), pieces, workers)
        )
    columns = {name: np.concatenate([piece[name] for piece in found]) for name in found[0]}
    columns["status"] = STATUS[columns["status"]]
    return pd.DataFrame(columns, index=index, copy=False)


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

    if isinstance(labels, np.ndarray):
        starts = np.concatenate([[0], 1 + np.flatnonzero(labels[1:] != labels[:-1])])
        index = pd.Index(labels[starts])
        if index.is_monotonic_increasing and index.is_unique and not index.hasnans:
            return index, None, np.append(starts, labels.size)
        codes, index = pd.factorize(pd.Index(labels), sort=True)
    else:
        grouper = labels.groupby(list(labels), sort=True, observed=True)
        codes, index = grouper.ngroup().to_numpy(), grouper.size().index
    unlabelled = np.flatnonzero(codes < 0)
    if unlabelled.size:
        raise InvalidData("rows without a label belong to no part", unlabelled.tolist())
    offsets = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(index)))]).astype(np.intp)
    return index, np.argsort(codes, kind="stable"), offsets
