import numpy as np
import pytest

from analytics import LifeData, fit_weibull, forecast_spares, stock_for_service_level
from analytics.figures import LABELS, demand_forecast, stock_curve


def test_bars_are_the_forecast_and_those_in_the_interval_are_filled(nist: LifeData) -> None:
    forecast = forecast_spares(fit_weibull(nist), np.linspace(0, 450, 20), 100)
    figure = demand_forecast(forecast)
    inside, outside = figure.data
    assert inside.name == "Inside the 90 % interval"
    assert (inside.x[0], inside.x[-1]) == (forecast.lower, forecast.upper)
    assert np.array(inside.y).tolist() == forecast.pmf[forecast.lower : forecast.upper + 1].tolist()
    assert set(outside.x).isdisjoint(inside.x)
    assert sum(inside.y) + sum(outside.y) == pytest.approx(1.0, abs=0.02)
    assert f"{forecast.lower} to {forecast.upper}" in figure.layout.meta["alt"]


def test_a_forecast_of_nothing_is_one_bar(nist: LifeData) -> None:
    figure = demand_forecast(forecast_spares(fit_weibull(nist), [], 100))
    assert [list(one.x) for one in figure.data] == [[0]]


def test_the_chosen_stock_and_the_parts_on_hand_are_marked() -> None:
    level = stock_for_service_level(4.0, 0.95, on_hand=3)
    figure = stock_curve(level)
    curve, chosen, on_hand = figure.data
    assert np.array(curve.y).tolist() == level.probability.tolist()
    assert (chosen.x[0], chosen.y[0]) == (level.stock, level.achieved)
    assert (on_hand.x[0], on_hand.y[0]) == (3, level.probability_on_hand)
    assert figure.layout.shapes[0].y0 == 0.95
    assert figure.layout.annotations[0].text == "Service level asked for: 95 %"
    assert (
        figure.layout.meta["alt"]
        == "Probability of covering all demands against stock: 8 parts reach 97.86 %."
    )


def test_nothing_on_hand_is_not_marked() -> None:
    curve, chosen = stock_curve(stock_for_service_level(4.0, 0.95)).data
    assert (curve.name, chosen.name) == (LABELS["covered"], "Stock 8: 97.86 %")
