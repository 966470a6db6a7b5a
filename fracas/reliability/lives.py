"""The lives of all serials of a part type, traced from the register and the failure reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from fracas.catalog.models import PartType, RepairAssumption
from fracas.reliability import queries
from fracas.reliability.keys import Key, as_key
from fracas.reliability.meters import CalendarMeters, Meters
from fracas.reliability.queries import FailureRow, Horizon
from fracas.reliability.register import Register, read_meters, stays_by_part
from fracas.reliability.resolution import Judgements, Resolved, Scoring, counts, resolve
from fracas.reliability.timelines import Life, Place, Stay, trace


@dataclass(frozen=True)
class Traced:
    """Every serial's life, with the facts behind it."""

    register: Register
    names: Mapping[Key, tuple[str, str | None]]
    stays: Mapping[Key, list[Stay]]
    lives: Mapping[Key, Life]
    reports: Mapping[Key, FailureRow]
    resolved: Resolved
    judgements: Judgements


def judgements(session: Session, horizon: Horizon) -> Judgements:
    """What had been said about failures."""
    return Judgements(
        queries.verifications(session, horizon),
        queries.scores(session, horizon),
        queries.analysed_modes(session, horizon),
    )


def trace_part_type(
    session: Session,
    register: Register,
    part_type: PartType,
    *,
    metric: str,
    scoring: Scoring,
    reach_days: float,
) -> Traced:
    """Trace all serials of ``part_type``; see `timelines` for the rules."""
    horizon = register.horizon
    stays = stays_by_part(session, register, part_type, metric)
    names = queries.part_names(session, part_type.id)
    rows = queries.part_type_failures(session, horizon, part_type.id)
    said = judgements(session, horizon)
    resolved = resolve(
        rows,
        [stay for own in stays.values() for stay in own],
        part_type_id=as_key(session, part_type.id),
        part_ids=names.keys(),
        swaps=queries.swaps(session, horizon, part_type.id),
        judgements=said,
        scoring=scoring,
        default=part_type.repair_assumption,
        as_of=register.until,
    )
    meters = read_meters(session, register, metric, part_type.id, reach_days=reach_days)
    lives = {
        part_id: trace(
            own,
            resolved.by_part.get(part_id, []),
            _places(register, meters, own),
            register.until,
            is_as_new=part_type.repair_assumption == RepairAssumption.AS_NEW,
            counts_unscored=counts("unscored", scoring),
        )
        for part_id, own in stays.items()
    }
    for part_id in resolved.by_part.keys() - stays.keys():
        lives[part_id] = trace([], resolved.by_part[part_id], [], register.until)
    return Traced(register, names, stays, lives, {row.id: row for row in rows}, resolved, said)


def _places(register: Register, meters: Meters | CalendarMeters, stays: list[Stay]) -> list[Place]:
    own = meters.of_part(stays)
    return [
        Place(
            meters.of_system(stay.system_id) if own is None else own,
            register.observation_of(stay.system_id).windows,
        )
        for stay in stays
    ]
