import math

import numpy as np
import pytest
from scipy.integrate import quad

from analytics import NoFiniteMaximum
from analytics.intensity import IntensityLikelihood, Stretches

NONE = np.zeros(0)
NO_CELLS = Stretches(NONE, NONE)


def one_window(exact: list[float], low: float = 0.0, high: float = 1.0) -> IntensityLikelihood:
    return IntensityLikelihood(np.array(exact), NO_CELLS, NONE, Stretches(np.array([low]), np.array([high])))


@pytest.mark.parametrize("slope", [-900.0, -3.0, -1e-4, 0.0, 1e-9, 1e-3, 2.0, 900.0])
def test_integrals_and_derivatives_are_those_of_quadrature(slope: float) -> None:
    low, high = 0.2, 1.7
    value, first, second = (
        part[0] for part in Stretches(np.array([low]), np.array([high])).log_integrals(slope)
    )
    shift = max(slope * low, slope * high)
    edge = high if slope > 0 else low
    # Nearly all of a steep integrand lies within a few widths of its edge.
    near = [edge - 40 / max(abs(slope), 20.0), edge + 40 / max(abs(slope), 20.0)]
    a, b = max(low, near[0]), min(high, near[1])
    if abs(slope) < 20:
        a, b = low, high
    moments = [
        quad(lambda x, k=k: x**k * math.exp(slope * x - shift), a, b, epsabs=0, epsrel=1e-13)[0]
        for k in range(3)
    ]
    mean = moments[1] / moments[0]
    assert value == pytest.approx(math.log(moments[0]) + shift, abs=1e-9)
    assert first == pytest.approx(mean, abs=1e-9)
    assert second == pytest.approx(moments[2] / moments[0] - mean**2, rel=1e-4)


def test_a_stretch_from_minus_infinity() -> None:
    value, first, second = Stretches(np.array([-np.inf]), np.array([0.0])).log_integrals(2.5)
    assert value[0] == pytest.approx(-math.log(2.5), rel=1e-14)
    assert (first[0], second[0]) == pytest.approx((-1 / 2.5, 1 / 2.5**2), rel=1e-14)


def test_the_profile_is_concave_with_the_slopes_it_says() -> None:
    likelihood = IntensityLikelihood(
        np.array([0.1, 0.5, 0.55]),
        Stretches(np.array([0.6]), np.array([0.9])),
        np.array([4.0]),
        Stretches(np.array([0.0, 0.0]), np.array([0.6, 0.9])),
    )
    step = 1e-5
    for slope in (-4.0, -0.3, 0.0, 0.7, 5.0):
        below, here, above = (likelihood.profile(slope + k * step) for k in (-1, 0, 1))
        assert here[1] == pytest.approx((above[0] - below[0]) / (2 * step), rel=1e-6)
        assert here[2] == pytest.approx((above[1] - below[1]) / (2 * step), rel=1e-6)
        assert here[2] < 0


def test_the_information_is_the_curvature() -> None:
    likelihood = one_window([0.2, 0.6, 0.9])
    slope = likelihood.best_slope(positive=False)
    level = likelihood.log_level(slope)
    information = likelihood.information(slope)

    def value(c: float, s: float) -> float:
        whole = math.exp(c) * (math.expm1(s) / s)
        return 3 * c + s * 1.7 - whole

    h = 1e-4
    mixed = (
        value(level + h, slope + h)
        - value(level + h, slope - h)
        - value(level - h, slope + h)
        + value(level - h, slope - h)
    ) / (4 * h * h)
    assert -mixed == pytest.approx(information[0, 1], rel=1e-5)
    assert information[0, 0] == pytest.approx(3.0, rel=1e-12)


def test_the_best_slope_leaves_no_score() -> None:
    assert (
        abs(one_window([0.2, 0.6, 0.9]).profile(one_window([0.2, 0.6, 0.9]).best_slope(positive=False))[1])
        < 1e-9
    )
    flat = one_window([0.25, 0.75]).best_slope(positive=False)
    assert flat == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_events_at_one_end_have_no_maximum(end: float) -> None:
    with pytest.raises(NoFiniteMaximum, match="one end"):
        one_window([end, end]).best_slope(positive=False)
