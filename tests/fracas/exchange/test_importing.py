"""The import as a whole: all rows or none, trial, good rows only, repeated records, windows; and a real feed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets import queries
from fracas.assets.models import System
from fracas.core.db import make_engine, session_factory
from fracas.core.errors import Forbidden, Invalid
from fracas.core.permissions import Actor
from fracas.exchange import importing
from fracas.exchange.mapping import read_map, shipped_maps
from fracas.exchange.reports import Report, rejected_csv
from fracas.failures.models import Failure
from tests.factories.exchange import Desk, reasons
from tests.factories.organisations import make_root

HEAD = "external_id,system,occurred_at,symptom,usage_not_read_reason\n"
GOOD = "A-1,S1,2023-04-11,leaks,not read\n"
BAD = "A-2,NOPE,2023-04-11,leaks,not read\n"
FEED_MAP = '[window]\nstart = "2023-01-01"\nend = "2024-01-01"\nbasis = "seen in the feed"\n'


def test_one_bad_row_and_nothing_is_written(desk: Desk) -> None:
    report = desk.bring("failures", HEAD + GOOD + BAD)
    assert (report.is_written, report.good, len(report.bad)) == (False, 1, 1)
    assert "Nothing was written" in str(report.verdict())
    assert desk.count(Failure) == 0


def test_good_rows_can_be_accepted(desk: Desk) -> None:
    report = desk.bring("failures", HEAD + BAD + GOOD, accept_good_rows=True)
    assert report.is_written
    assert [failure.external_id for failure in desk.session.scalars(select(Failure)).unique()] == ["A-1"]


def test_a_trial_writes_nothing_and_tells_everything(desk: Desk) -> None:
    trial = desk.bring("failures", HEAD + GOOD, is_trial=True)
    assert (trial.is_written, trial.good, desk.count(Failure)) == (False, 1, 0)
    assert desk.bring("failures", HEAD + GOOD).outcomes == trial.outcomes


def test_the_refused_rows_can_be_mended_and_fed_back(desk: Desk) -> None:
    content = (HEAD + GOOD + BAD).encode()
    table = importing.read_table(content, read_map(""))
    report = desk.bring("failures", content, accept_good_rows=True)
    mended = rejected_csv(table, report).decode("utf-8-sig").replace("NOPE", "S2")
    assert desk.bring("failures", mended).outcomes["new"] == 1  # type: ignore[index]
    assert desk.count(Failure) == 2


def test_a_line_with_too_many_columns_is_a_bad_row(desk: Desk) -> None:
    report = desk.bring("failures", HEAD + GOOD + "A-2,S1,2023-04-11,leaks, and sings,not read\n")
    assert (report.rows, reasons(report)[0][0]) == (2, 3)


def test_who_imports_needs_the_permission_and_stays_at_home(desk: Desk) -> None:
    clerk = Actor(desk.actor.organisation_id, None, "clerk")
    with pytest.raises(Forbidden):
        desk.bring("failures", HEAD + GOOD, actor=clerk)
    local = Actor(
        desk.actor.organisation_id,
        None,
        "local",
        frozenset({importing.PERMISSION}),
        site_ids=frozenset({desk.depot.id}),
    )
    report = desk.bring("failures", HEAD + GOOD + GOOD.replace("A-1,S1", "A-3,S2"), actor=local)
    assert [line for line, _ in reasons(report)] == [3]
    stranger = make_root(desk.session)
    assert len(desk.bring("failures", HEAD + GOOD, actor=stranger).bad) == 1


def test_closing_is_not_among_what_an_import_may_do() -> None:
    assert [name for name in importing.VERBS if re.search("close|verify$", name)] == ["failure.verify"]


def test_an_unknown_kind_and_an_empty_file_are_refused(desk: Desk) -> None:
    with pytest.raises(Invalid, match="weather"):
        desk.bring("weather", "a\n1\n")
    with pytest.raises(Invalid, match="empty"):
        desk.bring("failures", "  \n")


def test_a_file_without_its_columns_is_refused_as_a_whole(desk: Desk) -> None:
    with pytest.raises(Invalid, match="occurred_at, symptom"):
        desk.bring("failures", "colour\nred\n")


@pytest.mark.parametrize(
    ("rule", "name", "bad"), [("refuse", None, [4]), ("keep-first", "one", []), ("keep-last", "two", [])]
)
def test_a_record_that_the_file_repeats(desk: Desk, rule: str, name: str | None, bad: list[int]) -> None:
    table = "serial,name,model,site\nX1,one,LRV,DEPOT\nX1,one,LRV,DEPOT\nX1,two,LRV,DEPOT\n"
    report = desk.bring("systems", table, f'[repeated]\nrows = "{rule}"')
    assert [line for line, _ in reasons(report)] == bad
    found = desk.session.scalar(select(System.name).where(System.serial == "X1"))
    assert found == name


def test_two_reports_under_one_id_are_refused(desk: Desk) -> None:
    report = desk.bring("failures", HEAD + GOOD + GOOD.replace("leaks", "sings"))
    assert reasons(report)[0][0] == 3
    assert "Line 2" in reasons(report)[0][1]


def test_systems_seen_are_under_observation_in_the_window(desk: Desk) -> None:
    report = desk.bring("failures", HEAD + GOOD, FEED_MAP)
    assert report.windows == 1
    year = (datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
    assert queries.service_life(desk.session, desk.s1).windows == (year,)
    assert queries.service_life(desk.session, desk.s2).windows == ()
    assert desk.bring("failures", HEAD + GOOD, FEED_MAP).windows == 0


def test_another_year_of_the_feed_goes_on(desk: Desk) -> None:
    desk.bring("failures", HEAD + GOOD, FEED_MAP)
    desk.bring(
        "failures",
        HEAD + GOOD.replace("A-1", "B-1").replace("2023", "2024"),
        FEED_MAP.replace("2024", "2025").replace("2023", "2024"),
    )
    windows = queries.service_life(desk.session, desk.s1).windows
    assert [(start.year, end.year if end else None) for start, end in windows] == [(2023, 2024), (2024, 2025)]


def test_a_commissioned_system_needs_no_window(desk: Desk) -> None:
    desk.bring("systems", "serial,model,site,commissioned_at\nS1,LRV,DEPOT,2020-01-01\n")
    assert desk.bring("failures", HEAD + GOOD, FEED_MAP).windows == 0


def test_the_sites_zone_holds_where_nothing_else_is_said(desk: Desk) -> None:
    desk.bring("failures", HEAD + GOOD, time_zone="Asia/Shanghai")
    made = desk.session.scalars(select(Failure)).unique().one()
    assert made.occurred_at == datetime(2023, 4, 10, 16, tzinfo=UTC)
    with pytest.raises(Invalid, match="no time zone"):
        desk.bring("failures", HEAD + GOOD, time_zone="Mars/Olympus")


def test_progress_is_told(desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    rows = "".join(f"X{number},LRV,DEPOT\n" for number in range(150))
    desk.bring("systems", "serial,model,site\n" + rows, progress=lambda *at: told.append(at))
    assert told == [(100, 150), (150, 150)]


# ------------------------------------------------------------------ a year of a transit operator's breakdowns


def shipped(session: Session, actor: Actor, kind: str, content: bytes, name: str, **changes: str) -> Report:
    text = shipped_maps()[name]
    for old, new in changes.items():
        text = text.replace(old.removeprefix("y"), new)
    mapping = read_map(text)
    table = importing.read_table(content, mapping)
    return importing.import_table(
        session, actor, importing.kind_of(kind), table, mapping, file_name=f"{name}.csv"
    )


@pytest.fixture
def sqlite_session(empty_sqlite_url: str) -> Iterator[Session]:
    """One database is enough for a long feed; what differs between the two is tested above."""
    engine = make_engine(empty_sqlite_url)
    with session_factory(engine)() as made:
        yield made
    engine.dispose()


@pytest.mark.reference_data
def test_denver_goes_in_whole(sqlite_session: Session, reference_data: Path) -> None:
    """The vehicle master and a year of breakdowns, then the same again, then another year (this one, moved)."""
    session = sqlite_session
    actor = make_root(session)
    master = (reference_data / "real" / "Nom_Vehicles.csv").read_bytes()
    feed = (reference_data / "real" / "denver_breakdowns_2017.csv").read_bytes()

    vehicles = shipped(session, actor, "systems", master, "denver_vehicles")
    assert (vehicles.rows, vehicles.good, vehicles.bad) == (18_349, 3_140, [])

    breakdowns = shipped(session, actor, "failures", feed, "denver_breakdowns")
    assert (breakdowns.rows, breakdowns.good, breakdowns.bad) == (3_451, 3_451, [])
    assert len(breakdowns.created["system"]) == 45
    assert breakdowns.windows == 1_113
    flagged = session.scalars(select(System.serial).where(System.is_flagged)).all()
    assert sorted(flagged) == sorted(breakdowns.created["system"])

    made = session.scalars(select(Failure)).unique().all()
    codes = Counter(failure.symptom_code.code for failure in made if failure.symptom_code)
    assert sum(codes.values()) == 3_451
    assert {len(code) for code in codes} == {4}
    assert "0022" in codes
    assert sum("\u00fd" in failure.symptom for failure in made) == 0
    joined = next(failure for failure in made if failure.external_id == "2302292")
    assert joined.symptom.endswith("RE SAVE")
    assert joined.occurred_at == datetime(2017, 8, 23, 12, 27, tzinfo=UTC)

    assert shipped(session, actor, "failures", feed, "denver_breakdowns").outcomes["unchanged"] == 3_451  # type: ignore[index]

    lines = feed.decode("latin-1").split("\r\n")[:400]
    moved = "\r\n".join(
        re.sub(r"^(\d+/\d+/)2017( .*? [AP]M,)(\d+)", r"\g<1>2018\g<2>8\g<3>", line) for line in lines
    )
    later = shipped(
        session, actor, "failures", moved.encode("latin-1"), "denver_breakdowns", y2018="2019", y2017="2018"
    )
    assert (later.good, later.bad, later.created) == (len(lines) - 1, [], {})
    assert later.windows > 0
