"""Whose wall clock a page shows, and what it is called."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fracas.organisations import queries
from fracas.web.zones import local, offset_name
from tests.factories.served import Served, text_of

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown", "name"),
    [
        ("Asia/Shanghai", "20:00", "UTC+8"), ("Asia/Kolkata", "17:30", "UTC+5:30"), ("UTC", "12:00", "UTC"),
        ("America/St_Johns", "08:30", "UTC−3:30"), ("America/New_York", "07:00", "UTC−5"),
    ],
)  # fmt: skip
def test_a_moment_by_the_clock_of_a_zone(zone: str, shown: str, name: str) -> None:
    moment = local(NOON, zone)
    assert f"{moment:%H:%M}" == shown
    assert offset_name(moment) == name


def test_what_has_no_site_is_told_by_the_clock_of_the_readers_first_site(served: Served) -> None:
    queries.site(served.session, served.loop.actor, "DEPOT").time_zone = "Asia/Kolkata"
    number = served.loop.problem_in("open").number
    client = served.client("quality")
    pages = [f"/problems/{number}", f"/actions/{served.loop.action().number}", "/account"]
    served.keep()
    for page in pages:
        assert "UTC+5:30" in text_of(client.get(page)), page
    form = text_of(client.get(f"{pages[1]}/complete"))
    assert "Times are in Asia/Kolkata." in form
