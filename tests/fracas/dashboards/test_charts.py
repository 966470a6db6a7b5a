"""Pictures of counts."""

from __future__ import annotations

import pytest

from fracas.dashboards.charts import open_stages, pareto
from fracas.dashboards.queries import Bar, StageCount
from fracas.web.templating import points

BARS = [Bar("ELK", "Leaks", 3, 30.0), Bar(None, "", 2, 0.0), Bar("…", "", 5, 70.0)]


def drawn(measure: str = "failures") -> dict:  # type: ignore[type-arg]
    links = ["/failures/?mode=ELK", None, None]
    return pareto(
        BARS, links=links, words=str, labels=["ELK Leaks", "not coded", "all others"], measure=measure
    )


@pytest.mark.parametrize(
    ("measure", "heights", "running"),
    [("failures", [3, 2, 5], [30, 50, 100]), ("delay_minutes", [30, 0, 70], [30, 30, 100])],
)
def test_bars_and_their_running_share(measure: str, heights: list[float], running: list[float]) -> None:
    bar, line = drawn(measure)["data"]
    assert bar["y"] == heights
    assert line["y"] == pytest.approx(running)
    assert bar["x"] == line["x"] == ["ELK Leaks", "not coded", "all others"]


def test_a_bar_knows_the_records_behind_it() -> None:
    assert drawn()["data"][0]["customdata"] == ["/failures/?mode=ELK", None, None]


def test_the_running_share_is_in_percent() -> None:
    axis = drawn("failures")["layout"]["yaxis2"]
    assert dict(zip(axis["tickvals"], axis["ticktext"], strict=True))[75] == "75 %"


def test_who_cannot_see_the_picture_reads_it() -> None:
    assert drawn()["layout"]["meta"]["alt"] == "Most frequent: ELK Leaks, 3 of 10"


def test_nothing_counted_is_an_empty_picture() -> None:
    empty = pareto([], links=[], words=str, labels=[])
    assert [trace["y"] for trace in empty["data"]] == [[], []]


def test_stages_are_stacked_by_age() -> None:
    counts = [StageCount("failure", "reported", 1, 2, 0, 4), StageCount("action", "planned", quarter=3)]
    names, links = ["failure: reported", "action: planned"], ["/failures/", "/actions/"]
    figure = open_stages(counts, words=str, names=names, links=links)
    assert points(figure) == [
        ("failure: reported, under a week: 1", "/failures/"), ("failure: reported, under a month: 2", "/failures/"),
        ("action: planned, under 90 days: 3", "/actions/"), ("failure: reported, 90 days and more: 4", "/failures/"),
    ]  # fmt: skip
    assert [trace["x"] for trace in figure["data"]] == [[1, 0], [2, 0], [0, 3], [4, 0]]
    assert figure["layout"]["barmode"] == "stack"
    assert figure["layout"]["meta"]["alt"] == "10 open records by stage and age"
