"""From a request to a form, and from a form to the fields on the page: every widget, every kind of mistake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Literal

import pytest
from flask import render_template_string
from werkzeug.datastructures import MultiDict

from fracas.core.errors import Invalid
from fracas.core.forms import Form, Moment, field
from fracas.web.forms import FieldView, Options, describe, option_source, parse, posted
from tests.factories.service import Service


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Everything(Form):
    """One field of each kind."""

    serial: str = field(label="Serial", widget="scan", min_length=1, max_length=5)
    note: str | None = field(None, label="Note", widget="textarea", help="In your own words.")
    secret: str | None = field(None, label="Secret", widget="password")
    size: Size = field(label="Size")
    colour: Literal["red", "blue"] | None = field(None, label="Colour")
    code: str | None = field(None, label="Code", options="probe_codes:mode")
    owner: str | None = field(None, label="Owner", options="probe_codes:user", widget="suggest")
    hours: float | None = field(None, label="Hours", ge=0, le=100, unit="h", allow_inf_nan=False)
    count: int = field(1, label="Count")
    is_new: bool = field(label="New?")
    is_sure: bool | None = field(None, label="Sure?")
    at: Moment | None = field(None, label="At")
    due_on: date | None = field(None, label="Due")
    parts: list[str] = field([], label="Parts")
    places: list[str] = field([], label="Places", widget="choices", options="probe_codes:place")
    answers: dict[str, str] = field({}, label="Answers", widget="answers")


@option_source("probe_codes")
def codes(subject: Any, argument: str) -> Options:
    return [("B01", f"{argument} of {subject}"), ("C02", "Other <i>")]


SENT = MultiDict(
    [
        ("serial", " LRV1 "), ("note", "   "), ("size", "small"), ("colour", "red"), ("code", "B01"), ("owner", "new@x"),
        ("hours", "1.5"), ("count", ""), ("is_sure", "false"), ("at", "2026-05-31T14:30"), ("due_on", "2026-06-01"),
        ("parts", "A1\n\n  B2 \r\nC3"), ("places", "B01"), ("places", "C02"), ("answers.one", "yes"), ("answers.two", ""),
        ("csrf_token", "x"), ("if_version", "3"),
    ]
)  # fmt: skip


@pytest.fixture
def request_context(service: Service) -> Iterator[None]:
    with service.app.test_request_context("/"):
        yield


def view(name: str, values: dict[str, Any] | None = None, **more: Any) -> FieldView:
    return next(one for one in describe(Everything, values, **more) if one.name == name)


# ------------------------------------------------------------------ what a browser sends


def test_everything_that_a_browser_sends_is_understood() -> None:
    form = parse(Everything, posted(Everything, SENT), zone="Asia/Shanghai")
    assert form.facts() == {
        "serial": "LRV1", "size": Size.SMALL, "colour": "red", "code": "B01", "owner": "new@x", "hours": 1.5,
        "is_new": False, "is_sure": False, "at": datetime(2026, 5, 31, 6, 30, tzinfo=UTC), "due_on": date(2026, 6, 1),
        "parts": ["A1", "B2", "C3"], "places": ["B01", "C02"], "answers": {"one": "yes"},
    }  # fmt: skip


def test_what_is_left_empty_keeps_the_default_of_the_verb() -> None:
    form = parse(Everything, posted(Everything, SENT), zone="UTC")
    assert form.count == 1
    assert "count" not in form.facts()
    assert "note" not in form.facts()


def test_an_input_that_was_shown_filled_and_comes_back_empty_was_cleared() -> None:
    sent = MultiDict(
        [*SENT.items(multi=True), *(("filled", name) for name in ("note", "serial", "colour", "gone"))]
    )
    form = parse(Everything, posted(Everything, sent), zone="UTC")
    assert form.facts()["note"] is None
    assert form.facts()["colour"] == "red"
    with pytest.raises(Invalid) as refused:  # what may not be nothing is needed
        parse(Everything, posted(Everything, MultiDict([("count", ""), ("filled", "count")])))
    assert {found.field: found.message for found in refused.value.findings}["count"] == "This is needed."


def test_a_page_says_which_inputs_it_shows_filled() -> None:
    assert [one.name for one in describe(Everything, {"note": "n", "hours": 0, "code": ""}) if one.is_filled] == [
        "note", "hours", "count",
    ]  # fmt: skip
    assert view("note", {"note": None}, filled=["note"]).is_filled, (
        "after a refusal it is still being cleared"
    )
    assert view("count").required, "what is there and may not be nothing is needed"
    assert not view("note", {"note": "n"}).required


def test_a_ticked_box_is_true() -> None:
    assert posted(Everything, MultiDict([("is_new", "true")]))["is_new"] is True


def test_a_wall_clock_belongs_to_the_zone_of_the_site_and_an_offset_stands() -> None:
    plain = {"serial": "A", "size": "small", "is_new": True}
    winter = parse(Everything, {**plain, "at": "2026-01-15T08:00"}, zone="Europe/Amsterdam")
    assert winter.at == datetime(2026, 1, 15, 7, 0, tzinfo=UTC)
    summer = parse(Everything, {**plain, "at": "2026-07-15T08:00"}, zone="Europe/Amsterdam")
    assert summer.at == datetime(2026, 7, 15, 6, 0, tzinfo=UTC)
    told = parse(Everything, {**plain, "at": "2026-07-15T08:00+09:00"}, zone="Europe/Amsterdam")
    assert told.at == datetime(2026, 7, 15, 8, 0, tzinfo=timezone(timedelta(hours=9)))


# ------------------------------------------------------------------ what is wrong with it


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("serial", None, "This is needed."),
        ("serial", "", "This is needed."),
        ("serial", "LRV101", "At most 5 characters."),
        ("size", "huge", "Not one of the choices."),
        ("colour", "green", "Not one of the choices."),
        ("hours", "many", "Not a number."),
        ("hours", "-1", "Give 0.0 or more."),
        ("hours", "101", "Give 100.0 or less."),
        ("hours", "nan", "Not a number."),
        ("hours", "inf", "Not a number."),
        ("count", "1.5", "Not a whole number."),
        ("is_sure", "perhaps", "Answer yes or no."),
        ("at", "yesterday", "not a date and time; write 2026-05-31T14:30"),
        ("at", "2026-05-31T14:30", "give the offset from UTC, such as 2026-05-31T14:30+08:00"),
        ("due_on", "31.5.2026", "Not a date; write 2026-05-31."),
        ("unknown", "1", "There is no such field."),
        ("serial", "a\0b", "A text must not hold a zero byte."),
        ("at", "0001-01-01T00:00+14:00", "Give a time between the years 1900 and 9000."),
        ("due_on", "9999-12-31", "Give a time between the years 1900 and 9000."),
        ("count", 10**20, "Give 2147483647 or less."),
    ],
)
def test_each_mistake_is_named_at_its_field(name: str, value: object, message: str) -> None:
    sent: dict[str, Any] = {"serial": "A", "size": "small", "is_new": True}
    if value is None:
        del sent[name]
    else:
        sent[name] = value
    with pytest.raises(Invalid) as refused:
        parse(Everything, sent)
    assert [(found.field, str(found)) for found in refused.value.findings] == [(name, message)]


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        parse(Everything, {"hours": "x", "parts": ["A", 5]})
    assert {found.field for found in refused.value.findings} == {
        "serial",
        "size",
        "hours",
        "is_new",
        "parts.1",
    }


# ------------------------------------------------------------------ what the page draws


@pytest.mark.usefixtures("request_context")
def test_each_field_has_the_widget_of_its_kind() -> None:
    kinds = {one.name: one.kind for one in describe(Everything)}
    assert kinds == {
        "serial": "scan", "note": "textarea", "secret": "password", "size": "select", "colour": "select", "code": "select",
        "owner": "suggest", "hours": "number", "count": "number", "is_new": "checkbox", "is_sure": "yes_no",
        "at": "datetime-local", "due_on": "date", "parts": "lines", "places": "choices", "answers": "answers",
    }  # fmt: skip


@pytest.mark.usefixtures("request_context")
def test_choices_come_from_the_type_or_the_named_source() -> None:
    assert view("size").options == [("small", "small"), ("large", "large")]
    assert view("colour").options == [("red", "red"), ("blue", "blue")]
    assert view("code", subject="S1").options == [("B01", "mode of S1"), ("C02", "Other <i>")]
    assert [value for value, _ in view("is_sure").options] == ["true", "false"]
    assert view("note").options == []


@pytest.mark.usefixtures("request_context")
def test_what_is_shown_and_sent_back_unchanged_is_unchanged() -> None:
    at = datetime(2026, 5, 31, 6, 30, 7, 250_000, tzinfo=UTC)
    for moment in (at, at.replace(microsecond=0), at.replace(second=0, microsecond=0)):
        shown = view("at", {"at": moment}, zone="Asia/Shanghai").value
        sent = {"serial": "A", "size": "small", "is_new": True, "at": shown}
        assert parse(Everything, sent, zone="Asia/Shanghai").at == moment
    assert view("parts", {"parts": ["A1", "B2"]}).value == "A1\nB2"
    assert view("size", {"size": Size.LARGE}).value == "large"
    assert view("is_sure", {"is_sure": False}).value == "false"
    # A whole number as a person writes it, any other to the last digit.
    assert [view("hours", {"hours": value}).value for value in (60.0, 0.1 + 0.2)] == [
        "60",
        "0.30000000000000004",
    ]


@pytest.mark.usefixtures("request_context")
def test_a_field_knows_whether_it_is_needed_and_its_limits() -> None:
    assert view("serial").required
    assert not view("hours").required
    assert view("hours").limits == {"ge": 0, "le": 100}
    assert (view("hours").unit, view("note").help) == ("h", "In your own words.")


@pytest.mark.usefixtures("request_context")
def test_a_mistake_stands_at_its_field_also_when_it_is_in_one_item_of_a_list() -> None:
    with pytest.raises(Invalid) as refused:
        parse(Everything, {"hours": "x", "parts": ["A", 5], "size": "small", "is_new": True})
    shown = describe(Everything, {"hours": "x"}, refused.value)
    errors = {one.name: one.error for one in shown if one.error}
    assert errors["hours"] == "Not a number."
    assert set(errors) == {"serial", "hours", "parts"}
    assert next(one.value for one in shown if one.name == "hours") == "x"


@pytest.mark.usefixtures("request_context")
def test_a_reason_is_asked_for_last_where_the_verb_needs_one() -> None:
    shown = describe(Everything, {"reason": "typo"}, with_reason=True)
    assert (shown[-1].name, shown[-1].required, shown[-1].value) == ("reason", True, "typo")
    assert "reason" not in [one.name for one in describe(Everything)]


@pytest.mark.usefixtures("request_context")
def test_every_field_is_drawn_and_nothing_that_was_typed_becomes_html() -> None:
    nasty = '"><script>alert(1)</script>'
    values = {
        "serial": nasty,
        "note": nasty,
        "owner": nasty,
        "is_new": True,
        "places": ["B01"],
        "code": "B01",
    }
    fields = [one for one in describe(Everything, values, subject=nasty) if one.kind != "answers"]
    page = render_template_string(
        '{% import "fields.html" as form with context %}{{ form.all(fields) }}', fields=fields
    )
    assert "<script>" not in page
    assert "Other <i>" not in page
    for one in fields:
        assert f'name="{one.name}"' in page
    assert 'type="password"' in page
    assert 'value="B01" selected' in page
    assert 'value="B01" checked' in page
    assert 'type="datetime-local"' in page
