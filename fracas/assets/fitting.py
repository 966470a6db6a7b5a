"""The verbs of where parts are: installing, removing, moving, swapping."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fracas.assets import placement, queries
from fracas.assets.input import ages_meant, installed_as_meant, part_meant, place_meant, position_meant
from fracas.assets.models import Installation, InstalledAs, Removal, RemovalCause
from fracas.assets.superseding import settle, shift
from fracas.core import clock
from fracas.core.errors import Invalid
from fracas.core.lookup import member, wanted
from fracas.core.moments import happened, happened_if_given
from fracas.core.permissions import Actor
from fracas.core.verbs import verb


@verb("part.install")
def install(
    session: Session,
    actor: Actor,
    part: Any,
    *,
    system: Any,
    position: Any,
    part_type: Any = None,
    occurred_at: datetime | None = None,
    installed_as: InstalledAs | str | None = None,
    age_at_install: dict[str, float] | None = None,
    removed_at: datetime | None = None,
    removal_cause: RemovalCause | str | None = None,
    removal_note: str | None = None,
    external_id: str | None = None,
) -> Installation:
    """Put a serial into a position; with ``removed_at`` and ``removal_cause`` as a stay that is over.

    ``installed_as`` left out: with a stated age as that says, the first time new, later continuing its own age.
    """
    at, until = happened(occurred_at), happened_if_given(removed_at, "removed_at")
    where, place = place_meant(session, actor, system, position)
    which = part_meant(session, actor, part, part_type, place)
    if until is not None and removal_cause is None:
        raise Invalid("Say why the part was removed.", field="removal_cause")
    if until is None and removal_cause is not None:
        raise Invalid("Say when the part was removed.", field="removed_at")
    placement.lock(session, where, which)
    ages = ages_meant(session, actor, age_at_install)
    now = clock.now()
    made = placement.put_in(
        session, actor, which, where, place,
        at=at, until=until, entered_at=now,
        installed_as=installed_as_meant(session, which, at, installed_as, ages),
        age_at_install=ages, external_id=external_id,
    )  # fmt: skip
    if until is not None:
        placement.take_out(
            session, actor, made, at=until, cause=member("removal_cause", RemovalCause, removal_cause),
            note=removal_note, entered_at=now, field="removed_at",
        )  # fmt: skip
    settle(session, actor, which, now)
    return made


@verb("part.remove")
def remove(
    session: Session,
    actor: Actor,
    part: Any,
    *,
    cause: RemovalCause | str,
    occurred_at: datetime | None = None,
    part_type: Any = None,
    system: Any = None,
    position: Any = None,
    note: str | None = None,
) -> Removal:
    """Take a serial out of where it is; ``system`` and ``position``, when given, must agree with the register."""
    at = happened(occurred_at)
    which = part_meant(session, actor, part, part_type)
    placement.lock(session, None, which)
    stay = placement.open_stay(session, which, at)
    if system not in (None, ""):
        where = wanted("system", queries.system, session, actor, system)
        place = None if position in (None, "") else position_meant(session, actor, where, position)
        placement.refuse_elsewhere(stay, where, place)
    return placement.take_out(
        session, actor, stay.installation,
        at=at, cause=member("cause", RemovalCause, cause), note=note, entered_at=clock.now(),
    )  # fmt: skip


@verb("part.move")
def move(
    session: Session,
    actor: Actor,
    part: Any,
    *,
    system: Any,
    position: Any,
    occurred_at: datetime | None = None,
    part_type: Any = None,
    note: str | None = None,
) -> Installation:
    """Take a serial out of where it is and put it elsewhere at the same moment; its age goes on.

    Entered late, it splits the stay that the register holds: what came after the move happened at the new place.
    """
    at = happened(occurred_at)
    where, place = place_meant(session, actor, system, position)
    which = part_meant(session, actor, part, part_type, place)
    placement.lock(session, where, which)
    made = shift(session, actor, which, where, place, at=at, note=note, entered_at=clock.now())
    settle(session, actor, which, made.entered_at)
    return made


@verb("part.swap")
def swap(
    session: Session,
    actor: Actor,
    system: Any,
    *,
    position: Any,
    occurred_at: datetime | None = None,
    part_out: Any = None,
    part_in: Any = None,
    part_out_type: Any = None,
    part_in_type: Any = None,
    cause: RemovalCause | str = RemovalCause.FAILURE,
    installed_as: InstalledAs | str | None = None,
    age_at_install: dict[str, float] | None = None,
    note: str | None = None,
) -> tuple[Removal | None, Installation | None]:
    """Take one serial out of a position and put another in, at one moment; either may be left out.

    The serial taken out must be the one that the register has there.
    """
    at, now = happened(occurred_at), clock.now()
    where, place = place_meant(session, actor, system, position)
    out = (
        None
        if part_out in (None, "")
        else part_meant(session, actor, part_out, part_out_type, place, "part_out")
    )
    new = (
        None if part_in in (None, "") else part_meant(session, actor, part_in, part_in_type, place, "part_in")
    )
    if out is None and new is None:
        raise Invalid("Give the serial taken out, the serial put in, or both.", field="part_out")
    placement.lock(session, where, *(one for one in (out, new) if one is not None))
    removal = installation = None
    if out is not None:
        placement.refuse_other_occupant(session, where, place, out, at)
        stay = placement.open_stay(session, out, at, "part_out")
        chosen = member("cause", RemovalCause, cause)
        removal = placement.take_out(
            session, actor, stay.installation, at=at, cause=chosen, note=note, entered_at=now
        )
    if new is not None:
        ages = ages_meant(session, actor, age_at_install)
        as_ = installed_as_meant(session, new, at, installed_as, ages)
        installation = placement.put_in(
            session, actor, new, where, place,
            at=at, until=None, entered_at=now, installed_as=as_, age_at_install=ages,
        )  # fmt: skip
        settle(session, actor, new, now)
    return removal, installation
