"""Whose clock it was."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from fracas.core.errors import Invalid
from fracas.exchange.clocks import Clocks, clocks, zone
from fracas.failures.models import Failure
from fracas.organisations.workflow import edit_site
from tests.factories.exchange import Desk

SHANGHAI, ROTTERDAM = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Amsterdam")
TABLE = (
    "external_id,system,site,occurred_at,symptom,usage_not_read_reason\n"
    "A,S1,,2023-04-11 08:00,x,dark\nB,S2,,2023-04-11 08:00,x,dark\nC,S1,YARD,2023-04-11 08:00,x,dark\n"
)


def test_the_named_zone_is_the_strongest() -> None:
    assert Clocks(SHANGHAI, {"DEPOT": ROTTERDAM}).of("DEPOT", "S1") is SHANGHAI


def test_a_site_is_stronger_than_the_systems_home() -> None:
    known = Clocks(None, {"YARD": ROTTERDAM}, {"S1": SHANGHAI})
    assert (known.of("YARD", "S1"), known.of("", "S1"), known.of("", "S9")) == (ROTTERDAM, SHANGHAI, None)


def test_the_zone_that_all_sites_share(desk: Desk) -> None:
    assert clocks(desk.session, desk.actor, None).named == ZoneInfo("UTC")


def test_a_site_that_the_import_makes_brings_its_clock(desk: Desk) -> None:
    edit_site(desk.session, desk.actor, desk.depot, time_zone="Asia/Shanghai")
    made = clocks(desk.session, desk.actor, None, "Europe/Amsterdam")
    assert (made.of("NEW", "S9"), made.of(desk.depot.code, "")) == (ROTTERDAM, SHANGHAI)


def test_each_row_is_read_by_its_own_sites_clock(desk: Desk) -> None:
    edit_site(desk.session, desk.actor, desk.depot, time_zone="Asia/Shanghai")
    edit_site(desk.session, desk.actor, desk.yard, time_zone="Europe/Amsterdam")
    assert desk.bring("failures", TABLE, time_zone=None).bad == []
    moments = {one.external_id: one.occurred_at for one in desk.session.scalars(select(Failure)).unique()}
    assert moments == {
        "A": datetime(2023, 4, 11, 0, tzinfo=UTC),
        "B": datetime(2023, 4, 11, 6, tzinfo=UTC),
        "C": datetime(2023, 4, 11, 6, tzinfo=UTC),
    }


def test_a_row_of_an_unknown_system_has_no_clock(desk: Desk) -> None:
    edit_site(desk.session, desk.actor, desk.depot, time_zone="Asia/Shanghai")
    report = desk.bring("failures", TABLE.replace("S2", "S9"), time_zone=None)
    assert [(row.line, row.findings[0].field) for row in report.bad] == [(3, "occurred_at")]


def test_an_unknown_zone_is_refused() -> None:
    assert zone("Asia/Shanghai") == SHANGHAI
    with pytest.raises(Invalid, match="IANA"):
        zone("Mars/Olympus")
