"""The closed loop with people in it: a register, codes, one actor a role, and records walked to any stage by the verbs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from fracas import loop as closed_loop
from fracas.actions import workflow as actions
from fracas.actions.models import Action
from fracas.catalog import workflow as catalog
from fracas.core.permissions import Actor
from fracas.failures import workflow as failures
from fracas.failures.models import Failure
from fracas.failures.scoring import LADDER
from fracas.problems import workflow as problems
from fracas.problems.models import Place, Problem
from fracas.users import queries as users
from fracas.users import workflow as people
from fracas.users.models import User
from tests.factories.assets import Register, day
from tests.factories.users import make_user

WHOLLY_OURS = {question.key: "no" for question in LADDER}
NOT_COUNTED = {**WHOLLY_OURS, "operator_error": "yes"}
IN_DOUBT = {**WHOLLY_OURS, "outside_environment": "unsure"}

COMPLETION = {
    "symptom_code": "LEK",
    "configuration": "C1 / 2.4.1",
    "life_cycle_phase": "service",
    "detection_method": "in_service",
    "effect_on_function": "major",
    "effect_on_safety": "none",
    "effect_on_mission": "minor",
    "downtime_started_at": day(100),
    "restored_at": day(101),
    "handling": "Sealed and tested",
    "maintenance_kind": "repair",
    "position": "B1.VALVE",
    "labour_hours": 2.5,
    "waiting_hours": 4.0,
    "repair_assumption": "as_old",
}
REVIEW = {
    "affected": {place.value: "no" for place in Place},
    "notes": {place.value: "looked at" for place in Place},
}
ANALYSIS = {
    "mode": "ELK",
    "mechanism": "2.3",
    "cause": "A",
    "cause_class": "primary",
    "method": "tear-down",
    "evidence": "photo 12",
}
DECISION = {"members": "A, B, C", "decision": "new seal", "residual_risk": "low"}


class Loop(Register):
    """A register with a valve V1 in S1 and a spare V2, the starter codes, the default matrix and the wired loop."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        closed_loop.wire()
        catalog.starter_codes(session, self.actor)
        catalog.add_code(session, self.actor, kind="cause", code="A", name="Wrong seal")
        people.grant_defaults(session, self.actor)
        self._people: dict[str, User] = {}
        self.part("V1", "V-7")
        self.part("V2", "V-7")
        self.install("V1", position="B1.VALVE", at=0)

    # ------------------------------------------------------------ people

    def person(self, role: str, name: str = "") -> User:
        """The person with that role, or another one of ``name``."""
        key = f"{role}{name}"
        if key not in self._people or self._people[key] not in self.session:
            facts: dict[str, Any] = (
                {"sites": ["DEPOT"]} if role in ("field_engineer", "service_station") else {}
            )
            if role == "customer":
                facts["customer"] = "METRO"
            facts["email"] = f"{key}@{self.actor.organisation_id}.example"
            self._people[key] = make_user(self.session, self.actor, role, **facts)
        return self._people[key]

    def as_(self, role: str, name: str = "") -> Actor:
        return users.actor_for(self.session, self.person(role, name))

    # ------------------------------------------------------------ failures

    def report(self, actor: Actor | None = None, **words: Any) -> Failure:
        told = {
            "occurred_at": day(100),
            "symptom": "drips",
            "usage_not_read_reason": "display dark",
            "system": "S1",
        }
        made: Failure = failures.file(self.session, actor or self.actor, **{**told, **words})
        return made

    def complete(self, failure: Failure, actor: Actor | None = None, **words: Any) -> Failure:
        return self.do("complete", failure, actor, **{**COMPLETION, **words})

    def do(self, verb: str, failure: Failure, actor: Actor | None = None, **facts: Any) -> Any:
        return getattr(failures, verb)(self.session, actor or self.actor, failure, **facts)

    def failure_in(self, state: str, **words: Any) -> Failure:
        """A report walked to ``state`` by the verbs."""
        failure = self.report(**words)
        if state == "closed_elsewhere":
            failure.external_id = f"old-{failure.number}"
            return self.do("bring_history", failure)  # type: ignore[no-any-return]
        steps = ["completed", "verified", "scored", "contained"]
        reached = steps[: steps.index(state) + 1] if state in steps else steps if state == "closed" else []
        if "completed" in reached:
            self.complete(failure)
        if "verified" in reached:
            self.do("verify", failure, outcome="confirmed", method="bench test", mode="ELK")
        if "scored" in reached:
            self.do("score", failure, answers=WHOLLY_OURS)
        if "contained" in reached:
            self.do("contain", failure, is_needed=False, note="one unit only")
        if state == "closed":
            self.do("close_no_action", failure, close_as="no_further_action", reason="worn out at its age")
        assert failure.state == state
        return failure

    # ------------------------------------------------------------ problems

    def problem(self, **facts: Any) -> Problem:
        made: Problem = problems.open_problem(self.session, self.actor, **{"title": "Valves leak", **facts})
        return made

    def on(self, verb: str, problem: Problem, actor: Actor | None = None, **facts: Any) -> Any:
        return getattr(problems, verb)(self.session, actor or self.actor, problem, **facts)

    def problem_in(self, state: str, **facts: Any) -> Problem:
        """A problem walked to ``state`` by the verbs; ``closed`` with one verified action."""
        problem = self.problem(**facts)
        if state == "closed_elsewhere":
            problem.external_id = f"old-{problem.number}"
            return self.on("bring_history", problem)  # type: ignore[no-any-return]
        if state == "closed_unverified":
            return self.on("close_unverified", problem, reason="customer left")  # type: ignore[no-any-return]
        steps = ["analysed", "decided", "spread"]
        reached = steps[: steps.index(state) + 1] if state in steps else steps if state == "closed" else []
        if state == "closed":
            self.action_in("verified", problem=problem)
        if "analysed" in reached:
            self.on("analyse", problem, **ANALYSIS)
        if "decided" in reached:
            self.on("decide", problem, **DECISION)
        if "spread" in reached:
            self.on("spread", problem, **REVIEW)
        if state == "closed":
            self.on("close", problem)
        assert problem.state == state
        return problem

    # ------------------------------------------------------------ actions

    def action(self, **facts: Any) -> Action:
        if "problem" not in facts and "failure" not in facts:
            facts["problem"] = self.problem()
        told = {
            "action_type": "corrective",
            "title": "New seal",
            "owner": self.person("quality").email,
            "due_on": day(200).date(),
            "effective_from_at": day(150),
        }
        made: Action = actions.plan_action(self.session, self.actor, **{**told, **facts})
        return made

    def act(self, verb: str, action: Action, actor: Actor | None = None, **facts: Any) -> Any:
        return getattr(actions, verb)(self.session, actor or self.actor, action, **facts)

    def action_in(self, state: str, **facts: Any) -> Action:
        """An action walked to ``state`` by the verbs."""
        action = self.action(**facts)
        if state == "closed_elsewhere":
            action.external_id = f"old-{action.number}"
            return self.act("bring_history", action)  # type: ignore[no-any-return]
        if state == "cancelled":
            return self.act("cancel", action, reason="no longer built")  # type: ignore[no-any-return]
        if state == "planned":
            return action
        self.act("set_criterion", action, statement="half as many", largest_rate_ratio=0.5)
        self.act("start", action)
        if state in ("completed", "verified"):
            self.act("complete", action, evidence="drawing 7 B")
        if state == "verified":
            self.act("give_verdict", action, **EFFECTIVE)
            self.act("verify", action)
        assert action.state == state
        return action


EFFECTIVE = {
    "answer": "effective",
    "failures_before": 10,
    "exposure_before": 1000.0,
    "failures_after": 2,
    "exposure_after": 1000.0,
}


@pytest.fixture(scope="module")
def world(engine: Engine) -> Iterator[Loop]:
    """Built once for the tests of a module; nothing of it is left afterwards."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield Loop(session)
        outer.rollback()


@pytest.fixture
def loop(world: Loop) -> Iterator[Loop]:
    """The world as it was built, for one test; what the test does is taken back."""
    trace = world.session.begin_nested()
    yield world
    if trace.is_active:
        trace.rollback()
    world.session.expire_all()
