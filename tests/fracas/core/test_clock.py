"""The one place that knows the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fracas.core import clock

NOON = datetime(2026, 5, 31, 12, tzinfo=timezone(timedelta(hours=8)))


def test_now_is_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_another_day_holds_inside_the_block_only() -> None:
    with clock.at(NOON):
        assert clock.now() == NOON
        with clock.at(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert clock.now() > NOON + timedelta(days=100)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.at(NOON.replace(tzinfo=None)):
        pass
