"""Who is acting, what they may do, and which rows they may see.

The actor is a value, not a table: `users` makes it from a signed-in person or an API token, the command line and
the demo make their own. Every verb asks it and every query is narrowed by it, so page, API, search and export share one wall.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, true

from fracas.core.errors import Forbidden, NotFound

EVERYTHING = "*"


@dataclass(frozen=True)
class Actor:
    """A person (or the system) with one organisation's permissions.

    ``site_ids`` is None for somebody who sees every site of the organisation; ``customer_id`` narrows to one
    customer's systems.
    """

    organisation_id: UUID
    user_id: UUID | None
    name: str
    permissions: frozenset[str] = frozenset()
    site_ids: frozenset[UUID] | None = None
    customer_id: UUID | None = None
    roles: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def system(cls, organisation_id: UUID, name: str = "system") -> Actor:
        """The service itself: command line, jobs and the demo."""
        return cls(organisation_id, None, name, frozenset({EVERYTHING}))

    def may(self, permission: str) -> bool:
        return EVERYTHING in self.permissions or permission in self.permissions

    def also(self, *permissions: str) -> Actor:
        """The same person, for another room's verb that is a part of one they may do; the walls stay where they are."""
        return replace(self, permissions=self.permissions | set(permissions))

    def require(self, permission: str, subject: Any = None) -> None:
        """Refuse with :class:`Forbidden`, or :class:`NotFound` where the subject is none of theirs to know of."""
        if subject is not None and not self.sees(subject):
            raise NotFound("There is no such record.")
        if not self.may(permission):
            raise Forbidden("Your roles do not allow this (%(permission)s).", permission=permission)

    def sees(self, subject: Any) -> bool:
        if getattr(subject, "organisation_id", self.organisation_id) != self.organisation_id:
            return False
        if self.site_ids is not None and hasattr(subject, "site_id") and subject.site_id not in self.site_ids:
            return False
        return not (
            self.customer_id is not None
            and hasattr(subject, "customer_id")
            and subject.customer_id != self.customer_id
        )


def visible(actor: Actor, model: Any) -> ColumnElement[bool]:
    """SQL condition: the rows of ``model`` that ``actor`` may see (the twin of :meth:`Actor.sees`)."""
    conditions: list[ColumnElement[bool]] = [model.organisation_id == actor.organisation_id]
    if actor.site_ids is not None and hasattr(model, "site_id"):
        conditions.append(model.site_id.in_(sorted(actor.site_ids)))
    if actor.customer_id is not None and hasattr(model, "customer_id"):
        conditions.append(model.customer_id == actor.customer_id)
    return and_(true(), *conditions)


KNOWN: set[str] = set()
"""Every permission some verb or page asks for; the matrix page lists them and a test compares."""


def declare(names: Iterable[str]) -> None:
    KNOWN.update(names)
