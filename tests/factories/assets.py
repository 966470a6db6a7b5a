"""A small register, made by the verbs. Days count from ``DAY_0``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from fracas.assets import queries, workflow
from fracas.assets.models import Installation, Part, Removal, System, UsageReading
from fracas.core.permissions import Actor
from tests.factories.catalog import make_catalog
from tests.factories.organisations import make_customer, make_root, make_site

DAY_0 = datetime(2023, 1, 1, tzinfo=UTC)
Told = tuple[str, str, str, float, float | None, str | None, str]
"""(serial, system, position, from day, to day, cause, installed as)"""


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


class Register:
    """Two systems of model LRV at one depot and one of them elsewhere; parts are registered when first named."""

    def __init__(self, session: Session, actor: Actor | None = None) -> None:
        self.session = session
        self.actor = actor or make_root(session)
        self.depot = make_site(session, self.actor, "DEPOT")
        self.yard = make_site(session, self.actor, "YARD")
        self.customer = make_customer(session, self.actor, "METRO")
        self.model = make_catalog(session, self.actor)
        self.s1 = self.system("S1")
        self.s2 = self.system("S2", site="YARD", customer="METRO")

    def system(self, serial: str, **facts: Any) -> System:
        facts = {"system_model": "LRV", "site": "DEPOT", **facts}
        made: System = workflow.register_system(self.session, self.actor, serial=serial, **facts)
        return made

    def part(self, serial: str, part_type: str = "BCU-200", **facts: Any) -> Part:
        facts = {"part_type": part_type, "site": "DEPOT", **facts}
        made: Part = workflow.register_part(self.session, self.actor, serial=serial, **facts)
        return made

    def install(
        self, part: str, system: str = "S1", position: str = "B1.BCU", at: float = 0, **facts: Any
    ) -> Installation:
        made: Installation = workflow.install(
            self.session,
            self.actor,
            part=part,
            system=system,
            position=position,
            occurred_at=day(at),
            **facts,
        )
        return made

    def remove(self, part: str, at: float, cause: str = "preventive", **facts: Any) -> Removal:
        made: Removal = workflow.remove(
            self.session, self.actor, part=part, occurred_at=day(at), cause=cause, **facts
        )
        return made

    def move(
        self, part: str, at: float, system: str = "S1", position: str = "B2.BCU", **facts: Any
    ) -> Installation:
        made: Installation = workflow.move(
            self.session,
            self.actor,
            part=part,
            system=system,
            position=position,
            occurred_at=day(at),
            **facts,
        )
        return made

    def read(
        self, value: float, at: float, metric: str = "hours", system: str | None = "S1", **facts: Any
    ) -> UsageReading:
        made: UsageReading = workflow.read_usage(
            self.session, self.actor, system=system, metric=metric, value=value, occurred_at=day(at), **facts
        )
        return made

    def told(self, **when: Any) -> list[Told]:
        """What the register now says of every part, in days, in a form that can be compared."""
        return sorted(
            (
                stay.serial, stay.system_serial, stay.position_code, days(stay.installed_at),
                days(stay.removed_at) if stay.removed_at else None,
                stay.cause.value if stay.cause else None, stay.installed_as.value,
            )
            for stay in queries.intervals(self.session, self.actor, **when)
        )  # fmt: skip


def days(moment: datetime) -> float:
    return (moment - DAY_0) / timedelta(days=1)
