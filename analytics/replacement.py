"""When to replace a part that ages: the age, or the interval, at which the cost per unit of time is lowest."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from analytics.arguments import checked
from analytics.errors import InvalidData
from analytics.plausible import plausible_lives, refuse_draws
from analytics.renewal import LifeModel, renewal_function
from analytics.results import Counts, FloatArray, Interval, Result, tail_probabilities

Policy = Literal["age", "block", "minimal_repair"]

DRAWS = 400
# Fixed, so that the same question has the same answer tomorrow.
DEFAULT_SEED = 20_000
# An interval that saves less than this share of the cost of running to failure is not worth planning for, nor found reliably.
LEAST_SAVING = 1e-6
# Ages are searched between these failed fractions; an optimum outside them is none in practice.
FRACTIONS = (1e-9, 1.0 - 1e-9)
GRID = 120
# Gauss-Legendre points for the mean life within an interval.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True, eq=False, kw_only=True)
class ReplacementPlan(Result):
    """The answer of `optimal_replacement`; `counts`, `exposure` and `unit` are those of the fit behind it.

    Attributes
    ----------
    age : float or None
        Age (policy "age"), or interval ("block", "minimal_repair"), at which to replace; None: run to failure.
    lower, upper : float or None
        Two-sided interval of the best age over what the data leave open about the parameters; `upper` is None where
        running to failure is among it.
    cost_rate : float
        Cost per unit of time of the plan in the long run.
    cost_rate_without : float or None
        Cost per unit of time without planned replacement; None for "minimal_repair", where it grows without end if the part
        ages.
    saving : float
        Share of the cost saved against no planned replacement; 0 where running to failure is best.
    probability_worthwhile : float or None
        Share of the parameters drawn for which planned replacement is cheaper than none; None where none were drawn.
    planned_cost, failure_cost : float
        As given.
    policy : {"age", "block", "minimal_repair"}
    """

    age: float | None
    lower: float | None
    upper: float | None
    cost_rate: float
    cost_rate_without: float | None
    saving: float
    probability_worthwhile: float | None
    planned_cost: float
    failure_cost: float
    policy: Policy

    def interval(self) -> Interval:
        """Interval of the best age."""
        return Interval(
            self.lower, self.upper, self.confidence, "two" if self.upper is not None else "lower", self.method
        )


@checked
def optimal_replacement(
    fit: LifeModel,
    planned_cost: float,
    failure_cost: float,
    *,
    policy: Policy = "age",
    confidence: float = 0.90,
    draws: int = DRAWS,
    rng: np.random.Generator | None = None,
) -> ReplacementPlan:
    r"""Age at which planned replacement of a part costs least in the long run.

    Parameters
    ----------
    fit : fit or life distribution
        A fitted life distribution (`fit_weibull` and its like), whose uncertainty is carried; or any object with
        `cumulative_hazard` and `quantile`, taken as the truth.
    planned_cost, failure_cost : float
        Cost of a planned replacement, and of a failure with all that follows from it; positive, in one currency.
    policy : {"age", "block", "minimal_repair"}
        Replace each part at an age, or at failure; or every part at fixed intervals and at failure; or every part at
        fixed intervals, with repairs at failure that leave it as old as it was (`failure_cost` is that of a repair).
    confidence : float
        Of the two-sided interval of the best age.
    draws : int
        Number of parameter draws for the interval.
    rng : numpy.random.Generator, optional
        A generator with a fixed seed where not given.

    Returns
    -------
    ReplacementPlan
        Its `age` is None where running to failure is cheapest: always so for a failure rate that does not rise.

    Raises
    ------
    InvalidData
        If a cost is not positive and finite, or a setting is unknown.

    Notes
    -----
    The cost per unit of time of replacing at age T is

    .. math:: C(T) = \frac{c_p S(T) + c_f (1 - S(T))}{\int_0^T S(t)\,dt}, \quad
              C(T) = \frac{c_p + c_f M(T)}{T}, \quad C(T) = \frac{c_p + c_f H(T)}{T}

    for age replacement, block replacement (M the renewal function) and minimal repair (H the cumulative hazard). The minimum is
    searched on a grid of ages and polished. It is often flat: look at the cost curve before insisting on a day.

    References
    ----------
    Barlow, R. E. and Proschan, F. (1965). *Mathematical Theory of Reliability*, Wiley, ch. 4.
    Jardine, A. K. S. and Tsang, A. H. C. (2013). *Maintenance, Replacement, and Reliability*, 2nd ed., CRC Press, ch. 2.

    Examples
    --------
    >>> from analytics.synthetic import WeibullLaw
    >>> plan = optimal_replacement(WeibullLaw(1000.0, 2.5), 1.0, 5.0)
    >>> round(plan.age, 1), round(plan.cost_rate, 5)
    (493.0, 0.00346)
    >>> optimal_replacement(WeibullLaw(1000.0, 0.9), 1.0, 5.0).age is None
    True
    """
    tail_probabilities(confidence)
    for name, cost in (("planned_cost", planned_cost), ("failure_cost", failure_cost)):
        if not (math.isfinite(cost) and cost > 0):
            raise InvalidData(f"{name} must be a positive number, not {cost!r}")
    refuse_draws(draws)
    costs = (float(planned_cost), float(failure_cost))
    age, rate, without = _cheapest(fit, costs, policy)
    lower = upper = worthwhile = None
    if hasattr(fit, "sample_parameters"):
        generator = np.random.default_rng(DEFAULT_SEED) if rng is None else rng
        lower, upper, worthwhile = _interval(fit, costs, policy, confidence, draws, generator)
    seen = getattr(fit, "counts", Counts(records=0, failures=0))
    return ReplacementPlan(
        method=policy.replace("_", " ") + (" replacement" if policy != "minimal_repair" else ""),
        unit=str(getattr(fit, "unit", "")),
        confidence=confidence,
        counts=Counts(records=seen.records, failures=seen.failures),
        exposure=float(getattr(fit, "exposure", 0.0)),
        fingerprint=plan_fingerprint(fit, costs, policy),
        warnings=tuple(getattr(fit, "warnings", ())),
        age=age,
        lower=lower,
        upper=upper,
        cost_rate=rate,
        cost_rate_without=without,
        saving=0.0 if age is None or not without else 1.0 - rate / without,
        probability_worthwhile=worthwhile,
        planned_cost=costs[0],
        failure_cost=costs[1],
        policy=policy,
    )


def plan_fingerprint(fit: LifeModel, costs: tuple[float, float], policy: Policy) -> str:
    """What a plan was made from."""
    facts = f"{getattr(fit, 'fingerprint', fit)!r}:{costs}:{policy}"
    return hashlib.sha256(facts.encode()).hexdigest()


def cost_rate(
    fit: LifeModel, age: ArrayLike, planned_cost: float, failure_cost: float, *, policy: Policy = "age"
) -> FloatArray:
    """Cost per unit of time of replacing at each age of `age` > 0; see `optimal_replacement`."""
    ages = np.atleast_1d(np.asarray(age, dtype=np.float64))
    return _curve(fit, policy)(ages, (planned_cost, failure_cost))


def _curve(fit: LifeModel, policy: Policy) -> Callable[[FloatArray, tuple[float, float]], FloatArray]:
    def by_age(ages: FloatArray, costs: tuple[float, float]) -> FloatArray:
        survival = np.exp(-fit.cumulative_hazard(ages))
        rate: FloatArray = (costs[0] * survival + costs[1] * (1.0 - survival)) / _mean_within(fit, ages)
        return rate

    def by_block(ages: FloatArray, costs: tuple[float, float]) -> FloatArray:
        return np.array([(costs[0] + costs[1] * renewal_function(fit, float(age))) / age for age in ages])

    def with_repairs(ages: FloatArray, costs: tuple[float, float]) -> FloatArray:
        return (costs[0] + costs[1] * fit.cumulative_hazard(ages)) / ages

    return {"age": by_age, "block": by_block, "minimal_repair": with_repairs}[policy]


def _mean_within(fit: LifeModel, ages: FloatArray) -> FloatArray:
    """Expected time in service up to each age: the integral of the reliability."""
    # Half of the points on each side of the middle of life, as the reliability may fall within a small part of it.
    middle = float(fit.quantile(0.5))
    split = np.minimum(ages, middle)
    total = np.zeros(ages.size)
    for low, high in ((np.zeros(ages.size), split), (split, ages)):
        half = (high - low) / 2.0
        at = low[:, None] + half[:, None] * (1.0 + NODES)
        total += half * (np.exp(-fit.cumulative_hazard(at)) @ WEIGHTS)
    return total


def _cheapest(
    fit: LifeModel, costs: tuple[float, float], policy: Policy
) -> tuple[float | None, float, float | None]:
    """Best age (None: run to failure), its cost rate, and the cost rate without planned replacement."""
    curve = _curve(fit, policy)
    low, high = (float(fit.quantile(fraction)) for fraction in FRACTIONS)
    without = None if policy == "minimal_repair" else costs[1] / float(_mean_within(fit, np.array([high]))[0])
    if policy == "block":
        # Beyond a mean life or two the renewal function is straight and the cost only falls towards running to failure.
        high = min(high, 3.0 * float(fit.quantile(0.632)))
        low = max(low, high * 1e-3)
    if policy == "minimal_repair":
        # At the best age the repairs so far have cost a few times what the replacement does; far beyond lies nothing.
        high *= 1e3
    grid = np.geomspace(max(low, high * 1e-12), high, GRID if policy != "block" else GRID // 3)
    rates = curve(grid, costs)
    best = int(np.argmin(rates))
    if best == grid.size - 1:
        return None, float(rates[-1] if without is None else without), without
    around = (grid[max(best - 1, 0)], grid[best + 1])
    found = minimize_scalar(
        lambda age: float(curve(np.array([age]), costs)[0]), bounds=around, method="bounded",
        options={"xatol": 1e-9 * around[1]},
    )  # fmt: skip
    rate = float(found.fun)
    if without is not None and rate > without * (1.0 - LEAST_SAVING):
        return None, without, without
    return float(found.x), rate, without


def _interval(
    fit: Any,
    costs: tuple[float, float],
    policy: Policy,
    confidence: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[float | None, float | None, float]:
    """Quantiles of the best age over drawn parameters, and how often there is one."""
    found = [_cheapest(life, costs, policy)[0] for life in plausible_lives(fit, draws, rng=rng)[0]]
    ages = np.array([np.inf if age is None else age for age in found])
    below, above = tail_probabilities(confidence)
    ends = [float(np.quantile(ages, p, method="nearest")) for p in (below, 1.0 - above)]
    lower, upper = (end if math.isfinite(end) else None for end in ends)
    return lower, upper, float(np.isfinite(ages).mean())
