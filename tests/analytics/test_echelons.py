import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import EchelonPlan, InvalidData, multi_echelon, optimise_spares

# Sherbrooke's example of METRIC: five bases with 23.2 demands a year each.
SHERBROOKE: dict[str, Any] = {
    "base_repair_time": 0.01,
    "base_repair_fraction": 0.2,
    "order_and_ship_time": 0.01,
    "depot_repair_time": 0.02531,
}
BASES = [23.2] * 5


def backorders(depot: int, base: int, method: Any) -> float:
    return multi_echelon(BASES, depot_stock=depot, base_stock=base, method=method, **SHERBROOKE).backorders


@pytest.mark.parametrize(
    ("depot", "base", "method", "expected", "tolerance"),
    [
        (0, 0, "metric", 3.50876800, 5.1e-9),
        (1, 0, "metric", 2.60425473, 5.1e-9),
        (1, 1, "metric", 0.57432902, 5.1e-9),
        (2, 1, "metric", 0.32693933, 5.1e-9),
        (3, 1, "metric", 0.20595243, 5.1e-9),
        # By an event simulation of 2 million years: standard errors 1.2e-4, 2.6e-5.
        (1, 1, "exact", 0.607904, 3.5e-4),
        (2, 2, "exact", 0.053056, 7.8e-5),
        (1, 1, "vari_metric", 0.607904, 0.006),
        (2, 2, "vari_metric", 0.053056, 0.001),
    ],
)
def test_published_back_orders(depot: int, base: int, method: Any, expected: float, tolerance: float) -> None:
    """Computed by R xmetric on Sherbrooke's data; the last four by simulation."""
    assert backorders(depot, base, method) == pytest.approx(expected, abs=tolerance)


def test_published_pipelines() -> None:
    found = multi_echelon(BASES, depot_stock=2, base_stock=0, **SHERBROOKE)
    assert found.depot_backorders[0] == pytest.approx(0.7640176, abs=5.1e-8)
    assert found.base_pipeline[0, 0] == pytest.approx(0.3848035, abs=5.1e-8)


def simulated(
    rates: list[float], depot: int, base: int, rng: np.random.Generator, years: float
) -> tuple[float, float]:
    """Back orders of all bases in an event simulation, with its standard error; repair times constant."""
    case = SHERBROOKE
    count = rng.poisson(sum(rates) * years)
    asked = np.sort(rng.uniform(0, years, count))
    base_of = rng.choice(len(rates), size=count, p=np.array(rates) / sum(rates))
    at_base = rng.uniform(size=count) < case["base_repair_fraction"]
    back = np.where(at_base, asked + case["base_repair_time"], np.inf)
    sent = np.flatnonzero(~at_base)
    # First come, first served: after the depot's stock, the next request gets the next part out of repair.
    repaired = np.concatenate([np.full(depot, -np.inf), asked[sent] + case["depot_repair_time"]])[: sent.size]
    back[sent] = np.maximum(asked[sent], repaired) + case["order_and_ship_time"]
    looks = rng.uniform(1.0, years, 40_000)
    total = np.zeros(looks.size)
    for j in range(len(rates)):
        own = base_of == j
        out = np.searchsorted(asked[own], looks, side="right") - np.searchsorted(
            np.sort(back[own]), looks, side="right"
        )
        total += np.maximum(out - base, 0)
    return float(total.mean()), float(total.std() / math.sqrt(looks.size))


def simulated_by_base(
    case: dict[str, Any], depot: int, base: list[int], rng: np.random.Generator, years: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Back orders and fill rate of each base and the standard error of the former, event by event; every base has rates and
    times of its own, and repairs take exponential times."""
    count = rng.poisson(sum(case["demand_rate"]) * years)
    asked = np.sort(rng.uniform(0, years, count))
    of = rng.choice(len(base), size=count, p=np.array(case["demand_rate"]) / sum(case["demand_rate"]))
    back = asked + rng.exponential(np.array(case["base_repair_time"])[of])
    sent = np.flatnonzero(rng.uniform(size=count) >= np.array(case["base_repair_fraction"])[of])
    repaired = np.sort(asked[sent] + rng.exponential(case["depot_repair_time"], sent.size))
    ready = np.concatenate([np.full(depot, -np.inf), repaired])[: sent.size]
    back[sent] = np.maximum(asked[sent], ready) + np.array(case["order_and_ship_time"])[of[sent]]
    looks = rng.uniform(years / 100, years, 40_000)
    short, filled, error = np.zeros((3, len(base)))
    for j, stock in enumerate(base):
        own, returned = asked[of == j], np.sort(back[of == j])
        waiting = np.maximum(np.searchsorted(own, looks) - np.searchsorted(returned, looks) - stock, 0)
        short[j], error[j] = waiting.mean(), waiting.std() / math.sqrt(looks.size)
        filled[j] = np.mean(np.arange(own.size) - np.searchsorted(returned, own) < stock)
    return short, filled, error


@pytest.mark.parametrize(("depot", "base"), [(0, [1, 1, 2]), (2, [0, 1, 2]), (4, [1, 2, 1]), (6, [1, 1, 1])])
def test_bases_that_differ_wait_as_long_as_when_simulated(
    depot: int, base: list[int], rng: np.random.Generator
) -> None:
    case: dict[str, Any] = {
        "demand_rate": [3.0, 8.0, 20.0],
        "base_repair_fraction": [0.5, 0.1, 0.3],
        "base_repair_time": [0.02, 0.05, 0.03],
        "order_and_ship_time": [0.01, 0.04, 0.02],
        "depot_repair_time": 0.15,
    }
    short, filled, error = simulated_by_base(case, depot, base, rng, 6000.0)
    exact, vari = (
        multi_echelon(**case, depot_stock=depot, base_stock=base, method=method)
        for method in ("exact", "vari_metric")
    )
    assert np.all(np.abs(exact.base_backorders[0] - short) < 5 * error)
    assert exact.base_fill_rate[0] == pytest.approx(filled, abs=0.01)
    assert vari.base_backorders[0] == pytest.approx(exact.base_backorders[0], rel=0.03)


@pytest.mark.parametrize(("depot", "base"), [(0, 0), (1, 1), (3, 1), (2, 2)])
def test_a_simulated_depot_makes_its_bases_wait_as_long(
    depot: int, base: int, rng: np.random.Generator
) -> None:
    rates = [10.0, 20.0, 30.0, 56.0]
    mean, error = simulated(rates, depot, base, rng, 4000.0)
    exact, vari, metric = (
        multi_echelon(rates, depot_stock=depot, base_stock=base, method=method, **SHERBROOKE).backorders
        for method in ("exact", "vari_metric", "metric")
    )
    # Looks at one simulation are not quite independent of each other.
    assert exact == pytest.approx(mean, abs=5 * error)
    assert vari == pytest.approx(mean, abs=5 * error + 0.02 * mean)
    assert metric <= exact + 1e-9


@given(
    st.lists(st.floats(0.1, 30), min_size=1, max_size=5),
    st.integers(0, 6),
    st.integers(0, 4),
    st.floats(1e-3, 1e3),
    st.floats(0, 0.9),
)
@settings(max_examples=40)
def test_years_or_days_have_the_same_back_orders(
    rates: list[float], depot: int, base: int, k: float, fraction: float
) -> None:
    def found(scale: float, order: slice) -> EchelonPlan:
        return multi_echelon(
            np.array(rates)[order] / scale,
            depot_stock=depot,
            base_stock=base,
            depot_repair_time=0.1 * scale,
            order_and_ship_time=0.02 * scale,
            base_repair_time=0.03 * scale,
            base_repair_fraction=fraction,
            systems=1000,
        )

    one, other = found(1.0, slice(None)), found(k, slice(None, None, -1))
    assert other.backorders == pytest.approx(one.backorders, rel=1e-6, abs=1e-10)
    # What is in the pipelines is what waits at the depot and what is on its way.
    assert one.base_pipeline.sum() == pytest.approx(
        one.depot_backorders.sum() + sum(rates) * (fraction * 0.03 + (1 - fraction) * 0.02)
    )
    assert one.availability is not None
    assert np.all((one.availability > 0) & (one.availability <= 1))


@given(st.integers(0, 5), st.integers(0, 3))
@settings(max_examples=20)
def test_more_stock_never_harms(depot: int, base: int) -> None:
    here = backorders(depot, base, "exact")
    assert backorders(depot + 1, base, "exact") <= here + 1e-12
    assert backorders(depot, base + 1, "exact") <= here + 1e-12


def test_the_best_allocation_is_the_best_of_all() -> None:
    rates, budget = [6.0, 2.0], 9.0
    case: dict[str, Any] = {"depot_repair_time": 0.3, "order_and_ship_time": 0.1}
    plan = multi_echelon([rates, [3.0, 3.0]], budget=budget, unit_cost=[1.0, 2.0], **case)
    every = {}
    for one in product(range(5), repeat=3):
        for other in product(range(4), repeat=3):
            if sum(one) + 2 * sum(other) <= budget:
                every[one, other] = None
    singles = {
        (i, stock): multi_echelon(rate, depot_stock=stock[0], base_stock=stock[1:], **case).backorders
        for i, rate in enumerate([rates, [3.0, 3.0]])
        for stock in product(range(5), repeat=3)
    }
    best = min(singles[0, one] + singles[1, other] for one, other in every)
    assert plan.backorders == pytest.approx(best, abs=1e-9)
    assert plan.cost <= budget
    assert plan.gap <= 1e-9


def test_the_curve_falls_with_diminishing_returns() -> None:
    plan = multi_echelon([BASES, [5.0] * 5], budget=40, unit_cost=[1.0, 3.0], systems=10, **SHERBROOKE)
    returns = -np.diff(plan.curve_backorders) / np.diff(plan.curve_cost)
    assert np.all(np.diff(returns) <= 1e-9)
    assert plan.curve_cost[-1] <= 40
    assert plan.backorders <= plan.curve_backorders[-1] + 1e-9
    assert plan.curve_availability is not None
    assert np.all(np.diff(plan.curve_availability) > 0)


def test_a_depot_that_ships_at_once_is_a_store_of_its_own() -> None:
    """One base without shipping time: stock at the base is stock in one place."""
    plan = multi_echelon([4.0], depot_repair_time=0.5, order_and_ship_time=0.0, depot_stock=0, base_stock=3)
    alone = optimise_spares([2.0], unit_cost=1.0, budget=3)
    assert plan.backorders == pytest.approx(alone.backorders, abs=1e-9)
    assert plan.base_fill_rate[0, 0] == pytest.approx(alone.fill_rate, abs=1e-9)


def test_repair_at_the_base_needs_no_depot() -> None:
    plan = multi_echelon(
        [4.0, 1.0],
        depot_repair_time=9.0,
        order_and_ship_time=9.0,
        base_repair_time=0.5,
        base_repair_fraction=1.0,
        budget=4,
    )
    assert plan.depot_stock.tolist() == [0]
    assert plan.base_pipeline.tolist() == [[2.0, 0.5]]


def test_a_plan_costs_what_it_holds_at_the_depot_and_at_its_bases() -> None:
    plan = multi_echelon(
        [BASES, BASES], depot_stock=[2, 0], base_stock=1, unit_cost=[10.0, 3.0], **SHERBROOKE
    )
    assert plan.cost == pytest.approx(10.0 * (2 + len(BASES)) + 3.0 * len(BASES))


def test_one_system_is_down_as_long_as_its_part_is_owed() -> None:
    plan = multi_echelon([0.4], depot_stock=0, base_stock=1, systems=1, **SHERBROOKE)
    assert plan.availability == pytest.approx(1 - plan.backorders)


def test_a_system_that_holds_several_of_a_part_needs_all_of_them() -> None:
    """Of systems with z pieces each, (1 - back orders / (systems z)) ** z lack none, as in one store."""
    one_base = multi_echelon(
        [0.9], depot_stock=0, base_stock=1, systems=4, quantity_per_system=3, **SHERBROOKE
    )
    assert one_base.availability == pytest.approx((1 - one_base.backorders / 12) ** 3)


def test_the_result_survives_json() -> None:
    plan = multi_echelon(BASES, budget=4, systems=8, **SHERBROOKE)
    assert EchelonPlan.from_json(plan.to_json()) == plan
    given_stock = multi_echelon(BASES, depot_stock=1, base_stock=1, **SHERBROOKE)
    assert EchelonPlan.from_json(given_stock.to_json()) == given_stock


@pytest.mark.parametrize(
    ("rate", "changes", "words"),
    [
        ([], {}, "shape"),
        ([[[1.0]]], {}, "shape"),
        ([-1.0], {}, "demand_rate"),
        ([math.nan], {}, "demand_rate"),
        ([1.0], {"depot_repair_time": -1.0}, "depot_repair_time"),
        ([1.0], {"base_repair_fraction": 1.5}, "base_repair_fraction"),
        ([1.0, 2.0], {"base_repair_fraction": [0.5, 1.5]}, "base_repair_fraction"),
        ([1.0, 2.0], {"order_and_ship_time": [1.0, 2.0, 3.0]}, "does not fit"),
        ([1.0], {"budget": None}, "or a budget"),
        ([1.0], {"budget": None, "depot_stock": 1}, "or a budget"),
        ([1.0], {"depot_stock": 1, "base_stock": 1}, "not both"),
        ([1.0], {"depot_stock": 1}, "not both"),
        ([1.0], {"base_stock": 1}, "not both"),
        ([1.0], {"budget": math.inf}, "budget"),
        ([1.0], {"budget": None, "depot_stock": 0.5, "base_stock": 1}, "whole"),
        ([1.0], {"budget": None, "depot_stock": 1, "base_stock": 1e300}, "whole numbers up to"),
        ([1.0], {"unit_cost": 0.0}, "unit_cost"),
        ([1.0], {"systems": 0}, "systems"),
        ([1.0, 1.0], {"systems": [3, 0]}, "systems"),
        ([1.0], {"quantity_per_system": 1.5}, "quantity_per_system must be whole"),
    ],
)
def test_what_is_refused(rate: Any, changes: dict[str, Any], words: str) -> None:
    case = {"depot_repair_time": 0.1, "order_and_ship_time": 0.1, "budget": 3.0, **changes}
    with pytest.raises(InvalidData, match=words):
        multi_echelon(rate, **case)
