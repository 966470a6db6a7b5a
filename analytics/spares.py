"""How many spare parts failures will ask for within a horizon."""

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.arguments import checked
from analytics.counts import count_quantile, mean_count, mixture
from analytics.errors import InvalidData
from analytics.fleet_demand import Replacement, fleet_pmfs
from analytics.planned_use import PlannedUse, planned_use
from analytics.plausible import FEW_FAILURES, FittedLife, plausible_lives, refuse_draws
from analytics.results import Counts, FloatArray, Interval, Result, Side, tail_probabilities

# Parameter draws: 400 leave about a twentieth of the spread between draws as Monte Carlo error of the mean.
DRAWS = 400
# Fixed, so that a page, a notebook and the same question tomorrow show the same number.
DEFAULT_SEED = 20_000


@dataclass(frozen=True, eq=False, kw_only=True)
class DemandForecast(Result):
    """Predictive distribution of the number of demands within a horizon; made by `forecast_spares`.

    `counts` and `exposure` are those of the fit behind it.

    Attributes
    ----------
    mean : float
        Expected number of demands.
    lower, upper : int
        Two-sided prediction interval: the number of demands lies in it with at least the probability
        `confidence`.
    pmf : ndarray, shape (k,)
        Probability of 0, 1, ... demands.
    mean_standard_error : float
        Monte Carlo standard error of `mean`; 0 when parameters are not drawn.
    estimate_mean : float or None
        Expected demands if the estimated parameters were the truth; None where the fit has no point estimate.
    positions : int
        Number of installed parts.
    horizon : float
        Length of the horizon as given.
    horizon_exposure : float
        Usage of all positions over the horizon, in `unit`.
    replacement : {"as_new", "as_old", "none"}
        What happens at a failure.
    draws : int
        Number of parameter draws averaged over; 0 when the estimates were taken as the truth.
    repair_fraction, turn_around : float
        Share of the failed parts that come back repaired, and after which time; 0 where none does.
    """

    mean: float
    lower: int
    upper: int
    pmf: FloatArray
    mean_standard_error: float
    estimate_mean: float | None
    positions: int
    horizon: float
    horizon_exposure: float
    replacement: Replacement
    draws: int
    repair_fraction: float = 0.0
    turn_around: float = 0.0

    @property
    def cdf(self) -> FloatArray:
        """Probability of at most 0, 1, ... demands, shape (k,)."""
        return np.minimum(np.cumsum(self.pmf), 1.0)

    def quantile(self, p: float) -> int:
        """Smallest number that demands do not exceed with probability `p` or more, `p` in (0, 1)."""
        return count_quantile(self.pmf, p)

    def interval(self, *, confidence: float | None = None, side: Side = "two") -> Interval:
        """Prediction interval for the number of demands."""
        level = self.confidence if confidence is None else confidence
        below, above = tail_probabilities(level, side)
        lower = float(self.quantile(below)) if below else None
        upper = float(self.quantile(1.0 - above)) if above else None
        return Interval(lower, upper, level, side, "prediction")

    def stock_for(self, service_level: float) -> int:
        """Smallest stock that covers all demands with probability `service_level` or more."""
        return self.quantile(service_level)


@checked
def forecast_spares(
    fit: FittedLife,
    ages: ArrayLike,
    horizon: ArrayLike,
    *,
    usage_per_unit: ArrayLike = 1.0,
    replacement: Replacement = "as_new",
    repair_fraction: float = 0.0,
    turn_around: float = 0.0,
    parameter_uncertainty: bool = True,
    confidence: float = 0.90,
    draws: int = DRAWS,
    rng: np.random.Generator | None = None,
) -> DemandForecast:
    r"""Number of spare parts that failures of the installed parts will ask for within a horizon.

    Takes the age of every installed part into account, lets a replacement fail in its turn, and carries both
    sources of uncertainty: chance, and what the data leave open about the parameters. For demand by failure
    only; add planned replacements and other demand yourself.

    Parameters
    ----------
    fit : FittedLife
        A fitted life distribution of the part (`fit_weibull`, `fit_exponential`).
    ages : array_like of float, shape (n,)
        Age of the part in each position today, in the fit's unit, at least 0. One entry per position.
    horizon : float or array_like, shape (periods,)
        Length of the horizon, at least 0, in any unit of time: usage to come is ``horizon * usage_per_unit``. Lengths
        of several periods, one after the other, where the use changes in between.
    usage_per_unit : float or array_like, shape (n,), (n, periods) or (1, periods)
        Usage in the fit's unit that a position accrues per unit of horizon: with a fit in hours and a horizon
        in days, hours a day. 1 when both have the same unit. A column a period is a schedule.
    replacement : {"as_new", "as_old", "none"}
        What a failure leads to: a new part (renewal process), a repair that leaves the part as old as it was
        (minimal repair), or nothing (each position asks for one part at most).
    repair_fraction : float
        Share of the failed parts that are repaired and put back into stock, in [0, 1]. The forecast is then of the parts
        still out at the end of the horizon, which is what a stock over a lead time must cover.
    turn_around : float
        Time from the failure until a repaired part is back, in the unit of the horizon.
    parameter_uncertainty : bool
        Average over parameters drawn from the fit. False takes the estimates as the truth, which makes the
        distribution too narrow; for comparison and teaching.
    confidence : float
        Probability of the two-sided prediction interval.
    draws : int
        Number of parameter draws.
    rng : numpy.random.Generator, optional
        Source of the draws; a generator with a fixed seed where not given, so that the same question has the
        same answer.

    Returns
    -------
    DemandForecast

    Raises
    ------
    InvalidData
        If ages, horizon or usage are negative or not finite, shapes differ, or a setting is unknown.
    NotEnoughFailures
        If the fit has no point estimate and `parameter_uncertainty` is False.

    Notes
    -----
    Given the parameters, the distribution is computed, not simulated: for a position with age a, the first
    failure follows :math:`1 - S(a+u)/S(a)`, later ones the renewal counts of a new part, and the positions
    are convolved. The error of the mean from the grid is below 0.1 % for Weibull shapes of 1
    and above, and below 1 % at shape 0.5. The draws are averaged: the only Monte Carlo error is that over
    parameters, given as `mean_standard_error`. Positions are independent given the parameters; a shared error
    in the parameters makes all of them fail early or late together, which is why the spread does not shrink
    as the fleet grows. More than 2,048 positions of different ages and uses are put into groups of neighbours
    (`analytics.fleet_groups`), which changes the mean by less than 0.1 %, and by less than 0.03 % at shapes of 1 and
    above; the sum over positions is exact, by its characteristic function.

    With parts that come back, each failure of a position is taken to be as likely early as its failures are on average:
    the mean is exact, and so is the distribution where a position fails once at most, or at a constant rate.

    How often the interval holds, measured with some 5, 10 and 20 failures behind the fit, stands in
    ``fracas/docs/demand-coverage.md``. With few failures the parameters are drawn in proportion to their likelihood under a
    prior that is right for complete samples and for few failures among many units (see `analytics.plausible`).

    References
    ----------
    Cox, D. R. (1962). *Renewal Theory*, Methuen, ch. 2-3.
    Meeker, W. Q., Escobar, L. A. and Pascual, F. G. (2022). *Statistical Methods for Reliability Data*, 2nd
    ed., Wiley, ch. 15 (prediction of future failures in a fleet).
    Tian, Q., Meng, F., Nordman, D. J. and Meeker, W. Q. (2021). Predicting the number of future events. JASA,
    doi:10.1080/01621459.2020.1850461 (why parameters must be drawn).
    Rausand, M., Barros, A. and Hoyland, A. (2021). *System Reliability Theory*, 3rd ed., Wiley, ch. 10.

    Examples
    --------
    >>> from analytics import LifeData, fit_weibull
    >>> fit = fit_weibull(LifeData([900, 1400, 1700, 2000, 2100, 2100], [1, 1, 1, 1, 0, 0]))
    >>> forecast = forecast_spares(fit, ages=[200, 900, 1500, 1900], horizon=90, usage_per_unit=8)
    >>> 1.0 < forecast.mean < 3.0, forecast.counts.failures
    (True, 4)
    >>> forecast.stock_for(0.95) >= forecast.stock_for(0.80)
    True
    """
    below, above = tail_probabilities(confidence)
    use = planned_use(ages, horizon, usage_per_unit)
    back_from = _back_from(use, repair_fraction, turn_around)
    refuse_draws(draws)
    returns: dict[str, Any] = {"repaired": repair_fraction, "back_from": back_from}
    at_estimate, how = None, "parameters fixed"
    if fit.counts.failures > 0 or not parameter_uncertainty:
        at_estimate = fleet_pmfs([fit], use, replacement, fine=True, **returns)[0]
    if parameter_uncertainty:
        generator = np.random.default_rng(DEFAULT_SEED) if rng is None else rng
        lives, source = plausible_lives(fit, draws, rng=generator)
        each, how = fleet_pmfs(lives, use, replacement, **returns), f"parameters drawn ({source})"
        means = np.array([mean_count(pmf) for pmf in each])
        pmf, error = mixture(each), float(np.std(means, ddof=min(1, draws - 1)) / math.sqrt(draws))
    else:
        assert at_estimate is not None
        pmf, error = at_estimate, 0.0
    facts = f"{fit.fingerprint}:{use.ages.tolist()}:{use.reached.tolist()}:{replacement}:{sorted(returns.items())}"
    return DemandForecast(
        method=f"{replacement.replace('_', ' ')}, {how}",
        unit=fit.unit,
        confidence=confidence,
        counts=Counts(records=fit.counts.records, failures=fit.counts.failures),
        exposure=fit.exposure,
        fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
        warnings=forecast_warnings(fit, how),
        mean=mean_count(pmf),
        lower=count_quantile(pmf, below),
        upper=count_quantile(pmf, 1.0 - above),
        pmf=pmf,
        mean_standard_error=error,
        estimate_mean=None if at_estimate is None else mean_count(at_estimate),
        positions=use.ages.size,
        horizon=use.horizon,
        horizon_exposure=float(np.sum(use.total)),
        replacement=replacement,
        draws=draws if parameter_uncertainty else 0,
        repair_fraction=float(repair_fraction),
        turn_around=float(turn_around) if repair_fraction else 0.0,
    )


def _back_from(use: PlannedUse, repair_fraction: float, turn_around: float) -> float:
    """Until when a failed part that is repaired comes back within the horizon."""
    if not 0.0 <= repair_fraction <= 1.0:
        raise InvalidData(f"repair_fraction must lie in [0, 1], not {repair_fraction!r}")
    if not (math.isfinite(turn_around) and turn_around >= 0):
        raise InvalidData(f"turn_around must be at least 0, not {turn_around!r}")
    return max(use.horizon - turn_around, 0.0)


def forecast_warnings(fit: FittedLife, how: str) -> tuple[str, ...]:
    """Those of the fit, and what the way of drawing its parameters leaves out."""
    warnings = list(fit.warnings)
    if how == "parameters fixed":
        warnings.append(
            "the estimated parameters are taken as the truth: the forecast is narrower than the data allow"
        )
    elif "normal" in how and 0 < fit.counts.failures < FEW_FAILURES:
        warnings.append(
            "few failures, and the fit carries no data to weigh its parameters by: they are drawn from a normal distribution"
        )
    return tuple(warnings)
