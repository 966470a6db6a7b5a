"""Repairable parts at several bases and the depot that supplies them: METRIC, VARI-METRIC, and the exact model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.allocation import IntArray, Limit, allocate_exactly, efficient_steps
from analytics.arguments import checked
from analytics.counts import NEGLIGIBLE, mean_count, pmf_of_moments, poisson_pmf, thinned
from analytics.errors import InvalidData
from analytics.plain_numbers import as_floats
from analytics.results import FloatArray, Result, facts_without_data
from analytics.spares_budget import MOST_STOCK
from analytics.stock import expected_left_and_short

Method = Literal["metric", "vari_metric", "exact"]

# Stocks beyond the one that leaves fewer back orders than this are not looked at.
NEGLIGIBLE_BACKORDERS = 1e-7
MOST_PIECES = 100_000
# Seconds for integer programming over many parts; beyond, the plan says how far from the best it may be.
TIME_LIMIT = 60.0


@dataclass(frozen=True, eq=False, kw_only=True)
class EchelonPlan(Result):
    """Back orders and availability of bases and their depot at given or optimal stocks; made by `multi_echelon`.

    Attributes
    ----------
    depot_stock : ndarray of int, shape (parts,)
        Stock at the depot.
    base_stock : ndarray of int, shape (parts, bases)
        Stock at each base.
    depot_pipeline : ndarray, shape (parts,)
        Mean number in repair at the depot.
    depot_backorders, depot_backorder_variance : ndarray, shape (parts,)
        Mean and variance of the requests of bases that the depot cannot meet at once.
    base_pipeline, base_pipeline_variance : ndarray, shape (parts, bases)
        Mean and variance of the number in repair at the base or on order from the depot.
    base_backorders : ndarray, shape (parts, bases)
        Expected back orders (EBO): places on systems that lack the part.
    base_fill_rate : ndarray, shape (parts, bases)
        Probability that a demand finds a part on the shelf of its base.
    backorders : float
        Expected back orders of all parts and bases.
    availability : ndarray of shape (bases,) or None
        Share of the systems of each base that lack no part; None where `systems` was not given.
    cost : float
        Cost of all stock.
    gap : float
        Proved bound on the relative distance to the best choice; NaN where the stocks were given.
    curve_cost, curve_backorders : ndarray, shape (points,)
        Efficient allocations from no stock up to the budget, by marginal analysis; empty where the stocks were
        given.
    curve_availability : ndarray of shape (points,) or None
        Share of all systems that lack no part, along the curve.
    """

    depot_stock: IntArray
    base_stock: IntArray
    depot_pipeline: FloatArray
    depot_backorders: FloatArray
    depot_backorder_variance: FloatArray
    base_pipeline: FloatArray
    base_pipeline_variance: FloatArray
    base_backorders: FloatArray
    base_fill_rate: FloatArray
    backorders: float
    availability: FloatArray | None
    cost: float
    gap: float
    curve_cost: FloatArray
    curve_backorders: FloatArray
    curve_availability: FloatArray | None


@checked
def multi_echelon(
    demand_rate: ArrayLike,
    *,
    depot_repair_time: ArrayLike,
    order_and_ship_time: ArrayLike,
    base_repair_time: ArrayLike = 0.0,
    base_repair_fraction: ArrayLike = 0.0,
    depot_stock: ArrayLike | None = None,
    base_stock: ArrayLike | None = None,
    budget: float | None = None,
    unit_cost: ArrayLike = 1.0,
    systems: ArrayLike | None = None,
    quantity_per_system: ArrayLike = 1,
    method: Method = "vari_metric",
) -> EchelonPlan:
    r"""Back orders of repairable parts at bases supplied by a depot, for given stocks or for the best under a budget.

    For parts that are repaired or replaced one for one, failing at a constant rate, with room for every repair
    at once. For parts in one place use `optimise_spares`. Arguments by part and base are one number for all, or
    arrays that broadcast to shape (parts, bases).

    Parameters
    ----------
    demand_rate : array_like, shape (bases,) or (parts, bases)
        Demands of each base in a unit of time. One part where one-dimensional.
    depot_repair_time : float or array_like, shape (parts,)
        Mean time from the arrival of a failed part at the depot to its repair, in the same unit of time (for
        parts that are bought anew, the time to buy), shipment to the depot included.
    order_and_ship_time : float or array_like
        Time from the order of a base to the arrival of a part that the depot has on its shelf.
    base_repair_time : float or array_like
        Mean time of a repair at the base.
    base_repair_fraction : float or array_like
        Share of the failures that the base repairs itself, in [0, 1]; the others go to the depot.
    depot_stock : int or array_like, shape (parts,), optional
        Stock to be judged; together with `base_stock`.
    base_stock : int or array_like, shape (bases,) or (parts, bases), optional
        Stock to be judged.
    budget : float, optional
        In place of stocks: find those with the fewest back orders that cost no more.
    unit_cost : float or array_like, shape (parts,)
        Price of a part, above 0.
    systems : float or array_like, shape (bases,), optional
        Systems at each base, for availability.
    quantity_per_system : int or array_like, shape (parts,)
        Parts of the kind in one system.
    method : {"metric", "vari_metric", "exact"}
        How the pipeline of a base is distributed: Poisson (too few back orders), negative binomial with the
        right mean and variance, or exactly.

    Returns
    -------
    EchelonPlan

    Raises
    ------
    InvalidData
        If shapes differ, a number is out of range, a word is unknown, or neither both stocks nor a budget are
        given.

    Notes
    -----
    With rates :math:`m_j`, shares repaired at the base :math:`r_j`, repair times :math:`T_j` and D, and
    shipping times :math:`O_j`, the depot sees :math:`\lambda_0 = \sum_j m_j (1 - r_j)`, has a Poisson pipeline
    of mean :math:`\lambda_0 D` (Palm), and back orders of mean :math:`B_0` and variance :math:`V_0`. A base has
    the share :math:`f_j = m_j (1 - r_j) / \lambda_0` of them, and its pipeline the mean :math:`m_j (r_j T_j +
    (1 - r_j) O_j) + f_j B_0`. METRIC takes it as Poisson. VARI-METRIC gives it the variance :math:`m_j (r_j T_j
    + (1 - r_j) O_j) + f_j (1 - f_j) B_0 + f_j^2 V_0`. In the exact model, each back order of the depot is the
    base's with probability :math:`f_j` (first come, first served).

    The best allocation is found for each part and each number of its pieces over all depot stocks, and then
    across parts by integer programming; for one part that is exact, and so is the curve's every point within
    the lower convex hull.

    References
    ----------
    Sherbrooke, C. C. (1968). METRIC: a multi-echelon technique for recoverable item control. *Operations
    Research* 16, 122-141.
    Graves, S. C. (1985). A multi-echelon inventory model for a repairable item with one-for-one
    replenishment. *Management Science* 31, 1247-1256.
    Sherbrooke, C. C. (2004). *Optimal Inventory Modeling of Systems*, 2nd ed., Kluwer, ch. 3 and 5.

    Examples
    --------
    One part at five bases, each with 23.2 demands a year, a fifth of them repaired at the base:

    >>> case = dict(base_repair_time=0.01, base_repair_fraction=0.2, order_and_ship_time=0.01, depot_repair_time=0.02531)
    >>> plan = multi_echelon([23.2] * 5, depot_stock=2, base_stock=1, method="metric", **case)
    >>> round(plan.backorders, 5)
    0.32694
    >>> best = multi_echelon([23.2] * 5, budget=7, **case)
    >>> best.depot_stock.tolist(), best.base_stock.tolist(), round(best.backorders, 3)
    ([2], [[1, 1, 1, 1, 1]], 0.361)
    """
    fleet = _fleet(
        demand_rate,
        {
            "base_repair_time": base_repair_time,
            "base_repair_fraction": base_repair_fraction,
            "order_and_ship_time": order_and_ship_time,
        },
        {
            "depot_repair_time": depot_repair_time,
            "unit_cost": unit_cost,
            "quantity_per_system": quantity_per_system,
        },
        systems,
        method,
    )
    if budget is None:
        if depot_stock is None or base_stock is None:
            raise InvalidData("give both depot_stock and base_stock, or a budget")
        at_depot = _whole("depot_stock", depot_stock, fleet.rate.shape[:1])
        at_bases = _whole("base_stock", base_stock, fleet.rate.shape)
        return fleet.plan(at_depot, at_bases)
    if depot_stock is not None or base_stock is not None:
        raise InvalidData("give stocks to be judged or a budget to be spent, not both")
    if not (math.isfinite(budget) and budget >= 0):
        raise InvalidData(f"budget must be at least 0, not {budget!r}")
    return fleet.best(float(budget))


@dataclass(frozen=True)
class _Allocations:
    """The best stocks of the bases for one stock of the depot: which base gets the next piece, and what that saves."""

    backorders: FloatArray  # of each base without stock
    base: IntArray
    saved: FloatArray

    def after(self, pieces: int) -> tuple[IntArray, FloatArray]:
        """Stock and back orders of each base when it has its share of the pieces."""
        bases = self.backorders.size
        stock = np.bincount(self.base[:pieces], minlength=bases)
        saved = np.bincount(self.base[:pieces], weights=self.saved[:pieces], minlength=bases)
        return stock, np.maximum(self.backorders - saved, 0.0)


# Fewest back orders by number of pieces, the depot's part of them, and the allocations by depot stock.
_Table = tuple[FloatArray, IntArray, list[_Allocations]]


@dataclass(frozen=True)
class _Curve:
    cost: FloatArray
    backorders: FloatArray
    availability: FloatArray | None


NO_CURVE = _Curve(np.zeros(0), np.zeros(0), None)


@dataclass(frozen=True)
class _Part:
    """One part at its depot and bases."""

    depot_pipeline: float
    local: FloatArray  # (bases,) mean in repair at the base or on the way from the depot's shelf
    share: FloatArray  # (bases,) of the depot's requests
    unit_cost: float
    quantity: float
    method: Method

    def depot_backorders(self, stock: int) -> FloatArray:
        """Probabilities of 0, 1, ... requests waiting at the depot."""
        pmf = poisson_pmf(self.depot_pipeline)
        return np.concatenate([[pmf[: stock + 1].sum()], pmf[stock + 1 :]])

    def pipeline_moments(self, depot_stock: int) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the pipeline of each base."""
        mean, variance = _moments(self.depot_backorders(depot_stock))
        spread = self.share * (1.0 - self.share) * mean + self.share**2 * variance
        waiting = self.share * mean
        return self.local + waiting, self.local + (waiting if self.method == "metric" else spread)

    def pipelines(self, depot_stock: int) -> list[FloatArray]:
        """Probabilities of 0, 1, ... pieces in the pipeline of each base."""
        if self.method != "exact":
            return [
                pmf_of_moments(float(m), float(v))
                for m, v in zip(*self.pipeline_moments(depot_stock), strict=True)
            ]
        waiting = self.depot_backorders(depot_stock)
        waiting = waiting[: np.flatnonzero(waiting > NEGLIGIBLE)[-1] + 1]
        return [
            np.convolve(poisson_pmf(float(own)), thinned(waiting, float(share)))
            for own, share in zip(self.local, self.share, strict=True)
        ]

    def judged(self, depot_stock: int, base_stock: IntArray) -> tuple[FloatArray, FloatArray]:
        """Back orders and fill rate of each base."""
        short, filled = [], []
        for pmf, stock in zip(self.pipelines(depot_stock), base_stock, strict=True):
            left = np.arange(pmf.size) - stock
            short.append(float(np.maximum(left, 0.0) @ pmf))
            filled.append(float(pmf[: int(stock)].sum()))
        return np.array(short), np.array(filled)

    def allocations(self, depot_stock: int) -> _Allocations:
        pipelines = self.pipelines(depot_stock)
        mean = np.array([mean_count(pmf) for pmf in pipelines])
        # A piece more at a base with s saves P(X > s), which falls with s: the best piece is always the next one.
        saved = [np.maximum(1.0 - np.cumsum(pmf), 0.0) for pmf in pipelines]
        base = np.repeat(np.arange(mean.size), [one.size for one in saved])
        every = np.concatenate(saved)
        order = np.argsort(-every, kind="stable")
        return _Allocations(mean, base[order], every[order])

    def table(self, most: int) -> _Table:
        """Fewest back orders with 0, 1, ... pieces in all, the depot's part of them, and what is behind each."""
        waiting = expected_left_and_short(np.cumsum(poisson_pmf(self.depot_pipeline)), self.depot_pipeline)[1]
        depot_most = min(int(np.argmax(np.append(waiting, 0.0) < NEGLIGIBLE_BACKORDERS)), most)
        behind = [self.allocations(stock) for stock in range(depot_most + 1)]
        least = np.full(most + 1, math.inf)
        depot = np.zeros(most + 1, dtype=np.int64)
        for stock, one in enumerate(behind):
            pieces = np.minimum(np.arange(most + 1 - stock), one.saved.size)
            short = np.maximum(
                one.backorders.sum() - np.concatenate([[0.0], np.cumsum(one.saved)])[pieces], 0.0
            )
            better = short < least[stock:]
            least[stock:][better], depot[stock:][better] = short[better], stock
        enough = int(np.argmax(np.append(least, 0.0) < NEGLIGIBLE_BACKORDERS))
        return least[: enough + 1], depot, behind


def _moments(pmf: FloatArray) -> tuple[float, float]:
    mean = mean_count(pmf)
    return mean, float((np.arange(pmf.size) - mean) ** 2 @ pmf)


@dataclass(frozen=True)
class _Fleet:
    """All parts, and the systems at the bases."""

    rate: FloatArray  # (parts, bases)
    parts: Sequence[_Part]
    systems: FloatArray | None
    facts: dict[str, Any]

    def availability(self, short: FloatArray) -> FloatArray | None:
        """Of each base, from its back orders of each part, shape (parts, bases)."""
        if self.systems is None:
            return None
        quantity = np.array([part.quantity for part in self.parts])[:, None]
        complete = np.maximum(1.0 - short / (self.systems * quantity), 0.0)
        found: FloatArray = np.prod(complete**quantity, axis=0)
        return found

    def plan(
        self, depot_stock: IntArray, base_stock: IntArray, gap: float = math.nan, curve: _Curve = NO_CURVE
    ) -> EchelonPlan:
        waiting = [
            _moments(part.depot_backorders(int(s))) for part, s in zip(self.parts, depot_stock, strict=True)
        ]
        moments = [part.pipeline_moments(int(s)) for part, s in zip(self.parts, depot_stock, strict=True)]
        judged = [
            part.judged(int(s), own) for part, s, own in zip(self.parts, depot_stock, base_stock, strict=True)
        ]
        short = np.array([one[0] for one in judged])
        cost = np.array([part.unit_cost for part in self.parts])
        return EchelonPlan(
            **self.facts,
            depot_stock=depot_stock,
            base_stock=base_stock,
            depot_pipeline=np.array([part.depot_pipeline for part in self.parts]),
            depot_backorders=np.array([mean for mean, _ in waiting]),
            depot_backorder_variance=np.array([variance for _, variance in waiting]),
            base_pipeline=np.array([mean for mean, _ in moments]),
            base_pipeline_variance=np.array([variance for _, variance in moments]),
            base_backorders=short,
            base_fill_rate=np.array([one[1] for one in judged]),
            backorders=float(short.sum()),
            availability=self.availability(short),
            cost=float(cost @ (depot_stock + base_stock.sum(axis=1))),
            gap=gap,
            curve_cost=curve.cost,
            curve_backorders=curve.backorders,
            curve_availability=curve.availability,
        )

    def best(self, budget: float) -> EchelonPlan:
        most = [int(min(budget / part.unit_cost * (1 + 1e-12), MOST_PIECES)) for part in self.parts]
        tables = [part.table(n) for part, n in zip(self.parts, most, strict=True)]
        losses = [table[0] for table in tables]
        costs = [
            part.unit_cost * np.arange(loss.size, dtype=float)
            for part, loss in zip(self.parts, losses, strict=True)
        ]
        pieces, gap = allocate_exactly(losses, [Limit("a budget", costs, budget)], time_limit=TIME_LIMIT)
        split = [_split(table, int(n)) for table, n in zip(tables, pieces, strict=True)]
        at_depot = np.array([depot for depot, _, _ in split])
        curve = self._curve(tables, costs, losses, budget)
        return self.plan(at_depot, np.array([stock for _, stock, _ in split]), gap, curve)

    def _curve(
        self, tables: list[_Table], costs: list[FloatArray], losses: list[FloatArray], budget: float
    ) -> _Curve:
        start, steps = efficient_steps(costs, losses)
        short = np.array([_split(table, int(n))[2] for table, n in zip(tables, start, strict=True)])
        paid = np.concatenate([[0.0], np.cumsum(steps.cost)])
        paid = paid[paid <= budget * (1 + 1e-12)]
        backorders, systems_up = [float(short.sum())], [self.availability(short)]
        for i, n in zip(steps.part[: paid.size - 1], steps.option[: paid.size - 1], strict=True):
            short[i] = _split(tables[i], int(n))[2]
            backorders.append(float(short.sum()))
            systems_up.append(self.availability(short))
        availability = None
        if self.systems is not None:
            availability = np.array(systems_up) @ self.systems / self.systems.sum()
        return _Curve(paid, np.array(backorders), availability)


def _split(table: _Table, pieces: int) -> tuple[int, IntArray, FloatArray]:
    """Depot stock, base stocks and base back orders that a number of pieces is best used for."""
    _, depot, behind = table
    at_depot = int(depot[pieces])
    return at_depot, *behind[at_depot].after(pieces - at_depot)


def _fleet(
    demand_rate: ArrayLike,
    by_base: dict[str, ArrayLike],
    by_part: dict[str, ArrayLike],
    systems: ArrayLike | None,
    method: Method,
) -> _Fleet:
    rate = _numbers("demand_rate", demand_rate, None)
    rate = rate[None] if rate.ndim == 1 else rate
    if rate.ndim != 2 or rate.size == 0:
        raise InvalidData(f"demand_rate must have the shape (bases,) or (parts, bases), not {rate.shape}")
    at_base = {name: _numbers(name, values, rate.shape) for name, values in by_base.items()}
    of_part = {name: _numbers(name, values, rate.shape[:1]) for name, values in by_part.items()}
    fraction = at_base["base_repair_fraction"]
    if np.any(fraction > 1):
        raise InvalidData(f"base_repair_fraction is {fraction.max():g}; it must lie in [0, 1]")
    for name in ("unit_cost", "quantity_per_system"):
        if np.any(of_part[name] <= 0):
            raise InvalidData(f"{name} must be above 0")
    if np.any(of_part["quantity_per_system"] % 1):
        raise InvalidData("quantity_per_system must be whole numbers")
    served = None if systems is None else _numbers("systems", systems, rate.shape[1:])
    if served is not None and np.any(served <= 0):
        raise InvalidData("systems must be above 0 at each base")
    to_depot = rate * (1.0 - fraction)
    at_depot = to_depot.sum(axis=1)
    local = rate * fraction * at_base["base_repair_time"] + to_depot * at_base["order_and_ship_time"]
    share = to_depot / np.where(at_depot > 0, at_depot, 1.0)[:, None]
    pipeline = at_depot * of_part["depot_repair_time"]
    parts = [
        _Part(
            float(pipeline[i]),
            local[i],
            share[i],
            float(of_part["unit_cost"][i]),
            float(of_part["quantity_per_system"][i]),
            method,
        )
        for i in range(rate.shape[0])
    ]
    given = [values.tolist() for values in (rate, *at_base.values(), *of_part.values())]
    return _Fleet(rate, parts, served, facts_without_data(method, given, served))


def _numbers(name: str, values: ArrayLike, shape: tuple[int, ...] | None) -> FloatArray:
    try:
        found = as_floats(values)
        found = found if shape is None else np.broadcast_to(found, shape)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"{name} does not fit the shape of demand_rate, {shape}: {error}") from error
    if not np.all(np.isfinite(found) & (found >= 0)):
        raise InvalidData(f"{name} must be numbers of at least 0")
    return found


def _whole(name: str, values: ArrayLike, shape: tuple[int, ...]) -> IntArray:
    found = _numbers(name, values, shape)
    if np.any((found != np.floor(found)) | (found > MOST_STOCK)):
        raise InvalidData(f"{name} must be whole numbers up to {MOST_STOCK:,}")
    return found.astype(np.int64)
