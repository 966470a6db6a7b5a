"""The swap inside a report: both serials, entered in the register once."""

from __future__ import annotations

import pytest

from fracas.core.errors import Invalid
from fracas.failures import queries
from tests.factories.assets import day
from tests.factories.loop import Loop


def test_the_position_follows_from_the_serial_taken_out(loop: Loop) -> None:
    failure = loop.complete(
        loop.report(), position=None, maintenance_kind="replace", part_out="V1", part_in="V2"
    )
    assert failure.position.code == "B1.VALVE"  # type: ignore[union-attr]


def test_a_serial_used_before_goes_on_with_its_age(loop: Loop) -> None:
    loop.install("V2", system="S2", position="B1.VALVE", at=0)
    loop.remove("V2", at=50, cause="preventive")
    loop.complete(loop.report(), maintenance_kind="replace", part_out="V1", part_in="V2")
    assert ("V2", "S1", "B1.VALVE", 101.0, None, None, "continued") in loop.told()


def test_the_swap_may_have_its_own_moment(loop: Loop) -> None:
    swap = {"maintenance_kind": "replace", "part_out": "V1", "part_in": "V2", "swapped_at": day(100.5)}
    failure = loop.complete(loop.report(), **swap)
    assert queries.current_swap(loop.session, failure.id).occurred_at == day(100.5)  # type: ignore[union-attr]


def test_a_part_can_come_out_with_none_put_in(loop: Loop) -> None:
    failure = loop.complete(loop.report(), maintenance_kind="remove", part_out="V1")
    swap = queries.current_swap(loop.session, failure.id)
    assert swap is not None
    assert (swap.removal is not None, swap.installation) == (True, None)


def test_an_import_may_not_know_the_serials(loop: Loop) -> None:
    failure = loop.complete(
        loop.report(), maintenance_kind="replace", not_recorded=["part", "part_in"], position="B1.BCU"
    )
    assert queries.current_swap(loop.session, failure.id) is None


def test_a_part_put_in_where_another_sits_is_refused(loop: Loop) -> None:
    with pytest.raises(Invalid, match="V1"):
        loop.complete(loop.report(), maintenance_kind="replace", part_in="V2", not_recorded=["part"])
    assert [row[0] for row in loop.told()] == ["V1"]


def test_a_swap_that_the_register_holds_already_is_not_entered_again(loop: Loop) -> None:
    """The register may have been imported before the reports were."""
    loop.remove("V1", at=100)
    loop.install("V2", system="S1", position="B1.VALVE", at=100)
    told = loop.told()
    failure = loop.complete(
        loop.report(), maintenance_kind="replace", part_out="V1", part_in="V2", swapped_at=day(100)
    )
    assert loop.told() == told
    swap = queries.current_swap(loop.session, failure.id)
    assert swap is not None
    assert (swap.removal.installation.part.serial, swap.installation.part.serial) == ("V1", "V2")  # type: ignore[union-attr]
    assert failure.position.code == "B1.VALVE"  # type: ignore[union-attr]


def test_half_a_swap_in_the_register_is_made_whole(loop: Loop) -> None:
    loop.remove("V1", at=100)
    loop.complete(loop.report(), maintenance_kind="replace", part_out="V1", part_in="V2", swapped_at=day(100))
    assert [row[0] for row in loop.told()] == ["V1", "V2"]


def test_the_moments_of_the_register_hold_where_the_report_says_none(loop: Loop) -> None:
    """The report says when the failure was seen, the register when the parts came out and went in."""
    loop.remove("V1", at=100.02, cause="failure")
    loop.install("V2", system="S1", position="B1.VALVE", at=100.1)
    told = loop.told()
    failure = loop.complete(loop.report(), maintenance_kind="replace", part_out="V1", part_in="V2")
    assert loop.told() == told
    swap = queries.current_swap(loop.session, failure.id)
    assert swap is not None
    assert (swap.occurred_at, swap.installation.occurred_at) == (day(100.02), day(100.1))  # type: ignore[union-attr]


def test_a_removal_for_another_reason_is_not_the_swap_of_the_report(loop: Loop) -> None:
    loop.remove("V1", at=100.02, cause="upgrade")
    with pytest.raises(Invalid, match="V1 was not there"):
        loop.complete(loop.report(), maintenance_kind="replace", part_out="V1", part_in="V2")


def test_a_part_that_another_one_preceded_in_the_place_is_not_the_swap_of_the_report(loop: Loop) -> None:
    loop.remove("V1", at=100.02, cause="failure")
    loop.part("V3", "V-7")
    loop.install("V3", system="S1", position="B1.VALVE", at=100.1)
    with pytest.raises(Invalid, match="V3"):
        loop.complete(loop.report(), maintenance_kind="replace", part_out="V1", part_in="V2")
