"""Every report of the demo went through the loop by its rules, each step by somebody whose role it is."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from fracas.assets.models import Part, PartCondition
from fracas.catalog.models import PartType
from fracas.core.history import HistoryEntry
from fracas.demo.events import Vehicle, draw
from fracas.demo.play import Register, Stage, used
from fracas.failures.models import CloseAs, Failure, Outcome, PartSwap, Score, Verification
from fracas.failures.states import ENDED, MOVES, FailureState
from fracas.problems.models import Problem, ProblemFailure
from fracas.users.models import User
from fracas.users.queries import actor_for
from tests.fracas.demo.conftest import SMALL, UNTIL, Demo

S = FailureState


@pytest.fixture(scope="module")
def reports(demo: Demo) -> list[Failure]:
    return list(demo.session.scalars(select(Failure)).unique())


@pytest.fixture(scope="module")
def told(demo: Demo) -> dict[UUID, list[HistoryEntry]]:
    """What the history says of each report itself, oldest first."""
    found: dict[UUID, list[HistoryEntry]] = defaultdict(list)
    rows = select(HistoryEntry).where(HistoryEntry.subject_kind == "failure", HistoryEntry.table == "failure")
    for entry in demo.session.scalars(rows.order_by(HistoryEntry.entered_at, HistoryEntry.id)):
        found[entry.subject_id].append(entry)
    return found


def test_the_fleet_has_reports_in_many_stages(reports: list[Failure]) -> None:
    assert {S.CLOSED, S.CONTAINED} <= {report.state for report in reports}


def test_the_history_of_every_report_walks_by_the_table_of_moves(
    reports: list[Failure], told: dict[UUID, list[HistoryEntry]]
) -> None:
    for report in reports:
        state: Any = None
        for entry in told[report.id]:
            if "state" not in entry.changes:
                continue
            old, new = entry.changes["state"]
            assert old == (None if state is None else state.value), report.number
            if old is None:
                assert entry.verb == "file"
                assert new == S.REPORTED
            else:
                assert MOVES[entry.verb][S(old)] == new, (report.number, entry.verb)
            state = S(new)
        assert state is report.state, report.number


def test_every_step_was_done_by_somebody_who_may(demo: Demo, told: dict[UUID, list[HistoryEntry]]) -> None:
    people = {user.id: actor_for(demo.session, user) for user in demo.session.scalars(select(User))}
    for entries in told.values():
        for entry in entries:
            assert entry.actor_id in people, entry.verb
            assert people[entry.actor_id].may(f"failure.{entry.verb}"), (entry.actor_name, entry.verb)


def test_steps_are_in_order_of_time(told: dict[UUID, list[HistoryEntry]]) -> None:
    for entries in told.values():
        moments = [entry.entered_at for entry in entries]
        assert moments == sorted(moments)


def test_every_report_says_what_its_stage_needs(demo: Demo, reports: list[Failure]) -> None:
    verified = {row.failure_id: row for row in demo.session.scalars(select(Verification))}
    scored = {row.failure_id for row in demo.session.scalars(select(Score))}
    for report in reports:
        assert report.usage_reading or report.usage_not_read_reason
        if report.state is S.REPORTED:
            continue
        assert report.handling
        if report.state in (S.VERIFIED, S.SCORED, S.CONTAINED, S.CLOSED):
            assert report.id in verified, report.number
        if report.state in (S.SCORED, S.CONTAINED):
            assert report.id in scored, report.number


def test_nothing_is_closed_that_a_gate_would_hold(demo: Demo, reports: list[Failure]) -> None:
    verified = {row.failure_id: row for row in demo.session.scalars(select(Verification))}
    problem_of = {
        link.failure_id: problem
        for link, problem in demo.session.execute(
            select(ProblemFailure, Problem).join(Problem, Problem.id == ProblemFailure.problem_id)
        ).unique()
    }
    closed = [report for report in reports if report.state in ENDED]
    assert closed
    for report in closed:
        assert report.state is S.CLOSED, "closed elsewhere is for imports"
        assert report.closed_at is not None
        if report.close_as is CloseAs.PROBLEM_CLOSED:
            assert problem_of[report.id].state in ("closed", "closed_unverified")
        elif report.close_as is CloseAs.NO_FAULT_FOUND:
            assert verified[report.id].outcome is Outcome.NO_FAULT_FOUND
        elif report.close_as is CloseAs.DUPLICATE:
            assert verified[report.id].duplicate_of_id is not None
        else:
            assert report.close_as is CloseAs.NO_FURTHER_ACTION


def test_a_backward_or_final_step_has_its_reason(told: dict[UUID, list[HistoryEntry]]) -> None:
    ends = [entry for entries in told.values() for entry in entries if entry.verb == "close_no_action"]
    assert ends
    assert all(entry.reason for entry in ends)


def test_a_swap_is_in_the_register_and_with_the_report(demo: Demo) -> None:
    swaps = list(demo.session.scalars(select(PartSwap)).unique())
    assert swaps
    for swap in swaps:
        assert swap.removal is not None
        assert swap.installation is not None
        assert swap.removal.occurred_at == swap.installation.occurred_at == swap.occurred_at
        assert swap.removal.installation.position_id == swap.installation.position_id


def test_a_repaired_part_is_fit_for_use_after_its_turn_around(demo: Demo) -> None:
    days = int(str(SMALL["days"]))
    played = draw(20, int(str(SMALL["vehicles"])), days)
    first_day = UNTIL - timedelta(days=days)
    fit = demo.session.execute(
        select(Part.serial, PartCondition.occurred_at)
        .join(Part, Part.id == PartCondition.part_id)
        .where(PartCondition.basis == "repaired and tested")
    ).all()
    back = [
        (stay.serial, first_day + timedelta(seconds=round((stay.removed_day + 35.0) * 86_400), hours=-1))
        for stay in played.stays
        if stay.part.is_repairable and stay.ending == "failure" and stay.removed_day is not None
    ]
    assert {(serial, at) for serial, at in back if at <= UNTIL} <= {tuple(row) for row in fit}
    assert (
        demo.session.scalars(select(PartType.turn_around_days).where(PartType.is_repairable)).all()
        == [35.0] * 3
    )


# ------------------------------------------------------------------ the stage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def stage() -> Stage:
    return Stage(None, {}, Register({}, {}, {}, {}, {}), NOON, NOON.replace(day=11), np.random.default_rng(1))  # type: ignore[arg-type]


def test_things_happen_in_order_of_time_each_at_its_own() -> None:
    from fracas.core import clock

    one, seen = stage(), []
    one.later(one.moment(3), lambda: seen.append(("third", clock.now())))
    one.later(one.moment(1), lambda: seen.append(("first", clock.now())))
    one.later(one.moment(1), lambda: one.later(one.moment(2), lambda: seen.append(("second", clock.now()))))
    one.run()
    assert seen == [
        ("first", NOON.replace(day=2)),
        ("second", NOON.replace(day=3)),
        ("third", NOON.replace(day=4)),
    ]


def test_what_lies_after_the_end_does_not_happen() -> None:
    one, seen = stage(), []
    one.later(one.moment(10), lambda: seen.append("last"))
    one.later(one.moment(10.01), lambda: seen.append("never"))
    one.run()
    assert seen == ["last"]


def test_usage_grows_with_the_days_in_service() -> None:
    vehicle = Vehicle(0, "1201", "SHA", 0.0, {"h": 15.0})
    assert used(vehicle, "h", 10.0) == 150.0
    assert used(vehicle, "h", 0.0) == 0.0


def test_progress_is_told_every_500_steps() -> None:
    one, told = stage(), []
    for _ in range(1200):
        one.later(NOON, lambda: None)
    one.run(told.append)
    assert told == [500, 1000]
