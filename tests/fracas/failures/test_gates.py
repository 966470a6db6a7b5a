"""The gates answer in words, and only where they refuse."""

from __future__ import annotations

from fracas.failures import gates
from tests.factories.loop import IN_DOUBT, WHOLLY_OURS, Loop


def test_a_referred_score_holds_the_failure_up(loop: Loop) -> None:
    failure = loop.failure_in("verified")
    assert gates.referred_refusal(loop.session, failure, loop.actor) is None
    loop.do("score", failure, answers=IN_DOUBT)
    assert "second scorer" in str(gates.referred_refusal(loop.session, failure, loop.actor))
    loop.do("score", failure, answers=WHOLLY_OURS)
    assert gates.referred_refusal(loop.session, failure, loop.actor) is None


def test_a_reporter_does_not_end_the_own_report(loop: Loop) -> None:
    reporter = loop.as_("field_engineer")
    failure = loop.report(reporter)
    assert "another approver" in str(gates.own_report_refusal(loop.session, failure, reporter))
    assert gates.own_report_refusal(loop.session, failure, loop.as_("approver")) is None
    assert gates.own_report_refusal(loop.session, loop.report(), loop.actor) is None
