"""Ids as the database driver gives them: compared and looked up inside the room, never shown.

Making a UUID of each of a million ids costs as much as all the rest of a life table, so one is made only where an id leaves.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

Key = Any


def as_uuid(key: Key) -> UUID:
    """The id for a reader outside the room."""
    return key if isinstance(key, UUID) else UUID(key)


def as_key(session: Session, value: UUID) -> Key:
    """An id from outside, in the form in which this database's driver gives it."""
    return value if session.get_bind().dialect.name == "postgresql" else value.hex
