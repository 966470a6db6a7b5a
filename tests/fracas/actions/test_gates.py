"""The gates of an action, and the one it holds its problem open with."""

from __future__ import annotations

from fracas.actions import gates
from tests.factories.loop import EFFECTIVE, Loop


def test_each_gate_is_silent_where_it_is_met(loop: Loop) -> None:
    ready = loop.action_in("completed")
    loop.act("give_verdict", ready, **EFFECTIVE)
    checks = (
        gates.unplanned_refusal,
        gates.no_effectivity_refusal,
        gates.no_criterion_refusal,
        gates.owner_refusal,
        gates.unproved_refusal,
        gates.closed_problem_refusal,
    )
    assert [check(loop.session, ready, loop.actor) for check in checks] == [None] * 6


def test_a_problem_waits_for_its_actions(loop: Loop) -> None:
    problem = loop.problem()
    assert "has no action" in str(gates.unverified_refusal(loop.session, problem, loop.actor))
    cancelled = loop.action_in("cancelled", problem=problem)
    assert "has no action" in str(gates.unverified_refusal(loop.session, problem, loop.actor))
    left = loop.action_in("completed", problem=problem)
    refusal = str(gates.unverified_refusal(loop.session, problem, loop.actor))
    assert left.number in refusal
    assert cancelled.number not in refusal


def test_a_verified_action_frees_the_problem(loop: Loop) -> None:
    problem = loop.problem()
    loop.action_in("verified", problem=problem)
    assert gates.unverified_refusal(loop.session, problem, loop.actor) is None
