"""Weibull and MTBF of a part type, through the tracker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analytics import InvalidData, LifeData, fit_weibull
from fracas.core.errors import Invalid
from fracas.reliability.datasets import life_table
from fracas.reliability.estimates import mtbf, mtbf_of, weibull, weibull_by, weibull_of
from fracas.reliability.uptime import system_mtbf
from tests.factories.fleet import Fleet, day

WATCHED_DAYS = 250.0


@pytest.fixture
def fleet(session: Session) -> Fleet:
    return Fleet(session)


def hundred_units(seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Ages at failure of 100 units (Weibull, beta 2, eta 10,000 h), and at which each is censored."""
    life = 10_000 * np.random.default_rng(seed).weibull(2.0, 100)
    return life, np.linspace(1000, 6000, 100)


def play_hundred(fleet: Fleet, seed: int) -> LifeData:
    """The same units in the tracker; returns their life data as one would write them down by hand."""
    life, censored = hundred_units(seed)
    for i, (failed_at, until) in enumerate(zip(life, censored, strict=True)):
        installation = fleet.install(f"U{i:03}", f"S{i:03}")
        fleet.read(f"S{i:03}", WATCHED_DAYS, until)
        if failed_at < until:
            at = WATCHED_DAYS * failed_at / until
            removal = fleet.remove(installation, at + 0.01, "failure")
            fleet.fail(f"U{i:03}", at, system=f"S{i:03}", removal=removal)
    return LifeData(np.minimum(life, censored), life < censored, unit="h")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hundred_units_come_out_of_the_tracker_as_they_went_in(fleet: Fleet, seed: int) -> None:
    by_hand = play_hundred(fleet, seed)
    settings: dict[str, Any] = {"part_type": "VALVE-1", "metric": "hours", "as_of": day(WATCHED_DAYS)}
    report = weibull(fleet.session, fleet.actor, **settings)
    expected = fit_weibull(by_hand)
    assert report.fit is not None
    assert report.fit.counts == expected.counts
    # Dates are kept to the microsecond, so ages come back to a few parts in ten million.
    assert (report.fit.eta, report.fit.beta) == pytest.approx((expected.eta, expected.beta), rel=1e-6)
    assert report.quantities["eta"].estimate == report.fit.eta
    assert report.quantities["eta"].failures == expected.counts.failures
    assert report.quantities["beta"].unit == ""


def test_two_hundred_repeats_centre_on_the_truth() -> None:
    etas, without_survivors = [], []
    for seed in range(200):
        life, censored = hundred_units(seed)
        data = LifeData(np.minimum(life, censored), life < censored)
        etas.append(fit_weibull(data).eta)
        without_survivors.append(fit_weibull(data.take(data.event == 1)).eta)
    assert 9_200 <= np.median(etas) <= 10_400
    assert np.median(without_survivors) < 4_500


@pytest.mark.slow
def test_two_hundred_repeats_through_the_tracker(session: Session) -> None:
    etas = []
    for seed in range(200):
        fleet = Fleet(session, number=f"V{seed}")
        play_hundred(fleet, seed)
        settings: dict[str, Any] = {"part_type": f"V{seed}", "metric": "hours", "as_of": day(WATCHED_DAYS)}
        report = weibull(session, fleet.actor, **settings)
        assert report.fit is not None
        etas.append(report.fit.eta)
        session.expunge_all()
    assert 9_200 <= np.median(etas) <= 10_400


def test_mtbf_of_the_acceptance_case(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail("A", 100)
    fleet.fail("A", 300)
    found = mtbf(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(1000), confidence=0.80)
    assert (found.estimate, round(found.lower or 0), round(found.upper or 0)) == (500.0, 188, 1880)
    assert (found.side, found.unit, found.failures, found.exposure) == ("two", "d", 2, 1000)
    assert found.exposure_estimated_share == 0


def test_mtbf_without_failures_is_at_least(fleet: Fleet) -> None:
    fleet.install("A")
    found = [
        mtbf(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(1000), confidence=level)
        for level in (0.75, 0.90)
    ]
    assert [(one.estimate, round(one.lower or 0), one.upper, one.side) for one in found] == [
        (None, 721, None, "lower"),
        (None, 434, None, "lower"),
    ]
    assert found[0].to_dict()["estimate"] is None


def test_mtbf_of_nothing_installed_says_so(fleet: Fleet) -> None:
    found = mtbf(fleet.session, fleet.actor, part_type="VALVE-1")
    assert (found.estimate, found.lower, found.exposure_estimated_share) == (None, None, None)
    assert "Nothing was under observation" in str(found.warnings[-1])


def test_no_upper_bound_without_failures(fleet: Fleet) -> None:
    fleet.install("A")
    found = mtbf(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(1000), side="upper")
    assert (found.lower, found.upper) == (None, None)


def test_too_few_failures_are_no_error(fleet: Fleet) -> None:
    fleet.install("A")
    report = weibull(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(1000))
    assert report.fit is None
    assert report.refusal
    assert report.quantities["eta"].estimate is None
    assert report.refusal in report.quantities["eta"].to_dict()["warnings"]


def test_nothing_to_fit_is_no_error(fleet: Fleet) -> None:
    report = weibull(fleet.session, fleet.actor, part_type="VALVE-1")
    assert (report.data, report.fit) == (None, None)


@pytest.mark.parametrize("confidence", [0, 1, 90])
def test_confidence_is_a_share(fleet: Fleet, confidence: float) -> None:
    with pytest.raises(Invalid, match="confidence"):
        weibull(fleet.session, fleet.actor, part_type="VALVE-1", confidence=confidence)


def test_batches_are_fitted_apart(fleet: Fleet) -> None:
    for i in range(8):
        lot = "BAD" if i % 2 else "GOOD"
        fleet.install(f"A{i}", f"S{i}", lot=lot)
        fleet.fail(f"A{i}", (50 if lot == "BAD" else 500) * (1 + i / 20), system=f"S{i}")
    table = life_table(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(700))
    fits = {report.label: report.fit for report in weibull_by(table, "lot")}
    assert fits["BAD"] is not None
    assert fits["GOOD"] is not None
    assert fits["BAD"].counts.failures == fits["GOOD"].counts.failures == 4


def test_a_mode_has_a_fit_of_its_own(fleet: Fleet) -> None:
    for i, (mode, at) in enumerate(
        [("LEAK", 100), ("LEAK", 200), ("STUCK", 150), ("LEAK", 250), ("STUCK", 300)]
    ):
        fleet.install(f"A{i}", f"S{i}")
        fleet.verify(fleet.fail(f"A{i}", at, system=f"S{i}"), "confirmed", at + 1, mode=mode)
    report = weibull(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(400), mode="LEAK")
    assert report.fit is not None
    assert (report.fit.counts.failures, report.fit.counts.suspensions) == (3, 7)


def test_the_answer_in_json_has_every_number(fleet: Fleet) -> None:
    play_hundred(fleet, 1)
    table = life_table(
        fleet.session, fleet.actor, part_type="VALVE-1", metric="hours", as_of=day(WATCHED_DAYS)
    )
    answer = weibull_of(table, bounds="likelihood_ratio").to_dict()
    assert set(answer["eta"]) == {
        "estimate", "lower", "upper", "confidence", "side", "unit", "failures", "exposure",
        "exposure_estimated_share", "exposure_unit", "as_of", "method", "warnings",
    }  # fmt: skip
    assert answer["eta"]["lower"] < answer["eta"]["estimate"] < answer["eta"]["upper"]
    assert answer["counts"]["serials"] == 100
    assert answer["eta"]["method"] == "mle, likelihood_ratio"


def test_what_the_mathematics_refuses_is_said_beside_no_number(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.install("A")
    table = life_table(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(1000))
    torn = replace(table, event=np.full(len(table), 7, dtype=np.int8))
    report = weibull_of(torn)
    assert (report.fit, report.data) == (None, None)
    assert "event" in str(report.refusal)

    def refuse(*_: Any, **__: Any) -> None:
        raise InvalidData("exposure must be finite")

    monkeypatch.setattr("analytics.mtbf", refuse)
    found = mtbf_of(table)
    assert (found.estimate, found.lower, found.warnings[-1]) == (None, None, "exposure must be finite")


def test_a_figure_is_in_the_metric_in_which_the_life_of_the_part_type_is_counted(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.read("S1", 100, 800)
    session, actor, how = fleet.session, fleet.actor, {"part_type": "VALVE-1", "as_of": day(100)}
    assert mtbf(session, actor, **how).unit == "d"
    fleet.part_type.primary_metric = fleet.hours
    session.flush()
    assert (mtbf(session, actor, **how).unit, mtbf(session, actor, **how).exposure) == ("h", 800)
    assert weibull(session, actor, **how).table.metric == "hours"
    assert mtbf(session, actor, **how, metric="calendar").unit == "d"
    # Systems have no part type's life: their figures are by the calendar.
    assert system_mtbf(session, actor, **how).unit == "d"


def test_times_between_failures_of_a_repaired_part_are_no_lives(session: Session) -> None:
    fleet = Fleet(session, assumption="as_old")
    for serial, failures in {"A": (100, 300, 450), "B": (200, 380)}.items():
        fleet.install(serial)
        for at in failures:
            fleet.fail(serial, at)
    report = weibull(session, fleet.actor, part_type="VALVE-1", as_of=day(1000))
    assert report.fit is None
    assert report.refusal is not None
    assert "repaired to run on" in report.refusal
    assert report.quantities["eta"].estimate is None
    # The rate does not ask what a repair does, and a forecast knows.
    assert mtbf(session, fleet.actor, part_type="VALVE-1", as_of=day(1000)).estimate is not None
    assert weibull_of(report.table, minimal_repair=True).fit is not None


def test_one_part_adjusted_in_place_takes_no_fit_from_a_type_that_is_replaced(fleet: Fleet) -> None:
    for serial, at in (("A", 100), ("B", 250), ("C", 400)):
        fleet.install(serial)
        fleet.fail(serial, at, repair_assumption="as_old" if serial == "A" else None)
    assert weibull(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(1000)).fit is not None
