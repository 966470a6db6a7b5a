import numpy as np
import pytest

from analytics.covariates import at_conditions, covariate_names, standardise
from analytics.errors import InvalidData
from analytics.lifedata import LifeData

DATA = LifeData([1.0, 2.0, 3.0], 1, covariates={"a": [1, 2, 3], "b": [0, 0, 1]})


def test_names_in_the_order_asked_for() -> None:
    assert covariate_names(DATA, None) == ("a", "b")
    assert covariate_names(DATA, ["b", "a"]) == ("b", "a")
    assert covariate_names(DATA, "b") == ("b",)


def test_mean_and_spread_over_units() -> None:
    centre, spread = standardise(np.array([[0.0], [1.0]]), np.array([1.0, 3.0]), ["x"])
    assert centre == pytest.approx([0.75])
    assert spread == pytest.approx([np.sqrt(0.75 * 0.25)])


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_constant_and_collinear_columns_at_any_size(size: float) -> None:
    count, x = np.ones(20), size * np.random.default_rng(1).normal(size=(20, 2))
    with pytest.raises(InvalidData, match="b has one and the same value"):
        standardise(np.column_stack([x[:, 0], np.full(20, size)]), count, ["a", "b"])
    with pytest.raises(InvalidData, match="a, c are collinear"):
        standardise(np.column_stack([x, 3.0 * x[:, 0] - size]), count, ["a", "b", "c"])
    standardise(x + 1e5 * size, count, ["a", "b"])


def test_conditions() -> None:
    assert at_conditions(("a", "b"), {"b": 2, "a": 1}).tolist() == [1.0, 2.0]
    for wrong, message in (
        ({"a": 1}, "missing: b"),
        ({"a": 1, "b": 2, "c": 3}, "unknown: c"),
        ({"a": "x", "b": 2}, "numbers"),
        ({"a": np.inf, "b": 2}, "finite"),
    ):
        with pytest.raises(InvalidData, match=message):
            at_conditions(("a", "b"), wrong)


def test_refusals() -> None:
    for names, message in (
        (["c"], "no covariate 'c'"),
        (["a", "a"], "named twice"),
        ([], "needs covariates"),
    ):
        with pytest.raises(InvalidData, match=message):
            covariate_names(DATA, names)
