"""The administrator's pages."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from fracas.users import queries
from fracas.users.models import User
from tests.factories.users import PASSWORD
from tests.fracas.users.test_routes import enter, fill, post

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def people(app: Flask) -> Flask:
    fill(app)
    return app


@pytest.fixture
def admin(people: Flask) -> FlaskClient:
    return enter(people)


def stored(app: Flask, email: str) -> User:
    with Session(app.extensions["engine"]) as session:
        found = queries.user_by_email(session, email)
        assert found is not None
        assert {row.site.organisation_id for row in found.sites} <= {found.organisation_id}
        return found


def test_the_list_and_each_person_can_be_opened(admin: FlaskClient) -> None:
    assert "Marta" in admin.get("/people/").text
    page = admin.get("/people/manager@example.org")
    assert page.status_code == 200
    assert "manager@example.org" in page.text
    assert admin.get("/people/nobody@example.org").status_code == 404


@pytest.mark.parametrize("path", ["/people/", "/people/new", "/people/matrix", "/people/manager@example.org"])
def test_other_roles_see_none_of_it(people: Flask, path: str) -> None:
    assert enter(people, "manager@example.org").get(path).status_code == 403


def test_a_person_is_added_and_given_a_link(people: Flask, admin: FlaskClient) -> None:
    status, target = post(
        admin,
        "/people/new",
        email="Lin@example.org",
        name="Lin",
        roles="field_engineer",
        sites="NORTH",
        locale="en",
    )
    assert (status, target) == (302, "/people/lin@example.org")
    status, page = post(admin, "/people/lin@example.org/password-link")
    assert status == 200
    link = re.search(r"/password/([\w-]+)", page)
    assert link is not None
    assert post(people.test_client(), f"/password/{link.group(1)}", password=PASSWORD)[0] == 302
    assert [row.site.code for row in stored(people, "lin@example.org").sites] == ["NORTH"]


def test_what_makes_no_sense_is_said_beside_its_field(admin: FlaskClient) -> None:
    status, page = post(admin, "/people/new", email="lin", name="Lin", roles="field_engineer", locale="en")
    assert status == 422
    assert "no e-mail address" in page
    assert 'value="Lin"' in page
    assert re.search(r'value="field_engineer" checked', page)
    status, page = post(
        admin, "/people/new", email="l@e.org", name="Lin", roles="field_engineer", locale="en"
    )
    assert status == 422
    assert "name at least one" in page


def test_details_and_roles_change(people: Flask, admin: FlaskClient) -> None:
    here = "/people/manager@example.org"
    assert post(admin, f"{here}/edit", name="Marta K.", email="manager@example.org", locale="en")[0] == 302
    assert post(admin, f"{here}/roles", roles="quality", reason="moved")[0] == 302
    person = stored(people, "manager@example.org")
    assert person.name == "Marta K."
    assert [row.role.value for row in person.roles] == ["quality"]
    assert "moved" in admin.get(here).text


def test_a_page_opened_before_another_change_is_refused(people: Flask, admin: FlaskClient) -> None:
    here = "/people/manager@example.org"
    version = str(stored(people, "manager@example.org").version)
    facts = {"email": "manager@example.org", "locale": "en", "if_version": version}
    assert post(admin, f"{here}/edit", name="First", **facts)[0] == 302
    assert post(admin, f"{here}/edit", name="Second", **facts)[0] == 412
    assert stored(people, "manager@example.org").name == "First"


def test_deactivating_ends_what_the_person_has_open(people: Flask, admin: FlaskClient) -> None:
    manager = enter(people, "manager@example.org")
    assert post(admin, "/people/manager@example.org/active")[0] == 302
    assert manager.get("/account").status_code == 302
    assert post(admin, "/people/manager@example.org/active", is_active="true")[0] == 302
    enter(people, "manager@example.org")
    status, page = post(admin, "/people/admin@example.org/active")
    assert status == 409
    assert "last active administrator" in page


def test_the_matrix_writes_the_ticks_that_were_changed(people: Flask, admin: FlaskClient) -> None:
    page = admin.get("/people/matrix").text
    assert 'value="failure.file|manager|no"' in page
    assert 'value="failure.read|manager|yes"' in page
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    shown = ["failure.file|manager|no", "failure.read|manager|yes", "failure.read|quality|yes"]
    ticks = ["failure.file|manager", "failure.read|quality"]
    answer = admin.post("/people/matrix", data={"csrf_token": token.group(1), "shown": shown, "tick": ticks})
    assert answer.status_code == 302
    manager = stored(people, "manager@example.org")
    with Session(people.extensions["engine"]) as session:
        actor = queries.actor_for(session, session.get_one(User, manager.id))
    assert actor.may("failure.file")
    assert not actor.may("failure.read")
    assert actor.may("problem.read")
