from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets import queries, workflow
from fracas.assets.models import ServiceEvent
from fracas.core import clock
from fracas.core.errors import Invalid, NotFound, Stale
from tests.factories.assets import Register, day
from tests.factories.organisations import make_root


def test_a_serial_is_registered_once(register: Register) -> None:
    with pytest.raises(Invalid, match="There is a system “S1” already") as refused:
        register.system("S1 ")
    assert refused.value.field == "serial"
    with pytest.raises(Invalid, match="A serial is needed"):
        register.system("  ")


def test_two_organisations_may_use_one_serial_and_see_their_own(register: Register, session: Session) -> None:
    other = Register(session, make_root(session))
    assert other.s1.id != register.s1.id
    assert queries.system(session, register.actor, "S1") is register.s1
    with pytest.raises(NotFound):
        queries.system(session, register.actor, other.s1)
    with pytest.raises(NotFound):
        queries.system(session, register.actor, other.s1.id)


@pytest.mark.parametrize("field", ["system_model", "site", "customer"])
def test_unknown_words_are_named_by_field(register: Register, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        register.system("S9", **{field: "NONE"})
    assert refused.value.field == field


def test_parts_follow_their_system_to_another_site(register: Register, session: Session) -> None:
    part, spare = register.part("A"), register.part("B")
    register.install("A")
    workflow.edit_system(session, register.actor, "S1", site="YARD", customer="METRO", name="Tram 1")
    assert (part.site_id, part.customer_id) == (register.yard.id, register.customer.id)
    assert spare.site_id == register.depot.id
    assert register.s1.name == "Tram 1"


def test_a_system_with_parts_keeps_its_model(register: Register, session: Session) -> None:
    from fracas.catalog import workflow as catalog

    catalog.add_system_model(session, register.actor, code="BUS", name="Bus")
    register.part("A")
    register.install("A")
    with pytest.raises(Invalid, match="retract those installations first"):
        workflow.edit_system(session, register.actor, "S1", system_model="BUS")
    edited = workflow.edit_system(session, register.actor, "S2", system_model="BUS")
    assert edited.system_model.code == "BUS"


def test_a_save_based_on_an_older_version_is_refused(register: Register, session: Session) -> None:
    seen = register.s1.version
    workflow.edit_system(session, register.actor, register.s1, name="first", if_version=seen)
    with pytest.raises(Stale):
        workflow.edit_system(session, register.actor, register.s1, name="second", if_version=seen)
    assert register.s1.name == "first"


def test_commissioning_is_stated_once_and_corrected_with_a_reason(
    register: Register, session: Session
) -> None:
    workflow.commission(session, register.actor, "S1", occurred_at=day(10))
    with pytest.raises(Invalid, match="was commissioned on 2023-01-11.*correct that record"):
        workflow.commission(session, register.actor, "S1", occurred_at=day(11))
    with pytest.raises(Invalid, match="needs a reason"):
        workflow.correct_commissioning(session, register.actor, "S1", occurred_at=day(5))
    before = clock.now()
    workflow.correct_commissioning(session, register.actor, "S1", occurred_at=day(5), reason="papers found")
    assert queries.service_life(session, register.s1).commissioned_at == day(5)
    assert queries.service_life(session, register.s1, known_at=before).commissioned_at == day(10)


def test_commissioning_may_not_stand_after_what_happened(register: Register, session: Session) -> None:
    register.part("A")
    register.install("A", at=3)
    register.read(100, 4)
    with pytest.raises(
        Invalid, match="the register holds A → B1.BCU on 2023-01-04 00:00 UTC, which is earlier"
    ):
        workflow.commission(session, register.actor, "S1", occurred_at=day(10))
    workflow.commission(session, register.actor, "S1", occurred_at=day(3))


def test_retirement_ends_what_may_happen(register: Register, session: Session) -> None:
    register.read(100, 40)
    with pytest.raises(Invalid, match="the register holds 100 h on 2023-02-10 00:00 UTC, which is later"):
        workflow.retire_system(session, register.actor, "S1", occurred_at=day(30), basis="scrapped")
    with pytest.raises(Invalid, match="needs its reason"):
        workflow.retire_system(session, register.actor, "S1", occurred_at=day(50), basis=" ")
    workflow.retire_system(session, register.actor, "S1", occurred_at=day(50), basis="scrapped")
    with pytest.raises(Invalid, match="was retired on 2023-02-20 00:00 UTC already"):
        workflow.retire_system(session, register.actor, "S1", occurred_at=day(60), basis="again")
    with pytest.raises(Invalid, match="after S1 was retired"):
        workflow.commission(session, register.actor, "S1", occurred_at=day(60))
    with pytest.raises(Invalid, match="after S1 was retired"):
        register.read(200, 51)
    life = queries.service_life(session, register.s1)
    assert (life.retired_at, life.retired and life.retired.basis) == (day(50), "scrapped")


def test_windows_may_touch_but_not_overlap(register: Register, session: Session) -> None:
    def watch(start: float, end: float | None) -> ServiceEvent:
        ends = None if end is None else day(end)
        made: ServiceEvent = workflow.observe(
            session, register.actor, "S1", start=day(start), end=ends, basis="seen in the file"
        )
        return made

    first = watch(0, 365)
    assert watch(0, 365).id == first.id  # entered again: the one that is there
    watch(365, 730)
    with pytest.raises(Invalid, match="already under observation from 2024-01-01"):
        watch(400, 500)
    with pytest.raises(Invalid, match="ends before it starts"):
        watch(800, 800)
    watch(800, None)
    with pytest.raises(Invalid, match="to …; windows may touch"):
        watch(900, 901)
    assert queries.service_life(session, register.s1).windows == (
        (day(0), day(365)),
        (day(365), day(730)),
        (day(800), None),
    )
    assert len(session.scalars(select(ServiceEvent)).all()) == 5


def test_the_future_is_not_known(register: Register, session: Session) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    with pytest.raises(Invalid, match="in the future"):
        workflow.commission(session, register.actor, "S1", occurred_at=tomorrow)
    with pytest.raises(Invalid, match="in the future"):
        register.system("S9", commissioned_at=tomorrow)
