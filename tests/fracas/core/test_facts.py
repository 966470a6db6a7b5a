"""A later fact takes the place of an earlier one, which stays, marked with when we knew better."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.core import clock, facts
from fracas.core.permissions import Actor
from fracas.failures.models import Containment
from tests.factories.assets import day
from tests.factories.loop import Loop


@pytest.fixture
def loop(session: Session) -> Loop:
    return Loop(session)


def note(loop: Loop, failure_id: object, text: str, actor: Actor | None = None) -> Containment:
    made = Containment(failure_id=failure_id, is_needed=False, note=text)
    return facts.supersede(loop.session, actor or loop.actor, made, Containment.failure_id == failure_id)


def test_the_latest_holds_and_the_earlier_is_kept(loop: Loop) -> None:
    failure = loop.report()
    with clock.at(day(200)):
        first = note(loop, failure.id, "first", loop.as_("quality"))
    with clock.at(day(300)):
        second = note(loop, failure.id, "second")
    assert facts.holding(loop.session, Containment, Containment.failure_id == failure.id) is second
    assert (first.entered_at, first.retracted_at, second.retracted_at) == (day(200), day(300), None)
    assert (first.occurred_at, first.entered_by) == (day(200), loop.as_("quality").user_id)


def test_another_records_facts_are_left_alone(loop: Loop) -> None:
    one, two = loop.report(), loop.report()
    kept = note(loop, one.id, "one")
    note(loop, two.id, "two")
    assert kept.retracted_at is None
    assert facts.retract(loop.session, Containment, Containment.failure_id == two.id)
    assert facts.holding(loop.session, Containment, Containment.failure_id == two.id) is None
    assert facts.holding(loop.session, Containment, Containment.failure_id == one.id) is kept
