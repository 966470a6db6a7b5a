"""Every address, whoever asks and whatever is sent: an answer, never an error of ours, and nothing of our inside."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fracas.catalog.models import Position
from fracas.core.backup import backup, restore
from fracas.core.errors import FracasError
from fracas.core.permissions import KNOWN, Actor
from fracas.exchange import importing
from fracas.exchange.mapping import ImportMap, read_map
from fracas.organisations import workflow as organisations
from fracas.users import queries, workflow
from fracas.users.models import Role
from tests.conftest import BACKENDS
from tests.journeys import depot
from tests.journeys.addresses import PUBLIC, Address, addresses
from tests.journeys.conftest import Door
from tests.journeys.garbage import METHODS, Case, Spec, garbage, wrong_with

ROLES = ("field", "service", "reliability", "approver", "manager", "customer", "admin")
ALMIGHTY = "quality"
"""Who is given every permission here, so that nothing hides behind a refusal."""
A_FEW, MANY = 2, 150
"""Pieces of garbage for an address, in `make test` and in `make fuzz`."""
KNOCKING = 3
"""How many of the roles knock at one address in `make test`, drawn for each; in `make fuzz` all do."""


class House:
    """The depot on SQLite or PostgreSQL, a key that exists for every kind of record, and people who knock."""

    def __init__(self, door: Any) -> None:
        self.door = door
        self.seen: Counter[int] = Counter()
        self.wrong: list[str] = []
        with door.session() as session:
            person = queries.user_by_email(session, depot.email(ALMIGHTY))
            assert person is not None
            root = Actor.system(person.organisation_id)
            for permission in sorted(KNOWN):
                workflow.set_permission(
                    session, root, role=Role.QUALITY, permission=permission, is_allowed=True
                )
            organisations.add_supplier(session, root, code="SUP", name="Supplier")
            position = session.scalars(select(Position.id)).first()
            session.commit()
        self.nobody: FlaskClient = door.app.test_client()
        self.spec = Spec(self.nobody.get("/api/v1/openapi.json").json)
        problem = door.post("/problems", ALMIGHTY, {"title": "Leaks"}).json["number"]
        planned = {"title": "Seal", "problem": problem, "action_type": "corrective", "owner": depot.email("approver"),
                   "due_on": "2027-01-01", "effective_from_at": "2026-01-01T00:00Z"}  # fmt: skip
        self.keys = {
            "problems": problem,
            "actions": door.post("/actions", ALMIGHTY, planned).json["number"],
            "positions": position, "systems": "L01", "parts": "L01B1-0", "sites": "EAST", "part-types": "V-7",
            "models": "LRV", "system-models": "LRV", "customers": "CITY", "suppliers": "SUP",
            "people": depot.email("customer_coast"), "dashboard": "systems", "export": "failures", "work": "failure",
        }  # fmt: skip
        for kind in ("failures", "codes", "installations", "usage-readings"):
            item = door.get(f"/{kind}", ALMIGHTY)["items"][0]
            self.keys[kind] = item.get("number") or item["id"]
        self.keys["removals"] = self.keys["installations"]

    def addresses(self) -> list[Address]:
        """All; the matrix last, as garbage there takes everybody's permissions away."""
        return sorted(addresses(self.door.app), key=lambda one: (one.rule == "/people/matrix", one.rule))

    def path(self, address: Address) -> str:
        return address.path(dict.fromkeys(address.arguments, self.keys.get(address.kind, "x")))

    def knock(self, who: str, address: Address, case: Case, method: str = "") -> int:
        path, told = case
        client = self.door.client(who) if who else self.nobody
        method = method or address.method
        answer = client.open(path, method=method, **told)
        if found := wrong_with(answer, is_api=path.startswith("/api/")):
            self.wrong.append(f"{who or 'nobody'}: {method} {path[:90]} {str(told)[:300]}: {found}")
        self.seen[answer.status_code] += 1
        return answer.status_code


@pytest.fixture(scope="module", params=BACKENDS)
def house(
    request: pytest.FixtureRequest, door: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    if request.param == "sqlite":
        yield House(door)
        return
    server = request.getfixturevalue("postgres_server")
    url = server.create(request.getfixturevalue("postgres_template"))
    archive: Path = tmp_path_factory.mktemp("moved") / "depot.zip"
    backup(f"sqlite:///{request.getfixturevalue('depot_file')}", archive)
    restore(url, archive)
    moved = Door(url)
    yield House(moved)
    moved.close()
    server.drop(url)


def some(house: House, address: Address, who: str, count: int) -> list[Case]:
    """Garbage for that address, drawn anew for everybody but the same each time."""
    cases = list(garbage(address, house.path(address), house.spec))
    return random.Random(f"{address.rule} {address.method} {who}").sample(cases, min(count, len(cases)))


def knock_as(house: House, roles: int) -> None:
    """Nobody is let in; each of some roles comes with something in order and with something that is not."""
    for address in house.addresses():
        drawn = random.Random(f"{address.rule} {address.method}").sample(ROLES, roles)
        for number, who in enumerate(("", *drawn)):
            plain: Case = (house.path(address), {})
            for case in [plain] if number % 2 == 0 else some(house, address, who, 1):
                status = house.knock(who, address, case)
                assert who or status != 200 or address.endpoint in PUBLIC, address
    assert house.wrong == []


def send_garbage(house: House, count: int) -> None:
    for address in house.addresses():
        for case in some(house, address, ALMIGHTY, count):
            house.knock(ALMIGHTY, address, case)
    assert house.wrong == []
    assert {200, 404, 422} <= house.seen.keys()


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_nobody_and_the_roles_knock_at_every_door(house: House) -> None:
    knock_as(house, KNOCKING)


def test_garbage_at_every_door(house: House) -> None:
    send_garbage(house, A_FEW)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_methods_that_an_address_does_not_take(house: House) -> None:
    for address in house.addresses():
        others = sorted({*METHODS} - taken(house.door.app, address.rule))
        house.knock("", address, (house.path(address), {}), random.Random(address.rule).choice(others))
        for method in ("HEAD", "OPTIONS"):
            house.knock(ALMIGHTY, address, (house.path(address), {}), method)
    assert house.wrong == []
    assert house.seen[405] > len(METHODS)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_a_file_whose_precondition_fails(house: House) -> None:
    script = next(one for one in house.addresses() if one.endpoint == "failures.worker")
    before = len(house.wrong)
    assert house.knock(ALMIGHTY, script, (house.path(script), {"headers": {"If-Match": '"another"'}})) == 412
    assert house.wrong[before:] == []


@cache
def taken(app: Any, rule: str) -> set[str]:
    return {method for one in app.url_map.iter_rules() if str(one) == rule for method in one.methods or ()}


# ------------------------------------------------------------------ the long way: make fuzz


@pytest.mark.slow
def test_every_role_knocks_at_every_door(house: House) -> None:
    knock_as(house, len(ROLES))


@pytest.mark.slow
def test_much_garbage_at_every_door(house: House) -> None:
    send_garbage(house, MANY)


@pytest.mark.slow
def test_the_api_keeps_its_description(house: House) -> None:
    """What schemathesis makes of our own description of the API, good and bad."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house.door.app)
    token = house.door.bearer(ALMIGHTY)
    for found in schema.get_all_operations():

        @settings(max_examples=30, database=None, suppress_health_check=list(HealthCheck))
        @given(case=found.ok().as_strategy())  # type: ignore[union-attr]
        def call(case: Any) -> None:
            answer = case.call(headers=token)
            kind = answer.headers.get("content-type", [""])[0]
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            assert answer.status_code < 400 or kind == "application/problem+json", case.as_curl_command()

        call()


TABLES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(alphabet="a,;\"'\r\n\t\x00|é中=", max_size=200).map(str.encode),
    st.text(max_size=100).map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.binary(max_size=200).map(lambda content: b"PK\x03\x04" + content),
    st.binary(max_size=600).map(lambda content: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + content),
)
SOME_WORDS = st.text(alphabet="[]{}=\"'\n #.,abfilecounstx0123-:T\\u\x00é", max_size=120)
MAPS = st.one_of(
    SOME_WORDS,
    *(
        SOME_WORDS.map(lambda text, head=head: head + text)  # type: ignore[misc]
        for head in (
            "[file]\n",
            "[columns]\n",
            "[constants]\nsystem=",
            "[window]\nstart=",
            "[file]\ntime_zone=",
        )
    ),
)


@pytest.mark.slow
@settings(max_examples=3000, suppress_health_check=list(HealthCheck), database=None)
@given(TABLES)
def test_any_bytes_are_a_table_or_are_refused(content: bytes) -> None:
    try:
        table = importing.read_table(content, ImportMap())
    except FracasError:
        return
    assert table.columns


@pytest.mark.slow
@settings(max_examples=3000, suppress_health_check=list(HealthCheck), database=None)
@given(MAPS)
def test_any_text_is_a_map_or_is_refused(text: str) -> None:
    try:
        assert isinstance(read_map(text), ImportMap)
    except FracasError:
        return
