"""Coded values have their words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Enum

from fracas.actions.workflow import action_machine
from fracas.core.db import Base
from fracas.failures.workflow import failure_machine
from fracas.problems.workflow import problem_machine
from fracas.users.models import Role
from fracas.web.words import VERBS, WORDS, verb_word, word
from tests.factories.service import Service


@pytest.fixture
def reader(service: Service) -> Iterator[None]:
    with service.app.test_request_context("/"):
        yield


@pytest.fixture
def chinese(service: Service) -> Iterator[None]:
    with service.app.test_request_context("/", headers={"Accept-Language": "zh-CN"}):
        yield


@pytest.mark.usefixtures("reader")
def test_a_value_is_shown_by_its_word_and_an_unknown_one_as_it_is() -> None:
    assert word("closed_unverified") == "closed unverified"
    assert word(Role.FIELD_ENGINEER) == "field engineer"
    assert word("no_such_thing") == "no such thing"


@pytest.mark.usefixtures("reader")
def test_what_a_button_says() -> None:
    assert verb_word("give_verdict") == "Give a verdict"
    assert verb_word("do_something_new") == "Do something new"


def test_every_verb_of_the_loop_has_a_word() -> None:
    verbs = {verb for m in (failure_machine, problem_machine, action_machine) for verb in m.moves}
    assert verbs - VERBS.keys() - {"bring_history"} == set()


def test_every_coded_value_has_a_word() -> None:
    """So that there is something to translate; an enumeration that a table holds is shown somewhere."""
    values = {
        str(value)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Enum)
        for value in column.type.enums
    }
    assert values - WORDS.keys() == set()
