from __future__ import annotations

import math
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from fracas.assets import queries, workflow
from fracas.catalog import workflow as catalog
from fracas.core.errors import Invalid
from tests.factories.assets import Register, day


def test_a_reading_below_an_earlier_or_above_a_later_one_is_refused(register: Register) -> None:
    register.read(1000, 10)
    register.read(1500, 20)
    with pytest.raises(
        Invalid, match="S1: 999 h on 2023-01-13.*less than the 1,000 h of 2023-01-11.*earlier"
    ) as refused:
        register.read(999, 12)
    assert refused.value.field == "value"
    with pytest.raises(
        Invalid, match="S1: 1,501 h on 2023-01-13.*more than the 1,500 h of 2023-01-21.*later"
    ):
        register.read(1501, 12)
    register.read(1000, 12)
    register.read(1500, 13)
    register.read(900, 9)


def test_each_metric_and_each_bearer_has_its_own_meter(register: Register) -> None:
    register.read(1000, 10)
    register.read(5, 11, metric="km")
    register.read(5, 11, system="S2")
    register.part("A")
    register.read(5, 11, system=None, part="A")


def test_a_replaced_meter_may_start_again(register: Register) -> None:
    register.read(1000, 10)
    register.read(50, 30, metric="km")
    with pytest.raises(Invalid, match="enter the replacement of the meter"):
        register.read(20, 40)
    replaced = register.read(1200, 30, restarts_at=0)
    assert (replaced.kind, replaced.value, replaced.restarts_at) == ("meter_replaced", 1200, 0)
    register.read(20, 40)
    register.read(1100, 20)
    with pytest.raises(Invalid, match="more than the 1,200 h of 2023-01-31"):
        register.read(1201, 25)
    with pytest.raises(Invalid, match="less than the 1,100 h"):
        register.read(1099, 25, restarts_at=0)
    with pytest.raises(Invalid, match="S1: 21 h on .* more than the 20 h"):
        register.read(30, 35, restarts_at=21)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_the_order_of_entry_does_not_matter(register: Register, session: Session, seed: int) -> None:
    """Every order either ends in the same readings or is refused at one that names the disagreement."""
    rng = random.Random(seed)
    line: list[tuple[float, float, float | None]] = []
    shown = 0.0
    for step in range(6):
        shown += rng.choice([0.0, 10.0, 25.0])
        restarts = rng.choice([None, None, 0.0, 3.0])
        line.append((float(step), shown, restarts))
        shown = shown if restarts is None else restarts
    with session.begin_nested() as sheet:
        left, refusals = rng.sample(line, k=len(line)), list[str]()
        while left:
            again = []
            for at, value, restarts in left:
                try:
                    register.read(value, at, restarts_at=restarts)
                except Invalid as refused:
                    refusals.append(str(refused))
                    again.append((at, value, restarts))
            if len(again) == len(left):
                break
            left = again
        rows = queries.readings(register.actor, system_id=register.s1.id)
        entered = sorted((r.occurred_at, r.value, r.restarts_at) for r in session.scalars(rows).unique())
        refused_at = {day(at) for at, *_ in left}
        assert entered == [(day(at), v, r) for at, v, r in line if day(at) not in refused_at]
        sheet.rollback()
    session.expire_all()
    assert all("S1: " in text and "Correct the wrong one" in text for text in refusals)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1, "zero or more"),
        (math.nan, "not a number"),
        (math.inf, "not a number"),
        ("12", "not a number"),
        (True, "not a number"),
    ],
)
def test_a_value_is_a_number_from_zero_up(register: Register, value: float, message: str) -> None:
    with pytest.raises(Invalid, match=message) as refused:
        register.read(value, 1)
    assert refused.value.field == "value"


def test_the_same_reading_again_is_the_one_that_is_there(register: Register) -> None:
    first = register.read(100, 5)
    assert register.read(100, 5) is first
    with pytest.raises(Invalid, match="S1 has a reading of 100 h at this very moment"):
        register.read(101, 5)


def test_three_metrics_are_the_most(register: Register, session: Session) -> None:
    for code in ("starts", "doors"):
        catalog.add_metric(session, register.actor, code=code, name=code, unit="cycles")
    for metric in ("hours", "km", "starts"):
        register.read(1, 1, metric=metric)
    with pytest.raises(
        Invalid, match="S1 has readings of hours, km, starts already, and 3 metrics are the most"
    ):
        register.read(1, 1, metric="doors")
    register.read(2, 2, metric="starts")
    register.read(1, 1, metric="doors", system="S2")


def test_one_bearer_at_a_time(register: Register, session: Session) -> None:
    register.part("A")
    for bearer in ({"system": None}, {"part": "A"}):
        with pytest.raises(Invalid, match="one of the two"):
            register.read(1, 1, **bearer)


def test_nothing_is_read_outside_service(register: Register, session: Session) -> None:
    workflow.commission(session, register.actor, "S1", occurred_at=day(10))
    with pytest.raises(Invalid, match="before S1 was commissioned"):
        register.read(1, 9)
    register.read(0, 10)


def test_the_latest_of_each_metric(register: Register, session: Session) -> None:
    for value, at in ((1, 1), (5, 5), (3, 3)):
        register.read(value, at)
    register.read(7, 2, metric="km")
    latest = queries.latest_readings(session, register.s1)
    assert [(r.metric.code, r.value) for r in latest] == [("hours", 5), ("km", 7)]
