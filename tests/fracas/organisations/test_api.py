from __future__ import annotations

from tests.factories.served import Served


def test_sites_go_in_and_come_out(served: Served) -> None:
    client = served.client("administrator")
    facts = {"code": "SHG", "name": "上海", "time_zone": "Asia/Shanghai", "is_service_point": True}
    made = client.post("/api/v1/sites", json=facts, headers={"Idempotency-Key": "1"})
    assert made.status_code == 201
    again = client.post("/api/v1/sites", json=facts, headers={"Idempotency-Key": "1"})
    assert again.get_json() == made.get_json()
    got = client.get(made.headers["Location"]).get_json()
    assert {name: got[name] for name in facts} == facts
    assert "SHG" in [site["code"] for site in client.get("/api/v1/sites").get_json()["items"]]
    edited = client.post("/api/v1/sites/SHG/edit", json={"name": "Shanghai"})
    assert (edited.status_code, edited.get_json()["time_zone"]) == (200, "Asia/Shanghai")


def test_partners_go_in_and_come_out(served: Served) -> None:
    client = served.client("administrator")
    for kind in ("customers", "suppliers"):
        assert client.post(f"/api/v1/{kind}", json={"code": "0071", "name": "N"}).status_code == 201
        assert client.post(f"/api/v1/{kind}/0071/edit", json={"name": "M"}).get_json()["name"] == "M"
        items = client.get(f"/api/v1/{kind}").get_json()["items"]
        assert ("0071", "M") in [(row["code"], row["name"]) for row in items]


def test_refusals_are_problem_json(served: Served) -> None:
    client = served.client("administrator")
    answer = client.post("/api/v1/sites", json={"code": "X", "name": "N", "time_zone": "Mars", "colour": 1})
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert client.get("/api/v1/sites/NONE").status_code == 404
    assert served.client("manager").post("/api/v1/sites", json={"code": "X", "name": "N"}).status_code == 403


def test_a_person_of_one_site_lists_that_one(served: Served) -> None:
    everywhere = served.client("quality").get("/api/v1/sites").get_json()["items"]
    here = served.client("field_engineer").get("/api/v1/sites").get_json()["items"]
    assert len(here) <= 1 < len(everywhere)
