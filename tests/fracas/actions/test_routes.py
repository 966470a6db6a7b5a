"""The pages of actions: list, planning, one action, a form for each verb; and the panels on other pages."""

from __future__ import annotations

import csv
import io

import pytest

from fracas.actions.forms import VERBS
from fracas.actions.states import MOVES, ActionState
from tests.factories.loop import EFFECTIVE
from tests.factories.served import Served, text_of


def test_the_list_and_its_file(served: Served) -> None:
    late = served.loop.action(title="New seal")
    number, problem = late.number, late.problem.number  # type: ignore[union-attr]
    served.loop.action_in("cancelled", title="Old seal")
    client = served.client("quality")
    page = text_of(client.get("/actions/?state=overdue&action_type="))
    assert "New seal" in page
    assert "overdue" in page
    assert "Old seal" not in page
    answer = client.get("/actions/download.csv?state=open").get_data(as_text=True).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(answer))
    assert (row["number"], row["problem"]) == (number, problem)


@pytest.mark.parametrize("state", ActionState)
def test_an_action_has_a_page_in_every_stage(served: Served, state: ActionState) -> None:
    number = served.loop.action_in(state).number
    page = served.client("quality").get(f"/actions/{number}")
    assert page.status_code == 200
    assert "New seal" in text_of(page)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_page(served: Served, verb: str) -> None:
    state = "completed" if verb == "send_back" else next(iter(MOVES[verb]))
    number = served.loop.action_in(state).number
    role = {"verify": "approver"}.get(verb, "reliability_engineer")
    assert served.client(role).get(f"/actions/{number}/{verb}").status_code == 200
    assert served.client("manager").get(f"/actions/{number}/{verb}").status_code == 403


def test_an_action_is_planned_from_its_problem_or_failure(served: Served) -> None:
    problem, failure = served.loop.problem().number, served.loop.report().number
    client = served.client("quality")
    for page, kind in ((f"/problems/{problem}", "corrective"), (f"/failures/{failure}", "containment")):
        body = client.get(page).get_data(as_text=True)
        address = "/actions/new?" + body.split('href="/actions/new?')[1].split('"')[0].replace("&amp;", "&")
        assert page.rpartition("/")[2] in client.get(address).get_data(as_text=True)
        about = {"problem": problem} if kind == "corrective" else {"failure": failure}
        made = client.post("/actions/new", data={"action_type": kind, "title": "Stop it", **about})
        assert made.status_code == 302
        assert "Stop it" in text_of(client.get(page))
    refused = client.post("/actions/new", data={"action_type": "corrective", "title": "Stop it"})
    assert (refused.status_code, "Name the problem" in text_of(refused)) == (422, True)


def test_a_verdict_is_given_on_the_page(served: Served) -> None:
    number = served.loop.action_in("completed").number
    client = served.client("reliability_engineer")
    facts = {name: str(value) for name, value in EFFECTIVE.items()}
    missed = client.post(f"/actions/{number}/give_verdict", data={**facts, "failures_after": "9"})
    assert (missed.status_code, "the criterion allows 0.5" in text_of(missed)) == (422, True)
    assert client.post(f"/actions/{number}/give_verdict", data=facts).status_code == 302
    assert "Verdict: effective" in text_of(client.get(f"/actions/{number}"))


@pytest.mark.parametrize(
    ("answer", "role", "step"),
    [
        (None, "reliability_engineer", "give_verdict"),
        ("too_early", "reliability_engineer", "give_verdict"),
        ("not_effective", "reliability_engineer", "send_back"),
        ("effective", "approver", "verify"),
    ],
)
def test_the_next_step_follows_the_verdict(served: Served, answer: str | None, role: str, step: str) -> None:
    action = served.loop.action_in("completed")
    if answer is not None:
        served.loop.act("give_verdict", action, **{**EFFECTIVE, "answer": answer})
    body = served.client(role).get(f"/actions/{action.number}").get_data(as_text=True)
    assert f'btn-lg" href="/actions/{action.number}/{step}"' in body


def test_what_holds_an_action_up_is_shown(served: Served) -> None:
    number = served.loop.action_in("completed").number
    assert "no verdict" in text_of(served.client("approver").get(f"/actions/{number}/verify"))
