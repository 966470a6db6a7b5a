"""Words, times and numbers as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from fracas.core.permissions import EVERYTHING
from fracas.web import templating
from fracas.web.templating import chart, here, local_date, local_time, navigation, show_quantity, significant
from tests.factories.service import Service

pytestmark = pytest.mark.usefixtures("reader")


@pytest.fixture
def reader(service: Service) -> Iterator[None]:
    with service.app.test_request_context("/failures/?state=open&site=S%26A"):
        yield


class Reader(HTMLParser):
    """What a browser makes of a piece of page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= dict(attrs)

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script" and data.strip().startswith("{"):
            self.scripts.append(data)
        self.text += data


# ------------------------------------------------------------------ numbers

WHOLE = {
    "estimate": 1234.5, "lower": 900.0, "upper": 1700.0, "confidence": 0.9, "unit": "h", "failures": 7,
    "exposure": 8641.5, "exposure_unit": "h", "exposure_estimated_share": 0.031, "as_of": "2026-05-31T00:00:00+00:00",
}  # fmt: skip


def text_of(quantity: dict[str, Any]) -> str:
    return " ".join(Reader(str(show_quantity(quantity))).text.split())


def test_a_number_shows_its_interval_and_what_it_rests_on() -> None:
    shown = text_of(WHOLE)
    assert shown == (
        "1,230 h 90 %: 900 – 1,700 h 7 failures · exposure 8,642 h · 3.1 % of it estimated · as of 2026-05-31"
    )


def test_a_long_count_is_grouped_and_the_day_does_not_break() -> None:
    shown = str(show_quantity({**WHOLE, "failures": 1011}))
    assert ">1,011 failures · exposure 8,642 h" in shown
    assert '<span class="text-nowrap">as of 2026-05-31</span>' in shown


def test_no_failure_yet_is_a_bound_and_never_zero() -> None:
    shown = text_of({**WHOLE, "estimate": None, "lower": 434.3, "upper": None, "failures": 0})
    assert shown.startswith("at least 434 h one-sided, 90 % confidence 0 failures")
    shown = text_of({**WHOLE, "estimate": None, "lower": None, "upper": 0.002, "failures": 0})
    assert shown.startswith("at most 0.002 h")


def test_no_number_is_said_and_not_drawn_as_zero() -> None:
    shown = text_of({"estimate": None, "lower": None, "upper": None, "unit": "h", "failures": 0})
    assert shown.startswith("no number yet")
    assert "0 h" not in shown


def test_a_real_zero_is_zero() -> None:
    assert text_of({**WHOLE, "estimate": 0.0}).startswith("0 h")


def test_a_unit_cannot_bring_html() -> None:
    assert "<b>x" not in str(show_quantity({**WHOLE, "unit": "<b>x"}))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"), (0.0, "0"), (1234.5, "1,230"), (0.000123, "0.000123"), (-4.567, "-4.57"), (999_999.0, "1,000,000"),
        (1.2e9, "1,200,000,000"), (1.2e13, "1.2e+13"), (3e-7, "3e-07"), (12.0, "12"),
    ],
)  # fmt: skip
def test_a_person_can_read_it(value: float | None, shown: str) -> None:
    assert significant(value) == shown


# ------------------------------------------------------------------ times


def test_a_moment_is_shown_where_it_happened_with_utc_beside_it() -> None:
    read = Reader(str(local_time(datetime(2026, 1, 31, 23, 5, tzinfo=UTC), "Asia/Shanghai")))
    assert read.text == "2026-02-01 07:05 UTC+8"
    assert read.attributes["title"] == "2026-01-31 23:05 UTC"
    assert read.attributes["datetime"] == "2026-01-31T23:05:00+00:00"


def test_what_never_happened_is_a_dash() -> None:
    assert local_time(None) == "–"
    assert local_date(None) == "–"


def test_a_day_does_not_break_at_its_hyphens() -> None:
    read = Reader(str(local_date(date(2026, 5, 31))))
    assert (read.text, read.attributes["class"]) == ("2026-05-31", "text-nowrap")
    assert '<span class="text-nowrap">2026-05-31 08:00</span>' in local_time(
        datetime(2026, 5, 31, 8, tzinfo=UTC)
    )


# ------------------------------------------------------------------ charts


def test_a_chart_cannot_break_out_of_its_script() -> None:
    nasty = '</script><script>alert("x")</script><!--'
    read = Reader(str(chart({"data": [{"name": nasty}], "layout": {"meta": {"alt": nasty}}})))
    assert read.tags.count("script") == 1
    assert json.loads(read.scripts[0])["data"][0]["name"] == nasty
    assert read.attributes["aria-label"] == nasty


def test_a_chart_of_plotly_is_drawn_the_same_way() -> None:
    class Figure:
        def to_json(self) -> str:
            return '{"data": [{"y": [1, null]}], "layout": {"meta": {"alt": "one point"}}}'

    read = Reader(str(chart(Figure())))
    assert json.loads(read.scripts[0])["data"] == [{"y": [1, None]}]
    assert read.attributes["aria-label"] == "one point"


# ------------------------------------------------------------------ addresses and the menu


def test_the_records_behind_the_points_are_listed_below_the_chart() -> None:
    figure = {
        "data": [
            {"type": "bar", "x": ["A <b>", "B", "C"], "y": [3, 2, 0], "customdata": ["/a?x=1&y=2", None, "/c"]},
            {"type": "scatter", "x": [1, 2], "y": [5, 6], "text": ["one", "two"], "customdata": [[0.5, "/1"], [0.7, "//evil"]]},
            {"type": "scatter", "x": [1], "y": [5], "customdata": {"dtype": "f8", "bdata": ""}},
        ],
        "layout": {},
    }  # fmt: skip
    assert templating.points(figure) == [("A <b>: 3", "/a?x=1&y=2"), ("one", "/1")]
    drawn = chart(figure)
    assert '<a href="/a?x=1&amp;y=2">A &lt;b&gt;: 3</a>' in drawn
    assert "<details" not in chart({"data": [], "layout": {}})


def test_a_word_of_a_template_is_said_anew_to_each_reader(service: Service) -> None:
    template = service.app.jinja_env.from_string('{{ "add"|verb_word }} {{ "yes"|word }}')
    said = []
    for language in ("en", "zh-CN", "en"):
        headers = {"Accept-Language": language}
        with service.app.app_context(), service.app.test_request_context("/", headers=headers):
            said.append(template.render())
    assert said == ["Add yes", "添加 是", "Add yes"]


def test_this_page_with_another_filter() -> None:
    assert here(state="closed") == "/failures/?state=closed&site=S%26A"
    assert here(state=None, site=None) == "/failures/"
    assert here(cursor="a b") == "/failures/?state=open&site=S%26A&cursor=a+b"


@pytest.fixture
def own_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templating, "NAVIGATION", [])


@pytest.mark.usefixtures("own_menu")
def test_the_menu_is_in_order_and_each_line_is_there_once() -> None:
    navigation(80, "late", "Late", "a.read")
    navigation(20, "early", "Early", "b.read")
    navigation(80, "late", "Late", "a.read")
    assert [entry[1] for entry in templating.NAVIGATION] == ["early", "late"]


@pytest.mark.parametrize("role", ["field_engineer", "manager", "customer", "administrator"])
def test_the_menu_shows_what_the_person_may_open_and_nothing_else(service: Service, role: str) -> None:
    visitor = service.visitor(role)
    page = visitor.get("/account").text
    with service.told() as loop:
        actor = loop.as_(role)
    assert EVERYTHING not in actor.permissions
    with service.app.test_request_context("/"):
        from flask import url_for

        for _, endpoint, text, permission in templating.NAVIGATION:
            link = f'href="{url_for(endpoint)}">{text}</a>'
            assert (link in page) == actor.may(permission), endpoint


def test_who_is_not_signed_in_sees_no_menu(service: Service) -> None:
    assert "<nav" not in service.app.test_client().get("/sign-in").text
