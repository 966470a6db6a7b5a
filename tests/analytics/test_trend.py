from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import EventHistories, InvalidData, NotEnoughFailures, Result, TrendTests, trend_tests
from analytics.trend import gaps_between
from tests.analytics.test_loglinear import halfbeak
from tests.analytics.test_powerlaw import crow


def drawn(rng: np.random.Generator, kind: str, systems: int, events: int) -> EventHistories:
    """Systems watched to 1000 with about so many events each."""
    labels, times = [], []
    for system in range(systems):
        if kind == "hpp":
            own = np.cumsum(rng.exponential(1000 / events, 8 * events))
        elif kind == "renewal":
            own = np.cumsum(1.127 * 1000 / events * rng.weibull(2.5, 8 * events))
        elif kind == "nhpp":
            own = 1000 * (np.cumsum(rng.exponential(size=8 * events)) / events) ** (1 / 1.8)
        else:  # a trend-renewal process is neither
            own = 1000 * (np.cumsum(1.12 * rng.weibull(3.0, 8 * events)) / events) ** (1 / 1.8)
        own = own[own <= 1000]
        labels += [str(system)] * own.size
        times += own.tolist()
    return EventHistories(labels, times, end={str(k): 1000 for k in range(systems)})


@pytest.mark.parametrize(("systems", "events"), [(1, 80), (10, 10)])
@pytest.mark.parametrize(
    ("kind", "model"), [("hpp", "hpp"), ("renewal", "renewal"), ("nhpp", "nhpp"), ("both", "none")]
)
def test_recovery_of_the_model(kind: str, model: str, systems: int, events: int) -> None:
    rng = np.random.default_rng(17)
    found = Counter(trend_tests(drawn(rng, kind, systems, events)).model for _ in range(60))
    # Each of several tests at 5 % may err.
    assert found[model] >= 44, found  # type: ignore[index]


def test_published_crow() -> None:
    found = trend_tests(crow())
    assert found.model == "nhpp"
    assert found.laplace.direction == "falling"
    assert "rarer" in found.reason


def test_published_halfbeak_is_no_sample_of_one_distribution() -> None:
    found = trend_tests(halfbeak())
    assert "renewal" not in found.allowed
    assert "hpp" not in found.allowed
    assert "more frequent" in found.reason


def test_renewals_in_short_windows_are_not_taken_for_a_trend() -> None:
    """A system that starts new has few events at first; Laplace's test takes that for a rising rate."""
    rng = np.random.default_rng(23)
    laplace = permutation = 0
    for _ in range(200):
        found = trend_tests(drawn(rng, "renewal", 25, 5))
        laplace += found.lewis_robinson is not None and found.lewis_robinson.p_value < 0.05
        assert found.permutation is not None
        permutation += found.permutation.p_value < 0.05
    assert laplace > 60
    assert permutation / 200 == pytest.approx(0.05, abs=0.04)


def test_a_dependence_between_gaps_is_no_renewal() -> None:
    # Good and bad spells: long times between events come together.
    rng = np.random.default_rng(9)
    gaps = np.concatenate([rng.exponential(mean, 12) for mean in (2, 40, 2, 40, 2, 40)])
    own = np.cumsum(gaps)
    found = trend_tests(EventHistories(["a"] * own.size, own, end={"a": own[-1] + 1}))
    assert found.model == "none"
    assert "depends" in found.reason


def test_systems_that_differ_are_told() -> None:
    rng = np.random.default_rng(10)
    calm, wild = np.sort(rng.uniform(0, 1000, 6)), np.sort(rng.uniform(0, 1000, 60))
    found = trend_tests(
        EventHistories(["a"] * 6 + ["b"] * 60, np.concatenate([calm, wild]), end={"a": 1000, "b": 1000})
    )
    assert any("differ in their rates" in warning for warning in found.warnings)


def test_few_events_prove_nothing() -> None:
    found = trend_tests(EventHistories(["a"] * 3, [20, 45, 80], end={"a": 100}))
    assert found.allowed == ("hpp", "renewal", "nhpp")
    assert "too few" in found.reason
    assert found.gap_shape is None
    assert any("not proven" in warning for warning in found.warnings)


def test_ties_are_survived() -> None:
    times = [5, 5, 30, 42, 42, 42, 77, 91, 95, 99]
    found = trend_tests(EventHistories(["a"] * 10, times, end={"a": 100}))
    assert found.weibull_shape is not None
    assert np.isfinite(found.weibull_shape)


def test_gaps_of_late_windows_begin_at_their_first_event() -> None:
    histories = EventHistories(
        ["a", "a", "b", "b"], [3, 8, 12, 17], start={"a": 0, "b": 10}, end={"a": 10, "b": 20}
    )
    gaps = gaps_between(histories, histories.time)
    assert gaps.length.tolist() == [3, 5, 2, 5, 3]
    assert gaps.is_complete.tolist() == [True, True, False, True, False]


@given(st.floats(1e-6, 1e9), st.integers(0, 5))
@settings(max_examples=20)
def test_units_do_not_matter(unit: float, seed: int) -> None:
    histories = drawn(np.random.default_rng(seed), "nhpp", 3, 8)
    labels = [histories.systems[k] for k in histories.event_system]
    scaled = EventHistories(labels, histories.time * unit, end=dict.fromkeys(histories.systems, 1000 * unit))
    one, other = trend_tests(histories), trend_tests(scaled)
    assert (other.model, other.allowed) == (one.model, one.allowed)
    assert other.laplace.statistic == pytest.approx(one.laplace.statistic, rel=1e-9)


def test_json_round_trip() -> None:
    found = trend_tests(crow())
    assert isinstance(Result.from_json(found.to_json()), TrendTests)
    assert Result.from_json(found.to_json()) == found


def test_refusals() -> None:
    with pytest.raises(NotEnoughFailures, match="at least two"):
        trend_tests(EventHistories(["a"], [5], end={"a": 10}))
    with pytest.raises(InvalidData, match="watched beyond"):
        trend_tests(crow(), terminated="failure")
    with pytest.raises(InvalidData, match="significance"):
        trend_tests(crow(), significance=5)
    with pytest.raises(InvalidData, match="confidence"):
        trend_tests(crow(), confidence=90)
