"""The part taken out and the part put in for a failure, entered in the register and kept with the report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fracas.assets import queries as assets
from fracas.assets import workflow as register
from fracas.assets.models import Installation, InstalledAs, Part, Removal
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
    moment = happened(swapped_at or failure.restored_at or failure.occurred_at, "swapped_at")
    removal, installation = _registered(session, failure, out, into, moment)
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


def _registered(
    session: Session, failure: Failure, out: Part | None, into: Part | None, moment: datetime
) -> tuple[Removal | None, Installation | None]:
    """What the register holds of this very swap already: whoever keeps it may have been told before the report was."""
    here: list[ColumnElement[bool]] = [Installation.system_id == failure.system.id, known(Installation, None)]
    if failure.position is not None:
        here.append(Installation.position_id == failure.position.id)
    removal = installation = None
    if out is not None:
        rows = select(Removal).join(Installation, Installation.id == Removal.installation_id)
        ended = (Removal.part_id == out.id, Removal.occurred_at == moment, known(Removal, None))
        removal = session.scalars(rows.where(*here, *ended)).unique().first()
    if into is not None:
        begun = (Installation.part_id == into.id, Installation.occurred_at == moment)
        installation = session.scalars(select(Installation).where(*here, *begun)).unique().first()
    return removal, installation


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
