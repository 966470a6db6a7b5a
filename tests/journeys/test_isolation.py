"""Walls through the door: whatever address they try, people see their own sites and customers their own systems."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fracas.assets.models import Installation, Part, Removal, System, UsageReading
from fracas.core.permissions import Actor
from fracas.failures.models import Attachment, Failure
from fracas.users import queries, workflow
from fracas.users.models import Role
from tests.journeys.addresses import PUBLIC, Address, addresses
from tests.journeys.test_filing import png

HERE, THERE = ("L01", "L08"), ("L09", "L10", "L11", "L12")
WALLED = ("field", "customer")
"""People of EAST and of CITY, who own the cars L01 to L08; L09 to L12 are at WEST and belong to COAST."""


@dataclass
class Other:
    """Everything of the other side: what names it, and the words that would betray it."""

    keys: dict[str, list[str]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    attachment: str = ""
    attached_to: str = ""

    def named_in(self, answer: TestResponse) -> set[str]:
        content = answer.get_data()
        answer.close()
        if content.startswith(b"PK"):
            sheets = openpyxl.load_workbook(io.BytesIO(content)).worksheets
            rows = [row for sheet in sheets for row in sheet.iter_rows(values_only=True)]
            content = str(rows).encode()
        text = content.decode("utf-8", "replace")
        return {word for word in self.words if re.search(rf"\b{re.escape(word)}\b", text)}


@pytest.fixture(scope="module", autouse=True)
def more_doors(door: Any) -> None:
    """An administrator may let them see figures and exports too; the walls must hold there as well."""
    with door.session() as session:
        person = queries.user_by_email(session, "admin@depot.example")
        assert person is not None
        root = Actor.system(person.organisation_id)
        for permission in ("reliability.read", "dashboard.read", "exchange.export"):
            for role in (Role.FIELD_ENGINEER, Role.CUSTOMER):
                workflow.set_permission(session, root, role=role, permission=permission, is_allowed=True)
        session.commit()


@pytest.fixture(scope="module")
def other(door: Any, tmp_path_factory: pytest.TempPathFactory) -> Other:
    made = Other()
    with door.session() as session:
        cars = session.scalars(select(System).where(System.serial.in_(THERE))).unique().all()
        ids = [car.id for car in cars]
        failures = session.scalars(select(Failure).where(Failure.system_id.in_(ids))).unique().all()
        parts = session.scalars(select(Part).where(Part.serial.regexp_match("^L(09|1[012])"))).unique().all()
        stays = session.scalars(select(Installation).where(Installation.system_id.in_(ids))).unique().all()
        removals = (
            session.scalars(select(Removal).where(Removal.part_id.in_([p.id for p in parts]))).unique().all()
        )
        readings = session.scalars(select(UsageReading).where(UsageReading.system_id.in_(ids))).unique().all()
        rows: dict[str, Any] = {"systems": cars, "failures": failures, "parts": parts, "installations": stays,
                                "removals": removals, "usage-readings": readings}  # fmt: skip
        for kind, found in rows.items():
            assert found, kind
            made.keys[kind] = [str(found[0].id)]
            made.words |= {str(row.id) for row in found}
        for kind, natural in (("systems", "serial"), ("failures", "number"), ("parts", "serial")):
            made.keys[kind].append(getattr(rows[kind][0], natural))
            made.words |= {getattr(row, natural) for row in rows[kind]}
        made.attached_to = failures[0].number
    content = png(tmp_path_factory.mktemp("photo")).read_bytes()
    sent = door.app.test_client().post(
        f"/api/v1/failures/{made.attached_to}/attachments?file_name=their-secret.png",
        data=content, headers=door.bearer("quality"),
    )  # fmt: skip
    assert sent.status_code == 201, sent.text
    with door.session() as session:
        made.attachment = str(session.scalars(select(Attachment.id)).one())
    made.words |= {made.attachment, "their-secret.png"}
    return made


def somebody(door: Any, name: str) -> FlaskClient:
    client: FlaskClient = door.app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = door.bearer(name)["Authorization"]
    return client


@pytest.fixture(params=WALLED)
def walled(request: pytest.FixtureRequest, door: Any) -> FlaskClient:
    return somebody(door, request.param)


def test_the_other_side_is_there_for_those_who_see_all(door: Any, other: Other) -> None:
    """Or the tests below would prove nothing."""
    client = somebody(door, "manager")
    for path in (
        "/failures/",
        "/systems",
        "/parts",
        "/export/failures.xlsx",
        "/api/v1/usage-readings?limit=200",
    ):
        assert other.named_in(client.get(path)), path


def test_nothing_that_needs_no_key_names_the_other_side(door: Any, walled: FlaskClient, other: Other) -> None:
    betrayed, seen = {}, 0
    for address in addresses(door.app, "GET"):
        if address.arguments or address.endpoint in PUBLIC:
            continue
        is_figure = re.search("reliability|life-data|spares", address.rule)
        for query in ("", "part_type=V-7&metric=km" if is_figure else "text=L&limit=200"):
            path = f"{address.rule}?{query}"
            answer = walled.get(path)
            assert answer.status_code in (200, 302, 400, 403, 404, 422), (path, answer.status_code)
            seen += answer.status_code == 200
            if found := other.named_in(answer):
                betrayed[path] = sorted(found)[:3]
    assert betrayed == {}
    assert seen > 15


SEARCHES = (
    "/failures/?text=L09", "/failures/?system=L09", "/failures/?text=their-secret", "/failures/download.csv?system=L09",
    "/systems?text=L09", "/systems?site=WEST", "/parts?text=L09B1", "/failures/?site=WEST", "/find?serial=L09",
    "/find?serial=L09B1-0", "/failures/file/lookup?serial=L09", "/failures/file/lookup?serial=L09B1-0",
    "/api/v1/failures?system=L09", "/api/v1/failures?text=L09", "/api/v1/systems?text=L09", "/api/v1/parts?text=L09",
    "/api/v1/installations?system=L09", "/api/v1/usage-readings?system=L09", "/api/v1/installations?part=L09B1-0",
    "/api/v1/life-data?part_type=V-7&site=WEST", "/reliability/lives?part_type=V-7&site=WEST",
    "/reliability/fleet?site=WEST", "/dashboard?site=WEST", "/dashboard/systems.csv?period=all&by=system",
)  # fmt: skip


def test_customers_do_not_learn_of_one_another(door: Any) -> None:
    client = somebody(door, "customer")
    for address in addresses(door.app, "GET"):
        if not address.arguments and address.endpoint not in PUBLIC:
            with client.get(address.rule) as answer:
                assert "Coast Rail" not in answer.get_data(as_text=True), address.rule


@pytest.mark.parametrize("path", SEARCHES)
def test_asking_for_the_other_side_by_name_finds_nothing(
    walled: FlaskClient, other: Other, path: str
) -> None:
    answer = walled.get(path)
    assert answer.status_code in (200, 302, 403, 404, 422), answer.text
    asked = set(re.findall(r"=([\w-]+)", path))  # a page may repeat what was typed
    assert other.named_in(answer) - asked == set()
    if answer.is_json and "items" in (answer.json or {}):
        assert answer.json["items"] == []  # type: ignore[index]


def keyed(door: Any, other: Other, *methods: str) -> Iterator[tuple[Address, str]]:
    """Every address that takes a key of something that has a site, with the other side's keys."""
    for address in addresses(door.app, *methods):
        if address.arguments == ("key",) and address.kind in other.keys:
            for key in other.keys[address.kind]:
                if "uuid:" not in address.rule or len(key) == 36:
                    yield address, address.path({"key": key})


def test_every_page_of_a_record_of_theirs_is_not_there(door: Any, walled: FlaskClient, other: Other) -> None:
    tried = list(keyed(door, other, "GET"))
    assert len(tried) > 20
    for _, path in tried:
        answer = walled.get(path)
        assert answer.status_code in (403, 404), (path, answer.status_code)
        named = {word for word in other.named_in(answer) if word not in path}  # a refusal repeats the key
        assert named == set(), path


@pytest.mark.parametrize("who", ["service", "customer"])
def test_every_verb_on_a_record_of_theirs_is_refused(door: Any, who: str, other: Other) -> None:
    client = somebody(door, who)
    tried = list(keyed(door, other, "POST"))
    assert len(tried) > 30
    for address, path in tried:
        body = {"json": {"reason": "mine now"}} if address.is_api else {"data": {"reason": "mine now"}}
        answer = client.post(path, **body)
        assert answer.status_code in (403, 404, 422), (path, answer.status_code, answer.text)


def test_their_photo_is_not_shown(walled: FlaskClient, other: Other, door: Any) -> None:
    mine = door.get("/failures", who="quality", site="EAST")["items"][0]["number"]
    for prefix in ("", "/api/v1"):
        for number in (other.attached_to, mine):  # not under the address of an own report either
            assert walled.get(f"{prefix}/failures/{number}/attachments/{other.attachment}").status_code == 404


def test_verbs_that_name_records_in_their_input_do_not_reach_over_the_wall(door: Any, other: Other) -> None:
    """The register's verbs take serials; those of the other side are unknown to it."""
    car, part = "L09", "L09B1-0"
    when = "2026-01-01T10:00+08:00"
    tried = {
        "/failures": {"system": car, "symptom": "x", "occurred_at": when, "usage_not_read_reason": "dark"},
        "/usage-readings": {"system": car, "metric": "km", "value": 1, "occurred_at": when},
        "/installations": {"part": "NEW-8", "system": car, "position": "B1.VALVE", "occurred_at": when},
        "/installations/remove": {"part": part, "cause": "other", "occurred_at": when},
        "/installations/move": {"part": part, "system": "L01", "position": "B1.VALVE", "occurred_at": when},
        "/parts/conditions": {"part": part, "condition": "quarantined", "basis": "x"},
    }
    for path, body in tried.items():
        answer = door.post(path, "service", body)
        assert answer.status_code in (403, 422), (path, answer.text)
        theirs = {found for found in other.named_in(answer) if found not in body.values()}
        assert theirs == set(), answer.text


def test_figures_of_a_walled_reader_rest_on_own_records_only(door: Any) -> None:
    everything = door.get("/life-data", part_type="V-7", metric="km")
    assert {row["system"] for row in everything["rows"]} >= set(THERE)
    for who in ("field", "customer"):
        own = door.get("/life-data", who=who, part_type="V-7", metric="km")
        assert {row["system"] for row in own["rows"]} == {f"L{number:02}" for number in range(1, 9)}
        for path in ("/reliability/weibull", "/reliability/mtbf", "/spares"):
            whole = door.get(path, part_type="V-7", metric="km")
            part = door.get(path, who=who, part_type="V-7", metric="km")
            name = {"/reliability/weibull": "eta", "/spares": "demand"}.get(path)
            (whole, part) = (whole[name], part[name]) if name else (whole, part)
            assert part["failures"] < whole["failures"], path
            assert part["exposure"] < whole["exposure"], path
        assert door.get("/reliability/mcf", who=who)["systems"] == 8


def test_exports_name_nothing_of_theirs(walled: FlaskClient, other: Other) -> None:
    for kind in ("failures", "systems", "parts", "installations", "usage", "actions", "problems"):
        for form in ("csv", "xlsx"):
            answer = walled.get(f"/export/{kind}.{form}")
            assert answer.status_code in (200, 403), (kind, answer.status_code)
            assert other.named_in(answer) == set(), (kind, form)
