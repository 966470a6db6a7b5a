"""Build the WSGI application: the shell, then every room, then the loop that joins them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from apiflask import APIFlask
from flask import Flask, g, request, session
from flask_babel import Babel
from flask_wtf import CSRFProtect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from fracas import __version__, loop
from fracas.config import Config, ConfigError
from fracas.core.db import make_engine, session_factory
from fracas.users.signin import load_actor
from fracas.web import api, errors, guard, headers, templating
from fracas.web import session as web_session
from fracas.web.session import db

ROOMS = (
    "dashboards",
    "exchange",
    "reliability",
    "actions",
    "problems",
    "failures",
    "assets",
    "catalog",
    "users",
    "organisations",
)
LANGUAGES = ("en", "zh_Hans")


def create_app(config: Config | None = None, engine: Engine | None = None) -> APIFlask:
    """An application of its own engine and settings; tests build many side by side."""
    config = config or Config.from_env()
    if not config.secret_key:
        raise ConfigError(
            "FRACAS_SECRET_KEY is needed with a database server: any 32 random characters, the same on all."
        )
    engine = engine or make_engine(config.database_url)
    app = APIFlask(
        "fracas",
        title="FRACAS",
        version=__version__,
        spec_path="/api/v1/openapi.json",
        docs_path=None,  # its page would load scripts from somebody else's server
        static_folder="web/static",
        template_folder="web/templates",
    )
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=int(config.max_upload_mb * 1024 * 1024),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_https,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_TRANSLATION_DIRECTORIES="web/translations",
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION="The closed loop and its reliability figures. Bearer tokens; errors are problem+json.",
        VALIDATION_ERROR_STATUS_CODE=422,
    )
    app.url_map.strict_slashes = False  # /api/v1/failures and /api/v1/failures/ are one address
    app.extensions["fracas.config"] = config
    app.extensions["engine"] = engine
    web_session.install(app, session_factory(engine))
    headers.install(app)
    app.error_processor(api.bad_http)  # takes all HTTP errors, so ours come after it
    errors.install(app)
    guard.install(app, load_actor)
    _protect_forms(app)
    templating.install(app)
    Babel(app, locale_selector=language)
    _register_rooms(app)
    _describe_security(app)
    _health(app)
    loop.wire()
    return app


def language() -> str:
    """The person's choice, else what the browser prefers."""
    chosen = session.get("language") or g.get("locale")
    if chosen in LANGUAGES:
        return str(chosen)
    # In the browser's order, by the first part of each tag: "zh-CN,en;q=0.5" prefers Chinese.
    preferred = (tag.lower().partition("-")[0] for tag in request.accept_languages.values())
    first = next((tag for tag in preferred if tag in ("en", "zh")), "en")
    return "zh_Hans" if first == "zh" else "en"


def _protect_forms(app: Flask) -> None:
    csrf = CSRFProtect(app)

    @app.before_request
    def check_csrf() -> None:
        # A bearer token is sent by a program on purpose, never by a browser on its own; an address that is not
        # there has nothing to protect and says so.
        if not request.headers.get("Authorization") and request.routing_exception is None:
            csrf.protect()


def _register_rooms(app: APIFlask) -> None:
    for room in ROOMS:
        for part, name, prefix in (("routes", "pages", ""), ("api", "api", api.PREFIX)):
            module = f"fracas.{room}.{part}"
            if find_spec(module) is None:
                continue
            blueprint = getattr(import_module(module), name)
            app.register_blueprint(blueprint, url_prefix=prefix + (blueprint.url_prefix or "") or None)


def _describe_security(app: APIFlask) -> None:
    app.view_functions["openapi.spec"] = guard.public(app.view_functions["openapi.spec"])
    app.config["SECURITY_SCHEMES"] = {"token": {"type": "http", "scheme": "bearer"}}


def _health(app: APIFlask) -> None:
    @app.get("/healthz")
    @app.doc(hide=True)
    @guard.public
    def healthz() -> dict[str, str]:
        db().execute(text("SELECT 1"))
        return {"status": "ok", "version": __version__}
