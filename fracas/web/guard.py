"""Nobody gets in unasked: every view needs a signed-in actor unless it is marked ``public``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from fracas.core import permissions
from fracas.core.errors import FracasError, Invalid, NotFound
from fracas.core.permissions import Actor
from fracas.web.session import db

View = TypeVar("View", bound=Callable[..., Any])
Loader = Callable[[Any, Any], Actor | None]
"""Given by the factory: (session, request) -> who is asking."""


class SignInNeeded(FracasError):
    status = 401
    title = "Please sign in"


def public(view: View) -> View:
    """Open a view to everybody (sign-in, health, static files)."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def needs(permission: str) -> Callable[[View], View]:
    """Ask for a permission before the view runs; verbs ask for their own."""
    permissions.declare([permission])

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor().require(permission)
            return view(*args, **kwargs)

        return cast(View, guarded)

    return wrap


def actor() -> Actor:
    """Who is asking; refuses nobody's requests."""
    if g.get("actor") is None:
        raise SignInNeeded("Please sign in.")
    return cast(Actor, g.actor)


def is_api() -> bool:
    return request.path.startswith("/api/")


def _refuse_zero_bytes() -> None:
    """No record has one in its name, and one database would look for it where the other refuses to."""
    if "\x00" in request.path:
        raise NotFound("There is no such page.")
    for name, value in request.args.items(multi=True):
        if "\x00" in name + value:
            raise Invalid("A text must not hold a zero byte.", field=name)


def _ask() -> Response | None:
    endpoint = request.endpoint or ""
    view = current_app.view_functions.get(endpoint)
    if view is None or endpoint == "static" or endpoint.endswith(".static"):
        return None
    load: Loader = current_app.extensions["fracas.load_actor"]
    g.actor = load(db(), request)
    if g.actor is None and not getattr(view, "is_public", False):
        if is_api() or request.method != "GET":
            raise SignInNeeded("Please sign in.")
        return redirect(url_for("users.sign_in", next=request.full_path.rstrip("?")))
    return None


def install(app: Flask, load_actor: Loader) -> None:
    app.extensions["fracas.load_actor"] = load_actor
    app.before_request(_ask)
    app.before_request(_refuse_zero_bytes)
