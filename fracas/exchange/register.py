"""What the words of a file mean: each looked up once; unknown ones are refused, or made and flagged where the map says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from fracas.assets import queries as assets
from fracas.assets.models import Part, System
from fracas.assets.workflow import register_part, register_system
from fracas.catalog import queries as catalog
from fracas.catalog.models import CodeKind, FailureCode, PartType, Position, SystemModel, UsageMetric
from fracas.catalog.workflow import add_code, add_metric, add_part_type, add_position, add_system_model
from fracas.core.errors import Invalid, NotFound
from fracas.core.permissions import Actor
from fracas.exchange.mapping import ImportMap
from fracas.organisations import queries as organisations
from fracas.organisations.models import Customer, Site, Supplier
from fracas.organisations.workflow import add_customer, add_site, add_supplier

Record = TypeVar("Record")


class Register:
    """The records that a file names, by its own words.

    Parameters
    ----------
    session, actor : who reads and writes.
    mapping : what to do with an unknown word, and what a record made for it is given.

    Attributes
    ----------
    created : reference -> words for which a record was made, in order.
    """

    def __init__(self, session: Session, actor: Actor, mapping: ImportMap) -> None:
        self.session, self.actor, self.mapping = session, actor, mapping
        self.reason = "import"
        self.created: dict[str, list[str]] = {}
        self._found: dict[tuple[Any, ...], Any] = {}
        self._unknown: dict[tuple[Any, ...], NotFound] = {}
        self._here: dict[str, Any] = {}
        self._of_this_row: list[tuple[tuple[Any, ...], str | None]] = []

    def begin_row(self, reason: str) -> None:
        self.reason = reason
        self._of_this_row = []

    def forget_row(self) -> None:
        """The row was refused and what it made is gone with it."""
        for key, reference in self._of_this_row:
            self._found.pop(key, None)
            if reference is not None:
                self.created[reference].remove(key[-1])
                if not self.created[reference]:
                    del self.created[reference]

    def here(self, what: str, load: Callable[[], dict[str, Record]]) -> dict[str, Record]:
        """What was in the database before the import, loaded at one go: a query a row would take most of the time."""
        if what not in self._here:
            self._here[what] = load()
        found: dict[str, Record] = self._here[what]
        return found

    # ------------------------------------------------------------------ organisations and catalog

    def site(self, code: str) -> Site:
        def make(given: dict[str, str]) -> Site:
            zone = given.pop("time_zone", self.mapping.file.time_zone or "UTC")
            return add_site(self.session, self.actor, code=code, time_zone=zone, **self._named(code, given))

        return self._meant("site", (code,), lambda: organisations.site(self.session, self.actor, code), make)

    def customer(self, code: str) -> Customer:
        def make(given: dict[str, str]) -> Customer:
            return add_customer(self.session, self.actor, code=code, **self._named(code, given))

        return self._meant(
            "customer", (code,), lambda: organisations.customer(self.session, self.actor, code), make
        )

    def supplier(self, code: str) -> Supplier:
        def make(given: dict[str, str]) -> Supplier:
            return add_supplier(self.session, self.actor, code=code, **self._named(code, given))

        return self._meant(
            "supplier", (code,), lambda: organisations.supplier(self.session, self.actor, code), make
        )

    def metric(self, code: str) -> UsageMetric:
        def make(given: dict[str, str]) -> UsageMetric:
            unit = given.pop("unit", code)
            return add_metric(self.session, self.actor, code=code, unit=unit, **self._named(code, given))

        return self._meant("metric", (code,), lambda: catalog.metric(self.session, self.actor, code), make)

    def part_type(self, number: str) -> PartType:
        def make(given: dict[str, str]) -> PartType:
            words = self._named(number, given)
            return add_part_type(self.session, self.actor, number=number, is_flagged=True, **words)

        return self._meant(
            "part_type", (number,), lambda: catalog.part_type(self.session, self.actor, number), make
        )

    def system_model(self, code: str) -> SystemModel:
        def make(given: dict[str, str]) -> SystemModel:
            return add_system_model(self.session, self.actor, code=code, **self._named(code, given))

        return self._meant(
            "system_model", (code,), lambda: catalog.system_model(self.session, self.actor, code), make
        )

    def position(self, system: System, code: str, part_type: PartType | None = None) -> Position:
        model = system.system_model

        def make(given: dict[str, str]) -> Position:
            words = self._named(code, given)
            return add_position(
                self.session, self.actor, system_model=model, code=code, part_type=part_type, **words
            )

        return self._meant(
            "position",
            (model.id, code),
            lambda: catalog.position(self.session, self.actor, model, code),
            make,
        )

    def code(self, reference: str, code: str) -> FailureCode:
        """``reference`` is symptom_code, mode, mechanism or cause."""
        kind = CodeKind(reference.removesuffix("_code"))

        def make(given: dict[str, str]) -> FailureCode:
            words = self._named(code, given)
            return add_code(self.session, self.actor, kind=kind, code=code, is_flagged=True, **words)

        return self._meant(
            reference, (code,), lambda: catalog.failure_code(self.session, self.actor, kind, code), make
        )

    # ------------------------------------------------------------------ assets

    def system(self, serial: str, site: Site | None = None) -> System:
        """``site`` is where the row says that it happened: home of a system made for it, if the map names none."""

        def make(given: dict[str, str]) -> System:
            home = self.site(given.pop("site")) if "site" in given else site
            model = given.pop("system_model", None)
            if home is None or model is None:
                raise Invalid(
                    "The map says that unknown systems are created; it must name their %(need)s under [create.system].",
                    field="system",
                    need="site" if home is None else "system_model",
                )
            return register_system(
                self.session, self.actor, serial=serial, system_model=self.system_model(model), site=home,
                is_flagged=True, reason=self.reason, **given,
            )  # fmt: skip

        return self._meant("system", (serial,), lambda: assets.system(self.session, self.actor, serial), make)

    def part(
        self, serial: str, part_type: PartType | None = None, site: Site | None = None, *, field: str = "part",
        lot: str | None = None,
    ) -> Part:  # fmt: skip
        """``site`` and ``lot`` are for a part made for an unknown serial."""

        def make(given: dict[str, str]) -> Part:
            if part_type is None:
                raise Invalid(
                    "An unknown serial can be created only where the row names its part type.",
                    field="part_type",
                )
            where = self.site(given["site"]) if "site" in given else site
            return register_part(
                self.session, self.actor, serial=serial, part_type=part_type, site=where, lot=lot,
                is_flagged=True, reason=self.reason,
            )  # fmt: skip

        key = (part_type.id if part_type else None, serial)
        find = lambda: assets.part(self.session, self.actor, serial, part_type)  # noqa: E731 - as the others
        return self._meant("part", key, find, make, field=field)

    def remember(self, reference: str, key: tuple[Any, ...], record: Any) -> None:
        """The row itself made this record; later rows may name it."""
        self._unknown.pop((reference, *key), None)
        self._found[(reference, *key)] = record
        self._of_this_row.append(((reference, *key), None))

    # ------------------------------------------------------------------ one rule for all

    def _meant(
        self,
        reference: str,
        key: tuple[Any, ...],
        find: Callable[[], Record],
        make: Callable[[dict[str, str]], Record],
        *,
        field: str | None = None,
    ) -> Record:
        kept = (reference, *key)
        if kept in self._found:
            known: Record = self._found[kept]
            return known
        made_for = None
        try:
            record = self._looked_up(kept, find)
        except NotFound as missing:
            if self.mapping.unknown.get(reference, "refuse") == "refuse":
                raise Invalid(missing.message, field=field or reference, **missing.params) from missing
            record = make(dict(self.mapping.create.get(reference, {})))
            made_for = reference
            self.created.setdefault(reference, []).append(key[-1])
        self._found[kept] = record
        self._of_this_row.append((kept, made_for))
        return record

    def _looked_up(self, key: tuple[Any, ...], find: Callable[[], Record]) -> Record:
        """A long file may name the same unknown word in every row; that is asked once too."""
        if key in self._unknown:
            raise self._unknown[key]
        try:
            return find()
        except NotFound as missing:
            self._unknown[key] = missing
            raise

    def _named(self, code: str, given: dict[str, str]) -> dict[str, Any]:
        """A name of its own from the map, else the code; and why it was made."""
        return {"name": code, **given, "reason": self.reason}
