"""What fails more often than before, in a fleet whose history is known."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from fracas.reliability.histories import fleet_history
from fracas.reliability.rising import Rising, rising
from tests.factories.fleet import Fleet, day

END = 730
"""Two years from 2020-01-01; the last month is December 2021."""


@pytest.fixture
def fleet(session: Session) -> Fleet:
    """Four systems for two years; VALVE-1 fails once a month."""
    made = Fleet(session)
    for i in range(4):
        made.install(f"A{i}", f"S{i}")
    for month in range(24):
        made.fail(None, 30 * month + 15, system=f"S{month % 4}", part_type=made.part_type)
    return made


def found(fleet: Fleet, until: float = END, **about: object) -> Rising | None:
    return rising(fleet_history(fleet.session, fleet.actor, as_of=day(until), kind="part_type", **about))  # type: ignore[arg-type]


def test_a_constant_rate_raises_no_alarm(fleet: Fleet) -> None:
    quiet = found(fleet)
    assert quiet is not None
    (one,) = quiet.risers
    assert (one.kind, one.is_alarm, quiet.months) == ("VALVE-1", False, 24)
    assert one.expected is not None
    assert one.failures == pytest.approx(one.expected, abs=1.5)
    assert quiet.exposure_days == pytest.approx(4 * END, rel=0.02)


def test_the_clearest_rise_comes_first_with_what_was_expected(fleet: Fleet) -> None:
    other = fleet.add_part_type("DOOR-1")
    for month in range(24):
        fleet.fail(None, 30 * month + 10, system="S1", part_type=other)
    for i in range(12):
        fleet.fail(None, 690 + 3 * i, system=f"S{i % 4}", part_type=other)
    risen = found(fleet)
    assert risen is not None
    worst, quiet = risen.risers
    assert (worst.kind, worst.is_alarm, quiet.is_alarm) == ("DOOR-1", True, False)
    assert worst.since >= date(2021, 10, 1)
    assert worst.until <= date(2021, 12, 31)
    assert worst.expected is not None
    assert worst.failures > 2 * worst.expected
    assert worst.ratio is not None
    assert worst.ratio_lower is not None
    assert 1 < worst.ratio_lower < worst.ratio == pytest.approx(worst.failures / worst.expected)


def test_what_never_failed_before_has_no_ratio(fleet: Fleet) -> None:
    other = fleet.add_part_type("DOOR-1")
    for i in range(3):
        fleet.fail(None, 700 + 3 * i, system="S1", part_type=other)
    risen = found(fleet)
    assert risen is not None
    door = next(one for one in risen.risers if one.kind == "DOOR-1")
    assert (door.failures, door.expected, door.ratio, door.ratio_lower) == (3, None, None, None)


def test_too_little_behind_is_no_measure(fleet: Fleet) -> None:
    assert found(fleet, until=200) is None
    assert found(fleet, until=300) is not None


def test_a_fleet_that_nobody_watched_has_none(session: Session) -> None:
    assert found(Fleet(session)) is None
