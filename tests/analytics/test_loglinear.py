import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize

from analytics import (
    EventHistories,
    GroupedEvents,
    InvalidData,
    LogLinearFit,
    NoFiniteMaximum,
    NotEnoughFailures,
    Result,
    fit_loglinear,
    fit_power_law,
)

# Ascher and Feingold (1984), USS Halfbeak number 4 main propulsion diesel: unscheduled maintenance, thousands of hours; as in
# SMRD.data (data/halfbeak.rda), the data of Meeker and Escobar (1998).
HALFBEAK = [
    1.382, 2.990, 4.124, 6.827, 7.472, 7.567, 8.845, 9.450, 9.794, 10.848, 11.993, 12.300, 15.413, 16.497, 17.352,
    17.632, 18.122, 19.067, 19.172, 19.299, 19.360, 19.686, 19.940, 19.944, 20.121, 20.132, 20.431, 20.525, 21.057,
    21.061, 21.309, 21.310, 21.378, 21.391, 21.456, 21.461, 21.603, 21.658, 21.688, 21.750, 21.815, 21.820, 21.822,
    21.888, 21.930, 21.943, 21.946, 22.181, 22.311, 22.634, 22.635, 22.669, 22.691, 22.846, 22.947, 23.149, 23.305,
    23.491, 23.526, 23.774, 23.791, 23.822, 24.006, 24.286, 25.000, 25.010, 25.048, 25.268, 25.400, 25.500, 25.518,
]  # fmt: skip


def halfbeak() -> EventHistories:
    return EventHistories(["4"] * 71, HALFBEAK, end={"4": 25.518}, unit="kh")


def test_halfbeak_solves_the_score_equations() -> None:
    # Cox and Lewis (1966), chapter 3, for one system watched from 0 to T: the expected number and the expected sum of the
    # times are those seen.
    fit = fit_loglinear(halfbeak())
    end, number, total = 25.518, len(HALFBEAK), sum(HALFBEAK)
    rate, slope = math.exp(fit.level), fit.slope
    assert quad(lambda t: rate * math.exp(slope * t), 0, end)[0] == pytest.approx(number, rel=1e-9)
    assert quad(lambda t: t * rate * math.exp(slope * t), 0, end)[0] == pytest.approx(total, rel=1e-9)
    assert fit.aic < fit_power_law(halfbeak()).aic
    assert fit.trend_p_value < 1e-10


def test_recovery() -> None:
    # By thinning: level log 0.05, slope -0.004 to 500, over two windows.
    rng = np.random.default_rng(8)
    found, covered = [], 0
    for _ in range(200):
        labels, times = [], []
        for system in ("a", "b"):
            candidates = rng.uniform(0, 500, rng.poisson(25))
            kept = candidates[rng.uniform(size=candidates.size) < np.exp(-0.004 * candidates)]
            kept = kept[(kept > 50) | (system == "a")]
            labels += [system] * kept.size
            times += kept.tolist()
        fit = fit_loglinear(EventHistories(labels, times, start={"a": 0, "b": 50}, end={"a": 500, "b": 500}))
        found.append((fit.level, fit.slope))
        covered += -0.004 in fit.interval("slope")
    assert np.mean(found, axis=0) == pytest.approx((math.log(0.05), -0.004), rel=0.05)
    assert covered / 200 == pytest.approx(0.9, abs=0.06)


@given(st.lists(st.floats(1.0, 99.0), min_size=2, max_size=10), st.floats(1e-6, 1e9), st.floats(-50.0, 50.0))
@settings(max_examples=80)
def test_units_and_origin_do_not_matter(times: list[float], unit: float, shift: float) -> None:
    at = np.array(times)
    fit = fit_loglinear(EventHistories(["a"] * at.size, at, end={"a": 100.0}))
    moved = fit_loglinear(
        EventHistories(
            ["a"] * at.size, (at + shift) * unit, start=shift * unit, end={"a": (100.0 + shift) * unit}
        )
    )
    assert moved.slope * unit == pytest.approx(fit.slope, rel=1e-6, abs=1e-9)
    assert moved.intensity((50.0 + shift) * unit) * unit == pytest.approx(fit.intensity(50.0), rel=1e-6)


def test_a_brute_force_search_finds_nothing_better() -> None:
    fit = fit_loglinear(halfbeak())

    def minus_loglik(p: np.ndarray) -> float:
        return float(np.exp(p[0]) * np.expm1(p[1] * 25.518) / p[1] - np.sum(p[0] + p[1] * np.array(HALFBEAK)))

    best = minimize(minus_loglik, [0.0, 0.1], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
    assert -fit.loglik == pytest.approx(best.fun, abs=1e-8)
    assert (fit.level, fit.slope) == pytest.approx(best.x, rel=1e-5)


def test_counts_in_intervals() -> None:
    edges = np.arange(1.0, 26.0)
    counts = np.histogram(HALFBEAK, np.concatenate([[0.0], edges[:-1], [25.518]]))[0]
    grouped = fit_loglinear(GroupedEvents([*edges[:-1], 25.518], counts))
    assert grouped.slope == pytest.approx(fit_loglinear(halfbeak()).slope, rel=0.03)


def test_numbers_hang_together() -> None:
    fit = fit_loglinear(halfbeak())
    assert fit.expected_events(25.518) == pytest.approx(71.0, rel=1e-9)
    assert fit.expected_events([0.0, 1.0])[0] == 0.0
    assert fit.mtbf(20.0) * fit.intensity(20.0) == pytest.approx(1.0)
    for name, value in (("slope", fit.slope), ("level", fit.level), ("mtbf", float(fit.mtbf(25.518)))):
        assert value in fit.interval(name)
    assert fit.interval("intensity", 10.0).upper == pytest.approx(1 / fit.interval("mtbf", 10.0).lower)  # type: ignore[operator]
    assert Result.from_json(fit.to_json()) == fit
    assert isinstance(fit, LogLinearFit)


def test_refusals() -> None:
    with pytest.raises(NotEnoughFailures):
        fit_loglinear(EventHistories(["a"], [5], end={"a": 10}))
    with pytest.raises(NoFiniteMaximum):
        fit_loglinear(EventHistories(["a", "a"], [10, 10], end={"a": 10}))
    with pytest.raises(InvalidData, match="no interval"):
        fit_loglinear(halfbeak()).interval("beta")
    with pytest.raises(InvalidData, match="watched"):
        fit_loglinear(EventHistories([], [], end={"a": 0.0}))
