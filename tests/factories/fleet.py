"""A small fleet written straight into the tables, for tests of what is derived from them. Days count from ``DAY_0``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from fracas.assets.models import (
    Installation,
    InstalledAs,
    Part,
    ReadingKind,
    Removal,
    RemovalCause,
    ServiceEvent,
    ServiceEventKind,
    System,
    UsageReading,
)
from fracas.catalog.models import (
    CodeKind,
    FailureCode,
    PartType,
    Position,
    RepairAssumption,
    SystemModel,
    UsageMetric,
)
from fracas.core.permissions import Actor
from fracas.failures.models import (
    REPORT_FACTS,
    Decision,
    Failure,
    FailureRevision,
    Outcome,
    PartSwap,
    Score,
    Verification,
)
from fracas.organisations.models import Organisation, Site

DAY_0 = datetime(2020, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


class Fleet:
    """One organisation, one system model with positions for one part type, and verbs in the words of the trade.

    Every fact is entered on the day it happened, unless ``entered=`` names another day.
    """

    def __init__(
        self, session: Session, *, positions: int = 2, assumption: str = "as_new", number: str = "VALVE-1"
    ):
        self.session = session
        self.organisation = self.add(Organisation(code=f"org-{number}", name="Org"))
        self.actor = Actor.system(self.organisation.id)
        self.site = self.add_site("SH")
        self.hours = self.add(self.own(UsageMetric, code="hours", name="Operating hours", unit="h"))
        self.model = self.add(self.own(SystemModel, code="LRV", name="Light rail vehicle"))
        self.part_type = self.add_part_type(number, assumption)
        self.positions = [self.add_position(f"P{i}") for i in range(positions)]
        self.systems: dict[str, System] = {}
        self.parts: dict[str, Part] = {}
        self.codes: dict[str, FailureCode] = {}
        self.reports = 0

    # ------------------------------------------------------------ names

    def add_site(self, code: str) -> Site:
        return self.add(self.own(Site, code=code, name=code))

    def add_part_type(self, number: str, assumption: str = "as_new") -> PartType:
        facts = {"number": number, "name": number, "repair_assumption": RepairAssumption(assumption)}
        return self.add(self.own(PartType, **facts, is_repairable=True, lead_time_days=60.0))

    def add_position(self, code: str, part_type: PartType | None = None) -> Position:
        kind = part_type or self.part_type
        return self.add(
            self.own(Position, system_model_id=self.model.id, code=code, name=code, part_type_id=kind.id)
        )

    def system(self, serial: str, *, site: Site | None = None, commissioned: float | None = 0) -> System:
        if serial not in self.systems:
            home = (site or self.site).id
            facts = {"serial": serial, "system_model_id": self.model.id, "site_id": home, "entered_at": DAY_0}
            self.systems[serial] = self.add(self.own(System, **facts))
            if commissioned is not None:
                self.serve(serial, "commissioned", commissioned)
        return self.systems[serial]

    def part(self, serial: str, *, lot: str | None = None, part_type: PartType | None = None) -> Part:
        if serial not in self.parts:
            kind = part_type or self.part_type
            facts = {"serial": serial, "part_type_id": kind.id, "site_id": self.site.id, "entered_at": DAY_0}
            self.parts[serial] = self.add(self.own(Part, lot=lot, **facts))
        return self.parts[serial]

    def mode(self, code: str) -> FailureCode:
        if code not in self.codes:
            self.codes[code] = self.add(self.own(FailureCode, kind=CodeKind.MODE, code=code, name=code))
        return self.codes[code]

    # ------------------------------------------------------------ facts

    def serve(self, system: str, kind: str, at: float, **facts: Any) -> ServiceEvent:
        return self.fact(
            ServiceEvent, at, system_id=self.systems[system].id, kind=ServiceEventKind(kind), **facts
        )

    def install(
        self,
        part: str,
        system: str = "S1",
        at: float = 0,
        *,
        position: int = 0,
        as_: str = "new",
        age: dict[str, float] | None = None,
        lot: str | None = None,
        **facts: Any,
    ) -> Installation:
        return self.fact(
            Installation,
            at,
            part_id=self.part(part, lot=lot).id,
            system_id=self.system(system).id,
            position_id=self.positions[position].id,
            installed_as=InstalledAs(as_),
            age_at_install=age or {},
            **facts,
        )

    def remove(
        self, installation: Installation, at: float, cause: str = "preventive", **facts: Any
    ) -> Removal:
        key = {"installation_id": installation.id, "part_id": installation.part_id}
        return self.fact(Removal, at, cause=RemovalCause(cause), **key, **facts)

    def read(
        self,
        bearer: str,
        at: float,
        value: float,
        *,
        replaced_by: float | None = None,
        metric: UsageMetric | None = None,
        **facts: Any,
    ) -> UsageReading:
        """A reading of a system's meter, or of a part's where the serial is a part's; ``replaced_by`` starts a new meter."""
        part = self.parts.get(bearer)
        key = {"part_id": part.id} if part else {"system_id": self.system(bearer).id}
        kind = ReadingKind.READING if replaced_by is None else ReadingKind.METER_REPLACED
        facts = {
            "metric_id": (metric or self.hours).id,
            "value": value,
            "restarts_at": replaced_by,
            **key,
            **facts,
        }
        return self.fact(UsageReading, at, kind=kind, **facts)

    def fail(
        self,
        part: str | None = None,
        at: float = 0,
        *,
        system: str = "S1",
        position: int | None = None,
        part_type: PartType | None = None,
        entered: float | None = None,
        removal: Removal | None = None,
        found: float | None = None,
        good: float | None = None,
        restored: float | None = None,
        site: Site | None = None,
        **facts: Any,
    ) -> Failure:
        self.reports += 1
        entered_at = day(at if entered is None else entered)
        report = self.own(
            Failure,
            number=f"FR-{self.reports:05d}",
            occurred_at=day(at),
            detected_at=None if found is None else day(found),
            last_known_good_at=None if good is None else day(good),
            restored_at=None if restored is None else day(restored),
            entered_at=entered_at,
            site_id=(site or self.system(system).site).id if site else self.system(system).site_id,
            system_id=self.system(system).id,
            part_id=self.part(part).id if part else None,
            part_type_id=part_type.id if part_type else self.part_type.id if part else None,
            position_id=None if position is None else self.positions[position].id,
            symptom="does not work",
            reporter_name="R",
            extra={},
            not_recorded=[],
            **facts,
        )
        self.add(report)
        self._revision(report, 1, entered_at)
        if removal is not None:
            self.fact(PartSwap, at, failure_id=report.id, removal_id=removal.id, entered=entered)
        return report

    def amend(self, report: Failure, entered: float, **facts: Any) -> None:
        for name, value in facts.items():
            setattr(report, name, value)
        report.revision += 1
        self._revision(report, report.revision, day(entered))

    def verify(
        self,
        report: Failure,
        outcome: str,
        at: float,
        *,
        mode: str | None = None,
        duplicate_of: Failure | None = None,
        **facts: Any,
    ) -> None:
        facts["mode_id"] = self.mode(mode).id if mode else None
        facts["duplicate_of_id"] = duplicate_of.id if duplicate_of else None
        self.fact(Verification, at, failure_id=report.id, outcome=Outcome(outcome), method="bench", **facts)

    def score(self, report: Failure, decision: str, at: float, **facts: Any) -> None:
        self.fact(Score, at, failure_id=report.id, answers={}, decision=Decision(decision), **facts)

    def retract(self, fact: Any, at: float) -> None:
        fact.retracted_at = day(at)
        self.session.flush()

    # ------------------------------------------------------------ plumbing

    def _revision(self, report: Failure, number: int, entered_at: datetime) -> None:
        facts = {name: getattr(report, name) for name in REPORT_FACTS}
        self.add(
            self.own(FailureRevision, failure_id=report.id, revision=number, entered_at=entered_at, **facts)
        )

    def fact(self, table: type[Any], at: float, *, entered: float | None = None, **facts: Any) -> Any:
        entered_at = day(at if entered is None else entered)
        return self.add(self.own(table, occurred_at=day(at), entered_at=entered_at, **facts))

    def own(self, table: type[Any], **facts: Any) -> Any:
        return table(organisation_id=self.organisation.id, **facts)

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row


def half_failed(session: Session) -> Fleet:
    """Ten units, five of which failed and were replaced."""
    made = Fleet(session)
    for i in range(10):
        installation = made.install(f"A{i}", f"S{i}")
        if i < 5:
            at = 300 + 40 * i
            removal = made.remove(installation, at, "failure")
            made.fail(f"A{i}", at, system=f"S{i}", removal=removal)
            made.install(f"B{i}", f"S{i}", at)
    return made


def actor_at(fleet: Fleet, *sites: Site, customer_id: UUID | None = None) -> Actor:
    """Somebody who sees these sites only."""
    return Actor(
        fleet.organisation.id,
        None,
        "field engineer",
        frozenset({"reliability.read"}),
        site_ids=frozenset(site.id for site in sites),
        customer_id=customer_id,
    )
