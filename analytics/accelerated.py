"""What a regression of lives says: a life distribution at any conditions, and how fast one ages at others."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from scipy.special import ndtr

from analytics.covariates import at_conditions
from analytics.distribution_fit import DistributionFit
from analytics.errors import InvalidData
from analytics.families import FAMILIES, LocationScale, Parameter
from analytics.jets import Value
from analytics.life_fit import Bounds
from analytics.lifedata import LifeData
from analytics.profiles import Quantity
from analytics.regression_likelihood import Design, RegressionLikelihood
from analytics.results import FloatArray, Interval, Side
from analytics.stress_relations import BOLTZMANN, RELATIONS, transformed


@dataclass(frozen=True)
class Regressed:
    """A family at set conditions, whose parameters are followed by slopes that play no part there."""

    base: LocationScale
    slopes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (*self.base.parameters, *(Parameter(name, "identity", "none") for name in self.slopes))

    @property
    def is_of_age(self) -> bool:
        return self.base.is_of_age

    def own(self, theta: Sequence[Any]) -> Sequence[Any]:
        """The parameters of the distribution alone."""
        return theta[: len(self.base.parameters)]

    def log_density(self, t: Value, theta: Sequence[Value]) -> Value:
        return self.base.log_density(t, self.own(theta))

    def log_survival(self, t: Value, theta: Sequence[Value]) -> Value:
        return self.base.log_survival(t, self.own(theta))

    def log_failure(self, t: Value, theta: Sequence[Value]) -> Value:
        return self.base.log_failure(t, self.own(theta))

    def score(self, t: Value, theta: Sequence[Value]) -> Value:
        return self.base.score(t, self.own(theta))

    def probabilities(self, score: float) -> tuple[float, float]:
        return self.base.probabilities(score)

    def quantile(self, p: FloatArray, theta: Sequence[float]) -> FloatArray:
        return self.base.quantile(p, self.own(theta))

    def mean(self, theta: Sequence[Value]) -> Value:
        return self.base.mean(self.own(theta))

    def sd(self, theta: Sequence[float]) -> float:
        return self.base.sd(self.own(theta))

    def starts(self, at: FloatArray, share: float) -> Iterator[list[float]]:
        for theta in self.base.starts(at, share):
            yield [*theta, *(0.0 for _ in self.slopes)]


@dataclass(frozen=True, eq=False, kw_only=True)
class AcceleratedLifeFit(DistributionFit):
    """Life that stress stretches or shrinks; made by `fit_aft` and `fit_life_stress`.

    At its `conditions` it is a fitted life distribution like any other, with reliability, B-lives and all their bounds;
    `at` gives the same fit at other conditions. Each slope is a parameter under the name of its covariate
    (``fit.parameters["voltage"]``, ``fit.interval("voltage")``).

    Attributes
    ----------
    covariates : tuple of str
        Names, in the order of the slopes.
    relations : tuple of str
        How each moves the logarithm of life: "linear" in `fit_aft`, a relation of physics in `fit_life_stress`.
    conditions : dict
        The value of each covariate at which the distribution is given.
    temperature_unit : {"celsius", "kelvin", "fahrenheit"}
        Unit of temperatures of Arrhenius and Eyring relations.
    """

    covariates: tuple[str, ...]
    relations: tuple[str, ...]
    conditions: dict[str, float]
    temperature_unit: str = "celsius"

    @cached_property
    def family(self) -> Regressed:
        """The formulas behind the fit."""
        return Regressed(FAMILIES[self.distribution], self.covariates)

    @property
    def slopes(self) -> dict[str, float]:
        """Slope of log life by name: per unit of a linear covariate, eV for a temperature, exponent of a power."""
        return {name: self.parameters[name] for name in self.covariates}

    @property
    def intercept(self) -> float:
        """Logarithm of the scale of life where every transformed covariate is 0 (beta 0 of the trade's tables)."""
        return float(self.working[0]) + self._move({})[0]

    @property
    def activation_energy(self) -> float:
        """Activation energy in eV, the slope of the one temperature with an Arrhenius or Eyring relation."""
        return self.parameters[self._thermal()]

    @property
    def activation_temperature(self) -> float:
        """Activation energy over Boltzmann's constant, in kelvin (B of the trade's tables)."""
        return self.activation_energy / BOLTZMANN

    @property
    def time_ratios(self) -> dict[str, float]:
        """By how much one unit more of a linear covariate multiplies life; below 1 it shortens it."""
        return {name: math.exp(self.parameters[name]) for name in self._linear()}

    def at(self, conditions: Mapping[str, float]) -> Self:
        """The fit at other conditions.

        Parameters
        ----------
        conditions : mapping of str to float
            A value for each covariate, as in the data (temperatures in `temperature_unit`).

        Raises
        ------
        InvalidData
            If one is missing, unknown, or has no meaning for its relation.
        """
        added, direction = self._move(conditions)
        step = np.eye(len(self.working))
        step[0, len(self.working) - len(self.covariates) :] = direction
        working = step @ self.working
        working[0] += added - float(direction @ self._slopes)
        return dataclasses.replace(
            self,
            conditions={name: float(conditions[name]) for name in self.covariates},
            working=working,
            covariance=step @ self.covariance @ step.T,
        )

    def acceleration_factor(self, conditions: Mapping[str, float]) -> float:
        """How many times faster a part ages at `conditions` than at those of the fit: the ratio of any two B-lives."""
        return math.exp(-self._move(conditions)[0])

    def acceleration_factor_interval(
        self,
        conditions: Mapping[str, float],
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Interval:
        """Confidence bounds on the acceleration factor, made on the log scale."""
        added, direction = self._move(conditions)
        return self._found(self._along(-direction, -added, math.exp), confidence, side, bounds)

    def time_ratio_interval(
        self,
        name: str,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Interval:
        """Confidence bounds on the time ratio of a linear covariate, made on the log scale."""
        if name not in self._linear():
            raise InvalidData(f"{name!r} is no linear covariate and has no time ratio for one unit more")
        direction = np.array([float(each == name) for each in self.covariates])
        return self._found(self._along(direction, self.parameters[name], math.exp), confidence, side, bounds)

    def standard_error(self, name: str) -> float:
        """Standard error of a parameter or the intercept on its working scale (log for scales and shapes)."""
        return self._named(name).standard_error(self.working, self.covariance)

    def p_value(self, name: str) -> float:
        """Two-sided probability of a slope at least this far from 0 if the covariate had no effect (Wald's test)."""
        if name not in self.covariates:
            raise InvalidData(f"{name!r} is no covariate of the fit; there are {', '.join(self.covariates)}")
        return float(2.0 * ndtr(-abs(self.parameters[name]) / self.standard_error(name)))

    @property
    def _slopes(self) -> FloatArray:
        return self.working[len(self.working) - len(self.covariates) :]

    def _named(self, name: str) -> Quantity:
        if name == "intercept":
            added, direction = self._move({})
            size = len(self.covariates)
            return Quantity(
                lambda theta, v: (
                    theta[0] + _dot(direction, theta[-size:]) + (added - direction @ self._slopes) - v
                ),
                self.intercept,
                float,
            )
        found: Quantity = super()._named(self._thermal() if name == "activation_energy" else name)
        return found

    def _along(self, direction: FloatArray, estimate: float, natural: Callable[[float], float]) -> Quantity:
        """A number that is linear in the slopes; what is not of them follows from the estimate."""
        constant, size = estimate - float(direction @ self._slopes), len(self.covariates)
        if not np.any(direction):
            raise InvalidData("the conditions are those of the fit, so there is nothing to estimate")
        return Quantity(lambda theta, v: _dot(direction, theta[-size:]) + (constant - v), estimate, natural)

    def _move(self, conditions: Mapping[str, float]) -> tuple[float, FloatArray]:
        """What other conditions add to log life, and its derivatives by the slopes.

        No conditions at all stand for transforms and offset of 0.
        """
        here = _placed(self, at_conditions(self.covariates, self.conditions)[None, :])
        if conditions:
            there = _placed(self, at_conditions(self.covariates, conditions)[None, :])
            offset, direction = there.offset - here.offset, there.columns[0] - here.columns[0]
        else:
            offset, direction = -here.offset, -here.columns[0]
        return float(offset[0] + direction @ self._slopes), direction

    def _linear(self) -> list[str]:
        return [name for name, each in zip(self.covariates, self.relations, strict=True) if each == "linear"]

    def _thermal(self) -> str:
        names = [
            name
            for name, relation in zip(self.covariates, self.relations, strict=True)
            if RELATIONS[relation].is_thermal
        ]
        if len(names) != 1:
            raise InvalidData(
                "an activation energy needs one temperature with an Arrhenius or Eyring relation"
            )
        return names[0]

    @cached_property
    def _likelihood(self) -> RegressionLikelihood:
        data = self._own_data()
        here = _placed(self, at_conditions(self.covariates, self.conditions)[None, :])
        rows = design_of(data, self.covariates, self.relations, self.temperature_unit)
        moved = Design(rows.offset - here.offset, rows.columns - here.columns)
        return RegressionLikelihood(self.family.base, data, moved)


def design_of(
    data: LifeData, covariates: Sequence[str], relations: Sequence[str], temperature_unit: str
) -> Design:
    """The transformed covariates of each record."""
    stresses = np.column_stack([data.covariates[name] for name in covariates])
    return placed(stresses, covariates, relations, temperature_unit)


def placed(
    stresses: FloatArray, covariates: Sequence[str], relations: Sequence[str], temperature_unit: str
) -> Design:
    """Stresses, a row each, as what moves the location."""
    found = [
        transformed(name, relation, column, temperature_unit)
        for name, relation, column in zip(covariates, relations, stresses.T, strict=True)
    ]
    return Design(
        np.sum([offset for _, offset in found], axis=0), np.column_stack([column for column, _ in found])
    )


def _placed(fit: AcceleratedLifeFit, stresses: FloatArray) -> Design:
    return placed(stresses, fit.covariates, fit.relations, fit.temperature_unit)


def _dot(direction: FloatArray, slopes: Sequence[Value]) -> Value:
    return sum((part * slope for part, slope in zip(direction, slopes, strict=True)), start=0.0 * slopes[0])
