"""What waits for the person who looks: by verb, the longest waiting first; and how the MTBF went over time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from fracas.actions import queries as actions
from fracas.core.errors import NotFound
from fracas.core.permissions import Actor
from fracas.dashboards.queries import Filter
from fracas.failures import queries as failures
from fracas.failures.models import Failure
from fracas.problems import queries as problems

if TYPE_CHECKING:
    from fracas.reliability.histories import FleetHistory

SHOWN = 6
ALL = 1000
ROOMS: tuple[tuple[str, str, Any, Callable[[Actor], list[str]]], ...] = (
    ("failure", "failures", failures, failures.next_steps),
    ("problem", "problems", problems, problems.next_steps),
    ("action", "actions", actions, actions.next_steps),
)


@dataclass(frozen=True)
class Group:
    """Records of one kind that wait for one verb."""

    kind: str
    room: str
    verb: str
    count: int
    rows: list[Any]


def groups(session: Session, actor: Actor) -> list[Group]:
    """The person's work, in the order of the loop; empty groups are left out."""
    return [group for group in _groups(session, actor) if group.count]


def group(session: Session, actor: Actor, kind: str, verb: str) -> Group:
    """All the records of one kind that wait for one verb of the person."""
    for found_kind, room, found_verb, waiting in _waiting(actor):
        if (found_kind, found_verb) == (kind, verb):
            return _group(session, kind, room, verb, waiting, ALL)
    raise NotFound("Nothing of that kind waits for you.")


def own_reports(session: Session, actor: Actor) -> list[Failure]:
    """What the person reported last, so that they see what became of it."""
    if actor.user_id is None or not actor.may("failure.read"):
        return []
    rows = failures.failures(session, actor, is_mine=True).order_by(Failure.entered_at.desc(), Failure.id)
    return list(session.scalars(rows.limit(SHOWN)).unique())


def _groups(session: Session, actor: Actor) -> Iterator[Group]:
    for kind, room, verb, waiting in _waiting(actor):
        yield _group(session, kind, room, verb, waiting, SHOWN)


def _waiting(actor: Actor) -> Iterator[tuple[str, str, str, Select[Any]]]:
    for kind, room, queries, steps in ROOMS:
        if not actor.may(f"{kind}.read"):
            continue
        for verb in steps(actor):
            yield kind, room, verb, queries.waiting(actor, verb)
    if actor.may("failure.close"):
        yield "failure", "failures", "close", problems.closable_failures(actor)
    if actor.may("problem.open_problem"):
        yield "failure", "failures", "link_failure", problems.unlinked_failures(actor)


def _group(session: Session, kind: str, room: str, verb: str, waiting: Select[Any], most: int) -> Group:
    count = session.scalar(select(func.count()).select_from(waiting.order_by(None).subquery())) or 0
    rows = list(session.scalars(waiting.limit(most)).unique()) if count else []
    return Group(kind, room, verb, count, rows)


@dataclass(frozen=True)
class Trend:
    """The calendar MTBF of each quarter with its bounds, over a stated at-risk set; no figure where none has a number.

    ``whole`` is the MTBF of the chosen period, None where nothing was under observation in it.
    """

    figure: Any
    at_risk: Any
    periods: list[tuple[str, Any]]
    whole: Any


def history(session: Session, actor: Actor, chosen: Filter) -> FleetHistory:
    """Failures of the fleet by the calendar, of all time and not of the period: by part type, or of the chosen one by mode."""
    from fracas.reliability.histories import fleet_history  # brings in scipy

    return fleet_history(
        session,
        actor,
        part_type=chosen.part_type_id,
        system_model=chosen.system_model_id,
        sites=[chosen.site_id] if chosen.site_id else None,
        metric="calendar",
        kind="mode" if chosen.part_type_id else "part_type",
    )


def trend(
    history: FleetHistory,
    chosen: Filter,
    *,
    words: Callable[[str], str] = str,
    zone: tzinfo = UTC,
    link: Callable[[str], str] | None = None,
) -> Trend | None:
    """MTBF of a history by quarter; None where no exposure is known.

    ``link`` leads from the name of a quarter to its failures.
    """
    from fracas.reliability import charts, uptime  # brings in scipy

    if not history.windows:
        return None
    periods = uptime.mtbf_by_period(history, zone=zone)
    if chosen.since is not None:
        first = chosen.since - timedelta(days=92)
        periods = [(label, found) for label, found in periods if label >= _quarter(first)]
    since = chosen.since or min(start for _, start, _ in history.windows)
    whole = uptime.mtbf_between(history, since, history.as_of)
    figure = charts.mtbf_over_time(periods, words=words, link=link)
    return Trend(figure, history.at_risk, periods, whole) if periods else None


def _quarter(moment: Any) -> str:
    return f"{moment.year}-Q{(moment.month - 1) // 3 + 1}"
