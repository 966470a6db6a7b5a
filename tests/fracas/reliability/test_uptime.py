"""Numbers of systems: recurrence, time between failures over a stated set, time to repair, availability."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.core.errors import Invalid
from fracas.reliability.histories import fleet_history
from fracas.reliability.uptime import availability, mcf, mtbf_by_period, mttr, repair_times, system_mtbf
from tests.factories.fleet import Fleet, actor_at, day


@pytest.fixture
def fleet(session: Session) -> Fleet:
    return Fleet(session)


def repair(fleet: Fleet, at: float, hours: float, kind: str = "repair", **facts: Any) -> Any:
    restored = at + hours / 24
    return fleet.fail(
        None, at, restored=restored, downtime_started_at=day(at), maintenance_kind=kind, **facts
    )


def test_mttr_counts_repairs_only(fleet: Fleet) -> None:
    fleet.system("S1")
    original = repair(fleet, 10, 2)
    repair(fleet, 20, 4, "replace")
    repair(fleet, 30, 6, "adjust")
    repair(fleet, 40, 100, "preventive")
    repair(fleet, 50, 100, "none")
    duplicate = repair(fleet, 60, 100)
    fleet.fail(None, 70, maintenance_kind="repair")
    fleet.verify(duplicate, "duplicate", 61, duplicate_of=original)
    found = mttr(fleet.session, fleet.actor, as_of=day(100))
    assert found.estimate == pytest.approx(4.0)
    assert (found.unit, found.failures, found.exposure) == ("h", 3, pytest.approx(12.0))
    assert found.lower is not None
    assert found.lower < 4 < (found.upper or 0)
    told = [str(one) for one in found.warnings]
    assert told[0].startswith("3 reports are no repairs, or do not say")
    assert told[1].startswith("1 repairs have no downtime")


def test_mttr_without_repairs_has_no_estimate(fleet: Fleet) -> None:
    fleet.system("S1")
    found = mttr(fleet.session, fleet.actor)
    assert (found.estimate, found.failures) == (None, 0)


def test_repairs_of_one_type_at_ones_own_site(fleet: Fleet) -> None:
    other = fleet.add_site("BJ")
    fleet.system("S2", site=other)
    fleet.install("A")
    repair(fleet, 10, 2, part_type=fleet.part_type)
    repair(fleet, 20, 3, part_type=fleet.part_type, system="S2")
    repair(fleet, 30, 5)
    mine = actor_at(fleet, fleet.site)
    assert repair_times(fleet.session, mine, part_type="VALVE-1", as_of=day(100)).hours == pytest.approx((2,))
    assert len(repair_times(fleet.session, fleet.actor, as_of=day(100)).hours) == 3
    assert len(repair_times(fleet.session, fleet.actor, system_model="LRV", as_of=day(100)).hours) == 3


def test_mcf_with_systems_that_never_failed(fleet: Fleet) -> None:
    for serial in ("S1", "S2", "S3", "S4"):
        fleet.system(serial)
    fleet.verify(fleet.fail(None, 100), "confirmed", 101, mode="LEAK")
    fleet.fail(None, 200, system="S2")
    report = mcf(fleet.session, fleet.actor, as_of=day(400))
    assert report.curve is not None
    assert report.curve.estimate.tolist() == [0.25, 0.5]
    assert (report.at_end.estimate, report.at_end.failures) == (0.5, 2)
    answer = report.to_dict()
    assert answer["points"]["at_risk"] == [4, 4]
    assert answer["systems"] == 4
    leak = mcf(fleet.session, fleet.actor, as_of=day(400), only_kind="LEAK")
    assert (leak.at_end.failures, leak.at_end.exposure) == (1, report.at_end.exposure)


def test_mcf_without_failures_says_so(fleet: Fleet) -> None:
    fleet.system("S1")
    report = mcf(fleet.session, fleet.actor, as_of=day(400))
    assert (report.curve, report.at_end.estimate) == (None, None)
    assert report.to_dict()["points"]["time"] == []
    assert "no events" in str(report.at_end.warnings[-1])


def test_system_mtbf_names_its_at_risk_set(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=None)
    fleet.system("RADIO", commissioned=None)
    fleet.serve("S1", "observed_from", 0, basis="seen in the feed")
    fleet.serve("S1", "observed_until", 100)
    fleet.fail(None, 20)
    found = system_mtbf(fleet.session, fleet.actor, as_of=day(400))
    assert (found.estimate, found.failures, found.exposure) == (100, 1, 100)
    assert str(found.warnings[0]) == "Systems: 1; window: seen in the feed"


def test_mtbf_by_period_counts_exposure_and_failures_of_each(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.system("S2", commissioned=31 + 29)
    fleet.fail(None, 10)
    fleet.fail(None, 95)
    history = fleet_history(fleet.session, fleet.actor, as_of=day(100))
    months = mtbf_by_period(history, period="month")
    assert [label for label, _ in months] == ["2020-01", "2020-02", "2020-03", "2020-04"]
    assert [(one.failures, one.exposure) for _, one in months] == [(1, 31), (0, 29), (0, 62), (1, 18)]
    assert [one.side for _, one in months] == ["two", "lower", "lower", "two"]
    assert [label for label, _ in mtbf_by_period(history)] == ["2020-Q1", "2020-Q2"]
    assert [label for label, _ in mtbf_by_period(history, period="year")] == ["2020"]


def test_periods_in_which_nobody_was_watched_are_left_out(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=None)
    for start, end in ((0, 20), (95, 100)):
        fleet.serve("S1", "observed_from", start)
        fleet.serve("S1", "observed_until", end)
    history = fleet_history(fleet.session, fleet.actor, as_of=day(500))
    assert [label for label, _ in mtbf_by_period(history, period="month")] == ["2020-01", "2020-04"]


def test_availability_from_both(fleet: Fleet) -> None:
    fleet.system("S1")
    repair(fleet, 10, 5)
    repair(fleet, 50, 5)
    found = availability(fleet.session, fleet.actor, as_of=day(100))
    assert found.estimate == pytest.approx(1200 / 1205)
    assert (found.unit, found.failures, found.exposure) == ("", 2, 2400)


def test_availability_without_repairs_has_no_estimate(fleet: Fleet) -> None:
    fleet.system("S1")
    assert availability(fleet.session, fleet.actor, as_of=day(100)).estimate is None


def test_an_unknown_model_is_refused(fleet: Fleet) -> None:
    with pytest.raises(Invalid):
        system_mtbf(fleet.session, fleet.actor, system_model="TRAM")
