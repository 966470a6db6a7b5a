"""Verbs of records without stages: the pages ask, clear what comes back empty, and refuse what is stale."""

from __future__ import annotations

import re

import pytest
from apiflask import APIBlueprint, APIFlask
from flask import Blueprint
from flask.testing import FlaskClient

from fracas.assets import forms, queries, workflow
from fracas.catalog import queries as catalog
from fracas.web import api as web_api
from fracas.web.records import Act, Records, add_api, add_pages, page_of_new
from tests.factories.served import Served, served, served_app, text_of  # noqa: F401 - fixtures


class SystemShown(web_api.Output):
    serial: str
    name: str | None
    version: int


PAGES = Blueprint("records_probe", __name__, url_prefix="/records-probe")
API = APIBlueprint("records_probe_api", __name__, url_prefix="/api/v1/records-probe")
SYSTEM = Records(
    "system", "/systems/<path:key>", queries.system, lambda system: f"/home/{system.serial}", lambda system: system.serial,
    acts=(
        Act("edit", workflow.edit_system, forms.EditSystem),
        Act("commission", workflow.commission, forms.Commission),
        Act("correct_commissioning", workflow.correct_commissioning, forms.CorrectCommissioning),
    ),
    zone=lambda system: "Asia/Shanghai", values=lambda system, act: {"name": system.name},
)  # fmt: skip
add_pages(PAGES, SYSTEM)
add_api(API, SYSTEM, SystemShown, SystemShown.model_validate)


@PAGES.route("/new", methods=["GET", "POST"])
def new() -> object:
    act = Act("new", workflow.register_system, forms.RegisterSystem)
    return page_of_new(act, title="Register it", back="/back", done=lambda made: f"/home/{made.serial}")


@pytest.fixture
def client(served: Served) -> FlaskClient:  # noqa: F811 - the fixture
    app: APIFlask = served.app  # type: ignore[assignment]
    if "records_probe" not in app.blueprints:
        app._got_first_request = False
        app.register_blueprint(PAGES)
        app.register_blueprint(API)
    return served.client("administrator")


def test_an_act_is_named_by_its_verb() -> None:
    act = SYSTEM.acts[2]
    assert (act.permission, act.needs_reason) == ("system.correct_commissioning", True)
    assert SYSTEM.acts[0].needs_reason is False


def filled(page: str) -> list[str]:
    return re.findall(r'name="filled" value="(\w+)"', page)


def test_a_page_shows_what_is_there_and_clears_what_comes_back_empty(client: FlaskClient) -> None:
    address = "/records-probe/systems/S1/edit"
    sent = {"name": "Tram", "site": "DEPOT", "configuration": "C1"}
    assert client.post(address, data=sent).headers["Location"] == "/home/S1"
    page = client.get(address).get_data(as_text=True)
    assert 'value="Tram"' in page
    assert filled(page) == ["name"]
    assert 'value="Bus"' in client.get(f"{address}?name=Bus").get_data(as_text=True)
    client.post(address, data={**sent, "name": ""})
    assert 'value="Tram"' in client.get(address).get_data(as_text=True), (
        "it was not shown to whoever sent this"
    )
    client.post(address, data={**sent, "name": "", "filled": filled(page)})
    assert 'value="Tram"' not in client.get(address).get_data(as_text=True)
    assert client.post(address, data={"site": "", "filled": ["site"]}).status_code == 422


def test_the_api_takes_back_what_it_is_given_as_null(client: FlaskClient) -> None:
    address = "/api/v1/records-probe/systems/S1/edit"
    assert client.post(address, json={"name": "Tram"}).get_json()["name"] == "Tram"
    assert client.post(address, json={"configuration": None}).get_json()["name"] == "Tram"
    assert client.post(address, json={"name": None}).get_json()["name"] is None
    refused = client.post(address, json={"site": None})
    assert (refused.status_code, "This is needed." in refused.text) == (422, True)


def test_a_stale_save_is_told_and_nothing_is_overwritten(client: FlaskClient) -> None:
    address = "/records-probe/systems/S1/edit"
    version = re.search(r'name="if_version" value="(\d+)"', client.get(address).get_data(as_text=True))
    assert version is not None
    sent = {"site": "DEPOT", "if_version": version.group(1)}
    assert client.post(address, data={**sent, "name": "first"}).status_code == 302
    stale = client.post(address, data={**sent, "name": "second"})
    assert (stale.status_code, "changed by somebody else" in text_of(stale)) == (412, True)
    assert 'value="second"' in stale.get_data(as_text=True)  # what was typed stays
    shown = client.post("/api/v1/records-probe/systems/S1/edit", json={})
    assert shown.get_json()["name"] == "first"


def test_a_wall_clock_is_the_sites(served: Served, client: FlaskClient) -> None:  # noqa: F811
    client.post("/records-probe/systems/S2/commission", data={"occurred_at": "2022-06-01T08:00"})
    with served.app.extensions["fracas.sessions"]["read"]() as session:
        system = queries.system(session, served.loop.actor, "S2")
        life = queries.service_life(session, system)
        assert life.commissioned_at is not None
        assert life.commissioned_at.isoformat() == "2022-06-01T00:00:00+00:00"
        assert catalog.system_models(session, served.loop.actor)


def test_a_reason_is_asked_for_where_one_is_needed(client: FlaskClient) -> None:
    client.post("/records-probe/systems/S1/commission", data={"occurred_at": "2022-06-01T08:00"})
    address = "/records-probe/systems/S1/correct_commissioning"
    assert 'name="reason"' in client.get(address).get_data(as_text=True)
    assert 'name="reason"' not in client.get("/records-probe/systems/S1/edit").get_data(as_text=True)
    assert client.post(address, data={"occurred_at": "2022-06-02T08:00"}).status_code == 422
    done = client.post(address, data={"occurred_at": "2022-06-02T08:00", "reason": "papers"})
    assert done.status_code == 302


def test_the_api_answers_with_the_record_and_its_etag(client: FlaskClient) -> None:
    address = "/api/v1/records-probe/systems/S1/edit"
    first = client.post(address, json={"name": "one"})
    assert (first.status_code, first.get_json()["name"]) == (200, "one")
    etag = first.headers["ETag"]
    assert client.post(address, json={"name": "two"}, headers={"If-Match": etag}).status_code == 200
    assert client.post(address, json={"name": "three"}, headers={"If-Match": etag}).status_code == 412
    assert client.post(address, json={"colour": "red"}).status_code == 422
    assert client.post("/api/v1/records-probe/systems/NONE/edit", json={}).status_code == 404


def test_a_new_record_is_asked_for_and_leads_to_its_page(client: FlaskClient) -> None:
    page = client.get("/records-probe/new?serial=T9").get_data(as_text=True)
    assert 'value="T9"' in page
    assert "Register it" in page
    refused = client.post("/records-probe/new", data={"serial": "S1", "system_model": "LRV", "site": "DEPOT"})
    assert (refused.status_code, "There is a system “S1” already" in text_of(refused)) == (422, True)
    made = client.post("/records-probe/new", data={"serial": "T9", "system_model": "LRV", "site": "DEPOT"})
    assert made.headers["Location"] == "/home/T9"


def test_who_may_not_is_refused_before_anything_is_shown(served: Served, client: FlaskClient) -> None:  # noqa: F811
    other = served.client("manager")
    for address in ("/records-probe/new", "/records-probe/systems/S1/edit"):
        assert other.get(address).status_code == 403
        assert other.post(address, data={"name": "mine"}).status_code == 403
