import json

import numpy as np
import pytest

from analytics import InvalidData, LifeData, compare_before_after, fit_weibull, optimal_replacement
from analytics.figures import LABELS, before_after, replacement_curve
from analytics.synthetic import WeibullLaw

EFFECTIVE = compare_before_after((40, 10_000), (4, 6_000), criterion=0.5)


def test_the_verdict_stands_against_its_criterion() -> None:
    drawn = before_after(EFFECTIVE)
    bounds, point = drawn.data
    assert list(bounds.x) == [EFFECTIVE.lower, EFFECTIVE.upper]
    assert list(point.x) == [EFFECTIVE.ratio]
    effective, criterion, no_change = drawn.layout.shapes
    assert (effective.x1, criterion.x0, no_change.x0) == (0.5, 0.5, 1.0)
    assert criterion.line.dash != no_change.line.dash
    assert "effective" in drawn.layout.annotations[0].text
    assert drawn.layout.annotations[1].text == "40 in 10,000 h, then 4 in 6,000 h"


def test_a_bound_that_is_not_there_is_an_arrow_to_the_edge() -> None:
    early = compare_before_after((40, 10_000), (0, 500), criterion=0.5)
    blind = compare_before_after((0, 100), (12, 6_000), criterion=0.5)
    drawn = before_after({"3 months": early, "12 months": EFFECTIVE, "Other": blind})
    first, second, third, points = drawn.data
    left, right = (10**end for end in drawn.layout.xaxis.range)
    assert (first.marker.symbol[0], third.marker.symbol[1]) == ("triangle-left", "triangle-right")
    assert (first.x[0], third.x[1]) == pytest.approx((left, right))
    # A ratio of 0, or none, has no place on a log axis.
    assert list(points.x) == [EFFECTIVE.ratio]
    assert [trace.showlegend for trace in (first, second, third)] == [False, True, False]
    assert list(drawn.layout.yaxis.ticktext) == [
        "3 months<br><b>too early</b>",
        "12 months<br><b>effective</b>",
        "Other<br><b>too early</b>",
    ]
    assert "3 months: 0 (0 – 1.56), too early" in drawn.layout.meta["alt"]
    json.loads(drawn.to_json())


def test_verdicts_of_other_criteria_do_not_mix() -> None:
    other = compare_before_after((40, 10_000), (4, 6_000), criterion=0.6)
    for verdicts in ({}, {"a": EFFECTIVE, "b": other}):
        with pytest.raises(InvalidData, match="one criterion"):
            before_after(verdicts)


def test_the_best_age_is_the_foot_of_the_curve_inside_its_interval() -> None:
    fit = fit_weibull(LifeData([310, 420, 480, 530, 590, 640, 700, 800], [1] * 7 + [0]))
    plan = optimal_replacement(fit, 1.0, 8.0, draws=40)
    drawn = replacement_curve(plan, fit)
    curve, best, without = drawn.data
    assert (best.x[0], best.y[0]) == (plan.age, plan.cost_rate)
    assert np.array(curve.y).min() >= plan.cost_rate * (1 - 1e-9)
    assert np.array(curve.y).min() == pytest.approx(plan.cost_rate, rel=0.01)
    assert set(without.y) == {plan.cost_rate_without}
    band = drawn.layout.shapes[0]
    assert (band.x0, band.x1) == (plan.lower, plan.upper)
    assert drawn.layout.xaxis.title.text == "Age at replacement (h)"
    assert drawn.layout.yaxis.title.text == "Cost per h"
    assert "Replace at" in drawn.layout.meta["alt"]


def test_where_nothing_is_saved_the_picture_says_so() -> None:
    law = WeibullLaw(1000.0, 0.9)
    drawn = replacement_curve(optimal_replacement(law, 1.0, 5.0), law)
    assert [trace.name for trace in drawn.data] == [LABELS["cost_of_replacing"], LABELS["run_to_failure"]]
    assert drawn.layout.annotations[0].text == "Run to failure costs least"
    assert len(drawn.layout.shapes) == 0


def test_minimal_repair_has_no_running_to_failure() -> None:
    law = WeibullLaw(1000.0, 2.0)
    drawn = replacement_curve(optimal_replacement(law, 1.0, 5.0, policy="minimal_repair"), law)
    assert LABELS["run_to_failure"] not in [trace.name for trace in drawn.data]


def test_another_fit_and_a_bad_end_are_refused() -> None:
    plan = optimal_replacement(WeibullLaw(1000.0, 2.0), 1.0, 5.0)
    with pytest.raises(InvalidData, match="not the fit"):
        replacement_curve(plan, WeibullLaw(1000.0, 2.1))
    with pytest.raises(InvalidData, match="until"):
        replacement_curve(plan, WeibullLaw(1000.0, 2.0), until=-1.0)
