"""Marking a text leaves it as it is."""

from fracas.core.words import N_


def test_a_marked_text_is_the_text() -> None:
    assert N_("Outcome") == "Outcome"
