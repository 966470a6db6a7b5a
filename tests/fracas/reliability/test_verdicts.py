"""What the register says of an action."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.actions.models import Action, ActionType, Criterion
from fracas.core.errors import Invalid
from fracas.problems.models import Problem
from fracas.reliability.verdicts import computed_verdict
from tests.factories.fleet import Fleet, day

NUMBER = "CA-2020-00001"


def act(fleet: Fleet, criterion: dict[str, Any] | None = None, **facts: Any) -> Action:
    problem = fleet.add(fleet.own(Problem, number="PR-1", title="Seal", part_type_id=fleet.part_type.id))
    action = fleet.add(
        fleet.own(
            Action,
            number=NUMBER,
            action_type=ActionType.CORRECTIVE,
            title="New seal",
            problem_id=problem.id,
            **facts,
        )
    )
    if criterion is not None:
        fleet.add(
            fleet.own(Criterion, action_id=action.id, statement="half", occurred_at=day(0), **criterion)
        )
    return action


def fleet_of(session: Session, failing_after: int) -> Fleet:
    """Forty parts of lot L1 of which thirty failed by day 300, and forty of L2 of which few did."""
    fleet = Fleet(session)
    for k in range(40):
        fleet.install(f"A{k}", f"S{k}", 0, lot="L1")
        fleet.install(f"B{k}", f"T{k}", 0, lot="L2")
    for k in range(30):
        fleet.fail(f"A{k}", 10 * (k + 1))
    for k in range(failing_after):
        fleet.fail(f"B{k}", 100 + 10 * k)
    return fleet


def test_a_fix_that_works_is_told_with_what_it_rests_on(session: Session) -> None:
    fleet = fleet_of(session, 2)
    act(fleet, {"largest_rate_ratio": 0.5}, effective_from_lot="L2")
    found = computed_verdict(session, fleet.actor, NUMBER, as_of=day(300))
    assert found.answer == "effective"
    assert (found.before[0], found.after[0]) == (30, 2)
    assert found.ratio.upper is not None
    assert found.ratio.upper <= 0.5
    assert found.ratio.failures == 32
    assert found.ratio.exposure == pytest.approx(found.before[1] + found.after[1])
    assert found.ratio.exposure_unit == "d"
    assert "Weibull" in found.ratio.method
    assert found.to_dict()["answer"] == "effective"


def test_no_failure_after_the_change_is_at_most_a_bound_never_0(session: Session) -> None:
    fleet = fleet_of(session, 0)
    act(fleet, {"largest_rate_ratio": 0.5}, effective_from_lot="L2")
    found = computed_verdict(session, fleet.actor, NUMBER, as_of=day(300))
    assert found.answer == "effective"
    assert (found.ratio.estimate, found.ratio.lower, found.ratio.side) == (None, None, "upper")
    assert found.ratio.upper is not None
    assert found.ratio.upper > 0


def test_a_fix_that_changes_nothing_is_told(session: Session) -> None:
    fleet = fleet_of(session, 28)
    act(fleet, {"largest_rate_ratio": 0.5}, effective_from_lot="L2")
    found = computed_verdict(session, fleet.actor, NUMBER, as_of=day(400))
    assert found.answer == "not effective"
    assert found.to_dict()["answer"] == "not_effective"


def test_too_early_says_how_much_longer(session: Session) -> None:
    fleet = Fleet(session)
    for k in range(8):
        fleet.install(f"A{k}", f"S{k}", 0, lot="L1")
        fleet.fail(f"A{k}", 100 + 10 * k)
    fleet.install("B0", "T0", 0, lot="L2")
    act(fleet, {"largest_rate_ratio": 0.5}, effective_from_lot="L2")
    found = computed_verdict(session, fleet.actor, NUMBER, as_of=day(120))
    assert found.answer == "too early"
    assert found.needed_without_failure is not None
    assert found.needed_without_failure > 0


def test_the_exposure_that_the_criterion_asks_for_is_waited_for(session: Session) -> None:
    fleet = fleet_of(session, 2)
    act(fleet, {"largest_rate_ratio": 0.5, "least_exposure_after": 1e6}, effective_from_lot="L2")
    found = computed_verdict(session, fleet.actor, NUMBER, as_of=day(300))
    assert found.answer == "too early"
    assert any("asks to wait for 1e+06" in str(note) for note in found.ratio.warnings)


@pytest.mark.parametrize(
    ("criterion", "facts", "message"),
    [
        (None, {"effective_from_lot": "L2"}, "names no largest ratio"),
        ({"largest_rate_ratio": None}, {"effective_from_lot": "L2"}, "names no largest ratio"),
        ({"largest_rate_ratio": 0.5}, {}, "neither from which serial"),
        ({"largest_rate_ratio": 0.5}, {"effective_from_lot": "L9"}, "too early"),
    ],
)
def test_says_why_there_is_nothing_to_compare(
    session: Session, criterion: dict[str, Any] | None, facts: dict[str, Any], message: str
) -> None:
    fleet = fleet_of(session, 2)
    act(fleet, criterion, **facts)
    with pytest.raises(Invalid, match=message):
        computed_verdict(session, fleet.actor, NUMBER, as_of=day(300))


def test_an_action_without_a_problem_has_no_lives(session: Session) -> None:
    fleet = fleet_of(session, 2)
    action = act(fleet, {"largest_rate_ratio": 0.5}, effective_from_lot="L2")
    action.problem_id, action.failure_id = None, fleet.fail(None, 1, system="SX").id
    session.flush()
    session.expire(action)
    with pytest.raises(Invalid, match="no problem of a part type"):
        computed_verdict(session, fleet.actor, NUMBER, as_of=day(300))
