"""Who may: every verb asks for its permission before it does anything."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.assets import workflow
from fracas.core.errors import Forbidden
from fracas.core.permissions import Actor
from fracas.users.matrix import DEFAULT
from fracas.users.models import Role
from tests.factories.assets import Register, day

PERMISSIONS = {
    "commission": "system.commission",
    "correct_commissioning": "system.correct_commissioning",
    "correct_installation": "installation.correct",
    "correct_reading": "reading.correct",
    "correct_removal": "removal.correct",
    "edit_part": "part.edit",
    "edit_system": "system.edit",
    "install": "part.install",
    "move": "part.move",
    "observe": "system.observe",
    "read_usage": "usage.record",
    "register_part": "part.register",
    "register_system": "system.register",
    "remove": "part.remove",
    "retire_system": "system.retire",
    "retract_installation": "installation.retract",
    "retract_reading": "reading.retract",
    "retract_removal": "removal.retract",
    "set_condition": "part.set_condition",
    "swap": "part.swap",
}


def test_every_verb_has_its_permission() -> None:
    assert {name: getattr(workflow, name).permission for name in workflow.__all__} == PERMISSIONS


@pytest.mark.parametrize("role", Role)
def test_every_role_may_what_the_matrix_says(role: Role, register: Register, session: Session) -> None:
    granted = frozenset(permission for permission, roles in DEFAULT.items() if role in roles)
    actor = Actor(register.actor.organisation_id, None, "person", permissions=granted)
    part = register.part("A")
    for name, permission in PERMISSIONS.items():
        verb = getattr(workflow, name)
        if permission in granted:
            continue
        with pytest.raises(Forbidden, match=permission):
            verb(session, actor, part, reason="why") if name != "read_usage" else verb(session, actor)
    if "part.install" in granted:
        workflow.install(session, actor, part, system="S1", position="BOX", occurred_at=day(1))
