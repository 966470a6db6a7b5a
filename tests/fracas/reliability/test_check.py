"""Unit-hours computed twice, and last month's table computed again."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.assets.models import Installation, Removal
from fracas.failures.models import Failure
from fracas.reliability import check
from fracas.reliability.datasets import life_table
from fracas.reliability.timelines import Segment
from tests.factories.fleet import Fleet, day


class Play:
    """A few hundred days of a small fleet: staggered starts, windows, readings, swaps, repairs."""

    def __init__(self, fleet: Fleet, seed: int, until: int) -> None:
        self.fleet, self.chance = fleet, random.Random(seed)
        self.places: dict[tuple[str, int], Installation] = {}
        self.shelf: list[str] = []
        self.meter = {f"S{number}": 0.0 for number in range(4)}
        for number, system in enumerate(self.meter):
            fleet.system(system, commissioned=self.chance.choice([None, number * 20]))
        fleet.serve("S1", "observed_from", 60)
        fleet.serve("S1", "observed_until", self.chance.randint(150, 260))
        if self.chance.random() < 0.5:
            fleet.serve("S2", "retired", self.chance.randint(200, 280))
        for today in range(80, until, 5):
            place = (f"S{self.chance.randrange(4)}", self.chance.randrange(2))
            now = today + self.chance.random()
            if place in self.places:
                self.trouble(*place, now)
            else:
                self.fill(*place, now)
            if self.chance.random() < 0.5:
                self.read(now)
        own = next(iter(fleet.parts))
        fleet.read(own, until - 100, 10.0)
        fleet.read(own, until - 10, 500.0)

    def fill(self, system: str, position: int, now: float) -> None:
        if self.shelf and self.chance.random() < 0.5:
            serial, as_ = self.shelf.pop(), self.chance.choice(["continued", "age_unknown"])
        else:
            serial, as_ = (
                f"V{len(self.fleet.parts)}",
                self.chance.choice(["new", "new", "age_stated", "age_unknown"]),
            )
        age = {"calendar": 50.0, "hours": 120.0} if as_ == "age_stated" else None
        self.places[system, position] = self.fleet.install(
            serial, system, now, position=position, as_=as_, age=age
        )

    def trouble(self, system: str, position: int, now: float) -> None:
        action, fleet = self.chance.random(), self.fleet
        held = self.places[system, position]
        if action < 0.3:
            removal = fleet.remove(held, now + 2, "failure")
            report = fleet.fail(None, now, system=system, position=position, removal=removal)
            if self.chance.random() < 0.4:
                fleet.verify(report, self.chance.choice(["confirmed", "no_fault_found"]), now + 3, mode="M")
            self.shelf.append(next(name for name, part in fleet.parts.items() if part.id == held.part_id))
            del self.places[system, position]
        elif action < 0.5:
            good = now - 10 if self.chance.random() < 0.3 else None
            assumption = self.chance.choice(["as_new", "as_old", None])
            fleet.fail(None, now, system=system, position=position, good=good, repair_assumption=assumption)
        elif action < 0.6:
            fleet.remove(held, now, self.chance.choice(["preventive", "failure", "upgrade"]))
            del self.places[system, position]

    def read(self, now: float) -> None:
        system = f"S{self.chance.randrange(4)}"
        self.meter[system] += 40 * self.chance.random()
        replaced_by = 3.0 if self.chance.random() < 0.1 else None
        self.fleet.read(system, now, self.meter[system], replaced_by=replaced_by)
        self.meter[system] = self.meter[system] if replaced_by is None else replaced_by


def correct(fleet: Fleet, today: int) -> None:
    """What is learned later about the past."""
    fleet.fail(None, today - 40, system="S0", position=0, entered=today + 5)
    fleet.install("LATE", "S3", today - 30, position=1, entered=today + 5)
    fleet.read("S3", today - 20, 5000.0, entered=today + 6)
    own = [Failure.organisation_id == fleet.organisation.id]
    for report in fleet.session.query(Failure).where(*own).order_by(Failure.number).limit(4):
        fleet.amend(report, today + 7, occurred_at=report.occurred_at.replace(minute=0))
        fleet.verify(report, "no_fault_found", today + 8)
        fleet.score(report, "count", today + 9)
    for removal in (
        fleet.session.query(Removal).where(Removal.organisation_id == fleet.organisation.id).limit(2)
    ):
        fleet.retract(removal, today + 4)


@pytest.mark.parametrize("seed", range(6))
def test_unit_hours_add_up_in_every_metric(session: Session, seed: int) -> None:
    fleet = Fleet(session)
    Play(fleet, seed, 400)
    for as_of in (250, 390):
        both = list(check.compare(session, fleet.actor, as_of=day(as_of)))
        assert [(one.metric, one.is_right) for one in both] == [("calendar", True), ("hours", True)], both
        assert all(one.exposure > 0 for one in both)
    assert check.unit_hours(session, fleet.actor, as_of=day(390)) == []


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("metric", ["calendar", "hours"])
def test_last_months_table_comes_out_again(session: Session, seed: int, metric: str) -> None:
    fleet = Fleet(session)
    Play(fleet, seed, 300)
    settings: dict[str, Any] = {"part_type": "VALVE-1", "metric": metric, "as_of": day(290)}
    then = life_table(session, fleet.actor, **settings, known_at=day(305))
    correct(fleet, 306)
    again = life_table(session, fleet.actor, **settings, known_at=day(305))
    now = life_table(session, fleet.actor, **settings)
    assert again.to_frame().equals(then.to_frame())
    assert (again.counts, again.warnings) == (then.counts, then.warnings)
    assert not now.to_frame().equals(then.to_frame())


def test_a_disagreement_is_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(session)
    fleet.install("A")
    honest = Segment.__init__

    def forgetful(self: Segment, **facts: Any) -> None:
        honest(self, **{**facts, "exposure": facts["exposure"] - 1.0, "exit": facts["exit"] - 1.0})

    monkeypatch.setattr(Segment, "__init__", forgetful)
    (found,) = check.unit_hours(session, fleet.actor, as_of=day(100))[:1]
    assert "VALVE-1 in calendar disagree: 100.0 installed" in str(found)
