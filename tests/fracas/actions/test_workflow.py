"""The verbs of an action: every state x verb cell, every role x verb cell, and what each verb keeps."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fracas.actions import queries, workflow
from fracas.actions.models import Action
from fracas.actions.states import MOVES, REASONS, ActionState
from fracas.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from fracas.users import matrix
from fracas.users.models import Role
from tests.factories.assets import day
from tests.factories.loop import EFFECTIVE, Loop


def facts_for(verb: str) -> dict[str, Any]:
    """Input with which ``verb`` goes through where the state allows it."""
    facts: dict[str, dict[str, Any]] = {
        "edit": {"title": "Newer seal"},
        "set_criterion": {"statement": "a third", "largest_rate_ratio": 0.3},
        "complete": {"evidence": "drawing 7 B"},
        "give_verdict": EFFECTIVE,
    }
    reason = {"reason": "because"} if verb in REASONS else {}
    return {**facts.get(verb, {}), **reason}


def prepare(verb: str, loop: Loop, action: Action) -> None:
    """What the gates want to see."""
    if verb == "verify" and action.state == "completed":
        loop.act("give_verdict", action, **EFFECTIVE)
    if verb == "bring_history":
        action.external_id = f"old-{action.number}"
        loop.session.flush()


# ------------------------------------------------------------------ the table


@pytest.mark.parametrize("state", ActionState)
@pytest.mark.parametrize("verb", MOVES)
def test_every_state_and_verb(loop: Loop, state: ActionState, verb: str) -> None:
    action = loop.action_in(state)
    prepare(verb, loop, action)
    if state in MOVES[verb]:
        loop.act(verb, action, **facts_for(verb))
        assert action.state == MOVES[verb][state]
    else:
        with pytest.raises(Refused, match="not possible while"):
            loop.act(verb, action, **facts_for(verb))
        loop.session.refresh(action)
        assert action.state == state


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", [*MOVES, "plan_action"])
def test_every_role_and_verb(loop: Loop, role: Role, verb: str) -> None:
    owner = loop.person("quality", "owner").email
    actor = loop.as_(role)
    if verb == "plan_action":
        problem = loop.problem()

        def attempt() -> Any:
            told = {"action_type": "corrective", "title": "New seal", "problem": problem.number}
            return workflow.plan_action(loop.session, actor, **told)
    else:
        action = loop.action_in(next(iter(MOVES[verb])), owner=owner)
        prepare(verb, loop, action)

        def attempt() -> Any:
            return loop.act(verb, action, actor, **facts_for(verb))

    if role in matrix.DEFAULT[f"action.{verb}"] and not (verb == "plan_action" and role not in matrix.OFFICE):
        attempt()
    else:
        with pytest.raises(Forbidden):
            attempt()


@pytest.mark.parametrize("verb", sorted(REASONS))
def test_going_back_needs_a_reason(loop: Loop, verb: str) -> None:
    state = "completed" if verb == "send_back" else next(iter(MOVES[verb]))
    with pytest.raises(Invalid, match="needs a reason"):
        loop.act(verb, loop.action_in(state), reason="")


def test_an_action_of_another_organisation_is_not_there(loop: Loop) -> None:
    action, stranger = loop.action(), Loop(loop.session)
    with pytest.raises(NotFound):
        loop.act("edit", action, stranger.actor, title="mine")


# ------------------------------------------------------------------ planning


def test_an_action_says_what_who_when_and_from_which_serial(loop: Loop) -> None:
    action = loop.action(effective_from_serial="V200", effective_from_lot="L7", effective_from_at=None)
    assert action.number.startswith("CA-")
    assert (action.owner, action.due_on) == (loop.person("quality"), day(200).date())
    assert (action.effective_from_serial, action.effective_from_lot) == ("V200", "L7")


def test_only_containment_follows_straight_from_a_failure(loop: Loop) -> None:
    failure = loop.report()
    assert loop.action(failure=failure.number, action_type="containment").failure is failure
    for facts in ({"failure": failure}, {"failure": None}):
        with pytest.raises(Invalid) as refusal:
            loop.action(**facts, action_type="corrective")
        assert refusal.value.field == "problem"
    containment = loop.action(failure=failure, action_type="containment")
    with pytest.raises(Invalid):
        loop.act("edit", containment, action_type="corrective")


@pytest.mark.parametrize("state", ["closed", "closed_unverified", "closed_elsewhere"])
def test_nothing_is_planned_against_an_ended_problem(loop: Loop, state: str) -> None:
    with pytest.raises(Refused, match="reopen it"):
        loop.action(problem=loop.problem_in(state))


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"title": ""}, "title"),
        ({"action_type": "wishful"}, "action_type"),
        ({"problem": "PR-0000-1"}, "problem"),
        ({"owner": "nobody@example.org"}, "owner"),
        ({"effective_from_at": day(1).replace(tzinfo=None)}, "effective_from_at"),
        ({"effective_from_serial": "x" * 201}, "effective_from_serial"),
    ],
)
def test_bad_input_names_its_field(loop: Loop, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.action(**facts)
    assert refusal.value.field == field


def test_what_an_edit_leaves_out_stays(loop: Loop) -> None:
    action = loop.action()
    loop.act("edit", action, title="Newer seal")
    assert (action.title, action.due_on, action.effective_from_at) == (
        "Newer seal",
        day(200).date(),
        day(150),
    )


@pytest.mark.parametrize(("missing", "words"), [("owner", "no owner"), ("due_on", "no due date")])
def test_nobody_starts_without_owner_and_due_date(loop: Loop, missing: str, words: str) -> None:
    action = loop.action(**{missing: None})
    with pytest.raises(Refused, match=words):
        loop.act("start", action)


# ------------------------------------------------------------------ the criterion, before the work


def test_without_a_criterion_nothing_is_completed(loop: Loop) -> None:
    action = loop.action()
    loop.act("start", action)
    with pytest.raises(Refused, match="no criterion"):
        loop.act("complete", action, evidence="drawing 7 B")
    loop.act("set_criterion", action, statement="none in a year")
    loop.act("complete", action, evidence="drawing 7 B")
    with pytest.raises(Refused, match="not possible while"):
        loop.act("set_criterion", action, statement="one in a year")


def test_without_effectivity_nothing_is_completed(loop: Loop) -> None:
    action = loop.action(effective_from_at=None)
    loop.act("start", action)
    loop.act("set_criterion", action, statement="none in a year")
    with pytest.raises(Refused, match="from which serial"):
        loop.act("complete", action, evidence="drawing 7 B")
    loop.act("complete", action, evidence="drawing 7 B", effective_from_lot="L8")
    assert (action.effective_from_lot, action.evidence) == ("L8", "drawing 7 B")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"statement": " "}, "statement"),
        ({"largest_rate_ratio": 0.0}, "largest_rate_ratio"),
        ({"largest_rate_ratio": math.inf}, "largest_rate_ratio"),
        ({"least_exposure_after": -1.0}, "least_exposure_after"),
        ({"metric": "miles"}, "metric"),
    ],
)
def test_a_criterion_can_be_met(loop: Loop, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.act("set_criterion", loop.action(), **{"statement": "fewer", **facts})
    assert refusal.value.field == field


def test_a_later_criterion_supersedes_and_both_are_kept(loop: Loop) -> None:
    action = loop.action()
    loop.act("set_criterion", action, statement="half", largest_rate_ratio=0.5)
    loop.act("set_criterion", action, statement="a third", largest_rate_ratio=0.33, metric="hours")
    kept = queries.detail(loop.session, loop.actor, action.number).criteria
    assert [(fact.statement, fact.retracted_at is None) for fact in kept] == [
        ("half", False),
        ("a third", True),
    ]


def test_evidence_is_needed_and_the_future_is_not(loop: Loop) -> None:
    from datetime import timedelta

    from fracas.core import clock

    action = loop.action_in("in_progress")
    for facts, field in (
        ({"evidence": " "}, "evidence"),
        ({"evidence": "x", "completed_at": clock.now() + timedelta(days=1)}, "completed_at"),
    ):
        with pytest.raises(Invalid) as refusal:
            loop.act("complete", action, **facts)
        assert refusal.value.field == field


# ------------------------------------------------------------------ the proof


def test_no_verification_without_a_verdict(loop: Loop) -> None:
    action = loop.action_in("completed")
    with pytest.raises(Refused, match="no verdict"):
        loop.act("verify", action)
    for answer in ("too_early", "not_effective"):
        loop.act("give_verdict", action, **{**EFFECTIVE, "answer": answer})
        with pytest.raises(Refused, match=answer):
            loop.act("verify", action)
    loop.act("give_verdict", action, **EFFECTIVE)
    loop.act("verify", action)
    assert action.verified_at is not None


def test_the_owner_neither_judges_nor_approves(loop: Loop) -> None:
    engineer, approver = loop.person("reliability_engineer"), loop.person("approver")
    action = loop.action_in("completed", owner=engineer.email)
    with pytest.raises(Refused, match="You own"):
        loop.act("give_verdict", action, loop.as_("reliability_engineer"), **EFFECTIVE)
    loop.act("give_verdict", action, loop.as_("reliability_engineer", "2"), **EFFECTIVE)
    loop.act("verify", action, loop.as_("approver"))
    owned = loop.action_in("completed", owner=approver.email)
    loop.act("give_verdict", owned, **EFFECTIVE)
    with pytest.raises(Refused, match="You own"):
        loop.act("verify", owned, loop.as_("approver"))


@pytest.mark.parametrize(
    ("criterion", "numbers", "words"),
    [
        ({"largest_rate_ratio": 0.5}, {"failures_after": 6}, "0.6 times"),
        ({"largest_rate_ratio": 0.5}, {"failures_before": 0}, "needs a failure before"),
        ({"largest_rate_ratio": 0.5}, {"exposure_after": 0.0}, "needs a failure before"),
        ({"least_exposure_after": 2000.0}, {}, "too early"),
    ],
)
def test_effective_is_what_meets_the_criterion(
    loop: Loop, criterion: dict[str, Any], numbers: dict[str, Any], words: str
) -> None:
    action = loop.action()
    loop.act("set_criterion", action, statement="fewer", **criterion)
    loop.act("start", action)
    loop.act("complete", action, evidence="x")
    with pytest.raises(Invalid, match=words):
        loop.act("give_verdict", action, **{**EFFECTIVE, **numbers})
    loop.act("give_verdict", action, **{**EFFECTIVE, **numbers, "answer": "too_early"})


def test_the_verdict_keeps_what_it_rests_on(loop: Loop) -> None:
    action = loop.action_in("completed")
    engineer = loop.as_("reliability_engineer")
    loop.act("give_verdict", action, engineer, **EFFECTIVE, note="two sites")
    verdict = queries.current_verdict(loop.session, action.id)
    assert verdict is not None
    assert (verdict.failures_before, verdict.exposure_before) == (10, 1000.0)
    assert (verdict.failures_after, verdict.exposure_after, verdict.note) == (2, 1000.0, "two sites")
    assert (verdict.given_by_name, verdict.entered_by) == (engineer.name, engineer.user_id)
    assert verdict.criterion_id == queries.current_criterion(loop.session, action.id).id  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"failures_after": -1}, "failures_after"),
        ({"failures_before": 1.5}, "failures_before"),
        ({"exposure_after": math.nan}, "exposure_after"),
        ({"answer": "perhaps"}, "answer"),
    ],
)
def test_a_verdict_has_numbers(loop: Loop, numbers: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.act("give_verdict", loop.action_in("completed"), **{**EFFECTIVE, **numbers})
    assert refusal.value.field == field


# ------------------------------------------------------------------ back


def test_work_done_again_is_judged_again(loop: Loop) -> None:
    action = loop.action_in("verified")
    loop.act("reopen", action, reason="it leaks again")
    assert (action.state, action.completed_at, action.verified_at) == ("in_progress", None, None)
    loop.act("complete", action, evidence="drawing 7 C")
    with pytest.raises(Refused, match="no verdict"):
        loop.act("verify", action)


def test_an_action_that_carries_a_closed_problem_is_not_reopened(loop: Loop) -> None:
    problem = loop.problem_in("closed")
    (action,) = queries.of_problem(loop.session, problem.id)
    with pytest.raises(Refused, match=problem.number):
        loop.act("reopen", action, reason="it leaks again")
    loop.on("reopen", problem, reason="it leaks again")
    loop.act("reopen", action, reason="it leaks again")


def test_only_what_came_from_elsewhere_was_closed_there(loop: Loop) -> None:
    with pytest.raises(Refused, match="another system"):
        loop.act("bring_history", loop.action())
    action = loop.action(external_id="A-1")
    loop.act("bring_history", action, completed_at=day(60), evidence="report 5")
    assert (action.state, action.completed_at, action.evidence) == ("closed_elsewhere", day(60), "report 5")
    with pytest.raises(Invalid, match=action.number):
        loop.action(external_id="A-1")


def test_a_form_that_was_opened_before_is_told(loop: Loop) -> None:
    action = loop.action_in("completed")
    seen = action.version
    loop.act("give_verdict", action, if_version=seen, **EFFECTIVE)
    with pytest.raises(Stale):
        loop.act("give_verdict", action, if_version=seen, **EFFECTIVE)
