from __future__ import annotations

import pytest

from tests.factories.served import Served, text_of


def test_the_page_shows_sites_customers_and_suppliers(served: Served) -> None:
    page = served.client("administrator").get("/organisation/")
    assert page.status_code == 200
    assert "DEPOT" in text_of(page)


def test_an_administrator_adds_and_edits(served: Served) -> None:
    client = served.client("administrator")
    for kind, facts in (
        ("sites", {"code": "SHG", "name": "Shanghai <1>", "time_zone": "Asia/Shanghai"}),
        ("customers", {"code": "C9", "name": "City"}),
        ("suppliers", {"code": "V9", "name": "Valves"}),
    ):
        assert client.get(f"/organisation/{kind}/new").status_code == 200
        answer = client.post(f"/organisation/{kind}/new", data=facts)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/organisation/")
        edit = f"/organisation/{kind}/{facts['code']}/edit"
        assert facts["code"] in client.get(edit).get_data(as_text=True)
        renamed = client.post(edit, data={**facts, "name": f"{kind} renamed"})
        assert renamed.status_code == 302
        assert f"{kind} renamed" in text_of(client.get("/organisation/"))


def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(served: Served) -> None:
    client = served.client("administrator")
    answer = client.post("/organisation/sites/new", data={"code": "X", "name": "Typed", "time_zone": "Mars"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "“Mars” is no time zone" in page
    assert 'value="Typed"' in page


@pytest.mark.parametrize("role", ["field_engineer", "manager"])
def test_others_look_only(served: Served, role: str) -> None:
    client = served.client(role)
    assert client.get("/organisation/").status_code == 200
    assert client.get("/organisation/sites/new").status_code == 403
    assert client.post("/organisation/sites/DEPOT/edit", data={"name": "mine"}).status_code in (403, 404)


def test_a_customer_does_not_look(served: Served) -> None:
    assert served.client("customer").get("/organisation/").status_code == 403
