"""What the register still lacks: the first steps of a new organisation, and records that an import made and nobody checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fracas.assets import queries as assets
from fracas.catalog import queries as catalog
from fracas.core.permissions import Actor
from fracas.organisations import queries as organisations


@dataclass(frozen=True)
class Step:
    """What has to be there before the first report can be filed."""

    what: str
    is_done: bool


def first_steps(session: Session, actor: Actor) -> list[Step]:
    """Site, model and system, as they need each other; none once all are there, or for who may not make them."""
    if not all(actor.may(permission) for permission in ("site.add", "system_model.add", "system.register")):
        return []
    steps = [
        Step("site", bool(organisations.sites(session, actor))),
        Step("system_model", bool(catalog.system_models(session, actor))),
        Step("system", session.scalar(assets.systems(actor).limit(1)) is not None),
    ]
    return [] if all(step.is_done for step in steps) else steps


@dataclass(frozen=True)
class Unchecked:
    """So many records of one kind were made by an import, because a file named them and nobody knew them."""

    what: str
    count: int


def unchecked(session: Session, actor: Actor) -> list[Unchecked]:
    """What waits for the person who may edit it: saving such a record says that somebody looked at it."""
    return [found for found in _unchecked(session, actor) if found.count]


def _unchecked(session: Session, actor: Actor) -> Iterator[Unchecked]:
    for what, rows in (
        ("system", assets.systems(actor, is_flagged=True)),
        ("part", assets.parts(actor, is_flagged=True)),
    ):
        if actor.may(f"{what}.edit"):
            counted = select(func.count()).select_from(rows.order_by(None).subquery())
            yield Unchecked(what, session.scalar(counted) or 0)
    if actor.may("part_type.edit"):
        yield Unchecked("part_type", sum(row.is_flagged for row in catalog.part_types(session, actor)))
    if actor.may("code.edit"):
        yield Unchecked("code", sum(row.is_flagged for row in catalog.failure_codes(session, actor)))
