"""Problems over HTTP: the same verbs, the same refusals, as problem+json."""

from __future__ import annotations

from typing import Any

import pytest

from fracas.problems.states import MOVES, ProblemState
from tests.factories.loop import ANALYSIS, DECISION, REVIEW
from tests.factories.served import Served

ADDRESS = "/api/v1/problems/"


def test_a_problem_walks_to_its_end(served: Served) -> None:
    failure = served.loop.report().number
    served.keep()
    client = served.client("quality")
    made = client.post(ADDRESS, json={"title": "Valves leak", "part_type": "V-7", "failures": [failure]})
    assert made.status_code == 201
    address = made.headers["Location"]
    assert made.get_json()["failures"] == [failure]
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("reliability_engineer", "analyse", ANALYSIS),
        ("approver", "decide", DECISION),
        ("quality", "spread", REVIEW),
    ]
    for role, verb, facts in steps:
        answer = served.client(role).post(f"{address}/{verb}", json=facts)
        assert answer.status_code == 200, answer.get_json()
    body = answer.get_json()
    assert (body["state"], body["analysis"]["mode"], body["decision"]["decision"]) == (
        "spread",
        "ELK",
        "new seal",
    )
    assert len(body["reviews"]) == 8
    refused = served.client("approver").post(f"{address}/close", json={})
    assert (refused.status_code, "no action" in refused.get_json()["detail"]) == (409, True)
    unverified = served.client("approver").post(
        f"{address}/close_unverified", json={"reason": "customer left"}
    )
    assert unverified.get_json()["state"] == "closed_unverified"
    told = client.get(f"{address}/history").get_json()["items"]
    assert (told[0]["verb"], told[0]["reason"]) == ("close_unverified", "customer left")
    assert client.get(address).headers["ETag"] == unverified.headers["ETag"]


@pytest.mark.parametrize("state", ProblemState)
def test_closing_with_a_gate_unmet_is_refused_in_every_state(served: Served, state: ProblemState) -> None:
    number = served.loop.problem_in(state).number
    answer = served.client("approver").post(f"{ADDRESS}{number}/close", json={})
    assert answer.status_code == 409
    assert served.client("approver").get(f"{ADDRESS}{number}").get_json()["state"] == state


def test_bad_input_is_told_by_field(served: Served) -> None:
    client = served.client("quality")
    for facts, field in (
        ({"title": ""}, "title"),
        ({"title": "x", "failures": ["FR-1"]}, "failures"),
        ({}, "title"),
    ):
        answer = client.post(ADDRESS, json=facts)
        assert answer.status_code == 422
        assert field in {error["field"] for error in answer.get_json()["errors"]}
    number = served.loop.problem_in("decided").number
    served.keep()
    half = client.post(f"{ADDRESS}{number}/spread", json={"affected": {}, "notes": {}})
    assert {"affected.stock", "notes.stock"} <= {error["field"] for error in half.get_json()["errors"]}


def test_lists_are_filtered(served: Served) -> None:
    open_one, closed_one = served.loop.problem().number, served.loop.problem_in("closed_unverified").number
    client = served.client("manager")

    def listed(query: str) -> list[str]:
        return [row["number"] for row in client.get(f"{ADDRESS}?{query}").get_json()["items"]]

    assert set(listed("")) == {open_one, closed_one}
    assert listed("state=open") == [open_one]
    assert listed("state=closed_unverified") == [closed_one]
    assert client.get(f"{ADDRESS}?state=happy").status_code == 422


def test_the_walls(served: Served) -> None:
    number = served.loop.problem().number
    assert served.client("field_engineer").get(f"{ADDRESS}{number}").status_code == 403
    assert served.client("manager").post(f"{ADDRESS}{number}/edit", json={"title": "x"}).status_code == 403
    assert served.app.test_client().get(ADDRESS).status_code == 401


def test_every_verb_is_in_the_description(served: Served) -> None:
    paths = served.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    assert {f"/api/v1/problems/{{key}}/{verb}" for verb in set(MOVES) - {"bring_history"}} <= paths.keys()
