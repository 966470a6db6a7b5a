import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from analytics import InvalidData, LifeData, fit_weibull
from analytics.batch import gather, maximise
from analytics.resampling import (
    MOST_CELLS,
    Plan,
    WeibullLives,
    draw,
    failed_records,
    fit_held,
    plan_of,
    signed_roots,
)
from analytics.weibull_intervals import BETA, ETA, LOG_MEAN, Quantity, log_cumulative_hazard, log_quantile
from analytics.weibull_likelihood import WeibullLikelihood

QUANTITIES = {
    "eta": (ETA, math.log(90)),
    "beta": (BETA, math.log(1.7)),
    "b10": (log_quantile(0.1), math.log(20)),
    "z(50)": (log_cumulative_hazard(math.log(50)), -0.9),
    "mean": (LOG_MEAN, math.log(80)),
}


def staggered(late: bool) -> LifeData:
    rng = np.random.default_rng(11)
    life, exit_ = 100 * rng.weibull(2.0, 60), rng.uniform(40, 150, 60)
    entry = rng.uniform(0, 30, 60) * late
    seen = life > entry
    return LifeData(
        np.minimum(life, exit_)[seen], (life <= exit_)[seen], entry=entry[seen], planned_exit=exit_[seen]
    )


def test_a_known_plan_is_taken_as_it_is() -> None:
    plan = plan_of(LifeData([3, 5, 9, 9], [1, 0, 0, 0], count=[2, 1, 1, 3], planned_exit=[5, 5, 9, 9]))
    assert plan.units.tolist() == [3, 4]
    assert np.exp(plan.exit) == pytest.approx([5, 9])
    assert np.isneginf(plan.entry).all()
    assert not plan.estimated


def test_a_complete_sample_would_have_been_watched_to_the_end() -> None:
    plan = plan_of(LifeData([3, 5, 9], [1, 1, 1]))
    assert plan.units.tolist() == [3]
    assert np.isposinf(plan.exit).all()
    assert not plan.estimated


def test_exits_of_failed_units_are_taken_from_the_others() -> None:
    # All others were watched to 500, so the failed ones would have been.
    plan = plan_of(LifeData([54, 187, 500], [1, 1, 0], count=[1, 1, 10]))
    assert np.exp(plan.exit) == pytest.approx([500])
    assert plan.units.tolist() == [12]
    assert plan.estimated


def test_units_of_one_row_are_estimated_as_if_each_had_its_own() -> None:
    ages, events, entry = np.array([10, 20, 20, 15, 25, 45]), np.array([1, 1, 1, 0, 0, 0]), [0, 0, 5, 0, 0, 0]
    count = np.array([3, 2, 1, 2, 1, 4])
    together = plan_of(LifeData(ages, events, entry=entry, count=count))
    rows = np.repeat(np.arange(6), count)[::-1]
    apart = plan_of(LifeData(ages[rows], events[rows], entry=np.array(entry)[rows]))
    assert together.units.tolist() == apart.units.tolist()
    assert together.exit == pytest.approx(apart.exit)
    assert np.unique(together.exit).size == 3


def test_very_many_units_of_one_row_are_estimated_together() -> None:
    plan = plan_of(LifeData([10, 25, 45], [1, 0, 0], count=[10**12, 1, 1]))
    assert plan.units.sum() == 10**12 + 2


def test_estimated_exits_lie_behind_the_age_at_failure_and_follow_the_others() -> None:
    rng = np.random.default_rng(3)
    life, exit_ = rng.weibull(1.5, 4_000), rng.uniform(0.2, 2.0, 4_000)
    data = LifeData(np.minimum(life, exit_), life <= exit_)
    known = plan_of(LifeData(data.time, data.event, planned_exit=exit_))
    estimated = plan_of(data)
    for plan in (known, estimated):
        assert plan.units.sum() == 4_000
    for share in (0.25, 0.5, 0.75):
        assert weighted_quantile(estimated, share) == pytest.approx(weighted_quantile(known, share), abs=0.05)


def weighted_quantile(plan: Plan, share: float) -> float:
    order = np.argsort(plan.exit)
    return float(plan.exit[order][np.searchsorted(np.cumsum(plan.units[order]), share * plan.units.sum())])


def test_many_ends_of_watch_are_put_into_few_cells_and_no_unit_is_lost() -> None:
    rng = np.random.default_rng(4)
    entry = np.where(rng.random(5_000) < 0.5, 0.0, rng.uniform(0, 50, 5_000))
    data = LifeData(entry + rng.uniform(1, 100, 5_000), np.zeros(5_000), entry=entry)
    plan = plan_of(data)
    assert plan.units.size <= 2 * MOST_CELLS
    assert plan.units.sum() == 5_000
    assert (plan.exit > plan.entry).all()
    assert np.unique(plan.entry).size >= 8
    # Those watched from new keep to themselves.
    assert plan.units[np.isneginf(plan.entry)].sum() == np.sum(entry == 0)


def test_without_late_entries_every_cell_tells_ends_of_watch_apart() -> None:
    ends = np.random.default_rng(5).uniform(1, 100, 5_000)
    plan = plan_of(LifeData(ends, np.zeros(5_000)))
    assert 0.9 * MOST_CELLS <= plan.units.size <= MOST_CELLS + 1
    assert np.average(plan.exit, weights=plan.units) == pytest.approx(np.log(ends).mean())


def test_right_truncation_has_no_plan() -> None:
    with pytest.raises(InvalidData, match="likelihood-ratio"):
        plan_of(LifeData([3, 5], [1, 1], truncated_above=[9, 9]))


@pytest.mark.parametrize("late", [False, True], ids=["from new", "late"])
def test_samples_fail_as_often_and_as_late_as_the_distribution_says(late: bool) -> None:
    data = staggered(late)
    plan = plan_of(data)
    samples, kept = draw(
        plan, np.full(4_000, math.log(100)), np.full(4_000, math.log(2)), rng=np.random.default_rng(1)
    )
    assert samples is not None
    assert kept.size == 4_000
    entry = data.entry
    exits = np.asarray(data.planned_exit)
    at_exit, at_entry = (exits / 100) ** 2, (entry / 100) ** 2
    expected = -np.expm1(at_entry - at_exit).sum()
    assert samples.failures.mean() == pytest.approx(expected, abs=4 * math.sqrt(expected / 4_000))
    # With the shape held at the truth the scale is estimated without bias to speak of.
    u, b = np.full(4_000, math.log(100)), np.full(4_000, math.log(2))
    assert np.median(fit_held(samples, BETA, math.log(2), b)[0] - u) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("late", [False, True], ids=["from new", "late"])
def test_samples_are_the_same_in_any_unit(late: bool) -> None:
    data = staggered(late)
    assert data.planned_exit is not None
    found = []
    for k in (1.0, 1e-3, 1e4):
        scaled = LifeData(k * data.time, data.event, entry=k * data.entry, planned_exit=k * data.planned_exit)
        u, b = np.full(50, math.log(100 * k)), np.full(50, math.log(2))
        samples, _ = draw(plan_of(scaled), u, b, rng=np.random.default_rng(1))
        assert samples is not None
        fits = maximise(samples)
        found.append((fits.log_beta, fits.log_eta - math.log(k)))
    for other in found[1:]:
        assert other[0] == pytest.approx(found[0][0], abs=1e-6)
        assert other[1] == pytest.approx(found[0][1], abs=1e-6)


@pytest.mark.parametrize("late", [False, True], ids=["from new", "late"])
@pytest.mark.parametrize("name", QUANTITIES)
def test_held_fits_agree_with_a_search_along_the_curve(name: str, late: bool) -> None:
    quantity, value = QUANTITIES[name]
    data = staggered(late)
    likelihood = WeibullLikelihood(data)
    samples = gather(data.time, data.event, [0, len(data)], entry=data.entry)
    log_eta, log_beta, height = (
        float(each[0]) for each in fit_held(samples, quantity, value, np.array([0.2]))
    )
    assert quantity.value(log_eta, log_beta) == pytest.approx(value)
    assert height == pytest.approx(best_along(likelihood, quantity, value), abs=1e-8)
    assert height == pytest.approx(likelihood.value(log_eta, log_beta), abs=1e-9)
    assert height < float(maximise(samples).loglik[0])


def best_along(likelihood: WeibullLikelihood, quantity: Quantity, value: float) -> float:
    def depth(free: float) -> float:
        if quantity.curve is None:
            return -likelihood.value(free, value)
        return -likelihood.value(float(quantity.curve(value, free)[0]), free)

    middle = 4.6 if quantity.curve is None else 0.7
    found = minimize_scalar(
        depth, bounds=(middle - 2, middle + 2), method="bounded", options={"xatol": 1e-10}
    )
    return float(-found.fun)


def test_signed_roots_are_near_normal_with_many_failures() -> None:
    plan = Plan(np.array([3_000]), np.array([-np.inf]), np.array([math.log(80)]), estimated=False)
    u, b = np.full(1_500, math.log(100)), np.full(1_500, math.log(2))
    roots, rows = signed_roots(
        WeibullLives(plan), BETA, math.log(2), np.stack([u, b]), rng=np.random.default_rng(2)
    )
    assert rows.tolist() == list(range(1_500))
    assert roots.mean() == pytest.approx(0.0, abs=0.1)
    assert roots.std() == pytest.approx(1.0, abs=0.08)
    assert np.quantile(roots, 0.95) == pytest.approx(1.645, abs=0.2)


def test_samples_with_fewer_than_two_failures_are_left_out() -> None:
    plan = Plan(np.array([10]), np.array([-np.inf]), np.array([math.log(10)]), estimated=False)
    u, b = np.full(500, math.log(100)), np.zeros(500)
    roots, rows = signed_roots(
        WeibullLives(plan), ETA, math.log(100), np.stack([u, b]), rng=np.random.default_rng(2)
    )
    share = 1 - 0.9048374**10 - 10 * 0.0951626 * 0.9048374**9
    assert rows.size / 500 == pytest.approx(share, abs=4 * math.sqrt(share / 500))
    assert roots.size == rows.size


def test_the_plan_of_a_fit_needs_no_planned_exits(nist: LifeData) -> None:
    fit = fit_weibull(nist, bounds="calibrated")
    assert any("planned_exit" in note for note in fit.warnings)


def test_one_truncated_record_is_enough_to_have_no_plan() -> None:
    with pytest.raises(InvalidData, match="right-truncated"):
        plan_of(LifeData([3, 5, 7], [1, 1, 0], truncated_above=[9, np.nan, np.nan]))


def test_the_failures_of_a_sample_are_known_by_their_ages() -> None:
    """Whoever is not a survivor at the one end of watch of the plan has failed before it."""
    plan = Plan(np.array([12]), np.array([-np.inf]), np.array([math.log(80)]), estimated=False)
    samples, kept = draw(
        plan, np.full(300, math.log(100)), np.full(300, math.log(2)), rng=np.random.default_rng(6)
    )
    assert samples is not None
    failed = failed_records(samples)
    sample = np.repeat(np.arange(kept.size), np.diff(samples.offsets))
    assert np.bincount(sample, weights=failed).tolist() == samples.failures.tolist()
    age = np.exp(samples.x + samples.log_scale[sample])
    assert (age[failed] < 80 * (1 - 1e-12)).all()
    assert age[~failed] == pytest.approx(80)
