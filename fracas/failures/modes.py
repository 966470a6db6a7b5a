"""The mode of a failure in SQL: the one observed at verification, unless an upper room knows better (see ``loop``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from fracas.failures.models import Failure, Verification

_better: dict[str, Callable[[], Any]] = {}


def override(mode: Callable[[], Any]) -> None:
    """Let ``mode`` (a correlated subquery on ``Failure``) come before the observed one. Doing it again changes nothing."""
    _better[f"{mode.__module__}.{mode.__qualname__}"] = mode


def observed() -> Any:
    """SQL: the id of the mode that the latest verification names."""
    rows = select(Verification.mode_id).where(
        Verification.failure_id == Failure.id, Verification.retracted_at.is_(None)
    )
    return rows.order_by(Verification.entered_at.desc()).limit(1).correlate(Failure).scalar_subquery()


def mode_now() -> Any:
    """SQL: the id of the failure's mode as it is known now."""
    return func.coalesce(*(mode() for mode in _better.values()), observed()) if _better else observed()
