"""The search for the regression of log life under which the data are most likely."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analytics.accelerated import AcceleratedLifeFit, Regressed, design_of
from analytics.covariates import at_conditions, standardise
from analytics.distributions import few_failures, fields_of_fit, typical_ages
from analytics.errors import InvalidData, NoFiniteMaximum, NotEnoughFailures
from analytics.families import FAMILIES, LocationScale
from analytics.life_fit import Bounds, refuse_calibrated
from analytics.lifedata import RIGHT_CENSORED, LifeData
from analytics.maximum import maximise, polished
from analytics.regression_likelihood import Design, RegressionLikelihood
from analytics.results import FloatArray, tail_probabilities
from analytics.through_lifelines import accelerated_life

# Families of log age whose first parameter is the location alone.
REGRESSED = ("exponential", "weibull", "lognormal", "loglogistic", "generalised_gamma")


def fit_regression(
    data: LifeData,
    covariates: Sequence[str],
    relations: Sequence[str],
    conditions: Mapping[str, float] | None,
    *,
    distribution: str,
    confidence: float,
    bounds: Bounds,
    temperature_unit: str = "celsius",
) -> AcceleratedLifeFit:
    """The verified maximum as a fit at the conditions asked for, else at the mean of each covariate over the units."""
    refuse_calibrated(bounds)
    tail_probabilities(confidence)
    family = _family(distribution, covariates)
    failures, size = data.counts.failures, len(family.parameters)
    if failures < size:
        raise NotEnoughFailures(
            f"a regression of {size} parameters needs at least {size} failures, the data hold {failures}; "
            "use fewer covariates"
        )
    if conditions is None:
        conditions = {
            name: float(np.average(data.covariates[name], weights=data.count)) for name in covariates
        }
    wanted = at_conditions(covariates, conditions)
    named: dict[str, Any] = {
        "covariates": tuple(covariates),
        "relations": tuple(relations),
        "temperature_unit": temperature_unit,
    }
    fit = AcceleratedLifeFit(
        method="mle",
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        distribution=distribution,
        bounds=bounds,
        data=data,
        warnings=few_failures(failures),
        conditions={name: float(data.covariates[name][0]) for name in covariates},
        **named,
        **_best(family, data, design_of(data, **named)),
    )
    return fit.at(dict(zip(covariates, wanted.tolist(), strict=True)))


def _family(distribution: str, covariates: Sequence[str]) -> Regressed:
    if distribution not in REGRESSED:
        raise InvalidData(
            f"a regression of log life has the distributions {', '.join(REGRESSED)}, not {distribution!r}"
        )
    family = Regressed(FAMILIES[distribution], tuple(covariates))
    own = {parameter.name for parameter in family.base.parameters} | {"intercept", "mean", "median"}
    for name in covariates:
        if name in own:
            raise InvalidData(
                f"{name!r} is a name of the {distribution} regression itself; rename the covariate"
            )
    return family


def _best(family: Regressed, data: LifeData, design: Design) -> dict[str, Any]:
    """Estimate and covariance with the location at the first record, found with covariates brought to one scale."""
    centre, spread = standardise(design.columns, data.count, family.slopes)
    factor, _, share = typical_ages(data)
    scaled = Design(design.offset - design.offset[0], (design.columns - centre) / spread)
    likelihood = RegressionLikelihood(family.base, data, scaled, factor)
    limits = [parameter.limits for parameter in family.parameters]
    line = accelerated_life(data, family.base.name, scaled.columns, factor * np.exp(scaled.offset))
    answer = line and [*family.base.unplace(line.location, line.log_sigma, 1.0), *line.slopes]
    try:
        found = polished(likelihood.value, likelihood.derivatives, answer, limits) or maximise(
            likelihood.value,
            likelihood.derivatives,
            _starts(family.base, data, scaled, factor, share),
            limits=limits,
        )
    except NoFiniteMaximum as error:
        raise NoFiniteMaximum(
            "the likelihood rises without end: these failures do not bound the effect of the covariates or the spread of "
            "life (for instance where nothing failed at one of two stresses, or each stress has failures of one age only)"
        ) from error
    fields = fields_of_fit(family, data, found, factor)
    size = len(family.parameters)
    back = np.eye(size)
    slopes = range(size - len(spread), size)
    back[slopes, slopes] = 1.0 / spread
    back[0, slopes] = scaled.columns[0]
    return fields | {
        "working": back @ fields["working"],
        "covariance": back @ fields["covariance"] @ back.T,
    }


def _starts(
    family: LocationScale, data: LifeData, design: Design, factor: float, share: float
) -> Iterator[list[float]]:
    """The family's own starts for what is left of the failures after a line through them, and without one."""
    low, high = data.failure_intervals()
    failed = data.event != RIGHT_CENSORED
    level = np.log((low + high)[failed] / (2.0 * factor)) - design.offset[failed]
    columns, root = design.columns[failed], np.sqrt(data.count[failed])
    line = np.linalg.lstsq(np.column_stack([root, columns * root[:, None]]), level * root, rcond=1e-6)[0]
    for slopes in (line[1:], np.zeros_like(line[1:])):
        left: FloatArray = level - columns @ slopes
        middle = float(np.average(left, weights=data.count[failed]))
        for theta in family.starts(np.exp(left - middle), share):
            moved = family.unplace(*_shifted(family, theta, middle))
            yield [*moved, *slopes.tolist()]


def _shifted(family: LocationScale, theta: Sequence[float], by: float) -> tuple[float, float, float]:
    mu, log_sigma, q = family.place(theta)
    return float(mu) + by, float(log_sigma), float(q)
