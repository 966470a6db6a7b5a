from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.assets import workflow
from fracas.assets.models import InstalledAs
from fracas.core.errors import Invalid
from fracas.core.permissions import Actor
from tests.factories.assets import Register, day


def test_a_part_goes_in_comes_out_and_goes_on(register: Register) -> None:
    register.part("A")
    register.install("A", at=0)
    register.remove("A", 10, "failure")
    register.install("A", position="B2.BCU", at=20)

    assert register.told() == [
        ("A", "S1", "B1.BCU", 0, 10, "failure", "new"),
        ("A", "S1", "B2.BCU", 20, None, None, "continued"),
    ]


def test_one_may_follow_the_other_at_the_same_moment(register: Register) -> None:
    register.part("A")
    register.part("B")
    register.install("A", at=0)
    register.remove("A", 10)
    register.install("B", at=10)
    register.install("A", position="B2.BCU", at=10)
    assert len(register.told()) == 3


def test_a_part_is_in_one_place_at_a_time(register: Register) -> None:
    register.part("A")
    register.install("A", at=5)
    with pytest.raises(Invalid) as refused:
        register.install("A", system="S2", at=7)
    assert refused.value.field == "part"
    assert "the register has A in S1 at B1.BCU from 2023-01-06 00:00 UTC to …" in str(refused.value)
    with pytest.raises(Invalid, match="one place at a time"):
        register.install("A", position="B2.BCU", at=1)  # would still be there on day 5
    with pytest.raises(Invalid, match="one place at a time"):
        register.install("A", position="B2.BCU", at=1, removed_at=day(6), removal_cause="other")
    register.install("A", position="B2.BCU", at=1, removed_at=day(5), removal_cause="other")
    assert len(register.told()) == 2


def test_a_position_holds_one_part_at_a_time(register: Register) -> None:
    register.part("A")
    register.part("B")
    register.install("A", at=5)
    with pytest.raises(Invalid) as refused:
        register.install("B", at=6)
    assert refused.value.field == "position"
    assert "the register has A in S1 at B1.BCU from 2023-01-06 00:00 UTC" in str(refused.value)


def test_a_removal_before_its_installation_is_refused(register: Register) -> None:
    register.part("A")
    register.install("A", at=5)
    with pytest.raises(
        Invalid,
        match="A was not installed on 2023-01-03 00:00 UTC: it went into S1 at B1.BCU only on 2023-01-06",
    ):
        register.remove("A", 2)
    with pytest.raises(Invalid, match="cannot have been removed on 2023-01-03") as refused:
        register.part("B")
        register.install("B", position="B2.BCU", at=5, removed_at=day(2), removal_cause="failure")
    assert refused.value.field == "removed_at"
    assert register.told() == [("A", "S1", "B1.BCU", 5, None, None, "new")]


def test_a_second_removal_is_refused_and_names_the_first(register: Register) -> None:
    register.part("A")
    with pytest.raises(Invalid, match="A installed nowhere"):
        register.remove("A", 2)
    register.install("A", at=5)
    register.remove("A", 10)
    with pytest.raises(
        Invalid,
        match="A in S1 at B1.BCU from 2023-01-06 00:00 UTC to 2023-01-11 00:00 UTC: it was removed then",
    ):
        register.remove("A", 7)
    with pytest.raises(
        Invalid, match="A was not installed on 2023-01-13.*removed from S1 at B1.BCU on 2023-01-11"
    ):
        register.remove("A", 12)


def test_a_removal_from_another_place_than_the_registers_is_refused(register: Register) -> None:
    register.part("A")
    register.install("A", at=5)
    with pytest.raises(Invalid) as refused:
        register.remove("A", 6, system="S2")
    assert (refused.value.field, "A in S1 at B1.BCU" in str(refused.value)) == ("system", True)
    with pytest.raises(Invalid) as refused:
        register.remove("A", 6, system="S1", position="B2.BCU")
    assert refused.value.field == "position"
    register.remove("A", 6, system="S1", position="B1.BCU")


def test_a_position_takes_what_fits_and_belongs_to_the_model(register: Register, session: Session) -> None:
    register.part("V1", "V-7")
    with pytest.raises(Invalid, match=r"V1 is a V-7, but position B1\.BCU takes a BCU-200"):
        register.install("V1", position="B1.BCU")
    register.install("V1", position="BOX")  # takes anything
    with pytest.raises(Invalid, match="Model LRV has no position “ROOF”"):
        register.install("V1", position="ROOF")

    from fracas.catalog import workflow as catalog

    catalog.add_system_model(session, register.actor, code="BUS", name="Bus")
    other = catalog.add_position(session, register.actor, system_model="BUS", code="ENG", name="Engine")
    with pytest.raises(Invalid, match="Position ENG belongs to model BUS, but S1 is a LRV"):
        register.install("V1", position=other, at=9)


def test_nothing_happens_before_commissioning_or_after_retirement(
    register: Register, session: Session
) -> None:
    register.system("S3", commissioned_at=day(10))
    register.part("A")
    with pytest.raises(Invalid, match=r"before S3 was commissioned \(2023-01-11"):
        register.install("A", system="S3", at=9)
    register.install("A", system="S3", at=10)
    workflow.retire_system(session, register.actor, "S3", occurred_at=day(20), basis="scrapped")
    with pytest.raises(Invalid, match=r"after S3 was retired \(2023-01-21"):
        register.move(
            "A", 21
        )  # out of a retired system: as for any removal, the cause must be one of stripping
    with pytest.raises(Invalid, match="after S3 was retired"):
        register.remove("A", 21, "failure")
    register.remove("A", 21, "cannibalised")
    with pytest.raises(Invalid, match="after S3 was retired"):
        register.install("A", system="S3", at=22)


def test_what_is_known_of_the_age(register: Register) -> None:
    register.part("A")
    first = register.install("A", at=0, age_at_install={"hours": 1200, "calendar": 90})
    assert (first.installed_as, first.age_at_install) == (
        InstalledAs.AGE_STATED,
        {"hours": 1200.0, "calendar": 90.0},
    )
    register.remove("A", 1)
    with pytest.raises(Invalid, match="A cannot be new: it was in S1 at B1.BCU") as refused:
        register.install("A", at=2, installed_as="new")
    assert refused.value.field == "installed_as"
    for facts, message in (
        ({"age_at_install": {"miles": 3}}, "no usage metric “miles”"),
        ({"age_at_install": {"hours": -3}}, "from zero up"),
        ({"age_at_install": {"hours": 3}, "installed_as": "new"}, "belongs to “age_stated”"),
        ({"installed_as": "age_stated"}, "needs an age"),
        ({"installed_as": "old"}, "is not one of: new, age_stated"),
        ({"removed_at": day(3)}, "why the part was removed"),
        ({"removal_cause": "failure"}, "when the part was removed"),
    ):
        with pytest.raises(Invalid, match=message):
            register.install("A", at=2, **facts)
    assert register.install("A", at=2, installed_as="age_unknown").installed_as == "age_unknown"


def test_a_swap_is_one_removal_and_one_installation(register: Register, session: Session) -> None:
    register.part("A")
    register.part("B")
    register.install("A", at=0)

    def swap(at: float, **parts: object) -> object:
        return workflow.swap(
            session, register.actor, system="S1", position="B1.BCU", occurred_at=day(at), **parts
        )

    with pytest.raises(Invalid, match="B was not there on 2023-01-06.*register has A in S1 at B1.BCU"):
        swap(5, part_out="B", part_in="A")
    with pytest.raises(Invalid, match="the serial taken out, the serial put in, or both"):
        swap(5)
    with pytest.raises(Invalid, match="one part at a time"):
        swap(5, part_in="B")
    swap(5, part_out="A", part_in="B")
    swap(9, part_out="B")
    with pytest.raises(Invalid, match="the register has nothing in S1 at B1.BCU"):
        swap(10, part_out="B")
    assert register.told() == [
        ("A", "S1", "B1.BCU", 0, 5, "failure", "new"),
        ("B", "S1", "B1.BCU", 5, 9, "failure", "new"),
    ]


def test_a_refused_swap_leaves_nothing_half_written(register: Register, session: Session) -> None:
    register.part("A")
    register.part("B")
    register.install("A", at=0)
    register.install("B", position="B2.BCU", at=0)
    before = register.told()
    with pytest.raises(Invalid, match="one place at a time"):
        workflow.swap(
            session,
            register.actor,
            system="S1",
            position="B1.BCU",
            occurred_at=day(5),
            part_out="A",
            part_in="B",
        )
    assert register.told() == before


def test_the_position_says_which_of_two_parts_with_one_serial_is_meant(register: Register) -> None:
    register.part("7", "BCU-200")
    register.part("7", "V-7")
    assert register.install("7", position="B1.VALVE").part.part_type.number == "V-7"
    assert register.install("7", position="B1.BCU").part.part_type.number == "BCU-200"
    with pytest.raises(Invalid, match="exists more than once: as BCU-200, V-7") as refused:
        register.remove("7", 3)
    assert refused.value.field == "part_type"
    register.remove("7", 3, part_type="V-7")


def test_unknown_words_are_the_inputs_mistake(register: Register) -> None:
    register.part("A")
    for facts, field in (
        ({"part": "NONE"}, "part"),
        ({"system": "NONE"}, "system"),
        ({"position": "NONE"}, "position"),
        ({"part_type": "NONE"}, "part_type"),
    ):
        with pytest.raises(Invalid) as refused:
            register.install(**{"part": "A", **facts})
        assert refused.value.field == field


def test_times_are_past_and_have_a_zone(register: Register, session: Session) -> None:
    register.part("A")
    with pytest.raises(Invalid, match="is in the future"):
        register.install("A", at=100_000)
    with pytest.raises(Invalid, match="has no time zone"):
        workflow.install(
            session, register.actor, "A", system="S1", position="BOX", occurred_at=day(1).replace(tzinfo=None)
        )


def test_a_person_of_one_site_installs_only_there(register: Register, session: Session) -> None:
    register.part("A", site="DEPOT")
    local = Actor(
        register.actor.organisation_id, None, "local",
        permissions=frozenset({"part.install"}), site_ids=frozenset({register.depot.id}),
    )  # fmt: skip
    with pytest.raises(Invalid, match="no system with serial “S2” that you may see"):
        workflow.install(session, local, "A", system="S2", position="BOX", occurred_at=day(1))
    workflow.install(session, local, "A", system="S1", position="BOX", occurred_at=day(1))
