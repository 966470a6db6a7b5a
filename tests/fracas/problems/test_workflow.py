"""The verbs of a problem: every state x verb cell, every role x verb cell, and what each verb keeps."""

from __future__ import annotations

from typing import Any

import pytest

from fracas.core import history
from fracas.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from fracas.core.permissions import Actor
from fracas.problems import queries
from fracas.problems.models import Place, Problem
from fracas.problems.states import MOVES, REASONS, ProblemState
from fracas.users import matrix
from fracas.users.models import Role
from fracas.users.workflow import deactivate
from tests.factories.assets import day
from tests.factories.loop import ANALYSIS, DECISION, REVIEW, Loop


def facts_for(verb: str, loop: Loop) -> dict[str, Any]:
    """Input with which ``verb`` goes through where the state allows it."""
    facts: dict[str, dict[str, Any]] = {
        "edit": {"title": "Valves leak outside"},
        "assign": {"owner": loop.person("reliability_engineer").email},
        "analyse": ANALYSIS,
        "decide": DECISION,
        "spread": REVIEW,
    }
    reason = {"reason": "because"} if verb in REASONS else {}
    return {**facts.get(verb, {}), **reason}


def prepare(verb: str, loop: Loop, problem: Problem) -> dict[str, Any]:
    """What the gates want to see, and the input that depends on it."""
    if verb == "close" and problem.state in ("open", "analysed", "decided", "spread"):
        loop.action_in("verified", problem=problem)
    if verb == "bring_history":
        problem.external_id = f"old-{problem.number}"
        loop.session.flush()
    if verb == "link_failure":
        return {"failure": loop.report().number}
    if verb == "unlink_failure":
        return {
            "failure": loop.session.scalars(queries.failures_of(loop.actor, problem)).unique().one().number
        }
    return {}


# ------------------------------------------------------------------ the table


@pytest.mark.parametrize("state", ProblemState)
@pytest.mark.parametrize("verb", MOVES)
def test_every_state_and_verb(loop: Loop, state: ProblemState, verb: str) -> None:
    problem = loop.problem_in(state, failures=[loop.report()])
    facts = {**facts_for(verb, loop), **prepare(verb, loop, problem)}
    if state in MOVES[verb]:
        loop.on(verb, problem, **facts)
        assert problem.state == MOVES[verb][state]
    else:
        with pytest.raises(Refused, match="not possible while"):
            loop.on(verb, problem, **facts)
        loop.session.refresh(problem)
        assert problem.state == state


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", [*MOVES, "open_problem"])
def test_every_role_and_verb(loop: Loop, role: Role, verb: str) -> None:
    actor = loop.as_(role)
    if verb == "open_problem":

        def attempt() -> Any:
            from fracas.problems import workflow

            return workflow.open_problem(loop.session, actor, title="Valves leak")
    else:
        problem = loop.problem_in(next(iter(MOVES[verb])), failures=[loop.report()])
        facts = {**facts_for(verb, loop), **prepare(verb, loop, problem)}

        def attempt() -> Any:
            return loop.on(verb, problem, actor, **facts)

    if role in matrix.DEFAULT[f"problem.{verb}"]:
        attempt()
    else:
        with pytest.raises(Forbidden):
            attempt()


@pytest.mark.parametrize("verb", sorted(REASONS))
def test_going_back_needs_a_reason(loop: Loop, verb: str) -> None:
    problem = loop.problem_in(next(iter(MOVES[verb])), failures=[loop.report()])
    facts = {**facts_for(verb, loop), **prepare(verb, loop, problem), "reason": " "}
    with pytest.raises(Invalid, match="needs a reason"):
        loop.on(verb, problem, **facts)


def test_a_problem_of_another_organisation_is_not_there(loop: Loop) -> None:
    problem, stranger = loop.problem(), Loop(loop.session)
    with pytest.raises(NotFound):
        loop.on("edit", problem, stranger.actor, title="mine")


# ------------------------------------------------------------------ opening


def test_many_failures_one_cause(loop: Loop) -> None:
    first, second = loop.report(), loop.report()
    problem = loop.problem(
        failures=[first.number, second], owner=loop.person("quality").email, part_type="V-7"
    )
    assert problem.number.startswith("PR-")
    linked = loop.session.scalars(queries.failures_of(loop.actor, problem)).unique().all()
    assert {failure.id for failure in linked} == {first.id, second.id}
    assert queries.problem_of(loop.session, first.id) is problem


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"failures": ["FR-0000-1"]}, "failures"),
        ({"owner": "nobody@example.org"}, "owner"),
        ({"part_type": "V-8"}, "part_type"),
    ],
)
def test_bad_input_names_its_field(loop: Loop, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.problem(**facts)
    assert refusal.value.field == field


def test_a_failure_belongs_to_one_problem_at_a_time(loop: Loop) -> None:
    failure = loop.report()
    first, second = loop.problem(failures=[failure]), loop.problem()
    with pytest.raises(Invalid, match=first.number):
        loop.on("link_failure", second, failure=failure.number)
    loop.on("link_failure", first, failure=failure.number)  # it is there: nothing to do
    loop.on("unlink_failure", first, failure=failure.number, reason="another cause")
    assert queries.problem_of(loop.session, failure.id) is None
    loop.on("link_failure", second, failure=failure.number)
    assert queries.problem_of(loop.session, failure.id) is second
    with pytest.raises(Invalid, match="does not belong"):
        loop.on("unlink_failure", first, failure=failure.number, reason="again")


def test_an_owner_is_active_staff(loop: Loop) -> None:
    gone = loop.person("quality", "gone")
    deactivate(loop.session, loop.actor, gone)
    for person in (gone, loop.person("customer")):
        with pytest.raises(Invalid) as refusal:
            loop.on("assign", loop.problem(), owner=person.email)
        assert refusal.value.field == "owner"


# ------------------------------------------------------------------ the investigation


def test_mode_mechanism_and_cause_are_three_codes(loop: Loop) -> None:
    problem = loop.problem_in("analysed")
    loop.on("analyse", problem, **{**ANALYSIS, "mechanism": "2.4", "cause_class": "secondary"})
    analysis = queries.current_analysis(loop.session, problem.id)
    assert analysis is not None
    assert (analysis.mode.code, analysis.mechanism.code, analysis.cause.code) == ("ELK", "2.4", "A")
    assert analysis.cause_class == "secondary"
    kept = queries.detail(loop.session, loop.actor, problem.number).analyses
    assert [fact.retracted_at is None for fact in kept] == [False, True]


@pytest.mark.parametrize("field", ["mode", "mechanism", "cause", "method", "evidence", "cause_class"])
def test_an_analysis_lacks_nothing(loop: Loop, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.on("analyse", loop.problem(), **{**ANALYSIS, field: ""})
    assert refusal.value.field == field


def test_the_owner_does_not_decide(loop: Loop) -> None:
    owner = loop.as_("approver")
    problem = loop.problem_in("analysed", owner=loop.person("approver").email)
    with pytest.raises(Refused, match="You own"):
        loop.on("decide", problem, owner, **DECISION)
    loop.on("decide", problem, loop.as_("approver", "2"), **DECISION, dissent="C would wait")
    decision = queries.current_decision(loop.session, problem.id)
    assert decision is not None
    assert (decision.decision, decision.dissent) == ("new seal", "C would wait")


def test_all_eight_places_are_answered(loop: Loop) -> None:
    problem = loop.problem_in("decided")
    half = {"affected": {"stock": "yes"}, "notes": {"stock": "3 of 40 cracked", "test_units": "none built"}}
    with pytest.raises(Invalid) as refusal:
        loop.on("spread", problem, **half)
    named = {finding.field for finding in refusal.value.findings}
    assert len(named) == 13
    assert named >= {"affected.test_units", "affected.mating_equipment", "notes.installed_units"}
    loop.on("spread", problem, affected={**REVIEW["affected"], "stock": True}, notes=REVIEW["notes"])
    reviews = {
        review.place: review.is_affected for review in queries.current_reviews(loop.session, problem.id)
    }
    assert reviews == {place: place is Place.STOCK for place in Place}


# ------------------------------------------------------------------ the end


def test_closing_needs_a_verified_action(loop: Loop) -> None:
    problem = loop.problem_in("spread")
    with pytest.raises(Refused, match="has no action"):
        loop.on("close", problem)
    first, second = (
        loop.action_in("in_progress", problem=problem),
        loop.action_in("verified", problem=problem),
    )
    with pytest.raises(Refused, match=first.number):
        loop.on("close", problem)
    assert problem.closed_at is None
    loop.act("cancel", first, reason="not needed")
    loop.on("close", problem)
    assert problem.state == "closed"
    assert problem.closed_at is not None
    assert second.state == "verified"


@pytest.mark.parametrize("state", ["planned", "in_progress", "completed", "closed_elsewhere"])
def test_an_unverified_action_holds_a_problem_open(loop: Loop, state: str) -> None:
    problem = loop.problem_in("spread")
    loop.action_in("verified", problem=problem)
    loop.action_in(state, problem=problem)
    with pytest.raises(Refused, match="Not verified yet"):
        loop.on("close", problem)


@pytest.mark.parametrize("verb", ["close", "close_unverified"])
def test_the_owner_does_not_close(loop: Loop, verb: str) -> None:
    problem = loop.problem_in("spread", owner=loop.person("approver").email)
    loop.action_in("verified", problem=problem)
    facts = {"reason": "why not"} if verb in REASONS else {}
    with pytest.raises(Refused, match="You own"):
        loop.on(verb, problem, loop.as_("approver"), **facts)
    loop.on(verb, problem, loop.as_("approver", "2"), **facts)


def test_closing_unverified_is_another_state_and_says_why(loop: Loop) -> None:
    problem = loop.problem_in("closed_unverified")
    assert (problem.state, problem.close_reason) == ("closed_unverified", "customer left")


def test_sending_back_withdraws_what_the_stage_said(loop: Loop) -> None:
    problem = loop.problem_in("spread")
    for state, left in (("decided", "reviews"), ("analysed", "decision"), ("open", "analysis")):
        loop.on("send_back", problem, reason="not convincing")
        assert problem.state == state
        gone = {
            "reviews": queries.current_reviews(loop.session, problem.id),
            "decision": queries.current_decision(loop.session, problem.id),
            "analysis": queries.current_analysis(loop.session, problem.id),
        }[left]
        assert not gone


def test_a_reopened_problem_walks_again(loop: Loop) -> None:
    problem = loop.problem_in("closed")
    loop.on("reopen", problem, reason="it leaks again")
    assert (problem.state, problem.closed_at, problem.close_reason) == ("open", None, None)
    entry = loop.session.scalars(history.entries("problem", problem.id)).first()
    assert entry is not None
    assert (entry.verb, entry.reason) == ("reopen", "it leaks again")


def test_only_what_came_from_elsewhere_was_closed_there(loop: Loop) -> None:
    with pytest.raises(Refused, match="another system"):
        loop.on("bring_history", loop.problem())
    problem = loop.problem(external_id="P-1")
    loop.on("bring_history", problem, closed_at=day(50), note="8D 17")
    assert (problem.state, problem.closed_at, problem.close_reason) == ("closed_elsewhere", day(50), "8D 17")
    with pytest.raises(Invalid, match=problem.number):
        loop.problem(external_id="P-1")


def test_a_form_that_was_opened_before_is_told(loop: Loop) -> None:
    problem = loop.problem_in("analysed")
    seen = problem.version
    loop.on("analyse", problem, if_version=seen, **ANALYSIS)
    with pytest.raises(Stale):
        loop.on("analyse", problem, if_version=seen, **ANALYSIS)


def test_a_wildcard_does_not_open_the_wall_between_sites(loop: Loop) -> None:
    problem = loop.problem(failures=[loop.report(system="S2")])
    engineer = loop.as_("field_engineer")
    actor = Actor(engineer.organisation_id, engineer.user_id, "x", frozenset("*"), site_ids=engineer.site_ids)
    with pytest.raises(NotFound):
        queries.problem(loop.session, actor, problem.number)
