"""Coded values have their words."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from enum import StrEnum

import pytest
from sqlalchemy import Enum

import fracas
from fracas.actions.states import ActionState
from fracas.actions.workflow import action_machine
from fracas.assets.models import Condition, ServiceEventKind
from fracas.catalog.models import CodeKind, FailureCode
from fracas.core.db import Base
from fracas.core.permissions import KNOWN
from fracas.failures.models import MaintenanceKind, Severity
from fracas.failures.states import FailureState
from fracas.failures.workflow import failure_machine
from fracas.problems.workflow import problem_machine
from fracas.users.models import Role
from fracas.web.words import VERBS, WORDS, code_words, method_words, verb_word, word
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


def every_enumeration() -> list[type[StrEnum]]:
    """All of them, wherever they are declared; the command line's own module runs nothing when imported."""
    for module in pkgutil.walk_packages(fracas.__path__, "fracas."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return sorted(
        (kind for kind in StrEnum.__subclasses__() if kind.__module__.startswith("fracas.")),
        key=lambda k: k.__name__,
    )


def test_every_value_of_every_enumeration_has_a_word() -> None:
    found = every_enumeration()
    assert {FailureState, Condition, Severity} <= set(found)
    nameless = [
        f"{kind.__module__}.{kind.__name__}.{value}"
        for kind in found
        for value in kind
        if value not in WORDS and f"{kind.__name__}.{value}" not in WORDS
    ]
    assert nameless == []


def test_a_word_of_one_class_is_a_value_of_that_class() -> None:
    """Otherwise it is never shown; ``kind.`` are the headings of the matrix."""
    values = {f"{kind.__name__}.{value}" for kind in every_enumeration() for value in kind}
    own = {key for key in WORDS if "." in key and not key.startswith("kind.")}
    assert own - values == set()


def test_every_permission_has_the_word_of_its_verb() -> None:
    every_enumeration()
    assert {name.rpartition(".")[2] for name in KNOWN} - VERBS.keys() == set()


@pytest.mark.usefixtures("reader")
def test_one_value_says_different_things_in_different_classes() -> None:
    assert word(FailureState.COMPLETED) == "details complete"
    assert word(ActionState.COMPLETED) == "completed"
    assert word(Condition.RETIRED) == "scrapped"
    assert word(ServiceEventKind.RETIRED) == "retired"
    assert word(Severity.NONE) == "no effect"
    assert word(MaintenanceKind.NONE) == "nothing done"
    assert verb_word("verify", "action") == "Verify the effect"
    assert verb_word("verify", "failure") == "Verify"


@pytest.mark.usefixtures("reader")
def test_text_of_a_person_is_left_as_it_is() -> None:
    assert word("Valve_2 leaks") == "Valve_2 leaks"
    assert word("") == ""


@pytest.mark.usefixtures("chinese")
def test_a_method_is_told_part_by_part() -> None:
    assert method_words("mle, calibrated") == "极大似然, 校准"
    assert method_words("chi-square, time terminated") == "卡方, 定时截尾"


@pytest.mark.usefixtures("chinese")
def test_words_come_in_chinese() -> None:
    assert word(FailureState.COMPLETED) == "已补全"
    assert word("") == ""
    assert verb_word("spread") == "举一反三"


@pytest.mark.usefixtures("chinese")
def test_a_code_is_named_in_chinese_where_it_has_that() -> None:
    assert (
        code_words(FailureCode(kind=CodeKind.MODE, code="ELK", name="Leaks", name_zh="外泄漏"))
        == "ELK 外泄漏"
    )
    assert code_words(FailureCode(kind=CodeKind.MODE, code="ELK", name="Leaks")) == "ELK Leaks"


@pytest.mark.usefixtures("reader")
def test_a_code_is_named_in_english_to_others() -> None:
    assert (
        code_words(FailureCode(kind=CodeKind.MODE, code="ELK", name="Leaks", name_zh="外泄漏")) == "ELK Leaks"
    )
