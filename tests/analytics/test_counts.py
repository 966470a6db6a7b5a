import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics import InvalidData, counts
from analytics.counts import (
    count_quantile,
    mean_count,
    mixture,
    pmf_of_moments,
    poisson_pmf,
    sum_of_independent,
    thinned,
)


@given(st.floats(0, 2e4))
def test_poisson_probabilities(mean: float) -> None:
    pmf = poisson_pmf(mean)
    assert pmf.sum() == pytest.approx(1.0, abs=1e-12)
    assert mean_count(pmf) == pytest.approx(mean, rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(pmf, stats.poisson.pmf(np.arange(pmf.size), mean), rtol=1e-8, atol=1e-13)


@given(st.floats(0.01, 500), st.floats(1.0, 20))
def test_negative_binomial_probabilities(mean: float, spread: float) -> None:
    pmf = pmf_of_moments(mean, mean * spread)
    if spread > 1.001:
        size = mean / (spread - 1.0)
        expected = stats.nbinom.pmf(np.arange(pmf.size), size, 1.0 / spread)
        np.testing.assert_allclose(pmf, expected, rtol=1e-6, atol=1e-13)
    assert mean_count(pmf) == pytest.approx(mean, rel=1e-9)


@given(st.integers(1, 60), st.floats(0.02, 0.98))
def test_binomial_probabilities(size: int, chance: float) -> None:
    pmf = pmf_of_moments(size * chance, size * chance * (1.0 - chance))
    expected = stats.binom.pmf(np.arange(pmf.size), size, chance)
    np.testing.assert_allclose(pmf, expected, rtol=1e-5, atol=1e-10)


def test_what_is_kept_of_a_poisson_count_is_poisson() -> None:
    pmf = poisson_pmf(7.0)
    for chance in (0.0, 0.3, 1.0):
        kept = thinned(pmf, chance)
        assert kept == pytest.approx(stats.poisson.pmf(np.arange(pmf.size), 7.0 * chance), abs=1e-12)
    rows = thinned(np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), np.array([0.5, 0.25]))
    assert rows == pytest.approx(np.array([[0.25, 0.5, 0.25], [0.75, 0.25, 0.0]]))


def test_an_absurd_demand_is_refused() -> None:
    for mean in (1e7, float("inf"), float("nan")):
        with pytest.raises(InvalidData, match="beyond any stock"):
            poisson_pmf(mean)


@pytest.mark.parametrize("positions", [1, 2, 3, 7, 100])
def test_independent_chances_add_up_to_a_binomial(positions: int) -> None:
    expected = stats.binom.pmf(np.arange(positions + 1), positions, 0.1)
    for found in (
        sum_of_independent(np.tile([0.9, 0.1], (positions, 1))),
        sum_of_independent(np.array([[0.9, 0.1]]), np.array([positions])),
    ):
        assert found == pytest.approx(expected[: found.size], abs=1e-12)
        assert expected[found.size :].sum() < 1e-12


@pytest.mark.parametrize("tosses", [10, 40, 80, 200, 2_000])
def test_tosses_of_a_coin(tosses: int) -> None:
    found = sum_of_independent(np.array([[0.5, 0.5]]), np.array([float(tosses)]))
    expected = stats.binom.pmf(np.arange(found.size), tosses, 0.5)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-13)
    assert stats.binom.sf(found.size - 1, tosses, 0.5) < 1e-12


def test_the_reach_of_a_sum_is_sure_and_no_wider_than_it_must_be() -> None:
    """50,000 rare demands: nothing beyond counts, and the transform is of the size of the spread, not of the fleet."""
    chance, many = 0.01, 50_000
    first, last = counts._reach(np.array([[1 - chance, chance]]), np.array([float(many)]))
    law = stats.binom(many, chance)
    assert law.cdf(first - 1) < 3e-16
    assert law.sf(last) < 3e-16
    assert last - first < 20 * law.std()


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), min_size=1, max_size=9))
def test_a_sum_is_a_convolution(weights: list[list[float]]) -> None:
    rows = np.array([np.array(row) / sum(row) for row in weights])
    expected = np.ones(1)
    for row in rows:
        expected = np.convolve(expected, row)
    assert sum_of_independent(rows) == pytest.approx(expected, abs=1e-12)


def test_rows_taken_many_times_are_summed_as_if_written_out() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.1, 0.0, 0.9], [0.5, 0.5, 0.0]])
    many = np.array([40, 3, 7])
    expected = np.ones(1)
    for row in np.repeat(rows, many, axis=0):
        expected = np.convolve(expected, row)
    found = sum_of_independent(rows, many.astype(float))
    assert found == pytest.approx(expected[: found.size], abs=1e-13)
    # Half of two equal rows is one of them.
    halves = sum_of_independent(np.repeat(rows, 2, axis=0), np.repeat(many, 2) / 2)
    assert halves == pytest.approx(found, abs=1e-12)


@pytest.mark.parametrize("mean", [1e-9, 0.3, 5.0, 200.0])
def test_a_sum_of_many_is_neither_cut_nor_wrapped(mean: float) -> None:
    """Poisson counts in 50,000 positions are a Poisson count; sure counts stay sure."""
    row = stats.poisson.pmf(np.arange(30), mean / 1000)
    found = sum_of_independent(row[None] / row.sum(), np.array([50_000.0]))
    expected = stats.poisson.pmf(np.arange(found.size), 50 * mean)
    assert found == pytest.approx(expected, abs=1e-11)
    assert mean_count(found) == pytest.approx(50 * mean, rel=1e-6)
    assert sum_of_independent(np.array([[0.0, 0.0, 1.0]]), np.array([4.0])).argmax() == 8


def test_a_sum_beyond_any_stock_is_refused() -> None:
    with pytest.raises(InvalidData, match="beyond any stock"):
        sum_of_independent(np.array([[0.0, 1.0]]), np.array([2e6]))


def test_a_mixture_averages_distributions_of_different_lengths() -> None:
    assert mixture([np.array([1.0]), np.array([0.5, 0.5])]).tolist() == [0.75, 0.25]


def test_quantiles_reach_their_level() -> None:
    pmf = np.array([0.5, 0.25, 0.25])
    assert [count_quantile(pmf, p) for p in (0.1, 0.5, 0.51, 0.75, 0.76, 0.999)] == [0, 0, 1, 1, 2, 2]
    # A level that is reached exactly is reached, whatever the rounding of the sum.
    tenths = np.full(10, 0.1)
    assert [count_quantile(tenths, k / 10) for k in range(1, 10)] == list(range(9))
    for p in (0.0, 1.0, -0.1):
        with pytest.raises(InvalidData, match="probability"):
            count_quantile(pmf, p)


def test_a_spread_beyond_memory_is_refused() -> None:
    with pytest.raises(InvalidData, match="1e.09 times the variance"):
        pmf_of_moments(5.0, 5e9)
