"""The map: a TOML file that says how somebody else's table is to be read. Every setting is optional.

::

    kind = "failures"                   # refuses to be used for another kind

    [file]
    encoding = "cp1252"                 # default: guessed from the bytes
    delimiter = ";"                     # default: guessed from the first lines
    header_line = 3                     # default: 1 (a workbook: its first row that is not empty)
    sheet = "2025"                      # default: the first sheet that holds anything
    time_zone = "Asia/Shanghai"         # of times without an offset
    date_formats = ["%d.%m.%Y %H:%M"]   # strptime; ISO 8601 is always read
    decimal = ","                       # default "."
    thousands = "."
    missing = ["n/a", "-"]              # cells that mean: nothing
    replace = { "ý" = "," }             # letters in texts, after the columns are split

    [columns]                           # our field = your column; what is not named is matched by its header
    system = "VEHICLE"
    occurred_at = { column = "WHEN", format = "%m/%d/%Y" }
    location = ["LINE", "KM"]           # several columns, joined by a space
    usage_value = ""                    # leave a column out that would be matched by its header

    [constants]                         # the same for every row
    site = "DEPOT-1"

    [defaults]                          # where the cell is empty
    symptom = "not recorded at source"

    [translate.symptom_code]            # your word = ours; "*" stands for every other word
    "AIR LEAK" = "0120"

    [unknown]                           # "refuse" (default) or "create-flagged": made, marked for review and listed
    system = "create-flagged"

    [create.system]                     # what such a record is given
    system_model = "BUS"
    site = "DEPOT-1"

    [repeated]                          # a record that the file holds more than once, with differences
    rows = "keep-last"                  # or "keep-first"; default "refuse"

    [window]                            # systems seen in the file were under observation from start to end
    start = "2025-01-01"
    end = "2026-01-01"
    basis = "seen in the feed of 2025"

    [extra]
    columns = ["ROUTE"]                 # kept with each report under its own name; "*": all that have no field
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from importlib import resources
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from fracas.core.errors import Finding, Invalid
from fracas.core.moments import FIRST_YEAR, LAST_YEAR
from fracas.exchange.fields import Kind

Policy = Literal["refuse", "create-flagged"]
REFERENCES = (
    "site", "customer", "supplier", "metric", "part_type", "system_model", "system", "position", "part",
    "symptom_code", "mode", "mechanism", "cause",
)  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileSettings(_Part):
    encoding: str | None = None
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    header_line: int | None = Field(None, ge=1)
    sheet: str | None = None
    time_zone: str | None = None
    date_formats: list[str] = []
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    missing: list[str] = []
    replace: dict[str, str] = {}

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError("is no time zone; write an IANA name such as Asia/Shanghai") from None
        return value


class Column(_Part):
    """Where a field comes from: one column or several, and the format of its dates."""

    column: str | list[str]
    format: str | None = None

    @property
    def names(self) -> list[str]:
        names = [self.column] if isinstance(self.column, str) else self.column
        return [name for name in names if name]


class Window(_Part):
    start: datetime | date
    end: datetime | date | None = None
    basis: str = "seen in the imported file"

    @field_validator("start", "end")
    @classmethod
    def _is_meant(cls, value: date | None) -> date | None:
        if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValueError("lies too far away to be meant")
        return value


class Repeated(_Part):
    rows: Literal["refuse", "keep-first", "keep-last"] = "refuse"


class Extra(_Part):
    columns: list[str] | Literal["*"] = []


class ImportMap(_Part):
    """The settings of one map, checked; ``ImportMap()`` is the empty one."""

    kind: str | None = None
    file: FileSettings = FileSettings()
    columns: dict[str, Column] = {}
    constants: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    translate: dict[str, dict[str, str]] = {}
    unknown: dict[str, Policy] = {}
    create: dict[str, dict[str, str]] = {}
    repeated: Repeated = Repeated()
    window: Window | None = None
    extra: Extra = Extra()

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {
            name: column if isinstance(column, Mapping) else {"column": column}
            for name, column in value.items()
        }

    @field_validator("unknown", "create")
    @classmethod
    def _known_references(cls, value: dict[str, Any]) -> dict[str, Any]:
        strangers = sorted(set(value) - set(REFERENCES))
        if strangers:
            raise ValueError(f"“{strangers[0]}” is none of: {', '.join(REFERENCES)}")
        return value

    def check(self, kind: Kind) -> None:
        """Refuse a map that is meant for another kind of file, or that names fields which that kind has not."""
        if self.kind is not None and self.kind != kind.name:
            raise Invalid(
                "The map is for %(meant)s and the file is imported as %(kind)s.",
                field="map",
                meant=self.kind,
                kind=kind.name,
            )
        for table in ("columns", "constants", "defaults", "translate"):
            for name in getattr(self, table):
                if kind.field(name) is None:
                    raise Invalid(
                        "The map names “%(name)s” in [%(table)s], which is no field of %(kind)s; its fields: %(fields)s.",
                        field="map",
                        name=name,
                        table=table,
                        kind=kind.name,
                        fields=", ".join(field.name for field in kind.fields),
                    )


def read_map(text: str | bytes) -> ImportMap:
    """The map that a TOML text describes; every mistake in it is named."""
    try:
        raw = tomllib.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
        return ImportMap.model_validate(raw)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("The map is no TOML: %(error)s", field="map", error=str(error)) from None
    except ValidationError as error:
        findings = [
            Finding(
                "%(place)s: %(error)s",
                field="map",
                params={
                    "place": ".".join(map(str, item["loc"])),
                    "error": item["msg"].removeprefix("Value error, "),
                },
            )
            for item in error.errors()
        ]
        first = findings[0].params
        raise Invalid(
            "The map cannot be used: %(place)s: %(error)s", field="map", findings=findings, **first
        ) from None


def shipped_maps() -> dict[str, str]:
    """name -> TOML text of the maps that come with the program."""
    folder = resources.files("fracas.exchange") / "maps"
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }
