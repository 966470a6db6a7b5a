from __future__ import annotations

import re

import pytest

from tests.factories.served import Served, text_of


def test_a_part_type_is_added_found_and_edited(served: Served) -> None:
    client = served.client("administrator")
    facts = {
        "number": "0071-B",
        "name": "Relay <valve>",
        "lead_time_days": "45",
        "turn_around_days": "20",
        "repaired_share": "0.75",
        "currency": "EUR",
        "unit_cost": "1200.5",
    }
    made = client.post("/catalog/part-types/new", data={**facts, "repair_assumption": "as_old"})
    assert (made.status_code, made.headers["Location"]) == (302, "/catalog/part-types/0071-B")
    page = client.get(made.headers["Location"])
    assert "Relay &lt;valve&gt;" in page.get_data(as_text=True)
    assert "45 d" in text_of(page)
    assert "20 d" in text_of(page)
    assert "75 %" in text_of(page)
    assert "0071-B" in text_of(client.get("/catalog/part-types?text=0071"))
    assert "0071-B" not in text_of(client.get("/catalog/part-types?text=nothing"))

    edit = client.get("/catalog/part-types/0071-B/edit").get_data(as_text=True)
    assert 'value="45"' in edit
    assert edit.index('name="name"') < edit.index('name="is_repairable"')
    version = re.search(r'name="if_version" value="(\d+)"', edit)
    assert version is not None
    sent = {"name": "Valve", "repair_assumption": "as_new", "currency": "EUR", "if_version": version.group(1)}
    sent |= {"lead_time_days": "", "filled": "lead_time_days"}
    assert client.post("/catalog/part-types/0071-B/edit", data=sent).status_code == 302
    shown = text_of(client.get("/catalog/part-types/0071-B"))
    assert "45 d" not in shown  # what comes back empty is cleared
    stale = client.post("/catalog/part-types/0071-B/edit", data={**sent, "name": "Lost"})
    assert stale.status_code == 412
    assert "Lost" not in text_of(client.get("/catalog/part-types/0071-B"))


def test_what_is_wrong_is_said_at_the_field(served: Served) -> None:
    client = served.client("administrator")
    answer = client.post(
        "/catalog/part-types/new",
        data={"number": "X", "name": "X", "lead_time_days": "-3", "currency": "EUR"},
    )
    assert answer.status_code == 422
    assert "Give 0" in text_of(answer)


def test_a_model_grows_its_tree(served: Served) -> None:
    client = served.client("administrator")
    made = client.post("/catalog/models/new", data={"code": "BUS", "name": "Bus"})
    assert made.headers["Location"] == "/catalog/models/BUS"
    assert "no positions yet" in text_of(client.get("/catalog/models/BUS"))
    for code, parent in (("ENG", ""), ("FAN", "ENG"), ("BELT", "FAN")):
        page = client.get("/catalog/positions/new?system_model=BUS")
        assert page.status_code == 200
        added = client.post(
            "/catalog/positions/new?system_model=BUS",
            data={"system_model": "BUS", "code": code, "name": f"Name {code}", "parent": parent},
        )
        assert (added.status_code, added.headers["Location"]) == (302, "/catalog/models/BUS")
    tree = client.get("/catalog/models/BUS").get_data(as_text=True)
    assert tree.index("ENG") < tree.index("FAN") < tree.index("BELT")
    edits = re.findall(r"/catalog/positions/[0-9a-f-]{36}/edit", tree)
    refused = client.post(edits[0], data={"name": "Engine", "parent": "BELT"})
    assert (refused.status_code, "cannot be above it" in text_of(refused)) == (422, True)
    assert client.post(edits[2], data={"name": "Belt", "parent": "", "filled": "parent"}).status_code == 302
    api = client.get("/api/v1/system-models/BUS").get_json()["positions"]
    assert {one["code"]: one["depth"] for one in api} == {"ENG": 0, "FAN": 1, "BELT": 0}


def test_codes_are_added_reworded_retired_and_taken_into_use_again(served: Served) -> None:
    client = served.client("quality")
    made = client.post(
        "/catalog/codes/new", data={"kind": "symptom", "code": "0022", "name": "Hiss", "name_zh": "嘶嘶声"}
    )
    assert made.headers["Location"] == "/catalog/codes?kind=symptom"
    page = client.get(made.headers["Location"]).get_data(as_text=True)
    assert "0022" in page
    row = page[page.index("0022") :]
    edit, retire = (re.search(rf"/catalog/codes/[0-9a-f-]+/{act}", row) for act in ("edit", "retire"))
    assert edit is not None
    assert retire is not None
    client.post(edit.group(), data={"name": "Loud hiss", "name_zh": "", "filled": "name_zh"})
    assert client.get(retire.group()).status_code == 200
    client.post(retire.group())
    page = text_of(client.get("/catalog/codes?kind=symptom"))
    assert "0022 retired Loud hiss –" in page
    client.post(retire.group().replace("retire", "restore"))
    assert "0022 Loud hiss –" in text_of(client.get("/catalog/codes?kind=symptom"))


def test_the_starter_set_is_one_click(served: Served) -> None:
    client = served.client("quality")
    assert client.post("/catalog/codes/starter").status_code == 302
    assert client.post("/catalog/codes/starter").status_code == 302
    assert "FTS" in text_of(client.get("/catalog/codes"))


def test_tables_are_downloaded(served: Served) -> None:
    client = served.client("manager")
    for address, column in (
        ("/catalog/part-types/download.csv", "number"),
        ("/catalog/codes/download.csv", "name_zh"),
    ):
        answer = client.get(address)
        assert answer.mimetype == "text/csv"
        assert column in answer.get_data(as_text=True).splitlines()[0]


@pytest.mark.parametrize("role", ["field_engineer", "customer", "manager"])
def test_others_look_only(served: Served, role: str) -> None:
    client = served.client(role)
    for address in (
        "/catalog/part-types",
        "/catalog/part-types/BCU-200",
        "/catalog/models/LRV",
        "/catalog/codes",
    ):
        assert client.get(address).status_code == 200
    for address in (
        "/catalog/part-types/new",
        "/catalog/part-types/BCU-200/edit",
        "/catalog/codes/new",
        "/catalog/metrics/new",
    ):
        assert client.get(address).status_code == 403
    assert client.post("/catalog/codes/starter").status_code == 403
    assert client.get("/catalog/part-types/NONE").status_code == 404
