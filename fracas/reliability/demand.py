"""What a part type asked of the stock so far, month by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fracas.assets.models import RemovalCause
from fracas.catalog import queries as catalog
from fracas.catalog.models import CALENDAR, PartType
from fracas.core.errors import Invalid
from fracas.core.lookup import wanted
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.reliability.keys import Key
from fracas.reliability.lives import trace_part_type
from fracas.reliability.register import Register, open_register, whose
from fracas.reliability.resolution import Scoring
from fracas.reliability.timelines import Stay

if TYPE_CHECKING:
    import pandas as pd

NOT_FROM_STOCK = frozenset({RemovalCause.MOVE, RemovalCause.CANNIBALISED})


@dataclass(frozen=True, eq=False)
class DemandHistory:
    """Demand in each month (UTC), months without any included.

    Attributes
    ----------
    month : first day of each month, from the first installation of the type to the as-of month.
    demand : spares used: installations that filled a place which another serial of the type had left, with a serial that
        did not come straight out of another place.
    removals : serials taken out for whatever reason but to be moved.
    failures : counting failures of the type.
    """

    month: tuple[date, ...]
    demand: NDArray[np.int64]
    removals: NDArray[np.int64]
    failures: NDArray[np.int64]
    part_type_number: str
    as_of: datetime

    def to_frame(self) -> pd.DataFrame:
        """One row a month."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in ("demand", "removals", "failures")}
        return pd.DataFrame({"month": pd.to_datetime(list(self.month)), **columns})


def demand_history(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str,
    as_of: datetime | date | None = None,
    known_at: datetime | date | None = None,
    scoring: Scoring = "default",
    sites: Collection[Any] | None = None,
    period: Literal["month"] = "month",
) -> DemandHistory:
    """Spares used, removals and failures of a part type a month; zeros are months without demand, not gaps.

    Arguments as for `datasets.life_table`. The last month is complete only up to ``as_of``.

    Raises
    ------
    Invalid
        If the part type or the period is unknown, or a date lies in the future.
    """
    if period != "month":
        raise Invalid(N_("Demand is told by the “month”."), field="period")
    actor = whose(session, actor)
    kind = wanted("part_type", catalog.part_type, session, actor, part_type)
    register = open_register(session, actor, as_of=as_of, known_at=known_at, sites=sites)
    traced = trace_part_type(session, register, kind, metric=CALENDAR, scoring=scoring, reach_days=0.0)
    own = [stay for stays in traced.stays.values() for stay in stays if stay.system_id in register.chosen]
    months = tuple(_months(min((stay.start for stay in own), default=register.until), register.until))
    failures = [
        one.at
        for found in traced.resolved.by_part.values()
        for one in found
        if one.counts and one.failure_id and traced.reports[one.failure_id].system_id in register.chosen
    ]
    removals = [stay.end for stay in own if stay.end is not None and stay.removal_cause not in NOT_FROM_STOCK]
    return DemandHistory(
        month=months,
        demand=_tally(months, _refills(register, traced.stays)),
        removals=_tally(months, removals),
        failures=_tally(months, failures),
        part_type_number=kind.number,
        as_of=register.horizon.as_of,
    )


def _refills(register: Register, stays: Mapping[Key, list[Stay]]) -> Iterator[float]:
    """When a serial from stock took the place of another."""
    moved_in = {
        later.installation_id
        for own in stays.values()
        for earlier, later in pairwise(own)
        if earlier.removal_cause in NOT_FROM_STOCK
    }
    by_place: dict[tuple[Key, Key], list[Stay]] = {}
    for own in stays.values():
        for stay in own:
            by_place.setdefault((stay.system_id, stay.position_id), []).append(stay)
    for (system_id, _), found in by_place.items():
        if system_id not in register.chosen:
            continue
        for earlier, later in pairwise(sorted(found, key=lambda stay: stay.start)):
            if earlier.part_id != later.part_id and later.installation_id not in moved_in:
                yield later.start


def _months(first: float, last: float) -> Iterator[date]:
    month, end = _month_of(first), _month_of(last)
    while month <= end:
        yield month
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _month_of(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date().replace(day=1)


def _tally(months: Iterable[date], moments: Iterable[float]) -> NDArray[np.int64]:
    found = Counter(_month_of(at) for at in moments)
    return np.array([found[month] for month in months], dtype=np.int64)
