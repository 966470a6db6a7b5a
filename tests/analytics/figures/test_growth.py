import numpy as np
import pytest

from analytics import EventHistories, InvalidData, fit_duane, fit_power_law
from analytics.figures import LABELS, duane_plot, growth_curve, trend_plot
from tests.analytics.test_powerlaw import crow


def test_the_growth_curve_shows_both_mtbfs_with_bounds_and_points() -> None:
    fit = fit_power_law(crow())
    figure = growth_curve(fit, crow())
    by_name = {trace.name: trace for trace in figure.data}
    now, so_far = by_name[LABELS["instantaneous_mtbf"]], by_name[LABELS["cumulative_mtbf"]]
    assert np.array(now.y)[-1] == pytest.approx(float(fit.mtbf(200.0)))
    assert np.array(so_far.y)[-1] == pytest.approx(3 * 200 / 36)
    assert now.line.dash != so_far.line.dash
    points = by_name[LABELS["cumulative_points"]]
    # The last failure of the three systems was the 36th, at 197.2 h.
    assert (np.array(points.x)[-1], np.array(points.y)[-1]) == pytest.approx((197.2, 3 * 197.2 / 36))
    lower, upper = figure.data[:2]
    assert np.all(np.array(lower.y) < np.array(now.y))
    assert np.all(np.array(upper.y) > np.array(now.y))
    assert "(h)" in figure.layout.xaxis.title.text
    assert "90 % bounds" in figure.layout.meta["alt"]


def test_without_the_data_there_are_no_points() -> None:
    names = [trace.name for trace in growth_curve(fit_power_law(crow())).data]
    assert LABELS["cumulative_points"] not in names
    with pytest.raises(InvalidData, match="fingerprints"):
        growth_curve(fit_power_law(crow()), EventHistories(["a"], [1], end={"a": 2}))


def test_the_duane_plot_goes_through_its_line() -> None:
    fit = fit_duane(EventHistories(["a"] * 4, [10, 40, 100, 400], end={"a": 400}))
    line, now, points = duane_plot(fit, labels={"duane_line": "Gerade"}).data
    assert line.name == "Gerade"
    assert np.array(line.y).tolist() == pytest.approx(fit.cumulative_mtbf([10, 400]).tolist())
    assert np.array(now.y) / np.array(line.y) == pytest.approx(np.full(2, 1 / (1 - fit.alpha)))
    assert np.array(points.y).tolist() == [10, 20, 100 / 3, 100]


def test_the_trend_plot_starts_and_ends_in_its_corners() -> None:
    histories = EventHistories(["a", "a", "b"], [60, 90, 80], end={"a": 100, "b": 100})
    diagonal, events = trend_plot(histories).data
    assert np.array(events.x).tolist() == [0, 0.6, 0.8, 0.9]
    assert np.array(events.y)[-1] == 1
    assert diagonal.line.dash == "dash"
    assert "0 % of the events in its first half" in trend_plot(histories).layout.meta["alt"]
    with pytest.raises(InvalidData, match="no"):
        trend_plot(EventHistories([], [], end={"a": 10}))
