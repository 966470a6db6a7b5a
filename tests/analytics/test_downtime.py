import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics import (
    AvailabilityEstimate,
    InvalidData,
    MttrEstimate,
    NotEnoughFailures,
    availability,
    mtbf,
    mttr,
)

REPAIRS = [2.0, 3.5, 1.2, 8.0, 0.7, 4.4]


def lognormal_bound(times: list[float], tail: float, sign: int) -> float:
    """Zou, Huo and Taleban's limits, written out with the t interval and the chi-square interval of its parts."""
    logs = np.log(times)
    n, mean, variance = logs.size, logs.mean(), logs.var(ddof=1)
    mean_limit = mean + sign * stats.t.ppf(1 - tail, n - 1) * math.sqrt(variance / n)
    half_limit = (n - 1) * variance / stats.chi2.ppf(1 - tail if sign < 0 else tail, n - 1) / 2
    reach = math.hypot(mean_limit - mean, half_limit - variance / 2)
    return float(np.exp(mean + variance / 2 + sign * reach))


def test_the_mean_agrees_with_the_records_and_preventive_visits_do_not_count() -> None:
    result = mttr([*REPAIRS, 30.0, 40.0], kind=["corrective"] * 6 + ["preventive", "inspection"])
    assert result.estimate == sum(REPAIRS) / 6
    assert (result.repairs, result.excluded, result.counts.records) == (6, 2, 8)
    assert result.fingerprint == mttr(REPAIRS).fingerprint


def test_kinds_that_are_repairs_can_be_named() -> None:
    found = mttr([1, 2, 9], kind=["swap", "fix", "wash"], repair_kinds={"swap", "fix"})
    assert found.estimate == 1.5


def test_lognormal_bounds_against_their_formula() -> None:
    result = mttr(REPAIRS, confidence=0.80)
    assert result.lower == pytest.approx(lognormal_bound(REPAIRS, 0.10, -1), rel=1e-12)
    assert result.upper == pytest.approx(lognormal_bound(REPAIRS, 0.10, +1), rel=1e-12)
    one_sided = mttr(REPAIRS, confidence=0.90, side="upper")
    assert one_sided.lower is None
    assert one_sided.upper == pytest.approx(result.upper, rel=1e-12)


def test_exponential_bounds_are_chi_square() -> None:
    result = mttr(REPAIRS, distribution="exponential")
    assert result.lower == pytest.approx(2 * sum(REPAIRS) / stats.chi2.ppf(0.95, 12), rel=1e-12)
    assert result.upper == pytest.approx(2 * sum(REPAIRS) / stats.chi2.ppf(0.05, 12), rel=1e-12)
    assert result.quantile(0.5) == pytest.approx(result.estimate * math.log(2))


def test_a_single_repair_has_an_estimate_and_no_bounds() -> None:
    result = mttr([4.0])
    assert (result.estimate, result.lower, result.upper) == (4.0, None, None)
    assert "one repair only" in result.warnings[0]
    with pytest.raises(NotEnoughFailures):
        result.interval()
    with pytest.raises(NotEnoughFailures):
        result.quantile(0.95)


def test_repairs_of_no_length_are_not_called_lognormal() -> None:
    result = mttr([0.0, 2.0, 4.0])
    assert result.distribution == "none"
    assert "1 repairs of zero length" in result.warnings[0]
    assert result.lower is not None
    assert 0 < result.lower < 2 < result.upper  # type: ignore[operator]
    with pytest.raises(InvalidData, match="no distribution"):
        result.quantile(0.5)


def test_repairs_that_all_took_no_time() -> None:
    result = mttr([0.0, 0.0])
    assert (result.estimate, result.lower, result.upper) == (0.0, None, None)
    assert any("no bounds" in warning for warning in result.warnings)


def test_two_repairs_of_very_different_length_leave_no_finite_bound() -> None:
    result = mttr([0.03, 9000.0])
    assert result.upper == math.inf
    assert MttrEstimate.from_json(result.to_json()) == result
    assert availability(mtbf(5, 1000), result).lower == 0.0


def test_the_longest_usual_repair() -> None:
    """M_max at 95 %: exp of the log mean plus 1.645 log standard deviations."""
    logs = np.log(REPAIRS)
    expected = math.exp(logs.mean() + 1.6448536269514722 * logs.std(ddof=1))
    assert mttr(REPAIRS).quantile(0.95) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("repairs", "spread"), [(4, 0.5), (8, 1.0), (25, 1.5)])
def test_lognormal_bounds_hold_the_true_mean(repairs: int, spread: float, rng: np.random.Generator) -> None:
    truth = math.exp(spread**2 / 2)
    samples = rng.lognormal(0, spread, size=(2000, repairs))
    inside = np.mean([truth in mttr(sample).interval() for sample in samples])
    # At least the nominal 90 %, Monte Carlo error of 3 standard errors aside; the bounds are known to be conservative.
    assert 0.90 - 3 * math.sqrt(0.09 / 2000) < inside < 0.97


@given(st.lists(st.floats(0.01, 1e4), min_size=2, max_size=30, unique=True), st.floats(0.01, 100))
def test_hours_times_k_give_repair_times_times_k(times: list[float], k: float) -> None:
    one, other = mttr(times), mttr([k * time for time in times])
    assert other.estimate == pytest.approx(k * one.estimate)
    assert other.lower == pytest.approx(k * one.lower, rel=1e-6)  # type: ignore[operator]
    assert one.upper is not None
    assert other.upper is not None
    if math.isfinite(one.upper) and math.isfinite(other.upper):
        assert math.log(other.upper) == pytest.approx(math.log(k) + math.log(one.upper), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("durations", "settings", "error", "words"),
    [
        ([], {}, NotEnoughFailures, "no repair among 0"),
        ([3], {"kind": ["preventive"]}, NotEnoughFailures, "no repair among 1"),
        ([1, -2], {}, InvalidData, "row 1"),
        ([1, math.nan], {}, InvalidData, "row 1"),
        (["x"], {}, InvalidData, "numbers"),
        ([1, 2], {"kind": ["corrective"]}, InvalidData, "do not go with 1 kinds"),
        ([[1, 2]], {}, InvalidData, "shape"),
    ],
)
def test_what_mttr_refuses(
    durations: list[object], settings: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        mttr(durations, **settings)  # type: ignore[arg-type]


def test_a_bad_duration_of_a_preventive_visit_is_no_obstacle() -> None:
    assert mttr([1, 2, math.nan], kind=["corrective", "corrective", "preventive"]).estimate == 1.5


def test_availability_is_the_share_of_time_up() -> None:
    result = availability(mtbf(4, 2000), mttr([10.0, 30.0, 5.0, 15.0]))
    assert result.estimate == pytest.approx(500 / 515)
    assert result.unit == "share of time"
    assert 0 < result.lower < result.estimate < result.upper < 1  # type: ignore[operator]
    assert (result.counts.failures, result.repairs) == (4, 4)


def test_availability_with_exponential_repairs_against_quantiles_of_f() -> None:
    down = mttr(REPAIRS, distribution="exponential")
    result = availability(mtbf(5, 1000), down, confidence=0.90)
    ratio = sum(REPAIRS) / 1000
    highest = ratio * 12 / 12 * stats.f.ppf(0.95, 12, 12)
    lowest = ratio * 10 / 12 * stats.f.ppf(0.05, 10, 12)
    assert result.lower == pytest.approx(1 / (1 + highest), rel=1e-12)
    assert result.upper == pytest.approx(1 / (1 + lowest), rel=1e-12)
    assert result.method == "F distribution"


def test_availability_joins_the_bounds_of_its_parts() -> None:
    """MOVER on the log of MTTR / MTBF."""
    up, down = mtbf(5, 1000), mttr(REPAIRS)
    result = availability(up, down)
    reach = math.hypot(math.log(down.upper / down.estimate), math.log(up.estimate / up.lower))  # type: ignore[operator]
    assert result.lower == pytest.approx(1 / (1 + down.estimate / 200 * math.exp(reach)), rel=1e-12)
    lower_only = availability(up, down, confidence=0.95, side="lower")
    assert lower_only.upper is None
    assert lower_only.lower == pytest.approx(result.lower, rel=1e-12)


@pytest.mark.parametrize("law", ["lognormal", "exponential"])
def test_availability_bounds_hold_the_truth(law: str, rng: np.random.Generator) -> None:
    """Eight failures (failure terminated), eight repairs of mean 10, MTBF 100; the F interval is exact."""
    truth, rounds, inside = 100 / 110, 2000, 0
    for _ in range(rounds):
        up = mtbf(8, rng.gamma(8, 100.0), terminated="failure")
        spread = 0.8
        times = (
            rng.exponential(10, 8)
            if law == "exponential"
            else rng.lognormal(math.log(10) - spread**2 / 2, spread, 8)
        )
        found = availability(up, mttr(times, distribution=law))  # type: ignore[arg-type]
        assert found.lower is not None
        assert found.upper is not None
        inside += found.lower <= truth <= found.upper
    error = 3 * math.sqrt(0.09 / rounds)
    assert 0.90 - error < inside / rounds < (0.90 + error if law == "exponential" else 0.96)


def test_what_availability_refuses() -> None:
    up, down = mtbf(5, 1000), mttr(REPAIRS)
    with pytest.raises(InvalidData, match="convert"):
        availability(up, mttr(REPAIRS, unit="min"))
    with pytest.raises(NotEnoughFailures, match="no failures in 1000 h"):
        availability(mtbf(0, 1000), down)
    with pytest.raises(NotEnoughFailures, match="one repair"):
        availability(up, mttr([3.0]))
    with pytest.raises(InvalidData, match="confidence"):
        availability(up, down, confidence=1.0)


def test_results_survive_json() -> None:
    down = mttr(REPAIRS)
    assert MttrEstimate.from_json(down.to_json()) == down
    result = availability(mtbf(5, 1000), down)
    assert AvailabilityEstimate.from_json(result.to_json()) == result


def test_bounds_hold_the_mean_of_times_that_are_no_lognormal() -> None:
    # Nearly all of one length and many very short: the fitted lognormal's mean is another number than theirs.
    times = [0.02] * 20 + [1.0] * 180
    result = mttr(times, confidence=0.90)
    assert result.lower is not None
    assert result.upper is not None
    assert result.lower < result.estimate < result.upper
    assert result.distribution == "none"
    assert any("not lognormal" in warning for warning in result.warnings)
