"""Actions are found by what people say of them; the overdue and the waiting are told apart."""

from __future__ import annotations

from typing import Any

import pytest

from fracas.actions import queries
from fracas.core import clock
from fracas.core.errors import NotFound
from fracas.core.permissions import Actor
from tests.factories.assets import day
from tests.factories.loop import EFFECTIVE, Loop


def found(loop: Loop, actor: Actor | None = None, **filters: Any) -> set[str]:
    rows = queries.actions(loop.session, actor or loop.actor, **filters)
    return {action.title for action in loop.session.scalars(rows).unique()}


@pytest.fixture
def actions(loop: Loop) -> Loop:
    loop.action(title="late", due_on=day(10).date())
    loop.action(title="early", due_on=day(10_000).date(), action_type="preventive")
    loop.action_in("completed", title="done", due_on=day(10).date())
    loop.action_in("cancelled", title="gone", due_on=day(10).date())
    return loop


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({}, {"late", "early", "done", "gone"}),
        ({"state": "open"}, {"late", "early", "done"}),
        ({"state": "overdue"}, {"late"}),
        ({"state": "cancelled"}, {"gone"}),
        ({"action_type": "preventive"}, {"early"}),
        ({"text": "ear"}, {"early"}),
        ({"owner": None, "text": "late"}, {"late"}),
    ],
)
def test_filters_narrow(actions: Loop, filters: dict[str, Any], titles: set[str]) -> None:
    assert found(actions, **filters) == titles


def test_an_action_is_overdue_from_the_day_after(loop: Loop) -> None:
    loop.action(title="due", due_on=day(10).date())
    with clock.at(day(10.9)):
        assert found(loop, state="overdue") == set()
    with clock.at(day(11)):
        assert found(loop, state="overdue") == {"due"}


def test_by_problem_failure_and_owner(loop: Loop) -> None:
    problem, failure = loop.problem(), loop.report()
    loop.action(title="cure", problem=problem)
    loop.action(title="stop", failure=failure, action_type="containment", owner=loop.person("approver").email)
    assert found(loop, problem=problem.number) == {"cure"}
    assert found(loop, failure=failure.number) == {"stop"}
    assert found(loop, loop.as_("approver"), is_mine=True) == {"stop"}
    assert [action.title for action in queries.of_failure(loop.session, failure.id)] == ["stop"]


def test_the_walls(loop: Loop) -> None:
    here, there = loop.report(), loop.report(system="S2")
    loop.action(title="here", failure=here, action_type="containment")
    loop.action(title="there", problem=loop.problem(failures=[there]))
    assert found(loop, loop.as_("field_engineer")) == {"here"}
    assert found(loop, loop.as_("customer")) == {"there"}
    stranger = Loop(loop.session)
    assert found(stranger) == set()
    with pytest.raises(NotFound):
        queries.action(stranger.session, stranger.actor, loop.action().number)


def test_who_has_to_do_what(loop: Loop) -> None:
    owner, other = loop.as_("quality"), loop.as_("reliability_engineer")
    planned, completed = loop.action(), loop.action_in("completed")

    def waiting(verb: str, actor: Actor) -> list[Any]:
        return list(loop.session.scalars(queries.waiting(actor, verb)).unique())

    assert queries.next_steps(other) == ["start", "complete", "give_verdict"]
    assert (waiting("start", owner), waiting("start", other)) == ([planned], [])
    assert (waiting("give_verdict", owner), waiting("give_verdict", other)) == ([], [completed])
    assert waiting("verify", loop.as_("approver")) == []
    loop.act("give_verdict", completed, **{**EFFECTIVE, "answer": "too_early"})
    assert waiting("give_verdict", other) == [completed]
    loop.act("give_verdict", completed, **EFFECTIVE)
    assert (waiting("give_verdict", other), waiting("verify", loop.as_("approver"))) == ([], [completed])
    assert waiting("verify", owner) == []


def test_open_actions_by_stage_and_age(loop: Loop) -> None:
    with clock.at(day(300)):
        loop.action()
    loop.action()
    loop.action_in("cancelled")
    assert list(queries.open_by_stage(loop.session, loop.actor)) == [("planned", 2, day(300))]
