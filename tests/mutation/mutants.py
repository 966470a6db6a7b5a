"""Mutants of a module: its source with one operator, number, condition or extreme changed.

Words, annotations, decorators and messages are left alone, as no number depends on them.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.USub: ast.UAdd,
}
METHODS = "min max, any all, argmin argmax, minimum maximum, floor ceil, log log1p, exp expm1"
OPPOSITES = {
    one: other
    for pair in (words.split() for words in METHODS.split(", "))
    for one, other in (pair, pair[::-1])
}
BUILTINS = {"min", "max", "any", "all"}
# Settings that only say where a warning points, or guard against what does not happen.
WARDS = {"stacklevel", "strict"}
LEFT_ALONE = {"annotation", "returns", "decorator_list"}

Change = Callable[[], None]


@dataclass(frozen=True)
class Mutant:
    """One changed statement; `number` says which change of the module it is."""

    number: int
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.line}: {self.before}  ->  {self.after}"


def count(source: str) -> int:
    """How many mutants the source has."""
    return sum(1 for _ in _changes(ast.parse(source)))


def names(source: str) -> list[str]:
    """A name for each mutant that stays while its own line of code does, whatever is written above or below."""
    seen = Counter[str]()
    lines = dict[int, str]()
    found = list[str]()
    for statement, _, _ in _changes(ast.parse(source)):
        line = lines.setdefault(id(statement), ast.unparse(statement).partition("\n")[0])
        seen[line] += 1
        found.append(f"{line} #{seen[line]}")
    return found


def mutant(source: str, number: int) -> Mutant:
    """What that change does, in words."""
    statement, node, change = list(_changes(ast.parse(source)))[number]
    before = ast.unparse(statement)
    change()
    return Mutant(number, node.lineno, *_difference(before, ast.unparse(statement)))


def mutated(source: str, number: int) -> ast.Module:
    """The tree of the source with that one change made."""
    tree = ast.parse(source)
    list(_changes(tree))[number][2]()
    return ast.fix_missing_locations(tree)


def _difference(before: str, after: str) -> tuple[str, str]:
    """Where two spellings of a statement differ, with a few words around."""
    first = next(place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other)
    around = slice(max(before.rfind("\n", 0, first) + 1, first - 70), first + 50)
    one, other = (spelling[around].partition("\n")[0].strip() for spelling in (before, after))
    return one, other


def _changes(tree: ast.AST, statement: ast.AST | None = None) -> Iterator[tuple[ast.AST, ast.AST, Change]]:
    """(statement, expression, change) for each change that can be made to the tree below."""
    for field, value in ast.iter_fields(tree):
        for node in value if isinstance(value, list) else [value]:
            if field in LEFT_ALONE or not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr):
                continue
            if isinstance(node, ast.keyword) and node.arg in WARDS:
                continue
            around = node if isinstance(node, ast.stmt) else statement
            if around is not None:
                for change in _changes_here(node):
                    yield around, node, change
            yield from _changes(node, around)


def _changes_here(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=operators):
            for place, operator in enumerate(operators):
                turned = OPERATORS[type(operator)]()
                yield partial(setattr, node, "ops", [*operators[:place], turned, *operators[place + 1 :]])
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield partial(setattr, node, "operand", ast.UnaryOp(node.op, operand))
        case ast.BinOp() | ast.BoolOp() | ast.UnaryOp() | ast.AugAssign() if type(node.op) in OPERATORS:
            yield partial(setattr, node, "op", OPERATORS[type(node.op)]())
        case ast.If() | ast.IfExp() | ast.While() if isinstance(
            node.test, ast.Name | ast.Attribute | ast.Call
        ):
            yield partial(setattr, node, "test", ast.UnaryOp(ast.Not(), node.test))
        case ast.Constant(value=bool(value)):
            yield partial(setattr, node, "value", not value)
        case ast.Constant(value=int(value)):
            yield partial(setattr, node, "value", value + 1)
        case ast.Constant(value=float(value)):
            yield partial(setattr, node, "value", 2.0 * value or 1.0)
        case ast.Attribute(attr=name) if name in OPPOSITES:
            yield partial(setattr, node, "attr", OPPOSITES[name])
        case ast.Name(id=name, ctx=ast.Load()) if name in BUILTINS:
            yield partial(setattr, node, "id", OPPOSITES[name])
