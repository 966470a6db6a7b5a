"""Reports are found by what people say of them, within the walls of organisation, site and customer."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from fracas.core import clock
from fracas.core.errors import Invalid, NotFound
from fracas.core.paging import page
from fracas.core.permissions import Actor
from fracas.failures import queries
from fracas.failures.models import Failure
from tests.factories.assets import day
from tests.factories.loop import IN_DOUBT, NOT_COUNTED, WHOLLY_OURS, Loop


def found(loop: Loop, actor: Actor | None = None, **filters: Any) -> set[str]:
    rows = queries.failures(loop.session, actor or loop.actor, **filters)
    return {failure.symptom for failure in loop.session.scalars(rows).unique()}


@pytest.fixture
def reports(loop: Loop) -> Loop:
    loop.report(symptom="leak", part="V1", symptom_code="LEK", occurred_at=day(10))
    loop.report(symptom="100% dark", system="S2", occurred_at=day(20))
    preventive = loop.report(
        symptom="visit", occurred_at=day(30), position="B1.BCU", maintenance_kind="preventive"
    )
    done = loop.failure_in("closed", symptom="done", occurred_at=day(40))
    loop.do("score", done, answers=NOT_COUNTED)
    loop.failure_in("verified", symptom="verified", occurred_at=day(50))
    assert preventive.maintenance_kind == "preventive"
    return loop


@pytest.mark.parametrize(
    ("filters", "symptoms"),
    [
        ({}, {"leak", "100% dark", "visit", "done", "verified"}),
        ({"state": "open"}, {"leak", "100% dark", "visit", "verified"}),
        ({"state": "closed"}, {"done"}),
        ({"site": "YARD"}, {"100% dark"}),
        ({"system": "S2"}, {"100% dark"}),
        ({"system_model": "LRV", "site": "YARD"}, {"100% dark"}),
        ({"part_type": "BCU-200"}, {"visit"}),
        ({"part": "V1", "state": "reported"}, {"leak"}),
        ({"mode": "ELK"}, {"done", "verified"}),
        ({"mode": "INL"}, set()),
        ({"symptom_code": "LEK", "state": "reported"}, {"leak"}),
        ({"standing": "excluded"}, {"visit", "done"}),
        ({"standing": "unscored"}, {"leak", "100% dark", "verified"}),
        ({"counts": True}, {"leak", "100% dark", "verified"}),
        ({"text": "100%"}, {"100% dark"}),
        ({"text": "sealed"}, {"done", "verified"}),
        ({"occurred_from": day(20), "occurred_before": day(40)}, {"100% dark", "visit"}),
    ],
)
def test_filters_narrow(reports: Loop, filters: dict[str, Any], symptoms: set[str]) -> None:
    assert found(reports, **filters) == symptoms


def test_mine_are_those_i_reported(reports: Loop) -> None:
    engineer = reports.as_("field_engineer")
    reports.report(engineer, symptom="my own")
    assert found(reports, engineer, is_mine=True) == {"my own"}


def test_a_filter_that_names_nothing_is_refused(loop: Loop) -> None:
    with pytest.raises(Invalid) as refusal:
        queries.failures(loop.session, loop.actor, site="MOON")
    assert refusal.value.field == "site"


def test_the_walls(reports: Loop) -> None:
    assert found(reports, reports.as_("field_engineer")) == {"leak", "visit", "done", "verified"}
    assert found(reports, reports.as_("customer")) == {"100% dark"}
    stranger = Loop(reports.session)
    assert found(stranger) == set()
    number = reports.session.scalars(queries.failures(reports.session, reports.actor)).unique().first().number  # type: ignore[union-attr]
    with pytest.raises(NotFound):
        queries.failure(stranger.session, stranger.actor, number)


def test_a_report_is_found_by_number_id_and_itself(loop: Loop) -> None:
    failure = loop.report()
    for key in (failure, failure.id, str(failure.id), failure.number):
        assert queries.failure(loop.session, loop.actor, key) is failure
    with pytest.raises(NotFound, match="FR-1"):
        queries.failure(loop.session, loop.actor, "FR-1")


def test_standings_add_up(reports: Loop) -> None:
    rows = queries.failures(reports.session, reports.actor)
    assert queries.standings(reports.session, rows) == {"counted": 0, "excluded": 2, "unscored": 3}


def test_pages_neither_repeat_nor_lose(reports: Loop) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        rows = queries.failures(reports.session, reports.actor)
        part = page(reports.session, rows, Failure.occurred_at, key=Failure.id, cursor=cursor, limit=2)
        seen += [failure.symptom for failure in part.rows]
        cursor = part.next_cursor
        if cursor is None:
            break
    assert seen == ["verified", "done", "visit", "100% dark", "leak"]


def count_statements(loop: Loop, work: Any) -> int:
    counted: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    bind = loop.session.get_bind().engine  # type: ignore[union-attr]
    event.listen(bind, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(bind, "before_cursor_execute", note)
    return len(counted)


def test_a_list_needs_as_many_statements_for_many_as_for_few(loop: Loop) -> None:
    def read(limit: int) -> int:
        def work() -> None:
            loop.session.expire_all()
            rows = page(
                loop.session,
                queries.failures(loop.session, loop.actor),
                Failure.occurred_at,
                key=Failure.id,
                limit=limit,
            ).rows
            for failure in rows:
                assert failure.system.serial == "S1"
                assert failure.site.code == "DEPOT"
                assert failure.system.system_model.code == "LRV"
                assert failure.part is None or failure.part.part_type.number

        return count_statements(loop, work)

    for _ in range(6):
        loop.failure_in("completed")
    loop.session.expunge_all()
    few = read(1)
    loop.session.expunge_all()
    assert read(6) == few


def test_a_detail_reads_everything_in_a_handful(loop: Loop) -> None:
    number = loop.failure_in("closed").number
    loop.session.expunge_all()
    kept: list[Failure] = []

    def work() -> None:
        failure = queries.detail(loop.session, loop.actor, number)
        assert [v.outcome for v in failure.verifications] == ["confirmed"]
        assert len(failure.scores) == len(failure.containments) == 1
        assert (failure.swaps, failure.attachments) == ([], [])
        kept.append(failure)

    assert count_statements(loop, work) <= 9


def test_who_has_to_do_what(loop: Loop) -> None:
    stages = {
        state: loop.failure_in(state)
        for state in ("reported", "completed", "verified", "scored", "contained")
    }

    def waiting(verb: str, actor: Actor) -> list[Failure]:
        return list(loop.session.scalars(queries.waiting(actor, verb)).unique())

    assert queries.next_steps(loop.as_("field_engineer")) == ["complete"]
    assert queries.next_steps(loop.as_("quality")) == ["complete", "verify", "contain"]
    assert waiting("complete", loop.as_("field_engineer")) == [stages["reported"]]
    assert waiting("verify", loop.actor) == [stages["completed"]]
    assert waiting("score", loop.actor) == [stages["verified"]]
    assert waiting("contain", loop.actor) == [stages["scored"]]


def test_a_referred_score_waits_for_somebody_else(loop: Loop) -> None:
    first, second = loop.as_("reliability_engineer"), loop.as_("reliability_engineer", "2")
    failure = loop.failure_in("verified")
    loop.do("score", failure, first, answers=IN_DOUBT)

    def waiting(verb: str, actor: Actor) -> list[Failure]:
        return list(loop.session.scalars(queries.waiting(actor, verb)).unique())

    assert (waiting("score", first), waiting("score", second)) == ([], [failure])
    assert waiting("contain", loop.actor) == []
    loop.do("score", failure, second, answers=WHOLLY_OURS)
    assert (waiting("score", second), waiting("contain", loop.actor)) == ([], [failure])


def test_open_reports_by_stage_and_age(loop: Loop) -> None:
    with clock.at(day(300)):
        loop.failure_in("completed")
    loop.failure_in("completed")
    loop.failure_in("closed")
    assert [
        (state, count, since) for state, count, since in queries.open_by_stage(loop.session, loop.actor)
    ] == [("completed", 2, day(300))]
