"""Sites, customers and suppliers for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import url_for

from fracas.organisations import forms, queries, workflow
from fracas.organisations.models import Customer, Site, Supplier
from fracas.web.api import Output, idempotent, takes
from fracas.web.guard import actor, needs
from fracas.web.records import Act, Records, add_api
from fracas.web.session import db

api = APIBlueprint("organisations_api", __name__, tag="sites, customers, suppliers")


class SiteOut(Output):
    id: UUID
    code: str
    name: str
    time_zone: str
    is_service_point: bool
    version: int


class PartnerOut(Output):
    """A customer or a supplier."""

    id: UUID
    code: str
    name: str
    version: int


class SiteList(Output):
    items: list[SiteOut]


class PartnerList(Output):
    items: list[PartnerOut]


def _home(_subject: Any) -> str:
    return url_for("organisations.index")


def _label(subject: Site | Customer | Supplier) -> str:
    return f"{subject.code} {subject.name}"


SITE = Records(
    "site", "/sites/<path:key>", queries.site, _home, _label,
    (Act("edit", workflow.edit_site, forms.EditSite),),
    values=lambda site, act: {
        "name": site.name, "time_zone": site.time_zone, "is_service_point": site.is_service_point,
    },
)  # fmt: skip
CUSTOMER = Records(
    "customer", "/customers/<path:key>", queries.customer, _home, _label,
    (Act("edit", workflow.edit_customer, forms.EditCustomer),), values=lambda row, act: {"name": row.name},
)  # fmt: skip
SUPPLIER = Records(
    "supplier", "/suppliers/<path:key>", queries.supplier, _home, _label,
    (Act("edit", workflow.edit_supplier, forms.EditSupplier),), values=lambda row, act: {"name": row.name},
)  # fmt: skip


@api.get("/sites")
@needs("organisation.read")
@api.output(SiteList)
def sites() -> Any:
    """The sites that the caller may use."""
    return {"items": [SiteOut.model_validate(row) for row in queries.sites(db(), actor())]}


@api.get("/sites/<path:key>")
@needs("organisation.read")
@api.output(SiteOut)
def site(key: str) -> Any:
    """One site, by code or id."""
    return SiteOut.model_validate(queries.site(db(), actor(), key))


@api.post("/sites")
@api.output(SiteOut, status_code=201)
@takes(api, forms.AddSite)
@idempotent
def add_site(form: forms.AddSite) -> Any:
    """Add a site."""
    made = workflow.add_site(db(), actor(), **form.facts())
    return SiteOut.model_validate(made), 201, {"Location": url_for("organisations_api.site", key=made.code)}


@api.get("/customers")
@needs("organisation.read")
@api.output(PartnerList)
def customers() -> Any:
    """The customers that the caller may know of."""
    return {"items": [PartnerOut.model_validate(row) for row in queries.customers(db(), actor())]}


@api.post("/customers")
@api.output(PartnerOut, status_code=201)
@takes(api, forms.AddCustomer)
@idempotent
def add_customer(form: forms.AddCustomer) -> Any:
    """Add a customer."""
    return PartnerOut.model_validate(workflow.add_customer(db(), actor(), **form.facts())), 201, {}


@api.get("/suppliers")
@needs("organisation.read")
@api.output(PartnerList)
def suppliers() -> Any:
    """The suppliers of parts."""
    return {"items": [PartnerOut.model_validate(row) for row in queries.suppliers(db(), actor())]}


@api.post("/suppliers")
@api.output(PartnerOut, status_code=201)
@takes(api, forms.AddSupplier)
@idempotent
def add_supplier(form: forms.AddSupplier) -> Any:
    """Add a supplier."""
    return PartnerOut.model_validate(workflow.add_supplier(db(), actor(), **form.facts())), 201, {}


add_api(api, SITE, SiteOut, SiteOut.model_validate)
add_api(api, CUSTOMER, PartnerOut, PartnerOut.model_validate)
add_api(api, SUPPLIER, PartnerOut, PartnerOut.model_validate)
