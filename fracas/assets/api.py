"""The register for programs: systems, parts, installations, usage readings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field

from fracas.assets import forms, queries, workflow
from fracas.assets.models import Installation, Part, System, UsageReading
from fracas.catalog import queries as catalog
from fracas.core.paging import page
from fracas.organisations import queries as organisations
from fracas.web.api import ListQuery, Output, etag, idempotent, page_of, takes
from fracas.web.guard import actor, needs
from fracas.web.session import db
from fracas.web.verbs import key_of

api = APIBlueprint("assets_api", __name__, tag="register")


class SystemOut(Output):
    id: UUID
    serial: str
    name: str | None
    system_model: str
    site: str
    configuration: str | None
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


class InstallationOut(Output):
    id: UUID
    part: str
    part_type: str
    system: str
    position: str
    occurred_at: datetime
    installed_as: str
    age_at_install: dict[str, float]
    removed_at: datetime | None = None
    removal_cause: str | None = None
    external_id: str | None = None


class ReadingOut(Output):
    id: UUID
    system_id: UUID | None
    part_id: UUID | None
    metric: str
    unit: str
    kind: str
    value: float
    restarts_at: float | None
    occurred_at: datetime
    external_id: str | None


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


class InstallationQuery(ListQuery):
    system: str | None = Field(None, description="serial")
    part: str | None = Field(None, description="serial")
    part_type: str | None = Field(None, description="number, where two types share the serial")


class ReadingQuery(InstallationQuery):
    metric: str | None = Field(None, description="code")


def system_out(system: System) -> SystemOut:
    own = {"system_model": system.system_model.code, "site": system.site.code}
    return SystemOut(**{n: getattr(system, n) for n in SystemOut.model_fields if n not in own}, **own)


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


def installation_out(row: Installation, stay: Any = None) -> InstallationOut:
    return InstallationOut(
        id=row.id, part=row.part.serial, part_type=row.part.part_type.number, system=row.system.serial,
        position=row.position.code, occurred_at=row.occurred_at, installed_as=row.installed_as.value,
        age_at_install=row.age_at_install, external_id=row.external_id,
        removed_at=stay.removed_at if stay else None, removal_cause=stay.cause.value if stay and stay.cause else None,
    )  # fmt: skip


def installations_out(rows: list[Installation]) -> dict[UUID, InstallationOut]:
    """Installations with their removals, in one statement more."""
    stays = queries.intervals(db(), actor(), part_ids=[row.part_id for row in rows], everywhere=True)
    ends = {stay.installation_id: stay for stay in stays}
    return {row.id: installation_out(row, ends.get(row.id)) for row in rows}


def reading_out(row: UsageReading) -> ReadingOut:
    own = {"metric": row.metric.code, "unit": row.metric.unit, "kind": row.kind.value}
    return ReadingOut(**{n: getattr(row, n) for n in ReadingOut.model_fields if n not in own}, **own)


# ---------------------------------------------------------------- systems


@api.get("/systems")
@needs("asset.read")
@api.output(SystemPage)
@takes(api, SystemQuery, "query", "query")
def systems(query: SystemQuery) -> Any:
    """Systems, the latest entered first."""
    site = organisations.site(db(), actor(), query.site).id if query.site else None
    model = catalog.system_model(db(), actor(), query.system_model).id if query.system_model else None
    rows = queries.systems(
        actor(), text=query.text, site_id=site, system_model_id=model, is_flagged=query.is_flagged
    )
    return page_of(
        page(db(), rows, System.entered_at, key=System.id, cursor=query.cursor, limit=query.limit), system_out
    )


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


@api.get("/systems/<key>")
@needs("asset.read")
@api.output(SystemOut)
def system(key: str) -> Any:
    """One system, by serial or id."""
    found = queries.system(db(), actor(), key_of(key))
    return system_out(found), 200, {"ETag": etag(found)}


def _system_verb(verb: str, form: type[Any]) -> None:
    def view(key: str, form: Any) -> Any:
        found = queries.system(db(), actor(), key_of(key))
        getattr(workflow, verb)(db(), actor(), found, **form.facts())
        return system_out(found), 200, {"ETag": etag(found)}

    view.__name__ = f"system_{verb}"
    view.__doc__ = (getattr(workflow, verb).__doc__ or verb).strip().splitlines()[0]
    api.post(f"/systems/<key>/{verb.removesuffix('_system')}")(api.output(SystemOut)(takes(api, form)(view)))


for _verb, _form in (
    ("edit_system", forms.EditSystem),
    ("commission", forms.Commission),
    ("retire_system", forms.RetireSystem),
    ("observe", forms.Observe),
):
    _system_verb(_verb, _form)


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


@api.get("/parts/<key>")
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
@takes(api, InstallationQuery, "query", "query")
def installations(query: InstallationQuery) -> Any:
    """What was installed where, the latest first, with its removal."""
    ids = _bearers(query)
    rows = queries.installations(actor(), system_id=ids["system_id"], part_id=ids["part_id"])
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


@api.post("/installations/<uuid:key>/correct")
@api.output(InstallationOut)
@takes(api, forms.CorrectInstallation)
def correct_installation(key: UUID, form: forms.CorrectInstallation) -> Any:
    """Correct an installation; the record as it was stays known."""
    made = workflow.correct_installation(db(), actor(), key, **form.facts())
    return installations_out([made])[made.id]


@api.post("/installations/<uuid:key>/retract")
@api.output(InstallationOut)
@takes(api, forms.Retract)
def retract_installation(key: UUID, form: forms.Retract) -> Any:
    """Say that an installation never was."""
    return installation_out(workflow.retract_installation(db(), actor(), key, **form.facts()))


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
    return page_of(found, reading_out)


@api.post("/usage-readings")
@api.output(ReadingOut, status_code=201)
@takes(api, forms.ReadUsage)
@idempotent
def read_usage(form: forms.ReadUsage) -> Any:
    """Enter what a meter showed; with ``restarts_at`` as the replacement of the meter."""
    return reading_out(workflow.read_usage(db(), actor(), **form.facts())), 201, {}


@api.post("/usage-readings/<uuid:key>/correct")
@api.output(ReadingOut)
@takes(api, forms.CorrectReading)
def correct_reading(key: UUID, form: forms.CorrectReading) -> Any:
    """Correct a reading; the record as it was stays known."""
    return reading_out(workflow.correct_reading(db(), actor(), key, **form.facts()))


@api.post("/usage-readings/<uuid:key>/retract")
@api.output(ReadingOut)
@takes(api, forms.Retract)
def retract_reading(key: UUID, form: forms.Retract) -> Any:
    """Say that a reading never was."""
    return reading_out(workflow.retract_reading(db(), actor(), key, **form.facts()))
