"""The verb that enters what a meter showed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fracas.assets import lifespan, meters, placement, queries
from fracas.assets.input import part_meant
from fracas.assets.models import Part, ReadingKind, System, UsageReading
from fracas.catalog import queries as catalog
from fracas.core import clock
from fracas.core.errors import Invalid
from fracas.core.lookup import wanted
from fracas.core.moments import happened
from fracas.core.permissions import Actor
from fracas.core.verbs import verb


@verb("usage.record")
def read_usage(
    session: Session,
    actor: Actor,
    *,
    metric: Any,
    value: float,
    system: Any = None,
    part: Any = None,
    part_type: Any = None,
    occurred_at: datetime | None = None,
    restarts_at: float | None = None,
    external_id: str | None = None,
) -> UsageReading:
    """Enter what a meter of a system or part showed.

    ``restarts_at`` says that the meter was replaced then: ``value`` is the old meter's last reading, ``restarts_at`` the
    new meter's first. The same reading entered again is the one that is there.
    """
    if (system in (None, "")) == (part in (None, "")):
        raise Invalid("Give the system or the part whose meter was read, one of the two.", field="system")
    at = happened(occurred_at)
    bearer: System | Part = (
        part_meant(session, actor, part, part_type)
        if system in (None, "")
        else wanted("system", queries.system, session, actor, system)
    )
    measure = wanted("metric", catalog.metric, session, actor, metric)
    value = meters.refuse_value(value, "value")
    restarts_at = None if restarts_at is None else meters.refuse_value(restarts_at, "restarts_at")
    kind = ReadingKind.READING if restarts_at is None else ReadingKind.METER_REPLACED
    placement.lock(session, *([bearer] if isinstance(bearer, System) else [None, bearer]))
    earlier, later = meters.before(session, bearer, measure, at), meters.after(session, bearer, measure, at)
    if earlier is not None and earlier.occurred_at == at:
        if meters.same(earlier, kind, value, restarts_at):
            return earlier
        meters.refuse_second_at_once(bearer, measure, earlier)
    meters.refuse_backwards(bearer, measure, at, value, restarts_at, earlier, later)
    meters.refuse_leap(session, bearer, measure, at, value, earlier)
    if earlier is None and later is None:
        meters.refuse_fourth_metric(session, bearer, measure)
    if isinstance(bearer, System):
        lifespan.refuse_outside_service(session, bearer, at, "occurred_at")
    made = UsageReading(
        organisation_id=actor.organisation_id,
        system_id=bearer.id if isinstance(bearer, System) else None,
        part_id=bearer.id if isinstance(bearer, Part) else None,
        metric=measure,
        kind=kind,
        value=value,
        restarts_at=restarts_at,
        occurred_at=at,
        entered_at=clock.now(),
        entered_by=actor.user_id,
        external_id=external_id,
    )
    session.add(made)
    return made
