"""The investigations of the demo fleet: one action that works, one that does not, a bad batch, two loops left open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from fracas.actions import workflow as actions
from fracas.core import clock
from fracas.demo.events import Plan, Stay
from fracas.demo.play import Stage
from fracas.demo.scenario import PARTS, PartScenario
from fracas.failures import workflow as failures
from fracas.failures.models import Failure
from fracas.failures.states import FailureState
from fracas.problems import queries as problem_queries
from fracas.problems import workflow as problems
from fracas.problems.models import Place
from fracas.problems.states import ACTIVE

OWNER, ENGINEER, QUALITY, APPROVER = (
    "owner@demo.example", "reliability@demo.example", "quality@demo.example", "approver@demo.example",
)  # fmt: skip


LARGEST_RATE_RATIO = 0.5
"""What every action of the demo promises: at most half as many failures as before."""


@dataclass(frozen=True)
class Story:
    """One problem and its action; days are shares of the whole history."""

    part: str
    title: str
    opened: float
    evidence: str
    action: str
    cause_class: str = "primary"
    completed: float | None = None
    verdict: tuple[float, str] | None = None
    only_lot: str | None = None
    closed: float | None = None
    closed_unverified: float | None = None


STORIES = (
    Story("PS-55", "Pressure sensors: water in the connector 压力传感器接插件进水", 0.30,
          "Corroded pins in 14 of 15 sensors opened 拆检15只，14只插针腐蚀",
          "Sealed connector, REV-B for all new sensors 改用密封接插件（REV-B）", completed=0.50,
          verdict=(0.93, "effective"), closed=0.94),
    Story("ASV-9", "Anti-skid valves stick 防滑阀卡滞", 0.36,
          "Dust found at the valve seats 阀座处发现粉尘", "Finer filter before the valve, REV-B 阀前加装精滤（REV-B）",
          completed=0.55, verdict=(0.96, "not_effective")),
    Story("CMP-7", "Compressor lot L24-07: bearings fail early 空压机L24-07批次轴承早期失效", 0.62,
          "Bearing hardness out of specification in the lot 该批轴承硬度超差",
          "Replace the bearings of lot L24-07 更换L24-07批次轴承", only_lot="L24-07"),
    Story("EPV-22", "Relay valves leak soon after fitting 中继阀装车初期泄漏", 0.84,
          "Seal pinched at assembly in 6 of 8 拆检8只，6只密封圈装配夹伤",
          "Assembly jig and leak test before dispatch 装配工装与出厂气密试验"),
    Story("CAL-310", "Brake calipers worn out before overhaul 夹钳未到大修期磨耗到限", 0.55,
          "Wear as designed; overhaul interval too long 磨耗符合设计，大修周期偏长",
          "Shorten the overhaul interval 缩短大修周期", closed_unverified=0.80),
)  # fmt: skip


def schedule(stage: Stage, plan: Plan, days: int) -> None:
    """Put every story on the stage's calendar."""
    for story in STORIES:
        part = next(part for part in PARTS if part.number == story.part)
        _Telling(stage, plan, story, part, days).begin()
    for part in PARTS:
        if part.number not in {story.part for story in STORIES}:
            stage.on_contained[part.number] = partial(close_alone, stage)


def close_alone(stage: Stage, stay: Stay, report: Failure) -> None:
    """A single failure without a pattern: closed by the approver, most of them within weeks."""

    def close() -> None:
        if (
            report.state is FailureState.CONTAINED
            and problem_queries.problem_of(stage.session, report.id) is None
        ):
            failures.close_no_action(
                stage.session, stage.people[APPROVER], report, close_as="no_further_action",
                reason="single failure, watched by the rising-rate review 单个故障，转入趋势监测",
            )  # fmt: skip

    if stage.rng.random() < 0.85:
        stage.later(clock.now() + stage.hours(48, 600), close)


class _Telling:
    """One story being told: it remembers its problem and action."""

    def __init__(self, stage: Stage, plan: Plan, story: Story, part: PartScenario, days: int) -> None:
        self.stage, self.plan, self.story, self.part, self.days = stage, plan, story, part, days
        self.problem: Any = None
        self.action: Any = None
        self.answer: str | None = None

    def begin(self) -> None:
        self.stage.on_contained[self.part.number] = self._contained
        opened = self.story.opened
        self._at(opened, self._open)
        self._at(opened + 0.02, self._analyse)
        self._at(opened + 0.03, self._plan_action)
        self._at(opened + 0.04, self._decide)
        self._at(opened + 0.05, self._start)
        if self.story.completed:
            self._at(self.story.completed, self._complete)
            self._at(self.story.completed + 0.10, lambda: self._verdict("too_early"))
        if self.story.verdict:
            day, answer = self.story.verdict
            self._at(day, lambda: self._verdict(answer))
        if self.story.closed:
            self._at(self.story.closed, self._verify_and_close)
        if self.story.closed_unverified:
            self._at(self.story.closed_unverified, self._close_unverified)

    def _at(self, share: float, act: Callable[[], None]) -> None:
        self.stage.later(self.stage.moment(share * self.days) + timedelta(hours=9), act)

    # ---- the failures

    def _belongs(self, stay: Stay) -> bool:
        return stay.ending == "failure" and self.story.only_lot in (None, stay.lot)

    def _contained(self, stay: Stay, report: Failure) -> None:
        """Link a new failure while the problem is open; without one it is closed alone."""
        if self.problem and self._belongs(stay) and self.problem.state in ACTIVE:
            problems.link_failure(
                self.stage.session, self.stage.people[QUALITY], self.problem, failure=report
            )
        else:
            close_alone(self.stage, stay, report)

    def _open(self) -> None:
        known = [
            report for stay, report in self.stage.reports.get(self.part.number, []) if self._belongs(stay)
        ]
        opened = problems.open_problem(
            self.stage.session, self.stage.people[QUALITY], title=self.story.title, part_type=self.part.number,
            description=self.story.evidence, owner=OWNER, failures=known,
        )  # fmt: skip
        self.problem = opened

    # ---- the investigation

    def _analyse(self) -> None:
        problems.analyse(
            self.stage.session, self.stage.people[OWNER], self.problem, mode=self.part.mode,
            mechanism=self.part.mechanism, cause="F2" if self.story.only_lot else self.part.cause,
            cause_class=self.story.cause_class, method="tear-down and 5-why 拆检与五问法", evidence=self.story.evidence,
        )  # fmt: skip

    def _decide(self) -> None:
        problems.decide(
            self.stage.session, self.stage.people[APPROVER], self.problem, members="I. Larsen, Li Na 李娜, Chen Yu 陈宇",
            decision=f"Carry out: {self.story.action}", residual_risk="low until the fleet is changed over 换装完成前风险低",
        )  # fmt: skip
        if self.story.completed:
            notes = {place.value: "reviewed, documents changed where needed 已排查" for place in Place}
            affected = {place.value: place in (Place.FAILED_UNIT, Place.INSTALLED_UNITS) for place in Place}
            problems.spread(
                self.stage.session, self.stage.people[OWNER], self.problem, affected=affected, notes=notes
            )

    # ---- the action

    def _plan_action(self) -> None:
        due = self.stage.moment((self.story.completed or self.story.opened + 0.10) * self.days)
        planned = actions.plan_action(
            self.stage.session, self.stage.people[QUALITY], problem=self.problem, title=self.story.action,
            action_type="corrective", owner=OWNER, due_on=due.date(),
            effective_from_lot="REV-B" if self.story.completed else self.story.only_lot,
        )  # fmt: skip
        self.action = planned
        metric = self.part.metric
        actions.set_criterion(
            self.stage.session, self.stage.people[ENGINEER], self.action, metric=metric, largest_rate_ratio=LARGEST_RATE_RATIO,
            least_exposure_after=self._least_exposure,
            statement=f"Failure rate per {metric} of REV-B at most half of the rate before 改进后故障率不高于原来的一半",
        )  # fmt: skip

    def _start(self) -> None:
        actions.start(self.stage.session, self.stage.people[OWNER], self.action)

    def _complete(self) -> None:
        actions.complete(
            self.stage.session,
            self.stage.people[OWNER],
            self.action,
            evidence="Drawing change ECN-0417, first article 首件合格",
        )

    def _verdict(self, planned: str) -> None:
        before, after = self._counts(changed=False), self._counts(changed=True)
        self.answer = answer = self._judged(planned, before, after)
        actions.give_verdict(
            self.stage.session, self.stage.people[ENGINEER], self.action, answer=answer,
            failures_before=before[0], exposure_before=before[1], failures_after=after[0], exposure_after=after[1],
            note="counts by lot from the register 按批次由台账统计",
        )  # fmt: skip

    def _judged(self, planned: str, before: tuple[int, float], after: tuple[int, float]) -> str:
        """The story's answer where the counts bear it: a small or short fleet has seen too little, or had bad luck."""
        if planned == "too_early" or not before[0] or after[1] < self._least_exposure:
            return "too_early"
        ratio = (after[0] / after[1]) / (before[0] / before[1])
        return "not_effective" if planned == "effective" and ratio > LARGEST_RATE_RATIO else planned

    @property
    def _least_exposure(self) -> float:
        return 2 * self.part.truth.eta

    def _counts(self, *, changed: bool) -> tuple[int, float]:
        """Failures and exposure so far of the parts made before, or after, the change."""
        now = clock.now()
        failed, exposure = 0, 0.0
        for stay in self.plan.stays:
            start = self.stage.moment(stay.installed_day)
            if stay.part is not self.part or (stay.lot == "REV-B") is not changed or start >= now:
                continue
            end = now if stay.removed_day is None else min(now, self.stage.moment(stay.removed_day))
            exposure += (end - start).total_seconds() / 86400 * stay.vehicle.use_per_day[self.part.metric]
            failed += stay.ending == "failure" and end < now
        return failed, round(exposure, 1)

    def _verify_and_close(self) -> None:
        if self.answer != "effective":
            return  # the gates would refuse it, and rightly
        actions.verify(self.stage.session, self.stage.people[APPROVER], self.action)
        problems.close(self.stage.session, self.stage.people[APPROVER], self.problem)
        self._close_failures()

    def _close_unverified(self) -> None:
        problems.close_unverified(
            self.stage.session, self.stage.people[APPROVER], self.problem,
            reason="Wear as designed; the overhaul plan is kept by the operator 正常磨损，由运营方检修规程管理",
        )  # fmt: skip
        self._close_failures()

    def _close_failures(self) -> None:
        """The problem is closed, so its failures can be."""
        quality = self.stage.people[QUALITY]
        linked = problem_queries.failures_of(quality, self.problem)
        for report in self.stage.session.scalars(linked).unique().all():
            if report.state is FailureState.CONTAINED:
                failures.close(self.stage.session, quality, report)
