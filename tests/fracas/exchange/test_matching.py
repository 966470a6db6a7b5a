"""Which column is which field."""

from __future__ import annotations

import pytest

from fracas.core.errors import Invalid
from fracas.exchange.fields import FAILURES, PARTS, SYSTEMS
from fracas.exchange.mapping import read_map
from fracas.exchange.matching import Matched, match
from fracas.exchange.tables import Table


def matched(*columns: str, map_text: str = "", kind: object = FAILURES) -> Matched:
    return match(Table(columns, []), kind, read_map(map_text))  # type: ignore[arg-type]


def test_headers_are_known_in_english_and_chinese() -> None:
    places = matched("单号", "系统序列号", "Failure Date", "Description").places
    assert places == {"external_id": (0,), "system": (1,), "occurred_at": (2,), "symptom": (3,)}


def test_the_own_name_is_stronger_than_a_synonym() -> None:
    assert matched("serial_number", "serial", "part_type", "site", kind=PARTS).places["serial"] == (1,)


def test_the_map_is_stronger_than_a_header() -> None:
    found = matched("system", "BUS", "occurred_at", "symptom", map_text='[columns]\nsystem = "BUS"')
    assert found.places["system"] == (1,)
    assert "system" in str(found.notes[0])


def test_the_map_may_leave_a_column_out() -> None:
    assert (
        "location"
        not in matched("route", "occurred_at", "symptom", map_text='[columns]\nlocation = ""').places
    )


def test_a_constant_needs_no_column() -> None:
    found = matched("serial", "model", map_text='[constants]\nsite = "DEPOT"', kind=SYSTEMS)
    assert set(found.places) == {"serial", "system_model"}


def test_a_field_that_is_needed_and_missing_is_told_with_what_there_is() -> None:
    with pytest.raises(Invalid, match="occurred_at, symptom.*WHEN"):
        matched("system", "WHEN")


def test_a_column_that_the_map_names_must_be_there() -> None:
    with pytest.raises(Invalid, match="“BUS”"):
        matched("system", "occurred_at", "symptom", map_text='[columns]\nsystem = "BUS"')


def test_other_columns_are_kept_where_the_map_says_so_and_named_where_not() -> None:
    base = ("system", "occurred_at", "symptom", "COST", "CREW", "extra.shift", "import_reason")
    assert matched(*base).extra == {"shift": 5}
    assert "COST, CREW" in str(matched(*base).notes[0])
    assert matched(*base, map_text='[extra]\ncolumns = ["CREW"]').extra == {"shift": 5, "CREW": 4}
    assert matched(*base, map_text='[extra]\ncolumns = "*"').extra == {"COST": 3, "CREW": 4, "shift": 5}
    with pytest.raises(Invalid, match="BOSS"):
        matched(*base, map_text='[extra]\ncolumns = ["BOSS"]')
