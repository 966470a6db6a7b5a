"""How many of each of many parts to hold, under a budget or another limit, or to reach a target at the least cost."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.allocation import IntArray, Limit, allocate_exactly, efficient_steps
from analytics.arguments import checked
from analytics.errors import InvalidData
from analytics.plain_numbers import as_floats
from analytics.results import FloatArray, Result, facts_without_data
from analytics.stock import Demand, demand_pmf, expected_left_and_short

Objective = Literal["backorders", "fill_rate", "availability", "sufficiency"]

# Without a limit of its own, a part's stock ends where another one would lower its back orders by less than this.
NEGLIGIBLE_BACKORDERS = 1e-7
MOST_OPTIONS = 5_000
# Pieces of one part that can be held, ordered or asked for; and the largest price or weight, whose sums are numbers still.
MOST_STOCK = 10_000_000
LARGEST = 1e100
# The logarithm of a chance that is nil, small enough to be avoided and finite, so that sums and differences remain.
LOG_OF_NIL = -1e4
# Columns of a part's table: what an option adds to each sum over parts.
COST, BACKORDERS, WEIGHTED_BACKORDERS, MISSED, LOG_AVAILABILITY, LOG_SUFFICIENCY = range(6)


@dataclass(frozen=True, eq=False, kw_only=True)
class SparesPlan(Result):
    """How many of each part to hold; made by `optimise_spares`.

    Arrays by part have the order of the parts given. The curve has one point for each efficient plan from the cheapest upwards.

    Attributes
    ----------
    names : tuple of str
        The parts.
    objective : {"backorders", "fill_rate", "availability", "sufficiency"}
        What was optimised.
    stock, order : ndarray of int, shape (parts,)
        Parts to hold, and how many of them are to be bought.
    cost : float
        Cost of the order.
    use : dict of str to float
        What the stock takes of each limited resource.
    backorders : float
        Expected back orders of all parts together.
    fill_rate : float
        Share of all demands that find a part on the shelf.
    availability : float or None
        Share of the systems that miss no part; None where the number of systems was not given.
    sufficiency : float
        Probability that no part at all runs short.
    part_backorders, part_fill_rate : ndarray, shape (parts,)
        The same by part.
    gap : float
        Proved bound on the relative distance to the best plan; NaN for marginal analysis, which proves none.
    curve_cost, curve_backorders, curve_fill_rate, curve_availability, curve_sufficiency : ndarray, shape (points,)
        The trade-off curve: plans of marginal analysis, without the limits.
    """

    names: tuple[str, ...]
    objective: Objective
    stock: IntArray
    order: IntArray
    cost: float
    use: dict[str, float]
    backorders: float
    fill_rate: float
    availability: float | None
    sufficiency: float
    part_backorders: FloatArray
    part_fill_rate: FloatArray
    gap: float
    curve_cost: FloatArray
    curve_backorders: FloatArray
    curve_fill_rate: FloatArray
    curve_availability: FloatArray | None
    curve_sufficiency: FloatArray


@checked
def optimise_spares(
    demand: Sequence[Demand],
    *,
    unit_cost: ArrayLike,
    budget: float | None = None,
    limits: Mapping[str, tuple[ArrayLike, float]] | None = None,
    target: float | None = None,
    objective: Objective = "backorders",
    method: Literal["exact", "marginal"] = "exact",
    variance_to_mean: ArrayLike = 1.0,
    on_hand: ArrayLike = 0,
    minimum: ArrayLike = 0,
    maximum: ArrayLike | None = None,
    lot: ArrayLike = 1,
    minimum_order: ArrayLike = 0,
    weight: ArrayLike | None = None,
    systems: float | None = None,
    quantity_per_system: ArrayLike = 1,
    names: Sequence[str] | None = None,
    time_limit: float = 60.0,
) -> SparesPlan:
    r"""Stocks of many parts that do the most for a budget, or reach a target at the least cost.

    For parts held in one place and replenished one for one. For a depot that supplies bases use `multi_echelon`. Arguments
    by part are one number for all or one each.

    Parameters
    ----------
    demand : sequence of DemandForecast, float or array_like
        Demand of each part over its lead time (its pipeline), as for `stock_for_service_level`: forecast, mean, or
        probabilities of 0, 1, ... demands.
    unit_cost : float or array_like, shape (parts,)
        Price of one part, above 0.
    budget : float, optional
        Most that may be spent on parts to order.
    limits : mapping of str to (array_like, float), optional
        Other limits by name: what one part in stock takes (mass, volume), and how much there is. They hold for the whole
        stock, not for the order alone.
    target : float, optional
        In place of a budget: value of the objective to be reached at the least cost.
    objective : {"backorders", "fill_rate", "availability", "sufficiency"}
        Fewest expected back orders (weighted); largest share of all demands met from the shelf; most systems that miss no
        part (needs `systems`); largest probability that no part runs short (a mission kit).
    method : {"exact", "marginal"}
        Integer programming (HiGHS), or marginal analysis: always the part that gains most for its cost next.
    variance_to_mean : float or array_like
        Of demands given by their mean: Poisson at 1, negative binomial above.
    on_hand : int or array_like
        Parts already there, at no cost.
    minimum, maximum : int or array_like, optional
        Bounds on the stock. Without `maximum` it ends where one more part would change next to nothing.
    lot, minimum_order : int or array_like
        An order is nothing, or at least `minimum_order` and a multiple of `lot`.
    weight : float or array_like, optional
        What a back order of the part matters, for "backorders" (1 where not given); its rate of demand, for "fill_rate" (its
        mean demand where not given, which is right where lead times are alike).
    systems : float, optional
        Systems supported, for availability.
    quantity_per_system : int or array_like
        Parts of the kind in one system, for availability.
    names : sequence of str, optional
        Names of the parts; their numbers from 1 where not given.
    time_limit : float
        Seconds after which the best plan found is returned with its proved gap and a warning.

    Returns
    -------
    SparesPlan

    Raises
    ------
    InvalidData
        If nothing is within the limits or the target is out of reach (the message says what is possible), if
        shapes differ, if a number is out of range or a word unknown.
    NotConverged
        If no plan was found in time.

    Notes
    -----
    With pipeline X and stock s, back orders are :math:`E(X - s)^+`, the fill rate is
    :math:`\sum_i w_i P(X_i \le s_i - 1) / \sum_i w_i`, availability is
    :math:`\prod_i (1 - EBO_i / (N Z_i))^{Z_i}` for N systems with :math:`Z_i` parts, and sufficiency is
    :math:`\prod_i P(X_i \le s_i)`. Each is a sum over parts, or its logarithm is, so that a part is a table of costs
    and losses. Marginal analysis is optimal at each of its own points where the loss is convex in the stock (back
    orders always; fill rate from the mode of the demand up); integer programming is optimal everywhere.

    References
    ----------
    Sherbrooke, C. C. (2004). *Optimal Inventory Modeling of Systems*, 2nd ed., Kluwer, ch. 2.
    Fox, B. (1966). Discrete optimization via marginal analysis. *Management Science* 13, 210-216.
    Huangfu, Q. and Hall, J. A. J. (2018). Parallelizing the dual revised simplex method. *Mathematical
    Programming Computation* 10, 119-142 (HiGHS).

    Examples
    --------
    >>> plan = optimise_spares([2.0, 0.5, 0.1], unit_cost=[100, 400, 2500], budget=1500)
    >>> plan.stock.tolist(), plan.cost, round(plan.backorders, 3)
    ([7, 2, 0], 1500.0, 0.118)
    >>> cheapest = optimise_spares([2.0, 0.5, 0.1], unit_cost=[100, 400, 2500], target=0.2)
    >>> cheapest.stock.tolist(), cheapest.cost
    ([4, 2, 0], 1200.0)
    """
    if objective == "availability" and systems is None:
        raise InvalidData("availability needs the number of systems supported")
    if systems is not None and not (math.isfinite(systems) and systems > 0):
        raise InvalidData(f"systems must be a positive number, not {systems!r}")
    if not time_limit > 0:
        raise InvalidData(f"time_limit must be above 0 seconds, not {time_limit!r}")
    columns = _columns(
        len(demand),
        unit_cost=unit_cost,
        variance_to_mean=variance_to_mean,
        on_hand=on_hand,
        minimum=minimum,
        **({} if maximum is None else {"maximum": maximum}),
        lot=lot,
        minimum_order=minimum_order,
        **({} if weight is None else {"weight": weight}),
        quantity_per_system=quantity_per_system,
    )
    labels = tuple(str(name) for name in (range(1, len(demand) + 1) if names is None else names))
    if len(labels) != len(demand):
        raise InvalidData(f"there are {len(labels)} names for {len(demand)} parts")
    parts = [
        _part(labels[i], one, {name: float(column[i]) for name, column in columns.items()}, systems)
        for i, one in enumerate(demand)
    ]
    task = _Task(parts, objective, systems)
    bounds = task.limits(budget, limits, target)
    gap = math.nan
    if method == "exact":
        minimise = [part.table[:, COST] for part in parts] if target is not None else task.losses
        chosen, gap = allocate_exactly(minimise, bounds, time_limit=time_limit)
    else:
        chosen = task.by_steps(bounds)
    facts = facts_without_data(
        "integer programming" if method == "exact" else "marginal analysis",
        [part.table.tolist() for part in parts],
        [(bound.name, bound.at_most, [use.tolist() for use in bound.use]) for bound in bounds],
        objective,
    )
    if gap > 1e-6:
        facts["warnings"] = (f"time was up: a plan better by {gap:.2%} may exist",)
    return task.plan(labels, chosen, bounds, gap, facts)


@dataclass(frozen=True)
class _Part:
    """The possible stocks of one part, and a table of what each adds to the sums over parts."""

    stock: IntArray
    order: IntArray
    table: FloatArray  # (options, sums)
    fill_rate: FloatArray
    weight: float  # of its fill rate


def _columns(parts: int, **given: ArrayLike) -> dict[str, FloatArray]:
    least = {"unit_cost": 1e-300, "lot": 1, "variance_to_mean": 1, "quantity_per_system": 1}
    whole = {"on_hand", "minimum", "maximum", "lot", "minimum_order", "quantity_per_system"}
    if parts == 0:
        raise InvalidData("there are no parts to hold")
    columns = {}
    for name, values in given.items():
        try:
            column = np.broadcast_to(as_floats(values), (parts,))
        except (TypeError, ValueError) as error:
            raise InvalidData(
                f"{name} must be one number, or one for each of {parts} parts: {error}"
            ) from error
        most = MOST_STOCK if name in whole else LARGEST
        bad = ~((column >= least.get(name, 0)) & (column <= most))
        if name in whole:
            bad |= column != np.floor(column)
        if name == "maximum":
            bad &= column != math.inf
        if bad.any():
            row = int(np.argmax(bad))
            raise InvalidData(f"part {row + 1}: {name} is {column[row]}, which is out of range", [row])
        columns[name] = column
    return columns


def _part(name: str, demand: Demand, given: Mapping[str, float], systems: float | None) -> _Part:
    pmf = demand_pmf(demand, given["variance_to_mean"])
    mean = float(pmf @ np.arange(pmf.size))
    padded = np.concatenate([pmf, np.zeros(1)])
    covered = np.minimum(np.cumsum(padded), 1.0)
    short = expected_left_and_short(covered, mean)[1]
    stock = _possible_stocks(name, short, given)
    # Beyond its last count nothing is short any more.
    at = np.minimum(stock, short.size - 1)
    order = np.maximum(stock - given["on_hand"], 0.0)
    fill_rate = np.concatenate([[0.0], covered])[at]
    weight = given.get("weight", 1.0)
    rate = given.get("weight", mean)
    served = (systems or math.inf) * given["quantity_per_system"]
    with np.errstate(divide="ignore"):
        available = given["quantity_per_system"] * np.log(np.maximum(1.0 - short[at] / served, 0.0))
        sufficient = np.log(covered[at])
    table = np.column_stack(
        [
            given["unit_cost"] * order,
            short[at],
            weight * short[at],
            rate * (1.0 - fill_rate),
            np.maximum(available, LOG_OF_NIL),
            np.maximum(sufficient, LOG_OF_NIL),
        ]
    )
    return _Part(stock, order.astype(np.int64), table, fill_rate, rate)


def _possible_stocks(name: str, short: FloatArray, given: Mapping[str, float]) -> IntArray:
    """What is on hand and every allowed order on top, between the bounds."""
    on_hand, lot = int(given["on_hand"]), int(given["lot"])
    enough = int(np.argmax(np.append(short, 0.0) < NEGLIGIBLE_BACKORDERS))
    most = max(enough, on_hand, int(given["minimum"])) + lot + int(given["minimum_order"])
    maximum = given.get("maximum", math.inf)
    if maximum < math.inf:
        most = int(maximum)
    orders = np.arange(0, max(most - on_hand, 0) + 1, lot)
    stock = on_hand + orders[(orders == 0) | (orders >= given["minimum_order"])]
    # A maximum does not take away what is there already.
    stock = stock[(stock >= given["minimum"]) & ((stock <= most) | (stock == on_hand))]
    if stock.size == 0:
        raise InvalidData(
            f"part {name}: no order keeps its stock between {given['minimum']:g} and {maximum:g}"
        )
    if stock.size > MOST_OPTIONS:
        raise InvalidData(f"part {name} could be held in {stock.size} ways; set a maximum or a larger lot")
    possible: IntArray = stock.astype(np.int64)
    return possible


class _Task:
    """The parts together with what is to be optimised."""

    def __init__(self, parts: list[_Part], objective: Objective, systems: float | None) -> None:
        self.parts, self.objective, self.systems = parts, objective, systems
        self.weight = sum(part.weight for part in parts)
        column, sign = {
            "backorders": (WEIGHTED_BACKORDERS, 1.0),
            "fill_rate": (MISSED, 1.0),
            "availability": (LOG_AVAILABILITY, -1.0),
            "sufficiency": (LOG_SUFFICIENCY, -1.0),
        }[objective]
        self.losses = [sign * part.table[:, column] for part in parts]
        self.start, self.steps = efficient_steps([part.table[:, COST] for part in parts], self.losses)

    def limits(
        self,
        budget: float | None,
        others: Mapping[str, tuple[ArrayLike, float]] | None,
        target: float | None,
    ) -> list[Limit]:
        if target is None and budget is None and not others:
            raise InvalidData("a plan needs a budget, another limit or a target")
        if target is not None and budget is not None:
            raise InvalidData("give a budget or a target, not both: one is the price of the other")
        found = []
        if budget is not None:
            found.append(
                Limit("a budget", [part.table[:, COST] for part in self.parts], _amount("budget", budget))
            )
        for name, limit in (others or {}).items():
            if not (isinstance(limit, tuple | list) and len(limit) == 2):
                raise InvalidData(
                    f"the limit {name} must be a pair: what a part takes, and how much there is"
                )
            use, most = limit
            each = _columns(len(self.parts), **{name: use})[name]
            found.append(
                Limit(
                    name,
                    [x * part.stock for x, part in zip(each, self.parts, strict=True)],
                    _amount(name, most),
                )
            )
        if target is not None:
            found.append(Limit("a target", self.losses, self._allowed_loss(_amount("target", target))))
            if (
                self._loss(np.array([int(np.argmin(loss)) for loss in self.losses]))
                > found[-1].at_most + 1e-9
            ):
                raise InvalidData(
                    f"a target of {target:g} for {self.objective} is out of reach of the largest stocks"
                )
        return found

    def _allowed_loss(self, target: float) -> float:
        if self.objective == "backorders":
            return target
        if not 0 < target < 1:
            raise InvalidData(f"a target for {self.objective} must lie between 0 and 1, not {target:g}")
        return (1.0 - target) * self.weight if self.objective == "fill_rate" else -math.log(target)

    def _loss(self, chosen: IntArray) -> float:
        return float(sum(loss[k] for loss, k in zip(self.losses, chosen, strict=True)))

    def by_steps(self, bounds: list[Limit]) -> IntArray:
        """Marginal analysis up to the budget, or to the target."""
        if len(bounds) != 1 or bounds[0].name not in ("a budget", "a target"):
            raise InvalidData(
                'marginal analysis knows one budget or one target; use method="exact" for other limits'
            )
        bound, steps = bounds[0], self.steps
        at_start = float(sum(use[k] for use, k in zip(bound.use, self.start, strict=True)))
        slack = 1e-12 * max(1.0, abs(bound.at_most))
        if bound.name == "a budget":
            if at_start > bound.at_most + slack:
                raise InvalidData(
                    f"a budget of {bound.at_most:g} is not enough: at least {at_start:g} is needed"
                )
            taken = int(np.sum(at_start + np.cumsum(steps.cost) <= bound.at_most + slack))
        else:
            losses = at_start - np.concatenate([[0.0], np.cumsum(steps.gain)])
            taken = int(np.argmax(losses <= bound.at_most + slack))
        chosen = self.start.copy()
        chosen[steps.part[:taken]] = steps.option[:taken]
        return chosen

    def plan(
        self,
        labels: tuple[str, ...],
        chosen: IntArray,
        bounds: list[Limit],
        gap: float,
        facts: dict[str, Any],
    ) -> SparesPlan:
        sums = np.sum([part.table[k] for part, k in zip(self.parts, chosen, strict=True)], axis=0)
        curve = self._curve()
        has_systems = self.systems is not None
        return SparesPlan(
            **facts,
            names=labels,
            objective=self.objective,
            stock=np.array([part.stock[k] for part, k in zip(self.parts, chosen, strict=True)]),
            order=np.array([part.order[k] for part, k in zip(self.parts, chosen, strict=True)]),
            cost=float(sums[COST]),
            use={
                bound.name: float(sum(use[k] for use, k in zip(bound.use, chosen, strict=True)))
                for bound in bounds
                if bound.name not in ("a budget", "a target")
            },
            backorders=float(sums[BACKORDERS]),
            fill_rate=float(1.0 - sums[MISSED] / self.weight) if self.weight else 1.0,
            availability=math.exp(sums[LOG_AVAILABILITY]) if has_systems else None,
            sufficiency=math.exp(sums[LOG_SUFFICIENCY]),
            part_backorders=np.array(
                [p.table[k, BACKORDERS] for p, k in zip(self.parts, chosen, strict=True)]
            ),
            part_fill_rate=np.array([p.fill_rate[k] for p, k in zip(self.parts, chosen, strict=True)]),
            gap=gap,
            curve_cost=curve[:, COST],
            curve_backorders=curve[:, BACKORDERS],
            curve_fill_rate=1.0 - curve[:, MISSED] / (self.weight or 1.0),
            curve_availability=np.exp(curve[:, LOG_AVAILABILITY]) if has_systems else None,
            curve_sufficiency=np.exp(curve[:, LOG_SUFFICIENCY]),
        )

    def _curve(self) -> FloatArray:
        """Sums over parts at the start of marginal analysis and after each of its steps."""
        now = self.start.copy()
        rows = [np.sum([part.table[k] for part, k in zip(self.parts, now, strict=True)], axis=0)]
        for i, k in zip(self.steps.part, self.steps.option, strict=True):
            rows.append(self.parts[i].table[k] - self.parts[i].table[now[i]])
            now[i] = k
        return np.cumsum(rows, axis=0)


def _amount(name: str, value: Any) -> float:
    is_number = isinstance(value, Real | Decimal)
    if not (is_number and math.isfinite(value) and value >= 0):
        raise InvalidData(f"{name} must be at least 0, not {value!r}")
    return float(value)
