"""Verbs of records that have no stages (systems, parts, sites, codes), as pages and as API.

A room lists what can be done with one kind of record, and where::

    SYSTEM = Records("system", "/systems/<path:key>", queries.system, home=lambda s: url_for("assets.system", key=s.serial),
                     acts=(Act("edit", workflow.edit_system, forms.EditSystem), ...))
    add_pages(pages, SYSTEM)
    add_api(api, SYSTEM, SystemOut, present_system)

An act without a record (registering, adding) is asked for with :func:`page_of_new`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import Blueprint, request
from pydantic import BaseModel

from fracas.core.forms import Form
from fracas.web.api import etag, if_match, takes
from fracas.web.guard import actor
from fracas.web.session import db
from fracas.web.verbs import Find, asked, key_of
from fracas.web.words import verb_word
from fracas.web.zones import home_zone

Address = Callable[[Any], str]


@dataclass(frozen=True)
class Act:
    """One thing that can be done with a record: ``name`` is its address, ``form`` what is asked."""

    name: str
    verb: Callable[..., Any]
    form: type[Form]

    @property
    def permission(self) -> str:
        return str(self.verb.permission)  # type: ignore[attr-defined]

    @property
    def word(self) -> str:
        return verb_word(self.permission.rpartition(".")[2])

    @property
    def needs_reason(self) -> bool:
        return bool(self.verb.needs_reason)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Records:
    """One kind of record and what can be done with it.

    Parameters
    ----------
    kind : singular; begins the names of the endpoints (``system`` -> ``assets.system_edit``).
    rule : the address of one record; its ``<key>`` is what ``find`` takes, ``<path:key>`` where it may hold a slash.
    home : the address of the page that shows a record.
    label : what a person calls the record.
    values : what a form shows at first, by the record and the act.
    """

    kind: str
    rule: str
    find: Find
    home: Address
    label: Address
    acts: tuple[Act, ...]
    zone: Callable[[Any], str] = lambda subject: home_zone()
    values: Callable[[Any, Act], Mapping[str, Any]] = lambda subject, act: {}

    def possible(self) -> list[Act]:
        """What the person's roles allow."""
        return [act for act in self.acts if actor().may(act.permission)]


def _page(records: Records, act: Act, key: str) -> Any:
    subject = records.find(db(), actor(), key_of(key))
    actor().require(act.permission, subject)
    version = request.form.get("if_version", getattr(subject, "version", None), type=int)
    home, title = records.home(subject), f"{act.word}: {records.label(subject)}"

    def done(form: Form) -> Any:
        return act.verb(db(), actor(), subject, if_version=version, **form.facts())

    def more() -> dict[str, Any]:
        # After a refusal the first one belongs to a session that was rolled back.
        return {"subject": records.find(db(), actor(), key_of(key)), "version": version}

    return asked(
        act.form, done, title=title, back=home, zone=records.zone(subject), with_reason=act.needs_reason, more=more,
        values=lambda: {**records.values(subject, act), **request.args.to_dict()},
    )  # fmt: skip


def add_pages(pages: Blueprint, records: Records) -> None:
    """``GET/POST <rule>/<act>``: a form, and what it does."""
    for act in records.acts:

        def view(key: str, act: Act = act) -> Any:
            return _page(records, act, key)

        endpoint = f"{records.kind}_{act.name}"
        pages.add_url_rule(f"{records.rule}/{act.name}", endpoint, view, methods=["GET", "POST"])


def page_of_new(act: Act, *, title: str, back: str, done: Address, zone: str | None = None) -> Any:
    """The page that makes a new record; the address may bring first values (``?system=S1``)."""
    actor().require(act.permission)
    return asked(
        act.form, lambda form: act.verb(db(), actor(), **form.facts()),
        title=title, back=back, done=done, zone=zone, values=request.args.to_dict,
    )  # fmt: skip


def add_api(
    api: APIBlueprint, records: Records, output: type[BaseModel], present: Callable[[Any], BaseModel]
) -> None:
    """``POST /api/v1<rule>/<act>`` for every act; answers with the record as it now is."""
    for act in records.acts:
        _add_act(api, records, act, output, present)


def _add_act(
    api: APIBlueprint,
    records: Records,
    act: Act,
    output: type[BaseModel],
    present: Callable[[Any], BaseModel],
) -> None:
    def view(key: str, form: Form) -> Any:
        subject = records.find(db(), actor(), key_of(key))
        result = act.verb(db(), actor(), subject, if_version=if_match(), **form.facts())
        # A correction answers with the fact that now holds, anything else with the record it was asked of.
        shown = result if isinstance(result, type(subject)) else subject
        return present(shown), 200, ({"ETag": etag(shown)} if hasattr(shown, "version") else {})

    view.__name__ = f"{records.kind}_{act.name}"
    view.__doc__ = (act.verb.__doc__ or act.name).strip().splitlines()[0]
    view = takes(api, act.form)(view)
    view = api.output(output)(view)
    api.post(f"{records.rule}/{act.name}")(view)
