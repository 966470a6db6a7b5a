import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import (
    DuaneFit,
    EventHistories,
    GroupedEvents,
    InvalidData,
    McfCurve,
    NotEnoughFailures,
    Result,
    fit_duane,
    fit_mcf_curve,
    mean_cumulative_function,
)
from tests.analytics.test_repairable import five_systems

# ReliaWiki, Duane model, example 2.
DUANE = [
    9.2, 25, 61.5, 260, 300, 710, 916, 1010, 1220, 2530, 3350, 4200, 4410, 4990, 5570, 8310, 8530, 9200, 10500, 12100,
    13400, 14600, 22000,
]  # fmt: skip


def test_published_duane() -> None:
    fit = fit_duane(EventHistories(["1"] * 23, DUANE, end={"1": 22000}))
    assert (round(fit.alpha, 7), round(fit.b, 7)) == (0.6132337, 1.9456630)
    assert fit.cumulative_mtbf(22000) == pytest.approx(895.3390935, abs=0.001)
    assert fit.mtbf(22000) == pytest.approx(2314.9356434, abs=0.003)
    assert 0.99 < fit.r_squared < 1


def test_published_curve_through_an_mcf() -> None:
    # Documentation of the reliability package, mean cumulative function of ReliaWiki's five systems.
    curve = fit_mcf_curve(mean_cumulative_function(five_systems()))
    assert (round(curve.alpha, 4), round(curve.beta, 5)) == (11.9806, 1.67362)
    assert curve.at(curve.alpha) == pytest.approx(1.0)


def test_points_on_a_line_give_the_line() -> None:
    # The i-th failure at (b i)^(1 / (1 - alpha)) has cumulative MTBF t / i = b t^alpha.
    i = np.arange(1.0, 15.0)
    times = (3.0 * i) ** (1 / 0.6)
    fit = fit_duane(EventHistories(["x"] * 14, times, end={"x": times[-1]}))
    assert (fit.alpha, fit.b, fit.r_squared) == pytest.approx((0.4, 3.0, 1.0), rel=1e-9)
    assert fit_duane(GroupedEvents(times, np.ones(14))).alpha == pytest.approx(0.4, rel=1e-9)


def test_systems_tested_together_share_a_clock() -> None:
    histories = EventHistories(["a", "b", "a"], [10, 30, 60], end={"a": 100, "b": 40})
    # Total times 20, 60 and 100.
    assert fit_duane(histories).time.tolist() == [20, 60, 100]
    assert fit_duane(histories).cumulative.tolist() == pytest.approx([20, 30, 100 / 3])


@given(st.floats(1e-6, 1e9))
@settings(max_examples=25)
def test_units_do_not_matter(unit: float) -> None:
    line = fit_duane(EventHistories(["1"] * 23, np.array(DUANE) * unit, end={"1": 22000 * unit}))
    assert line.alpha == pytest.approx(0.6132337, abs=1e-6)
    five = five_systems()
    labels = [five.systems[k] for k in five.event_system]
    ends = {name: five.windows_of(name)[0][1] * unit for name in five.systems}
    curve = fit_mcf_curve(mean_cumulative_function(EventHistories(labels, five.time * unit, end=ends)))
    assert curve.beta == pytest.approx(1.673622, abs=1e-5)
    assert curve.alpha == pytest.approx(11.98059 * unit, rel=1e-5)


def test_json_round_trips() -> None:
    line = fit_duane(EventHistories(["1"] * 23, DUANE, end={"1": 22000}))
    curve = fit_mcf_curve(mean_cumulative_function(five_systems()))
    assert isinstance(Result.from_json(line.to_json()), DuaneFit)
    assert isinstance(Result.from_json(curve.to_json()), McfCurve)
    assert Result.from_json(line.to_json()) == line
    assert line.warnings
    assert curve.warnings


def test_refusals() -> None:
    with pytest.raises(NotEnoughFailures, match="two different times"):
        fit_duane(EventHistories(["a", "a"], [5, 5], end={"a": 10}))
    with pytest.raises(InvalidData, match="above 0"):
        fit_duane(EventHistories(["a", "a"], [0, 5], end={"a": 10}))
    with pytest.raises(NotEnoughFailures, match="two steps"):
        fit_mcf_curve(mean_cumulative_function(EventHistories(["a"], [5], end={"a": 10})))
