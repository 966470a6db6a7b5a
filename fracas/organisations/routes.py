"""The pages of the organisation: its sites, customers and suppliers on one page, and a form for each verb."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, render_template, url_for
from flask_babel import gettext

from fracas.core.words import N_
from fracas.organisations import forms, queries, workflow
from fracas.organisations.api import CUSTOMER, SITE, SUPPLIER
from fracas.organisations.models import Customer, Site, Supplier
from fracas.web.forms import Options, option_source
from fracas.web.guard import actor, needs
from fracas.web.records import Act, add_pages, page_of_new
from fracas.web.references import told_as
from fracas.web.session import db
from fracas.web.templating import navigation
from fracas.web.zones import home_zone_from

pages = Blueprint("organisations", __name__, url_prefix="/organisation", template_folder="templates")
navigation(95, "organisations.index", N_("Organisation"), "organisation.read")
for _kind in (Site, Customer, Supplier):
    told_as(_kind, lambda row: row.name, lambda row: url_for("organisations.index"), "organisation.read")


@option_source("time_zones")
def time_zones(_subject: Any, _argument: str) -> Options:
    return [(name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


@home_zone_from
def home_zone() -> str:
    return queries.home_zone(db(), actor())


@option_source("suppliers")
def suppliers(_subject: Any, _argument: str) -> Options:
    return [(row.code, f"{row.code} {row.name}") for row in queries.suppliers(db(), actor())]


@pages.get("/")
@needs("organisation.read")
def index() -> str:
    """Sites, customers and suppliers."""
    return render_template(
        "organisations/index.html",
        sites=queries.sites(db(), actor()),
        customers=queries.customers(db(), actor()),
        suppliers=queries.suppliers(db(), actor()),
    )


def _back(_made: Any = None) -> str:
    return url_for("organisations.index")


@pages.route("/sites/new", methods=["GET", "POST"])
def add_site() -> Any:
    act = Act("new", workflow.add_site, forms.AddSite)
    return page_of_new(act, title=gettext("Add a site"), back=_back(), done=_back)


@pages.route("/customers/new", methods=["GET", "POST"])
def add_customer() -> Any:
    act = Act("new", workflow.add_customer, forms.AddCustomer)
    return page_of_new(act, title=gettext("Add a customer"), back=_back(), done=_back)


@pages.route("/suppliers/new", methods=["GET", "POST"])
def add_supplier() -> Any:
    act = Act("new", workflow.add_supplier, forms.AddSupplier)
    return page_of_new(act, title=gettext("Add a supplier"), back=_back(), done=_back)


for _records in (SITE, CUSTOMER, SUPPLIER):
    add_pages(pages, _records)
