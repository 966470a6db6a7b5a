"""Whose clock a wall time in a file was read from: the zone that is named, else that of the site the row is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets.models import System
from fracas.core.errors import Invalid
from fracas.core.permissions import Actor, visible
from fracas.organisations import queries as organisations
from fracas.organisations.models import Site


@dataclass(frozen=True)
class Clocks:
    """The zones that wall times may be in.

    Parameters
    ----------
    named : holds for every row; None leaves it to the row's site.
    sites, systems : zone by the code of a site, and by the serial of a system, as far as the person sees them.
    made : zone of the sites that this import makes.
    """

    named: ZoneInfo | None = None
    sites: Mapping[str, ZoneInfo] = field(default_factory=dict)
    systems: Mapping[str, ZoneInfo] = field(default_factory=dict)
    made: ZoneInfo | None = None

    def of(self, site: str, system: str) -> ZoneInfo | None:
        """The zone of a row by its site, else by its system's home; else that of what is made; None where none is known."""
        return self.named or self.sites.get(site) or self.systems.get(system) or self.made


def clocks(session: Session, actor: Actor, name: str | None, made_in: str | None = None) -> Clocks:
    """The named zone; else the one that all sites share; else each row by its site, new ones being ``made_in`` a zone.

    Raises
    ------
    Invalid : there is no such zone.
    """
    if name:
        return Clocks(zone(name))
    sites = {site.code: ZoneInfo(site.time_zone) for site in organisations.sites(session, actor)}
    if len({shared.key for shared in sites.values()}) == 1:
        return Clocks(next(iter(sites.values())))
    rows = (
        select(System.serial, Site.time_zone)
        .join(Site, Site.id == System.site_id)
        .where(visible(actor, System))
    )
    made = zone(made_in) if made_in else None
    return Clocks(None, sites, {row[0]: ZoneInfo(row[1]) for row in session.execute(rows)}, made)


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "“%(zone)s” is no time zone; write an IANA name such as Asia/Shanghai.",
            field="time_zone",
            zone=name,
        ) from None
