"""The register as it stood: systems and their observation, who was installed where, how much everything was used."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.catalog import queries as catalog
from fracas.catalog.models import CALENDAR, PartType
from fracas.core import clock
from fracas.core.errors import Invalid, NotFound
from fracas.core.lookup import wanted
from fracas.core.moments import happened
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.organisations import queries as organisations
from fracas.organisations.models import Organisation
from fracas.reliability import queries
from fracas.reliability.keys import Key, as_key
from fracas.reliability.meters import CalendarMeters, Meters
from fracas.reliability.observation import Observation, observe
from fracas.reliability.queries import Horizon, Names
from fracas.reliability.timelines import Stay

EXTRAPOLATE_DAYS = 90.0


@dataclass(frozen=True)
class Register:
    """What is known of systems up to a horizon, and which of them are looked at.

    `chosen` are the systems that the actor may see, narrowed to the sites asked for. Ages are followed through all
    systems, rows are given for these.
    """

    actor: Actor
    horizon: Horizon
    systems: Mapping[Key, Names]
    observations: Mapping[Key, Observation]
    chosen: frozenset[Key]

    @property
    def until(self) -> float:
        return self.horizon.as_of.timestamp()

    def observation_of(self, system_id: Key) -> Observation:
        return self.observations.get(system_id) or Observation(((-math.inf, self.until),), None, False)


def moment(value: datetime | date | None, field: str) -> datetime | None:
    """A moment from a date (its end, UTC) or a time with its zone; one in the future is refused."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return happened(value, field)
    end = datetime.combine(value, time(), UTC) + timedelta(days=1)
    return min(end, clock.now()) if value <= clock.now().date() else happened(end, field)


def whose(session: Session, actor: Actor | UUID | None) -> Actor:
    """The actor; an organisation (or, where there is only one, nobody) stands for the service itself, which sees all."""
    if isinstance(actor, Actor):
        return actor
    if actor is not None:
        return Actor.system(actor)
    found = session.scalars(select(Organisation.id).limit(2)).all()
    if len(found) != 1:
        raise NotFound(N_("Say for whom: this database holds several organisations, or none."))
    return Actor.system(found[0])


def open_register(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    as_of: datetime | date | None = None,
    known_at: datetime | date | None = None,
    sites: Collection[Any] | None = None,
) -> Register:
    """Read systems and their observation; ``sites`` (codes, ids or records) narrows what is looked at."""
    actor = whose(session, actor)
    horizon = Horizon(
        actor.organisation_id, moment(as_of, "as_of") or clock.now(), moment(known_at, "known_at")
    )
    systems = queries.system_names(session, actor)
    events = queries.service_events(session, horizon)
    until = horizon.as_of.timestamp()
    observations = {key: observe(own, until) for key, own in events.items()}
    at = None
    if sites is not None:
        found = [wanted("sites", organisations.site, session, actor, site) for site in sites]
        at = {as_key(session, site.id) for site in found}
    chosen = frozenset(
        key for key, names in systems.items() if names.is_visible and (at is None or names.site_id in at)
    )
    return Register(actor, horizon, systems, observations, chosen)


def unit_of(session: Session, actor: Actor, metric: str) -> str:
    """The unit in which ages of a metric are told; days for the calendar."""
    return "d" if metric == CALENDAR else wanted("metric", catalog.metric, session, actor, metric).unit


def stays_by_part(
    session: Session, register: Register, part_type: PartType, metric: str
) -> dict[Key, list[Stay]]:
    """The installations of each serial of a type, in time order."""
    found: dict[Key, list[Stay]] = {}
    for row in queries.stays(session, register.horizon, part_type.id):
        stated = row.age_at_install.get(metric)
        stay = Stay(
            installation_id=row.installation_id,
            part_id=row.part_id,
            system_id=row.system_id,
            position_id=row.position_id,
            start=row.installed_at,
            end=row.removed_at,
            installed_as=row.installed_as,
            stated_age=None if stated is None else float(stated),
            removal_id=row.removal_id,
            removal_cause=row.cause,
        )
        found.setdefault(row.part_id, []).append(stay)
    return found


def read_meters(
    session: Session,
    register: Register,
    metric: str,
    part_type_id: Key | None,
    *,
    reach_days: float,
) -> Meters | CalendarMeters:
    """Usage lines in a metric, for systems and for the parts of a type; the calendar needs none."""
    if metric == CALENDAR:
        return CalendarMeters()
    if reach_days < 0:
        raise Invalid(N_("Usage cannot be carried on for less than 0 days."), field="extrapolate_days")
    actor, horizon = register.actor, register.horizon
    metric_id = wanted("metric", catalog.metric, session, actor, metric).id
    own = [] if part_type_id is None else queries.part_readings(session, horizon, metric_id, part_type_id)
    return Meters(
        queries.system_readings(session, horizon, metric_id),
        own,
        commissioned_at=_commissionings(register.observations),
        model_of={key: names.model_id for key, names in register.systems.items()},
        reach_days=reach_days,
    )


def _commissionings(observations: Mapping[Key, Observation]) -> dict[Key, float]:
    return {key: one.commissioned_at for key, one in observations.items() if one.commissioned_at is not None}
