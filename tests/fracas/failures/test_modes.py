"""The mode of a failure: observed, and better known when its problem was analysed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fracas.catalog.models import FailureCode
from fracas.failures import modes
from fracas.failures.models import Failure
from tests.factories.loop import ANALYSIS, Loop


def code(loop: Loop, failure: Failure, expression: Any) -> str | None:
    rows = (
        select(FailureCode.code).join(Failure, FailureCode.id == expression).where(Failure.id == failure.id)
    )
    return loop.session.scalar(rows)


def test_the_observed_mode_holds_until_the_analysis(loop: Loop) -> None:
    failure = loop.failure_in("verified")
    assert code(loop, failure, modes.mode_now()) == "ELK"
    problem = loop.problem(failures=[failure])
    assert code(loop, failure, modes.mode_now()) == "ELK"
    loop.on("analyse", problem, **{**ANALYSIS, "mode": "INL"})
    assert (code(loop, failure, modes.mode_now()), code(loop, failure, modes.observed())) == ("INL", "ELK")
    loop.on("unlink_failure", problem, failure=failure.number, reason="another cause")
    assert code(loop, failure, modes.mode_now()) == "ELK"


def test_overriding_twice_is_overriding_once() -> None:
    from fracas.problems.queries import analysed_mode

    modes.override(analysed_mode)
    before = str(modes.mode_now())
    modes.override(analysed_mode)
    assert str(modes.mode_now()) == before
