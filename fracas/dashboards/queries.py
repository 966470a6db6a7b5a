"""The counts behind the dashboard: each is narrowed to what the person may see and names the records behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from fracas.actions.models import Action
from fracas.actions.states import OPEN as ACTION_OPEN
from fracas.assets.models import System
from fracas.catalog.models import FailureCode, PartType
from fracas.core import clock
from fracas.core.permissions import Actor, visible
from fracas.failures.models import Failure, Verification
from fracas.failures.queries import standing_now
from fracas.failures.scoring import Standing
from fracas.failures.states import OPEN as FAILURE_OPEN
from fracas.organisations.models import Site
from fracas.problems.models import Analysis, Problem, ProblemFailure
from fracas.problems.states import ACTIVE as PROBLEM_ACTIVE
from fracas.problems.states import ProblemState

Grouping = Literal["mode", "part_type", "symptom", "system", "site"]
Measure = Literal["failures", "delay_minutes"]
AGES = ((7, "week"), (30, "month"), (90, "quarter"), (None, "older"))


@dataclass(frozen=True)
class Filter:
    """What the dashboard is about; ``None`` means all."""

    since: datetime | None = None
    until: datetime | None = None
    system_model_id: UUID | None = None
    part_type_id: UUID | None = None
    site_id: UUID | None = None

    def on_failures(self, actor: Actor) -> ColumnElement[bool]:
        conditions = [visible(actor, Failure)]
        if self.since is not None:
            conditions.append(Failure.occurred_at >= self.since)
        if self.until is not None:
            conditions.append(Failure.occurred_at < self.until)
        if self.part_type_id is not None:
            conditions.append(Failure.part_type_id == self.part_type_id)
        if self.site_id is not None:
            conditions.append(Failure.site_id == self.site_id)
        if self.system_model_id is not None:
            of_model = select(System.id).where(System.system_model_id == self.system_model_id)
            conditions.append(Failure.system_id.in_(of_model))
        return and_(*conditions)


@dataclass(frozen=True)
class Bar:
    """One bar of a Pareto chart."""

    key: str | None
    label: str
    failures: int
    delay_minutes: float
    label_zh: str | None = None


def _is_failure() -> ColumnElement[bool]:
    """What statistics count, so that a number here and the list that it opens agree."""
    return standing_now() != Standing.EXCLUDED.value


def _mode_of_failure() -> tuple[Any, Any]:
    """The observed mode, overridden by that of the failure's problem: (joined select's code table, join function)."""
    observed, analysed = aliased(Verification), aliased(Analysis)
    link, code = aliased(ProblemFailure), aliased(FailureCode)

    def join(statement: Select[Any]) -> Select[Any]:
        return (
            statement.outerjoin(
                observed, and_(observed.failure_id == Failure.id, observed.retracted_at.is_(None))
            )
            .outerjoin(link, and_(link.failure_id == Failure.id, link.retracted_at.is_(None)))
            .outerjoin(
                analysed, and_(analysed.problem_id == link.problem_id, analysed.retracted_at.is_(None))
            )
            .outerjoin(code, code.id == func.coalesce(analysed.mode_id, observed.mode_id))
        )

    return code, join


def pareto(
    session: Session,
    actor: Actor,
    by: Grouping,
    chosen: Filter,
    *,
    measure: Measure = "failures",
    most: int = 12,
) -> list[Bar]:
    """Failures and minutes of delay by group, most of ``measure`` first; the rest is one bar, so that the sum stays right."""
    zh: Any = None
    statement: Select[Any] = select().select_from(Failure)
    if by == "mode":
        code, join = _mode_of_failure()
        statement, key, label, zh = join(statement), code.code, code.name, code.name_zh
    elif by == "symptom":
        statement = statement.outerjoin(FailureCode, FailureCode.id == Failure.symptom_code_id)
        key, label, zh = FailureCode.code, FailureCode.name, FailureCode.name_zh
    elif by == "part_type":
        statement = statement.outerjoin(PartType, PartType.id == Failure.part_type_id)
        key, label = PartType.number, PartType.name
    elif by == "site":
        statement = statement.join(Site, Site.id == Failure.site_id)
        key, label = Site.code, Site.name
    else:
        statement = statement.join(System, System.id == Failure.system_id)
        key, label = System.serial, System.serial
    counted, delayed = (
        func.count(func.distinct(Failure.id)),
        func.coalesce(func.sum(Failure.delay_minutes), 0.0),
    )
    names = (key, label) if zh is None else (key, label, zh)
    statement = statement.add_columns(counted, delayed, *names).group_by(*names)
    statement = statement.where(chosen.on_failures(actor), _is_failure())
    order = (delayed, counted) if measure == "delay_minutes" else (counted, delayed)
    statement = statement.order_by(*(column.desc() for column in order), key.nulls_last())
    rows = [Bar(row[2], row[3] or "", row[0], float(row[1]), *row[4:]) for row in session.execute(statement)]
    if len(rows) > most:
        rest = rows[most - 1 :]
        rows = rows[: most - 1]
        rows.append(Bar("…", "", sum(bar.failures for bar in rest), sum(bar.delay_minutes for bar in rest)))
    return rows


def is_quiet(session: Session, actor: Actor, since: datetime) -> bool:
    """Is there something on record, but nothing since?"""
    latest = session.scalar(select(func.max(Failure.occurred_at)).where(visible(actor, Failure)))
    return latest is not None and latest < since


@dataclass(frozen=True)
class StageCount:
    """Records of one kind standing in one stage, by how long they have stood there."""

    kind: str
    stage: str
    week: int = 0
    month: int = 0
    quarter: int = 0
    older: int = 0

    @property
    def total(self) -> int:
        return self.week + self.month + self.quarter + self.older


def open_loops(session: Session, actor: Actor, chosen: Filter) -> list[StageCount]:
    """What is open, by kind, stage and age; the age counts from the day the record entered the stage.

    What is open is open whenever it happened: the period of ``chosen`` does not cut it.
    """
    now, chosen = clock.now(), replace(chosen, since=None, until=None)
    found: list[StageCount] = []
    for kind, model, stages in (
        ("failure", Failure, FAILURE_OPEN),
        ("problem", Problem, PROBLEM_ACTIVE),
        ("action", Action, ACTION_OPEN),
    ):
        condition = chosen.on_failures(actor) if model is Failure else _sees_upper(actor, model)
        rows = session.execute(
            select(model.state, model.state_since).where(condition, model.state.in_(stages))
        ).all()
        for stage in type(next(iter(stages))):
            ages = [(now - since).days for state, since in rows if state == stage]
            if ages:
                found.append(StageCount(kind, str(stage), **_by_age(ages)))
    return found


def _by_age(days: list[int]) -> dict[str, int]:
    counts = {name: 0 for _, name in AGES}
    for age in days:
        counts[next(name for limit, name in AGES if limit is None or age < limit)] += 1
    return counts


def _sees_upper(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Problems and actions have no site: whoever is limited to sites sees those that touch a failure there."""
    condition: ColumnElement[bool] = visible(actor, model)
    if actor.site_ids is None and actor.customer_id is None:
        return condition
    seen = select(Failure.id).where(visible(actor, Failure))
    problems = select(ProblemFailure.problem_id).where(
        ProblemFailure.retracted_at.is_(None), ProblemFailure.failure_id.in_(seen)
    )
    if model is Problem:
        return and_(condition, Problem.id.in_(problems))
    return and_(condition, or_(Action.problem_id.in_(problems), Action.failure_id.in_(seen)))


def tiles(session: Session, actor: Actor, chosen: Filter) -> dict[str, int]:
    """The counts at the top of the dashboard; only the failures are those of the period."""
    today, ever = clock.now().date(), replace(chosen, since=None, until=None)

    def count(model: Any, *conditions: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0

    problems, actions = _sees_upper(actor, Problem), _sees_upper(actor, Action)
    return {
        "failures": count(Failure, chosen.on_failures(actor), _is_failure()),
        "open_failures": count(Failure, ever.on_failures(actor), Failure.state.in_(FAILURE_OPEN)),
        "open_problems": count(Problem, problems, Problem.state.in_(PROBLEM_ACTIVE)),
        "open_actions": count(Action, actions, Action.state.in_(ACTION_OPEN)),
        "overdue_actions": count(Action, actions, Action.state.in_(ACTION_OPEN), Action.due_on < today),
        "closed_unverified": count(Problem, problems, Problem.state == ProblemState.CLOSED_UNVERIFIED),
    }


@dataclass(frozen=True)
class WorstSystem:
    id: UUID
    serial: str
    site: str
    failures: int
    recent: int
    delay_minutes: float


def worst_systems(session: Session, actor: Actor, chosen: Filter, *, most: int = 10) -> list[WorstSystem]:
    """Systems with most failures in the period; ``recent`` counts the last 90 days before its end, from midnight."""
    end = (chosen.until or clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    recent = func.sum(case((Failure.occurred_at >= end - timedelta(days=90), 1), else_=0))
    statement = (
        select(
            System.id,
            System.serial,
            Site.name,
            func.count(),
            recent,
            func.coalesce(func.sum(Failure.delay_minutes), 0.0),
        )
        .select_from(Failure)
        .join(System, System.id == Failure.system_id)
        .join(Site, Site.id == System.site_id)
        .where(chosen.on_failures(actor), _is_failure())
        .group_by(System.id, System.serial, Site.name)
        .order_by(func.count().desc(), System.serial)
        .limit(most)
    )
    return [
        WorstSystem(row[0], row[1], row[2], row[3], int(row[4] or 0), float(row[5]))
        for row in session.execute(statement)
    ]
