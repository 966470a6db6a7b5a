"""Failure reports: found one by one, listed, waiting for somebody; and how each stands in the statistics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session, selectinload

from fracas.assets.models import Part, System
from fracas.assets.queries import part as find_part
from fracas.assets.queries import system as find_system
from fracas.catalog.models import CodeKind
from fracas.catalog.queries import failure_code
from fracas.catalog.queries import part_type as find_part_type
from fracas.catalog.queries import system_model as find_model
from fracas.core.errors import NotFound
from fracas.core.facts import holding
from fracas.core.lookup import find, given, member, wanted
from fracas.core.permissions import Actor, visible
from fracas.failures import scoring
from fracas.failures.models import (
    Attachment,
    AttachmentContent,
    Containment,
    Decision,
    Failure,
    FailureRevision,
    PartSwap,
    Score,
    Verification,
)
from fracas.failures.modes import mode_now
from fracas.failures.states import NEXT_STEP, OPEN, FailureState
from fracas.organisations.queries import site as find_site


def failure(session: Session, actor: Actor, key: Any) -> Failure:
    """One report by its number or id."""
    missing = NotFound(
        "There is no failure report “%(number)s”. Check the number.", number=str(getattr(key, "number", key))
    )
    return find(session, actor, Failure, key, Failure.number, missing)


def detail(session: Session, actor: Actor, key: Any) -> Failure:
    """One report with all that was added to it, in a handful of statements."""
    found = failure(session, actor, key)
    loaded = ("verifications", "scores", "containments", "swaps", "attachments", "usage_reading")
    rows = select(Failure).where(Failure.id == found.id).execution_options(populate_existing=True)
    for name in loaded:
        rows = rows.options(selectinload(getattr(Failure, name)))
    return session.scalars(rows).unique().one()


def quarantined(session: Session, actor: Actor, held: Containment) -> list[str]:
    """The serials that a containment put into quarantine, as far as the actor may see them."""
    if not held.part_ids:
        return []
    rows = select(Part.serial).where(visible(actor, Part), Part.id.in_([UUID(one) for one in held.part_ids]))
    return list(session.scalars(rows.order_by(Part.serial)))


def with_facts(rows: Select[Failure]) -> Select[Failure]:
    """The same reports, each with what was added to it: a few statements for a page of any length."""
    loaded = (
        Failure.verifications,
        Failure.scores,
        Failure.containments,
        Failure.swaps,
        Failure.attachments,
        Failure.usage_reading,
    )
    return rows.options(*(selectinload(collection) for collection in loaded))


def by_external_id(session: Session, actor: Actor, external_id: str) -> Failure | None:
    """The report that came from elsewhere under that number, whatever the actor may see (numbers are unique)."""
    return session.scalar(
        select(Failure).where(
            Failure.organisation_id == actor.organisation_id, Failure.external_id == external_id
        )
    )


def number_of(session: Session, actor: Actor, external_id: str) -> str | None:
    """The number here of the report that came from elsewhere under that number; asked once a row by an import."""
    return session.scalar(
        select(Failure.number).where(
            Failure.organisation_id == actor.organisation_id, Failure.external_id == external_id
        )
    )


def current_verification(session: Session, failure_id: UUID) -> Verification | None:
    return holding(session, Verification, Verification.failure_id == failure_id)


def current_score(session: Session, failure_id: UUID) -> Score | None:
    return holding(session, Score, Score.failure_id == failure_id)


def current_swap(session: Session, failure_id: UUID) -> PartSwap | None:
    return holding(session, PartSwap, PartSwap.failure_id == failure_id)


def original_of(session: Session, actor: Actor, failure: Failure) -> Failure | None:
    """The report that this one was found to repeat, as far as the actor may see it."""
    said = current_verification(session, failure.id)
    if said is None or said.duplicate_of_id is None:
        return None
    return session.scalars(
        select(Failure).where(visible(actor, Failure), Failure.id == said.duplicate_of_id)
    ).first()


def has_referred(session: Session, failure_id: UUID, user_id: UUID) -> bool:
    """Whether that person once passed the scoring of this failure on to somebody else."""
    rows = select(Score.id).where(
        Score.failure_id == failure_id, Score.entered_by == user_id, Score.decision == Decision.REFER
    )
    return session.scalar(rows.limit(1)) is not None


def revisions(session: Session, actor: Actor, failure: Failure) -> Sequence[FailureRevision]:
    """Every wording of a report, the latest first."""
    rows = select(FailureRevision).where(
        visible(actor, FailureRevision), FailureRevision.failure_id == failure.id
    )
    return session.scalars(rows.order_by(FailureRevision.revision.desc())).all()


def attachment(session: Session, actor: Actor, failure: Failure, key: UUID) -> tuple[Attachment, bytes]:
    """A photo or document of a report that the actor may see, with its bytes."""
    rows = select(Attachment, AttachmentContent.content).join(
        AttachmentContent, AttachmentContent.id == Attachment.id
    )
    own = (visible(actor, Attachment), Attachment.id == key, Attachment.failure_id == failure.id)
    found = session.execute(rows.where(*own)).one_or_none()
    if found is None or not actor.sees(failure):
        raise NotFound("There is no such attachment.")
    return found[0], found[1]


def attachment_with(session: Session, failure_id: UUID, sha256: str) -> Attachment | None:
    """The attachment of a report that has exactly these bytes."""
    same = (Attachment.failure_id == failure_id, Attachment.sha256 == sha256)
    return session.scalars(select(Attachment).where(*same)).first()


# ------------------------------------------------------------------ lists


def _latest(table: Any, column: Any) -> Any:
    """The value in the fact that holds now, as a correlated subquery. A superseded fact is never the one."""
    rows = select(column).where(table.failure_id == Failure.id, table.retracted_at.is_(None))
    return rows.order_by(table.entered_at.desc()).limit(1).correlate(Failure).scalar_subquery()


def standing_now() -> ColumnElement[str]:
    """SQL: how a failure stands in the statistics now; the same rules as ``scoring.classify``."""
    facts = {
        "outcome": _latest(Verification, Verification.outcome),
        "decision": _latest(Score, Score.decision),
        "maintenance_kind": Failure.maintenance_kind,
    }
    rules = [(facts[name] == value, how.value) for name, value, how in scoring.RULES]
    return case(*rules, else_=scoring.Standing.UNSCORED.value)


def failures(  # noqa: PLR0912, C901 - one line a filter
    session: Session,
    actor: Actor,
    *,
    state: str | None = None,
    site: Any = None,
    system: Any = None,
    system_model: Any = None,
    part_type: Any = None,
    part: Any = None,
    mode: Any = None,
    symptom_code: Any = None,
    standing: str | None = None,
    counts: bool | None = None,
    text: str | None = None,
    is_mine: bool | None = None,
    occurred_from: datetime | None = None,
    occurred_before: datetime | None = None,
) -> Select[Failure]:
    """The reports that the actor may see, narrowed. The same select serves page, API and export.

    ``state`` may be ``open``: not ended. ``counts``: only what statistics count, that is all but the excluded.
    ``occurred_before`` is the first moment that is no longer in; ``is_mine`` are those the actor reported; ``mode`` is the
    mode as known now (see ``modes``).
    """
    rows = select(Failure).where(visible(actor, Failure))
    if state == "open":
        rows = rows.where(Failure.state.in_(OPEN))
    elif state:
        rows = rows.where(Failure.state == member("state", FailureState, state))
    if found := given("site", find_site, session, actor, site):
        rows = rows.where(Failure.site_id == found.id)
    if found_system := given("system", find_system, session, actor, system):
        rows = rows.where(Failure.system_id == found_system.id)
    if model := given("system_model", find_model, session, actor, system_model):
        of_model = select(System.id).where(System.system_model_id == model.id)
        rows = rows.where(Failure.system_id.in_(of_model))
    if found_type := given("part_type", find_part_type, session, actor, part_type):
        rows = rows.where(Failure.part_type_id == found_type.id)
    if part:
        rows = rows.where(Failure.part_id == wanted("part", find_part, session, actor, part).id)
    if mode:
        code = wanted("mode", failure_code, session, actor, CodeKind.MODE, mode)
        rows = rows.where(mode_now() == code.id)
    if symptom_code:
        code = wanted("symptom_code", failure_code, session, actor, CodeKind.SYMPTOM, symptom_code)
        rows = rows.where(Failure.symptom_code_id == code.id)
    if standing:
        rows = rows.where(standing_now() == member("standing", scoring.Standing, standing).value)
    if counts:
        rows = rows.where(standing_now() != scoring.Standing.EXCLUDED.value)
    if text:
        rows = rows.where(_holds(text))
    if is_mine:
        rows = rows.where(Failure.reporter_id == actor.user_id)
    if occurred_from is not None:
        rows = rows.where(Failure.occurred_at >= occurred_from)
    if occurred_before is not None:
        rows = rows.where(Failure.occurred_at < occurred_before)
    return rows


def _holds(text: str) -> ColumnElement[bool]:
    columns = (Failure.number, Failure.symptom, Failure.handling, Failure.external_id)
    return or_(*(column.icontains(text.strip(), autoescape=True) for column in columns))


def standings(session: Session, rows: Select[Failure]) -> dict[str, int]:
    """How many of the listed reports are counted, excluded, unscored."""
    kept = rows.with_only_columns(standing_now().label("standing")).order_by(None).subquery()
    counted = session.execute(select(kept.c.standing, func.count()).group_by(kept.c.standing))
    return {how.value: 0 for how in scoring.Standing} | {row[0]: row[1] for row in counted}


# ------------------------------------------------------------------ who has to do what


def is_referred() -> ColumnElement[bool]:
    """SQL: scored, but passed on to a second scorer."""
    referred: ColumnElement[bool] = _latest(Score, Score.decision) == Decision.REFER
    return referred


def waiting(actor: Actor, verb: str) -> Select[Failure]:
    """The reports whose next step is ``verb``, the longest waiting first, for an actor who may do it.

    A referred score waits for another person's score, not for containment. ``close`` is not asked for here: it is
    possible when the problem is closed, which this room does not know.
    """
    before = [state for state, step in NEXT_STEP.items() if step == verb]
    rows = select(Failure).where(visible(actor, Failure))
    if verb == "score":
        passed_on = (Failure.state == FailureState.SCORED) & is_referred() & ~_referred_by(actor)
        rows = rows.where(Failure.state.in_(before) | passed_on)
    elif verb == "contain":
        rows = rows.where(Failure.state.in_(before), ~is_referred())
    else:
        rows = rows.where(Failure.state.in_(before))
    return rows.order_by(Failure.state_since, Failure.id)


def _referred_by(actor: Actor) -> ColumnElement[bool]:
    own = (
        Score.failure_id == Failure.id,
        Score.entered_by == actor.user_id,
        Score.decision == Decision.REFER,
    )
    return select(Score.id).where(*own).correlate(Failure).exists()


def next_steps(actor: Actor) -> list[str]:
    """The verbs that carry a report on and that this actor may do."""
    return [verb for verb in NEXT_STEP.values() if verb != "close" and actor.may(f"failure.{verb}")]


def open_by_stage(session: Session, actor: Actor) -> Sequence[tuple[FailureState, int, datetime]]:
    """(stage, how many reports are in it, since when the oldest of them waits)."""
    rows = select(Failure.state, func.count(), func.min(Failure.state_since))
    rows = rows.where(visible(actor, Failure), Failure.state.in_(OPEN)).group_by(Failure.state)
    return [(state, count, since) for state, count, since in session.execute(rows)]
