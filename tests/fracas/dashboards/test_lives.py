"""Everything that ever happened to one serial, in order, with links, and nothing that is none of the reader's business."""

from __future__ import annotations

from dataclasses import replace

from fracas.assets import workflow as register
from fracas.dashboards.lives import LifeEvent, life_of_part
from tests.factories.assets import day
from tests.factories.loop import COMPLETION, WHOLLY_OURS, Loop


def life(loop: Loop, serial: str, actor: object = None) -> list[LifeEvent]:
    from fracas.assets.queries import part

    found = part(loop.session, loop.actor, serial)
    return life_of_part(loop.session, actor or loop.actor, found)  # type: ignore[arg-type]


def lived(loop: Loop) -> str:
    """V1: made, fitted, read, failed, swapped for V2, verified, scored, in a problem, repaired, fitted elsewhere."""
    failure = loop.report(part="V1", occurred_at=day(100), symptom="drips_fast")
    swap = {"maintenance_kind": "replace", "part_out": "V1", "part_in": "V2", "swapped_at": day(101)}
    loop.complete(failure, **{**COMPLETION, **swap})
    loop.do("verify", failure, outcome="confirmed", method="bench", mode="ELK")
    loop.do("score", failure, answers=WHOLLY_OURS)
    loop.problem(failures=[failure])
    register.set_condition(
        loop.session, loop.actor, part="V1", condition="serviceable", basis="new seal", occurred_at=day(110)
    )
    loop.install("V1", system="S2", position="B1.VALVE", at=120)
    return failure.number


def test_a_whole_life_newest_first(loop: Loop) -> None:
    number = lived(loop)
    events = life(loop, "V1")
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)
    told = [(event.kind, event.subject.partition(" · ")[0]) for event in reversed(events)][:6]
    assert told == [
        ("installed", "S1"), ("failed", number), ("restored", number), ("removed", "S1"), ("serviceable", ""),
        ("installed", "S2"),
    ]  # fmt: skip
    assert {event.kind for event in events} >= {"confirmed", "count", "linked"}


def test_each_event_opens_its_record(loop: Loop) -> None:
    number = lived(loop)
    links = {event.kind: event.link for event in life(loop, "V1")}
    assert links["failed"] == links["confirmed"] == links["count"] == ("failures.detail", number)
    assert links["installed"] in (("assets.system", "S1"), ("assets.system", "S2"))
    assert links["linked"] is not None
    assert links["linked"][0] == "problems.detail"


def test_coded_values_and_free_text_are_apart(loop: Loop) -> None:
    lived(loop)
    by_kind = {event.kind: event for event in life(loop, "V1")}
    assert (by_kind["removed"].code, by_kind["removed"].detail) == ("failure", "")
    assert (by_kind["failed"].code, by_kind["failed"].detail) == ("", "drips_fast")


def test_the_serial_put_in_has_its_own_life(loop: Loop) -> None:
    lived(loop)
    assert [(event.kind, event.subject, event.at) for event in life(loop, "V2")] == [
        ("installed", "S1 · B1.VALVE", day(101))
    ]


def test_a_serial_that_nothing_happened_to(loop: Loop) -> None:
    loop.part("V3", "V-7", manufactured_at=day(3), lot="L7")
    assert [(event.kind, event.detail) for event in life(loop, "V3")] == [("made", "L7")]


def test_a_reading_of_its_own_meter_keeps_its_digits(loop: Loop) -> None:
    loop.read(1_234_567.5, at=5, system=None, part="V1", metric="km")
    assert "1,234,567.5 km" in {event.subject for event in life(loop, "V1")}


def test_somebody_of_another_site_learns_that_it_moved_and_not_where(loop: Loop) -> None:
    number = lived(loop)
    at_yard = replace(loop.as_("manager"), site_ids=frozenset({loop.yard.id}))
    events = life(loop, "V1", at_yard)
    places = [event.subject for event in events if event.kind in ("installed", "removed")]
    assert places == ["S2 · B1.VALVE", "", ""]
    assert all(event.link is None for event in events if event.subject == "")
    assert not any(number in event.subject for event in events), "the report is the other depot's"
    assert not any(event.kind == "linked" for event in events)


def test_a_role_that_may_not_read_problems_is_not_told_of_them(loop: Loop) -> None:
    lived(loop)
    field = loop.as_("field_engineer")
    assert not field.may("problem.read")
    kinds = {event.kind for event in life(loop, "V1", field)}
    assert "failed" in kinds
    assert "linked" not in kinds


def test_what_was_retracted_did_not_happen(loop: Loop) -> None:
    failure = loop.report(part="V1", occurred_at=day(100))
    loop.complete(failure)
    loop.do("verify", failure, outcome="confirmed", method="bench", mode="ELK")
    loop.do("send_back", failure, reason="wrong serial")
    assert "confirmed" not in {event.kind for event in life(loop, "V1")}
