"""How often a wrong password may be tried: by the address it comes from, and by the account it is for."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, storage_uri="memory://")


def _account() -> str:
    return request.form.get("email", "").strip().lower()[:200]


def _failed(response: Any) -> bool:
    """Only a refused try counts, so a depot behind one address can sign in at the change of shift."""
    return bool(response.status_code >= 400)


by_address = limiter.limit("30 per 5 minutes", methods=["POST"], deduct_when=_failed)
# A try for no account counts for its address alone; a limit without a key would be skipped too, but with an error in the log.
by_account = limiter.limit(
    "6 per 5 minutes",
    key_func=_account,
    methods=["POST"],
    deduct_when=_failed,
    exempt_when=lambda: not _account(),
)
mails = limiter.limit("5 per hour", methods=["POST"])
