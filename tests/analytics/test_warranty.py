import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, weibull_min

from analytics import InvalidData, Result, WarrantyReturns, fit_lognormal, fit_weibull, warranty_from_nevada
from analytics.synthetic import WeibullLaw

SHIPPED = [100, 140, 150]
RETURNED = [[0, 3, 3, 5], [0, 0, 2, 4], [0, 0, 0, 4]]


def test_the_fit_of_a_chart_is_that_of_its_lives() -> None:
    # The chart and its lives are ReliaWiki's, "Warranty Data Analysis", Nevada format example; the fit is scipy's on the lives
    # that the page derives: 89 good at 3 months, 134 at 2, 146 at 1.
    fit = fit_weibull(warranty_from_nevada(SHIPPED, RETURNED).data)
    months = np.repeat([1, 2, 3, 3, 2, 1], [9, 7, 5, 89, 134, 146])
    lives = CensoredData.right_censored(months, np.arange(months.size) >= 21)
    beta, _, eta = weibull_min.fit(lives, floc=0, method="mle")
    assert (fit.beta, fit.eta) == pytest.approx((beta, eta), rel=1e-4)


def test_every_unit_shipped_is_in_the_lives_once() -> None:
    chart = warranty_from_nevada(SHIPPED, RETURNED)
    assert chart.data.count.sum() == sum(SHIPPED)
    assert chart.data.counts.failures == sum(map(sum, RETURNED))
    assert sorted(zip(chart.data.time, chart.data.event, chart.data.count, strict=True)) == [
        (1, 0, 146), (1, 1, 2), (1, 1, 3), (1, 1, 4), (2, 0, 134), (2, 1, 3), (2, 1, 4), (3, 0, 89), (3, 1, 5),
    ]  # fmt: skip
    assert chart.ages.tolist() == [3, 2, 1]


def simulated(rng: np.random.Generator, n: int, m: int, units: int, law: tuple[float, float]) -> np.ndarray:
    """Units shipped evenly within each period, returned in the period in which they fail."""
    chart = np.zeros((n, m))
    for i in range(n):
        back = np.floor(i + rng.random(units) + law[0] * rng.weibull(law[1], units)).astype(int)
        for j in back[back < m]:
            chart[i, j] += 1
    return chart


def test_intervals_recover_the_truth_where_exact_ages_are_off() -> None:
    rng = np.random.default_rng(5)
    chart = simulated(rng, 12, 12, 4_000, (8.0, 1.5))
    fit = fit_weibull(warranty_from_nevada([4_000] * 12, chart, ages="interval").data)
    assert fit.beta == pytest.approx(1.5, rel=0.06)
    assert fit.eta == pytest.approx(8.0, rel=0.06)
    with pytest.raises(InvalidData, match='ages="interval"'):
        warranty_from_nevada([4_000] * 12, chart)


@pytest.mark.parametrize(("periods", "off"), [(6, 0.03), (12, 0.02)])
@pytest.mark.parametrize("beta", [0.8, 1.5, 3.0])
def test_few_periods_do_not_bend_the_fit_of_intervals(periods: int, off: float, beta: float) -> None:
    """A chart of expected counts: returns of units shipped evenly within each period, by quadrature."""
    shipped_at, weight = np.polynomial.legendre.leggauss(200)
    age = np.arange(periods)[:, None] + 1.0 - (1.0 + shipped_at) / 2.0
    failed = -np.expm1(-((age / periods) ** beta)) @ weight / 2.0
    returned = np.round(1e9 * np.diff(failed, prepend=0.0))
    chart = [np.concatenate([np.zeros(i), returned[: periods - i]]) for i in range(periods)]
    fit = fit_weibull(warranty_from_nevada([1e9] * periods, np.array(chart), ages="interval").data)
    assert (fit.beta, fit.eta) == pytest.approx((beta, periods), rel=off)


def test_the_intervals_of_a_shipment_abut_and_end_where_its_survivors_are() -> None:
    chart = warranty_from_nevada([9], [[1, 2, 3]], ages="interval", period=2.0)
    lives = chart.data
    assert sorted(zip(lives.time, lives.upper, lives.count, strict=True))[:3] == [
        (0, 1, 1),
        (1, 3, 2),
        (3, 5, 3),
    ]
    assert lives.time[lives.event == 0].tolist() == chart.ages.tolist() == [5.0]


def test_a_forecast_from_intervals_is_what_comes_back() -> None:
    rng = np.random.default_rng(9)
    both = np.array([simulated(rng, 4, 6, 100_000, (6.0, 2.0))])[0]
    chart = warranty_from_nevada([100_000] * 4, both[:, :4], ages="interval")
    assert chart.forecast(WeibullLaw(6.0, 2.0), 2).expected == pytest.approx(
        both[:, 4:].sum(axis=0), rel=0.02
    )


def test_a_forecast_is_what_comes_back() -> None:
    rng = np.random.default_rng(6)
    law = WeibullLaw(10.0, 2.0)
    chart = warranty_from_nevada([1_000] * 4, np.zeros((4, 4)))
    forecast = chart.forecast(law, 3)
    life = 10.0 * rng.weibull(2.0, (4, 200_000))
    by_period = np.zeros(3)
    for age, row in zip(chart.ages, life, strict=True):
        alive = row[row > age]
        by_period += 1_000 * np.histogram(alive, age + np.arange(4))[0] / alive.size
    assert forecast.expected == pytest.approx(by_period, rel=0.03)
    assert forecast.total == pytest.approx(forecast.expected.sum())
    assert (forecast.lower <= forecast.expected).all()
    assert (forecast.expected <= forecast.upper).all()


def test_the_prediction_interval_holds_as_often_as_it_says() -> None:
    law = WeibullLaw(10.0, 2.0)
    chart = warranty_from_nevada([50] * 4, np.zeros((4, 4)))
    forecast = chart.forecast(law, 2)
    rng = np.random.default_rng(8)
    p = 1 - np.exp(law.cumulative_hazard(chart.ages) - law.cumulative_hazard(chart.ages + 2))
    totals = rng.binomial(50, p, (20_000, 4)).sum(axis=1)
    assert np.mean((totals >= forecast.total_lower) & (totals <= forecast.total_upper)) >= 0.89


def test_uncertain_parameters_widen_the_forecast() -> None:
    chart = warranty_from_nevada(SHIPPED, RETURNED)
    fit = fit_weibull(chart.data)
    known = chart.forecast(WeibullLaw(fit.eta, fit.beta), 6)
    uncertain = chart.forecast(fit, 6)
    assert uncertain.expected == pytest.approx(known.expected)
    assert uncertain.total_upper - uncertain.total_lower > 1.5 * (known.total_upper - known.total_lower)


def test_nothing_comes_back_after_the_warranty() -> None:
    chart = warranty_from_nevada(SHIPPED, RETURNED)
    fit = fit_weibull(chart.data)
    forecast = chart.forecast(fit, 6, warranty=4.0)
    # Ages 3, 2 and 1 reach 4 after 1, 2 and 3 periods.
    assert (forecast.expected_by_shipment > 0).sum(axis=1).tolist() == [1, 2, 3]
    assert forecast.expected[3:].tolist() == [0, 0, 0]


def test_a_forecast_says_what_it_rests_on_and_survives_json() -> None:
    chart = warranty_from_nevada(SHIPPED, RETURNED)
    forecast = chart.forecast(fit_weibull(chart.data), 6)
    assert (forecast.unit, forecast.counts.failures, forecast.exposure) == ("months", 21, chart.data.exposure)
    assert Result.from_json(forecast.to_json()) == forecast
    assert forecast.fingerprint != chart.forecast(WeibullLaw(6.7, 2.5), 6).fingerprint


@given(st.floats(1e-3, 1e4))
def test_the_length_of_a_period_is_a_unit(period: float) -> None:
    fit = fit_weibull(warranty_from_nevada(SHIPPED, RETURNED, period=period).data)
    assert fit.eta == pytest.approx(6.69505 * period, rel=1e-5)


@pytest.mark.parametrize(
    ("shipped", "returned", "settings", "message"),
    [
        ([10], [[0, 11]], {}, "row 0: 11 came back of 10"),
        ([10, 10], [[0, 1], [1, 0]], {}, "row 1: returned in period 0, before"),
        ([10, 10], [[0, 1], [0, 1]], {}, "in its period of shipment"),
        ([10.5], [[0, 1]], {}, "row 0: shipped must be whole"),
        ([10], [[0, -1]], {}, "row 0: returned must be whole"),
        ([10], [[0, math.inf]], {}, "row 0: returned must be whole"),
        ([10, 10], [[0, 1]], {}, "a row for each of the 2"),
        ([10], [["x", 1]], {}, "must be numbers"),
        ([10], [[0, 1]], {"period": 0.0}, "period"),
    ],
)
def test_refuses_a_chart_that_contradicts_itself(
    shipped: list[float], returned: list[list[float]], settings: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidData, match=message):
        warranty_from_nevada(shipped, returned, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(("settings", "message"), [({"periods": 0}, "periods"), ({"periods": 2.5}, "periods"),
                                                  ({"draws": 1.5}, "draws"), ({"warranty": -1.0}, "warranty"),
                                                  ({"confidence": 90.0}, "confidence")])  # fmt: skip
def test_refuses_a_forecast_of_nothing(settings: dict[str, float], message: str) -> None:
    chart = warranty_from_nevada(SHIPPED, RETURNED)
    with pytest.raises(InvalidData, match=message):
        chart.forecast(WeibullLaw(10.0, 2.0), **{"periods": 2} | settings)  # type: ignore[arg-type]


def test_returns_follow_the_lives_that_few_failures_leave_plausible() -> None:
    chart = warranty_from_nevada([100, 140, 150], [[0, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]])
    for fit in (fit_weibull(chart.data), fit_lognormal(chart.data)):
        ahead = chart.forecast(fit, 2, draws=400)
        assert ahead.lower[0] <= ahead.expected[0] <= ahead.upper[0]
        # The estimates alone would leave chance only.
        law = WeibullLaw(1e9, 1.0)
        assert ahead.total_upper - ahead.total_lower > 3.3 * math.sqrt(ahead.total)
        assert chart.forecast(law, 2, draws=400).total_upper <= 1.0


@pytest.mark.parametrize("ages", ["exact", "interval"])
def test_a_chart_is_a_result_like_any_other(ages: str) -> None:
    chart = warranty_from_nevada(SHIPPED, RETURNED, period=30.4, ages=ages, unit="d")  # type: ignore[arg-type]
    assert (chart.unit, chart.method, chart.counts.failures, chart.warnings) == ("d", f"{ages} ages", 21, ())
    assert (chart.exposure, chart.fingerprint) == (chart.data.exposure, chart.data.fingerprint)
    again = Result.from_json(chart.to_json())
    assert isinstance(again, WarrantyReturns)
    assert again == chart
    assert again.data.fingerprint == chart.fingerprint
    assert again.forecast(WeibullLaw(300.0, 2.0), 3, draws=10) == chart.forecast(
        WeibullLaw(300.0, 2.0), 3, draws=10
    )


@pytest.mark.parametrize("setting", [{"periods": 10**9}, {"draws": 10**9}, {"periods": "x"}, {"draws": None}])
def test_a_forecast_beyond_reason_is_refused(setting: dict[str, object]) -> None:
    chart = warranty_from_nevada(SHIPPED, RETURNED)
    given: dict[str, object] = {"fit": WeibullLaw(10.0, 2.0), "periods": 3} | setting
    with pytest.raises(InvalidData, match=next(iter(setting))):
        chart.forecast(**given)  # type: ignore[arg-type]
