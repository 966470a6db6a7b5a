"""Which serial a failure report is about, whether it counts, and what it makes of the part's age."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from fracas.catalog.models import RepairAssumption
from fracas.failures.models import Decision, Outcome
from fracas.failures.scoring import classify
from fracas.reliability.keys import Key
from fracas.reliability.queries import FailureRow
from fracas.reliability.timelines import Breakdown, Stay

Scoring = Literal["default", "counted"]
"""``default`` counts counted and unscored failures, ``counted`` only what was scored so."""


@dataclass(frozen=True)
class Judgements:
    """What people said about failures, as known at the moment asked for."""

    verifications: Mapping[Key, tuple[Outcome, str | None]]
    scores: Mapping[Key, Decision]
    analysed_modes: Mapping[Key, str]

    def scoring_of(self, row: FailureRow) -> str:
        """``counted``, ``excluded`` or ``unscored``, by the rule of the failures room."""
        outcome = self.verifications.get(row.id, (None, None))[0]
        return str(classify(outcome, self.scores.get(row.id), row.maintenance_kind))

    def mode_of(self, failure_id: Key) -> str | None:
        """The mode by the problem's analysis, else the observed one, else None."""
        return self.analysed_modes.get(failure_id) or self.verifications.get(failure_id, (None, None))[1]


def counts(scoring_class: str, scoring: Scoring) -> bool:
    return scoring_class == "counted" or (scoring_class == "unscored" and scoring == "default")


@dataclass
class Resolved:
    """Failures by the serial they are about, and those for which the register names none."""

    by_part: dict[Key, list[Breakdown]] = field(default_factory=dict)
    without_serial: list[FailureRow] = field(default_factory=list)


class Occupants:
    """Who sat where, when: the stays of one part type by system and position."""

    def __init__(self, stays: Iterable[Stay]) -> None:
        self._stays = stays
        self._by_system: dict[Key, list[Stay]] = {}
        self._by_place: dict[tuple[Key, Key], list[Stay]] = {}

    def _sort(self) -> None:
        """Only where some report names no serial: most name one."""
        for stay in sorted(self._stays, key=lambda one: one.start):
            self._by_system.setdefault(stay.system_id, []).append(stay)
            self._by_place.setdefault((stay.system_id, stay.position_id), []).append(stay)

    def of_place(self, system_id: Key, position_id: Key, at: float) -> Stay | None:
        """The serial in a position at a moment; at a swap's own moment, the one that came out."""
        if not self._by_place:
            self._sort()
        own = self._by_place.get((system_id, position_id), [])
        i = bisect_right(own, at, key=lambda stay: stay.start) - 1
        if i > 0 and own[i].start == at and own[i - 1].end == at:
            i -= 1
        return own[i] if i >= 0 and _holds(own[i], at) else None

    def only_one(self, system_id: Key, at: float) -> Stay | None:
        """The serial of this type in a system at a moment, where there is no doubt which."""
        if not self._by_place:
            self._sort()
        found = [stay for stay in self._by_system.get(system_id, []) if _holds(stay, at)]
        leaving = [stay for stay in found if stay.start < at]
        chosen = leaving if leaving and len(found) > 1 else found
        return chosen[0] if len(chosen) == 1 else None


def _holds(stay: Stay, at: float) -> bool:
    return stay.start <= at and (stay.end is None or at <= stay.end)


def resolve(
    rows: Iterable[FailureRow],
    stays: Sequence[Stay],
    *,
    part_type_id: Key,
    part_ids: Collection[Key],
    swaps: Mapping[Key, Sequence[tuple[Key, Key]]],
    judgements: Judgements,
    scoring: Scoring,
    default: RepairAssumption,
    as_of: float,
) -> Resolved:
    """Give each failure of one part type to its serial: by the serial it names, by the part taken out, by the
    place it names, or as the only part of the type in the system.

    A failure of another type is none of ours; one of this type whose serial nobody can tell is kept apart.
    """
    occupants = Occupants(stays)
    result = Resolved()
    for row in rows:
        if row.part_id is not None and row.part_id not in part_ids:
            continue
        at = row.seen_at
        if at > as_of:
            continue  # Found after the as-of moment: by then nobody could know that it had failed.
        taken_out = {part: removal for removal, part in swaps.get(row.id, ()) if part in part_ids}
        part_id = row.part_id
        if part_id is None and len(taken_out) == 1:
            part_id = next(iter(taken_out))
        if part_id is None and row.part_type_id in (None, part_type_id):
            stay = _by_place(occupants, row, at, part_type_id)
            part_id = stay.part_id if stay is not None else None
        if part_id is not None:
            one = _breakdown(row, judgements.scoring_of(row), scoring, default, taken_out.get(part_id))
            result.by_part.setdefault(part_id, []).append(one)
        elif row.part_type_id == part_type_id or taken_out:
            result.without_serial.append(row)
    return result


def _by_place(occupants: Occupants, row: FailureRow, at: float, part_type_id: Key) -> Stay | None:
    if row.position_id is not None:
        return occupants.of_place(row.system_id, row.position_id, at)
    return occupants.only_one(row.system_id, at) if row.part_type_id == part_type_id else None


def _breakdown(
    row: FailureRow, scoring_class: str, scoring: Scoring, default: RepairAssumption, removal_id: Key | None
) -> Breakdown:
    return Breakdown(
        failure_id=row.id,
        at=row.occurred_at,
        scoring=scoring_class,
        counts=counts(scoring_class, scoring),
        is_as_new=(row.repair_assumption or default) == RepairAssumption.AS_NEW,
        found_at=row.detected_at,
        good_at=row.last_known_good_at,
        removal_id=removal_id,
        restored_at=row.restored_at,
        maintenance_kind=row.maintenance_kind,
    )
