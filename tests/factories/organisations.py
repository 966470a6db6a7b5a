"""An organisation with sites, made by the verbs."""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy.orm import Session

from fracas.core.permissions import Actor
from fracas.organisations import workflow
from fracas.organisations.models import Customer, Organisation, Site

_count = itertools.count(1)


def make_organisation(session: Session, **facts: Any) -> Organisation:
    number = next(_count)
    return workflow.create_organisation(
        session, **{"code": f"ORG{number}", "name": f"Organisation {number}", **facts}
    )


def make_root(session: Session) -> Actor:
    """The system as actor in a new organisation."""
    return Actor.system(make_organisation(session).id)


def make_site(session: Session, actor: Actor, code: str = "DEPOT", **facts: Any) -> Site:
    made: Site = workflow.add_site(session, actor, **{"code": code, "name": f"Site {code}", **facts})
    return made


def make_customer(session: Session, actor: Actor, code: str = "METRO", **facts: Any) -> Customer:
    made: Customer = workflow.add_customer(
        session, actor, **{"code": code, "name": f"Customer {code}", **facts}
    )
    return made
