"""What the limits count; that they hold is tested through the sign-in page."""

from __future__ import annotations

import pytest
from flask import Flask

from fracas.users import throttle


@pytest.mark.parametrize(
    ("status", "counts"), [(200, False), (302, False), (422, True), (403, True), (500, True)]
)
def test_only_refused_tries_count(status: int, counts: bool) -> None:
    assert throttle._failed(Flask("x").response_class(status=status)) is counts


def test_an_account_is_one_however_it_is_written() -> None:
    app = Flask("x")
    keys = set()
    for email in ("Lin@Example.org", " lin@example.org "):
        with app.test_request_context(method="POST", data={"email": email}):
            keys.add(throttle._account())
    assert keys == {"lin@example.org"}
