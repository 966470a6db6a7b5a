"""Changing the record without losing what it said: facts are retracted and entered again, never overwritten."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from fracas.assets.models import (
    Installation,
    InstalledAs,
    Part,
    Removal,
    RemovalCause,
    System,
    UsageReading,
)
from fracas.assets.placement import Stay, put_in, refuse_not_installed, stay_at, stays_of, take_out
from fracas.catalog.models import Position
from fracas.core.errors import Invalid
from fracas.core.permissions import Actor

F = TypeVar("F", Installation, Removal, UsageReading)
NEW_IN_EVERY_FACT = {"id", "entered_at", "entered_by", "retracted_at", "replaces_id"}


def supersede(session: Session, actor: Actor, old: F, entered_at: datetime, **changes: Any) -> F:
    """Retract a fact and enter it again with changes. The new one names the old, so that links can be followed."""
    kept = {
        column.key: getattr(old, column.key)
        for column in old.__mapper__.column_attrs
        if column.key not in NEW_IN_EVERY_FACT
    }
    old.retracted_at = entered_at
    made = type(old)(**kept | changes, replaces_id=old.id, entered_at=entered_at, entered_by=actor.user_id)
    session.add(made)
    session.flush()
    session.refresh(made)
    return made


def supersede_stay(
    session: Session, actor: Actor, stay: Stay, entered_at: datetime, **changes: Any
) -> Installation:
    """Correct an installation; its removal moves over to the corrected one."""
    made = supersede(session, actor, stay.installation, entered_at, **changes)
    if stay.removal is not None:
        supersede(session, actor, stay.removal, entered_at, installation_id=made.id, part_id=made.part_id)
    return made


def settle(
    session: Session, actor: Actor, part: Part, entered_at: datetime, dropped: Installation | None = None
) -> None:
    """Make the rest of a part's record agree with a change, as if everything had been entered in order of time.

    Only the first installation can be of a new part: an earlier one that was entered late makes the later one a
    continuation, and a retracted first one (``dropped``) hands its newness on. The part's site and customer follow its
    latest installation.
    """
    line = stays_of(session, part)
    for place, stay in enumerate(line):
        if place > 0 and stay.installation.installed_as is InstalledAs.NEW:
            supersede_stay(session, actor, stay, entered_at, installed_as=InstalledAs.CONTINUED)
    if line and dropped is not None and dropped.occurred_at <= line[0].start:
        was_new, goes_on = dropped.installed_as is InstalledAs.NEW, line[0].installation.installed_as
        if was_new and goes_on is InstalledAs.CONTINUED:
            supersede_stay(session, actor, line[0], entered_at, installed_as=InstalledAs.NEW)
    if line:
        system = line[-1].installation.system
        if (part.site_id, part.customer_id) != (system.site_id, system.customer_id):
            part.site_id, part.customer_id = system.site_id, system.customer_id
    session.flush()


def shift(
    session: Session,
    actor: Actor,
    part: Part,
    system: System,
    position: Position,
    *,
    at: datetime,
    note: str | None,
    entered_at: datetime,
) -> Installation:
    """End the stay that holds at ``at`` and begin the next one; what ended the old stay later now ends the new one."""
    stay = stay_at(session, part, at)
    if stay is None:
        refuse_not_installed(session, part, at, "occurred_at")
    there = stay.installation
    if (there.system_id, there.position_id) == (system.id, position.id):
        raise Invalid(
            "The register has %(serial)s in %(system)s at %(position)s since %(start)s; it cannot be moved to where it is.",
            field="position",
            **stay.words,
        )
    if stay.start == at:
        raise Invalid(
            "%(serial)s went into %(system)s at %(position)s at this very moment; give a later one, or correct that record.",
            field="occurred_at",
            **stay.words,
        )
    if stay.removal is not None:
        stay.removal.retracted_at = entered_at
        session.flush()
    take_out(session, actor, there, at=at, cause=RemovalCause.MOVE, note=note, entered_at=entered_at)
    made = put_in(
        session, actor, part, system, position,
        at=at, until=stay.end, entered_at=entered_at, installed_as=InstalledAs.CONTINUED, ignoring=[there.id],
    )  # fmt: skip
    if stay.removal is not None:
        old = stay.removal
        take_out(
            session, actor, made,
            at=old.occurred_at, cause=old.cause, note=old.note, entered_at=entered_at, replaces=old,
        )  # fmt: skip
    return made
