"""The source as syntax trees, read once for all house rules."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
ROOT = Path(__file__).resolve().parents[2]

FLOORS_TOP_DOWN = [
    ["demo"],
    ["dashboards"],
    ["exchange"],
    ["reliability"],
    ["actions"],
    ["problems"],
    ["knowledge", "failures"],
    ["assets"],
    ["catalog"],
    ["users"],
    ["organisations"],
]
ROOMS = [room for floor in FLOORS_TOP_DOWN for room in floor]


@dataclass(frozen=True)
class Source:
    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """``fracas/failures/models.py``: how a rule names what broke it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        """The folder below the package (``failures``), or the module itself (``cli``)."""
        return self.path.relative_to(ROOT).with_suffix("").parts[1]

    def at(self, node: ast.AST) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 1)}"


@functools.cache
def sources(package: str) -> tuple[Source, ...]:
    """Every module of ``fracas``, ``analytics``, ``migrations`` or ``tests``."""
    paths = sorted((ROOT / package).rglob("*.py"))
    return tuple(Source(path, ast.parse(path.read_text("utf-8"), str(path))) for path in paths)


def rooms_here() -> list[str]:
    """The rooms that exist."""
    return [room for room in ROOMS if (ROOT / "fracas" / room).is_dir()]


def room_files(stem: str) -> list[Source]:
    """``models`` -> the models.py of every room."""
    return [source for source in sources("fracas") if source.room in ROOMS and source.path.stem == stem]


def dotted(node: ast.AST) -> str:
    """``datetime.datetime.now`` for the expression that says so, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def methods_called(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """The last name of every call on something: ``session.begin().commit()`` gives ``begin`` and ``commit``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func.attr


def imported(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every imported name in full: ``from a import b`` gives ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node, f"{'.' * node.level}{node.module or ''}.{alias.name}"


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines after the docstring, without those of functions inside: each is measured by itself."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    if not body:
        return 0
    inner = [child for statement in body for child in ast.walk(statement) if isinstance(child, FUNCTION)]
    within = {line for child in inner for line in range(child.lineno, (child.end_lineno or child.lineno) + 1)}
    lines = set(range(body[0].lineno, (body[-1].end_lineno or body[-1].lineno) + 1))
    return len(lines - within)


def code_lines(tree: ast.Module) -> int:
    """Lines that hold code: neither blank, nor comment, nor docstring."""
    lines = {
        line for node in ast.walk(tree) if hasattr(node, "lineno") for line in (node.lineno, node.end_lineno)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            words = node.body[0]
            lines -= set(range(words.lineno, (words.end_lineno or words.lineno) + 1))
    return len(lines)
