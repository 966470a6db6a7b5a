"""The first steps of a new organisation, and what an import made and nobody has checked."""

from __future__ import annotations

import pytest

from fracas.assets import workflow as register
from fracas.dashboards.masterdata import Step, Unchecked, first_steps, unchecked
from tests.factories.loop import Loop
from tests.factories.organisations import make_root, make_site


def test_a_new_organisation_is_led_to_its_first_system(loop: Loop) -> None:
    newcomer = make_root(loop.session)
    assert [step.is_done for step in first_steps(loop.session, newcomer)] == [False, False, False]
    make_site(loop.session, newcomer)
    assert first_steps(loop.session, newcomer) == [
        Step("site", True),
        Step("system_model", False),
        Step("system", False),
    ]
    assert first_steps(loop.session, loop.actor) == []  # it has a fleet
    assert first_steps(loop.session, loop.as_("field_engineer")) == []


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("administrator", [Unchecked("system", 1), Unchecked("part", 1)]),
        ("quality", [Unchecked("part", 1)]),
        ("manager", []),
    ],
)
def test_what_an_import_made_waits_for_who_may_edit_it(
    loop: Loop, role: str, expected: list[Unchecked]
) -> None:
    session = loop.session
    flagged = {"is_flagged": True}
    register.register_system(session, loop.actor, serial="STRAY", system_model="LRV", site="DEPOT", **flagged)
    stray = register.register_part(
        session, loop.actor, serial="FOUND", part_type="V-7", site="DEPOT", **flagged
    )
    assert unchecked(session, loop.as_(role)) == expected
    register.edit_part(session, loop.actor, stray, lot="L1")  # somebody looked at it
    assert Unchecked("part", 1) not in unchecked(session, loop.as_(role))
