"""The runner of mutants judged itself: what it changes, what it leaves alone, and that the change is what runs."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import count, mutant, mutated, names
from tests.mutation.run import Planted, Verdict, next_door, outstanding, sample_of


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("y = a < b <= c", ["y = a <= b <= c", "y = a < b < c"]),
        ("y = a ** -b", ["y = a * -b", "y = a ** (+b)"]),
        ("y = not a and b", ["y = not a or b", "y = not not a and b"]),
        ("y -= 2", ["y += 2", "y -= 3"]),
        ("y = 0.0, 1.5, True", ["y = (1.0, 1.5, True)", "y = (0.0, 3.0, True)", "y = (0.0, 1.5, False)"]),
        ("y = np.maximum(min(a), b)", ["y = np.minimum(min(a), b)", "y = np.maximum(max(a), b)"]),
        ("y = a if f(b) else c", ["y = a if not f(b) else c"]),
    ],
)
def test_one_thing_changes_at_a_time(before: str, after: list[str]) -> None:
    assert [ast.unparse(mutated(before, number)) for number in range(count(before))] == after
    assert [mutant(before, number).after for number in range(count(before))] == after


@pytest.mark.parametrize(
    "source",
    [
        '"""Two words of 3."""',
        "@njit(cache=True)\ndef f(a: Literal[1] | None) -> Literal[2]: return a",
        'raise ValueError(f"{a:.3f} is not {b}")',
        "warn(a, stacklevel=2)",
        "pairs = zip(a, b, strict=True)",
        "maximum = floor",
    ],
)
def test_what_no_number_depends_on_is_left_alone(source: str) -> None:
    assert count(source) == 0


def test_the_changed_module_is_the_one_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "planted_module.py"
    path.write_text("def twice(a: int) -> int:\n    return 2 * a\n", encoding="utf-8")
    monkeypatch.setattr(sys, "meta_path", [Planted("planted_module", str(path), 0), *sys.meta_path])
    assert importlib.import_module("planted_module").twice(6) == 2 / 6
    del sys.modules["planted_module"]


def test_a_mutant_keeps_its_name_when_other_lines_change() -> None:
    before = "y = a + 1\nif y < 2:\n    z = 3\n    y = a + 1\n"
    after = "x = 5\nif y < 2:\n    y = a + 1\n    z = 3 * 4\n    y = a + 1\n"
    kept = ["y = a + 1 #1", "y = a + 1 #2", "y = a + 1 #3", "y = a + 1 #4", "if y < 2: #1", "if y < 2: #2"]
    assert sorted(names(before)) == sorted([*kept, "z = 3 #1"])
    assert sorted(names(after)) == sorted([*kept, *(f"z = 3 * 4 #{one}" for one in (1, 2, 3)), "x = 5 #1"])


def test_what_survives_goes_to_the_tests_of_the_modules_that_import_it() -> None:
    assert next_door("batch_bounds") == ["tests/analytics/test_fleet_models.py"]
    assert "tests/analytics/test_weibull.py" in next_door("weibull_fit")
    assert next_door("weibull") == ["tests/analytics/test_fleet_models.py"]


def test_a_larger_sample_holds_the_smaller_and_goes_in_turn_over_the_modules() -> None:
    samples = {module: sample_of(module, 6) for module in ("counts", "stock")}
    assert samples["counts"][:4] == sample_of("counts", 4)
    assert len(set(samples["stock"])) == 6
    judged = Verdict("counts", samples["counts"][0], "killed", "")
    todo = outstanding(samples, [judged])
    assert [module for module, _ in todo[:4]] == ["stock", "counts", "stock", "counts"]
    assert len(todo) == 11
