"""The fleet's spares plan, computed behind the page: asked for, done by a worker in small steps, cancelled, replaced.

A part type takes most of a second, a fleet minutes. So a step computes a few part types, keeps them and asks for the next
step: a worker that is killed loses seconds, and mail and imports that wait come in between.

A plan belongs to its settings and to its reader's walls (sites, customer): whoever asks the same behind the same walls
shares it, nobody else sees it. It is out of date once anything that it may rest on was entered after it was begun, or
once it is a day old. What was entered is counted in the history, which nothing enters without.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from fracas.catalog import queries as catalog
from fracas.core import clock, jobs
from fracas.core.db import uuid7
from fracas.core.errors import FracasError
from fracas.core.lookup import wanted
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.organisations import queries as organisations
from fracas.reliability import buying, queries
from fracas.reliability.forms import SparesPlanQuery
from fracas.reliability.models import SparesPlan
from fracas.reliability.register import moment, unit_of

log = structlog.get_logger()

STEP = "reliability.spares_plan"
STEP_TIME = timedelta(seconds=3)
OLDEST = timedelta(days=1)
KEPT_FOR = timedelta(days=30)
LONGEST_TRANSACTION = timedelta(minutes=10)
"""A change may be entered before a plan is begun and be seen only after it."""


@dataclass(frozen=True)
class Standing:
    """How things stand with the plan of some settings.

    Attributes
    ----------
    plan : the last one that was finished; None before the first.
    running : the one that is being computed; None where none is.
    is_outdated : whether a plan computed now may differ from the last, or there is none.
    has_failed : whether the last one that was asked for ended in an error of the program.
    is_waiting : whether no worker has begun with the running one.
    """

    plan: SparesPlan | None
    running: SparesPlan | None
    is_outdated: bool
    has_failed: bool = False

    @property
    def is_waiting(self) -> bool:
        return self.running is not None and self.running.seen_until is None

    @property
    def done(self) -> int:
        """Part types of the running plan that are computed."""
        return self.running.total - len(self.running.waiting) if self.running else 0


def standing(session: Session, actor: Actor, query: SparesPlanQuery) -> Standing:
    """The last plan of these settings as this reader may see it, and whether a newer one is on its way."""
    as_of = _checked(session, actor, query)
    finished, begun = queries.spares_plans(session, actor.organisation_id, digest(actor, query))
    running, has_failed = begun, False
    if begun is not None:
        job = jobs.latest(session, STEP, plan=str(begun.id))
        has_failed = job is None or job.finished_at is not None
        running = None if has_failed else begun
    is_outdated = finished is None or _is_outdated(session, finished, as_of)
    return Standing(finished, running, is_outdated, has_failed)


def ask(session: Session, actor: Actor, query: SparesPlanQuery) -> SparesPlan:
    """Have the plan computed anew; one that is under way already is the answer."""
    actor.require("reliability.read")
    found = standing(session, actor, query)
    if found.running is not None:
        return found.running
    plan = SparesPlan(
        id=uuid7(), organisation_id=actor.organisation_id, digest=digest(actor, query), asked_by=actor.user_id,
        settings=query.model_dump(mode="json"), walls=_walls(actor),
    )  # fmt: skip
    session.add(plan)
    _enqueue(session, plan)
    return plan


def cancel(session: Session, actor: Actor, query: SparesPlanQuery) -> None:
    """Stop computing; the last plan stays."""
    actor.require("reliability.read")
    running = standing(session, actor, query).running
    if running is not None:
        running.cancelled_at = clock.now()


def digest(actor: Actor, query: SparesPlanQuery) -> str:
    """What plans are told apart by: the settings, and what the reader may see."""
    told = {"settings": query.model_dump(mode="json"), "walls": _walls(actor)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _walls(actor: Actor) -> dict[str, Any]:
    sites = None if actor.site_ids is None else sorted(str(one) for one in actor.site_ids)
    return {"sites": sites, "customer": str(actor.customer_id) if actor.customer_id else None}


def _behind(plan: SparesPlan) -> Actor:
    """Somebody behind the walls of the plan, and no farther."""
    sites, customer = plan.walls["sites"], plan.walls["customer"]
    return replace(
        Actor.system(plan.organisation_id, "spares plan"),
        site_ids=None if sites is None else frozenset(map(UUID, sites)),
        customer_id=UUID(customer) if customer else None,
    )


def _checked(session: Session, actor: Actor, query: SparesPlanQuery) -> datetime:
    """Refuse at once what no part type could be computed with; the as-of moment asked for."""
    moment(query.known_at, "known_at")
    if query.site is not None:
        wanted("site", organisations.site, session, actor, query.site)
    if query.metric is not None:
        unit_of(session, actor, query.metric)
    return moment(query.as_of, "as_of") or clock.now()


def _is_outdated(session: Session, plan: SparesPlan, as_of: datetime) -> bool:
    if plan.seen_until is None or as_of - plan.seen_until >= OLDEST:
        return True
    return _changes(session, plan) != plan.changes


def _changes(session: Session, plan: SparesPlan) -> int:
    """Entries of the history since shortly before the plan was asked for; its id tells when that was."""
    shortly = int(LONGEST_TRANSACTION.total_seconds() * 1000) << 80
    return queries.entries_since(session, plan.organisation_id, UUID(int=plan.id.int - shortly))


def _enqueue(session: Session, plan: SparesPlan) -> None:
    job = jobs.enqueue(session, STEP, organisation_id=plan.organisation_id)
    job.payload = {"job": str(job.id), "plan": str(plan.id)}


# ------------------------------------------------------------------ the worker's part


def step(sessions: sessionmaker[Session], payload: dict[str, Any]) -> None:
    """The work of a job: begin the plan, or compute some more part types and ask for the next step."""
    plan_id, job_id = UUID(payload["plan"]), UUID(payload["job"])
    # Computing must not hold SQLite's only write lock, which a session that may write takes at once.
    reading = sessionmaker(sessions.kw["bind"].execution_options(fracas_writes=False), expire_on_commit=False)
    with reading() as session:
        plan = session.get(SparesPlan, plan_id)
        if plan is None or plan.finished_at is not None or plan.cancelled_at is not None:
            return
        rows, waiting = _compute(session, plan, plan.seen_until) if plan.seen_until else ([], [])
    with sessions.begin() as session:
        plan = session.get_one(SparesPlan, plan_id)
        if plan.seen_until is None:
            _begin(session, plan)
        else:
            plan.rows, plan.waiting = [*plan.rows, *rows], waiting
        if plan.waiting:
            _enqueue(session, plan)
        else:
            plan.rows, plan.finished_at = buying.most_urgent_first(plan.rows), clock.now()
            _clear(session, plan)
        jobs.finish(session, job_id)


def _begin(session: Session, plan: SparesPlan) -> None:
    query = SparesPlanQuery.model_validate(plan.settings)
    kinds = catalog.part_types(session, _behind(plan))
    plan.waiting, plan.total = [str(one.id) for one in kinds], len(kinds)
    plan.seen_until = moment(query.as_of, "as_of") or clock.now()
    plan.changes = _changes(session, plan)


def _compute(session: Session, plan: SparesPlan, as_of: datetime) -> tuple[list[buying.Row], list[str]]:
    """Rows of the next part types, and those still to do."""
    actor, query = _behind(plan), SparesPlanQuery.model_validate(plan.settings)
    ends, rows = clock.now() + STEP_TIME, []
    for number, key in enumerate(plan.waiting, 1):
        row = _row(session, actor, key, query, as_of)
        if row is not None:
            rows.append(row)
        if clock.now() >= ends:
            return rows, plan.waiting[number:]
    return rows, []


def _row(
    session: Session, actor: Actor, key: str, query: SparesPlanQuery, as_of: datetime
) -> buying.Row | None:
    kind = catalog.part_type(session, actor, UUID(key))
    try:
        return buying.row_of(session, actor, kind, query, as_of)
    except FracasError as error:
        return buying.refused(kind, error)
    except OperationalError:
        raise  # the database is not there, and will be
    except Exception:
        # One part type that we cannot compute must not cost the reader all the others.
        log.exception("spares_plan.failed", part_type=kind.number)
        return buying.refused(kind, FracasError(N_("The computation met an error of the program.")))


def _clear(session: Session, plan: SparesPlan) -> None:
    """Away with the plans that this one replaces, with those that nobody asked for in weeks, and with steps that are done."""
    session.flush()
    own = (SparesPlan.organisation_id == plan.organisation_id) & (SparesPlan.id < plan.id)
    old = SparesPlan.asked_at < clock.now() - KEPT_FOR
    session.execute(delete(SparesPlan).where(own, (SparesPlan.digest == plan.digest) | old))
    done = (jobs.Job.finished_at.is_not(None)) & jobs.Job.last_error.is_(None)
    session.execute(delete(jobs.Job).where(jobs.Job.kind == STEP, done))
