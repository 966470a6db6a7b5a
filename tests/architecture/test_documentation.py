"""What a person may use is written down: a name without its paragraph fails here."""

from __future__ import annotations

import ast
import importlib
import inspect
import re

import pytest

import analytics
from tests.architecture.source import ROOT, rooms_here, sources

PUBLIC = [name for name in analytics.__all__ if callable(getattr(analytics, name))]
EXCEPTIONS = [
    name
    for name in PUBLIC
    if inspect.isclass(getattr(analytics, name))
    and issubclass(getattr(analytics, name), BaseException | Warning)
]
FUNCTIONS = [name for name in PUBLIC if inspect.isfunction(getattr(analytics, name))]


def sections(name: str) -> set[str]:
    """The numpydoc headings of a public name."""
    text = inspect.getdoc(getattr(analytics, name)) or ""
    return set(re.findall(r"^(\w[\w ]+)\n-{3,}$", text, re.MULTILINE))


def documents() -> str:
    """README and fracas/docs/, in which a setting, a command or a room has to be found."""
    files = [ROOT / "README.md", *sorted((ROOT / "fracas" / "docs").rglob("*.md"))]
    return "\n".join(path.read_text("utf-8") for path in files)


@pytest.mark.parametrize("package", ["fracas", "analytics", "migrations"])
def test_every_module_says_what_it_is(package: str) -> None:
    silent = [s.name for s in sources(package) if s.tree.body and not ast.get_docstring(s.tree)]
    assert silent == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_estimator_is_documented_in_full(name: str) -> None:
    missing = {"Parameters", "Returns", "Raises", "References", "Examples"} - sections(name)
    assert missing == set(), f"analytics.{name} lacks {', '.join(sorted(missing))}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_documented(name: str) -> None:
    text = inspect.getdoc(getattr(analytics, name)) or ""
    arguments = inspect.signature(getattr(analytics, name)).parameters
    described = set(re.findall(r"\*{0,2}\w+", " ".join(re.findall(r"^([\w*, ]+) :", text, re.MULTILINE))))
    assert {argument for argument in arguments if argument not in described} == set()


@pytest.mark.parametrize(
    "name", [name for name in PUBLIC if name not in EXCEPTIONS and name not in FUNCTIONS]
)
def test_a_public_class_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(getattr(analytics, name))


def test_every_setting_is_documented() -> None:
    config = importlib.import_module("fracas.config").Config
    text = documents()
    settings = [f"FRACAS_{field.upper()}" for field in config.model_fields]
    assert [setting for setting in settings if setting not in text] == []


def test_every_command_is_documented() -> None:
    import click

    def commands(group: click.Command, path: str) -> list[str]:
        if not isinstance(group, click.Group):
            return [path]
        return [
            found for name, command in group.commands.items() for found in commands(command, f"{path} {name}")
        ]

    group = importlib.import_module("fracas.cli").main
    text = documents()
    assert [command for command in commands(group, "fracas") if command not in text] == []


def test_every_make_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert phony == explained


def test_the_map_shows_every_room() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [room for room in rooms_here() if f"{room}/" not in readme and f"`{room}`" not in readme] == []


def test_the_change_log_knows_this_version() -> None:
    import fracas

    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## Unreleased" in changes or f"## {fracas.__version__}" in changes
