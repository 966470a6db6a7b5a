"""Fitting a life distribution of any family by maximum likelihood."""

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from analytics.arguments import checked
from analytics.distribution_fit import DistributionFit
from analytics.errors import InvalidData, NoFiniteMaximum, NotEnoughFailures
from analytics.families import Family, Shifted, family_named
from analytics.family_lives import check_calibrated
from analytics.life_fit import Bounds
from analytics.lifedata import EXACT, RIGHT_CENSORED, LifeData
from analytics.likelihood import At, LifeLikelihood
from analytics.maximum import climb, distance, is_verified, maximise
from analytics.resampling import about_plan
from analytics.results import FloatArray, tail_probabilities

Location = Literal["zero", "estimate"]

# Below this many failures nominal confidence is not reached by Wald and likelihood-ratio bounds (see `fit_weibull`).
FEW_FAILURES = 10
# How far below the first failure a failure-free time is looked for, in spreads of the failures.
GAPS = np.geomspace(1e-3, 300.0, 45)


@checked
def fit_distribution(
    data: LifeData,
    distribution: str,
    *,
    location: Location = "zero",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
) -> DistributionFit:
    r"""Fit a life distribution of a named family by maximum likelihood.

    Which family fits is a question for `compare_distributions`, and before that for physics: wear-out by one
    mechanism speaks for Weibull, growth of damage by many small factors for lognormal. For the Weibull distribution
    itself `fit_weibull` is faster and has rank regression too.

    Parameters
    ----------
    data : LifeData
        Exact, right-, left- and interval-censored records with counts, delayed entry and right truncation.
    distribution : str
        "exponential" (theta), "weibull" (eta, beta), "lognormal" (mu, sigma of log age), "normal" (mu, sigma), "gamma"
        (shape k, scale theta), "loglogistic" (mu, sigma of log age), "gumbel" (smallest extreme value: mu, sigma),
        "generalised_gamma" (mu, sigma, q).
    location : {"zero", "estimate"}
        "estimate" adds a failure-free time gamma, before which nothing fails (not for normal and Gumbel).
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.
    bounds : {"wald", "likelihood_ratio", "calibrated"}
        Wald bounds on the working scale, likelihood ratio, or likelihood ratio with critical values found by resampling (see
        `fit_weibull`). The last exist for the families of location and scale and the exponential, without a free location, and
        take 0.1 to 1.3 s a number instead of a millisecond (exponential: 0.05 to 0.6 s).

    Returns
    -------
    DistributionFit

    Raises
    ------
    NotEnoughFailures
        With fewer failures than parameters.
    NoFiniteMaximum
        If the likelihood rises without end, for instance when all failures happened at the last age at risk, or when no
        failure-free time is better than its neighbours.
    NotConverged
        If no verified maximum was reached; no unverified estimate is ever returned.
    InvalidData
        If a setting is unknown.

    Notes
    -----
    The log-likelihood (see `fit_weibull`) is written once for all families and differentiated exactly. Newton's method
    climbs it from several starting points; the end point must have a score of 0 (1e-7 standard errors) and
    positive definite information.

    Bounds are made on the logarithm of scales, shapes, ages, means and rates, on mu itself, and for probabilities on
    z = (log t - mu) / sigma (Weibull: log(-log S); lognormal: probit), or on the logit for gamma families. Calibrated bounds
    are those of `fit_weibull`, with samples drawn from this family.

    The generalised gamma is Prentice's: with w = (log t - mu) / sigma, :math:`q^{-2} e^{qw}` is gamma distributed with shape
    :math:`q^{-2}`. q = 1 is Weibull, q = 0 lognormal, q = sigma gamma. (ReliaSoft writes lambda for q.)

    With a free location and exact failures the likelihood is unbounded: it becomes infinite as gamma approaches the first
    failure with a shape that no part has. The estimate is the highest maximum inside, where there is one. Only the
    exponential has its maximum at the first failure itself; its bounds then take gamma as known.
    As elsewhere in the trade an age of 0 is where nothing has failed yet, also where gamma is negative.

    References
    ----------
    Meeker, W. Q. and Escobar, L. A. (1998). *Statistical Methods for Reliability Data*, Wiley, ch. 4, 5, 8 and 11.
    Lawless, J. F. (2003). *Statistical Models and Methods for Lifetime Data*, 2nd ed., Wiley, ch. 5.
    Prentice, R. L. (1974). A log gamma model and its maximum likelihood estimation. Biometrika 61, 539-544.
    Smith, R. L. (1985). Maximum likelihood estimation in a class of nonregular cases. Biometrika 72, 67-90.

    Examples
    --------
    >>> ages = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500]
    >>> data = LifeData(ages, [1] * 10 + [0], count=[1] * 10 + [10])
    >>> fit = fit_distribution(data, "lognormal")
    >>> round(fit.mu, 4), round(fit.sigma, 4), round(fit.aic, 2)
    (6.226, 0.9089, 154.39)
    """
    tail_probabilities(confidence)
    family = family_named(distribution, location=location == "estimate")
    if bounds == "calibrated":
        check_calibrated(family)
    failures, size = data.counts.failures, len(family.parameters)
    if failures < size:
        raise NotEnoughFailures(
            f"a fit of {size} parameters needs at least {size} failures, the data hold {failures}; "
            "an MTBF bound (mtbf) or an assumed shape (weibayes) can still be had"
        )
    if isinstance(family, Shifted):
        optimum, notes = _best_location(family, data)
    else:
        optimum, notes = maximum_likelihood(family, data), ()
    return DistributionFit(
        method="mle",
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        distribution=distribution,
        form="location" if isinstance(family, Shifted) else "plain",
        bounds=bounds,
        data=data,
        warnings=(*(about_plan(data) if bounds == "calibrated" else few_failures(failures)), *notes),
        **optimum,
    )


@checked
def fit_lognormal(
    data: LifeData,
    *,
    location: Location = "zero",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
) -> DistributionFit:
    """Fit a lognormal distribution: the logarithm of life is normal with mean mu and standard deviation sigma.

    For damage that grows by many small factors (fatigue cracks, corrosion, degradation of electronics), and for
    repair times. Its failure rate falls in the end, which few parts do: be careful beyond the ages seen.

    Parameters
    ----------
    data : LifeData
        All kinds of records.
    location : {"zero", "estimate"}
        "estimate" adds a failure-free time gamma.
    confidence : float
        Confidence of the intervals where none is given later.
    bounds : {"wald", "likelihood_ratio", "calibrated"}
        Which bounds the fit gives; see `fit_distribution`.

    Returns
    -------
    DistributionFit
        With `mu`, `sigma` (and `gamma`), mu in logarithms of the unit of the data.

    Raises
    ------
    NotEnoughFailures, NoFiniteMaximum, NotConverged, InvalidData
        As `fit_distribution`.

    References
    ----------
    Meeker, W. Q. and Escobar, L. A. (1998). *Statistical Methods for Reliability Data*, Wiley, ch. 4.
    NIST/SEMATECH e-Handbook of Statistical Methods, section 8.4.1.3 (the example).

    Examples
    --------
    >>> ages = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500]
    >>> fit = fit_lognormal(LifeData(ages, [1] * 10 + [0], count=[1] * 10 + [10]))
    >>> round(fit.mu, 4), round(fit.median, 1)
    (6.226, 505.7)
    """
    return fit_distribution(data, "lognormal", location=location, confidence=confidence, bounds=bounds)


@checked
def fit_weibull3(data: LifeData, *, confidence: float = 0.90, bounds: Bounds = "wald") -> DistributionFit:
    """Fit a three-parameter Weibull distribution, S(t) = exp(-((t - gamma) / eta) ** beta) for t > gamma.

    For parts that cannot fail before an age gamma, for a reason of physics. A curved probability plot alone is no such
    reason (mixed failure modes curve it too), and gamma needs some twenty failures to be of use.

    Parameters
    ----------
    data : LifeData
        All kinds of records.
    confidence : float
        Confidence of the intervals where none is given later.
    bounds : {"wald", "likelihood_ratio"}
        Which bounds the fit gives.

    Returns
    -------
    DistributionFit
        With `eta`, `beta` and `gamma`; eta is counted from gamma.

    Raises
    ------
    NotEnoughFailures
        With fewer than three failures.
    NoFiniteMaximum
        If the likelihood has no maximum inside: it always becomes infinite as gamma approaches the first failure, and the
        estimate is the highest maximum apart from that.
    NotConverged, InvalidData
        As `fit_distribution`.

    References
    ----------
    Rockette, H., Antle, C. and Klimko, L. A. (1974). Maximum likelihood estimation with the Weibull model. JASA 69, 246-249.
    Smith, R. L. (1985). Maximum likelihood estimation in a class of nonregular cases. Biometrika 72, 67-90.

    Examples
    --------
    >>> ages = [140, 155, 170, 182, 190, 201, 215, 226, 240, 251, 268, 285, 300, 322, 350]
    >>> fit = fit_weibull3(LifeData(ages, 1))
    >>> round(fit.gamma, 1), round(fit.beta, 2), fit.gamma < min(ages)
    (128.9, 1.73, True)
    """
    return fit_distribution(data, "weibull", location="estimate", confidence=confidence, bounds=bounds)


def maximum_likelihood(family: Family, data: LifeData, **settings: Any) -> dict[str, Any]:
    """The verified maximum, as the fields of a `DistributionFit`; `settings` go to `maximise`."""
    factor, ages, share = typical_ages(data)
    likelihood = LifeLikelihood(family, data, factor)
    found = maximise(
        likelihood.value,
        likelihood.derivatives,
        family.starts(ages, share),
        limits=[parameter.limits for parameter in family.parameters],
        **settings,
    )
    return fields_of_fit(family, data, found, factor)


def fields_of_fit(
    family: Family, data: LifeData, found: At, factor: float, known: tuple[int, ...] = ()
) -> dict[str, Any]:
    """Estimate, covariance, log-likelihood and score norm in the unit of the data.

    Parameters
    ----------
    family, data
    found : At
        The maximum, of ages divided by `factor`.
    factor : float
    known : tuple of int
        Positions of parameters taken as known.
    """
    parameters = family.parameters
    free = [at for at in range(len(parameters)) if at not in known]
    stretch = np.array([parameters[at].stretch(factor) for at in free])
    covariance = np.zeros((len(parameters), len(parameters)))
    inverse = np.linalg.inv(-found.hessian[np.ix_(free, free)])
    covariance[np.ix_(free, free)] = (inverse + inverse.T) / 2.0 * np.outer(stretch, stretch)
    return {
        "working": np.array(
            [each.rescale(float(v), factor) for each, v in zip(parameters, found.theta, strict=True)]
        ),
        "covariance": covariance,
        "loglik": found.value - data.counts.exact * math.log(factor),
        "score_norm": distance(_part(found, free)),
    }


def typical_ages(data: LifeData) -> tuple[float, FloatArray, float]:
    """A unit of age for the search, the ages at failure in that unit (at most 200, evenly), and the share failed."""
    low, high = data.failure_intervals()
    failed = data.event != RIGHT_CENSORED
    ages, weight = (low + high)[failed] / 2.0, data.count[failed]
    factor = math.exp(float(np.average(np.log(ages), weights=weight)))
    order = np.argsort(ages)
    reached = np.cumsum(weight[order])
    points = int(min(200, reached[-1]))
    at = np.searchsorted(reached, (np.arange(points) + 0.5) * reached[-1] / points)
    share = float(weight.sum() / data.count.sum())
    return factor, ages[order][at] / factor, min(max(share, 1e-6), 0.97)


def few_failures(failures: int) -> tuple[str, ...]:
    """The warning that goes with a small sample."""
    if failures >= FEW_FAILURES:
        return ()
    return (
        f"only {failures} failures: Wald and likelihood-ratio bounds hold the truth less often than their nominal "
        "confidence says (below about 10 failures)",
    )


def _best_location(family: Shifted, data: LifeData) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The highest maximum inside, found by following the best base parameters over a row of locations."""
    factor, ages, share = typical_ages(data)
    likelihood = LifeLikelihood(family, data, factor)
    limits = [parameter.limits for parameter in family.parameters]
    first = _first_failure(data) / factor
    if family.name == "exponential":
        return _first_failure_as_location(family, data, likelihood, first, factor)
    spread = max(float(ages.max()) - first, 1e-3 * first)
    profile = _profile(family, likelihood, ages, share, first - spread * GAPS)
    heights = np.array([-np.inf if at is None else at.value for at in profile])
    inside = np.flatnonzero((heights[1:-1] >= heights[:-2]) & (heights[1:-1] >= heights[2:])) + 1
    best: At | None = None
    for at in inside[np.argsort(heights[inside])[::-1]]:
        near = profile[at]
        end = climb(likelihood.value, likelihood.derivatives, near.theta, limits) if near else None
        if end is not None and is_verified(end) and (best is None or end.value > best.value):
            best = end
    if best is None:
        where = "approaches the first failure" if heights[0] >= heights[-1] else "goes to minus infinity"
        raise NoFiniteMaximum(
            f"the likelihood has no maximum inside: it rises as gamma {where}; a failure-free time is not to be had from "
            "these data (fit without a location)"
        )
    found = fields_of_fit(family, data, best, factor)
    notes = []
    if data.counts.exact:
        notes.append(
            "with a free location the likelihood is unbounded at the first failure; this is its highest maximum inside"
        )
    if found["working"][-1] < 0.0:
        notes.append("gamma is negative, which means nothing for ages counted from new")
    return found, tuple(notes)


def _profile(
    family: Shifted, likelihood: LifeLikelihood, ages: FloatArray, share: float, locations: FloatArray
) -> list[At | None]:
    """The likelihood at its best base parameters, at each location; None where the search failed."""
    limits = [parameter.limits for parameter in family.base.parameters]
    rows = list(range(len(limits)))
    found: list[At | None] = []
    near: At | None = None
    for gamma in locations.tolist():
        value, derivatives = _held(likelihood, gamma, rows)
        starts = [np.array(start) for start in family.base.starts(ages - gamma, share)]
        # From the neighbour's best, and a few others in case that was a poor one.
        starts = starts[:24] if near is None else [near.theta, *starts[:6]]
        near = climb(value, derivatives, max(starts, key=value), limits)
        near = near if near is not None and is_verified(near) else None
        found.append(None if near is None else likelihood.derivatives([*near.theta, gamma]))
    return found


def _held(
    likelihood: LifeLikelihood, gamma: float, rows: list[int]
) -> tuple[Callable[[FloatArray], float], Callable[[FloatArray], At]]:
    """The likelihood and its derivatives by the base parameters, at one location."""
    return (
        lambda theta: likelihood.value([*theta, gamma]),
        lambda theta: _part(likelihood.derivatives([*theta, gamma]), rows),
    )


def _first_failure_as_location(
    family: Shifted, data: LifeData, likelihood: LifeLikelihood, first: float, factor: float
) -> tuple[dict[str, Any], tuple[str, ...]]:
    if data.counts.exact < data.counts.failures or np.isfinite(data.truncated_above).any():
        raise InvalidData("a failure-free time before an exponential needs exact ages at failure")
    start = math.log(max(float(data.exposure) / data.counts.failures / factor, 1e-3))

    end = climb(*_held(likelihood, first, [0]), np.array([start]), [family.parameters[0].limits])
    if end is None or not is_verified(end):
        raise NoFiniteMaximum(
            "every failure happened at the first age at failure, so no rate remains to estimate"
        )
    found = fields_of_fit(family, data, likelihood.derivatives([end.theta[0], first]), factor, known=(1,))
    return found, (
        "gamma is the first age at failure, where the likelihood is highest; the other bounds take it as known",
    )


def _first_failure(data: LifeData) -> float:
    """The age above which no failure-free time can lie."""
    _, high = data.failure_intervals()
    failed = data.event != RIGHT_CENSORED
    exact = data.time[data.event == EXACT]
    return float(min(exact.min(initial=math.inf), high[failed].min()))


def _part(at: At, rows: list[int]) -> At:
    return At(at.theta[rows], at.value, at.gradient[rows], at.hessian[np.ix_(rows, rows)])
