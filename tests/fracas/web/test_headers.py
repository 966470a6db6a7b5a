"""Security headers on every answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fracas
from tests.factories.service import Service

FRACAS = Path(fracas.__file__).parent


@pytest.mark.parametrize(
    "path", ["/sign-in", "/nowhere", "/healthz", "/api/v1/openapi.json", "/probe/closed"]
)
def test_every_answer_carries_them(service: Service, path: str) -> None:
    headers = service.app.test_client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_no_script_may_stand_in_a_page(service: Service) -> None:
    policy = service.app.test_client().get("/sign-in").headers["Content-Security-Policy"]
    scripts = re.search(r"script-src ([^;]+)", policy)
    assert scripts is not None
    assert set(scripts.group(1).split()) == {"'self'", "'wasm-unsafe-eval'"}


def test_only_over_tls_the_browser_is_told_to_stay_there(service: Service) -> None:
    client = service.app.test_client()
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers
    assert "Strict-Transport-Security" in client.get("/sign-in", base_url="https://fracas.example").headers


def test_static_files_may_be_kept(service: Service) -> None:
    answer = service.app.test_client().get("/static/css/fracas.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers.get("Cache-Control", "")
    answer.close()


def test_each_request_has_its_number(service: Service) -> None:
    client = service.app.test_client()
    assert client.get("/healthz").headers["X-Request-ID"] != client.get("/healthz").headers["X-Request-ID"]


def test_no_template_breaks_the_policy() -> None:
    """No inline script or handler, and nothing from another machine."""
    handler = re.compile(r"\son(click|load|submit|change|input|error|key\w+)\s*=", re.IGNORECASE)
    script = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE)
    elsewhere = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""", re.IGNORECASE)
    found = [
        path.name
        for path in FRACAS.rglob("templates/**/*.html")
        for rule in (handler, script, elsewhere)
        if rule.search(path.read_text("utf-8"))
    ]
    assert found == []
