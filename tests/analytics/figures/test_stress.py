from typing import Any

import numpy as np
import pytest

from analytics import InvalidData, LifeData, fit_aft, fit_life_stress
from analytics.figures import LABELS, life_against_stress

RNG = np.random.default_rng(6)
CELSIUS, VOLTS = RNG.choice([85.0, 105.0, 125.0], 60), RNG.choice([10.0, 20.0], 60)
LIFE = 1e-6 * np.exp(0.7 * 11605 / (CELSIUS + 273.15)) * (VOLTS / 10) ** -2 * RNG.weibull(2.0, 60)
END = float(np.quantile(LIFE, 0.8))
DATA = LifeData(np.minimum(LIFE, END), LIFE <= END, covariates={"celsius": CELSIUS, "volts": VOLTS})
FIT = fit_life_stress(
    DATA, {"celsius": "arrhenius", "volts": "inverse_power"}, use={"celsius": 40.0, "volts": 10.0}
)


def trace(figure: Any, name: str) -> Any:
    found = [one for one in figure.data if one.name == name]
    assert found, f"no {name!r} among {[one.name for one in figure.data]}"
    return found[0]


@pytest.mark.parametrize("stress", ["celsius", "volts"])
def test_the_relation_is_a_straight_line_with_the_slope_of_the_fit(stress: str) -> None:
    line = trace(life_against_stress(FIT, DATA, stress=stress), "B10 life")
    slope = np.diff(np.log(line.y)) / np.diff(line.x)
    assert slope == pytest.approx(FIT.slopes[stress], rel=1e-6)


def test_line_and_band_are_those_of_the_fit_there() -> None:
    figure = life_against_stress(FIT, DATA, stress="celsius", life_percent=1.0)
    lower, upper = (one for one in figure.data if one.name == "90 % bounds")
    line = trace(figure, "B1 life")
    hottest = FIT.at({"celsius": 125.0, "volts": 10.0})
    assert line.y[-1] == pytest.approx(hottest.b_life(1))
    assert (lower.y[-1], upper.y[-1]) == pytest.approx(
        (hottest.interval("b1").lower, hottest.interval("b1").upper)
    )
    assert trace(figure, LABELS["median_life"]).y[0] == pytest.approx(FIT.b_life(50))


def test_ages_under_other_stresses_are_brought_to_the_conditions() -> None:
    points = trace(life_against_stress(FIT, DATA, stress="celsius"), LABELS["failures"])
    failed = DATA.event == 1
    expected = DATA.time[failed] * (VOLTS[failed] / 10.0) ** FIT.slopes["volts"]
    assert np.array(points.y) == pytest.approx(expected)


def test_axis_in_the_stress_itself_rising_to_the_right() -> None:
    figure = life_against_stress(FIT, DATA, stress="celsius")
    assert list(figure.layout.xaxis.ticktext) == ["40", "85", "105", "125"]
    assert figure.layout.xaxis.autorange == "reversed"
    assert np.all(np.diff(figure.layout.xaxis.tickvals) < 0)
    assert figure.layout.yaxis.type == "log"
    linear = fit_aft(DATA, covariates=["volts"])
    assert life_against_stress(linear, DATA).layout.xaxis.autorange is True


def test_numbers_alternative_text_and_labels() -> None:
    figure = life_against_stress(FIT, DATA, stress="volts", labels={"median_life": "中位寿命"})
    assert figure.layout.meta["alt"].startswith("Life against volts: at 10, 10 % have failed by ")
    assert "celsius 40, volts 10" in figure.layout.annotations[0].text
    assert trace(figure, "中位寿命")
    assert trace(figure, "At volts 10").y[0] == pytest.approx(FIT.b_life(10))


def test_refusals() -> None:
    with pytest.raises(InvalidData, match="name the stress"):
        life_against_stress(FIT, DATA)
    with pytest.raises(InvalidData, match="fingerprints differ"):
        life_against_stress(FIT, DATA.take([0, 1, 2]), stress="volts")
    with pytest.raises(InvalidData, match="unknown figure labels"):
        life_against_stress(FIT, DATA, stress="volts", labels={"x": "y"})
