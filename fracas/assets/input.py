"""What the words of an input mean: which part, which place, which age."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from fracas.assets import placement, queries
from fracas.assets.models import InstalledAs, Part, System
from fracas.catalog import queries as catalog
from fracas.catalog.models import CALENDAR, PartType, Position
from fracas.core.errors import Invalid
from fracas.core.lookup import given, member, wanted
from fracas.core.permissions import Actor


def serial_text(serial: str) -> str:
    text = str(serial or "").strip()
    if not text:
        raise Invalid("A serial is needed.", field="serial")
    return text


def part_meant(
    session: Session,
    actor: Actor,
    key: Any,
    part_type: Any,
    position: Position | None = None,
    field: str = "part",
) -> Part:
    """The part that is meant; a serial that two types share is the one that fits the position."""
    kind: PartType | None = given("part_type", catalog.part_type, session, actor, part_type)
    if kind is None and position is not None and position.part_type is not None and isinstance(key, str):
        fitting = queries.parts(actor, part_type_id=position.part_type_id).where(Part.serial == key.strip())
        found = session.scalars(fitting).unique().one_or_none()
        if found is not None:
            return found
    return wanted(field, queries.part, session, actor, key, kind)


def position_meant(session: Session, actor: Actor, system: System, key: Any) -> Position:
    if isinstance(key, Position):
        return key  # a position of another model is refused in the words of the installation
    return wanted("position", catalog.position, session, actor, system.system_model, key)


def place_meant(session: Session, actor: Actor, system: Any, position: Any) -> tuple[System, Position]:
    where = wanted("system", queries.system, session, actor, system)
    return where, position_meant(session, actor, where, position)


def ages_meant(session: Session, actor: Actor, ages: dict[str, float] | None) -> dict[str, float]:
    """Ages by metric code, each a number from zero up and of a metric that exists."""
    checked: dict[str, float] = {}
    for code, age in (ages or {}).items():
        if code != CALENDAR:
            wanted("age_at_install", catalog.metric, session, actor, code)
        if not isinstance(age, int | float) or isinstance(age, bool) or not math.isfinite(age) or age < 0:
            raise Invalid(
                "An age is a number from zero up, not “%(age)s”.", field="age_at_install", age=str(age)
            )
        checked[code] = float(age)
    return checked


def installed_as_meant(
    session: Session,
    part: Part,
    at: datetime,
    stated: InstalledAs | str | None,
    ages: dict[str, float],
    ignoring: UUID | None = None,
) -> InstalledAs:
    """What is known of the part's age, refusing what contradicts itself or the register."""
    if stated in (None, ""):
        if ages:
            return InstalledAs.AGE_STATED
        return InstalledAs.CONTINUED if placement.earlier_stay(session, part, at) else InstalledAs.NEW
    known_as = member("installed_as", InstalledAs, stated)
    if (known_as is InstalledAs.AGE_STATED) != bool(ages):
        raise Invalid(
            "An age belongs to “age_stated”, and “age_stated” needs an age.", field="age_at_install"
        )
    earlier = placement.earlier_stay(session, part, at, ignoring) if known_as is InstalledAs.NEW else None
    if earlier is not None:
        raise Invalid(
            "%(serial)s cannot be new: it was in %(system)s at %(position)s from %(start)s to %(end)s. "
            "Leave “installed as” empty to let its age go on, or state its age.",
            field="installed_as",
            **earlier.words,
        )
    return known_as
