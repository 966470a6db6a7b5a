import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import InvalidData, LifeData


def test_counts_are_weighted_and_exposure_runs_from_entry() -> None:
    data = LifeData(
        [100, 200, 50, 30],
        [1, 0, 2, 3],
        entry=[0, 150, 0, 0],
        upper=[np.nan, np.nan, np.nan, 50],
        count=[2, 3, 1, 4],
    )
    counts = data.counts
    assert (counts.records, counts.failures, counts.suspensions) == (4, 7, 3)
    assert (counts.exact, counts.left, counts.intervals) == (2, 1, 4)
    # 2 x 100, 3 x (200 - 150), the left-censored at 25, the interval at 40.
    assert data.exposure == 2 * 100 + 3 * 50 + 25 + 4 * 40


def test_a_life_cut_in_two_has_the_same_exposure() -> None:
    whole = LifeData([700.0], [1])
    cut = LifeData([300.0, 700.0], [0, 1], entry=[0.0, 300.0])
    assert whole.exposure == cut.exposure
    assert whole.counts.failures == cut.counts.failures


def test_a_part_installed_today_counts_and_carries_no_exposure() -> None:
    data = LifeData([0.0, 400.0, 500.0], [0, 0, 1], entry=[0.0, 400.0, 0.0])
    assert data.counts.suspensions == 2
    assert data.exposure == 500.0


def test_one_number_serves_for_all_rows() -> None:
    assert LifeData([1.0, 2.0], 1).counts.failures == 2


@pytest.mark.parametrize(
    ("arguments", "rows", "word"),
    [
        ({"time": [1, -2], "event": [1, 1]}, (1,), "negative"),
        ({"time": [1, np.nan], "event": [1, 1]}, (1,), "finite"),
        ({"time": [1, 2], "event": [1, 4]}, (1,), "event must be"),
        ({"time": [1, 2], "event": [1, 0.5]}, (1,), "event must be"),
        ({"time": [0, 2], "event": [1, 1]}, (0,), "left-censored"),
        ({"time": [5, 2], "event": [0, 0], "entry": [0, 3]}, (1,), "before entry"),
        ({"time": [5, 2], "event": [0, 2], "entry": [0, 2]}, (1,), "time after entry"),
        ({"time": [5, 2], "event": [1, 3]}, (1,), "finite upper"),
        ({"time": [5, 2], "event": [1, 3], "upper": [np.nan, 2]}, (1,), "no length"),
        (
            {"time": [5, 2], "event": [1, 3], "upper": [np.nan, 3], "entry": [0, 3]},
            (1,),
            "before observation",
        ),
        ({"time": [5, 2], "event": [1, 1], "count": [1, 0]}, (1,), "whole number"),
        ({"time": [5, 2], "event": [1, 1], "count": [1.5, 1]}, (0,), "whole number"),
        ({"time": [5, 2], "event": [1, 1], "truncated_above": [4, np.nan]}, (0,), "could not have been seen"),
        ({"time": [5, 2], "event": [0, 1], "truncated_above": [5, np.nan]}, (0,), "could not have been seen"),
        (
            {"time": [5, 2], "event": [1, 1], "entry": [5, 0], "truncated_above": [5, 9]},
            (0,),
            "could never have been seen",
        ),
        ({"time": [5, 2], "event": [1, 1], "planned_exit": [4, 4]}, (0,), "planned_exit"),
    ],
)
def test_refused_rows_are_named(arguments: dict[str, Any], rows: tuple[int, ...], word: str) -> None:
    with pytest.raises(InvalidData, match=word) as refused:
        LifeData(**arguments)
    assert refused.value.rows == rows


@pytest.mark.parametrize(
    "arguments",
    [
        {"time": [], "event": []},
        {"time": [[1, 2]], "event": [1]},
        {"time": [1, 2], "event": [1]},
        {"time": ["x"], "event": [1]},
        {"time": [1, 2], "event": [1, 1], "entry": [0]},
        {"time": [1, 2], "event": [1, 1], "group": ["a"]},
        {"time": [1, 2], "event": [1, 1], "group": [["a", "b"], ["c"]]},
        {"time": [1, 2], "event": [1, 1], "covariates": [3, 4]},
        {"time": [1, 2], "event": [1, 1], "covariates": ""},
        {"time": [1, 2], "event": [1, 1], "unit": None},
    ],
)
def test_refused_shapes(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidData):
        LifeData(**arguments)


def test_it_is_frozen_and_does_not_share_the_callers_array() -> None:
    ages = np.array([1.0, 2.0])
    data = LifeData(ages, [1, 0])
    ages[0] = 99.0
    assert data.time[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        data.time[0] = 5.0
    with pytest.raises(AttributeError, match="frozen"):
        data.unit = "km"


def test_groups_split_the_table() -> None:
    data = LifeData([1, 2, 3, 4], [1, 0, 1, 1], group=["b", "a", "b", "a"])
    assert data.groups == ("a", "b")
    assert data.for_group("b").time.tolist() == [1, 3]
    assert {label: len(part) for label, part in data.by_group()} == {"a": 2, "b": 2}
    order, offsets = data.group_rows
    assert data.time[order].tolist() == [2, 4, 1, 3]
    assert offsets.tolist() == [0, 2, 4]
    with pytest.raises(KeyError):
        data.for_group("c")


def test_covariates_follow_their_rows() -> None:
    data = LifeData([1, 2], [1, 1], covariates={"celsius": [40, 80]}, planned_exit=[5, 6])
    part = data.take([1])
    assert part.covariates["celsius"].tolist() == [80]
    assert part.planned_exit is not None
    assert part.planned_exit.tolist() == [6]
    with pytest.raises(InvalidData):
        data.take([])


def test_it_travels_between_processes(nist: LifeData) -> None:
    assert pickle.loads(pickle.dumps(nist)).fingerprint == nist.fingerprint


@given(st.permutations(list(range(6))))
def test_fingerprint_does_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    data = LifeData([3, 1, 2, 2, 5, 5], [1, 0, 1, 0, 1, 1], count=[1, 2, 1, 1, 1, 3], group=list("abcabc"))
    assert data.take(order).fingerprint == data.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        {"time": [1, 3], "event": [1, 0]},
        {"time": [1, 2], "event": [1, 1]},
        {"time": [1, 2], "event": [1, 0], "entry": [0, 1]},
        {"time": [1, 2], "event": [1, 0], "count": [1, 2]},
        {"time": [1, 2], "event": [1, 0], "unit": "km"},
        {"time": [1, 2], "event": [1, 0], "group": ["a", "b"]},
        {"time": [1, 2], "event": [1, 0], "planned_exit": [2, 2]},
        {"time": [1, 2], "event": [1, 0], "truncated_above": [2, np.nan]},
    ],
)
def test_fingerprint_tells_data_apart(other: dict[str, Any]) -> None:
    assert LifeData(**other).fingerprint != LifeData([1, 2], [1, 0]).fingerprint


def test_fingerprint_ignores_what_carries_no_meaning() -> None:
    plain = LifeData([1, 2], [1, 0])
    spelled_out = LifeData([1, 2], [True, False], entry=[-0.0, 0], upper=[9, 9], count=[1, 1])
    assert plain.fingerprint == spelled_out.fingerprint


def test_times_between_failures_of_one_system_are_no_lives() -> None:
    with pytest.raises(InvalidData, match="trend_tests") as refused:
        LifeData([250, 150, 300], [1, 1, 0], system=["E1", "E1", "E1"])
    assert refused.value.rows == (0, 1)
    told = LifeData([250, 150, 300], [1, 1, 0], system=["E1", "E1", "E1"], as_renewals=True)
    assert told.counts.failures == 2
    # Repaired to run on: ages go on, and so does the system.
    with pytest.raises(InvalidData, match="as_renewals"):
        LifeData([250, 400], [1, 0], entry=[0, 250], system=[7, 7])
    # One failure and an open gap that begins anew.
    with pytest.raises(InvalidData, match="'7'"):
        LifeData([250, 150], [1, 0], system=[7, 7])
    with pytest.raises(InvalidData, match="no lives"):
        LifeData([250], [1], count=[3], system=["E1"])
    with pytest.raises(InvalidData, match="2 values"):
        LifeData([250], [1], system=["E1", "E2"])


def test_honest_lives_are_not_refused_for_naming_their_system() -> None:
    # One serial in three places, the last of which it failed in; one that never failed; one seen in passing after its failure.
    LifeData(
        [100, 180, 240, 500, 90, 90],
        [0, 0, 1, 0, 1, 0],
        entry=[0, 100, 180, 0, 0, 90],
        system=["S1", "S1", "S1", "S2", "S3", "S3"],
    )
    # Inspections: an interval may begin before the row was entered.
    LifeData([100, 150], [0, 3], entry=[0, 100], upper=[np.nan, 200], system=["S1", "S1"])


@pytest.mark.parametrize("count", [1e16, 1e300])
def test_counts_that_floats_cannot_add_exactly_are_refused(count: float) -> None:
    with pytest.raises(InvalidData, match="count"):
        LifeData([1.0, 2.0], 1, count=count)


def test_rows_without_a_label_are_named() -> None:
    with pytest.raises(InvalidData, match="row 1: group is None"):
        LifeData([1.0, 2.0, 3.0], 1, group=["a", None, "b"])


@pytest.mark.parametrize(
    "labels", [[1, "1", 1], ["a", 2.5, "b"], np.array(["a", 7, "b"], dtype=object), ["a", float("nan"), "b"]]
)
def test_labels_of_two_kinds_are_refused(labels: Any) -> None:
    with pytest.raises(InvalidData, match="one kind of label") as refused:
        LifeData([1.0, 2.0, 3.0], 1, group=labels)
    assert list(refused.value.rows) == ([0, 2] if labels[0] == 1 else [1])


@pytest.mark.parametrize(
    "labels",
    [["a", "b", "a"], [1, 2, 1], np.array(["a", "b", "a"]), np.array([b"a", b"b", b"a"], dtype=object)],
)
def test_labels_of_one_kind_are_taken(labels: Any) -> None:
    assert len(LifeData([1.0, 2.0, 3.0], 1, group=labels).groups) == 2


def test_masked_groups_are_refused() -> None:
    group = np.ma.array([1, 1, 2], mask=[False, True, False])
    with pytest.raises(InvalidData, match="row 1: group is masked"):
        LifeData([5, 9, 4], 1, group=group)
