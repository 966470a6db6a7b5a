"""What a proportional-hazards fit says: hazard ratios, reliability at any conditions, and whether it may be believed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from analytics.covariates import at_conditions
from analytics.errors import InvalidData
from analytics.lifedata import LifeCounts
from analytics.results import Band, FloatArray, Interval, Result, Side
from analytics.weibull_intervals import standard_deviates

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True)
class ProportionalityTest:
    """Test of hazards that keep their ratio at every age, against a ratio that changes with age.

    A small `p_value` speaks against proportional hazards. With many covariates some p-values are small by chance: look at
    the "global" one first.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float


@dataclass(frozen=True, eq=False, kw_only=True)
class CoxFit(Result):
    """A fitted proportional-hazards model; made by `fit_cox`.

    Attributes
    ----------
    covariates : tuple of str
        Names, in the order of `estimate`.
    estimate : ndarray, shape (p,)
        Coefficients: the logarithm of the hazard ratio for one unit more of each covariate.
    covariance : ndarray, shape (p, p)
        Their covariance, the inverse of the observed information.
    conditions : dict
        Mean of each covariate over the units, where reliability is given unless other conditions are named.
    loglik, null_loglik : float
        Log partial likelihood at the estimate, and without any effect of the covariates.
    ties : {"efron", "breslow"}
        How failures at one age were treated.
    score_norm : float
        Distance from the exact maximum in standard errors; below 1e-7 by construction.
    proportionality : dict of str to ProportionalityTest
        By covariate, and "global" for all of them at once.
    age : ndarray, shape (k,)
        Ages at failure.
    cumulative_hazard, hazard_variance, hazard_drift : ndarray, shapes (k,), (k,), (k, p)
        At each age under `conditions`: the cumulative hazard, its variance were the coefficients known, and the sum that
        carries their uncertainty over.
    counts : LifeCounts
        Records, failures, suspensions.
    """

    counts: LifeCounts
    covariates: tuple[str, ...]
    estimate: FloatArray
    covariance: FloatArray
    conditions: dict[str, float]
    loglik: float
    null_loglik: float
    ties: Ties
    score_norm: float
    proportionality: dict[str, ProportionalityTest]
    age: FloatArray
    cumulative_hazard: FloatArray
    hazard_variance: FloatArray
    hazard_drift: FloatArray

    @property
    def coefficients(self) -> dict[str, float]:
        """Logarithm of the hazard ratio of each covariate, for one unit more of it."""
        return dict(zip(self.covariates, self.estimate.tolist(), strict=True))

    @property
    def hazard_ratios(self) -> dict[str, float]:
        """By how much one unit more of each covariate multiplies the failure rate."""
        return dict(zip(self.covariates, np.exp(self.estimate).tolist(), strict=True))

    @property
    def aic(self) -> float:
        """Akaike's information criterion of the partial likelihood; not comparable with that of a distribution."""
        return 2.0 * len(self.covariates) - 2.0 * self.loglik

    def interval(self, name: str, *, confidence: float | None = None, side: Side = "two") -> Interval:
        """Wald bounds on a coefficient."""
        level = self.confidence if confidence is None else confidence
        below, above = standard_deviates(level, side)
        at, error = self.coefficients[self._known(name)], self.standard_error(name)
        return Interval(
            at - below * error if side != "upper" else None,
            at + above * error if side != "lower" else None,
            level,
            side,
            "wald",
        )

    def hazard_ratio_interval(
        self, name: str, *, confidence: float | None = None, side: Side = "two"
    ) -> Interval:
        """Bounds on the hazard ratio of a covariate, made on the log scale."""
        found = self.interval(name, confidence=confidence, side=side)
        return Interval(
            None if found.lower is None else math.exp(found.lower),
            None if found.upper is None else math.exp(found.upper),
            found.confidence,
            side,
            found.method,
        )

    def standard_error(self, name: str) -> float:
        """Standard error of a coefficient."""
        at = self.covariates.index(self._known(name))
        return math.sqrt(float(self.covariance[at, at]))

    def p_value(self, name: str) -> float:
        """Two-sided probability of a coefficient at least this far from 0 if the covariate had no effect (Wald's test)."""
        return float(2.0 * ndtr(-abs(self.coefficients[self._known(name)]) / self.standard_error(name)))

    def relative_hazard(self, conditions: Mapping[str, float]) -> float:
        """Failure rate at `conditions` as a multiple of that at the conditions of the fit."""
        return math.exp(float(self._away(conditions) @ self.estimate))

    def reliability(self, t: ArrayLike, conditions: Mapping[str, float] | None = None) -> FloatArray:
        """Probability to survive age `t` at the conditions (the fit's own where None); NaN beyond the last age seen.

        Parameters
        ----------
        t : array_like
            Ages in `unit`.
        conditions : mapping of str to float, optional
            A value for each covariate.
        """
        hazard = self._hazard(np.asarray(t, dtype=np.float64), conditions)[0]
        return np.exp(-hazard)

    def reliability_band(
        self,
        t: ArrayLike,
        conditions: Mapping[str, float] | None = None,
        *,
        confidence: float | None = None,
        side: Side = "two",
    ) -> Band:
        """Reliability with pointwise bounds at each age of `t`, made on the scale of log(-log S).

        Before the first failure the estimate is 1 and has no bounds of this kind (NaN).
        """
        ages = np.atleast_1d(np.asarray(t, dtype=np.float64))
        hazard, error = self._hazard(ages, conditions)
        level = self.confidence if confidence is None else confidence
        below, above = standard_deviates(level, side)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = error / hazard
        lower, upper = np.exp(-hazard * np.exp(below * relative)), np.exp(-hazard * np.exp(-above * relative))
        return Band(
            ages,
            np.exp(-hazard),
            None if side == "upper" else lower,
            None if side == "lower" else upper,
            level,
            side,
            "wald",
        )

    def _hazard(self, t: FloatArray, conditions: Mapping[str, float] | None) -> tuple[FloatArray, FloatArray]:
        """Cumulative hazard and its standard error."""
        away = np.zeros(len(self.covariates)) if conditions is None else self._away(conditions)
        ratio = math.exp(float(away @ self.estimate))
        at = np.searchsorted(self.age, t, side="right")
        hazard = np.concatenate([[0.0], self.cumulative_hazard])[at]
        drift = np.concatenate([np.zeros((1, len(away))), self.hazard_drift])[at] - hazard[..., None] * away
        variance = np.concatenate([[0.0], self.hazard_variance])[at]
        variance = variance + np.einsum("...i,ij,...j->...", drift, self.covariance, drift)
        seen = t <= self.age[-1]
        return np.where(seen, hazard * ratio, np.nan), np.sqrt(variance) * ratio

    def _away(self, conditions: Mapping[str, float]) -> FloatArray:
        return at_conditions(self.covariates, conditions) - at_conditions(self.covariates, self.conditions)

    def _known(self, name: str) -> str:
        if name not in self.covariates:
            raise InvalidData(f"{name!r} is no covariate of the fit; there are {', '.join(self.covariates)}")
        return name


def doubtful_proportionality(
    tests: Mapping[str, ProportionalityTest], covariates: Sequence[str], threshold: float = 0.05
) -> tuple[str, ...]:
    """The warning that goes with hazards that do not keep their ratio."""
    overall = tests["global"].p_value
    if not overall < threshold:
        return ()
    worst = min(covariates, key=lambda name: tests[name].p_value)
    return (
        f"the hazards are not proportional (p = {overall:.2g}), least so by {worst}: its ratio changes with age, and the "
        "hazard ratio is an average over the ages of these failures",
    )
