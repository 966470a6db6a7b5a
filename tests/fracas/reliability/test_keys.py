"""Ids in the driver's form; both databases are tried in test_queries."""

from __future__ import annotations

from uuid import uuid4

from fracas.reliability.keys import as_uuid


def test_either_form_becomes_a_uuid() -> None:
    key = uuid4()
    assert as_uuid(key.hex) == as_uuid(key) == key
