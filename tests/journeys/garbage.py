"""What no honest program sends: garbage in the key, the query, the body and the headers of any address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from werkzeug.test import TestResponse

from tests.journeys.addresses import Address
from tests.journeys.depot import email

Case = tuple[str, dict[str, Any]]
"""A path, and what else werkzeug's client is told of the request."""

KEYS = (
    "a%00b", "%ff", "%F0%9F%98%80", "%ED%A0%80", "x" * 3000, "..%2f..%2fetc%2fpasswd", "%25", "'", "%E2%80%AE", "-1", "0",
    "9" * 40, "1e309", "00000000-0000-0000-0000-000000000000", "a%0d%0ab:c",
)  # fmt: skip
TEXTS = (
    "", "\x00", "a\x00b", "x" * 5000, "<script>alert(1)</script>", "'; DROP TABLE failure;--", "%", "../../etc/passwd", "=1+1",
    "\u202e\U0001f600", "-1", "0", "9" * 30, "2147483648", "9223372036854775808", "1e308", "1e309", "1e-320", "NaN",
    "-Infinity", "0.9999999999", "0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30", "10:00",
    "true", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
JSON_VALUES: tuple[Any, ...] = (
    *TEXTS, "\ud800", True, None, [], {}, [[1]], {"a": {"b": 1}}, ["\x00"], {"a\x00": "b"}, {"\ud800": "\ud800"}, ["x" * 500],
    -5, 0, 1.5, 1e308, 2**31, 2**63, 10**30, -(10**30),
)  # fmt: skip
QUERIES = (
    "a=1&a=2", "limit=1&limit=x", "part_type=V-7&part_type=V-7", "%00=%00", "text=%ff", "=&&=;&%", "cursor=zzz",
    "cursor=W1sxXQ", "cursor=WyJ2Iiw1LCJ4Il0", "cursor=" + "Ww" * 9000, "text=" + "%F0%9F%98%80" * 400,
)  # fmt: skip
FILTERS = (
    "text", "cursor", "limit", "site", "system", "part_type", "metric", "as_of", "known_at", "scoring", "confidence", "state",
    "mode", "period", "by", "group", "lead_time_days", "service_level", "serial", "next",
)  # fmt: skip
TYPES = (
    "application/json", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=foo", "text/xml",
    "multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "x" * 200, "\u00ff/x", "",
)  # fmt: skip
BODIES = (
    b"", b"[", b"null", b"1", b'"x"', b"\xff\xfe", b"[" * 20_000, b'{"a":' * 20_000, b'{"reason": "\\ud800"}',
    b'{"x": ' + b"9" * 5000 + b"}",
    b'{"value": NaN}', b"\xff\x00--x\r\n\r\n",
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00"\r\n\r\n\x00\r\n--x--\r\n',
    b"&".join(b"a%d=%%00" % number for number in range(1500)),
)  # fmt: skip
HEADERS = {
    "Authorization": ("Bearer ", "Bearer \u00ff", "Basic YTpi", "Digest x", "Bearer " + "x" * 5000),
    "If-Match": ("*", '"x"', "W/", '"' + "9" * 40 + '"', "\u00ff"),
    "If-None-Match": ("*", "\u00ff", '"' + "9" * 40 + '"'),
    "Idempotency-Key": ("", "x" * 300, "\u00ff"),
    "Accept-Language": ("*;q=x", "zh-Hans-CN;q=0.9" * 500, "\u00ff"),
    "Accept": ("\u00ff", "application/json;q=x", "*/*;q=1e999"),
    "Cookie": ("session=x; fracas=x", "=;;=", "\u00ff=\u00ff"),
    "Range": ("bytes=5-1", "bytes=" + "0-1," * 500),
    "Content-Encoding": ("gzip",),
    "X-Forwarded-For": ("\u00ff",),
}
METHODS = ("PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD", "BREW", "GET", "POST")

GOOD: dict[str, Any] = {
    "system": "L01", "part": "L01B1-0", "part_type": "V-7", "occurred_at": "2026-01-01T10:00Z", "symptom": "Hisses",
    "usage_not_read_reason": "dark", "metric": "km", "value": 1, "position": "B1.VALVE", "site": "EAST", "system_model": "LRV",
    "serial": "Z1", "number": "N1", "name": "n", "code": "C1", "title": "t", "reason": "because", "kind": "mode", "unit": "u",
    "time_zone": "UTC", "cause": "other", "condition": "quarantined", "basis": "b", "outcome": "confirmed", "method": "bench",
    "owner": email("quality"), "action_type": "corrective", "due_on": "2027-01-01", "effective_from_at": "2026-01-01T00:00Z",
    "note": "n", "is_needed": False, "answers": {}, "close_as": "duplicate", "mode": "ELK", "part_in": "NEW-1",
    "part_out": "L01B1-0", "swapped_at": "2026-01-01T10:00Z",
}  # fmt: skip
"""Facts that a form takes, so that one bad value stands alone and is looked at closely."""


class Spec:
    """What the description of the API says of an address, or of the page's twin in the API."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.paths = {self._plain(path): item for path, item in spec["paths"].items()}

    @staticmethod
    def _plain(path: str) -> str:
        return path.replace("{", "<").replace("}", ">").rstrip("/").removeprefix("/api/v1")

    def _of(self, address: Address) -> dict[str, Any]:
        rule = self._plain(address.rule.replace("<path:", "<").replace("<uuid:", "<"))
        found: dict[str, Any] = self.paths.get(rule, {}).get(address.method.lower(), {})
        return found

    def asked(self, address: Address) -> list[str]:
        """The names of its query."""
        told = [one["name"] for one in self._of(address).get("parameters", []) if one["in"] == "query"]
        return told or list(FILTERS)

    def fields(self, address: Address) -> tuple[list[str], dict[str, Any]]:
        """The names of its body, and good values for those that it must have."""
        content = self._of(address).get("requestBody", {}).get("content", {})
        schema = next(iter(content.values()), {}).get("schema", {})
        while "$ref" in schema:
            schema = self.spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        names = list(schema.get("properties", {})) or [
            "reason",
            "name",
            "email",
            "next",
            "file",
            "if_version",
        ]
        wanted = {*schema.get("required", []), "reason"} & {*names} & {*GOOD}
        return names, {name: GOOD[name] for name in wanted}


def garbage(address: Address, path: str, spec: Spec) -> Iterator[Case]:
    """Everything that we can think of; ``path`` is the address with keys that exist."""
    if address.arguments:
        yield from ((address.path(dict.fromkeys(address.arguments, key)), {}) for key in KEYS)
    yield from ((f"{path}?{query}", {}) for query in QUERIES)
    yield from ((path, {"headers": {name: value}}) for name, values in HEADERS.items() for value in values)
    if address.method == "GET":
        base = {"part_type": "V-7"} if any(word in path for word in ("reliab", "life", "spares")) else {}
        for name, text in product(spec.asked(address), TEXTS):
            yield path, {"query_string": {**base, name: text}}
        return
    yield from ((path, {"content_type": kind, "data": body}) for kind, body in product(TYPES, BODIES))
    names, good = spec.fields(address)
    if address.is_api:
        for name, value in product(names, JSON_VALUES):
            body = json.dumps({**good, name: value})
            yield path, {"data": body, "content_type": "application/json"}
    else:
        for name, text in product(names, TEXTS):
            yield path, {"data": {**good, name: [text, text] if text == "0" else text}}


BETRAYED = (
    "Traceback (most recent",
    'File "/',
    "sqlalchemy.",
    "psycopg.",
    "sqlite3.",
    "pydantic.",
    "SELECT ",
    "INSERT INTO",
)
"""What only our own source or a database would say."""


def wrong_with(answer: TestResponse, *, is_api: bool) -> str:
    """What no answer may be; "" where all is well."""
    try:
        if answer.status_code >= 500:
            return f"status {answer.status_code}"
        if answer.status_code < 400 or answer.request.method == "HEAD":
            return ""
        text = answer.get_data(as_text=True)
        if found := next((word for word in BETRAYED if word in text), ""):
            return f"shows {found!r}"
        if is_api:
            return _wrong_problem(answer)
        # A file whose precondition fails keeps the kind that it has.
        is_file = answer.status_code == 412 and answer.mimetype == "text/javascript"
        is_right = is_file or answer.mimetype in ("text/html", "application/problem+json")
        return "" if is_right else answer.content_type
    finally:
        answer.close()


def _wrong_problem(answer: TestResponse) -> str:
    if answer.content_type != "application/problem+json":
        return f"{answer.status_code} as {answer.content_type}"
    body = answer.get_json()
    is_whole = body["status"] == answer.status_code and body["title"] and body["detail"]
    return "" if is_whole else f"no whole problem: {body}"
