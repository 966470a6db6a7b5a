"""Worked examples from the literature, retyped with their source, so that they run without the reference folder."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from analytics import LifeData
from tests.published.life_quantities import quantity_for

CASES = Path(__file__).parents[1] / "analytics" / "published"


def expected_numbers() -> list[Any]:
    cases = [
        (path.stem, tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(CASES.glob("*.toml"))
    ]
    return [
        pytest.param(case, expected, id=f"{name}-{expected['quantity']}")
        for name, case in cases
        if "event" in case.get("data", {})  # the others are not tables of lives
        for expected in case["expected"]
    ]


@pytest.mark.parametrize(("case", "expected"), expected_numbers())
def test_worked_example(case: dict[str, Any], expected: dict[str, Any]) -> None:
    assert case["source"]
    quantity = quantity_for("", expected["method"])
    assert quantity is not None
    found = quantity(LifeData(**case["data"], unit=case["unit"]), expected["quantity"])
    assert found == pytest.approx(expected["value"], abs=expected["tolerance"], rel=0)
