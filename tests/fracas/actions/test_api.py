"""Actions over HTTP: the same verbs, the same refusals, as problem+json."""

from __future__ import annotations

from typing import Any

import pytest

from fracas.actions.states import MOVES, ActionState
from tests.factories.loop import EFFECTIVE
from tests.factories.served import Served

ADDRESS = "/api/v1/actions/"


def test_an_action_walks_to_its_end(served: Served) -> None:
    problem = served.loop.problem().number
    owner = served.loop.person("quality").email
    plan = {
        "action_type": "corrective",
        "title": "New seal",
        "problem": problem,
        "owner": owner,
        "due_on": "2023-07-01",
        "effective_from_serial": "V200",
    }
    made = served.client("quality").post(ADDRESS, json=plan)
    assert made.status_code == 201
    assert (made.get_json()["problem"], made.get_json()["owner"]) == (problem, owner)
    address = made.headers["Location"]
    criterion = {"statement": "half as many", "largest_rate_ratio": 0.5, "metric": "hours"}
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("reliability_engineer", "set_criterion", criterion),
        ("quality", "start", {}),
        ("quality", "complete", {"evidence": "drawing 7 B"}),
        ("reliability_engineer", "give_verdict", EFFECTIVE),
        ("approver", "verify", {}),
    ]
    for role, verb, facts in steps:
        answer = served.client(role).post(f"{address}/{verb}", json=facts)
        assert answer.status_code == 200, answer.get_json()
    body = answer.get_json()
    assert (body["state"], body["criterion"]["metric"]) == ("verified", "hours")
    assert (body["verdict"]["answer"], body["verdict"]["failures_after"]) == ("effective", 2)
    told = served.client("manager").get(f"{address}/history").get_json()["items"]
    assert {"verify", "give_verdict", "complete"} <= {entry["verb"] for entry in told}


@pytest.mark.parametrize("state", ActionState)
def test_verifying_with_a_gate_unmet_is_refused_in_every_state(served: Served, state: ActionState) -> None:
    number = served.loop.action_in(state).number
    assert served.client("approver").post(f"{ADDRESS}{number}/verify", json={}).status_code == 409
    assert served.client("approver").get(f"{ADDRESS}{number}").get_json()["state"] == state


def test_bad_input_is_told_by_field(served: Served) -> None:
    client = served.client("quality")
    plan = {"action_type": "corrective", "title": "New seal"}
    for change, field in (
        ({}, "problem"),
        ({"problem": "PR-1"}, "problem"),
        ({"due_on": "tomorrow"}, "due_on"),
        ({"action_type": "wishful"}, "action_type"),
    ):
        answer = client.post(ADDRESS, json={**plan, **change})
        assert answer.status_code == 422
        assert field in {error["field"] for error in answer.get_json()["errors"]}


def test_lists_are_filtered(served: Served) -> None:
    late, gone = served.loop.action().number, served.loop.action_in("cancelled").number
    client = served.client("manager")

    def listed(query: str) -> list[str]:
        return [row["number"] for row in client.get(f"{ADDRESS}?{query}").get_json()["items"]]

    assert set(listed("")) == {late, gone}
    assert listed("state=overdue") == [late]
    assert listed("state=cancelled") == [gone]
    assert client.get(f"{ADDRESS}?problem=PR-1").status_code == 422


def test_the_walls(served: Served) -> None:
    number = served.loop.action().number
    assert served.client("field_engineer").get(f"{ADDRESS}{number}").status_code == 403
    assert served.client("manager").post(f"{ADDRESS}{number}/start", json={}).status_code == 403


def test_every_verb_is_in_the_description(served: Served) -> None:
    paths = served.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    assert {f"/api/v1/actions/{{key}}/{verb}" for verb in set(MOVES) - {"bring_history"}} <= paths.keys()
