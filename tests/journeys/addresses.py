"""Every address of the service, as the app itself lists them, so that a new one cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

PUBLIC = {
    "healthz", "openapi.spec", "static", "users.sign_in", "users.sign_out", "users.enter_demo", "users.forgotten",
    "users.set_password", "users.set_language",
}  # fmt: skip
"""What anybody may ask for: signing in and out, the language, the health, the description of the API."""


@dataclass(frozen=True)
class Address:
    endpoint: str
    rule: str
    method: str
    arguments: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.rule.startswith("/api/")

    @property
    def kind(self) -> str:
        """What its key names: the word before it, in the plural."""
        word = re.sub(r"^/(api/v1/)?(register/)?(catalog/|organisation/)?", "", self.rule).partition("/")[0]
        return {"installation": "installations", "removal": "removals", "reading": "usage-readings",
                "serials": "parts"}.get(word, word)  # fmt: skip

    def path(self, values: Mapping[str, Any]) -> str:
        return re.sub(r"<(?:\w+(?:\(.*?\))?:)?(\w+)>", lambda found: str(values[found.group(1)]), self.rule)


def addresses(app: Flask, *methods: str) -> Iterator[Address]:
    """Those that take one of ``methods`` (all: GET and POST)."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        for method in sorted((rule.methods or set()) & set(methods or ("GET", "POST"))):
            yield Address(rule.endpoint, str(rule), method, tuple(sorted(rule.arguments)))
