"""How many failures a fleet will have in each period to come."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.arguments import checked
from analytics.counts import count_quantile, mixture, pmf_of_moments
from analytics.errors import NotEnoughFailures
from analytics.fleet_demand import Replacement, period_moments
from analytics.planned_use import PlannedUse, planned_use
from analytics.plausible import FittedLife, plausible_lives, refuse_draws
from analytics.renewal import LifeModel
from analytics.results import Counts, FloatArray, Result, tail_probabilities
from analytics.spares import DEFAULT_SEED, DRAWS, forecast_warnings


@dataclass(frozen=True, eq=False, kw_only=True)
class FailureForecast(Result):
    """Predictive distributions of the failures of a fleet, period by period; made by `forecast_failures`.

    `counts` and `exposure` are those of the fit behind it.

    Attributes
    ----------
    lengths : ndarray, shape (periods,)
        Length of each period as given.
    expected : ndarray, shape (periods,)
        Expected failures in each period.
    standard_error : ndarray, shape (periods,)
        Monte Carlo standard error of `expected`; 0 when parameters are not drawn.
    estimate : ndarray of shape (periods,) or None
        Expected failures if the estimated parameters were the truth; None where the fit has no point estimate.
    lower, upper : ndarray of int, shape (periods,)
        Two-sided prediction interval of each period on its own, with the probability `confidence`.
    pmf : ndarray, shape (periods, k)
        Probability of 0, 1, ... failures in each period.
    positions : int
        Number of installed parts.
    replacement : {"as_new", "as_old", "none"}
        What happens at a failure.
    draws : int
        Number of parameter draws averaged over; 0 when the estimates were taken as the truth.
    """

    lengths: FloatArray
    expected: FloatArray
    standard_error: FloatArray
    estimate: FloatArray | None
    lower: FloatArray
    upper: FloatArray
    pmf: FloatArray
    positions: int
    replacement: Replacement
    draws: int

    @property
    def ends(self) -> FloatArray:
        """Time from now to the end of each period, shape (periods,)."""
        return np.cumsum(self.lengths)

    @property
    def cumulative(self) -> FloatArray:
        """Expected failures by the end of each period, shape (periods,)."""
        return np.cumsum(self.expected)

    def quantile(self, p: float) -> FloatArray:
        """Smallest number that the failures of each period do not exceed with probability `p`, in (0, 1)."""
        return np.array([float(count_quantile(row, p)) for row in self.pmf])


@checked
def forecast_failures(
    fit: FittedLife,
    ages: ArrayLike,
    periods: ArrayLike,
    *,
    usage_per_unit: ArrayLike = 1.0,
    replacement: Replacement = "as_new",
    parameter_uncertainty: bool = True,
    confidence: float = 0.90,
    draws: int = DRAWS,
    rng: np.random.Generator | None = None,
) -> FailureForecast:
    r"""Expected failures of a fleet in each period to come, with prediction intervals.

    For a warranty reserve, a workshop's load, or the fan of demand to come. For the stock over a lead time use
    `forecast_spares`, whose distribution over the whole horizon is exact.

    Parameters
    ----------
    fit : FittedLife
        A fitted life distribution of the part (`fit_weibull`, `fit_exponential`, `fit_distribution`).
    ages : array_like of float, shape (n,)
        Age of the part in each position today, in the fit's unit, at least 0.
    periods : float or array_like, shape (periods,)
        Length of each period, one after the other from now on: ``[30.4] * 12`` for a year of months.
    usage_per_unit : float or array_like, shape (n,), (n, periods) or (1, periods)
        Usage in the fit's unit that a position accrues per unit of a period; a column a period is a schedule.
    replacement : {"as_new", "as_old", "none"}
        What a failure leads to: a new part, a repair that leaves the part as old as it was, or nothing.
    parameter_uncertainty : bool
        Average over parameters drawn from the fit. False takes the estimates as the truth.
    confidence : float
        Probability of each two-sided prediction interval.
    draws : int
        Number of parameter draws.
    rng : numpy.random.Generator, optional
        Source of the draws; a generator with a fixed seed where not given.

    Returns
    -------
    FailureForecast

    Raises
    ------
    InvalidData
        If ages, periods or usage are negative or not finite, shapes differ, or a setting is unknown.
    NotEnoughFailures
        If the fit has no point estimate and `parameter_uncertainty` is False.

    Notes
    -----
    Under given parameters, the expected failures of a position of age a are :math:`F_a(u) + \int_0^u m(u -
    v)\,dF_a(v)`, with :math:`F_a(u) = 1 - S(a + u) / S(a)` and the renewal function m, and those of a period
    are a difference. The count of the fleet in a period is given the distribution of its mean and variance
    (binomial, Poisson or negative binomial); those are averaged over the parameters that the data leave
    plausible. Periods share the parameters, so that their intervals do not add up.

    References
    ----------
    Meeker, W. Q., Escobar, L. A. and Pascual, F. G. (2022). *Statistical Methods for Reliability Data*, 2nd
    ed., Wiley, ch. 15. Cox, D. R. (1962). *Renewal Theory*, Methuen, ch. 2-4.

    Examples
    --------
    >>> from analytics import LifeData, fit_weibull
    >>> fit = fit_weibull(LifeData([900, 1400, 1700, 2000, 2100, 2100], [1, 1, 1, 1, 0, 0]))
    >>> found = forecast_failures(fit, ages=[200, 900, 1500, 1900], periods=[90, 90, 90], usage_per_unit=8)
    >>> bool(found.expected.sum() > 3.0), found.expected.shape, found.positions
    (True, (3,), 4)
    """
    below, above = tail_probabilities(confidence)
    use = planned_use(ages, periods, usage_per_unit)
    refuse_draws(draws)
    if fit.counts.failures == 0 and not parameter_uncertainty:
        raise NotEnoughFailures("there was no failure, so there is no estimate to take as the truth")
    at_estimate = _moments([fit], use, replacement, fine=True) if fit.counts.failures > 0 else None
    how = "parameters fixed"
    if parameter_uncertainty:
        generator = np.random.default_rng(DEFAULT_SEED) if rng is None else rng
        lives, source = plausible_lives(fit, draws, rng=generator)
        means, variances = _moments(lives, use, replacement)
        how = f"parameters drawn ({source})"
    else:
        assert at_estimate is not None
        means, variances = at_estimate
    pmf = _mixtures(means, variances)
    facts = f"{fit.fingerprint}:{use.ages.tolist()}:{use.reached.tolist()}:{replacement}"
    return FailureForecast(
        method=f"{replacement.replace('_', ' ')}, {how}",
        unit=fit.unit,
        confidence=confidence,
        counts=Counts(records=fit.counts.records, failures=fit.counts.failures),
        exposure=fit.exposure,
        fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
        warnings=forecast_warnings(fit, how),
        lengths=use.lengths,
        expected=means.mean(axis=0),
        standard_error=means.std(axis=0, ddof=min(1, len(means) - 1)) / math.sqrt(len(means)),
        estimate=None if at_estimate is None else at_estimate[0][0],
        lower=np.array([float(count_quantile(row, below)) for row in pmf]),
        upper=np.array([float(count_quantile(row, 1.0 - above)) for row in pmf]),
        pmf=pmf,
        positions=use.ages.size,
        replacement=replacement,
        draws=draws if parameter_uncertainty else 0,
    )


def _moments(
    lives: Sequence[LifeModel], use: PlannedUse, replacement: Replacement, *, fine: bool = False
) -> tuple[FloatArray, FloatArray]:
    if use.ages.size == 0:
        none = np.zeros((len(lives), use.lengths.size))
        return none, none
    return period_moments(lives, use, replacement, fine=fine)


def _mixtures(means: FloatArray, variances: FloatArray) -> FloatArray:
    """Distribution of each period (columns), averaged over lives (rows), in one table."""
    rows = []
    for mean, variance in zip(means.T, variances.T, strict=True):
        # Rounding must not make a variance vanish beside a mean that does not.
        safe = np.maximum(variance, 1e-9 * mean)
        rows.append(mixture([pmf_of_moments(float(m), float(v)) for m, v in zip(mean, safe, strict=True)]))
    table = np.zeros((len(rows), max(row.size for row in rows)))
    for padded, row in zip(table, rows, strict=True):
        padded[: row.size] = row
    return table
