from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories.assets import Register
from tests.factories.served import served, served_app

__all__ = ["count_statements", "register", "served", "served_app"]


@pytest.fixture
def register(session: Session) -> Register:
    return Register(session)


@pytest.fixture
def count_statements() -> Callable[[Session], AbstractContextManager[list[str]]]:
    """``with count_statements(session) as statements``: the SQL that was sent inside."""

    @contextmanager
    def count(session: Session) -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return count
