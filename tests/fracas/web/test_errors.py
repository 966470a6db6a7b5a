"""Every refusal as problem+json for programs and as a page for people; nothing inside shows."""

from __future__ import annotations

import pytest

from tests.factories.service import Service
from tests.fracas.web.conftest import RAISES, last_number

STATUS = {
    "not_found": 404, "forbidden": 403, "refused": 409, "stale": 412, "invalid": 422, "race": 412, "integrity": 409,
    "busy": 503, "bug": 500,
}  # fmt: skip


def test_every_kind_is_tried() -> None:
    assert STATUS.keys() == RAISES.keys()


@pytest.mark.parametrize(("what", "status"), STATUS.items())
def test_a_program_gets_problem_json(service: Service, what: str, status: int) -> None:
    answer = service.app.test_client().post(
        f"/api/v1/probe/raise/X/{what}", headers=service.bearer("quality")
    )
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    body = answer.get_json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert "secret" not in answer.text


@pytest.mark.parametrize(("what", "status"), STATUS.items())
def test_a_person_gets_a_page(service: Service, what: str, status: int) -> None:
    answer = service.visitor("quality").post(f"/probe/raise/X/{what}")
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "<h1" in answer.text
    assert "secret" not in answer.text
    assert "<b>" not in answer.text.partition("<ul>")[2].partition("</ul>")[0].replace("<b>when</b>", "")


def test_all_that_is_wrong_is_named(service: Service) -> None:
    answer = service.app.test_client().post(
        "/api/v1/probe/raise/X/invalid", headers=service.bearer("quality")
    )
    assert answer.get_json()["errors"] == [
        {"field": "when", "message": "Too late: noon."},
        {"row": 3, "value": "<b>", "message": "Never."},
    ]


def test_parameters_are_filled_in(service: Service) -> None:
    answer = service.visitor("quality").post("/probe/raise/X/not_found")
    assert "There is no probe “P1”." in answer.text


def test_our_fault_has_a_number_to_tell(service: Service) -> None:
    answer = service.visitor("quality").post("/probe/raise/X/bug")
    assert answer.headers["X-Request-ID"] in answer.text


def test_an_unknown_address_is_not_found_in_both_forms(service: Service) -> None:
    client = service.app.test_client()
    assert client.get("/nowhere").status_code == 404
    answer = client.get("/api/v1/nowhere")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_a_wrong_method_says_which_are_right(service: Service) -> None:
    answer = service.app.test_client().delete("/api/v1/probe/list")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.content_type == "application/problem+json"


def test_a_body_that_is_too_large(service: Service) -> None:
    visitor = service.visitor("quality")
    limit = service.app.config["MAX_CONTENT_LENGTH"]
    answer = visitor.client.post(
        "/probe/write/LARGE/200", data=b"x", headers={"Content-Length": str(limit + 1)}
    )
    assert answer.status_code in (400, 413)


def test_the_language_of_the_reader(service: Service) -> None:
    answer = service.app.test_client().get("/nowhere", headers={"Accept-Language": "zh-CN"})
    assert 'lang="zh-Hans"' in answer.text


def test_a_form_without_its_token_is_refused_in_plain_words(service: Service) -> None:
    answer = service.visitor("quality").client.post("/probe/write/FORGED/200")
    assert answer.status_code == 400
    assert "Open it again" in answer.text
    assert last_number(service, "FORGED") == 0


def test_a_token_of_another_session_is_refused(service: Service) -> None:
    other = service.visitor("manager").csrf()
    answer = service.visitor("quality").client.post("/probe/write/FORGED/200", data={"csrf_token": other})
    assert answer.status_code == 400
    assert last_number(service, "FORGED") == 0


def test_a_program_with_a_bearer_token_needs_none(service: Service) -> None:
    answer = service.app.test_client().post("/probe/write/BEARER/200", headers=service.bearer("quality"))
    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["/failures/FR-1", "/no-such-page"])
def test_the_headline_is_in_the_readers_language_too(service: Service, address: str) -> None:
    chinese = service.visitor("quality").get(address, headers={"Accept-Language": "zh-CN"})
    assert chinese.status_code == 404
    assert "未找到" in chinese.text
    assert "Not found" not in chinese.text
