"""Does a failure count? Ten questions, answered and kept, decide; and one rule turns what is known into a standing.

After the step-by-step scoring of MIL-C-45975B (appendix, steps 4 to 10), widened to ten questions: each asks for a
circumstance that keeps a failure out of the count, the first "yes" would do, and what stays in doubt is
deferred, there to a scoring conference, here to a second scorer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fracas.core.errors import Finding, Invalid
from fracas.core.words import N_
from fracas.failures.models import Decision, MaintenanceKind, Outcome


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Question:
    """One rung. A "yes" takes away relevance (it says nothing of the item as specified and used) or chargeability
    (it is the item's own, but not to be charged to it again)."""

    key: str
    text: str
    takes_away: str


LADDER: tuple[Question, ...] = (
    Question(
        "test_abuse",
        N_("Was it the result of abuse, or of test conditions that use would never bring?"),
        "relevant",
    ),
    Question(
        "initial_inspection",
        N_("Was it found at the initial inspection, before the item entered service?"),
        "relevant",
    ),
    Question(
        "scheduled_maintenance",
        N_("Was it only beginning, and found and put right at scheduled maintenance?"),
        "chargeable",
    ),
    Question("caused_by_another", N_("Was it caused by another failure?"), "chargeable"),
    Question(
        "crew_remediable",
        N_("Could the crew put it right within five minutes, with what they have on board?"),
        "chargeable",
    ),
    Question("outside_environment", N_("Was the item outside its specified environment?"), "relevant"),
    Question("operator_error", N_("Was it an error of operation or of maintenance?"), "relevant"),
    Question("test_equipment", N_("Was it the test or measuring equipment that failed?"), "relevant"),
    Question(
        "known_uncorrected",
        N_("Is it a fault of this unit that was reported before and left uncorrected?"),
        "chargeable",
    ),
    Question(
        "fix_approved",
        N_("Is a corrective action against it already approved, but not yet fitted to this unit?"),
        "chargeable",
    ),
)


@dataclass(frozen=True)
class Result:
    """What a walk down the ladder ends in; ``None`` where an "unsure" leaves it open."""

    decision: Decision
    is_relevant: bool | None
    is_chargeable: bool | None


def walk(answers: Mapping[str, str]) -> Result:
    """Walk down the ladder.

    A failure is relevant unless a question of that kind is answered yes, and chargeable likewise; it counts when both
    hold. An "unsure" leaves its half open, except where another "yes" has settled it. Where the open half could still
    change the outcome the failure is referred to a second scorer: with one "yes" anywhere it does not count,
    however the doubts resolve.

    Parameters
    ----------
    answers : question key -> ``yes``, ``no`` or ``unsure``, for all ten.

    Raises
    ------
    Invalid
        One finding for each question that is not answered so, and for each key that is no question.
    """
    _check(answers)
    is_relevant, is_chargeable = _half(answers, "relevant"), _half(answers, "chargeable")
    if is_relevant is False or is_chargeable is False:
        return Result(Decision.DO_NOT_COUNT, is_relevant, is_chargeable)
    if is_relevant is None or is_chargeable is None:
        return Result(Decision.REFER, is_relevant, is_chargeable)
    return Result(Decision.COUNT, True, True)


def _half(answers: Mapping[str, str], half: str) -> bool | None:
    said = {answers[question.key] for question in LADDER if question.takes_away == half}
    if Answer.YES in said:
        return False
    return None if Answer.UNSURE in said else True


def _check(answers: Mapping[str, str]) -> None:
    keys = {question.key for question in LADDER}
    findings = [
        Finding(
            N_("Answer yes, no or unsure."), field=f"answers.{question.key}", value=answers.get(question.key)
        )
        for question in LADDER
        if answers.get(question.key) not in set(Answer)
    ]
    findings += [
        Finding(N_("There is no such question."), field=f"answers.{key}")
        for key in answers
        if key not in keys
    ]
    if findings:
        raise Invalid(
            "All ten questions need an answer: yes, no or unsure.", field="answers", findings=findings
        )


class Standing(StrEnum):
    """How a failure stands in the statistics."""

    COUNTED = "counted"
    EXCLUDED = "excluded"
    UNSCORED = "unscored"


RULES: tuple[tuple[str, StrEnum, Standing], ...] = (
    ("maintenance_kind", MaintenanceKind.PREVENTIVE, Standing.EXCLUDED),
    ("outcome", Outcome.NO_FAULT_FOUND, Standing.EXCLUDED),
    ("outcome", Outcome.DUPLICATE, Standing.EXCLUDED),
    ("decision", Decision.COUNT, Standing.COUNTED),
    ("decision", Decision.DO_NOT_COUNT, Standing.EXCLUDED),
)
"""The first rule that fits decides, else the failure is unscored. Also written as SQL: ``queries.standing``."""


def classify(outcome: str | None, decision: str | None, maintenance_kind: str | None) -> Standing:
    """The standing of a failure by its latest verification, its latest score and the kind of maintenance done.

    A preventive visit, a report without a fault and a duplicate are no failures whatever was scored; a score that was
    referred is none yet. Statistics count ``counted`` and ``unscored`` by default and show all three numbers.
    """
    facts = {"outcome": outcome, "decision": decision, "maintenance_kind": maintenance_kind}
    return next((standing for name, value, standing in RULES if facts[name] == value), Standing.UNSCORED)
