import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import IntermittentForecast, InvalidData, croston

# The series ts.data1 of R tsintermittent 1.10: 84 months with 9 demands.
MONTHS = {1: 6, 2: 1, 5: 1, 23: 2, 39: 1, 54: 2, 55: 1, 61: 1, 77: 2}
SERIES = [MONTHS.get(month, 0) for month in range(1, 85)]


@pytest.mark.parametrize(
    ("method", "start", "expected"),
    [
        ("croston", "first", 0.5580143318),
        ("sba", "first", 0.5301136152),
        ("sbj", "first", 0.5286451564),
        ("tsb", "first", 0.2263329946),
        ("croston", "mean", 0.3632263251),
        ("sba", "mean", 0.3450650088),
    ],
)
def test_published_forecasts(method: Any, start: Any, expected: float) -> None:
    """R tsintermittent 1.10 (Kourentzes) at alpha = 0.1, its naive and its mean start."""
    found = croston(SERIES, method=method, alpha=0.1, start=start)
    assert found.forecast == pytest.approx(expected, rel=1e-9)


def test_the_start_is_reported() -> None:
    first, mean = croston(SERIES), croston(SERIES, start="mean")
    assert (first.start, first.start_size.tolist(), first.start_interval.tolist()) == ("first", [6.0], [1.0])
    assert (mean.start, mean.start_interval.tolist()) == ("mean", [pytest.approx(77 / 9)])
    given_start = croston(SERIES, start=(1.5, 8.0))
    assert (given_start.start, given_start.start_size.tolist()) == ("given", [1.5])
    assert first.forecast > 1.5 * mean.forecast
    # The first demand of the series, given as the start, changes nothing.
    assert croston(SERIES, start=(6.0, 1.0)).fitted == pytest.approx(first.fitted)


def test_smoothing_from_a_given_start_written_out() -> None:
    """Demands of 0, 3, 0 from a size of 2 every 4 periods: alpha = 0.1 smooths the size, beta = 0.2 the rest."""
    tsb = croston([0, 3, 0], method="tsb", alpha=0.1, beta=0.2, start=(2.0, 4.0))
    chance = [0.25 - 0.2 * 0.25, 0.2 + 0.2 * (1 - 0.2), 0.36 - 0.2 * 0.36]
    assert tsb.fitted[0] == pytest.approx([chance[0] * 2.0, chance[1] * 2.1, chance[2] * 2.1])
    assert (tsb.size[0], tsb.interval[0]) == pytest.approx((2.1, 1 / chance[2]))
    plain = croston([0, 3, 0], method="croston", alpha=0.1, beta=0.2, start=(2.0, 4.0))
    # The demand comes after two periods.
    interval = 4.0 + 0.2 * (2 - 4.0)
    assert plain.fitted[0] == pytest.approx([2.0 / 4.0, 2.1 / interval, 2.1 / interval])
    assert (plain.size[0], plain.interval[0]) == pytest.approx((2.1, interval))


def test_recovers_a_constant_rate(rng: np.random.Generator) -> None:
    """Demand in a fifth of the periods, of mean size 3: Croston is biased upwards, the corrections hardly, TSB is not."""
    demand = rng.binomial(1, 0.2, (400, 600)) * rng.integers(1, 6, (400, 600))
    mean = {
        method: float(croston(demand, method=method, alpha=0.1).fitted[:, 200:].mean())  # type: ignore[arg-type]
        for method in ("croston", "sba", "sbj", "tsb")
    }
    assert mean["sba"] == pytest.approx(0.6, rel=0.03)
    assert mean["sbj"] == pytest.approx(0.6, rel=0.03)
    assert mean["tsb"] == pytest.approx(0.6, rel=0.03)
    assert 1.02 < mean["croston"] / 0.6 < 1.08


def test_a_part_no_longer_asked_for_fades_with_tsb_only() -> None:
    dying = [2, 0, 3, 0, 2, 0, 2, 1] + [0] * 40
    assert croston(dying, method="tsb").forecast < 0.05
    assert croston(dying, method="croston").forecast > 0.5


@given(
    st.lists(st.integers(0, 5), min_size=2, max_size=30),
    st.floats(0.01, 1),
    st.floats(1e-3, 1e3),
    st.sampled_from(["croston", "sba", "sbj", "tsb"]),
    st.sampled_from(["first", "mean"]),
)
def test_boxes_or_pieces(demand: list[int], alpha: float, k: float, method: Any, start: Any) -> None:
    one = croston(demand, method=method, alpha=alpha, start=start)
    other = croston(k * np.array(demand), method=method, alpha=alpha, start=start)
    assert other.forecast == pytest.approx(k * one.forecast, rel=1e-9)
    assert one.forecast <= max(demand) * (1 + 1e-9)


@given(st.lists(st.lists(st.integers(0, 3), min_size=12, max_size=12), min_size=1, max_size=6))
def test_a_table_is_its_series_one_by_one(rows: list[list[int]]) -> None:
    for method in ("croston", "tsb"):
        together = croston(rows, method=method)  # type: ignore[arg-type]
        alone = [croston(row, method=method).forecast for row in rows]  # type: ignore[arg-type]
        assert together.forecast.tolist() == alone


@given(st.lists(st.integers(0, 3), min_size=4, max_size=20))
def test_a_fitted_value_is_the_forecast_of_its_day(demand: list[int]) -> None:
    found = croston(demand, method="sba")
    for t in range(1, len(demand) + 1):
        then = croston(demand[:t], method="sba").forecast
        assert np.nan_to_num(found.fitted[0, t - 1]) == pytest.approx(then, abs=1e-12)


def test_no_demand_is_forecast_as_none() -> None:
    found = croston([[0, 0, 0], [1, 0, 1]])
    assert found.rate[0] == 0
    assert found.warnings == ("1 of 2 series hold no demand at all: their forecast is 0",)
    assert math.isnan(found.start_size[0])


def test_the_result_survives_json() -> None:
    for found in (croston(SERIES), croston([SERIES, SERIES[::-1]], method="tsb")):
        assert IntermittentForecast.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("demand", "changes", "words"),
    [
        ([], {}, "shape"),
        ([[[1.0]]], {}, "shape"),
        (["a"], {}, "numbers"),
        ([[1, 2], [1]], {}, "numbers"),
        ([1, -1], {}, "period 1"),
        ([1, math.nan], {}, "period 1"),
        ([1, 0], {"alpha": 0.0}, "alpha"),
        ([1, 0], {"beta": 1.5}, "beta"),
        ([1, 0], {"start": "zero"}, "start"),
        ([1, 0], {"start": (0.0, 2.0)}, "a start is"),
        ([1, 0], {"start": (1.0, 0.5)}, "a start is"),
        ([[1, 0], [0, 1]], {"start": ([1.0, 0.0], 2.0)}, "a start is"),
        ([[1, 0], [0, 1]], {"start": (1.0, [2.0, 0.5])}, "a start is"),
        ([[1, 0], [0, 1]], {"start": (1.0, [2.0, math.inf])}, "a start is"),
    ],
)
def test_what_is_refused(demand: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        croston(demand, **changes)


@pytest.mark.parametrize("demand", [[0, 1e16], [[1, 2], [1e300, 0]]])
def test_demand_beyond_counting_is_refused(demand: list[object]) -> None:
    with pytest.raises(InvalidData, match=r"not a number from 0 to 1e\+15"):
        croston(demand)


def test_a_start_is_two_numbers() -> None:
    for start in ((2.0,), ("x", 1.0), (1.0, 2.0, 3.0)):
        with pytest.raises(InvalidData, match="a start is"):
            croston([0, 1, 0, 2], start=start)  # type: ignore[arg-type]
