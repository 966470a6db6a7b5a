"""Export: the records that a person may see as a table, in the columns that an import of the same kind reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from fracas.actions import queries as actions
from fracas.actions.models import Action
from fracas.assets import queries as assets
from fracas.assets.models import Installation, Part, PartCondition, Removal, System, UsageReading
from fracas.catalog import queries as catalog
from fracas.catalog.models import PartType
from fracas.core import permissions
from fracas.core.db import known
from fracas.core.errors import Invalid
from fracas.core.permissions import Actor
from fracas.exchange.exported_failures import failure_rows
from fracas.exchange.fields import (
    ACTIONS,
    FAILURES,
    INSTALLATIONS,
    KINDS,
    PART_TYPES,
    PARTS,
    PROBLEMS,
    SYSTEMS,
    USAGE,
    Kind,
)
from fracas.organisations.models import Customer, Site, Supplier
from fracas.problems import queries as problems
from fracas.problems.models import Analysis, Problem, ProblemFailure
from fracas.problems.states import ENDED as PROBLEM_ENDED

PERMISSION = "exchange.export"
permissions.declare([PERMISSION])
LIFE_DATA = "life-data"


@dataclass(frozen=True)
class Sheet:
    """A table ready to be written: its columns, and its rows one by one as {column: value}."""

    name: str
    columns: Sequence[str]
    rows: Iterator[dict[str, Any]]


def export(
    session: Session, actor: Actor, kind: str, *, part_type: str | None = None, metric: str | None = None
) -> Sheet:
    """The records of a kind that the actor may see.

    Parameters
    ----------
    kind : one of the kinds of import, or ``life-data``.
    part_type, metric : for life data: of which part type, in which metric; none: as `life_table` chooses.

    Raises
    ------
    Forbidden : the person may not export.
    Invalid : there is no such kind, or life data without a part type.
    """
    actor.require(PERMISSION)
    if kind == LIFE_DATA:
        return _life_data(session, actor, part_type, metric)
    if kind not in EXPORTS:
        raise Invalid(
            "“%(kind)s” cannot be exported; possible: %(kinds)s.",
            field="kind",
            kind=kind,
            kinds=", ".join([*EXPORTS, LIFE_DATA]),
        )
    rows = EXPORTS[kind](session, actor)
    if kind == FAILURES.name:
        return _with_extra(rows)
    return Sheet(kind, _columns(KINDS[kind]), rows)


def _columns(kind: Kind) -> list[str]:
    own = {FAILURES: ["number", "stage"], PROBLEMS: ["number", "stage"], ACTIONS: ["number", "stage"]}
    return own.get(kind, []) + [field.name for field in kind.fields]


def _with_extra(rows: Iterator[dict[str, Any]]) -> Sheet:
    """Failures bring columns of their own; which ones is known only when all have been seen."""
    kept = list(rows)
    columns = _columns(FAILURES)
    extra = sorted({name for row in kept for name in row} - set(columns))
    return Sheet(FAILURES.name, columns + extra, iter(kept))


def _each(session: Session, rows: Select[Any], *order: Any) -> Iterator[Any]:
    """The records of a select, a thousand at a time in memory."""
    found = session.execute(rows.order_by(*order).execution_options(yield_per=1000))
    for (record,) in found:
        yield record


def _named(session: Session, model: Any) -> dict[UUID, str]:
    return {row[0]: row[1] for row in session.execute(select(model.id, model.code))}


def _part_types(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    suppliers = _named(session, Supplier)
    for one in _each(session, catalog.part_type_rows(actor), PartType.number):
        yield {
            **_plain(one, PART_TYPES),
            "primary_metric": one.primary_metric.code if one.primary_metric else None,
            "supplier": suppliers.get(one.supplier_id),
        }


def _systems(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    customers = _named(session, Customer)
    found = session.scalars(assets.systems(actor).order_by(System.serial)).unique().all()
    lives = assets.service_lives(session, [one.id for one in found])
    for one in found:
        life = lives[one.id]
        windows = [f"{start.isoformat()}/{end.isoformat() if end else '..'}" for start, end in life.windows]
        yield {
            **_plain(one, SYSTEMS),
            "system_model": one.system_model.code,
            "site": one.site.code,
            "customer": customers.get(one.customer_id) if one.customer_id else None,
            "commissioned_at": life.commissioned_at,
            "retired_at": life.retired_at,
            "retired_reason": life.retired.basis if life.retired else None,
            "observed": windows,
        }


def _parts(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    sites, suppliers, customers = (_named(session, model) for model in (Site, Supplier, Customer))
    stated = select(PartCondition).where(
        PartCondition.organisation_id == actor.organisation_id, known(PartCondition, None)
    )
    latest = {row.part_id: row for row in session.scalars(stated.order_by(PartCondition.occurred_at))}
    for one in _each(session, assets.parts(actor), Part.serial, Part.id):
        condition = latest.get(one.id)
        yield {
            **_plain(one, PARTS),
            "part_type": one.part_type.number,
            "site": sites[one.site_id],
            "supplier": suppliers.get(one.supplier_id),
            "customer": customers.get(one.customer_id),
            "condition": condition.condition.value if condition else None,
            "condition_reason": condition.basis if condition else None,
            "condition_at": condition.occurred_at if condition else None,
        }


def _installations(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    ended = select(Removal).where(Removal.organisation_id == actor.organisation_id, known(Removal, None))
    removals = {row.installation_id: row for row in session.scalars(ended).unique()}
    order = (Installation.occurred_at, Installation.id)
    for one in _each(session, assets.installations(actor), *order):
        removal = removals.get(one.id)
        yield {
            "part_type": one.part.part_type.number,
            "part": one.part.serial,
            "system": one.system.serial,
            "position": one.position.code,
            "installed_at": one.occurred_at,
            "installed_as": one.installed_as.value,
            "age_at_install": "; ".join(f"{metric}={age:.12g}" for metric, age in one.age_at_install.items()),
            "removed_at": removal.occurred_at if removal else None,
            "removal_cause": removal.cause.value if removal else None,
            "note": removal.note if removal else None,
            "lot": one.part.lot,
            "external_id": one.external_id,
        }


def _usage(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    systems = {row[0]: row[1] for row in session.execute(select(System.id, System.serial))}
    parts = {
        row[0]: (row[1], row[2])
        for row in session.execute(select(Part.id, Part.serial, PartType.number).join(PartType))
    }
    for one in _each(session, assets.readings(actor), UsageReading.occurred_at, UsageReading.id):
        serial, number = parts[one.part_id] if one.part_id else (None, None)
        yield {
            "system": systems.get(one.system_id),
            "part": serial,
            "part_type": number,
            "metric": one.metric.code,
            "value": one.value,
            "read_at": one.occurred_at,
            "kind": one.kind.value,
            "restarts_at": one.restarts_at,
            "external_id": one.external_id,
        }


def _problems(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    links = select(ProblemFailure).where(
        ProblemFailure.organisation_id == actor.organisation_id, known(ProblemFailure, None)
    )
    failures: dict[UUID, list[str]] = {}
    for link in session.scalars(links).unique():
        if actor.sees(link.failure):
            failures.setdefault(link.problem_id, []).append(link.failure.external_id or link.failure.number)
    found = select(Analysis).where(Analysis.organisation_id == actor.organisation_id, known(Analysis, None))
    analyses = {row.problem_id: row for row in session.scalars(found).unique()}
    for one in _each(session, problems.problems(session, actor), Problem.number):
        analysis = analyses.get(one.id)
        codes = (
            {name: getattr(analysis, name).code for name in ("mode", "mechanism", "cause")}
            if analysis
            else {}
        )
        said = (
            {name: getattr(analysis, name) for name in ("cause_class", "method", "evidence")}
            if analysis
            else {}
        )
        yield {
            **_plain(one, PROBLEMS),
            **_stage(one, one.state in PROBLEM_ENDED),
            "part_type": one.part_type.number if one.part_type else None,
            "owner": one.owner.email if one.owner else None,
            "failures": failures.get(one.id, []),
            **codes,
            **said,
        }


def _actions(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    for one in _each(session, actions.actions(session, actor), Action.number):
        yield {
            **_plain(one, ACTIONS),
            **_stage(one, one.state in ("verified", "cancelled", "closed_elsewhere")),
            "problem": (one.problem.external_id or one.problem.number) if one.problem else None,
            "failure": (one.failure.external_id or one.failure.number) if one.failure else None,
            "owner": one.owner.email if one.owner else None,
        }


def _stage(record: Any, is_ended: bool) -> dict[str, Any]:
    """Where it stands here, and how another tracker should take it: what ended here was closed elsewhere there."""
    return {
        "number": record.number,
        "stage": record.state.value,
        "state": "closed_elsewhere" if is_ended else "open",
        "external_id": record.external_id or record.number,
    }


def _plain(record: Any, kind: Kind) -> dict[str, Any]:
    """The fields that the record has under the same name."""
    names = [field.name for field in kind.fields if field.name in record.__mapper__.columns]
    return {name: getattr(record, name) for name in names}


def _life_data(session: Session, actor: Actor, part_type: str | None, metric: str | None) -> Sheet:
    from fracas.reliability.datasets import (
        life_table,
    )  # the mathematics load slowly, so they load when asked for

    if not part_type:
        raise Invalid("Life data are of one part type: name it.", field="part_type")
    frame = life_table(session, actor, part_type=part_type, metric=metric).to_frame()
    columns = list(map(str, frame.columns))
    rows = (dict(zip(columns, row, strict=True)) for row in frame.itertuples(index=False, name=None))
    return Sheet(LIFE_DATA, columns, rows)


EXPORTS: dict[str, Callable[[Session, Actor], Iterator[dict[str, Any]]]] = {
    PART_TYPES.name: _part_types,
    SYSTEMS.name: _systems,
    PARTS.name: _parts,
    INSTALLATIONS.name: _installations,
    USAGE.name: _usage,
    FAILURES.name: failure_rows,
    PROBLEMS.name: _problems,
    ACTIONS.name: _actions,
}
