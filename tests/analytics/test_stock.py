import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics import (
    InvalidData,
    LifeData,
    StockLevel,
    fit_weibull,
    forecast_spares,
    stock_for_service_level,
)
from analytics.stock import demand_pmf


def test_published_newsvendor() -> None:
    """Snyder and Shen, Fundamentals of Supply Chain Theory: Poisson 50, holding 0.18, stock-out 0.70."""
    level = stock_for_service_level(50.0, 0.70 / (0.70 + 0.18))
    assert level.stock == 56
    cost = 0.18 * level.expected_surplus[56] + 0.70 * level.expected_shortage[56]
    assert cost == pytest.approx(1.797235211809178, abs=1e-9)


def test_published_back_orders() -> None:
    """Sherbrooke's METRIC example, depot pipeline 92.8 / yr x 0.02531 yr, as R xmetric computes it."""
    level = stock_for_service_level(92.8 * 0.02531, 0.999)
    expected = [2.348768, 1.444255, 0.7640176, 0.3471669, 0.1365273, 0.04697322, 0.01429952]
    assert level.expected_shortage[:7] == pytest.approx(expected, abs=5.1e-7)


@given(st.floats(0.01, 300), st.floats(0.01, 0.999))
def test_the_smallest_stock_that_reaches_the_level(mean: float, service_level: float) -> None:
    level = stock_for_service_level(mean, service_level)
    assert level.achieved >= service_level - 1e-12
    assert level.stock == 0 or level.probability[level.stock - 1] < service_level
    stocks = np.arange(level.probability.size)
    assert level.probability == pytest.approx(stats.poisson.cdf(stocks, mean), abs=1e-12)
    assert level.probability[-1] >= 0.9999 - 1e-12
    # Whatever is not left over is used: stock = surplus + demand - shortage.
    balance = level.expected_surplus + mean - level.expected_shortage
    assert balance == pytest.approx(stocks, abs=1e-9 * max(1.0, mean))


@given(st.floats(0.1, 50), st.floats(0.1, 0.9), st.floats(1.01, 1.1))
def test_more_service_needs_no_fewer_parts(mean: float, service_level: float, factor: float) -> None:
    higher = min(service_level * factor, 0.99)
    assert stock_for_service_level(mean, higher).stock >= stock_for_service_level(mean, service_level).stock


def test_parts_on_hand_count() -> None:
    level = stock_for_service_level(2.0, 0.95, on_hand=3)
    assert (level.stock, level.on_hand, level.to_order) == (5, 3, 2)
    assert level.probability_on_hand == pytest.approx(stats.poisson.cdf(3, 2.0))
    assert level.shortage_on_hand == level.expected_shortage[3]
    plenty = stock_for_service_level(2.0, 0.95, on_hand=40)
    assert plenty.to_order == 0
    assert plenty.probability_on_hand == pytest.approx(1.0)
    assert plenty.probability.size == 41


@pytest.mark.parametrize("on_hand", [0, 2, 5, 8, 12])
def test_the_shortage_on_hand_is_that_of_the_distribution(on_hand: int) -> None:
    level = stock_for_service_level(2.0, 0.8, on_hand=on_hand)
    counts = np.arange(60)
    expected = np.maximum(counts - on_hand, 0) @ stats.poisson.pmf(counts, 2.0)
    assert level.shortage_on_hand == pytest.approx(expected, rel=1e-6)


def test_a_forecast_is_a_demand(nist: LifeData) -> None:
    forecast = forecast_spares(fit_weibull(nist), [100.0, 200.0, 300.0, 450.0], 200)
    level = stock_for_service_level(forecast, 0.9)
    assert level.stock == forecast.stock_for(0.9)
    assert level.mean_demand == forecast.mean
    assert level.counts == forecast.counts
    assert level.fingerprint == forecast.fingerprint
    assert level.warnings == forecast.warnings


def test_a_distribution_is_a_demand() -> None:
    level = stock_for_service_level([0.6, 0.3, 0.1], 0.85)
    assert (level.stock, round(level.achieved, 9)) == (1, 0.9)
    assert level.mean_demand == pytest.approx(0.5)


def test_the_kinds_of_service_level() -> None:
    """The definitions, summed by hand for Poisson demand of mean 2."""
    k = np.arange(40)
    pmf = stats.poisson.pmf(k, 2.0)
    cycle, ready, period = (
        stock_for_service_level(2.0, 0.9, measure=measure)
        for measure in ("cycle", "fill_rate", "period_fill_rate")
    )
    assert (cycle.stock, cycle.achieved) == (4, pytest.approx(pmf[:5].sum()))
    assert (ready.stock, ready.achieved) == (5, pytest.approx(pmf[:5].sum()))
    assert (period.stock, period.achieved) == (4, pytest.approx(np.minimum(k, 4) @ pmf / 2.0))
    assert cycle.fill_rate[5] == ready.achieved
    assert cycle.period_fill_rate[4] == pytest.approx(period.achieved)


def test_simulated_fill_rate_of_one_for_one_orders(rng: np.random.Generator) -> None:
    """Demands of a Poisson process, each replaced after a random turn-around: how many find a part on the shelf."""
    level = stock_for_service_level(3.0 * 0.8, 0.9, measure="fill_rate")
    asked = np.cumsum(rng.exponential(1 / 3.0, 60_000))
    back = np.sort(asked + rng.exponential(0.8, asked.size))
    out = np.arange(asked.size) - np.searchsorted(back, asked)
    assert level.achieved == pytest.approx(float(np.mean(out[100:] < level.stock)), abs=0.01)


def test_scattered_demand_needs_more_stock() -> None:
    poisson, scattered = (
        stock_for_service_level(3.0, 0.95, variance_to_mean=spread) for spread in (1.0, 3.0)
    )
    assert scattered.stock > poisson.stock
    assert (poisson.method, scattered.method) == ("Poisson", "negative binomial")
    expected = stats.nbinom.cdf(np.arange(scattered.probability.size), 1.5, 1 / 3)
    assert scattered.probability == pytest.approx(expected, abs=1e-12)


def test_a_mean_demand_is_poisson_where_nothing_else_is_said() -> None:
    pmf = demand_pmf(3.0)
    assert pmf == pytest.approx(stats.poisson.pmf(np.arange(pmf.size), 3.0), abs=1e-12)


def test_a_level_close_to_one_is_reached() -> None:
    for measure in ("cycle", "fill_rate", "period_fill_rate"):
        level = stock_for_service_level(5.0, 1 - 1e-10, measure=measure)  # type: ignore[arg-type]
        assert level.achieved >= 1 - 2e-10


def test_no_demand_needs_no_stock() -> None:
    assert stock_for_service_level(0.0, 0.99).stock == 0


def test_the_result_survives_json() -> None:
    level = stock_for_service_level(2.0, 0.95)
    assert StockLevel.from_json(level.to_json()) == level


@pytest.mark.parametrize(
    ("demand", "service_level", "on_hand", "words"),
    [
        (2.0, 95, 0, "service_level"),
        (2.0, 1.0, 0, "service_level"),
        (-1.0, 0.9, 0, "mean demand"),
        (float("nan"), 0.9, 0, "mean demand"),
        ([0.5, 0.4], 0.9, 0, "sum to 1"),
        ([1.5, -0.5], 0.9, 0, "sum to 1"),
        ([], 0.9, 0, "sum to 1"),
        (2.0, 0.9, -1, "on_hand"),
    ],
)
def test_what_is_refused(demand: object, service_level: float, on_hand: int, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        stock_for_service_level(demand, service_level, on_hand=on_hand)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"variance_to_mean": 0.5}, "at least 1"),
        ({"demand": [0.5, 0.5], "variance_to_mean": 2.0}, "has its own"),
    ],
)
def test_which_settings_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        stock_for_service_level(**{"demand": 2.0, "service_level": 0.9, **changes})  # type: ignore[arg-type]


def test_rounding_makes_no_probability_above_1() -> None:
    shares = [0.3, 0.3, 0.1, 0.1, 0.1, 0.1, 5e-7]
    level = stock_for_service_level(shares, 0.9)
    assert np.cumsum(shares)[-1] > 1.0
    assert level.probability.max() == 1.0


def test_more_on_hand_than_any_demand_needs_no_longer_arrays() -> None:
    level = stock_for_service_level(2.0, 0.95, on_hand=10**12)
    assert level.probability.size < 100
    assert (level.probability_on_hand, level.shortage_on_hand, level.on_hand) == (1.0, 0.0, 10**12)
