"""What waits for whom; and how the mean time between failures went."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.assets import workflow as register
from fracas.core.errors import NotFound
from fracas.core.permissions import Actor
from fracas.dashboards.queries import Filter
from fracas.dashboards.worklist import SHOWN, Trend, group, groups, history, own_reports
from fracas.dashboards.worklist import trend as trend_of
from fracas.failures.workflow import file as filed
from fracas.reliability.rising import Rising
from fracas.reliability.rising import rising as rising_of
from tests.factories.assets import day
from tests.factories.loop import Loop
from tests.factories.organisations import make_root


def trend(session: Session, actor: Actor, chosen: Filter, **settings: Any) -> Trend | None:
    return trend_of(history(session, actor, chosen), chosen, **settings)


def rising(session: Session, actor: Actor, chosen: Filter) -> Rising | None:
    return rising_of(history(session, actor, chosen))


def waiting(loop: Loop, actor: Actor) -> dict[tuple[str, str], int]:
    return {(group.kind, group.verb): group.count for group in groups(loop.session, actor)}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("field_engineer", {("failure", "complete"): 1}),
        ("service_station", {("failure", "complete"): 1}),
        ("quality", {("failure", "complete"): 1, ("failure", "verify"): 1, ("failure", "contain"): 1}),
        ("reliability_engineer", {("failure", "complete"): 1, ("failure", "score"): 1}),
        ("manager", {}),
        ("customer", {}),
    ],
)
def test_each_role_has_its_own_work(loop: Loop, role: str, expected: dict[tuple[str, str], int]) -> None:
    for state in ("reported", "completed", "verified", "scored"):
        loop.failure_in(state)
    found = waiting(loop, loop.as_(role))
    assert {key: found[key] for key in found if key[1] != "link_failure"} == expected


def test_the_longest_waiting_stands_first_and_the_rest_is_counted(loop: Loop) -> None:
    made = [loop.failure_in("completed") for _ in range(SHOWN + 2)]
    group = next(one for one in groups(loop.session, loop.as_("quality")) if one.verb == "verify")
    assert group.count == SHOWN + 2
    assert [row.number for row in group.rows] == [failure.number for failure in made[:SHOWN]]


def test_an_approver_has_problems_to_decide_but_not_their_own(loop: Loop) -> None:
    mine, other = loop.person("approver"), loop.person("approver", "2")
    loop.problem_in("analysed", owner=mine.email)
    assert ("problem", "decide") in waiting(loop, loop.as_("approver", "2"))
    assert ("problem", "decide") not in waiting(loop, loop.as_("approver"))
    assert other.id != mine.id


def test_a_failure_may_be_closed_when_its_problem_is(loop: Loop) -> None:
    failure = loop.failure_in("contained")
    problem = loop.problem(failures=[failure])
    quality = loop.as_("quality")
    assert ("failure", "close") not in waiting(loop, quality)
    loop.on("close_unverified", problem, reason="customer left")
    assert waiting(loop, quality)["failure", "close"] == 1


def test_work_of_another_site_is_not_mine(loop: Loop) -> None:
    loop.failure_in("reported")
    elsewhere = replace(loop.as_("service_station"), site_ids=frozenset({loop.yard.id}))
    assert waiting(loop, elsewhere) == {}
    assert waiting(loop, make_root(loop.session)) == {}


def test_all_of_a_group_are_as_many_as_it_counts(loop: Loop) -> None:
    for _ in range(SHOWN + 2):
        loop.failure_in("reported")
    mine = loop.as_("field_engineer")
    whole = group(loop.session, mine, "failure", "complete")
    assert (whole.count, len(whole.rows)) == (SHOWN + 2, SHOWN + 2)
    with pytest.raises(NotFound):
        group(loop.session, mine, "failure", "verify")


def test_who_reported_sees_what_became_of_it(loop: Loop) -> None:
    loop.failure_in("reported")
    engineer = loop.as_("field_engineer")
    assert own_reports(loop.session, engineer) == []
    own = filed(
        loop.session, engineer, system="S1", symptom="hums", occurred_at=day(30), usage_not_read_reason="dark"
    )
    assert own_reports(loop.session, engineer) == [own]
    assert own_reports(loop.session, make_root(loop.session)) == []


# ------------------------------------------------------------------ what rises


def test_what_rises_is_counted_over_the_days_in_service_at_ones_own_sites(loop: Loop) -> None:
    register.observe(loop.session, loop.actor, "S1", start=day(0), end=day(365))
    assert rising(loop.session, loop.actor, Filter()) is None
    for at in (40, 130, 220, 340, 345, 350, 355):
        loop.report(occurred_at=day(at))
    found = rising(loop.session, loop.actor, Filter())
    assert found is not None
    (one,) = found.risers
    assert (found.exposure_days, one.kind, one.failures) == (pytest.approx(365), "", 4)
    elsewhere = replace(loop.as_("manager"), site_ids=frozenset({loop.yard.id}))
    assert rising(loop.session, elsewhere, Filter()) is None


# ------------------------------------------------------------------ the trend


def test_without_a_known_exposure_there_is_no_rate(loop: Loop) -> None:
    assert trend(loop.session, loop.actor, Filter()) is None


@pytest.fixture
def watched(loop: Loop) -> Loop:
    for serial in ("S1", "S2"):
        register.observe(loop.session, loop.actor, serial, start=day(0), end=day(365))
    for at in (100, 110, 200):
        loop.report(occurred_at=day(at))
    loop.report(system="S2", occurred_at=day(101))
    return loop


def test_the_trend_is_over_what_was_under_observation(watched: Loop) -> None:
    found = trend(watched.session, watched.actor, Filter())
    assert found is not None
    assert found.figure is not None
    assert found.at_risk
    assert (found.whole.failures, found.whole.exposure) == (4, pytest.approx(2 * 365))
    late = trend(watched.session, watched.actor, Filter(since=day(105)))
    assert late is not None
    assert (late.whole.failures, late.whole.exposure) == (2, pytest.approx(2 * 260))


def test_quarters_begin_where_the_fleet_is(watched: Loop) -> None:
    """A window that ends at local midnight must not leave a quarter of a few hours behind."""
    zone = timezone(timedelta(hours=-7))
    with_sliver = trend(watched.session, watched.actor, Filter(), zone=zone)
    assert with_sliver is not None
    assert next(label for label, _ in with_sliver.periods) == "2022-Q4"
    whole = trend(watched.session, watched.actor, Filter())
    assert whole is not None
    assert [label for label, _ in whole.periods] == ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"]


def test_a_period_cuts_the_trend_at_its_quarter(watched: Loop) -> None:
    whole = trend(watched.session, watched.actor, Filter())
    cut = trend(watched.session, watched.actor, Filter(since=day(300)))
    assert whole is not None
    assert cut is not None

    def quarters(figure: object) -> int:
        return max(len(trace.x or ()) for trace in figure.data)  # type: ignore[attr-defined]

    assert quarters(cut.figure) < quarters(whole.figure)


def test_a_trend_of_one_site_counts_its_failures_only(watched: Loop) -> None:
    from fracas.reliability.histories import fleet_history

    at_yard = replace(watched.as_("manager"), site_ids=frozenset({watched.yard.id}))
    assert trend(watched.session, at_yard, Filter()) is not None
    assert len(fleet_history(watched.session, at_yard).events) == 1
    assert len(fleet_history(watched.session, watched.actor).events) == 4
