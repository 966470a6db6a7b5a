"""The pages of problems: list, opening, one problem, a form for each verb; and its panel on a failure's page."""

from __future__ import annotations

import csv
import io

import pytest

from fracas.problems.forms import VERBS
from fracas.problems.states import MOVES, ProblemState
from tests.factories.loop import REVIEW
from tests.factories.served import Served, text_of


def test_the_list_and_its_file(served: Served) -> None:
    failure = served.loop.report()
    number = served.loop.problem(title="Valves leak", failures=[failure]).number
    served.loop.problem_in("closed_unverified", title="Unproved")
    client = served.client("quality")
    page = text_of(client.get("/problems/?state=open&text="))
    assert "Valves leak" in page
    assert "Unproved" not in page
    answer = client.get("/problems/download.csv?state=open").get_data(as_text=True).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(answer))
    assert (row["number"], row["failures"]) == (number, failure.number)


@pytest.mark.parametrize("state", ProblemState)
def test_a_problem_has_a_page_in_every_stage(served: Served, state: ProblemState) -> None:
    failure = served.loop.report()
    number = served.loop.problem_in(state, failures=[failure]).number
    page = served.client("quality").get(f"/problems/{number}")
    assert page.status_code == 200
    assert failure.number in text_of(page)


def test_many_failures_and_a_long_history_wait_behind_a_line(served: Served) -> None:
    failures = [served.loop.report() for _ in range(31)]
    problem = served.loop.problem(title="Valves leak", failures=failures[:1])
    client = served.client("quality")
    address = f"/problems/{problem.number}"
    for failure in failures[1:]:
        assert client.post(f"{address}/link_failure", data={"failure": failure.number}).status_code == 302
    page = client.get(address)
    shown = text_of(page)
    assert all(failure.number in shown for failure in failures)
    assert "21 earlier failures" in shown
    assert "2 earlier entries" in shown


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_page(served: Served, verb: str) -> None:
    number = served.loop.problem_in(next(iter(MOVES[verb]))).number
    role = "approver" if verb in ("decide", "close", "close_unverified") else "quality"
    assert served.client(role).get(f"/problems/{number}/{verb}").status_code == 200
    assert served.client("manager").get(f"/problems/{number}/{verb}").status_code == 403


def test_a_problem_is_opened_from_a_failure(served: Served) -> None:
    failure = served.loop.report(part="V1").number
    client = served.client("quality")
    page = client.get(f"/failures/{failure}").get_data(as_text=True)
    address = page.split('href="/problems/new?')[1].split('"')[0].replace("&amp;", "&")
    form = client.get(f"/problems/new?{address}").get_data(as_text=True)
    assert failure in form
    facts = {"title": "Valves leak", "failures": failure, "part_type": "V-7", "owner": ""}
    made = client.post("/problems/new", data=facts)
    assert made.status_code == 302
    number = made.headers["Location"].rpartition("/")[2]
    assert number in text_of(client.get(f"/failures/{failure}"))
    assert number not in text_of(served.client("field_engineer").get(f"/failures/{failure}"))
    refused = client.post("/problems/new", data={"title": " ", "failures": failure})
    assert refused.status_code == 422
    assert failure in refused.get_data(as_text=True)


def test_the_eight_places(served: Served) -> None:
    number = served.loop.problem_in("decided").number
    client = served.client("quality")
    facts = {f"{group}.{place}": text for group, told in REVIEW.items() for place, text in told.items()}
    half = {name: text for name, text in facts.items() if not name.endswith(".stock")}
    refused = client.post(f"/problems/{number}/spread", data=half)
    assert refused.status_code == 422
    assert refused.get_data(as_text=True).count("is-invalid") == 3
    assert client.post(f"/problems/{number}/spread", data=facts).status_code == 302
    assert "looked at" in text_of(client.get(f"/problems/{number}"))


def test_what_holds_a_problem_open_is_shown(served: Served) -> None:
    number = served.loop.problem_in("spread").number
    client = served.client("approver")
    assert "has no action" in text_of(client.get(f"/problems/{number}"))
    refused = client.post(f"/problems/{number}/close", data={})
    assert (refused.status_code, "has no action" in text_of(refused)) == (409, True)
