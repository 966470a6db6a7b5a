"""Every sentence that `analytics` may say about a result is known here, so that it can be translated."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import analytics
import fracas
from fracas.core.errors import Finding
from fracas.reliability.remarks import REMARKS, recognised

REFUSALS = {"NotEnoughFailures", "NoFiniteMaximum", "NotConverged"}


def sample(node: ast.expr) -> str | None:
    """The sentence that a literal makes, with 7 for every value in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def is_warning(node: ast.AST) -> bool:
    """Something that ends up in ``warnings``: appended to it, assigned to it, or returned by a function that makes it."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr == "append" and getattr(node.func.value, "id", "") == "warnings"
    if isinstance(node, ast.FunctionDef):
        return node.returns is not None and ast.unparse(node.returns) == "tuple[str, ...]"
    if isinstance(node, ast.Assign):
        return any(getattr(target, "id", "") == "note" for target in node.targets)
    return False


def imported(path: Path) -> set[str]:
    """Modules of `analytics` that a source takes something from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "analytics":
            found |= {
                analytics.MODULE_OF[alias.name] for alias in node.names if alias.name in analytics.MODULE_OF
            }
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analytics."):
            found.add(str(node.module).split(".")[1])
    return found


def on_a_page() -> list[Path]:
    """The modules that the service asks, and those that they ask in turn."""
    folder = Path(analytics.__path__[0])
    waiting = set().union(*(imported(path) for path in Path(fracas.__path__[0]).rglob("*.py")))
    seen: set[Path] = set()
    while waiting:
        path = folder / f"{waiting.pop()}.py"
        if path.exists() and path not in seen:
            seen.add(path)
            waiting |= imported(path)
    return sorted(seen)


def sentences() -> Iterator[tuple[str, str]]:
    for path in on_a_page():
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            spoken: list[ast.AST] = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSALS:
                spoken = list(node.args[:1])
            elif is_warning(node):
                told = (
                    node.body[1:] if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) else [node]
                )
                spoken = [inner for part in told for inner in ast.walk(part)]
            elif isinstance(node, ast.Dict):
                named = zip(node.keys, node.values, strict=True)
                spoken = [
                    inner
                    for key, value in named
                    if isinstance(key, ast.Constant) and key.value == "warnings"
                    for inner in ast.walk(value)
                ]
            inside = {
                id(part) for one in spoken if isinstance(one, ast.JoinedStr) for part in ast.walk(one)
            } - {id(one) for one in spoken if isinstance(one, ast.JoinedStr)}
            for one in spoken:
                text = sample(one) if isinstance(one, ast.expr) and id(one) not in inside else None
                if text and text.count(" ") > 3:
                    yield path.name, text


def test_there_are_sentences_to_compare() -> None:
    found = [text for _, text in sentences()]
    assert len(found) > 30
    assert any(text.startswith("only 7 failures") for text in found)
    assert any(text.startswith("a Weibull fit needs") for text in found)
    assert any(text.startswith("the bounds come from") for text in found)


def test_every_sentence_of_the_mathematics_is_known() -> None:
    assert [(name, text) for name, text in sentences() if isinstance(recognised(text), str)] == []


@pytest.mark.parametrize("msgid", REMARKS)
def test_a_remark_finds_itself(msgid: str) -> None:
    """No pattern swallows the sentence of another one."""
    found = recognised(msgid)
    assert isinstance(found, Finding)
    assert found.message == msgid


def test_the_numbers_are_kept() -> None:
    found = recognised("only one system is at risk at 1200 h: its steps add nothing to the variance")
    assert isinstance(found, Finding)
    assert found.params == {"time": "1200 h"}
    assert str(found) == "only one system is at risk at 1200 h: its steps add nothing to the variance"


def test_another_sentence_stays_as_it_is() -> None:
    assert recognised("something new") == "something new"
