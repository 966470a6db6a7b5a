import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import DemandComparison, InvalidData, compare_demand_forecasts, croston


def sporadic(rng: np.random.Generator, series: int = 400, periods: int = 48) -> np.ndarray[Any, Any]:
    """Demand in a quarter of the periods at the same rate throughout."""
    return rng.binomial(1, 0.25, (series, periods)) * rng.integers(1, 4, (series, periods))


def test_published_measures_by_hand() -> None:
    """MASE and RMSSE after Hyndman and Koehler (2006), equations for one series, two origins and one period each."""
    found = compare_demand_forecasts([[2, 0, 4, 0, 1, 3]], methods=["naive", "zero"], origins=2, horizon=1)
    # Changes before the first origin: 2, 4, 4. Naive errors: 0 - 1 and 1 - 3; of zero: 1 and 3.
    assert found.mase == pytest.approx([1.5 / (10 / 3), 2.0 / (10 / 3)])
    assert found.rmsse == pytest.approx([np.sqrt(2.5 / 12), np.sqrt(5 / 12)])
    assert found.bias == pytest.approx([-1.5 / 2, -1.0])


def test_the_mean_wins_where_nothing_changes(rng: np.random.Generator) -> None:
    found = compare_demand_forecasts(sporadic(rng))
    for other in ("naive", "moving_average", "croston"):
        assert found.beats("mean", other)
        assert not found.beats(other, "mean")
    # What most periods hold is nothing, so that the absolute error loves it; it is 100 % too little all the same.
    assert found.beats("zero", "mean", measure="mase")
    assert found.bias[found.methods.index("zero")] == pytest.approx(-1.0)
    assert abs(found.bias[found.methods.index("mean")]) < 0.1


def test_quantiles_cover_what_they_claim(rng: np.random.Generator) -> None:
    found = compare_demand_forecasts(rng.poisson(1.5, (2000, 60)), methods=["mean"], quantile=0.9, origins=3)
    assert 0.9 <= found.coverage[0] < 0.97  # counts are whole, so that a quantile covers at least its share


def test_nothing_known_later_is_used(rng: np.random.Generator) -> None:
    """A forecast at an origin is the one that a planner would have made from the history alone."""
    demand = sporadic(rng, 5, 20)
    changed = demand.copy()
    changed[:, -1] += 50
    last = {"origins": 1, "horizon": 1, "methods": ["croston", "tsb"]}
    one, other = (compare_demand_forecasts(d, start="mean", **last) for d in (demand, changed))  # type: ignore[arg-type]
    rate = croston(demand[:, :-1], start="mean").rate
    expected = np.abs(changed[:, -1] - rate) / np.abs(np.diff(demand[:, :-1])).mean(axis=1)
    assert other.mase[0] == pytest.approx(expected.mean())
    assert one.mase[0] < other.mase[0]


@given(st.floats(1e-2, 1e2), st.permutations(range(6)))
@settings(max_examples=15)
def test_boxes_or_pieces_in_any_order(k: float, order: list[int]) -> None:
    demand = sporadic(np.random.default_rng(3), 6, 24).astype(float)
    one = compare_demand_forecasts(demand, methods=["mean", "sba"])
    other = compare_demand_forecasts(k * demand[order], methods=["mean", "sba"])
    assert other.rmsse == pytest.approx(one.rmsse, rel=1e-9)
    assert other.mase == pytest.approx(one.mase, rel=1e-9)


def test_differences_are_those_of_the_means(rng: np.random.Generator) -> None:
    found = compare_demand_forecasts(sporadic(rng, 100))
    for measure in ("mase", "rmsse", "pinball"):
        losses = getattr(found, measure)
        assert found.difference[measure] == pytest.approx(losses[:, None] - losses[None, :])
        assert np.all(np.diag(found.standard_error[measure]) == 0)


def test_chance_alone_beats_nobody(rng: np.random.Generator) -> None:
    """The same forecast twice over, and pairs without a difference, are never told apart beyond the stated doubt."""
    same = compare_demand_forecasts(sporadic(rng), methods=["mean", "mean"])
    assert not same.beats("mean", "mean")


def test_the_result_survives_json_and_makes_a_frame(rng: np.random.Generator) -> None:
    found = compare_demand_forecasts(sporadic(rng, 20))
    assert DemandComparison.from_json(found.to_json()) == found
    frame = found.to_frame()
    assert frame["rmsse"].is_monotonic_increasing
    assert set(frame["method"]) == set(found.methods)


@pytest.mark.reference_data
def test_three_thousand_parts(reference_data: Path) -> None:
    """3,000 parts of a car maker, 24 months; the file has the newest month first. Prints the table in the guide."""
    with (reference_data / "real" / "automotive_demand_3000x24_latest_first.csv").open(
        encoding="utf-8"
    ) as file:
        rows = list(csv.reader(file))
    demand = np.array([row[1:] for row in rows[1:]], dtype=float)[:, ::-1]
    found = compare_demand_forecasts(demand)
    sys.stdout.write(found.to_frame().round(4).to_string(index=False))
    assert found.series + found.left_out == 3000
    for other in found.methods:
        assert not found.beats("naive", other) or other == "zero"


@pytest.mark.parametrize(
    ("demand", "changes", "words"),
    [
        ([[1, 0, 1, 0]], {}, "too few"),
        ([[0] * 20], {}, "no series has any change"),
        ([[1, 0] * 10], {"methods": ["holt"]}, "unknown methods"),
        ([[1, 0] * 10], {"methods": []}, "unknown methods"),
        ([[1, 0] * 10], {"methods": [["mean"], np.zeros(2)]}, "unknown methods"),
        ([[1, 0] * 10], {"origins": 0}, "at least 1"),
        ([[1, 0] * 10], {"quantile": 95}, "between 0 and 1"),
        ([[1, -1] * 10], {}, "from 0 to 1e"),
    ],
)
def test_what_is_refused(demand: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        compare_demand_forecasts(demand, **changes)


def test_an_unknown_method_beats_nobody() -> None:
    found = compare_demand_forecasts([[1, 0] * 10], methods=["mean"])
    with pytest.raises(InvalidData, match="was not compared"):
        found.beats("mean", "holt")
