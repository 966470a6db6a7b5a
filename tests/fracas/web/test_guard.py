"""Nobody gets in unasked."""

from __future__ import annotations

import pytest

from fracas.users.signin import COOKIE
from fracas.web.guard import needs
from tests.factories.service import Service

OPEN_TO_EVERYBODY = {
    "healthz",
    "openapi.spec",
    "static",
    "users.sign_in",
    "users.sign_out",
    "users.enter_demo",
    "users.forgotten",
    "users.set_password",
    "users.set_language",
    "probe.opened",
}


def test_only_these_pages_are_open_to_everybody(service: Service) -> None:
    found = {
        name
        for name, view in service.app.view_functions.items()
        if getattr(view, "is_public", False) or name.endswith("static")
    }
    assert found <= OPEN_TO_EVERYBODY


def test_a_page_sends_a_stranger_to_the_door_and_back(service: Service) -> None:
    answer = service.app.test_client().get("/probe/closed?a=1&b=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in?next=/probe/closed?a%3D1%26b%3D2"


def test_a_stranger_posts_nothing(service: Service) -> None:
    assert service.app.test_client().post("/probe/write/STRANGER/200").status_code == 401


def test_a_program_is_told_how_to_come_in(service: Service) -> None:
    answer = service.app.test_client().get("/api/v1/probe/list")
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_what_is_public_is_open(service: Service) -> None:
    assert service.app.test_client().get("/probe/open").text == "open"


def test_a_signed_in_person_and_a_token_come_in(service: Service) -> None:
    assert service.visitor("quality").get("/probe/closed").text.startswith("in as Quality")
    answer = service.app.test_client().get("/probe/closed", headers=service.bearer("reliability_engineer"))
    assert answer.text.startswith("in as Reliability")


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic cXE6cXE=", "Token x"])
def test_a_bad_token_is_nobody_whatever_the_cookie(service: Service, header: str) -> None:
    client = service.visitor("quality").client
    answer = client.get("/api/v1/probe/list", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_forged_cookie_is_nobody(service: Service) -> None:
    client = service.app.test_client()
    client.set_cookie(COOKIE, "forged")
    assert client.get("/probe/closed").status_code == 302


def test_a_page_asks_for_its_permission(service: Service) -> None:
    manager = service.visitor("manager")
    assert manager.get("/probe/needs").text == "yes"
    assert manager.get("/probe/needs-more").status_code == 403
    assert service.visitor("administrator").get("/probe/needs-more").text == "yes"


def test_a_permission_that_a_page_asks_for_is_declared() -> None:
    from fracas.core import permissions

    needs("probe.look")
    try:
        assert "probe.look" in permissions.KNOWN
    finally:
        permissions.KNOWN.discard("probe.look")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/probe/cl%00osed", 404), ("/probe/closed?a=%00", 422), ("/probe/closed?%00=1", 422)],
)
def test_no_address_holds_a_zero_byte(service: Service, path: str, status: int) -> None:
    assert service.visitor("quality").get(path).status_code == status
