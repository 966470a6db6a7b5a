"""The closed loop in a browser: from a report on a phone to a closed problem, through every refusal on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fracas.assets.models import Installation, System
from fracas.catalog.models import Position
from fracas.core import clock
from fracas.failures.scoring import LADDER
from fracas.problems.models import Place
from tests.journeys.depot import email
from tests.journeys.test_filing import Visit, press_send, wall_clock
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser

OURS = {f"answers.{question.key}": "no" for question in LADDER}
ABUSED = {**OURS, "answers.operator_error": "yes"}


@pytest.fixture
def people(visit: Visit) -> Callable[[str], Visitor]:
    """Everybody at a desk of their own; each comes in once."""
    here: dict[str, Visitor] = {}

    def at_desk(name: str) -> Visitor:
        if name not in here:
            here[name] = visit(name)
        return here[name]

    return at_desk


def installed(door: Any, car: str, place: str) -> str:
    """The serial that the register has there now."""
    with door.session() as session:
        rows = select(Installation).join(System, System.id == Installation.system_id)
        rows = rows.join(Position, Position.id == Installation.position_id)
        rows = rows.where(System.serial == car, Position.code == place)
        return str(
            session.scalars(rows.order_by(Installation.occurred_at.desc())).unique().first().part.serial
        )


def weibull(visitor: Visitor, scoring: str) -> tuple[dict[str, int], str]:
    """What the page of the part type says: its three counts, and eta as it is written."""
    visitor.open(f"/reliability/part-type?part_type=V-7&metric=km&scoring={scoring}")
    text = visitor.text()
    counts = {
        name: int(re.search(rf"{name}: (\d+)", text).group(1)) for name in ("counted", "unscored", "excluded")
    }  # type: ignore[union-attr]
    eta = visitor.page.locator(".tile", has_text="η").locator(".quantity-main").inner_text()
    visitor.page.wait_for_selector("figure.chart[data-drawn] .main-svg")
    return counts, eta


def report(visitor: Visitor, car: str, symptom: str) -> str:
    visitor.open("/failures/file")
    visitor.fill(serial=car, symptom=symptom, occurred_at=wall_clock(6))
    press_send(visitor)
    visitor.page.wait_for_url("**/failures/FR-*")
    return visitor.record()


def complete(visitor: Visitor, failure: str, out: str, into: str, place: str) -> None:
    visitor.open(f"/failures/{failure}")
    visitor.step("complete").fill(
        maintenance_kind="replace", position=place, part_out=out, part_in=into, handling="Valve changed",
        downtime_started_at=wall_clock(6), restored_at=wall_clock(4), swapped_at=wall_clock(6), labour_hours=1.5,
        waiting_hours=0.5, symptom_code="LEK", detection_method="in_service", life_cycle_phase="service",
        effect_on_function="major", effect_on_safety="none", effect_on_mission="minor", configuration="1.0",
    ).send()  # fmt: skip
    assert visitor.state() == "completed", visitor.text()
    assert f"out: {out} → in: {into}" in visitor.text()


def verify_and_score(people: Callable[[str], Visitor], failure: str, answers: dict[str, str]) -> None:
    quality, engineer = people("quality"), people("reliability")
    quality.open(f"/failures/{failure}")
    quality.step("verify").fill(
        outcome="confirmed", mode="ELK", method="Leak test on the bench, by me"
    ).send()
    assert quality.state() == "verified"
    engineer.open(f"/failures/{failure}")
    engineer.step("score").fill(**answers).send()
    assert engineer.state() == "scored"


def test_the_loop(people: Callable[[str], Visitor], visit: Visit, door: Any) -> None:
    out = installed(door, "L01", "B1.VALVE")
    failure = report(visit("field", phone=True), "L01", "Relay valve leaks")
    complete(people("service"), failure, out, "NEW-1", "B1.VALVE")

    # Scoring changes the figures: what counts is in the fit of the counted ones from then on.
    manager = people("manager")
    before, eta_before = weibull(manager, "counted")
    verify_and_score(people, failure, OURS)
    after, eta_after = weibull(manager, "counted")
    assert after == {**before, "counted": before["counted"] + 1, "unscored": before["unscored"] - 1}
    assert eta_after != eta_before

    quality = people("quality")
    quality.open(f"/failures/{failure}")
    quality.step("contain").fill(is_needed="false", note="One valve only").send()
    problem = open_problem(quality, failure)
    investigate(people, problem)
    action = act(people, problem)
    refused_at_closing(people, door, problem, action)
    prove(people, action)
    close(people, problem, failure)


def open_problem(quality: Visitor, failure: str) -> str:
    quality.open(f"/failures/{failure}")
    quality.page.click('main a[href^="/problems/new"]')
    quality.page.wait_for_url("**/problems/new*")
    assert quality.page.input_value("[name=failures]") == failure
    quality.fill(title="Relay valves leak", owner=email("approver")).send()
    problem = quality.record()
    assert failure in quality.text()
    # The failure may not be closed while its problem is open.
    quality.open(f"/failures/{failure}")
    assert f"Its problem {problem} is still open" in quality.text()
    assert "still open" in quality.step("close").send()
    quality.open(f"/failures/{failure}")
    assert quality.state() == "contained"
    return problem


def investigate(people: Callable[[str], Visitor], problem: str) -> None:
    engineer, owner, board, quality = (
        people(n) for n in ("reliability", "approver", "second_approver", "quality")
    )
    engineer.open(f"/problems/{problem}")
    engineer.step("analyse").fill(
        mode="ELK",
        mechanism="2.3",
        cause="F2",
        cause_class="primary",
        method="tear-down",
        evidence="photo 12",
    ).send()
    assert engineer.state() == "analysed"
    decision = {"members": "A, B, C", "decision": "New seal", "residual_risk": "low"}
    owner.open(f"/problems/{problem}")
    assert f"You own {problem}" in owner.step("decide").fill(**decision).send()
    board.open(f"/problems/{problem}")
    board.step("decide").fill(**decision).send()
    assert board.state() == "decided"
    quality.open(f"/problems/{problem}")
    places = {f"affected.{place}": "no" for place in Place} | {
        f"notes.{place}": "looked at" for place in Place
    }
    quality.step("spread").fill(**places).send()
    assert quality.state() == "spread"


def act(people: Callable[[str], Visitor], problem: str) -> str:
    quality, engineer = people("quality"), people("reliability")
    quality.page.click('main a[href^="/actions/new"]')
    quality.page.wait_for_url("**/actions/new*")
    assert quality.page.input_value("[name=problem]") == problem
    due = f"{clock.now() + timedelta(days=30):%Y-%m-%d}"
    quality.fill(
        action_type="corrective", title="Seal of another rubber", owner=email("quality"), due_on=due
    ).send()
    action = quality.record()
    quality.step("start").send()
    assert quality.state() == "in_progress"
    # What will count as success is said before the work is done.
    assert f"{action} has no criterion" in quality.step("complete").fill(evidence="drawing 7 B").send()
    engineer.open(f"/actions/{action}")
    engineer.step("set_criterion").fill(
        statement="Half as many leaks", largest_rate_ratio=0.5, metric="km"
    ).send()
    quality.open(f"/actions/{action}")
    quality.step("complete").fill(evidence="drawing 7 B", effective_from_serial="NEW-1").send()
    assert quality.state() == "completed", quality.text()
    return action


def refused_at_closing(people: Callable[[str], Visitor], door: Any, problem: str, action: str) -> None:
    owner, board = people("approver"), people("second_approver")
    for who, words in ((owner, f"You own {problem}"), (board, f"Not verified yet: {action}")):
        who.open(f"/problems/{problem}")
        assert words in who.text()
        assert words in who.step("close").send()
        who.open(f"/problems/{problem}")
        assert who.state() == "spread"
    refused = door.post(f"/problems/{problem}/close", "second_approver")
    assert (refused.status_code, refused.content_type) == (409, "application/problem+json")
    board.open(f"/actions/{action}")
    assert f"{action} has no verdict" in board.step("verify").send()


def prove(people: Callable[[str], Visitor], action: str) -> None:
    engineer, board = people("reliability"), people("second_approver")
    engineer.open(f"/actions/{action}")
    counts = {"failures_before": 20, "exposure_before": 1e6, "failures_after": 1, "exposure_after": 1e6}
    engineer.step("give_verdict").fill(answer="effective", **counts).send()
    board.open(f"/actions/{action}")
    board.step("verify").send()
    assert board.state() == "verified"


def close(people: Callable[[str], Visitor], problem: str, failure: str) -> None:
    owner, board, quality = people("approver"), people("second_approver"), people("quality")
    owner.open(f"/problems/{problem}")
    assert f"You own {problem}" in owner.step("close").send()
    board.open(f"/problems/{problem}")
    board.step("close").send()
    assert board.state() == "closed"
    quality.open(f"/failures/{failure}")
    quality.step("close").send()
    assert quality.state() == "closed"
    done = quality.page.locator(".timeline li").all_inner_texts()
    for who in ("Field", "Service", "Quality", "Reliability"):
        assert any(who in line for line in done), done


def test_what_the_ladder_excludes_leaves_the_fit(people: Callable[[str], Visitor], door: Any) -> None:
    out = installed(door, "L02", "B2.VALVE")
    failure = report(people("field"), "L02", "Hose torn off by a forklift")
    complete(people("service"), failure, out, "NEW-2", "B2.VALVE")
    before, eta_before = weibull(people("manager"), "default")
    verify_and_score(people, failure, ABUSED)
    after, eta_after = weibull(people("manager"), "default")
    assert after == {**before, "excluded": before["excluded"] + 1, "unscored": before["unscored"] - 1}
    # One failure less over the same exposure: the parts live longer than they seemed to.
    assert eta_after != eta_before
    fit = door.get("/reliability/weibull", part_type="V-7", metric="km")
    assert fit["counts"]["excluded"] == after["excluded"]
    shown = float(eta_after.split()[0].replace(",", ""))
    assert fit["eta"]["estimate"] == pytest.approx(shown, rel=0.01)


def test_a_form_opened_twice_and_saved_twice(visit: Visit, door: Any) -> None:
    first, second = visit("quality"), visit("quality")
    waiting = door.get("/failures", state="completed", site="WEST")["items"][0]["number"]
    for one in (first, second):
        one.open(f"/failures/{waiting}")
        one.step("amend")
    first.fill(symptom="What the first one wrote", reason="typing error").send()
    assert "What the first one wrote" in first.text()
    told = second.fill(symptom="What the second one wrote", reason="typing error").send()
    assert "Nothing was overwritten" in told
    # What was typed is still in the form, and the record is as the first one left it.
    assert second.page.input_value("[name=symptom]") == "What the second one wrote"
    now = door.get(f"/failures/{waiting}")
    assert (now["symptom"], now["revision"]) == ("What the first one wrote", 3)


def test_a_program_that_saves_over_another_is_told(door: Any) -> None:
    number = door.get("/failures", state="completed", site="WEST")["items"][0]["number"]
    seen = (
        door.app.test_client()
        .get(f"/api/v1/failures/{number}", headers=door.bearer("quality"))
        .headers["ETag"]
    )
    body = {"symptom": "from a program", "reason": "typing error"}
    assert door.post(f"/failures/{number}/amend", "quality", body, **{"If-Match": seen}).status_code == 200
    late = door.post(
        f"/failures/{number}/amend", "quality", {**body, "symptom": "too late"}, **{"If-Match": seen}
    )
    assert (late.status_code, late.json["status"]) == (412, 412)
    assert "Nothing was overwritten" in late.json["detail"]
    assert door.get(f"/failures/{number}")["symptom"] == "from a program"
