"""The rules of the house that can be read off the syntax. Each failure names the file and the line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import (
    ROOT,
    Source,
    body_lines,
    calls,
    code_lines,
    dotted,
    functions,
    imported,
    methods_called,
    room_files,
    rooms_here,
    sources,
)

LONGEST_VIEW_LINES = 15
LONGEST_FUNCTION_LINES = 50
LONGEST_MODULE_LINES = 400

# Where a transaction may end: the request, the job, the command line; the migration runner has its own.
MAY_COMMIT = {"fracas/web/session.py", "fracas/core/jobs.py", "fracas/cli.py", "fracas/core/db.py"}
NAMELESS = set("util utils helper helpers common services manager handler handlers misc".split())
CLOCK = {
    "datetime.now", "datetime.utcnow", "datetime.today", "datetime.datetime.now", "datetime.datetime.utcnow",
    "datetime.date.today", "date.today", "time.time", "time.time_ns", "time.localtime", "time.gmtime",
}  # fmt: skip
# uuid7 wants the machine's clock even where the demo plays another day: its order is the order of making.
OWN_CLOCK = {("fracas/core/db.py", "time.time_ns"), ("fracas/core/clock.py", "datetime.now")}

# The word says that it is a moment; the last three also say which side of it counts.
MOMENT_WORDS = ("_at", "_since", "_until", "_after")


def all_sources() -> list[Source]:
    return [*sources("fracas"), *sources("analytics")]


def test_commit_stands_only_where_a_unit_of_work_ends() -> None:
    found = [
        source.at(call)
        for source in sources("fracas")
        if source.name not in MAY_COMMIT
        for call, method in methods_called(source.tree)
        if method == "commit"
    ]
    assert found == []


def test_only_the_state_machine_moves_a_state() -> None:
    found = []
    for source in sources("fracas"):
        if source.name == "fracas/core/statemachine.py":
            continue
        for node in ast.walk(source.tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and any(
                isinstance(target, ast.Attribute) and target.attr == "state" for target in targets
            ):
                found.append(source.at(node))
        for call, name in calls(source.tree):
            if name == "setattr" and isinstance(call.args[1], ast.Constant) and call.args[1].value == "state":
                found.append(source.at(call))
    assert found == []


def test_the_environment_is_read_only_by_config() -> None:
    found = [
        source.at(node)
        for source in all_sources()
        if source.name != "fracas/config.py"
        for node in ast.walk(source.tree)
        if dotted(node).lstrip("_") in {"os.environ", "os.getenv", "environ", "getenv"}
    ]
    assert found == []


def test_the_time_comes_only_from_the_clock() -> None:
    found = []
    for source in all_sources():
        for call, name in calls(source.tree):
            plain = name.lstrip("_")
            if plain in CLOCK and (source.name, plain) not in OWN_CLOCK:
                found.append(f"{source.at(call)} calls {name}")
    assert found == []


def test_nothing_prints() -> None:
    # The command line speaks through click.echo, the service through its log.
    everything = [(source, call, name) for source in all_sources() for call, name in calls(source.tree)]
    found = [source.at(call) for source, call, name in everything if name == "print"]
    assert found == []


def test_no_drawer_for_what_had_no_name() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for package in ("fracas", "analytics", "tests", "migrations")
        for path in (ROOT / package).rglob("*")
        if "vendor" not in path.parts
        and set(path.stem.lower().split("_")) & NAMELESS
        and path.suffix in {"", ".py"}
    ]
    assert found == []


def is_view(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    routing = {"get", "post", "put", "patch", "delete", "route"}
    names = [
        dotted(decorator.func) for decorator in function.decorator_list if isinstance(decorator, ast.Call)
    ]
    return any("." in name and name.rpartition(".")[2] in routing for name in names)


def test_a_view_is_form_verb_page() -> None:
    found = [
        f"{source.at(view)} {view.name}: {body_lines(view)} lines"
        for source in sources("fracas")
        for view in functions(source.tree)
        if is_view(view) and body_lines(view) > LONGEST_VIEW_LINES
    ]
    assert found == []


def test_functions_fit_on_a_screen() -> None:
    found = [
        f"{source.at(function)} {function.name}: {body_lines(function)} lines"
        for source in all_sources()
        for function in functions(source.tree)
        if body_lines(function) > LONGEST_FUNCTION_LINES
    ]
    assert found == []


def test_modules_stay_small() -> None:
    # Code only: an estimator's documentation in full must not be what makes its module too long.
    lengths = {source.name: code_lines(source.tree) for source in all_sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE_LINES} == {}


@pytest.mark.parametrize("room", rooms_here())
def test_a_room_has_a_card(room: str) -> None:
    """``__init__.py`` says what the room keeps, what it asks of others and who asks it; and holds nothing else."""
    tree = ast.parse((ROOT / "fracas" / room / "__init__.py").read_text("utf-8"))
    card = ast.get_docstring(tree) or ""
    assert len(card.splitlines()) >= 3, f"fracas/{room}/__init__.py: the card has three lines"
    assert len(tree.body) == 1, f"fracas/{room}/__init__.py: the card only"


def test_queries_do_not_write() -> None:
    writing = {"add", "add_all", "delete", "flush", "merge", "bulk_save_objects"}
    found = [
        f"{source.at(call)} {method}"
        for source in room_files("queries")
        for call, method in methods_called(source.tree)
        if method in writing and dotted(call.func).startswith("session.")
    ]
    found += [
        f"{source.at(node)} imports {name}"
        for source in room_files("queries")
        for node, name in imported(source.tree)
        if name in {"sqlalchemy.insert", "sqlalchemy.update", "sqlalchemy.delete"}
    ]
    assert found == []


def columns(source: Source) -> list[tuple[ast.AnnAssign, str, str]]:
    """(node, column, annotated type) of every mapped column of a models.py."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            kind = re.fullmatch(r"Mapped\[(.+)\]", ast.unparse(node.annotation))
            if kind:
                found.append((node, node.target.id, kind.group(1).removesuffix(" | None")))
    return found


def test_times_end_in_at_and_dates_in_on() -> None:
    found = [
        f"{source.at(node)} {name}: {kind}"
        for source in sources("fracas")
        if source.path.stem == "models" or source.room == "core"
        for node, name, kind in columns(source)
        if (kind == "datetime" and not name.endswith(MOMENT_WORDS))
        or (kind == "date" and not name.endswith("_on"))
    ]
    assert found == []


def test_no_line_is_silenced_without_a_reason() -> None:
    """``noqa`` and ``type: ignore`` name the rule that they silence."""
    bare = re.compile(r"#\s*(noqa(?!:)|type:\s*ignore(?!\[)|nosec(?!\s*B))")
    files = [
        path
        for package in ("fracas", "analytics", "migrations")
        for path in Path(ROOT / package).rglob("*.py")
    ]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []
