"""Recurrent failures of systems: who was under observation, from when to when, and what happened to them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from fracas.catalog import queries as catalog
from fracas.catalog.models import CALENDAR, PartType, SystemModel
from fracas.core.errors import Finding, Invalid
from fracas.core.lookup import given
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.reliability import queries
from fracas.reliability.keys import Key, as_key, as_uuid
from fracas.reliability.lives import judgements, trace_part_type
from fracas.reliability.meters import CalendarMeters, Meters
from fracas.reliability.queries import FailureRow
from fracas.reliability.register import (
    EXTRAPOLATE_DAYS,
    Register,
    open_register,
    read_meters,
    unit_of,
    whose,
)
from fracas.reliability.resolution import Judgements, Scoring, counts
from fracas.reliability.usage import DAY

if TYPE_CHECKING:
    from analytics import EventHistories

Kind = Literal["mode", "symptom", "position", "part_type"]


@dataclass(frozen=True)
class FleetEvent:
    """One failure of a system under observation; ``age`` is on the axis of the histories."""

    system: str
    at: datetime
    age: float
    kind: str
    scoring: str
    failure_id: UUID | None
    failure_number: str | None


@dataclass(frozen=True)
class FleetHistory:
    """Events and windows of observation of a fleet, with what stands behind them.

    Attributes
    ----------
    histories : for `analytics`; systems without events are in it.
    events : by time.
    windows : (system, start, end) of observation.
    origin : what age 0 is: "commissioning" (calendar), "observation" (calendar, where some system's
        commissioning is unknown), or "meter".
    at_risk : which systems these are, in words; a rate means nothing without them.
    counted, excluded, unscored : failure reports of the systems at risk inside their windows, by scoring.
    outside : counting failures of systems looked at that lie outside observation.
    not_observed : systems that the register neither commissions nor gives a window; they are no fleet.
    """

    histories: EventHistories
    events: tuple[FleetEvent, ...]
    windows: tuple[tuple[str, datetime, datetime], ...]
    metric: str
    unit: str
    origin: str
    at_risk: Finding
    counted: int
    excluded: int
    unscored: int
    outside: int
    not_observed: int
    exposure_estimated_share: float | None
    as_of: datetime
    warnings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Failure:
    """What happened to a system, before it is known whether that was seen."""

    system_id: Key
    at: float
    scoring: str
    counts: bool
    kind: str
    id: Key | None
    number: str | None


def event_histories(session: Session, actor: Actor | UUID | None = None, **settings: Any) -> EventHistories:
    """Events of repairable systems for `analytics`; arguments and rules of :func:`fleet_history`."""
    return fleet_history(session, actor, **settings).histories


def fleet_history(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str | None = None,
    system_model: SystemModel | UUID | str | None = None,
    metric: str | None = None,
    as_of: datetime | date | None = None,
    known_at: datetime | date | None = None,
    scoring: Scoring = "default",
    kind: Kind = "mode",
    extrapolate: bool = True,
    extrapolate_days: float = EXTRAPOLATE_DAYS,
    sites: Collection[Any] | None = None,
) -> FleetHistory:
    """Failures of systems against their age, with every system that was under observation.

    Parameters
    ----------
    part_type : only failures of this type, in the systems that have a position for it or ever held one; failures without a
        serial are among them. None: every failure of a system.
    system_model : only systems of this model.
    metric : None or "calendar" (days since commissioning; since the start of observation where the
        commissioning of any of the systems is unknown, with a warning), or a usage metric (what the system's meter
        shows since its first zero).
    kind : what `EventHistories.kind` holds: code of the failure mode, of the symptom or of the
        position, or number of the part type.
    as_of, known_at, scoring, extrapolate, extrapolate_days, sites : as for `datasets.life_table`.

    Returns
    -------
    FleetHistory

    Raises
    ------
    Invalid
        If a word is unknown, or a date lies in the future. A fleet of which nothing was under observation is no
        error: it has no exposure, and a warning says what to do.
    """
    actor = whose(session, actor)
    type_ = given("part_type", catalog.part_type, session, actor, part_type)
    model = given("system_model", catalog.system_model, session, actor, system_model)
    metric = CALENDAR if metric is None else metric
    unit = unit_of(session, actor, metric)
    register = open_register(session, actor, as_of=as_of, known_at=known_at, sites=sites)
    said = judgements(session, register.horizon)
    kinds = _Kinds(session, actor, said, kind)
    if type_ is None:
        found = _all_failures(session, register, said, scoring, kinds)
        hosts = register.chosen
    else:
        found, hosts = _type_failures(session, register, type_, scoring, kinds)
    model_key = None if model is None else as_key(session, model.id)
    of_model = {
        key for key in register.chosen if model is None or register.systems[key].model_id == model_key
    }
    # A failure in a system that has no place for the type is told as outside: who else might have one, nobody knows.
    found = [one for one in found if one.system_id in of_model]
    looked_at = [key for key in hosts if key in of_model]
    reach = extrapolate_days if extrapolate else 0.0
    meters = read_meters(session, register, metric, None, reach_days=reach)
    axes = _axes(register, looked_at, meters, metric)
    return _assemble(session, register, looked_at, axes, found, metric=metric, unit=unit)


class _Kinds:
    """The code under which a failure is counted."""

    def __init__(self, session: Session, actor: Actor, said: Judgements, kind: Kind) -> None:
        if kind not in ("mode", "symptom", "position", "part_type"):
            raise Invalid(N_("“kind” is “mode”, “symptom”, “position” or “part_type”."), field="kind")
        self._said, self._kind = said, kind
        self._codes: Mapping[Any, str] = {}
        self._fits: Mapping[Any, Any] = {}
        if kind == "symptom":
            self._codes = queries.code_names(session, actor.organisation_id)
        elif kind == "position":
            named = queries.position_names(session, actor.organisation_id)
            self._codes = {key: position[0] for key, position in named.items()}
        elif kind == "part_type":
            named = queries.position_names(session, actor.organisation_id)
            self._fits = {key: position[1] for key, position in named.items()}
            self._codes = queries.part_numbers(session, actor.organisation_id)

    def __call__(self, row: FailureRow) -> str:
        if self._kind == "mode":
            return self._said.mode_of(row.id) or ""
        key = {
            "symptom": row.symptom_code_id,
            "position": row.position_id,
            # A report that names no part may name the place of one.
            "part_type": row.part_type_id or self._fits.get(row.position_id),
        }[self._kind]
        return self._codes.get(key, "")


def _all_failures(
    session: Session, register: Register, said: Judgements, scoring: Scoring, kinds: _Kinds
) -> list[_Failure]:
    rows = queries.failures(session, register.horizon)
    return [_failure(row, said.scoring_of(row), scoring, kinds) for row in rows if _is_found(row, register)]


def _is_found(row: FailureRow, register: Register) -> bool:
    return row.seen_at <= register.until


def _failure(row: FailureRow, standing: str, scoring: Scoring, kinds: _Kinds) -> _Failure:
    at = row.seen_at
    return _Failure(row.system_id, at, standing, counts(standing, scoring), kinds(row), row.id, row.number)


def _type_failures(
    session: Session, register: Register, type_: PartType, scoring: Scoring, kinds: _Kinds
) -> tuple[list[_Failure], frozenset[Key]]:
    """Failures of one part type, and the systems that have a place for it or ever held one."""
    traced = trace_part_type(session, register, type_, metric=CALENDAR, scoring=scoring, reach_days=0.0)
    ids = [one.failure_id for own in traced.resolved.by_part.values() for one in own if one.failure_id]
    rows = [traced.reports[key] for key in ids] + traced.resolved.without_serial
    found = [
        _failure(row, traced.judgements.scoring_of(row), scoring, kinds)
        for row in rows
        if _is_found(row, register)
    ]
    found += [
        _Failure(one.stay.system_id, one.end, "unscored", True, "", None, None)
        for life in traced.lives.values()
        for one in life.segments
        if one.breakdown is not None and one.breakdown.failure_id is None
    ]
    positions = queries.position_names(session, register.horizon.organisation_id).values()
    type_key = as_key(session, type_.id)
    models = {model_id for _, part_type_id, model_id in positions if part_type_id == type_key}
    held = {stay.system_id for own in traced.stays.values() for stay in own}
    hosts = {key for key in register.chosen if register.systems[key].model_id in models}
    return found, frozenset(hosts | (held & register.chosen))


@dataclass(frozen=True)
class _Axis:
    """How one system's moments become ages, and when it was watched."""

    windows: tuple[tuple[float, float], ...]
    zero: float
    meter: Any

    def age(self, at: float) -> float:
        return (at - self.zero) / DAY if self.meter is None else max(self.meter.at(at), 0.0)

    def holds(self, at: float) -> bool:
        return any(start <= at <= end for start, end in self.windows)

    def estimated(self) -> float:
        return 0.0 if self.meter is None else sum(self.meter.estimated(*window) for window in self.windows)


def _axes(
    register: Register, systems: Iterable[Key], meters: Meters | CalendarMeters, metric: str
) -> dict[Key, _Axis]:
    """The axis of each system that was under observation."""
    stated = {key: register.observations[key] for key in systems if key in register.observations}
    stated = {key: one for key, one in stated.items() if one.is_stated and one.windows}
    is_aged = all(one.commissioned_at is not None for one in stated.values())
    axes = {}
    for key, one in stated.items():
        windows = tuple(window for window in one.windows if window[0] > -math.inf)
        meter = None
        if metric != CALENDAR:
            meter = meters.of_system(key)
            windows = tuple(
                (max(start, meter.begins_at), min(end, meter.ends_at))
                for start, end in windows
                if start <= meter.ends_at and end >= meter.begins_at
            )
        if windows:
            zero = one.commissioned_at if is_aged and one.commissioned_at is not None else windows[0][0]
            axes[key] = _Axis(windows, zero, meter)
    return axes


def _assemble(
    session: Session,
    register: Register,
    looked_at: Collection[Key],
    axes: Mapping[Key, _Axis],
    found: list[_Failure],
    *,
    metric: str,
    unit: str,
) -> FleetHistory:
    from analytics import EventHistories

    seen = [one for one in found if one.system_id in axes and axes[one.system_id].holds(one.at)]
    may_open = queries.visible_failures(session, register.actor)
    events = tuple(
        _event(one, register, axes[one.system_id], may_open)
        for one in sorted(seen, key=lambda one: (one.at, one.number or ""))
        if one.counts
    )
    serial = {key: register.systems[key].serial for key in axes}
    ages = {
        key: [(axis.age(start), axis.age(end)) for start, end in axis.windows] for key, axis in axes.items()
    }
    histories = EventHistories(
        [one.system for one in events],
        [one.age for one in events],
        start={serial[key]: [start for start, _ in own] for key, own in ages.items()},
        end={serial[key]: [end for _, end in own] for key, own in ages.items()},
        kind=[one.kind for one in events],
        unit=unit,
    )
    outside = sum(1 for one in found if one.counts) - len(events)
    is_aged = bool(axes) and all(register.observations[key].commissioned_at is not None for key in axes)
    origin = "meter" if metric != CALENDAR else "commissioning" if is_aged else "observation"
    estimated = sum(axis.estimated() for axis in axes.values())
    return FleetHistory(
        histories=histories,
        events=events,
        windows=tuple(
            (serial[key], _moment(start), _moment(end))
            for key, axis in axes.items()
            for start, end in axis.windows
        ),
        metric=metric,
        unit=unit,
        origin=origin,
        at_risk=_label(session, register, axes.keys()),
        **{
            name: sum(1 for one in seen if one.scoring == name)
            for name in ("counted", "excluded", "unscored")
        },
        outside=outside,
        not_observed=len(looked_at) - len(axes),
        exposure_estimated_share=estimated / histories.exposure if histories.exposure > 0 else None,
        as_of=register.horizon.as_of,
        warnings=tuple(_warnings(origin, outside, len(looked_at) - len(axes), is_empty=not axes)),
    )


def _event(one: _Failure, register: Register, axis: _Axis, may_open: set[Key] | None) -> FleetEvent:
    is_open = one.id is not None and (may_open is None or one.id in may_open)
    return FleetEvent(
        system=register.systems[one.system_id].serial,
        at=_moment(one.at),
        age=axis.age(one.at),
        kind=one.kind,
        scoring=one.scoring,
        failure_id=as_uuid(one.id) if is_open else None,
        failure_number=one.number if is_open else None,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _label(session: Session, register: Register, systems: Collection[Key]) -> Finding:
    bases = queries.window_bases(session, register.horizon, systems)
    if not bases:
        return Finding(
            N_("Systems in service or in a stated window: %(count)s."), params={"count": len(systems)}
        )
    return Finding(
        N_("Systems: %(count)s; window: %(bases)s"), params={"count": len(systems), "bases": "; ".join(bases)}
    )


def _warnings(origin: str, outside: int, not_observed: int, *, is_empty: bool) -> list[Finding]:
    found = []
    if is_empty:
        found.append(
            Finding(
                N_(
                    "No system was under observation, so there is no exposure: commission systems, "
                    "or state the window in which their failures were recorded."
                )
            )
        )
    elif origin == "observation":
        found.append(
            Finding(
                N_("Time counts from the start of observation, as not every commissioning date is known.")
            )
        )
    if outside:
        found.append(
            Finding(
                N_("%(count)s failures lie outside the observation of their system, and are not shown."),
                params={"count": outside},
            )
        )
    if not_observed:
        found.append(
            Finding(
                N_("Systems not under observation, and so not in the at-risk set: %(count)s."),
                params={"count": not_observed},
            )
        )
    return found
