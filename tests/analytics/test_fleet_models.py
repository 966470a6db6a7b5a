import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from analytics import (
    AnalyticsError,
    LifeData,
    NoFiniteMaximum,
    NotConverged,
    batch,
    fit_exponential,
    fit_fleet,
    fit_lognormal,
    fit_weibull,
    weibull_intervals,
)


def parts(rng: np.random.Generator, n: int = 40) -> pd.DataFrame:
    """Small parts of lognormal life with late entries and counts."""
    part = np.repeat(np.arange(n), rng.integers(1, 15, n))
    life, end = rng.lognormal(5.0, 0.8, part.size), rng.uniform(50.0, 500.0, part.size)
    time = np.minimum(life, end)
    entry = np.where(rng.random(part.size) < 0.3, 0.7 * time * rng.random(part.size), 0.0)
    count = rng.integers(1, 3, part.size)
    return pd.DataFrame(
        {"part": part, "time": time, "event": (life <= end).astype(int), "entry": entry, "count": count}
    )


def life_data(rows: pd.DataFrame) -> LifeData:
    more = {name: rows[name] for name in ("entry", "count", "upper", "planned_exit") if name in rows}
    return LifeData(rows["time"], rows["event"], **more)


@pytest.mark.parametrize("bounds", ["wald", "chi_square"])
def test_exponential_parts_agree_with_the_fit_of_one(rng: np.random.Generator, bounds: str) -> None:
    table = parts(rng)
    fits = fit_fleet(table, by="part", distribution="exponential", bounds=bounds)
    for part, rows in table.groupby("part"):
        data, row = life_data(rows), fits.loc[part]
        if not data.counts.failures:
            assert row["status"] == "no failures: bound only"
            assert row["theta_lower"] == pytest.approx(fit_exponential(data).interval("theta").lower)
            continue
        fit = fit_exponential(data, bounds=bounds)
        interval = fit.interval("theta")
        expected = [fit.theta, interval.lower, interval.upper, fit.b_life(10), fit.loglik]
        assert row[["theta", "theta_lower", "theta_upper", "b10", "loglik"]].tolist() == pytest.approx(
            expected
        )


def test_exponential_ratio_bounds_are_where_the_likelihood_has_fallen() -> None:
    table = pd.DataFrame({"part": 0, "time": [100.0, 300, 900, 1000], "event": [1, 1, 1, 0]})
    row = fit_fleet(table, by="part", distribution="exponential", bounds="likelihood_ratio").iloc[0]
    for bound in (row["theta_lower"], row["theta_upper"]):
        assert 2.0 * (row["loglik"] + 3 * np.log(bound) + 2300.0 / bound) == pytest.approx(
            1.6448536269514722**2
        )
    assert row["theta_lower"] < row["theta"] < row["theta_upper"]


@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
def test_lognormal_parts_agree_with_the_fit_of_one(rng: np.random.Generator, bounds: str) -> None:
    table = parts(rng, 60 if bounds == "wald" else 8)
    fits = fit_fleet(table, by="part", distribution="lognormal", bounds=bounds)
    for part, rows in table.groupby("part"):
        data, row = life_data(rows), fits.loc[part]
        try:
            fit = fit_lognormal(data, bounds=bounds)
        except AnalyticsError:
            assert row["status"] != "ok"
            assert np.isnan(row["mu"])
            continue
        assert row["status"] == "ok"
        mu, sigma = fit.interval("mu"), fit.interval("sigma")
        expected = [
            fit.mu,
            fit.sigma,
            mu.lower,
            mu.upper,
            sigma.lower,
            sigma.upper,
            fit.b_life(10),
            fit.loglik,
        ]
        names = ["mu", "sigma", "mu_lower", "mu_upper", "sigma_lower", "sigma_upper", "b10", "loglik"]
        assert row[names].tolist() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
def test_weibull_parts_agree_with_the_fit_of_one(rng: np.random.Generator, bounds: str) -> None:
    table = parts(rng, 60)
    # All failures at the last age at risk: no maximum.
    edge = pd.DataFrame(
        {"part": 60, "time": [100.0, 100.0, 50.0], "event": [1, 1, 0], "entry": 0.0, "count": 1}
    )
    table = pd.concat([table, edge])
    fits = fit_fleet(table, by="part", bounds=bounds)
    seen = set()
    for part, rows in table.groupby("part"):
        data, row = life_data(rows), fits.loc[part]
        seen.add(row["status"])
        if data.counts.failures < 2:
            assert row["status"] == ["no failures: bound only", "one failure"][data.counts.failures]
            assert np.isnan(row["beta"])
            continue
        try:
            fit = fit_weibull(data, bounds=bounds)  # type: ignore[arg-type]
        except NoFiniteMaximum:
            assert row["status"] == "no finite maximum"
            assert np.isnan(row[["eta", "beta", "eta_lower", "beta_upper", "b10"]].astype(float)).all()
            continue
        assert row["status"] == "ok"
        eta, beta = fit.interval("eta"), fit.interval("beta")
        names = ["eta", "beta", "eta_lower", "eta_upper", "beta_lower", "beta_upper", "b10", "loglik"]
        expected = [
            fit.eta,
            fit.beta,
            eta.lower,
            eta.upper,
            beta.lower,
            beta.upper,
            fit.b_life(10),
            fit.loglik,
        ]
        assert row[names].tolist() == pytest.approx(expected, rel=1e-7)
    assert seen == {"ok", "one failure", "no failures: bound only", "no finite maximum"}


@pytest.mark.parametrize("distribution", ["weibull", "exponential", "lognormal"])
def test_inexact_records_go_through_the_fit_of_one(distribution: str) -> None:
    table = pd.DataFrame(
        {
            "part": list("aaaabbb"),
            "time": [90.0, 40, 250, 200, 50, 80, 100],
            "event": [2, 3, 1, 0, 1, 1, 0],
            "upper": 80.0,
        }
    )
    fits = fit_fleet(table, by="part", distribution=distribution)
    one = {"weibull": fit_weibull, "lognormal": fit_lognormal}.get(distribution)
    data = life_data(table[:4])
    fit = one(data) if one else fit_exponential(data, bounds="wald")
    assert fits["status"].tolist() == ["ok", "ok"]
    assert fits["b10"]["a"] == pytest.approx(fit.b_life(10))
    assert fits["failures"].tolist() == [3, 2]


def test_one_inspection_finding_is_enough_for_a_constant_rate() -> None:
    table = pd.DataFrame({"part": "a", "time": [90.0, 200.0], "event": [2, 0]})
    row = fit_fleet(table, by="part", distribution="exponential", bounds="wald").iloc[0]
    fit = fit_exponential(life_data(table), bounds="wald")
    interval = fit.interval("theta")
    assert row["status"] == "ok"
    assert row[["theta", "theta_lower", "theta_upper"]].tolist() == pytest.approx(
        [fit.theta, interval.lower, interval.upper]
    )


def test_calibrated_bounds_are_those_of_the_fit_of_one() -> None:
    table = pd.DataFrame(
        {"part": 0, "time": [50.0, 80, 95, 100, 100], "event": [1, 1, 1, 0, 0], "planned_exit": 100.0}
    )
    row = fit_fleet(table, by="part", bounds="calibrated").iloc[0]
    interval = fit_weibull(life_data(table), bounds="calibrated").interval("beta")
    assert (row["beta_lower"], row["beta_upper"]) == pytest.approx((interval.lower, interval.upper))


def test_a_part_without_exposure_says_so() -> None:
    table = pd.DataFrame({"part": list("ab"), "time": [5.0, 5.0], "event": [1, 0], "entry": 5.0})
    fits = fit_fleet(table, by="part", distribution="exponential")
    assert fits["status"].tolist() == ["no finite maximum", "no failures: bound only"]
    assert fits["theta_lower"]["b"] == 0.0


def test_exposure_of_inexact_ages_is_the_same_under_every_distribution() -> None:
    table = pd.DataFrame(
        {
            "part": ["a"] * 4,
            "time": [10.0, 20, 30, 40],
            "event": [1, 3, 2, 0],
            "upper": [None, 25.0, None, None],
        }
    )
    # Middles of the intervals: 22.5 between 20 and 25, 15 up to 30.
    for distribution in ("weibull", "exponential", "lognormal"):
        assert fit_fleet(table, by="part", distribution=distribution)["exposure"].tolist() == [87.5]


def test_an_estimate_stands_where_a_bound_could_not_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_bound(*_: object) -> float:
        raise NotConverged("no bound")

    monkeypatch.setattr(weibull_intervals, "bound", no_bound)
    # An interval among them, so that the part goes through the fit of one.
    data = LifeData([30.0, 50, 80, 90], [3, 1, 1, 0], upper=[40.0, 0, 0, 0])
    row = fit_fleet(data, bounds="likelihood_ratio").iloc[0]
    assert row["status"] == "ok, bounds not converged"
    assert row["eta"] == pytest.approx(fit_weibull(data).eta, rel=1e-9)
    assert row[["eta_lower", "eta_upper", "beta_lower", "beta_upper"]].isna().all()


def test_parts_that_all_came_late_may_have_no_lower_bound_on_beta() -> None:
    data = LifeData([436.0, 1259, 13046], [1, 1, 0], entry=[53.0, 469, 5972])
    row = fit_fleet(data, bounds="likelihood_ratio").iloc[0]
    assert row["status"] == "ok"
    assert row["beta_lower"] == 0.0 < row["beta"] < row["beta_upper"]


def test_chi_square_bounds_of_inexact_ages_are_left_out_and_the_estimate_stands() -> None:
    data = LifeData([90.0, 50, 200], [2, 1, 0])
    row = fit_fleet(data, distribution="exponential", bounds="chi_square").iloc[0]
    assert row["status"] == "ok, bounds not converged"
    assert row["theta"] == pytest.approx(fit_exponential(data, bounds="wald").theta, rel=1e-9)
    assert row[["theta_lower", "theta_upper"]].isna().all()


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
@pytest.mark.parametrize(
    ("time", "event", "entry"),
    [
        ([1e-300, 1e300], [1, 1], [0, 0]),
        ([1e-300, 1.0, 1e300], [1, 1, 0], [0, 0, 0]),
        ([1e-300, 1e5, 1e10], [1, 1, 1], [0, 0, 0]),
        ([1.0, 2.0, 3.0, 1e300], [1, 1, 1, 1], [0, 0, 0, 1e-300]),
    ],
)
def test_ages_however_far_apart_have_their_maximum(
    time: list[float],
    event: list[int],
    entry: list[float],
    bounds: str,
    backend: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if backend == "numpy":
        monkeypatch.setattr(batch, "compiled", lambda: None)
    far = pd.DataFrame({"part": "far", "time": time, "event": event, "entry": entry})
    near = pd.DataFrame({"part": "near", "time": [5.0, 9.0, 4.0], "event": [1, 1, 0], "entry": 0.0})
    fits = fit_fleet(pd.concat([near, far]), by="part", bounds=bounds)
    assert fits["status"].tolist() == ["ok", "ok"]
    pd.testing.assert_frame_equal(fits.loc[["near"]], fit_fleet(near, by="part", bounds=bounds))
    # The root of the profile's slope, in logarithms of the ages.
    log_age, failed = np.log(time), np.array(event) == 1
    late = np.array(entry) > 0.0
    log_entry = np.log(np.array(entry)[late])

    def slope(beta: float) -> float:
        at_risk, before = np.exp(beta * log_age), np.exp(beta * log_entry)
        total = at_risk @ log_age - before @ log_entry
        return 1.0 / beta + log_age[failed].mean() - total / (at_risk.sum() - before.sum())

    beta = brentq(slope, 1e-4, 0.1, xtol=1e-15)
    assert fits.loc["far", "beta"] == pytest.approx(beta, rel=1e-9)
    assert fits.loc["far", "beta_lower"] < beta < fits.loc["far", "beta_upper"]
