"""A backup holds everything, exactly, and either database takes it in."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fracas.catalog import workflow as catalog
from fracas.core import migrate
from fracas.core.backup import backup, restore
from fracas.core.db import make_engine
from fracas.core.errors import Refused
from fracas.core.history import HistoryEntry
from fracas.core.outbox import post
from fracas.core.permissions import Actor
from fracas.failures import workflow as failures
from fracas.failures.models import AttachmentContent
from fracas.organisations import workflow as organisations
from fracas.users.models import User
from tests.factories.assets import Register, day
from tests.factories.users import PASSWORD, make_user

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40  # what a JPEG begins with


def fill(url: str) -> None:
    """A small organisation with every kind of column: text, numbers, times, JSON, bytes, a tree."""
    engine = make_engine(url)
    with Session(engine) as session:
        root = Actor.system(organisations.create_organisation(session, code="ACME", name="Acme 轨道").id)
        make_user(session, root, "administrator", password=PASSWORD)
        catalog.starter_codes(session, root)
        register = Register(session, root)
        register.part("P1", lot="2023/07")
        register.install("P1", installed_as="age_stated", age_at_install={"calendar": 12.5})
        register.read(1234.5678901234567, at=30)
        post(session, organisation_id=None, recipient="a@b.c", subject="s", body="“quoted”\nline\u2028end")
        report = failures.file(
            session,
            root,
            system="S1",
            symptom="制动不缓解",
            occurred_at=day(40),
            usage_not_read_reason="towed in",
        )
        failures.attach(session, root, report, content=PHOTO, file_name="照片.jpg")
        session.commit()
    engine.dispose()


@pytest.fixture
def filled(empty_database_url: str) -> str:
    fill(empty_database_url)
    return empty_database_url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/target.sqlite"
        return
    server = request.getfixturevalue("postgres_server")
    url = server.create()
    yield url
    server.drop(url)


def tables(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {
            name: archive.read(name).decode() for name in archive.namelist() if name.startswith("tables/")
        }


def test_from_each_database_into_each(filled: str, target: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    written = backup(filled, first)
    assert restore(target, first) == written
    assert migrate.current(target) == migrate.head()
    backup(target, second)
    assert tables(second) == tables(first)
    assert written.rows == sum(text.count("\n") for text in tables(first).values())
    engine = make_engine(target)
    with Session(engine) as session:
        assert session.scalars(select(AttachmentContent)).one().content == PHOTO
        user = session.scalars(select(User)).one()
        assert user.created_at.utcoffset() is not None
        assert session.scalar(select(func.count()).select_from(HistoryEntry)) != 0
    engine.dispose()


def test_every_table_is_in_it(filled: str, tmp_path: Path) -> None:
    backup(filled, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert set(manifest["tables"]) == set(migrate.every_table().tables)
    assert manifest["revision"] == migrate.head()
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_nothing_is_overwritten(filled: str, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    backup(filled, path)
    before = path.read_bytes()
    with pytest.raises(Refused, match="overwrites nothing"):
        backup(filled, path)
    assert path.read_bytes() == before
    with pytest.raises(Refused, match="not empty"):
        restore(filled, path)


def test_a_database_that_is_behind_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="upgrade"):
        backup(f"sqlite:///{tmp_path}/new.sqlite", tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def spoil(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Write the archive anew with entries changed, or left out where ``change`` gives None."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            if content is not None:
                archive.writestr(name, content)


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: content.replace(b"Acme", b"Bcme"),
        lambda name, content: (
            content[: content.rindex(b"{")] if name == "tables/failure_code.jsonl" else content
        ),
        lambda name, content: None if name == "tables/user.jsonl" else content,
        lambda name, content: None if name == "manifest.json" else content,
        lambda name, content: b"{" if name == "manifest.json" else content,
        lambda name, content: content.replace(b'"revision": "', b'"revision": "9'),
        lambda name, content: content.replace(b'"email"', b'"mail"'),
    ],
)
def test_a_damaged_backup_is_refused_whole(
    empty_sqlite_url: str, tmp_path: Path, change: Callable[[str, bytes], bytes | None]
) -> None:
    fill(empty_sqlite_url)
    path, target = tmp_path / "b.zip", f"sqlite:///{tmp_path}/target.sqlite"
    backup(empty_sqlite_url, path)
    spoil(path, change)
    with pytest.raises(Refused):
        restore(target, path)
    if migrate.current(target) is not None:
        engine = make_engine(target)
        with engine.connect() as connection:
            for table in migrate.every_table().sorted_tables:
                assert connection.execute(select(table).limit(1)).first() is None
        engine.dispose()


@pytest.mark.parametrize("keep", [0, 10, 5000])
def test_half_a_file_is_refused(empty_sqlite_url: str, tmp_path: Path, keep: int) -> None:
    fill(empty_sqlite_url)
    path = tmp_path / "b.zip"
    backup(empty_sqlite_url, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Refused, match="no whole backup"):
        restore(f"sqlite:///{tmp_path}/target.sqlite", path)
