import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics import InvalidData, Result, RisingRates, rising_rate_alarm
from analytics.alarm import _thresholds


def test_the_p_value_is_that_of_the_exact_conditional_test() -> None:
    found = rising_rate_alarm([[3, 2, 4, 1, 9]], [[10.0, 8.0, 12.0, 10.0, 9.0]], history=4)
    assert found.lookback.tolist() == [1]
    exact = stats.binomtest(9, 19, 9.0 / 49.0, alternative="greater").pvalue
    assert found.p_value[0] == pytest.approx(exact)
    assert found.expected[0] == pytest.approx(10 / 40 * 9)
    assert found.ratio[0] == pytest.approx(9 / 9 / (10 / 40))


def test_a_known_rate_is_tested_by_poisson() -> None:
    found = rising_rate_alarm([[0, 6]], history=1, rate=1.5)
    assert found.p_value[0] == pytest.approx(stats.poisson.sf(5, 1.5))
    assert found.ratio[0] == pytest.approx(4.0)
    assert found.ratio_lower[0] == pytest.approx(stats.chi2.ppf(0.1, 12) / 2 / 1.5)
    assert found.fingerprint != rising_rate_alarm([[0, 6]], history=1, rate=2.0).fingerprint


def test_the_bound_on_the_ratio_is_that_of_the_test() -> None:
    found = rising_rate_alarm([[3, 2, 4, 1, 9]], history=4, confidence=0.95)
    ratio = found.ratio_lower[0]
    share = ratio / (ratio + 4)
    assert stats.binomtest(9, 19, share, alternative="greater").pvalue == pytest.approx(0.05)


@pytest.mark.parametrize("mean", [0.2, 2.0, 20.0])
def test_false_alarms_are_as_few_as_was_set(mean: float) -> None:
    rng = np.random.default_rng(11)
    fleets = [
        rising_rate_alarm(rng.poisson(mean, (100, 36)), history=12, false_alarms=0.5) for _ in range(300)
    ]
    raised = [int(found.alarm.sum()) for found in fleets]
    assert np.mean(raised) <= 0.5
    if mean >= 2.0:
        assert sum(raised) > 0  # the test is not asleep


@pytest.mark.parametrize("poisson", [True, False])
def test_the_tests_of_a_period_claim_its_share_of_the_false_alarms_and_no_more(poisson: bool) -> None:
    """By enumeration of the counts that each test could alarm at."""
    rng = np.random.default_rng(17)
    for _ in range(60):
        tests, budget = int(rng.integers(1, 30)), 10 ** rng.uniform(-8, -0.5)
        means, totals = rng.gamma(0.7, 5, tests), rng.poisson(rng.gamma(0.5, 20, tests))
        shares = np.round(rng.uniform(0, 1, tests), int(rng.integers(1, 4)))
        law = np.stack([means, np.zeros(tests)] if poisson else [totals, shares]).astype(float)
        found = _thresholds(np.tile(law, 2), np.repeat([1, 0], tests), 2, poisson, budget)
        assert found[0] == found[1]
        tails = [
            stats.poisson.sf(np.arange(300), mean) if poisson else stats.binom.sf(np.arange(n), n, share)
            for mean, n, share in zip(means, totals, shares, strict=True)
        ]

        def claimed(at: float, tails: list[np.ndarray] = tails) -> float:
            return float(sum(np.max(tail, where=tail <= at * (1 + 1e-9), initial=0.0) for tail in tails))

        assert claimed(found[0]) <= budget * (1 + 1e-9)
        higher = np.concatenate(tails)
        higher = higher[higher > found[0] * (1 + 1e-9)]
        assert higher.size == 0 or claimed(float(higher.min())) > budget


def test_cells_that_cannot_alarm_leave_their_share_to_the_others() -> None:
    busy = [[3.0] * 24 + [14.0]]
    alone = rising_rate_alarm(busy, history=24, false_alarms=2e-5)
    among = rising_rate_alarm(busy + [[0.0] * 25] * 99, history=24, false_alarms=2e-5)
    assert among.p_value[0] == alone.p_value[0]
    assert among.alarm.tolist() == [True] + [False] * 99
    assert among.p_value[0] > among.false_alarms / among.tests


def test_a_rise_is_found_soon_and_a_fall_is_not_an_alarm() -> None:
    rng = np.random.default_rng(12)
    counts = rng.poisson(10.0, (200, 48))
    counts[:50, 24:] = rng.poisson(30.0, (50, 24))
    counts[50:100, 24:] = rng.poisson(2.0, (50, 24))
    found = rising_rate_alarm(counts, history=12)
    assert found.alarm[:50].all()
    assert (found.period[:50] >= 24).all()
    assert np.median(found.period[:50] - 23) <= 3
    assert not found.alarm[50:].any()
    assert (found.period[50:] == -1).all()


def test_more_exposure_is_not_a_rise() -> None:
    rng = np.random.default_rng(13)
    exposure = np.concatenate([np.full(24, 100.0), np.full(12, 1_000.0)])
    found = rising_rate_alarm(rng.poisson(0.05 * exposure, (50, 36)), exposure, history=12)
    assert not found.alarm.any()


def test_a_cell_that_never_failed_needs_more_than_one_failure_to_alarm() -> None:
    counts = np.zeros((1, 36))
    counts[0, 30] = 1
    assert not rising_rate_alarm(counts, history=12).alarm[0]
    counts[0, 30:36] = 6
    found = rising_rate_alarm(counts, history=12)
    assert found.alarm[0]
    assert math.isnan(found.ratio[0])  # nothing before: no estimate, but a bound
    assert found.ratio_lower[0] > 1


def test_asking_every_month_raises_what_asking_at_the_end_raises() -> None:
    counts = np.random.default_rng(14).poisson(3.0, (40, 36))
    counts[0, 20:] += 6
    whole = rising_rate_alarm(counts, history=12)
    months = [rising_rate_alarm(counts[:, :end], history=12, horizon=24) for end in range(13, 37)]
    ever = np.any([month.alarm for month in months], axis=0)
    assert ever.tolist() == whole.alarm.tolist()
    assert [month.threshold for month in months] == pytest.approx(whole.thresholds.tolist())


@given(st.permutations(list(range(6))))
def test_the_order_of_the_cells_does_not_matter(order: list[int]) -> None:
    counts = np.random.default_rng(15).poisson(3.0, (6, 24))
    counts[2, 18:] += 9
    plain, shuffled = rising_rate_alarm(counts), rising_rate_alarm(counts[order])
    assert shuffled.p_value.tolist() == plain.p_value[order].tolist()
    assert shuffled.alarm.tolist() == plain.alarm[order].tolist()


@given(st.floats(1e-6, 1e9))
def test_the_unit_of_exposure_does_not_matter(scale: float) -> None:
    counts = np.random.default_rng(16).poisson(3.0, (4, 24))
    plain, scaled = rising_rate_alarm(counts, 1.0), rising_rate_alarm(counts, scale)
    assert scaled.p_value == pytest.approx(plain.p_value)
    assert scaled.ratio == pytest.approx(plain.ratio)


def test_results_come_back_from_json_and_go_into_a_frame() -> None:
    found = rising_rate_alarm([[1] * 12 + [1, 1], [1] * 12 + [9, 9]], labels=["PS-55", "CMP-7"])
    again = Result.from_json(found.to_json())
    assert isinstance(again, RisingRates)
    assert again == found
    assert found.to_frame().index.tolist() == ["CMP-7", "PS-55"]


@pytest.mark.parametrize(
    ("counts", "exposure", "how", "message"),
    [
        ([[1, 2.5]], 1.0, {}, "row 0, period 1: counts must be whole"),
        ([[1, -2]], 1.0, {}, "row 0, period 1"),
        ([[1, 2], [1, 2]], [[1, 1], [1, 0]], {}, "row 1, period 1: failures in a period without exposure"),
        ([[1, 2]], -1.0, {}, "exposure must be at least 0"),
        ([[1, 2]], [1, 2, 3], {}, "of one shape"),
        ([[1, 2]], 1.0, {"history": 2}, "history must leave"),
        ([[1, 2]], 1.0, {"false_alarms": 0}, "false_alarms"),
        ([[1, 2, 3]], 1.0, {"horizon": 1}, "horizon"),
        ([[1, 2]], 1.0, {"rate": 0.0}, "known rate"),
        ([[1, 2]], 1.0, {"rate": [1.0, 2.0]}, "one for each of 1 cells"),
        ([[1, 2]], 1.0, {"labels": ["pump", "valve"]}, "2 labels for 1 cells"),
        ([[1, 2, 3]], 1.0, {"history": 1.5}, "whole number"),
        ([[1, 2, 3]], 1.0, {"horizon": 2.5}, "horizon"),
        ([[1, 2]], 1.0, {"confidence": 90}, "confidence"),
    ],
)
def test_refuses_what_it_cannot_watch(
    counts: list[list[float]], exposure: object, how: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidData, match=message):
        rising_rate_alarm(counts, exposure, **({"history": 1} | how))  # type: ignore[arg-type]


@pytest.mark.parametrize("known", [{}, {"rate": 5e8}, {"rate": 1e300}])
def test_more_failures_than_can_be_told_apart_are_refused(known: dict[str, float]) -> None:
    counts = [[1, 1, 1, 1], [6e8, 0, 6e8, 0]] if not known else [[1, 1, 1, 1]]
    with pytest.raises(InvalidData, match="check the units"):
        rising_rate_alarm(counts, history=1, **known)


def test_many_failures_are_told_apart_soon() -> None:
    found = rising_rate_alarm([[1e8, 1e8, 1e8], [1e8, 1e8, 1.01e8]], history=2, rate=1e8)
    assert found.alarm.tolist() == [False, True]
