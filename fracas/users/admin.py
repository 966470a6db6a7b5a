"""The administrator's pages: people, their roles and sites, and the matrix role x permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from fracas.core import history, permissions
from fracas.core.errors import FracasError, Invalid
from fracas.organisations import queries as organisations
from fracas.users import matrix as defaults
from fracas.users import queries, workflow
from fracas.users.forms import CreateUser, EditUser, SetRoles
from fracas.users.models import Role, User
from fracas.web import forms
from fracas.web.errors import sentence
from fracas.web.forms import option_source
from fracas.web.guard import actor, needs
from fracas.web.references import told_as
from fracas.web.session import db
from fracas.web.words import word

pages = Blueprint("people", __name__, url_prefix="/people")
told_as(User, lambda row: row.name, lambda row: url_for("users.people.person", key=row.email), "user.read")


@option_source("roles")
def _roles(_subject: Any, _argument: str) -> list[tuple[str, str]]:
    return [(role.value, word(role)) for role in Role]


@option_source("users")
def _users(_subject: Any, _argument: str) -> list[tuple[str, str]]:
    return [(person.email, person.name) for person in queries.people(db(), actor())]


@option_source("sites")
def _sites(_subject: Any, _argument: str) -> list[tuple[str, str]]:
    return [(site.code, f"{site.code} {site.name}") for site in organisations.sites(db(), actor())]


@option_source("customers")
def _customers(_subject: Any, _argument: str) -> list[tuple[str, str]]:
    return [(row.code, row.name) for row in organisations.customers(db(), actor())]


def _attempt(act: Callable[[], Any]) -> FracasError | None:
    try:
        act()
    except FracasError as error:
        db().rollback()
        return error
    return None


@pages.get("/")
@needs("user.read")
def index() -> str:
    """Everybody of the organisation."""
    return render_template("users/people.html", people=queries.users(db(), actor()))


@pages.route("/new", methods=["GET", "POST"])
@needs("user.create")
def create() -> Any:
    """Add a person; their page then gives the link by which they set a password."""
    error: FracasError | None = None
    if request.method == "POST":
        error = _attempt(lambda: workflow.create_user(db(), actor(), **forms.read(CreateUser).facts()))
        if error is None:
            return redirect(url_for("users.people.person", key=request.form["email"].strip().lower()))
    values = forms.posted(CreateUser, request.form)
    fields = forms.describe(CreateUser, values, error if isinstance(error, Invalid) else None)
    page = render_template("users/new_person.html", fields=fields, message=sentence(error) if error else None)
    return make_response(page, error.status if error else 200)


@pages.get("/<key>")
@needs("user.read")
def person(key: str, error: FracasError | None = None, link: str | None = None) -> Any:
    """One person: name, roles, sites, access, and everything that was changed."""
    found = queries.user(db(), actor(), key)
    wrong = error if isinstance(error, Invalid) else None
    page = render_template(
        "users/person.html",
        person=found, link=link, message=sentence(error) if error else None,
        details=forms.describe(EditUser, {"name": found.name, "email": found.email, "locale": found.locale}, wrong),
        scope=forms.describe(SetRoles, _scope(found), wrong),
        entries=db().scalars(history.entries("user", found.id).limit(50)).all(),
    )  # fmt: skip
    return make_response(page, error.status if error else 200)


def _scope(person: User) -> dict[str, Any]:
    found = None
    if person.customer_id is not None:
        found = organisations.customer(db(), actor(), person.customer_id).code
    return {
        "roles": [row.role.value for row in person.roles],
        "sites": [row.site.code for row in person.sites],
        "customer": found,
    }


def _done(key: str, error: FracasError | None) -> Any:
    if error is not None:
        return person(key, error=error)
    flash(gettext("Saved."), "success")
    return redirect(url_for("users.people.person", key=key))


@pages.post("/<key>/edit")
def edit(key: str) -> Any:
    found, version = queries.user(db(), actor(), key), request.form.get("if_version", type=int)
    error = _attempt(
        lambda: workflow.edit_user(db(), actor(), found, if_version=version, **forms.read(EditUser).facts())
    )
    return _done(str(found.id) if error is None else key, error)


@pages.post("/<key>/roles")
def set_roles(key: str) -> Any:
    found, version = queries.user(db(), actor(), key), request.form.get("if_version", type=int)
    error = _attempt(
        lambda: workflow.set_roles(db(), actor(), found, if_version=version, **forms.read(SetRoles).facts())
    )
    return _done(key, error)


@pages.post("/<key>/active")
def set_active(key: str) -> Any:
    """Shut a person out, or let them in again."""
    act = workflow.reactivate if request.form.get("is_active") == "true" else workflow.deactivate
    reason = request.form.get("reason") or None
    return _done(key, _attempt(lambda: act(db(), actor(), queries.user(db(), actor(), key), reason=reason)))


@pages.post("/<key>/password-link")
def password_link(key: str) -> Any:
    """Make a password link; it is shown here this once, and mailed where a mail server is set."""
    config = current_app.extensions["fracas.config"]
    address = config.address if config.smtp_url else None
    made = workflow.send_password_link(db(), actor(), queries.user(db(), actor(), key), address=address)
    return person(key, link=f"{config.address}/password/{made}")


@pages.get("/matrix")
@needs("matrix.edit")
def matrix() -> str:
    """Who may do what: a tick for each role and permission."""
    known = permissions.KNOWN | defaults.DEFAULT.keys()
    kinds: dict[str, list[str]] = {}
    for name in sorted(known):
        kinds.setdefault(name.partition(".")[0], []).append(name)
    ticks = queries.matrix(db(), actor())
    return render_template("users/matrix.html", kinds=kinds, roles=list(Role), ticks=ticks)


@pages.post("/matrix")
def set_matrix() -> Any:
    """Write the ticks that were changed; only those, so that two administrators do not undo each other."""
    ticked = set(request.form.getlist("tick"))
    for cell in request.form.getlist("shown"):
        tick, _, was = cell.rpartition("|")
        if (tick in ticked) != (was == "yes"):
            name, _, role = tick.partition("|")
            workflow.set_permission(db(), actor(), permission=name, role=role, is_allowed=tick in ticked)
    flash(gettext("Saved."), "success")
    return redirect(url_for("users.people.matrix"))
