"""Passwords and random secrets: how they are made, and the only form in which they are kept."""

from __future__ import annotations

import functools
import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_argon2 = PasswordHasher()  # argon2id with the library's current cost, raised when the library raises it

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
"""argon2 takes any length; the limit keeps a megabyte of "password" from costing a second of hashing."""


def make() -> str:
    """A new random secret for a cookie, token or link: 256 bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """What is stored of a random secret. SHA-256 is enough: 256 random bits cannot be guessed, however fast the hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hash_password(password: str) -> str:
    return _argon2.hash(password)


def password_matches(password: str, stored: str | None) -> bool:
    """Whether ``password`` is the one. It takes as long where there is none to compare with, so time tells nothing."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _argon2.verify(stored or _nobodys(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def wants_rehash(stored: str) -> bool:
    """The hash was made with a lower cost than today's."""
    return _argon2.check_needs_rehash(stored)


@functools.cache
def _nobodys() -> str:
    return _argon2.hash(make())
