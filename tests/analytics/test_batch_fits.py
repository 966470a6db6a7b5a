import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize_scalar

from analytics.batch_fits import Fits, Status, estimates, halley


def test_the_numbers_are_rows_of_one_table() -> None:
    fits = Fits.empty(3)
    assert fits.status.tolist() == [Status.NOT_CONVERGED] * 3
    assert np.isnan(fits.numbers).all()
    fits.log_eta[1], fits.information[2, 1], fits.score_norm[1] = 7.0, 5.0, 0.5
    assert fits.numbers[[0, 5, 6], 1].tolist() == [7.0, 5.0, 0.5]
    view, copy = fits.take(slice(1, 3)), fits.take(np.array([False, True, False]))
    view.log_beta[0], copy.log_beta[0] = 1.0, 2.0
    assert (fits.log_beta[1], copy.log_eta[0]) == (1.0, 7.0)
    fits.put([0], copy)
    assert (fits.log_eta[0], fits.log_beta[0]) == (7.0, 2.0)
    fits.forget(np.array([True, False, False]))
    assert np.isnan(fits.numbers[:, 0]).all()
    assert fits.log_eta[1] == 7.0


def test_the_covariance_is_the_inverse_of_the_information() -> None:
    fits = Fits.empty(1)
    fits.information[:, 0] = 4.0, -1.0, 3.0
    inverse = np.linalg.inv([[4.0, -1.0], [-1.0, 3.0]])
    assert fits.covariance[:, 0] == pytest.approx([inverse[0, 0], inverse[0, 1], inverse[1, 1]])
    assert fits.variance[:, 0] == pytest.approx([inverse[0, 0], inverse[1, 1]])


@pytest.mark.parametrize("log_beta", [-1.0, 0.2, 0.9, 2.5])
def test_halleys_step_is_newtons_with_the_bend(log_beta: float) -> None:
    x = np.log([0.2, 0.5, 0.6, 0.8, 0.9, 1.0])
    failed = x[[0, 2, 4]].mean()

    def profile(b: complex) -> complex:
        """Profile log-likelihood per failure, up to a constant."""
        return b + np.exp(b) * failed - np.log(np.exp(np.exp(b) * x).sum())

    beta = math.exp(log_beta)
    weight = np.exp(beta * x)
    score, slope, step = halley(beta, failed, *(float((weight * x**k).sum()) for k in range(3)))
    tiny = 1e-4
    up, here, down = (profile(log_beta + k * tiny).real for k in (1, 0, -1))
    assert score == pytest.approx(profile(log_beta + 1e-30j).imag / 1e-30, rel=1e-12)
    assert slope == pytest.approx((up - 2.0 * here + down) / tiny**2, rel=1e-5)
    newton = -score / slope
    # The third derivative takes the skewness of a complete sample; the correction is a factor of two at most.
    third = (
        profile(log_beta + tiny + 1e-30j)
        - 2.0 * profile(log_beta + 1e-30j)
        + profile(log_beta - tiny + 1e-30j)
    ).imag
    bent = newton / (1.0 - np.clip(score * (third / 1e-30 / tiny**2) / (2.0 * slope**2), -0.5, 0.5))
    assert step == pytest.approx(bent, rel=0.1)
    assert 2.0 / 3.0 <= step / newton <= 2.0


def test_estimates_are_those_of_the_likelihood() -> None:
    """Against the likelihood written down anew, its maximum looked for by another program and its curvature by differences."""
    age, failed = np.array([50.0, 80.0, 100.0, 130.0, 200.0]), np.array([1, 0, 1, 1, 0])

    def log_likelihood(at: np.ndarray) -> float:
        eta, beta = np.exp(at)
        z = age / eta
        return float((failed * (np.log(beta / eta) + (beta - 1.0) * np.log(z)) - z**beta).sum())

    def best_log_eta(log_beta: float) -> float:
        beta = np.exp(log_beta)
        return float(np.log((age**beta).sum() / failed.sum()) / beta)

    found = minimize_scalar(
        lambda b: -log_likelihood(np.array([best_log_eta(b), b])), bracket=(0.0, 1.0), tol=1e-12
    )
    log_beta = float(found.x)
    beta, x = np.exp(log_beta), np.log(age / 200.0)
    h = np.exp(beta * x)
    s0, s1, s2 = h.sum(), (h * x).sum(), (h * x * x).sum()
    d, sum_x = float(failed.sum()), float((failed * x).sum())
    slope = beta * (sum_x / d - s1 / s0) - beta**2 * (s2 / s0 - (s1 / s0) ** 2)
    log_eta, same, loglik, *information, reach = estimates(
        log_beta, beta, 0.0, slope, s0, s1, d, sum_x, np.log(200.0)
    )
    at = np.array([log_eta, log_beta])
    assert (log_eta, same) == (pytest.approx(best_log_eta(log_beta), rel=1e-12), log_beta)
    assert loglik == pytest.approx(log_likelihood(at), rel=1e-12)
    assert reach == pytest.approx(log_eta - np.log(200.0))

    def gradient(here: np.ndarray) -> np.ndarray:
        return np.asarray(approx_fprime(here, log_likelihood, 1e-5))

    curvature = -np.array([(gradient(at + step) - gradient(at - step)) / 2e-4 for step in 1e-4 * np.eye(2)])
    assert information == pytest.approx([curvature[0, 0], curvature[0, 1], curvature[1, 1]], rel=1e-3)
    # A step still to be made is made, and eta follows.
    before = log_beta - 1e-5
    s0, s1, s2 = ((np.exp(np.exp(before) * x) * x**k).sum() for k in range(3))
    slope = halley(np.exp(before), sum_x / d, s0, s1, s2)[1]
    moved = estimates(before, np.exp(before), 1e-5, slope, s0, s1, d, sum_x, np.log(200.0))
    assert moved[:2] == pytest.approx((log_eta, log_beta), abs=1e-9)
    # So does the information: without that it would be off by some steps.
    assert moved[3:6] == pytest.approx(information, rel=5e-6)
