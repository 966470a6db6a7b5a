"""What an administrator does with people, and every role x verb cell of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core import clock, history
from fracas.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from fracas.core.outbox import OutboxMessage
from fracas.core.permissions import Actor
from fracas.users import account, matrix, queries, workflow
from fracas.users.models import Role, RolePermission, User
from tests.factories.users import PASSWORD, make_actor, make_user
from tests.fracas.users.conftest import House


def scope(house: House, role: Role) -> dict[str, Any]:
    """The site or customer that a role cannot be without."""
    if role in matrix.SITE_LIMITED:
        return {"sites": ["NORTH"]}
    return {"customer": "METRO"} if role is Role.CUSTOMER else {}


def test_a_person_is_made_with_roles_sites_and_no_password(session: Session, house: House) -> None:
    made = workflow.create_user(
        session,
        house.actor(session),
        email=" Lin@Example.org ",
        name="Lin Wei",
        roles=["field_engineer", "service_station", "field_engineer"],
        sites=["NORTH"],
        locale="zh_Hans",
    )
    assert made.email == "lin@example.org"
    assert {row.role for row in made.roles} == {Role.FIELD_ENGINEER, Role.SERVICE_STATION}
    assert [row.site_id for row in made.sites] == [house.north.id]
    assert made.password_hash is None
    assert queries.user(session, house.system, "LIN@example.org") is made


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "admin@acme.example"}, "email"),
        ({"name": "  "}, "name"),
        ({"roles": ["king"]}, "roles"),
        ({"roles": []}, "roles"),
        ({"roles": ["field_engineer"]}, "sites"),
        ({"roles": ["field_engineer"], "sites": ["WEST"]}, "sites"),
        ({"roles": ["customer"]}, "customer"),
        ({"roles": ["quality"], "customer": "METRO"}, "customer"),
        ({"roles": ["customer", "quality"], "customer": "METRO"}, "roles"),
        ({"roles": ["customer"], "customer": "TRAM"}, "customer"),
        ({"locale": "tlh"}, "locale"),
    ],
)
def test_a_person_that_makes_no_sense_is_refused(
    session: Session, house: House, facts: dict[str, Any], field: str
) -> None:
    facts = {"email": "new@example.org", "name": "New", "roles": ["quality"], **facts}
    with pytest.raises(Invalid) as refused:
        workflow.create_user(session, house.actor(session), **facts)
    assert refused.value.findings[0].field == field
    assert [user.email for user in queries.users(session, house.system)] == ["admin@acme.example"]


def test_editing_keeps_what_is_not_given(session: Session, house: House) -> None:
    person = make_user(session, house.system, "quality", email="old@example.org", name="Old")
    workflow.edit_user(session, house.actor(session), "old@example.org", email="New@Example.org")
    assert (person.name, person.email) == ("Old", "new@example.org")
    workflow.edit_user(session, house.actor(session), person, name="New", locale="zh_Hans")
    assert (person.name, person.locale) == ("New", "zh_Hans")
    with pytest.raises(Invalid):
        workflow.edit_user(session, house.actor(session), person, email="admin@acme.example")


def test_an_edit_of_an_older_version_is_refused(session: Session, house: House) -> None:
    person = make_user(session, house.system, "quality")
    seen = person.version
    workflow.edit_user(session, house.system, person, name="First", if_version=seen)
    with pytest.raises(Stale):
        workflow.edit_user(session, house.system, person, name="Second", if_version=seen)
    assert person.name == "First"


def test_roles_change_and_the_timeline_says_so(session: Session, house: House) -> None:
    person = make_user(session, house.system, ["quality", "manager"])
    workflow.set_roles(
        session, house.actor(session), person, roles=["quality", "approver"], reason="promoted"
    )
    assert {row.role for row in person.roles} == {Role.QUALITY, Role.APPROVER}
    entries = session.scalars(history.entries("user", person.id)).all()
    changed = [entry for entry in entries if entry.verb == "set_roles"]
    assert {str(entry.changes["role"]) for entry in changed} == {"['manager', None]", "[None, 'approver']"}
    assert {entry.reason for entry in changed} == {"promoted"}
    assert {entry.actor_name for entry in changed} == {house.administrator.name}


def test_roles_sites_and_customer_change_together(session: Session, house: House) -> None:
    person = make_user(session, house.system, "quality")
    workflow.set_roles(session, house.system, person, roles=["field_engineer"], sites=["SOUTH"])
    assert queries.actor_for(session, person).site_ids == {house.south.id}
    workflow.set_roles(session, house.system, person, roles=["customer"], sites=[], customer="METRO")
    assert queries.actor_for(session, person).customer_id == house.customer.id
    workflow.set_roles(session, house.system, person, roles=["quality"])
    assert person.customer_id is None


def test_sites_change(session: Session, house: House) -> None:
    person = make_user(session, house.system, "field_engineer", sites=["NORTH"])
    workflow.set_sites(session, house.system, person, sites=["NORTH", "SOUTH"])
    assert queries.actor_for(session, person).site_ids == {house.north.id, house.south.id}
    with pytest.raises(Invalid):
        workflow.set_sites(session, house.system, person, sites=[])
    session.refresh(person)
    assert len(person.sites) == 2


def test_the_last_administrator_stays(session: Session, house: House) -> None:
    actor = house.actor(session)
    with pytest.raises(Refused, match="last active administrator"):
        workflow.set_roles(session, actor, house.administrator, roles=["quality"])
    with pytest.raises(Refused, match="last active administrator"):
        workflow.deactivate(session, actor, house.administrator)
    second = make_user(session, house.system, "administrator")
    workflow.deactivate(session, actor, house.administrator)
    with pytest.raises(Refused, match="last active administrator"):
        workflow.deactivate(session, house.system, second)


def test_who_is_deactivated_is_out_at_once(session: Session, house: House) -> None:
    person = make_user(session, house.system, "reliability_engineer", password=PASSWORD)
    _, cookie = account.sign_in(session, email=person.email, password=PASSWORD)
    token = account.create_token(session, queries.actor_for(session, person), name="notebook")
    workflow.deactivate(session, house.actor(session), person)
    assert queries.actor_from_cookie(session, cookie) is None
    assert queries.actor_from_token(session, token) is None
    with pytest.raises(Invalid):
        account.sign_in(session, email=person.email, password=PASSWORD)
    with pytest.raises(Refused):
        workflow.send_password_link(session, house.actor(session), person)
    workflow.reactivate(session, house.actor(session), person)
    assert queries.actor_from_cookie(session, cookie) is None
    assert account.sign_in(session, email=person.email, password=PASSWORD)[0] is person


def test_a_password_link_is_mailed_once_and_replaces_the_one_before(session: Session, house: House) -> None:
    person = make_user(session, house.system, "quality")
    first = workflow.send_password_link(session, house.actor(session), person, address="https://f.example")
    second = workflow.send_password_link(session, house.actor(session), person)
    (mail,) = session.scalars(select(OutboxMessage))
    assert mail.recipient == person.email
    assert f"https://f.example/password/{first}" in mail.body
    assert queries.live_link(session, first) is None
    assert queries.live_link(session, second) is not None
    with clock.at(clock.now() + timedelta(hours=25)):
        assert queries.live_link(session, second) is None


def test_no_secret_reaches_the_history(session: Session, house: House) -> None:
    person = make_user(session, house.system, "reliability_engineer", password=PASSWORD)
    account.create_token(session, queries.actor_for(session, person), name="notebook")
    entries = session.scalars(history.entries("user", person.id)).all()
    fields = {field for entry in entries for field in entry.changes}
    assert "password_changed_at" in fields
    assert not fields & {"password_hash", "token_hash"}


def test_people_of_another_organisation_do_not_exist(
    session: Session, house: House, other_house: House
) -> None:
    stranger = make_user(session, other_house.system, "quality", email="stranger@example.org")
    for key in (stranger, stranger.id, "stranger@example.org"):
        with pytest.raises(NotFound):
            workflow.edit_user(session, house.actor(session), key, name="Ours now")
    with pytest.raises(Invalid, match="taken"):
        make_user(session, house.system, "quality", email="stranger@example.org")


# ------------------------------------------------------------------ the matrix


def test_a_tick_is_set_and_cleared(session: Session, house: House) -> None:
    actor = house.actor(session)
    manager = make_user(session, house.system, "manager")
    assert not queries.actor_for(session, manager).may("failure.file")
    workflow.set_permission(session, actor, permission="failure.file", role="manager", is_allowed=True)
    workflow.set_permission(session, actor, permission="failure.file", role="manager", is_allowed=True)
    assert queries.actor_for(session, manager).may("failure.file")
    workflow.set_permission(session, actor, permission="failure.file", role="manager", is_allowed=False)
    assert not queries.actor_for(session, manager).may("failure.file")


def test_the_administrator_cannot_be_locked_out(session: Session, house: House) -> None:
    with pytest.raises(Refused):
        workflow.set_permission(
            session, house.actor(session), permission="matrix.edit", role="administrator", is_allowed=False
        )


def test_the_matrix_knows_its_words(session: Session, house: House) -> None:
    with pytest.raises(Invalid):
        workflow.set_permission(
            session, house.system, permission="failure.conceal", role="quality", is_allowed=True
        )
    with pytest.raises(Invalid):
        workflow.set_permission(
            session, house.system, permission="failure.read", role="king", is_allowed=True
        )


def test_defaults_are_given_once(session: Session, house: House) -> None:
    workflow.set_permission(
        session, house.system, permission="failure.file", role="quality", is_allowed=False
    )
    workflow.grant_defaults(session, house.system)
    assert Role.QUALITY not in queries.matrix(session, house.system)["failure.file"]


def test_a_permission_of_a_later_release_reaches_a_stored_matrix_once(
    session: Session, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = house.system
    workflow.set_permission(session, actor, permission="failure.file", role="quality", is_allowed=False)
    later = {**matrix.DEFAULT, "failure.photograph": frozenset({Role.QUALITY, Role.MANAGER})}
    monkeypatch.setattr(matrix, "DEFAULT", later)
    workflow.grant_defaults(session, actor)
    stored = queries.matrix(session, actor)
    assert stored["failure.photograph"] == {Role.QUALITY, Role.MANAGER}
    assert Role.QUALITY not in stored["failure.file"]
    for role in ("quality", "manager"):
        workflow.set_permission(session, actor, permission="failure.photograph", role=role, is_allowed=False)
    workflow.grant_defaults(session, actor)
    assert "failure.photograph" not in queries.matrix(session, actor)


def test_the_matrix_of_one_organisation_is_not_the_others(
    session: Session, house: House, other_house: House
) -> None:
    workflow.set_permission(session, house.system, permission="failure.file", role="manager", is_allowed=True)
    assert Role.MANAGER not in queries.matrix(session, other_house.system)["failure.file"]
    assert session.scalars(select(RolePermission.organisation_id).distinct()).all() != []


# ------------------------------------------------------------------ role x verb

LATER = datetime(2100, 1, 1, tzinfo=UTC)
VERBS: dict[str, Callable[[Session, Actor, User], Any]] = {
    "user.create": lambda s, a, u: workflow.create_user(
        s, a, email="x@example.org", name="X", roles=["quality"]
    ),
    "user.edit": lambda s, a, u: workflow.edit_user(s, a, u, name="X"),
    "user.set_roles": lambda s, a, u: workflow.set_roles(s, a, u, roles=["manager"]),
    "user.set_sites": lambda s, a, u: workflow.set_sites(s, a, u, sites=[]),
    "user.deactivate": workflow.deactivate,
    "user.reactivate": workflow.reactivate,
    "user.send_password_link": workflow.send_password_link,
    "matrix.edit": lambda s, a, u: workflow.set_permission(
        s, a, permission="failure.read", role="manager", is_allowed=True
    ),
    "account.edit_own": lambda s, a, u: account.edit_own(s, a, name="X"),
    "account.end_session": lambda s, a, u: account.end_other_sessions(s, a),
    "token.create": lambda s, a, u: account.create_token(s, a, name="X", expires_at=LATER),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", VERBS)
def test_each_role_may_what_the_matrix_says(
    session: Session, house: House, role: Role, permission: str
) -> None:
    subject = make_user(session, house.system, "quality", email="subject@example.org")
    actor = make_actor(session, house.system, role, **scope(house, role))
    if role in matrix.DEFAULT[permission]:
        VERBS[permission](session, actor, subject)
        return
    with pytest.raises((Forbidden, NotFound)):
        VERBS[permission](session, actor, subject)
