"""The catalog for programs: part types, metrics, system models with their positions, failure codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field

from fracas.catalog import forms, queries, workflow
from fracas.catalog.models import CodeKind, FailureCode, PartType, Position, SystemModel
from fracas.core.paging import page
from fracas.organisations.queries import suppliers
from fracas.web.api import ListQuery, Output, etag, idempotent, page_of, takes
from fracas.web.guard import actor, needs
from fracas.web.records import Act, Records, add_api
from fracas.web.session import db
from fracas.web.verbs import key_of

api = APIBlueprint("catalog_api", __name__, tag="catalog")


class PartTypeOut(Output):
    id: UUID
    number: str
    name: str
    is_repairable: bool
    repair_assumption: str
    primary_metric: str | None
    lead_time_days: float | None
    turn_around_days: float | None
    repaired_share: float | None
    unit_cost: float | None
    currency: str
    supplier: str | None
    is_flagged: bool
    version: int


class PartTypePage(Output):
    items: list[PartTypeOut]
    next_cursor: str | None


class PartTypeQuery(ListQuery):
    text: str | None = Field(None, description="in number or name")


class MetricOut(Output):
    id: UUID
    code: str
    name: str
    unit: str


class MetricList(Output):
    items: list[MetricOut]


class PositionOut(Output):
    id: UUID
    code: str
    name: str
    parent_id: UUID | None
    part_type: str | None
    depth: int
    version: int


class SystemModelOut(Output):
    id: UUID
    code: str
    name: str


class SystemModelDetail(SystemModelOut):
    """A model with its positions from the top down."""

    positions: list[PositionOut]


class SystemModelList(Output):
    items: list[SystemModelOut]


class CodeOut(Output):
    id: UUID
    kind: str
    code: str
    name: str
    name_zh: str | None
    is_active: bool
    is_flagged: bool
    version: int


class CodeList(Output):
    items: list[CodeOut]


class CodeQuery(Output):
    kind: CodeKind | None = None
    with_retired: bool = False


def supplier_codes() -> dict[UUID, str]:
    return {row.id: row.code for row in suppliers(db(), actor())}


def part_type_out(row: PartType, codes: Mapping[UUID, str] | None = None) -> PartTypeOut:
    codes = supplier_codes() if codes is None else codes
    own = {
        "primary_metric": row.primary_metric.code if row.primary_metric else None,
        "supplier": codes.get(row.supplier_id) if row.supplier_id else None,
    }
    return PartTypeOut(**{n: getattr(row, n) for n in PartTypeOut.model_fields if n not in own}, **own)


def position_out(row: Position, depth: int = 0) -> PositionOut:
    fits = row.part_type.number if row.part_type else None
    return PositionOut(
        id=row.id, code=row.code, name=row.name, parent_id=row.parent_id, part_type=fits, depth=depth,
        version=row.version,
    )  # fmt: skip


def model_out(model: SystemModel) -> SystemModelDetail:
    tree = queries.position_tree(db(), actor(), model)
    positions = [position_out(place.position, place.depth) for place in tree]
    return SystemModelDetail(id=model.id, code=model.code, name=model.name, positions=positions)


def code_home(row: FailureCode) -> str:
    return url_for("catalog.codes", kind=row.kind.value)


PART_TYPE = Records(
    "part_type", "/part-types/<path:key>", queries.part_type,
    home=lambda row: url_for("catalog.part_type", key=row.number), label=lambda row: row.number,
    acts=(Act("edit", workflow.edit_part_type, forms.EditPartType),),
    values=lambda row, act: part_type_out(row).model_dump(),
)  # fmt: skip
POSITION = Records(
    "position", "/positions/<key>", queries.position_by_id,
    home=lambda row: url_for("catalog.system_model", key=row.system_model.code), label=lambda row: row.code,
    acts=(Act("edit", workflow.edit_position, forms.EditPosition),),
    values=lambda row, act: {"name": row.name, "parent": queries.code_of_parent(db(), row)},
)  # fmt: skip
CODE = Records(
    "code", "/codes/<key>", queries.code_by_id, home=code_home, label=lambda row: f"{row.code} {row.name}",
    acts=(
        Act("edit", workflow.edit_code, forms.EditCode),
        Act("retire", workflow.retire_code, forms.RetireCode),
        Act("restore", workflow.restore_code, forms.RetireCode),
    ),
    values=lambda row, act: {"name": row.name, "name_zh": row.name_zh},
)  # fmt: skip


@api.get("/part-types")
@needs("catalog.read")
@api.output(PartTypePage)
@takes(api, PartTypeQuery, "query", "query")
def part_types(query: PartTypeQuery) -> Any:
    """Part types, by number."""
    rows, codes = queries.part_type_rows(actor(), query.text), supplier_codes()
    found = page(
        db(), rows, PartType.number, key=PartType.id, cursor=query.cursor, limit=query.limit, ascending=True
    )
    return page_of(found, lambda row: part_type_out(row, codes))


@api.get("/part-types/<path:key>")
@needs("catalog.read")
@api.output(PartTypeOut)
def part_type(key: str) -> Any:
    """One part type, by number or id."""
    found = queries.part_type(db(), actor(), key_of(key))
    return part_type_out(found), 200, {"ETag": etag(found)}


@api.post("/part-types")
@api.output(PartTypeOut, status_code=201)
@takes(api, forms.AddPartType)
@idempotent
def add_part_type(form: forms.AddPartType) -> Any:
    """Add a part type."""
    made = workflow.add_part_type(db(), actor(), **form.facts())
    address = url_for("catalog_api.part_type", key=made.number)
    return part_type_out(made), 201, {"Location": address, "ETag": etag(made)}


@api.get("/metrics")
@needs("catalog.read")
@api.output(MetricList)
def metrics() -> Any:
    """The ways to count use; calendar time is always there besides."""
    return {"items": [MetricOut.model_validate(row) for row in queries.metrics(db(), actor())]}


@api.post("/metrics")
@api.output(MetricOut, status_code=201)
@takes(api, forms.AddMetric)
@idempotent
def add_metric(form: forms.AddMetric) -> Any:
    """Add a usage metric."""
    return MetricOut.model_validate(workflow.add_metric(db(), actor(), **form.facts())), 201, {}


@api.get("/system-models")
@needs("catalog.read")
@api.output(SystemModelList)
def system_models() -> Any:
    """The kinds of system."""
    return {"items": [SystemModelOut.model_validate(row) for row in queries.system_models(db(), actor())]}


@api.get("/system-models/<path:key>")
@needs("catalog.read")
@api.output(SystemModelDetail)
def system_model(key: str) -> Any:
    """One model with its tree of positions."""
    return model_out(queries.system_model(db(), actor(), key_of(key)))


@api.post("/system-models")
@api.output(SystemModelDetail, status_code=201)
@takes(api, forms.AddSystemModel)
@idempotent
def add_system_model(form: forms.AddSystemModel) -> Any:
    """Add a system model."""
    made = workflow.add_system_model(db(), actor(), **form.facts())
    return model_out(made), 201, {"Location": url_for("catalog_api.system_model", key=made.code)}


@api.post("/positions")
@api.output(PositionOut, status_code=201)
@takes(api, forms.AddPosition)
@idempotent
def add_position(form: forms.AddPosition) -> Any:
    """Add a position to a system model."""
    return position_out(workflow.add_position(db(), actor(), **form.facts())), 201, {}


@api.get("/codes")
@needs("catalog.read")
@api.output(CodeList)
@takes(api, CodeQuery, "query", "query")
def codes(query: CodeQuery) -> Any:
    """Failure codes, of one kind or all."""
    found = queries.failure_codes(db(), actor(), query.kind, with_retired=query.with_retired)
    return {"items": [CodeOut.model_validate(row) for row in found]}


@api.post("/codes")
@api.output(CodeOut, status_code=201)
@takes(api, forms.AddCode)
@idempotent
def add_code(form: forms.AddCode) -> Any:
    """Add a failure code."""
    return CodeOut.model_validate(workflow.add_code(db(), actor(), **form.facts())), 201, {}


add_api(api, PART_TYPE, PartTypeOut, part_type_out)
add_api(api, POSITION, PositionOut, position_out)
add_api(api, CODE, CodeOut, CodeOut.model_validate)
