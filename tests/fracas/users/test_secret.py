"""Passwords and secrets."""

from __future__ import annotations

import time

from fracas.users import secret


def test_a_password_is_known_by_its_hash_only() -> None:
    stored = secret.hash_password("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert "correct" not in stored
    assert secret.password_matches("correct horse battery", stored)
    assert not secret.password_matches("correct horse batterz", stored)
    assert stored != secret.hash_password("correct horse battery")
    assert not secret.wants_rehash(stored)


def test_nothing_matches_where_there_is_no_password() -> None:
    assert not secret.password_matches("", None)
    assert not secret.password_matches("anything", None)
    assert not secret.password_matches("anything", "not a hash")


def test_an_unknown_person_costs_as_much_as_a_known_one() -> None:
    stored = secret.hash_password("correct horse battery")
    secret.password_matches("warm up", None)

    def cost(hashed: str | None) -> float:
        started = time.perf_counter()
        for _ in range(5):
            secret.password_matches("wrong", hashed)
        return time.perf_counter() - started

    assert cost(None) > 0.3 * cost(stored)


def test_a_megabyte_is_no_password() -> None:
    long = "x" * (secret.LONGEST_PASSWORD + 1)
    assert not secret.password_matches(long, secret.hash_password(long))


def test_secrets_differ_and_are_kept_as_fingerprints() -> None:
    first, second = secret.make(), secret.make()
    assert first != second
    assert len(first) >= 43
    assert secret.fingerprint(first) == secret.fingerprint(first)
    assert first not in secret.fingerprint(first)
