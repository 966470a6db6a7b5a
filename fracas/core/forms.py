"""The common ground of every room's forms: one pydantic model a verb, for the page, the JSON API and the import alike."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticUndefined

from fracas.core.words import N_


def _with_zone(value: Any, info: ValidationInfo) -> Any:
    """Give a wall clock its zone. A page knows the site's zone; JSON must name an offset itself."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(N_("not a date and time; write 2026-05-31T14:30")) from None
    if isinstance(value, datetime) and value.tzinfo is None:
        zone = (info.context or {}).get("zone")
        if zone is None:
            raise ValueError(N_("give the offset from UTC, such as 2026-05-31T14:30+08:00"))
        value = value.replace(tzinfo=ZoneInfo(zone))
    return value


Moment = Annotated[datetime, BeforeValidator(_with_zone)]
"""A point in time; a value without an offset is read in the zone of the page's site."""


class Form(BaseModel):
    """The facts a verb takes, by the verb's own keyword names. ``reason`` goes to the history."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str | None = Field(default=None, max_length=4000)

    def facts(self) -> dict[str, Any]:
        """What was given, as keyword arguments of the verb; what was left out keeps the verb's own default."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def field(
    default: Any = PydanticUndefined,
    *,
    label: str,
    help: str | None = None,
    widget: str | None = None,
    options: str | None = None,
    unit: str | None = None,
    **limits: Any,
) -> Any:
    """A form field: pydantic's ``Field`` with the words a person reads.

    Parameters
    ----------
    default : left out makes the field required.
    label, help : gettext msgids, marked with ``N_``.
    widget : ``textarea``, ``password``, ``lines`` (a list, one item a line), ``choices`` (a list, one tick an
        option), ``pairs`` (a table, ``name: value`` a line), ``yes_no``,
        ``scan`` (text with a camera); none: by type.
    options : where the values to choose from come from, such as ``codes:mode`` (see ``web.forms.option_source``);
        with ``widget="suggest"`` they are only proposals and other text is allowed.
    unit : shown behind the field.
    limits : pydantic's (``ge``, ``max_length``, ``strict`` ...).
    """
    words: dict[str, Any] = {"label": label, "help": help, "widget": widget, "options": options, "unit": unit}
    return Field(default, json_schema_extra={"words": words}, title=label, description=help, **limits)
