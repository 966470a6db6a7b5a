"""The pages of failure reports: list, one report, a form for each verb."""

from __future__ import annotations

import csv
import io

import pytest

from fracas.failures.forms import VERBS
from fracas.failures.states import MOVES, FailureState
from tests.factories.loop import COMPLETION, IN_DOUBT, WHOLLY_OURS
from tests.factories.served import Served, text_of

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def test_the_list_shows_what_is_asked_for(served: Served) -> None:
    served.loop.report(symptom="<b>drips</b>")
    served.loop.failure_in("closed", symptom="done with")
    client = served.client("quality")
    page = client.get("/failures/?state=open&site=&text=")
    assert page.status_code == 200
    assert "&lt;b&gt;drips" in page.get_data(as_text=True)
    assert "done with" not in page.get_data(as_text=True)
    assert "done with" in text_of(client.get("/failures/?standing=counted&counts=1&since=2023-01-01"))
    assert client.get("/failures/?site=MOON").status_code == 422


def test_the_list_pages_on(served: Served) -> None:
    for n in range(3):
        served.loop.report(symptom=f"report {n}")
    body = served.client("quality").get("/failures/?limit=2").get_data(as_text=True)
    assert "cursor=" in body


def test_the_list_as_a_file(served: Served) -> None:
    number = served.loop.report(symptom="=1+1").number
    answer = served.client("quality").get("/failures/download.csv?state=open")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [(row["number"], row["symptom"]) for row in rows] == [(number, "'=1+1")]


@pytest.mark.parametrize("state", FailureState)
def test_a_report_offers_its_next_step(served: Served, state: FailureState) -> None:
    number = served.loop.failure_in(state, part="V1").number
    for role in ("quality", "field_engineer", "manager"):
        page = served.client(role).get(f"/failures/{number}")
        assert page.status_code == 200
        assert number in text_of(page)
    steps = {"reported": "complete", "completed": "verify", "scored": "contain", "contained": "close"}
    if state in steps:
        body = served.client("quality").get(f"/failures/{number}").get_data(as_text=True)
        assert f'btn-lg" href="/failures/{number}/{steps[state]}"' in body


def test_a_report_of_another_site_is_not_there(served: Served) -> None:
    number = served.loop.report(system="S2").number
    client = served.client("field_engineer")
    addresses = ("", "/amend", "/revisions")
    assert [client.get(f"/failures/{number}{address}").status_code for address in addresses] == [404] * 3


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_page(served: Served, verb: str) -> None:
    failure = served.loop.failure_in(next(iter(MOVES[verb])))
    role = {"score": "reliability_engineer", "close_no_action": "approver", "reopen": "quality"}.get(
        verb, "quality"
    )
    page = served.client(role).get(f"/failures/{failure.number}/{verb}")
    assert page.status_code == 200
    assert 'name="if_version"' in page.get_data(as_text=True)
    assert served.client("manager").get(f"/failures/{failure.number}/{verb}").status_code == 403


def test_a_form_does_what_it_says(served: Served) -> None:
    number = served.loop.report().number
    client = served.client("service_station")
    facts = {name: str(value) for name, value in COMPLETION.items()}
    facts |= {"downtime_started_at": "2023-04-11T00:00", "restored_at": "2023-04-12T00:00", "if_version": "1"}
    sent = client.post(f"/failures/{number}/complete", data=facts)
    assert (sent.status_code, sent.headers["Location"]) == (302, f"/failures/{number}")
    assert "Sealed and tested" in text_of(client.get(f"/failures/{number}"))


def test_a_refused_form_keeps_what_was_typed(served: Served) -> None:
    number = served.loop.report().number
    client = served.client("service_station")
    sent = client.post(f"/failures/{number}/complete", data={"handling": "Greased it", "labour_hours": "two"})
    body = sent.get_data(as_text=True)
    assert sent.status_code == 422
    assert "Greased it" in body
    assert "Not a number." in body
    half = client.post(f"/failures/{number}/complete", data={"handling": "Greased it"})
    assert half.status_code == 422
    assert half.get_data(as_text=True).count("This is needed, or name it as not recorded.") > 5


def test_a_form_opened_twice_is_told(served: Served) -> None:
    failure = served.loop.failure_in("verified")
    number, version = failure.number, failure.version
    client = served.client("reliability_engineer")
    answers = {f"answers.{key}": value for key, value in WHOLLY_OURS.items()} | {"if_version": str(version)}
    assert client.post(f"/failures/{number}/score", data=answers).status_code == 302
    second = client.post(f"/failures/{number}/score", data=answers)
    assert second.status_code == 412
    assert "Nothing was overwritten" in text_of(second)


def test_an_unanswered_question_is_marked(served: Served) -> None:
    number = served.loop.failure_in("verified").number
    answers = {f"answers.{key}": value for key, value in WHOLLY_OURS.items() if key != "test_abuse"}
    sent = served.client("reliability_engineer").post(f"/failures/{number}/score", data=answers)
    assert sent.status_code == 422
    assert sent.get_data(as_text=True).count("is-invalid") == 3


def test_amending_without_a_change_changes_nothing(served: Served) -> None:
    """What the form shows and gets back unchanged must be unchanged, to the second."""
    import re
    from datetime import timedelta

    from tests.factories.assets import day

    failure = served.loop.report(
        part="V1", occurred_at=day(100) + timedelta(seconds=30), usage_value=5.0, metric="hours"
    )
    number, reading = failure.number, failure.usage_reading_id
    client = served.client("service_station")
    body = client.get(f"/failures/{number}/amend").get_data(as_text=True)
    shown = dict(re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"', body))
    assert shown["occurred_at"] == "2023-04-11T00:00:30"
    shown |= {"symptom": "drips", "reason": "typo"}
    assert client.post(f"/failures/{number}/amend", data=shown).status_code == 302
    served.session.refresh(failure)
    assert (failure.occurred_at, failure.usage_reading_id) == (day(100) + timedelta(seconds=30), reading)
    assert failure.revision == 2
    assert "drips" in text_of(client.get(f"/failures/{number}/revisions"))


def test_a_gate_is_shown_beside_its_button(served: Served) -> None:
    number = served.loop.failure_in("contained").number
    assert "belongs to no problem" in text_of(served.client("quality").get(f"/failures/{number}"))


def test_a_referred_scoring_is_the_next_step(served: Served) -> None:
    failure = served.loop.failure_in("verified")
    served.loop.do("score", failure, answers=IN_DOUBT)
    body = served.client("reliability_engineer").get(f"/failures/{failure.number}").get_data(as_text=True)
    assert f'btn-lg" href="/failures/{failure.number}/score"' in body


def test_a_photo_is_attached_and_shown(served: Served) -> None:
    number = served.loop.report().number
    client = served.client("field_engineer")
    for content, word in ((PNG, "is kept"), (b"<html>", "Only JPEG"), (b"", "empty")):
        sent = client.post(
            f"/failures/{number}/attach",
            data={"file": (io.BytesIO(content), "leak.png")},
            content_type="multipart/form-data",
            follow_redirects=True,
        )
        assert word in text_of(sent)
    body = client.get(f"/failures/{number}").get_data(as_text=True)
    address = body.split('<img class="img-thumbnail attachment" src="')[1].split('"')[0]
    assert client.get(address).data == PNG
