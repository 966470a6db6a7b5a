"""The pages of the register: systems with their tree of positions, serials, and a form for every entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext

from fracas.assets import forms, queries, workflow
from fracas.assets.models import Installation, System, UsageReading
from fracas.catalog import options as _offered  # noqa: F401 - its lists are what the forms offer
from fracas.catalog import queries as catalog
from fracas.core.errors import NotFound
from fracas.core.forms import Form
from fracas.core.paging import page
from fracas.core.words import N_
from fracas.organisations import queries as organisations
from fracas.web.downloads import csv_response
from fracas.web.forms import Options, option_source
from fracas.web.guard import actor, needs
from fracas.web.session import db
from fracas.web.templating import navigation
from fracas.web.verbs import asked, history_of, key_of

pages = Blueprint("assets", __name__, template_folder="templates")
navigation(50, "assets.systems", N_("Systems"), "asset.read")


@option_source("system_positions")
def system_positions(subject: Any, _argument: str) -> Options:
    """The positions of the system that the form is about; without one those of every model."""
    models = [subject.system_model] if isinstance(subject, System) else catalog.system_models(db(), actor())
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
    found = page(db(), rows, System.serial, key=System.id, cursor=request.args.get("cursor"), limit=100)
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
    columns = ["serial", "name", "system_model", "site", "configuration", "is_flagged"]
    lines = (
        (s.serial, s.name, s.system_model.code, s.site.code, s.configuration, s.is_flagged) for s in found
    )
    return csv_response("systems", columns, lines)


@pages.get("/systems/<key>")
@needs("asset.read")
def system(key: str) -> str:
    """A system with its tree of positions and what is in them."""
    found = queries.system(db(), actor(), key_of(key))
    return render_template(
        "assets/system.html", subject=found, key=key, tree=queries.system_tree(db(), actor(), found),
        life=queries.service_life(db(), found), readings=queries.latest_readings(db(), found),
        stays=sorted(queries.intervals(db(), actor(), system_id=found.id), key=lambda s: s.installed_at, reverse=True),
        history=history_of("system", found.id), zone=found.site.time_zone,
    )  # fmt: skip


@pages.get("/systems/<key>/installations.csv")
@needs("asset.read")
def download_stays(key: str) -> Response:
    """What ever sat where in a system."""
    found = queries.system(db(), actor(), key_of(key))
    columns = ["position", "serial", "lot", "installed_at", "removed_at", "cause"]
    stays = queries.intervals(db(), actor(), system_id=found.id)
    lines = ((s.position_code, s.serial, s.lot, s.installed_at, s.removed_at, s.cause) for s in stays)
    return csv_response(f"installations-{found.serial}", columns, lines)


@pages.get("/systems/<key>/readings")
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


@pages.get("/parts/<key>")
@needs("asset.read")
def part(key: str) -> str:
    """The register entry of a serial."""
    found = queries.part(db(), actor(), key_of(key))
    stays = queries.intervals(db(), actor(), part_ids=[found.id])
    return render_template(
        "assets/part.html", subject=found, key=key, state=queries.part_state(db(), actor(), found),
        stays=list(reversed(stays)), readings=queries.latest_readings(db(), found),
        history=history_of("part", found.id),
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
    sites = organisations.sites(db(), actor())
    return sites[0].time_zone if sites else "UTC"


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


def _system_verb(verb: str, form: type[Form], title: str, permission: str) -> None:
    """A page that changes one system: ``/systems/<key>/<verb>``."""

    @needs(permission)
    def view(key: str) -> Any:
        found = queries.system(db(), actor(), key_of(key))
        return asked(
            form, lambda given: getattr(workflow, verb)(db(), actor(), found, **given.facts()), title=gettext(title),
            back=_system_page(found), values=lambda: _now(found), zone=found.site.time_zone,
        )  # fmt: skip

    pages.add_url_rule(f"/systems/<key>/{verb}", verb, view, methods=["GET", "POST"])


def _now(system: System) -> dict[str, Any]:
    return {"name": system.name, "site": system.site.code, "configuration": system.configuration}


_system_verb("edit_system", forms.EditSystem, N_("Edit the system"), "system.edit")
_system_verb("commission", forms.Commission, N_("Commission the system"), "system.commission")
_system_verb("retire_system", forms.RetireSystem, N_("Retire the system"), "system.retire")
_system_verb("observe", forms.Observe, N_("Add a window of observation"), "system.observe")


def _correction(verb: str, form: type[Form], title: str, what: str) -> None:
    """A page that corrects or retracts one fact; the reason is asked for and the old record stays known."""
    how = verb.partition("_")[0]

    @needs(f"{what}.{how}")
    def view(key: UUID) -> Any:
        fact = getattr(queries, what)(db(), actor(), key)
        return asked(
            form, lambda given: getattr(workflow, verb)(db(), actor(), fact, **given.facts()), title=gettext(title),
            back=_own_address(request.args.get("back")), with_reason=True, zone=_zone(),
        )  # fmt: skip

    pages.add_url_rule(f"/register/{what}/<uuid:key>/{how}", verb, view, methods=["GET", "POST"])


def _own_address(back: str | None) -> str:
    """Where to go back to: an address of ours, never one that somebody else put into the link."""
    ours = back is not None and back.startswith("/") and not back.startswith(("//", "/\\"))
    return back if ours and back is not None else url_for("assets.systems")


CORRECTIONS: tuple[tuple[str, type[Form], str, str], ...] = (
    ("correct_installation", forms.CorrectInstallation, N_("Correct the installation"), "installation"),
    ("retract_installation", forms.Retract, N_("Retract the installation"), "installation"),
    ("correct_removal", forms.CorrectRemoval, N_("Correct the removal"), "removal"),
    ("retract_removal", forms.Retract, N_("Retract the removal"), "removal"),
    ("correct_reading", forms.CorrectReading, N_("Correct the reading"), "reading"),
    ("retract_reading", forms.Retract, N_("Retract the reading"), "reading"),
)
for _corrected in CORRECTIONS:
    _correction(*_corrected)
