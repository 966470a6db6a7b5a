"""The part taken out and the part put in for a failure, entered in the register and kept with the report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fracas.assets import queries as assets
from fracas.assets import workflow as register
from fracas.assets.models import Installation, InstalledAs, Part, Removal, RemovalCause
from fracas.core import facts
from fracas.core.db import known
from fracas.core.errors import Invalid
from fracas.core.moments import happened, shown
from fracas.core.permissions import Actor
from fracas.failures import queries
from fracas.failures.models import Failure, MaintenanceKind, PartSwap
from fracas.failures.reporting import find_part


def swap(
    session: Session,
    actor: Actor,
    failure: Failure,
    *,
    part_out: Any = None,
    part_out_type: Any = None,
    part_in: Any = None,
    part_in_type: Any = None,
    part_in_as: InstalledAs | str | None = None,
    swapped_at: datetime | None = None,
) -> None:
    """Enter the swap in the register, which refuses a serial that it does not have in that position.

    The failure's position says where; left out, the register knows where the serial taken out sat. A failed serial
    that came out is unserviceable from then on: the cause of its removal says so.
    """
    fits = failure.position.part_type if failure.position else None
    out = find_part(session, actor, "part_out", part_out, part_out_type or fits)
    into = find_part(
        session, actor, "part_in", part_in, part_in_type or fits or (out.part_type if out else None)
    )
    _require_both(failure, out, into)
    if (out is None and into is None) or _entered_before(session, failure, out, into):
        return
    said = happened(swapped_at, "swapped_at") if swapped_at else None
    moment = said or happened(failure.restored_at or failure.occurred_at, "swapped_at")
    removal = _registered_removal(session, failure, out, said) if out else None
    moment = removal.occurred_at if removal else moment
    installation = _registered_installation(session, failure, removal, into, moment) if into else None
    if failure.position is None and removal is not None:
        failure.position = removal.installation.position
    elif failure.position is None and out is not None:
        stay = assets.whereabouts(session, out, as_of=moment)
        failure.position = stay.position if stay is not None and stay.system_id == failure.system.id else None
    if failure.position is None:
        raise Invalid("Say in which position the part sat.", field="position")
    left_out, left_in = (None if removal else out), (None if installation else into)
    if left_out is not None or left_in is not None:
        made_removal, made_installation = register.swap(
            session,
            actor,
            system=failure.system,
            position=failure.position,
            part_out=left_out,
            part_in=left_in,
            occurred_at=moment,
            installed_as=part_in_as,
            note=failure.number,
        )
        removal, installation = removal or made_removal, installation or made_installation
    if out is not None:
        failure.part, failure.part_type = out, out.part_type
    made = PartSwap(failure_id=failure.id, occurred_at=moment, removal=removal, installation=installation)
    facts.add(session, actor, made)


# Whoever keeps the register may have been told before the report was, and to the minute where the report only says when
# the failure was seen. So the register's moment holds, unless the report says another.


def _registered_removal(
    session: Session, failure: Failure, out: Part, said: datetime | None
) -> Removal | None:
    """The removal that ended the stay in which the part failed, at the moment that was said, if one was."""
    rows = select(Removal).join(Installation, Installation.id == Removal.installation_id)
    rows = rows.where(*_here(failure), known(Removal, None), Removal.part_id == out.id)
    if said is not None:
        return session.scalars(rows.where(Removal.occurred_at == said)).unique().first()
    of_the_failure = (
        Installation.occurred_at <= failure.occurred_at,
        Removal.occurred_at >= failure.occurred_at,
        Removal.cause == RemovalCause.FAILURE,
    )
    return session.scalars(rows.where(*of_the_failure).order_by(Removal.occurred_at)).unique().first()


def _registered_installation(
    session: Session, failure: Failure, removal: Removal | None, into: Part, moment: datetime
) -> Installation | None:
    """What was put in next where the failed part came out, if it is the part that the report names."""
    rows = select(Installation).where(*_here(failure))
    if removal is None:
        rows = rows.where(Installation.part_id == into.id, Installation.occurred_at == moment)
    else:
        place = removal.installation.position_id
        rows = rows.where(Installation.position_id == place, Installation.occurred_at >= moment)
    following = session.scalars(rows.order_by(Installation.occurred_at)).unique().first()
    return following if following is not None and following.part_id == into.id else None


def _here(failure: Failure) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Installation.system_id == failure.system.id,
        known(Installation, None),
    ]
    if failure.position is not None:
        found.append(Installation.position_id == failure.position.id)
    return found


def _require_both(failure: Failure, out: Part | None, into: Part | None) -> None:
    """Replacing needs both serials, taking out needs the one; an import may say that they were not recorded."""
    kind, unrecorded = failure.maintenance_kind, failure.not_recorded
    if kind in (MaintenanceKind.REPLACE, MaintenanceKind.REMOVE) and out is None and "part" not in unrecorded:
        raise Invalid("Give the serial that was taken out.", field="part_out")
    if kind is MaintenanceKind.REPLACE and into is None and "part_in" not in unrecorded:
        raise Invalid("Give the serial that was put in.", field="part_in")
    if out is not None and out is into:
        raise Invalid(
            "Serial %(serial)s cannot be its own replacement; for a repair in place give no serials.",
            field="part_in",
            serial=out.serial,
        )


def _entered_before(session: Session, failure: Failure, out: Part | None, into: Part | None) -> bool:
    """A report that was sent back keeps its swap: completing it again with the same serials changes nothing."""
    before = queries.current_swap(session, failure.id)
    if before is None:
        return False
    was_out = before.removal.part_id if before.removal else None
    was_in = before.installation.part_id if before.installation else None
    if (was_out, was_in) == (out.id if out else None, into.id if into else None):
        return True
    raise Invalid(
        "A swap is already recorded for %(number)s, at %(moment)s. Give the same serials, or correct the installation "
        "and the removal in the register.",
        field="part_out",
        number=failure.number,
        moment=shown(before.occurred_at),
    )
