"""All serials of a type at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.reliability.lives import judgements, trace_part_type
from fracas.reliability.register import open_register
from tests.factories.fleet import Fleet, day


@pytest.mark.parametrize(("scoring", "events"), [("default", 2), ("counted", 1)])
def test_every_serial_has_a_life_and_every_report_is_kept(
    session: Session, scoring: Any, events: int
) -> None:
    fleet = Fleet(session)
    fleet.install("A")
    fleet.install("B", position=1)
    fleet.part("SHELF")
    fleet.score(fleet.fail("A", 5), "count", 6)
    fleet.fail("B", 7)
    fleet.fail("SHELF", 8)
    register = open_register(session, fleet.actor, as_of=day(10))
    traced = trace_part_type(
        session, register, fleet.part_type, metric="calendar", scoring=scoring, reach_days=90
    )
    assert (len(traced.stays), len(traced.lives), len(traced.reports)) == (2, 3, 3)
    assert sum(1 for life in traced.lives.values() for one in life.segments if one.event) == events
    assert {name for name, _ in traced.names.values()} == {"A", "B", "SHELF"}


def test_the_last_word_known_is_the_judgement(session: Session) -> None:
    fleet = Fleet(session)
    fleet.system("S1")
    report = fleet.fail(None, 1)
    fleet.score(report, "count", 2)
    fleet.score(report, "do_not_count", 3)
    for known_at, expected in ((None, "do_not_count"), (day(2.5), "count"), (day(1.5), None)):
        register = open_register(session, fleet.actor, as_of=day(10), known_at=known_at)
        assert next(iter(judgements(session, register.horizon).scores.values()), None) == expected
