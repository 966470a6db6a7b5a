"""A population of which only a part can fail: the limited failure population model."""

from scipy.special import chdtrc

from analytics.arguments import checked
from analytics.compound_families import Limited
from analytics.distribution_fit import DistributionFit
from analytics.distributions import few_failures, fit_distribution, maximum_likelihood
from analytics.errors import AnalyticsError, NoFiniteMaximum, NotEnoughFailures
from analytics.families import family_named
from analytics.life_fit import Bounds, refuse_calibrated
from analytics.lifedata import LifeData
from analytics.results import tail_probabilities

# The part that can fail lies at its edge, p = 1, under the simpler model; half of a chi-square with 1 degree of freedom.
WORTH_IT = 0.05


@checked
def fit_limited_failure_population(
    data: LifeData,
    *,
    distribution: str = "weibull",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
) -> DistributionFit:
    r"""Fit a population of which a share p carries a defect and fails, while the rest never does.

    For infant mortality by a defect that some units have and others lack (integrated circuits in burn-in, a bad batch mixed
    in), when observation is long enough for the failures to peter out. Where they have not, p and the scale cannot be
    told apart, and the fit refuses or warns.

    Parameters
    ----------
    data : LifeData
        All kinds of records; survivors are what tells p.
    distribution : str
        Life distribution of the units that can fail, as for `fit_distribution`.
    confidence : float
        Confidence of the intervals where none is given later.
    bounds : {"wald", "likelihood_ratio"}
        Which bounds the fit gives; the likelihood of p is seldom symmetric, so likelihood ratio is the better choice.

    Returns
    -------
    DistributionFit
        With `p` and the parameters of the distribution. Reliability is that of a unit taken at random, and does not fall
        below 1 - p.

    Raises
    ------
    NotEnoughFailures
        With fewer failures than parameters.
    NoFiniteMaximum
        If the data do not show that some units never fail: p rises to 1.
    NotConverged, InvalidData
        As `fit_distribution`.

    Notes
    -----
    With the distribution F0 of the units that can fail, the unit at random has

    .. math:: F(t) = p\,F_0(t), \qquad S(t) = 1 - p\,F_0(t).

    References
    ----------
    Meeker, W. Q. (1987). Limited failure population life tests: application to integrated circuit reliability.
    Technometrics 29, 51-65.
    Meeker, W. Q. and Escobar, L. A. (1998). *Statistical Methods for Reliability Data*, Wiley, sec. 11.5.

    Examples
    --------
    >>> data = LifeData([2, 5, 9, 14, 22, 40, 65, 110, 300], [1] * 8 + [0], count=[1] * 8 + [92])
    >>> fit = fit_limited_failure_population(data)
    >>> round(fit.p, 3), float(fit.reliability(1e6)) > 0.9
    (0.08, True)
    """
    refuse_calibrated(bounds)
    tail_probabilities(confidence)
    family = Limited(family_named(distribution))  # type: ignore[arg-type]
    failures, size = data.counts.failures, len(family.parameters)
    if failures < size:
        raise NotEnoughFailures(
            f"a limited failure population needs at least {size} failures, the data hold {failures}"
        )
    try:
        found = maximum_likelihood(family, data)
    except NoFiniteMaximum as error:
        raise NoFiniteMaximum(
            "the data do not show that some units never fail: the likelihood rises as p goes to its edge, where the "
            f"whole population fails; fit a {distribution} distribution instead"
        ) from error
    return DistributionFit(
        method="mle",
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        distribution=distribution,
        form="limited",
        bounds=bounds,
        data=data,
        warnings=(*few_failures(failures), *_not_needed(data, distribution, found["loglik"])),
        **found,
    )


def _not_needed(data: LifeData, distribution: str, loglik: float) -> tuple[str, ...]:
    try:
        simpler = fit_distribution(data, distribution).loglik
    except AnalyticsError:
        return ()
    p_value = 0.5 * float(chdtrc(1.0, max(2.0 * (loglik - simpler), 0.0)))
    if p_value < WORTH_IT:
        return ()
    return (
        f"a {distribution} distribution of the whole population fits about as well (likelihood ratio test, p = {p_value:.2g}): "
        "the data hardly tell how many units can fail",
    )
