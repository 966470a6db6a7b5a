"""Records behind ids, as a timeline tells them: by their natural keys, within the reader's walls, in few queries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event

from fracas.core.db import Base
from fracas.core.history import SILENT
from fracas.web.references import _tables, referenced
from tests.factories.loop import ANALYSIS, WHOLLY_OURS
from tests.factories.served import Served, served, served_app, text_of  # noqa: F401 - fixtures

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def timeline(page: str) -> str:
    return page[page.index('<ol class="timeline">') :]


@pytest.mark.usefixtures("served")
def test_every_record_that_a_history_can_point_to_has_something_to_be_called() -> None:
    kept = {
        m.class_.__tablename__
        for m in Base.registry.mappers
        if getattr(m.class_, "__history__", ()) is not None
    }
    pointed = {
        referenced(table, column.name)
        for table in kept - {"history_entry"}
        for column in Base.metadata.tables[table].columns
        if column.name not in SILENT
    }
    assert pointed - {None} - _tables.keys() == set()


def test_a_list_of_ids_points_by_its_name_and_what_is_gone_points_nowhere() -> None:
    assert referenced("containment", "part_ids") == "part"
    assert referenced("action", "owner_id") == "user"
    assert referenced("action", "title") is None
    assert referenced("table_of_long_ago", "owner_id") is None


@pytest.fixture
def told(served: Served) -> tuple[str, str]:  # noqa: F811
    """A report with a swap and containment, and its problem: the pages of both."""
    loop = served.loop
    failure = loop.report(part="V1")
    loop.complete(failure, maintenance_kind="replace", part_out="V1", part_in="V2")
    loop.do("verify", failure, outcome="confirmed", method="bench", mode="ELK")
    loop.do("score", failure, answers=WHOLLY_OURS)
    loop.do("contain", failure, is_needed=True, note="same lot", parts=["V2"])
    problem = loop.problem(failures=[failure.number], owner=loop.person("reliability_engineer").email)
    loop.on("analyse", problem, **ANALYSIS)
    served.keep()
    return f"/failures/{failure.number}", f"/problems/{problem.number}"


def test_no_page_shows_an_id_in_its_timeline(served: Served, told: tuple[str, str]) -> None:  # noqa: F811
    client = served.client("administrator")
    for path in (*told, "/parts/V1", "/parts/V2", "/systems/S1", "/catalog/part-types/V-7"):
        page = client.get(path).get_data(as_text=True)
        assert UUID.findall(re.sub(r"<[^>]+>", " ", timeline(page))) == [], path


def test_links_lead_to_the_records(served: Served, told: tuple[str, str]) -> None:  # noqa: F811
    client = served.client("administrator")
    shown = timeline(client.get(told[0]).get_data(as_text=True))
    links = set(re.findall(r'href="(/[^"]+)"', shown))
    assert {link.split("/")[1] for link in links} >= {"systems", "parts", "catalog"}
    for link in links:
        assert client.get(link).status_code == 200, link
    assert f'href="{told[0]}"' in timeline(client.get(told[1]).get_data(as_text=True))


def test_who_may_not_open_or_see_a_record_gets_no_link_to_it(served: Served, told: tuple[str, str]) -> None:  # noqa: F811
    owner = served.loop.person("reliability_engineer")
    for role, shown, link in (("administrator", owner.name, True), ("approver", owner.name, False)):
        page = timeline(served.client(role).get(told[1]).get_data(as_text=True))
        assert (shown in page, f"/people/{owner.email}" in page) == (True, link), role


def test_a_customer_is_not_told_who_the_people_of_others_are(served: Served) -> None:  # noqa: F811
    failure = served.loop.report(served.loop.as_("quality").also("failure.file"), system="S2")
    client = served.client("customer")
    page = timeline(client.get(f"/failures/{failure.number}").get_data(as_text=True))
    assert "a record you may not see" in page


def test_the_number_of_queries_does_not_grow_with_the_timeline(served: Served) -> None:  # noqa: F811
    loop, client = served.loop, served.client("quality")
    failure = loop.report()
    seen: list[str] = []
    engine = served.app.extensions["engine"]

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    def asked() -> int:
        served.keep()
        seen.clear()
        assert client.get(f"/failures/{failure.number}").status_code == 200
        return len(seen)

    event.listen(engine, "before_cursor_execute", note)
    try:
        loop.do("amend", failure, part="V1", reason="seen")
        first = asked()
        for part in (None, "V1", None, "V1"):
            loop.do("amend", failure, part=part, reason="again")
        assert asked() == first
    finally:
        event.remove(engine, "before_cursor_execute", note)
