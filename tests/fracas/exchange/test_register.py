"""Words of a file: found once, refused, or made and flagged."""

from __future__ import annotations

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from fracas.assets.models import System
from fracas.catalog.models import FailureCode
from fracas.core.errors import Invalid
from fracas.exchange.mapping import read_map
from fracas.exchange.register import Register
from tests.factories.exchange import Desk


def register(desk: Desk, map_text: str = "") -> Register:
    return Register(desk.session, desk.actor, read_map(map_text))


def test_a_word_is_looked_up_once(desk: Desk) -> None:
    words = register(desk)
    first = words.system("S1")
    asked: list[str] = []
    event.listen(desk.session.get_bind(), "before_cursor_execute", lambda *a: asked.append(a[2]))
    assert words.system("S1") is first
    assert asked == []


@pytest.mark.parametrize(
    ("reference", "ask"),
    [
        ("site", lambda words: words.site("X")),
        ("customer", lambda words: words.customer("X")),
        ("supplier", lambda words: words.supplier("X")),
        ("metric", lambda words: words.metric("X")),
        ("part_type", lambda words: words.part_type("X")),
        ("system_model", lambda words: words.system_model("X")),
        ("position", lambda words: words.position(words.system("S1"), "X")),
        ("symptom_code", lambda words: words.code("symptom_code", "X")),
        ("mode", lambda words: words.code("mode", "X")),
        ("part", lambda words: words.part("X", words.part_type("BCU-200"), words.site("DEPOT"))),
    ],
)
def test_unknown_words_are_refused_or_made_as_the_map_says(desk: Desk, reference: str, ask: object) -> None:
    with pytest.raises(Invalid) as refused:
        ask(register(desk))  # type: ignore[operator]
    assert refused.value.field == reference
    words = register(desk, f'[unknown]\n{reference} = "create-flagged"')
    made = ask(words)  # type: ignore[operator]
    assert words.created == {reference: ["X"]}
    assert ask(words) is made  # type: ignore[operator]
    assert ask(register(desk)).id == made.id  # type: ignore[operator]


def test_a_made_code_is_flagged(desk: Desk) -> None:
    made: FailureCode = register(desk, '[unknown]\nmode = "create-flagged"').code("mode", "007")
    assert (made.code, made.kind, made.is_flagged) == ("007", "mode", True)


def test_a_made_system_gets_what_the_map_says(desk: Desk) -> None:
    words = register(
        desk, '[unknown]\nsystem = "create-flagged"\n[create.system]\nsystem_model = "LRV"\nsite = "YARD"'
    )
    made: System = words.system("NEW")
    assert (made.is_flagged, made.system_model.code, made.site.code) == (True, "LRV", "YARD")


def test_a_made_system_without_a_model_is_refused(desk: Desk) -> None:
    words = register(desk, '[unknown]\nsystem = "create-flagged"')
    with pytest.raises(Invalid, match="system_model"):
        words.system("NEW", words.site("DEPOT"))


def test_what_a_refused_row_made_is_forgotten(desk: Desk, session: Session) -> None:
    words = register(desk, '[unknown]\nsite = "create-flagged"')
    words.begin_row("line 2")
    with pytest.raises(ZeroDivisionError), session.begin_nested():
        words.site("X")
        raise ZeroDivisionError
    words.forget_row()
    assert words.created == {}
    assert words.site("X").code == "X"
