import numpy as np
import pytest

from analytics import InvalidData, LifeData, fit_weibull, forecast_failures, optimise_spares
from analytics.figures import failure_fan, spares_trade_off


def test_the_fan_has_the_interval_of_each_period(nist: LifeData) -> None:
    forecast = forecast_failures(fit_weibull(nist), np.linspace(0, 450, 20), [50] * 4)
    figure = failure_fan(forecast)
    lower, upper, expected = figure.data
    assert np.array(lower.y).tolist() == forecast.lower.tolist()
    assert np.array(upper.y).tolist() == forecast.upper.tolist()
    assert np.array(expected.y).tolist() == forecast.expected.tolist()
    assert "4 periods" in figure.layout.meta["alt"]


@pytest.mark.parametrize("measure", ["backorders", "fill_rate", "availability", "sufficiency", None])
def test_the_plan_lies_on_its_curve_or_beyond(measure: str | None) -> None:
    plan = optimise_spares([2.0, 0.5], unit_cost=[1.0, 4.0], budget=6, systems=5)
    figure = spares_trade_off(plan, measure=measure)  # type: ignore[arg-type]
    curve, chosen = figure.data
    assert np.array(curve.x).tolist() == plan.curve_cost.tolist()
    assert (chosen.x[0], chosen.y[0]) == (plan.cost, getattr(plan, measure or "backorders"))
    assert "6" in figure.layout.meta["alt"]


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(InvalidData, match="unknown figure labels"):
        spares_trade_off(optimise_spares([1.0], unit_cost=1.0, budget=2), labels={"colour": "blue"})


@pytest.mark.parametrize(
    ("measure", "message"), [("availability", "number of systems"), ("cost", "measure must be")]
)
def test_a_measure_that_the_plan_does_not_hold_is_refused(measure: str, message: str) -> None:
    plan = optimise_spares([1.0], unit_cost=1.0, budget=2)
    with pytest.raises(InvalidData, match=message):
        spares_trade_off(plan, measure=measure)  # type: ignore[arg-type]
