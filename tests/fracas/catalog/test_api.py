from __future__ import annotations

from tests.factories.served import Served


def test_part_types_go_in_and_come_out(served: Served) -> None:
    client = served.client("administrator")
    facts = {
        "number": "0071-B", "name": "阀", "is_repairable": True, "repair_assumption": "as_old", "primary_metric": "hours",
        "lead_time_days": 45.0, "turn_around_days": 20.0, "repaired_share": 0.8, "unit_cost": 1200.5, "currency": "EUR",
    }  # fmt: skip
    made = client.post("/api/v1/part-types", json=facts, headers={"Idempotency-Key": "1"})
    assert made.status_code == 201
    assert (
        client.post("/api/v1/part-types", json=facts, headers={"Idempotency-Key": "1"}).get_json()
        == made.get_json()
    )
    got = client.get(made.headers["Location"])
    assert {name: got.get_json()[name] for name in facts} == facts
    edit = "/api/v1/part-types/0071-B/edit"
    edited = client.post(
        edit, json={"lead_time_days": None, "name": "Valve"}, headers={"If-Match": got.headers["ETag"]}
    )
    body = edited.get_json()
    assert (edited.status_code, body["lead_time_days"], body["name"], body["unit_cost"]) == (
        200,
        None,
        "Valve",
        1200.5,
    )
    assert (
        client.post(edit, json={"name": "Lost"}, headers={"If-Match": got.headers["ETag"]}).status_code == 412
    )
    assert client.post("/api/v1/part-types", json=facts).status_code == 422


def test_part_types_come_in_pages_by_number(served: Served) -> None:
    client = served.client("administrator")
    for number in ("Z-1", "Z-3", "Z-2"):
        client.post("/api/v1/part-types", json={"number": number, "name": "Zed"})
    first = client.get("/api/v1/part-types?text=Zed&limit=2").get_json()
    second = client.get(f"/api/v1/part-types?text=Zed&limit=2&cursor={first['next_cursor']}").get_json()
    numbers = [row["number"] for page in (first, second) for row in page["items"]]
    assert (numbers, second["next_cursor"]) == (["Z-1", "Z-2", "Z-3"], None)


def test_codes_and_metrics_go_in_and_come_out(served: Served) -> None:
    client = served.client("administrator")
    made = client.post("/api/v1/codes", json={"kind": "mode", "code": "0022", "name": "Hiss"})
    assert made.status_code == 201
    address = f"/api/v1/codes/{made.get_json()['id']}"
    assert client.post(f"{address}/retire", json={}).get_json()["is_active"] is False
    listed = client.get("/api/v1/codes?kind=mode").get_json()["items"]
    assert "0022" not in [row["code"] for row in listed]
    everything = client.get("/api/v1/codes?kind=mode&with_retired=true").get_json()["items"]
    assert "0022" in [row["code"] for row in everything]
    assert (
        client.post(
            "/api/v1/metrics", json={"code": "doors", "name": "Door cycles", "unit": "cycles"}
        ).status_code
        == 201
    )
    assert "doors" in [row["code"] for row in client.get("/api/v1/metrics").get_json()["items"]]
    assert client.get("/api/v1/codes?kind=colour").status_code == 422


def test_a_model_and_its_positions(served: Served) -> None:
    client = served.client("administrator")
    made = client.post("/api/v1/system-models", json={"code": "BUS", "name": "Bus"})
    assert (made.status_code, made.get_json()["positions"]) == (201, [])
    added = client.post("/api/v1/positions", json={"system_model": "BUS", "code": "ENG", "name": "Engine"})
    assert added.status_code == 201
    edited = client.post(f"/api/v1/positions/{added.get_json()['id']}/edit", json={"name": "Motor"})
    assert edited.get_json()["name"] == "Motor"
    assert client.get(made.headers["Location"]).get_json()["positions"][0]["name"] == "Motor"
    assert "BUS" in [row["code"] for row in client.get("/api/v1/system-models").get_json()["items"]]


def test_who_may_not_is_told_and_who_does_not_see_finds_nothing(served: Served) -> None:
    client = served.client("field_engineer")
    for address, facts in (
        ("part-types", {"number": "X", "name": "X"}), ("codes", {"kind": "mode", "code": "X", "name": "X"}),
        ("metrics", {"code": "x", "name": "x", "unit": "x"}), ("system-models", {"code": "X", "name": "X"}),
        ("positions", {"system_model": "LRV", "code": "X", "name": "X"}),
    ):  # fmt: skip
        assert client.post(f"/api/v1/{address}", json=facts).status_code == 403
    assert client.get("/api/v1/part-types/NONE").status_code == 404
    assert client.get("/api/v1/system-models/NONE").status_code == 404
    assert client.post("/api/v1/codes/not-an-id/retire", json={}).status_code in (403, 404)
