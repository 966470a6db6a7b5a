"""Families built from others: mixtures of subpopulations, and populations of which only a part can fail."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import special
from scipy.optimize import brentq

from analytics.families import LocationScale, Parameter, logistic
from analytics.jets import Value
from analytics.results import FloatArray


class _OnLogit:
    """What families without a standard variable share: bounds on probabilities are made on their logit."""

    @property
    def is_of_age(self) -> bool:
        return True

    def log_failure(self, t: Value, theta: Sequence[Value]) -> Value:
        raise NotImplementedError

    def log_survival(self, t: Value, theta: Sequence[Value]) -> Value:
        raise NotImplementedError

    def score(self, t: Value, theta: Sequence[Value]) -> Value:
        return self.log_failure(t, theta) - self.log_survival(t, theta)

    def probabilities(self, score: float) -> tuple[float, float]:
        return logistic(score)


@dataclass(frozen=True)
class Mixture(_OnLogit):
    """A population of which each part has its own life distribution of one family.

    Its first `size` - 1 parameters are shares: p1 of all, s2 of what is then left, and so on.
    """

    base: LocationScale
    size: int

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        shares = [Parameter(f"{'s' if at else 'p'}{at + 1}", "logit", "none") for at in range(self.size - 1)]
        own = [
            Parameter(f"{each.name}{at + 1}", each.working, each.unit)
            for at in range(self.size)
            for each in self.base.parameters
        ]
        return (*shares, *own)

    def log_shares(self, theta: Sequence[Value]) -> list[Value]:
        """Log share of each part; they sum to 1 on the natural scale."""
        found: list[Value] = []
        left: Value = 0.0
        for at in range(self.size - 1):
            found.append(left + special.log_expit(theta[at]))
            left = left + special.log_expit(-theta[at])
        return [*found, left]

    def own(self, theta: Sequence[Value], at: int) -> Sequence[Value]:
        """Parameters of one part."""
        width = len(self.base.parameters)
        start = self.size - 1 + at * width
        return theta[start : start + width]

    def _mixed(self, part: str, t: Value, theta: Sequence[Value]) -> Value:
        total: Value = None
        for at, log_share in enumerate(self.log_shares(theta)):
            term = log_share + getattr(self.base, part)(t, self.own(theta, at))
            total = term if total is None else np.logaddexp(total, term)
        return total

    def log_density(self, t: Value, theta: Sequence[Value]) -> Value:
        return self._mixed("log_density", t, theta)

    def log_survival(self, t: Value, theta: Sequence[Value]) -> Value:
        return self._mixed("log_survival", t, theta)

    def log_failure(self, t: Value, theta: Sequence[Value]) -> Value:
        return self._mixed("log_failure", t, theta)

    def quantile(self, p: FloatArray, theta: Sequence[float]) -> FloatArray:
        found = [self._one_quantile(float(each), theta) for each in np.ravel(p)]
        return np.array(found).reshape(np.shape(p))

    def _one_quantile(self, p: float, theta: Sequence[float]) -> float:
        if p <= 0.0:
            return 0.0
        ends = [
            math.log(float(self.base.quantile(np.array(p), self.own(theta, at)))) for at in range(self.size)
        ]
        low, high = min(ends) - 1e-9, max(ends) + 1e-9
        target = float(special.logit(p))
        with np.errstate(all="ignore"):
            root = brentq(
                lambda log_t: np.clip(float(self.score(math.exp(log_t), theta)) - target, -1e6, 1e6),
                low,
                high,
                xtol=1e-14,
            )
        return math.exp(float(root))

    def mean(self, theta: Sequence[Value]) -> Value:
        total: Value = 0.0
        for at, log_share in enumerate(self.log_shares(theta)):
            total = total + np.exp(log_share) * self.base.mean(self.own(theta, at))
        return total

    def sd(self, theta: Sequence[float]) -> float:
        shares = [math.exp(float(share)) for share in self.log_shares(theta)]
        means = [float(self.base.mean(self.own(theta, at))) for at in range(self.size)]
        sds = [self.base.sd(self.own(theta, at)) for at in range(self.size)]
        mean = sum(share * each for share, each in zip(shares, means, strict=True))
        return math.sqrt(
            sum(
                share * (sd**2 + (each - mean) ** 2)
                for share, each, sd in zip(shares, means, sds, strict=True)
            )
        )

    def starts(self, at: FloatArray, share: float) -> Iterator[list[float]]:
        """The sorted failures cut in parts at several places, each part fitted roughly by its own moments."""
        y = np.sort(np.log(at))
        for weights in _cuts(self.size):
            edges = np.concatenate([[0], np.round(np.cumsum(weights) * y.size).astype(int)])
            parts = [y[a:b] if b > a else y for a, b in pairwise(edges)]
            own: list[float] = []
            for part in parts:
                width = max(float(np.std(part)), 0.05 * max(float(np.std(y)), 1e-3))
                own += self.base.unplace(float(np.mean(part)) + 0.45 * width, math.log(0.78 * width), 0.0)
            yield [*_sticks(weights), *own]
            # The survivors may all belong to the last part, which is then larger and longer lived.
            scaled = [weight * share for weight in weights[:-1]]
            yield [*_sticks([*scaled, 1.0 - sum(scaled)]), *own]


def _cuts(size: int) -> Iterator[list[float]]:
    steps = (0.1, 0.25, 0.5, 0.75, 0.9) if size == 2 else (0.15, 0.33, 0.6)
    if size == 1:
        yield [1.0]
        return
    for first in steps:
        for rest in _cuts(size - 1):
            yield [first, *((1.0 - first) * each for each in rest)]


def _sticks(weights: Sequence[float]) -> list[float]:
    left, found = 1.0, []
    for weight in weights[:-1]:
        found.append(float(special.logit(min(max(weight / left, 1e-3), 1.0 - 1e-3))))
        left -= weight
    return found


@dataclass(frozen=True)
class Limited(_OnLogit):
    """A population of which a share p can fail, with lives of the base family; the rest never does."""

    base: LocationScale

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter("p", "logit", "none"), *self.base.parameters)

    def log_density(self, t: Value, theta: Sequence[Value]) -> Value:
        return special.log_expit(theta[0]) + self.base.log_density(t, theta[1:])

    def log_failure(self, t: Value, theta: Sequence[Value]) -> Value:
        return special.log_expit(theta[0]) + self.base.log_failure(t, theta[1:])

    def log_survival(self, t: Value, theta: Sequence[Value]) -> Value:
        can_fail, cannot = special.log_expit(theta[0]), special.log_expit(-theta[0])
        return np.logaddexp(cannot, can_fail + self.base.log_survival(t, theta[1:]))

    def quantile(self, p: FloatArray, theta: Sequence[float]) -> FloatArray:
        share = np.asarray(p) / float(special.expit(theta[0]))
        inside = np.where(share < 1.0, share, 0.5)
        return np.where(share < 1.0, self.base.quantile(inside, theta[1:]), np.inf)

    def mean(self, theta: Sequence[Value]) -> Value:
        return np.inf

    def sd(self, theta: Sequence[float]) -> float:
        return math.inf

    def starts(self, at: FloatArray, share: float) -> Iterator[list[float]]:
        for part in (1.02 * share, 1.5 * share, 4.0 * share, 0.5, 0.95):
            p = min(max(part, 1e-9), 1.0 - 1e-6)
            for theta in self.base.starts(at, min(share / p, 0.95)):
                yield [float(special.logit(p)), *theta]
