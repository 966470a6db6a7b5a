"""Median ranks, Johnson's adjusted ranks, and straight lines through them: the classical probability plot."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.lifedata import EXACT, RIGHT_CENSORED, LifeData
from analytics.results import FloatArray

Ranks = Literal["benard", "exact"]


@dataclass(frozen=True, eq=False)
class PlottingPositions:
    """Where the failures stand on a probability plot, one entry a failed unit, in order of age.

    Attributes
    ----------
    time : ndarray
        Age at failure, ascending.
    adjusted_rank : ndarray
        Johnson's adjusted rank; the order number 1, 2, ... where nothing is suspended.
    failure_probability : ndarray
        Median rank: the estimate of F at `time`.
    """

    time: FloatArray
    adjusted_rank: FloatArray
    failure_probability: FloatArray


@checked
def median_rank(rank: ArrayLike, sample_size: float, *, ranks: Ranks = "benard") -> FloatArray:
    """Median of the distribution of F at the given order number, whole or adjusted.

    Parameters
    ----------
    rank : array_like
        Order numbers i, from 1; adjusted ranks need not be whole.
    sample_size : float
        Units n, failed or not.
    ranks : {"benard", "exact"}
        Benard's approximation (i - 0.3) / (n + 0.4), or the median of the Beta(i, n - i + 1) distribution.

    Returns
    -------
    ndarray
        Failure probabilities, the shape of `rank`.

    References
    ----------
    Benard, A. and Bos-Levenbach, E. C. (1953). Statistica Neerlandica 7, 163-173.

    Examples
    --------
    >>> median_rank([1, 6], 6, ranks="exact").round(4).tolist()
    [0.1091, 0.8909]
    """
    order = np.asarray(rank, dtype=np.float64)
    if ranks == "benard":
        return np.asarray((order - 0.3) / (sample_size + 0.4))
    return np.asarray(betaincinv(order, sample_size - order + 1.0, 0.5))


def plotting_positions(data: LifeData, *, ranks: Ranks = "benard") -> PlottingPositions:
    """Johnson's adjusted ranks of exact and right-censored data, and their median ranks.

    Each failure advances the rank by ``(n + 1 - previous rank) / (1 + units at risk)``. Units suspended at the
    age of a failure count as at risk for it; tied failures are ranked one after the other.

    Raises
    ------
    InvalidData
        If the data hold left- or interval-censored records, or delayed entry, for which no order numbers exist.

    References
    ----------
    Johnson, L. G. (1964). *The Statistical Treatment of Fatigue Experiments*, Elsevier.

    Examples
    --------
    >>> plotting_positions(LifeData([10, 20, 30, 40], [1, 0, 1, 1])).adjusted_rank.round(3).tolist()
    [1.0, 2.333, 3.667]
    """
    rows = np.flatnonzero((data.event > EXACT) | (data.entry > 0) | np.isfinite(data.truncated_above))
    if rows.size:
        raise InvalidData(
            f"row {rows[0]}: ranks exist for exact and right-censored records from age 0 only; "
            'use method="mle" for left-censored, interval-censored or late entering records',
            rows.tolist(),
        )
    failed = data.event == EXACT
    time = np.sort(np.repeat(data.time[failed], data.count[failed].astype(int)))
    if time.size == 0:
        raise NotEnoughFailures("a probability plot needs failures; there is none")
    size = float(data.count.sum())
    suspended = data.event == RIGHT_CENSORED
    order = np.argsort(data.time[suspended], kind="stable")
    gone = np.concatenate([[0.0], np.cumsum(data.count[suspended][order])])
    gone_before = gone[np.searchsorted(data.time[suspended][order], time, side="left")]
    at_risk = size - gone_before - np.arange(time.size)
    # n + 1 - rank shrinks by the factor m / (m + 1) at every failure with m units at risk.
    rank = (size + 1.0) * (1.0 - np.cumprod(at_risk / (at_risk + 1.0), dtype=np.float64))
    return PlottingPositions(time, rank, median_rank(rank, size, ranks=ranks))


@dataclass(frozen=True)
class Line:
    """A fitted straight line y = intercept + slope x with its squared correlation."""

    slope: float
    intercept: float
    r_squared: float


def regress(x: FloatArray, y: FloatArray, *, on: Literal["x", "y"]) -> Line:
    """Least squares through (x, y), with errors taken along the named axis, written as y = intercept + slope x.

    ``on="y"`` minimises vertical distances (rank regression on Y), ``on="x"`` horizontal ones.

    Raises
    ------
    NotEnoughFailures
        If all points share one x or one y, so that no line is defined.
    """
    dx, dy = x - x.mean(), y - y.mean()
    s_xx, s_xy, s_yy = float(dx @ dx), float(dx @ dy), float(dy @ dy)
    if s_xx <= 1e-24 * float(x @ x) or s_yy <= 1e-24 * float(y @ y) or s_xy == 0.0:
        raise NotEnoughFailures("a line needs failures at two different ages at least")
    slope = s_xy / s_xx if on == "y" else s_yy / s_xy
    return Line(slope, float(y.mean() - slope * x.mean()), s_xy * s_xy / (s_xx * s_yy))
