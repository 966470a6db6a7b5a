from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets import queries, workflow
from fracas.assets.models import Installation, UsageReading
from fracas.core import clock
from fracas.core.errors import Invalid, Refused
from fracas.core.history import HistoryEntry
from tests.factories.assets import Register, day

WHY = {"reason": "the sheet was misread"}


@pytest.fixture
def fleet(register: Register) -> Register:
    for serial in ("A", "B"):
        register.part(serial)
    return register


def test_a_correction_needs_a_reason_and_history_keeps_it(fleet: Register, session: Session) -> None:
    made = fleet.install("A", at=0)
    with pytest.raises(Invalid, match="needs a reason"):
        workflow.correct_installation(session, fleet.actor, made, occurred_at=day(1))
    workflow.correct_installation(session, fleet.actor, made, occurred_at=day(1), **WHY)
    entries = session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject_id == made.part_id, HistoryEntry.verb == "correct")
    )
    assert {entry.reason for entry in entries} == {WHY["reason"]}


def test_a_corrected_installation_keeps_its_removal(fleet: Register, session: Session) -> None:
    made = fleet.install("A", at=0)
    fleet.remove("A", 10, "failure")
    before = clock.now()
    better = workflow.correct_installation(
        session, fleet.actor, made, occurred_at=day(2), position="B2.BCU", **WHY
    )
    assert fleet.told() == [("A", "S1", "B2.BCU", 2, 10, "failure", "new")]
    assert fleet.told(known_at=before) == [("A", "S1", "B1.BCU", 0, 10, "failure", "new")]
    assert better.replaces_id == made.id
    with pytest.raises(Refused, match="was corrected on"):
        workflow.correct_installation(session, fleet.actor, made, occurred_at=day(3), **WHY)


def test_an_installation_is_corrected_only_to_what_could_be(fleet: Register, session: Session) -> None:
    made = fleet.install("A", at=5)
    fleet.remove("A", 10)
    fleet.install("B", at=0, removed_at=day(4), removal_cause="other")
    for facts, message in (
        ({"occurred_at": day(3)}, "the register has B in S1 at B1.BCU"),
        ({"occurred_at": day(11)}, "it was removed from S1 at B1.BCU on 2023-01-11"),
        ({"position": "B1.VALVE"}, "takes a V-7"),
        ({"installed_as": "age_stated", "age_at_install": {"miles": 1}}, "no usage metric"),
    ):
        with pytest.raises(Invalid, match=message):
            workflow.correct_installation(session, fleet.actor, made, **facts, **WHY)
    better = workflow.correct_installation(
        session, fleet.actor, made, installed_as="age_stated", age_at_install={"hours": 50}, **WHY
    )
    assert (better.installed_as, better.age_at_install) == ("age_stated", {"hours": 50.0})


def test_a_retracted_first_installation_hands_its_newness_on(fleet: Register, session: Session) -> None:
    wrong = fleet.install("A", at=0)
    fleet.remove("A", 5)
    fleet.install("A", at=8)
    workflow.retract_installation(session, fleet.actor, wrong, **WHY)
    assert fleet.told() == [("A", "S1", "B1.BCU", 8, None, None, "new")]
    with pytest.raises(Refused):
        workflow.retract_installation(session, fleet.actor, wrong, **WHY)


def test_a_corrected_removal(fleet: Register, session: Session) -> None:
    fleet.install("A", at=0)
    removal = fleet.remove("A", 10)
    fleet.install("B", at=20)
    with pytest.raises(Invalid, match="the register has B in S1 at B1.BCU"):
        workflow.correct_removal(session, fleet.actor, removal, occurred_at=day(21), **WHY)
    with pytest.raises(Invalid, match="cannot have been removed on 2022-12-31"):
        workflow.correct_removal(session, fleet.actor, removal, occurred_at=day(-1), **WHY)
    before = clock.now()
    better = workflow.correct_removal(
        session, fleet.actor, removal, occurred_at=day(20), cause="failure", **WHY
    )
    assert better.replaces_id == removal.id
    assert fleet.told()[0] == ("A", "S1", "B1.BCU", 0, 20, "failure", "new")
    assert fleet.told(known_at=before)[0] == ("A", "S1", "B1.BCU", 0, 10, "preventive", "new")


def test_a_retracted_removal_leaves_the_part_in(fleet: Register, session: Session) -> None:
    fleet.install("A", at=0)
    removal = fleet.remove("A", 10)
    later = fleet.install("B", at=20)
    with pytest.raises(Invalid, match="the register has B in S1"):
        workflow.retract_removal(session, fleet.actor, removal, **WHY)
    workflow.retract_installation(session, fleet.actor, later, **WHY)
    workflow.retract_removal(session, fleet.actor, removal, **WHY)
    assert fleet.told() == [("A", "S1", "B1.BCU", 0, None, None, "new")]


def test_a_corrected_reading_stays_between_its_neighbours(fleet: Register, session: Session) -> None:
    fleet.read(100, 1)
    wrong = fleet.read(2000, 2)
    with pytest.raises(Invalid, match="more than the 2,000 h"):
        fleet.read(2500, 1.5)
    with pytest.raises(Invalid, match="less than the 100 h"):
        workflow.correct_reading(session, fleet.actor, wrong, value=99, **WHY)
    better = workflow.correct_reading(session, fleet.actor, wrong, value=200, **WHY)
    assert (better.replaces_id, better.value, better.occurred_at) == (wrong.id, 200, day(2))
    fleet.read(300, 3)
    rows = session.scalars(queries.readings(fleet.actor, system_id=fleet.s1.id)).unique()
    assert sorted(row.value for row in rows) == [100, 200, 300]
    with pytest.raises(Refused, match="was corrected on"):
        workflow.retract_reading(session, fleet.actor, wrong, **WHY)


def test_a_replacement_of_the_meter_is_not_taken_from_between(fleet: Register, session: Session) -> None:
    fleet.read(100, 1)
    replaced = fleet.read(150, 2, restarts_at=0)
    fleet.read(10, 3)
    with pytest.raises(Invalid, match="S1: 10 h on 2023-01-04.*less than the 100 h"):
        workflow.retract_reading(session, fleet.actor, replaced, **WHY)
    with pytest.raises(Invalid, match="S1: 11 h on .* more than the 10 h"):
        workflow.correct_reading(session, fleet.actor, replaced, restarts_at=11, **WHY)
    better = workflow.correct_reading(session, fleet.actor, replaced, value=160, restarts_at=10, **WHY)
    assert (better.value, better.restarts_at) == (160, 10)


@pytest.mark.parametrize(
    "correct",
    [
        workflow.correct_installation, workflow.retract_installation, workflow.correct_removal,
        workflow.retract_removal, workflow.correct_reading, workflow.retract_reading,
    ],
)  # fmt: skip
def test_what_another_organisation_holds_is_not_there(
    fleet: Register, session: Session, correct: Callable[..., Any]
) -> None:
    from fracas.core.errors import NotFound

    other = Register(session)
    other.part("A")
    mine: dict[str, Installation | Any | UsageReading] = {
        "installation": other.install("A", at=0), "removal": other.remove("A", 1), "reading": other.read(5, 1)
    }  # fmt: skip
    kind = correct.__name__.split("_")[1]
    for key in (mine[kind], mine[kind].id, str(mine[kind].id)):
        with pytest.raises(NotFound):
            correct(session, fleet.actor, key, **WHY)


def test_a_correction_of_the_age_agrees_with_the_register(fleet: Register, session: Session) -> None:
    first = fleet.install("A", at=0, age_at_install={"hours": 100})
    fleet.remove("A", 5)
    second = fleet.install("A", at=8)

    def correct(what: Installation, **facts: Any) -> Installation:
        made: Installation = workflow.correct_installation(session, fleet.actor, what, **facts, **WHY)
        return made

    with pytest.raises(Invalid, match="A cannot be new: it was in S1"):
        correct(second, installed_as="new")
    with pytest.raises(Invalid, match="needs an age"):
        correct(second, installed_as="age_stated")
    same = correct(first, occurred_at=day(1))
    assert (same.installed_as, same.age_at_install) == ("age_stated", {"hours": 100.0})
    stated = correct(same, age_at_install={"hours": 120})
    assert stated.age_at_install == {"hours": 120.0}
    new = correct(stated, installed_as="new")
    assert (new.installed_as, new.age_at_install) == ("new", {})
