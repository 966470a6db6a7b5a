from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pytest

from fracas.assets import forms, workflow
from fracas.assets.api import RECORDS
from fracas.core.forms import Form
from fracas.web import forms as web_forms

ENTRIES: list[tuple[Callable[..., Any], type[Form]]] = [
    (workflow.register_system, forms.RegisterSystem),
    (workflow.register_part, forms.RegisterPart),
    (workflow.install, forms.Install),
    (workflow.remove, forms.Remove),
    (workflow.move, forms.Move),
    (workflow.set_condition, forms.SetCondition),
    (workflow.read_usage, forms.ReadUsage),
]
ASKED = ENTRIES + [(act.verb, act.form) for records in RECORDS for act in records.acts]


def test_every_verb_is_asked_for_somewhere() -> None:
    assert {verb.__name__ for verb, _ in ASKED} == set(workflow.__all__)


def words(verb: Callable[..., Any]) -> set[str]:
    """The keywords that a verb takes as ``**words: Unpack[...]``."""
    told = get_type_hints(inspect.unwrap(verb)).get("words")
    return set(get_args(told)[0].__annotations__) if told else set()


@pytest.mark.parametrize(("verb", "form"), ASKED, ids=lambda one: one.__name__)
def test_a_form_asks_in_the_words_of_its_verb(verb: Callable[..., Any], form: type[Form]) -> None:
    parameters = inspect.signature(verb).parameters
    asked = set(form.model_fields) - {"reason"}
    assert asked <= {*parameters, *words(verb)}
    needed = {
        name
        for name, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    }
    assert needed <= {name for name, info in form.model_fields.items() if info.is_required()}


def test_moments_left_empty_are_now_for_the_verb_to_fill() -> None:
    assert forms.Commission().facts() == {}
    label = forms.Commission.model_fields["occurred_at"].title
    assert label == "Commissioned at"


def test_ages_are_typed_one_a_line() -> None:
    from werkzeug.datastructures import MultiDict

    sent = MultiDict(
        {"part": "A", "system": "S1", "position": "BOX", "age_at_install": "h: 1200\ncalendar: 90"}
    )
    given = web_forms.parse(forms.Install, web_forms.posted(forms.Install, sent))
    assert given.age_at_install == {"h": 1200.0, "calendar": 90.0}
