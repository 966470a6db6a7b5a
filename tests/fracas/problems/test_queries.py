"""Problems are found by what people say of them, and know their failures."""

from __future__ import annotations

from typing import Any

import pytest

from fracas.core import clock
from fracas.core.errors import NotFound
from fracas.core.permissions import Actor
from fracas.problems import queries
from tests.factories.assets import day
from tests.factories.loop import Loop


def found(loop: Loop, actor: Actor | None = None, **filters: Any) -> set[str]:
    rows = queries.problems(loop.session, actor or loop.actor, **filters)
    return {problem.title for problem in loop.session.scalars(rows).unique()}


@pytest.fixture
def problems(loop: Loop) -> Loop:
    loop.problem(title="new", part_type="V-7", owner=loop.person("quality").email)
    loop.problem_in("analysed", title="analysed")
    loop.problem_in("closed_unverified", title="unproved", description="50% of them")
    return loop


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({}, {"new", "analysed", "unproved"}),
        ({"state": "open"}, {"new", "analysed"}),
        ({"state": "not_analysed"}, {"new"}),
        ({"state": "closed_unverified"}, {"unproved"}),
        ({"part_type": "V-7"}, {"new"}),
        ({"mode": "ELK"}, {"analysed"}),
        ({"text": "50%"}, {"unproved"}),
        ({"text": "ANALYSED"}, {"analysed"}),
    ],
)
def test_filters_narrow(problems: Loop, filters: dict[str, Any], titles: set[str]) -> None:
    assert found(problems, **filters) == titles


def test_mine_and_the_owners(problems: Loop) -> None:
    quality = problems.as_("quality")
    assert found(problems, quality, is_mine=True) == {"new"}
    assert found(problems, owner=problems.person("quality").email) == {"new"}
    assert found(problems, problems.as_("manager"), is_mine=True) == set()


def test_who_sees_one_site_sees_the_problems_of_its_failures(loop: Loop) -> None:
    here = loop.problem(title="here", failures=[loop.report(), loop.report(system="S2")])
    loop.problem(title="there", failures=[loop.report(system="S2")])
    loop.problem(title="nowhere")
    engineer = loop.as_("field_engineer")
    assert found(loop, engineer) == {"here"}
    visible = loop.session.scalars(queries.failures_of(engineer, here)).unique().all()
    assert [failure.system.serial for failure in visible] == ["S1"]


def test_the_wall_between_organisations(problems: Loop) -> None:
    stranger = Loop(problems.session)
    assert found(stranger) == set()
    number = problems.problem().number
    with pytest.raises(NotFound):
        queries.problem(stranger.session, stranger.actor, number)


def test_counts_of_failures(loop: Loop) -> None:
    one, two = loop.problem(failures=[loop.report(), loop.report()]), loop.problem()
    assert queries.failure_counts(loop.session, [one.id, two.id]) == {one.id: 2}


def test_problems_of_a_list_of_failures(loop: Loop) -> None:
    linked, alone = loop.report(), loop.report()
    problem = loop.problem(failures=[linked])
    assert queries.problems_of(loop.session, loop.actor, [linked.id, alone.id]) == {linked.id: problem}


def test_who_has_to_do_what(loop: Loop) -> None:
    owner, other = loop.as_("approver"), loop.as_("approver", "2")
    analysed = loop.problem_in("analysed", owner=loop.person("approver").email)

    def waiting(verb: str, actor: Actor) -> list[Any]:
        return list(loop.session.scalars(queries.waiting(actor, verb)).unique())

    assert queries.next_steps(owner) == ["decide", "close"]
    assert (waiting("decide", owner), waiting("decide", other)) == ([], [analysed])
    assert waiting("analyse", loop.as_("quality")) == []


def test_what_is_left_to_link_and_to_close(loop: Loop) -> None:
    alone, linked = loop.failure_in("contained"), loop.failure_in("contained")
    problem = loop.problem(failures=[linked])

    def listed(rows: Any) -> list[Any]:
        return list(loop.session.scalars(rows).unique())

    assert listed(queries.unlinked_failures(loop.actor)) == [alone]
    assert listed(queries.closable_failures(loop.actor)) == []
    loop.on("close_unverified", problem, reason="customer left")
    assert listed(queries.closable_failures(loop.actor)) == [linked]


def test_open_problems_by_stage_and_age(loop: Loop) -> None:
    with clock.at(day(300)):
        loop.problem()
    loop.problem()
    loop.problem_in("closed_unverified")
    assert list(queries.open_by_stage(loop.session, loop.actor)) == [("open", 2, day(300))]
