from decimal import Decimal

import numpy as np
import pytest
from numba import njit

from analytics.batch_lanes import ATANH, DOUBLE, SINGLE
from analytics.batch_rows import exp as exp_
from analytics.batch_rows import log as log_

exp, log = (njit(lambda z, of=of: of(z)) for of in (exp_, log_))


def polynomial(coefficients: list[float], at: Decimal) -> Decimal:
    value = Decimal(0)
    for coefficient in reversed(coefficients):
        value = value * at + Decimal(coefficient)
    return value


@pytest.mark.parametrize("share", np.linspace(-1.0, 1.0, 41).tolist())
def test_the_series_are_as_near_as_they_say(share: float) -> None:
    # In decimals, because the rounding of doubles would hide the difference.
    r = Decimal(share) * Decimal(2).ln() / 2
    for series, error in ((DOUBLE.exp, "1e-16"), (SINGLE.exp, "2e-8")):
        assert abs(polynomial(series, r) / r.exp() - 1) < Decimal(error)
    s = Decimal(abs(share) or 0.01) * (Decimal(2).sqrt() - 1) / (Decimal(2).sqrt() + 1)
    assert abs(polynomial(ATANH, s * s) / (((1 + s) / (1 - s)).ln() / (2 * s)) - 1) < Decimal("1e-17")


def test_exponential_and_logarithm_keep_their_digits() -> None:
    for z in np.linspace(-700.0, 700.0, 997):
        # Beyond 50 the rounding of the argument itself shows.
        assert exp(z) == pytest.approx(np.exp(z), rel=1e-13 if abs(z) > 50.0 else 1e-14, abs=0.0)
    assert exp(-1e9) < 1e-300
    around_1 = 1.0 + np.concatenate([-np.geomspace(1e-16, 0.6, 300), np.geomspace(2.3e-16, 1.5, 300)])
    everywhere = np.concatenate(
        [np.geomspace(5e-324, 1.7e308, 2_000), around_1, 2.0 ** np.arange(-1070, 1020)]
    )
    assert [log(v) for v in everywhere] == pytest.approx(np.log(everywhere), rel=1e-15, abs=0.0)
