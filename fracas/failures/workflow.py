"""The verbs of a failure report: facts first, then the move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy.orm import Session

from fracas.assets.models import Condition, Part
from fracas.assets.workflow import set_condition
from fracas.catalog.models import CodeKind
from fracas.catalog.queries import failure_code
from fracas.core import clock, facts
from fracas.core.errors import Invalid, Refused
from fracas.core.lookup import given, member, wanted
from fracas.core.moments import happened, shown
from fracas.core.numbering import next_number
from fracas.core.permissions import Actor
from fracas.core.statemachine import Machine
from fracas.core.verbs import verb
from fracas.core.words import Coded
from fracas.failures import gates, media, queries, scoring
from fracas.failures.models import (
    Attachment,
    AttachmentContent,
    CloseAs,
    Containment,
    Decision,
    Failure,
    Outcome,
    Score,
    Verification,
)
from fracas.failures.reporting import ReportWords, fill_part, find_part, keep_revision, put, require_complete
from fracas.failures.states import MOVES, REASONS, FailureState
from fracas.failures.swapping import swap
from fracas.organisations.queries import site as find_site

failure_machine = Machine("failure", MOVES, reasons=REASONS)
failure_machine.gate("contain", gates.referred_refusal)
failure_machine.gate("close", gates.referred_refusal)
failure_machine.gate("close_no_action", gates.own_report_refusal)


@verb("failure.file")
def file(
    session: Session,
    actor: Actor,
    *,
    site: Any = None,
    external_id: str | None = None,
    source: str = "page",
    extra: Mapping[str, Any] | None = None,
    **words: Unpack[ReportWords],
) -> Failure:
    """File a report: system or serial, when, what was seen, and what the meter showed or why it was not read.

    The rest of ``ReportWords`` may follow later. A serial alone says which system: the one that it was in. ``site`` is where
    it happened, by default where the system is at home; ``external_id`` the number that another system gave it.
    """
    _refuse_twice(session, actor, external_id)
    made = Failure(
        organisation_id=actor.organisation_id,
        number=next_number(session, actor.organisation_id, "FR"),
        revision=1,
        reporter_id=actor.user_id,
        reporter_name=actor.name,
        external_id=external_id,
        source=source,
        extra=dict(extra or {}),
        not_recorded=[],
    )
    if words.get("occurred_at") is None:
        raise Invalid("Say when it failed.", field="occurred_at")
    put(session, actor, made, words)
    made.configuration = made.configuration or made.system.configuration
    made.customer_id = made.system.customer_id
    made.site = made.system.site if site in (None, "") else wanted("site", find_site, session, actor, site)
    made.site_id = made.site.id
    session.add(made)
    keep_revision(session, actor, made)
    return made


def _refuse_twice(session: Session, actor: Actor, external_id: str | None) -> None:
    number = queries.number_of(session, actor, external_id) if external_id else None
    if number is not None:
        raise Invalid(
            "“%(external_id)s” is already here, as %(number)s.",
            field="external_id",
            external_id=external_id,
            number=number,
        )


@verb("failure.amend", failure_machine)
def amend(session: Session, actor: Actor, failure: Failure, **words: Unpack[ReportWords]) -> Failure:
    """Correct what a report says. The earlier wording is kept; the reason says why."""
    system = failure.system
    put(session, actor, failure, words)
    if failure.system is not system:
        failure.customer_id, failure.site = failure.system.customer_id, failure.system.site
    failure.revision += 1
    keep_revision(session, actor, failure)
    return failure


@verb("failure.attach", failure_machine)
def attach(
    session: Session, actor: Actor, failure: Failure, *, content: bytes, file_name: str | None = None
) -> Attachment:
    """Keep a photo or document with the report. The same bytes attached twice are kept once."""
    kind, digest = media.checked(content), media.sha256(content)
    same = queries.attachment_with(session, failure.id, digest)
    if same is not None:
        return same
    made = Attachment(
        organisation_id=failure.organisation_id,
        failure_id=failure.id,
        file_name=media.file_name(file_name, kind),
        media_type=kind,
        size_bytes=len(content),
        sha256=digest,
        entered_by=actor.user_id,
    )
    session.add(made)
    session.flush()
    session.add(AttachmentContent(id=made.id, content=content))
    return made


@verb("failure.complete", failure_machine)
def complete(
    session: Session,
    actor: Actor,
    failure: Failure,
    *,
    part_out: Any = None,
    part_out_type: Any = None,
    part_in: Any = None,
    part_in_type: Any = None,
    part_in_as: str | None = None,
    swapped_at: datetime | None = None,
    **words: Unpack[ReportWords],
) -> Failure:
    """Say what was done: where it failed, the serials taken out and put in, handling, downtime, times and effects.

    The swap is entered in the register at ``swapped_at`` (left out: when it was restored). ``part_in_as`` says how old the
    part put in is (``new``, ``continued``, ``age_unknown``); left out, one that was in use before goes on with its age.
    """
    put(session, actor, failure, words)
    swap(
        session,
        actor,
        failure,
        part_out=part_out,
        part_out_type=part_out_type,
        part_in=part_in,
        part_in_type=part_in_type,
        part_in_as=part_in_as,
        swapped_at=swapped_at,
    )
    fill_part(session, actor, failure)
    require_complete(failure)
    failure.revision += 1
    keep_revision(session, actor, failure)
    return failure


@verb("failure.verify", failure_machine)
def verify(
    session: Session,
    actor: Actor,
    failure: Failure,
    *,
    outcome: Outcome | str,
    method: str,
    mode: Any = None,
    duplicate_of: Any = None,
) -> Failure:
    """Say whether it was confirmed, no fault was found, or it is a duplicate; how that was found out; the observed mode."""
    if mode in (None, "") and str(outcome) == Outcome.CONFIRMED:
        raise Invalid("Say in which mode it failed, as observed.", field="mode")
    _keep_verification(session, actor, failure, outcome, method, mode, duplicate_of)
    return failure


def _keep_verification(
    session: Session, actor: Actor, failure: Failure, outcome: str, method: str, mode: Any, duplicate_of: Any
) -> None:
    found = member("outcome", Outcome, outcome)
    observed = given("mode", _mode, session, actor, mode)
    original = _original(session, actor, failure, found, duplicate_of)
    made = Verification(
        failure_id=failure.id,
        outcome=found,
        duplicate_of_id=original.id if original else None,
        method=_needed("method", method),
        mode_id=observed.id if observed else None,
    )
    facts.supersede(session, actor, made, Verification.failure_id == failure.id)


def _mode(session: Session, actor: Actor, key: Any) -> Any:
    return failure_code(session, actor, CodeKind.MODE, key)


def _original(session: Session, actor: Actor, failure: Failure, outcome: Outcome, key: Any) -> Failure | None:
    if outcome is not Outcome.DUPLICATE:
        if key not in (None, ""):
            raise Invalid("Only a duplicate names the report that it repeats.", field="duplicate_of")
        return None
    if key in (None, ""):
        raise Invalid("Name the report that this one repeats.", field="duplicate_of")
    original = wanted("duplicate_of", queries.failure, session, actor, key)
    if original.id == failure.id:
        raise Invalid("A report cannot be a duplicate of itself.", field="duplicate_of")
    its_own = queries.current_verification(session, original.id)
    if its_own is not None and its_own.outcome is Outcome.DUPLICATE:
        raise Invalid(
            "%(number)s is itself a duplicate; name the original.",
            field="duplicate_of",
            number=original.number,
        )
    return original


@verb("failure.score", failure_machine)
def score(
    session: Session, actor: Actor, failure: Failure, *, answers: Mapping[str, str], note: str | None = None
) -> Failure:
    """Answer the ten questions of the ladder. What stays in doubt is referred, and then another person answers."""
    before = queries.current_score(session, failure.id)
    referred = before is not None and before.decision is Decision.REFER
    if referred and actor.user_id and queries.has_referred(session, failure.id, actor.user_id):
        raise Refused("You referred this scoring to a second scorer; it must be somebody else.")
    result = scoring.walk(answers)
    made = Score(
        failure_id=failure.id,
        answers=dict(answers),
        decision=result.decision,
        is_relevant=result.is_relevant,
        is_chargeable=result.is_chargeable,
        note=(note or "").strip() or None,
    )
    facts.supersede(session, actor, made, Score.failure_id == failure.id)
    return failure


@verb("failure.quarantine", failure_machine)
def quarantine(
    session: Session, actor: Actor, failure: Failure, *, parts: Sequence[Any], note: str | None = None
) -> Failure:
    """Put serials that may be affected into quarantine, at any stage."""
    if not parts:
        raise Invalid("Name the serials to quarantine.", field="parts")
    _hold(session, actor, failure, parts, note or "quarantined", is_needed=True)
    return failure


@verb("failure.contain", failure_machine)
def contain(
    session: Session,
    actor: Actor,
    failure: Failure,
    *,
    is_needed: bool,
    note: str,
    parts: Sequence[Any] = (),
) -> Failure:
    """Say what keeps the failure from spreading, or why nothing is needed. The work itself is a containment action."""
    if parts and not is_needed:
        raise Invalid("Serials are quarantined only where containment is needed.", field="parts")
    _hold(session, actor, failure, parts, _needed("note", note), is_needed=is_needed)
    return failure


def _hold(
    session: Session, actor: Actor, failure: Failure, serials: Sequence[Any], note: str, *, is_needed: bool
) -> None:
    held: list[Part] = []
    for serial in serials:
        found = find_part(session, actor, "parts", serial)
        if found is not None:
            set_condition(
                session,
                actor.also("part.set_condition"),
                found,
                condition=Condition.QUARANTINED,
                basis=f"{failure.number}: {note}",
            )
            held.append(found)
    made = Containment(
        failure_id=failure.id, is_needed=is_needed, note=note, part_ids=[str(part.id) for part in held]
    )
    facts.add(session, actor, made)


@verb("failure.close", failure_machine)
def close(session: Session, actor: Actor, failure: Failure) -> Failure:
    """Close a failure through its problem, which must be closed."""
    failure.close_as, failure.closed_at = CloseAs.PROBLEM_CLOSED, clock.now()
    return failure


WITHOUT_ACTION = (CloseAs.NO_FAULT_FOUND, CloseAs.DUPLICATE, CloseAs.NO_FURTHER_ACTION)


@verb("failure.close_no_action", failure_machine)
def close_no_action(session: Session, actor: Actor, failure: Failure, *, close_as: CloseAs | str) -> Failure:
    """Close as no fault found, duplicate or no further action. The first two must be what verification said."""
    close_as = member("close_as", CloseAs, close_as)
    found = queries.current_verification(session, failure.id)
    outcome = found.outcome if found else "none"
    verified_so = close_as is CloseAs.NO_FURTHER_ACTION or close_as.value == outcome
    if close_as not in WITHOUT_ACTION or not verified_so:
        raise Invalid(
            "It cannot be closed as “%(close_as)s”: verification says “%(outcome)s”.",
            field="close_as",
            close_as=close_as,
            outcome=found.outcome if found else Coded("none"),
        )
    failure.close_as, failure.closed_at = close_as, clock.now()
    return failure


@verb("failure.send_back", failure_machine)
def send_back(session: Session, actor: Actor, failure: Failure) -> Failure:
    """Send a report back one stage; what that stage had said is withdrawn, and kept in the history."""
    said: dict[FailureState, tuple[Any, Any]] = {
        FailureState.VERIFIED: (Verification, Verification.failure_id == failure.id),
        FailureState.SCORED: (Score, Score.failure_id == failure.id),
        FailureState.CONTAINED: (Containment, Containment.failure_id == failure.id),
    }
    if failure.state in said:
        table, own = said[failure.state]
        latest = facts.holding(session, table, own)
        if latest is not None:
            latest.retracted_at = clock.now()
    return failure


@verb("failure.reopen", failure_machine)
def reopen(session: Session, actor: Actor, failure: Failure) -> Failure:
    """Open a closed report again, to be verified anew; what was said of it holds until it is said anew."""
    failure.close_as = failure.closed_at = None
    return failure


@verb("failure.bring_history", failure_machine)
def bring_history(
    session: Session,
    actor: Actor,
    failure: Failure,
    *,
    closed_at: datetime | None = None,
    outcome: Outcome | str | None = None,
    mode: Any = None,
    duplicate_of: Any = None,
    method: str = "as recorded in the system it came from",
) -> Failure:
    """Mark an imported report as dealt with where it came from. It was never closed here, and its state says so."""
    if failure.external_id is None:
        raise Refused("Only a report that came from another system can be closed elsewhere.")
    ended = happened(closed_at, "closed_at") if closed_at else None
    if ended is not None and ended < failure.occurred_at:
        raise Invalid(
            "It was closed at %(closed)s, which is before it failed (%(failed)s).",
            field="closed_at",
            closed=shown(ended),
            failed=shown(failure.occurred_at),
        )
    if outcome is not None:
        _keep_verification(session, actor, failure, outcome, method, mode, duplicate_of)
    failure.close_as, failure.closed_at = CloseAs.ELSEWHERE, ended
    return failure


def _needed(field: str, text: str | None) -> str:
    found = (text or "").strip()
    if not found:
        raise Invalid("This is needed.", field=field)
    return found
