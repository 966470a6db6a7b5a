"""What a person may do and see follows from roles, sites and customer."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core.errors import NotFound
from fracas.core.permissions import visible
from fracas.organisations.models import Site
from fracas.users import matrix, queries, workflow
from fracas.users.models import Role, UserRole
from tests.factories.users import make_user
from tests.fracas.users.conftest import House


@pytest.mark.parametrize("role", sorted(matrix.SITE_LIMITED))
def test_roles_of_a_site_see_the_sites_of_the_person(session: Session, house: House, role: Role) -> None:
    actor = queries.actor_for(session, make_user(session, house.system, role, sites=["NORTH"]))
    assert actor.site_ids == {house.north.id}
    assert actor.customer_id is None
    assert actor.permissions == matrix.of_role(role)


@pytest.mark.parametrize("role", sorted(set(Role) - matrix.SITE_LIMITED - {Role.CUSTOMER}))
def test_other_roles_see_every_site_of_the_organisation(session: Session, house: House, role: Role) -> None:
    actor = queries.actor_for(session, make_user(session, house.system, role, sites=["NORTH"]))
    assert actor.site_ids is None
    assert actor.organisation_id == house.organisation.id
    assert actor.permissions == matrix.of_role(role)


def test_a_customer_sees_own_systems(session: Session, house: House) -> None:
    actor = queries.actor_for(session, make_user(session, house.system, "customer", customer="METRO"))
    assert actor.customer_id == house.customer.id
    assert actor.site_ids is None


def test_the_widest_role_decides(session: Session, house: House) -> None:
    both = make_user(session, house.system, ["field_engineer", "quality"], sites=["NORTH"])
    actor = queries.actor_for(session, both)
    assert actor.site_ids is None
    assert actor.permissions == matrix.of_role(Role.FIELD_ENGINEER) | matrix.of_role(Role.QUALITY)


def test_what_should_not_exist_sees_nothing(session: Session, house: House) -> None:
    """Rows that the verbs refuse to write, met all the same, open no door."""
    person = make_user(session, house.system, "quality")
    person.roles = []
    actor = queries.actor_for(session, person)
    assert (actor.site_ids, actor.permissions) == (frozenset(), frozenset())
    person.roles = [UserRole(role=Role.CUSTOMER)]
    assert queries.actor_for(session, person).site_ids == frozenset()
    person.is_active = False
    assert queries.actor_for(session, person).permissions == frozenset()


def test_the_matrix_of_the_organisation_decides(session: Session, house: House) -> None:
    person = make_user(session, house.system, "manager")
    workflow.set_permission(
        session, house.system, permission="failure.read", role="manager", is_allowed=False
    )
    assert not queries.actor_for(session, person).may("failure.read")


def test_a_person_is_found_by_address_or_id(session: Session, house: House) -> None:
    person = make_user(session, house.system, "quality", email="lin@example.org")
    for key in (person, person.id, str(person.id), "lin@example.org", "Lin@Example.org"):
        assert queries.user(session, house.system, key) is person
    with pytest.raises(NotFound):
        queries.user(session, house.system, "nobody@example.org")


def test_lists_hold_the_own_people(session: Session, house: House, other_house: House) -> None:
    engineer = make_user(session, house.system, "quality", name="A. Engineer")
    customer = make_user(session, house.system, "customer", customer="METRO", name="C. Ustomer")
    gone = make_user(session, house.system, "quality", name="G. One")
    workflow.deactivate(session, house.system, gone)
    everybody = queries.users(session, house.system)
    assert set(everybody) == {house.administrator, engineer, customer, gone}
    assert set(queries.people(session, house.system)) == {house.administrator, engineer}
    assert [user.name for user in everybody] == sorted(user.name for user in everybody)


def test_visible_rows_are_those_of_the_organisation(
    session: Session, house: House, other_house: House
) -> None:
    rows = session.scalars(select(Site).where(visible(house.actor(session), Site))).all()
    assert {row.id for row in rows} == {house.north.id, house.south.id}
