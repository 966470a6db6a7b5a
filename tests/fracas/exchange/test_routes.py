"""The pages: choose, preview, import, fetch what was refused; and export."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from fracas.core.jobs import Worker
from fracas.exchange.fields import KINDS
from fracas.exchange.running import PASS, Importer
from fracas.exchange.uploads import Uploads
from fracas.failures.models import Failure
from tests.factories.served import Served, text_of

HEAD = "external_id,system,occurred_at,symptom,usage_not_read_reason\n"
GOOD = "A-1,S1,2023-04-11,=leaks,dark\n"
BAD = "A-2,NOPE,2023-04-11,leaks,dark\n"


def send(served: Served, client: FlaskClient, table: str | bytes, **fields: Any) -> TestResponse:
    """Send a table, let the worker try it out, and look at the page that follows."""
    content = table.encode() if isinstance(table, str) else table
    data = {"kind": "failures", "file": (io.BytesIO(content), "feed.csv"), **fields}
    return followed(
        served, client, client.post("/import/preview", data=data, content_type="multipart/form-data")
    )


def followed(served: Served, client: FlaskClient, answer: TestResponse) -> TestResponse:
    if answer.status_code != 303:
        return answer
    at_work(served)
    return client.get(answer.headers["Location"])


def at_work(served: Served) -> int:
    served.keep()
    work = {PASS: Importer(served.app).run}
    return Worker(served.app.extensions["fracas.sessions"]["write"], work).run_waiting()


def run(served: Served, client: FlaskClient, shown: TestResponse, **fields: str) -> TestResponse:
    return followed(served, client, client.post("/import/run", data={"upload": token(shown), **fields}))


def token(answer: TestResponse) -> str:
    found = re.search(r'name="upload" value="([^"]+)"', answer.text)
    assert found is not None, text_of(answer)
    return found.group(1)


def count(served: Served) -> int:
    found = select(func.count()).select_from(Failure)
    number = served.session.scalar(found.where(Failure.organisation_id == served.loop.actor.organisation_id))
    served.keep()  # an open transaction would keep the next request waiting
    return number or 0


def test_preview_writes_nothing_and_the_import_writes_what_it_showed(served: Served) -> None:
    client = served.client("administrator")
    shown = send(served, client, HEAD + GOOD)
    assert (shown.status_code, "1 new" in shown.text, "=leaks" in shown.text) == (200, True, True)
    assert count(served) == 0
    done = run(served, client, shown)
    assert "All rows were written" in text_of(done)
    assert count(served) == 1
    assert client.post("/import/run", data={"upload": token(shown)}).status_code == 404


def test_bad_rows_block_the_import_until_the_good_ones_are_accepted(served: Served) -> None:
    client = served.client("administrator")
    shown = send(served, client, HEAD + GOOD + BAD)
    assert "line" in text_of(shown).lower()
    assert "NOPE" in shown.text
    refused = run(served, client, shown)
    assert "Nothing was written" in text_of(refused)
    assert count(served) == 0
    done = run(served, client, shown, accept_good_rows="true")
    assert "good rows were written" in text_of(done)
    assert count(served) == 1
    mended = client.get(f"/import/rejected/{token(shown)}")
    assert "feed.rejected.csv" in mended.headers["Content-Disposition"]
    assert "A-2,NOPE" in mended.get_data().decode("utf-8-sig")


def test_an_upload_is_its_own_persons(served: Served) -> None:
    shown = send(served, served.client("administrator"), HEAD + GOOD)
    other = served.client("reliability_engineer")
    for path in ("run", "cancel"):
        assert other.post(f"/import/{path}", data={"upload": token(shown)}).status_code == 404
    assert other.get(f"/import/{token(shown)}").status_code == 404


@pytest.mark.parametrize(
    "role", ["field_engineer", "service_station", "quality", "approver", "manager", "customer"]
)
def test_others_may_not_import(served: Served, role: str) -> None:
    client = served.client(role)
    assert send(served, client, HEAD + GOOD).status_code == 403
    assert client.post("/import/run", data={"upload": "x" * 32}).status_code == 403
    assert client.get("/import/template/parts.csv").status_code == 403


@pytest.mark.parametrize(
    ("table", "fields", "status", "told"),
    [
        (b"", {}, 200, "empty"),
        (b"colour\nred\n", {}, 200, "occurred_at"),
        (b"PK\x03\x04 half a workbook", {}, 200, "not written to its end"),
        (HEAD + GOOD, {"kind": "weather"}, 422, "weather"),
        (HEAD + GOOD, {"time_zone": "Mars"}, 200, "no time zone"),
        (HEAD + GOOD, {"map_file": (io.BytesIO(b"kind ="), "m.toml")}, 422, "no TOML"),
        (HEAD + GOOD, {"map_file": (io.BytesIO(b"\xff\xfe"), "m.toml")}, 422, "UTF-8"),
        (HEAD + GOOD, {"map_name": "denver_vehicles"}, 200, "systems"),
    ],
)
def test_what_cannot_be_read_is_told_on_the_page(
    served: Served, table: str | bytes, fields: dict[str, Any], status: int, told: str
) -> None:
    answer = send(served, served.client("administrator"), table, **fields)
    assert (answer.status_code, told in text_of(answer)) == (status, True), text_of(answer)


def test_the_page_counts_the_rows_until_the_worker_is_done(served: Served) -> None:
    client = served.client("administrator")
    data = {"kind": "failures", "file": (io.BytesIO((HEAD + GOOD).encode()), "feed.csv")}
    began = client.post("/import/preview", data=data, content_type="multipart/form-data")
    address = began.headers["Location"]
    waiting = client.get(address)
    assert "Waiting for a worker" in text_of(waiting)
    assert f'hx-get="{address}"' in waiting.text
    uploads = Uploads.of(served.app.extensions["fracas.config"])
    uploads.note_progress(uploads.by_token(token(waiting)), 1200, 3451)
    assert "1,200 of 3,451 rows" in text_of(client.get(address))
    assert client.post("/import/run", data={"upload": token(waiting)}).status_code == 303
    assert at_work(served) == 1, "a second click while it is at work begins nothing"
    assert "hx-get" not in client.get(address).text
    assert "1 new" in text_of(client.get(address)), "the result is there after a reload"


def test_an_import_is_cancelled_before_anything_is_written(served: Served) -> None:
    client = served.client("administrator")
    shown = send(served, client, HEAD + GOOD)
    began = client.post("/import/run", data={"upload": token(shown)})
    with served.app.extensions[
        "engine"
    ].connect() as other:  # somebody is writing, and cancelling does not wait
        other.exec_driver_sql("SELECT 1")
        assert client.post("/import/cancel", data={"upload": token(shown)}).status_code == 303
    assert "Stopping" in text_of(client.get(began.headers["Location"]))
    at_work(served)
    assert "cancelled. Nothing was written" in text_of(client.get(began.headers["Location"]))
    assert count(served) == 0
    done = run(served, client, shown)
    assert "All rows were written" in text_of(done), "it can be begun again"


def test_a_file_must_be_chosen(served: Served) -> None:
    answer = served.client("administrator").post("/import/preview", data={"kind": "parts"})
    assert (answer.status_code, "Choose the file" in answer.text) == (422, True)


def test_a_file_that_is_too_large_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served.app.config["MAX_CONTENT_LENGTH"] == 20 * 1024 * 1024
    monkeypatch.setitem(served.app.config, "MAX_CONTENT_LENGTH", 10_000)
    answer = send(served, served.client("administrator"), b"x" * 11_000)
    assert (answer.status_code, "larger than this server takes" in text_of(answer)) == (413, True)


def test_a_map_of_ones_own(served: Served) -> None:
    mapping = b'[columns]\nsymptom = "WAS"\n[file]\ntime_zone = "UTC"\n'
    table = HEAD.replace("symptom", "WAS") + GOOD
    answer = send(served, served.client("administrator"), table, map_file=(io.BytesIO(mapping), "m.toml"))
    assert "1 new" in answer.text


def test_templates_and_maps_can_be_fetched(served: Served) -> None:
    client = served.client("administrator")
    for kind in KINDS:
        assert client.get(f"/import/template/{kind}.xlsx").data.startswith(b"PK")
    assert "denver" in client.get("/import/maps/denver_vehicles.toml").text.lower()
    assert client.get("/import/maps/nowhere.toml").status_code == 404
    assert client.get("/import/template/weather.csv").status_code == 422


def test_export(served: Served) -> None:
    client = served.client("manager")
    table = client.get("/export/systems.csv")
    assert (table.status_code, "S1" in table.text, "attachment" in table.headers["Content-Disposition"]) == (
        200,
        True,
        True,
    )
    assert client.get("/export/systems.xlsx").data.startswith(b"PK")
    assert client.get("/export/life-data.csv?part_type=V-7").status_code == 200
    assert client.get("/export/life-data.csv").status_code == 422
    assert client.get("/export/systems.pdf").status_code == 422


def test_the_start_page_shows_what_the_person_may_do(served: Served) -> None:
    assert "Show the preview" in served.client("administrator").get("/import").text
    manager = served.client("manager").get("/import")
    assert (manager.status_code, "Show the preview" in manager.text) == (200, False)
    assert served.client("field_engineer").get("/import").status_code == 403
