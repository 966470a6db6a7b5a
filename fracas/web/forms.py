"""From a request to a form, and from a form to the fields a template draws."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from werkzeug.datastructures import MultiDict

from fracas.core.errors import Finding, Invalid
from fracas.core.forms import Form
from fracas.core.moments import FIRST_YEAR, LAST_YEAR
from fracas.core.words import N_
from fracas.web.words import word

F = TypeVar("F", bound=Form)
M = TypeVar("M", bound=BaseModel)
Options = list[tuple[str, str]]
OptionSource = Callable[[Any, str], Options]
"""(subject of the page or None, argument behind the colon) -> [(value, words)]"""

_sources: dict[str, OptionSource] = {}


def option_source(name: str) -> Callable[[OptionSource], OptionSource]:
    """Name a list of choices that forms may ask for: ``options="codes:mode"`` asks source ``codes`` for ``mode``."""

    def keep(source: OptionSource) -> OptionSource:
        _sources[name] = source
        return source

    return keep


PLAIN_WORDS = {
    "missing": N_("This is needed."),
    "extra_forbidden": N_("There is no such field."),
    "float_parsing": N_("Not a number."),
    "int_parsing": N_("Not a whole number."),
    "bool_parsing": N_("Answer yes or no."),
    "date_from_datetime_parsing": N_("Not a date; write 2026-05-31."),
    "date_parsing": N_("Not a date; write 2026-05-31."),
    "finite_number": N_("Not a number."),
    "string_too_short": N_("This is needed."),
    "enum": N_("Not one of the choices."),
    "literal_error": N_("Not one of the choices."),
    "greater_than_equal": N_("Give %(ge)s or more."),
    "less_than_equal": N_("Give %(le)s or less."),
    "string_too_long": N_("At most %(max_length)s characters."),
}


def findings_of(error: ValidationError) -> list[Finding]:
    """pydantic's complaints in plain words, by field."""
    found = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"] if not str(part).startswith("function-")) or None
        # Nothing, where the form takes something or is left alone, is a thing that is missing.
        plain = PLAIN_WORDS.get("missing" if item.get("input", error) is None else item["type"])
        text = plain or item["msg"].removeprefix("Value error, ")
        value = item.get("input") if isinstance(item.get("input"), str | int | float) else None
        limits = item.get("ctx", {}) if plain and "%(" in plain else {}
        found.append(Finding(text, field=name, value=value, params=limits))
    return found


def parse(form: type[M], values: Mapping[str, Any], *, zone: str | None = None) -> M:
    """Build ``form`` or raise :class:`Invalid` with every field that is wrong."""
    try:
        read = form.model_validate(values, context={"zone": zone})
    except ValidationError as error:
        raise Invalid("Please correct the marked fields.", findings=findings_of(error)) from None
    findings = [found for name in read.model_fields_set for found in _unfit(name, getattr(read, name))]
    if findings:
        raise Invalid("Please correct the marked fields.", findings=findings)
    return read


LARGEST_WHOLE = 2**31 - 1
"""What a column of whole numbers holds."""


def _unfit(name: str, value: Any) -> Iterator[Finding]:
    """What no record can hold, whatever the field: said here once, so that no form need remember it."""
    if isinstance(value, str):
        if "\x00" in value:
            yield Finding(N_("A text must not hold a zero byte."), field=name)
    elif isinstance(value, date):
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            limits = {"first": FIRST_YEAR, "last": LAST_YEAR}
            yield Finding(
                N_("Give a time between the years %(first)s and %(last)s."), field=name, params=limits
            )
    elif isinstance(value, int):
        if abs(value) > LARGEST_WHOLE:
            yield Finding(N_("Give %(le)s or less."), field=name, params={"le": LARGEST_WHOLE})
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _unfit(name, item)
    elif isinstance(value, dict):
        yield from _unfit(name, [*value, *value.values()])


FILLED = "filled"
"""The hidden input that names, once each, the inputs in which the page showed something."""


def posted(form: type[Form], sent: MultiDict[str, str]) -> dict[str, Any]:
    """What a browser sent, in the shapes that the form's types expect.

    An empty input counts as left out, unless the page had shown it filled: then somebody cleared it, and it is ``None``.
    """
    filled = set(sent.getlist(FILLED))
    values: dict[str, Any] = {}
    for name, info in form.model_fields.items():
        kind = _kind(info)
        if kind == "lines":
            values[name] = [
                line.strip() for text in sent.getlist(name) for line in text.splitlines() if line.strip()
            ]
        elif kind == "choices":
            values[name] = sent.getlist(name)
        elif kind == "answers":
            prefix = f"{name}."
            values[name] = {
                key.removeprefix(prefix): sent[key] for key in sent if key.startswith(prefix) and sent[key]
            }
        elif kind == "pairs":
            pairs = [line.partition(":") for line in sent.get(name, "").splitlines() if line.strip()]
            values |= {name: {key.strip(): value.strip() for key, _, value in pairs}} if pairs else {}
        elif kind == "checkbox":
            values[name] = name in sent
        elif sent.get(name, "").strip():
            values[name] = sent[name]
        if name in filled and name in sent and name not in values:
            values[name] = None
    return values


def read(form: type[F], *, zone: str | None = None) -> F:
    """The form of a browser's POST."""
    return parse(form, posted(form, request.form), zone=zone)


@dataclass(frozen=True)
class FieldView:
    """What a template needs to draw one field."""

    name: str
    kind: str
    label: str
    help: str | None = None
    unit: str | None = None
    required: bool = False
    is_filled: bool = False
    value: Any = None
    options: Options = field(default_factory=list)
    error: str | None = None
    limits: dict[str, Any] = field(default_factory=dict)


def _bare(annotation: Any) -> Any:
    """The type without ``| None`` and ``Annotated``."""
    if hasattr(annotation, "__metadata__"):
        return _bare(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def _may_be_nothing(info: FieldInfo) -> bool:
    """Whether what was said there can be taken back."""
    return type(None) in get_args(info.annotation)


def _words(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    return extra["words"] if isinstance(extra, dict) and "words" in extra else {}  # type: ignore[return-value]


def _kind(info: FieldInfo) -> str:
    """The widget: as the field says, else by its type."""
    words = _words(info)
    bare = _bare(info.annotation)
    if words.get("widget"):
        return str(words["widget"])
    if words.get("options"):
        return "select"
    if get_origin(bare) is list:
        return "lines"
    if get_origin(bare) is dict:
        return "answers"
    if get_origin(bare) is Literal or (isinstance(bare, type) and issubclass(bare, StrEnum)):
        return "select"
    table: dict[Any, str] = {bool: "checkbox" if info.is_required() or info.default is not None else "yes_no"}
    table |= {datetime: "datetime-local", date: "date", float: "number", int: "number"}
    return table.get(bare, "text")


def _options(info: FieldInfo, subject: Any) -> Options:
    source, _, argument = str(_words(info).get("options") or "").partition(":")
    if source:
        return _sources[source](subject, argument)
    bare = _bare(info.annotation)
    if get_origin(bare) is Literal:
        return [(str(value), word(value)) for value in get_args(bare)]
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return [(member.value, word(member)) for member in bare]
    if _kind(info) == "yes_no":
        return [("true", gettext("yes")), ("false", gettext("no"))]
    return []


def _shown(value: Any, zone: str | None) -> Any:
    if isinstance(value, datetime):
        # To the millisecond where it has any: what a form shows and gets back unchanged must be unchanged.
        local = value.astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None)
        fine = "milliseconds" if local.microsecond else "seconds" if local.second else "minutes"
        return local.isoformat(timespec=fine)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    if isinstance(value, list | tuple):
        return "\n".join(str(item) for item in value)
    if isinstance(value, StrEnum):
        return value.value
    return "" if value is None else value


def describe(
    form: type[Form],
    values: Mapping[str, Any] | None = None,
    error: Invalid | None = None,
    *,
    subject: Any = None,
    zone: str | None = None,
    with_reason: bool = False,
    filled: Collection[str] = (),
) -> list[FieldView]:
    """The fields of ``form`` in order, filled with ``values`` and marked with what is wrong.

    ``filled`` names those that were shown with something in them before a refusal, and may have been cleared since.
    """
    from fracas.web.errors import sentence  # errors draws pages, pages draw forms

    # What is wrong with one item of a list ("parts.2") is shown at the list.
    wrong: dict[str, str] = {}
    for found in error.findings if error else []:
        wrong.setdefault((found.field or "").partition(".")[0], sentence(found))
    views = []
    for name, info in form.model_fields.items():
        words = _words(info)
        if name == "reason":
            continue
        limits = {
            n: getattr(m, n) for m in info.metadata for n in ("ge", "le", "max_length") if hasattr(m, n)
        }
        value = (values or {}).get(name, None if info.is_required() else info.get_default())
        is_filled = name in filled or value not in (None, "", [], {})
        views.append(
            FieldView(
                name=name,
                kind=_kind(info),
                label=gettext(words.get("label") or name.replace("_", " ")),
                help=gettext(words["help"]) if words.get("help") else None,
                unit=words.get("unit"),
                required=info.is_required() or (is_filled and not _may_be_nothing(info)),
                is_filled=is_filled,
                value=_shown(value, zone) if _kind(info) not in ("answers", "choices") else (value or {}),
                options=_options(info, subject),
                error=wrong.get(name),
                limits=limits,
            )
        )
    if with_reason:
        value = (values or {}).get("reason", "")
        views.append(
            FieldView(
                "reason", "textarea", gettext("Reason"), required=True, value=value, error=wrong.get("reason")
            )
        )
    return views
