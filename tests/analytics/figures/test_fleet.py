import numpy as np
import pytest

from analytics import EventHistories, InvalidData, mean_cumulative_function, mtbf
from analytics.figures import LABELS, mcf_curve, mtbf_over_time


def test_the_curve_runs_from_the_first_day_watched_to_the_last() -> None:
    histories = EventHistories(["a", "a", "b"], [10, 40, 20], end={"a": 50, "b": 60, "c": 30}, unit="days")
    curve = mean_cumulative_function(histories)
    figure = mcf_curve(curve)
    steps = figure.data[-1]
    assert (steps.name, steps.line.shape) == (LABELS["mcf"], "hv")
    assert np.array(steps.x).tolist() == [0, 10, 20, 40, 60]
    assert np.array(steps.y) == pytest.approx([0, *curve.estimate, curve.estimate[-1]])
    lower, upper = figure.data[:2]
    assert np.array(lower.y).tolist() == [*curve.lower, curve.lower[-1]]
    assert np.array(lower.x).tolist() == [10, 20, 40, 60]
    assert np.array(upper.y).tolist() == [*curve.upper, curve.upper[-1]]
    assert figure.layout.xaxis.title.text == "Age (days)"
    assert figure.layout.annotations[0].text == "3 systems, 3 events"
    assert "3 systems" in figure.layout.meta["alt"]


def test_cost_is_labelled_as_cost() -> None:
    histories = EventHistories(["a", "b"], [1, 2], end={"a": 9, "b": 9}, cost=[3, 5])
    assert (
        mcf_curve(mean_cumulative_function(histories, value="cost")).layout.yaxis.title.text
        == LABELS["mcf_cost"]
    )


def test_mtbf_has_bounds_and_periods_without_failure_their_lower_bound() -> None:
    results = [mtbf(count, 1000) for count in (3, 0, 5)]
    figure = mtbf_over_time(["2026-01", "2026-02", "2026-03"], results)
    known, open_ = figure.data
    assert list(known.x) == ["2026-01", "2026-03"]
    assert np.array(known.y) == pytest.approx([1000 / 3, 200])
    assert np.array(known.y) + np.array(known.error_y.array) == pytest.approx(
        [results[0].upper, results[2].upper]
    )
    assert np.array(known.y) - np.array(known.error_y.arrayminus) == pytest.approx(
        [results[0].lower, results[2].lower]
    )
    assert list(open_.x) == ["2026-02"]
    assert open_.y[0] == results[1].lower
    assert open_.name == LABELS["mtbf_lower_only"]
    # Periods stay in their order, though the traces leave some out.
    assert list(figure.layout.xaxis.categoryarray) == ["2026-01", "2026-02", "2026-03"]
    assert figure.layout.meta["alt"] == "MTBF with bounds in 3 periods; the last is 200 h."


def test_alternative_text_says_when_the_last_is_a_bound() -> None:
    assert mtbf_over_time(["now"], [mtbf(0, 1000)]).layout.meta["alt"].endswith("the last is ≥ 434 h.")


def test_what_is_refused() -> None:
    with pytest.raises(InvalidData, match="1 periods for 2 results"):
        mtbf_over_time(["now"], [mtbf(1, 10), mtbf(1, 10)])
    with pytest.raises(InvalidData, match="units"):
        mtbf_over_time(["a", "b"], [mtbf(1, 10), mtbf(1, 10, unit="km")])
    with pytest.raises(InvalidData, match="0 periods"):
        mtbf_over_time([], [])
