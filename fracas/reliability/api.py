"""Life data and the numbers made of them, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import numpy as np
from apiflask import APIBlueprint
from pydantic import BaseModel

from fracas.core.errors import Invalid
from fracas.core.words import N_
from fracas.reliability import buying, estimates, planning, spares, uptime
from fracas.reliability.datasets import demand_history, life_table
from fracas.reliability.effectivity import by_effectivity
from fracas.reliability.forms import (
    FleetQuery,
    McfQuery,
    PartTypeQuery,
    SparesPlanQuery,
    SparesQuery,
    VerdictQuery,
    WeibullQuery,
)
from fracas.reliability.lifetable import LifeTable
from fracas.reliability.quantities import told
from fracas.reliability.verdicts import computed_verdict
from fracas.web.api import takes
from fracas.web.guard import actor, needs
from fracas.web.session import db

api = APIBlueprint("reliability_api", __name__, url_prefix="", tag="reliability")


class QuantityOut(BaseModel):
    """One number; ``estimate`` is null where there is none."""

    estimate: float | None
    lower: float | None
    upper: float | None
    confidence: float
    side: Literal["two", "lower", "upper"]
    unit: str
    failures: int
    exposure: float
    exposure_estimated_share: float | None
    exposure_unit: str
    as_of: datetime
    method: str
    warnings: list[str]


class CountsOut(BaseModel):
    serials: int
    failures: int
    counted: int
    excluded: int
    unscored: int
    outside: int
    without_serial: int
    age_unknown: int
    without_usage: int


class LivesOut(BaseModel):
    """What a life table is of."""

    part_type: str
    metric: str
    unit: str
    as_of: datetime
    known_at: datetime | None
    counts: CountsOut
    warnings: list[str]


class LifeRowOut(BaseModel):
    """One stretch of one life. ``event``: 0 right-censored, 1 failed at ``exit``, 3 failed between ``lower`` and ``upper``."""

    serial: str
    part_type: str
    position: str
    system: str
    site: str
    entry: float
    exit: float
    planned_exit: float | None
    lower: float | None
    upper: float | None
    event: int
    exposure: float
    estimated: float
    age_known: bool
    is_running: bool
    mode: str | None
    repair: str | None
    scoring: str | None
    configuration: str | None
    lot: str | None
    failure_number: str | None
    failure_id: UUID | None
    part_id: UUID
    installation_id: UUID
    started_at: datetime
    ended_at: datetime
    life_started_at: datetime


class LifeDataOut(LivesOut):
    exposure: float
    exposure_estimated_share: float | None
    rows: list[LifeRowOut]


class FitOut(LivesOut):
    """A Weibull fit; ``refusal`` says why there is none."""

    group: str | None
    eta: QuantityOut
    beta: QuantityOut
    mean: QuantityOut
    b10: QuantityOut
    refusal: str | None


class WeibullOut(FitOut):
    groups: list[FitOut]


class PointsOut(BaseModel):
    time: list[float]
    estimate: list[float]
    lower: list[float | None]
    upper: list[float | None]
    at_risk: list[int]
    events: list[int]


class FleetCountsOut(BaseModel):
    counted: int
    excluded: int
    unscored: int
    outside: int
    not_observed: int


class McfOut(BaseModel):
    """The recurrence curve over a stated at-risk set; arrays have one length."""

    metric: str
    unit: str
    origin: Literal["commissioning", "observation", "meter"]
    at_risk: str
    systems: int
    as_of: datetime
    counts: FleetCountsOut
    points: PointsOut
    mean_failures: QuantityOut
    warnings: list[str]


class DemandOut(BaseModel):
    """By the month; zeros included."""

    month: list[str]
    demand: list[int]
    removals: list[int]
    failures: list[int]


class SparesOut(BaseModel):
    """How many to hold; ``stock`` is null where nothing can be said."""

    part_type: str
    metric: str
    as_of: datetime
    lead_time_days: float
    turn_around_days: float | None
    repaired_share: float | None
    service_level: float
    installed: int
    on_hand: int
    stock: int | None
    achieved: float | None
    to_order: int | None
    expected_shortage_on_hand: float | None
    demand: QuantityOut
    demand_so_far: DemandOut
    warnings: list[str]


def life_rows(table: LifeTable) -> list[dict[str, Any]]:
    """The rows of a life table as plain values, times with their zone, no NaN."""
    columns = {name: getattr(table, name).tolist() for name in LifeTable.columns()}
    for name in ("planned_exit", "lower", "upper"):
        columns[name] = [told(value) for value in columns[name]]
    for name in ("started_at", "ended_at", "life_started_at"):
        columns[name] = [f"{np.datetime_as_string(value)}Z" for value in getattr(table, name)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@api.get("/life-data")
@needs("reliability.read")
@api.output(LifeDataOut)
@takes(api, PartTypeQuery, "query", "query")
def life_data(query: PartTypeQuery) -> dict[str, Any]:
    """One row a life segment of a part type: failures, survivors and removals alike."""
    table = life_table(db(), actor(), part_type=query.part_type, **query.view())
    return {
        **estimates.about(table),
        "exposure": table.total_exposure,
        "exposure_estimated_share": table.exposure_estimated_share,
        "warnings": [str(one) for one in table.warnings],
        "rows": life_rows(table),
    }


def fitted(query: WeibullQuery) -> tuple[estimates.WeibullReport, list[estimates.WeibullReport]]:
    """The fit of a query, and those of its groups."""
    how: dict[str, Any] = {"confidence": query.confidence, "method": query.method, "bounds": query.bounds}
    table = life_table(db(), actor(), part_type=query.part_type, **query.view())
    if query.mode:
        table = table.for_mode(query.mode)
    whole = estimates.weibull_of(table, **how)
    if query.by is None:
        return whole, []
    if query.by != "action":
        return whole, estimates.weibull_by(table, query.by, **how)
    if not query.action:
        raise Invalid(N_("Name the action to cut at."), field="action")
    cut = by_effectivity(db(), actor(), table, query.action)
    return whole, [estimates.weibull_of(part, label=when, **how) for when, part in cut]


@api.get("/reliability/weibull")
@needs("reliability.read")
@api.output(WeibullOut)
@takes(api, WeibullQuery, "query", "query")
def weibull(query: WeibullQuery) -> dict[str, Any]:
    """The Weibull fit of a part type, with bounds; by group where asked for."""
    whole, groups = fitted(query)
    return {**whole.to_dict(), "groups": [one.to_dict() for one in groups]}


@api.get("/reliability/mtbf")
@needs("reliability.read")
@api.output(QuantityOut)
@takes(api, FleetQuery, "query", "query")
def mtbf(query: FleetQuery) -> dict[str, Any]:
    """Time between failures of a part type (exposure of its serials), or of systems (a stated at-risk set)."""
    if query.part_type is not None and query.system_model is None:
        how = {"part_type": query.part_type, **query.view()}
        return estimates.mtbf(db(), actor(), confidence=query.confidence, **how).to_dict()
    return uptime.system_mtbf(db(), actor(), confidence=query.confidence, **query.fleet()).to_dict()


@api.get("/reliability/mttr")
@needs("reliability.read")
@api.output(QuantityOut)
@takes(api, FleetQuery, "query", "query")
def mttr(query: FleetQuery) -> dict[str, Any]:
    """Mean downtime of a repair, in hours; preventive visits are no repairs."""
    return uptime.mttr(db(), actor(), confidence=query.confidence, **query.fleet()).to_dict()


@api.get("/reliability/availability")
@needs("reliability.read")
@api.output(QuantityOut)
@takes(api, FleetQuery, "query", "query")
def availability(query: FleetQuery) -> dict[str, Any]:
    """Steady-state availability of systems."""
    return uptime.availability(db(), actor(), confidence=query.confidence, **query.fleet()).to_dict()


class VerdictOut(BaseModel):
    """What the register says of an action, against its criterion."""

    answer: Literal["effective", "not_effective", "too_early"]
    ratio: QuantityOut
    criterion: float
    failures_before: int
    exposure_before: float
    failures_after: int
    exposure_after: float
    exposure_needed: float | None
    exposure_needed_without_failure: float | None
    part_type: str
    mode: str | None


@api.get("/reliability/verdict")
@needs("reliability.read")
@api.output(VerdictOut)
@takes(api, VerdictQuery, "query", "query")
def verdict(query: VerdictQuery) -> dict[str, Any]:
    """Is the fix working? Failure rates after an action over before, at like ages, against its own criterion."""
    how: dict[str, Any] = {"as_of": query.as_of, "confidence": query.confidence}
    return computed_verdict(db(), actor(), query.action, **how).to_dict()


@api.get("/reliability/mcf")
@needs("reliability.read")
@api.output(McfOut)
@takes(api, McfQuery, "query", "query")
def mcf(query: McfQuery) -> dict[str, Any]:
    """Mean cumulative number of failures a system, by age, over a stated at-risk set."""
    how: dict[str, Any] = {"confidence": query.confidence, "kind": query.kind, "only_kind": query.only_kind}
    return uptime.mcf(db(), actor(), **how, **query.fleet()).to_dict()


@api.get("/reliability/demand")
@needs("reliability.read")
@api.output(DemandOut)
@takes(api, PartTypeQuery, "query", "query")
def demand(query: PartTypeQuery) -> dict[str, Any]:
    """Spares used, removals and failures of a part type by the month."""
    view = {
        name: value
        for name, value in query.view().items()
        if name in ("as_of", "known_at", "scoring", "sites")
    }
    history = demand_history(db(), actor(), part_type=query.part_type, **view)
    return {
        "month": [f"{month:%Y-%m}" for month in history.month],
        **{name: getattr(history, name).tolist() for name in ("demand", "removals", "failures")},
    }


@api.get("/spares")
@needs("reliability.read")
@api.output(SparesOut)
@takes(api, SparesQuery, "query", "query")
def spares_forecast(query: SparesQuery) -> dict[str, Any]:
    """How many of a part to hold over its lead time, at which service level, beside demand so far and stock."""
    return spares.spares(
        db(), actor(), part_type=query.part_type, **query.holding(), **query.view()
    ).to_dict()


class PlannedDemandOut(BaseModel):
    """Pieces asked for over the lead time; ``estimate`` is null where nothing has failed yet."""

    estimate: float | None
    lower: float | None
    upper: float | None
    confidence: float
    side: Literal["two", "lower", "upper"]
    failures: int
    exposure: float


class PlanRowOut(BaseModel):
    """One part type; ``refusal`` says why it has no number. ``unit`` is that of the exposure."""

    part_type: str
    name: str
    metric: str | None
    unit: str | None
    installed: int | None
    failures: int | None
    demand: PlannedDemandOut | None
    lead_time_days: float | None
    turn_around_days: float | None
    repaired_share: float | None
    service_level: float | None
    stock: int | None
    achieved: float | None
    on_hand: int | None
    to_order: int | None
    expected_shortage_on_hand: float | None
    distribution: Literal["weibull", "exponential"] | None
    refusal: str | None
    warnings: list[str]


class PlanOut(BaseModel):
    """The last plan of these settings; ``rows`` is null before the first. ``done`` of ``total`` part types are computed."""

    as_of: datetime | None
    computed_at: datetime | None
    is_current: bool
    is_computing: bool
    done: int | None
    total: int | None
    rows: list[PlanRowOut] | None


def _told(found: planning.Standing) -> dict[str, Any]:
    plan, running = found.plan, found.running
    return {
        "as_of": plan.seen_until if plan else None,
        "computed_at": plan.finished_at if plan else None,
        "is_current": not found.is_outdated,
        "is_computing": running is not None,
        "done": found.done if running else None,
        "total": running.total if running else None,
        "rows": [buying.in_words(row) for row in plan.rows] if plan else None,
    }


@api.get("/reliability/spares-plan")
@needs("reliability.read")
@api.output(PlanOut)
@takes(api, SparesPlanQuery, "query", "query")
def spares_plan(query: SparesPlanQuery) -> dict[str, Any]:
    """How many to hold of every part type, the most urgent first, as it was computed last; POST computes it anew."""
    return _told(planning.standing(db(), actor(), query))


@api.post("/reliability/spares-plan")
@needs("reliability.read")
@api.output(PlanOut, status_code=202)
@takes(api, SparesPlanQuery, "query", "query")
def compute_spares_plan(query: SparesPlanQuery) -> tuple[dict[str, Any], int]:
    """Have a worker compute the plan anew; ask GET until ``is_computing`` is false."""
    planning.ask(db(), actor(), query)
    db().flush()
    return _told(planning.standing(db(), actor(), query)), 202
