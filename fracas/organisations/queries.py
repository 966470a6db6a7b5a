"""Who there is: organisations, sites, customers, suppliers, as far as the actor may know of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from fracas.core.errors import NotFound
from fracas.core.lookup import find
from fracas.core.permissions import Actor, visible
from fracas.organisations.models import Customer, Organisation, Site, Supplier


def organisation(session: Session, code: str) -> Organisation:
    """For the command line, which has no actor yet."""
    found = session.scalar(select(Organisation).where(Organisation.code == code))
    if found is None:
        raise NotFound("There is no organisation with code “%(code)s”.", code=code)
    return found


def organisations(session: Session) -> Sequence[Organisation]:
    return session.scalars(select(Organisation).order_by(Organisation.code)).all()


def _own_sites(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.site_ids is None else Site.id.in_(sorted(actor.site_ids))


Scope = Callable[[Actor], ColumnElement[bool]]
_served: dict[str, Scope] = {}


def customers_at_sites(scope: Scope) -> None:
    """Let ``scope`` say which customers are known at a site: what is whose, an upper room knows (see ``loop``).

    Doing it again changes nothing.
    """
    _served[f"{scope.__module__}.{scope.__qualname__}"] = scope


def _own_customer(actor: Actor) -> ColumnElement[bool]:
    """A customer knows itself; who is limited to sites knows those served there; everybody else knows all."""
    if actor.customer_id is not None:
        return Customer.id == actor.customer_id
    return true() if actor.site_ids is None else or_(false(), *(scope(actor) for scope in _served.values()))


def site(session: Session, actor: Actor, key: Any) -> Site:
    missing = NotFound(
        "There is no site with code “%(code)s” that you may use. Check the code, or have the site added.",
        code=str(key),
    )
    return find(session, actor, Site, key, Site.code, missing, _own_sites(actor))


def sites(session: Session, actor: Actor) -> Sequence[Site]:
    """Every site that the actor may use, by code."""
    rows = select(Site).where(visible(actor, Site), _own_sites(actor)).order_by(Site.code)
    return session.scalars(rows).all()


def home_zone(session: Session, actor: Actor) -> str:
    """The time zone of wall clocks that belong to no record with a site: that of the actor's first site."""
    rows = select(Site.time_zone).where(visible(actor, Site), _own_sites(actor)).order_by(Site.code)
    return session.scalars(rows.limit(1)).first() or "UTC"


def customer(session: Session, actor: Actor, key: Any) -> Customer:
    missing = NotFound(
        "There is no customer with code “%(code)s”. Check the code, or have the customer added.",
        code=str(key),
    )
    return find(session, actor, Customer, key, Customer.code, missing, _own_customer(actor))


def customers(session: Session, actor: Actor) -> Sequence[Customer]:
    rows = select(Customer).where(visible(actor, Customer), _own_customer(actor)).order_by(Customer.code)
    return session.scalars(rows).all()


def supplier(session: Session, actor: Actor, key: Any) -> Supplier:
    missing = NotFound(
        "There is no supplier with code “%(code)s”. Check the code, or have the supplier added.",
        code=str(key),
    )
    return find(session, actor, Supplier, key, Supplier.code, missing)


def suppliers(session: Session, actor: Actor) -> Sequence[Supplier]:
    return session.scalars(select(Supplier).where(visible(actor, Supplier)).order_by(Supplier.code)).all()
