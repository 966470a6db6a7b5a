"""Signing in and out, and the own account. The administrator's pages of people: admin.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext
from werkzeug.wrappers import Response

from fracas.config import Config, is_loopback
from fracas.core.errors import Forbidden, FracasError, Invalid, NotFound
from fracas.core.forms import Form
from fracas.users import account as own
from fracas.users import admin, queries
from fracas.users.forms import AskForPasswordLink, ChangePassword, CreateToken, EditOwn, SetPassword, SignIn
from fracas.users.signin import COOKIE
from fracas.users.throttle import by_account, by_address, limiter, mails
from fracas.web import forms
from fracas.web.errors import sentence
from fracas.web.guard import actor, public
from fracas.web.session import db

T = TypeVar("T")

OURS = re.compile(r"/(?!/)[^\\\x00-\x1f\x7f]*")
"""A path of our own. Browsers drop tabs and line ends, and read \\ as /, so that /\\host and /<tab>/host are other hosts."""
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
"""What a proxy adds. One on this machine would make the whole world look like this machine."""

pages = Blueprint("users", __name__, template_folder="templates")
pages.record(lambda state: limiter.init_app(cast(Flask, state.app)))
pages.register_blueprint(admin.pages)


def config() -> Config:
    found: Config = current_app.extensions["fracas.config"]
    return found


def tried(form: type[Form], act: Callable[[Any], T]) -> tuple[T | None, FracasError | None]:
    """What came of a POST: a result, or why not (and then nothing is written)."""
    try:
        return act(forms.read(form)), None
    except FracasError as error:
        db().rollback()
        return None, error


def drawn(template: str, form: type[Form], error: FracasError | None, **more: Any) -> Response:
    """The page of one form, with what was wrong. A password is never sent back."""
    values = {
        name: value for name, value in forms.posted(form, request.form).items() if "password" not in name
    }
    fields = forms.describe(form, values, error if isinstance(error, Invalid) else None)
    page = render_template(template, fields=fields, message=sentence(error) if error else None, **more)
    return make_response(page, error.status if error else 200)


def home(target: str | None) -> str:
    """Where to go after signing in: only ever a page of our own."""
    return target if target and OURS.fullmatch(target) else "/"


def welcome(secret: str, locale: str | None) -> Response:
    """Start the browser's session anew, so that nothing of the one before is carried over but a visitor's language."""
    language = locale or session.get("language")
    session.clear()
    if language:
        session["language"] = language
    answer = redirect(home(request.form.get("next")))
    hours = config().session_hours
    answer.set_cookie(
        COOKIE, secret, max_age=int(hours * 3600), httponly=True, secure=config().is_https, samesite="Lax"
    )
    return answer


def device() -> str:
    """The browser and its system in two words, for the list of sessions."""
    agent = request.user_agent.string
    names = ("Edg", "Firefox", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    browser = next((name for name in names if name in agent), agent.partition("/")[0] or "?")
    return " · ".join(
        filter(None, [browser.replace("Edg", "Edge"), next((s for s in systems if s in agent), "")])
    )


def is_demo() -> bool:
    """Whether somebody at this very machine asks for the demo.

    The name in the address counts too: a page from elsewhere could have its own name lead to this machine.
    """
    host = re.sub(r":\d*$", "", request.host.lower())
    is_from_here = is_loopback(request.remote_addr or "") and is_loopback(host)
    return config().demo and is_from_here and not any(name in request.headers for name in FORWARDED)


# ------------------------------------------------------------------ in and out


@pages.route("/sign-in", methods=["GET", "POST"])
@public
@by_account
@by_address
def sign_in() -> Any:
    """Sign in by address and password; in demo mode by one click."""
    error = None
    if request.method == "POST":
        hours = config().session_hours
        done, error = tried(
            SignIn, lambda form: own.sign_in(db(), **form.facts(), device=device(), hours=hours)
        )
        if done is not None:
            return welcome(done[1], done[0].locale)
    people = queries.demo_people(db()) if is_demo() else []
    next_page = home(request.values.get("next"))
    return drawn(
        "users/sign_in.html", SignIn, error, next=next_page, people=people, can_mail=bool(config().smtp_url)
    )


@pages.post("/sign-in/demo")
@public
def enter_demo() -> Any:
    """Enter the demo as one of its people; nowhere but in demo mode on this machine."""
    if not is_demo():
        raise Forbidden("This is no demo.")
    chosen = request.form.get("email", "")
    person = next((found for found in queries.demo_people(db()) if found.email == chosen), None)
    if person is None:
        raise NotFound("There is no such person in the demo.")
    # The visitor reads in their own language, not in that of the person they play.
    return welcome(own.start_session(db(), person, device=device(), hours=config().session_hours), None)


@pages.post("/sign-out")
@public
def sign_out() -> Any:
    own.sign_out(db(), request.cookies.get(COOKIE, ""))
    session.clear()
    answer = redirect(url_for("users.sign_in"))
    answer.delete_cookie(COOKIE, httponly=True, secure=config().is_https, samesite="Lax")
    return answer


@pages.route("/forgotten", methods=["GET", "POST"])
@public
@mails
def forgotten() -> Any:
    """Ask for a password link by mail; the answer is the same whether the address is known or not."""
    error, address = None, config().address
    if request.method == "POST" and config().smtp_url:
        _, error = tried(
            AskForPasswordLink, lambda form: own.ask_for_password_link(db(), **form.facts(), address=address)
        )
        if error is None:
            flash(gettext("If this address is known, a link is on its way to it."), "success")
            return redirect(url_for("users.sign_in"))
    return drawn("users/forgotten.html", AskForPasswordLink, error, can_mail=bool(config().smtp_url))


@pages.route("/password/<link>", methods=["GET", "POST"])
@public
@by_address
def set_password(link: str) -> Any:
    """Set a password by a link that works once."""
    error: FracasError | None = None
    if request.method == "POST":
        person, error = tried(
            SetPassword, lambda form: own.set_password_by_link(db(), link=link, **form.facts())
        )
        if person is not None:
            flash(gettext("Your password is set; sign in with it."), "success")
            return redirect(url_for("users.sign_in"))
    is_good = queries.live_link(db(), link) is not None
    return drawn("users/set_password.html", SetPassword, error, is_good=is_good)


@pages.post("/language")
@public
def set_language() -> Any:
    """Change the language of this browser, and of the person where one is signed in."""
    wanted = request.form.get("language", "en")
    if request.cookies.get(COOKIE):
        try:
            own.edit_own(db(), actor(), locale=wanted)
        except FracasError:
            db().rollback()
    session["language"] = wanted
    return redirect(home(request.form.get("next")))


# ------------------------------------------------------------------ the own account


@pages.get("/account")
def account(error: FracasError | None = None, new_token: str | None = None) -> Any:
    """Name, language, password, sessions and tokens of the person who is signed in."""
    me = own.me(db(), actor())
    profile = {"name": me.name, "locale": me.locale}
    wrong = error if isinstance(error, Invalid) else None
    page = render_template(
        "users/account.html",
        me=me, new_token=new_token, message=sentence(error) if error else None,
        profile=forms.describe(EditOwn, profile, wrong),
        password=forms.describe(ChangePassword, {}, wrong),
        token=forms.describe(CreateToken, {}, wrong),
        sessions=queries.sessions_of(db(), me.id), here=queries.live_session(db(), request.cookies.get(COOKIE, "")),
        tokens=queries.tokens_of(db(), me.id),
    )  # fmt: skip
    return make_response(page, error.status if error else 200)


def changed(error: FracasError | None, text: str) -> Any:
    """Back to the account: with a word that it is done, or with what was wrong."""
    if error is not None:
        return account(error=error)
    flash(text, "success")
    return redirect(url_for("users.account"))


@pages.post("/account/edit")
def edit_own() -> Any:
    person, error = tried(EditOwn, lambda form: own.edit_own(db(), actor(), **form.facts()))
    if person is not None:
        session["language"] = person.locale
    return changed(error, gettext("Saved."))


@pages.post("/account/password")
@by_address
def change_password() -> Any:
    keep = request.cookies.get(COOKIE)
    _, error = tried(
        ChangePassword, lambda form: own.change_password(db(), actor(), **form.facts(), keep=keep)
    )
    return changed(error, gettext("Your password is changed; your other sessions have ended."))


@pages.post("/account/sessions/<which>/end")
def end_session(which: str) -> Any:
    own.end_session(db(), actor(), which)
    return changed(None, gettext("The session has ended."))


@pages.post("/account/sessions/end-others")
def end_other_sessions() -> Any:
    own.end_other_sessions(db(), actor(), keep=request.cookies.get(COOKIE))
    return changed(None, gettext("Your other sessions have ended."))


@pages.post("/account/tokens")
def create_token() -> Any:
    """Make a token and show it, this once."""
    token, error = tried(CreateToken, lambda form: own.create_token(db(), actor(), **form.facts()))
    return account(error=error, new_token=token)


@pages.post("/account/tokens/<which>/revoke")
def revoke_token(which: str) -> Any:
    own.revoke_token(db(), actor(), which)
    return changed(None, gettext("The token is revoked."))
