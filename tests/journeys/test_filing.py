"""Filing a report at a depot: on a phone, with a photo, without network, and twice by accident."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def wall_clock(hours_ago: float = 2) -> str:
    """What an input of date and time takes: the clock of the phone, which is in Shanghai."""
    return f"{datetime.now(UTC) + timedelta(hours=8 - hours_ago):%Y-%m-%dT%H:%M}"


def png(folder: Path, pixels: int = 8) -> Path:
    """A real picture: red, square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xff\0\0" * pixels for _ in range(pixels))
    header = struct.pack(">IIBBBBB", pixels, pixels, 8, 2, 0, 0, 0)
    path = folder / "crack.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return path


def press_send(visitor: Visitor) -> None:
    visitor.page.click("form[data-queue] button[type=submit]")


def reports(door: Any, symptom: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.get("/failures", text=symptom)["items"]
    return found


def test_a_report_with_a_photo_from_a_phone(visit: Visit, door: Any, tmp_path: Path) -> None:
    field = visit("field", phone=True)
    field.open("/")
    field.page.click("text=Report a failure")
    assert field.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    field.fill(serial="L01", symptom="Hisses under the floor")
    field.page.wait_for_selector("#found:has-text('Light rail vehicle')")
    assert field.page.input_value("[name=metric]") == "km"
    field.fill(occurred_at=wall_clock(), usage_value=700 * 200, photo=png(tmp_path))
    press_send(field)
    field.page.wait_for_url("**/failures/FR-*")
    assert "Hisses under the floor" in field.text()
    picture = field.page.locator("img.attachment")
    picture.wait_for()
    assert picture.evaluate("async e => { await e.decode(); return e.naturalWidth }") == 8
    [filed] = reports(door, "Hisses")
    assert (filed["system"], filed["site"], filed["state"]) == ("L01", "EAST", "reported")
    assert filed["usage"]["value"] == 140_000
    # The phone said when by its own clock; the record says it in UTC.
    said = datetime.fromisoformat(filed["occurred_at"])
    assert abs(datetime.now(UTC) - timedelta(hours=2) - said) < timedelta(minutes=2)


def test_a_serial_that_nobody_knows_is_said_and_nothing_is_lost(visit: Visit, door: Any) -> None:
    field = visit("field", phone=True)
    field.open("/failures/file")
    field.fill(serial="L99", symptom="No such car", occurred_at=wall_clock())
    press_send(field)
    field.page.wait_for_selector("#refusal:not([hidden])")
    assert "does not know the serial “L99”" in field.page.inner_text("#refusal")
    assert field.page.input_value("[name=symptom]") == "No such car"
    assert reports(door, "No such car") == []
    field.fill(serial="L02")
    press_send(field)
    field.page.wait_for_url("**/failures/FR-*")
    assert len(reports(door, "No such car")) == 1


def test_a_refused_report_is_mended_with_its_photo(visit: Visit, door: Any, tmp_path: Path) -> None:
    field = visit("field", phone=True)
    field.open("/failures/file")
    field.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    field.expects_no_network = True
    field.context.set_offline(True)
    field.fill(serial="L98", symptom="Wrong car", occurred_at=wall_clock(), photo=png(tmp_path))
    sent_as = field.page.input_value("[name=submission]")
    press_send(field)
    field.page.wait_for_selector("#waiting:not([hidden])")
    field.context.set_offline(False)
    mend = field.page.locator("#waiting button")
    mend.wait_for()
    field.page.reload()
    assert field.page.evaluate("form.elements.photo.files.length") == 0
    mend.click()
    field.page.wait_for_selector("#waiting", state="hidden")
    assert field.page.evaluate("form.elements.photo.files.length") == 1
    assert field.page.input_value("[name=symptom]") == "Wrong car"
    assert field.page.input_value("[name=submission]") not in ("", sent_as)
    field.fill(serial="L02")
    press_send(field)
    field.page.wait_for_url("**/failures/FR-*")
    [filed] = reports(door, "Wrong car")
    assert [kept["media_type"] for kept in filed["attachments"]] == ["image/png"]


def test_a_mend_that_is_interrupted_loses_nothing(visit: Visit, door: Any, tmp_path: Path) -> None:
    field = visit("field", phone=True)
    field.open("/failures/file")
    field.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    field.expects_no_network = True
    field.context.set_offline(True)
    field.fill(serial="L97", symptom="Mended in two goes", occurred_at=wall_clock(), photo=png(tmp_path))
    press_send(field)
    field.page.wait_for_selector("#waiting:not([hidden])")
    field.context.set_offline(False)
    mend = field.page.locator("#waiting button")
    mend.click()
    field.page.wait_for_selector("#waiting", state="hidden")
    # What stands in the form is not sent as it was, or it might be filed in both wordings.
    sent = []
    field.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    field.page.evaluate("flush().then(() => true)")
    assert sent == []
    # The battery is empty before the mended report is sent: the refused one is still there, with its photo.
    field.page.reload()
    mend.click()
    field.page.wait_for_selector("#waiting", state="hidden")
    assert field.page.input_value("[name=symptom]") == "Mended in two goes"
    assert field.page.evaluate("form.elements.photo.files.length") == 1
    # Sent without network it waits in its new wording, and the refused one is gone.
    field.context.set_offline(True)
    field.fill(serial="L02")
    press_send(field)
    field.page.wait_for_selector("#waiting:not([hidden])")
    kept = field.page.evaluate(
        "database.then(db => db.getAll('reports')).then(all => all.map(one => Object.fromEntries(one.entries).serial))"
    )
    assert kept == ["L02"]
    field.context.set_offline(False)
    field.page.wait_for_selector("#waiting", state="hidden")
    [filed] = reports(door, "Mended in two goes")
    assert (filed["system"], len(filed["attachments"])) == ("L02", 1)


def test_without_network_the_report_waits_and_is_filed_exactly_once(
    visit: Visit, door: Any, tmp_path: Path
) -> None:
    field = visit("field", phone=True)
    field.open("/failures/file")
    field.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    field.expects_no_network = True
    field.context.set_offline(True)
    field.fill(serial="L03", symptom="In the tunnel", occurred_at=wall_clock(), photo=png(tmp_path))
    press_send(field)
    field.page.wait_for_selector("#waiting:not([hidden])")
    assert "In the tunnel" in field.page.inner_text("#waiting")
    assert reports(door, "In the tunnel") == []
    field.context.set_offline(False)
    field.page.wait_for_selector("#waiting", state="hidden")
    [filed] = reports(door, "In the tunnel")
    assert [kept["media_type"] for kept in filed["attachments"]] == ["image/png"]
    field.page.reload()
    field.page.wait_for_timeout(300)
    assert len(reports(door, "In the tunnel")) == 1


def test_the_page_opens_in_a_tunnel_after_one_visit(visit: Visit, door: Any) -> None:
    field = visit("field", phone=True)
    field.open("/failures/file")
    field.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    field.expects_no_network = True
    field.context.set_offline(True)
    field.page.close()
    field.page = field.context.new_page()
    field.open("/failures/file")
    field.fill(serial="L04", symptom="Opened below ground", occurred_at=wall_clock())
    press_send(field)
    field.page.wait_for_selector("#waiting:not([hidden])")
    # The phone is put away and taken out again: what waits is still there.
    field.page.reload()
    field.page.wait_for_selector("#waiting:not([hidden])")
    field.context.set_offline(False)
    field.page.reload()
    field.page.wait_for_selector("#waiting", state="hidden")
    assert len(reports(door, "Opened below ground")) == 1


def test_an_answer_that_never_arrived_does_not_file_it_twice(visit: Visit, door: Any) -> None:
    field = visit("field", phone=True)
    field.open("/failures/file")
    swallowed = []

    def swallow(route: Route) -> None:
        if route.request.method == "POST" and not swallowed:
            swallowed.append(route.fetch().status)  # the server has it; the phone does not hear so
            route.abort()
        else:
            route.continue_()

    field.expects_no_network = True
    field.page.route("**/failures/file", swallow)
    field.fill(serial="L05", symptom="Answer lost on the way", occurred_at=wall_clock())
    press_send(field)
    field.page.wait_for_selector("#waiting:not([hidden])")
    assert swallowed == [200]
    assert len(reports(door, "Answer lost")) == 1
    field.page.reload()
    field.page.wait_for_selector("#waiting", state="hidden")
    assert len(reports(door, "Answer lost")) == 1


def test_the_same_submission_sent_twice_is_filed_once(visit: Visit, door: Any) -> None:
    field = visit("field")
    field.open("/failures/file")
    sent = {
        "csrf_token": field.page.get_attribute("meta[name=csrf-token]", "content"),
        "serial": "L06", "symptom": "Pressed twice", "occurred_at": wall_clock(), "submission": "pressed-twice",
    }  # fmt: skip
    answers = [field.context.request.post("/failures/file", form=sent, max_redirects=0) for _ in range(2)]
    assert [answer.status for answer in answers] == [302, 302]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(reports(door, "Pressed twice")) == 1
