"""Entry in any order of time: the record ends up the same, or the entry is refused with the record that disagrees."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets.models import Installation, Removal
from fracas.assets.superseding import settle, supersede
from fracas.core import clock
from fracas.core.errors import Invalid
from tests.factories.assets import Register, Told, day

PLACES = [("S1", "B1.BCU"), ("S1", "B2.BCU"), ("S1", "BOX"), ("S2", "B1.BCU")]
SERIALS = ["A", "B", "C"]
IN_ANY_ORDER = settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target],
)


@dataclass(frozen=True)
class Entry:
    """One thing to enter: the verb and its facts."""

    verb: str
    serial: str
    at: float
    facts: tuple[tuple[str, Any], ...] = ()


def enter(register: Register, told: Entry) -> None:
    facts = dict(told.facts)
    if "removed_at" in facts:
        facts["removed_at"] = day(facts["removed_at"])
    getattr(register, told.verb)(told.serial, at=told.at, **facts)


def true_history(rng: random.Random, steps: int, *, closed: bool) -> list[Entry]:
    """A history in which no two records disagree, in order of time; ``closed``: stays are told with their end."""
    where: dict[str, tuple[str, str]] = {}
    since: dict[str, tuple[float, int]] = {}
    told: list[Entry] = []
    for step in range(steps):
        at, serial = float(step + 1), rng.choice(SERIALS)
        free = [place for place in PLACES if place not in where.values()]
        system, position = rng.choice(free)
        place = (("system", system), ("position", position))
        if serial not in where:
            told.append(Entry("install", serial, at, place))
            where[serial], since[serial] = (system, position), (at, len(told) - 1)
        elif not closed and rng.random() < 0.5:
            told.append(Entry("move", serial, at, place))
            where[serial] = (system, position)
        else:
            cause = rng.choice(["failure", "preventive"])
            if closed:
                began, row = since[serial]
                facts = (*told[row].facts, ("removed_at", at), ("removal_cause", cause))
                told[row] = Entry("install", serial, began, facts)
            else:
                told.append(Entry("remove", serial, at, (("cause", cause),)))
            del where[serial]
    return told


def entered(register: Register, told: list[Entry], *, rounds: int = 1) -> tuple[list[Told], list[Invalid]]:
    """What the register says after entering ``told`` in this order on a clean sheet, and what it refused to the end."""
    with register.session.begin_nested() as sheet:
        left = told
        for _ in range(rounds):
            again, refusals = [], []
            for one in left:
                try:
                    enter(register, one)
                except Invalid as refusal:
                    again.append(one)
                    refusals.append(refusal)
            left = again
        said = register.told()
        sheet.rollback()
    register.session.expire_all()
    return said, refusals


@pytest.fixture
def fleet(register: Register) -> Register:
    for serial in SERIALS:
        register.part(serial)
    return register


@IN_ANY_ORDER
@given(seed=st.integers(0, 10**9), steps=st.integers(2, 12))
def test_stays_told_with_their_end_are_never_refused(fleet: Register, seed: int, steps: int) -> None:
    rng = random.Random(seed)
    told = true_history(rng, steps, closed=True)
    expected, refused = entered(fleet, told)
    assert refused == []
    shuffled = rng.sample(
        [one for one in told if "removed_at" in dict(one.facts)],
        k=sum("removed_at" in dict(o.facts) for o in told),
    )
    still_in = [one for one in told if "removed_at" not in dict(one.facts)]
    assert entered(fleet, shuffled + still_in) == (expected, [])


@IN_ANY_ORDER
@given(seed=st.integers(0, 10**9), moves=st.integers(1, 6), ends=st.booleans())
def test_late_moves_split_what_the_register_holds(fleet: Register, seed: int, moves: int, ends: bool) -> None:
    rng = random.Random(seed)
    route = [rng.choice(PLACES)]
    for _ in range(moves):
        route.append(rng.choice([place for place in PLACES if place != route[-1]]))
    first, *later = [
        Entry("move" if at else "install", "A", float(at), (("system", system), ("position", position)))
        for at, (system, position) in enumerate(route)
    ]
    if ends:
        later.append(Entry("remove", "A", float(len(route)), (("cause", "failure"),)))
    expected, refused = entered(fleet, [first, *later])
    assert refused == []
    said, refused = entered(fleet, [first, *rng.sample(later, k=len(later))], rounds=len(later))
    assert (said, refused) == (expected, [])


@IN_ANY_ORDER
@given(seed=st.integers(0, 10**9), steps=st.integers(2, 12))
def test_any_order_gives_the_same_record_or_a_refusal_that_names_one(
    fleet: Register, seed: int, steps: int
) -> None:
    rng = random.Random(seed)
    told = true_history(rng, steps, closed=False)
    expected, refused = entered(fleet, told)
    assert refused == []
    said, refused = entered(fleet, rng.sample(told, k=len(told)), rounds=3)
    if refused:
        assert all(any(serial in str(one) for serial in SERIALS) for one in refused)
    else:
        assert said == expected


def test_a_late_move_hands_the_removal_on_and_keeps_the_link(fleet: Register, session: Session) -> None:
    fleet.install("A", at=0)
    removal = fleet.remove("A", 30, "failure")
    before = clock.now()
    made = fleet.move("A", 10)

    assert fleet.told() == [
        ("A", "S1", "B1.BCU", 0, 10, "move", "new"),
        ("A", "S1", "B2.BCU", 10, 30, "failure", "continued"),
    ]
    assert removal.retracted_at is not None
    heir = session.scalars(select(Removal).where(Removal.replaces_id == removal.id)).unique().one()
    assert heir.installation_id == made.id
    assert fleet.told(known_at=before) == [("A", "S1", "B1.BCU", 0, 30, "failure", "new")]


def test_a_move_to_where_it_is_or_at_the_moment_it_went_in_is_refused(fleet: Register) -> None:
    fleet.install("A", at=5)
    with pytest.raises(Invalid, match="cannot be moved to where it is"):
        fleet.move("A", 10, position="B1.BCU")
    with pytest.raises(Invalid, match="at this very moment"):
        fleet.move("A", 5)
    with pytest.raises(
        Invalid, match=r"A was not installed on 2023-01-02.*went into S1 at B1.BCU only on 2023-01-06"
    ):
        fleet.move("A", 1)


def test_an_earlier_stay_entered_late_takes_the_newness_over(fleet: Register) -> None:
    late = fleet.install("A", at=100)
    fleet.remove("A", 120, "failure")
    assert late.installed_as == "new"
    fleet.install("A", position="B2.BCU", at=1, removed_at=day(50), removal_cause="preventive")
    assert fleet.told() == [
        ("A", "S1", "B1.BCU", 100, 120, "failure", "continued"),
        ("A", "S1", "B2.BCU", 1, 50, "preventive", "new"),
    ]


def test_supersede_keeps_everything_but_what_changes(fleet: Register, session: Session) -> None:
    old = fleet.install("A", at=3, external_id="X-1")
    moment = clock.now()
    made = supersede(session, fleet.actor, old, moment, occurred_at=day(4))
    assert (made.replaces_id, made.occurred_at, made.external_id) == (old.id, day(4), "X-1")
    assert (old.retracted_at, old.occurred_at, made.entered_at) == (moment, day(3), moment)
    assert (made.part, made.system, made.position) == (old.part, old.system, old.position)


def test_a_part_is_where_its_latest_installation_is(fleet: Register, session: Session) -> None:
    fleet.install("A", system="S2", at=10)
    part = fleet.session.scalars(select(Installation)).unique().one().part
    assert (part.site_id, part.customer_id) == (fleet.yard.id, fleet.customer.id)
    fleet.install("A", system="S1", at=1, removed_at=day(2), removal_cause="other")
    settle(session, fleet.actor, part, clock.now())
    assert part.site_id == fleet.yard.id
