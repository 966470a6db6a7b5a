"""Rows of failures, problems and actions: into the loop, or as history that was closed elsewhere. Closing is no import's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from fracas.actions import queries as actions
from fracas.actions import workflow as action_verbs
from fracas.assets.models import System
from fracas.core.errors import Invalid, NotFound
from fracas.exchange.asset_rows import Facts, Written
from fracas.exchange.fields import ImportState
from fracas.exchange.register import Register
from fracas.exchange.reports import Outcome
from fracas.failures import queries as failures
from fracas.failures import workflow as failure_verbs
from fracas.failures.models import Failure
from fracas.failures.reporting import MAY_BE_UNRECORDED, ReportWords
from fracas.problems import queries as problems
from fracas.problems import workflow as problem_verbs

COMPLETING = ("part_out", "part_in", "swapped_at")
VERIFYING = ("outcome", "mode", "method", "duplicate_of")
ANALYSING = ("mode", "mechanism", "cause", "cause_class", "method", "evidence")
NOT_OF_THE_REPORT = {
    *COMPLETING,
    *VERIFYING,
    "external_id",
    "state",
    "site",
    "reporter",
    "answers",
    "closed_at",
    "extra",
}


def own_id(facts: Facts) -> str:
    """The id that a row without one gets: the same facts always have the same, so that running it again adds nothing."""
    plain = json.dumps({name: str(value) for name, value in sorted(facts.items())}, ensure_ascii=False)
    return "row:" + hashlib.sha256(plain.encode()).hexdigest()[:32]


# ------------------------------------------------------------------ failures


def write_failure(register: Register, facts: Facts) -> Written:
    """File the report; then complete, verify and score it as far as the row says, or mark it as history."""
    session, actor = register.session, register.actor
    external_id = facts.get("external_id") or own_id(facts)
    here = register.here("failures", lambda: _reports_here(register))
    if external_id in here:
        before = here[external_id]
        return Written(Outcome.UNCHANGED, _says_else(before, facts), before.system_id)
    words = _report_words(register, facts)
    failure = failure_verbs.file(
        session,
        actor,
        external_id=external_id,
        source="import",
        extra=_extra(facts),
        reason=register.reason,
        **words,
    )
    if any(name in facts for name in COMPLETING) or _goes_on(facts):
        _complete(register, failure, facts)
    if facts.get("state") == ImportState.CLOSED_ELSEWHERE:
        said = {name: facts[name] for name in (*VERIFYING, "closed_at") if name in facts}
        _resolve_verification(register, said)
        failure_verbs.bring_history(session, actor, failure, reason=register.reason, **said)
    elif "outcome" in facts:
        said = {name: facts[name] for name in VERIFYING if name in facts}
        said.setdefault("method", "as recorded in the imported file")
        _resolve_verification(register, said)
        failure_verbs.verify(session, actor, failure, reason=register.reason, **said)
    if "answers" in facts:
        failure_verbs.score(session, actor, failure, answers=facts["answers"], reason=register.reason)
    here[external_id] = ReportHere(
        failure.number, failure.occurred_at, failure.symptom, failure.system.serial, failure.system_id
    )
    return Written(Outcome.NEW, system_id=failure.system_id)


class ReportHere(NamedTuple):
    """As much of a report that is here as it takes to see whether the file says something else."""

    number: str
    occurred_at: datetime
    symptom: str
    system: str
    system_id: UUID


def _reports_here(register: Register) -> dict[str, ReportHere]:
    rows = (
        select(
            Failure.external_id,
            Failure.number,
            Failure.occurred_at,
            Failure.symptom,
            System.serial,
            System.id,
        )
        .join(System, System.id == Failure.system_id)
        .where(Failure.organisation_id == register.actor.organisation_id, Failure.external_id.is_not(None))
    )
    found = register.session.execute(rows)
    return {row[0]: ReportHere(row[1], row[2], row[3], row[4], row[5]) for row in found if row[0]}


def _goes_on(facts: Facts) -> bool:
    """An open report that was already verified where it came from was completed there too."""
    return "outcome" in facts and facts.get("state") != ImportState.CLOSED_ELSEWHERE


def _report_words(register: Register, facts: Facts) -> dict[str, Any]:
    words = {name: value for name, value in facts.items() if name not in NOT_OF_THE_REPORT}
    unknown = set(words) - ReportWords.__annotations__.keys()
    if unknown:
        raise TypeError(f"a failure report has no {', '.join(sorted(unknown))}")
    if "site" in facts:
        words["site"] = register.site(facts["site"])
    if "system" in facts:
        words["system"] = register.system(facts["system"], words.get("site"))
    if "part_type" in facts:
        words["part_type"] = register.part_type(facts["part_type"])
    if "part" in facts:
        words["part"] = register.part(facts["part"], words.get("part_type"))
    if "position" in facts and "system" in words:
        words["position"] = register.position(words["system"], facts["position"])
    if "symptom_code" in facts:
        words["symptom_code"] = register.code("symptom_code", facts["symptom_code"])
    if "metric" in facts:
        words["metric"] = register.metric(facts["metric"])
    words["not_recorded"] = unrecorded(facts)
    return words


def unrecorded(facts: Facts) -> list[str]:
    """What the source does not say: named, so that nobody takes a blank for "none"."""
    said = {*facts, *(("part",) if "part_out" in facts else ())}
    if "usage_not_read_reason" in facts:
        said.add("usage_value")
    return sorted({*facts.get("not_recorded", ()), *(MAY_BE_UNRECORDED - said)})


def _complete(register: Register, failure: Failure, facts: Facts) -> None:
    words = {name: facts[name] for name in COMPLETING if name in facts}
    part_type = failure.part_type
    for name in ("part_out", "part_in"):
        if name in words:
            words[name] = register.part(words[name], part_type, failure.system.site, field=name)
    failure_verbs.complete(register.session, register.actor, failure, reason=register.reason, **words)


def _resolve_verification(register: Register, said: dict[str, Any]) -> None:
    if "mode" in said:
        said["mode"] = register.code("mode", said["mode"])
    if "duplicate_of" in said:
        said["duplicate_of"] = meant_failure(register, said["duplicate_of"], "duplicate_of")


def meant_failure(register: Register, key: str, field: str) -> Failure:
    """A failure by its number here or by the id that it has at its source."""
    found = failures.by_external_id(register.session, register.actor, key)
    if found is not None and register.actor.sees(found):
        return found
    try:
        return failures.failure(register.session, register.actor, key)
    except NotFound as missing:
        raise Invalid(missing.message, field=field, **missing.params) from missing


def _extra(facts: Facts) -> Mapping[str, Any]:
    extra = dict(facts.get("extra", {}))
    if "reporter" in facts:
        extra["reporter"] = facts["reporter"]
    return extra


def _says_else(before: ReportHere, facts: Facts) -> str | None:
    names = ("occurred_at", "symptom", "system")
    found = [name for name in names if name in facts and facts[name] != getattr(before, name)]
    return f"{before.number} ({', '.join(found)})" if found else None


# ------------------------------------------------------------------ problems and actions


def write_problem(register: Register, facts: Facts) -> Written:
    """Open a problem with its failures and analysis; as history it is closed elsewhere at once."""
    session, actor = register.session, register.actor
    external_id = facts.get("external_id") or own_id(facts)
    if problems.by_external_id(session, actor, external_id) is not None:
        return Written(Outcome.UNCHANGED)
    words = {name: facts[name] for name in ("title", "description", "owner") if name in facts}
    if "part_type" in facts:
        words["part_type"] = register.part_type(facts["part_type"])
    words["failures"] = [meant_failure(register, key, "failures") for key in facts.get("failures", ())]
    problem = problem_verbs.open_problem(
        session, actor, external_id=external_id, reason=register.reason, **words
    )
    if any(name in facts for name in ("mode", "mechanism", "cause")):
        said = {name: facts[name] for name in ANALYSING if name in facts}
        for name in ("mode", "mechanism", "cause", "cause_class"):
            if name not in said:
                raise Invalid(
                    "An analysis names mode, mechanism, cause and cause class; one is missing.", field=name
                )
            if name != "cause_class":
                said[name] = register.code(name, said[name])
        said = {"method": NOT_RECORDED, "evidence": NOT_RECORDED, **said}
        problem_verbs.analyse(session, actor, problem, reason=register.reason, **said)
    if facts.get("state") == ImportState.CLOSED_ELSEWHERE:
        closed = {"closed_at": facts["closed_at"]} if "closed_at" in facts else {}
        problem_verbs.bring_history(session, actor, problem, reason=register.reason, **closed)
    return Written(Outcome.NEW)


NOT_RECORDED = "not recorded at source"


def write_action(register: Register, facts: Facts) -> Written:
    """Plan an action; as history it is finished elsewhere at once. It is never verified by an import."""
    session, actor = register.session, register.actor
    external_id = facts.get("external_id") or own_id(facts)
    if actions.by_external_id(session, actor, external_id) is not None:
        return Written(Outcome.UNCHANGED)
    names = (
        "title",
        "description",
        "owner",
        "due_on",
        "effective_from_serial",
        "effective_from_lot",
        "effective_from_at",
    )
    words = {name: facts[name] for name in names if name in facts}
    if "problem" in facts:
        words["problem"] = _meant_problem(register, facts["problem"])
    if "failure" in facts:
        words["failure"] = meant_failure(register, facts["failure"], "failure")
    action = action_verbs.plan_action(
        session, actor, action_type=facts.get("action_type", "corrective"), external_id=external_id,
        reason=register.reason, **words,
    )  # fmt: skip
    if facts.get("state") == ImportState.CLOSED_ELSEWHERE:
        ended = {name: facts[name] for name in ("completed_at", "evidence") if name in facts}
        action_verbs.bring_history(session, actor, action, reason=register.reason, **ended)
    return Written(Outcome.NEW)


def _meant_problem(register: Register, key: str) -> Any:
    found = problems.by_external_id(register.session, register.actor, key)
    if found is not None and register.actor.sees(found):
        return found
    try:
        return problems.problem(register.session, register.actor, key)
    except NotFound as missing:
        raise Invalid(missing.message, field="problem", **missing.params) from missing
