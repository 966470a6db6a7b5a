"""How a word becomes a record."""

from __future__ import annotations

from enum import StrEnum

import pytest
from sqlalchemy.orm import Session

from fracas.core.errors import Invalid, NotFound
from fracas.core.lookup import as_id, given, member, wanted
from fracas.organisations.queries import site
from tests.factories.organisations import make_root, make_site


class Colour(StrEnum):
    RED = "red"


def test_the_record_its_id_and_its_code_mean_the_same(session: Session) -> None:
    root = make_root(session)
    made = make_site(session, root, "SHA")
    assert {site(session, root, key).id for key in (made, made.id, str(made.id), "SHA", " SHA ")} == {made.id}


def test_an_unknown_word_is_the_inputs_mistake(session: Session) -> None:
    root = make_root(session)
    with pytest.raises(NotFound):
        site(session, root, "NOWHERE")
    with pytest.raises(Invalid) as refused:
        wanted("site", site, session, root, "NOWHERE")
    assert refused.value.field == "site"
    assert "NOWHERE" in str(refused.value)


def test_another_organisations_record_is_not_there(session: Session) -> None:
    theirs = make_site(session, make_root(session), "SHA")
    stranger = make_root(session)
    for key in (theirs, theirs.id, "SHA"):
        with pytest.raises(NotFound):
            site(session, stranger, key)


@pytest.mark.parametrize("empty", [None, ""])
def test_a_field_may_be_left_empty(session: Session, empty: str | None) -> None:
    assert given("site", site, session, make_root(session), empty) is None


def test_a_coded_value_is_one_of_its_choices() -> None:
    assert member("colour", Colour, " Red ") is Colour.RED
    with pytest.raises(Invalid, match="red"):
        member("colour", Colour, "blue")


@pytest.mark.parametrize("text", ["", "x" * 36, "SHA", 7, None])
def test_what_is_no_id(text: object) -> None:
    assert as_id(text) is None
