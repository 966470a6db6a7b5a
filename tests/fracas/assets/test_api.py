"""The register over HTTP: the same verbs, the same refusals, as problem+json."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.served import Served

API = "/api/v1"
PART = {"serial": "A", "part_type": "BCU-200", "site": "DEPOT"}
WHY = {"reason": "misread"}


@pytest.fixture
def client(served: Served) -> FlaskClient:
    return served.client("administrator")


def day(number: int) -> str:
    return f"2023-06-{number:02d}T00:00:00Z"


def put(client: FlaskClient, address: str, facts: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = client.post(API + address, json=facts)
    assert answer.status_code == status, answer.get_json()
    body: dict[str, Any] = answer.get_json()
    return body


def items(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(API + address).get_json()["items"]
    return found


def test_a_system_goes_in_and_comes_out(client: FlaskClient) -> None:
    facts = {"serial": "00/71", "system_model": "LRV", "site": "YARD", "customer": "METRO", "name": "电车"}
    made = client.post(f"{API}/systems", json={**facts, "commissioned_at": "2023-05-01T08:00:00+08:00"})
    assert made.status_code == 201
    got = client.get(made.headers["Location"])
    body = got.get_json()
    assert {name: body[name] for name in facts} == facts
    assert (body["commissioned_at"], body["retired_at"]) == ("2023-05-01T00:00:00Z", None)
    edit = f"{API}/systems/00/71/edit"
    edited = client.post(edit, json={"site": "DEPOT"}, headers={"If-Match": got.headers["ETag"]})
    assert (edited.get_json()["site"], edited.get_json()["name"]) == ("DEPOT", "电车")
    assert (
        client.post(edit, json={"site": "YARD"}, headers={"If-Match": got.headers["ETag"]}).status_code == 412
    )
    retired = put(client, "/systems/00/71/retire", {"occurred_at": day(1), "basis": "sold"}, 200)
    assert retired["retired_at"] == day(1)
    assert "00/71" in [row["serial"] for row in items(client, "/systems?text=00/7")]


def test_systems_come_in_pages_by_serial(client: FlaskClient) -> None:
    for serial in ("T3", "T1", "T2"):
        put(client, "/systems", {"serial": serial, "system_model": "LRV", "site": "DEPOT"})
    first = client.get(f"{API}/systems?text=T&limit=2").get_json()
    second = client.get(f"{API}/systems?text=T&limit=2&cursor={first['next_cursor']}").get_json()
    assert [row["serial"] for page in (first, second) for row in page["items"]] == ["T1", "T2", "T3"]


def test_a_part_is_registered_installed_moved_and_removed(client: FlaskClient) -> None:
    part = put(client, "/parts", {**PART, "lot": "L1"})
    where = {"part": "A", "system": "S1", "position": "B1.BCU"}
    made = put(client, "/installations", {**where, "occurred_at": day(1), "external_id": "X-9"})
    assert (made["installed_as"], made["removed_at"], made["external_id"]) == ("new", None, "X-9")
    put(
        client,
        "/installations/move",
        {"part": "A", "system": "S1", "position": "B2.BCU", "occurred_at": day(5)},
    )
    put(client, "/installations/remove", {"part": "A", "cause": "failure", "occurred_at": day(9)}, 200)
    rows = items(client, "/installations?part=A")
    assert [(r["position"], r["occurred_at"], r["removed_at"], r["removal_cause"]) for r in rows] == [
        ("B2.BCU", day(5), day(9), "failure"),
        ("B1.BCU", day(1), day(5), "move"),
    ]
    assert [row["occurred_at"] for row in items(client, "/installations?position=B2.BCU")] == [day(5)]
    assert items(client, "/installations?position=NONE") == []
    now = client.get(f"{API}/parts/{part['id']}").get_json()
    assert (now["condition"], now["system"], now["lot"]) == ("unserviceable", None, "L1")
    put(client, "/parts/conditions", {"part": "A", "condition": "serviceable"}, 200)
    assert client.get(f"{API}/parts/A").get_json()["condition"] == "serviceable"
    assert put(client, "/parts/A/edit", {"lot": "L2"}, 200)["lot"] == "L2"
    assert [row["serial"] for row in items(client, "/parts?lot=L2&part_type=BCU-200&site=DEPOT")] == ["A"]


def test_a_swap_is_asked_of_the_system(client: FlaskClient) -> None:
    for serial in ("A", "B"):
        put(client, "/parts", {**PART, "serial": serial})
    put(client, "/installations", {"part": "A", "system": "S1", "position": "B1.BCU", "occurred_at": day(1)})
    facts = {
        "position": "B1.BCU",
        "part_out": "A",
        "part_in": "B",
        "cause": "preventive",
        "occurred_at": day(4),
    }
    assert put(client, "/systems/S1/swap", facts, 200)["serial"] == "S1"
    ends = {row["part"]: row["removed_at"] for row in items(client, "/installations?system=S1")}
    assert (ends["A"], ends["B"]) == (day(4), None)


def test_facts_are_corrected_and_retracted_with_a_reason(client: FlaskClient) -> None:
    put(client, "/parts", PART)
    where = {"part": "A", "system": "S1", "position": "B1.BCU"}
    made = put(client, "/installations", {**where, "occurred_at": day(1)})
    address = f"/installations/{made['id']}"
    refused = put(client, f"{address}/correct", {"occurred_at": day(2)}, 422)
    assert refused["errors"][0]["field"] == "reason"
    better = put(client, f"{address}/correct", {"occurred_at": day(2), **WHY}, 200)
    assert (better["occurred_at"], better["id"] != made["id"]) == (day(2), True)
    put(client, f"{address}/correct", {"occurred_at": day(3), **WHY}, 409)
    put(client, "/installations/remove", {"part": "A", "cause": "failure", "occurred_at": day(9)}, 200)
    put(client, f"/installations/{better['id']}/retract", WHY, 200)
    assert items(client, "/installations?part=A") == []


def test_a_removal_is_corrected(client: FlaskClient) -> None:
    put(client, "/parts", PART)
    put(client, "/installations", {"part": "A", "system": "S1", "position": "B1.BCU", "occurred_at": day(1)})
    out = put(client, "/installations/remove", {"part": "A", "cause": "failure", "occurred_at": day(9)}, 200)
    better = put(client, f"/removals/{out['removal_id']}/correct", {"cause": "preventive", **WHY}, 200)
    assert (better["cause"], better["occurred_at"], better["position"]) == ("preventive", day(9), "B1.BCU")
    put(client, f"/removals/{better['id']}/retract", WHY, 200)
    assert items(client, "/installations?part=A")[0]["removed_at"] is None


def test_readings_go_in_and_are_corrected(client: FlaskClient) -> None:
    facts = {"system": "S1", "metric": "hours", "value": 120.5, "occurred_at": day(3)}
    made = put(client, "/usage-readings", facts)
    assert (made["unit"], made["kind"], made["value"]) == ("h", "reading", 120.5)
    refused = put(client, "/usage-readings", {**facts, "value": 119, "occurred_at": day(4)}, 422)
    assert "120.5 h" in refused["detail"]
    replaced = put(
        client, "/usage-readings", {**facts, "value": 130, "restarts_at": 0, "occurred_at": day(4)}
    )
    assert replaced["kind"] == "meter_replaced"
    better = put(client, f"/usage-readings/{made['id']}/correct", {"value": 125, **WHY}, 200)
    assert better["value"] == 125
    put(client, f"/usage-readings/{replaced['id']}/retract", WHY, 200)
    rows = items(client, "/usage-readings?system=S1&metric=hours")
    assert [(row["system"], row["part"], row["value"]) for row in rows] == [("S1", None, 125)]
    put(client, "/parts", PART)
    put(client, "/usage-readings", {**facts, "system": None, "part": "A"})
    assert [(row["system"], row["part"]) for row in items(client, "/usage-readings?part=A")] == [(None, "A")]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"value": -1}, "value"),
        ({"value": "many"}, "value"),
        ({"system": "NONE"}, "system"),
        ({"metric": "miles"}, "metric"),
        ({"occurred_at": "2199-01-01T00:00:00Z"}, "occurred_at"),
        ({"occurred_at": "2023-06-01T00:00:00"}, "occurred_at"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_input_is_named_by_field(client: FlaskClient, facts: dict[str, Any], field: str) -> None:
    good = {"system": "S1", "metric": "hours", "value": 1, "occurred_at": day(1)}
    answer = client.post(f"{API}/usage-readings", json={**good, **facts})
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


def test_a_repeated_key_installs_once(client: FlaskClient) -> None:
    put(client, "/parts", PART)
    facts = {"part": "A", "system": "S1", "position": "BOX", "occurred_at": day(1)}
    answers = [
        client.post(f"{API}/installations", json=facts, headers={"Idempotency-Key": "i1"}) for _ in range(2)
    ]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(items(client, "/installations?part=A")) == 1


def test_site_and_customer_are_a_wall(served: Served, client: FlaskClient) -> None:
    put(client, "/parts", PART)
    put(client, "/installations", {"part": "A", "system": "S1", "position": "BOX", "occurred_at": day(1)})
    put(client, "/usage-readings", {"system": "S1", "metric": "hours", "value": 1, "occurred_at": day(1)})
    customer = served.client("customer")
    assert customer.get(f"{API}/systems/S1").status_code == 404
    assert customer.get(f"{API}/parts/A").status_code == 404
    for address in ("/installations", "/usage-readings", "/parts"):
        assert items(customer, address) == []
    assert "S1" not in [row["serial"] for row in items(customer, "/systems")]


@pytest.mark.parametrize("role", ["manager", "customer", "approver"])
def test_who_may_not_is_told(served: Served, role: str) -> None:
    client = served.client(role)
    for address, facts in (
        ("/systems", {"serial": "X", "system_model": "LRV", "site": "DEPOT"}), ("/parts", PART),
        ("/installations", {"part": "A", "system": "S1", "position": "BOX"}),
        ("/usage-readings", {"system": "S1", "metric": "hours", "value": 1}),
    ):  # fmt: skip
        assert client.post(API + address, json=facts).status_code == 403
