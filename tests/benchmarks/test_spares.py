"""What a forecast of spares costs as the fleet grows, beside convolving position by position: ``make bench``.

CPU seconds of one core. No other program known to us forecasts demand from a fit, the ages and their uncertainty, so that
the peer is the plain computation.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from analytics import LifeData, WeibullFit, fit_weibull, forecast_failures, forecast_spares
from analytics.fleet_demand import position_pmfs
from analytics.planned_use import PlannedUse, planned_use
from analytics.plausible import plausible_lives
from analytics.spares import DEFAULT_SEED, DRAWS

pytestmark = pytest.mark.slow


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    answer = work()
    return time.process_time() - begin, answer


@pytest.fixture(scope="module")
def fit() -> WeibullFit:
    rng = np.random.default_rng(0)
    life, end = 1000 * rng.weibull(2, 60), rng.uniform(100, 900, 60)
    return fit_weibull(LifeData(np.minimum(life, end), (life <= end).astype(int)))


def position_by_position(fit: WeibullFit, use: PlannedUse) -> float:
    lives, _ = plausible_lives(fit, DRAWS, rng=np.random.default_rng(DEFAULT_SEED))
    means = []
    for life in lives:
        total = np.ones(1)
        for row in position_pmfs(life, use.ages, use.total, "as_new"):
            total = np.convolve(total, row)
        means.append(total @ np.arange(total.size))
    return float(np.mean(means))


@pytest.mark.parametrize("positions", [300, 3_000, 50_000])
def test_forecasts_of_a_fleet(fit: WeibullFit, positions: int) -> None:
    rng = np.random.default_rng(1)
    ages, use = rng.uniform(0, 900, positions), rng.uniform(4, 12, positions)
    took, found = seconds(partial(forecast_spares, fit, ages, 90, usage_per_unit=use))
    by_period, _ = seconds(partial(forecast_failures, fit, ages, [30.0] * 12, usage_per_unit=use))
    line = f"{positions:,} positions of own age and use, 400 draws: spares {took:.2f} s, twelve months {by_period:.2f} s"
    if positions <= 3_000:
        plain, mean = seconds(partial(position_by_position, fit, planned_use(ages, 90, use)))
        line += f"; position by position {plain:.1f} s, {plain / took:.0f} x, means apart by {mean / found.mean - 1:.0e}"
        assert found.mean == pytest.approx(mean, rel=1e-3)
    sys.stdout.write(f"\n{line}")
