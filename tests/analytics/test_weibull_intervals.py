import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from analytics import LifeData, NotConverged, fit_weibull
from analytics.weibull_intervals import (
    BETA,
    ETA,
    LOG_MEAN,
    Quantity,
    bound,
    log_cumulative_hazard,
    log_hazard,
    log_quantile,
    standard_deviates,
    wald_bounds,
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
    for end in (interval.lower, interval.upper):
        assert end is not None

        def lost(log_beta: float, end: float = end) -> float:
            beta = math.exp(log_beta)
            log_eta = math.log(end) - math.log(-math.log(0.9)) / beta
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


@pytest.mark.parametrize("side", ["two", "lower", "upper"])
def test_wald_bounds_by_the_delta_method_by_hand(side: Any) -> None:
    """The log B10 moves by 1 with log eta and by -k / beta with log beta; k is log(-log 0.9)."""
    covariance, log_eta, log_beta = np.array([[0.04, 0.01], [0.01, 0.09]]), 5.0, 0.4
    by_beta = -math.log(-math.log(0.9)) * math.exp(-log_beta)
    error = math.sqrt(0.04 + 2 * by_beta * 0.01 + by_beta**2 * 0.09)
    low, high = wald_bounds(log_quantile(0.1), log_eta, log_beta, covariance, 0.90, side)
    deviate = norm.ppf(0.95 if side == "two" else 0.90)
    centre = log_eta - by_beta
    assert low == pytest.approx(-math.inf if side == "upper" else centre - deviate * error)
    assert high == pytest.approx(math.inf if side == "lower" else centre + deviate * error)


@dataclass(frozen=True)
class Fall:
    """A log-likelihood of -f(v) with its maximum 0 at 0; the standard error is what a user of it might think."""

    f: Callable[[float], tuple[float, float]]
    standard_error: float = 1.0
    centre: float = 0.0
    maximum: float = 0.0

    def at(self, value: float) -> tuple[float, float]:
        fall, slope = self.f(value)
        return -fall, -slope


FALLS = {
    "parabola": lambda v: (v * v / 2, v),
    "flat top": lambda v: (v**4, 4 * v**3),
    "of a rate": lambda v: (math.exp(v) - v - 1, math.exp(v) - 1),
    "bends up": lambda v: (v * v / 2 + 500 * max(abs(v) - 1, 0) ** 2, v + 1000 * math.copysign(max(abs(v) - 1, 0), v)),
    "bends down": lambda v: (2 * math.log1p(v * v), 4 * v / (1 + v * v)),
    "no slope told": lambda v: (v * v / 2, 0.0),
    "slope that misleads": lambda v: (v * v / 2, 0.05 * v),
}  # fmt: skip


@pytest.mark.parametrize("name", FALLS)
@pytest.mark.parametrize("direction", [-1.0, 1.0])
@pytest.mark.parametrize("error", [0.2, 1.0, 4.0])
def test_a_bound_is_where_the_likelihood_has_fallen_whatever_its_shape(
    name: str, direction: float, error: float
) -> None:
    for deviate in (0.3, 1.645, 3.0):
        found = bound(Fall(FALLS[name], error), deviate, direction)
        assert 2 * FALLS[name](found)[0] == pytest.approx(deviate**2, rel=1e-7)
        assert math.copysign(1.0, found) == direction
        # A negative deviate asks for the same place on the other side.
        assert bound(Fall(FALLS[name], error), -deviate, -direction) == found


def test_with_late_entries_the_highest_of_several_tops_is_followed() -> None:
    # Found by a random search: going down from the estimate, eta has a second top at a small beta.
    data = LifeData(
        [379.8, 539.5, 430.0, 608.3, 430.0, 432.3, 458.8, 291.1, 246.2, 560.3],
        [0, 0, 1, 0, 1, 0, 0, 0, 0, 0],
        entry=[224.4, 241.4, 417.0, 61.5, 46.4, 132.6, 101.9, 7.8, 129.5, 121.4],
    )
    fit = fit_weibull(data, bounds="likelihood_ratio")
    interval = fit.interval("eta")
    for eta in (interval.lower, interval.upper):
        assert eta is not None
        beta = np.exp(np.linspace(-4.0, 4.0, 80_001))[:, None]
        hazard = -((data.time / eta) ** beta) + (data.entry / eta) ** beta
        density = np.log(beta / eta) + (beta - 1.0) * np.log(data.time / eta)
        highest = float((hazard + data.event * density).sum(axis=1).max())
        assert 2.0 * (fit.loglik - highest) == pytest.approx(norm.ppf(0.95) ** 2, rel=1e-6)


def test_a_bound_at_the_estimate_is_none() -> None:
    class Elsewhere:
        """A profile that is climbed to another top than that of the estimate."""

        centre, maximum, standard_error = 0.0, 0.0, 1.0

        def at(self, value: float) -> tuple[float, float]:
            return -5.0 - abs(value), -math.copysign(1.0, value)

    with pytest.raises(NotConverged):
        bound(Elsewhere(), 1.6, 1.0)


def test_a_profile_of_beta_that_never_falls_has_no_bound_however_near_to_zero() -> None:
    data = LifeData([436.0, 1259, 13046], [1, 1, 0], entry=[53.0, 469, 5972])
    assert fit_weibull(data, bounds="likelihood_ratio").interval("beta").lower == 0.0
