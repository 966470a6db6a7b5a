"""The register for programs: systems, parts, installations, usage readings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field

from fracas.assets import forms, queries, workflow
from fracas.assets.models import Installation, Part, System, UsageReading
from fracas.assets.outputs import (
    InstallationOut,
    PartDetail,
    PartOut,
    ReadingOut,
    RemovalOut,
    SystemOut,
    installations_out,
    one_installation_out,
    part_detail,
    part_out,
    reading_out,
    readings_out,
    removal_out,
    system_out,
    systems_out,
)
from fracas.catalog import queries as catalog
from fracas.core.paging import page
from fracas.organisations import queries as organisations
from fracas.web.api import ListQuery, Output, etag, idempotent, page_of, takes
from fracas.web.guard import actor, needs
from fracas.web.records import Act, Records, add_api
from fracas.web.session import db
from fracas.web.verbs import key_of

api = APIBlueprint("assets_api", __name__, tag="register")


class SystemPage(Output):
    items: list[SystemOut]
    next_cursor: str | None


class PartPage(Output):
    items: list[PartOut]
    next_cursor: str | None


class InstallationPage(Output):
    items: list[InstallationOut]
    next_cursor: str | None


class ReadingPage(Output):
    items: list[ReadingOut]
    next_cursor: str | None


class SystemQuery(ListQuery):
    text: str | None = Field(None, description="in serial or name")
    site: str | None = Field(None, description="code")
    system_model: str | None = Field(None, description="code")
    is_flagged: bool | None = Field(None, description="made by an import that met an unknown system")


class PartQuery(ListQuery):
    text: str | None = Field(None, description="in the serial")
    part_type: str | None = Field(None, description="number")
    site: str | None = Field(None, description="code")
    lot: str | None = None
    is_flagged: bool | None = Field(None, description="made by an import that met an unknown serial")


class InstallationQuery(ListQuery):
    system: str | None = Field(None, description="serial")
    part: str | None = Field(None, description="serial")
    part_type: str | None = Field(None, description="number, where two types share the serial")


class PlaceQuery(InstallationQuery):
    position: str | None = Field(None, description="code; in every model that has it")


class ReadingQuery(InstallationQuery):
    metric: str | None = Field(None, description="code")


# ---------------------------------------------------------------- systems


@api.get("/systems")
@needs("asset.read")
@api.output(SystemPage)
@takes(api, SystemQuery, "query", "query")
def systems(query: SystemQuery) -> Any:
    """Systems, by serial."""
    site = organisations.site(db(), actor(), query.site).id if query.site else None
    model = catalog.system_model(db(), actor(), query.system_model).id if query.system_model else None
    rows = queries.systems(
        actor(), text=query.text, site_id=site, system_model_id=model, is_flagged=query.is_flagged
    )
    found = page(
        db(), rows, System.serial, key=System.id, cursor=query.cursor, limit=query.limit, ascending=True
    )
    shown = systems_out(found.rows)
    return page_of(found, lambda row: shown[row.id])


@api.post("/systems")
@api.output(SystemOut, status_code=201)
@takes(api, forms.RegisterSystem)
@idempotent
def register_system(form: forms.RegisterSystem) -> Any:
    """Register a system."""
    made = workflow.register_system(db(), actor(), **form.facts())
    return (
        system_out(made),
        201,
        {"Location": url_for("assets_api.system", key=made.serial), "ETag": etag(made)},
    )


@api.get("/systems/<path:key>")
@needs("asset.read")
@api.output(SystemOut)
def system(key: str) -> Any:
    """One system, by serial or id."""
    found = queries.system(db(), actor(), key_of(key))
    return system_out(found), 200, {"ETag": etag(found)}


# ---------------------------------------------------------------- parts


@api.get("/parts")
@needs("asset.read")
@api.output(PartPage)
@takes(api, PartQuery, "query", "query")
def parts(query: PartQuery) -> Any:
    """Serials, the latest entered first."""
    kind = catalog.part_type(db(), actor(), query.part_type).id if query.part_type else None
    site = organisations.site(db(), actor(), query.site).id if query.site else None
    rows = queries.parts(actor(), text=query.text, part_type_id=kind, site_id=site, lot=query.lot)
    return page_of(
        page(db(), rows, Part.entered_at, key=Part.id, cursor=query.cursor, limit=query.limit), part_out
    )


@api.post("/parts")
@api.output(PartOut, status_code=201)
@takes(api, forms.RegisterPart)
@idempotent
def register_part(form: forms.RegisterPart) -> Any:
    """Register a serial."""
    made = workflow.register_part(db(), actor(), **form.facts())
    return part_out(made), 201, {"Location": url_for("assets_api.part", key=made.id), "ETag": etag(made)}


@api.get("/parts/<path:key>")
@needs("asset.read")
@api.output(PartDetail)
def part(key: str) -> Any:
    """One serial, by serial or id, with its condition and place."""
    found = queries.part(db(), actor(), key_of(key))
    return part_detail(found), 200, {"ETag": etag(found)}


@api.post("/parts/conditions")
@api.output(PartDetail)
@takes(api, forms.SetCondition)
def set_condition(form: forms.SetCondition) -> Any:
    """State what a serial is fit for."""
    made = workflow.set_condition(db(), actor(), **form.facts())
    return part_detail(db().get_one(Part, made.part_id))


# ---------------------------------------------------------------- installations


@api.get("/installations")
@needs("asset.read")
@api.output(InstallationPage)
@takes(api, PlaceQuery, "query", "query")
def installations(query: PlaceQuery) -> Any:
    """What was installed where, the latest first, with its removal."""
    ids = _bearers(query)
    rows = queries.installations(
        actor(), system_id=ids["system_id"], part_id=ids["part_id"], position_code=query.position
    )
    found = page(
        db(), rows, Installation.occurred_at, key=Installation.id, cursor=query.cursor, limit=query.limit
    )
    shown = installations_out(list(found.rows))
    return page_of(found, lambda row: shown[row.id])


def _bearers(query: InstallationQuery) -> dict[str, UUID | None]:
    kind = catalog.part_type(db(), actor(), query.part_type) if query.part_type else None
    return {
        "system_id": queries.system(db(), actor(), query.system).id if query.system else None,
        "part_id": queries.part(db(), actor(), query.part, kind).id if query.part else None,
    }


@api.post("/installations")
@api.output(InstallationOut, status_code=201)
@takes(api, forms.Install)
@idempotent
def install(form: forms.Install) -> Any:
    """Put a serial into a position; with ``removed_at`` as a stay that is over."""
    made = workflow.install(db(), actor(), **form.facts())
    return installations_out([made])[made.id], 201, {}


@api.post("/installations/remove")
@api.output(InstallationOut)
@takes(api, forms.Remove)
@idempotent
def remove(form: forms.Remove) -> Any:
    """Take a serial out of where it is."""
    made = workflow.remove(db(), actor(), **form.facts())
    return installations_out([made.installation])[made.installation_id], 200, {}


@api.post("/installations/move")
@api.output(InstallationOut, status_code=201)
@takes(api, forms.Move)
@idempotent
def move(form: forms.Move) -> Any:
    """Take a serial out and put it elsewhere at the same moment; its age goes on."""
    made = workflow.move(db(), actor(), **form.facts())
    return installations_out([made])[made.id], 201, {}


# ---------------------------------------------------------------- usage


@api.get("/usage-readings")
@needs("asset.read")
@api.output(ReadingPage)
@takes(api, ReadingQuery, "query", "query")
def readings(query: ReadingQuery) -> Any:
    """What meters showed, the latest first."""
    metric = catalog.metric(db(), actor(), query.metric).id if query.metric else None
    ids = _bearers(query)
    rows = queries.readings(actor(), system_id=ids["system_id"], part_id=ids["part_id"], metric_id=metric)
    found = page(
        db(), rows, UsageReading.occurred_at, key=UsageReading.id, cursor=query.cursor, limit=query.limit
    )
    shown = readings_out(found.rows)
    return page_of(found, lambda row: shown[row.id])


@api.post("/usage-readings")
@api.output(ReadingOut, status_code=201)
@takes(api, forms.ReadUsage)
@idempotent
def read_usage(form: forms.ReadUsage) -> Any:
    """Enter what a meter showed; with ``restarts_at`` as the replacement of the meter."""
    return reading_out(workflow.read_usage(db(), actor(), **form.facts())), 201, {}


# ---------------------------------------------------------------- verbs of one record


def _system_home(system: System) -> str:
    return url_for("assets.system", key=system.serial)


def _system_values(system: System, act: Act) -> dict[str, Any]:
    if act.name not in ("edit", "correct_commissioning"):
        return {}
    now = system_out(system)
    return {**now.model_dump(), "occurred_at": now.commissioned_at}


def _part_values(part: Part, act: Act) -> dict[str, Any]:
    makers = {row.id: row.code for row in organisations.suppliers(db(), actor())}
    return {"lot": part.lot, "supplier": makers.get(part.supplier_id) if part.supplier_id else None}


def _installation_values(row: Installation, act: Act) -> dict[str, Any]:
    ages = [f"{metric}: {age:g}" for metric, age in row.age_at_install.items()]
    return {**one_installation_out(row).model_dump(), "age_at_install": ages}


def _reading_home(row: UsageReading) -> str:
    bearer = db().get(System, row.system_id) if row.system_id else None
    return (
        url_for("assets.readings", key=bearer.serial) if bearer else url_for("assets.part", key=row.part_id)
    )


def _reading_zone(row: UsageReading) -> str:
    bearer = db().get(System, row.system_id) if row.system_id else None
    return bearer.site.time_zone if bearer else "UTC"


SYSTEM = Records(
    "system", "/systems/<path:key>", queries.system, _system_home, lambda system: system.serial,
    acts=(
        Act("swap", workflow.swap, forms.Swap),
        Act("edit", workflow.edit_system, forms.EditSystem),
        Act("commission", workflow.commission, forms.Commission),
        Act("correct_commissioning", workflow.correct_commissioning, forms.CorrectCommissioning),
        Act("observe", workflow.observe, forms.Observe),
        Act("retire", workflow.retire_system, forms.RetireSystem),
    ),
    zone=lambda system: system.site.time_zone, values=_system_values,
)  # fmt: skip
PART = Records(
    "part", "/parts/<path:key>", queries.part, lambda part: url_for("assets.part", key=part.id), lambda part: part.serial,
    acts=(Act("edit", workflow.edit_part, forms.EditPart),), values=_part_values,
)  # fmt: skip
INSTALLATION = Records(
    "installation", "/installations/<key>", queries.installation,
    lambda row: _system_home(row.system), lambda row: f"{row.part.serial} → {row.position.code}",
    acts=(
        Act("correct", workflow.correct_installation, forms.CorrectInstallation),
        Act("retract", workflow.retract_installation, forms.Retract),
    ),
    zone=lambda row: row.system.site.time_zone, values=_installation_values,
)  # fmt: skip
REMOVAL = Records(
    "removal", "/removals/<key>", queries.removal,
    lambda row: _system_home(row.installation.system),
    lambda row: f"{row.installation.position.code} → {row.installation.part.serial}",
    acts=(
        Act("correct", workflow.correct_removal, forms.CorrectRemoval),
        Act("retract", workflow.retract_removal, forms.Retract),
    ),
    zone=lambda row: row.installation.system.site.time_zone,
    values=lambda row, act: {"occurred_at": row.occurred_at, "cause": row.cause, "note": row.note},
)  # fmt: skip
READING = Records(
    "reading", "/usage-readings/<key>", queries.reading, _reading_home, lambda row: f"{row.value:g} {row.metric.unit}",
    acts=(
        Act("correct", workflow.correct_reading, forms.CorrectReading),
        Act("retract", workflow.retract_reading, forms.Retract),
    ),
    zone=_reading_zone,
    values=lambda row, act: {n: getattr(row, n) for n in ("value", "occurred_at", "restarts_at")},
)  # fmt: skip
RECORDS = (SYSTEM, PART, INSTALLATION, REMOVAL, READING)

add_api(api, SYSTEM, SystemOut, system_out)
add_api(api, PART, PartDetail, part_detail)
add_api(api, INSTALLATION, InstallationOut, one_installation_out)
add_api(api, REMOVAL, RemovalOut, removal_out)
add_api(api, READING, ReadingOut, reading_out)
