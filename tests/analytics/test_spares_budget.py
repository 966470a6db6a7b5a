import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics import InvalidData, LifeData, SparesPlan, fit_weibull, forecast_spares, optimise_spares

MEANS, COSTS = [2.0, 0.5, 0.1], [100.0, 400.0, 2500.0]


def backorders(mean: float, stock: int) -> float:
    k = np.arange(stock, stock + 200)
    return float((k - stock) @ stats.poisson.pmf(k, mean))


def test_two_items_against_every_plan() -> None:
    plan = optimise_spares([1.0, 4.0], unit_cost=[5.0, 1.0], budget=10.0)
    every = {
        (a, b): backorders(1.0, a) + backorders(4.0, b)
        for a, b in product(range(3), range(11))
        if 5 * a + b <= 10
    }
    assert tuple(plan.stock.tolist()) == min(every, key=lambda stock: every[stock])
    assert plan.backorders == pytest.approx(min(every.values()))


@given(
    st.lists(st.tuples(st.floats(0.05, 6), st.integers(1, 40)), min_size=1, max_size=6), st.floats(0.05, 0.95)
)
@settings(max_examples=25)
def test_marginal_analysis_is_exact_at_its_own_points(parts: list[tuple[float, int]], share: float) -> None:
    """Back orders are convex in the stock, so that integer programming finds nothing better at an efficient plan's cost."""
    terms: dict[str, Any] = {"unit_cost": [cost for _, cost in parts]}
    means = [mean for mean, _ in parts]
    curve = optimise_spares(means, budget=0.0, **terms)
    at = int(share * (curve.curve_cost.size - 1))
    budget = float(curve.curve_cost[at])
    marginal = optimise_spares(means, budget=budget, method="marginal", **terms)
    exact = optimise_spares(means, budget=budget, **terms)
    assert marginal.backorders == pytest.approx(curve.curve_backorders[at], abs=1e-9)
    assert exact.backorders == pytest.approx(marginal.backorders, abs=1e-7)
    assert exact.cost <= budget + 1e-9


@pytest.mark.parametrize("objective", ["backorders", "fill_rate", "availability", "sufficiency"])
def test_no_other_plan_is_better(objective: Any) -> None:
    means, costs, budget = [0.7, 2.5, 1.2], [3.0, 2.0, 5.0], 17.0
    plan = optimise_spares(means, unit_cost=costs, budget=budget, objective=objective, systems=4)
    values = []
    for stock in product(range(6), range(9), range(4)):
        if sum(c * s for c, s in zip(costs, stock, strict=True)) > budget:
            continue
        short = [backorders(m, s) for m, s in zip(means, stock, strict=True)]
        filled = sum(m * stats.poisson.cdf(s - 1, m) for m, s in zip(means, stock, strict=True)) / sum(means)
        covered = math.prod(stats.poisson.cdf(s, m) for m, s in zip(means, stock, strict=True))
        values.append((-sum(short), filled, math.prod(1 - x / 4 for x in short), covered))
    best = dict(
        zip(("backorders", "fill_rate", "availability", "sufficiency"), np.max(values, axis=0), strict=True)
    )
    found = {**plan.to_dict(), "backorders": -plan.backorders}
    assert found[objective] == pytest.approx(best[objective], abs=1e-7)


def test_systems_that_hold_several_of_a_part_need_all_of_them() -> None:
    """Sherbrooke (2004), ch. 2: of systems with z pieces each, (1 - back orders / (systems z)) ** z lack none."""
    means, costs, budget, pieces = [0.7, 2.5], [3.0, 2.0], 9.0, [1, 3]
    terms: dict[str, Any] = {"unit_cost": costs, "budget": budget, "systems": 4, "objective": "availability"}
    plan = optimise_spares(means, quantity_per_system=pieces, **terms)

    def available(stock: tuple[int, ...], pieces: list[int]) -> float:
        short = [backorders(m, s) for m, s in zip(means, stock, strict=True)]
        return math.prod((1 - b / (4 * z)) ** z for b, z in zip(short, pieces, strict=True))

    every = [stock for stock in product(range(4), range(5)) if 3 * stock[0] + 2 * stock[1] <= budget]
    assert plan.availability == pytest.approx(max(available(stock, pieces) for stock in every), abs=1e-9)
    single = optimise_spares(means, **terms)
    assert single.availability == pytest.approx(max(available(stock, [1, 1]) for stock in every), abs=1e-9)


def test_a_target_costs_no_more_than_the_budget_that_reached_it() -> None:
    rich = optimise_spares(MEANS, unit_cost=COSTS, budget=4000, objective="fill_rate")
    cheap = optimise_spares(MEANS, unit_cost=COSTS, target=rich.fill_rate - 1e-9, objective="fill_rate")
    assert cheap.cost <= rich.cost
    assert cheap.fill_rate >= rich.fill_rate - 1e-6
    by_steps = optimise_spares(MEANS, unit_cost=COSTS, target=0.9, objective="fill_rate", method="marginal")
    assert by_steps.fill_rate >= 0.9
    assert by_steps.cost >= optimise_spares(MEANS, unit_cost=COSTS, target=0.9, objective="fill_rate").cost


def test_mass_limits_as_money_does() -> None:
    plan = optimise_spares(MEANS, unit_cost=COSTS, limits={"mass": ([10.0, 2.0, 50.0], 45.0)})
    assert plan.use["mass"] <= 45.0
    # Sold in another unit of mass, the same plan.
    other = optimise_spares(
        MEANS, unit_cost=COSTS, limits={"mass": ([10_000.0, 2_000.0, 50_000.0], 45_000.0)}
    )
    assert other.stock.tolist() == plan.stock.tolist()
    both = optimise_spares(MEANS, unit_cost=COSTS, budget=900, limits={"mass": ([10.0, 2.0, 50.0], 45.0)})
    assert both.cost <= 900
    assert both.backorders >= plan.backorders


@given(st.floats(1e-3, 1e3), st.permutations(range(3)))
@settings(max_examples=20)
def test_currency_and_order_do_not_matter(k: float, order: list[int]) -> None:
    one = optimise_spares(MEANS, unit_cost=COSTS, budget=1500)
    costs = [k * COSTS[i] for i in order]
    other = optimise_spares([MEANS[i] for i in order], unit_cost=costs, budget=1500 * k * (1 + 1e-9))
    assert other.stock.tolist() == [one.stock[i] for i in order]


def test_lots_bounds_and_what_is_there() -> None:
    plan = optimise_spares(
        [6.0, 6.0], unit_cost=1.0, budget=20, on_hand=[3, 0], minimum=[0, 2], lot=[5, 1], minimum_order=[0, 4]
    )
    assert plan.order[0] % 5 == 0
    assert plan.order[1] == 0 or plan.order[1] >= 4
    assert plan.stock.tolist() == [plan.order[0] + 3, plan.order[1]]
    assert plan.cost == plan.order.sum() <= 20
    capped = optimise_spares([6.0, 6.0], unit_cost=1.0, budget=1000, maximum=[2, 5])
    assert capped.stock.tolist() == [2, 5]
    kept = optimise_spares([6.0], unit_cost=1.0, budget=1000, on_hand=9, maximum=5)
    assert kept.stock.tolist() == [9]


@pytest.mark.parametrize(("lot", "minimum_order"), [(10, 0), (1, 30), (7, 20)])
def test_without_a_limit_of_its_own_a_stock_goes_on_until_nothing_is_short(
    lot: int, minimum_order: int
) -> None:
    plan = optimise_spares([3.0], unit_cost=1.0, budget=1e6, lot=lot, minimum_order=minimum_order)
    assert plan.backorders < 1e-7
    assert plan.order[0] % lot == 0
    assert plan.order[0] >= minimum_order


def test_weights_move_the_money() -> None:
    plain = optimise_spares([1.0, 1.0], unit_cost=1.0, budget=3)
    vital = optimise_spares([1.0, 1.0], unit_cost=1.0, budget=3, weight=[1.0, 50.0])
    assert vital.stock[1] > plain.stock[1]


def test_scattered_demand_needs_more() -> None:
    poisson = optimise_spares([3.0], unit_cost=1.0, target=0.1)
    scattered = optimise_spares([3.0], unit_cost=1.0, target=0.1, variance_to_mean=4.0)
    assert scattered.stock[0] > poisson.stock[0]
    k = np.arange(200)
    pmf = stats.nbinom.pmf(k, 1.0, 0.25)
    assert scattered.backorders == pytest.approx(float(np.maximum(k - scattered.stock[0], 0) @ pmf), abs=1e-9)


def test_forecasts_and_distributions_are_demands(nist: LifeData) -> None:
    forecast = forecast_spares(fit_weibull(nist), np.linspace(0, 400, 10), 100)
    plan = optimise_spares(
        [forecast, [0.5, 0.3, 0.2], 1.5], unit_cost=[5.0, 1.0, 1.0], budget=25, names=["a", "b", "c"]
    )
    assert plan.names == ("a", "b", "c")
    assert plan.stock[1] <= 2
    assert SparesPlan.from_json(plan.to_json()) == plan


def test_a_simulated_store_waits_as_long_as_the_plan_says(rng: np.random.Generator) -> None:
    """Poisson demand, turn-around uniform: the pipeline looked at far apart is Poisson whatever the turn-around (Palm)."""
    rate, plan = 3.0, optimise_spares([3.0 * 0.7], unit_cost=1.0, budget=3)
    looks, out = 4000, []
    for _ in range(looks):
        asked = rng.uniform(-2.0, 0.0, rng.poisson(rate * 2.0))
        out.append(int(np.sum(asked + rng.uniform(0.2, 1.2, asked.size) > 0)))
    short = np.maximum(np.array(out) - plan.stock[0], 0)
    assert plan.backorders == pytest.approx(short.mean(), abs=4 * short.std() / math.sqrt(looks))


def test_thousands_of_parts_are_planned_in_seconds(rng: np.random.Generator) -> None:
    means, costs = rng.gamma(1.0, 2.0, 1000), rng.lognormal(5.0, 1.0, 1000)
    plan = optimise_spares(means.tolist(), unit_cost=costs, budget=float(costs @ means))
    assert plan.cost <= costs @ means
    marginal = optimise_spares(
        means.tolist(), unit_cost=costs, budget=float(costs @ means), method="marginal"
    )
    assert plan.backorders <= marginal.backorders
    assert math.isnan(marginal.gap)


@pytest.mark.parametrize(
    ("demand", "changes", "words"),
    [
        ([], {}, "no parts"),
        ([1.0], {"budget": None}, "needs a budget"),
        ([1.0], {"target": 0.5}, "not both"),
        ([1.0], {"budget": -1}, "budget must be at least 0"),
        ([1.0], {"budget": 3, "minimum": 4}, "at least 4 is needed"),
        ([1.0], {"budget": 3, "minimum": 4, "method": "marginal"}, "at least 4 is needed"),
        ([1.0], {"minimum": 4, "maximum": 3}, "no order keeps"),
        ([1.0], {"budget": None, "target": 0.01, "maximum": 1}, "out of reach"),
        ([1.0], {"budget": None, "target": 90, "objective": "fill_rate"}, "between 0 and 1"),
        ([1.0], {"objective": "availability"}, "number of systems"),
        ([1.0], {"unit_cost": 0}, "unit_cost is 0"),
        ([1.0], {"unit_cost": math.nan}, "unit_cost is nan"),
        ([1.0, 2.0], {"unit_cost": [1.0, 2.0, 3.0]}, "one for each of 2 parts"),
        ([1.0], {"lot": 0}, "lot is 0"),
        ([1.0], {"on_hand": 1.5}, "on_hand is 1.5"),
        ([1.0], {"variance_to_mean": 0.5}, "variance_to_mean is 0.5"),
        ([1.0], {"names": ["a", "b"]}, "names"),
        ([1.0], {"systems": 0}, "systems must be a positive number"),
        ([1.0], {"systems": -5, "objective": "availability"}, "systems must be a positive number"),
        ([1.0], {"systems": math.nan}, "systems must be a number, not nan"),
        ([-1.0], {}, "mean demand"),
        ([1.0], {"limits": {"mass": (1.0, -1.0)}}, "mass must be at least 0"),
        ([1.0], {"limits": {"mass": 5.0}}, "limit mass must be a pair"),
        ([1.0], {"limits": {"mass": (1.0, "5")}}, "mass must be at least 0"),
        ([1.0], {"limits": {"mass": (1.0, 5.0)}, "method": "marginal"}, "one budget or one target"),
        ([40_000.0], {}, "could be held in"),
    ],
)
def test_what_is_refused(demand: list[float], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        optimise_spares(demand, **{"unit_cost": 1.0, "budget": 10.0, **changes})


def test_a_budget_of_exactly_an_efficient_plan_buys_it() -> None:
    """Prices with cents: what a plan costs is added up in another order by the one who pays."""
    terms: dict[str, Any] = {"unit_cost": [1234.1, 77.7, 40960.3], "method": "marginal"}
    curve = optimise_spares([2.3, 9.1, 0.7], budget=1e6, **terms)
    for backorders in curve.curve_backorders[1:-1]:
        plan = optimise_spares([2.3, 9.1, 0.7], target=float(backorders) + 1e-9, **terms)
        budget = math.fsum(price * n for price, n in zip(terms["unit_cost"], plan.stock, strict=True))
        assert optimise_spares([2.3, 9.1, 0.7], budget=budget, **terms).stock.tolist() == plan.stock.tolist()


def test_the_curve_tells_of_each_plan_what_the_plan_tells_of_itself() -> None:
    terms: dict[str, Any] = {"unit_cost": COSTS, "method": "marginal", "systems": 5}
    curve = optimise_spares(MEANS, budget=3000, **terms)
    assert curve.curve_availability is not None
    for at, budget in enumerate(curve.curve_cost[:6]):
        plan = optimise_spares(MEANS, budget=float(budget), **terms)
        assert plan.backorders == pytest.approx(curve.curve_backorders[at])
        assert plan.fill_rate == pytest.approx(curve.curve_fill_rate[at])
        assert plan.availability == pytest.approx(curve.curve_availability[at])
        assert plan.sufficiency == pytest.approx(curve.curve_sufficiency[at])
    without = optimise_spares(MEANS, budget=3000, unit_cost=COSTS)
    assert (without.availability, without.curve_availability) == (None, None)


def test_a_target_that_only_the_largest_stocks_reach_is_reached() -> None:
    largest = optimise_spares([0.7, 0.4], unit_cost=[3.0, 5.0], budget=100, maximum=2)
    assert largest.stock.tolist() == [2, 2]
    plan = optimise_spares([0.7, 0.4], unit_cost=[3.0, 5.0], target=largest.backorders, maximum=2)
    assert plan.stock.tolist() == [2, 2]
