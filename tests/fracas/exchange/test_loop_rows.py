"""Failures, problems and actions: into the loop, or as history; never closed by an import."""

from __future__ import annotations

import pytest

from fracas.actions.models import Action
from fracas.core.history import HistoryEntry
from fracas.exchange.loop_rows import own_id, unrecorded
from fracas.failures import queries
from fracas.failures.models import Failure
from fracas.problems.models import Analysis, Problem
from tests.factories.assets import day
from tests.factories.exchange import Desk, reasons

HEAD = "external_id,system,occurred_at,symptom,symptom_code,usage_not_read_reason,state"
ROW = "A-1,S1,2023-04-11,leaks,0022,not read,"


def failure(desk: Desk, key: str) -> Failure:
    found = queries.by_external_id(desk.session, desk.actor, key)
    assert found is not None
    return found


def test_a_report_enters_the_loop_at_its_beginning(desk: Desk) -> None:
    desk.bring("failures", f"{HEAD}\n{ROW}\n")
    made = failure(desk, "A-1")
    assert (made.state, made.source, made.symptom_code.code) == ("reported", "import", "0022")  # type: ignore[union-attr]
    assert "handling" in made.not_recorded
    assert "symptom_code" not in made.not_recorded
    assert made.occurred_at == day(100)


def test_the_history_says_which_line_of_which_file(desk: Desk) -> None:
    desk.bring("failures", f"{HEAD}\n{ROW}\n", file_name="old/tracker.csv")
    entries = desk.session.query(HistoryEntry).filter_by(subject_id=failure(desk, "A-1").id).all()
    assert {entry.reason for entry in entries} == {"import of tracker.csv, line 2"}
    assert "file" in {entry.verb for entry in entries}


def test_history_brought_along_is_closed_elsewhere(desk: Desk) -> None:
    table = f"{HEAD},outcome,mode,closed_at\n{ROW}closed_elsewhere,confirmed,ELK,2023-05-01\n"
    report = desk.bring("failures", table)
    assert report.bad == []
    made = failure(desk, "A-1")
    assert (made.state, made.close_as) == ("closed_elsewhere", "elsewhere")
    assert queries.current_verification(desk.session, made.id).mode.code == "ELK"  # type: ignore[union-attr]


@pytest.mark.parametrize("state", ["closed", "verified", "scored", "contained"])
def test_an_import_cannot_close_or_skip_stages(desk: Desk, state: str) -> None:
    report = desk.bring("failures", f"{HEAD}\n{ROW}{state}\n")
    assert reasons(report)[0][0] == 2
    assert desk.count(Failure) == 0


def test_a_report_goes_as_far_as_the_row_says(desk: Desk) -> None:
    desk.part("V1", "V-7")
    desk.part("V2", "V-7")
    desk.install("V1", position="B1.VALVE")
    head = f"{HEAD},position,maintenance_kind,part_out,part_in,restored_at,outcome,mode,answers"
    report = desk.bring("failures", f"{head}\n{ROW},B1.VALVE,replace,V1,V2,2023-04-12,confirmed,ELK,no\n")
    assert report.bad == []
    made = failure(desk, "A-1")
    assert (made.state, made.part.serial) == ("scored", "V1")  # type: ignore[union-attr]
    swap = queries.current_swap(desk.session, made.id)
    assert swap is not None
    assert swap.installation.part.serial == "V2"  # type: ignore[union-attr]
    assert queries.current_score(desk.session, made.id).decision == "count"  # type: ignore[union-attr]


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    table = f"{HEAD}\n{ROW}\n,S1,2023-05-11,without an id,,not read,\n"
    assert desk.bring("failures", table).outcomes["new"] == 2  # type: ignore[index]
    again = desk.bring("failures", table)
    assert (again.outcomes["unchanged"], again.differing) == (2, [])  # type: ignore[index]
    assert desk.count(Failure) == 2


def test_a_report_that_says_something_else_is_left_alone_and_named(desk: Desk) -> None:
    desk.bring("failures", f"{HEAD}\n{ROW}\n")
    report = desk.bring("failures", f"{HEAD}\n{ROW}\n".replace("leaks", "sings"))
    assert report.differing == [f"{failure(desk, 'A-1').number} (symptom)"]
    assert failure(desk, "A-1").symptom == "leaks"


def test_a_duplicate_names_its_original_by_either_id(desk: Desk) -> None:
    head = f"{HEAD},outcome,duplicate_of"
    table = (
        f"{head}\n{ROW}closed_elsewhere,,\nA-2,S1,2023-04-11,leaks,,not read,closed_elsewhere,duplicate,A-1\n"
    )
    assert desk.bring("failures", table).bad == []
    said = queries.current_verification(desk.session, failure(desk, "A-2").id)
    assert said is not None
    assert said.duplicate_of_id == failure(desk, "A-1").id


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("A-1,NOPE,2023-04-11,leaks,,not read,", "system"),
        ("A-1,S1,2999-04-11,leaks,,not read,", "occurred_at"),
        ("A-1,S1,2023-04-11,leaks,9999,not read,", "symptom_code"),
        ("A-1,,2023-04-11,leaks,,not read,", "system"),
        ("A-1,S1,2023-04-11,,,not read,", "symptom"),
    ],
)
def test_bad_reports(desk: Desk, row: str, field: str) -> None:
    report = desk.bring("failures", f"{HEAD}\n{row}\n")
    assert report.bad[0].findings[0].field == field
    assert desk.count(Failure) == 0


def test_columns_without_a_field_and_the_reporter_are_kept(desk: Desk) -> None:
    desk.bring("failures", f"{HEAD},reporter,CREW\n{ROW},Wang Lei,7\n", '[extra]\ncolumns = ["CREW"]')
    assert failure(desk, "A-1").extra == {"CREW": "7", "reporter": "Wang Lei"}


PROBLEM = (
    "external_id,state,title,failures,mode,mechanism,cause,cause_class\n"
    "8D-1,closed_elsewhere,Seat wears,A-1,ELK,WEAR,SOFT,primary\n"
)
CODES = '[unknown]\nmechanism = "create-flagged"\ncause = "create-flagged"'


def test_problems_and_actions_come_as_history(desk: Desk) -> None:
    desk.bring("failures", f"{HEAD}\n{ROW}closed_elsewhere\n")
    assert desk.bring("problems", PROBLEM, CODES).bad == []
    actions = (
        "external_id,state,problem,type,title,due_on,completed_at\n"
        "E-1,closed_elsewhere,8D-1,corrective,Harder seat,2023-06-30,2023-06-01\n"
    )
    assert desk.bring("actions", actions).bad == []
    problem, action = desk.session.query(Problem).one(), desk.session.query(Action).one()
    assert (problem.state, action.state) == ("closed_elsewhere", "closed_elsewhere")
    assert (action.problem_id, desk.session.query(Analysis).one().mechanism.code) == (problem.id, "WEAR")
    for kind, table in (("problems", PROBLEM), ("actions", actions)):
        assert desk.bring(kind, table, CODES).outcomes["unchanged"] == 1  # type: ignore[index]


def test_an_open_action_cannot_be_planned_against_a_problem_that_ended_here(desk: Desk) -> None:
    report = desk.bring("actions", "external_id,problem,title\nE-1,PR-2020-00001,Harder seat\n")
    assert report.bad[0].findings[0].field == "problem"
    assert desk.count(Action) == 0


def test_an_analysis_is_whole_or_absent(desk: Desk) -> None:
    report = desk.bring("problems", "external_id,title,mode\n8D-1,Seat wears,ELK\n")
    assert report.bad[0].findings[0].field == "mechanism"


def test_equal_facts_have_equal_ids() -> None:
    assert own_id({"a": 1, "b": 2}) == own_id({"b": 2, "a": 1}) != own_id({"a": 1, "b": 3})


def test_what_a_row_does_not_say_is_named() -> None:
    assert {"usage_value", "position"} <= set(unrecorded({"symptom": "x"}))
    assert not {"usage_value", "part"} & set(unrecorded({"usage_not_read_reason": "dark", "part_out": "V1"}))
