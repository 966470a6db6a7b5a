"""What a forecast of spares costs as the fleet grows, beside convolving position by position: ``make bench``.

No other program known to us forecasts demand from a fit, the ages and their uncertainty, so that the peer is the plain
computation. It grows with the square of the fleet; it makes a few of the 400 draws, and its seconds are carried up to all.
"""

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

DRAWS = 400


@pytest.mark.parametrize(("positions", "plain_draws"), [(300, 40), (3_000, 2), (50_000, 0)])
def test_forecasts_of_a_fleet(positions: int, plain_draws: int, measure: Any, report: Any) -> None:
    rng = np.random.default_rng(0)
    life, end = 1000 * rng.weibull(2, 60), rng.uniform(100, 900, 60)
    data = {"time": np.minimum(life, end), "event": (life <= end).astype(int)}
    rng = np.random.default_rng(1)
    data |= {"ages": rng.uniform(0, 900, positions), "use": rng.uniform(4, 12, positions)}
    name = f"{positions:,} positions of own age and use"
    took, mean = measure("spares", "ours", data)
    if plain_draws:
        plain, plain_mean = measure("spares", "plain", data, plain_draws)
        remark = f"from {plain_draws} of {DRAWS} draws; means apart by {abs(mean / plain_mean - 1):.0e}"
        report(f"forecast_spares, {name}", took, "by position", plain * DRAWS / plain_draws, remark=remark)
        assert mean == pytest.approx(plain_mean, rel=1e-3)
    else:
        report(f"forecast_spares, {name}", took)
    report(f"forecast_failures of 12 months, {name}", measure("periods", "ours", data)[0])
