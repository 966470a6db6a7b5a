"""What a fitted two-parameter Weibull distribution says: its numbers, its curves, and the bounds on them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from analytics.calibrated import KNOTS, Calibration
from analytics.errors import InvalidData
from analytics.life_fit import Bounds, LifeFit
from analytics.ranks import Ranks
from analytics.resampling import WeibullLives, plan_of
from analytics.results import FloatArray
from analytics.weibull_intervals import (
    BETA,
    ETA,
    LOG_MEAN,
    Profile,
    Quantity,
    failure_probability,
    log_hazard,
    log_quantile,
    reliability,
    standard_error,
)
from analytics.weibull_likelihood import WeibullLikelihood


@dataclass(frozen=True, eq=False, kw_only=True)
class WeibullFit(LifeFit):
    """A fitted two-parameter Weibull distribution, S(t) = exp(-(t / eta) ** beta).

    Made by `fit_weibull`. Numbers are floats in the unit of the data. Where a method takes `confidence`, `side` or
    `bounds`, None means the value given at the fit; the other attributes are those of `LifeFit`.

    Attributes
    ----------
    eta : float
        Scale (characteristic life), in `unit`: the age by which 63.2 % have failed.
    beta : float
        Shape: below 1 a falling failure rate, 1 constant, above 1 wear-out.
    covariance : ndarray of shape (2, 2) or None
        Covariance of (log eta, log beta): the inverse of the observed information at the estimate. None where the
        information at a rank-regression estimate is not positive definite.
    score_norm : float or None
        Distance from the exact maximum in standard errors; below 1e-6 by construction for "mle", None for rank regression.
    r_squared : float or None
        Squared correlation of the probability plot; rank regression only.
    ranks : {"benard", "exact"} or None
        Median ranks used; rank regression only.
    """

    eta: float
    beta: float
    covariance: FloatArray | None
    score_norm: float | None = None
    r_squared: float | None = None
    ranks: Ranks | None = None

    @property
    def free(self) -> int:
        """Parameters estimated."""
        return 2

    @property
    def mean(self) -> float:
        """Mean life, eta Gamma(1 + 1 / beta). It is the MTBF only if every repair makes the part as new."""
        return self.eta * math.exp(float(gammaln(1.0 + 1.0 / self.beta)))

    @property
    def sd(self) -> float:
        """Standard deviation of life."""
        # Differences of log-gamma keep their digits at large beta, where mean square minus squared mean does not.
        twice = float(gammaln(1.0 + 2.0 / self.beta)) - 2.0 * float(gammaln(1.0 + 1.0 / self.beta))
        return self.mean * math.sqrt(math.expm1(twice))

    def reliability(self, t: ArrayLike) -> FloatArray:
        """Probability to survive age `t` (array_like, in `unit`); 1 at and below age 0."""
        return np.exp(-self.cumulative_hazard(t))

    def failure_probability(self, t: ArrayLike) -> FloatArray:
        """Probability to have failed by age `t`, 1 - S(t), accurate for small probabilities."""
        return -np.expm1(-self.cumulative_hazard(t))

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """(t / eta) ** beta: expected failures by age `t` of a part kept running by minimal repair."""
        return (np.maximum(np.asarray(t, dtype=np.float64), 0.0) / self.eta) ** self.beta

    def hazard(self, t: ArrayLike) -> FloatArray:
        """Failure rate at age `t` > 0 of a part that has survived to it, per `unit`."""
        age = np.asarray(t, dtype=np.float64)
        with np.errstate(divide="ignore"):
            return self.beta / self.eta * (age / self.eta) ** (self.beta - 1.0)

    def density(self, t: ArrayLike) -> FloatArray:
        """Probability density of failure at age `t` > 0, per `unit`."""
        return self.hazard(t) * self.reliability(t)

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p`, in [0, 1), has failed."""
        fraction = np.asarray(p, dtype=np.float64)
        if np.any((fraction < 0) | (fraction >= 1)):
            raise InvalidData("a quantile needs a failed fraction of at least 0 and below 1")
        return self.eta * (-np.log1p(-fraction)) ** (1.0 / self.beta)

    def sample_parameters(self, n: int, *, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draw `n` plausible parameter pairs, to carry the uncertainty of the fit into a prediction.

        Draws come from the normal distribution of (log eta, log beta) with the fit's covariance: the large-sample
        distribution of the estimate, read as uncertainty about the truth.

        Returns
        -------
        dict
            ``{"eta": array of shape (n,), "beta": array of shape (n,)}``.
        """
        drawn = rng.multivariate_normal(self._working, self._covariance(), size=n)
        return {"eta": np.exp(drawn[:, 0]), "beta": np.exp(drawn[:, 1])}

    def _check(self, bounds: Bounds) -> None:
        weibull_bounds(bounds, self.method)

    def _parameters(self) -> dict[str, Callable[[], Quantity]]:
        return {"eta": lambda: ETA, "beta": lambda: BETA, "mean": lambda: LOG_MEAN}

    def _quantile_of(self, p: float) -> Quantity:
        return log_quantile(p)

    def _reliability_at(self, t: float) -> Quantity:
        return reliability(math.log(t))

    def _failure_at(self, t: float) -> Quantity:
        return failure_probability(math.log(t))

    def _hazard_at(self, t: float) -> Quantity:
        return log_hazard(math.log(t))

    @cached_property
    def _working(self) -> tuple[float, float]:
        return math.log(self.eta), math.log(self.beta)

    @cached_property
    def _likelihood(self) -> WeibullLikelihood:
        return WeibullLikelihood(self._own_data())

    @cached_property
    def _calibration(self) -> Calibration:
        lives = WeibullLives(plan_of(self._own_data()))
        return Calibration(lives, self.counts.failures, self._working, self._profile, self.quantile(KNOTS))

    def _profile(self, quantity: Quantity) -> Profile:
        return Profile(quantity, self._likelihood, *self._working, self._covariance())

    def _centre_and_error(self, quantity: Any) -> tuple[float, float]:
        error = standard_error(quantity, *self._working, self._covariance())
        return float(quantity.value(*self._working)), error

    def _covariance(self) -> FloatArray:
        if self.covariance is None:
            raise InvalidData(
                'the information at the rank-regression estimate gives no bounds; use method="mle"'
            )
        return self.covariance


def weibull_bounds(bounds: Bounds, method: str) -> None:
    """Refuse bounds that the method does not have."""
    if bounds != "wald" and method != "mle":
        raise InvalidData('likelihood-ratio and calibrated bounds exist for method="mle" only')
