"""Life data, event histories and demand from the tracker's own events, for any day and any state of knowledge."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from fracas.catalog import queries as catalog
from fracas.catalog.models import PartType, RepairAssumption
from fracas.core.errors import Finding, Invalid
from fracas.core.lookup import wanted
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.reliability import queries
from fracas.reliability.demand import DemandHistory, demand_history
from fracas.reliability.histories import FleetHistory, event_histories, fleet_history
from fracas.reliability.keys import Key, as_uuid
from fracas.reliability.lifetable import LifeTable, TableCounts
from fracas.reliability.lives import Traced, trace_part_type
from fracas.reliability.register import EXTRAPOLATE_DAYS, open_register, unit_of, whose
from fracas.reliability.resolution import Scoring
from fracas.reliability.timelines import Outside, Segment

__all__ = [
    "DemandHistory",
    "FleetHistory",
    "LifeTable",
    "demand_history",
    "event_histories",
    "fleet_history",
    "life_table",
]


def life_table(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str,
    metric: str | None = None,
    as_of: datetime | date | None = None,
    known_at: datetime | date | None = None,
    scoring: Scoring = "default",
    extrapolate: bool = True,
    extrapolate_days: float = EXTRAPOLATE_DAYS,
    sites: Collection[Any] | None = None,
) -> LifeTable:
    """One row per life segment of every serial of a part type: failures, survivors, removals for other reasons.

    Parameters
    ----------
    session : open session; nothing is written.
    actor : whose view: only systems that they may see give rows. An organisation's id, or None where the database holds one
        organisation only, stands for the service itself, which sees all.
    part_type : number, id or record.
    metric : "calendar" (days installed, needs no readings) or the code of a usage metric; None: the metric in which the
        part type's life is counted (its primary metric, else the calendar). Pages, API, export and notebooks all
        leave the choice to this rule.
    as_of : up to when things had happened; a date means its end (UTC); None: now. A failure that was found after it (see
        last known good) had not been seen.
    known_at : up to when facts had been entered and not yet corrected, and failures been verified, scored and analysed;
        None: all that is known now. A table made on a past day comes out again with both dates set to it (site,
        configuration and lot are present names, not facts).
    scoring : "default" counts counted and unscored failures, "counted" only counted ones. A failure that does not
        count never takes exposure away: where the part was removed for it the life is censored at the removal.
    extrapolate, extrapolate_days : a meter is carried on beyond its last reading at the unit's own rate over its last 365
        days of readings (where it has none, at the median rate of its model), for at most this many days; likewise
        before its first reading, unless commissioning (meter 0) is known. ``extrapolate=False`` stops at readings. A
        reading taken after ``as_of`` but known serves to interpolate.
    sites : codes, ids or records of sites to narrow to.

    Returns
    -------
    LifeTable
        With `counts` and `warnings`: what counted and could not be shown is told there, never dropped.

    Raises
    ------
    Invalid
        If the part type or metric is unknown, or a date lies in the future.

    Notes
    -----
    The rules of age, repair, removal and observation are in `fracas.reliability.timelines`, those of naming the
    serial in `fracas.reliability.resolution`. Observation of a system (`fracas.reliability.observation`): from
    commissioning to retirement, narrowed to its stated windows; a system with neither is observed through what is
    installed in it.
    """
    if scoring not in ("default", "counted"):
        raise Invalid(N_("“scoring” is “default” or “counted”."), field="scoring")
    actor = whose(session, actor)
    kind = wanted("part_type", catalog.part_type, session, actor, part_type)
    metric = kind.life_metric if metric is None else metric
    unit = unit_of(session, actor, metric)
    register = open_register(session, actor, as_of=as_of, known_at=known_at, sites=sites)
    reach = extrapolate_days if extrapolate else 0.0
    traced = trace_part_type(session, register, kind, metric=metric, scoring=scoring, reach_days=reach)
    may_open = queries.visible_failures(session, actor)
    rows = [
        (part_id, segment)
        for part_id, life in traced.lives.items()
        for segment in life.segments
        if segment.stay.system_id in register.chosen
    ]
    rows.sort(key=lambda row: (traced.names[row[0]][0], row[1].start, row[1].end))
    counts, warnings = _account(traced, [segment for _, segment in rows])
    return LifeTable(
        **_columns(
            rows, traced, kind.number, queries.position_names(session, actor.organisation_id), may_open
        ),
        part_type_number=kind.number,
        metric=metric,
        unit=unit,
        as_of=register.horizon.as_of,
        known_at=register.horizon.known_at,
        counts=counts,
        warnings=warnings,
        is_repaired=kind.repair_assumption == RepairAssumption.AS_OLD,
    )


def _columns(
    rows: list[tuple[Key, Segment]],
    traced: Traced,
    number: str,
    positions: dict[Key, Any],
    may_open: set[Key] | None,
) -> dict[str, Any]:
    segments = [segment for _, segment in rows]
    stays = [segment.stay for segment in segments]
    systems = [traced.register.systems[stay.system_id] for stay in stays]
    events = [segment.breakdown for segment in segments]
    ids = [one.failure_id if one is not None else None for one in events]
    reports = [traced.reports.get(key) if key is not None else None for key in ids]
    sites = {names.site_id: names.site for names in traced.register.systems.values()}
    open_ids = [key if may_open is None or key in may_open else None for key in ids]
    labels = {
        "serial": [traced.names[part_id][0] for part_id, _ in rows],
        "part_type": [number] * len(rows),
        "position": [positions[stay.position_id][0] for stay in stays],
        "system": [names.serial for names in systems],
        "site": [
            sites.get(report.site_id, names.site) if report else names.site
            for report, names in zip(reports, systems, strict=True)
        ],
        "mode": [traced.judgements.mode_of(key) if key else None for key in ids],
        "repair": [None if one is None else "as_new" if one.is_as_new else "as_old" for one in events],
        "scoring": [None if one is None else one.scoring for one in events],
        "configuration": [
            (report.configuration if report else None) or names.configuration
            for report, names in zip(reports, systems, strict=True)
        ],
        "lot": [traced.names[part_id][1] for part_id, _ in rows],
        "failure_number": [traced.reports[key].number if key else None for key in open_ids],
        "failure_id": [as_uuid(key) if key else None for key in open_ids],
        "part_id": [as_uuid(part_id) for part_id, _ in rows],
        "installation_id": [as_uuid(stay.installation_id) for stay in stays],
    }
    numbers = ("entry", "exit", "planned_exit", "lower", "upper", "exposure", "estimated")
    return {
        **{name: _objects(values) for name, values in labels.items()},
        **{name: np.array([getattr(one, name) for one in segments], dtype=np.float64) for name in numbers},
        "event": np.array([one.event for one in segments], dtype=np.int8),
        "age_known": np.array([one.age_known for one in segments], dtype=np.bool_),
        "is_running": np.array([one.is_last and one.stay.end is None for one in segments], dtype=np.bool_),
        "started_at": _moments([one.start for one in segments]),
        "ended_at": _moments([one.end for one in segments]),
        "life_started_at": _moments([one.life_start for one in segments]),
    }


def _objects(values: list[Any]) -> Any:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _moments(seconds: list[float]) -> Any:
    return np.round(np.array(seconds, dtype=np.float64) * 1e6).astype("datetime64[us]")


def _account(traced: Traced, segments: list[Segment]) -> tuple[TableCounts, tuple[Finding, ...]]:
    """What the rows show and what they cannot, for the systems that are looked at."""
    chosen = traced.register.chosen
    by_scoring = {"counted": 0, "excluded": 0, "unscored": 0}
    for own in traced.resolved.by_part.values():
        for one in own:
            if one.failure_id is not None and traced.reports[one.failure_id].system_id in chosen:
                by_scoring[one.scoring] += 1
    unreported = sum(1 for one in segments if one.breakdown is not None and one.breakdown.failure_id is None)
    by_scoring["unscored"] += unreported
    outside = [one for life in traced.lives.values() for one in life.outside if _is_of(one, traced)]
    shown = {segment.stay.part_id for segment in segments}
    installed = {
        part_id for part_id, own in traced.stays.items() if any(stay.system_id in chosen for stay in own)
    }
    counts = TableCounts(
        serials=len(shown),
        failures=sum(1 for one in segments if one.event),
        **by_scoring,
        outside=len(outside),
        without_serial=sum(
            1
            for row in traced.resolved.without_serial
            if row.system_id in chosen and traced.judgements.scoring_of(row) != "excluded"
        ),
        age_unknown=sum(1 for one in segments if not one.age_known),
        without_usage=len(installed - shown),
    )
    return counts, tuple(_warnings(counts, outside, traced, unreported, segments))


def _is_of(one: Outside, traced: Traced) -> bool:
    if one.stay is not None:
        return one.stay.system_id in traced.register.chosen
    key = one.breakdown.failure_id
    return key is not None and traced.reports[key].system_id in traced.register.chosen


OUTSIDE = {
    "not_installed": N_(
        "%(count)s failures are of a serial that was not installed then, and are not shown: %(which)s."
    ),
    "window": N_(
        "%(count)s failures lie outside the observation of their system, and are not shown: %(which)s."
    ),
    "usage": N_(
        "%(count)s failures came after the last usage that is known or may be estimated, and are not shown: %(which)s."
    ),
    "down": N_(
        "%(count)s failures were reported while the part was already waiting for its removal, and are not shown:"
        " %(which)s."
    ),
}


def _warnings(
    counts: TableCounts, outside: list[Outside], traced: Traced, unreported: int, segments: list[Segment]
) -> list[Finding]:
    found = []
    for why, message in OUTSIDE.items():
        own = [one.breakdown for one in outside if one.why == why]
        if own:
            numbers = [traced.reports[one.failure_id].number for one in own if one.failure_id is not None]
            which = ", ".join(numbers[:5]) + (", …" if len(numbers) > 5 else "")
            found.append(Finding(message, params={"count": len(own), "which": which}))
    whole = sum(one.exit - one.entry for one in segments)
    estimated = sum(one.estimated for one in segments)
    told = [
        (
            counts.without_serial,
            N_("%(count)s failures of this part type name no serial, and are in no life."),
        ),
        (
            counts.age_unknown,
            N_("%(count)s rows are of parts whose age nobody knows; they give exposure only."),
        ),
        (counts.without_usage, N_("%(count)s installed serials have no known usage, and are not shown.")),
        (
            unreported,
            N_("%(count)s removals because of a failure have no report; they count as unscored failures."),
        ),
    ]
    found += [Finding(message, params={"count": count}) for count, message in told if count]
    if estimated > 0:
        share = f"{100 * estimated / whole:.1f}"
        found.append(
            Finding(N_("%(share)s %% of the exposure is estimated beyond readings."), params={"share": share})
        )
    return found
