"""The plan behind the page: asked for once, computed in steps, out of date by what is entered, seen by whom it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from fracas.core import clock
from fracas.core.db import make_engine, session_factory
from fracas.core.errors import Forbidden, FracasError
from fracas.core.jobs import AlreadyDone, Job, Worker
from fracas.core.permissions import Actor
from fracas.reliability import buying, planning
from fracas.reliability.forms import SparesPlanQuery
from fracas.reliability.models import SparesPlan
from tests.factories.fleet import Fleet

QUERY = SparesPlanQuery()


class Desk:
    """A fleet of two part types, somebody who asks, and a worker at hand."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        self.fleet = Fleet(sessions())
        other = self.fleet.add_part_type("PUMP-1")
        self.fleet.add_position("PUMP", other)
        for i in range(3):
            self.fleet.install(f"A{i}", f"S{i}")
        self.fleet.part("P", part_type=other)
        self.fleet.install("P", "S0", position=1)
        self.actor = self.fleet.actor
        self.keep()

    def keep(self) -> None:
        self.fleet.session.commit()

    def ask(self, actor: Actor | None = None, query: SparesPlanQuery = QUERY) -> Any:
        with self.sessions.begin() as session:
            return planning.ask(session, actor or self.actor, query).id

    def work(self) -> int:
        return Worker(self.sessions, {planning.STEP: planning.step}).run_waiting()

    def standing(self, actor: Actor | None = None, query: SparesPlanQuery = QUERY) -> planning.Standing:
        with self.sessions() as session:
            return planning.standing(session, actor or self.actor, query)

    def numbers(self, actor: Actor | None = None) -> dict[str, int]:
        plan = self.standing(actor).plan
        return {row["part_type"]: row["installed"] for row in plan.rows} if plan else {}

    def plans(self) -> int:
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(SparesPlan)) or 0


@pytest.fixture
def desk(empty_database_url: str) -> Iterator[Desk]:
    engine = make_engine(empty_database_url)
    made = Desk(session_factory(engine))
    yield made
    made.fleet.session.close()
    engine.dispose()


def test_a_plan_is_computed_by_a_worker_and_kept(desk: Desk) -> None:
    before = desk.standing()
    assert (before.plan, before.running, before.is_outdated, before.is_waiting) == (None, None, True, False)
    asked = desk.ask()
    assert desk.ask() == asked  # a second click finds the first at work
    assert desk.standing().is_waiting
    desk.work()
    after = desk.standing()
    assert after.plan is not None
    assert (after.plan.id, after.running, after.is_outdated, after.has_failed) == (asked, None, False, False)
    assert desk.numbers() == {"VALVE-1": 3, "PUMP-1": 1}


def test_it_goes_on_in_small_steps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "STEP_TIME", timedelta(0))
    desk.ask()
    worker = Worker(desk.sessions, {planning.STEP: planning.step})
    told = []
    while worker.run_one():
        found = desk.standing()
        told.append((found.done, found.running.total) if found.running else "finished")
    assert told == [(0, 2), (1, 2), "finished"]
    with desk.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1  # what is done is cleared away


def test_what_is_entered_makes_it_out_of_date(desk: Desk) -> None:
    desk.ask()
    desk.work()
    desk.fleet.fail("A1", 400, system="S1")
    desk.keep()
    assert desk.standing().is_outdated
    desk.ask()
    assert desk.standing().plan is not None  # the last one is shown meanwhile
    desk.work()
    assert (desk.standing().is_outdated, desk.plans()) == (False, 1)


def test_what_people_do_to_their_accounts_does_not(desk: Desk) -> None:
    from tests.factories.users import make_user

    desk.ask()
    desk.work()
    make_user(desk.fleet.session, desk.actor, "manager", email="m@example.org")
    desk.keep()
    assert not desk.standing().is_outdated


def test_what_is_entered_while_it_is_computed_makes_it_out_of_date(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "STEP_TIME", timedelta(0))
    desk.ask()
    worker = Worker(desk.sessions, {planning.STEP: planning.step})
    worker.run_one()
    desk.fleet.fail("A1", 400, system="S1")
    desk.keep()
    worker.run_waiting()
    assert desk.standing().is_outdated


def test_a_day_makes_it_out_of_date(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask()
    desk.work()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1, minutes=1))
    assert desk.standing().is_outdated
    past = SparesPlanQuery(as_of="2020-06-01")
    desk.ask(query=past)
    desk.work()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=9))
    assert not desk.standing(query=past).is_outdated


def test_cancelled_the_last_plan_stays(desk: Desk) -> None:
    first = desk.ask()
    desk.work()
    desk.ask()
    with desk.sessions.begin() as session:
        planning.cancel(session, desk.actor, QUERY)
        planning.cancel(session, desk.actor, QUERY)
    desk.work()
    found = desk.standing()
    assert found.plan is not None
    assert (found.plan.id, found.running) == (first, None)


def test_cancelled_in_the_middle_of_a_step(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    row_of = buying.row_of

    def slow(*arguments: Any) -> Any:
        with desk.sessions.begin() as session:
            planning.cancel(session, desk.actor, QUERY)
        return row_of(*arguments)

    monkeypatch.setattr(buying, "row_of", slow)
    desk.ask()
    desk.work()
    assert desk.standing().plan is None
    assert desk.standing().running is None


def test_two_workers_with_one_step_do_it_once(desk: Desk) -> None:
    """The lease ran out while the first was at it: the second takes back what it did."""
    desk.ask()
    with desk.sessions() as session:
        payload = session.scalars(select(Job.payload)).one()
    planning.step(desk.sessions, payload)
    with pytest.raises(AlreadyDone):
        planning.step(desk.sessions, payload)
    desk.work()
    assert desk.numbers() == {"VALVE-1": 3, "PUMP-1": 1}


@pytest.mark.parametrize("error", [ZeroDivisionError(), FracasError("No way.")])
def test_a_part_type_that_cannot_be_computed_costs_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    row_of = buying.row_of

    def broken(session: Session, actor: Actor, kind: Any, *arguments: Any) -> Any:
        if kind.number == "PUMP-1":
            raise error
        return row_of(session, actor, kind, *arguments)

    monkeypatch.setattr(buying, "row_of", broken)
    desk.ask()
    desk.work()
    plan = desk.standing().plan
    assert plan is not None
    told = {row["part_type"]: buying.in_words(row)["refusal"] for row in plan.rows}
    assert told["VALVE-1"] is None
    assert told["PUMP-1"]


def test_a_step_that_was_given_up_is_told(desk: Desk) -> None:
    desk.ask()
    with desk.sessions.begin() as session:
        job = session.scalars(select(Job)).one()
        job.finished_at, job.last_error = clock.now(), "no worker survived it"
    found = desk.standing()
    assert (found.has_failed, found.running) == (True, None)
    desk.ask()  # and may be asked for again
    desk.work()
    assert not desk.standing().has_failed


def test_everybody_sees_the_plan_behind_their_own_walls(desk: Desk) -> None:
    west = desk.fleet.add_site("WEST")
    desk.fleet.system("W1", site=west)
    desk.fleet.install("AW", "W1")
    desk.keep()
    here = replace(desk.actor, site_ids=frozenset({desk.fleet.site.id}))
    there = replace(desk.actor, site_ids=frozenset({west.id}))
    desk.ask()
    desk.ask(there)
    desk.work()
    assert desk.numbers() == {"VALVE-1": 4, "PUMP-1": 1}
    assert desk.numbers(there) == {"VALVE-1": 1}
    assert desk.numbers(here) == {}
    desk.ask(here)
    desk.work()
    assert desk.numbers(here) == {"VALVE-1": 3, "PUMP-1": 1}
    with desk.sessions() as session:
        stranger = Fleet(session, number="THEIRS").actor
        assert planning.standing(session, stranger, QUERY).plan is None


def test_other_settings_are_another_plan(desk: Desk) -> None:
    desk.ask()
    desk.ask(query=SparesPlanQuery(service_level=0.8))
    desk.work()
    assert desk.plans() == 2
    assert desk.standing(query=SparesPlanQuery(service_level=0.9)).plan is None


def test_plans_that_nobody_asked_for_in_weeks_are_cleared_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask(query=SparesPlanQuery(service_level=0.8))
    desk.work()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=31))
    desk.ask()
    desk.work()
    assert desk.plans() == 1


def test_who_may_not_read_figures_may_not_ask(desk: Desk) -> None:
    nobody = replace(desk.actor, permissions=frozenset())
    with desk.sessions() as session:
        for verb in (planning.ask, planning.cancel):
            with pytest.raises(Forbidden):
                verb(session, nobody, QUERY)


@pytest.mark.parametrize("wrong", [{"site": "moon"}, {"metric": "moon"}, {"as_of": "2999-01-01"}])
def test_what_no_part_type_could_be_computed_with_is_refused_at_once(
    desk: Desk, wrong: dict[str, Any]
) -> None:
    with desk.sessions() as session, pytest.raises(FracasError):
        planning.ask(session, desk.actor, SparesPlanQuery(**wrong))
