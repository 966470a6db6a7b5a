"""From cells to values."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from fracas.assets.models import RemovalCause
from fracas.core.errors import Invalid
from fracas.exchange import values


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (" 0022 ", "0022"),
        (22.0, "22"),
        (22.5, "22.5"),
        (True, "yes"),
        (date(2025, 1, 2), "2025-01-02"),
        (datetime(2025, 1, 2, 3, 4), "2025-01-02 03:04:00"),
        ("'=1+1", "=1+1"),
        ("'twas", "'twas"),
    ],
)
def test_text(cell: values.Cell, text: str) -> None:
    assert values.plain_text(cell) == text


@pytest.mark.parametrize(
    ("cell", "marks", "number"),
    [
        ("12", {}, 12),
        ("-43", {}, -43),
        (12.5, {}, 12.5),
        ("12,5", {"decimal": ","}, 12.5),
        ("1.234,5", {"decimal": ",", "thousands": "."}, 1234.5),
        ("1,234", {"thousands": ","}, 1234),
    ],
)
def test_numbers(cell: values.Cell, marks: dict[str, str], number: float) -> None:
    assert values.number(cell, **marks) == number


@pytest.mark.parametrize("cell", ["twelve", "12 km", "1,5", "nan", "inf", "", True])
def test_what_is_no_number_is_refused(cell: values.Cell) -> None:
    with pytest.raises(Invalid, match="not a number"):
        values.number(cell)


def test_yes_and_no_in_two_languages() -> None:
    assert [values.yes_or_no(cell) for cell in ("yes", "是", 1.0, True)] == [True] * 4
    assert [values.yes_or_no(cell) for cell in ("No", "否", "0", False)] == [False] * 4
    with pytest.raises(Invalid, match="neither"):
        values.yes_or_no("perhaps")


def test_coded_words_forgive_capitals_and_spaces() -> None:
    assert values.coded("Failure", RemovalCause) == "failure"
    with pytest.raises(Invalid, match="preventive"):
        values.coded("broken", RemovalCause)


def test_ages() -> None:
    assert values.ages("calendar=120; km = 30500") == {"calendar": 120, "km": 30500}
    assert values.ages("120") == values.ages(120.0) == {"calendar": 120}
    with pytest.raises(Invalid, match="no age"):
        values.ages("old")


def test_answers_of_the_ladder() -> None:
    assert values.answers("no", ["a", "b"]) == {"a": "no", "b": "no"}
    assert values.answers("a=yes", ["a", "b"]) == {"a": "yes", "b": "no"}
    with pytest.raises(Invalid, match="“c” is no question"):
        values.answers("c=yes", ["a", "b"])


def test_lists() -> None:
    assert values.listed("a; b;; c ") == ["a", "b", "c"]


def test_a_time_of_day_is_no_moment() -> None:
    assert values.is_span(time(3, 4))
    assert not values.is_span("03:04")
