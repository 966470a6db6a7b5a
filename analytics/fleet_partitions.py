"""Fleets that come in partitions: Parquet files and Dask frames, each partition read, fitted and let go.

Memory holds the partitions being worked on and one row of results a part, however the records of a part are scattered.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.errors import InvalidData
from analytics.fleet_answers import Answers
from analytics.fleet_parts import Settings
from analytics.fleet_tables import each_in_threads, fit_frame, key_columns

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("time", "event", "entry", "count", "upper", "truncated_above", "planned_exit")
# Stands for the number of a partition where the records of a part were fetched from several.
TOGETHER = -1
# Results of a cluster fetched at a time: one by one each would wait for the network, all at once they would fill the memory.
FETCHED = 64


def fit_partitions(
    data: Any, names: Sequence[str], settings: Settings, workers: int | None, client: Any
) -> "pd.DataFrame":
    """The parts of a fleet in partitions; see `fit_fleet`."""
    import pandas as pd

    source, answers = _source(data, names, workers, client), Answers()
    for number, fits in source.each(partial(_fit, names=names, settings=settings)):
        if fits is not None:
            answers.add(fits, number)
    if answers.empty:
        raise InvalidData("life data need at least one record; no partition holds any")
    for labels in answers.handfuls():
        found = source.each(partial(_rows_of, names=names, labels=labels), sorted(answers.partitions))
        rows = pd.concat([rows for _, rows in found], ignore_index=True)
        answers.add(fit_frame(rows, names, settings, workers), TOGETHER)
    return answers.frame()


@dataclass(frozen=True)
class _Parquet:
    """Row groups of one or many Parquet files."""

    pieces: Sequence[Any]
    schema: Any
    columns: Sequence[str]
    workers: int | None
    client: Any

    def each(
        self, work: Callable[["pd.DataFrame", int], Any], at: Sequence[int] | None = None
    ) -> Iterator[tuple[int, Any]]:
        """The results of `work` on the partitions, with their numbers and in their order, each let go when used."""
        numbers = range(len(self.pieces)) if at is None else at
        apply = partial(_read_and_work, work=work, schema=self.schema, columns=self.columns)
        tasks = [(self.pieces[k], k) for k in numbers]
        if self.client is not None:
            found = _fetched(self.client, [self.client.submit(apply, task, pure=False) for task in tasks])
        else:
            found = each_in_threads(apply, tasks, self.workers)
        return zip(numbers, found, strict=True)


def _read_and_work(
    task: tuple[Any, int], work: Callable[["pd.DataFrame", int], Any], schema: Any, columns: Sequence[str]
) -> Any:
    piece, number = task
    # What pandas wrote of its own index is not wanted: it would hide the column that says the part.
    return work(
        piece.to_table(schema=schema, columns=columns, use_threads=False).to_pandas(ignore_metadata=True),
        number,
    )


@dataclass(frozen=True)
class _Dask:
    """Partitions of a Dask frame, each worked on where it lies."""

    pieces: Sequence[Any]
    workers: int | None
    client: Any

    def each(
        self, work: Callable[["pd.DataFrame", int], Any], at: Sequence[int] | None = None
    ) -> Iterator[tuple[int, Any]]:
        """The results of `work` on the partitions, with their numbers and in their order, each let go when used."""
        from dask.delayed import delayed

        lazy = delayed(work, pure=False)
        numbers = range(len(self.pieces)) if at is None else at
        tasks = [lazy(self.pieces[k], k) for k in numbers]
        if self.client is not None:
            found = _fetched(self.client, self.client.compute(tasks))
        else:
            found = each_in_threads(lambda task: task.compute(scheduler="synchronous"), tasks, self.workers)
        return zip(numbers, found, strict=True)


def _fetched(client: Any, futures: list[Any]) -> Iterator[Any]:
    """Results of a cluster in their order; it forgets them as they come."""
    while futures:
        yield from client.gather(futures[:FETCHED])
        del futures[:FETCHED]


def _source(data: Any, names: Sequence[str], workers: int | None, client: Any) -> _Parquet | _Dask:
    if hasattr(data, "to_delayed"):
        return _Dask(data.to_delayed(), workers, client)
    if not isinstance(data, str | Path):
        raise InvalidData(
            f"fit_fleet takes LifeData, a pandas or Dask frame, or the path of Parquet files, not {type(data).__name__}"
        )
    try:
        from pyarrow import dataset
    except ImportError as error:
        raise InvalidData("reading Parquet needs pyarrow; install the extra `cluster`") from error
    try:
        table = dataset.dataset(data, format="parquet", partitioning="hive")
    except (OSError, ValueError) as error:
        raise InvalidData(f"{data} cannot be read as Parquet: {error}") from error
    missing = [name for name in (*names, "time", "event") if name not in table.schema.names]
    if missing:
        raise InvalidData(
            f"{data} lacks {', '.join(map(repr, missing))}; it has {', '.join(table.schema.names)}"
        )
    pieces = [piece for fragment in table.get_fragments() for piece in fragment.split_by_row_group()]
    columns = [*names, *(name for name in COLUMNS if name in table.schema.names and name not in names)]
    return _Parquet(pieces, table.schema, columns, workers, client)


def _fit(
    frame: "pd.DataFrame", number: int, names: Sequence[str], settings: Settings
) -> "pd.DataFrame | None":
    if frame.empty:
        return None
    try:
        return fit_frame(frame, names, settings)
    except InvalidData as error:
        raise InvalidData(f"partition {number}: {error}", error.rows) from error


def _rows_of(frame: "pd.DataFrame", number: int, names: Sequence[str], labels: Any) -> "pd.DataFrame":
    keys = key_columns(frame, names).set_index(list(names)).index
    return frame[keys.isin(labels)]
