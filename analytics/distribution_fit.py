"""What a fitted life distribution of any family says: its numbers, its curves, and the bounds on them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.calibrated import KNOTS, Calibration
from analytics.compound_families import Limited, Mixture
from analytics.errors import InvalidData
from analytics.families import FAMILIES, Family, Shifted
from analytics.family_lives import check_calibrated, family_lives
from analytics.jets import Value
from analytics.life_fit import Bounds, LifeFit
from analytics.likelihood import LifeLikelihood
from analytics.profiles import ConstrainedProfile, Quantity
from analytics.resampling import plan_of
from analytics.results import FloatArray
from analytics.weibull_intervals import exponential

Form = Literal["plain", "location", "limited", "mixture"]


@dataclass(frozen=True, eq=False, kw_only=True)
class DistributionFit(LifeFit):
    """A fitted life distribution; made by `fit_distribution` and its relatives.

    Each parameter is an attribute under its own name (``fit.mu``, ``fit.sigma``), a float in the unit of the data. Where a
    method takes `confidence`, `side` or `bounds`, None means the value given at the fit; the other attributes are those of
    `LifeFit`.

    Attributes
    ----------
    distribution : str
        Name of the family, for instance "lognormal".
    form : {"plain", "location", "limited", "mixture"}
        The family itself, with a failure-free time gamma, of a limited failure population, or mixed.
    components : int
        Parts of a mixture; 1 otherwise.
    working : ndarray, shape (k,)
        Estimates on their working scales (log for scales and shapes, logit for shares, plain for locations).
    covariance : ndarray, shape (k, k)
        Covariance of `working`: the inverse of the observed information. The row of a parameter taken as known is 0.
    score_norm : float
        Distance from the exact maximum in standard errors; below 1e-7 by construction.
    """

    distribution: str
    working: FloatArray
    covariance: FloatArray
    score_norm: float = 0.0
    form: Form = "plain"
    components: int = 1

    def __getattr__(self, name: str) -> float:
        # Reached only for names that are not fields; copying asks for dunder names before there are any.
        if not name.startswith("_"):
            found = self.parameters.get(name)
            if found is not None:
                return found
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @cached_property
    def family(self) -> Family:
        """The formulas behind the fit."""
        base = FAMILIES[self.distribution]
        families: dict[str, Callable[[], Family]] = {
            "plain": lambda: base,
            "location": lambda: Shifted(base),
            "limited": lambda: Limited(base),
            "mixture": lambda: Mixture(base, self.components),
        }
        return families[self.form]()

    @cached_property
    def parameters(self) -> dict[str, float]:
        """Estimates by name."""
        named = zip(self.family.parameters, self.working, strict=True)
        return {parameter.name: float(parameter.to_natural(float(value))) for parameter, value in named}

    @property
    def mean(self) -> float:
        """Mean life; infinite where the distribution has none."""
        return float(np.squeeze(self.family.mean(self._theta)))

    @property
    def sd(self) -> float:
        """Standard deviation of life; infinite where the distribution has none."""
        return float(self.family.sd(self._theta))

    @property
    def free(self) -> int:
        """Parameters estimated."""
        return len(self.working)

    def reliability(self, t: ArrayLike) -> FloatArray:
        """Probability to survive age `t` (array_like, in `unit`)."""
        return np.exp(self._log(self.family.log_survival, t, 0.0))

    def failure_probability(self, t: ArrayLike) -> FloatArray:
        """Probability to have failed by age `t`, accurate for small probabilities."""
        return np.exp(self._log(self.family.log_failure, t, -np.inf))

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """-log S(t): expected failures by age `t` of a part kept running by minimal repair."""
        return -self._log(self.family.log_survival, t, 0.0)

    def density(self, t: ArrayLike) -> FloatArray:
        """Probability density of failure at age `t`, per `unit`; at age 0 next to it."""
        return np.exp(self._log(self.family.log_density, _after_new(t), -np.inf))

    def hazard(self, t: ArrayLike) -> FloatArray:
        """Failure rate at age `t` of a part that has survived to it, per `unit`; at age 0 next to it."""
        return np.exp(self._log(self._log_hazard, _after_new(t), -np.inf))

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p`, in [0, 1), has failed; infinite where that never happens."""
        fraction = np.asarray(p, dtype=np.float64)
        if np.any((fraction < 0) | (fraction >= 1)):
            raise InvalidData("a quantile needs a failed fraction of at least 0 and below 1")
        with np.errstate(divide="ignore"):
            return np.asarray(self.family.quantile(fraction, self._theta))

    def sample_parameters(self, n: int, *, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draw `n` plausible parameter vectors, to carry the uncertainty of the fit into a prediction.

        Draws come from the normal distribution of the working parameters with the fit's covariance.

        Returns
        -------
        dict
            An array of shape (n,) a parameter.
        """
        drawn = rng.multivariate_normal(self.working, self.covariance, size=n, method="eigh")
        return {
            parameter.name: np.array([parameter.to_natural(float(value)) for value in column])
            for parameter, column in zip(self.family.parameters, drawn.T, strict=True)
        }

    @property
    def _theta(self) -> list[float]:
        return [float(value) for value in self.working]

    def _log_hazard(self, t: FloatArray, theta: Sequence[Value]) -> Value:
        return self.family.log_density(t, theta) - self.family.log_survival(t, theta)

    def _log(self, part: Callable[..., Value], t: ArrayLike, before: float) -> FloatArray:
        """A log curve; `before` at ages of 0 and less, where nothing of a distribution of ages has failed."""
        age = np.asarray(t, dtype=np.float64)
        if self.form != "location" and self.family.is_of_age:
            inside = age > 0.0
        else:
            inside = age > (self.working[-1] if self.form == "location" else -np.inf)
        with np.errstate(all="ignore"):
            return np.where(inside, part(np.where(inside, age, 1.0 + np.abs(age)), self._theta), before)

    @cached_property
    def _likelihood(self) -> LifeLikelihood:
        return LifeLikelihood(self.family, self._own_data())

    @cached_property
    def _calibration(self) -> Calibration:
        lives = family_lives(self.family, plan_of(self._own_data()), self.working)
        return Calibration(lives, self.counts.failures, self.working, self._profile, self.quantile(KNOTS))

    def _check(self, bounds: Bounds) -> None:
        if bounds == "calibrated":
            check_calibrated(self.family)

    def _profile(self, quantity: Quantity) -> ConstrainedProfile:
        return ConstrainedProfile(quantity, self._likelihood, self.working, self.covariance)

    def _centre_and_error(self, quantity: Any) -> tuple[float, float]:
        return quantity.estimate, quantity.standard_error(self.working, self.covariance)

    def _parameters(self) -> dict[str, Callable[[], Quantity]]:
        # Bound as defaults, as the loop goes on.
        named: dict[str, Callable[[], Quantity]] = {
            parameter.name: lambda at=at: self._parameter(at)  # type: ignore[misc]
            for at, parameter in enumerate(self.family.parameters)
        }
        return named | {"mean": self._mean}

    def _parameter(self, at: int) -> Quantity:
        parameter = self.family.parameters[at]
        if not self.covariance[at, at] > 0.0:
            raise InvalidData(
                f"{parameter.name} stands at the edge of what is possible and has no bounds of this kind"
            )
        return Quantity(
            lambda theta, v: theta[at] - v, float(self.working[at]), parameter.to_natural, name=parameter.name
        )

    def _mean(self) -> Quantity:
        mean, family = self.mean, self.family
        if not math.isfinite(mean):
            raise InvalidData("this distribution has no finite mean, so there are no bounds on it")
        if mean > 0.0 and family.is_of_age:
            return Quantity(
                lambda theta, v: np.log(family.mean(theta)) - v, math.log(mean), exponential, name="mean"
            )
        return Quantity(lambda theta, v: family.mean(theta) - v, mean, float, name="mean")

    def _quantile_of(self, p: float) -> Quantity:
        estimate, family = float(self.quantile(p)), self.family
        if not math.isfinite(estimate):
            raise InvalidData(f"a fraction of {p:g} never fails here, so there are no bounds on that age")
        is_log, score = (
            family.is_of_age and estimate > 0.0,
            float(np.squeeze(family.score(estimate, self._theta))),
        )

        def constraint(theta: Sequence[Value], v: Value) -> Value:
            return family.score(np.exp(v) if is_log else v, theta) - score

        name = f"quantile {p!r}"
        if is_log:
            return Quantity(constraint, math.log(estimate), exponential, name=name)
        return Quantity(constraint, estimate, float, name=name)

    def _reliability_at(self, t: float) -> Quantity:
        return self._score(t, lambda v: self.family.probabilities(v)[1], falls=True)

    def _failure_at(self, t: float) -> Quantity:
        return self._score(t, lambda v: self.family.probabilities(v)[0])

    def _score(self, t: float, natural: Callable[[float], float], *, falls: bool = False) -> Quantity:
        family, age = self.family, np.array([t])
        estimate = float(np.squeeze(family.score(age, self._theta)))
        if not math.isfinite(estimate):
            raise InvalidData(
                f"at age {t:g} the fit leaves no doubt (reliability 0 or 1), so there are no bounds"
            )
        return Quantity(
            lambda theta, v: family.score(age, theta) - v, estimate, natural, name=f"score {t!r}", falls=falls
        )

    def _hazard_at(self, t: float) -> Quantity:
        age = np.array([t])
        estimate = float(np.squeeze(self._log_hazard(age, self._theta)))
        return Quantity(
            lambda theta, v: self._log_hazard(age, theta) - v, estimate, exponential, name=f"hazard {t!r}"
        )


def _after_new(t: ArrayLike) -> FloatArray:
    """Ages with 0 moved to the next to it: a constant rate is there from the start, and 0 itself lies outside."""
    age = np.asarray(t, dtype=np.float64)
    return np.where(age == 0.0, np.finfo(np.float64).tiny, age)
