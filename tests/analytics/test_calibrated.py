import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import InvalidData, LifeData, fit_weibull
from analytics.batch import gather, maximise
from analytics.calibrated import CALIBRATED_UP_TO, MANY_FAILURES, Calibration

EXACT = LifeData([16, 34, 53, 75, 93, 120], [1] * 6)


def test_bounds_for_complete_samples_are_those_of_the_exact_pivots() -> None:
    # For a complete sample (beta_hat / beta) has a distribution free of the truth (Thoman, Bain and Antle 1969).
    rng = np.random.default_rng(8)
    pivots = []
    for _ in range(4_000):
        fit = fit_weibull(LifeData(rng.weibull(1.0, 6), 1))
        pivots.append(fit.beta)
    fit = fit_weibull(EXACT, bounds="calibrated")
    low, high = np.quantile(pivots, [0.05, 0.95])
    found = fit.interval("beta", confidence=0.90)
    assert found.method == "calibrated"
    assert found.lower == pytest.approx(fit.beta / high, rel=0.05)
    assert found.upper == pytest.approx(fit.beta / low, rel=0.05)


def test_from_fifty_failures_on_they_still_correct_what_the_likelihood_ratio_gets_wrong() -> None:
    rng = np.random.default_rng(8)
    life = rng.weibull(1.0, (20_000, MANY_FAILURES))
    pivots = np.exp(maximise(gather(life, np.ones(life.shape, dtype=bool))).log_beta)
    low, high = np.quantile(pivots, [0.05, 0.95])
    off = []
    for seed in range(3):
        fit = fit_weibull(LifeData(100 * np.random.default_rng(seed).weibull(2.0, MANY_FAILURES), 1))
        for bounds in ("calibrated", "likelihood_ratio"):
            found = fit.interval("beta", confidence=0.90, bounds=bounds)  # type: ignore[arg-type]
            assert found.lower is not None
            assert found.upper is not None
            off.append(np.log([found.lower * high / fit.beta, found.upper * low / fit.beta]))
    calibrated, plain = np.mean(off[::2], axis=0), np.mean(off[1::2], axis=0)
    # Data of the same estimate differ by a per cent in what their likelihood says of it; three are averaged.
    assert calibrated == pytest.approx([0.0, 0.0], abs=0.02)
    assert np.all(plain > calibrated)


@dataclass(frozen=True)
class Parabola:
    """A log-likelihood of -v^2 / 2, so that a bound stands at its deviate."""

    name: str = "v"
    centre: float = 0.0
    standard_error: float = 1.0
    maximum: float = 0.0

    def at(self, value: float) -> tuple[float, float]:
        return -(value**2) / 2.0, -value

    def best(self, value: float) -> list[float]:
        return [value]


@pytest.mark.parametrize("end", [0.4, 3.0])
def test_a_bound_is_followed_to_where_its_lump_lies(monkeypatch: pytest.MonkeyPatch, end: float) -> None:
    """A fifth of the samples lie just beyond whatever value is tried, up to `end`; there the bound belongs."""

    def roots(lives: Any, quantity: Any, value: float, truth: Any, *, rng: Any) -> tuple[np.ndarray, None]:
        return -np.where(np.arange(1000) < 200, min(value + 0.1, end), -3.0), None

    monkeypatch.setattr("analytics.calibrated.signed_roots", roots)
    calibration = Calibration(SimpleNamespace(ease=1), 5, [0.0], lambda quantity: Parabola())  # type: ignore[arg-type]
    assert calibration.bounds(Parabola(), 0.90, "upper")[1] == pytest.approx(end, abs=0.01)


def test_bounds_widen_and_shift_against_likelihood_ratio_at_few_failures() -> None:
    fit = fit_weibull(EXACT, bounds="calibrated")
    own, plain = fit.interval("beta"), fit.interval("beta", bounds="likelihood_ratio")
    # The estimate of beta is too high in small samples, so the bounds come down.
    assert own.lower < plain.lower  # type: ignore[operator]
    assert own.upper < plain.upper  # type: ignore[operator]


def test_bounds_are_the_same_every_time_and_near_likelihood_ratio_for_large_samples() -> None:
    life = 100 * np.random.default_rng(1).weibull(2.0, 600)
    fit = fit_weibull(LifeData(life, 1), bounds="calibrated")
    again = fit_weibull(LifeData(life, 1), bounds="calibrated")
    for name in ("eta", "beta", "b10", "mean"):
        assert fit.interval(name) == again.interval(name)
        plain = fit.interval(name, bounds="likelihood_ratio")
        assert fit.interval(name).lower == pytest.approx(plain.lower, rel=0.01)
        assert fit.interval(name).upper == pytest.approx(plain.upper, rel=0.01)


def test_beyond_a_thousand_failures_they_are_the_likelihood_ratio_bounds() -> None:
    life = 100 * np.random.default_rng(1).weibull(2.0, CALIBRATED_UP_TO + 1)
    fit = fit_weibull(LifeData(life, 1), bounds="calibrated")
    plain = fit.interval("b10", bounds="likelihood_ratio")
    assert fit.interval("b10").lower == pytest.approx(plain.lower, rel=1e-9)


def test_one_sided_bounds_leave_the_other_side_open(nist: LifeData) -> None:
    fit = fit_weibull(nist, bounds="calibrated")
    lower = fit.interval("b10", side="lower", confidence=0.95)
    assert lower.upper is None
    assert lower.lower == pytest.approx(fit.interval("b10", confidence=0.90).lower)


def test_a_bound_on_an_age_and_one_on_its_reliability_are_one_statement(nist: LifeData) -> None:
    fit = fit_weibull(nist, bounds="calibrated")
    age = fit.interval("b10", side="lower").lower
    assert age is not None
    assert fit.reliability_interval(age, side="lower").lower == pytest.approx(0.9, abs=0.004)


def test_the_band_passes_through_the_bounds_at_single_ages(nist: LifeData) -> None:
    fit = fit_weibull(nist, bounds="calibrated")
    ages = np.array([100.0, 150.0, 300.0, 450.0])
    band = fit.reliability_band(ages)
    assert band.method == "calibrated"
    for at, age in enumerate(ages):
        single = fit.reliability_interval(float(age))
        assert band.lower is not None
        assert band.upper is not None
        assert band.lower[at] == pytest.approx(single.lower, abs=0.02)
        assert band.upper[at] == pytest.approx(single.upper, abs=0.02)


def test_the_band_does_not_depend_on_the_unit_of_age() -> None:
    hours, years = (
        fit_weibull(LifeData(EXACT.time * k, 1), bounds="calibrated").reliability_band([20.0 * k, 90.0 * k])
        for k in (1.0, 1e-4)
    )
    assert hours.lower is not None
    assert hours.upper is not None
    assert years.lower == pytest.approx(hours.lower, rel=1e-6)
    assert years.upper == pytest.approx(hours.upper, rel=1e-6)


def test_inspection_intervals_are_resampled_as_exact_ages() -> None:
    data = LifeData([0, 100, 200, 300], [3, 3, 3, 0], upper=[100, 200, 300, np.nan], count=[3, 6, 9, 4])
    fit = fit_weibull(data, bounds="calibrated")
    plain = fit.interval("eta", bounds="likelihood_ratio")
    assert fit.interval("eta").lower == pytest.approx(plain.lower, rel=0.05)


@settings(max_examples=5)
@given(st.floats(1e-5, 1e8))
def test_bounds_scale_with_the_unit(scale: float) -> None:
    fit = fit_weibull(EXACT, bounds="calibrated").interval("b10")
    scaled = fit_weibull(LifeData(EXACT.time * scale, 1), bounds="calibrated").interval("b10")
    assert scaled.lower == pytest.approx(fit.lower * scale, rel=1e-6)  # type: ignore[operator]
    assert scaled.upper == pytest.approx(fit.upper * scale, rel=1e-6)  # type: ignore[operator]


def test_few_failures_are_told_as_bias_and_not_as_short_coverage() -> None:
    fit = fit_weibull(EXACT, bounds="calibrated")
    assert any("beta tends to be too high" in note for note in fit.warnings)
    assert not any("less often" in note for note in fit.warnings)


def test_refuses_what_has_no_plan_or_no_likelihood(nist: LifeData) -> None:
    with pytest.raises(InvalidData, match="mle"):
        fit_weibull(nist, method="rrx", bounds="calibrated")
    with pytest.raises(InvalidData, match="truncated"):
        fit_weibull(LifeData([3, 5, 8], [1, 1, 1], truncated_above=[9, 9, 9]), bounds="calibrated")
    fit = fit_weibull(nist, bounds="calibrated")
    with pytest.raises(InvalidData, match="with_data"):
        type(fit).from_json(fit.to_json()).interval("eta")
    assert math.isfinite(type(fit).from_json(fit.to_json()).with_data(nist).interval("eta").lower or math.nan)
