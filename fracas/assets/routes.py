"""The pages of the register: systems with their tree of positions, serials, and a form for every entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Select

from fracas.assets import forms, queries, workflow
from fracas.assets.api import INSTALLATION, PART, READING, RECORDS, REMOVAL, SYSTEM
from fracas.assets.models import Installation, Part, Removal, System, UsageReading
from fracas.assets.outputs import SystemOut, systems_out
from fracas.catalog import options as _offered  # noqa: F401 - its lists are what the forms offer
from fracas.catalog import queries as catalog
from fracas.core.errors import NotFound
from fracas.core.forms import Form
from fracas.core.paging import page
from fracas.core.words import N_
from fracas.organisations import queries as organisations
from fracas.organisations.models import Site
from fracas.web.downloads import csv_response
from fracas.web.forms import Options, option_source
from fracas.web.guard import actor, needs
from fracas.web.panels import panel
from fracas.web.records import add_pages
from fracas.web.references import told_as
from fracas.web.session import db
from fracas.web.templating import navigation
from fracas.web.verbs import asked, history_of, key_of
from fracas.web.zones import home_zone

pages = Blueprint("assets", __name__, template_folder="templates")
navigation(50, "assets.systems", N_("Systems"), "asset.read")
navigation(52, "assets.parts", N_("Parts"), "asset.read")
told_as(System, SYSTEM.label, SYSTEM.home, "asset.read")
told_as(Part, PART.label, PART.home, "asset.read")
# By way of the serial: the system of a stay of long ago may be somebody else's.
told_as(Installation, INSTALLATION.label, lambda row: PART.home(row.part), "asset.read")
told_as(Removal, REMOVAL.label, lambda row: PART.home(row.installation.part), "asset.read")
told_as(UsageReading, READING.label, READING.home, "asset.read")


@option_source("system_positions")
def system_positions(subject: Any, _argument: str) -> Options:
    """The positions of the system that the form is about; without one those of every model."""
    system = getattr(subject, "system", subject)
    models = [system.system_model] if isinstance(system, System) else catalog.system_models(db(), actor())
    found = [place.position for model in models for place in catalog.position_tree(db(), actor(), model)]
    return [(one.code, f"{one.code} {one.name}") for one in found]


# ---------------------------------------------------------------- systems


@pages.get("/systems")
@needs("asset.read")
def systems() -> str:
    """The list with its filters."""
    chosen = {name: request.args.get(name, "") for name in ("text", "site", "system_model", "flagged")}
    rows = queries.systems(
        actor(), text=chosen["text"] or None, is_flagged=True if chosen["flagged"] else None, **_ids(chosen)
    )
    cursor = request.args.get("cursor")
    found = page(db(), rows, System.serial, key=System.id, cursor=cursor, limit=100, ascending=True)
    lives = queries.service_lives(db(), [row.id for row in found.rows])
    return render_template(
        "assets/systems.html", page=found, chosen=chosen, lives=lives,
        sites=organisations.sites(db(), actor()), models=catalog.system_models(db(), actor()),
    )  # fmt: skip


def _ids(chosen: dict[str, str]) -> dict[str, UUID | None]:
    site, model = chosen["site"], chosen["system_model"]
    return {
        "site_id": organisations.site(db(), actor(), site).id if site else None,
        "system_model_id": catalog.system_model(db(), actor(), model).id if model else None,
    }


@pages.get("/systems/download.csv")
@needs("asset.read")
def download_systems() -> Response:
    """Every system of the filter."""
    chosen = {name: request.args.get(name, "") for name in ("text", "site", "system_model", "flagged")}
    rows = queries.systems(
        actor(), text=chosen["text"] or None, is_flagged=True if chosen["flagged"] else None, **_ids(chosen)
    )
    found = db().scalars(rows.order_by(System.serial)).unique()
    columns, shown = list(SystemOut.model_fields), systems_out(found.all())
    return csv_response("systems", columns, ([getattr(s, name) for name in columns] for s in shown.values()))


@pages.get("/systems/<path:key>")
@needs("asset.read")
def system(key: str) -> str:
    """A system with its tree of positions and what is in them."""
    found = queries.system(db(), actor(), key_of(key))
    return render_template(
        "assets/system.html", subject=found, key=key, acts=SYSTEM.possible(), tree=queries.system_tree(db(), actor(), found),
        life=queries.service_life(db(), found), readings=queries.latest_readings(db(), found),
        stays=sorted(queries.intervals(db(), actor(), system_id=found.id), key=lambda s: s.installed_at, reverse=True),
        history=history_of("system", found.id), zone=found.site.time_zone,
    )  # fmt: skip


@pages.get("/systems/<path:key>/installations.csv")
@needs("asset.read")
def download_stays(key: str) -> Response:
    """What ever sat where in a system."""
    found = queries.system(db(), actor(), key_of(key))
    columns = ["position", "serial", "lot", "installed_at", "removed_at", "cause"]
    stays = queries.intervals(db(), actor(), system_id=found.id)
    lines = ((s.position_code, s.serial, s.lot, s.installed_at, s.removed_at, s.cause) for s in stays)
    return csv_response(f"installations-{found.serial}", columns, lines)


@pages.get("/systems/<path:key>/readings")
@needs("asset.read")
def readings(key: str) -> str:
    """What the meters of a system showed."""
    found = queries.system(db(), actor(), key_of(key))
    rows = queries.readings(actor(), system_id=found.id)
    shown = page(db(), rows, UsageReading.occurred_at, key=UsageReading.id, cursor=request.args.get("cursor"))
    return render_template(
        "assets/readings.html", subject=found, key=key, page=shown, zone=found.site.time_zone
    )


# ---------------------------------------------------------------- parts


@pages.get("/parts")
@needs("asset.read")
def parts() -> str:
    """Serials with their condition and place."""
    chosen = {name: request.args.get(name, "") for name in ("text", "site", "part_type", "lot", "flagged")}
    cursor = request.args.get("cursor")
    rows = _parts(chosen)
    found = page(db(), rows, Part.serial, key=Part.id, cursor=cursor, limit=100, ascending=True)
    states = queries.part_states(db(), actor(), part_ids=[row.id for row in found.rows])
    return render_template(
        "assets/parts.html", page=found, chosen=chosen, states=states,
        sites=organisations.sites(db(), actor()), part_types=catalog.part_types(db(), actor()),
    )  # fmt: skip


def _parts(chosen: dict[str, str]) -> Select[Part]:
    site, kind = chosen["site"], chosen["part_type"]
    return queries.parts(
        actor(),
        text=chosen["text"] or None,
        lot=chosen["lot"] or None,
        is_flagged=True if chosen["flagged"] else None,
        site_id=organisations.site(db(), actor(), site).id if site else None,
        part_type_id=catalog.part_type(db(), actor(), kind).id if kind else None,
    )


@pages.get("/parts/download.csv")
@needs("asset.read")
def download_parts() -> Response:
    """Every serial of the filter, with its condition and place."""
    rows = _parts(
        {name: request.args.get(name, "") for name in ("text", "site", "part_type", "lot", "flagged")}
    )
    found = db().scalars(rows.order_by(Part.serial)).unique().all()
    columns = ["serial", "part_type", "lot", "condition", "system", "position", "since"]
    states = queries.part_states(
        db(), actor(), part_ids=[row.id for row in found] if len(found) < 500 else None
    )
    return csv_response("parts", columns, (_part_line(row, states[row.id]) for row in found))


def _part_line(part: Part, state: queries.PartState) -> tuple[Any, ...]:
    stay = state.stay
    place = (stay.system_serial, stay.position_code, stay.installed_at) if stay else (None, None, state.since)
    return (part.serial, part.part_type.number, part.lot, state.condition.value, *place)


@panel("part_type", 10)
def stock(part_type: Any) -> str:
    """On a part type's page: how many serials there are, and how many lie serviceable on a shelf."""
    total, installed = queries.count_of_type(db(), actor(), part_type)
    on_hand = len(queries.stock_on_hand(db(), actor(), part_type))
    return render_template(
        "assets/stock.html", part_type=part_type, total=total, installed=installed, on_hand=on_hand
    )


@pages.get("/parts/<path:key>")
@needs("asset.read")
def part(key: str) -> str:
    """The register entry of a serial."""
    found = queries.part(db(), actor(), key_of(key))
    stays = queries.intervals(db(), actor(), part_ids=[found.id])
    return render_template(
        "assets/part.html", subject=found, key=key, state=queries.part_state(db(), actor(), found),
        stays=list(reversed(stays)), readings=queries.latest_readings(db(), found), acts=PART.possible(),
        history=history_of("part", found.id), zone=db().get_one(Site, found.site_id).time_zone,
    )  # fmt: skip


@pages.get("/find")
@needs("asset.read")
def find() -> Any:
    """From a typed or scanned serial to its page."""
    serial = request.args.get("serial", "").strip()
    try:
        return redirect(url_for("assets.system", key=queries.system(db(), actor(), serial).serial))
    except NotFound:
        return redirect(url_for("assets.part", key=queries.part(db(), actor(), serial).id))


# ---------------------------------------------------------------- entries


def _system_page(made: Any) -> str:
    return url_for("assets.system", key=made.serial)


def _entry(
    path: str, verb: str, form: type[Form], title: str, done: Callable[[Any], str], permission: str
) -> None:
    """A page that makes a new entry: ``/register/<path>``, filled in from the address."""

    @needs(permission)
    def view() -> Any:
        return asked(
            form, lambda given: getattr(workflow, verb)(db(), actor(), **given.facts()), title=gettext(title),
            back=url_for("assets.systems"), done=done, values=request.args.to_dict, zone=_zone(),
        )  # fmt: skip

    pages.add_url_rule(f"/register/{path}", verb, view, methods=["GET", "POST"])


def _zone() -> str:
    """Wall clocks are those of the system's site, else of the person's first site."""
    serial = request.form.get("system") or request.args.get("system")
    if serial:
        found = db().scalar(queries.systems(actor(), text=serial).where(System.serial == serial))
        if found is not None:
            return str(found.site.time_zone)
    return home_zone()


def _installed(made: Installation) -> str:
    return url_for("assets.system", key=made.system.serial)


def _read(made: UsageReading) -> str:
    bearer = db().get(System, made.system_id) if made.system_id else None
    return url_for("assets.system", key=bearer.serial) if bearer else url_for("assets.part", key=made.part_id)


def _part_page(made: Any) -> str:
    return url_for("assets.part", key=made.part_id if hasattr(made, "part_id") else made.id)


def _taken_out(made: Any) -> str:
    return _installed(made.installation)


ENTRIES: tuple[tuple[str, str, type[Form], str, Callable[[Any], str], str], ...] = (
    (
        "system",
        "register_system",
        forms.RegisterSystem,
        N_("Register a system"),
        _system_page,
        "system.register",
    ),
    ("part", "register_part", forms.RegisterPart, N_("Register a part"), _part_page, "part.register"),
    ("install", "install", forms.Install, N_("Install a part"), _installed, "part.install"),
    ("remove", "remove", forms.Remove, N_("Remove a part"), _taken_out, "part.remove"),
    ("move", "move", forms.Move, N_("Move a part"), _installed, "part.move"),
    (
        "condition",
        "set_condition",
        forms.SetCondition,
        N_("State a part's condition"),
        _part_page,
        "part.set_condition",
    ),
    ("reading", "read_usage", forms.ReadUsage, N_("Enter a reading"), _read, "usage.record"),
)
for _entered in ENTRIES:
    _entry(*_entered)


for _records in RECORDS:
    add_pages(pages, _records)
