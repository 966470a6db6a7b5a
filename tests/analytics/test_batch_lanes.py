import numpy as np
import pytest
from numba import njit

from analytics.batch_lanes import NEAR_0
from analytics.batch_rows import exp as exp_
from analytics.batch_rows import log as log_

exp, log = (njit(lambda z, of=of: of(z)) for of in (exp_, log_))


def test_the_series_of_the_exponential_is_as_near_as_it_says() -> None:
    z = np.linspace(-np.log(2) / 2, np.log(2) / 2, 401)
    # Rounding in the sum itself adds to it.
    assert np.polynomial.polynomial.polyval(z, NEAR_0) == pytest.approx(np.exp(z), rel=4e-15, abs=0.0)


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
