import math
from typing import Any

import numpy as np
import pytest

from analytics import NoFiniteMaximum, NotConverged
from analytics.likelihood import At
from analytics.maximum import climb, distance, is_beyond, is_verified, maximise, polished

WIDE = [(-1e3, 1e3), (-1e3, 1e3)]


def hills(theta: np.ndarray) -> At:
    """Two hills at (0, 0) and (6, 0), the second 3 higher, each Gaussian in shape."""
    parts = []
    for centre, height in (((0.0, 0.0), 2.0), ((6.0, 0.0), 5.0)):
        away = theta - np.array(centre)
        value = height * math.exp(-float(away @ away) / 2)
        parts.append((value, -value * away, value * (np.outer(away, away) - np.eye(2))))
    value, gradient, hessian = (sum(part[i] for part in parts) for i in range(3))
    return At(np.array(theta, dtype=float), float(value), np.asarray(gradient), np.asarray(hessian))


def slope(theta: np.ndarray) -> At:
    """Rises for ever towards minus infinity in the first coordinate."""
    return At(
        np.array(theta, dtype=float),
        -math.exp(theta[0]) - theta[1] ** 2,
        np.array([-math.exp(theta[0]), -2 * theta[1]]),
        np.diag([-math.exp(theta[0]), -2.0]),
    )


def test_the_last_digits_of_another_programs_answer() -> None:
    found = polished(lambda t: hills(t).value, hills, [6.01, -0.01], WIDE)
    assert found is not None
    assert distance(found) < 1e-7
    for none in (None, [np.nan, 0.0]):
        assert polished(lambda t: hills(t).value, hills, none, WIDE) is None
    assert polished(lambda t: slope(t).value, slope, [-5.0, 0.0], WIDE) is None


def test_the_higher_of_two_hills_is_found() -> None:
    found = maximise(lambda t: hills(t).value, hills, [[0.5, 0.5], [5.0, 1.0]], limits=WIDE)
    assert found.theta == pytest.approx([6.0, 0.0], abs=1e-3)
    assert is_verified(found)
    assert distance(found) < 1e-7


def test_a_lower_start_may_lead_to_the_higher_hill() -> None:
    starts = [[0.1, 0.1], [8.0, 0.0]]
    assert hills(np.array(starts[0])).value > hills(np.array(starts[1])).value
    for order in (starts, starts[::-1]):
        both = maximise(lambda t: hills(t).value, hills, order, limits=WIDE)
        first = maximise(lambda t: hills(t).value, hills, order, limits=WIDE, climbs=1)
        assert both.theta == pytest.approx([6.0, 0.0], abs=1e-3)
        assert first.theta == pytest.approx([0.0, 0.0], abs=1e-3)


@pytest.mark.parametrize("spread", [1e-3, 1.0, 100.0])
def test_the_distance_is_in_standard_errors(spread: float) -> None:
    gradient, information = np.array([2.0, -1.0]) / spread, np.array([[2.0, 0.5], [0.5, 1.0]]) / spread**2
    expected = math.sqrt(float(gradient @ np.linalg.inv(information) @ gradient))
    assert distance(At(np.zeros(2), 0.0, gradient, -information)) == pytest.approx(expected)


def test_a_likelihood_that_rises_for_ever_has_no_maximum() -> None:
    with pytest.raises(NoFiniteMaximum, match="rises without end"):
        maximise(lambda t: slope(t).value, slope, [[0.0, 1.0]], limits=[(-14.0, 14.0), (-1e3, 1e3)])


def test_the_top_of_a_ridge_is_no_maximum() -> None:
    """Level along x = y but for what rounding leaves: a standard error of ten thousand there."""

    def ridge(theta: np.ndarray) -> At:
        information = 1e4 * np.array([[1.0, -1.0], [-1.0, 1.0]]) + 1e-8 * np.eye(2)
        return At(theta, -float(theta @ information @ theta) / 2.0, -information @ theta, -information)

    assert not is_verified(ridge(np.zeros(2)))
    with pytest.raises(NoFiniteMaximum):
        maximise(lambda t: ridge(t).value, ridge, [[0.5, 0.5]], limits=WIDE)


def test_an_unverified_end_is_refused() -> None:
    # A roof: the search ends on its edge, where there is no curvature that would make it a maximum.
    def roof(theta: np.ndarray) -> At:
        return At(np.array(theta), -abs(theta[0]), np.array([-np.sign(theta[0])]), np.array([[1.0]]))

    with pytest.raises(NotConverged):
        maximise(lambda t: roof(t).value, roof, [[1.3]], limits=WIDE[:1])


def test_a_likelihood_gone_flat_is_no_maximum() -> None:
    def ridge(theta: np.ndarray) -> At:
        return At(np.array(theta), -(theta[0] ** 2), np.array([-2 * theta[0], 0.0]), np.diag([-2.0, 0.0]))

    with pytest.raises(NoFiniteMaximum):
        maximise(lambda t: ridge(t).value, ridge, [[1.0, 1.0]], limits=WIDE)


def test_two_parameters_that_run_away_together_are_no_maximum() -> None:
    """A ridge that rises for ever, but so slowly that the search ends on it."""

    def rising(theta: np.ndarray) -> At:
        along, across = (theta[0] + theta[1]) / 2.0, theta[0] - theta[1]
        fall = math.exp(-along)
        bend = np.array([[1.0, -1.0], [-1.0, 1.0]])
        return At(
            np.array(theta),
            -(across**2) - fall,
            np.array([-2.0 * across + fall / 2.0, 2.0 * across + fall / 2.0]),
            -2.0 * bend - fall / 4.0,
        )

    with pytest.raises(NoFiniteMaximum):
        maximise(lambda t: rising(t).value, rising, [[0.0, 0.5]], limits=[(-1e6, 1e6)] * 2)


def test_a_start_outside_the_domain_is_left_out() -> None:
    found = maximise(
        lambda t: -math.inf if t[0] > 7 else hills(t).value, hills, [[9.0, 0.0], [5.5, 0.2]], limits=WIDE
    )
    assert found.theta[0] == pytest.approx(6.0, abs=1e-3)


def test_a_climb_says_when_it_has_run_away() -> None:
    end = climb(lambda t: slope(t).value, slope, np.array([0.0, 1.0]), [(-14.0, 14.0), (-1e3, 1e3)])
    assert end is not None
    assert is_beyond(end, [(-14.0, 14.0), (-1e3, 1e3)])
    assert not is_beyond(end, WIDE)


def test_a_climb_that_comes_to_what_is_no_number_has_no_end() -> None:
    def broken(theta: np.ndarray) -> At:
        at = hills(theta)
        at.hessian[0, 0] = np.nan
        return at

    assert climb(lambda t: hills(t).value, broken, np.array([5.0, 1.0]), WIDE) is None
    with pytest.raises(NotConverged):
        maximise(lambda t: hills(t).value, broken, [[5.0, 1.0]], limits=WIDE)


def test_a_hill_beside_a_higher_slope_is_taken_only_where_that_is_asked_for() -> None:
    def beside(theta: np.ndarray) -> At:
        """A hill of height 1 at 0, in a bowl that rises above it from 32 on."""
        x, hill = float(theta[0]), math.exp(-(float(theta[0]) ** 2) / 2)
        gradient, hessian = np.array([-x * hill + 0.002 * x]), np.array([[(x * x - 1) * hill + 0.002]])
        return At(np.array(theta, dtype=float), hill + 0.001 * x * x, gradient, hessian)

    settings: Any = {"starts": [[0.2], [20.0]], "limits": [(-100.0, 100.0)]}
    with pytest.raises(NoFiniteMaximum):
        maximise(lambda t: beside(t).value, beside, **settings)
    inside = maximise(lambda t: beside(t).value, beside, interior=True, **settings)
    assert inside.theta == pytest.approx([0.0], abs=1e-6)
