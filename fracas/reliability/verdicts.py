"""Is the fix working? The verdict that the register computes, beside the engineer's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from fracas.actions import queries as actions
from fracas.actions.models import Action
from fracas.catalog.models import CALENDAR
from fracas.core.errors import Finding, Invalid
from fracas.core.lookup import wanted
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.problems import queries as problems
from fracas.reliability.datasets import life_table
from fracas.reliability.effectivity import by_effectivity
from fracas.reliability.lifetable import LifeTable
from fracas.reliability.quantities import Note, Quantity, told
from fracas.reliability.register import whose

if TYPE_CHECKING:
    from analytics import BeforeAfter

WAITS = N_("The criterion asks to wait for %(least)s %(unit)s after the change; there are %(there)s.")


@dataclass(frozen=True)
class ComputedVerdict:
    """What the lives before and after an action say against its criterion.

    Attributes
    ----------
    answer : "effective", "not effective" or "too early".
    ratio : failure rate after over before, at like ages where the lives allow it.
    criterion : the largest ratio that counts as success.
    before, after : failures and exposure of each.
    needed, needed_without_failure : exposure still needed after the change for "effective"; None where no wait would do.
    part_type, mode : whose lives, and by which failure mode; None: all modes.
    """

    answer: str
    ratio: Quantity
    criterion: float
    before: tuple[int, float]
    after: tuple[int, float]
    needed: float | None
    needed_without_failure: float | None
    part_type: str
    mode: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        (failures_before, exposure_before), (failures_after, exposure_after) = self.before, self.after
        return {
            "answer": self.answer.replace(" ", "_"),
            "ratio": self.ratio.to_dict(),
            "criterion": self.criterion,
            "failures_before": failures_before,
            "exposure_before": exposure_before,
            "failures_after": failures_after,
            "exposure_after": exposure_after,
            "exposure_needed": told(self.needed),
            "exposure_needed_without_failure": told(self.needed_without_failure),
            "part_type": self.part_type,
            "mode": self.mode,
        }


def computed_verdict(
    session: Session,
    actor: Actor | UUID | None,
    action: Action | UUID | str,
    *,
    as_of: datetime | date | None = None,
    confidence: float = 0.90,
) -> ComputedVerdict:
    """Compare the lives before an action with those after it, by its own criterion, metric and effectivity.

    Failures by the mode that the analysis of the problem found are counted, all where there is no analysis yet.

    Raises
    ------
    Invalid
        If the action has no problem of a part type, no effectivity, or no criterion with a ratio of rates.
    """
    reader = whose(session, actor)
    found = wanted("action", actions.action, session, reader, action)
    criterion = actions.current_criterion(session, found.id)
    if criterion is None or criterion.largest_rate_ratio is None:
        raise Invalid(
            N_("The criterion of %(number)s names no largest ratio of failure rates to compare with."),
            field="action",
            number=found.number,
        )
    if found.problem is None or found.problem.part_type is None:
        raise Invalid(
            N_("%(number)s belongs to no problem of a part type, so there are no lives to compare."),
            field="action",
            number=found.number,
        )
    metric = criterion.metric.code if criterion.metric else CALENDAR
    table = life_table(session, actor, part_type=found.problem.part_type, metric=metric, as_of=as_of)
    analysis = problems.current_analysis(session, found.problem.id)
    mode = analysis.mode.code if analysis else None
    cut = dict(by_effectivity(session, actor, table if mode is None else table.for_mode(mode), found))
    return _judged(cut["before"], cut["after"], criterion, mode, confidence)


def _judged(
    before: LifeTable, after: LifeTable, criterion: Any, mode: str | None, confidence: float
) -> ComputedVerdict:
    if before.total_exposure <= 0:
        raise Invalid(
            N_("Nothing was under observation before the change, so there is nothing to compare."),
            field="action",
        )
    if after.total_exposure <= 0:
        raise Invalid(
            N_("Nothing that carries the change has been under observation yet: too early."), field="action"
        )
    found, notes = _compared(before, after, criterion.largest_rate_ratio, confidence)
    answer = found.answer
    least = criterion.least_exposure_after
    if least is not None and after.total_exposure < least:
        answer = "too early"
        facts = {"least": f"{least:g}", "there": f"{after.total_exposure:g}", "unit": before.unit}
        notes = (*notes, Finding(WAITS, params=facts))
    interval = found.interval()
    ratio = Quantity(
        estimate=found.ratio or None,  # no failure after the change: "at most" the bound, never 0
        lower=interval.lower,
        upper=interval.upper,
        confidence=confidence,
        side=interval.side,
        unit="",
        failures=found.failures_before + found.failures_after,
        exposure=before.total_exposure + after.total_exposure,
        exposure_unit=before.unit,
        exposure_estimated_share=_estimated_share(before, after),
        as_of=before.as_of,
        method=found.method,
        warnings=(*before.warnings, *found.warnings, *notes),
    )
    return ComputedVerdict(
        answer=answer,
        ratio=ratio,
        criterion=criterion.largest_rate_ratio,
        before=(before.failures, before.total_exposure),
        after=(after.failures, after.total_exposure),
        needed=found.exposure_needed,
        needed_without_failure=found.exposure_needed_without_failure,
        part_type=before.part_type_number,
        mode=mode,
    )


def _estimated_share(before: LifeTable, after: LifeTable) -> float | None:
    shares = [(one.exposure_estimated_share, one.total_exposure) for one in (before, after)]
    if any(share is None for share, _ in shares):
        return None
    return sum(share * exposure for share, exposure in shares if share) / sum(
        exposure for _, exposure in shares
    )


def _compared(
    before: LifeTable, after: LifeTable, criterion: float, confidence: float
) -> tuple[BeforeAfter, tuple[Note, ...]]:
    """By lives, which compares like ages; by counts over exposure where the lives do not allow it."""
    from analytics import AnalyticsError, compare_before_after

    how: dict[str, Any] = {"criterion": criterion, "confidence": confidence}
    try:
        return compare_before_after(before.life_data(), after.life_data(), **how), ()
    except (AnalyticsError, Invalid):
        note = Finding(N_("Compared by counts over exposure: a constant rate is assumed, whatever the ages."))
        counts = [(one.failures, one.total_exposure) for one in (before, after)]
        return compare_before_after(*counts, unit=before.unit, **how), (note,)
