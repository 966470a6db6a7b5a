"""From the scenario to a plan: what happens to which vehicle on which day. Numbers only; `play` makes reports of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fracas.demo.scenario import (
    ABUSE_SHARE,
    DUPLICATE_SHARE,
    NO_FAULT_FOUND_SHARE,
    PARTS,
    SITES,
    USE_PER_DAY,
    VISIT_EVERY_DAYS,
    PartScenario,
)
from fracas.reliability.simulation import Installation, PartTruth, Slot, WeibullLaw, simulate_lives

DAYS = 1095
STAGGER_DAYS = 480
Ending = Literal["failure", "no_fault_found", "abuse", "preventive"]


@dataclass(frozen=True)
class Vehicle:
    index: int
    serial: str
    site: str
    start_day: float
    use_per_day: dict[str, float]


@dataclass(frozen=True)
class Stay:
    """One serial in one position: when it went in, what ended it, which serial came after it."""

    part: PartScenario
    vehicle: Vehicle
    position: str
    serial: str
    lot: str
    installed_day: float
    is_first: bool
    removed_day: float | None
    ending: Ending | None
    successor: str | None = None
    is_duplicated: bool = False


@dataclass(frozen=True)
class Visit:
    """A preventive visit: no failure, but a report that must not count as one."""

    vehicle: Vehicle
    day: float


@dataclass(frozen=True)
class Plan:
    vehicles: list[Vehicle]
    stays: list[Stay]
    visits: list[Visit]


def draw(seed: int, vehicles: int, days: int = DAYS) -> Plan:
    """Draw the whole history of a fleet of ``vehicles`` over ``days``; the same seed gives the same plan."""
    rng = np.random.default_rng(seed)
    fleet = [_vehicle(index, rng, days) for index in range(vehicles)]
    stays = [stay for part in PARTS for stay in _lives(part, fleet, days, rng)]
    return Plan(fleet, sorted(stays, key=lambda stay: stay.installed_day), list(_visits(fleet, days, rng)))


def _vehicle(index: int, rng: np.random.Generator, days: int) -> Vehicle:
    """Vehicles enter service one after the other, as a fleet is delivered."""
    start = 0.0 if index < 3 else float(rng.uniform(0, STAGGER_DAYS * days / DAYS))
    use = {
        metric: float(max(rng.normal(mean, spread), mean / 2))
        for metric, (mean, spread) in USE_PER_DAY.items()
    }
    return Vehicle(index, f"{1201 + index}", SITES[index % len(SITES)][0], start, use)


def truth_of(part: PartScenario, days: int = DAYS) -> PartTruth:
    """The scenario's truth in the simulator's terms."""
    changed, bad = part.changed_after, part.bad_lot
    mean_use = USE_PER_DAY[part.metric][0]
    other_exits = (NO_FAULT_FOUND_SHARE + ABUSE_SHARE) * mean_use / part.truth.eta
    return PartTruth(
        law=WeibullLaw(part.truth.eta, part.truth.beta),
        changed_law=WeibullLaw(changed.eta, changed.beta) if changed else None,
        change_day=part.change_share * days if changed else np.inf,
        bad_law=WeibullLaw(bad.eta, bad.beta) if bad else None,
        bad_share=part.bad_share,
        preventive_per_day=other_exits,
        reuse_share=0.6,
        repair_days=part.turn_around_days,
    )


def _lives(part: PartScenario, fleet: list[Vehicle], days: int, rng: np.random.Generator) -> Iterator[Stay]:
    places = [(vehicle, f"{part.position}{n + 1}") for vehicle in fleet for n in range(part.per_vehicle)]
    slots = [Slot(vehicle.start_day, float(days), vehicle.use_per_day[part.metric]) for vehicle, _ in places]
    drawn = simulate_lives(slots, truth_of(part, days), rng=rng)
    after = _successors(part, drawn)
    seen: set[int] = set()
    lots: dict[int, str] = {}
    for number, stay in enumerate(drawn):
        vehicle, position = places[stay.slot]
        lots.setdefault(stay.serial, _lot(stay, rng))
        yield Stay(
            part, vehicle, position, _serial(part, stay.serial), lots[stay.serial], stay.installed_day,
            is_first=stay.serial not in seen, removed_day=stay.removed_day, ending=_ending(stay, rng),
            successor=after.get(number), is_duplicated=bool(rng.random() < DUPLICATE_SHARE),
        )  # fmt: skip
        seen.add(stay.serial)


def _serial(part: PartScenario, number: int) -> str:
    return f"{part.position}-{number + 1:05d}"


def _lot(stay: Installation, rng: np.random.Generator) -> str:
    """The lot tells what the truth hides: a bad batch and a changed part carry a lot of their own."""
    if stay.law == "bad":
        return "L24-07"
    return "REV-B" if stay.law == "changed" else f"L24-{int(rng.integers(1, 7)):02d}"


def _successors(part: PartScenario, drawn: list[Installation]) -> dict[int, str]:
    """Which serial went in where another came out: the next stay of the same slot."""
    last: dict[int, int] = {}
    found: dict[int, str] = {}
    for number, stay in enumerate(drawn):
        if stay.slot in last:
            found[last[stay.slot]] = _serial(part, stay.serial)
        last[stay.slot] = number
    return found


def _ending(stay: Installation, rng: np.random.Generator) -> Ending | None:
    if stay.cause == "failure":
        return "failure"
    if stay.cause == "none yet":
        return None
    # A part taken out while it still worked: suspected in vain, broken by somebody, or exchanged in time.
    draw_ = rng.random() * (NO_FAULT_FOUND_SHARE + ABUSE_SHARE)
    return "no_fault_found" if draw_ < NO_FAULT_FOUND_SHARE else "abuse"


def _visits(fleet: list[Vehicle], days: int, rng: np.random.Generator) -> Iterator[Visit]:
    for vehicle in fleet:
        day = vehicle.start_day + float(rng.uniform(20, VISIT_EVERY_DAYS))
        while day < days:
            yield Visit(vehicle, day)
            day += VISIT_EVERY_DAYS * float(rng.uniform(0.9, 1.1))
