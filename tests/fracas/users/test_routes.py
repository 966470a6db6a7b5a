"""Signing in and out and the own account, through the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core.outbox import OutboxMessage
from fracas.core.permissions import Actor
from fracas.organisations import workflow as organisations
from fracas.users import queries, workflow
from fracas.users.routes import FORWARDED, home
from fracas.users.signin import COOKIE
from tests.factories.users import PASSWORD, make_user

MakeApp = Callable[..., Flask]
NEW = "a much newer pass phrase"
pytestmark = pytest.mark.usefixtures("cheap_passwords")


def fill(app: Flask, code: str = "ACME") -> None:
    with Session(app.extensions["engine"]) as session:
        root = Actor.system(organisations.create_organisation(session, code=code, name=code.title()).id)
        workflow.grant_defaults(session, root)
        organisations.add_site(session, root, code="NORTH", name="North depot")
        make_user(session, root, "administrator", email="admin@example.org", password=PASSWORD)
        make_user(session, root, "manager", email="manager@example.org", name="Marta", password=PASSWORD)
        session.commit()


@pytest.fixture
def people(app: Flask) -> Flask:
    fill(app)
    return app


def csrf(client: FlaskClient, path: str = "/sign-in") -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path, follow_redirects=True).text)
    assert found is not None
    return found.group(1)


def post(client: FlaskClient, path: str, **values: str) -> tuple[int, str]:
    answer = client.post(path, data={"csrf_token": csrf(client), **values}, follow_redirects=False)
    return answer.status_code, answer.headers.get("Location", "") or answer.text


def enter(app: Flask, email: str = "admin@example.org", password: str = PASSWORD) -> FlaskClient:
    client = app.test_client()
    assert post(client, "/sign-in", email=email, password=password)[0] == 302
    return client


def test_who_is_not_signed_in_is_sent_to_the_door_and_back(people: Flask) -> None:
    client = people.test_client()
    answer = client.get("/account?x=1")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")
    answer = client.post(
        "/sign-in",
        data={
            "csrf_token": csrf(client),
            "email": "admin@example.org",
            "password": PASSWORD,
            "next": "/account",
        },
    )
    assert answer.headers["Location"] == "/account"
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/account", "/account"),
        (None, "/"),
        ("", "/"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/\r/evil.example", "/"),
        ("\t//evil.example", "/"),
        (" //evil.example", "/"),
        ("///evil.example", "/"),
        ("/x\\..\\evil", "/"),
        ("/failures/?text=a b&site=EAST", "/failures/?text=a b&site=EAST"),
        ("/systems/东-1", "/systems/东-1"),
        ("/x\nLocation: y", "/"),
    ],
)
def test_signing_in_leads_nowhere_else(target: str | None, expected: str) -> None:
    assert home(target) == expected


def test_a_wrong_password_is_refused_and_not_shown_again(people: Flask) -> None:
    client = people.test_client()
    status, text = post(client, "/sign-in", email="admin@example.org", password="what was it again")
    assert status == 422
    assert "not right" in text
    assert "what was it again" not in text
    assert "admin@example.org" in text
    assert client.get("/account").status_code == 302


def test_guessing_is_slowed_down_for_the_account_only(people: Flask) -> None:
    client = people.test_client()
    tries = [post(client, "/sign-in", email="admin@example.org", password=f"guess {n}")[0] for n in range(7)]
    assert tries == [422] * 6 + [429]
    assert post(client, "/sign-in", email="admin@example.org", password=PASSWORD)[0] == 429
    assert post(client, "/sign-in", email="manager@example.org", password=PASSWORD)[0] == 302


def test_a_try_for_no_account_is_slowed_down_by_address_without_an_error(
    people: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    client = people.test_client()
    tries = [post(client, "/sign-in", email=" ", password=f"guess {n}")[0] for n in range(31)]
    assert tries == [422] * 30 + [429]
    assert [one for one in caplog.records if one.name == "flask-limiter" and one.levelname == "ERROR"] == []


def test_a_form_without_its_token_is_refused(people: Flask) -> None:
    client = people.test_client()
    answer = client.post("/sign-in", data={"email": "admin@example.org", "password": PASSWORD})
    assert answer.status_code == 400


def test_signing_out_ends_the_session_on_the_server(people: Flask) -> None:
    client = enter(people)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert post(client, "/sign-out")[0] == 302
    client.set_cookie(COOKIE, cookie.value)
    assert client.get("/account").status_code == 302


def test_the_demo_lets_in_by_one_click_its_own_people_only(make_app: MakeApp, tmp_path: Path) -> None:
    from fracas.core.migrate import upgrade

    def run(code: str, is_demo: bool) -> tuple[FlaskClient, int]:
        url = f"sqlite:///{tmp_path}/{code}{is_demo}.sqlite"
        upgrade(url)
        app = make_app(url, demo=is_demo)
        fill(app, code)
        client = app.test_client()
        return client, post(client, "/sign-in/demo", email="manager@example.org")[0]

    client, status = run("DEMO", is_demo=True)
    assert status == 302
    assert "Marta" in client.get("/account").text
    # A visitor reads in their own language, though Marta's is English.
    chinese = client.get("/account", headers={"Accept-Language": "zh-CN"}).text
    assert '<html lang="zh-Hans">' in chinese
    assert run("DEMO", is_demo=False)[1] == 403
    client, status = run("ACME", is_demo=True)
    assert status == 404
    assert "manager@example.org" not in client.get("/sign-in").text


HERE: dict[str, dict[str, str]] = {
    "by number": {"host": "127.0.0.1:8000"},
    "by name": {"host": "LOCALHOST"},
    "by the newer number": {"host": "[::1]:8000", "from": "::1"},
}
ELSEWHERE: dict[str, dict[str, str]] = {
    "another machine": {"from": "192.168.1.7"},
    "a name that leads here": {"host": "evil.example:8000"},
    "a name that looks like ours": {"host": "127.0.0.1.evil.example"},
    "no host that can be read": {"host": "evil@127.0.0.1"},
    **{f"a proxy that says {name}": {name: "203.0.113.9"} for name in FORWARDED},
}


@pytest.fixture
def demo(make_app: MakeApp, empty_sqlite_url: str) -> Flask:
    app = make_app(empty_sqlite_url, demo=True)
    fill(app, "DEMO")
    return app


@pytest.mark.parametrize(("whence", "status"), [(w, 302) for w in HERE] + [(w, 403) for w in ELSEWHERE])
def test_the_demo_is_open_to_this_machine_only(demo: Flask, whence: str, status: int) -> None:
    told = {**(HERE | ELSEWHERE)[whence]}
    client = demo.test_client()
    client.environ_base["REMOTE_ADDR"] = told.pop("from", "127.0.0.1")
    told["Host"] = told.pop("host", "127.0.0.1")
    answer = client.get("/sign-in", headers=told)
    assert ("manager@example.org" in answer.text) == (status == 302)
    token = re.search(r'name="csrf-token" content="([^"]+)"', answer.text)
    assert token is not None
    sent = {"csrf_token": token.group(1), "email": "manager@example.org"}
    # The cookie of the session is set by hand: the test's client keeps none for a host that it cannot read.
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    assert client.post("/sign-in/demo", data=sent, headers={**told, "Cookie": cookie}).status_code == status


def test_a_password_link_works_once(people: Flask) -> None:
    with Session(people.extensions["engine"]) as session:
        person = queries.user_by_email(session, "manager@example.org")
        assert person is not None
        link = workflow.send_password_link(session, Actor.system(person.organisation_id), person)
        session.commit()
    client = people.test_client()
    assert client.get(f"/password/{link}").status_code == 200
    assert post(client, f"/password/{link}", password="short")[0] == 422
    assert post(client, f"/password/{link}", password=NEW)[0] == 302
    assert post(client, f"/password/{link}", password=NEW)[0] == 404
    assert "used already" in client.get(f"/password/{link}").text
    enter(people, "manager@example.org", NEW)


def test_a_forgotten_password_is_answered_alike(make_app: MakeApp, empty_sqlite_url: str) -> None:
    app = make_app(empty_sqlite_url, smtp_url="smtp://127.0.0.1:9", base_url="https://fracas.example")
    fill(app)
    answers = [
        post(app.test_client(), "/forgotten", email=email) for email in ("manager@example.org", "x@y.z")
    ]
    assert answers[0] == answers[1] == (302, "/sign-in")
    with Session(app.extensions["engine"]) as session:
        (mail,) = session.scalars(select(OutboxMessage))
    assert mail.recipient == "manager@example.org"
    assert "https://fracas.example/password/" in mail.body


def test_without_a_mail_server_nothing_is_promised(people: Flask) -> None:
    client = people.test_client()
    assert "administrator" in client.get("/forgotten").text
    assert post(client, "/forgotten", email="manager@example.org")[0] == 200
    with Session(people.extensions["engine"]) as session:
        assert session.scalars(select(OutboxMessage)).all() == []


def test_the_account_changes_name_language_and_password(people: Flask) -> None:
    client = enter(people)
    other = enter(people)
    assert post(client, "/account/edit", name="Ada", locale="zh_Hans")[0] == 302
    assert "Ada" in client.get("/account").text
    assert post(client, "/account/password", current_password="wrong", new_password=NEW)[0] == 422
    assert other.get("/account").status_code == 200
    assert post(client, "/account/password", current_password=PASSWORD, new_password=NEW)[0] == 302
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302


def test_sessions_are_listed_and_ended(people: Flask) -> None:
    client, other = enter(people), enter(people)
    page = client.get("/account").text
    (which,) = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", page)
    assert post(client, f"/account/sessions/{which}/end")[0] == 302
    assert other.get("/account").status_code == 302
    third = enter(people)
    assert post(client, "/account/sessions/end-others")[0] == 302
    assert third.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_a_token_is_shown_once_and_opens_the_api(people: Flask) -> None:
    client = enter(people)
    status, page = post(client, "/account/tokens", name="notebook")
    assert status == 200
    token = re.search(r"<code[^>]*>([^<]+)</code>", page)
    assert token is not None
    assert token.group(1) not in client.get("/account").text
    bare = people.test_client()
    assert bare.get("/account", headers={"Authorization": f"Bearer {token.group(1)}"}).status_code == 200
    (which,) = re.findall(r"/account/tokens/([0-9a-f-]{36})/revoke", client.get("/account").text)
    assert post(client, f"/account/tokens/{which}/revoke")[0] == 302
    assert bare.get("/account", headers={"Authorization": f"Bearer {token.group(1)}"}).status_code == 302
    assert post(client, "/account/tokens", name="")[0] == 422


def test_a_role_without_the_permission_makes_no_token(people: Flask) -> None:
    client = enter(people, "manager@example.org")
    assert 'id="tokens"' not in client.get("/account").text
    assert post(client, "/account/tokens", name="notebook")[0] == 403


def test_the_language_is_chosen_before_and_after_signing_in(people: Flask) -> None:
    client = people.test_client()
    assert 'lang="en"' in client.get("/sign-in").text
    assert post(client, "/language", language="zh_Hans", next="/sign-in") == (302, "/sign-in")
    assert '<html lang="zh-Hans' in client.get("/sign-in").text
    client = enter(people)
    assert post(client, "/language", language="zh_Hans", next="/account")[0] == 302
    with Session(people.extensions["engine"]) as session:
        person = queries.user_by_email(session, "admin@example.org")
        assert person is not None
        assert person.locale == "zh_Hans"
