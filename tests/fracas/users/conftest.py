"""An organisation with two sites, a customer, a matrix and an administrator."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from fracas.core.permissions import Actor
from fracas.organisations import workflow as organisations
from fracas.organisations.models import Customer, Organisation, Site
from fracas.users import queries, secret, workflow
from fracas.users.models import User
from tests.factories.users import make_user


@dataclass
class House:
    organisation: Organisation
    system: Actor
    north: Site
    south: Site
    customer: Customer
    administrator: User

    def actor(self, session: Session) -> Actor:
        return queries.actor_for(session, self.administrator)


def build_house(session: Session, code: str) -> House:
    organisation = organisations.create_organisation(session, code=code, name=code.title())
    system = Actor.system(organisation.id)
    workflow.grant_defaults(session, system)
    return House(
        organisation,
        system,
        organisations.add_site(session, system, code="NORTH", name="North depot"),
        organisations.add_site(session, system, code="SOUTH", name="South depot"),
        organisations.add_customer(session, system, code="METRO", name="Metro"),
        make_user(session, system, "administrator", email=f"admin@{code.lower()}.example"),
    )


@pytest.fixture
def house(session: Session) -> House:
    return build_house(session, "ACME")


@pytest.fixture
def other_house(session: Session) -> House:
    return build_house(session, "OTHER")


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at the lowest cost, for tests of pages that sign in many times; what a hash costs is tested elsewhere."""
    monkeypatch.setattr(secret, "_argon2", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
