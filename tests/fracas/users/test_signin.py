"""Who a request is: token before cookie, nobody where neither is good."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from fracas.users import account, queries
from fracas.users.models import User
from fracas.users.signin import COOKIE, load_actor
from tests.factories.users import PASSWORD, make_user
from tests.fracas.users.conftest import House


def request(method: str = "GET", cookie: str | None = None, authorization: str | None = None) -> Request:
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    headers |= {"Authorization": authorization} if authorization else {}
    return Request(EnvironBuilder(method=method, headers=headers).get_environ())


@pytest.fixture
def person(session: Session, house: House) -> User:
    return make_user(session, house.system, "reliability_engineer", password=PASSWORD)


def test_nobody_asks_without_cookie_and_token(session: Session, house: House) -> None:
    assert load_actor(session, request()) is None
    assert load_actor(session, request(cookie="invented")) is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_cookie_and_a_token_speak_for_the_person(session: Session, person: User, method: str) -> None:
    _, cookie = account.sign_in(session, email=person.email, password=PASSWORD)
    token = account.create_token(session, queries.actor_for(session, person), name="notebook")
    expected = queries.actor_for(session, person)
    with Flask(__name__).test_request_context(method=method):
        assert load_actor(session, request(method, cookie=cookie)) == expected
        assert load_actor(session, request(method, authorization=f"Bearer {token}")) == expected
        assert load_actor(session, request(method, authorization=f"bearer  {token} ")) == expected


@pytest.mark.parametrize("authorization", ["Bearer invented", "Basic bGluOmxpbg==", "Bearer", "Bearer "])
def test_a_bad_token_is_nobodys_whatever_the_cookie(
    session: Session, person: User, authorization: str
) -> None:
    _, cookie = account.sign_in(session, email=person.email, password=PASSWORD)
    assert load_actor(session, request(cookie=cookie, authorization=authorization)) is None
