"""Figures in the reader's words."""

from __future__ import annotations

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
from tests.factories.fleet import Fleet, day

FORMULAS = {"numbers", "numbers_without_bounds"}
NOT_ASKED_FOR = {"mcf_cost"}


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
    ]
    assert all(figure is not None and figure.layout.meta["alt"].startswith("«") for figure in drawn)


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


def test_labels_are_translated_one_by_one() -> None:
    assert charts.labels(charts.same) == charts.LABELS
