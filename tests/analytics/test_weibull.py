import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analytics import (
    InvalidData,
    LifeData,
    NoFiniteMaximum,
    NotEnoughFailures,
    fit_weibull,
)

# ---------------------------------------------------------------- published (more in tests/published)


def test_published_nist_example(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    assert fit.beta == pytest.approx(1.7208, abs=5e-5)
    # The handbook prints 606.5280; the maximum is 606.52756.
    assert fit.eta == pytest.approx(606.52756, abs=5e-6)
    assert fit.loglik == pytest.approx(-75.135, abs=5e-4)
    assert fit.mean == pytest.approx(540.737, abs=5e-4)
    assert fit.sd == pytest.approx(323.806, abs=5e-4)


def test_published_information_criterion(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    assert fit.aic == pytest.approx(154.27, abs=5e-3)
    assert fit.aicc == pytest.approx(fit.aic + 2 * 2 * 3 / (20 - 3))
    assert fit.bic == pytest.approx(2 * math.log(20) - 2 * fit.loglik)


# ---------------------------------------------------------------- recovery


def fleet(rng: np.random.Generator, eta: float = 10_000.0, beta: float = 2.0) -> LifeData:
    life, age = eta * rng.weibull(beta, 100), rng.uniform(1_000, 6_000, 100)
    return LifeData(np.minimum(life, age), life <= age)


def test_recovers_eta_from_a_young_fleet() -> None:
    # 100 units, about 13 failures: the estimate's own median is about 9,770; without the survivors about 3,300.
    fits = [fit_weibull(fleet(np.random.default_rng(seed))) for seed in range(200)]
    assert 9_200 < float(np.median([fit.eta for fit in fits])) < 10_400
    assert 12 < float(np.mean([fit.counts.failures for fit in fits])) < 15


def test_recovers_the_truth_from_every_kind_of_record(rng: np.random.Generator) -> None:
    n = 30_000
    life = 500 * rng.weibull(1.7, n)
    seen_from = np.where(rng.random(n) < 0.3, rng.uniform(0, 400, n), 0.0)
    alive = life > seen_from
    life, seen_from = life[alive], seen_from[alive]
    n = life.size
    limit = seen_from + rng.uniform(50, 900, n)
    event = np.where(life <= limit, 1, 0)
    time = np.minimum(life, limit)
    inspected = (event == 1) & (rng.random(n) < 0.5)
    grid = 120.0
    low = np.maximum(np.floor(life / grid) * grid, seen_from)
    upper = np.where(inspected, np.ceil(life / grid) * grid, np.nan)
    time, event = np.where(inspected, low, time), np.where(inspected, 3, event)
    fit = fit_weibull(LifeData(time, event, entry=seen_from, upper=upper), confidence=0.999)
    assert 500 in fit.interval("eta")
    assert 1.7 in fit.interval("beta")
    upper_bound, lower_bound = fit.interval("eta").upper, fit.interval("eta").lower
    assert upper_bound is not None
    assert lower_bound is not None
    assert upper_bound / lower_bound < 1.05


def test_recovers_the_truth_from_right_truncated_failures(rng: np.random.Generator) -> None:
    life = 500 * rng.weibull(1.7, 40_000)
    data = LifeData(life[life < 600], 1, truncated_above=600.0)
    assert 500 in fit_weibull(data).interval("eta", confidence=0.999)
    # The same table taken for a complete sample is far off.
    assert fit_weibull(LifeData(life[life < 600], 1)).eta < 400


@pytest.mark.parametrize("name", ["eta", "beta", "b10"])
def test_bounds_cover_at_their_nominal_rate_in_samples_of_fifty(name: str) -> None:
    rng = np.random.default_rng(7)
    truth = {"eta": 1.0, "beta": 2.0, "b10": (-math.log(0.9)) ** 0.5}[name]
    repeats = 1_000
    held = sum(truth in fit_weibull(LifeData(rng.weibull(2.0, 50), 1)).interval(name) for _ in range(repeats))
    # Monte Carlo standard error 0.95 %; log-Wald bounds at 50 failures are within 2 % of nominal.
    assert held / repeats == pytest.approx(0.90, abs=0.045)


@pytest.mark.parametrize("method", ["rrx", "rry"])
def test_rank_regression_recovers_the_truth(method: str, rng: np.random.Generator) -> None:
    life, limit = 500 * rng.weibull(1.7, 5_000), rng.uniform(100, 1500, 5_000)
    fit = fit_weibull(LifeData(np.minimum(life, limit), life <= limit), method=method)  # type: ignore[arg-type]
    assert fit.eta == pytest.approx(500, rel=0.03)
    assert fit.beta == pytest.approx(1.7, rel=0.05)
    assert fit.r_squared is not None
    assert 0.98 < fit.r_squared <= 1


# ---------------------------------------------------------------- invariance

ROWS = st.lists(
    st.tuples(st.floats(1.0, 1000.0), st.sampled_from([0, 0, 1, 1, 1]), st.integers(1, 3)),
    min_size=4,
    max_size=15,
)


def life_data(rows: list[tuple[float, int, int]]) -> LifeData:
    time, event, count = zip(*rows, strict=True)
    data = LifeData(time, event, count=count)
    assume(data.counts.failures >= 2)
    failed = np.unique(data.time[data.event == 1])
    assume(failed.size >= 2)
    assume(failed.min() < 0.9 * data.time.max())
    return data


@given(ROWS, st.sampled_from([1e-6, 0.3, 24.0, 1e9]), st.sampled_from(["mle", "rrx", "rry"]))
def test_hours_times_k_give_eta_times_k(rows: list[tuple[float, int, int]], k: float, method: str) -> None:
    data = life_data(rows)
    fit = fit_weibull(data, method=method)  # type: ignore[arg-type]
    scaled = fit_weibull(LifeData(data.time * k, data.event, count=data.count), method=method)  # type: ignore[arg-type]
    assert scaled.eta == pytest.approx(fit.eta * k, rel=1e-6)
    assert scaled.beta == pytest.approx(fit.beta, rel=1e-6)
    if fit.covariance is not None and scaled.covariance is not None:
        assert scaled.covariance == pytest.approx(fit.covariance, rel=1e-4, abs=1e-9)


@given(ROWS, st.randoms(use_true_random=False))
def test_order_and_counts_do_not_matter(rows: list[tuple[float, int, int]], random: object) -> None:
    data = life_data(rows)
    expanded = np.repeat(np.arange(len(data)), data.count.astype(int))
    random.shuffle(expanded)  # type: ignore[attr-defined]
    fit, other = fit_weibull(data), fit_weibull(LifeData(data.time[expanded], data.event[expanded]))
    assert (other.eta, other.beta) == pytest.approx((fit.eta, fit.beta), rel=1e-6)
    assert other.loglik == pytest.approx(fit.loglik, rel=1e-9)
    assert other.aicc == pytest.approx(fit.aicc)


def test_a_life_cut_into_records_is_the_same_life(nist: LifeData) -> None:
    cuts = np.minimum(nist.time / 3, 100.0)
    data = LifeData(
        np.concatenate([cuts, nist.time]),
        np.concatenate([np.zeros(len(nist)), nist.event]),
        entry=np.concatenate([np.zeros(len(nist)), cuts]),
        count=np.concatenate([nist.count, nist.count]),
    )
    whole, cut = fit_weibull(nist), fit_weibull(data)
    assert (cut.eta, cut.beta) == pytest.approx((whole.eta, whole.beta), rel=1e-9)
    assert cut.covariance == pytest.approx(whole.covariance, rel=1e-7)


def test_zero_exposure_and_narrow_intervals_change_nothing(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    padded = LifeData(
        [*nist.time, 0.0, 300.0], [*nist.event, 0, 0], entry=[0.0] * 12 + [300.0], count=[*nist.count, 5, 7]
    )
    assert fit_weibull(padded).eta == pytest.approx(fit.eta, rel=1e-9)
    narrow = LifeData(
        nist.time - 0.001 * nist.event, nist.event * 3, upper=nist.time + 0.001, count=nist.count
    )
    assert fit_weibull(narrow).eta == pytest.approx(fit.eta, rel=1e-6)
    assert fit_weibull(narrow).beta == pytest.approx(fit.beta, rel=1e-6)


def test_left_censored_is_an_interval_from_zero() -> None:
    left = LifeData([50.0, 80.0, 90.0, 120.0, 150.0, 60.0], [2, 1, 1, 1, 0, 0])
    interval = LifeData([0.0, 80.0, 90.0, 120.0, 150.0, 60.0], [3, 1, 1, 1, 0, 0], upper=50.0)
    assert fit_weibull(left).loglik == pytest.approx(fit_weibull(interval).loglik, rel=1e-12)


# ---------------------------------------------------------------- what it warns of


def test_few_failures_are_said_to_be_few() -> None:
    fit = fit_weibull(LifeData([10, 20, 30, 40], [1, 1, 1, 0]))
    assert "only 3 failures" in fit.warnings[0]
    assert "Wald and likelihood-ratio bounds hold the truth less often" in fit.warnings[0]


def test_calibrated_bounds_make_up_for_few_failures_but_the_estimate_does_not() -> None:
    fit = fit_weibull(LifeData([10, 20, 30, 40], [1, 1, 1, 0]), bounds="calibrated")
    assert fit.warnings[0] == "only 3 failures: the estimate of beta tends to be too high"


def test_rank_regression_says_where_its_bounds_come_from(nist: LifeData) -> None:
    fit = fit_weibull(nist, method="rrx")
    assert "the bounds come from the information matrix at the rank-regression estimate" in fit.warnings[0]
    assert fit.score_norm is None
    assert fit.loglik < fit_weibull(nist).loglik
    assert fit.ranks == "benard"
    assert fit_weibull(nist, method="rrx", ranks="exact").eta != fit.eta


@pytest.mark.parametrize("method", ["rrx", "rry"])
def test_rank_regression_bounds_are_those_of_the_curvature_where_it_ends(nist: LifeData, method: str) -> None:
    fit = fit_weibull(nist, method=method)  # type: ignore[arg-type]

    def log_likelihood(log_eta: float, log_beta: float) -> float:
        beta = math.exp(log_beta)
        z = beta * (np.log(nist.time) - log_eta)
        return float((nist.count * (nist.event * (log_beta + z - np.log(nist.time)) - np.exp(z))).sum())

    at, step = np.log([fit.eta, fit.beta]), 1e-4 * np.eye(2)
    information = [
        [
            -sum(a * b * log_likelihood(*(at + a * i + b * j)) for a in (1, -1) for b in (1, -1)) / 4e-8
            for j in step
        ]
        for i in step
    ]
    factors = np.exp(1.6448536 * np.sqrt(np.diag(np.linalg.inv(information))))
    for name, estimate, factor in zip(("eta", "beta"), (fit.eta, fit.beta), factors, strict=True):
        bounds = fit.interval(name)
        assert (bounds.lower, bounds.upper) == pytest.approx((estimate / factor, estimate * factor), rel=1e-5)


# ---------------------------------------------------------------- refusal


@pytest.mark.parametrize("method", ["mle", "rrx"])
@pytest.mark.parametrize("failures", [0, 1])
def test_refuses_fewer_than_two_failures(failures: int, method: str) -> None:
    with pytest.raises(NotEnoughFailures, match=f"the data hold {failures}"):
        fit_weibull(LifeData([10, 20, 30], [failures, 0, 0]), method=method)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["mle", "rrx", "rry"])
def test_refuses_failures_all_at_one_age(method: str) -> None:
    with pytest.raises(NoFiniteMaximum):
        fit_weibull(LifeData([20, 20, 10], [1, 1, 0]), method=method)  # type: ignore[arg-type]


def test_failures_at_one_age_with_survivors_beyond_can_be_fitted() -> None:
    fit = fit_weibull(LifeData([20, 20, 30], [1, 1, 0]))
    assert math.isfinite(fit.beta)


def test_refuses_what_rank_regression_cannot_do(nist: LifeData) -> None:
    with pytest.raises(InvalidData, match="row 1"):
        fit_weibull(LifeData([1, 2, 3], [1, 2, 1]), method="rry")
    with pytest.raises(InvalidData, match="likelihood-ratio"):
        fit_weibull(nist, method="rrx", bounds="likelihood_ratio")
    with pytest.raises(InvalidData, match="likelihood-ratio"):
        fit_weibull(nist, method="rrx").interval("eta", bounds="likelihood_ratio")


def test_refuses_unknown_numbers(nist: LifeData) -> None:
    with pytest.raises(InvalidData, match="confidence"):
        fit_weibull(nist, confidence=90)
