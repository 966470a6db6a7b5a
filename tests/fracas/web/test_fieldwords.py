"""Fields, their values and the parameters of messages, in words."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from markupsafe import Markup

import fracas
from fracas.catalog.models import CodeKind
from fracas.core.db import Base
from fracas.core.errors import Finding, Refused
from fracas.core.history import SILENT
from fracas.core.words import Coded, FieldName, Listed, VerbName
from fracas.failures.scoring import LADDER
from fracas.failures.states import FailureState
from fracas.web.errors import sentence
from fracas.web.fieldwords import FIELDS, field_value, field_word, said
from tests.factories.service import Service


@pytest.fixture
def reader(service: Service) -> Iterator[None]:
    with service.app.test_request_context("/"):
        yield


@pytest.fixture
def chinese(service: Service) -> Iterator[None]:
    with service.app.test_request_context("/", headers={"Accept-Language": "zh-CN"}):
        yield


def fields_of_the_history() -> set[str]:
    for module in pkgutil.walk_packages(fracas.__path__, "fracas."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {
        column.key
        for mapper in Base.registry.mappers
        if getattr(mapper.class_, "__history__", ()) is not None
        and mapper.class_.__tablename__ != "history_entry"
        for column in mapper.column_attrs
        if column.key not in SILENT and column.key not in getattr(mapper.class_, "__secret__", ())
    }


def test_every_field_that_a_timeline_shows_has_its_word() -> None:
    assert fields_of_the_history() - FIELDS.keys() == set()


def test_no_word_is_for_a_field_that_is_not_there() -> None:
    columns = {column.name for table in Base.metadata.tables.values() for column in table.columns}
    assert FIELDS.keys() - columns == {question.key for question in LADDER}


@pytest.mark.usefixtures("reader")
def test_a_field_without_a_word_is_shown_as_it_is() -> None:
    assert field_word("owner_id") == "Owner"
    assert field_word("not_yet_named") == "not yet named"


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    ("value", "table", "name", "told"),
    [
        (None, "failure", "state", ""),
        ("completed", "failure", "state", "details complete"),
        ("completed", "action", "state", "completed"),
        ("completed", "failure", "symptom", "completed"),
        (True, "score", "is_relevant", "yes"),
        (12.5, "failure", "delay_minutes", "12.5"),
        ("2026-05-31T14:30:00+00:00", "failure", "occurred_at", "2026-05-31 22:30 UTC+8"),
        ({"operator_error": "unsure"}, "score", "answers", "Error of operation or maintenance: not sure"),
        (["a", "b"], "containment", "part_ids", "a, b"),
        (["symptom_code", "part"], "failure", "not_recorded", "Symptom code, Part"),
        ("closed", "table_of_long_ago", "state", "closed"),
    ],
)
def test_how_a_value_is_told(value: object, table: str, name: str, told: str) -> None:
    assert field_value(value, table, name, "Asia/Shanghai") == told


@pytest.mark.usefixtures("reader")
def test_a_record_is_told_as_it_is_called_and_only_links_are_markup() -> None:
    called = {"0190": Markup('<a href="/parts/1">A&amp;B</a>'), "0191": "<i>"}
    assert field_value("0190", "action", "owner_id", linked=called) == called["0190"]
    assert field_value(["0190", "0191"], "containment", "part_ids", linked=called) == (
        '<a href="/parts/1">A&amp;B</a>, &lt;i&gt;'
    )


@pytest.mark.usefixtures("chinese")
def test_values_are_told_in_chinese() -> None:
    assert field_value("completed", "failure", "state") == "已补全"
    assert field_value(False, "score", "is_relevant") == "否"


@pytest.mark.usefixtures("chinese")
def test_the_parameters_of_a_message_are_words_too() -> None:
    assert said(FailureState.CLOSED) == "已关闭"
    assert said(Coded("failure")) == "故障"
    assert said(FieldName("part_id")) == "部件"
    assert said(Listed([VerbName("score", "failure"), CodeKind.MODE])) == "判定、故障模式"
    assert said("closed") == "closed"


@pytest.mark.usefixtures("chinese")
def test_a_refusal_is_a_whole_sentence_in_chinese() -> None:
    refused = Refused(
        "“%(verb)s” is not possible while the %(kind)s is “%(state)s”; possible now: %(possible)s.",
        verb=VerbName("verify", "action"), kind=Coded("action"), state=FailureState.REPORTED,
        possible=Listed([VerbName("start", "action"), VerbName("edit", "action")]),
    )  # fmt: skip
    assert sentence(refused) == "措施处于“已报告”时不能执行“验证效果”；现在可执行：开始、编辑。"
    inner = Finding("%(problem)s is closed; reopen it before planning an action.", params={"problem": "PR-1"})
    assert (
        sentence(Refused("Not yet: %(why)s", why=inner)) == "Not yet: PR-1 已关闭，请先重新打开再制定措施。"
    )


def test_outside_the_web_they_read_as_they_are_written() -> None:
    refused = Refused(
        "%(verb)s: %(possible)s", verb=VerbName("verify", "action"), possible=Listed([Coded("a"), "b"])
    )
    assert str(refused) == "verify: a, b"
