"""Uploads wait for their own person, for a day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from fracas.config import Config
from fracas.core import clock
from fracas.core.errors import NotFound
from fracas.core.permissions import Actor
from fracas.exchange.uploads import Upload, Uploads

PERSON = Actor(uuid4(), uuid4(), "person")


def keep(uploads: Uploads, actor: Actor = PERSON) -> Upload:
    return uploads.keep(actor, kind="parts", file_name="p.csv", map_text="", time_zone="", content=b"bytes")


def test_the_same_bytes_come_back(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    kept = keep(uploads)
    assert uploads.content(uploads.find(PERSON, kept.token)) == b"bytes"
    assert (tmp_path / "uploads").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("token", ["", "../../etc/passwd", "x" * 32])
def test_a_token_that_nobody_gave_finds_nothing(tmp_path: Path, token: str) -> None:
    with pytest.raises(NotFound):
        Uploads(tmp_path).find(PERSON, token)


def test_it_is_nobody_elses(tmp_path: Path) -> None:
    kept = keep(Uploads(tmp_path))
    for other in (
        Actor(PERSON.organisation_id, uuid4(), "other"),
        Actor(uuid4(), PERSON.user_id, "elsewhere"),
    ):
        with pytest.raises(NotFound):
            Uploads(tmp_path).find(other, kept.token)


def test_after_a_day_it_is_gone(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    kept = keep(uploads)
    uploads.keep_rejected(kept, b"bad rows")
    assert uploads.rejected(kept) == b"bad rows"
    with clock.at(clock.now() + timedelta(hours=25)):
        keep(uploads)
    with pytest.raises(NotFound):
        uploads.find(PERSON, kept.token)
    assert len(list(tmp_path.iterdir())) == 2


def test_what_was_imported_is_dropped(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    kept = keep(uploads)
    uploads.drop(kept)
    assert not list(tmp_path.glob("*.data"))
    with pytest.raises(NotFound):
        uploads.rejected(kept)
    with pytest.raises(NotFound, match="already"):
        uploads.content(kept)


def test_it_lies_beside_a_sqlite_database(tmp_path: Path) -> None:
    assert Uploads.of(Config(database_url=f"sqlite:///{tmp_path}/f.sqlite")).folder.parent == tmp_path
    assert Uploads.of(Config(database_url="postgresql://h/d")).folder.name == "fracas-uploads"


def test_a_server_that_is_killed_while_it_keeps_a_file_stops_no_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            keep(Uploads(tmp_path))
    kept = keep(Uploads(tmp_path))
    assert Uploads(tmp_path).content(kept) == b"bytes"
