"""What other people's scripts may import from analytics, and what that import costs them."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import analytics
from tests.architecture.source import ROOT


def test_type_checkers_and_python_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "analytics" / "__init__.py").read_text(encoding="utf-8"))
    declared = {
        alias.asname or alias.name: str(node.module).removeprefix("analytics.")
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert declared == analytics.MODULE_OF


@pytest.mark.parametrize("name", sorted(analytics.MODULE_OF))
def test_every_public_name_exists_and_is_documented(name: str) -> None:
    value = getattr(analytics, name)
    assert (value.__doc__ or "").strip()
    assert name in dir(analytics)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fit_everything'"):
        _ = analytics.fit_everything


def test_importing_and_fitting_load_nothing_heavy() -> None:
    # lifelines, pandas and plotly together take seconds to import; who does not use them must not pay for them.
    program = (
        "import sys, analytics\n"
        "analytics.fit_weibull(analytics.LifeData([1.0, 2.0, 3.0], [1, 1, 0]))\n"
        "print(*sorted({'lifelines', 'pandas', 'plotly', 'scipy.stats', 'matplotlib'} & set(sys.modules)))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert found.stdout.strip() == ""
