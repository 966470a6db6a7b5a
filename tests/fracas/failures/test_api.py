"""Failure reports over HTTP: the same verbs, the same refusals, as problem+json."""

from __future__ import annotations

import io
from typing import Any

import pytest

from fracas.failures.states import MOVES, FailureState
from tests.factories.loop import COMPLETION, NOT_COUNTED, WHOLLY_OURS
from tests.factories.served import Served

ADDRESS = "/api/v1/failures/"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
REPORT = {
    "system": "S1",
    "occurred_at": "2023-04-11T08:00:00+08:00",
    "symptom": "滴漏 drips",
    "usage_value": 800.0,
    "metric": "hours",
}


def test_a_report_goes_in_and_comes_out(served: Served) -> None:
    client = served.client("field_engineer")
    made = client.post(ADDRESS, json=REPORT)
    assert made.status_code == 201
    body = made.get_json()
    assert body["number"].startswith("FR-")
    assert (body["system"], body["site"], body["symptom"]) == ("S1", "DEPOT", "滴漏 drips")
    assert body["occurred_at"] == "2023-04-11T00:00:00Z"
    assert body["usage"] == {
        "metric": "hours",
        "value": 800.0,
        "unit": "h",
        "occurred_at": "2023-04-11T00:00:00Z",
    }
    assert (body["standing"], body["verification"], body["source"]) == ("unscored", None, "api")
    got = client.get(made.headers["Location"])
    assert got.get_json() == body
    assert got.headers["ETag"] == made.headers["ETag"]


def test_a_repeated_key_files_once(served: Served) -> None:
    client = served.client("field_engineer")
    first = client.post(ADDRESS, json=REPORT, headers={"Idempotency-Key": "k1"})
    again = client.post(ADDRESS, json=REPORT, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(client.get(ADDRESS).get_json()["items"]) == 1
    other = client.post(ADDRESS, json={**REPORT, "symptom": "x"}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"system": "S9"}, "system"),
        ({"occurred_at": "2023-04-11T08:00:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
        ({"usage_value": -5}, "usage_value"),
        ({"usage_value": "many"}, "usage_value"),
        ({"symptom": ""}, "symptom"),
        ({"colour": "red"}, "colour"),
        ({"maintenance_kind": "prayer"}, "maintenance_kind"),
    ],
)
def test_bad_input_is_told_by_field(served: Served, change: dict[str, Any], field: str) -> None:
    answer = served.client("field_engineer").post(ADDRESS, json={**REPORT, **change})
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert field in {error["field"] for error in answer.get_json()["errors"]}


def test_a_body_that_is_no_object(served: Served) -> None:
    answer = served.client("field_engineer").post(ADDRESS, data="half a {", content_type="application/json")
    assert answer.status_code == 422


def test_the_walk_of_a_report(served: Served) -> None:
    failure = served.loop.report()
    address = f"{ADDRESS}{failure.number}"
    served.keep()
    completion = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in COMPLETION.items()
    }
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("service_station", "complete", {**completion, "part_out": "V1", "part_in": "V2"}),
        ("quality", "verify", {"outcome": "confirmed", "mode": "ELK", "method": "bench"}),
        ("reliability_engineer", "score", {"answers": WHOLLY_OURS}),
        ("quality", "contain", {"is_needed": True, "note": "one unit", "parts": ["V1"]}),
        ("approver", "close_no_action", {"close_as": "no_further_action", "reason": "worn out"}),
    ]
    for role, verb, facts in steps:
        answer = served.client(role).post(f"{address}/{verb}", json=facts)
        assert answer.status_code == 200, answer.get_json()
    body = answer.get_json()
    assert (body["state"], body["close_as"], body["standing"]) == ("closed", "no_further_action", "counted")
    assert body["verification"]["mode"] == "ELK"
    assert (body["swap"]["part_out"], body["swap"]["part_in"]) == ("V1", "V2")
    assert (body["containment"]["is_needed"], body["containment"]["quarantined"]) == (True, ["V1"])
    told = served.client("manager").get(f"{address}/history").get_json()["items"]
    assert told[0]["verb"] == "close_no_action"
    assert told[0]["reason"] == "worn out"
    assert told[0]["changes"]["state"] == ["contained", "closed"]


@pytest.mark.parametrize("state", FailureState)
def test_closing_with_a_gate_unmet_is_refused_in_every_state(served: Served, state: FailureState) -> None:
    failure = served.loop.failure_in(state)
    answer = served.client("approver").post(f"{ADDRESS}{failure.number}/close", json={})
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert served.client("approver").get(f"{ADDRESS}{failure.number}").get_json()["state"] == state


def test_history_is_brought_by_imports_only(served: Served) -> None:
    number = served.loop.report(external_id="A-1").number
    assert served.client("administrator").post(f"{ADDRESS}{number}/bring_history", json={}).status_code == 404


def test_what_a_role_may_not_do(served: Served) -> None:
    number = served.loop.failure_in("completed").number
    answer = served.client("field_engineer").post(
        f"{ADDRESS}{number}/verify", json={"outcome": "no_fault_found", "method": "x"}
    )
    assert answer.status_code == 403
    assert served.app.test_client().get(ADDRESS).status_code == 401


def test_another_site_is_not_there(served: Served) -> None:
    number = served.loop.report(system="S2").number
    client = served.client("field_engineer")
    addresses = [number, f"{number}/history"]
    assert [client.get(f"{ADDRESS}{address}").status_code for address in addresses] == [404, 404]
    assert client.post(f"{ADDRESS}{number}/amend", json={"symptom": "x", "reason": "y"}).status_code == 404
    assert client.get(ADDRESS).get_json()["items"] == []
    assert len(served.client("customer").get(ADDRESS).get_json()["items"]) == 1


def test_an_old_version_overwrites_nothing(served: Served) -> None:
    number = served.loop.failure_in("verified").number
    client = served.client("reliability_engineer")
    seen = client.get(f"{ADDRESS}{number}").headers["ETag"]
    first = client.post(f"{ADDRESS}{number}/score", json={"answers": WHOLLY_OURS}, headers={"If-Match": seen})
    second = client.post(
        f"{ADDRESS}{number}/score", json={"answers": NOT_COUNTED}, headers={"If-Match": seen}
    )
    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["ETag"] != seen
    assert client.get(f"{ADDRESS}{number}").get_json()["score"]["decision"] == "count"


def test_lists_are_filtered_and_paged(served: Served) -> None:
    for n in range(5):
        served.loop.report(symptom=f"report {n}")
    client = served.client("quality")
    seen: list[str] = []
    address = f"{ADDRESS}?limit=2&state=open&since=2023-01-01"
    cursor = ""
    while True:
        body = client.get(f"{address}&cursor={cursor}" if cursor else address).get_json()
        seen += [row["symptom"] for row in body["items"]]
        cursor = body["next_cursor"]
        if not cursor:
            break
    assert sorted(seen) == [f"report {n}" for n in range(5)]
    assert client.get(f"{ADDRESS}?until=2022-12-31").get_json()["items"] == []
    for wrong in ("colour=red", "state=happy", "limit=0", "cursor=x", "site=MOON"):
        assert client.get(f"{ADDRESS}?{wrong}").status_code == 422


def test_a_photo_goes_in_and_comes_out(served: Served) -> None:
    number = served.loop.report().number
    client = served.client("field_engineer")
    address = f"{ADDRESS}{number}/attachments"
    made = client.post(
        address, data={"file": (io.BytesIO(PNG), "leak.png")}, content_type="multipart/form-data"
    )
    assert made.status_code == 201
    raw = client.post(f"{address}?file_name=leak.png", data=PNG, content_type="image/png")
    assert raw.get_json()["id"] == made.get_json()["id"]
    got = client.get(made.get_json()["url"])
    assert (got.data, got.content_type) == (PNG, "image/png")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert client.get(f"{ADDRESS}{number}").get_json()["attachments"] == [made.get_json()]
    assert client.post(address, data=b"<html>", content_type="image/png").status_code == 422
    elsewhere = served.loop.report(system="S2").number
    served.keep()
    assert client.get(made.get_json()["url"].replace(number, elsewhere)).status_code == 404


def test_every_verb_is_in_the_description(served: Served) -> None:
    paths = served.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    verbs = set(MOVES) - {"attach", "bring_history"}
    assert {f"/api/v1/failures/{{key}}/{verb}" for verb in verbs} <= paths.keys()
