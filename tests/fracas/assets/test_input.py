from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.assets import input as meant
from fracas.assets.models import InstalledAs
from fracas.core.errors import Invalid
from tests.factories.assets import Register, day


@pytest.mark.parametrize("serial", ["", "   ", None])
def test_a_serial_is_needed(serial: str) -> None:
    with pytest.raises(Invalid, match="A serial is needed"):
        meant.serial_text(serial)


def test_the_field_that_held_the_word_is_named(register: Register, session: Session) -> None:
    with pytest.raises(Invalid) as refused:
        meant.part_meant(session, register.actor, "NONE", None, field="part_in")
    assert refused.value.field == "part_in"
    with pytest.raises(Invalid) as refused:
        meant.place_meant(session, register.actor, "S1", "NONE")
    assert refused.value.field == "position"
    system, position = meant.place_meant(session, register.actor, "S1", "BOX")
    assert (system, position.code) == (register.s1, "BOX")
    assert meant.position_meant(session, register.actor, system, position) is position


def test_ages_are_by_metric(register: Register, session: Session) -> None:
    assert meant.ages_meant(session, register.actor, None) == {}
    assert meant.ages_meant(session, register.actor, {"calendar": 3, "hours": 0.5}) == {
        "calendar": 3.0,
        "hours": 0.5,
    }
    for ages in ({"hours": "3"}, {"hours": float("nan")}, {"hours": True}, {"": 1}):
        with pytest.raises(Invalid) as refused:
            meant.ages_meant(session, register.actor, ages)
        assert refused.value.field == "age_at_install"


def test_what_is_left_unsaid_of_the_age(register: Register, session: Session) -> None:
    part = register.part("A")

    def said(at: float, stated: str | None = None, ages: dict[str, float] | None = None) -> InstalledAs:
        return meant.installed_as_meant(session, part, day(at), stated, ages or {})

    assert (said(5), said(5, ages={"hours": 1})) == (InstalledAs.NEW, InstalledAs.AGE_STATED)
    register.install("A", at=0, removed_at=day(1), removal_cause="other")
    assert (said(5), said(0)) == (InstalledAs.CONTINUED, InstalledAs.NEW)
    assert said(5, "age_unknown") == InstalledAs.AGE_UNKNOWN
    with pytest.raises(Invalid, match="cannot be new"):
        said(5, "new")
