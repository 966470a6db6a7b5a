import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from analytics.crow_bounds import mtbf_factors


def given_the_times(failures: int, x: float) -> float:
    """Probability of at most so many failures, given their times: Bayes on a Poisson number and a gamma sum of logs."""
    n = np.arange(1, 400)
    weight = stats.poisson.pmf(n, x / 2.0) * stats.gamma.pdf(x / 2.0, n)
    return float(weight[:failures].sum() / weight.sum())


@pytest.mark.parametrize("tail", [0.10, 0.05])
@pytest.mark.parametrize("failures", [2, 3, 10, 60])
def test_time_terminated_factors_leave_their_tails(failures: int, tail: float) -> None:
    lower, upper = mtbf_factors(failures, tail, tail, terminated="time")
    assert given_the_times(failures, 2 * failures / np.sqrt(lower)) == pytest.approx(tail, rel=1e-9)
    assert given_the_times(failures - 1, 2 * failures / np.sqrt(upper)) == pytest.approx(1 - tail, rel=1e-9)


@pytest.mark.parametrize("tail", [0.10, 0.05])
@pytest.mark.parametrize("failures", [2, 3, 10])
def test_failure_terminated_factors_leave_their_tails(failures: int, tail: float) -> None:
    first, second = stats.gamma(failures), stats.gamma(failures - 1)

    def below(product: float) -> float:
        return float(quad(lambda g: second.pdf(g) * first.cdf(product / g), 0, np.inf, limit=200)[0])

    lower, upper = mtbf_factors(failures, tail, tail, terminated="failure")
    assert below(failures**2 / lower) == pytest.approx(1 - tail, abs=1e-7)
    assert below(failures**2 / upper) == pytest.approx(tail, abs=1e-7)


def test_the_product_of_gammas_by_simulation() -> None:
    rng = np.random.default_rng(7)
    product = rng.gamma(6, size=400_000) * rng.gamma(5, size=400_000)
    lower, upper = mtbf_factors(6, 0.1, 0.2, terminated="failure")
    assert np.mean(product < 36 / lower) == pytest.approx(0.9, abs=0.002)
    assert np.mean(product < 36 / upper) == pytest.approx(0.2, abs=0.002)


@pytest.mark.parametrize("terminated", ["time", "failure"])
@pytest.mark.parametrize("failures", [2, 50, 5000, 200_000])
def test_many_failures_come_to_the_normal_limit(terminated: str, failures: int) -> None:
    lower, upper = mtbf_factors(failures, 0.05, 0.05, terminated=terminated)  # type: ignore[arg-type]
    assert lower < 1 < upper
    if failures >= 5000:
        # The relative error of the intensity is sqrt(2 / n).
        reach = 1.6449 * np.sqrt(2 / failures)
        assert (lower, upper) == pytest.approx(
            (np.exp(-reach), np.exp(reach)), rel=3 / np.sqrt(failures) / 30
        )


def test_an_open_side() -> None:
    assert mtbf_factors(5, 0.0, 0.1, terminated="time")[0] == 0.0
    assert mtbf_factors(5, 0.1, 0.0, terminated="failure")[1] == np.inf
