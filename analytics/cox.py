"""Cox's proportional hazards: which conditions multiply the failure rate, whatever the life distribution."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import chdtrc

from analytics.arguments import checked
from analytics.covariates import covariate_names, standardise
from analytics.cox_fit import CoxFit, ProportionalityTest, Ties, doubtful_proportionality
from analytics.errors import InvalidData, NoFiniteMaximum, NotEnoughFailures
from analytics.lifedata import LifeData
from analytics.maximum import distance, maximise, polished
from analytics.nonparametric import refuse_inexact
from analytics.partial_likelihood import PartialLikelihood
from analytics.results import FloatArray, tail_probabilities
from analytics.through_lifelines import proportional_hazards

# Of a covariate brought to standard deviation 1: a hazard ratio of e^100 is a search that ran away.
LIMIT = 100.0
# Failures for each covariate below which Cox estimates and their bounds are known to be poor (Peduzzi 1995).
FAILURES_A_COVARIATE = 10


@checked
def fit_cox(
    data: LifeData,
    *,
    covariates: Sequence[str] | None = None,
    ties: Ties = "efron",
    confidence: float = 0.90,
) -> CoxFit:
    r"""Fit a proportional-hazards model: covariates multiply the failure rate, whose course with age is left free.

    For the question whether and how much a condition, a supplier or a version raises the failure rate, without a life
    distribution to be right about. It cannot see beyond the ages of the data: for B-lives and other extrapolation use
    `fit_aft` or `fit_life_stress`. Hazards of different mechanisms are seldom proportional; `proportionality` tests it.

    Parameters
    ----------
    data : LifeData
        Exact and right-censored records with `covariates`, counts and delayed entry.
    covariates : sequence of str, optional
        Which to use; all where not given. A label of several values goes in as columns of 0 and 1, one fewer than there
        are values.
    ties : {"efron", "breslow"}
        Treatment of failures at one age. Breslow's is biased where ties are many, and here for comparison.
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.

    Returns
    -------
    CoxFit
        With `coefficients`, `hazard_ratios` and their intervals, `reliability` at any conditions, and `proportionality`.

    Raises
    ------
    NotEnoughFailures
        With fewer failures than covariates.
    NoFiniteMaximum
        If the groups are separated: some combination of covariates orders the failures perfectly (for instance no unit
        with a feature failed while one without it was at risk), so that the best hazard ratio is 0 or infinite.
    NotConverged
        If no verified maximum was reached.
    InvalidData
        If a covariate is unknown, constant, or follows from the others, records are of inexact age at failure (`fit_aft` takes
        them), or a setting is unknown.

    Notes
    -----
    The failure rate at age t is :math:`h(t) = h_0(t) e^{\beta' x}`. With D the failures at one age and R the units then
    at risk, Efron's log partial likelihood is the sum over ages of

    .. math:: \sum_{i \in D} \beta' x_i - \sum_{l=0}^{d-1} \log\Big(\sum_{j \in R} e^{\beta' x_j}
       - \frac{l}{d} \sum_{j \in D} e^{\beta' x_j}\Big).

    It is concave. lifelines climbs it, Newton's method adds the last digits where lifelines leaves some, and the end point
    must have a score of 0 (1e-7 standard errors) and positive definite information. A row with a count of m is the same
    as m rows.

    `proportionality` is the score test for a coefficient that changes with g(t) = 1 - S(t), S the Kaplan-Meier estimate, as in
    R's survival since version 3. Reliability is the Efron estimate with the variance of Tsiatis.

    Baseline and tests are not lifelines': those take no notice of delayed entry. It has no Breslow's treatment of ties either,
    and reads a weight as a mean over tied failures, so that it is given failures one by one.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. J. R. Statist. Soc. B 34, 187-220.
    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. JASA 72, 557-565.
    Grambsch, P. M. and Therneau, T. M. (1994). Proportional hazards tests and diagnostics based on weighted residuals.
    Biometrika 81, 515-526.
    Therneau, T. M. and Grambsch, P. M. (2000). *Modeling Survival Data*, Springer, ch. 3, 6 and appendix E (the example).

    Examples
    --------
    >>> data = LifeData([1, 1, 6, 6, 8, 9], [1, 0, 1, 1, 0, 1], covariates={"x": [1, 1, 1, 0, 0, 0]})
    >>> fit = fit_cox(data)
    >>> round(fit.coefficients["x"], 6), round(fit_cox(data, ties="breslow").coefficients["x"], 6)
    (1.676857, 1.475285)
    """
    tail_probabilities(confidence)
    names = covariate_names(data, covariates)
    refuse_inexact(data)
    failures = data.counts.failures
    if failures < len(names):
        raise NotEnoughFailures(
            f"a regression on {len(names)} covariates needs at least {len(names)} failures, the data hold {failures}"
        )
    if "global" in names:
        raise InvalidData('"global" is the name of the test of all covariates; rename the covariate')
    columns = np.column_stack([data.covariates[name] for name in names])
    centre, spread = standardise(columns, data.count, names)
    likelihood = PartialLikelihood(data, (columns - centre) / spread, efron=ties == "efron")
    found = _best(data, likelihood, len(names))
    tests = _proportionality(likelihood, found["scaled"], names)
    few = (
        ()
        if failures >= FAILURES_A_COVARIATE * len(names)
        else (
            f"only {failures} failures for {len(names)} covariates: estimates lean away from 0, and bounds hold the truth less "
            "often than their nominal confidence says (below about 10 failures a covariate)",
        )
    )
    return CoxFit(
        method="partial_likelihood",
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        covariates=names,
        conditions=dict(zip(names, centre.tolist(), strict=True)),
        ties=ties,
        proportionality=tests,
        warnings=(*few, *doubtful_proportionality(tests, names)),
        **_natural(likelihood, found, spread),
    )


def _best(data: LifeData, likelihood: PartialLikelihood, size: int) -> dict[str, Any]:
    null, limits = np.zeros(size), [(-LIMIT, LIMIT)] * size
    # Breslow's treatment of ties is not among lifelines' own; Efron's coefficients are a few steps away.
    answer = proportional_hazards(data, likelihood.columns)
    try:
        found = polished(likelihood.value, likelihood.derivatives, answer, limits) or maximise(
            likelihood.value, likelihood.derivatives, [null.tolist()], limits=limits
        )
    except NoFiniteMaximum as error:
        raise NoFiniteMaximum(
            "the groups are separated: a combination of the covariates orders the failures perfectly (or was never at risk "
            "together with another), so the likelihood rises without end towards a hazard ratio of 0 or infinity; "
            "leave that covariate out, or compare the groups by log_rank_test"
        ) from error
    return {
        "scaled": found.theta,
        "information": -found.hessian,
        "loglik": found.value,
        "null_loglik": likelihood.value(null),
        "score_norm": distance(found),
    }


def _natural(likelihood: PartialLikelihood, found: dict[str, Any], spread: FloatArray) -> dict[str, Any]:
    """Estimates in the units of the covariates, and the baseline at their means."""
    here = likelihood.moments(found["scaled"])
    # Moments are of hazards over that of the riskiest record; the baseline is of hazards at the mean, where the scaled
    # covariates are 0.
    share = np.exp(-(likelihood.columns @ found["scaled"]).max()) / here.total
    covariance = np.linalg.inv(found["information"]) / np.outer(spread, spread)
    return {
        "estimate": found["scaled"] / spread,
        "covariance": (covariance + covariance.T) / 2.0,
        "loglik": found["loglik"],
        "null_loglik": found["null_loglik"],
        "score_norm": found["score_norm"],
        "age": likelihood.time,
        "cumulative_hazard": np.cumsum(likelihood.by_age(share)),
        "hazard_variance": np.cumsum(likelihood.by_age(share**2)),
        "hazard_drift": np.cumsum(likelihood.by_age(share[:, None] * here.mean * spread), axis=0),
    }


def _proportionality(
    likelihood: PartialLikelihood, theta: FloatArray, names: Sequence[str]
) -> dict[str, ProportionalityTest]:
    """Score tests for coefficients that change with the share failed."""
    here = likelihood.moments(theta)
    at_risk = likelihood.units_at_risk
    survived = np.cumprod(1.0 - likelihood.events / at_risk)
    shape = 1.0 - np.concatenate([[1.0], survived[:-1]])
    shape = shape - np.average(shape, weights=likelihood.events)
    score = likelihood.score(here, shape)
    crossed = likelihood.information(here, shape)
    known = np.linalg.inv(likelihood.information(here, np.ones_like(shape)))
    spread = likelihood.information(here, shape**2) - crossed @ known @ crossed
    tests = {name: _test(score[[at]], spread[np.ix_([at], [at])]) for at, name in enumerate(names)}
    return tests | {"global": _test(score, spread)}


def _test(score: FloatArray, spread: FloatArray) -> ProportionalityTest:
    # Where all failures that tell anything came at one age, nothing can change with age.
    rank = int(np.linalg.matrix_rank(spread, tol=1e-10, hermitian=True))
    statistic = float(score @ np.linalg.pinv(spread, rcond=1e-10, hermitian=True) @ score) if rank else 0.0
    return ProportionalityTest(statistic, rank, float(chdtrc(rank, statistic)) if rank else 1.0)
