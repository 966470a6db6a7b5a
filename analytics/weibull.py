"""Fitting the two-parameter Weibull distribution to life data."""

import math
from typing import Any, Literal

import numpy as np

from analytics.arguments import checked
from analytics.errors import NoFiniteMaximum, NotEnoughFailures
from analytics.life_fit import Bounds
from analytics.lifedata import LifeData
from analytics.ranks import Ranks, plotting_positions, regress
from analytics.resampling import about_plan
from analytics.results import FloatArray, tail_probabilities
from analytics.weibull_fit import WeibullFit, weibull_bounds
from analytics.weibull_likelihood import Derivatives, WeibullLikelihood, maximise

Method = Literal["mle", "rrx", "rry"]

# Below this many failures the nominal confidence of Wald and likelihood-ratio bounds is not reached: measured coverage of
# nominal 95 % bounds at 5 to 10 failures is 85-92 % for beta and 77-83 % for a one-sided B10 bound.
FEW_FAILURES = 10


@checked
def fit_weibull(
    data: LifeData,
    *,
    method: Method = "mle",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
    ranks: Ranks = "benard",
) -> WeibullFit:
    r"""Fit a two-parameter Weibull distribution to life data.

    For parts that fail by one mechanism. Mixed mechanisms (split them by failure mode first), a failure-free period
    and repaired systems whose repairs do not renew them need other models.

    Parameters
    ----------
    data : LifeData
        Exact, right-, left- and interval-censored records with counts, delayed entry and right truncation.
    method : {"mle", "rrx", "rry"}
        Maximum likelihood, or rank regression on X (errors along the age axis, the trade's default for small complete
        samples) or on Y. Rank regression takes exact and right-censored records from age 0 only.
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.
    bounds : {"wald", "likelihood_ratio", "calibrated"}
        Wald bounds on the log scale (the trade's "Fisher matrix bounds"; z-scale for reliability), likelihood ratio, or
        likelihood ratio with critical values found by resampling, which hold as often as they say from about 5
        failures up. They take 20 to 200 ms a number instead of microseconds.
    ranks : {"benard", "exact"}
        Median ranks for rank regression.

    Returns
    -------
    WeibullFit

    Raises
    ------
    NotEnoughFailures
        With fewer than two failures. None or one failure still gives a bound: see `mtbf`, or assume a shape (Weibayes).
    NoFiniteMaximum
        If the likelihood rises without end, for instance when all failures happened at the last age at risk.
    NotConverged
        If no verified maximum was reached; no unverified estimate is ever returned.
    InvalidData
        If rank regression is asked of data without order numbers, or a setting is unknown.

    Notes
    -----
    The log-likelihood of records with age t, entry age e, interval (a, c] and counts w is

    .. math:: \sum_{exact} w \log f(t) + \sum_{right} w \log S(t) + \sum_{inexact} w \log[S(a) - S(c)]
              - \sum_{all} w \log S(e)

    It is maximised by Newton's method over log beta on the profile likelihood, where the best eta has a closed form, or
    over (log eta, log beta) when there are inexact records. The result is checked: Newton's last step below 1e-8, the
    score norm below 1e-6 standard errors, the information positive definite. With delayed entry the profile has
    one maximum or none, seen from its slopes at both ends. `covariance` is the inverse of the observed information.

    Wald bounds for a quantity g on its working scale are :math:`\hat g \pm z\,\sqrt{\nabla g' V \nabla g}`;
    likelihood-ratio bounds are where the profile log-likelihood has fallen by :math:`z^2/2`. Calibrated bounds are where
    the signed root of that fall leaves 1 - confidence of the samples outside that are drawn, at the bound itself, from the
    plan behind the data: who was watched from which age to which. The end of watch of a failed unit is its
    `planned_exit`; without one it is estimated from the units that did not fail, and the fit says so. Failures found at
    inspections are drawn as if their ages were exact. The draws are seeded: the same data have the same bounds.

    References
    ----------
    Meeker, W. Q. and Escobar, L. A. (1998). *Statistical Methods for Reliability Data*, Wiley, ch. 8.
    Abernethy, R. B. (2006). *The New Weibull Handbook*, 5th ed., ch. 5 and 7.
    Carpenter, J. (1999). Test inversion bootstrap confidence intervals. JRSS B 61, 159-172 (calibrated bounds).
    NIST/SEMATECH e-Handbook of Statistical Methods, section 8.4.1.3 (the example).

    Examples
    --------
    >>> ages = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500]
    >>> fit = fit_weibull(LifeData(ages, [1] * 10 + [0], count=[1] * 10 + [10]))
    >>> round(fit.beta, 4), round(fit.mean, 3), round(fit.b_life(10), 2)
    (1.7208, 540.737, 164.02)
    >>> fit.counts.failures, fit.counts.suspensions
    (10, 10)
    >>> print(f"{float(fit.reliability(100)):.3f}")
    0.956
    """
    weibull_bounds(bounds, method)
    tail_probabilities(confidence)
    failures = data.counts.failures
    if failures < 2:
        raise NotEnoughFailures(
            f"a Weibull fit needs at least 2 failures, the data hold {failures}; "
            "an MTBF bound (mtbf) or an assumed shape (Weibayes) can still be had"
        )
    settings: dict[str, Any] = {"method": method, "confidence": confidence, "bounds": bounds}
    if method == "mle":
        settings |= _maximum_likelihood(data)
    else:
        settings |= _rank_regression(data, method, ranks)
    notes = _few_failures(failures, bounds) + (about_plan(data) if bounds == "calibrated" else ())
    settings["warnings"] = (*notes, *settings.get("warnings", ()))
    return WeibullFit(
        unit=data.unit,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        data=data,
        **settings,
    )


def _maximum_likelihood(data: LifeData) -> dict[str, Any]:
    likelihood = WeibullLikelihood(data)
    log_eta, log_beta, optimum = maximise(data, likelihood)
    return {
        "eta": math.exp(log_eta),
        "beta": math.exp(log_beta),
        "covariance": _inverse_information(optimum),
        "loglik": optimum.value,
        "score_norm": optimum.score_norm,
    }


def _rank_regression(data: LifeData, method: Method, ranks: Ranks) -> dict[str, Any]:
    points = plotting_positions(data, ranks=ranks)
    x, y = np.log(points.time), np.log(-np.log1p(-points.failure_probability))
    if np.ptp(points.time) == 0.0:
        raise NoFiniteMaximum(
            "every failure happened at the same age, so no line can be drawn through the points"
        )
    line = regress(x, y, on="x" if method == "rrx" else "y")
    log_eta, log_beta = -line.intercept / line.slope, math.log(line.slope)
    at = WeibullLikelihood(data).derivatives(log_eta, log_beta)
    note = (
        "the bounds come from the information matrix at the rank-regression estimate, which is not the maximum of the "
        "likelihood; they are customary but approximate"
        if at.is_concave
        else "no bounds: the information at the rank-regression estimate is not positive definite"
    )
    return {
        "eta": math.exp(log_eta),
        "beta": line.slope,
        "covariance": _inverse_information(at) if at.is_concave else None,
        "loglik": at.value,
        "r_squared": line.r_squared,
        "ranks": ranks,
        "warnings": (note,),
    }


def _inverse_information(at: Derivatives) -> FloatArray:
    h_uu, h_ub, h_bb = at.hessian
    determinant = h_uu * h_bb - h_ub * h_ub
    return np.array([[-h_bb, h_ub], [h_ub, -h_uu]]) / determinant


def _few_failures(failures: int, bounds: Bounds) -> tuple[str, ...]:
    if failures >= FEW_FAILURES:
        return ()
    if bounds == "calibrated":
        return (f"only {failures} failures: the estimate of beta tends to be too high",)
    return (
        f"only {failures} failures: Wald and likelihood-ratio bounds hold the truth less often than their nominal "
        "confidence says (below about 10 failures), and the estimate of beta tends to be too high",
    )
