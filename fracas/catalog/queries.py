"""Part types, positions, codes and metrics: found one by one, listed, and as a tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from fracas.catalog.models import CodeKind, FailureCode, PartType, Position, SystemModel, UsageMetric
from fracas.core.db import Base
from fracas.core.errors import NotFound
from fracas.core.lookup import as_id, find, member
from fracas.core.permissions import Actor, visible

T = TypeVar("T", bound=Base)


def part_type(session: Session, actor: Actor, key: Any) -> PartType:
    missing = NotFound(
        "There is no part type with number “%(number)s”. Check the number, or add the part type first.",
        number=str(key),
    )
    return find(session, actor, PartType, key, PartType.number, missing)


def part_types(session: Session, actor: Actor) -> Sequence[PartType]:
    """Every part type, by number: the choices of a form."""
    return session.scalars(part_type_rows(actor).order_by(PartType.number)).unique().all()


def part_type_rows(actor: Actor, text: str | None = None) -> Select[PartType]:
    """Part types whose number or name holds ``text``; for a page of a list."""
    rows = select(PartType).where(visible(actor, PartType))
    if text:
        rows = rows.where(
            or_(
                PartType.number.icontains(text, autoescape=True),
                PartType.name.icontains(text, autoescape=True),
            )
        )
    return rows


def metric(session: Session, actor: Actor, key: Any) -> UsageMetric:
    missing = NotFound(
        "There is no usage metric “%(code)s”. Check the code (calendar time needs no readings), or add the metric.",
        code=str(key),
    )
    return find(session, actor, UsageMetric, key, UsageMetric.code, missing)


def metrics(session: Session, actor: Actor) -> Sequence[UsageMetric]:
    rows = select(UsageMetric).where(visible(actor, UsageMetric)).order_by(UsageMetric.code)
    return session.scalars(rows).all()


def system_model(session: Session, actor: Actor, key: Any) -> SystemModel:
    missing = NotFound(
        "There is no system model with code “%(code)s”. Check the code, or add the model first.",
        code=str(key),
    )
    return find(session, actor, SystemModel, key, SystemModel.code, missing)


def system_models(session: Session, actor: Actor) -> Sequence[SystemModel]:
    rows = select(SystemModel).where(visible(actor, SystemModel)).order_by(SystemModel.code)
    return session.scalars(rows).all()


def position(session: Session, actor: Actor, model: SystemModel, key: Any) -> Position:
    """A position of ``model``. One of another model is not found."""
    missing = NotFound(
        "Model %(model)s has no position “%(code)s”. Check the code, or add the position to the model.",
        model=model.code,
        code=key.code if isinstance(key, Position) else str(key),
    )
    found = find(session, actor, Position, key, Position.code, missing, Position.system_model_id == model.id)
    if found.system_model_id != model.id:
        raise missing
    return found


def position_by_id(session: Session, actor: Actor, key: Any) -> Position:
    """A position of whatever model, by its id."""
    return _by_id(session, actor, Position, key, NotFound("There is no such position."))


def code_by_id(session: Session, actor: Actor, key: Any) -> FailureCode:
    """A code of whatever kind, by its id."""
    return _by_id(session, actor, FailureCode, key, NotFound("There is no such code."))


def _by_id(session: Session, actor: Actor, model: type[T], key: Any, missing: NotFound) -> T:
    row_id = as_id(str(key)) if not isinstance(key, model) else None
    found = key if isinstance(key, model) else (session.get(model, row_id) if row_id else None)
    if found is None or not actor.sees(found):
        raise missing
    return found


def code_of_parent(session: Session, position: Position) -> str | None:
    """The code of the next higher assembly."""
    above = session.get(Position, position.parent_id) if position.parent_id else None
    return above.code if above else None


def positions_for(session: Session, actor: Actor, part_type: PartType) -> Sequence[Position]:
    """Where a part type belongs, by model and code."""
    rows = (
        select(Position)
        .join(SystemModel, SystemModel.id == Position.system_model_id)
        .where(visible(actor, Position), Position.part_type_id == part_type.id)
        .order_by(SystemModel.code, Position.code)
        .options(joinedload(Position.system_model))
    )
    return session.scalars(rows).unique().all()


def failure_code(session: Session, actor: Actor, kind: CodeKind | str, key: Any) -> FailureCode:
    """A code of one kind, retired ones included: old records go on naming them."""
    kind = member("kind", CodeKind, kind)
    missing = NotFound(
        "There is no %(kind)s code “%(code)s”. Check the code, or have it added to the catalog.",
        kind=kind,
        code=key.code if isinstance(key, FailureCode) else str(key),
    )
    found = find(session, actor, FailureCode, key, FailureCode.code, missing, FailureCode.kind == kind)
    if found.kind != kind:
        raise missing
    return found


def failure_codes(
    session: Session, actor: Actor, kind: CodeKind | str | None = None, *, with_retired: bool = False
) -> Sequence[FailureCode]:
    """The codes to choose from, by kind and code."""
    rows = select(FailureCode).where(visible(actor, FailureCode)).order_by(FailureCode.kind, FailureCode.code)
    if kind is not None:
        rows = rows.where(FailureCode.kind == member("kind", CodeKind, kind))
    if not with_retired:
        rows = rows.where(FailureCode.is_active)
    return session.scalars(rows).all()


@dataclass(frozen=True)
class Place:
    """One line of a drawn tree: a position and how deep it lies."""

    position: Position
    depth: int


def position_tree(session: Session, actor: Actor, model: SystemModel) -> list[Place]:
    """The positions of a model from the top down, each followed by what belongs to it."""
    rows = select(Position).where(visible(actor, Position), Position.system_model_id == model.id)
    below: dict[UUID | None, list[Position]] = defaultdict(list)
    for found in session.scalars(rows.order_by(Position.code)).unique():
        below[found.parent_id].append(found)

    def walk(parent_id: UUID | None, depth: int) -> Iterator[Place]:
        for child in below[parent_id]:
            yield Place(child, depth)
            yield from walk(child.id, depth + 1)

    return list(walk(None, 0))


def ancestor_ids(session: Session, position: Position) -> set[UUID]:
    """The position itself and everything above it."""
    rows = select(Position.id, Position.parent_id).where(Position.system_model_id == position.system_model_id)
    parents = dict(session.execute(rows).all())
    found: set[UUID] = set()
    at: UUID | None = position.id
    while at is not None and at not in found:
        found.add(at)
        at = parents.get(at)
    return found
