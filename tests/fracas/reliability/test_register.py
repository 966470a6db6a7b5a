"""The register as it stood, and for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from fracas.core import clock
from fracas.core.errors import Invalid, NotFound
from fracas.reliability.meters import CalendarMeters
from fracas.reliability.register import moment, open_register, read_meters, stays_by_part, unit_of, whose
from tests.factories.fleet import DAY_0, Fleet, actor_at, day

NOON = datetime(2026, 5, 31, 12, tzinfo=UTC)


def test_a_date_means_its_end_and_today_means_now() -> None:
    with clock.at(NOON):
        assert moment(date(2026, 5, 30), "as_of") == datetime(2026, 5, 31, tzinfo=UTC)
        assert moment(date(2026, 5, 31), "as_of") == NOON
        assert moment(NOON, "as_of") == NOON
        assert moment(None, "as_of") is None


@pytest.mark.parametrize("value", [date(2026, 6, 1), datetime(2026, 6, 1, tzinfo=UTC)])
def test_the_future_is_refused(value: date) -> None:
    with clock.at(NOON), pytest.raises(Invalid, match="future") as refusal:
        moment(value, "as_of")
    assert refusal.value.field == "as_of"


def test_the_only_organisation_needs_no_name(session: Session) -> None:
    fleet = Fleet(session)
    assert whose(session, None).organisation_id == fleet.organisation.id
    assert whose(session, fleet.organisation.id).may("anything")
    assert whose(session, fleet.actor) is fleet.actor
    Fleet(session, number="OTHER")
    with pytest.raises(NotFound, match="several organisations"):
        whose(session, None)


def test_who_is_looked_at(session: Session) -> None:
    fleet = Fleet(session)
    other = fleet.add_site("BJ")
    fleet.system("S1")
    fleet.system("S2", site=other, commissioned=None)
    whole = open_register(session, fleet.actor, as_of=day(10))
    assert len(whole.chosen) == 2
    assert {names.serial: names.is_visible for names in whole.systems.values()} == {"S1": True, "S2": True}
    theirs = open_register(session, actor_at(fleet, other), as_of=day(10))
    assert [theirs.systems[key].serial for key in theirs.chosen] == ["S2"]
    assert open_register(session, fleet.actor, as_of=day(10), sites=[other]).chosen == theirs.chosen
    with pytest.raises(Invalid, match="no site"):
        open_register(session, fleet.actor, sites=["NOWHERE"])


def test_a_system_of_which_nothing_is_stated_is_always_seen(session: Session) -> None:
    fleet = Fleet(session)
    fleet.system("S1", commissioned=None)
    fleet.system("S2", commissioned=3)
    register = open_register(session, fleet.actor, as_of=day(10))
    seen = {names.serial: register.observation_of(key) for key, names in register.systems.items()}
    assert (seen["S1"].is_stated, seen["S1"].windows[0][1]) == (False, register.until)
    assert seen["S2"].windows == ((day(3).timestamp(), register.until),)
    assert register.until == DAY_0.timestamp() + 10 * 86_400


def test_stays_and_units(session: Session) -> None:
    fleet = Fleet(session)
    fleet.remove(fleet.install("A", at=1, as_="age_stated", age={"hours": 7.0}), 5)
    fleet.install("A", at=6, as_="continued")
    register = open_register(session, fleet.actor, as_of=day(10))
    (own,) = stays_by_part(session, register, fleet.part_type, "hours").values()
    assert [(one.stated_age, one.end is None) for one in own] == [(7.0, False), (None, True)]
    assert (unit_of(session, fleet.actor, "calendar"), unit_of(session, fleet.actor, "hours")) == ("d", "h")
    assert isinstance(read_meters(session, register, "calendar", None, reach_days=90), CalendarMeters)
    with pytest.raises(Invalid, match="less than 0"):
        read_meters(session, register, "hours", None, reach_days=-1)
