"""Adding and editing organisations, sites, customers and suppliers."""

from __future__ import annotations

from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core import history
from fracas.core.db import uuid7
from fracas.core.errors import Invalid
from fracas.core.permissions import Actor
from fracas.core.verbs import verb
from fracas.organisations import queries
from fracas.organisations.models import Customer, Organisation, Site, Supplier

Coded = TypeVar("Coded", Customer, Supplier, Site)


def create_organisation(session: Session, *, code: str, name: str) -> Organisation:
    """The first row of a new database; nobody is there yet to be asked for a permission."""
    if not code.strip() or not name.strip():
        raise Invalid("An organisation needs a code and a name.", field="code")
    if session.scalar(select(Organisation.id).where(Organisation.code == code.strip())) is not None:
        raise Invalid("There is already an organisation with code “%(code)s”.", field="code", code=code)
    made = Organisation(id=uuid7(), code=code.strip(), name=name.strip())
    with history.acting(session, Actor.system(made.id), "create"):
        session.add(made)
    return made


@verb("site.add")
def add_site(
    session: Session,
    actor: Actor,
    *,
    code: str,
    name: str,
    time_zone: str = "UTC",
    is_service_point: bool = False,
) -> Site:
    """Add a site: a depot, a line, a test bench."""
    made = Site(
        organisation_id=actor.organisation_id,
        code=_free_code(session, actor, Site, code),
        name=name.strip(),
        time_zone=_zone(time_zone),
        is_service_point=is_service_point,
    )
    session.add(made)
    return made


@verb("site.edit")
def edit_site(
    session: Session,
    actor: Actor,
    site: Any,
    *,
    name: str | None = None,
    time_zone: str | None = None,
    is_service_point: bool | None = None,
) -> Site:
    """Rename a site or correct its time zone. The code stays: people and files name the site by it."""
    edited = queries.site(session, actor, site)
    if name is not None:
        edited.name = name.strip()
    if time_zone is not None:
        edited.time_zone = _zone(time_zone)
    if is_service_point is not None:
        edited.is_service_point = is_service_point
    return edited


@verb("customer.add")
def add_customer(session: Session, actor: Actor, *, code: str, name: str) -> Customer:
    """Add a customer, to whom systems belong."""
    code = _free_code(session, actor, Customer, code)
    made = Customer(organisation_id=actor.organisation_id, code=code, name=name.strip())
    session.add(made)
    return made


@verb("customer.edit")
def edit_customer(session: Session, actor: Actor, customer: Any, *, name: str) -> Customer:
    """Rename a customer."""
    edited = queries.customer(session, actor, customer)
    edited.name = name.strip()
    return edited


@verb("supplier.add")
def add_supplier(session: Session, actor: Actor, *, code: str, name: str) -> Supplier:
    """Add a supplier of parts."""
    code = _free_code(session, actor, Supplier, code)
    made = Supplier(organisation_id=actor.organisation_id, code=code, name=name.strip())
    session.add(made)
    return made


@verb("supplier.edit")
def edit_supplier(session: Session, actor: Actor, supplier: Any, *, name: str) -> Supplier:
    """Rename a supplier."""
    edited = queries.supplier(session, actor, supplier)
    edited.name = name.strip()
    return edited


def _free_code(session: Session, actor: Actor, model: type[Coded], code: str) -> str:
    code = code.strip()
    if not code:
        raise Invalid("A code is needed.", field="code")
    taken = select(model.id).where(model.organisation_id == actor.organisation_id, model.code == code)
    if session.scalar(taken) is not None:
        raise Invalid("The code “%(code)s” is taken; choose another one.", field="code", code=code)
    return code


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "“%(zone)s” is no time zone; write an IANA name such as Asia/Shanghai.",
            field="time_zone",
            zone=name,
        ) from None
    return name
