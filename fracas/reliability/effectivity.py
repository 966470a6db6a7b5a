"""Lives before and after an action took effect, so that changed parts are fitted apart from unchanged ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any, Literal
from uuid import UUID

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fracas.actions import queries as actions
from fracas.actions.models import Action
from fracas.core.errors import Invalid
from fracas.core.lookup import wanted
from fracas.core.permissions import Actor, visible
from fracas.core.words import N_
from fracas.problems.models import Problem
from fracas.reliability.lifetable import LifeTable
from fracas.reliability.register import whose

When = Literal["before", "after"]


def effective_actions(session: Session, actor: Actor, part_type_id: UUID) -> Sequence[Action]:
    """The actions against problems of a part type that say from when they are effective, by number."""
    stated = or_(
        Action.effective_from_serial.is_not(None),
        Action.effective_from_lot.is_not(None),
        Action.effective_from_at.is_not(None),
    )
    rows = (
        select(Action)
        .join(Problem, Problem.id == Action.problem_id)
        .where(visible(actor, Action), Problem.part_type_id == part_type_id, stated)
    )
    return session.scalars(rows.order_by(Action.number)).unique().all()


def by_effectivity(
    session: Session, actor: Actor | UUID | None, table: LifeTable, action: Action | UUID | str
) -> list[tuple[When, LifeTable]]:
    """Cut a life table into lives that began before an action's effectivity and after it.

    A life is "after" when everything holds that the action states: its serial and its lot are at or
    beyond the first ones named (numbers in them compare as numbers: SN9 comes before SN10), and it began (new, or made as
    new) on or after the date. A life that began before stays "before" to its end.

    Raises
    ------
    Invalid
        If there is no such action, or it states no effectivity.
    """
    found = wanted("action", actions.action, session, whose(session, actor), action)
    bounds = (found.effective_from_serial, found.effective_from_lot, found.effective_from_at)
    if all(one is None for one in bounds):
        raise Invalid(
            N_("Action %(number)s says neither from which serial, nor lot, nor date it is effective."),
            field="action",
            number=found.number,
        )
    is_after = np.ones(len(table), dtype=bool)
    if found.effective_from_serial is not None:
        is_after &= _reaches(table.serial, found.effective_from_serial)
    if found.effective_from_lot is not None:
        is_after &= _reaches(table.lot, found.effective_from_lot)
    if found.effective_from_at is not None:
        moment = np.datetime64(found.effective_from_at.astimezone(UTC).replace(tzinfo=None), "us")
        is_after &= table.life_started_at >= moment
    return [("before", table.where(~is_after)), ("after", table.where(is_after))]


def _reaches(labels: Any, first: str) -> Any:
    least = natural(first)
    return np.array([one is not None and natural(one) >= least for one in labels], dtype=bool)


def natural(label: str) -> tuple[tuple[int, int, str], ...]:
    """A sorting key in which the numbers of a serial count as numbers, wherever they stand."""
    return tuple(
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in re.findall(r"\d+|\D+", label)
    )
