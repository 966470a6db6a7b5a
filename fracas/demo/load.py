"""Load the demo fleet: the organisation, its people and register, three years of reports, the problems and actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fracas.assets import workflow as assets
from fracas.catalog import workflow as catalog
from fracas.catalog.models import FailureCode, PartType, Position, UsageMetric
from fracas.core import clock
from fracas.core.errors import Refused
from fracas.core.permissions import Actor
from fracas.core.verbs import as_one
from fracas.demo import events, play, stories
from fracas.demo.scenario import PARTS, PEOPLE, SITES
from fracas.failures.models import Failure
from fracas.organisations import workflow as organisations
from fracas.organisations.models import Organisation, Site
from fracas.reliability import planning
from fracas.reliability.forms import SparesPlanQuery
from fracas.users import queries as users_queries
from fracas.users import workflow as users

MODEL = "EMU-6"


@dataclass(frozen=True)
class Loaded:
    """What a load made, for the line that is printed."""

    vehicles: int
    parts: int
    failures: int


def load(
    session: Session,
    *,
    seed: int = 20,
    vehicles: int = 60,
    days: int = events.DAYS,
    until: datetime | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Loaded:
    """Play a demo fleet into an empty database. The caller commits.

    Parameters
    ----------
    seed : the same seed and ``until`` give the same fleet.
    vehicles, days : size of the fleet and length of its history.
    until : the last moment of the history; by default now.

    Raises
    ------
    Refused
        When there is an organisation already: a demo is not mixed into real data.
    """
    if session.scalar(select(func.count()).select_from(Organisation)):
        raise Refused("The database is not empty; the demo fleet needs one of its own.")
    until = until or clock.now()
    first_day = until - timedelta(days=days)
    with clock.at(first_day - timedelta(days=30)):
        people = _set_up(session)
    plan = events.draw(seed, vehicles, days)
    stage = play.Stage(session, people, _register(session), first_day, until, np.random.default_rng(seed + 1))
    for vehicle in plan.vehicles:
        stage.later(stage.moment(vehicle.start_day), lambda v=vehicle: _vehicle(stage, v))  # type: ignore[misc]
    play.schedule(stage, plan)
    stories.schedule(stage, plan, days)
    with as_one(session):  # a refusal ends the load, so nothing needs a savepoint
        stage.run(on_progress)
    # The server's worker computes it, so that the dashboard says what to buy when somebody first opens it.
    planning.ask(session, people["manager@demo.example"], SparesPlanQuery())
    session.flush()
    reports = session.scalar(select(func.count()).select_from(Failure)) or 0
    return Loaded(len(plan.vehicles), len({stay.serial for stay in plan.stays}), reports)


def _set_up(session: Session) -> dict[str, Actor]:
    """The organisation with its catalogue and people; returns the people as actors."""
    organisation = organisations.create_organisation(
        session, code="DEMO", name="Metro Brakes Demo 地铁制动演示"
    )
    root = Actor.system(organisation.id, "demo")
    users.grant_defaults(session, root)
    for code, name, zone in SITES:
        organisations.add_site(session, root, code=code, name=name, time_zone=zone, is_service_point=True)
    organisations.add_customer(session, root, code="METRO", name="City Metro 城市地铁")
    _catalog(session, root)
    for email, name, role, sites in PEOPLE:
        is_customer = role == "customer"
        users.create_user(
            session,
            root,
            email=email,
            name=name,
            roles=[role],
            sites=sites,
            customer="METRO" if is_customer else None,
        )
    session.flush()
    return {
        email: users_queries.actor_for(session, users_queries.user(session, root, email))
        for email, *_ in PEOPLE
    }


def _catalog(session: Session, root: Actor) -> None:
    catalog.starter_codes(session, root)
    catalog.add_metric(session, root, code="h", name="Operating hours", unit="h")
    catalog.add_metric(session, root, code="km", name="Distance run", unit="km")
    catalog.add_system_model(session, root, code=MODEL, name="Metro train, 6 cars")
    catalog.add_position(session, root, system_model=MODEL, code="BRAKE", name="Brake system")
    for part in PARTS:
        catalog.add_part_type(
            session, root, number=part.number, name=part.name, is_repairable=part.is_repairable,
            primary_metric=part.metric, lead_time_days=part.lead_time_days, turn_around_days=part.turn_around_days,
            unit_cost=part.unit_cost,
        )  # fmt: skip
        for place in range(part.per_vehicle):
            catalog.add_position(
                session, root, system_model=MODEL, parent="BRAKE", code=f"{part.position}{place + 1}",
                name=f"{part.position_name} {place + 1}", part_type=part.number,
            )  # fmt: skip


def _register(session: Session) -> play.Register:
    return play.Register(
        {row.number: row for row in session.scalars(select(PartType))},
        {row.code: row for row in session.scalars(select(UsageMetric))},
        {row.code: row for row in session.scalars(select(Position))},
        {row.code: row for row in session.scalars(select(Site))},
        {(row.kind, row.code): row for row in session.scalars(select(FailureCode))},
    )


def _vehicle(stage: play.Stage, vehicle: events.Vehicle) -> None:
    stage.register.systems[vehicle.serial] = assets.register_system(
        stage.session, stage.people["admin@demo.example"], serial=vehicle.serial, system_model=MODEL,
        site=vehicle.site, customer="METRO", configuration="BCU software 4.2",
        commissioned_at=stage.moment(vehicle.start_day),
    )  # fmt: skip
