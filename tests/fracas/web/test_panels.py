"""An upper room draws on a lower room's page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fracas.web import panels


@pytest.fixture(autouse=True)
def _no_trace() -> Iterator[None]:
    yield
    panels._panels.pop("probe", None)


def test_panels_stand_in_order_and_are_not_escaped_again() -> None:
    @panels.panel("probe", 20)
    def second(subject: str) -> str:
        return f"<i>{subject}</i>"

    @panels.panel("probe", 10)
    def first(_subject: str) -> str:
        return "<b>1</b>"

    assert str(panels.draw("probe", "x")) == "<b>1</b><i>x</i>"


def test_a_panel_hung_twice_is_drawn_once() -> None:
    def one(_subject: str) -> str:
        return "one"

    panels.panel("probe", 1)(one)
    panels.panel("probe", 1)(one)
    assert str(panels.draw("probe", None)) == "one"


def test_a_kind_without_panels_draws_nothing() -> None:
    assert str(panels.draw("no such kind", None)) == ""
