from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.assets import meters
from fracas.catalog import queries as catalog
from fracas.core.errors import Invalid
from tests.factories.assets import Register, day


def test_neighbours_of_a_moment(register: Register, session: Session) -> None:
    hours = catalog.metric(session, register.actor, "hours")
    first, second = register.read(10, 1), register.read(20, 2)
    assert meters.before(session, register.s1, hours, day(0.9)) is None
    assert meters.before(session, register.s1, hours, day(1)) is first
    assert meters.after(session, register.s1, hours, day(1)) is second
    assert meters.after(session, register.s1, hours, day(1), second.id) is None
    assert meters.before(session, register.s2, hours, day(9)) is None


def test_a_replaced_meter_leaves_its_new_value(register: Register) -> None:
    assert meters.leaves(register.read(10, 1)) == 10
    assert meters.leaves(register.read(20, 2, restarts_at=3)) == 3


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "7", None, False])
def test_what_no_meter_shows(value: float) -> None:
    with pytest.raises(Invalid) as refused:
        meters.refuse_value(value, "restarts_at")
    assert refused.value.field == "restarts_at"


def test_numbers_are_shown_as_people_write_them() -> None:
    assert [meters.number(value) for value in (5.0, 1234567.0, 0.25, 1234.5)] == [
        "5",
        "1,234,567",
        "0.25",
        "1,234.5",
    ]


def test_a_slip_that_adds_digits_is_refused_and_locks_nothing(register: Register) -> None:
    for at in range(0, 50, 10):
        register.read(3_000 * at, at, metric="km")
    with pytest.raises(
        Invalid, match=r"S1: 999,999,999 km .* times its fastest use .* after the 120,000 km"
    ) as refused:
        register.read(999_999_999, 50, metric="km")
    assert refused.value.field == "value"
    register.read(150_000, 50, metric="km")


def test_a_unit_may_come_to_run_harder(register: Register) -> None:
    for at in range(0, 50, 10):
        register.read(0.1 * at, at)
    register.read(0.1 * 40 + 24 * 10, 50)  # around the clock, as an emergency generator may
    with pytest.raises(Invalid, match="times its fastest use"):
        register.read(1e6, 60)


def test_with_few_readings_no_pace_is_known(register: Register) -> None:
    for at, value in ((0, 0), (1, 1), (2, 2), (3, 1e6)):
        register.read(value, at, metric="km")
