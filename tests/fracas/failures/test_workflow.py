"""The verbs of a report: every state x verb cell, every role x verb cell, and what each verb keeps."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from fracas.core import clock, history
from fracas.core.db import UTCDateTime, make_engine, session_factory
from fracas.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from fracas.core.permissions import Actor
from fracas.failures import queries, workflow
from fracas.failures.models import Decision, Failure, Outcome
from fracas.failures.states import MOVES, REASONS, FailureState
from fracas.users import matrix
from fracas.users.models import Role
from tests.factories.assets import day
from tests.factories.loop import COMPLETION, IN_DOUBT, NOT_COUNTED, WHOLLY_OURS, Loop

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def facts_for(verb: str, loop: Loop, failure: Failure) -> dict[str, Any]:
    """Input with which ``verb`` goes through where the state allows it."""
    facts: dict[str, dict[str, Any]] = {
        "amend": {"symptom": "drips badly"},
        "attach": {"content": PNG, "file_name": "a.png"},
        "complete": dict(COMPLETION),
        "verify": {"outcome": "confirmed", "method": "bench", "mode": "ELK"},
        "score": {"answers": WHOLLY_OURS},
        "quarantine": {"parts": ["V2"]},
        "contain": {"is_needed": False, "note": "no others"},
        "close_no_action": {"close_as": "no_further_action"},
    }
    reason = {"reason": "because"} if verb in REASONS else {}
    return {**facts.get(verb, {}), **reason}


def prepare(verb: str, loop: Loop, failure: Failure) -> None:
    """What the gates want to see."""
    if verb == "close":
        loop.problem_in("closed_unverified", failures=[failure])
    if verb == "bring_history":
        failure.external_id = f"old-{failure.number}"
        loop.session.flush()


# ------------------------------------------------------------------ the table


@pytest.mark.parametrize("state", FailureState)
@pytest.mark.parametrize("verb", MOVES)
def test_every_state_and_verb(loop: Loop, state: FailureState, verb: str) -> None:
    failure = loop.failure_in(state)
    prepare(verb, loop, failure)
    before = len(loop.session.scalars(history.entries("failure", failure.id)).all())
    if state in MOVES[verb]:
        loop.do(verb, failure, **facts_for(verb, loop, failure))
        assert failure.state == MOVES[verb][state]
    else:
        with pytest.raises(Refused, match="not possible while"):
            loop.do(verb, failure, **facts_for(verb, loop, failure))
        loop.session.refresh(failure)
        assert failure.state == state
        assert len(loop.session.scalars(history.entries("failure", failure.id)).all()) == before


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", [*MOVES, "file"])
def test_every_role_and_verb(loop: Loop, role: Role, verb: str) -> None:
    start = next(iter(MOVES[verb])) if verb in MOVES else None
    system = "S2" if role is Role.CUSTOMER else "S1"
    actor = loop.as_(role)
    if start is None:

        def attempt() -> Any:
            return loop.report(actor, system=system)
    else:
        failure = loop.failure_in(start)
        if role is Role.CUSTOMER:
            failure.customer_id = loop.customer.id
        prepare(verb, loop, failure)
        loop.session.flush()

        def attempt() -> Any:
            return loop.do(verb, failure, actor, **facts_for(verb, loop, failure))

    if role in matrix.DEFAULT[f"failure.{verb}"]:
        attempt()
    else:
        with pytest.raises(Forbidden):
            attempt()


@pytest.mark.parametrize("verb", MOVES)
def test_a_report_of_another_site_is_not_there(loop: Loop, verb: str) -> None:
    elsewhere = loop.failure_in(next(iter(MOVES[verb])))
    elsewhere.site = loop.yard
    loop.session.flush()
    actor = loop.as_("service_station")
    everything = Actor(actor.organisation_id, actor.user_id, "x", frozenset("*"), site_ids=actor.site_ids)
    with pytest.raises(NotFound):
        loop.do(verb, elsewhere, everything, **facts_for(verb, loop, elsewhere))


@pytest.mark.parametrize("verb", sorted(REASONS))
def test_going_back_needs_a_reason(loop: Loop, verb: str) -> None:
    failure = loop.failure_in(next(iter(MOVES[verb])))
    facts = facts_for(verb, loop, failure)
    for reason in (None, "", "  "):
        with pytest.raises(Invalid, match="needs a reason") as refusal:
            loop.do(verb, failure, **{**facts, "reason": reason})
        assert refusal.value.field == "reason"


# ------------------------------------------------------------------ filing


def test_a_report_opens_with_five_inputs(loop: Loop) -> None:
    engineer = loop.as_("field_engineer")
    failure = workflow.file(
        loop.session,
        engineer,
        system="S1",
        occurred_at=day(100),
        symptom="drips",
        usage_value=800.0,
        metric="hours",
    )
    assert failure.number.startswith("FR-")
    assert failure.state == "reported"
    assert failure.site.code == "DEPOT"
    assert (failure.reporter_id, failure.reporter_name) == (engineer.user_id, engineer.name)
    assert failure.usage_reading is not None
    assert (failure.usage_reading.value, failure.usage_reading.occurred_at) == (800.0, day(100))
    (revision,) = queries.revisions(loop.session, engineer, failure)
    assert (revision.revision, revision.symptom, revision.usage_reading_id) == (
        1,
        "drips",
        failure.usage_reading.id,
    )


def test_numbers_follow_each_other(loop: Loop) -> None:
    with clock.at(day(1000)):
        first, second = loop.report(), loop.report()
    assert (first.number, second.number) == ("FR-2025-00001", "FR-2025-00002")


def test_a_serial_alone_says_which_system(loop: Loop) -> None:
    failure = loop.report(system=None, part="V1")
    assert failure.system.serial == "S1"
    assert failure.position is not None
    assert (failure.position.code, failure.part_type.number) == ("B1.VALVE", "V-7")  # type: ignore[union-attr]


def test_a_position_says_the_part_type(loop: Loop) -> None:
    assert loop.report(position="B2.BCU").part_type.number == "BCU-200"  # type: ignore[union-attr]


def test_a_reading_is_refused_with_the_record_that_disagrees(loop: Loop) -> None:
    loop.read(900, at=90)
    with pytest.raises(Invalid, match="900") as refusal:
        loop.report(usage_value=800.0, metric="hours", usage_not_read_reason=None)
    assert refusal.value.field == "usage_value"


def test_the_meter_that_goes_without_saying(loop: Loop) -> None:
    with pytest.raises(Invalid, match="hours, km") as refusal:
        loop.report(usage_value=5.0)
    assert refusal.value.field == "metric"
    loop.read(900, at=90)
    assert loop.report(usage_value=901.0).usage_reading.metric.code == "hours"  # type: ignore[union-attr]


def test_two_failures_at_one_stop_share_a_reading(loop: Loop) -> None:
    first = loop.report(usage_value=800.0, metric="hours")
    second = loop.report(usage_value=800.0, metric="hours")
    assert first.usage_reading_id == second.usage_reading_id


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"system": "S9"}, "system"),
        ({"system": None}, "system"),
        ({"part": "V9"}, "part"),
        ({"part": "V2"}, "part"),
        ({"position": "B9"}, "position"),
        ({"part": "V1", "position": "B1.BCU"}, "position"),
        ({"symptom": " "}, "symptom"),
        ({"symptom_code": "???"}, "symptom_code"),
        ({"occurred_at": None}, "occurred_at"),
        ({"occurred_at": day(100).replace(tzinfo=None)}, "occurred_at"),
        ({"detected_at": day(99)}, "detected_at"),
        ({"last_known_good_at": day(101)}, "last_known_good_at"),
        ({"usage_not_read_reason": ""}, "usage_value"),
        ({"usage_value": -1.0, "metric": "hours"}, "usage_value"),
        ({"usage_value": math.nan, "metric": "hours"}, "usage_value"),
        ({"labour_hours": -1.0}, "labour_hours"),
        ({"life_cycle_phase": "youth"}, "life_cycle_phase"),
        ({"site": "MOON"}, "site"),
        ({"configuration": "x" * 201}, "configuration"),
        ({"not_recorded": ["symptom"]}, "not_recorded"),
    ],
)
def test_bad_input_names_its_field(loop: Loop, words: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.report(**words)
    assert refusal.value.field == field
    assert loop.session.scalars(queries.failures(loop.session, loop.actor)).unique().all() == []


def test_the_future_is_refused_but_a_fast_clock_is_not(loop: Loop) -> None:
    loop.report(occurred_at=clock.now() + timedelta(minutes=4))
    with pytest.raises(Invalid, match="in the future"):
        loop.report(occurred_at=clock.now() + timedelta(minutes=6))


def test_a_system_of_another_site_cannot_be_reported_on(loop: Loop) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.report(loop.as_("field_engineer"), system="S2")
    assert refusal.value.field == "system"


def test_an_external_number_is_there_once(loop: Loop) -> None:
    first = loop.report(external_id="0042")
    assert first.external_id == "0042"
    with pytest.raises(Invalid, match=first.number) as refusal:
        loop.report(external_id="0042")
    assert refusal.value.field == "external_id"


def test_not_recorded_at_source_stands_for_a_reading(loop: Loop) -> None:
    failure = loop.report(usage_not_read_reason=None, not_recorded=["usage_value"])
    assert failure.not_recorded == ["usage_value"]


# ------------------------------------------------------------------ amending


def test_amending_keeps_every_wording(loop: Loop) -> None:
    failure = loop.report()
    loop.do("amend", failure, symptom="drips badly", reason="looked again")
    assert failure.revision == 2
    assert [(r.revision, r.symptom) for r in queries.revisions(loop.session, loop.actor, failure)] == [
        (2, "drips badly"),
        (1, "drips"),
    ]
    latest = loop.session.scalars(history.entries("failure", failure.id)).first()
    assert latest is not None
    assert (latest.verb, latest.reason) == ("amend", "looked again")
    assert latest.changes["symptom"] == ["drips", "drips badly"]


def test_what_an_amendment_leaves_out_stays(loop: Loop) -> None:
    failure = loop.complete(loop.report(part="V1"))
    loop.do("amend", failure, labour_hours=3.0, reason="time sheet")
    assert (failure.labour_hours, failure.handling, failure.part.serial) == (3.0, "Sealed and tested", "V1")  # type: ignore[union-attr]


def test_an_amended_reading_replaces_the_wrong_one(loop: Loop) -> None:
    failure = loop.report(usage_value=8000.0, metric="hours")
    wrong = failure.usage_reading
    loop.do("amend", failure, usage_value=800.0, metric="hours", reason="one nought too many")
    assert wrong is not None
    assert wrong.retracted_at is not None
    assert failure.usage_reading.value == 800.0  # type: ignore[union-attr]


def test_an_amended_time_takes_the_reading_along(loop: Loop) -> None:
    failure = loop.report(usage_value=800.0, metric="hours")
    loop.do("amend", failure, occurred_at=day(90), reason="wrong day")
    assert (failure.usage_reading.value, failure.usage_reading.occurred_at) == (800.0, day(90))  # type: ignore[union-attr]


def test_a_system_amended_moves_the_report_to_its_site(loop: Loop) -> None:
    failure = loop.report()
    loop.do("amend", failure, system="S2", reason="misread the number")
    assert (failure.site.code, failure.customer_id) == ("YARD", loop.customer.id)


# ------------------------------------------------------------------ attaching


def test_a_photo_is_kept_once(loop: Loop) -> None:
    failure = loop.report()
    first = loop.do("attach", failure, content=PNG, file_name="../../etc/leak.exe")
    again = loop.do("attach", failure, content=PNG, file_name="other.png")
    assert first.id == again.id
    assert (first.file_name, first.media_type, first.size_bytes) == ("leak.png", "image/png", len(PNG))
    found, content = queries.attachment(loop.session, loop.actor, failure, first.id)
    assert (found.id, content) == (first.id, PNG)


def test_an_attachment_of_another_report_is_not_there(loop: Loop) -> None:
    first, second = loop.report(), loop.report()
    kept = loop.do("attach", first, content=PNG)
    with pytest.raises(NotFound):
        queries.attachment(loop.session, loop.actor, second, kept.id)


# ------------------------------------------------------------------ completing


def test_completing_enters_the_swap_in_the_register(loop: Loop) -> None:
    failure = loop.complete(loop.report(), maintenance_kind="replace", part_out="V1", part_in="V2")
    assert (failure.state, failure.revision) == ("completed", 2)
    assert (failure.part.serial, failure.position.code) == ("V1", "B1.VALVE")  # type: ignore[union-attr]
    told = [row for row in loop.told() if row[2] == "B1.VALVE"]
    assert told == [
        ("V1", "S1", "B1.VALVE", 0.0, 101.0, "failure", "new"),
        ("V2", "S1", "B1.VALVE", 101.0, None, None, "new"),
    ]
    swap = queries.current_swap(loop.session, failure.id)
    assert swap is not None
    assert swap.removal is not None
    assert swap.installation is not None
    assert (swap.removal.note, swap.installation.part.serial) == (failure.number, "V2")


def test_a_failed_serial_taken_out_is_unserviceable(loop: Loop) -> None:
    from fracas.assets.queries import part_state

    failure = loop.complete(loop.report(), maintenance_kind="replace", part_out="V1", part_in="V2")
    assert failure.part is not None
    assert part_state(loop.session, loop.actor, failure.part).condition == "unserviceable"


def test_a_serial_that_is_not_there_is_refused_with_what_is(loop: Loop) -> None:
    loop.part("V3", "V-7")
    failure = loop.report()
    with pytest.raises(Invalid, match="V1") as refusal:
        loop.complete(failure, maintenance_kind="replace", part_out="V3", part_in="V2")
    assert refusal.value.field == "part_out"
    loop.session.refresh(failure)
    assert failure.state == "reported"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"maintenance_kind": "replace"}, "part_out"),
        ({"maintenance_kind": "remove"}, "part_out"),
        ({"maintenance_kind": "replace", "part_out": "V1"}, "part_in"),
        ({"maintenance_kind": "replace", "part_out": "V1", "part_in": "V1"}, "part_in"),
        ({"maintenance_kind": "replace", "part_out": "V1", "part_in": "V9"}, "part_in"),
        ({"restored_at": day(99)}, "restored_at"),
        ({"position": "B9"}, "position"),
        ({"maintenance_kind": "repair", "repair_assumption": None}, "repair_assumption"),
        ({"labour_hours": None}, "labour_hours"),
    ],
)
def test_a_half_completed_report_is_refused(loop: Loop, words: dict[str, Any], field: str) -> None:
    failure = loop.report()
    with pytest.raises(Invalid) as refusal:
        loop.complete(failure, **words)
    assert refusal.value.field == field


def test_everything_that_is_missing_is_named_at_once(loop: Loop) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.do("complete", loop.report(), maintenance_kind="repair")
    named = {finding.field for finding in refusal.value.findings}
    assert {"handling", "restored_at", "position", "part", "repair_assumption", "symptom_code"} <= named
    assert "maintenance_kind" not in named


def test_what_nobody_recorded_may_stay_open(loop: Loop) -> None:
    given = {
        name: value for name, value in COMPLETION.items() if name not in ("labour_hours", "waiting_hours")
    }
    failure = loop.do("complete", loop.report(), **given, not_recorded=["labour_hours", "waiting_hours"])
    assert failure.state == "completed"


def test_a_position_without_a_serial_gets_the_registers(loop: Loop) -> None:
    assert loop.complete(loop.report()).part.serial == "V1"  # type: ignore[union-attr]


def test_completing_again_keeps_the_swap(loop: Loop) -> None:
    swap = {"maintenance_kind": "replace", "part_out": "V1", "part_in": "V2"}
    failure = loop.complete(loop.report(), **swap)
    loop.do("send_back", failure, reason="hours missing")
    loop.complete(failure, **swap, labour_hours=9.0)
    assert (failure.state, failure.labour_hours) == ("completed", 9.0)
    loop.do("send_back", failure, reason="wrong serial")
    loop.part("V3", "V-7")
    with pytest.raises(Invalid, match="already recorded"):
        loop.complete(failure, maintenance_kind="replace", part_out="V1", part_in="V3")


def test_a_field_engineer_completes_but_does_not_swap(loop: Loop) -> None:
    engineer = loop.as_("field_engineer")
    with pytest.raises(Forbidden):
        loop.complete(
            loop.report(engineer), engineer, maintenance_kind="replace", part_out="V1", part_in="V2"
        )
    assert loop.complete(loop.report(engineer), engineer).state == "completed"


# ------------------------------------------------------------------ verifying


def test_a_confirmed_failure_has_a_mode(loop: Loop) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.do("verify", loop.failure_in("completed"), outcome="confirmed", method="bench")
    assert refusal.value.field == "mode"


def test_verifying_again_supersedes(loop: Loop) -> None:
    failure = loop.failure_in("verified")
    first = queries.current_verification(loop.session, failure.id)
    loop.do("send_back", failure, reason="tested the wrong unit")
    assert queries.current_verification(loop.session, failure.id) is None
    loop.do("verify", failure, outcome="no_fault_found", method="bench, 24 h")
    latest = queries.current_verification(loop.session, failure.id)
    assert latest is not None
    assert (latest.outcome, latest.id != first.id) == (Outcome.NO_FAULT_FOUND, True)  # type: ignore[union-attr]


def test_a_duplicate_names_an_original(loop: Loop) -> None:
    original, copy, copy_of_copy = (loop.failure_in("completed") for _ in range(3))
    for key in (None, copy.number, "FR-0000-1"):
        with pytest.raises(Invalid) as refusal:
            loop.do("verify", copy, outcome="duplicate", method="same photo", duplicate_of=key)
        assert refusal.value.field == "duplicate_of"
    loop.do("verify", copy, outcome="duplicate", method="same photo", duplicate_of=original.number)
    with pytest.raises(Invalid, match="itself a duplicate"):
        loop.do("verify", copy_of_copy, outcome="duplicate", method="same photo", duplicate_of=copy.number)


# ------------------------------------------------------------------ scoring


def test_the_answers_are_kept(loop: Loop) -> None:
    failure = loop.failure_in("verified")
    loop.do("score", failure, answers=NOT_COUNTED, note="driver says so")
    score = queries.current_score(loop.session, failure.id)
    assert score is not None
    assert (score.decision, score.is_relevant, score.is_chargeable) == (Decision.DO_NOT_COUNT, False, True)
    assert score.answers == NOT_COUNTED


def test_a_doubt_is_for_a_second_scorer(loop: Loop) -> None:
    first, second = loop.as_("reliability_engineer"), loop.as_("reliability_engineer", "2")
    failure = loop.failure_in("verified")
    loop.do("score", failure, first, answers=IN_DOUBT)
    with pytest.raises(Refused, match="second scorer"):
        loop.do("contain", failure, is_needed=False, note="none")
    with pytest.raises(Refused, match="somebody else"):
        loop.do("score", failure, first, answers=WHOLLY_OURS)
    loop.do("score", failure, second, answers=WHOLLY_OURS)
    score = queries.current_score(loop.session, failure.id)
    assert score is not None
    assert (score.decision, score.entered_by) == (Decision.COUNT, second.user_id)
    assert loop.do("contain", failure, is_needed=False, note="none").state == "contained"


def test_a_second_doubt_goes_to_neither_of_the_two(loop: Loop) -> None:
    first, second = loop.as_("reliability_engineer"), loop.as_("reliability_engineer", "2")
    failure = loop.failure_in("verified")
    loop.do("score", failure, first, answers=IN_DOUBT)
    loop.do("score", failure, second, answers=IN_DOUBT)
    for actor in (first, second):
        with pytest.raises(Refused):
            loop.do("score", failure, actor, answers=WHOLLY_OURS)
    loop.do("score", failure, loop.as_("reliability_engineer", "3"), answers=WHOLLY_OURS)


def test_scoring_again_supersedes_and_leaves_the_stage(loop: Loop) -> None:
    failure = loop.failure_in("closed")
    loop.do("score", failure, answers=NOT_COUNTED)
    assert failure.state == "closed"
    assert queries.current_score(loop.session, failure.id).decision is Decision.DO_NOT_COUNT  # type: ignore[union-attr]


# ------------------------------------------------------------------ containing


def test_quarantined_serials_are_so_in_the_register(loop: Loop) -> None:
    from fracas.assets.queries import part, part_state

    failure = loop.report()
    loop.do("quarantine", failure, loop.as_("quality"), parts=["V2"], note="same batch")
    state = part_state(loop.session, loop.actor, part(loop.session, loop.actor, "V2"))
    assert (state.condition, failure.number in str(state.basis)) == ("quarantined", True)


def test_an_unknown_serial_is_not_quarantined(loop: Loop) -> None:
    with pytest.raises(Invalid) as refusal:
        loop.do("quarantine", loop.report(), parts=["V2", "V9"])
    assert refusal.value.field == "parts"


def test_containment_without_need_quarantines_nothing(loop: Loop) -> None:
    with pytest.raises(Invalid):
        loop.do("contain", loop.failure_in("scored"), is_needed=False, note="none", parts=["V2"])


# ------------------------------------------------------------------ ending


def test_a_failure_is_closed_through_its_problem(loop: Loop) -> None:
    failure = loop.failure_in("contained")
    with pytest.raises(Refused, match="belongs to no problem"):
        loop.do("close", failure)
    problem = loop.problem(failures=[failure.number])
    with pytest.raises(Refused, match=problem.number):
        loop.do("close", failure)
    loop.on("close_unverified", problem, reason="customer left")
    loop.do("close", failure)
    assert (failure.state, failure.close_as) == ("closed", "problem_closed")
    assert failure.closed_at is not None


@pytest.mark.parametrize(
    ("outcome", "close_as", "goes"),
    [
        ("confirmed", "no_fault_found", False),
        ("confirmed", "duplicate", False),
        ("confirmed", "no_further_action", True),
        ("confirmed", "problem_closed", False),
        ("confirmed", "elsewhere", False),
        ("no_fault_found", "no_fault_found", True),
        ("no_fault_found", "duplicate", False),
    ],
)
def test_an_end_without_action_is_what_was_verified(
    loop: Loop, outcome: str, close_as: str, goes: bool
) -> None:
    failure = loop.failure_in("completed")
    loop.do("verify", failure, outcome=outcome, method="bench", mode="ELK")
    if goes:
        loop.do("close_no_action", failure, close_as=close_as, reason="checked")
        assert (failure.state, failure.close_as) == ("closed", close_as)
    else:
        with pytest.raises(Invalid) as refusal:
            loop.do("close_no_action", failure, close_as=close_as, reason="checked")
        assert refusal.value.field == "close_as"


def test_nobody_ends_their_own_report_without_action(loop: Loop) -> None:
    approver = loop.as_("approver")
    failure = loop.report(approver)
    loop.complete(failure)
    loop.do("verify", failure, outcome="no_fault_found", method="bench")
    with pytest.raises(Refused, match="another approver"):
        loop.do("close_no_action", failure, approver, close_as="no_fault_found", reason="x")
    loop.do("close_no_action", failure, loop.as_("approver", "2"), close_as="no_fault_found", reason="x")


def test_a_reopened_report_is_no_longer_closed(loop: Loop) -> None:
    failure = loop.failure_in("closed")
    loop.do("reopen", failure, reason="it happened again")
    assert (failure.state, failure.close_as, failure.closed_at) == ("completed", None, None)


def test_only_what_came_from_elsewhere_was_closed_there(loop: Loop) -> None:
    with pytest.raises(Refused, match="another system"):
        loop.do("bring_history", loop.report())
    failure = loop.report(external_id="A-1", source="import")
    loop.do("bring_history", failure, closed_at=day(120), outcome="confirmed", mode="ELK")
    assert (failure.state, failure.close_as, failure.closed_at) == ("closed_elsewhere", "elsewhere", day(120))
    with pytest.raises(Invalid):
        loop.do("bring_history", loop.report(external_id="A-2"), closed_at=day(99))


# ------------------------------------------------------------------ two people at once


def test_a_form_that_was_opened_before_is_told(loop: Loop) -> None:
    failure = loop.failure_in("verified")
    seen = failure.version
    loop.do("score", failure, answers=WHOLLY_OURS, if_version=seen)
    assert failure.version > seen
    with pytest.raises(Stale, match="Nothing was overwritten"):
        loop.do("score", failure, answers=NOT_COUNTED, if_version=seen)
    assert queries.current_score(loop.session, failure.id).decision is Decision.COUNT  # type: ignore[union-attr]


def test_a_second_score_also_outdates_a_form(loop: Loop) -> None:
    failure = loop.failure_in("scored")
    seen = failure.version
    loop.do("score", failure, answers=NOT_COUNTED, if_version=seen)
    with pytest.raises(Stale):
        loop.do("score", failure, answers=WHOLLY_OURS, if_version=seen)


def test_moments_are_kept_in_utc(loop: Loop) -> None:
    assert isinstance(Failure.__table__.c.occurred_at.type, UTCDateTime)
    assert loop.report().occurred_at.utcoffset() == timedelta(0)


def test_two_people_at_once_are_told_apart(empty_database_url: str) -> None:
    """Each in a session and transaction of their own, as two requests are; the later one overwrites nothing."""
    engine = make_engine(empty_database_url)
    sessions = session_factory(engine)
    with sessions() as first, sessions() as second:
        loop = Loop(first)
        failure_id, actor = loop.failure_in("verified").id, loop.actor
        first.commit()
        theirs = first.get_one(Failure, failure_id)
        seen = theirs.version
        first.commit()
        mine = second.get_one(Failure, failure_id)
        workflow.score(second, actor, mine, answers=NOT_COUNTED, if_version=seen)
        second.commit()
        with pytest.raises(Stale, match="at this moment"):
            workflow.score(first, actor, theirs, answers=WHOLLY_OURS, if_version=seen)
        first.commit()
        with pytest.raises(Stale, match="version"):
            workflow.score(
                first, actor, first.get_one(Failure, failure_id), answers=WHOLLY_OURS, if_version=seen
            )
        first.commit()
        score = queries.current_score(first, failure_id)
        assert score is not None
        assert score.decision is Decision.DO_NOT_COUNT
    engine.dispose()
