import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics import InvalidData, MtbfEstimate, NotEnoughFailures, mtbf


def test_acceptance_two_failures_in_1000_days() -> None:
    """One unit, failures on days 100 and 300, observed to day 1000, time terminated."""
    result = mtbf(2, 1000, confidence=0.80, unit="days")
    assert result.estimate == 500
    assert result.lower == pytest.approx(188, abs=0.5)
    assert result.upper == pytest.approx(1880, abs=0.5)
    assert (result.side, result.failures, result.exposure, result.unit) == ("two", 2, 1000, "days")


@pytest.mark.parametrize(("confidence", "at_least"), [(0.75, 721), (0.90, 434)])
def test_acceptance_no_failures_in_1000_days(confidence: float, at_least: float) -> None:
    result = mtbf(0, 1000, confidence=confidence, unit="days")
    assert result.estimate is None
    assert result.upper is None
    assert result.side == "lower"
    assert result.lower == pytest.approx(at_least, abs=0.5)
    assert "one-sided" in result.warnings[0]
    assert result.rate == 0


def test_published_one_sided_bound() -> None:
    """reliability 0.9.0 documentation: 6 failures in 10,000 h, lower 80 % one-sided."""
    result = mtbf(6, 10_000, confidence=0.80, side="lower")
    assert result.lower == pytest.approx(1101.8815940201118, abs=1e-9)
    assert result.upper is None


def test_published_failure_terminated_interval() -> None:
    """Proschan (1963), aircraft 7912: 30 intervals with a mean of 59.6 h."""
    result = mtbf(30, 30 * 59.6, terminated="failure")
    assert result.estimate == pytest.approx(59.6)
    assert result.lower == pytest.approx(45.21891847, abs=5e-8)
    assert result.upper == pytest.approx(82.80085765, abs=5e-8)


@given(st.integers(1, 500), st.floats(1e-6, 1e12), st.floats(0.01, 0.99))
def test_against_quantiles_of_chi_square(failures: int, exposure: float, confidence: float) -> None:
    result = mtbf(failures, exposure, confidence=confidence)
    alpha = 1 - confidence
    assert result.lower == pytest.approx(
        2 * exposure / stats.chi2.ppf(1 - alpha / 2, 2 * failures + 2), rel=1e-9
    )
    assert result.upper == pytest.approx(2 * exposure / stats.chi2.ppf(alpha / 2, 2 * failures), rel=1e-9)


@given(st.integers(0, 100), st.floats(1e-3, 1e6), st.floats(1e-3, 1e3))
def test_hours_times_k_give_bounds_times_k(failures: int, exposure: float, k: float) -> None:
    one, other = mtbf(failures, exposure), mtbf(failures, k * exposure)
    assert other.lower == pytest.approx(k * one.lower)  # type: ignore[operator]
    if failures:
        assert other.estimate == pytest.approx(k * one.estimate)  # type: ignore[operator]
        assert other.upper == pytest.approx(k * one.upper)  # type: ignore[operator]


def test_bounds_at_another_confidence_come_from_the_same_facts() -> None:
    result = mtbf(4, 2000)
    wider = mtbf(4, 2000, confidence=0.99)
    assert result.interval(confidence=0.99) == wider.interval()
    upper = result.interval(confidence=0.90, side="upper")
    assert upper.lower is None
    assert upper.upper == result.interval(confidence=0.80).upper


def test_failure_terminated_coverage_is_exact(rng: np.random.Generator) -> None:
    """Tests that end at the fifth failure: 90 % of the intervals hold the truth, within 3 binomial standard errors."""
    exposures = rng.gamma(5, 100.0, size=4000)
    inside = np.mean([100.0 in mtbf(5, exposure, terminated="failure").interval() for exposure in exposures])
    assert inside == pytest.approx(0.90, abs=3 * np.sqrt(0.09 / 4000))


def test_time_terminated_coverage_is_at_least_nominal(rng: np.random.Generator) -> None:
    failures = rng.poisson(500 / 100.0, size=4000)
    failures = failures[failures > 0]
    inside = np.mean([100.0 in mtbf(int(count), 500).interval() for count in failures])
    assert inside > 0.90 - 3 * np.sqrt(0.09 / failures.size)


def test_the_result_survives_json() -> None:
    for result in (mtbf(0, 1000), mtbf(3, 1000, side="lower")):
        assert MtbfEstimate.from_json(result.to_json()) == result


def test_the_fingerprint_tells_facts_apart() -> None:
    assert mtbf(2, 1000).fingerprint == mtbf(2, 1000, confidence=0.5).fingerprint
    assert (
        len({mtbf(2, 1000).fingerprint, mtbf(3, 1000).fingerprint, mtbf(2, 1000, unit="km").fingerprint}) == 3
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        ((-1, 10), {}, "whole number"),
        ((1.5, 10), {}, "whole number"),
        ((float("nan"), 10), {}, "whole number"),
        ((1, 0), {}, "exposure"),
        ((1, -5), {}, "exposure"),
        ((1, float("inf")), {}, "exposure"),
        ((1, 10), {"confidence": 90}, "confidence"),
    ],
)
def test_what_is_refused(arguments: tuple[float, float], settings: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        mtbf(*arguments, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [{"side": "upper"}, {"terminated": "failure"}])
def test_what_no_failures_cannot_say(settings: dict[str, object]) -> None:
    with pytest.raises(NotEnoughFailures):
        mtbf(0, 1000, **settings)  # type: ignore[arg-type]
