"""The wording of a report: what it keeps, what it looks up, what it refuses. The verbs' own tests are next door."""

from __future__ import annotations

import pytest

from fracas.core.errors import Invalid
from fracas.failures import queries, reporting
from fracas.failures.models import REPORT_FACTS
from tests.factories.assets import day
from tests.factories.loop import Loop


def test_a_revision_is_a_full_copy(loop: Loop) -> None:
    failure = loop.complete(loop.report(usage_value=800.0, metric="hours"), delay_minutes=12.0)
    revision = queries.revisions(loop.session, loop.actor, failure)[0]
    assert {name: getattr(revision, name) for name in REPORT_FACTS} == {
        name: getattr(failure, name) for name in REPORT_FACTS
    }


def test_a_word_that_no_report_has_is_a_mistake_of_the_program(loop: Loop) -> None:
    with pytest.raises(TypeError, match="colour"):
        loop.report(colour="red")


def test_a_swap_at_the_moment_of_the_failure_does_not_move_it(loop: Loop) -> None:
    swap = {"maintenance_kind": "replace", "part_out": "V1", "part_in": "V2", "swapped_at": day(100)}
    failure = loop.complete(loop.report(part="V1"), **swap)
    loop.do("amend", failure, occurred_at=day(100), reason="checked the time")
    assert failure.part.serial == "V1"  # type: ignore[union-attr]


def test_a_serial_is_refused_where_the_register_has_it_elsewhere(loop: Loop) -> None:
    with pytest.raises(Invalid, match=r"in S1 at B1\.VALVE"):
        loop.report(system="S2", part="V1")


def test_a_type_decides_between_two_serials(loop: Loop) -> None:
    loop.part("V1", "BCU-200")
    with pytest.raises(Invalid, match="more than once") as refusal:
        loop.report(part="V1")
    assert refusal.value.field == "part_type"
    assert loop.report(part="V1", part_type="V-7").part_type.number == "V-7"  # type: ignore[union-attr]


def test_a_reading_two_reports_rest_on_is_not_withdrawn(loop: Loop) -> None:
    first = loop.report(usage_value=800.0, metric="hours")
    second = loop.report(usage_value=800.0, metric="hours")
    loop.do(
        "amend", first, usage_value=None, usage_not_read_reason="it was another vehicle", reason="mixed up"
    )
    assert first.usage_reading is None
    assert second.usage_reading.retracted_at is None  # type: ignore[union-attr]


def test_taking_the_reading_back_needs_a_reason_why_it_was_not_read(loop: Loop) -> None:
    failure = loop.report(usage_value=800.0, metric="hours", usage_not_read_reason=None)
    with pytest.raises(Invalid, match="why it was not read"):
        loop.do("amend", failure, usage_value=None, reason="mixed up")


def test_the_stages_needs_are_fields_of_a_report() -> None:
    assert set(reporting.NEEDED_TO_COMPLETE) <= reporting.ReportWords.__annotations__.keys()
    assert set(reporting.NEEDED_TO_COMPLETE) - {"maintenance_kind"} <= reporting.MAY_BE_UNRECORDED


def test_a_system_amended_takes_the_reading_along(loop: Loop) -> None:
    failure = loop.report(usage_value=800.0, metric="hours")
    wrong = failure.usage_reading
    loop.do("amend", failure, system="S2", reason="misread the number")
    assert wrong is not None
    assert wrong.retracted_at is not None
    assert (failure.usage_reading.value, failure.usage_reading.system_id) == (800.0, loop.s2.id)  # type: ignore[union-attr]
