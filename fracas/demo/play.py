"""Play the plan through the rooms' own verbs, each at its own moment, as the person whose role it is."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from fracas.assets import workflow as assets
from fracas.assets.models import Part, System
from fracas.catalog.models import CodeKind, FailureCode, PartType, Position, UsageMetric
from fracas.core import clock
from fracas.core.permissions import Actor
from fracas.demo.events import Plan, Stay, Vehicle, Visit
from fracas.demo.scenario import SITES, USE_PER_DAY
from fracas.failures import workflow as failures
from fracas.failures.models import Failure
from fracas.failures.scoring import LADDER
from fracas.organisations.models import Site

NO_TO_ALL = {question.key: "no" for question in LADDER}
FIELD_OF_SITE = {"SHA": "field@demo.example", "HRB": "field@demo.example", "RTM": "field.rtm@demo.example"}
READING_EVERY_DAYS = 45
ZONES = {code: zone for code, _, zone in SITES}
EFFECTS = ("none", "minor", "minor", "major")


@dataclass
class Register:
    """The records the play meets again and again, so that it need not ask for them by name each time."""

    part_types: dict[str, PartType]
    metrics: dict[str, UsageMetric]
    positions: dict[str, Position]
    sites: dict[str, Site]
    codes: dict[tuple[CodeKind, str], FailureCode]
    systems: dict[str, System] = field(default_factory=dict)
    parts: dict[tuple[str, str], Part] = field(default_factory=dict)

    def part(self, stay: Stay, serial: str | None = None) -> Part:
        return self.parts[stay.part.number, serial or stay.serial]


@dataclass
class Stage:
    """Where the play happens: the session, the people by address, the first day, the last moment, and chance."""

    session: Session
    people: dict[str, Actor]
    register: Register
    first_day: datetime
    until: datetime
    rng: np.random.Generator
    reports: dict[str, list[tuple[Stay, Failure]]] = field(default_factory=dict)
    """part number -> (stay, report) of every contained report about it, for the problems."""
    on_contained: dict[str, Callable[[Stay, Failure], None]] = field(default_factory=dict)
    """part number -> what happens to a report once it is contained."""
    _waiting: list[tuple[datetime, int, Callable[[], Any]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    def moment(self, day: float) -> datetime:
        return self.first_day + timedelta(seconds=round(day * 86400))

    def later(self, at: datetime, act: Callable[[], Any]) -> None:
        """Do ``act`` at that moment; what lies after the last moment has not happened yet."""
        if at <= self.until:
            heapq.heappush(self._waiting, (at, next(self._order), act))

    def run(self, on_progress: Callable[[int], None] | None = None) -> None:
        done = 0
        while self._waiting:
            at, _, act = heapq.heappop(self._waiting)
            with clock.at(at):
                act()
            done += 1
            if on_progress is not None and done % 500 == 0:
                on_progress(done)

    def hours(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=round(self.rng.uniform(least, most) * 3600))


def schedule(stage: Stage, plan: Plan) -> None:
    """Put everything that happens to the fleet on the stage's calendar."""
    for vehicle in plan.vehicles:
        _readings(stage, vehicle)
    for stay in plan.stays:
        if stay.is_first:
            before = stage.moment(stay.installed_day) - timedelta(hours=1)
            stage.later(before, partial(_register, stage, stay))
    _changes(stage, plan)
    for visit in plan.visits:
        stage.later(stage.moment(visit.day) + timedelta(hours=3), partial(_visit, stage, visit))


def _changes(stage: Stage, plan: Plan) -> None:
    """What goes in and out is entered in the order in which it happened: a part must be in the register before it fails."""
    changes = [
        (s.installed_day, partial(_first_install, stage, s))
        for s in plan.stays
        if s.installed_day == s.vehicle.start_day
    ]
    changes += [(s.removed_day, partial(_fail, stage, s)) for s in plan.stays if s.removed_day is not None]
    entered = stage.first_day
    for day, enter in sorted(changes, key=lambda change: change[0]):
        occurred = stage.moment(day)
        is_failure = enter.func is _fail
        entered = max(
            entered + timedelta(seconds=1),
            occurred + (stage.hours(2, 20) if is_failure else timedelta(seconds=1)),
        )
        stage.later(entered, partial(enter, occurred))


# ------------------------------------------------------------------ register and readings


def _register(stage: Stage, stay: Stay) -> None:
    number = stay.part.number
    stage.register.parts[number, stay.serial] = assets.register_part(
        stage.session, stage.people["admin@demo.example"], serial=stay.serial,
        part_type=stage.register.part_types[number], site=stage.register.sites[stay.vehicle.site], lot=stay.lot,
    )  # fmt: skip


def _first_install(stage: Stage, stay: Stay, at: datetime) -> None:
    """What a vehicle was delivered with: new parts, now and then one from the shelf that goes on with its age."""
    assets.install(
        stage.session, stage.people["admin@demo.example"], part=stage.register.part(stay),
        system=stage.register.systems[stay.vehicle.serial], position=stage.register.positions[stay.position],
        occurred_at=at, installed_as="new" if stay.is_first else "continued",
    )  # fmt: skip


def used(vehicle: Vehicle, metric: str, days_in_service: float) -> float:
    return round(days_in_service * vehicle.use_per_day[metric], 1)


def _usage_at(stage: Stage, vehicle: Vehicle, metric: str, at: datetime) -> float:
    days = (at - stage.moment(vehicle.start_day)).total_seconds() / 86400
    return used(vehicle, metric, max(days, 0.0))


def _readings(stage: Stage, vehicle: Vehicle) -> None:
    def read() -> None:
        for metric in USE_PER_DAY:
            assets.read_usage(
                stage.session, stage.people["service@demo.example"], system=stage.register.systems[vehicle.serial],
                metric=stage.register.metrics[metric],
                value=_usage_at(stage, vehicle, metric, clock.now()), occurred_at=clock.now(),
            )  # fmt: skip

    at = stage.moment(vehicle.start_day) + timedelta(
        days=READING_EVERY_DAYS * (0.2 + 0.8 * float(stage.rng.random()))
    )
    while at <= stage.until:
        stage.later(at, read)
        at += timedelta(days=READING_EVERY_DAYS)


# ------------------------------------------------------------------ reports


def _fail(stage: Stage, stay: Stay, occurred: datetime) -> None:
    """File a report and enter the swap; the office's stages follow on later days."""
    part, vehicle, rng = stay.part, stay.vehicle, stage.rng
    field_engineer = stage.people[FIELD_OF_SITE[vehicle.site]]
    zone = ZONES[vehicle.site]
    texts = part.symptoms_zh if zone == "Asia/Shanghai" and rng.random() < 0.75 else part.symptoms
    filed = failures.file(
        stage.session, field_engineer, system=stage.register.systems[vehicle.serial], part=stage.register.part(stay),
        symptom=str(rng.choice(texts)), occurred_at=occurred, metric=stage.register.metrics[part.metric],
        usage_value=_usage_at(stage, vehicle, part.metric, occurred), source="demo",
        symptom_code=stage.register.codes[CodeKind.SYMPTOM, part.symptom_code],
        delay_minutes=float(np.round(rng.exponential(9))) if rng.random() < 0.6 else None,
    )  # fmt: skip
    restored = min(occurred + timedelta(hours=float(rng.lognormal(1.0, 0.55))), clock.now())
    failures.complete(
        stage.session, stage.people["service@demo.example"], filed, **_swap(stage, stay, occurred),
        handling=_handling(stay, zone), downtime_started_at=occurred, restored_at=restored,
        labour_hours=round(float(rng.lognormal(0.6, 0.5)), 1), waiting_hours=round(float(rng.exponential(1.2)), 1),
        life_cycle_phase="service", detection_method=str(rng.choice(["in_service", "in_service", "inspection"])),
        effect_on_function=str(rng.choice(EFFECTS)), effect_on_safety=str(rng.choice(["none", "none", "minor"])),
        effect_on_mission=str(rng.choice(EFFECTS)),
    )  # fmt: skip
    _office(stage, stay, filed)
    if stay.is_duplicated:
        _duplicate(stage, stay, filed, occurred)


def _swap(stage: Stage, stay: Stay, at: datetime) -> dict[str, Any]:
    """The swap in the words of ``complete``. A part that goes straight back was looked at where it sits."""
    if stay.successor == stay.serial:
        return {"maintenance_kind": "adjust", "repair_assumption": "as_old"}
    return {
        "maintenance_kind": "replace", "part_out": stage.register.part(stay), "swapped_at": at,
        "part_in": stage.register.part(stay, stay.successor),
        "repair_assumption": "as_new" if stay.ending == "failure" else "as_old",
    }  # fmt: skip


def _handling(stay: Stay, zone: str) -> str:
    if stay.successor == stay.serial:
        return "Tested in place, adjusted 原位检查调整"
    if zone == "Asia/Shanghai":
        return f"更换{stay.part.name}（{stay.position}），试验合格，恢复运营"
    return f"Replaced {stay.part.name.lower()} at {stay.position}, brake test passed, back in service"


def _office(stage: Stage, stay: Stay, report: Failure) -> None:
    """Verification, the workshop's answer, scoring and containment, each some days after the one before."""
    verified = clock.now() + stage.hours(20, 120)
    scored = verified + stage.hours(20, 150)
    contained = scored + stage.hours(10, 100)
    stage.later(verified, lambda: _verify(stage, stay, report))
    if stay.ending == "no_fault_found":
        stage.later(verified + stage.hours(24, 300), lambda: _close(stage, report, "no_fault_found"))
        return
    stage.later(scored, lambda: _score(stage, stay, report))
    stage.later(contained, lambda: _contain(stage, stay, report))
    if stay.ending == "abuse":
        stage.later(contained + stage.hours(24, 300), lambda: _close(stage, report, "no_further_action"))


def _verify(stage: Stage, stay: Stay, report: Failure) -> None:
    quality = stage.people["quality@demo.example"]
    nothing = stay.ending == "no_fault_found"
    mode = None if nothing else stage.register.codes[CodeKind.MODE, stay.part.mode]
    failures.verify(
        stage.session, quality, report, outcome="no_fault_found" if nothing else "confirmed",
        method="bench test in the workshop 车间台架试验", mode=mode,
    )  # fmt: skip
    if stay.ending == "failure" and stay.part.turn_around_days is not None and stay.removed_day is not None:
        # A little before the next place may ask for it.
        back = stage.moment(stay.removed_day + stay.part.turn_around_days) - timedelta(hours=1)
        stage.later(back, lambda: _repaired(stage, stay))
    else:
        _repaired(stage, stay)


def _repaired(stage: Stage, stay: Stay) -> None:
    """A part that works, or was repaired, is fit for use again; any other is scrap."""
    if stay.successor == stay.serial:
        return
    if stay.ending == "failure" and not stay.part.is_repairable:
        condition, basis = "retired", "scrapped after failure"
    else:
        condition, basis = (
            "serviceable",
            "tested" if stay.ending == "no_fault_found" else "repaired and tested",
        )
    assets.set_condition(
        stage.session, stage.people["service@demo.example"], part=stage.register.part(stay),
        condition=condition, basis=basis, occurred_at=clock.now(),
    )  # fmt: skip


def _score(stage: Stage, stay: Stay, report: Failure) -> None:
    answers = dict(NO_TO_ALL)
    if stay.ending == "abuse":
        answers["operator_error"] = "yes"
    failures.score(stage.session, stage.people["reliability@demo.example"], report, answers=answers)


def _contain(stage: Stage, stay: Stay, report: Failure) -> None:
    failures.contain(
        stage.session, stage.people["quality@demo.example"], report, is_needed=False,
        note="single unit, no like item suspected 单件，无同批嫌疑",
    )  # fmt: skip
    if stay.ending == "failure":
        stage.on_contained[stay.part.number](stay, report)
        stage.reports.setdefault(stay.part.number, []).append((stay, report))


def _close(stage: Stage, report: Failure, close_as: str) -> None:
    failures.close_no_action(
        stage.session, stage.people["approver@demo.example"], report, close_as=close_as,
        reason="evidence on file, nothing further to do",
    )  # fmt: skip


def _duplicate(stage: Stage, stay: Stay, report: Failure, occurred: datetime) -> None:
    """The driver's desk files the same failure once more."""
    quality = stage.people["quality@demo.example"]
    again = failures.file(
        stage.session, stage.people[FIELD_OF_SITE[stay.vehicle.site]], system=stage.register.systems[stay.vehicle.serial],
        part_type=stage.register.part_types[stay.part.number], symptom=stay.part.symptoms[0], occurred_at=occurred,
        usage_not_read_reason="reported by radio", source="demo",
    )  # fmt: skip
    failures.complete(
        stage.session, stage.people["service@demo.example"], again, maintenance_kind="none",
        handling=f"see {report.number}", not_recorded=list(NOT_RECORDED_TWICE),
    )  # fmt: skip

    def verify() -> None:
        failures.verify(
            stage.session,
            quality,
            again,
            outcome="duplicate",
            duplicate_of=report,
            method="same vehicle, same minute",
        )
        _close(stage, again, "duplicate")

    stage.later(clock.now() + stage.hours(10, 60), verify)


NOT_RECORDED_TWICE = (
    "configuration", "detection_method", "downtime_started_at", "effect_on_function", "effect_on_mission",
    "effect_on_safety", "labour_hours", "life_cycle_phase", "restored_at", "symptom_code", "waiting_hours",
)  # fmt: skip


def _visit(stage: Stage, visit: Visit) -> None:
    """A preventive visit: filed and completed like any report, and counted as no failure."""
    at = stage.moment(visit.day)
    vehicle = visit.vehicle
    filed = failures.file(
        stage.session, stage.people[FIELD_OF_SITE[vehicle.site]], system=stage.register.systems[vehicle.serial], occurred_at=at,
        symptom="Preventive brake inspection 制动系统预防性检查", usage_value=_usage_at(stage, vehicle, "km", at),
        metric=stage.register.metrics["km"], maintenance_kind="preventive", source="demo",
    )  # fmt: skip
    failures.complete(
        stage.session, stage.people["service@demo.example"], filed, handling="Inspected, cleaned, lubricated 检查清洁润滑",
        downtime_started_at=at, restored_at=at + timedelta(hours=2), labour_hours=2.0, waiting_hours=0.0,
        life_cycle_phase="service", detection_method="scheduled_maintenance", effect_on_function="none",
        effect_on_safety="none", effect_on_mission="none", not_recorded=["symptom_code"],
    )  # fmt: skip

    def close() -> None:
        failures.verify(
            stage.session, stage.people["quality@demo.example"], filed, outcome="no_fault_found",
            method="preventive visit",
        )  # fmt: skip
        _close(stage, filed, "no_fault_found")

    stage.later(clock.now() + stage.hours(24, 96), close)
