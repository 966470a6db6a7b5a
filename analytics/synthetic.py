"""A seeded simulator of a fleet's life events, with the truth known: what any estimate can be checked
against.

Draws numbers and nothing else: which part was put into which place on which day, and when and why it came
out. Words, people and reports are made by whoever plays the events.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import InvalidData
from analytics.lifedata import LifeData
from analytics.results import FloatArray

Cause = Literal["failure", "preventive", "none yet"]
Law = Literal["base", "changed", "bad"]


@dataclass(frozen=True)
class WeibullLaw:
    """A true life distribution in usage units: scale `eta` and shape `beta`, both positive."""

    eta: float
    beta: float

    def __post_init__(self) -> None:
        if not (0 < self.eta < np.inf and 0 < self.beta < np.inf):
            raise InvalidData(
                f"a Weibull law needs positive eta and beta, not {self.eta!r} and {self.beta!r}"
            )

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """(t / eta) ** beta, so that a truth can be put where a fit is asked for (`renewal_function`)."""
        return np.asarray((np.asarray(t, dtype=float) / self.eta) ** self.beta)

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p` has failed."""
        return np.asarray(self.eta * (-np.log1p(-np.asarray(p, dtype=float))) ** (1 / self.beta))

    def draw(self, rng: np.random.Generator) -> float:
        """One life in usage units."""
        return float(self.eta * rng.weibull(self.beta))


@dataclass(frozen=True)
class Slot:
    """A place that always holds one part: in service from `start_day` to `end_day`, used `usage_per_day` each
    day."""

    start_day: float
    end_day: float
    usage_per_day: float

    def __post_init__(self) -> None:
        if not (self.start_day <= self.end_day and np.isfinite(self.end_day) and self.usage_per_day > 0):
            raise InvalidData(f"a slot must not end before it starts, and must be used: {self}")


@dataclass(frozen=True)
class PartTruth:
    """Everything that is true of one part type.

    Parameters
    ----------
    law : WeibullLaw
        Life in usage units of parts made before any change. A part is made on the day it is first needed.
    changed_law : WeibullLaw, optional
        Life of parts made, or made as new by repair, from `change_day` on: a corrective action that works has
        another law, one that does not has the same law again.
    change_day : float
        Day of the change; never unless given.
    bad_law : WeibullLaw, optional
        Life of the parts of a bad batch; a bad part stays bad when repaired.
    bad_share : float
        Probability that a part is of the bad batch, in [0, 1].
    bad_from_day, bad_to_day : float
        Days between which bad parts are made.
    preventive_per_day : float
        Rate at which a working part is taken out for another reason, per day in service.
    reuse_share : float
        Probability that a working part so taken out is kept, and goes into the next place that needs one,
        with its age.
    repair_days : float, optional
        Days until a failed part comes back from repair as good as new, ready for the next place that needs
        one; failed parts are scrapped unless given.
    """

    law: WeibullLaw
    changed_law: WeibullLaw | None = None
    change_day: float = np.inf
    bad_law: WeibullLaw | None = None
    bad_share: float = 0.0
    bad_from_day: float = -np.inf
    bad_to_day: float = np.inf
    preventive_per_day: float = 0.0
    reuse_share: float = 0.0
    repair_days: float | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.bad_share <= 1 and 0 <= self.reuse_share <= 1 and self.preventive_per_day >= 0):
            raise InvalidData("shares must lie between 0 and 1 and rates must not be negative")
        if self.bad_share > 0 and self.bad_law is None:
            raise InvalidData("a share of bad parts needs a bad_law")
        if self.repair_days is not None and self.repair_days < 0:
            raise InvalidData("repair_days must not be negative")


@dataclass(frozen=True)
class Installation:
    """One stay of one part in one place.

    Attributes
    ----------
    slot : int
        Position in the sequence of slots.
    serial : int
        Number of the part, from 0 in order of first installation.
    life : int
        0 for a part as made, 1 after its first repair as new, and so on.
    law : {"base", "changed", "bad"}
        The true law of this life.
    installed_day : float
        Day on which it went in.
    removed_day : float or None
        Day on which it came out; None when still in at the end of the slot.
    cause : {"failure", "preventive", "none yet"}
        Why it came out.
    age_at_install, age_at_exit : float
        Usage since new (or since repaired as new) at the beginning and at the end of the stay.
    """

    slot: int
    serial: int
    life: int
    law: Law
    installed_day: float
    removed_day: float | None
    cause: Cause
    age_at_install: float
    age_at_exit: float


@dataclass
class _Part:
    serial: int
    bad: bool
    life: int
    law: Law
    age: float
    fails_at_age: float


class _Stores:
    """Where the next part comes from: used and repaired parts first, then new ones."""

    def __init__(self, truth: PartTruth, rng: np.random.Generator) -> None:
        self.truth, self.rng = truth, rng
        self.made = 0
        self.shelf: list[tuple[float, int, _Part]] = []

    def next_part(self, day: float) -> _Part:
        if self.shelf and self.shelf[0][0] <= day:
            ready_day, _, part = heapq.heappop(self.shelf)
            if part.fails_at_age == 0.0:
                self._renew(part, ready_day)
            return part
        truth = self.truth
        in_batch = truth.bad_from_day <= day < truth.bad_to_day
        bad = bool(self.rng.random() < truth.bad_share) and in_batch
        part = _Part(self.made, bad, life=-1, law="base", age=0.0, fails_at_age=0.0)
        self.made += 1
        self._renew(part, day)
        return part

    def take_back(self, part: _Part, day: float, cause: Cause) -> None:
        if cause == "failure" and self.truth.repair_days is not None:
            part.fails_at_age = 0.0
            heapq.heappush(self.shelf, (day + self.truth.repair_days, part.serial, part))
        elif cause == "preventive" and self.rng.random() < self.truth.reuse_share:
            heapq.heappush(self.shelf, (day, part.serial, part))

    def _renew(self, part: _Part, day: float) -> None:
        truth = self.truth
        law, part.law = truth.law, "base"
        if part.bad and truth.bad_law is not None:
            law, part.law = truth.bad_law, "bad"
        elif truth.changed_law is not None and day >= truth.change_day:
            law, part.law = truth.changed_law, "changed"
        part.life += 1
        part.age, part.fails_at_age = 0.0, law.draw(self.rng)


def simulate_lives(
    slots: Sequence[Slot], truth: PartTruth, *, rng: np.random.Generator
) -> list[Installation]:
    """Play the lives of one part type in all its places, day by day.

    Every place holds a part from its first to its last day; a part that comes out is replaced at once. Ages
    travel with the part, not with the place.

    Parameters
    ----------
    slots : sequence of Slot
        The places, with their days in service and their use.
    truth : PartTruth
        What is true of the part type.
    rng : numpy.random.Generator
        Source of all chance: the same generator state and input give the same events.

    Returns
    -------
    list of Installation
        In order of the day of installation, then of slot.

    Examples
    --------
    >>> slots = [Slot(start_day=0, end_day=1000, usage_per_day=10)] * 3
    >>> stays = simulate_lives(slots, PartTruth(WeibullLaw(4000, 2)), rng=np.random.default_rng(1))
    >>> sum(stay.cause == "none yet" for stay in stays)
    3
    """
    stores = _Stores(truth, rng)
    stays: list[Installation] = []
    # One entry for each place: the day on which it next needs a part. Days come in order, so that the shelf
    # does.
    needs = [(slot.start_day, index) for index, slot in enumerate(slots)]
    exits: list[tuple[float, int, _Part, Cause]] = []
    heapq.heapify(needs)
    while needs:
        day, index = heapq.heappop(needs)
        # Strictly earlier, or a working part that was taken out would go straight back into its place.
        while exits and exits[0][0] < day:
            out_day, _, part, cause = heapq.heappop(exits)
            stores.take_back(part, out_day, cause)
        slot, part = slots[index], stores.next_part(day)
        out_day, cause = _exit(slot, part, day, truth, rng)
        age = part.age
        part.age = part.fails_at_age if cause == "failure" else age + (out_day - day) * slot.usage_per_day
        stays.append(
            Installation(
                slot=index,
                serial=part.serial,
                life=part.life,
                law=part.law,
                installed_day=day,
                removed_day=None if cause == "none yet" else out_day,
                cause=cause,
                age_at_install=age,
                age_at_exit=part.age,
            )
        )
        if cause != "none yet":
            heapq.heappush(exits, (out_day, part.serial, part, cause))
            heapq.heappush(needs, (out_day, index))
    return stays


def _exit(
    slot: Slot, part: _Part, day: float, truth: PartTruth, rng: np.random.Generator
) -> tuple[float, Cause]:
    fails = day + (part.fails_at_age - part.age) / slot.usage_per_day
    taken = day + rng.exponential(1 / truth.preventive_per_day) if truth.preventive_per_day else np.inf
    first = min(fails, taken)
    if first > slot.end_day:
        return slot.end_day, "none yet"
    return float(first), "failure" if fails <= taken else "preventive"


def life_data(stays: Sequence[Installation], *, unit: str = "h") -> LifeData:
    """The stays as life data: failures exact, everything else censored, later stays of one life entering
    late.

    Parameters
    ----------
    stays : sequence of Installation
        From `simulate_lives`.
    unit : str
        Unit of usage.

    Returns
    -------
    LifeData
        One row a stay, grouped by its true law; `planned_exit` is not set.
    """
    return LifeData(
        [stay.age_at_exit for stay in stays],
        [int(stay.cause == "failure") for stay in stays],
        entry=[stay.age_at_install for stay in stays],
        group=[stay.law for stay in stays],
        unit=unit,
    )
