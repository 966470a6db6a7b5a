import numpy as np
import pytest
from scipy import stats

from analytics import loggamma
from analytics.jets import variables

W = np.linspace(-4.0, 2.5, 14)


@pytest.mark.parametrize("q", [0.3, 0.7, 1.0, 2.5, 6.0])
def test_it_is_the_logarithm_of_a_gamma_variable(q: float) -> None:
    k = q**-2
    x = k * np.exp(q * W)
    # w has density f(x) dx/dw = f(x) x q.
    assert loggamma.log_density(W, q) == pytest.approx(stats.gamma.logpdf(x, k) + np.log(x * q), rel=1e-10)
    assert loggamma.log_survival(W, q) == pytest.approx(stats.gamma.logsf(x, k), rel=1e-10)
    assert loggamma.log_failure(W, q) == pytest.approx(stats.gamma.logcdf(x, k), rel=1e-10)


def test_at_one_it_is_the_smallest_extreme_value_and_at_zero_the_normal_distribution() -> None:
    assert loggamma.log_survival(W, 1.0) == pytest.approx(-np.exp(W), rel=1e-12)
    assert loggamma.log_density(W, 0.0) == pytest.approx(stats.norm.logpdf(W), rel=1e-12)
    assert loggamma.log_survival(W, 0.0) == pytest.approx(stats.norm.logsf(W), rel=1e-9)


@pytest.mark.parametrize("q", [-2.0, -0.4, -0.0015, 0.0015, 0.4, 2.0])
def test_tails_mirror_each_other(q: float) -> None:
    total = np.exp(loggamma.log_survival(W, q)) + np.exp(loggamma.log_failure(W, q))
    assert total == pytest.approx(np.ones_like(W), rel=1e-12)
    assert loggamma.log_failure(W, q) == pytest.approx(loggamma.log_survival(-W, -q), rel=1e-12)


@pytest.mark.parametrize("q", [-1.3, -0.002, 0.0, 0.0007, 0.05, 0.9, 3.0])
@pytest.mark.parametrize("part", ["log_density", "log_survival", "log_failure"])
def test_derivatives_agree_with_differences(part: str, q: float) -> None:
    f = getattr(loggamma, part)
    h = 1e-3
    for w in (-2.0, -0.3, 0.4, 1.2):
        found = f(*variables([w, q]))
        slope_w = (f(w + h, q) - f(w - h, q)) / (2 * h)
        slope_q = (f(w, q + h) - f(w, q - h)) / (2 * h)
        mixed = (f(w + h, q + h) - f(w + h, q - h) - f(w - h, q + h) + f(w - h, q - h)) / (4 * h * h)
        size = 1.0 + abs(float(np.squeeze(found.hessian[0, 0, 0])))
        assert found.gradient[:, 0] == pytest.approx(
            [float(np.squeeze(slope_w)), float(np.squeeze(slope_q))], abs=5e-5 * size, rel=1e-4
        )
        assert found.hessian[0, 1, 0] == pytest.approx(float(np.squeeze(mixed)), abs=5e-4 * size, rel=1e-3)


@pytest.mark.parametrize("q", [-1.5, -0.0004, 0.0, 0.0004, 0.3, 1.0, 4.0])
def test_the_deviate_inverts_the_failure_probability(q: float) -> None:
    p = np.array([1e-6, 0.01, 0.3, 0.9, 0.999])
    found = loggamma.log_failure(loggamma.deviate(p, q), q)
    assert np.exp(found) == pytest.approx(p, rel=1e-8)
