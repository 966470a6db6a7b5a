"""Do groups of parts live equally long? The log-rank test, which assumes no distribution."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.lifedata import LifeCounts, LifeData
from analytics.nonparametric import refuse_inexact
from analytics.results import FloatArray, Result
from analytics.through_lifelines import groups_at_risk, log_rank_statistic

Weighting = Literal["log_rank", "wilcoxon"]


@dataclass(frozen=True, eq=False, kw_only=True)
class LogRankTest(Result):
    """Result of `log_rank_test`.

    Attributes
    ----------
    statistic : float
        Chi-square statistic.
    degrees_of_freedom : int
        Groups less one.
    p_value : float
        Probability of at least this statistic if the groups had one life distribution.
    groups : tuple of str
        Labels, in the order of `observed` and `expected`.
    observed, expected : ndarray, shape (g,)
        Failures of each group, and those to be expected if all groups had the same rate at each age.
    """

    counts: LifeCounts
    statistic: float
    degrees_of_freedom: int
    p_value: float
    groups: tuple[str, ...]
    observed: FloatArray
    expected: FloatArray


@checked
def log_rank_test(data: LifeData, *, weights: Weighting = "log_rank") -> LogRankTest:
    r"""Test whether groups of parts have the same life distribution, with right censoring and delayed entry.

    Sees a rate that is a multiple of another best. Curves that cross can escape it: look at them as well.

    Parameters
    ----------
    data : LifeData
        Exact and right-censored records with `group`.
    weights : {"log_rank", "wilcoxon"}
        All ages weigh the same, or early ages more, by the units at risk (Gehan's Wilcoxon test).

    Returns
    -------
    LogRankTest

    Raises
    ------
    InvalidData
        If there are fewer than two groups, or records of inexact age at failure.
    NotEnoughFailures
        If nothing failed, or never while two groups were at risk.

    Notes
    -----
    At each age :math:`t_i` with :math:`d_i` failures among :math:`n_i` at risk, group j is expected to have
    :math:`d_i n_{ij} / n_i` of them, with the covariance of the multivariate hypergeometric distribution. With the
    weighted sums U of observed less expected and their covariance V, the statistic is :math:`U' V^- U`.

    References
    ----------
    Mantel, N. (1966). Cancer Chemotherapy Reports 50, 163-170.
    Kalbfleisch, J. D. and Prentice, R. L. (2002). *The Statistical Analysis of Failure Time Data*, 2nd ed., sec. 1.5.

    Examples
    --------
    >>> test = log_rank_test(LifeData([6, 9, 12, 20, 11, 18, 25, 30], 1, group=list("aaaabbbb")))
    >>> test.observed.tolist(), test.expected.round(2).tolist(), round(test.p_value, 3)
    ([4.0, 4.0], [2.25, 5.75], 0.133)
    """
    if len(data.groups) < 2:
        raise InvalidData("a comparison needs at least two groups; give LifeData a group for each record")
    refuse_inexact(data)
    if data.counts.failures == 0:
        raise NotEnoughFailures("nothing failed, so there is nothing to compare")
    own_risk, own_events = groups_at_risk(data)
    at_risk, events = own_risk.sum(axis=0), own_events.sum(axis=0)
    share = own_risk / at_risk
    # lifelines has one degree of freedom less than there are groups, also where some never were at risk beside the others.
    spread = events * (at_risk - events) / np.maximum(at_risk - 1, 1)
    covariance = np.diag(share @ spread) - (share * spread) @ share.T
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if rank == 0:
        raise NotEnoughFailures("no failure came while two groups were at risk, so nothing compares them")
    statistic = log_rank_statistic(data, None if weights == "log_rank" else weights)
    return LogRankTest(
        method=weights,
        unit=data.unit,
        confidence=0.95,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        statistic=statistic,
        degrees_of_freedom=rank,
        p_value=float(chdtrc(float(rank), statistic)),
        groups=tuple(str(label) for label in data.groups),
        observed=own_events.sum(axis=1),
        expected=(events * share).sum(axis=1),
    )
