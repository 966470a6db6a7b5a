"""What a fitted life distribution of any family says: its numbers, its curves, and the bounds on them."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from analytics.compound_families import Limited, Mixture
from analytics.errors import InvalidData
from analytics.families import FAMILIES, Family, Shifted
from analytics.jets import Value
from analytics.lifedata import LifeCounts, LifeData
from analytics.likelihood import LifeLikelihood
from analytics.profiles import Quantity, quantity_bounds
from analytics.results import Band, FloatArray, Interval, Result, Side

Bounds = Literal["wald", "likelihood_ratio"]
Form = Literal["plain", "location", "limited", "mixture"]


@dataclass(frozen=True, eq=False, kw_only=True)
class DistributionFit(Result):
    """A fitted life distribution; made by `fit_distribution` and its relatives.

    Each parameter is an attribute under its own name (``fit.mu``, ``fit.sigma``), a float in the unit of the data. Where a
    method takes `confidence`, `side` or `bounds`, None means the value given at the fit.

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
    loglik : float
        Log-likelihood at the estimate.
    bounds : {"wald", "likelihood_ratio"}
        Which bounds the fit gives where none are named.
    score_norm : float
        Distance from the exact maximum in standard errors; below 1e-7 by construction.
    counts : LifeCounts
        Records, failures, suspensions; exact, left- and interval-censored failures.
    data : LifeData or None
        The data, needed for likelihood-ratio bounds. It does not go into JSON: `with_data` attaches it again.
    """

    distribution: str
    counts: LifeCounts
    working: FloatArray
    covariance: FloatArray
    loglik: float
    bounds: Bounds = "wald"
    score_norm: float = 0.0
    form: Form = "plain"
    components: int = 1
    data: LifeData | None = field(default=None, repr=False, metadata={"json": False})

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
    def median(self) -> float:
        """Age by which half have failed."""
        return float(self.quantile(0.5))

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2 k - 2 loglik, for k parameters."""
        return 2.0 * self.free - 2.0 * self.loglik

    @property
    def aicc(self) -> float:
        """AIC with the small-sample correction for n units; infinite where n <= k + 1."""
        n, k = self.units, self.free
        return self.aic + 2.0 * k * (k + 1.0) / (n - k - 1.0) if n > k + 1 else math.inf

    @property
    def bic(self) -> float:
        """Bayesian information criterion, k log n - 2 loglik, for n units."""
        return self.free * math.log(self.units) - 2.0 * self.loglik

    @property
    def free(self) -> int:
        """Parameters estimated."""
        return len(self.working)

    @property
    def units(self) -> int:
        """Units in the data, failed or not."""
        return self.counts.failures + self.counts.suspensions

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
        """Probability density of failure at age `t`, per `unit`."""
        return np.exp(self._log(self.family.log_density, t, -np.inf))

    def hazard(self, t: ArrayLike) -> FloatArray:
        """Failure rate at age `t` of a part that has survived to it, per `unit`."""
        return np.exp(self._log(self._log_hazard, t, -np.inf))

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p`, in [0, 1), has failed; infinite where that never happens."""
        fraction = np.asarray(p, dtype=np.float64)
        if np.any((fraction < 0) | (fraction >= 1)):
            raise InvalidData("a quantile needs a failed fraction of at least 0 and below 1")
        with np.errstate(divide="ignore"):
            return np.asarray(self.family.quantile(fraction, self._theta))

    def b_life(self, percent: float) -> float:
        """B-life: the age by which `percent` % have failed (``b_life(10)`` is B10)."""
        return float(self.quantile(percent / 100.0))

    def interval(
        self, name: str, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on a named number.

        Parameters
        ----------
        name : str
            A parameter, "mean", "median", or a B-life such as "b10" or "b0.1".
        confidence : float, optional
            In (0, 1); the fit's own where not given.
        side : {"two", "lower", "upper"}
            A one-sided bound carries the whole confidence on its side.
        bounds : {"wald", "likelihood_ratio"}, optional
            The fit's own where not given.

        Raises
        ------
        InvalidData
            If the name is unknown, or the bounds need data that the fit no longer carries.

        Examples
        --------
        >>> from analytics import fit_lognormal
        >>> fit = fit_lognormal(LifeData([54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500], [1] * 10 + [0],
        ...                              count=[1] * 10 + [10]))
        >>> found = fit.interval("sigma", confidence=0.95)
        >>> round(found.lower, 3), round(found.upper, 3)
        (0.559, 1.479)
        """
        return self._found(self._named(name), confidence, side, bounds)

    def quantile_interval(
        self, p: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the age by which the fraction `p`, in (0, 1), has failed."""
        return self._found(self._quantile(p), confidence, side, bounds)

    def reliability_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the reliability at age `t`, made on the family's own scale (see Notes of
        `fit_distribution`)."""
        # Reliability falls as the score rises: a lower bound on one is an upper bound on the other.
        opposite: dict[Side, Side] = {"lower": "upper", "upper": "lower"}
        found = self._found(self._score(t, at=1), confidence, opposite.get(side, side), bounds)
        return Interval(found.upper, found.lower, found.confidence, side, found.method)

    def failure_probability_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the probability to have failed by age `t`."""
        return self._found(self._score(t, at=0), confidence, side, bounds)

    def hazard_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the failure rate at age `t`, per `unit` (log scale)."""
        _positive_age(t)
        age = np.array([float(t)])
        estimate = float(np.squeeze(self._log_hazard(age, self._theta)))
        quantity = Quantity(lambda theta, v: self._log_hazard(age, theta) - v, estimate, _exp)
        return self._found(quantity, confidence, side, bounds)

    def reliability_band(
        self,
        t: ArrayLike,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Band:
        """Reliability with pointwise bounds at each age of `t` > 0 (each bound holds alone, not all at once)."""
        return self._band(self.reliability, self.reliability_interval, t, confidence, side, bounds)

    def hazard_band(
        self,
        t: ArrayLike,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Band:
        """Failure rate with pointwise bounds at each age of `t` > 0."""
        return self._band(self.hazard, self.hazard_interval, t, confidence, side, bounds)

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

    def with_data(self, data: LifeData) -> Self:
        """The same fit with its data attached again, after a trip through JSON.

        Raises
        ------
        InvalidData
            If the fingerprint says that these are not the data of the fit.
        """
        if data.fingerprint != self.fingerprint:
            raise InvalidData("these are not the data that the fit was made from (fingerprints differ)")
        return dataclasses.replace(self, data=data)

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
        if self.data is None:
            raise InvalidData("likelihood-ratio bounds need the data; attach them with fit.with_data(data)")
        return LifeLikelihood(self.family, self.data)

    def _found(
        self, quantity: Quantity, confidence: float | None, side: Side, bounds: Bounds | None
    ) -> Interval:
        level = self.confidence if confidence is None else confidence
        chosen = known_bounds(bounds or self.bounds)
        low, high = quantity_bounds(
            quantity,
            self.working,
            self.covariance,
            bounds=chosen,
            confidence=level,
            side=side,
            likelihood=lambda: self._likelihood,
        )
        return Interval(
            quantity.natural(low) if side != "upper" else None,
            quantity.natural(high) if side != "lower" else None,
            level,
            side,
            chosen,
        )

    def _named(self, name: str) -> Quantity:
        family = self.family
        for at, parameter in enumerate(family.parameters):
            if parameter.name == name:
                if not self.covariance[at, at] > 0.0:
                    raise InvalidData(
                        f"{name} stands at the edge of what is possible and has no bounds of this kind"
                    )
                # Bound as defaults, as the loop goes on.
                return Quantity(
                    lambda theta, v, at=at: theta[at] - v,  # type: ignore[misc]
                    float(self.working[at]),
                    parameter.to_natural,
                )
        if name == "mean":
            return self._mean()
        if name == "median":
            return self._quantile(0.5)
        try:
            return self._quantile(float(name.removeprefix("b")) / 100.0)
        except ValueError:
            known = ", ".join(f'"{parameter.name}"' for parameter in family.parameters)
            raise InvalidData(
                f'no interval is known for {name!r}; there are {known}, "mean", "median" and "b10" and the like'
            ) from None

    def _mean(self) -> Quantity:
        mean = self.mean
        if not math.isfinite(mean):
            raise InvalidData("this distribution has no finite mean, so there are no bounds on it")
        if mean > 0.0 and self.family.is_of_age:
            return Quantity(lambda theta, v: np.log(self.family.mean(theta)) - v, math.log(mean), _exp)
        return Quantity(lambda theta, v: self.family.mean(theta) - v, mean, float)

    def _quantile(self, p: float) -> Quantity:
        if not 0.0 < p < 1.0:
            raise InvalidData(f"bounds on a quantile need a failed fraction between 0 and 1, not {p!r}")
        estimate, logit = float(self.quantile(p)), math.log(p) - math.log1p(-p)
        if not math.isfinite(estimate):
            raise InvalidData(f"a fraction of {p:g} never fails here, so there are no bounds on that age")
        is_log = self.family.is_of_age and estimate > 0.0

        def constraint(theta: Sequence[Value], v: Value) -> Value:
            age = np.exp(v) if is_log else v
            return self.family.log_failure(age, theta) - self.family.log_survival(age, theta) - logit

        return Quantity(constraint, math.log(estimate) if is_log else estimate, _exp if is_log else float)

    def _score(self, t: float, *, at: int) -> Quantity:
        _positive_age(t)
        family, age = self.family, np.array([float(t)])
        estimate = float(np.squeeze(family.score(age, self._theta)))
        if not math.isfinite(estimate):
            raise InvalidData(
                f"at age {t:g} the fit leaves no doubt (reliability 0 or 1), so there are no bounds"
            )
        return Quantity(
            lambda theta, v: family.score(age, theta) - v, estimate, lambda v: family.probabilities(v)[at]
        )

    def _band(
        self,
        curve: Callable[[ArrayLike], FloatArray],
        interval: Callable[..., Interval],
        t: ArrayLike,
        confidence: float | None,
        side: Side,
        bounds: Bounds | None,
    ) -> Band:
        ages = np.atleast_1d(np.asarray(t, dtype=np.float64))
        found = [interval(float(age), confidence=confidence, side=side, bounds=bounds) for age in ages]
        lower = None if side == "upper" else np.array([each.lower for each in found])
        upper = None if side == "lower" else np.array([each.upper for each in found])
        level = self.confidence if confidence is None else confidence
        return Band(ages, curve(ages), lower, upper, level, side, bounds or self.bounds)


def known_bounds(bounds: Bounds) -> Bounds:
    """The bounds asked for, refused where the word is unknown."""
    if bounds not in ("wald", "likelihood_ratio"):
        raise InvalidData(f'bounds must be "wald" or "likelihood_ratio", not {bounds!r}')
    return bounds


def _positive_age(t: float) -> None:
    if not 0.0 < t < math.inf:
        raise InvalidData(f"bounds need an age above 0, not {t!r}")


def _exp(x: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(x))
