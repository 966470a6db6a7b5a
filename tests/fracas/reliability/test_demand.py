"""Spares used a month."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from fracas.core.errors import Invalid
from fracas.reliability.demand import demand_history
from tests.factories.fleet import Fleet, day


def test_a_refilled_place_is_a_demand_and_empty_months_are_zeros(session: Session) -> None:
    fleet = Fleet(session)
    removal = fleet.remove(fleet.install("A"), 70, "failure")
    fleet.fail("A", 69, removal=removal)
    fleet.install("B", at=70)
    found = demand_history(session, fleet.actor, part_type="VALVE-1", as_of=day(100))
    assert found.month == (date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1), date(2020, 4, 1))
    assert found.demand.tolist() == [0, 0, 1, 0]
    assert found.removals.tolist() == [0, 0, 1, 0]
    assert found.failures.tolist() == [0, 0, 1, 0]
    assert found.to_frame()["demand"].sum() == 1


def test_the_first_fitting_a_return_and_a_move_use_no_spare(session: Session) -> None:
    fleet = Fleet(session)
    fleet.remove(fleet.install("A"), 10)
    fleet.install("A", at=12, as_="continued")
    fleet.remove(fleet.install("B", position=1), 15)
    fleet.remove(fleet.install("C", "S2"), 20, "move")
    fleet.install("C", "S1", 20, position=1, as_="continued")
    found = demand_history(session, fleet.actor, part_type="VALVE-1", as_of=day(40))
    assert found.demand.tolist() == [0, 0]
    assert found.removals.tolist() == [2, 0]


def test_only_months_are_known(session: Session) -> None:
    fleet = Fleet(session)
    with pytest.raises(Invalid, match="month"):
        demand_history(session, fleet.actor, part_type="VALVE-1", period="week")  # type: ignore[arg-type]


def test_without_any_installation_there_is_the_month_itself(session: Session) -> None:
    fleet = Fleet(session)
    found = demand_history(session, fleet.actor, part_type="VALVE-1", as_of=day(40))
    assert (found.month, found.demand.tolist()) == ((date(2020, 2, 1),), [0])
