import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines import GeneralizedGammaFitter, LogLogisticFitter, LogNormalFitter, WeibullFitter
from scipy import stats
from scipy.special import digamma

from analytics import (
    InvalidData,
    LifeData,
    NoFiniteMaximum,
    NotEnoughFailures,
    fit_distribution,
    fit_lognormal,
    fit_weibull,
    fit_weibull3,
)
from analytics.families import FAMILIES, SHIFTABLE

# ---------------------------------------------------------------- published (more in tests/published)

# Lieblein and Zelen (1956), J. Research NBS 57, 273-316, 23 ball bearings, millions of revolutions: 48.40 where others print
# 48.48 or 48.80.
BALL_BEARINGS = [
    17.88, 28.92, 33.00, 41.52, 42.12, 45.60, 48.40, 51.84, 51.96, 54.12, 55.56, 67.80,
    68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40,
]  # fmt: skip


def test_ball_bearings_solve_the_likelihood_equations() -> None:
    # Of a complete sample; for the gamma family log k - digamma(k) = log of the mean - mean of the logs.
    data = LifeData(BALL_BEARINGS, 1, unit="million revolutions")
    life = np.array(BALL_BEARINGS)
    weibull, lognormal = fit_distribution(data, "weibull"), fit_lognormal(data)
    power = life**weibull.beta
    assert weibull.eta == pytest.approx(power.mean() ** (1 / weibull.beta), rel=1e-8)
    assert 1 / weibull.beta == pytest.approx(
        power @ np.log(life) / power.sum() - np.log(life).mean(), rel=1e-7
    )
    assert (lognormal.mu, lognormal.sigma) == pytest.approx(
        (np.log(life).mean(), np.log(life).std()), rel=1e-8
    )
    k = fit_distribution(data, "gamma").k
    assert math.log(k) - digamma(k) == pytest.approx(math.log(life.mean()) - np.log(life).mean(), rel=1e-7)


def test_published_nist_lognormal(nist: LifeData) -> None:
    assert fit_lognormal(nist).aic == pytest.approx(154.39, abs=5e-3)


# ---------------------------------------------------------------- against other programs

FITTERS = {
    "weibull": (WeibullFitter, lambda f: (f.lambda_, f.rho_), ("eta", "beta")),
    "lognormal": (LogNormalFitter, lambda f: (f.mu_, f.sigma_), ("mu", "sigma")),
    "loglogistic": (LogLogisticFitter, lambda f: (math.log(f.alpha_), 1 / f.beta_), ("mu", "sigma")),
    "generalised_gamma": (GeneralizedGammaFitter, lambda f: (f.mu_, math.exp(f.ln_sigma_), f.lambda_), ("mu", "sigma", "q")),
}  # fmt: skip


@pytest.mark.parametrize("name", FITTERS)
def test_agrees_with_lifelines(name: str) -> None:
    rng = np.random.default_rng(3)
    life, limit = 100 * rng.weibull(1.6, 400), rng.uniform(30, 250, 400)
    data = LifeData(np.minimum(life, limit), life <= limit)
    fitter, read, names = FITTERS[name]
    with np.errstate(all="ignore"):
        theirs = fitter().fit(data.time, data.event)
    fit = fit_distribution(data, name)
    assert fit.loglik >= float(theirs.log_likelihood_) - 1e-6
    assert [getattr(fit, each) for each in names] == pytest.approx(list(read(theirs)), rel=5e-3)


@pytest.mark.parametrize(
    ("name", "fit_by_scipy", "read"),
    [
        ("normal", stats.norm.fit, lambda p: {"mu": p[0], "sigma": p[1]}),
        ("gumbel", stats.gumbel_l.fit, lambda p: {"mu": p[0], "sigma": p[1]}),
        ("gamma", lambda x: stats.gamma.fit(x, floc=0), lambda p: {"k": p[0], "theta": p[2]}),
        ("exponential", lambda x: stats.expon.fit(x, floc=0), lambda p: {"theta": p[1]}),
    ],
)
def test_agrees_with_scipy(name: str, fit_by_scipy: object, read: object) -> None:
    found = fit_distribution(LifeData(BALL_BEARINGS, 1), name).parameters
    expected = read(fit_by_scipy(np.array(BALL_BEARINGS)))  # type: ignore[operator]
    assert found == pytest.approx(expected, rel=2e-4)


# ---------------------------------------------------------------- recovery

TRUTH = {
    "exponential": {"theta": 300.0},
    "weibull": {"eta": 300.0, "beta": 1.7},
    "lognormal": {"mu": 5.5, "sigma": 0.8},
    "normal": {"mu": 400.0, "sigma": 90.0},
    "gamma": {"k": 2.3, "theta": 120.0},
    "loglogistic": {"mu": 5.5, "sigma": 0.3},
    "gumbel": {"mu": 450.0, "sigma": 60.0},
    "generalised_gamma": {"mu": 5.5, "sigma": 0.6, "q": 0.5},
}


def everything_seen(name: str, size: int, seed: int) -> LifeData:
    """Lives of the truth, seen exactly, by inspection, late, or not to their end."""
    rng = np.random.default_rng(seed)
    family = FAMILIES[name]
    theta = [p.to_working(TRUTH[name][p.name]) for p in family.parameters]
    life = np.maximum(np.asarray(family.quantile(rng.random(size), theta)), 1e-9)
    entry = np.where(rng.random(size) < 0.3, rng.uniform(0, 200, size), 0.0)
    life, entry = life[life > entry], entry[life > entry]
    limit = entry + rng.uniform(100, 900, life.size)
    event = np.where(life <= limit, 1, 0)
    inspected = (event == 1) & (rng.random(life.size) < 0.5)
    low = np.maximum(np.floor(life / 80) * 80, entry)
    return LifeData(
        np.where(inspected, low, np.minimum(life, limit)),
        np.where(inspected, 3, event),
        entry=entry,
        upper=np.where(inspected, np.ceil(life / 80) * 80, np.nan),
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_recovers_the_truth_from_every_kind_of_record(name: str) -> None:
    fit = fit_distribution(everything_seen(name, 6_000, seed=5), name, confidence=0.999)
    for parameter, value in TRUTH[name].items():
        assert value in fit.interval(parameter)


@pytest.mark.parametrize("name", ["weibull", "lognormal", "gamma", "loglogistic"])
def test_recovers_a_failure_free_time(name: str) -> None:
    family = FAMILIES[name]
    theta = [p.to_working(TRUTH[name][p.name]) for p in family.parameters]
    life = 200 + np.asarray(family.quantile(np.random.default_rng(2).random(800), theta))
    data = LifeData(np.minimum(life, 900.0), life <= 900)
    fit = fit_distribution(data, name, location="estimate", confidence=0.999)
    assert 200.0 in fit.interval("gamma")
    assert fit.gamma < life.min()
    assert "unbounded at the first failure" in fit.warnings[-1]
    for parameter, value in TRUTH[name].items():
        assert value in fit.interval(parameter)


def test_recovers_the_truth_from_right_truncated_failures() -> None:
    life = np.exp(np.random.default_rng(9).normal(5.5, 0.8, 20_000))
    data = LifeData(life[life < 400], 1, truncated_above=400.0)
    fit = fit_lognormal(data, confidence=0.999)
    assert 5.5 in fit.interval("mu")
    assert 0.8 in fit.interval("sigma")


def test_two_parameter_exponential_begins_at_the_first_failure() -> None:
    data = LifeData([30.0, 50.0, 80.0, 100.0], [1, 1, 1, 0])
    fit = fit_distribution(data, "exponential", location="estimate")
    assert fit.gamma == pytest.approx(30.0)
    # (0 + 20 + 50 + 70) / 3.
    assert fit.theta == pytest.approx(140 / 3)
    assert fit.loglik == pytest.approx(-3 * math.log(140 / 3) - 3)
    with pytest.raises(InvalidData, match="edge of what is possible"):
        fit.interval("gamma")


# ---------------------------------------------------------------- invariance

ROWS = st.lists(
    st.tuples(st.floats(1.0, 1000.0), st.sampled_from([0, 0, 1, 1, 1, 2]), st.integers(1, 3)),
    min_size=5,
    max_size=12,
)


def life_data(rows: list[tuple[float, int, int]]) -> LifeData:
    time, event, count = zip(*rows, strict=True)
    data = LifeData(time, event, count=count)
    failed = np.unique(data.time[data.event == 1])
    assume(failed.size >= 3)
    assume(failed.min() < 0.8 * data.time.max())
    assume(np.ptp(failed) > 0.05 * failed.max())
    return data


def fitted_or_not(data: LifeData, name: str) -> object:
    try:
        return fit_distribution(data, name)
    except NoFiniteMaximum:
        return None


@settings(max_examples=25)
@given(
    ROWS,
    st.sampled_from([1e-6, 24.0, 1e9]),
    st.sampled_from([f for f in FAMILIES if f != "generalised_gamma"]),
)
def test_hours_times_k(rows: list[tuple[float, int, int]], k: float, name: str) -> None:
    data = life_data(rows)
    fit = fitted_or_not(data, name)
    scaled = fitted_or_not(LifeData(data.time * k, data.event, count=data.count), name)
    assert (fit is None) == (scaled is None)
    if fit is not None:
        assert scaled.b_life(50) == pytest.approx(k * fit.b_life(50), rel=1e-5)  # type: ignore[attr-defined]
        assert scaled.loglik == pytest.approx(  # type: ignore[attr-defined]
            fit.loglik - data.counts.exact * math.log(k),
            abs=1e-6,  # type: ignore[attr-defined]
        )


@settings(max_examples=25)
@given(ROWS, st.sampled_from(["lognormal", "gamma", "loglogistic", "gumbel"]))
def test_order_and_counts_do_not_matter(rows: list[tuple[float, int, int]], name: str) -> None:
    data = life_data(rows)
    again = np.repeat(np.arange(len(data)), data.count.astype(int))[::-1]
    fit, other = fitted_or_not(data, name), fitted_or_not(LifeData(data.time[again], data.event[again]), name)
    assert (fit is None) == (other is None)
    if fit is not None:
        assert other.working == pytest.approx(fit.working, rel=1e-5, abs=1e-6)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FAMILIES)
def test_censoring_at_an_age_that_nobody_reaches_says_nothing(nist: LifeData, name: str) -> None:
    fit = fit_distribution(nist, name)
    padded = LifeData(
        [*nist.time, 0.0, 300.0],
        [*nist.event, 0, 0],
        entry=[0.0] * 11 + [0.0, 300.0],
        count=[*nist.count, 5, 7],
    )
    assert fit_distribution(padded, name).working == pytest.approx(fit.working, rel=1e-7)
    far = LifeData(nist.time, nist.event, truncated_above=1e9, count=nist.count)
    assert fit_distribution(far, name).working == pytest.approx(fit.working, rel=1e-4)


def test_a_location_moves_with_the_data() -> None:
    fit, moved = (
        fit_weibull3(LifeData(BALL_BEARINGS, 1)),
        fit_weibull3(LifeData(np.add(BALL_BEARINGS, 100), 1)),
    )
    assert moved.gamma == pytest.approx(fit.gamma + 100, rel=1e-6)
    assert (moved.eta, moved.beta, moved.loglik) == pytest.approx((fit.eta, fit.beta, fit.loglik), rel=1e-6)


def test_weibull_is_the_weibull_of_fit_weibull(nist: LifeData) -> None:
    fit, known = fit_distribution(nist, "weibull"), fit_weibull(nist)
    assert (fit.eta, fit.beta, fit.loglik) == pytest.approx((known.eta, known.beta, known.loglik), rel=1e-10)
    assert fit.covariance == pytest.approx(known.covariance, rel=1e-7)


# ---------------------------------------------------------------- refusal


@pytest.mark.parametrize("name", FAMILIES)
def test_refuses_fewer_failures_than_parameters(name: str) -> None:
    size = len(FAMILIES[name].parameters)
    with pytest.raises(NotEnoughFailures, match=f"the data hold {size - 1}"):
        fit_distribution(LifeData([10, 20, 30], [1] * (size - 1) + [0] * (4 - size)), name)


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "exponential"])
def test_refuses_failures_all_at_one_age(name: str) -> None:
    with pytest.raises(NoFiniteMaximum):
        fit_distribution(LifeData([10.0, 10.0, 10.0, 10.0, 5.0], [1, 1, 1, 1, 0]), name)


def test_refuses_a_location_that_the_data_do_not_have() -> None:
    # Lives skewed to the left: the likelihood rises as gamma goes to minus infinity.
    ages = 1000 - np.array(BALL_BEARINGS)
    with pytest.raises(NoFiniteMaximum, match="goes to minus infinity"):
        fit_weibull3(LifeData(ages, 1))
    # A falling rate from the first failure on: it rises towards the first failure.
    early = 50 + np.array([0.01, 0.05, 0.2, 0.6, 1.5, 4.0, 10.0, 30.0, 90.0, 300.0, 900.0])
    with pytest.raises(NoFiniteMaximum, match="approaches the first failure"):
        fit_weibull3(LifeData(early, 1))


def test_refuses_unknown_settings(nist: LifeData) -> None:
    with pytest.raises(InvalidData, match="no distribution is called"):
        fit_distribution(nist, "weibull2")
    with pytest.raises(InvalidData, match="confidence must lie"):
        fit_lognormal(nist, confidence=90)
    assert "normal" not in SHIFTABLE


@pytest.mark.parametrize("distribution", ["lognormal", "normal", "weibull", "gumbel"])
def test_a_spread_that_goes_to_nothing_is_no_estimate(distribution: str) -> None:
    # Failed at the very age above which it would not have been seen: the likelier the smaller the spread.
    data = LifeData(
        [200.0, 25.0, 25.0, 175.0],
        [3, 1, 0, 0],
        upper=[250.0, np.nan, np.nan, np.nan],
        entry=[50.0, 0.0, 0.0, 0.0],
        truncated_above=[np.nan, 25.0, np.nan, np.nan],
    )
    with pytest.raises(NoFiniteMaximum):
        fit_distribution(data, distribution)
