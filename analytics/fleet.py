"""One fit for each part of a fleet, all parts at once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from analytics.batch import CHUNK_RECORDS, chunks
from analytics.errors import InvalidData
from analytics.fleet_models import MODELS
from analytics.fleet_parts import Columns, Settings
from analytics.lifedata import LifeData
from analytics.results import tail_probabilities

if TYPE_CHECKING:
    import pandas as pd

Distribution = Literal["weibull", "exponential", "lognormal"]
Bounds = Literal["wald", "likelihood_ratio", "chi_square", "calibrated"]
Labels = NDArray[Any]


def fit_fleet(
    data: Any,
    *,
    by: str | Sequence[str] | None = None,
    distribution: Distribution = "weibull",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
    workers: int | None = None,
    client: Any = None,
) -> "pd.DataFrame":
    r"""Fit every part of a fleet at once.

    Parts may have any number of records. Each has the numbers that a fit of its own would have, to the last bit the same
    however the fleet is cut, ordered or spread over workers.

    Parameters
    ----------
    data : LifeData, DataFrame, path, or dask.dataframe.DataFrame
        Life data with groups, or a table with columns `time`, `event` and, if wanted, `entry`, `count` and
        `planned_exit` (see `LifeData`). A path names a Parquet file or a folder of them, read row group by row group;
        a Dask frame is fitted where its partitions lie. Both may hold more than fits into memory.
    by : str or list of str
        The column or columns that say which part a row belongs to. For life data, leave it out.
    distribution : {"weibull", "exponential", "lognormal"}
    confidence : float
        Two-sided confidence of the bounds, in (0, 1).
    bounds : {"wald", "likelihood_ratio", "chi_square", "calibrated"}
        Wald bounds on the log scale (lognormal `mu`: plain), or likelihood ratio; chi-square for the exponential; calibrated
        for Weibull and exponential, at the cost of a resampling a part (see `fit_weibull`).
    workers : int, optional
        Threads to share the work among; one where not given.
    client : dask.distributed.Client, optional
        A cluster to do the work.

    Returns
    -------
    DataFrame
        One row a part, in the order of the labels: the parameters (`eta`, `beta`; `theta`; `mu`, `sigma`), their bounds
        (`eta_lower`, `eta_upper`, ...), `b10`, `failures`, `records`, `exposure`, `loglik`, `score_norm` and `status`:

        * "ok": a verified maximum.
        * "one failure": no estimate of two parameters. The bounds on `eta` are those of a constant failure rate.
        * "no failures: bound only": the lower bound on `eta` or `theta` is one-sided, for a constant failure rate.
        * "no finite maximum": the likelihood rises without end (see `fit_weibull`), so nothing is estimated.
        * "not converged": no verified maximum was reached, so nothing is estimated.
        * "ok, bounds not converged": the estimate is verified, a bound is not and is left out.

        What cannot be said is NaN. `score_norm` is the distance from the maximum in standard errors.

    Raises
    ------
    InvalidData
        If rows contradict themselves; `rows` gives their positions, in the partition that the message names.

    Notes
    -----
    The Weibull likelihood is maximised over beta alone, eta being known for each beta; see `analytics.batch`. What
    the batch does not cover (left- and interval-censored or truncated records, a search that did not end) goes through
    the fit of one part. With numba installed (extra `fast`) the search is compiled; its numbers agree with those
    of numpy to 1e-10, not to the bit.

    Sums run over the rows of a part in the order in which they come, so sorting the rows may change the last digits.
    A part that lies in several partitions is put together first, in the order of the partitions.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"part": ["pump"] * 4 + ["valve"] * 3 + ["motor"] * 2,
    ...                       "time": [410, 620, 880, 1000, 150, 300, 1000, 700, 900],
    ...                       "event": [1, 1, 1, 0, 1, 0, 0, 0, 0]})
    >>> fits = fit_fleet(table, by="part")
    >>> fits[["beta", "eta", "eta_lower", "failures", "status"]].round(2)
           beta    eta  eta_lower  failures                   status
    part
    motor   NaN    NaN     694.87         0  no failures: bound only
    pump   2.79  871.9     620.67         3                       ok
    valve   NaN    NaN     305.66         1              one failure
    """
    tail_probabilities(confidence)
    settings = Settings(distribution, confidence, bounds)
    if isinstance(data, LifeData):
        if by is not None:
            raise InvalidData("life data carry their groups; leave `by` out")
        labels = data.group if data.group is not None else np.zeros(len(data), dtype=np.intp)
        return _fit_memory(data, labels, "part", settings, workers, client)
    names = _key_names(by)
    if _is_frame(data):
        return fit_frame(data, names, settings, workers, client)
    from analytics.fleet_partitions import fit_partitions

    return fit_partitions(data, names, settings, workers, client)


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
    return _fit_memory(data, labels, names, settings, workers, client)


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


def _key_names(by: str | Sequence[str] | None) -> Sequence[str]:
    if not by:
        raise InvalidData("`by` must name the column that says which part a row belongs to")
    return [by] if isinstance(by, str) else list(by)


def _is_frame(data: Any) -> bool:
    import pandas as pd

    return isinstance(data, pd.DataFrame)


def _fit_memory(
    data: LifeData, labels: Any, names: Any, settings: Settings, workers: int | None, client: Any
) -> "pd.DataFrame":
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
    return pd.DataFrame(columns, index=index)


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
        starts = np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))
        index = pd.Index(labels[starts])
        if index.is_unique and index.is_monotonic_increasing and not index.hasnans:
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
