"""How the API and the downloads show the register: natural keys as text, times in UTC, coded values as codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fracas.assets import queries
from fracas.assets.models import Installation, Part, Removal, System, UsageReading
from fracas.organisations import queries as organisations
from fracas.web.api import Output
from fracas.web.guard import actor
from fracas.web.session import db


class SystemOut(Output):
    id: UUID
    serial: str
    name: str | None
    system_model: str
    site: str
    customer: str | None
    configuration: str | None
    commissioned_at: datetime | None
    retired_at: datetime | None
    is_flagged: bool
    version: int


class PartOut(Output):
    id: UUID
    serial: str
    part_type: str
    lot: str | None
    manufactured_at: datetime | None
    is_flagged: bool
    version: int


class PartDetail(PartOut):
    """A part with its condition and where it is; ``system`` is null on a shelf."""

    condition: str
    system: str | None
    position: str | None


class RemovalOut(Output):
    id: UUID
    installation_id: UUID
    part: str
    system: str
    position: str
    occurred_at: datetime
    cause: str
    note: str | None


class InstallationOut(Output):
    id: UUID
    part: str
    part_type: str
    system: str
    position: str
    occurred_at: datetime
    installed_as: str
    age_at_install: dict[str, float]
    removal_id: UUID | None = None
    removed_at: datetime | None = None
    removal_cause: str | None = None
    external_id: str | None = None


class ReadingOut(Output):
    """What a meter showed, of a system or of a part."""

    id: UUID
    system: str | None
    part: str | None
    system_id: UUID | None
    part_id: UUID | None
    metric: str
    unit: str
    kind: str
    value: float
    restarts_at: float | None
    occurred_at: datetime
    external_id: str | None


def systems_out(rows: Sequence[System]) -> dict[UUID, SystemOut]:
    """Systems with the ends of their service, in two statements more however many there are."""
    lives = queries.service_lives(db(), [row.id for row in rows])
    owners = {row.id: row.code for row in organisations.customers(db(), actor())}
    return {row.id: _system_out(row, lives[row.id], owners) for row in rows}


def _system_out(row: System, life: queries.ServiceLife, owners: Mapping[UUID, str]) -> SystemOut:
    own = {
        "system_model": row.system_model.code,
        "site": row.site.code,
        "customer": owners.get(row.customer_id) if row.customer_id else None,
        "commissioned_at": life.commissioned_at,
        "retired_at": life.retired_at,
    }
    return SystemOut(**{n: getattr(row, n) for n in SystemOut.model_fields if n not in own}, **own)


def system_out(system: System) -> SystemOut:
    return systems_out([system])[system.id]


def part_out(part: Part) -> PartOut:
    plain = {n: getattr(part, n) for n in PartOut.model_fields if n != "part_type"}
    return PartOut(**plain, part_type=part.part_type.number)


def part_detail(part: Part) -> PartDetail:
    state = queries.part_state(db(), actor(), part)
    place: dict[str, str | None] = {"system": None, "position": None}
    if state.stay is not None and _sees_system(state.stay.system_id):
        place = {"system": state.stay.system_serial, "position": state.stay.position_code}
    return PartDetail(**part_out(part).model_dump(), condition=state.condition.value, **place)


def _sees_system(system_id: UUID) -> bool:
    found = db().get(System, system_id)
    return found is not None and actor().sees(found)


def one_installation_out(row: Installation) -> InstallationOut:
    return installations_out([row])[row.id]


def installation_out(row: Installation, stay: Any = None) -> InstallationOut:
    return InstallationOut(
        id=row.id, part=row.part.serial, part_type=row.part.part_type.number, system=row.system.serial,
        position=row.position.code, occurred_at=row.occurred_at, installed_as=row.installed_as.value,
        age_at_install=row.age_at_install, external_id=row.external_id,
        removal_id=stay.removal_id if stay else None, removed_at=stay.removed_at if stay else None,
        removal_cause=stay.cause.value if stay and stay.cause else None,
    )  # fmt: skip


def installations_out(rows: list[Installation]) -> dict[UUID, InstallationOut]:
    """Installations with their removals, in one statement more."""
    stays = queries.intervals(db(), actor(), part_ids=[row.part_id for row in rows], everywhere=True)
    ends = {stay.installation_id: stay for stay in stays}
    return {row.id: installation_out(row, ends.get(row.id)) for row in rows}


def removal_out(row: Removal) -> RemovalOut:
    there = row.installation
    return RemovalOut(
        id=row.id, installation_id=there.id, part=there.part.serial, system=there.system.serial,
        position=there.position.code, occurred_at=row.occurred_at, cause=row.cause.value, note=row.note,
    )  # fmt: skip


def reading_out(row: UsageReading) -> ReadingOut:
    return readings_out([row])[row.id]


def readings_out(rows: Sequence[UsageReading]) -> dict[UUID, ReadingOut]:
    """Readings with the serials of what they were read on, in two statements more."""
    systems = queries.serials(db(), System, [row.system_id for row in rows])
    parts = queries.serials(db(), Part, [row.part_id for row in rows])
    return {row.id: _reading_out(row, systems, parts) for row in rows}


def _reading_out(row: UsageReading, systems: Mapping[UUID, str], parts: Mapping[UUID, str]) -> ReadingOut:
    own = {
        "system": systems.get(row.system_id) if row.system_id else None,
        "part": parts.get(row.part_id) if row.part_id else None,
        "metric": row.metric.code,
        "unit": row.metric.unit,
        "kind": row.kind.value,
    }
    return ReadingOut(**{n: getattr(row, n) for n in ReadingOut.model_fields if n not in own}, **own)
