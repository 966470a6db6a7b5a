"""The tests mirror the source one to one, so that nobody has to search for either."""

from __future__ import annotations

import ast

from tests.architecture.source import ROOT, Source, sources

# Folders of tests that look at the whole house; everything else mirrors one module.
WHOLE_HOUSE = set(
    """architecture benchmarks bruteforce calibration factories journeys migrations mutation notebooks packaging
    published""".split()
)


def holds_behaviour(source: Source) -> bool:
    """A module of constants, types or a docstring has nothing of its own to test."""
    if source.path.name in {"__init__.py", "__main__.py"}:
        return False
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(source.tree))


def test_every_module_has_its_test() -> None:
    missing = []
    for source in [*sources("fracas"), *sources("analytics")]:
        relative = source.path.relative_to(ROOT)
        mirror = ROOT / "tests" / relative.parent / f"test_{relative.name}"
        if holds_behaviour(source) and not mirror.is_file():
            missing.append(mirror.relative_to(ROOT).as_posix())
    assert missing == []


def test_every_test_has_its_module() -> None:
    astray = []
    for source in sources("tests"):
        relative = source.path.relative_to(ROOT / "tests")
        if relative.parts[0] in WHOLE_HOUSE or not source.path.name.startswith("test_"):
            continue
        module = ROOT / relative.parent / relative.name.removeprefix("test_")
        if not module.is_file() and not module.with_suffix("").is_dir():
            astray.append(source.name)
    assert astray == []
