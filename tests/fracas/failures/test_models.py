"""The tables of the room: what a report says is what its revision keeps, column by column."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from fracas.failures.models import REPORT_FACTS, Failure, FailureRevision
from tests.factories.loop import Loop


@pytest.mark.parametrize("name", REPORT_FACTS)
def test_report_and_revision_hold_the_same_columns(name: str) -> None:
    report, revision = Failure.__table__.c[name], FailureRevision.__table__.c[name]
    assert str(report.type) == str(revision.type)
    targets = [{key.column for key in column.foreign_keys} for column in (report, revision)]
    assert targets[0] == targets[1]


def test_the_facts_are_all_that_a_revision_has_of_its_own() -> None:
    own = {"id", "organisation_id", "failure_id", "revision", "entered_at", "entered_by"}
    assert set(FailureRevision.__table__.c.keys()) - own == set(REPORT_FACTS)


@pytest.mark.parametrize("name", ["labour_hours", "waiting_hours", "delay_minutes"])
def test_the_database_itself_refuses_negative_numbers(loop: Loop, name: str) -> None:
    failure = loop.report()
    change = update(Failure).where(Failure.id == failure.id).values({name: -1.0})
    with pytest.raises(IntegrityError), loop.session.begin_nested():
        loop.session.execute(change.execution_options(synchronize_session=False))
