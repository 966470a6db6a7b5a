"""The filing page: five inputs, sent as often as the network needs and kept once."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.factories.assets import day
from tests.factories.served import Served, text_of

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
SENT = {
    "serial": "S1",
    "symptom": "drips",
    "occurred_at": "2023-04-11T08:00",
    "usage_value": "",
    "submission": "n1",
}


def send(served: Served, change: dict[str, Any] | None = None, *, script: bool = True) -> TestResponse:
    headers = {"Accept": "application/json"} if script else {"Accept": "text/html"}
    data = {**SENT, **(change or {})}
    client = served.client("field_engineer")
    return client.post("/failures/file", data=data, headers=headers, content_type="multipart/form-data")


def listed(served: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.client("quality").get("/api/v1/failures/").get_json()["items"]
    return found


def test_the_page_is_there(served: Served) -> None:
    page = served.client("field_engineer").get("/failures/file")
    assert page.status_code == 200
    assert page.get_data(as_text=True).count("<label") == 5
    assert served.client("manager").get("/failures/file").status_code == 403


@pytest.mark.parametrize("serial", ["S1", "V1"])
def test_one_serial_says_which_system(served: Served, serial: str) -> None:
    answer = send(served, {"serial": serial}).get_json()
    (row,) = listed(served)
    assert (answer["number"], row["system"]) == (row["number"], "S1")
    assert row["part"] == ("V1" if serial == "V1" else None)
    assert row["usage_not_read_reason"]
    assert served.client("field_engineer").get(answer["url"]).status_code == 200


def test_a_report_sent_twice_is_kept_once(served: Served) -> None:
    first, second = send(served).get_json(), send(served).get_json()
    assert first == second
    assert len(listed(served)) == 1
    send(served, {"submission": "n2"})
    assert len(listed(served)) == 2


def test_without_script_it_is_a_plain_form(served: Served) -> None:
    sent = send(served, script=False)
    assert sent.status_code == 302
    refused = send(served, {"serial": "S9", "submission": "n2"}, script=False)
    assert (refused.status_code, "S9" in text_of(refused)) == (422, True)
    assert "drips" in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"serial": "S9"}, "serial"),
        ({"serial": "V2"}, "serial"),
        ({"serial": ""}, "serial"),
        ({"symptom": ""}, "symptom"),
        ({"occurred_at": "2999-01-01T00:00"}, "occurred_at"),
        ({"usage_value": "-1", "metric": "hours"}, "usage_value"),
        ({"usage_value": "many"}, "usage_value"),
    ],
)
def test_a_refusal_names_the_field_and_keeps_nothing(
    served: Served, change: dict[str, str], field: str
) -> None:
    answer = send(served, change)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert field in {error["field"] for error in answer.get_json()["errors"]}
    assert listed(served) == []


def test_the_photo_comes_along(served: Served) -> None:
    send(served, {"photo": (io.BytesIO(PNG), "leak.png")})
    (row,) = listed(served)
    assert [kept["media_type"] for kept in row["attachments"]] == ["image/png"]
    refused = send(served, {"photo": (io.BytesIO(b"MZ"), "leak.png"), "submission": "n2"})
    assert refused.status_code == 422
    assert len(listed(served)) == 1


def test_the_register_is_asked_while_the_person_types(served: Served) -> None:
    served.loop.read(800, at=90)
    served.keep()
    client = served.client("field_engineer")
    assert 'data-metric="hours"' in client.get("/failures/file/lookup?serial=S1").get_data(as_text=True)
    assert "B1.VALVE" in text_of(client.get("/failures/file/lookup?serial=V1"))
    assert "does not know" in text_of(client.get("/failures/file/lookup?serial=S2"))


def test_the_meter_of_the_page_reaches_the_register(served: Served) -> None:
    send(served, {"usage_value": "812.5", "metric": "hours", "occurred_at": day(100).isoformat()})
    (row,) = listed(served)
    assert row["usage"]["value"] == 812.5


def test_the_token_and_the_worker(served: Served) -> None:
    client = served.client("field_engineer")
    assert client.get("/failures/file/token").get_json()["csrf_token"]
    with client.get("/failures/worker.js") as worker:
        assert "javascript" in worker.content_type
