"""What every JSON endpoint shares."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fracas.core.paging import LARGEST
from tests.factories.service import Service
from tests.fracas.web.conftest import last_number


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return as_(service, "quality")


def as_(service: Service, role: str) -> FlaskClient:
    made = service.app.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = service.bearer(role)["Authorization"]
    return made


def once(client: FlaskClient, key: str, **body: Any) -> TestResponse:
    return client.post("/api/v1/probe/once", json={"name": "a", **body}, headers={"Idempotency-Key": key})


# ------------------------------------------------------------------ input


def test_a_body_is_read_by_its_form(client: FlaskClient) -> None:
    answer = client.post("/api/v1/probe/echo", json={"name": " a ", "at": "2026-05-31T14:30+08:00"})
    assert answer.get_json() == {"name": "a None", "at": "2026-05-31T14:30:00+08:00"}


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": "a", "at": "2026-05-31T14:30"}, "at"), ({"name": "a", "nmae": "b"}, "nmae")],
)
def test_what_is_wrong_is_said_by_field(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    answer = client.post("/api/v1/probe/echo", json=body)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert [found["field"] for found in answer.get_json()["errors"]] == [field]


@pytest.mark.parametrize("body", [b"[1]", b'"a"', b"{", b"\xff\xfe"])
def test_a_body_that_is_no_object(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/api/v1/probe/echo", data=body)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")


def test_a_list_takes_its_cursor_and_limit_and_nothing_unknown(client: FlaskClient) -> None:
    assert client.get("/api/v1/probe/list").get_json()["limit"] == 50
    assert client.get("/api/v1/probe/list?limit=7&cursor=c").get_json()["limit"] == 7
    for query in ("limit=0", f"limit={LARGEST + 1}", "limit=x", "sort=name"):
        assert client.get(f"/api/v1/probe/list?{query}").status_code == 422, query


# ------------------------------------------------------------------ versions


@pytest.mark.parametrize(("header", "version"), [('"3"', 3), ('W/"3"', 3), ("3", 3), ("*", None), ("", None)])
def test_if_match_is_the_version_that_the_client_saw(
    client: FlaskClient, header: str, version: int | None
) -> None:
    answer = client.post("/api/v1/probe/echo", json={"name": "a"}, headers={"If-Match": header})
    assert answer.get_json()["name"] == f"a {version}"


def test_an_if_match_that_no_record_came_with(client: FlaskClient) -> None:
    answer = client.post("/api/v1/probe/echo", json={"name": "a"}, headers={"If-Match": '"abc"'})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "If-Match"


# ------------------------------------------------------------------ sent twice


def test_the_same_request_sent_again_is_answered_as_the_first(client: FlaskClient, service: Service) -> None:
    before = last_number(service, "ONCE")
    first, again = once(client, "k1"), once(client, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.headers["Location"].endswith("/api/v1/probe/7")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert last_number(service, "ONCE") == before + 1


def test_without_a_key_and_with_another_it_is_another_request(client: FlaskClient, service: Service) -> None:
    before = last_number(service, "ONCE")
    once(client, "k2")
    once(client, "k3")
    client.post("/api/v1/probe/once", json={"name": "a"})
    client.post("/api/v1/probe/once", json={"name": "a"})
    assert last_number(service, "ONCE") == before + 4


def test_a_key_is_for_one_request(client: FlaskClient, service: Service) -> None:
    once(client, "k4")
    before = last_number(service, "ONCE")
    answer = once(client, "k4", name="b")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "Idempotency-Key"
    assert last_number(service, "ONCE") == before


def test_a_key_is_one_persons(service: Service) -> None:
    first = once(as_(service, "quality"), "k5").get_json()
    assert once(as_(service, "reliability_engineer"), "k5").get_json() != first


def test_a_refused_request_may_be_mended_and_sent_with_its_key(client: FlaskClient) -> None:
    assert once(client, "k6", name="no").status_code == 409
    assert once(client, "k6", name="yes").status_code == 201


def test_an_endless_key_is_refused(client: FlaskClient) -> None:
    assert once(client, "k" * 201).status_code == 422
    assert once(client, "k" * 200).status_code == 201


# ------------------------------------------------------------------ the description


def test_the_description_is_open_and_asks_for_tokens(service: Service) -> None:
    answer = service.app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    described = answer.get_json()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "/api/v1/failures" in {path.rstrip("/") for path in described["paths"]}
