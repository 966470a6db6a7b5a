"""A small register to import into."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.catalog.workflow import add_code
from tests.factories.exchange import Desk
from tests.factories.served import served, served_app  # noqa: F401 - fixtures of the tests in this folder


@pytest.fixture
def desk(session: Session) -> Desk:
    made = Desk(session)
    add_code(session, made.actor, kind="symptom", code="0022", name="air leak")
    add_code(session, made.actor, kind="mode", code="ELK", name="external leak")
    return made
