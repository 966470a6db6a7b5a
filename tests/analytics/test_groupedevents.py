import pytest

from analytics import GroupedEvents, InvalidData


def test_intervals_follow_each_other_within_a_system() -> None:
    grouped = GroupedEvents([50, 20, 30], [4, 1, 2], system=["b", "b", "a"])
    assert grouped.systems == ("a", "b")
    assert grouped.system == ("a", "b", "b")
    assert grouped.start.tolist() == [0, 0, 20]
    assert grouped.end.tolist() == [30, 20, 50]
    assert grouped.events.tolist() == [2, 1, 4]
    assert (grouped.counts.failures, grouped.exposure) == (7, 80.0)


def test_the_order_of_rows_does_not_matter() -> None:
    one = GroupedEvents([20, 50], [1, 4])
    other = GroupedEvents([50, 20], [4, 1])
    assert one.fingerprint == other.fingerprint
    assert one.fingerprint != GroupedEvents([20, 50], [1, 4], unit="km").fingerprint


def test_gaps_may_be_stated() -> None:
    assert GroupedEvents([20, 50], [1, 4], start=[5, 30]).exposure == 35.0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"end": [10, 20], "events": [1]}, "one value an interval"),
        ({"end": [], "events": []}, "one value an interval"),
        ({"end": [10], "events": [-1]}, "whole number"),
        ({"end": [10], "events": [1.5]}, "whole number"),
        ({"end": [10], "events": [float("nan")]}, "finite"),
        ({"end": ["x"], "events": [1]}, "numbers"),
        ({"end": [10, 10], "events": [1, 1]}, "row 1"),
        ({"end": [10], "events": [1], "start": [-1]}, "before age 0"),
        ({"end": [10, 20], "events": [1, 1], "start": [0, 5]}, "overlaps"),
        ({"end": [10], "events": [1], "unit": 3}, "unit must be a word"),
    ],
)
def test_refusals(settings: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        GroupedEvents(**settings)  # type: ignore[arg-type]
