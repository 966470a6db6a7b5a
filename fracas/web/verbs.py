"""A room's verbs as pages and as API, from one table: the form says what is asked, the workflow does it.

A room's ``routes.py`` in full, but for its lists::

    pages = Blueprint("problems", __name__, url_prefix="/problems", template_folder="templates")
    navigation(30, "problems.index", N_("Problems"), "problem.read")
    TABLE = VerbTable("problem", workflow.problem_machine, queries.problem, workflow, forms.VERBS,
                      "problems.detail", present=api.problem_out, next_step=states.NEXT_STEP)
    add_pages(pages, TABLE)

    @pages.get("/<key>")
    @needs("problem.read")
    def detail(key: str) -> str:
        subject = queries.problem(db(), actor(), key_of(key))
        return render_template("problems/detail.html", subject=subject, key=key, table=TABLE,
                               history=history_of("problem", subject.id))

and its ``api.py``: ``api = APIBlueprint("problems_api", __name__, url_prefix="/problems")``, lists with
``@takes(api, ProblemQuery, "query", "query")`` and ``page_of``, creation with ``@idempotent``,
``add_api(api, TABLE, ProblemOut)``.
Templates extend ``base.html`` and draw from ``record.html`` (state, steps, timeline, facts, pager) and ``fields.html``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import BaseModel
from sqlalchemy.orm import Session

from fracas.core.errors import FracasError, Invalid
from fracas.core.forms import Form
from fracas.core.history import entries
from fracas.core.permissions import Actor
from fracas.core.statemachine import Machine
from fracas.web import forms
from fracas.web.api import etag, if_match, takes
from fracas.web.errors import sentence
from fracas.web.guard import actor
from fracas.web.session import db
from fracas.web.words import verb_word
from fracas.web.zones import home_zone

Find = Callable[[Session, Actor, Any], Any]


@dataclass(frozen=True)
class VerbTable:
    """What the shell must know of a room to serve its verbs.

    Parameters
    ----------
    kind : singular, as in the permissions (``failure``).
    machine : which states allow which verb.
    find : ``queries``' finder of one record by id or number.
    workflow : the module with the verbs.
    forms : verb -> form.
    endpoint : the page of one record; takes ``key``.
    zone : the time zone that the wall clocks of its pages are in; the reader's own where a record has no site.
    present : the record as the API shows it.
    prefill : what a form shows at first (verb, subject) -> values.
    context : what the room's own form templates need besides.
    """

    kind: str
    machine: Machine
    find: Find
    workflow: ModuleType
    forms: Mapping[str, type[Form]]
    endpoint: str
    present: Callable[[Any], BaseModel]
    zone: Callable[[Any], str] = lambda subject: home_zone()
    prefill: Callable[[str, Any], dict[str, Any]] = lambda verb, subject: {}
    next_step: Mapping[Any, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    def possible(self, subject: Any) -> list[str]:
        """The verbs that the state allows and the person's roles hold, in the table's order."""
        return [
            verb
            for verb in self.machine.verbs_from(subject.state)
            if verb in self.forms and actor().may(f"{self.kind}.{verb}")
        ]

    def next_verb(self, subject: Any) -> str | None:
        return self.next_step.get(subject.state)

    def obstacles(self, subject: Any, verb: str) -> list[str]:
        """Why the gates would refuse a verb now, in words; shown beside its button."""
        return [sentence(refusal) for refusal in self.machine.refusals(db(), subject, verb, actor())]


def do(table: VerbTable, subject: Any, verb: str, form: Form, version: int | None) -> Any:
    return getattr(table.workflow, verb)(db(), actor(), subject, if_version=version, **form.facts())


def asked(
    form: type[Form],
    act: Callable[[Any], Any],
    *,
    title: str,
    back: str,
    done: Callable[[Any], str] | None = None,
    values: Callable[[], Mapping[str, Any]] = dict,
    zone: str | None = None,
    with_reason: bool = False,
    template: Any = "form.html",
    more: Callable[[], dict[str, Any]] = dict,
) -> Any:
    """The page of one form: drawn, acted upon, or drawn again with what was wrong and everything that was typed.

    Parameters
    ----------
    act : what the form does; its result names the page that follows, through ``done``.
    title : what the button and the page say, already translated.
    back : the address to leave to without doing anything, and to go to afterwards when ``done`` is not given.
    values : what the form shows at first. With ``more``, what else the template needs: read anew after a refusal.
    """
    error: FracasError | None = None
    zone = zone or home_zone()
    if request.method == "POST":
        try:
            result = act(forms.read(form, zone=zone))
            flash(gettext("%(verb)s: done.", verb=title), "success")
            return redirect(done(result) if done else back)
        except FracasError as caught:
            db().rollback()
            error = caught
    shown = forms.posted(form, request.form) if error else values()
    context = more()
    fields = forms.describe(
        form, shown, error if isinstance(error, Invalid) else None,
        subject=context.get("subject"), zone=zone, with_reason=with_reason,
        filled=request.form.getlist(forms.FILLED) if error else (),
    )  # fmt: skip
    message = sentence(error) if error else None
    page = render_template(
        template, fields=fields, message=message, error=error, title=title, back=back, zone=zone, **context
    )
    return page, error.status if error else 200


def _page(table: VerbTable, key: str, verb: str) -> Any:
    subject = table.find(db(), actor(), key)
    actor().require(f"{table.kind}.{verb}", subject)
    version = request.form.get("if_version", subject.version, type=int)

    def more() -> dict[str, Any]:
        now = table.find(db(), actor(), key)  # after a refusal the first one belongs to a rolled-back session
        return {
            "table": table, "subject": now, "verb": verb, "key": key, "version": version,
            "obstacles": table.obstacles(now, verb), **table.context,
        }  # fmt: skip

    return asked(
        table.forms[verb], lambda form: do(table, subject, verb, form, version), title=verb_word(verb, table.kind),
        back=url_for(table.endpoint, key=key), values=lambda: table.prefill(verb, subject), zone=table.zone(subject),
        with_reason=verb in table.machine.reasons, template=[f"{table.kind}s/{verb}.html", "verb.html"], more=more,
    )  # fmt: skip


def add_pages(pages: Blueprint, table: VerbTable) -> None:
    """``GET/POST /<room>/<key>/<verb>``: a form, and what it does."""
    for verb in table.forms:

        def view(key: str, verb: str = verb) -> Any:
            return _page(table, key, verb)

        pages.add_url_rule(f"/<key>/{verb}", f"do_{verb}", view, methods=["GET", "POST"])


def add_api(api: APIBlueprint, table: VerbTable, output: type[BaseModel]) -> None:
    """``POST /api/v1/<room>/<key>/<verb>`` for every verb, documented from its form."""
    for verb, form in table.forms.items():
        if verb in table.machine.moves:
            _add_verb(api, table, output, verb, form)


def _add_verb(
    api: APIBlueprint, table: VerbTable, output: type[BaseModel], verb: str, form: type[Form]
) -> None:
    def view(key: str, form: Form) -> Any:
        subject = table.find(db(), actor(), key)
        do(table, subject, verb, form, if_match())
        db().refresh(subject)
        return table.present(subject), 200, {"ETag": etag(subject)}

    view.__name__ = f"{table.kind}_{verb}"
    view.__doc__ = f"{(getattr(table.workflow, verb).__doc__ or verb).strip().splitlines()[0]}"
    # the decorators in the order that APIFlask wants them: route outermost, input innermost
    view = takes(api, form)(view)
    view = api.output(output)(view)
    api.post(f"/<key>/{verb}")(view)


def history_of(kind: str, subject_id: UUID) -> Any:
    """The timeline of a record, newest first."""
    return db().scalars(entries(kind, subject_id)).all()


def key_of(text: str) -> UUID | str:
    """An address names a record by its id or by the number people say."""
    try:
        return UUID(text)
    except ValueError:
        return text
