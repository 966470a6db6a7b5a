import json
from typing import Any

import numpy as np
import pytest

from analytics import (
    InvalidData,
    LifeData,
    fit_limited_failure_population,
    fit_lognormal,
    fit_weibull,
    fit_weibull3,
    kaplan_meier,
)
from analytics.figures import LABELS, density_curve, hazard_curve, reliability_curve, weibull_paper
from analytics.figures.lifetimes import plotted_points
from analytics.ranks import plotting_positions


def trace(figure: Any, name: str) -> Any:
    found = [one for one in figure.data if one.name == name]
    assert found, f"no {name!r} among {[one.name for one in figure.data]}"
    return found[0]


def on_paper(failed: float) -> float:
    return float(np.log(-np.log(1 - failed)))


def test_points_of_the_paper_are_median_ranks(nist: LifeData) -> None:
    figure = weibull_paper(fit_weibull(nist), nist)
    points = trace(figure, LABELS["median_ranks"])
    expected = plotting_positions(nist)
    assert np.array(points.x).tolist() == expected.time.tolist()
    assert np.array(points.y) == pytest.approx([on_paper(p) for p in expected.failure_probability])
    assert np.array(points.customdata) == pytest.approx(100 * expected.failure_probability)


def test_the_line_of_the_paper_is_straight_with_slope_beta(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    line = trace(weibull_paper(fit, nist), LABELS["fit"])
    slope = np.diff(line.y) / np.diff(np.log(line.x))
    assert slope == pytest.approx(fit.beta, rel=1e-6)


def test_the_axis_of_the_paper_is_labelled_in_percent(nist: LifeData) -> None:
    figure = weibull_paper(fit_weibull(nist), nist)
    ticks = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert ticks["63.2"] == pytest.approx(0.0, abs=1e-3)
    assert ticks["10"] == pytest.approx(on_paper(0.1))
    assert figure.layout.xaxis.type == "log"


def test_the_band_of_the_paper_is_that_of_the_fit(nist: LifeData) -> None:
    fit = fit_weibull(nist, confidence=0.80)
    figure = weibull_paper(fit, nist)
    lower, upper = (one for one in figure.data if one.name == "80 % bounds")
    age = float(lower.x[40])
    bounds = fit.failure_probability_interval(age)
    assert bounds.lower is not None
    assert bounds.upper is not None
    assert lower.y[40] == pytest.approx(on_paper(bounds.lower))
    assert upper.y[40] == pytest.approx(on_paper(bounds.upper))
    assert upper.fill == "tonexty"


def test_survivors_and_numbers_are_shown(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    figure = weibull_paper(fit, nist)
    assert np.array(trace(figure, LABELS["suspensions"]).x).tolist() == [500]
    corner = figure.layout.annotations[0].text
    assert "η = 607 h" in corner
    assert "β = 1.72" in corner
    assert "10 failures, 10 suspensions" in corner
    assert figure.layout.meta["alt"].startswith("Weibull probability plot: 10 failures and 10 suspensions")


def test_rank_regression_without_bounds_still_draws() -> None:
    data = LifeData([16, 34, 53, 75, 93, 120], 1)
    fit = fit_weibull(data, method="rrx", ranks="exact")
    figure = weibull_paper(fit, data)
    points = trace(figure, LABELS["median_ranks"])
    assert np.array(points.customdata) == pytest.approx(
        100 * plotting_positions(data, ranks="exact").failure_probability
    )
    assert LABELS["suspensions"] not in [one.name for one in figure.data]


def test_late_entry_takes_the_middles_of_the_kaplan_meier_steps() -> None:
    data = LifeData([100, 250, 300, 320], [1, 1, 1, 0], entry=[0, 50, 120, 0])
    ages, failed, label, is_open = plotted_points(fit_weibull(data), data)
    steps = np.concatenate([[1.0], kaplan_meier(data).estimate])
    assert ages.tolist() == [100, 250, 300]
    assert failed == pytest.approx(1 - (steps[:-1] + steps[1:]) / 2)
    assert (label, is_open) == ("product_limit", False)


def test_inexact_failures_stand_open_at_the_middle_of_their_interval() -> None:
    data = LifeData([100, 200, 300, 400], [1, 3, 1, 0], upper=[np.nan, 260, np.nan, np.nan])
    fit = fit_weibull(data)
    assert plotted_points(fit, data)[0].tolist() == [100, 230, 300]
    assert trace(weibull_paper(fit, data), LABELS["middles"]).marker.symbol == "circle-open"


def test_data_of_another_fit_are_refused(nist: LifeData) -> None:
    with pytest.raises(InvalidData, match="not the data"):
        weibull_paper(fit_weibull(nist), LifeData([1, 2, 3], 1))


def test_words_can_be_translated(nist: LifeData) -> None:
    figure = weibull_paper(
        fit_weibull(nist),
        nist,
        labels={"age": "工龄（{unit}）", "alt_weibull_paper": "威布尔图：{failures} 次故障"},
    )
    assert figure.layout.xaxis.title.text == "工龄（h）"
    assert figure.layout.meta["alt"] == "威布尔图：10 次故障"


def test_reliability_falls_from_one_with_its_band_around_it(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    figure = reliability_curve(fit, nonparametric=kaplan_meier(nist))
    curve = trace(figure, LABELS["fitted"])
    lower, upper = (one for one in figure.data if one.name == "90 % bounds")
    assert np.array(curve.y) == pytest.approx(fit.reliability(np.array(curve.x)))
    assert np.all(np.array(lower.y) < np.array(curve.y))
    assert np.all(np.array(upper.y) > np.array(curve.y))
    steps = trace(figure, LABELS["kaplan_meier"])
    assert (steps.x[0], steps.y[0], steps.x[-1], steps.line.shape) == (0, 1, 500, "hv")
    assert "10 % have failed by 164 h" in figure.layout.meta["alt"]


def test_hazard_is_per_unit_and_goes_as_far_as_asked(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    figure = hazard_curve(fit, until=400)
    curve = trace(figure, LABELS["fitted"])
    assert curve.x[-1] == 400
    assert np.array(curve.y) == pytest.approx(fit.hazard(np.array(curve.x)))
    assert figure.layout.yaxis.title.text == "Failure rate (per h)"
    for bad in (0, -1, float("nan")):
        with pytest.raises(InvalidData, match="until"):
            hazard_curve(fit, until=bad)
        with pytest.raises(InvalidData, match="until"):
            reliability_curve(fit, until=bad)


def test_curves_of_any_distribution_have_their_bounds(nist: LifeData) -> None:
    fit = fit_lognormal(nist)
    for drawn, curve, bounds_at in (
        (reliability_curve(fit), fit.reliability, fit.reliability_interval),
        (hazard_curve(fit), fit.hazard, fit.hazard_interval),
    ):
        lower, upper, line = drawn.data
        age = float(line.x[40])
        bounds = bounds_at(age)
        assert (lower.y[40], upper.y[40]) == pytest.approx((bounds.lower, bounds.upper))
        assert line.y[40] == pytest.approx(float(curve(age)))


def test_a_failure_free_time_is_left_out_of_the_curves() -> None:
    ages = [160, 175, 190, 204, 220, 231, 247, 262, 281, 300, 322, 350, 388, 430, 505]
    fit = fit_weibull3(LifeData(ages, 1))
    for drawn in (hazard_curve(fit), reliability_curve(fit), density_curve(fit)):
        assert min(trace.x[0] for trace in drawn.data) > fit.gamma
        assert all(np.all(np.isfinite(np.array(trace.y))) for trace in drawn.data)
    with pytest.raises(InvalidData, match="above"):
        hazard_curve(fit, until=fit.gamma / 2)


def test_a_population_of_which_few_can_fail_is_drawn_to_where_most_of_them_have() -> None:
    data = LifeData([2, 5, 9, 14, 22, 40, 65, 110, 300], [1] * 8 + [0], count=[1] * 8 + [92])
    fit = fit_limited_failure_population(data)
    drawn = reliability_curve(fit)
    assert drawn.data[-1].y[-1] == pytest.approx(1 - 0.95 * fit.p)
    assert "–" not in drawn.layout.meta["alt"]
    # Neither B10 nor the median exists.
    assert [trace.name for trace in density_curve(fit).data] == [LABELS["fitted"]]


def test_the_density_has_its_b_lives_under_the_curve(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    drawn = density_curve(fit)
    b10 = trace(drawn, "B10")
    assert b10.x[0] == b10.x[1] == fit.b_life(10)
    assert b10.y[1] == pytest.approx(float(fit.density(fit.b_life(10))))
    assert b10.line.dash != trace(drawn, "B50").line.dash
    assert drawn.layout.annotations[0].text == "B10 = 164 h<br>B50 = 490 h"
    assert drawn.layout.yaxis.title.text == "Density (per h)"


def test_figures_are_strict_json(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    for figure in (weibull_paper(fit, nist), reliability_curve(fit), hazard_curve(fit)):
        document = json.loads(figure.to_json())
        assert document["layout"]["meta"]["alt"]
        assert document["layout"]["xaxis"]["title"]["text"] == "Age (h)"
