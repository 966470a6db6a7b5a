"""The table as an object; how it is made is tested in test_datasets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy.orm import Session

from fracas.core.errors import Invalid
from fracas.reliability.datasets import life_table
from fracas.reliability.lifetable import LifeTable
from tests.factories.fleet import Fleet, day


@pytest.fixture
def table(session: Session) -> LifeTable:
    fleet = Fleet(session)
    fleet.install("A", lot="L1")
    fleet.install("B", position=1)
    fleet.install("C", "S2", as_="age_unknown")
    fleet.verify(fleet.fail("A", 100), "confirmed", 101, mode="LEAK")
    fleet.verify(fleet.fail("B", 400, good=300), "confirmed", 401, mode="STUCK")
    return life_table(session, fleet.actor, part_type="VALVE-1", as_of=day(1000))


def test_columns_have_one_length_and_are_frozen(table: LifeTable) -> None:
    assert {len(getattr(table, name)) for name in table.columns()} == {len(table)}
    with pytest.raises(ValueError, match="read-only"):
        table.entry[0] = 1.0


def test_a_selection_counts_its_own(table: LifeTable) -> None:
    part = table.where(table.serial == "A")
    assert (len(part), part.counts.serials, part.counts.failures, part.counts.age_unknown) == (2, 1, 1, 0)
    assert part.counts.unscored == table.counts.unscored


def test_groups_keep_what_has_no_label_last(table: LifeTable) -> None:
    assert [(label, len(part)) for label, part in table.groups("lot")] == [("L1", 2), (None, 3)]


def test_for_one_mode_another_only_ends_the_view(table: LifeTable) -> None:
    leak = table.for_mode("LEAK")
    assert (leak.failures, len(leak)) == (1, len(table))
    stuck = leak.where((leak.serial == "B") & (leak.ended_at < np.datetime64("2022-01-01")))
    # It was last known to have no leak when it was last known to work at all.
    assert (stuck.event.tolist(), stuck.exit.tolist(), stuck.exposure.tolist()) == ([0], [300.0], [300.0])
    assert leak.life_data().counts.failures == 1
    assert stuck.planned_exit.tolist() == [300.0]


def test_life_data_carry_intervals_entries_and_labels(table: LifeTable) -> None:
    data = table.life_data(group="lot")
    assert (data.counts.intervals, data.counts.exact, len(data)) == (1, 1, 4)
    assert data.planned_exit is not None
    unknown = replace(table, planned_exit=np.full(len(table), np.nan))
    assert unknown.life_data().planned_exit is None
    assert data.groups == ("", "L1")
    assert data.unit == "d"


def test_a_frame_of_nothing_is_a_frame(session: Session) -> None:
    fleet = Fleet(session)
    empty = life_table(session, fleet.actor, part_type="VALVE-1", as_of=day(10))
    assert (len(empty), len(empty.to_frame()), empty.total_exposure, empty.exposure_estimated_share) == (
        0,
        0,
        0,
        None,
    )
    with pytest.raises(Invalid):
        empty.life_data()
