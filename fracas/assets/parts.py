"""The verbs of serial-numbered parts: registering, editing, stating their condition."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets import placement, queries
from fracas.assets.input import part_meant, serial_text
from fracas.assets.models import Condition, Part, PartCondition
from fracas.catalog import queries as catalog
from fracas.core import clock
from fracas.core.errors import Invalid
from fracas.core.lookup import given, member, wanted
from fracas.core.moments import happened, happened_if_given, shown
from fracas.core.permissions import Actor
from fracas.core.verbs import verb
from fracas.organisations import queries as organisations
from fracas.organisations.models import Site


class PartWords(TypedDict, total=False):
    """What can be said of a serial besides where it lies. ``None`` takes a statement back."""

    lot: str | None
    supplier: Any


@verb("part.register")
def register_part(
    session: Session,
    actor: Actor,
    *,
    serial: str,
    part_type: Any,
    site: Any = None,
    lot: str | None = None,
    supplier: Any = None,
    customer: Any = None,
    manufactured_at: datetime | None = None,
    is_flagged: bool = False,
) -> Part:
    """Register a serial. ``site`` is the shelf it lies on; it may be left out by who works at one site only."""
    serial = serial_text(serial)
    kind = wanted("part_type", catalog.part_type, session, actor, part_type)
    taken = select(Part.id).where(
        Part.organisation_id == actor.organisation_id, Part.part_type_id == kind.id, Part.serial == serial
    )
    if session.scalar(taken) is not None:
        raise Invalid(
            "There is a %(part_type)s with serial “%(serial)s” already (perhaps at a site that you do not see).",
            field="serial",
            part_type=kind.number,
            serial=serial,
        )
    maker = given("supplier", organisations.supplier, session, actor, supplier)
    owner = given("customer", organisations.customer, session, actor, customer)
    made = Part(
        organisation_id=actor.organisation_id,
        serial=serial,
        part_type=kind,
        lot=lot or None,
        supplier_id=maker.id if maker else kind.supplier_id,
        site_id=_shelf(session, actor, site).id,
        customer_id=owner.id if owner else None,
        manufactured_at=happened_if_given(manufactured_at, "manufactured_at"),
        is_flagged=is_flagged,
        entered_at=clock.now(),
    )
    session.add(made)
    return made


def _shelf(session: Session, actor: Actor, site: Any) -> Site:
    if site not in (None, ""):
        return wanted("site", organisations.site, session, actor, site)
    own = organisations.sites(session, actor)
    if len(own) != 1:
        raise Invalid("Say at which site the part is.", field="site")
    return own[0]


@verb("part.edit")
def edit_part(
    session: Session,
    actor: Actor,
    part: Any,
    *,
    part_type: Any = None,
    site: Any = None,
    **words: Unpack[PartWords],
) -> Part:
    """Change lot, supplier or shelf of a serial; what is left out stays. An installed part is where its system is."""
    edited = part_meant(session, actor, part, part_type)
    if "lot" in words:
        edited.lot = (words["lot"] or "").strip() or None
    if "supplier" in words:
        maker = given("supplier", organisations.supplier, session, actor, words["supplier"])
        edited.supplier_id = maker.id if maker else None
    if site is not None:
        shelf = wanted("site", organisations.site, session, actor, site)
        there = queries.whereabouts(session, edited)
        if there is not None and shelf.id != edited.site_id:
            raise Invalid(
                "%(serial)s is installed in %(system)s and is where that is; remove it before it goes elsewhere.",
                field="site",
                serial=edited.serial,
                system=there.system.serial,
            )
        edited.site_id = shelf.id
    edited.is_flagged = False  # somebody looked at it
    return edited


@verb("part.set_condition")
def set_condition(
    session: Session,
    actor: Actor,
    part: Any,
    *,
    condition: Condition | str,
    occurred_at: datetime | None = None,
    basis: str | None = None,
    part_type: Any = None,
) -> PartCondition:
    """State a serial serviceable, unserviceable, quarantined or retired; all but serviceable need their ``basis``."""
    subject = part_meant(session, actor, part, part_type)
    condition = member("condition", Condition, condition)
    at = happened(occurred_at)
    basis = (basis or "").strip() or None
    if condition is not Condition.SERVICEABLE and basis is None:
        raise Invalid("Say why the part is %(condition)s.", field="basis", condition=condition)
    placement.lock(session, None, subject)
    if condition is Condition.RETIRED:
        for stay in placement.stays_of(session, subject):
            if stay.end is None or stay.end > at:
                raise Invalid(
                    "%(serial)s cannot be retired on %(at)s: the register has it in %(system)s at %(position)s from "
                    "%(start)s to %(end)s. Remove it first.",
                    field="occurred_at",
                    at=shown(at),
                    **stay.words,
                )
    made = PartCondition(
        organisation_id=actor.organisation_id,
        part_id=subject.id,
        condition=condition,
        basis=basis,
        occurred_at=at,
        entered_at=clock.now(),
        entered_by=actor.user_id,
    )
    session.add(made)
    return made
