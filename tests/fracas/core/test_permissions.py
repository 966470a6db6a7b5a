"""Who may do what, and who sees which rows: the Python and the SQL of it agree."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets.models import System
from fracas.core.db import uuid7
from fracas.core.errors import Forbidden, NotFound
from fracas.core.permissions import Actor, visible
from tests.factories.assets import Register
from tests.factories.organisations import make_root


@dataclass
class Row:
    organisation_id: UUID
    site_id: UUID | None = None
    customer_id: UUID | None = None


OURS, SITE, CUSTOMER = uuid7(), uuid7(), uuid7()


@pytest.mark.parametrize(
    ("site_ids", "customer_id", "row", "sees"),
    [
        (None, None, Row(OURS, SITE), True),
        (None, None, Row(uuid7(), SITE), False),
        (frozenset({SITE}), None, Row(OURS, SITE), True),
        (frozenset({SITE}), None, Row(OURS, uuid7()), False),
        (frozenset(), None, Row(OURS, SITE), False),
        (None, CUSTOMER, Row(OURS, SITE, CUSTOMER), True),
        (None, CUSTOMER, Row(OURS, SITE, None), False),
    ],
)
def test_the_walls(site_ids: frozenset[UUID] | None, customer_id: UUID | None, row: Row, sees: bool) -> None:
    assert Actor(OURS, uuid7(), "P", site_ids=site_ids, customer_id=customer_id).sees(row) is sees


def test_what_nobody_may_know_of_looks_as_if_it_were_not_there() -> None:
    actor = Actor(OURS, uuid7(), "P", frozenset({"failure.verify"}), site_ids=frozenset({SITE}))
    with pytest.raises(NotFound):
        actor.require("failure.verify", Row(OURS, uuid7()))
    with pytest.raises(Forbidden):
        actor.require("failure.close", Row(OURS, SITE))
    actor.require("failure.verify", Row(OURS, SITE))


def test_the_query_sees_what_the_actor_sees(session: Session) -> None:
    system = Register(session).s1
    make_root(session)
    actors = [
        Actor(system.organisation_id, None, "all"),
        Actor(system.organisation_id, None, "here", site_ids=frozenset({system.site_id})),
        Actor(system.organisation_id, None, "elsewhere", site_ids=frozenset({uuid7()})),
        Actor(system.organisation_id, None, "customer", customer_id=uuid7()),
        Actor(uuid7(), None, "stranger"),
    ]
    for actor in actors:
        rows = session.scalars(select(System.id).where(visible(actor, System))).all()
        assert (system.id in rows) is actor.sees(system), actor.name
    assert [actor.sees(system) for actor in actors] == [True, True, False, False, False]
