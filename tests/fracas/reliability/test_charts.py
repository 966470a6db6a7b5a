"""Figures in the reader's words."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analytics import LifeData, fit_weibull
from analytics.figures import LABELS
from fracas.reliability import charts
from fracas.reliability.datasets import life_table
from fracas.reliability.demand import demand_history
from fracas.reliability.estimates import WeibullReport, weibull_of
from fracas.reliability.histories import fleet_history
from fracas.reliability.spares import spares
from fracas.reliability.uptime import mcf, mtbf_by_period
from fracas.web.templating import points
from tests.factories.fleet import Fleet, day

FORMULAS = {"numbers", "numbers_without_bounds"}
# Pictures that no page shows yet: costs, growth, trend, plans of spares, other distributions, decisions.
NOT_ASKED_FOR = {
    "mcf_cost", "instantaneous_mtbf", "cumulative_mtbf", "cumulative_points", "growth_numbers", "duane_line", "duane_numbers",
    "no_trend", "events", "events_share", "total_time_share", "alt_growth_curve", "alt_duane_plot", "alt_trend_plot",
    "expected", "failures_of_period", "cost", "backorders", "fill_rate", "availability", "sufficiency", "efficient_plans",
    "chosen_plan", "alt_failure_fan", "alt_spares_trade_off",
    "region", "alt_distribution_paper", "alt_likelihood_contour",
    "density", "alt_density_curve", "share_failed", "all_modes", "alt_competing_modes",
    "ratio", "ratio_bounds", "ratio_of_rates", "ratio_numbers", "failures_in", "criterion", "effective",
    "not_effective", "too_early",
    "alt_before_after", "time_unit", "cost_rate", "cost_of_replacing", "replacement_age", "run_to_failure",
    "run_to_failure_is_best",
    "best_age", "best_age_numbers", "never", "saving", "alt_replacement_curve", "expected_at_past_rate", "stretch_of_alarm",
    "no_alarm", "alarm_in", "rate_rose", "alt_alarm_chart",
    "failures", "b_life", "median_life", "at_conditions", "alt_life_against_stress",
}  # fmt: skip


@pytest.fixture
def fleet(session: Session) -> Fleet:
    made = Fleet(session)
    for i in range(6):
        made.install(f"A{i}", f"S{i}")
        made.fail(f"A{i}", 300 + 40 * i, system=f"S{i}")
    return made


def shout(text: str) -> str:
    return f"«{text}»"


def report_of(fleet: Fleet) -> WeibullReport:
    return weibull_of(life_table(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(900)))


def test_the_words_are_those_of_the_figures() -> None:
    assert {name: LABELS[name] for name in charts.LABELS} == charts.LABELS
    assert set(LABELS) - set(charts.LABELS) == FORMULAS | NOT_ASKED_FOR


def test_every_figure_is_drawn_in_the_readers_words(fleet: Fleet) -> None:
    report = report_of(fleet)
    history = fleet_history(fleet.session, fleet.actor, as_of=day(900))
    stock = spares(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(900))
    drawn = [
        charts.weibull_paper(report, words=shout),
        charts.reliability_curve(report, words=shout),
        charts.hazard_curve(report, words=shout),
        charts.mcf_curve(mcf(fleet.session, fleet.actor, as_of=day(900)).curve, words=shout),
        charts.mtbf_over_time(mtbf_by_period(history), words=shout),
        charts.demand_forecast(stock.forecast, words=shout),
        charts.stock_curve(stock.stock, words=shout),
        charts.stock_curve(stock.stock, comes_back=True, words=shout),
    ]
    assert all(figure is not None and figure.layout.meta["alt"].startswith("«") for figure in drawn)


def test_a_stock_of_what_comes_back_covers_what_is_still_out(fleet: Fleet) -> None:
    stock = spares(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(900)).stock
    for comes_back, words in ((True, "what is still out"), (False, "all demands")):
        figure = charts.stock_curve(stock, comes_back=comes_back)
        assert figure is not None
        assert words in figure.data[0].name
        assert words in figure.layout.meta["alt"]


def test_a_point_of_the_plot_opens_its_report_and_one_of_many_their_lives(fleet: Fleet) -> None:
    fleet.install("B1", "S7")
    fleet.fail("B1", 300, system="S7")  # at the same age as A0
    report = report_of(fleet)
    links = charts.Links(
        failure=lambda number: f"/failures/{number}", lives=lambda age: f"/lives?age={age!r}"
    )
    figure = charts.weibull_paper(report, words=shout, links=links)
    assert figure is not None
    opened = points(json.loads(figure.to_json()))
    table = report.table
    ends = zip(table.exit, table.failure_number, table.event, strict=True)
    numbers = [number for _, number in sorted((age, number) for age, number, event in ends if event)]
    assert len(opened) == 7
    assert sorted(link for _, link in opened[:2]) == sorted(f"/failures/{number}" for number in numbers[:2])
    assert [link for _, link in opened[2:]] == [f"/failures/{number}" for number in numbers[2:]]
    assert opened[2][0].startswith("340 d · ")
    (trace,) = [one for one in figure.data if one.text]
    assert "%{customdata[0]:" in trace.hovertemplate
    assert all(isinstance(one[0], float) for one in trace.customdata)


def test_a_point_for_many_failures_opens_their_lives(fleet: Fleet) -> None:
    """Where a life entered late the points are the steps of the Kaplan-Meier curve: one for all failures at an age."""
    report = report_of(fleet)
    twice = report.table.where(np.array([0, *range(report.table.exit.size)]))
    late = replace(twice, entry=np.where(twice.exit > 300, 1.0, twice.entry))
    links = charts.Links(
        failure=lambda number: f"/failures/{number}", lives=lambda age: f"/lives?age={age!r}"
    )
    figure = charts.weibull_paper(weibull_of(late), links=links)
    assert figure is not None
    opened = points(json.loads(figure.to_json()))
    assert opened[0][1] == "/lives?age=300.0"
    assert opened[1][1].startswith("/failures/")


def test_a_quarter_opens_its_failures_and_a_month_too(fleet: Fleet) -> None:
    periods = mtbf_by_period(fleet_history(fleet.session, fleet.actor, as_of=day(900)))
    figure = charts.mtbf_over_time(periods, link=lambda label: f"/q/{label}")
    assert figure is not None
    opened = points(json.loads(figure.to_json()))
    assert {link for _, link in opened} == {f"/q/{label}" for label, one in periods if one.exposure > 0}
    demand = demand_history(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(900))
    bars = charts.demand_so_far(demand, link=lambda month: f"/m/{month:%Y-%m}")
    failed = [
        f"/m/{month:%Y-%m}" for month, count in zip(demand.month, demand.failures, strict=True) if count
    ]
    assert [link for _, link in points(bars)] == failed


def test_where_there_is_nothing_to_draw_there_is_no_figure(session: Session) -> None:
    fleet = Fleet(session, number="VALVE-9")
    empty = weibull_of(life_table(session, fleet.actor, part_type="VALVE-9", as_of=day(900)))
    drawn = [charts.weibull_paper(empty), charts.reliability_curve(empty), charts.hazard_curve(empty)]
    assert [*drawn, charts.mcf_curve(None), charts.mtbf_over_time([]), charts.stock_curve(None)] == [None] * 6
    assert charts.demand_forecast(None) is None


def test_intervals_have_a_fitted_curve_alone(fleet: Fleet) -> None:
    data = LifeData([100, 200, 300, 400], [3, 3, 3, 0], upper=[150, 260, 390, 0], unit="d")
    report = report_of(fleet)
    interval = WeibullReport(report.table, data, fit_weibull(data), report.quantities, None)
    figure = charts.reliability_curve(interval)
    assert figure is not None
    assert "Kaplan-Meier" not in [trace.name for trace in figure.data]


def test_demand_by_the_month_has_its_zeros(fleet: Fleet) -> None:
    history = demand_history(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(900))
    figure = charts.demand_so_far(history, words=shout)
    assert len(figure["data"][0]["x"]) == len(history.month) == 30
    assert figure["data"][1]["name"] == "«Failures»"
    assert sum(figure["data"][1]["y"]) == 6
    named = figure["layout"]["xaxis"]["tickvals"]
    assert named == figure["data"][0]["x"][2::3]  # every third of 30, and the last


def test_labels_are_translated_one_by_one() -> None:
    assert charts.labels(charts.same) == charts.LABELS
