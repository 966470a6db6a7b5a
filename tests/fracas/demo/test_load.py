"""The demo fleet in the database: complete, repeatable, and nothing in it that the loop's rules forbid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fracas.assets.models import Installation, Part, System
from fracas.core.errors import Refused
from fracas.demo.load import load
from fracas.demo.scenario import PARTS, PEOPLE, SITES
from fracas.failures.models import Failure, FailureRevision
from fracas.organisations.models import Organisation
from fracas.reliability import check, planning
from fracas.reliability.forms import SparesPlanQuery
from fracas.users import queries as users
from tests.fracas.demo.conftest import SMALL, UNTIL, Demo, empty_engine


def fingerprint(session: Session) -> list[tuple[Any, ...]]:
    rows = select(
        Failure.number,
        Failure.occurred_at,
        Failure.entered_at,
        Failure.symptom,
        Failure.state,
        Failure.delay_minutes,
    )
    return [tuple(row) for row in session.execute(rows.order_by(Failure.number))]


def test_the_load_says_what_it_made(demo: Demo) -> None:
    def count(model: Any) -> int:
        return demo.session.scalar(select(func.count()).select_from(model)) or 0

    assert (demo.loaded.vehicles, demo.loaded.vehicles) == (count(System), SMALL["vehicles"])
    assert demo.loaded.failures == count(Failure) > 20
    assert demo.loaded.parts >= sum(part.per_vehicle for part in PARTS) * demo.loaded.vehicles
    assert count(Part) <= demo.loaded.parts


def test_the_spares_plan_waits_for_the_worker(demo: Demo) -> None:
    manager = users.actor_for(
        demo.session, next(p for p in users.demo_people(demo.session) if p.email == "manager@demo.example")
    )
    assert planning.standing(demo.session, manager, SparesPlanQuery()).is_waiting


def test_every_place_of_every_vehicle_was_fitted(demo: Demo) -> None:
    fitted = demo.session.execute(
        select(System.serial, func.count(func.distinct(Installation.position_id)))
        .join(Installation, Installation.system_id == System.id)
        .group_by(System.serial)
    )
    assert {count for _, count in fitted} == {sum(part.per_vehicle for part in PARTS)}


def test_there_is_somebody_to_enter_as_in_every_role_and_a_site_in_two_zones(demo: Demo) -> None:
    from fracas.users.queries import demo_people

    assert len({zone for *_, zone in SITES}) == 2
    assert {person.email for person in demo_people(demo.session)} == {email for email, *_ in PEOPLE}


def test_reports_are_in_english_and_chinese(demo: Demo) -> None:
    texts = list(demo.session.scalars(select(Failure.symptom)))
    assert any(text.isascii() for text in texts)
    assert any(not text.isascii() for text in texts)


def test_nothing_is_told_before_it_happened_or_after_the_end(demo: Demo) -> None:
    for failure in demo.session.scalars(select(Failure)).unique():
        assert failure.occurred_at <= failure.entered_at <= UNTIL, failure.number
    for revision in demo.session.scalars(select(FailureRevision)):
        assert revision.entered_at <= UNTIL


def test_the_unit_hours_add_up(demo: Demo) -> None:
    compared = list(check.compare(demo.session, demo.actor, as_of=UNTIL))
    assert len(compared) == len(PARTS) * 3  # the calendar, hours and kilometres
    assert sum(one.installed for one in compared) > 0
    assert [one for one in compared if not one.is_right] == []
    assert check.unit_hours(demo.session, demo.actor, as_of=UNTIL) == []


def test_it_is_not_mixed_into_other_data(demo: Demo) -> None:
    before = demo.session.scalar(select(func.count()).select_from(Organisation))
    with pytest.raises(Refused, match="not empty"):
        load(demo.session, vehicles=1, days=30, until=UNTIL)
    assert demo.session.scalar(select(func.count()).select_from(Organisation)) == before


def test_the_same_seed_and_end_give_the_same_reports(sqlite_template: Path, tmp_path: Path) -> None:
    def play(name: str, seed: int) -> list[tuple[Any, ...]]:
        engine = empty_engine(sqlite_template, tmp_path, name)
        with Session(engine) as session:
            load(session, seed=seed, vehicles=1, days=120, until=UNTIL)
            found = fingerprint(session)
        engine.dispose()
        return found

    first = play("first", 7)
    assert len(first) > 2
    assert play("again", 7) == first
    assert play("other", 8) != first
