"""Whose wall clock a page shows: the site's where a record has one, else that of the reader's first site; always named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import g

Source = Callable[[], str]
_source: list[Source] = []


def home_zone_from(source: Source) -> Source:
    """Given by the room that keeps the sites: the zone of the first site of who is asking."""
    _source[:] = [source]
    return source


def home_zone() -> str:
    """The zone of what belongs to no single site: a problem, an action, a session."""
    if "home_zone" not in g:
        g.home_zone = _source[0]() if _source and g.get("actor") is not None else "UTC"
    return str(g.home_zone)


def local(moment: datetime, zone: str | None = None) -> datetime:
    """A moment by the clock of ``zone``, by the reader's own without one."""
    return moment.astimezone(ZoneInfo(zone or home_zone()))


def offset_name(moment: datetime) -> str:
    """The zone of a local moment as everybody reads it: ``UTC+8``. Letters such as CST name three zones."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")
