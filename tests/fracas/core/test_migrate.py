"""Finding and running the migrations. What they make is checked in tests/migrations."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect

from fracas.core import migrate
from fracas.core.db import make_engine


def test_every_room_brings_its_tables() -> None:
    tables = set(migrate.every_table().tables)
    assert {"history_entry", "job", "outbox_message", "number_sequence", "idempotent_request"} <= tables
    assert {"organisation", "user", "part_type", "system", "failure", "problem", "action"} <= tables


def test_the_folder_of_scripts_holds_the_environment() -> None:
    assert (migrate.scripts() / "env.py").is_file()


def test_an_empty_database_stands_nowhere(tmp_path: Path) -> None:
    assert migrate.current(f"sqlite:///{tmp_path}/new.sqlite") is None


def test_a_step_that_fails_leaves_the_schema_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/half.sqlite"
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    versions = sorted(path.name for path in (migrate.scripts() / "versions").glob("0*.py"))
    for name in ("env.py", "script.py.mako", *(f"versions/{version}" for version in versions)):
        (folder / name).write_bytes((migrate.scripts() / name).read_bytes())
    (folder / "versions" / "9999_broken.py").write_text(
        f"from alembic import op\nrevision = '9999'\ndown_revision = '{versions[-1][:4]}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (id INTEGER)')\n    op.execute('SELECT nonsense')\n"
        "def downgrade():\n    pass\n"
    )
    migrate.upgrade(url)
    monkeypatch.setattr(migrate, "scripts", lambda: folder)
    with pytest.raises(Exception, match="nonsense"):
        migrate.upgrade(url)
    assert migrate.current(url) == versions[-1][:4]
    engine = make_engine(url)
    assert "half" not in inspect(engine).get_table_names()
    engine.dispose()
