"""The families of life distributions, each as a few formulas of its parameters on their working scales.

A family is asked for log density, log survival and log failure probability at ages, given its parameters as floats,
arrays or jets. `LocationScale` holds all that are a standard distribution moved and stretched (in age or in log age);
`Shifted` adds a failure-free time to another family. Mixtures and limited populations build on the same interface.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from scipy import special

from analytics import loggamma
from analytics.errors import InvalidData
from analytics.jets import TINY, Value, log1mexp_of_exp
from analytics.results import FloatArray

Working = Literal["log", "identity", "logit"]
Unit = Literal["time", "log time", "none"]

LOG_2_PI = math.log(2.0 * math.pi)
EULER = float(np.euler_gamma)


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name, the scale on which estimates are made, and what a change of unit does to it.

    `spread` marks a standard deviation in units of age, which is 0 where all failures lie at one age.
    """

    name: str
    working: Working
    unit: Unit
    spread: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """Working values, for ages of order 1, beyond which a search has run away to a boundary."""
        if self.unit == "none":
            return (-14.0, 14.0) if self.working == "log" else (-30.0, 30.0)
        if self.working == "log":
            return (-14.0 if self.spread else -80.0), 80.0
        return (-80.0, 80.0) if self.unit == "log time" else (-1e4, 1e6)

    def to_working(self, value: float) -> float:
        if self.working == "log":
            return math.log(value)
        return float(special.logit(value)) if self.working == "logit" else value

    def to_natural(self, value: float) -> float:
        if self.working == "log":
            return math.exp(value) if value < 709.0 else math.inf
        return float(special.expit(value)) if self.working == "logit" else value

    def rescale(self, value: float, factor: float) -> float:
        """The working value when the unit of age becomes `factor` times smaller."""
        if self.unit == "none":
            return value
        if self.working == "log" or self.unit == "log time":
            return value + math.log(factor)
        return value * factor

    def stretch(self, factor: float) -> float:
        """Derivative of `rescale`."""
        return factor if self.unit == "time" and self.working == "identity" else 1.0


class Family(Protocol):
    """What the likelihood, the intervals and the results ask of a distribution."""

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> tuple[Parameter, ...]: ...
    @property
    def is_of_age(self) -> bool:
        """Whether quantiles are ages above 0 (and bounds on them made on the log scale)."""

    def log_density(self, t: Value, theta: Sequence[Value]) -> Value: ...
    def log_survival(self, t: Value, theta: Sequence[Value]) -> Value: ...
    def log_failure(self, t: Value, theta: Sequence[Value]) -> Value: ...
    def score(self, t: Value, theta: Sequence[Value]) -> Value:
        """Rising transform of the failure probability on which bounds are made."""

    def probabilities(self, score: float) -> tuple[float, float]:
        """Failure and survival probability at a score."""

    def quantile(self, p: FloatArray, theta: Sequence[float]) -> FloatArray: ...
    def mean(self, theta: Sequence[Value]) -> Value: ...
    def sd(self, theta: Sequence[float]) -> float: ...
    def starts(self, at: FloatArray, share: float) -> Iterator[list[float]]:
        """Rough parameter vectors from which to look for the maximum: `at` are ages at failure in a unit in which
        they are of order 1, `share` the fraction that failed."""


@dataclass(frozen=True)
class Standard:
    """A standard distribution: location 0, scale 1, and perhaps a shape q."""

    log_density: Callable[[Value, Value], Value]
    log_survival: Callable[[Value, Value], Value]
    log_failure: Callable[[Value, Value], Value]
    deviate: Callable[[FloatArray, float], FloatArray]
    # log E[exp(r sigma z)]: the moments of exp(mu + sigma z).
    log_moment: Callable[[float, Value, Value], Value]
    mean: float = 0.0
    sd: float = 1.0
    # Failure and survival probability at z, where bounds are best made on the scale of z itself; else on the logit.
    probabilities: Callable[[float], tuple[float, float]] | None = None


def _exponent(z: Value) -> Value:
    # exp(300) stands for infinity: a density or survival there is 0 as a double, and its square still is a number.
    return np.exp(np.minimum(z, 300.0))


def _loggamma_moment(r: float, sigma: Value, q: Value) -> Value:
    k = np.exp(-2.0 * np.log(q)) if _positive(q) else np.exp(-2.0 * np.log(-q))
    power = sigma * r / q
    if not np.all(_plain(k + power) > 0.0):
        return np.inf
    return special.gammaln(k + power) - special.gammaln(k) - power * np.log(k)


def _plain(x: Value) -> FloatArray:
    return np.asarray(getattr(x, "value", x))


def _positive(x: Value) -> bool:
    return bool(np.all(_plain(x) > 0.0))


def _logistic_moment(r: float, sigma: Value, q: Value) -> Value:
    # From r sigma = 1 on there is no such moment: the logarithm of gamma(0) is infinite.
    return special.gammaln(1.0 + r * sigma) + special.gammaln(np.maximum(1.0 - r * sigma, 0.0))


SMALLEST_EXTREME = Standard(
    log_density=lambda z, q: z - _exponent(z),
    log_survival=lambda z, q: -_exponent(z),
    log_failure=lambda z, q: log1mexp_of_exp(z),
    deviate=lambda p, q: np.log(-np.log1p(-p)),
    log_moment=lambda r, sigma, q: special.gammaln(1.0 + r * sigma),
    mean=-EULER,
    sd=math.pi / math.sqrt(6.0),
    probabilities=lambda z: (-math.expm1(-math.exp(min(z, 700.0))), math.exp(-math.exp(min(z, 700.0)))),
)
NORMAL = Standard(
    log_density=lambda z, q: -0.5 * np.square(z) - 0.5 * LOG_2_PI,
    log_survival=lambda z, q: special.log_ndtr(-z),
    log_failure=lambda z, q: special.log_ndtr(z),
    deviate=lambda p, q: special.ndtri(p),
    log_moment=lambda r, sigma, q: 0.5 * np.square(r * sigma),
    probabilities=lambda z: (float(special.ndtr(z)), float(special.ndtr(-z))),
)


def logistic(score: float) -> tuple[float, float]:
    """Failure and survival probability of which `score` is the logit."""
    return float(special.expit(score)), float(special.expit(-score))


LOGISTIC = Standard(
    log_density=lambda z, q: special.log_expit(z) + special.log_expit(-z),
    log_survival=lambda z, q: special.log_expit(-z),
    log_failure=lambda z, q: special.log_expit(z),
    deviate=lambda p, q: special.logit(p),
    log_moment=_logistic_moment,
    probabilities=logistic,
)
LOG_GAMMA = Standard(
    loggamma.log_density, loggamma.log_survival, loggamma.log_failure, loggamma.deviate, _loggamma_moment
)


@dataclass(frozen=True)
class LocationScale:
    """A standard distribution of z = (y - mu) / sigma, where y is the age or its logarithm.

    `place` turns the working parameters into (mu, log sigma, q).
    """

    name: str
    parameters: tuple[Parameter, ...]
    standard: Standard
    place: Callable[[Sequence[Value]], tuple[Value, Value, Value]]
    unplace: Callable[[float, float, float], list[float]]
    of_log_age: bool = True
    shapes: tuple[float, ...] = (1.0,)

    @property
    def is_of_age(self) -> bool:
        return self.of_log_age

    def _z(self, t: Value, theta: Sequence[Value]) -> tuple[Value, Value, Value]:
        mu, log_sigma, q = self.place(theta)
        y = np.log(t) if self.of_log_age else t
        return (y - mu) * np.exp(-log_sigma), log_sigma, q

    def log_density(self, t: Value, theta: Sequence[Value]) -> Value:
        z, log_sigma, q = self._z(t, theta)
        found = self.standard.log_density(z, q) - log_sigma
        return found - np.log(t) if self.of_log_age else found

    def log_survival(self, t: Value, theta: Sequence[Value]) -> Value:
        z, _, q = self._z(t, theta)
        return self.standard.log_survival(z, q)

    def log_failure(self, t: Value, theta: Sequence[Value]) -> Value:
        z, _, q = self._z(t, theta)
        return self.standard.log_failure(z, q)

    def score(self, t: Value, theta: Sequence[Value]) -> Value:
        if self.standard.probabilities is not None:
            return self._z(t, theta)[0]
        return self.log_failure(t, theta) - self.log_survival(t, theta)

    def probabilities(self, score: float) -> tuple[float, float]:
        return (self.standard.probabilities or logistic)(score)

    def quantile(self, p: FloatArray, theta: Sequence[float]) -> FloatArray:
        mu, log_sigma, q = self.place(theta)
        y = mu + np.exp(log_sigma) * self.standard.deviate(np.asarray(p), q)
        return np.asarray(np.exp(y) if self.of_log_age else y)

    def mean(self, theta: Sequence[Value]) -> Value:
        mu, log_sigma, q = self.place(theta)
        if not self.of_log_age:
            return mu + np.exp(log_sigma) * self.standard.mean
        return np.exp(mu + self.standard.log_moment(1.0, np.exp(log_sigma), q))

    def sd(self, theta: Sequence[float]) -> float:
        mu, log_sigma, q = (float(value) for value in self.place(theta))
        sigma = math.exp(log_sigma)
        if not self.of_log_age:
            return sigma * self.standard.sd
        second = float(self.standard.log_moment(2.0, sigma, q))
        if math.isinf(second):
            return math.inf
        first = float(self.standard.log_moment(1.0, sigma, q))
        # A difference of logarithms keeps its digits where mean square minus squared mean does not.
        return math.exp(mu + first) * math.sqrt(math.expm1(second - 2.0 * first))

    def starts(self, at: FloatArray, share: float) -> Iterator[list[float]]:
        y = np.log(at) if self.of_log_age else at
        spread = max(float(np.std(y)), 0.02 * (1.0 if self.of_log_age else float(np.max(np.abs(y))) or 1.0))
        for q in self.shapes:
            for width in (0.25, 0.5, 0.8, 1.2, 2.0, 4.0):
                for part in (share, 0.5 * share, 0.1 * share, 0.9):
                    # The share that failed lies below the last age at failure.
                    mu = float(np.max(y)) - width * spread * float(
                        self.standard.deviate(np.array(min(part, 0.97)), q)
                    )
                    yield self.unplace(mu, math.log(width * spread), q)


@dataclass(frozen=True)
class Shifted:
    """A family whose lives begin at a failure-free time gamma, its last parameter."""

    base: LocationScale

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (*self.base.parameters, Parameter("gamma", "identity", "time"))

    @property
    def is_of_age(self) -> bool:
        return True

    def _age(self, t: Value, theta: Sequence[Value]) -> Value:
        return np.maximum(t - theta[-1], TINY)

    def log_density(self, t: Value, theta: Sequence[Value]) -> Value:
        found = self.base.log_density(self._age(t, theta), theta[:-1])
        before = _plain(t) < _plain(theta[-1])
        return found + np.where(before, -np.inf, 0.0) if before.any() else found

    def log_survival(self, t: Value, theta: Sequence[Value]) -> Value:
        return self.base.log_survival(self._age(t, theta), theta[:-1])

    def log_failure(self, t: Value, theta: Sequence[Value]) -> Value:
        return self.base.log_failure(self._age(t, theta), theta[:-1])

    def score(self, t: Value, theta: Sequence[Value]) -> Value:
        return self.base.score(self._age(t, theta), theta[:-1])

    def probabilities(self, score: float) -> tuple[float, float]:
        return self.base.probabilities(score)

    def quantile(self, p: FloatArray, theta: Sequence[float]) -> FloatArray:
        return theta[-1] + self.base.quantile(p, theta[:-1])

    def mean(self, theta: Sequence[Value]) -> Value:
        return self.base.mean(theta[:-1]) + theta[-1]

    def sd(self, theta: Sequence[float]) -> float:
        return self.base.sd(theta[:-1])

    def starts(self, at: FloatArray, share: float) -> Iterator[list[float]]:
        for theta in self.base.starts(at, share):
            yield [*theta, 0.0]


MU, SIGMA = Parameter("mu", "identity", "log time"), Parameter("sigma", "log", "none")
MU_AGE, SIGMA_AGE = Parameter("mu", "identity", "time"), Parameter("sigma", "log", "time", spread=True)
SCALE = "log", "time"


def _two(
    name: str,
    standard: Standard,
    *,
    of_log_age: bool = True,
    parameters: tuple[Parameter, ...] | None = None,
) -> LocationScale:
    return LocationScale(
        name,
        parameters or ((MU, SIGMA) if of_log_age else (MU_AGE, SIGMA_AGE)),
        standard,
        place=lambda theta: (theta[0], theta[1], 0.0),
        unplace=lambda mu, log_sigma, q: [mu, log_sigma],
        of_log_age=of_log_age,
    )


EXPONENTIAL = LocationScale(
    "exponential",
    (Parameter("theta", "log", "time"),),
    SMALLEST_EXTREME,
    place=lambda theta: (theta[0], 0.0, 0.0),
    unplace=lambda mu, log_sigma, q: [mu],
)
WEIBULL = LocationScale(
    "weibull",
    (Parameter("eta", "log", "time"), Parameter("beta", "log", "none")),
    SMALLEST_EXTREME,
    place=lambda theta: (theta[0], -theta[1], 0.0),
    unplace=lambda mu, log_sigma, q: [mu, -log_sigma],
)
LOGNORMAL = _two("lognormal", NORMAL)
LOGLOGISTIC = _two("loglogistic", LOGISTIC)
NORMAL_LIVES = _two("normal", NORMAL, of_log_age=False)
GUMBEL = _two("gumbel", SMALLEST_EXTREME, of_log_age=False)
GAMMA = LocationScale(
    "gamma",
    (Parameter("k", "log", "none"), Parameter("theta", "log", "time")),
    LOG_GAMMA,
    # With shape k, log age is a log-gamma variable of q = sigma = k ** -0.5 about the mean k theta.
    place=lambda theta: (theta[0] + theta[1], -0.5 * theta[0], np.exp(-0.5 * theta[0])),
    unplace=lambda mu, log_sigma, q: [-2.0 * log_sigma, mu + 2.0 * log_sigma],
)
GENERALISED_GAMMA = LocationScale(
    "generalised_gamma",
    (MU, SIGMA, Parameter("q", "identity", "none")),
    LOG_GAMMA,
    place=lambda theta: (theta[0], theta[1], theta[2]),
    unplace=lambda mu, log_sigma, q: [mu, log_sigma, q],
    shapes=(1.0, 0.0, 2.5, -1.0),
)

FAMILIES: dict[str, LocationScale] = {
    family.name: family
    for family in (
        EXPONENTIAL,
        WEIBULL,
        LOGNORMAL,
        NORMAL_LIVES,
        GAMMA,
        LOGLOGISTIC,
        GUMBEL,
        GENERALISED_GAMMA,
    )
}
# Families that may begin at a failure-free time; a normal or Gumbel distribution has its location already.
SHIFTABLE = ("exponential", "weibull", "lognormal", "gamma", "loglogistic", "generalised_gamma")


def family_named(name: str, *, location: bool = False) -> LocationScale | Shifted:
    """The family of a name, with a failure-free time where asked for.

    Raises
    ------
    InvalidData
        If there is no such family, or it cannot have a failure-free time.
    """
    if name not in FAMILIES:
        # Other programs write weibull3 or Weibull_3P for three parameters.
        plain = name.lower().rstrip("p").rstrip("0123456789").rstrip("_- ")
        by = "fit_weibull3, or " if plain == "weibull" else ""
        advice = (
            f'; a failure-free time is fitted by {by}fit_distribution(data, "{plain}", location="estimate")'
            if plain in SHIFTABLE
            else ""
        )
        raise InvalidData(f"no distribution is called {name!r}; there are {', '.join(FAMILIES)}{advice}")
    if not location:
        return FAMILIES[name]
    if name not in SHIFTABLE:
        raise InvalidData(f"a {name} distribution has no failure-free time of its own; leave location out")
    return Shifted(FAMILIES[name])
