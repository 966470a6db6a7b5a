"""The plan of what happens to the fleet: numbers only."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from fracas.demo.events import DAYS, Plan, draw, truth_of
from fracas.demo.scenario import NO_FAULT_FOUND_SHARE, PARTS, PEOPLE


@pytest.fixture(scope="module")
def plan() -> Plan:
    return draw(20, vehicles=12)


def test_the_same_seed_draws_the_same_plan(plan: Plan) -> None:
    assert draw(20, vehicles=12) == plan
    assert draw(21, vehicles=12) != plan


def test_every_place_of_every_vehicle_is_filled_from_its_first_day(plan: Plan) -> None:
    first = {(s.vehicle.index, s.position) for s in plan.stays if s.installed_day == s.vehicle.start_day}
    places = {
        (v.index, f"{p.position}{n + 1}") for v in plan.vehicles for p in PARTS for n in range(p.per_vehicle)
    }
    assert first == places


def test_one_part_in_a_place_and_one_place_for_a_part(plan: Plan) -> None:
    for by in (lambda s: (s.vehicle.index, s.position), lambda s: s.serial):
        lines: dict[object, list[tuple[float, float]]] = {}
        for stay in plan.stays:
            end = stay.removed_day if stay.removed_day is not None else DAYS
            lines.setdefault(by(stay), []).append((stay.installed_day, end))
        for line in lines.values():
            for (start, end), (later, _) in pairwise(sorted(line)):
                assert start <= end <= later + 1e-9


def test_nothing_happens_before_the_vehicle_or_after_the_history(plan: Plan) -> None:
    for stay in plan.stays:
        assert stay.vehicle.start_day <= stay.installed_day
        assert stay.removed_day is None or stay.installed_day <= stay.removed_day <= DAYS
    for visit in plan.visits:
        assert visit.vehicle.start_day < visit.day < DAYS


def test_what_ended_has_a_reason_and_what_goes_on_has_none(plan: Plan) -> None:
    for stay in plan.stays:
        assert (stay.removed_day is None) == (stay.ending is None)


def test_the_successor_is_what_went_in_there_next(plan: Plan) -> None:
    goes_in = {(s.vehicle.index, s.position, s.installed_day): s.serial for s in plan.stays}
    for stay in plan.stays:
        if stay.removed_day is not None:
            assert goes_in[stay.vehicle.index, stay.position, stay.removed_day] == stay.successor


def test_vehicles_are_delivered_one_after_the_other(plan: Plan) -> None:
    starts = [vehicle.start_day for vehicle in plan.vehicles]
    assert starts[:3] == [0.0, 0.0, 0.0]
    assert len(set(starts[3:])) == len(starts) - 3


def test_a_serial_keeps_its_lot_and_the_lot_tells_the_truth(plan: Plan) -> None:
    lots: dict[str, set[str]] = {}
    for stay in plan.stays:
        lots.setdefault(stay.serial, set()).add(stay.lot)
    assert all(len(found) == 1 for found in lots.values())
    assert {s.part.number for s in plan.stays if s.lot == "L24-07"} == {"CMP-7"}
    assert {s.part.number for s in plan.stays if s.lot == "REV-B"} <= {"PS-55", "ASV-9"}


def test_no_fault_is_found_about_as_often_as_the_scenario_says() -> None:
    endings = [stay.ending for stay in draw(3, vehicles=60).stays if stay.ending is not None]
    failures = endings.count("failure")
    assert failures > 800
    # A share of the rate that the life says, so of the mean life: within a wide band of chance and of the shapes.
    assert (
        0.4 * NO_FAULT_FOUND_SHARE < endings.count("no_fault_found") / failures < 2.5 * NO_FAULT_FOUND_SHARE
    )


def test_the_simulator_is_told_the_scenarios_truth() -> None:
    for part in PARTS:
        truth = truth_of(part)
        assert (truth.law.eta, truth.law.beta) == (part.truth.eta, part.truth.beta)
        assert (truth.changed_law is None) == (part.changed_after is None)
        assert truth.bad_share == part.bad_share


def test_the_vehicle_of_the_readmes_tour_is_one_that_the_first_field_engineer_may_see(plan: Plan) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    named = re.search(r"try a vehicle such as `(\w+)`", readme)
    assert named is not None
    sites = next(sites for _, _, role, sites in PEOPLE if role == "field_engineer")
    assert next(v.site for v in plan.vehicles if v.serial == named.group(1)) in sites
