"""Lives that the data leave plausible: draws of a fit's parameters, weighted by the likelihood of few failures."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from analytics.distribution_fit import DistributionFit
from analytics.errors import InvalidData
from analytics.lifedata import RIGHT_CENSORED, LifeData
from analytics.likelihood import LifeLikelihood
from analytics.renewal import LifeModel
from analytics.results import Counts, FloatArray
from analytics.weibull_fit import WeibullFit
from analytics.weibull_likelihood import WeibullLikelihood

# With more failures than this, the normal approximation is as good as the likelihood.
FEW_FAILURES = 100
# Proposals for each draw that is kept.
PROPOSALS = 5
# Beyond this the Monte Carlo error is far below that of the parameters, and the draws take minutes.
MOST_DRAWS = 100_000
# Student's t with few degrees of freedom reaches the long tails of a likelihood of few failures.
DEGREES_OF_FREEDOM = 4.0


@runtime_checkable
class FittedLife(LifeModel, Protocol):
    """What a forecast asks of a fit: a frozen dataclass whose parameters can be drawn and put in place of the
    estimates."""

    @property
    def counts(self) -> Counts: ...
    @property
    def exposure(self) -> float: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...

    def sample_parameters(self, n: int, *, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draws of the parameters by field name, each of shape (n,)."""
        ...


def refuse_draws(draws: int) -> None:
    """Refuse a number of draws that says nothing, or takes more time and memory than there is.

    Raises
    ------
    InvalidData
        If it is below 1 or above 100,000.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise InvalidData(f"draws must be from 1 to {MOST_DRAWS:,}, not {draws:g}")


def plausible_lives(fit: FittedLife, n: int, *, rng: np.random.Generator) -> tuple[list[LifeModel], str]:
    """Draw `n` lives, and say how.

    With few failures the normal distribution of the estimates is a poor picture of what is plausible: lives are
    then drawn in proportion to their likelihood times a prior: even over the working parameters (log eta and
    log beta; mu and log sigma), for which predictions from complete samples hold as often as they say, times
    the failures that the life expects in the exposure seen to the power of half the number of parameters. The power is what
    Jeffreys' rule adds where few of those watched fail, as the information on each parameter grows with the failures: for a
    constant rate it is the half failure between the two chi-square bounds. How often predictions hold with it is measured in
    ``fracas/docs/demand-coverage.md``.
    """
    if fit.counts.failures < FEW_FAILURES and getattr(fit, "data", None) is not None:
        if isinstance(fit, WeibullFit) and fit.covariance is not None and fit.method == "mle":
            centre = np.log([fit.eta, fit.beta])
            return _weighted(fit, centre, fit.covariance, n, rng), "likelihood"
        if isinstance(fit, DistributionFit) and np.linalg.matrix_rank(fit.covariance) == fit.working.size:
            return _weighted(fit, fit.working, fit.covariance, n, rng), "likelihood"
    if isinstance(fit, DistributionFit):
        drawn = rng.multivariate_normal(fit.working, fit.covariance, size=n, method="eigh")
        return _lives(fit, drawn), "normal"
    named = fit.sample_parameters(n, rng=rng)
    rows: list[dict[str, Any]] = [
        {name: float(values[k]) for name, values in named.items()} for k in range(n)
    ]
    return [replace(fit, **row) for row in rows], "gamma" if set(named) == {"theta"} else "normal"  # type: ignore[type-var]


def _weighted(
    fit: WeibullFit | DistributionFit,
    centre: FloatArray,
    covariance: FloatArray,
    n: int,
    rng: np.random.Generator,
) -> list[LifeModel]:
    """Sampling and importance resampling from a multivariate t around the estimate."""
    assert fit.data is not None
    log_likelihood = _log_likelihood(fit, fit.data)
    size, k = PROPOSALS * n, centre.size
    root = np.linalg.cholesky(covariance)
    normal = rng.standard_normal((size, k))
    stretch = DEGREES_OF_FREEDOM / rng.chisquare(DEGREES_OF_FREEDOM, size)
    proposed = centre + np.sqrt(stretch)[:, None] * (normal @ root.T)
    log_density = (
        -(DEGREES_OF_FREEDOM + k)
        / 2.0
        * np.log1p(stretch * np.square(normal).sum(axis=1) / DEGREES_OF_FREEDOM)
    )
    log_weight = np.array([log_likelihood(row) for row in proposed]) - log_density
    # What is hopeless is not looked at again: its hazards may be beyond any number.
    kept = np.flatnonzero(log_weight > log_weight.max() - 40.0)
    lives = _lives(fit, proposed[kept])
    weight = np.exp(log_weight[kept] - log_weight.max()) * _expected_failures(lives, fit.data) ** (k / 2.0)
    # One random number spreads the draws evenly over the weights, with less noise than n of them.
    at = (rng.uniform() + np.arange(n)) / n
    chosen = np.searchsorted(np.cumsum(weight) / weight.sum(), at).clip(max=kept.size - 1)
    return [lives[k] for k in chosen]


def _lives(fit: WeibullFit | DistributionFit, working: FloatArray) -> list[LifeModel]:
    # Without the data: a copy that carried them would check them again.
    if isinstance(fit, WeibullFit):
        return [replace(fit, eta=float(eta), beta=float(beta), data=None) for eta, beta in np.exp(working)]
    return [replace(fit, working=row, data=None) for row in working]


def _expected_failures(lives: Sequence[LifeModel], data: LifeData) -> FloatArray:
    """Failures that each life expects until the planned end of observation of each unit."""
    failed = data.event != RIGHT_CENSORED
    # The end that a failed unit would have had is known from the plan, or taken to be the latest seen.
    planned = data.time.max() if data.planned_exit is None else np.maximum(data.planned_exit, data.time)
    end = np.where(failed, planned, data.time)
    found = np.empty(len(lives))
    for k, life in enumerate(lives):
        hazard = life.cumulative_hazard(end) - life.cumulative_hazard(data.entry)
        found[k] = -data.count @ np.expm1(-hazard)
    return np.maximum(found, 1e-300)


def _log_likelihood(
    fit: WeibullFit | DistributionFit, data: LifeData
) -> Callable[[Sequence[float] | FloatArray], float]:
    if isinstance(fit, DistributionFit):
        return LifeLikelihood(fit.family, data).value
    likelihood = WeibullLikelihood(data)
    return lambda row: likelihood.value(float(row[0]), float(row[1]))
