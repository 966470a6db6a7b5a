import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr
from scipy.stats import gumbel_l, norm

from analytics import (
    AcceleratedLifeFit,
    InvalidData,
    LifeData,
    NoFiniteMaximum,
    NotEnoughFailures,
    Result,
    fit_aft,
    fit_distribution,
)

# Zelen (1959), glass capacitors, as in R's survival package: lives at two temperatures and four voltages.
HOURS = {
    (170, 200): [439, 904, 1092, 1105],
    (170, 250): [572, 690, 904, 1090],
    (170, 300): [315, 315, 439, 628],
    (170, 350): [258, 258, 347, 588],
    (180, 200): [959, 1065, 1065, 1087],
    (180, 250): [216, 315, 455, 473],
    (180, 300): [241, 315, 332, 380],
    (180, 350): [241, 241, 435, 455],
}


def capacitors() -> LifeData:
    """Four of the eight capacitors on each test failed, and the test ended with the fourth failure."""
    rows = [(hours, 1, 1, *stress) for stress, failures in HOURS.items() for hours in failures] + [
        (failures[-1], 0, 4, *stress) for stress, failures in HOURS.items()
    ]
    time, event, count, temperature, voltage = np.array(rows, dtype=float).T
    return LifeData(time, event, count=count, covariates={"temperature": temperature, "voltage": voltage})


def simulated(seed: int, size: int, distribution: str = "weibull", **settings: object) -> LifeData:
    rng = np.random.default_rng(seed)
    load, version = rng.uniform(1.0, 5.0, size), rng.integers(0, 2, size)
    noise = {
        "weibull": np.log(rng.exponential(size=size)) / 2.0,
        "lognormal": 0.6 * rng.normal(size=size),
        "loglogistic": 0.4 * rng.logistic(size=size),
    }[distribution]
    life = np.exp(7.0 - 0.4 * load + 0.5 * version + noise)
    until = rng.uniform(100.0, 900.0, size)
    return LifeData(
        np.minimum(life, until), life <= until, covariates={"load": load, "version": version}, **settings
    )


def test_published_capacitors_of_zelen() -> None:
    # R survival 3.5-3, tests/Examples/survival-Ex.Rout.save: survreg(Surv(time, status) ~ temperature + voltage, capacitor).
    fit = fit_aft(capacitors())
    assert fit.intercept == pytest.approx(13.40701688, abs=5.1e-9)
    assert fit.slopes["temperature"] == pytest.approx(-0.02890466, abs=5.1e-9)
    assert fit.slopes["voltage"] == pytest.approx(-0.00591082, abs=5.1e-9)
    assert 1.0 / fit.beta == pytest.approx(0.3638092, abs=5.1e-8)
    assert fit.loglik == pytest.approx(-244.24, abs=0.051)
    assert fit.score_norm < 1e-7


def test_standard_errors_are_those_of_the_written_out_likelihood() -> None:
    # Curvature of the log-likelihood of log lives, written out with scipy, by differences of differences.
    data = capacitors()
    design = np.column_stack(
        [np.ones(data.time.size), data.covariates["temperature"], data.covariates["voltage"]]
    )
    fit = fit_aft(data)

    def height(theta: np.ndarray) -> float:
        sigma = math.exp(theta[3])
        z = (np.log(data.time) - design @ theta[:3]) / sigma
        each = np.where(data.event == 1, gumbel_l.logpdf(z) - math.log(sigma), gumbel_l.logsf(z))
        return float(data.count @ each)

    at = np.array([fit.intercept, fit.slopes["temperature"], fit.slopes["voltage"], -math.log(fit.beta)])
    steps = np.diag([1e-3, 1e-5, 1e-5, 1e-3])
    signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    curvature = np.array([
        [sum(a * b * height(at + a * i + b * j) for a, b in signs) / (4 * i.sum() * j.sum()) for j in steps] for i in steps
    ])  # fmt: skip
    errors = np.sqrt(np.diag(np.linalg.inv(-curvature)))
    for name, error in zip(("intercept", "temperature", "voltage"), errors, strict=False):
        assert fit.standard_error(name) == pytest.approx(error, rel=1e-3)
    wald = fit.slopes["temperature"] / errors[1]
    assert fit.p_value("temperature") == pytest.approx(2 * norm.sf(abs(wald)), rel=2e-3)


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic"])
def test_recovers_the_truth(distribution: str) -> None:
    fit = fit_aft(simulated(5, 4_000, distribution), distribution=distribution, confidence=0.999)
    assert -0.4 in fit.interval("load")
    assert 0.5 in fit.interval("version")
    assert 7.0 in fit.interval("intercept")
    assert math.exp(0.5) in fit.time_ratio_interval("version")
    assert 0.5 in fit.interval("version", bounds="likelihood_ratio")
    assert fit.warnings == ()


@pytest.mark.slow
def test_bounds_hold_the_truth_as_often_as_they_say() -> None:
    held = 0
    for seed in range(100):
        fit = fit_aft(simulated(seed, 60), confidence=0.90)
        held += -0.4 in fit.interval("load")
    # 90 expected, with a standard deviation of 3.0.
    assert 80 <= held <= 98


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic"])
def test_agrees_with_lifelines(distribution: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifelines
        import pandas as pd

        model = {
            "weibull": lifelines.WeibullAFTFitter,
            "lognormal": lifelines.LogNormalAFTFitter,
            "loglogistic": lifelines.LogLogisticAFTFitter,
        }[distribution]()
        data = simulated(11, 300, distribution)
        entry = 0.3 * data.time
        frame = pd.DataFrame({**data.covariates, "T": data.time, "E": data.event, "entry": entry})
        model.fit(frame, "T", "E", entry_col="entry")
    late = LifeData(data.time, data.event, entry=entry, covariates=data.covariates)
    fit = fit_aft(late, distribution=distribution)
    # lifelines stops near the maximum, ours is at it: never lower, and close by.
    assert fit.loglik >= model.log_likelihood_ - 1e-9
    assert fit.loglik == pytest.approx(model.log_likelihood_, abs=1e-3)
    place = model.params_.index.get_level_values(0)[0]
    for name in ("load", "version"):
        assert fit.slopes[name] == pytest.approx(model.params_[place][name], abs=3e-3)


def test_every_kind_of_record_against_the_likelihood_written_out() -> None:
    x = np.array([0.0, 0, 0, 0, 1, 1, 1, 1, 1, 0])
    data = LifeData(
        [10, 20, 30, 8, 5, 7, 9, 4, 6, 12],
        [1, 0, 3, 2, 1, 3, 1, 2, 1, 1],
        upper=[np.nan, np.nan, 45, np.nan, np.nan, 11, np.nan, np.nan, np.nan, np.nan],
        entry=[0, 5, 0, 0, 2, 0, 0, 0, 0, 3],
        truncated_above=[np.inf] * 8 + [25, 60],
        count=[1, 3, 2, 1, 1, 1, 2, 1, 1, 1],
        covariates={"x": x},
    )

    def minus(theta: np.ndarray) -> float:
        at = (np.log(np.where(data.time > 0, data.time, 1.0)) - theta[0] - theta[1] * x) / math.exp(theta[2])

        def z(age: float, row: int) -> float:
            return (math.log(age) - theta[0] - theta[1] * x[row]) / math.exp(theta[2])

        total = 0.0
        for i in range(len(data)):
            density = -0.5 * at[i] ** 2 - 0.5 * math.log(2 * math.pi) - theta[2] - math.log(data.time[i])
            low, high = data.time[i], data.upper[i]
            term = {
                0: lambda i=i: log_ndtr(-at[i]),
                1: lambda d=density: d,
                2: lambda i=i: log_ndtr(at[i]),
                3: lambda i=i, a=low, b=high: math.log(ndtr(z(b, i)) - ndtr(z(a, i))),
            }[int(data.event[i])]()
            entry, above = data.entry[i], data.truncated_above[i]
            if np.isfinite(above):
                term -= math.log(ndtr(z(above, i)) - (ndtr(z(entry, i)) if entry > 0 else 0.0))
            elif entry > 0:
                term -= log_ndtr(-z(entry, i))
            total += data.count[i] * term
        return -total

    best = minimize(
        minus, [3.0, 0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    )
    fit = fit_aft(data, distribution="lognormal")
    assert fit.loglik == pytest.approx(-best.fun, abs=1e-9)
    assert [fit.intercept, fit.slopes["x"], math.log(fit.sigma)] == pytest.approx(best.x, abs=1e-5)


def test_likelihood_ratio_bounds_end_where_the_likelihood_has_fallen_enough() -> None:
    data = simulated(3, 40)
    fit = fit_aft(data, confidence=0.95, bounds="likelihood_ratio")
    for end in (fit.interval("load").lower, fit.interval("load").upper):
        assert end is not None

        def minus(theta: np.ndarray, slope: float = end) -> float:
            location = theta[0] + slope * data.covariates["load"] + theta[1] * data.covariates["version"]
            z = (np.log(data.time) - location) * math.exp(theta[2])
            density = z + theta[2] - np.log(data.time)
            return -float(np.sum(np.where(data.event == 1, density, 0.0) - np.exp(z)))

        best = minimize(
            minus,
            [7.0, 0.5, 0.7],
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000},
        )
        # 1.92 is half the 95 % point of chi-square with one degree of freedom.
        assert fit.loglik + best.fun == pytest.approx(1.920729, abs=1e-5)


def test_generalised_gamma_holds_weibull_and_lognormal() -> None:
    data = simulated(7, 800)
    wide = fit_aft(data, distribution="generalised_gamma", confidence=0.999)
    assert wide.loglik >= max(fit_aft(data).loglik, fit_aft(data, distribution="lognormal").loglik)
    assert 1.0 in wide.interval("q")


def test_an_exponential_of_two_groups_is_two_rates() -> None:
    data = LifeData([10, 20, 30, 40, 55, 60], [1, 1, 0, 1, 1, 1], covariates={"x": [0, 0, 0, 1, 1, 1]})
    fit = fit_aft(data, distribution="exponential", at={"x": 0})
    assert fit.theta == pytest.approx(60 / 2)
    assert fit.at({"x": 1}).theta == pytest.approx(155 / 3)
    assert fit.time_ratios["x"] == pytest.approx((155 / 3) / 30)


@settings(max_examples=15)
@given(
    hours=st.floats(1e-3, 1e4),
    scale=st.floats(1e-3, 1e3),
    move=st.floats(-100, 100),
    seed=st.integers(0, 5),
)
def test_invariance(hours: float, scale: float, move: float, seed: int) -> None:
    data = simulated(seed, 50)
    load = data.covariates["load"]
    fit = fit_aft(data, at={"load": 3.0, "version": 1.0})
    order = np.random.default_rng(1).permutation(len(data))
    other = LifeData(
        data.time[order] * hours,
        data.event[order],
        covariates={"version": data.covariates["version"][order], "load": (load * scale + move)[order]},
    )
    moved = fit_aft(other, at={"load": 3.0 * scale + move, "version": 1.0})
    assert moved.slopes["load"] * scale == pytest.approx(fit.slopes["load"], rel=1e-6, abs=1e-7)
    assert moved.eta == pytest.approx(fit.eta * hours, rel=1e-6)
    assert moved.beta == pytest.approx(fit.beta, rel=1e-6)
    assert moved.interval("b10").lower == pytest.approx(fit.interval("b10").lower * hours, rel=1e-6)


def test_a_count_is_that_many_rows() -> None:
    data = simulated(2, 40)
    twice = LifeData(
        np.tile(data.time, 2),
        np.tile(data.event, 2),
        covariates={k: np.tile(v, 2) for k, v in data.covariates.items()},
    )
    counted = LifeData(data.time, data.event, count=2, covariates=data.covariates)
    a, b = fit_aft(twice), fit_aft(counted)
    assert a.working == pytest.approx(b.working, rel=1e-9)
    assert a.covariance == pytest.approx(b.covariance, rel=1e-7)


def test_a_covariate_of_no_effect_leaves_the_plain_fit() -> None:
    ages = [10.0, 20, 35, 60, 70]
    data = LifeData([*ages, *ages], [1, 1, 1, 1, 0] * 2, covariates={"x": [0] * 5 + [1] * 5})
    fit, plain = fit_aft(data), fit_distribution(data, "weibull")
    assert fit.slopes["x"] == pytest.approx(0.0, abs=1e-9)
    assert (fit.eta, fit.beta, fit.loglik) == pytest.approx((plain.eta, plain.beta, plain.loglik), rel=1e-9)
    assert fit.p_value("x") == pytest.approx(1.0)


def test_json_keeps_everything_but_the_data() -> None:
    data = simulated(1, 60)
    fit = fit_aft(data)
    back = Result.from_json(fit.to_json())
    assert isinstance(back, AcceleratedLifeFit)
    assert back == fit
    assert back.b_life(10) == fit.b_life(10)
    with pytest.raises(InvalidData, match="with_data"):
        back.interval("load", bounds="likelihood_ratio")
    again = back.with_data(data).interval("load", bounds="likelihood_ratio")
    assert again == fit.interval("load", bounds="likelihood_ratio")


def test_refusals() -> None:
    data = simulated(1, 30)
    with pytest.raises(InvalidData, match="no covariate 'temperature'"):
        fit_aft(data, covariates=["temperature"])
    with pytest.raises(InvalidData, match="named twice"):
        fit_aft(data, covariates=["load", "load"])
    with pytest.raises(InvalidData, match="needs covariates"):
        fit_aft(LifeData([1.0, 2.0, 3.0], 1))
    with pytest.raises(InvalidData, match="not 'gumbel'"):
        fit_aft(data, distribution="gumbel")
    with pytest.raises(InvalidData, match="missing: version"):
        fit_aft(data, at={"load": 3.0})
    with pytest.raises(InvalidData, match="'beta' is a name"):
        fit_aft(LifeData([1.0, 2.0, 3.0], 1, covariates={"beta": [1, 2, 3]}))
    with pytest.raises(NotEnoughFailures, match="at least 4 failures"):
        fit_aft(
            LifeData([1.0, 2.0, 3.0, 9.0], [1, 1, 1, 0], covariates={"a": [1, 2, 3, 5], "b": [1, 0, 0, 1]})
        )
    with pytest.raises(NoFiniteMaximum, match="nothing failed at one of two"):
        fit_aft(
            LifeData([1.0, 2.0, 3.0, 4.0, 9.0, 9.0], [1, 1, 1, 1, 0, 0], covariates={"x": [0, 0, 0, 0, 1, 1]})
        )
    with pytest.raises(NoFiniteMaximum):
        fit_aft(LifeData([5.0, 5, 5, 5, 8, 8, 8, 8], 1, covariates={"x": [0] * 4 + [1] * 4}))
    assert any("failures" in warning for warning in fit_aft(capacitors().take(np.arange(0, 40, 5))).warnings)
