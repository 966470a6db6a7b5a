"""The gates of a problem answer in words, and only where they refuse."""

from __future__ import annotations

from fracas.problems import gates
from tests.factories.loop import Loop


def test_each_gate_of_closing(loop: Loop) -> None:
    problem = loop.problem()
    checks = (gates.unanalysed_refusal, gates.undecided_refusal, gates.unreviewed_refusal)
    words = ("not analysed", "not decided", "mating_equipment")
    for check, word in zip(checks, words, strict=True):
        assert word in str(check(loop.session, problem, loop.actor))
    complete = loop.problem_in("spread")
    assert [check(loop.session, complete, loop.actor) for check in checks] == [None, None, None]


def test_an_owner_is_no_approver(loop: Loop) -> None:
    problem = loop.problem(owner=loop.person("approver").email)
    assert "You own" in str(gates.owner_refusal(loop.session, problem, loop.as_("approver")))
    assert gates.owner_refusal(loop.session, problem, loop.as_("approver", "2")) is None
    assert gates.owner_refusal(loop.session, loop.problem(), loop.actor) is None


def test_a_failure_waits_for_its_problem(loop: Loop) -> None:
    failure = loop.report()
    assert "belongs to no problem" in str(gates.open_refusal(loop.session, failure, loop.actor))
    problem = loop.problem(failures=[failure])
    assert problem.number in str(gates.open_refusal(loop.session, failure, loop.actor))
    loop.on("close_unverified", problem, reason="customer left")
    assert gates.open_refusal(loop.session, failure, loop.actor) is None
