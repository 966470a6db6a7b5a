"""Moves, gates and echoes."""

from __future__ import annotations

from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import pytest

from fracas.core.db import uuid7
from fracas.core.errors import Invalid, Refused
from fracas.core.permissions import Actor
from fracas.core.statemachine import Machine

ACTOR = Actor.system(uuid7())


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class NoSession:
    def flush(self) -> None: ...


def _machine() -> Machine:
    moves = {"go": {Light.RED: Light.GREEN}, "stop": {Light.GREEN: Light.RED}, "look": {Light.RED: Light.RED}}
    return Machine("light", moves, reasons=frozenset({"stop"}))


def test_a_verb_that_the_state_does_not_know_is_refused_with_what_is_possible() -> None:
    with pytest.raises(Refused, match="possible now: stop"):
        _machine().require_state(SimpleNamespace(state=Light.GREEN), "go")


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_going_back_needs_a_reason(reason: str | None) -> None:
    with pytest.raises(Invalid):
        _machine().require_state(SimpleNamespace(state=Light.GREEN), "stop", reason)
    _machine().require_state(SimpleNamespace(state=Light.GREEN), "stop", "a child ran")


def test_a_gate_refuses_and_the_state_stays() -> None:
    machine, subject = _machine(), SimpleNamespace(state=Light.RED)

    def barrier(_session: Any, _subject: Any, _actor: Actor) -> str | None:
        return "The barrier is down."

    machine.gate("go", barrier)
    machine.gate("go", barrier)  # hung twice, it is one gate
    assert [str(refusal) for refusal in machine.refusals(NoSession(), subject, "go", ACTOR)] == [
        "The barrier is down."
    ]  # type: ignore[arg-type]
    with pytest.raises(Refused, match="barrier"):
        machine.move(NoSession(), subject, "go", ACTOR)  # type: ignore[arg-type]
    assert subject.state is Light.RED


def test_an_echo_hears_of_it_afterwards() -> None:
    machine, subject, heard = _machine(), SimpleNamespace(state=Light.RED), []

    def note(_session: Any, moved: Any, _actor: Actor) -> None:
        heard.append(moved.state)

    machine.echo("go", note)
    machine.echo("go", note)
    machine.move(NoSession(), subject, "go", ACTOR)  # type: ignore[arg-type]
    assert (subject.state, heard) == (Light.GREEN, [Light.GREEN])


def test_a_gate_on_a_verb_that_is_none_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        _machine().gate("fly", lambda *_: None)
