"""The ladder: what each answer does to the count, and the one rule of standing."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from fracas.core.errors import Invalid
from fracas.failures import queries
from fracas.failures.models import Decision, Failure, MaintenanceKind, Outcome
from fracas.failures.scoring import LADDER, Standing, classify, walk
from tests.factories.loop import IN_DOUBT, NOT_COUNTED, WHOLLY_OURS, Loop

RELEVANCE = {"test_abuse", "initial_inspection", "outside_environment", "operator_error", "test_equipment"}


def test_there_are_ten_questions() -> None:
    assert len({question.key for question in LADDER}) == 10


def test_ten_times_no_counts() -> None:
    result = walk(WHOLLY_OURS)
    assert (result.decision, result.is_relevant, result.is_chargeable) == (Decision.COUNT, True, True)


@pytest.mark.parametrize("question", [question.key for question in LADDER])
def test_one_yes_keeps_it_out(question: str) -> None:
    result = walk({**WHOLLY_OURS, question: "yes"})
    assert result.decision is Decision.DO_NOT_COUNT
    assert (result.is_relevant, result.is_chargeable) == (question not in RELEVANCE, question in RELEVANCE)


@pytest.mark.parametrize("question", [question.key for question in LADDER])
def test_one_doubt_is_referred(question: str) -> None:
    result = walk({**WHOLLY_OURS, question: "unsure"})
    assert result.decision is Decision.REFER
    assert None in (result.is_relevant, result.is_chargeable)


@pytest.mark.parametrize(
    ("doubt", "yes"), list(itertools.permutations(["test_abuse", "crew_remediable", "operator_error"], 2))
)
def test_a_doubt_that_changes_nothing_is_not_referred(doubt: str, yes: str) -> None:
    assert walk({**WHOLLY_OURS, doubt: "unsure", yes: "yes"}).decision is Decision.DO_NOT_COUNT


def test_what_a_doubt_leaves_open_stays_open() -> None:
    result = walk({**WHOLLY_OURS, "crew_remediable": "unsure", "operator_error": "yes"})
    assert (result.is_relevant, result.is_chargeable) == (False, None)


@pytest.mark.parametrize("answers", list(itertools.product(["yes", "no", "unsure"], repeat=4)))
def test_however_the_doubts_resolve_a_decision_stands(answers: tuple[str, ...]) -> None:
    """The definition of "refer": some way to resolve the doubts gives another outcome."""
    keys = ["test_abuse", "caused_by_another", "operator_error", "fix_approved"]
    said = {**WHOLLY_OURS, **dict(zip(keys, answers, strict=True))}
    doubts = [key for key in keys if said[key] == "unsure"]
    resolved = {
        walk({**said, **dict(zip(doubts, way, strict=True))}).decision
        for way in itertools.product(["yes", "no"], repeat=len(doubts))
    }
    decision = walk(said).decision
    assert (decision is Decision.REFER) == (len(resolved) > 1)
    assert decision is Decision.REFER or resolved == {decision}


def test_a_missing_answer_names_its_question() -> None:
    answers = {**WHOLLY_OURS, "test_abuse": "maybe", "other": "no"}
    del answers["fix_approved"]
    with pytest.raises(Invalid) as refusal:
        walk(answers)
    assert {finding.field for finding in refusal.value.findings} == {
        "answers.test_abuse",
        "answers.fix_approved",
        "answers.other",
    }


@pytest.mark.parametrize(
    ("outcome", "decision", "kind", "standing"),
    [
        (None, None, None, "unscored"),
        ("confirmed", None, "repair", "unscored"),
        ("confirmed", "refer", "repair", "unscored"),
        ("confirmed", "count", "repair", "counted"),
        ("confirmed", "do_not_count", "repair", "excluded"),
        ("no_fault_found", "count", "none", "excluded"),
        ("duplicate", None, None, "excluded"),
        ("confirmed", "count", "preventive", "excluded"),
        (None, "count", None, "counted"),
    ],
)
def test_a_standing_follows_from_three_facts(
    outcome: str | None, decision: str | None, kind: str | None, standing: str
) -> None:
    assert classify(outcome, decision, kind) == standing


def test_the_rule_in_sql_is_the_rule_in_python(loop: Loop) -> None:
    failures: list[tuple[Failure, str | None, str | None]] = []
    outcomes: list[str | None] = [None, *(o.value for o in Outcome)]
    scores = [None, WHOLLY_OURS, NOT_COUNTED, IN_DOUBT]
    original = loop.report()
    for outcome, answers, kind in itertools.product(outcomes, scores, [None, "repair", "preventive"]):
        failure = loop.report(maintenance_kind=kind)
        if outcome is not None:
            loop.complete(failure, maintenance_kind=kind or "none")
            named = {"duplicate_of": original.number} if outcome == "duplicate" else {}
            loop.do("verify", failure, outcome=outcome, method="bench", mode="ELK", **named)
        if outcome is not None and answers is not None:
            loop.do("score", failure, answers=answers)
        failures.append((failure, outcome, walk(answers).decision if outcome and answers else None))
    rows = dict(loop.session.execute(select(Failure.id, queries.standing_now())).all())  # type: ignore[arg-type]
    for failure, outcome, decision in failures:
        assert rows[failure.id] == classify(outcome, decision, failure.maintenance_kind), (outcome, decision)
    assert {Standing(value) for value in rows.values()} == set(Standing)
    assert MaintenanceKind.PREVENTIVE in {failure.maintenance_kind for failure, _, _ in failures}
