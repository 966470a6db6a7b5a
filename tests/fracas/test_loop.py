"""The loop that joins the rooms, walked once from the report to its end."""

# ruff: noqa: F811 - a fixture that is imported is named again by every test that asks for it

from __future__ import annotations

import pytest

from fracas import loop as closed_loop
from fracas.core.errors import Refused
from fracas.failures.workflow import failure_machine
from fracas.problems.workflow import problem_machine
from tests.factories.loop import (  # noqa: F401 - world is the fixture that loop stands on
    ANALYSIS,
    DECISION,
    EFFECTIVE,
    REVIEW,
    WHOLLY_OURS,
    Loop,
    loop,
    world,
)


def test_wiring_twice_is_wiring_once(loop: Loop) -> None:
    failure, problem = loop.failure_in("contained"), loop.problem_in("spread")

    def refusals() -> list[int]:
        found = failure_machine.refusals(loop.session, failure, "close", loop.actor)
        return [len(found), len(problem_machine.refusals(loop.session, problem, "close", loop.actor))]

    before = refusals()
    closed_loop.wire()
    assert refusals() == before == [1, 1]


def test_the_whole_loop_with_everybody_in_their_role(loop: Loop) -> None:
    field, station = loop.as_("field_engineer"), loop.as_("service_station")
    quality, engineer = loop.as_("quality"), loop.as_("reliability_engineer")
    approver, other = loop.as_("approver"), loop.as_("approver", "2")

    failure = loop.report(field, part="V1")
    loop.complete(failure, station, maintenance_kind="replace", part_out="V1", part_in="V2")
    loop.do("verify", failure, quality, outcome="confirmed", method="bench", mode="ELK")
    loop.do("score", failure, engineer, answers=WHOLLY_OURS)
    loop.do("contain", failure, quality, is_needed=True, note="stock held")

    problem = loop.problem(failures=[failure], owner=loop.person("approver").email)
    with pytest.raises(Refused, match="still open"):
        loop.do("close", failure, quality)
    loop.on("analyse", problem, engineer, **ANALYSIS)
    with pytest.raises(Refused, match="You own"):
        loop.on("decide", problem, approver, **DECISION)
    loop.on("decide", problem, other, **DECISION)
    loop.on("spread", problem, quality, **REVIEW)

    action = loop.action(problem=problem)
    loop.act("set_criterion", action, engineer, statement="half", largest_rate_ratio=0.5)
    loop.act("start", action, quality)
    loop.act("complete", action, quality, evidence="drawing 7 B")
    with pytest.raises(Refused, match=action.number):
        loop.on("close", problem, other)
    loop.act("give_verdict", action, engineer, **EFFECTIVE)
    loop.act("verify", action, other)

    with pytest.raises(Refused, match="You own"):
        loop.on("close", problem, approver)
    loop.on("close", problem, other)
    assert failure.state == "contained", "nothing is closed by itself"
    loop.do("close", failure, quality)
    assert (failure.state, problem.state, action.state) == ("closed", "closed", "verified")
