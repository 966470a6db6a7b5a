"""What a moment in the input may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fracas.core import clock
from fracas.core.errors import Invalid
from fracas.core.moments import happened, happened_if_given, shown

NOON = datetime(2026, 5, 31, 12, tzinfo=UTC)


def test_it_comes_back_in_utc_and_nothing_means_now() -> None:
    with clock.at(NOON):
        assert happened(None) == NOON
        east = NOON.astimezone(timezone(timedelta(hours=8)))
        assert happened(east).tzinfo is UTC
        assert happened(NOON + timedelta(minutes=4)) > NOON  # a phone's clock may be ahead
        assert happened_if_given(None, "restored_at") is None


@pytest.mark.parametrize("moment", [NOON + timedelta(minutes=6), NOON.replace(tzinfo=None)])
def test_the_future_and_a_bare_wall_clock_are_refused(moment: datetime) -> None:
    with clock.at(NOON), pytest.raises(Invalid) as refused:
        happened(moment, "restored_at")
    assert refused.value.field == "restored_at"


def test_it_is_shown_with_its_zone() -> None:
    assert "UTC" in shown(NOON)
