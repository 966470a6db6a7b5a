"""Who may know whom: the contracts of .importlinter, and the few walls that it cannot draw."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Table

from tests.architecture.source import FLOORS_TOP_DOWN, ROOT, imported, room_files, rooms_here, sources


def test_the_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_room_has_its_floor() -> None:
    folders = {path.parent.name for path in (ROOT / "fracas").glob("*/__init__.py")}
    assert folders - {"core", "web", "_migrations"} == set(rooms_here())


def test_the_client_knows_nothing_of_the_service() -> None:
    # A notebook's machine has the client and the network, not the database.
    (client,) = (source for source in sources("fracas") if source.name == "fracas/client.py")
    assert [client.at(node) for node, name in imported(client.tree) if name.startswith("fracas")] == []


# What each file of a room never holds, by what it would have to import.
NEVER = {
    "models": ("sqlalchemy.orm.Session", "sqlalchemy.select"),
    "forms": ("sqlalchemy",),
}


@pytest.mark.parametrize("stem", NEVER)
def test_a_file_holds_what_its_name_says(stem: str) -> None:
    found = [
        f"{source.at(node)} imports {name}"
        for source in room_files(stem)
        for node, name in imported(source.tree)
        if any(name == banned or name.startswith(f"{banned}.") for banned in NEVER[stem])
    ]
    assert found == []


def test_states_need_the_standard_library_only() -> None:
    found = [
        f"{source.at(node)} imports {name}"
        for source in room_files("states")
        for node, name in imported(source.tree)
        if name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert found == []


# The files of a room, each looking only down.
LADDER = [["routes", "api"], ["forms"], ["workflow"], ["queries"], ["models"], ["states"]]


def test_inside_a_room_each_file_looks_only_down() -> None:
    rung = {stem: height for height, stems in enumerate(LADDER) for stem in stems}
    found = []
    for stem, height in rung.items():
        for source in room_files(stem):
            for node, name in imported(source.tree):
                parts = name.split(".")
                if parts[0] != "fracas" or len(parts) < 3 or parts[1] != source.room:
                    continue
                if rung.get(parts[2], height) < height:
                    found.append(f"{source.at(node)} looks up to {parts[2]}")
    assert found == []


def test_imports_are_written_in_full() -> None:
    # `from fracas.failures import models` can be searched for and is what the contracts read; dots are not.
    found = [s.at(node) for s in sources("fracas") for node, name in imported(s.tree) if name.startswith(".")]
    assert found == []


def test_foreign_keys_point_the_way_an_import_may() -> None:
    """A link lives in the upper room, so that a lower room can be read, migrated and tested without it."""
    from fracas.core.db import Base

    for source in room_files("models"):
        __import__(f"fracas.{source.room}.models")
    floor = {room: depth for depth, rooms in enumerate(FLOORS_TOP_DOWN) for room in rooms}
    floor["core"] = len(floor)
    room_of = {
        mapper.local_table.name: mapper.class_.__module__.split(".")[1]
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table)
    }
    assert room_of, "no tables found: the rooms' models were not imported"
    found = []
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            here, there = room_of[table.name], room_of[key.column.table.name]
            if here != there and floor[here] >= floor[there]:
                found.append(f"{table.name}.{key.parent.name} of {here} points up to {there}")
    assert found == []
