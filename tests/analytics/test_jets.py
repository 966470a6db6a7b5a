import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from analytics.jets import Jet, log1mexp, log1mexp_of_exp, variables

FORMULAS = {
    "quotient": lambda x, y: (3.0 - x) * y / (2.0 + x * x) - 1.0 / y,
    "exponentials": lambda x, y: np.exp(x * y) + np.expm1(-x) / 3.0,
    "logarithms": lambda x, y: np.log(y) * np.log1p(y * y) - np.log(2.0 + x * x),
    "gamma": lambda x, y: special.gammaln(1.0 + y) * np.square(x),
    "normal": lambda x, y: special.log_ndtr(x * y) - special.log_ndtr(-y),
    "logistic": lambda x, y: special.log_expit(x - y) * x,
    "sum of exponentials": lambda x, y: np.logaddexp(x, y) + np.logaddexp(x, 0.3),
    "clipped": lambda x, y: np.maximum(x, 0.2) * np.minimum(y, 100.0),
    "one minus exponential": lambda x, y: log1mexp(y) + log1mexp_of_exp(x),
}


def differences(formula: object, point: list[float], h: float = 1e-4) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian by central differences of the plain formula."""
    f = lambda p: float(formula(*np.atleast_1d(p).astype(float)))  # type: ignore[operator]  # noqa: E731
    steps = np.eye(2) * h
    gradient = np.array([(f(point + s) - f(point - s)) / (2 * h) for s in steps])
    hessian = np.array(
        [
            [
                (f(point + a + b) - f(point + a - b) - f(point - a + b) + f(point - a - b)) / (4 * h * h)
                for b in steps
            ]
            for a in steps
        ]
    )
    return gradient, hessian


@pytest.mark.parametrize("name", FORMULAS)
@given(st.floats(-2.0, 2.0), st.floats(0.1, 3.0))
def test_derivatives_are_those_of_the_plain_formula(name: str, x: float, y: float) -> None:
    if name == "clipped" and abs(x - 0.2) < 0.01:
        return
    formula = FORMULAS[name]
    found = formula(*variables([x, y]))
    gradient, hessian = differences(formula, [x, y])
    size = 1.0 + float(np.max(np.abs(hessian)))
    assert found.value[0] == pytest.approx(float(formula(x, y)))
    assert found.gradient[:, 0] == pytest.approx(gradient, abs=2e-6 * size, rel=1e-5)
    assert found.hessian[:, :, 0] == pytest.approx(hessian, abs=2e-5 * size, rel=1e-4)


def test_a_constant_array_spreads_a_single_jet() -> None:
    (x,) = variables([2.0])
    found = (np.array([1.0, 2.0, 3.0]) + x) * np.array([1.0, 0.5, 2.0])
    assert found.value.tolist() == [3.0, 2.0, 10.0]
    total = found.weighted_sum(np.array([1.0, 1.0, 10.0]))
    assert (total.value[0], total.gradient[0, 0]) == (105.0, 21.5)
    assert found[np.array([True, False, True])].value.tolist() == [3.0, 10.0]


def test_the_log_failure_probability_keeps_its_digits_in_both_tails() -> None:
    z = np.array([-700.0, -50.0, 0.0, 3.0, 800.0])
    assert log1mexp_of_exp(z)[:2].tolist() == [-700.0, -50.0]
    assert log1mexp_of_exp(z)[3] == pytest.approx(-np.exp(-np.exp(3.0)))
    (x,) = variables([-700.0])
    far = log1mexp_of_exp(x)
    assert (far.gradient[0, 0], far.hessian[0, 0, 0]) == (1.0, pytest.approx(0.0))


def test_an_operation_without_a_rule_is_refused() -> None:
    with pytest.raises(TypeError):
        np.arctan2(variables([1.0])[0], 2.0)
    assert isinstance(variables([1.0, 2.0])[1], Jet)
