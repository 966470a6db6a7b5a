import math

import numpy as np
import pytest
from scipy.optimize import minimize

from analytics import EventHistories
from analytics.virtual_ages import Gaps, Kijima, ProfileBounds, highest
from tests.analytics.test_renewalprocess import drawn, six

BOTH: tuple[Kijima, ...] = ("I", "II")


def test_ages_by_hand() -> None:
    histories = EventHistories(["a", "a", "b"], [10.0, 30.0, 40.0], end={"a": 50.0, "b": 100.0})
    # In multiples of the longest watch: before each interval of a (3) and of b (2).
    for kijima, ages in (("I", [0, 5, 15, 0, 20]), ("II", [0, 5, 12.5, 0, 20])):
        assert Gaps(histories, kijima).virtual_ages(0.5) == pytest.approx(np.array(ages) / 100)  # type: ignore[arg-type]


@pytest.mark.parametrize("kijima", BOTH)
def test_slopes_are_those_of_the_likelihood(kijima: Kijima) -> None:
    gaps, at = Gaps(six(), kijima), np.array([7.0, 0.3, 0.4])
    steps = 1e-5 * np.eye(3)
    differences = [(gaps.value(*(at + step)) - gaps.value(*(at - step))) / 2e-5 for step in steps]
    assert gaps.derivatives(*at)[1] == pytest.approx(differences, rel=1e-6)


@pytest.mark.parametrize("kijima", BOTH)
@pytest.mark.parametrize("name", ["eta", "beta", "q"])
def test_at_a_bound_the_best_others_have_lost_the_drop(kijima: Kijima, name: str) -> None:
    gaps = Gaps(drawn(np.random.default_rng(3), 0.5, kijima, 10), kijima)
    q, beta, loglik = highest(gaps)
    estimate = {"eta": math.exp(gaps.log_eta(q, beta)), "beta": beta, "q": q}
    profile = ProfileBounds(gaps, estimate["eta"], beta, q)
    at = ["eta", "beta", "q"].index(name)
    for direction in (-1, 1):
        bound = profile.bound(name, 1.0, direction)  # type: ignore[arg-type]
        assert (bound > estimate[name]) == (direction > 0)
        held = bound if name == "q" else math.log(bound)

        def fall(others: np.ndarray, held: float = held) -> float:
            theta = np.insert(others, at, held)
            return -gaps.value(*theta) if 0.0 <= theta[2] <= 1.0 else math.inf

        start = np.delete([math.log(estimate["eta"]), math.log(beta), q], at)
        # By a search of another kind.
        found = minimize(
            fall, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
        )
        assert found.fun == pytest.approx(1.0 - loglik, abs=1e-5)


def test_bounds_that_the_data_do_not_give() -> None:
    gaps = Gaps(six(), "I")
    q, beta, _ = highest(gaps)
    profile = ProfileBounds(gaps, math.exp(gaps.log_eta(q, beta)), beta, q)
    assert (profile.bound("q", 2.0, -1), profile.bound("q", 2.0, 1)) == (0.0, 1.0)
