"""The application: its rooms, its language, its health, and several of it side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fracas.config import Config, ConfigError
from fracas.factory import LANGUAGES, ROOMS, create_app, language
from tests.architecture.source import rooms_here

NO_PAGES = {"demo", "knowledge"}


def test_every_room_with_pages_is_in_the_house() -> None:
    assert set(rooms_here()) - NO_PAGES == set(ROOMS)


def test_healthz_answers_without_sign_in(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "ok"


def test_healthz_says_when_the_database_is_away(make_app: Callable[..., Flask], tmp_path: Any) -> None:
    app = make_app("postgresql://127.0.0.1:1/nowhere")
    app.testing = False
    assert app.test_client().get("/healthz").status_code == 503


def test_without_a_secret_there_is_no_application() -> None:
    with pytest.raises(ConfigError, match="FRACAS_SECRET_KEY"):
        create_app(Config(database_url="postgresql://127.0.0.1/x", secret_key=None))


def test_the_cookie_is_kept_from_scripts_and_strangers(app: Flask) -> None:
    answer = app.test_client().get("/sign-in")  # its form needs a token, which the session keeps
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("header", "chosen"),
    [("en", "en"), ("zh-CN,en;q=0.5", "zh_Hans"), ("zh", "zh_Hans"), ("de", "en"), ("", "en")],
)
def test_the_language_is_what_the_browser_prefers(app: Flask, header: str, chosen: str) -> None:
    assert chosen in LANGUAGES
    with app.test_request_context("/", headers={"Accept-Language": header}):
        assert language() == chosen


def test_the_persons_choice_comes_before_the_browsers(app: Flask) -> None:
    from flask import session

    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        session["language"] = "zh_Hans"
        assert language() == "zh_Hans"
        session["language"] = "xx"
        assert language() == "en"


def test_two_applications_stand_side_by_side(make_app: Callable[..., Flask], empty_sqlite_url: str) -> None:
    first, second = make_app(empty_sqlite_url), make_app(empty_sqlite_url)
    assert first.extensions["engine"] is not second.extensions["engine"]
    for one in (first, second):
        assert one.test_client().get("/sign-in").status_code == 200


def test_an_address_is_taken_with_and_without_its_last_slash(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    assert adapter.match("/api/v1/failures")[0] == adapter.match("/api/v1/failures/")[0]


def test_no_two_rooms_claim_one_address(app: Flask) -> None:
    claimed: dict[tuple[str, str], str] = {}
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            key = (rule.rule.rstrip("/"), method)
            assert claimed.setdefault(key, rule.endpoint) == rule.endpoint, key


def test_every_address_of_the_api_is_described(client: FlaskClient, app: Flask) -> None:
    described = client.get("/api/v1/openapi.json").get_json()["paths"]
    paths = {path.rstrip("/") for path in described}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and not rule.endpoint.startswith("openapi"):
            readable = "/".join(
                "{" + part.strip("<>").rpartition(":")[2] + "}" if part.startswith("<") else part
                for part in rule.rule.split("/")
            )
            assert readable.rstrip("/") in paths, rule.rule
