"""A small demo fleet, played once for all tests of this folder, which only read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from fracas import loop
from fracas.core.db import make_engine
from fracas.core.permissions import Actor
from fracas.demo.load import Loaded, load
from fracas.organisations.models import Organisation

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
SMALL = {"vehicles": 4, "days": 200, "until": UNTIL}


def empty_engine(template: Path, folder: Path, name: str) -> Engine:
    path = folder / f"{name}.sqlite"
    shutil.copyfile(template, path)
    return make_engine(f"sqlite:///{path}")


class Demo:
    """The fleet and what its load said."""

    def __init__(self, session: Session, loaded: Loaded) -> None:
        self.session = session
        self.loaded = loaded
        organisation = session.scalars(select(Organisation)).one()
        self.actor = Actor.system(organisation.id)


@pytest.fixture(scope="package")
def demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    loop.wire()
    engine = empty_engine(sqlite_template, tmp_path_factory.mktemp("demo"), "small")
    with Session(engine, expire_on_commit=False) as session:
        loaded = load(session, **SMALL)  # type: ignore[arg-type]
        session.commit()
        session.expunge_all()
        yield Demo(session, loaded)
    engine.dispose()
