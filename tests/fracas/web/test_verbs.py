"""Verbs as pages and as API, from one table: here those of a problem, which has states, gates, reasons and versions."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from apiflask import APIBlueprint
from flask import Blueprint, render_template_string
from flask.testing import FlaskClient

from fracas.problems import forms, queries, workflow
from fracas.problems.models import Problem
from fracas.web import api as web_api
from fracas.web.guard import actor
from fracas.web.session import db
from fracas.web.verbs import VerbTable, add_api, add_pages, history_of, key_of
from tests.factories.loop import ANALYSIS, DECISION, REVIEW
from tests.factories.service import Service, Visitor


class ProblemShown(web_api.Output):
    number: str
    title: str
    state: str
    version: int


PAGES = Blueprint("probed", __name__, url_prefix="/probed")
API = APIBlueprint("probed_api", __name__, url_prefix="/api/v1/probed")
TABLE = VerbTable(
    "problem", workflow.problem_machine, queries.problem, workflow, forms.VERBS, "probed.detail",
    present=ProblemShown.model_validate, prefill=lambda verb, subject: {"title": subject.title},
    next_step={"open": "analyse", "spread": "close"},
)  # fmt: skip


@PAGES.get("/<key>")
def detail(key: str) -> str:
    subject = queries.problem(db(), actor(), key_of(key))
    history = history_of("problem", subject.id)
    return render_template_string(
        '{% import "record.html" as record with context %}'
        "{{ record.steps(table, subject, key) }}{{ record.timeline(history) }}",
        table=TABLE, subject=subject, key=key, history=history,
    )  # fmt: skip


add_pages(PAGES, TABLE)
add_api(API, TABLE, ProblemShown)


@pytest.fixture(scope="module")
def probed(service: Service) -> Service:
    service.app._got_first_request = False  # other tests of this folder have asked the app already
    service.app.register_blueprint(PAGES)
    service.app.register_blueprint(API)
    return service


@pytest.fixture
def quality(probed: Service) -> Visitor:
    return probed.visitor("quality")


@pytest.fixture
def problem(probed: Service) -> Problem:
    with probed.told() as loop:
        return loop.problem(owner=loop.person("reliability_engineer").email)


def now(probed: Service, problem: Problem) -> Problem:
    with probed.told() as loop:
        return loop.session.get_one(Problem, problem.id, populate_existing=True)


def program(probed: Service, role: str) -> FlaskClient:
    client = probed.app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = probed.bearer(role)["Authorization"]
    return client


def hidden_version(page: str) -> str:
    found = re.search(r'name="if_version" value="(\d+)"', page)
    assert found is not None
    return found.group(1)


# ------------------------------------------------------------------ pages


def test_a_form_does_its_verb_and_goes_back_to_the_record(
    probed: Service, quality: Visitor, problem: Problem
) -> None:
    page = quality.get(f"/probed/{problem.number}/edit")
    assert page.status_code == 200
    assert 'value="Valves leak"' in page.text
    answer = quality.post(
        f"/probed/{problem.number}/edit", {"title": "Seals", "if_version": hidden_version(page.text)}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/probed/{problem.number}")
    assert now(probed, problem).title == "Seals"


def test_a_mistake_keeps_what_was_typed(probed: Service, quality: Visitor, problem: Problem) -> None:
    answer = quality.post(
        f"/probed/{problem.number}/edit", {"title": "x" * 201, "description": "typed <text>"}
    )
    assert answer.status_code == 422
    assert "At most 200 characters." in answer.text
    assert "typed &lt;text&gt;" in answer.text
    assert now(probed, problem).title == "Valves leak"


def test_what_was_shown_and_comes_back_empty_is_cleared(
    probed: Service, quality: Visitor, problem: Problem
) -> None:
    address = f"/probed/{problem.number}/edit"
    quality.post(address, {"title": "Seals", "description": "of the valve"})
    quality.post(address, {"title": "Seals", "description": ""})
    assert now(probed, problem).description == "of the valve", "an input that showed nothing says nothing"
    cleared = {"title": "Seals", "description": "", "filled": "description"}
    refused = quality.post(address, {**cleared, "title": "x" * 201})
    assert 'name="filled" value="description"' in refused.text, (
        "a mistake elsewhere does not lose the clearing"
    )
    assert quality.post(address, cleared).status_code == 302
    assert now(probed, problem).description is None
    assert quality.post(address, {"title": "", "filled": "title"}).status_code == 422


def test_a_form_opened_twice_and_saved_twice(probed: Service, quality: Visitor, problem: Problem) -> None:
    address = f"/probed/{problem.number}/edit"
    version = hidden_version(quality.get(address).text)
    other = probed.visitor("reliability_engineer")
    assert other.post(address, {"title": "First", "if_version": version}).status_code == 302
    answer = quality.post(address, {"title": "Second", "if_version": version})
    assert answer.status_code == 412
    assert "Nothing was overwritten" in answer.text
    assert 'value="Second"' in answer.text, "what was typed is still there to copy"
    assert hidden_version(answer.text) == version, "sending the same page once more does not overwrite either"
    assert quality.post(address, {"title": "Second", "if_version": version}).status_code == 412
    assert now(probed, problem).title == "First"


def test_a_verb_that_goes_backwards_asks_why(probed: Service, quality: Visitor, problem: Problem) -> None:
    with probed.told() as loop:
        loop.on("analyse", loop.session.get_one(Problem, problem.id), **ANALYSIS)
    address = f"/probed/{problem.number}/send_back"
    assert 'name="reason"' in quality.get(address).text
    answer = quality.post(address)
    assert answer.status_code == 422
    assert "needs a reason" in answer.text
    assert quality.post(address, {"reason": "wrong part"}).status_code == 302
    assert now(probed, problem).state == "open"
    assert "wrong part" in quality.get(f"/probed/{problem.number}").text


def test_the_page_says_why_a_gate_would_refuse_and_the_gate_does(probed: Service, problem: Problem) -> None:
    with probed.told() as loop:
        mine = loop.session.get_one(Problem, problem.id)
        loop.on("analyse", mine, **ANALYSIS)
        loop.on("decide", mine, **DECISION)
        loop.on("spread", mine, **REVIEW)
        action = loop.action(problem=mine)
    approver = probed.visitor("approver")
    page = approver.get(f"/probed/{problem.number}/close")
    assert action.number in page.text
    assert action.number in approver.get(f"/probed/{problem.number}").text
    answer = approver.post(f"/probed/{problem.number}/close")
    assert answer.status_code == 409
    assert action.number in answer.text
    assert now(probed, problem).state == "spread"


def test_a_verb_that_the_state_does_not_know(quality: Visitor, problem: Problem) -> None:
    assert quality.post(f"/probed/{problem.number}/spread", {}).status_code in (409, 422)


@pytest.mark.parametrize("role", ["manager", "field_engineer", "customer"])
def test_who_may_not_is_refused_before_and_after_typing(probed: Service, problem: Problem, role: str) -> None:
    visitor = probed.visitor(role)
    for answer in (
        visitor.get(f"/probed/{problem.number}/edit"),
        visitor.post(f"/probed/{problem.number}/edit", {"title": "Mine"}),
    ):
        assert answer.status_code in (403, 404)
    assert now(probed, problem).title == "Valves leak"


def test_a_record_that_is_not_there(quality: Visitor) -> None:
    assert quality.get("/probed/PR-1999-00001/edit").status_code == 404
    assert quality.post(f"/probed/{uuid4()}/edit", {"title": "x"}).status_code == 404


def test_the_next_step_is_offered_to_who_may_do_it(
    probed: Service, quality: Visitor, problem: Problem
) -> None:
    assert (
        f'href="/probed/{problem.number}/analyse">Analyse</a>'
        in quality.get(f"/probed/{problem.number}").text
    )
    shown = probed.visitor("manager").get(f"/probed/{problem.number}").text
    assert "by somebody with that role" in shown
    assert "/analyse" not in shown


# ------------------------------------------------------------------ the API twin


def test_a_program_does_the_same_verb(probed: Service, problem: Problem) -> None:
    client = program(probed, "quality")
    answer = client.post(
        f"/api/v1/probed/{problem.number}/edit", json={"title": "Seals"}, headers={"If-Match": f'"{problem.version}"'}
    )  # fmt: skip
    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["title"], answer.headers["ETag"]) == ("Seals", f'"{body["version"]}"')
    assert body["version"] > problem.version


def test_a_program_with_an_old_version_is_told(probed: Service, problem: Problem) -> None:
    client = program(probed, "quality")
    address, old = f"/api/v1/probed/{problem.number}/edit", {"If-Match": f'"{problem.version}"'}
    assert client.post(address, json={"title": "First"}, headers=old).status_code == 200
    answer = client.post(address, json={"title": "Second"}, headers=old)
    assert (answer.status_code, answer.content_type) == (412, "application/problem+json")
    assert now(probed, problem).title == "First"


def test_a_gate_is_shut_for_programs_too(probed: Service, problem: Problem) -> None:
    answer = program(probed, "approver").post(f"/api/v1/probed/{problem.number}/close", json={})
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert now(probed, problem).state == "open"


def test_a_program_gives_its_reason_in_the_body(probed: Service, problem: Problem) -> None:
    client = program(probed, "approver")
    address = f"/api/v1/probed/{problem.number}/close_unverified"
    assert client.post(address, json={}).status_code == 422
    assert client.post(address, json={"reason": "customer left"}).get_json()["state"] == "closed_unverified"


@pytest.mark.parametrize(("role", "status"), [("manager", 403), ("field_engineer", 404), ("quality", 200)])
def test_a_role_holds_for_programs_too(probed: Service, problem: Problem, role: str, status: int) -> None:
    with probed.told() as loop:
        loop.person(role)
    made = program(probed, role).post(f"/api/v1/probed/{problem.id}/edit", json={"title": "Other"})
    assert made.status_code == status


def test_every_verb_of_the_table_has_its_address_and_its_words(probed: Service) -> None:
    for verb in forms.VERBS:
        assert f"probed_api.problem_{verb}" in probed.app.view_functions
        assert f"probed.do_{verb}" in probed.app.view_functions


def test_a_key_is_an_id_or_the_number_people_say() -> None:
    known = uuid4()
    assert key_of(str(known)) == known
    assert key_of("PR-2026-00001") == "PR-2026-00001"
