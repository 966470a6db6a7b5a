"""Before and after an action."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.actions.models import Action, ActionType
from fracas.core.errors import Invalid
from fracas.problems.models import Problem
from fracas.reliability.datasets import life_table
from fracas.reliability.effectivity import by_effectivity, effective_actions, natural
from tests.factories.fleet import Fleet, day


def act(fleet: Fleet, **facts: Any) -> Action:
    report = fleet.fail(None, 1, system="SX")
    return fleet.add(
        fleet.own(
            Action,
            number="CA-2020-00001",
            action_type=ActionType.CORRECTIVE,
            title="New seal",
            failure_id=report.id,
            **facts,
        )
    )


@pytest.mark.parametrize(
    ("facts", "after"),
    [
        ({"effective_from_serial": "SN10"}, ["SN10"]),
        ({"effective_from_lot": "L2"}, ["SN10"]),
        ({"effective_from_at": day(150)}, ["SN10"]),
        ({"effective_from_at": day(150), "effective_from_serial": "SN99"}, []),
    ],
)
def test_lives_are_cut_by_what_the_action_says(
    session: Session, facts: dict[str, Any], after: list[str]
) -> None:
    fleet = Fleet(session)
    fleet.install("SN9", "S1", 0, lot="L1")
    fleet.install("SN10", "S2", 200, lot="L2")
    act(fleet, **facts)
    table = life_table(session, fleet.actor, part_type="VALVE-1", as_of=day(1000))
    cut = dict(by_effectivity(session, fleet.actor, table, "CA-2020-00001"))
    assert cut["after"].serial.tolist() == after
    assert cut["before"].total_exposure + cut["after"].total_exposure == table.total_exposure


def test_a_unit_made_as_new_after_the_date_has_the_change(session: Session) -> None:
    fleet = Fleet(session)
    fleet.install("A")
    fleet.fail("A", 200)
    act(fleet, effective_from_at=day(150))
    table = life_table(session, fleet.actor, part_type="VALVE-1", as_of=day(1000))
    cut = dict(by_effectivity(session, fleet.actor, table, "CA-2020-00001"))
    assert [(len(cut[when]), cut[when].failures) for when in ("before", "after")] == [(1, 1), (1, 0)]


def test_an_action_without_effectivity_cuts_nothing(session: Session) -> None:
    fleet = Fleet(session)
    act(fleet)
    table = life_table(session, fleet.actor, part_type="VALVE-1", as_of=day(1000))
    with pytest.raises(Invalid, match="neither from which serial"):
        by_effectivity(session, fleet.actor, table, "CA-2020-00001")
    with pytest.raises(Invalid, match="no action"):
        by_effectivity(session, fleet.actor, table, "CA-9")


def test_the_actions_to_cut_at_are_those_of_the_parts_problems(session: Session) -> None:
    fleet = Fleet(session)
    problem = fleet.add(fleet.own(Problem, number="PR-1", title="Seal", part_type_id=fleet.part_type.id))
    act(fleet, effective_from_at=day(150), problem_id=problem.id)
    assert [one.number for one in effective_actions(session, fleet.actor, fleet.part_type.id)] == [
        "CA-2020-00001"
    ]
    other = fleet.add_part_type("PUMP-1")
    assert effective_actions(session, fleet.actor, other.id) == []


def test_numbers_in_serials_count_as_numbers() -> None:
    assert natural("SN9") < natural("SN10") < natural("SN10A") < natural("SN11")
    assert natural("") == ()
