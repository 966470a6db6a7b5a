import numpy as np
import pytest

from analytics import InvalidData, rising_rate_alarm
from analytics.figures import LABELS, alarm_chart

COUNTS = [[2, 1, 3, 2, 2, 1, 2, 3, 2, 1, 2, 2, 2, 1], [2, 1, 3, 2, 2, 1, 2, 3, 2, 1, 2, 2, 9, 12]]
NAMES = ["PS-55", "CMP-7"]


def test_the_rise_is_told_apart_by_more_than_colour_and_the_numbers_are_there() -> None:
    drawn = alarm_chart(rising_rate_alarm(COUNTS, labels=NAMES), "CMP-7", COUNTS)
    others, rise, expected = drawn.data
    assert (np.array(rise.x).tolist(), np.array(rise.y).tolist()) == ([13], [9])
    assert sorted([*others.x, *rise.x]) == list(range(1, 15))
    assert rise.marker.pattern.shape != others.marker.pattern.shape
    assert np.array(expected.y) == pytest.approx(23 / 12)
    assert "Alarm in period 13" in drawn.layout.annotations[0].text
    assert "× 4.7" in drawn.layout.meta["alt"]


def test_expected_failures_follow_the_exposure() -> None:
    exposure = np.ones((2, 14))
    exposure[:, 5] = 3.0
    drawn = alarm_chart(rising_rate_alarm(COUNTS, exposure, labels=NAMES), "CMP-7", COUNTS, exposure)
    expected = np.array(drawn.data[-1].y)
    assert expected[5] == pytest.approx(3 * expected[4])


def test_a_quiet_cell_has_no_alarm() -> None:
    drawn = alarm_chart(rising_rate_alarm(COUNTS, labels=NAMES), "PS-55", COUNTS)
    assert LABELS["stretch_of_alarm"] not in [trace.name for trace in drawn.data]
    assert drawn.layout.meta["alt"].endswith("No alarm.")


def test_a_cell_that_never_failed_before_has_nothing_expected() -> None:
    counts = [[0] * 12 + [0, 6], [1] * 14]
    drawn = alarm_chart(rising_rate_alarm(counts, labels=NAMES), "PS-55", counts)
    assert LABELS["failures_of_period"] in [trace.name for trace in drawn.data]


def test_other_cells_and_counts_are_refused() -> None:
    found = rising_rate_alarm(COUNTS, labels=NAMES)
    with pytest.raises(InvalidData, match="no cell is called"):
        alarm_chart(found, "XX", COUNTS)
    with pytest.raises(InvalidData, match="1 rows for 2 cells"):
        alarm_chart(found, "CMP-7", COUNTS[:1])
    with pytest.raises(InvalidData, match="not the counts"):
        alarm_chart(found, "CMP-7", COUNTS[::-1])
