import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import (
    FailureForecast,
    InvalidData,
    LifeData,
    NotEnoughFailures,
    WeibullFit,
    fit_exponential,
    fit_weibull,
    forecast_failures,
    forecast_spares,
)

# Abernethy et al. (1983), bearing cages: hours run and units of the 1,697 survivors, hours of the 6 failures.
SURVIVORS = {
    50: 288, 150: 148, 250: 124, 350: 111, 450: 106, 550: 99, 650: 110, 750: 114, 850: 119, 950: 127,
    1050: 123, 1150: 93, 1250: 47, 1350: 41, 1450: 27, 1550: 11, 1650: 6, 1850: 1, 2050: 2,
}  # fmt: skip
FAILURES = [230, 334, 423, 990, 1009, 1510]


@pytest.fixture
def fit(nist: LifeData) -> WeibullFit:
    return fit_weibull(nist)


def test_bearing_cages_by_the_sum_of_their_conditional_probabilities() -> None:
    """The fit is R survival 3.5-3's (eta 11792.17817, beta 2.03531861); each age adds what its units may fail."""
    ages = [*FAILURES, *SURVIVORS]
    data = LifeData(ages, [1] * 6 + [0] * len(SURVIVORS), count=[1] * 6 + list(SURVIVORS.values()))
    found = forecast_failures(
        fit_weibull(data), np.repeat(list(SURVIVORS), list(SURVIVORS.values())), 300, replacement="none"
    )
    ages, units = np.array(list(SURVIVORS)), np.array(list(SURVIVORS.values()))
    more = ((ages + 300) / 11792.17817) ** 2.03531861 - (ages / 11792.17817) ** 2.03531861
    assert found.estimate is not None
    assert found.estimate[0] == pytest.approx(units @ -np.expm1(-more), rel=1e-6)
    assert found.positions == 1697


@pytest.mark.parametrize("replacement", ["as_new", "as_old", "none"])
def test_periods_add_up_to_the_spares_of_the_horizon(fit: WeibullFit, replacement: Any) -> None:
    ages = np.linspace(0, 450, 15)
    periods = forecast_failures(fit, ages, [50, 100, 150], replacement=replacement)
    whole = forecast_spares(fit, ages, 300, replacement=replacement)
    assert periods.estimate is not None
    assert periods.estimate.sum() == pytest.approx(whole.estimate_mean, rel=1e-3)
    assert periods.cumulative[-1] == pytest.approx(whole.mean, rel=5e-3)
    assert periods.ends.tolist() == [50, 150, 300]


@pytest.mark.parametrize("replacement", ["as_old", "none"])
def test_one_period_is_the_forecast_of_spares(fit: WeibullFit, replacement: Any) -> None:
    ages = np.linspace(0, 450, 40)
    one = forecast_failures(fit, ages, 100, replacement=replacement, parameter_uncertainty=False)
    whole = forecast_spares(fit, ages, 100, replacement=replacement, parameter_uncertainty=False)
    size = min(one.pmf.shape[1], whole.pmf.size)
    assert one.pmf[0, :size] == pytest.approx(whole.pmf[:size], abs=0.004)
    assert abs(one.upper[0] - whole.upper) <= 1


def test_a_rest_has_no_failures(fit: WeibullFit) -> None:
    found = forecast_failures(fit, [100.0, 300.0], [10, 10], usage_per_unit=[[8.0, 0.0]])
    assert found.expected[0] > 0
    assert (found.expected[1], found.upper[1]) == (0, 0)


@given(st.floats(1e-3, 1e3))
@settings(max_examples=10)
def test_hours_times_k_are_the_same_failures(k: float) -> None:
    ages = np.array([54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500.0])
    event, count = [1] * 10 + [0], [1] * 10 + [10]
    one, other = (
        forecast_failures(
            fit_weibull(LifeData(s * ages, event, count=count)),
            s * ages,
            [s * 50] * 3,
            parameter_uncertainty=False,
        )
        for s in (1.0, k)
    )
    assert other.expected == pytest.approx(one.expected, rel=1e-5)


def test_order_of_positions_and_json_change_nothing(fit: WeibullFit) -> None:
    one = forecast_failures(fit, [100.0, 300.0, 200.0], [30, 60], draws=50)
    assert forecast_failures(fit, [300.0, 200.0, 100.0], [30, 60], draws=50) == one
    assert FailureForecast.from_json(one.to_json()) == one
    assert one.quantile(0.95).tolist() == one.upper.tolist()


def test_one_draw_is_enough(fit: WeibullFit) -> None:
    one = forecast_failures(fit, [100.0, 400.0], [200, 200], draws=1)
    assert one.draws == 1
    assert one.standard_error.tolist() == [0.0, 0.0]


def test_doubt_widens_the_fan(fit: WeibullFit) -> None:
    ages = np.linspace(0, 500, 200)
    drawn = forecast_failures(fit, ages, [100] * 3)
    fixed = forecast_failures(fit, ages, [100] * 3, parameter_uncertainty=False)
    assert np.all(drawn.upper - drawn.lower > fixed.upper - fixed.lower)
    assert np.all(drawn.standard_error > 0)
    assert "taken as the truth" in fixed.warnings[-1]
    assert fixed.draws == 0


@pytest.mark.parametrize("draws", [2, 3])
def test_the_standard_error_is_the_scatter_of_the_forecast_from_one_set_of_draws_to_the_next(
    fit: WeibullFit, draws: int
) -> None:
    found = [
        forecast_failures(
            fit, [100.0, 300.0], 100, replacement="none", draws=draws, rng=np.random.default_rng(seed)
        )
        for seed in range(200)
    ]
    stated = math.sqrt(np.mean([one.standard_error[0] ** 2 for one in found]))
    assert stated == pytest.approx(np.std([one.expected[0] for one in found]), rel=0.2)


def test_one_failure_is_an_estimate() -> None:
    fit = fit_exponential(LifeData([400.0, 1000.0], [1, 0], count=[1, 6]))
    assert fit.theta == 6400
    found = forecast_failures(fit, [100.0] * 8, [300, 300], parameter_uncertainty=False)
    assert found.estimate == pytest.approx([2400 / 6400] * 2, rel=1e-4)
    assert found.expected == pytest.approx(found.estimate)


def test_no_failures_still_give_a_forecast() -> None:
    none = fit_exponential(LifeData([1000.0], [0], count=[5]))
    found = forecast_failures(none, [100] * 5, [300, 300])
    assert found.estimate is None
    assert 0 < found.expected[0] < 1
    with pytest.raises(NotEnoughFailures):
        forecast_failures(none, [100] * 5, 300, parameter_uncertainty=False)


@pytest.mark.parametrize(
    ("ages", "periods", "changes", "words"),
    [
        ([-1.0], [10], {}, "row 0: ages"),
        ([1.0], [10, math.nan], {}, "horizon"),
        ([1.0], [], {}, "one-dimensional"),
        ([1.0], [10], {"draws": 0}, "draws"),
        ([1.0], [10], {"confidence": 90}, "confidence"),
    ],
)
def test_what_is_refused(
    fit: WeibullFit, ages: Any, periods: Any, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidData, match=words):
        forecast_failures(fit, ages, periods, **changes)


@pytest.mark.filterwarnings("error")
def test_no_positions_have_no_failures() -> None:
    fit = fit_weibull(LifeData([900, 1400, 1700, 2000], 1))
    found = forecast_failures(fit, [], [30, 30], draws=5)
    assert (found.positions, found.expected.tolist(), found.upper.tolist()) == (0, [0.0, 0.0], [0.0, 0.0])
