"""The numbers of systems: time between failures, time to repair, availability, and the fleet's recurrence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Literal, Unpack
from uuid import UUID

from sqlalchemy.orm import Session

from fracas.catalog import queries as catalog
from fracas.catalog.models import CALENDAR, PartType, SystemModel
from fracas.core.errors import Finding
from fracas.core.lookup import given
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.failures.models import MaintenanceKind, Outcome
from fracas.reliability import queries
from fracas.reliability.estimates import View, known_confidence, mtbf_quantity
from fracas.reliability.histories import FleetHistory, Kind, fleet_history
from fracas.reliability.keys import as_key
from fracas.reliability.lives import judgements
from fracas.reliability.quantities import Note, Quantity, Side, told
from fracas.reliability.register import open_register, whose
from fracas.reliability.usage import DAY

if TYPE_CHECKING:
    from analytics import MeanCumulativeFunction, MttrEstimate

REPAIRS = frozenset({MaintenanceKind.REPAIR, MaintenanceKind.REPLACE, MaintenanceKind.ADJUST})
"""What counts as a repair. A preventive visit, a bare removal and "nothing done" are none."""


@dataclass(frozen=True)
class McfReport:
    """A fleet's mean cumulative function with its history; `curve` is None where nothing failed."""

    history: FleetHistory
    curve: MeanCumulativeFunction | None
    at_end: Quantity
    """Mean number of failures a system by the last failure's age."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; arrays are lists of one length."""
        curve, history = self.curve, self.history
        arrays = ("time", "estimate", "lower", "upper", "at_risk", "events")
        points: dict[str, Any] = {
            name: [] if curve is None else getattr(curve, name).tolist() for name in arrays
        }
        for name in ("lower", "upper"):
            points[name] = [told(value) for value in points[name]]
        return {
            **about_fleet(history),
            "points": points,
            "mean_failures": self.at_end.to_dict(),
            "warnings": [str(one) for one in self.at_end.warnings],
        }


def about_fleet(history: FleetHistory) -> dict[str, Any]:
    """What a fleet's numbers are of, for an answer in JSON."""
    return {
        "metric": history.metric,
        "unit": history.unit,
        "origin": history.origin,
        "at_risk": str(history.at_risk),
        "systems": len(history.histories.systems),
        "as_of": history.as_of.isoformat(),
        "counts": {
            name: getattr(history, name)
            for name in ("counted", "excluded", "unscored", "outside", "not_observed")
        },
    }


def mcf(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str | None = None,
    system_model: SystemModel | UUID | str | None = None,
    confidence: float = 0.90,
    kind: Kind = "mode",
    only_kind: str | None = None,
    **view: Unpack[View],
) -> McfReport:
    """Mean cumulative number of failures a system, by age, with robust bounds.

    ``only_kind`` narrows the events to one code of ``kind``; the systems at risk stay the same. Other arguments as
    for `histories.fleet_history`.
    """
    from analytics import AnalyticsError, mean_cumulative_function

    known_confidence(confidence)
    history = fleet_history(session, actor, part_type=part_type, system_model=system_model, kind=kind, **view)
    histories = history.histories if only_kind is None else history.histories.select(only_kind)
    facts: dict[str, Any] = {
        "confidence": confidence,
        "side": "two",
        "unit": "",
        "failures": histories.counts.failures,
        "exposure": histories.exposure,
        "exposure_estimated_share": history.exposure_estimated_share,
        "exposure_unit": history.unit,
        "as_of": history.as_of,
        "method": "Nelson, robust variance",
    }
    try:
        curve = mean_cumulative_function(histories, confidence=confidence)
    except AnalyticsError as refusal:
        return McfReport(
            history, None, Quantity(None, None, None, warnings=(*history.warnings, str(refusal)), **facts)
        )
    end = Quantity(
        float(curve.estimate[-1]),
        float(curve.lower[-1]),
        float(curve.upper[-1]),
        warnings=(*history.warnings, *curve.warnings),
        **facts,
    )
    return McfReport(history, curve, end)


def system_mtbf(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    system_model: SystemModel | UUID | str | None = None,
    part_type: PartType | UUID | str | None = None,
    confidence: float = 0.90,
    side: Side = "two",
    **view: Unpack[View],
) -> Quantity:
    """Time between failures of systems over a stated at-risk set, which the first warning names.

    Only systems that were commissioned or are in a stated window of observation are at risk: a register of retired units
    and spare numbers is no fleet.
    """
    history = fleet_history(session, actor, part_type=part_type, system_model=system_model, **view)
    return mtbf_of_fleet(history, confidence=confidence, side=side)


def mtbf_of_fleet(history: FleetHistory, *, confidence: float = 0.90, side: Side = "two") -> Quantity:
    """The MTBF of a fleet history that is there already."""
    found = mtbf_quantity(
        history.histories.counts.failures,
        history.histories.exposure,
        confidence=confidence,
        side=side,
        unit=history.unit,
        as_of=history.as_of,
        exposure_estimated_share=history.exposure_estimated_share,
    )
    return found.warned((history.at_risk, *history.warnings))


def mtbf_between(
    history: FleetHistory, start: datetime, end: datetime, *, confidence: float = 0.90
) -> Quantity | None:
    """Calendar MTBF of a fleet history from ``start`` up to ``end``; None where nothing was under observation then."""
    seconds = sum(
        max((min(end, stop) - max(start, begin)).total_seconds(), 0.0) for _, begin, stop in history.windows
    )
    if seconds <= 0:
        return None
    return mtbf_quantity(
        sum(1 for one in history.events if start <= one.at < end),
        seconds / DAY,
        confidence=confidence,
        side="two",
        unit="d",
        as_of=history.as_of,
        exposure_estimated_share=0.0,
    )


def mtbf_by_period(
    history: FleetHistory,
    *,
    period: Literal["month", "quarter", "year"] = "quarter",
    confidence: float = 0.90,
    zone: tzinfo = UTC,
) -> list[tuple[str, Quantity]]:
    """Calendar MTBF of each period of a fleet history, by when things happened; a label such as ``2026-Q1``.

    Periods begin at midnight in ``zone``. The last counts only up to the as-of moment. A period in which nothing was
    under observation is left out.
    """
    if not history.windows:
        return []
    first = min(start for _, start, _ in history.windows)
    found = (
        (label, mtbf_between(history, start, end, confidence=confidence))
        for label, start, end in calendar_periods(first.astimezone(zone), history.as_of, period)
    )
    return [(label, one) for label, one in found if one is not None]


def calendar_periods(
    first: datetime, last: datetime, period: Literal["month", "quarter", "year"]
) -> Iterator[tuple[str, datetime, datetime]]:
    """Name, start and end of the months, quarters or years from ``first`` to ``last``, whole ones, in the zone of ``first``."""
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    start = datetime(first.year, (first.month - 1) // months * months + 1, 1, tzinfo=first.tzinfo)
    while start <= last:
        beyond = start.month - 1 + months
        end = start.replace(year=start.year + beyond // 12, month=beyond % 12 + 1)
        label = {
            "month": f"{start:%Y-%m}",
            "quarter": f"{start.year}-Q{(start.month + 2) // 3}",
            "year": f"{start.year}",
        }[period]
        yield label, start, end
        start = end


@dataclass(frozen=True)
class RepairTimes:
    """Downtimes of repairs in hours, with the reports behind them, and what was left out."""

    hours: tuple[float, ...]
    failure_numbers: tuple[str, ...]
    not_repairs: int
    without_downtime: int
    as_of: datetime


def repair_times(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str | None = None,
    system_model: SystemModel | UUID | str | None = None,
    **view: Unpack[View],
) -> RepairTimes:
    """Downtime of each repair: of what was repaired, replaced or adjusted, never of a preventive visit or a duplicate."""
    actor = whose(session, actor)
    type_ = given("part_type", catalog.part_type, session, actor, part_type)
    model = given("system_model", catalog.system_model, session, actor, system_model)
    register = open_register(
        session, actor, as_of=view.get("as_of"), known_at=view.get("known_at"), sites=view.get("sites")
    )
    rows = (
        queries.failures(session, register.horizon)
        if type_ is None
        else queries.part_type_failures(session, register.horizon, type_.id)
    )
    model_key = None if model is None else as_key(session, model.id)
    type_key = None if type_ is None else as_key(session, type_.id)
    said = judgements(session, register.horizon).verifications
    may_open = queries.visible_failures(session, actor)
    found: list[tuple[float, str]] = []
    not_repairs = without_downtime = 0
    for row in rows:
        is_ours = row.system_id in register.chosen and (may_open is None or row.id in may_open)
        if not is_ours or (model is not None and register.systems[row.system_id].model_id != model_key):
            continue
        if type_ is not None and row.part_type_id not in (None, type_key):
            continue
        is_duplicate = said.get(row.id, (None, None))[0] == Outcome.DUPLICATE
        if is_duplicate or row.maintenance_kind not in REPAIRS:
            not_repairs += 1
        elif row.downtime_started_at is None or row.restored_at is None or row.restored_at > register.until:
            without_downtime += 1
        else:
            hours = (row.restored_at - row.downtime_started_at) / 3600.0
            found.append((hours, row.number))
    return RepairTimes(
        tuple(hours for hours, _ in found),
        tuple(number for _, number in found),
        not_repairs,
        without_downtime,
        register.horizon.as_of,
    )


def mttr(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str | None = None,
    system_model: SystemModel | UUID | str | None = None,
    confidence: float = 0.90,
    **view: Unpack[View],
) -> Quantity:
    """Mean downtime of a repair, in hours; `exposure` is the sum of the downtimes."""
    times = repair_times(session, actor, part_type=part_type, system_model=system_model, **view)
    return mttr_of(times, confidence=confidence)


def mttr_of(times: RepairTimes, *, confidence: float = 0.90) -> Quantity:
    """The MTTR of repair times that are there already."""
    known_confidence(confidence)
    found = _repair_estimate(times, confidence)
    notes: list[Note] = []
    if times.not_repairs:
        notes.append(
            Finding(
                N_("%(count)s reports are no repairs, or do not say what was done, and are left out."),
                params={"count": times.not_repairs},
            )
        )
    if times.without_downtime:
        notes.append(
            Finding(
                N_("%(count)s repairs have no downtime recorded, and are left out."),
                params={"count": times.without_downtime},
            )
        )
    if found is None:
        notes.append(Finding(N_("There is no repair with a downtime yet.")))
    else:
        notes += found.warnings
    return Quantity(
        estimate=found.estimate if found else None,
        lower=found.lower if found else None,
        upper=found.upper if found else None,
        confidence=confidence,
        side="two",
        unit="h",
        failures=len(times.hours),
        exposure=sum(times.hours),
        exposure_unit="h",
        exposure_estimated_share=None,
        as_of=times.as_of,
        method=found.method if found else "lognormal",
        warnings=tuple(notes),
    )


def _repair_estimate(times: RepairTimes, confidence: float) -> MttrEstimate | None:
    from analytics import mttr as estimate

    return estimate(list(times.hours), confidence=confidence, unit="h") if times.hours else None


def availability(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str | None = None,
    system_model: SystemModel | UUID | str | None = None,
    confidence: float = 0.90,
    **view: Unpack[View],
) -> Quantity:
    """Steady-state availability of systems: MTBF by the calendar against MTTR."""
    from analytics import AnalyticsError, mtbf
    from analytics import availability as estimate

    known_confidence(confidence)
    calendar: View = {**view, "metric": CALENDAR}
    history = fleet_history(session, actor, part_type=part_type, system_model=system_model, **calendar)
    times = repair_times(session, actor, part_type=part_type, system_model=system_model, **view)
    repair = _repair_estimate(times, confidence)
    failures, hours = history.histories.counts.failures, history.histories.exposure * 24.0
    notes: list[Note] = [history.at_risk, *history.warnings]
    found = None
    if repair is None:
        notes.append(Finding(N_("There is no repair with a downtime yet.")))
    elif hours > 0:
        try:
            found = estimate(mtbf(failures, hours, confidence=confidence), repair, confidence=confidence)
        except AnalyticsError as refusal:
            notes.append(str(refusal))
    return Quantity(
        estimate=found.estimate if found else None,
        lower=found.lower if found else None,
        upper=found.upper if found else None,
        confidence=confidence,
        side=found.side if found else "two",
        unit="",
        failures=failures,
        exposure=hours,
        exposure_unit="h",
        exposure_estimated_share=0.0,
        as_of=history.as_of,
        method=found.method if found else "MTBF and MTTR",
        warnings=(*notes, *(found.warnings if found else ())),
    )
