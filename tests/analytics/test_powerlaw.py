import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from analytics import (
    EventHistories,
    GroupedEvents,
    InvalidData,
    NoFiniteMaximum,
    NotEnoughFailures,
    fit_power_law,
)

# Crow (1975), AMSAA TR-138, table 1: three systems to 200 h.
CROW = {
    "S1": [4.3, 4.4, 10.2, 23.5, 23.8, 26.4, 74.0, 77.1, 92.1, 197.2],
    "S2": [0.1, 5.6, 18.6, 19.5, 24.2, 26.7, 45.1, 45.8, 75.7, 79.7, 98.6, 120.1, 161.8, 180.6, 190.8],
    "S3": [8.4, 32.5, 44.7, 48.4, 50.6, 73.6, 98.7, 112.2, 129.8, 136.0, 195.8],
}


def crow(*, failure_terminated: bool = False) -> EventHistories:
    ends = {name: own[-1] if failure_terminated else 200.0 for name, own in CROW.items()}
    labels = [name for name, own in CROW.items() for _ in own]
    return EventHistories(labels, [time for own in CROW.values() for time in own], end=ends)


def drawn(rng: np.random.Generator, beta: float, eta: float, ends: list[float]) -> EventHistories:
    labels: list[str] = []
    times: list[float] = []
    for system, end in enumerate(ends):
        n = rng.poisson((end / eta) ** beta)
        own = end * rng.uniform(size=n) ** (1.0 / beta)
        labels += [str(system)] * n
        times += own.tolist()
    return EventHistories(labels, times, end={str(k): end for k, end in enumerate(ends)})


def test_published_crow_time_and_failure_terminated() -> None:
    fit = fit_power_law(crow())
    assert (round(fit.beta, 3), round(fit.lambda_, 3)) == (0.615, 0.461)
    assert round(fit_power_law(crow(), method="unbiased").beta, 3) == 0.598
    ended = crow(failure_terminated=True)
    assert round(fit_power_law(ended, terminated="failure").beta, 3) == 0.626
    assert round(fit_power_law(ended, terminated="failure", method="conditional").beta, 3) == 0.575
    assert round(fit_power_law(ended, terminated="failure", method="unbiased").beta, 3) == 0.557


def test_published_reliawiki_grouped() -> None:
    fit = fit_power_law(GroupedEvents([62, 100, 187, 210, 350, 500], [12, 6, 15, 3, 18, 16]))
    assert (round(fit.beta, 5), round(fit.lambda_, 5)) == (0.81361, 0.44585)


def test_recovery_over_unequal_windows() -> None:
    rng = np.random.default_rng(3)
    ends = [400.0, 900.0, 1000.0, 50.0, 700.0]
    fits = [fit_power_law(drawn(rng, 1.6, 90.0, ends)) for _ in range(200)]
    assert np.median([fit.beta for fit in fits]) == pytest.approx(1.6, rel=0.02)
    assert np.median([fit.eta for fit in fits]) == pytest.approx(90.0, rel=0.04)
    covered = np.mean([1.6 in fit.interval("beta") for fit in fits])
    assert covered == pytest.approx(0.90, abs=0.065)


def test_late_windows_and_gaps_do_not_bias() -> None:
    rng = np.random.default_rng(4)
    betas = []
    for _ in range(150):
        whole = drawn(rng, 0.7, 3.0, [500.0] * 4)
        labels = [whole.systems[k] for k in whole.event_system]
        kept = [(s, t) for s, t in zip(labels, whole.time, strict=True) if 50 <= t <= 200 or t >= 300]
        seen = EventHistories(
            [s for s, _ in kept],
            [t for _, t in kept],
            start={key: [50.0, 300.0] for key in whole.systems},
            end={key: [200.0, 500.0] for key in whole.systems},
        )
        betas.append(fit_power_law(seen).beta)
    assert np.median(betas) == pytest.approx(0.7, abs=0.03)


@given(
    st.lists(st.floats(0.5, 99.0), min_size=2, max_size=12),
    st.floats(1e-6, 1e9),
    st.integers(1, 3),
)
@settings(max_examples=80)
def test_units_do_not_matter(times: list[float], unit: float, systems: int) -> None:
    ends = {str(k): 100.0 + k for k in range(systems)}
    labels = [str(k % systems) for k in range(len(times))]
    fit = fit_power_law(EventHistories(labels, times, end=ends))
    scaled = fit_power_law(
        EventHistories(labels, np.array(times) * unit, end={k: end * unit for k, end in ends.items()})
    )
    assert scaled.beta == pytest.approx(fit.beta, rel=1e-9)
    assert scaled.eta == pytest.approx(fit.eta * unit, rel=1e-7)
    assert scaled.covariance == pytest.approx(fit.covariance, rel=1e-6)
    assert scaled.loglik == pytest.approx(fit.loglik - len(times) * math.log(unit), abs=1e-6)


@given(st.lists(st.floats(0.5, 99.0), min_size=2, max_size=12))
@settings(max_examples=50)
def test_fine_groups_are_exact_times(times: list[float]) -> None:
    # The middle of a narrow interval is the time itself.
    times = sorted({round(t, 1) for t in times})
    if len(times) < 2:
        return
    edges = np.unique(np.concatenate([np.array(times) - 1e-4, np.array(times) + 1e-4, [100.0]]))
    counts = [sum(low < t <= high for t in times) for low, high in zip([0.0, *edges], edges, strict=False)]
    exact = fit_power_law(EventHistories(["a"] * len(times), times, end={"a": 100.0}))
    grouped = fit_power_law(GroupedEvents(edges, counts))
    assert grouped.beta == pytest.approx(exact.beta, rel=1e-5)
    assert grouped.eta == pytest.approx(exact.eta, rel=1e-4)


def test_a_window_split_in_two_is_the_same_window() -> None:
    whole = EventHistories(["a"] * 3, [10, 40, 90], end={"a": 100})
    split = EventHistories(["a"] * 3, [10, 40, 90], start={"a": [0, 50]}, end={"a": [50, 100]})
    assert fit_power_law(whole).beta == fit_power_law(split).beta


@pytest.mark.parametrize("seed", range(6))
def test_a_brute_force_search_finds_nothing_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    histories = drawn(rng, 0.5 + seed / 3, 40.0, [100.0, 230.0, 30.0])
    if histories.time.size < 2:
        return
    fit = fit_power_law(histories)

    def minus_loglik(p: np.ndarray) -> float:
        eta, beta = np.exp(p)
        rate = np.log(beta / eta) + (beta - 1) * np.log(histories.time / eta)
        return float(np.sum((histories.window_end / eta) ** beta) - rate.sum())

    best = min(
        minimize(minus_loglik, [math.log(e), math.log(b)], method="Nelder-Mead").fun
        for e in (5.0, 80.0)
        for b in (0.6, 2.0)
    )
    assert -fit.loglik == pytest.approx(minus_loglik(np.log([fit.eta, fit.beta])), rel=1e-12)
    assert -fit.loglik <= best + 1e-9


def test_refusals() -> None:
    with pytest.raises(NotEnoughFailures, match="at least 2"):
        fit_power_law(EventHistories(["a"], [5], end={"a": 10}))
    with pytest.raises(NotEnoughFailures, match="at least 3"):
        two = EventHistories(["a", "a"], [5, 10], end={"a": 10})
        fit_power_law(two, method="unbiased", terminated="failure")
    with pytest.raises(NoFiniteMaximum, match="one end"):
        fit_power_law(EventHistories(["a", "a"], [10, 10], end={"a": 10}))
    for counts in ([5], [0, 0, 5], [5, 0, 0]):
        with pytest.raises(NoFiniteMaximum, match="one interval"):
            fit_power_law(GroupedEvents(range(1, len(counts) + 1), counts))
    with pytest.raises(InvalidData, match="age 0"):
        fit_power_law(EventHistories(["a", "a"], [0, 5], end={"a": 10}))
    with pytest.raises(InvalidData, match="watched beyond its last event"):
        fit_power_law(EventHistories(["a", "a"], [3, 5], end={"a": 10}), terminated="failure")
    with pytest.raises(InvalidData, match="from age 0"):
        late = EventHistories(["a", "a"], [3, 5], start=1, end={"a": 10})
        fit_power_law(late, method="unbiased")
    with pytest.raises(InvalidData, match="do not end at a failure"):
        fit_power_law(GroupedEvents([1, 2], [3, 4]), terminated="failure")
    with pytest.raises(InvalidData, match="watched for any time"):
        fit_power_law(EventHistories([], [], end={"a": 0.0}))
