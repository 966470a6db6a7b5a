"""A small register with known counts: built once for the tests of a module, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from fracas.core.permissions import Actor
from fracas.failures.models import Failure
from tests.factories.assets import day
from tests.factories.loop import (  # noqa: F401 - world and loop are fixtures of the tests in this folder
    NOT_COUNTED,
    Loop,
    loop,
    world,
)


class Counted(Loop):
    """Ten reports: S1 at DEPOT has seven of which two are none, S2 at YARD three.

    By mode: ELK 3 (30 min), FTO 2 (50 min), not coded yet 3. One is no fault found, one scored out.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.reports: dict[str, Failure] = {}
        self.part("V9", "V-7")
        self.install("V9", system="S2", position="B1.VALVE", at=0)
        for number in range(3):
            self._add(
                f"leak{number}", "contained", occurred_at=day(100 + number), part="V1", delay_minutes=10.0
            )
        self._add("stuck0", "completed", occurred_at=day(110), part="V1", delay_minutes=25.0)
        self._add("stuck1", "completed", system="S2", occurred_at=day(111), part="V9", delay_minutes=25.0)
        for name in ("stuck0", "stuck1"):
            self.do("verify", self.reports[name], outcome="confirmed", method="bench", mode="FTO")
        self._add("new0", "reported", occurred_at=day(300))
        self._add("new1", "reported", system="S2", occurred_at=day(301))
        self._add("new2", "reported", system="S2", occurred_at=day(302))
        self._add("nothing", "completed", occurred_at=day(120), part="V1", delay_minutes=100.0)
        self.do("verify", self.reports["nothing"], outcome="no_fault_found", method="bench")
        self._add("abuse", "verified", occurred_at=day(121), part="V1", delay_minutes=100.0)
        self.do("score", self.reports["abuse"], answers=NOT_COUNTED)
        self.leaks = self.problem(
            title="Valves leak", failures=[self.reports["leak0"], self.reports["leak1"]]
        )
        self.seal = self.action(problem=self.leaks, due_on=day(200).date())
        self.everybody = self.actor
        self.at_yard = self._at("YARD")
        self.of_customer = self.as_("customer")

    def _add(self, name: str, state: str, **words: Any) -> None:
        self.reports[name] = self.failure_in(state, **words)

    def complete(self, failure: Failure, actor: Actor | None = None, **words: Any) -> Failure:
        times = {"downtime_started_at": failure.occurred_at, "restored_at": failure.occurred_at}
        return super().complete(failure, actor, **times, **words)

    def _at(self, site: str) -> Actor:
        """A manager who is limited to one site."""
        manager = self.as_("manager")
        place = {"DEPOT": self.depot, "YARD": self.yard}[site]
        return replace(manager, site_ids=frozenset({place.id}))


@pytest.fixture(scope="module")
def counted(engine: Engine) -> Iterator[Counted]:
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield Counted(session)
        outer.rollback()
