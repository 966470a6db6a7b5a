from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.catalog import queries, workflow
from fracas.core.errors import Invalid, NotFound
from fracas.core.permissions import Actor
from tests.factories.catalog import make_catalog, make_part_type
from tests.factories.organisations import make_root


@pytest.fixture
def actor(session: Session) -> Actor:
    made = make_root(session)
    make_catalog(session, made)
    return made


def test_each_kind_is_found_by_itself_its_id_and_its_code(session: Session, actor: Actor) -> None:
    for finder, key in (
        (queries.part_type, "BCU-200"), (queries.metric, "km"), (queries.system_model, "LRV")
    ):  # fmt: skip
        found = finder(session, actor, key)
        assert [finder(session, actor, same) for same in (found, found.id, str(found.id))] == [found] * 3
        for unknown in ("NONE", None, ""):
            with pytest.raises(NotFound):
                finder(session, actor, unknown)
        with pytest.raises(NotFound):
            finder(session, make_root(session), found)


def test_a_position_is_one_of_its_model(session: Session, actor: Actor) -> None:
    lrv = queries.system_model(session, actor, "LRV")
    bus = workflow.add_system_model(session, actor, code="BUS", name="Bus")
    box = queries.position(session, actor, lrv, "BOX")
    assert queries.position(session, actor, lrv, box.id) is box
    for key in ("BOX", box, box.id):
        with pytest.raises(NotFound, match="Model BUS has no position"):
            queries.position(session, actor, bus, key)


def test_a_code_is_one_of_its_kind(session: Session, actor: Actor) -> None:
    mode = workflow.add_code(session, actor, kind="mode", code="0022", name="Leaks")
    workflow.add_code(session, actor, kind="cause", code="0022", name="Wear")
    assert queries.failure_code(session, actor, "mode", "0022") is mode
    for kind, key in (("mode", "22"), ("cause", mode), ("cause", mode.id), ("symptom", "0022")):
        with pytest.raises(NotFound, match=f"no {kind} code"):
            queries.failure_code(session, actor, kind, key)
    with pytest.raises(Invalid, match="is not one of: symptom, mode, mechanism, cause"):
        queries.failure_code(session, actor, "colour", "0022")


def test_lists(session: Session, actor: Actor) -> None:
    make_part_type(session, actor, "X_1", name="Relay 10%")
    assert [kind.number for kind in queries.part_types(session, actor)] == ["BCU-200", "V-7", "X_1"]
    found = [
        session.scalars(queries.part_type_rows(actor, text)).unique().all()
        for text in ("10%", "x_", "bcu", "v_")
    ]
    assert [[kind.number for kind in rows] for rows in found] == [["X_1"], ["X_1"], ["BCU-200"], []]
    assert [metric.code for metric in queries.metrics(session, actor)] == ["hours", "km"]
    assert [model.code for model in queries.system_models(session, actor)] == ["LRV"]
    assert queries.part_types(session, make_root(session)) == []


def test_a_retired_code_is_not_offered_but_found(session: Session, actor: Actor) -> None:
    for code in ("M1", "M2"):
        workflow.add_code(session, actor, kind="mode", code=code, name=code)
    workflow.retire_code(session, actor, kind="mode", code="M1")
    assert [code.code for code in queries.failure_codes(session, actor, "mode")] == ["M2"]
    assert len(queries.failure_codes(session, actor, with_retired=True)) == 2
    assert queries.failure_code(session, actor, "mode", "M1").is_active is False


def test_the_tree_is_drawn_from_the_top_down(session: Session, actor: Actor) -> None:
    model = queries.system_model(session, actor, "LRV")
    tree = queries.position_tree(session, actor, model)
    assert [(place.depth, place.position.code) for place in tree] == [
        (0, "BOX"), (0, "BRAKE"), (1, "B1.BCU"), (2, "B1.VALVE"), (1, "B2.BCU"),
    ]  # fmt: skip
    valve = tree[3].position
    above = {place.position.id for place in tree if place.position.code in ("BRAKE", "B1.BCU", "B1.VALVE")}
    assert queries.ancestor_ids(session, valve) == above
