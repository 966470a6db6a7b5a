"""What a notebook imports, against the service it talks to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from fracas import client as client_module
from fracas.client import ApiError, Fracas
from tests.factories.assets import day
from tests.factories.service import Service, make_service


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = make_service(sqlite_template, tmp_path_factory.mktemp("client"))
    with made.told() as loop:
        for number in range(5):
            loop.report(symptom=f"drips {number}", occurred_at=day(100 + number))
    yield made
    made.close()


@pytest.fixture
def fleet(service: Service, serve: Callable[[Flask], str]) -> Fracas:
    token = service.bearer("reliability_engineer")["Authorization"].removeprefix("Bearer ")
    return Fracas(serve(service.app), token)


def test_it_imports_nothing_else_of_fracas() -> None:
    code = "import sys, fracas.client; print([m for m in sys.modules if m.startswith(('fracas.', 'flask', 'sqlalchemy'))])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['fracas.client']"


@pytest.mark.parametrize("url", ["ftp://fleet", "127.0.0.1:8000", "file:///etc/passwd"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        Fracas(url, "t")


def test_a_list_is_read_page_after_page_into_a_frame(fleet: Fracas) -> None:
    frame = fleet.failures()
    assert len(frame) == 5
    assert len(list(fleet.rows("/failures", limit=2))) == 5
    assert set(frame["symptom"]) == {f"drips {number}" for number in range(5)}
    assert len(fleet.failures(part_type="V-7")) == 0


def test_a_refusal_says_what_the_service_said(fleet: Fracas) -> None:
    with pytest.raises(ApiError, match="404") as refused:
        fleet.get("/failures/FR-1999-00001")
    assert refused.value.status == 404
    assert "FR-1999-00001" in str(refused.value)
    with pytest.raises(ApiError, match="limit") as refused:
        fleet.get("/failures", limit=0)
    assert refused.value.problem["errors"][0]["field"] == "limit"


def test_a_wrong_token_is_refused(service: Service, serve: Callable[[Flask], str]) -> None:
    with pytest.raises(ApiError, match="401"):
        Fracas(serve(service.app), "wrong").failures()


def test_a_report_sent_twice_is_filed_once(fleet: Fracas) -> None:
    body = {
        "system": "S1", "symptom": "hisses", "occurred_at": day(150).isoformat(),
        "usage_not_read_reason": "display dark",
    }  # fmt: skip
    first = fleet.post("/failures", body, idempotency_key="notebook-1")
    assert fleet.post("/failures", body, idempotency_key="notebook-1")["number"] == first["number"]
    assert len(fleet.failures(text="hisses")) == 1


def test_life_data_come_with_their_unit_and_counts(fleet: Fracas) -> None:
    frame = fleet.life_data("V-7", metric="calendar", as_of=day(130).date().isoformat())
    assert len(frame) >= 1
    assert "V1" in set(frame["serial"])
    assert frame.attrs


def test_what_is_left_out_is_not_sent(fleet: Fracas, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look(request: object, **_options: object) -> object:
        asked.append(request.full_url)  # type: ignore[attr-defined]
        raise OSError("not sent")

    monkeypatch.setattr(client_module, "urlopen", look)
    with pytest.raises(OSError, match="not sent"):
        fleet.mtbf(metric=None, confidence=0.8)
    assert asked[0].endswith("/reliability/mtbf?confidence=0.8")
