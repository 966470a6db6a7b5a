"""Accelerated life tests: life at use conditions from failures at higher stress."""

from collections.abc import Mapping

from analytics.accelerated import AcceleratedLifeFit
from analytics.arguments import checked
from analytics.covariates import covariate_names
from analytics.errors import InvalidData
from analytics.life_fit import Bounds
from analytics.lifedata import LifeData
from analytics.regression import fit_regression
from analytics.stress_relations import TemperatureUnit, known_relation


@checked
def fit_life_stress(
    data: LifeData,
    relations: str | Mapping[str, str],
    *,
    use: Mapping[str, float] | None = None,
    distribution: str = "weibull",
    temperature_unit: TemperatureUnit = "celsius",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
) -> AcceleratedLifeFit:
    r"""Fit life against stress by relations of physics, and give life at use conditions.

    For accelerated tests, in which parts fail within weeks at stresses above those of use. The answer extrapolates: it holds
    if the mechanism of failure is the same at every stress, which the failed parts must show, and if the relation reaches as
    far as use, which no statistics can show. Where parts merely differ in numbers of no known physics, use `fit_aft`.

    Parameters
    ----------
    data : LifeData
        All kinds of records, with the stress of each among its `covariates`.
    relations : str or mapping of str to str
        How each stress moves life, by its name among the covariates; a bare word where the data have one covariate. Two
        entries make a dual-stress model, more a general log-linear one.

        ================  =========================================  ==================================
        relation          life is proportional to                    slope
        ================  =========================================  ==================================
        "arrhenius"       exp(E / (k T)), T in kelvin                activation energy E in eV
        "eyring"          exp(E / (k T)) / T                         energy E in eV
        "inverse_power"   s ** -n                                    exponent n
        "linear"          exp(b s)                                   b, per unit of stress
        "reciprocal"      exp(b / s), as for humidity                b, in units of stress
        ================  =========================================  ==================================
    use : mapping of str to float, optional
        The stresses of use, for each stress; the mean of each over the units where not given. ``fit.at(...)`` changes them.
    distribution : {"weibull", "lognormal", "loglogistic", "exponential", "generalised_gamma"}
        Of life at any one stress. Its shape is the same at all of them.
    temperature_unit : {"celsius", "kelvin", "fahrenheit"}
        Unit of the stress with an Arrhenius or Eyring relation.
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.
    bounds : {"wald", "likelihood_ratio"}
        Which bounds the fit gives.

    Returns
    -------
    AcceleratedLifeFit
        Life at use conditions with its bounds, a slope for each stress, `activation_energy`, and `acceleration_factor`.

    Raises
    ------
    NotEnoughFailures
        With fewer failures than parameters.
    NoFiniteMaximum
        If the likelihood rises without end, for instance because nothing failed at one of two stresses.
    NotConverged
        If no verified maximum was reached; no unverified estimate is ever returned.
    InvalidData
        If a stress is missing, the same in all records, outside its relation (a power needs stress above 0), or follows from
        another; or a setting is unknown.

    Notes
    -----
    The location of log life is linear in the transformed stresses:

    .. math:: \log T = \beta_0 + \frac{E}{k\,T_K} + n \log\frac{1}{V} + \dots + \sigma z

    (Eyring: less :math:`\log T_K`), with 0 °C at 273.15 K and Boltzmann's constant k = 1 / 11605 eV/K as Meeker and
    Escobar round it; ``fit.activation_temperature`` is E / k in kelvin, which no rounding touches. ``fit.intercept`` is
    :math:`\beta_0`. The search and its proof are those of `fit_aft`.

    Units without failure at a low stress belong in the data: they are what bounds life there.

    References
    ----------
    Meeker, W. Q. and Escobar, L. A. (1998). *Statistical Methods for Reliability Data*, Wiley, ch. 18 and 19; the example
    is part of Hooper and Amster's device A (ibid., table C.10).
    Nelson, W. (1990). *Accelerated Testing*, Wiley, ch. 2 and 5.

    Examples
    --------
    >>> hours = [1298, 1390, 3187, 5000, 581, 925, 1432, 5000, 283, 361, 515, 638, 5000]
    >>> data = LifeData(
    ...     hours,
    ...     [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0],
    ...     count=[1, 1, 1, 12, 1, 1, 1, 4, 1, 1, 1, 1, 1],
    ...     covariates={"celsius": [40] * 4 + [60] * 4 + [80] * 5},
    ... )
    >>> fit = fit_life_stress(data, "arrhenius", use={"celsius": 25}, distribution="lognormal")
    >>> energy = fit.interval("activation_energy")
    >>> round(fit.activation_energy, 3), round(energy.lower, 3), round(energy.upper, 3)
    (0.708, 0.339, 1.077)
    >>> round(fit.acceleration_factor({"celsius": 80}), 1)
    73.3
    """
    if isinstance(relations, str):
        names = covariate_names(data, None)
        if len(names) > 1:
            raise InvalidData(
                f"the data have the covariates {', '.join(names)}; name the relation of each stress, "
                f'as in {{"{names[0]}": "{relations}"}}'
            )
        relations = {names[0]: relations}
    names = covariate_names(data, tuple(relations))
    for name in names:
        known_relation(relations[name])
    return fit_regression(
        data,
        names,
        [relations[name] for name in names],
        use,
        distribution=distribution,
        confidence=confidence,
        bounds=bounds,
        temperature_unit=temperature_unit,
    )
