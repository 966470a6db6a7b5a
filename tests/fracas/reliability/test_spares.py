"""From ages and a fit to a number on the shelf."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analytics import forecast_spares, stock_for_service_level
from fracas.assets.models import Condition, PartCondition
from fracas.core.errors import Invalid
from fracas.reliability.spares import spares
from tests.factories.fleet import Fleet, day, half_failed


@pytest.fixture
def fleet(session: Session) -> Fleet:
    """Ten units, five of which failed and were replaced; one spare on the shelf."""
    made = half_failed(session)
    made.part("SPARE")
    return made


def test_the_stock_follows_from_the_ages(fleet: Fleet) -> None:
    report = spares(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(600), service_level=0.9)
    ages = [600 - 300 - 40 * i for i in range(5)] + [600] * 5
    fit = report.forecast
    assert fit is not None
    assert report.stock is not None
    assert (report.installed, report.lead_time_days) == (10, 60)
    from fracas.reliability.estimates import weibull

    fitted = weibull(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(600)).fit
    assert fitted is not None
    same = forecast_spares(fitted, np.array(ages, dtype=float), 60)
    assert report.demand.estimate == pytest.approx(same.mean)
    assert report.stock.stock == stock_for_service_level(same, 0.9).stock
    assert report.history.demand.sum() == 5


def test_what_comes_back_from_repair_need_not_be_held(fleet: Fleet) -> None:
    how = {"part_type": "VALVE-1", "as_of": day(600), "lead_time_days": 400.0}
    held = spares(fleet.session, fleet.actor, **how)
    fleet.part_type.turn_around_days = 30.0
    own = spares(fleet.session, fleet.actor, **how)
    assert held.stock is not None
    assert own.stock is not None
    assert own.stock.stock < held.stock.stock
    # Demand is what it was; only what is out at the end is less.
    assert own.demand.estimate == held.demand.estimate
    assert (held.turn_around_days, own.to_dict()["turn_around_days"]) == (None, 30.0)
    assert any("100 % of the failed parts" in str(note) for note in own.demand.warnings)
    half = spares(fleet.session, fleet.actor, repaired_share=0.5, **how)
    assert half.stock is not None
    assert own.stock.mean_demand < half.stock.mean_demand < held.stock.mean_demand
    fleet.part_type.repaired_share = 0.5
    own_share = spares(fleet.session, fleet.actor, **how)
    assert own_share.stock is not None
    assert own_share.stock.mean_demand == half.stock.mean_demand
    assert (held.repaired_share, own.repaired_share, own_share.to_dict()["repaired_share"]) == (
        None,
        1.0,
        0.5,
    )
    assert any("50 % of the failed parts" in str(note) for note in own_share.demand.warnings)
    all_back = spares(fleet.session, fleet.actor, repaired_share=1.0, **how)
    assert all_back.stock is not None
    assert all_back.stock.mean_demand == own.stock.mean_demand
    fleet.part_type.repaired_share = 0.0
    none_back = spares(fleet.session, fleet.actor, **how)
    assert none_back.stock is not None
    assert (none_back.stock.stock, none_back.turn_around_days) == (held.stock.stock, None)
    fleet.part_type.repaired_share = None
    asked = spares(fleet.session, fleet.actor, turn_around_days=400.0, **how)
    assert asked.stock is not None
    assert asked.stock.stock == held.stock.stock
    fleet.part_type.is_repairable = False
    assert spares(fleet.session, fleet.actor, **how).turn_around_days is None


def test_stock_on_hand_is_what_is_fit_and_uninstalled(fleet: Fleet) -> None:
    for serial in [f"A{i}" for i in range(4)]:
        part_id = fleet.parts[serial].id
        fleet.fact(PartCondition, 590, part_id=part_id, condition=Condition.UNSERVICEABLE)
    report = spares(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(600))
    assert "SPARE" in report.on_hand
    assert not {f"A{i}" for i in range(4)} & set(report.on_hand)
    told = report.to_dict()
    assert told["on_hand"] == len(report.on_hand)
    assert report.stock is not None
    assert told["expected_shortage_on_hand"] == report.stock.expected_shortage[len(report.on_hand)]


def test_use_a_day_comes_from_the_units_own_place(fleet: Fleet) -> None:
    for i in range(10):
        fleet.read(f"S{i}", 600, 600.0 * (i + 1))
    report = spares(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(600), metric="hours")
    assert report.forecast is not None
    assert report.forecast.horizon_exposure == pytest.approx(60 * sum(range(1, 11)))


def test_without_failures_only_an_upper_bound_is_told(session: Session) -> None:
    fleet = Fleet(session)
    fleet.install("A")
    report = spares(session, fleet.actor, part_type="VALVE-1", as_of=day(600))
    assert (report.demand.estimate, report.demand.lower, report.demand.side) == (None, None, "upper")
    # Nothing in 600 days: at 90 %, at most ln(10) / 600 a day, over the 60 days of the lead time.
    assert report.demand.upper == pytest.approx(math.log(10) * 60 / 600)
    assert any("constant" in str(one) for one in report.demand.warnings)
    soon = spares(session, fleet.actor, part_type="VALVE-1", as_of=day(600), lead_time_days=1.0)
    assert soon.demand.upper == pytest.approx(math.log(10) / 600)  # however short: never "at most 0"


def test_nothing_installed_asks_for_nothing(session: Session) -> None:
    fleet = Fleet(session)
    report = spares(session, fleet.actor, part_type="VALVE-1")
    assert (report.stock, report.forecast, report.installed) == (None, None, 0)
    assert report.to_dict()["stock"] is None


def test_parts_of_unknown_age_count_with_the_median(fleet: Fleet) -> None:
    fleet.install("OLD", "S9", 590, position=1, as_="age_unknown")
    report = spares(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(600))
    assert report.installed == 11
    assert any("unknown age are taken" in str(one) for one in report.demand.warnings)


def test_other_reasons_for_removal_are_told(fleet: Fleet) -> None:
    for i in (5, 6):
        installation = next(
            one
            for one in fleet.session.query(type(fleet.install("X", "SX")))
            if one.part_id == fleet.parts[f"A{i}"].id
        )
        fleet.remove(installation, 550, "upgrade")
        fleet.install(f"C{i}", f"S{i}", 550)
    report = spares(fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(600))
    assert any("7 spares were used for 5 failures" in str(one) for one in report.demand.warnings)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"service_level": 1.0}, "service_level"),
        ({"lead_time_days": -1}, "lead_time_days"),
        ({"turn_around_days": -1}, "turn_around_days"),
        ({"repaired_share": 1.5}, "repaired_share"),
        ({"confidence": 2}, "confidence"),
    ],
)
def test_numbers_out_of_range_are_refused(fleet: Fleet, settings: dict[str, float], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        spares(fleet.session, fleet.actor, part_type="VALVE-1", **settings)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_no_lead_time_is_asked_for(session: Session) -> None:
    fleet = Fleet(session)
    fleet.part_type.lead_time_days = None
    session.flush()
    with pytest.raises(Invalid, match="no lead time"):
        spares(session, fleet.actor, part_type="VALVE-1")
    assert spares(session, fleet.actor, part_type="VALVE-1", lead_time_days=30).lead_time_days == 30


def test_a_wild_meter_does_not_carry_the_forecast_away(fleet: Fleet) -> None:
    """One reading with digits too many would have its part fail thousands of times, and the page never come back."""
    for i in range(10):
        fleet.read(f"S{i}", 600, 600.0 * 10)
    sane = spares(fleet.session, fleet.actor, part_type="VALVE-1", metric="hours", as_of=day(600))
    fleet.read("S9", 601, 1e9)
    wild = spares(fleet.session, fleet.actor, part_type="VALVE-1", metric="hours", as_of=day(601))
    assert any("S9 run more than 100 times" in str(one) for one in wild.demand.warnings)
    assert sane.demand.estimate is not None
    assert wild.demand.estimate is not None
    assert wild.demand.estimate < 10 * sane.demand.estimate
