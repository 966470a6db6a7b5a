"""Signing in and out, passwords, sessions and tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core import clock
from fracas.core.errors import Forbidden, Invalid, NotFound, Refused
from fracas.core.outbox import OutboxMessage
from fracas.users import account, queries, secret, workflow
from fracas.users.models import ApiToken, SignInSession, User
from tests.factories.users import PASSWORD, make_user
from tests.fracas.users.conftest import House

NEW = "a much newer pass phrase"


@pytest.fixture
def person(session: Session, house: House) -> User:
    return make_user(
        session, house.system, "reliability_engineer", email="lin@example.org", password=PASSWORD
    )


def test_the_right_password_signs_in(session: Session, person: User) -> None:
    found, cookie = account.sign_in(
        session, email=" LIN@example.org", password=PASSWORD, device="Firefox", hours=1
    )
    assert found is person
    actor = queries.actor_from_cookie(session, cookie)
    assert actor is not None
    assert actor.user_id == person.id
    (row,) = queries.sessions_of(session, person.id)
    assert row.device == "Firefox"
    assert cookie not in row.token_hash


@pytest.mark.parametrize(
    ("email", "password"),
    [("lin@example.org", "wrong"), ("lin@example.org", ""), ("nobody@example.org", PASSWORD)],
)
def test_a_wrong_word_is_refused_in_the_same_words(
    session: Session, person: User, email: str, password: str
) -> None:
    with pytest.raises(Invalid, match=r"^The address or the password is not right\.$"):
        account.sign_in(session, email=email, password=password)
    assert queries.sessions_of(session, person.id) == []


def test_somebody_without_a_password_does_not_get_in(session: Session, house: House) -> None:
    make_user(session, house.system, "quality", email="new@example.org")
    with pytest.raises(Invalid):
        account.sign_in(session, email="new@example.org", password="")


def test_a_hash_of_lower_cost_is_renewed(session: Session, person: User) -> None:
    from argon2 import PasswordHasher

    person.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    account.sign_in(session, email=person.email, password=PASSWORD)
    assert person.password_hash is not None
    assert not secret.wants_rehash(person.password_hash)


def test_a_session_ends_with_its_time(session: Session, person: User) -> None:
    _, cookie = account.sign_in(session, email=person.email, password=PASSWORD, hours=2)
    with clock.at(clock.now() + timedelta(hours=1, minutes=59)):
        assert queries.actor_from_cookie(session, cookie) is not None
    with clock.at(clock.now() + timedelta(hours=2, minutes=1)):
        assert queries.actor_from_cookie(session, cookie) is None


def test_signing_out_ends_this_session_only(session: Session, person: User) -> None:
    _, here = account.sign_in(session, email=person.email, password=PASSWORD)
    _, there = account.sign_in(session, email=person.email, password=PASSWORD)
    account.sign_out(session, here)
    account.sign_out(session, "no such secret")
    assert queries.actor_from_cookie(session, here) is None
    assert queries.actor_from_cookie(session, there) is not None


def test_the_last_use_is_noted_now_and_then(session: Session, person: User) -> None:
    _, cookie = account.sign_in(session, email=person.email, password=PASSWORD)
    (row,) = queries.sessions_of(session, person.id)
    first = row.seen_at
    account.note_seen(session, cookie)
    assert row.seen_at == first
    with clock.at(first + timedelta(minutes=6)):
        account.note_seen(session, cookie)
    assert row.seen_at == first + timedelta(minutes=6)


def test_one_or_all_other_sessions_end(session: Session, person: User, house: House) -> None:
    actor = queries.actor_for(session, person)
    cookies = [account.sign_in(session, email=person.email, password=PASSWORD)[1] for _ in range(3)]
    third = queries.live_session(session, cookies[2])
    assert third is not None
    with pytest.raises(NotFound):
        account.end_session(session, house.actor(session), third.id)  # not the administrator's
    account.end_session(session, actor, str(third.id))
    assert [queries.actor_from_cookie(session, cookie) is not None for cookie in cookies] == [
        True,
        True,
        False,
    ]
    account.end_other_sessions(session, actor, keep=cookies[0])
    assert [queries.actor_from_cookie(session, cookie) is not None for cookie in cookies] == [
        True,
        False,
        False,
    ]


def test_a_link_sets_the_password_once(session: Session, person: User, house: House) -> None:
    _, cookie = account.sign_in(session, email=person.email, password=PASSWORD)
    link = workflow.send_password_link(session, house.actor(session), person)
    account.set_password_by_link(session, link=link, password=NEW)
    assert queries.actor_from_cookie(session, cookie) is None
    with pytest.raises(Invalid):
        account.sign_in(session, email=person.email, password=PASSWORD)
    account.sign_in(session, email=person.email, password=NEW)
    with pytest.raises(NotFound):
        account.set_password_by_link(session, link=link, password=PASSWORD)
    with pytest.raises(NotFound):
        account.set_password_by_link(session, link="invented", password=PASSWORD)


@pytest.mark.parametrize("password", ["short", "x" * 300, "aaaaaaaaaaaaaaaa", "lin@example.org"])
def test_a_poor_password_is_refused_and_the_link_stays_good(
    session: Session, person: User, house: House, password: str
) -> None:
    link = workflow.send_password_link(session, house.actor(session), person)
    with pytest.raises(Invalid):
        account.set_password_by_link(session, link=link, password=password)
    account.set_password_by_link(session, link=link, password=NEW)


def test_who_forgot_the_password_gets_a_link_and_others_get_the_same_silence(
    session: Session, person: User
) -> None:
    account.ask_for_password_link(session, email="nobody@example.org", address="https://f.example")
    assert session.scalars(select(OutboxMessage)).all() == []
    account.ask_for_password_link(session, email=person.email, address="https://f.example")
    (mail,) = session.scalars(select(OutboxMessage))
    link = mail.body.split("/password/")[1].split()[0]
    assert account.set_password_by_link(session, link=link, password=NEW) is person


def test_changing_the_password_ends_the_other_sessions(session: Session, person: User) -> None:
    actor = queries.actor_for(session, person)
    _, here = account.sign_in(session, email=person.email, password=PASSWORD)
    _, there = account.sign_in(session, email=person.email, password=PASSWORD)
    with pytest.raises(Invalid) as refused:
        account.change_password(session, actor, current_password="wrong", new_password=NEW, keep=here)
    assert refused.value.field == "current_password"
    account.change_password(session, actor, current_password=PASSWORD, new_password=NEW, keep=here)
    assert queries.actor_from_cookie(session, here) is not None
    assert queries.actor_from_cookie(session, there) is None
    account.sign_in(session, email=person.email, password=NEW)


def test_the_own_name_and_language(session: Session, person: User) -> None:
    actor = queries.actor_for(session, person)
    account.edit_own(session, actor, name="Lin", locale="zh_Hans")
    assert (person.name, person.locale) == ("Lin", "zh_Hans")
    with pytest.raises(Invalid):
        account.edit_own(session, actor, locale="tlh")


def test_a_token_speaks_for_its_owner_until_revoked(session: Session, person: User) -> None:
    actor = queries.actor_for(session, person)
    token = account.create_token(session, actor, name="notebook")
    spoken = queries.actor_from_token(session, token)
    assert spoken == actor
    (row,) = queries.tokens_of(session, person.id)
    assert token not in row.token_hash
    account.revoke_token(session, actor, row.id)
    assert queries.actor_from_token(session, token) is None
    assert queries.tokens_of(session, person.id) == []
    with pytest.raises(NotFound):
        account.revoke_token(session, actor, row.id)


def test_a_token_loses_what_its_owner_loses(session: Session, person: User, house: House) -> None:
    token = account.create_token(session, queries.actor_for(session, person), name="notebook")
    workflow.set_roles(session, house.system, person, roles=["manager"])
    spoken = queries.actor_from_token(session, token)
    assert spoken is not None
    assert spoken.roles == {"manager"}


def test_a_token_runs_out(session: Session, person: User) -> None:
    actor = queries.actor_for(session, person)
    token = account.create_token(session, actor, name="t", expires_at=clock.now() + timedelta(days=1))
    assert queries.actor_from_token(session, token) is not None
    with clock.at(clock.now() + timedelta(days=2)):
        assert queries.actor_from_token(session, token) is None
    with pytest.raises(Invalid):
        account.create_token(session, actor, name="late", expires_at=clock.now())
    with pytest.raises(Invalid):
        account.create_token(session, actor, name=" ")


def test_a_token_for_somebody_else_is_the_administrators(
    session: Session, person: User, house: House
) -> None:
    token = account.create_token(session, house.actor(session), name="robot", owner="lin@example.org")
    spoken = queries.actor_from_token(session, token)
    assert spoken is not None
    assert spoken.user_id == person.id
    with pytest.raises(Forbidden):
        account.create_token(
            session, queries.actor_for(session, person), name="mine", owner=house.administrator
        )
    own = session.scalars(select(ApiToken)).one()
    account.revoke_token(session, house.actor(session), own.id)


def test_a_token_of_another_organisation_does_not_exist(
    session: Session, person: User, other_house: House
) -> None:
    account.create_token(session, queries.actor_for(session, person), name="notebook")
    theirs = session.scalars(select(ApiToken)).one()
    with pytest.raises(NotFound):
        account.revoke_token(session, other_house.actor(session), theirs.id)


def test_the_system_has_no_account(session: Session, house: House) -> None:
    with pytest.raises(Refused):
        account.create_token(session, house.system, name="whose?")


def test_a_secret_is_stored_nowhere(session: Session, person: User) -> None:
    _, cookie = account.sign_in(session, email=person.email, password=PASSWORD)
    assert cookie not in str([vars(row) for row in session.scalars(select(SignInSession))])
