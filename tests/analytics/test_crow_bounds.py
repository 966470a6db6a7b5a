import numpy as np
import pytest

from analytics.crow_bounds import mtbf_factors

# MIL-HDBK-189 (1981), appendix C: factors on the MTBF for two-sided 80 % and 90 % intervals.
TIME_TERMINATED = {
    2: (0.261, 18.66, 0.200, 38.66),
    3: (0.333, 6.326, 0.263, 9.736),
    10: (0.549, 2.136, 0.476, 2.575),
}
FAILURE_TERMINATED = {2: (0.8065, 33.76, 0.5552, 72.67), 3: (0.6840, 8.927, 0.5137, 14.24)}


@pytest.mark.parametrize(
    ("terminated", "table"), [("time", TIME_TERMINATED), ("failure", FAILURE_TERMINATED)]
)
def test_the_tables_of_the_handbook(terminated: str, table: dict[int, tuple[float, ...]]) -> None:
    for failures, printed in table.items():
        found = [
            factor
            for tail in (0.10, 0.05)
            for factor in mtbf_factors(failures, tail, tail, terminated=terminated)  # type: ignore[arg-type]
        ]
        # Three printed decimals below 1, four digits above.
        assert found == pytest.approx(printed, rel=6e-4, abs=6e-4), failures


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
