"""The pages of the register, as a browser without scripts uses them."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.factories.served import Served, text_of


@pytest.fixture
def client(served: Served) -> FlaskClient:
    register = served.loop
    for serial, lot in (("A", "L1"), ("B", None)):
        register.part(serial, lot=lot)
    register.install("A", at=0)
    register.read(100, 1)
    served.keep()
    return served.client("administrator")


def test_a_system_shows_its_tree_and_what_is_in_it(client: FlaskClient) -> None:
    page = client.get("/systems/S1")
    assert page.status_code == 200
    text = text_of(page)
    assert text.index("BRAKE") < text.index("B1.BCU") < text.index("B1.VALVE")
    assert re.search(r"B1\.BCU Position B1\.BCU BCU-200 A L1 2023-01-01", text)
    assert "100 h" in text
    assert client.get("/systems/NONE").status_code == 404


def test_every_stay_is_told_the_older_ones_behind_a_line(client: FlaskClient, served: Served) -> None:
    register = served.loop
    for i in range(42):
        register.remove("A", at=10 * i + 5)
        register.install("A", at=10 * i + 10)
    served.keep()
    page = client.get("/systems/S1")
    assert "34 earlier stays" in text_of(page)
    assert page.get_data(as_text=True).partition("What went in and out")[2].count("<li><b>") == 44


def test_lists_are_narrowed_and_downloaded(client: FlaskClient) -> None:
    assert "S2" in text_of(client.get("/systems?site=YARD"))
    assert ">S1<" not in client.get("/systems?site=YARD").get_data(as_text=True)
    parts = text_of(client.get("/parts?part_type=BCU-200"))
    assert re.search(r"A BCU-200 L1 serviceable S1 · B1\.BCU", parts)
    assert re.search(r"B BCU-200 – serviceable installed nowhere", parts)
    systems = client.get("/systems/download.csv?text=S1").get_data(as_text=True).splitlines()
    assert "commissioned_at" in systems[0]
    assert len(systems) == 2
    lines = client.get("/parts/download.csv?lot=L1").get_data(as_text=True).splitlines()
    assert lines[1].startswith("A,BCU-200,L1,serviceable,S1,B1.BCU,2023-01-01")
    assert "A" in client.get("/systems/S1/installations.csv").get_data(as_text=True)


def test_a_part_type_counts_its_serials(client: FlaskClient) -> None:
    text = text_of(client.get("/catalog/part-types/BCU-200"))
    assert "2 serials are registered · 1 installed · 1 serviceable on the shelf" in text


def test_a_swap_starts_from_the_position(client: FlaskClient) -> None:
    page = client.get("/systems/S1").get_data(as_text=True)
    link = re.search(r'href="(/systems/S1/swap\?[^"]+)"', page)
    assert link is not None
    address = link.group(1).replace("&amp;", "&")
    form = client.get(address).get_data(as_text=True)
    assert 'value="B1.BCU"' in form
    sent = {
        "position": "B1.BCU",
        "part_out": "A",
        "part_in": "B",
        "cause": "preventive",
        "occurred_at": "2023-02-01T08:00",
    }
    wrong = client.post("/systems/S1/swap", data={**sent, "part_out": "B", "part_in": ""})
    assert (wrong.status_code, "the register has A in S1 at B1.BCU" in text_of(wrong)) == (422, True)
    assert client.post("/systems/S1/swap", data=sent).headers["Location"] == "/systems/S1"
    assert re.search(r"BCU-200 B 2023-02-01", text_of(client.get("/systems/S1")))


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("system", {"serial": "S9", "system_model": "LRV", "site": "DEPOT"}),
        ("part", {"serial": "P9", "part_type": "BCU-200", "site": "DEPOT"}),
        ("install", {"part": "B", "system": "S1", "position": "B2.BCU", "occurred_at": "2023-02-01T08:00"}),
        ("remove", {"part": "A", "cause": "failure", "occurred_at": "2023-02-01T08:00"}),
        ("move", {"part": "A", "system": "S1", "position": "B2.BCU", "occurred_at": "2023-02-01T08:00"}),
        ("condition", {"part": "B", "condition": "quarantined", "basis": "lot"}),
        ("reading", {"system": "S1", "metric": "hours", "value": "120"}),
    ],
)
def test_every_entry_has_its_page(client: FlaskClient, path: str, facts: dict[str, str]) -> None:
    assert client.get(f"/register/{path}").status_code == 200
    empty = client.post(f"/register/{path}", data={})
    assert empty.status_code == 422
    done = client.post(f"/register/{path}", data=facts)
    assert done.status_code == 302, text_of(done)
    assert client.get(done.headers["Location"]).status_code == 200


def test_what_came_back_empty_is_cleared_and_a_stale_save_is_told(client: FlaskClient) -> None:
    page = client.get("/systems/S2/edit").get_data(as_text=True)
    version = re.search(r'name="if_version" value="(\d+)"', page)
    assert version is not None
    assert re.search(r'<option value="METRO" selected>', page)
    sent = {
        "site": "YARD",
        "name": "Tram",
        "customer": "",
        "filled": "customer",
        "if_version": version.group(1),
    }
    assert client.post("/systems/S2/edit", data=sent).status_code == 302
    shown = client.get("/api/v1/systems/S2").get_json()
    assert (shown["name"], shown["customer"], shown["site"]) == ("Tram", None, "YARD")
    stale = client.post("/systems/S2/edit", data={**sent, "name": "Lost"})
    assert stale.status_code == 412
    assert client.get("/api/v1/systems/S2").get_json()["name"] == "Tram"


def test_a_systems_service_is_entered_and_corrected(client: FlaskClient) -> None:
    assert client.post("/systems/S1/commission", data={"occurred_at": "2022-06-01T08:00"}).status_code == 302
    assert "2022-06-01 08:00" in text_of(client.get("/systems/S1"))
    facts = {"occurred_at": "2022-07-01T08:00"}
    assert client.post("/systems/S1/correct_commissioning", data=facts).status_code == 422  # no reason
    assert (
        client.post("/systems/S1/correct_commissioning", data={**facts, "reason": "papers"}).status_code
        == 302
    )
    window = {"start": "2022-07-01T08:00", "end": "2023-07-01T08:00"}
    assert client.post("/systems/S1/observe", data=window).status_code == 302
    assert (
        client.post(
            "/systems/S1/retire", data={"basis": "sold", "occurred_at": "2024-01-01T08:00"}
        ).status_code
        == 302
    )
    text = text_of(client.get("/systems/S1"))
    assert "2022-07-01 08:00" in text
    assert re.search(r"2024-01-01 08:00 UTC ?: sold", text)
    assert "papers" in text  # the timeline says why


def test_facts_are_corrected_from_where_they_are_shown(served: Served, client: FlaskClient) -> None:
    page = client.get("/systems/S1").get_data(as_text=True)
    (stay,) = client.get("/api/v1/installations?part=A").get_json()["items"]
    correct = f"/installations/{stay['id']}/correct"
    assert correct in page
    form = client.get(correct).get_data(as_text=True)
    assert 'value="2023-01-01T00:00' in form
    sent = {"position": "B2.BCU", "reason": "wrong end of the train"}
    assert client.post(correct, data=sent).headers["Location"] == "/systems/S1"
    served.loop.remove("A", 9)
    served.keep()
    page = client.get("/systems/S1").get_data(as_text=True)
    removal = re.search(r"/removals/[0-9a-f-]{36}/retract", page)
    assert removal is not None
    assert client.post(removal.group(), data={"reason": "still there"}).status_code == 302
    readings = client.get("/systems/S1/readings").get_data(as_text=True)
    reading = re.search(r"/usage-readings/[0-9a-f-]{36}/correct", readings)
    assert reading is not None
    fixed = client.post(reading.group(), data={"value": "110", "reason": "misread"})
    assert fixed.headers["Location"] == "/systems/S1/readings"
    assert "110 h" in text_of(client.get("/systems/S1/readings"))


def test_a_part_shows_its_condition_and_where_it_was(served: Served, client: FlaskClient) -> None:
    served.loop.remove("A", 9, "failure")
    served.keep()
    page = client.get("/parts/A")
    text = text_of(page)
    assert "unserviceable" in text
    assert re.search(r"S1 B1\.BCU 2023-01-01 00:00 UTC 2023-01-10 00:00 UTC", text)
    assert client.post("/parts/A/edit", data={"lot": "", "filled": "lot", "site": "YARD"}).status_code == 302
    assert client.get("/api/v1/parts/A").get_json()["lot"] is None


def test_any_serial_leads_to_its_page(client: FlaskClient) -> None:
    assert client.get("/find?serial=S1").headers["Location"] == "/systems/S1"
    assert "/parts/" in client.get("/find?serial=A").headers["Location"]
    assert client.get("/find?serial=NONE").status_code == 404


def test_serials_with_a_slash_have_an_address(served: Served, client: FlaskClient) -> None:
    served.loop.system("7/12")
    served.keep()
    assert client.get("/systems/7/12").status_code == 200
    assert client.get("/systems/7/12/edit").status_code == 200
    assert client.get("/systems/7/12/readings").status_code == 200


@pytest.mark.parametrize("role", ["field_engineer", "manager", "customer"])
def test_who_may_not_is_told_and_is_not_offered(served: Served, client: FlaskClient, role: str) -> None:
    other = served.client(role)
    assert other.get("/systems").status_code == 200
    assert "/register/system" not in other.get("/systems").get_data(as_text=True)
    assert other.get("/register/system").status_code == 403
    assert other.post("/systems/S2/retire", data={"basis": "mine"}).status_code in (403, 404)
