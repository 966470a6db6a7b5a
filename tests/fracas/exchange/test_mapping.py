"""Maps: what they may say, and how a mistake in one is told."""

from __future__ import annotations

import pytest

from fracas.core.errors import Invalid
from fracas.exchange import mapping
from fracas.exchange.fields import FAILURES, KINDS, SYSTEMS
from fracas.exchange.mapping import read_map, shipped_maps


def test_a_column_can_be_written_short() -> None:
    found = read_map(
        '[columns]\nsystem = "A"\nlocation = ["B", "C"]\noccurred_at = { column = "D", format = "%d" }'
    )
    assert [found.columns[name].names for name in ("system", "location", "occurred_at")] == [
        ["A"],
        ["B", "C"],
        ["D"],
    ]
    assert found.columns["occurred_at"].format == "%d"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind = ", "no TOML"),
        ('[files]\nencoding = "utf-8"', "files"),
        ('[file]\ntime_zone = "Mars/Olympus"', "IANA"),
        ('[unknown]\nsystem = "ignore"', "unknown.system"),
        ('[unknown]\nweather = "refuse"', "weather"),
        ('[repeated]\nrows = "keep-both"', "repeated.rows"),
    ],
)
def test_a_mistake_is_named(text: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        read_map(text)


def test_a_map_is_for_its_kind_and_for_fields_that_it_has() -> None:
    with pytest.raises(Invalid, match="is for failures"):
        read_map('kind = "failures"').check(SYSTEMS)
    with pytest.raises(Invalid, match="“colour” in .constants"):
        read_map('[constants]\ncolour = "red"').check(FAILURES)


@pytest.mark.parametrize("name", shipped_maps())
def test_a_shipped_map_is_right(name: str) -> None:
    found = read_map(shipped_maps()[name])
    if found.kind is not None:
        found.check(KINDS[found.kind])


def test_the_documented_map_can_be_read() -> None:
    text = (mapping.__doc__ or "").partition("::\n")[2]
    found = read_map("\n".join(line[4:] for line in text.splitlines()))
    found.check(FAILURES)
    assert found.window is not None
