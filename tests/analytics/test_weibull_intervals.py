import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from analytics import InvalidData, LifeData, fit_weibull
from analytics.weibull_intervals import (
    BETA,
    ETA,
    LOG_MEAN,
    Quantity,
    log_cumulative_hazard,
    log_hazard,
    log_quantile,
    standard_deviates,
)
from analytics.weibull_likelihood import WeibullLikelihood

QUANTITIES = {
    "eta": ETA,
    "beta": BETA,
    "mean": LOG_MEAN,
    "b10": log_quantile(0.1),
    "z(300)": log_cumulative_hazard(math.log(300)),
    "hazard(300)": log_hazard(math.log(300)),
}


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES.keys())
@pytest.mark.parametrize(("log_eta", "log_beta"), [(6.4, 0.5), (5.0, -0.7)])
def test_gradient_and_inverse_belong_to_the_value(
    quantity: Quantity, log_eta: float, log_beta: float
) -> None:
    h = 1e-6
    by_eta = (quantity.value(log_eta + h, log_beta) - quantity.value(log_eta - h, log_beta)) / (2 * h)
    by_beta = (quantity.value(log_eta, log_beta + h) - quantity.value(log_eta, log_beta - h)) / (2 * h)
    assert quantity.gradient(log_eta, log_beta) == pytest.approx((by_eta, by_beta), rel=1e-6, abs=1e-8)
    if quantity.curve is not None:
        value = quantity.value(log_eta, log_beta)
        there, first, second = quantity.curve(value, log_beta)
        ahead, behind = (quantity.curve(value, log_beta + step)[0] for step in (1e-4, -1e-4))
        assert there == pytest.approx(log_eta)
        assert first == pytest.approx((ahead - behind) / 2e-4, rel=1e-6, abs=1e-7)
        assert second == pytest.approx((ahead - 2 * there + behind) / 1e-8, rel=1e-4, abs=1e-5)


def test_each_quantity_has_a_name_of_its_own() -> None:
    assert len({quantity.name for quantity in QUANTITIES.values()}) == len(QUANTITIES)


def test_deviates() -> None:
    assert standard_deviates(0.90, "two") == pytest.approx((1.6449, 1.6449), abs=1e-4)
    assert standard_deviates(0.90, "lower") == pytest.approx((1.2816, math.inf), abs=1e-4)
    assert standard_deviates(0.90, "upper") == pytest.approx((math.inf, 1.2816), abs=1e-4)


@pytest.mark.parametrize("interval_censored", [False, True])
def test_likelihood_ratio_bound_on_b10_is_where_the_profile_has_fallen(
    nist: LifeData, interval_censored: bool
) -> None:
    data = nist
    if interval_censored:
        width = np.where(nist.event == 1, 60.0, np.nan)
        data = LifeData(
            nist.time - 30 * nist.event, nist.event * 3, upper=nist.time - 30 + width, count=nist.count
        )
    fit = fit_weibull(data, bounds="likelihood_ratio")
    interval = fit.interval("b10", confidence=0.95)
    likelihood = WeibullLikelihood(data)
    for bound in (interval.lower, interval.upper):
        assert bound is not None

        def lost(log_beta: float, bound: float = bound) -> float:
            beta = math.exp(log_beta)
            log_eta = math.log(bound) - math.log(-math.log(0.9)) / beta
            return -likelihood.value(log_eta, log_beta)

        best = minimize_scalar(lost, bounds=(-1.0, 2.5), method="bounded", options={"xatol": 1e-9})
        assert fit.loglik + best.fun == pytest.approx(norm.ppf(0.975) ** 2 / 2, abs=1e-7)


def test_likelihood_ratio_bounds_are_read_the_same_both_ways(nist: LifeData) -> None:
    # "B10 is at least t" and "the reliability at t is at least 90 %" are one statement.
    fit = fit_weibull(nist, bounds="likelihood_ratio")
    for side in ("lower", "upper"):
        age = getattr(fit.interval("b10", side=side), side)
        assert getattr(fit.reliability_interval(age, side=side), side) == pytest.approx(0.9, abs=1e-7)


def test_likelihood_ratio_bounds_near_wald_for_large_samples(rng: np.random.Generator) -> None:
    fit = fit_weibull(LifeData(100 * rng.weibull(2.0, 20_000), 1))
    for name in ("eta", "beta", "mean", "b1"):
        wald, ratio = fit.interval(name), fit.interval(name, bounds="likelihood_ratio")
        assert ratio.lower == pytest.approx(wald.lower, rel=2e-4)
        assert ratio.upper == pytest.approx(wald.upper, rel=2e-4)
        assert ratio.method == "likelihood_ratio"


def test_a_bound_that_the_data_do_not_give_is_infinite() -> None:
    # Two inspections, good and failed at each: little is known of the shape.
    data = LifeData([10.0, 11.0, 10.0, 11.0], [0, 0, 2, 2], count=[5, 3, 2, 4])
    interval = fit_weibull(data, bounds="likelihood_ratio").interval("eta", confidence=0.99)
    assert interval.lower is not None
    assert interval.upper == math.inf


def test_refuses_unknown_bounds(nist: LifeData) -> None:
    with pytest.raises(InvalidData, match="wald"):
        fit_weibull(nist, bounds="bootstrap")  # type: ignore[arg-type]
