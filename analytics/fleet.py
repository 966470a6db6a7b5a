"""One fit for each part of a fleet, all parts at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analytics.arguments import checked
from analytics.errors import InvalidData, WrongType
from analytics.fleet_parts import Settings
from analytics.fleet_tables import fit_frame, fit_table
from analytics.lifedata import LifeData
from analytics.results import tail_probabilities

if TYPE_CHECKING:
    import pandas as pd

Distribution = Literal["weibull", "exponential", "lognormal"]
Bounds = Literal["wald", "likelihood_ratio", "chi_square", "calibrated", "bootstrap"]


@checked
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
    bounds : {"wald", "likelihood_ratio", "chi_square", "calibrated", "bootstrap"}
        Wald bounds on the log scale (lognormal `mu`: plain), or likelihood ratio; chi-square for the exponential, exact
        ages only; calibrated for Weibull, at the cost of a resampling at each bound (see `fit_weibull`); percentiles of
        1,000 bootstrap resamples for Weibull, which are too narrow for few failures.
    workers : int, optional
        Threads to share the work among; one where not given.
    client : dask.distributed.Client, optional
        A cluster to do the work.

    Returns
    -------
    DataFrame
        One row a part, in the order of the labels, which in a categorical column is that of its categories (of
        partitions, where all have the same): the parameters (`eta`, `beta`; `theta`; `mu`, `sigma`), their bounds
        (`eta_lower`, `eta_upper`, ...), `b10`, `failures`, `records`, `exposure`, `loglik`, `score_norm` and `status`:

        * "ok": a verified maximum.
        * "one failure": no estimate of two parameters. The bounds on `eta` are those of a constant failure rate.
        * "no failures: bound only": the lower bound on `eta` or `theta` is one-sided, for a constant failure rate.
        * "no finite maximum": the likelihood rises without end (see `fit_weibull`), so nothing is estimated.
        * "not converged": no verified maximum was reached, so nothing is estimated.
        * "ok, bounds not converged": the estimate is verified; the bounds could not be had and are left out.

        What cannot be said is NaN. `score_norm` is the distance from the maximum in standard errors.

    Raises
    ------
    InvalidData
        If a setting is unknown, or rows contradict themselves; `rows` gives their positions, in the partition that the
        message names.

    Notes
    -----
    The Weibull likelihood is maximised over beta alone, eta being known for each beta; see `analytics.batch`. What
    the batch does not cover (left- and interval-censored or truncated records, a search that did not end) goes through
    the fit of one part. With numba installed (extra `fast`) the search is compiled; its numbers agree with those
    of numpy to 1e-10, not to the bit.

    Sums run over the rows of a part in the order in which they come, so sorting the rows may change the last digits.
    A part that lies in several partitions is put together first, in the order of the partitions.

    References
    ----------
    Meeker, W. Q. and Escobar, L. A. (1998). *Statistical Methods for Reliability Data*, Wiley, ch. 8 (Weibull and lognormal
    likelihood, Wald and likelihood-ratio bounds).
    MIL-HDBK-781A (1996), section 5.9 (chi-square bounds of a constant failure rate).

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
    if workers is not None and workers < 1:
        raise InvalidData(f"workers must be at least 1, not {workers}")
    if client is not None and not hasattr(client, "submit"):
        raise WrongType(f"client must be a dask.distributed.Client, not {type(client).__name__}")
    settings = Settings(distribution, confidence, bounds)
    if isinstance(data, LifeData):
        if by is not None:
            raise InvalidData("life data carry their groups; leave `by` out")
        labels = data.group if data.group is not None else np.zeros(len(data), dtype=np.intp)
        return fit_table(data, labels, "part", settings, workers, client)
    names = _key_names(by)
    if _is_frame(data):
        return fit_frame(data, names, settings, workers, client)
    from analytics.fleet_partitions import fit_partitions

    return fit_partitions(data, names, settings, workers, client)


def _key_names(by: str | Sequence[str] | None) -> Sequence[str]:
    names = [by] if isinstance(by, str) else [] if by is None else list(by)
    if not names or names == [""]:
        raise InvalidData("`by` must name the column that says which part a row belongs to")
    if len(set(names)) < len(names):
        raise InvalidData("`by` names a column twice")
    return names


def _is_frame(data: Any) -> bool:
    import pandas as pd

    return isinstance(data, pd.DataFrame)
