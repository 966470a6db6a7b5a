"""Where every journey starts: a small fleet with two depots, two customers and people, made by the verbs.

Twelve cars with two relay valves each run for 700 days up to today; eight belong to CITY and live at EAST, four to COAST
and WEST. Valves that failed were reported and swapped; every second report is verified and scored as counting.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from fracas import loop
from fracas.assets import workflow as assets
from fracas.catalog import workflow as catalog
from fracas.core import clock
from fracas.core.db import make_engine
from fracas.core.permissions import Actor
from fracas.failures import workflow as failures
from fracas.organisations import workflow as organisations
from fracas.organisations.models import Organisation
from fracas.users import queries as users
from fracas.users import workflow as people
from tests.factories.loop import COMPLETION, WHOLLY_OURS

DAYS = 700
DAY_0 = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
KM_A_DAY = 200
CARS = {f"L{number:02}": ("EAST", "CITY") if number <= 8 else ("WEST", "COAST") for number in range(1, 13)}
PLACES = ("B1.VALVE", "B2.VALVE")
PEOPLE: dict[str, dict[str, Any]] = {
    "field": {"roles": ["field_engineer"], "sites": ["EAST"]},
    "field_west": {"roles": ["field_engineer"], "sites": ["WEST"]},
    "service": {"roles": ["service_station"], "sites": ["EAST"]},
    "service_west": {"roles": ["service_station"], "sites": ["WEST"]},
    "quality": {"roles": ["quality"]},
    "reliability": {"roles": ["reliability_engineer"]},
    "approver": {"roles": ["approver"]},
    "second_approver": {"roles": ["approver"]},
    "manager": {"roles": ["manager"]},
    "customer": {"roles": ["customer"], "customer": "CITY"},
    "customer_coast": {"roles": ["customer"], "customer": "COAST"},
    "admin": {"roles": ["administrator"]},
}


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


def email(name: str) -> str:
    return f"{name}@depot.example"


class Depot:
    """The fleet while it is being made. The organisation is the demo's, so that people enter by one click."""

    def __init__(self, session: Session) -> None:
        self.session = session
        loop.wire()
        with clock.at(day(0)):
            organisation: Organisation = organisations.create_organisation(
                session, code="DEMO", name="Depots"
            )
            self.root = Actor.system(organisation.id)
            self._organisation()
            self._catalog()
        self.staff = {
            site: self._actor(name) for site, name in (("EAST", "service"), ("WEST", "service_west"))
        }
        for number, (car, (site, customer)) in enumerate(CARS.items()):
            self._car(car, site, customer)
            for place in PLACES:
                self._lives(car, site, place, random.Random(f"{number} {place}"))
            self._read(car, DAYS - 1)
        for number in range(9):
            self._part(f"NEW-{number}", "EAST")

    def _organisation(self) -> None:
        session, root = self.session, self.root
        people.grant_defaults(session, root)
        for code, zone in (("EAST", "Asia/Shanghai"), ("WEST", "Europe/Amsterdam")):
            organisations.add_site(session, root, code=code, name=f"Depot {code.title()}", time_zone=zone)
        for code in ("CITY", "COAST"):
            organisations.add_customer(session, root, code=code, name=f"{code.title()} Rail")
        for name, facts in PEOPLE.items():
            shown = name.replace("_", " ").title()
            people.create_user(session, root, email=email(name), name=shown, **facts)

    def _catalog(self) -> None:
        session, root = self.session, self.root
        catalog.starter_codes(session, root)
        catalog.add_metric(session, root, code="km", name="Distance", unit="km")
        catalog.add_part_type(
            session,
            root,
            number="V-7",
            name="Relay valve",
            primary_metric="km",
            lead_time_days=60,
            unit_cost=900,
        )
        catalog.add_part_type(session, root, number="PUMP-1", name="Pump")
        catalog.add_system_model(session, root, code="LRV", name="Light rail vehicle")
        catalog.add_position(session, root, system_model="LRV", code="BRAKE", name="Brake")
        for place in PLACES:
            catalog.add_position(
                session, root, system_model="LRV", code=place, name=place, parent="BRAKE", part_type="V-7"
            )

    def _actor(self, name: str) -> Actor:
        return users.actor_for(self.session, users.user(self.session, self.root, email(name)))

    def _car(self, car: str, site: str, customer: str) -> None:
        with clock.at(day(0)):
            assets.register_system(
                self.session, self.root, serial=car, system_model="LRV", site=site, customer=customer,
                configuration="1.0", commissioned_at=day(0),
            )  # fmt: skip
        self._read(car, 0)

    def _read(self, car: str, at: float) -> None:
        with clock.at(day(at)):
            assets.read_usage(
                self.session, self.root, system=car, metric="km", value=at * KM_A_DAY, occurred_at=day(at)
            )

    def _part(self, serial: str, site: str) -> str:
        with clock.at(day(0)):
            assets.register_part(self.session, self.root, serial=serial, part_type="V-7", site=site)
        return serial

    def _lives(self, car: str, site: str, place: str, chance: random.Random) -> None:
        """One valve after the other in one place: each fails, is reported and is replaced by a new one."""
        serials = (self._part(f"{car}{place[:2]}-{count}", site) for count in range(99))
        serial, at = next(serials), 0.0
        with clock.at(day(0)):
            assets.install(
                self.session,
                self.root,
                part=serial,
                system=car,
                position=place,
                occurred_at=day(0),
                installed_as="new",
            )
        while (at := at + chance.weibullvariate(420, 1.8)) < DAYS - 2:
            following = next(serials)
            with clock.at(day(at + 0.5)):
                self._failed(car, site, place, serial, following, at)
            serial = following

    def _failed(self, car: str, site: str, place: str, out: str, into: str, at: float) -> None:
        session, station = self.session, self.staff[site]
        filed = failures.file(
            session, station, system=car, part=out, occurred_at=day(at), symptom=f"Air leaks at {place} of {car}",
            usage_value=round(at * KM_A_DAY, 1), metric="km",
        )  # fmt: skip
        told = {
            **COMPLETION, "position": place, "part_out": out, "part_in": into, "maintenance_kind": "replace",
            "downtime_started_at": day(at), "restored_at": day(at + 0.2), "swapped_at": day(at),
        }  # fmt: skip
        failures.complete(session, station, filed, **told)
        if int(filed.number[-1]) % 2:
            failures.verify(session, self.root, filed, outcome="confirmed", method="bench", mode="ELK")
            failures.score(session, self.root, filed, answers=WHOLLY_OURS)


def build(template: Path, target: Path) -> Path:
    """The fleet in a SQLite file, from an empty migrated one."""
    target.write_bytes(template.read_bytes())
    engine = make_engine(f"sqlite:///{target}")
    with Session(engine, expire_on_commit=False) as session:
        Depot(session)
        session.commit()
    engine.dispose()  # the last connection takes the write-ahead log into the file
    return target
