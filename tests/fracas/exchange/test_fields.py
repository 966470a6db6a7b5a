"""The table of fields."""

from __future__ import annotations

from collections import Counter

import pytest

from fracas.exchange.fields import INSTALLATIONS, KINDS, Kind
from fracas.exchange.importing import WRITERS
from fracas.exchange.matching import _folded


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_header_means_two_fields(kind: Kind) -> None:
    words = Counter(
        word for field in kind.fields for word in {_folded(name) for name in (field.name, *field.names)}
    )
    assert [word for word, count in words.items() if count > 1] == []


def test_every_kind_can_be_written() -> None:
    assert set(KINDS) == set(WRITERS)


def test_identities_are_fields() -> None:
    assert [name for kind in KINDS.values() for name in kind.identity if kind.field(name) is None] == []


def test_a_verb_may_have_another_word_for_a_field() -> None:
    assert INSTALLATIONS.own_word("occurred_at") == "installed_at"
    assert INSTALLATIONS.own_word("position") == "position"
    assert INSTALLATIONS.own_word(None) is None
