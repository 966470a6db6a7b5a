"""The dashboard's counts on a register that can be counted by hand, on both databases, by who looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fracas.core import clock
from fracas.core.permissions import Actor
from fracas.dashboards.queries import Bar, Filter, Grouping, open_loops, pareto, tiles, worst_systems
from fracas.failures import queries as failures
from tests.factories.assets import day
from tests.factories.catalog import make_part_type
from tests.factories.organisations import make_root
from tests.fracas.dashboards.conftest import Counted

ALL = Filter()


def bars(
    counted: Counted, by: Grouping, chosen: Filter = ALL, actor: Actor | None = None, **how: object
) -> list[tuple[str | None, int, float]]:
    found = pareto(counted.session, actor or counted.everybody, by, chosen, **how)  # type: ignore[arg-type]
    return [(bar.key, bar.failures, bar.delay_minutes) for bar in found]


def test_pareto_by_mode_leaves_out_what_was_no_failure(counted: Counted) -> None:
    assert bars(counted, "mode") == [("ELK", 3, 30.0), (None, 3, 0.0), ("FTO", 2, 50.0)]


def test_pareto_by_delay_begins_with_most_delay(counted: Counted) -> None:
    assert bars(counted, "mode", measure="delay_minutes") == [
        ("FTO", 2, 50.0),
        ("ELK", 3, 30.0),
        (None, 3, 0.0),
    ]


def test_pareto_by_everything_else(counted: Counted) -> None:
    assert bars(counted, "system") == [("S1", 5, 55.0), ("S2", 3, 25.0)]
    assert bars(counted, "site") == [("DEPOT", 5, 55.0), ("YARD", 3, 25.0)]
    assert bars(counted, "part_type") == [("V-7", 5, 80.0), (None, 3, 0.0)]
    assert bars(counted, "symptom") == [("LEK", 5, 80.0), (None, 3, 0.0)]


@pytest.mark.parametrize("by", ["mode", "part_type", "symptom", "system", "site"])
@pytest.mark.parametrize("most", [1, 2, 3])
def test_the_bars_always_add_up(counted: Counted, by: Grouping, most: int) -> None:
    found = pareto(counted.session, counted.everybody, by, ALL, most=most)
    assert len(found) <= most
    assert sum(bar.failures for bar in found) == 8
    assert sum(bar.delay_minutes for bar in found) == 80.0


def test_the_rest_is_one_bar(counted: Counted) -> None:
    assert bars(counted, "mode", most=2) == [("ELK", 3, 30.0), ("…", 5, 50.0)]


def test_a_bar_has_its_words_in_both_languages(counted: Counted) -> None:
    first = pareto(counted.session, counted.everybody, "mode", ALL)[0]
    assert first == Bar("ELK", "Leaks to the outside", 3, 30.0, "外泄漏")


def test_the_analysis_of_the_problem_says_the_mode_better(counted: Counted) -> None:
    trace = counted.session.begin_nested()
    counted.on(
        "analyse", counted.leaks, mode="FTO", mechanism="2.3", cause="A", cause_class="primary", method="m", evidence="e"
    )  # fmt: skip
    assert bars(counted, "mode") == [("FTO", 4, 70.0), (None, 3, 0.0), ("ELK", 1, 10.0)]
    trace.rollback()
    counted.session.expire_all()


def test_every_bar_counts_what_the_list_behind_it_holds(counted: Counted) -> None:
    session, actor = counted.session, counted.everybody
    for by in ("mode", "part_type", "system", "site"):
        for bar in pareto(session, actor, by, ALL):
            if bar.key is not None:
                listed = session.scalars(
                    failures.failures(session, actor, counts=True, **{by: bar.key})
                ).unique()
                assert len(listed.all()) == bar.failures, (by, bar.key)


# ------------------------------------------------------------------ filters


def test_a_period_holds_its_first_moment_and_not_its_last(counted: Counted) -> None:
    assert bars(counted, "system", Filter(since=day(101), until=day(111))) == [("S1", 3, 45.0)]
    assert bars(counted, "system", Filter(since=day(111), until=day(112))) == [("S2", 1, 25.0)]


def test_site_part_type_and_model_narrow_everything(counted: Counted) -> None:
    yard = Filter(site_id=counted.yard.id)
    assert bars(counted, "system", yard) == [("S2", 3, 25.0)]
    valve = counted.session.get_one(type(counted.reports["leak0"]), counted.reports["leak0"].id).part_type_id
    assert bars(counted, "system", Filter(part_type_id=valve)) == [("S1", 4, 55.0), ("S2", 1, 25.0)]
    assert bars(counted, "system", Filter(system_model_id=counted.model.id)) == bars(counted, "system")
    other = make_part_type(counted.session, counted.actor, "OTHER")
    assert bars(counted, "system", Filter(part_type_id=other.id)) == []
    assert tiles(counted.session, counted.everybody, yard)["failures"] == 3
    assert [row.serial for row in worst_systems(counted.session, counted.everybody, yard)] == ["S2"]


# ------------------------------------------------------------------ tiles, loops, worst systems


def test_the_tiles(counted: Counted) -> None:
    assert tiles(counted.session, counted.everybody, ALL) == {
        "failures": 8, "open_failures": 10, "open_problems": 1, "open_actions": 1, "overdue_actions": 1,
        "closed_unverified": 0,
    }  # fmt: skip


def test_an_action_is_overdue_from_the_day_after(counted: Counted) -> None:
    def overdue() -> int:
        return tiles(counted.session, counted.everybody, ALL)["overdue_actions"]

    with clock.at(day(200) + timedelta(hours=23)):
        assert overdue() == 0
    with clock.at(day(201)):
        assert overdue() == 1


def test_what_is_open_by_stage(counted: Counted) -> None:
    found = {(one.kind, one.stage): one.total for one in open_loops(counted.session, counted.everybody, ALL)}
    assert found == {
        ("failure", "reported"): 3, ("failure", "verified"): 3, ("failure", "scored"): 1, ("failure", "contained"): 3,
        ("problem", "open"): 1, ("action", "planned"): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "column"),
    [(6, "week"), (7, "month"), (29, "month"), (30, "quarter"), (89, "quarter"), (90, "older")],
)
def test_the_age_of_an_open_loop_counts_from_its_stage(counted: Counted, days: int, column: str) -> None:
    since = counted.leaks.state_since
    with clock.at(since + timedelta(days=days, hours=1)):
        found = next(
            one for one in open_loops(counted.session, counted.everybody, ALL) if one.kind == "problem"
        )
    assert {name: getattr(found, name) for name in ("week", "month", "quarter", "older")} == {
        "week": 0, "month": 0, "quarter": 0, "older": 0, column: 1
    }  # fmt: skip


def test_the_worst_systems_and_their_recent_failures(counted: Counted) -> None:
    found = worst_systems(counted.session, counted.everybody, Filter(until=day(310)))
    assert [(row.serial, row.failures, row.recent, row.delay_minutes) for row in found] == [
        ("S1", 5, 1, 55.0), ("S2", 3, 2, 25.0)
    ]  # fmt: skip
    assert len(worst_systems(counted.session, counted.everybody, ALL, most=1)) == 1


# ------------------------------------------------------------------ who looks


def test_somebody_of_one_site_sees_that_site_in_every_number(counted: Counted) -> None:
    session, actor = counted.session, counted.at_yard
    for by in ("mode", "part_type", "symptom", "system", "site"):
        assert sum(bar.failures for bar in pareto(session, actor, by, ALL)) == 3, by
    assert bars(counted, "system", actor=actor) == [("S2", 3, 25.0)]
    assert tiles(session, actor, ALL) == {
        "failures": 3, "open_failures": 3, "open_problems": 0, "open_actions": 0, "overdue_actions": 0,
        "closed_unverified": 0,
    }  # fmt: skip
    assert {(one.kind, one.stage, one.total) for one in open_loops(session, actor, ALL)} == {
        ("failure", "reported", 2), ("failure", "verified", 1)
    }  # fmt: skip
    assert [row.serial for row in worst_systems(session, actor, ALL)] == ["S2"]
    assert pareto(session, actor, "site", Filter(site_id=counted.depot.id)) == []


def test_somebody_of_the_site_of_a_failure_sees_its_problem_and_action(counted: Counted) -> None:
    at_depot = replace(counted.at_yard, site_ids=frozenset({counted.depot.id}))
    found = tiles(counted.session, at_depot, ALL)
    assert (found["failures"], found["open_problems"], found["open_actions"]) == (5, 1, 1)


def test_a_customer_sees_their_own_systems(counted: Counted) -> None:
    assert bars(counted, "system", actor=counted.of_customer) == [("S2", 3, 25.0)]
    assert tiles(counted.session, counted.of_customer, ALL)["open_problems"] == 0


def test_another_organisation_sees_nothing(counted: Counted) -> None:
    stranger = make_root(counted.session)
    assert pareto(counted.session, stranger, "mode", ALL) == []
    assert set(tiles(counted.session, stranger, ALL).values()) == {0}
    assert open_loops(counted.session, stranger, ALL) == []
    assert worst_systems(counted.session, stranger, ALL) == []


def test_a_site_limit_of_no_site_sees_nothing(counted: Counted) -> None:
    nowhere = replace(counted.at_yard, site_ids=frozenset())
    assert set(tiles(counted.session, nowhere, ALL).values()) == {0}
