"""Adding to the catalog: part types, metrics, system models and their positions, failure codes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fracas.catalog import queries
from fracas.catalog.models import (
    CALENDAR,
    CodeKind,
    FailureCode,
    PartType,
    Position,
    RepairAssumption,
    SystemModel,
    UsageMetric,
)
from fracas.catalog.starter import STARTER_CODES
from fracas.core.errors import Invalid
from fracas.core.lookup import given, member, wanted
from fracas.core.permissions import Actor
from fracas.core.verbs import verb
from fracas.organisations.queries import supplier as find_supplier


class PartTypeFacts(TypedDict, total=False):
    """What can be said of a part type besides its number and name. ``None`` clears what may be empty."""

    is_repairable: bool
    repair_assumption: RepairAssumption | str
    primary_metric: Any
    lead_time_days: float | None
    turn_around_days: float | None
    repaired_share: float | None
    unit_cost: float | None
    currency: str
    supplier: Any
    is_flagged: bool


class PositionWords(TypedDict, total=False):
    """Where a position hangs; ``None`` makes it a top position."""

    parent: Any


class CodeWords(TypedDict, total=False):
    """What may be said of a code. ``None`` takes it back."""

    name_zh: str | None


@verb("part_type.add")
def add_part_type(
    session: Session, actor: Actor, *, number: str, name: str, **facts: Unpack[PartTypeFacts]
) -> PartType:
    """Add a part type under its part number."""
    number = _text("number", number)
    _refuse_taken(session, actor, PartType.id, PartType.number == number, field="number", code=number)
    made = PartType(organisation_id=actor.organisation_id, number=number, name=_text("name", name))
    _set(session, actor, made, facts)
    session.add(made)
    return made


@verb("part_type.edit")
def edit_part_type(
    session: Session,
    actor: Actor,
    part_type: Any,
    *,
    name: str | None = None,
    **changes: Unpack[PartTypeFacts],
) -> PartType:
    """Change what is said of a part type. Its number stays; what is left out stays as it is."""
    edited = queries.part_type(session, actor, part_type)
    if name is not None:
        edited.name = _text("name", name)
    _set(session, actor, edited, changes)
    return edited


def _set(session: Session, actor: Actor, part_type: PartType, facts: PartTypeFacts) -> None:
    for field, value in facts.items():
        if field == "primary_metric":
            chosen = None if value == CALENDAR else given(field, queries.metric, session, actor, value)
            part_type.primary_metric = chosen
        elif field == "supplier":
            named = given(field, find_supplier, session, actor, value)
            part_type.supplier_id = named.id if named else None
        elif field in CHECKS:
            setattr(part_type, field, CHECKS[field](field, value))
        else:
            raise TypeError(f"a part type has no {field}")


@verb("metric.add")
def add_metric(session: Session, actor: Actor, *, code: str, name: str, unit: str) -> UsageMetric:
    """Add a way to count use, such as operating hours or kilometres."""
    code = _text("code", code)
    if code == CALENDAR:
        raise Invalid("Calendar time is always there and needs no metric; choose another code.", field="code")
    _refuse_taken(session, actor, UsageMetric.id, UsageMetric.code == code, field="code", code=code)
    made = UsageMetric(
        organisation_id=actor.organisation_id, code=code, name=_text("name", name), unit=_text("unit", unit)
    )
    session.add(made)
    return made


@verb("system_model.add")
def add_system_model(session: Session, actor: Actor, *, code: str, name: str) -> SystemModel:
    """Add a kind of system, whose positions are added next."""
    code = _text("code", code)
    _refuse_taken(session, actor, SystemModel.id, SystemModel.code == code, field="code", code=code)
    made = SystemModel(organisation_id=actor.organisation_id, code=code, name=_text("name", name))
    session.add(made)
    return made


@verb("position.add")
def add_position(
    session: Session,
    actor: Actor,
    *,
    system_model: Any,
    code: str,
    name: str,
    parent: Any = None,
    part_type: Any = None,
) -> Position:
    """Add a place where one part sits, below the next higher assembly ``parent``."""
    model = wanted("system_model", queries.system_model, session, actor, system_model)
    code = _text("code", code)
    taken = (Position.system_model_id == model.id) & (Position.code == code)
    _refuse_taken(session, actor, Position.id, taken, field="code", code=code)
    above = (
        None if parent in (None, "") else wanted("parent", queries.position, session, actor, model, parent)
    )
    fits = given("part_type", queries.part_type, session, actor, part_type)
    made = Position(
        organisation_id=actor.organisation_id,
        system_model=model,
        parent_id=above.id if above else None,
        code=code,
        name=_text("name", name),
        part_type=fits,
    )
    session.add(made)
    return made


@verb("position.edit")
def edit_position(
    session: Session, actor: Actor, position: Any, *, name: str | None = None, **words: Unpack[PositionWords]
) -> Position:
    """Rename a position or hang it below another one; ``parent=None`` makes it a top position."""
    edited = queries.position_by_id(session, actor, position)
    if name is not None:
        edited.name = _text("name", name)
    parent = words.get("parent")
    if "parent" in words and parent in (None, ""):
        edited.parent_id = None
    elif "parent" in words:
        above = wanted("parent", queries.position, session, actor, edited.system_model, parent)
        if edited.id in queries.ancestor_ids(session, above):
            raise Invalid(
                "%(parent)s lies below %(position)s (or is it), so it cannot be above it as well.",
                field="parent",
                parent=above.code,
                position=edited.code,
            )
        edited.parent_id = above.id
    return edited


@verb("code.add")
def add_code(
    session: Session,
    actor: Actor,
    *,
    kind: CodeKind | str,
    code: str,
    name: str,
    name_zh: str | None = None,
    is_flagged: bool = False,
) -> FailureCode:
    """Add a coded symptom, mode, mechanism or cause. The code is text: leading zeros stay."""
    kind, code = member("kind", CodeKind, kind), _text("code", code)
    taken = (FailureCode.kind == kind) & (FailureCode.code == code)
    _refuse_taken(session, actor, FailureCode.id, taken, field="code", code=code)
    made = FailureCode(
        organisation_id=actor.organisation_id,
        kind=kind,
        code=code,
        name=_text("name", name),
        name_zh=name_zh or None,
        is_flagged=is_flagged,
    )
    session.add(made)
    return made


@verb("code.edit")
def edit_code(
    session: Session,
    actor: Actor,
    code: Any,
    *,
    kind: CodeKind | str | None = None,
    name: str | None = None,
    **words: Unpack[CodeWords],
) -> FailureCode:
    """Reword a code. What was coded with it stays coded."""
    edited = _code(session, actor, kind, code)
    if name is not None:
        edited.name = _text("name", name)
    if "name_zh" in words:
        edited.name_zh = (words["name_zh"] or "").strip() or None
    edited.is_flagged = False  # somebody looked at it
    return edited


@verb("code.retire")
def retire_code(
    session: Session, actor: Actor, code: Any, *, kind: CodeKind | str | None = None
) -> FailureCode:
    """Offer a code no longer. Records that carry it keep it."""
    retired = _code(session, actor, kind, code)
    retired.is_active = False
    return retired


@verb("code.restore")
def restore_code(
    session: Session, actor: Actor, code: Any, *, kind: CodeKind | str | None = None
) -> FailureCode:
    """Offer a retired code again."""
    restored = _code(session, actor, kind, code)
    restored.is_active = True
    return restored


@verb("code.add")
def starter_codes(session: Session, actor: Actor) -> list[FailureCode]:
    """Add the starter set in the style of ISO 14224; codes that are there already stay as they are."""
    there = {(code.kind, code.code) for code in queries.failure_codes(session, actor, with_retired=True)}
    made = [
        FailureCode(organisation_id=actor.organisation_id, kind=kind, code=code, name=name, name_zh=name_zh)
        for kind, code, name, name_zh in STARTER_CODES
        if (kind, code) not in there
    ]
    session.add_all(made)
    return made


def _code(session: Session, actor: Actor, kind: CodeKind | str | None, code: Any) -> FailureCode:
    """The code itself or its id; or what people say, with its kind."""
    if kind is None:
        return queries.code_by_id(session, actor, code)
    return wanted("code", queries.failure_code, session, actor, kind, code)


def _text(field: str, value: Any) -> str:
    text = str(value or "").strip()
    if not text:
        raise Invalid("This is needed.", field=field)
    return text


def _not_negative(field: str, value: Any) -> float | None:
    if value is None:
        return None
    if not math.isfinite(value) or value < 0:
        raise Invalid("%(value)s cannot be used: give zero or more.", field=field, value=value)
    return float(value)


def _share(field: str, value: Any) -> float | None:
    if value is not None and not 0 <= value <= 1:
        raise Invalid(
            "%(value)s cannot be used: give a share from 0 to 1 (0.8: four in five).",
            field=field,
            value=value,
        )
    return None if value is None else float(value)


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "is_repairable": lambda _, value: bool(value),
    "repair_assumption": lambda field, value: member(field, RepairAssumption, value),
    "lead_time_days": _not_negative,
    "turn_around_days": _not_negative,
    "repaired_share": _share,
    "unit_cost": _not_negative,
    "currency": _text,
    "is_flagged": lambda _, value: bool(value),
}


def _refuse_taken(
    session: Session, actor: Actor, row_id: Any, condition: ColumnElement[bool], *, field: str, code: str
) -> None:
    own = row_id.class_.organisation_id == actor.organisation_id
    if session.scalar(select(row_id).where(own, condition)) is not None:
        raise Invalid("“%(code)s” is taken; choose another one or edit that record.", field=field, code=code)
