import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import InvalidData, LifeData, NewsvendorStock, fit_weibull, forecast_spares, newsvendor


def test_published_normal_demand() -> None:
    """Snyder and Shen, Fundamentals of Supply Chain Theory, example 4.3."""
    found = newsvendor(50.0, standard_deviation=8.0, holding_cost=0.18, shortage_cost=0.70)
    assert (found.stock, found.cost) == pytest.approx((56.60395592743389, 1.9976051931766445), abs=1e-9)


def test_published_poisson_demand() -> None:
    found = newsvendor(50.0, holding_cost=0.18, shortage_cost=0.70)
    assert (found.stock, found.cost) == (56, pytest.approx(1.797235211809178, abs=1e-9))


@given(st.floats(0.1, 60), st.floats(1, 4), st.floats(0.01, 10), st.floats(0.01, 10))
@settings(max_examples=50)
def test_no_other_stock_is_cheaper(mean: float, spread: float, holding: float, shortage: float) -> None:
    terms: dict[str, Any] = {"holding_cost": holding, "shortage_cost": shortage, "variance_to_mean": spread}
    best = newsvendor(mean, **terms)
    for other in (best.stock - 1, best.stock + 1):
        if other >= 0:
            assert newsvendor(mean, stock=other, **terms).cost >= best.cost - 1e-9


@given(st.floats(1e-3, 1e3))
def test_prices_in_another_currency_buy_the_same(k: float) -> None:
    one = newsvendor(7.0, holding_cost=1.0, shortage_cost=4.0)
    other = newsvendor(7.0, holding_cost=k, shortage_cost=4.0 * k)
    assert other.stock == one.stock
    assert other.cost == pytest.approx(k * one.cost)


def test_the_cost_is_what_simulated_periods_cost(rng: np.random.Generator) -> None:
    found = newsvendor(20.0, standard_deviation=5.0, holding_cost=1.0, shortage_cost=9.0)
    left = found.stock - rng.normal(20.0, 5.0, 200_000)
    assert found.cost == pytest.approx(float(np.mean(np.where(left > 0, left, -9.0 * left))), rel=0.02)


def test_a_forecast_is_a_demand(nist: LifeData) -> None:
    forecast = forecast_spares(fit_weibull(nist), [100.0, 200.0, 300.0], 200)
    found = newsvendor(forecast, holding_cost=1.0, shortage_cost=9.0)
    assert found.stock == forecast.stock_for(0.9)
    assert NewsvendorStock.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("demand", "changes", "words"),
    [
        (5.0, {"holding_cost": 0.0}, "holding_cost"),
        (5.0, {"shortage_cost": math.nan}, "shortage_cost"),
        (5.0, {"standard_deviation": 0.0}, "standard_deviation"),
        (5.0, {"stock": 1.5}, "whole number"),
        (5.0, {"stock": -1.0}, "stock must be"),
        ([0.5, 0.5], {"standard_deviation": 1.0}, "one finite number"),
        (-5.0, {}, "mean demand"),
        ([0.5, 0.4], {}, "sum to 1"),
    ],
)
def test_what_is_refused(demand: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        newsvendor(demand, **{"holding_cost": 1.0, "shortage_cost": 2.0, **changes})
