"""What we let lifelines do, against the formulas written out; and its own number beside the right one where we do not."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter, LogLogisticAFTFitter, NelsonAalenFitter
from lifelines.exceptions import StatError
from lifelines.statistics import multivariate_logrank_test

from analytics import LifeData, cox, fit_aft, fit_cox, kaplan_meier, log_rank_test, nelson_aalen, regression
from analytics.through_lifelines import (
    accelerated_life,
    groups_at_risk,
    hazard_sum,
    log_rank_statistic,
    product_limit,
    proportional_hazards,
)
from analytics.turnbull import turnbull_masses
from tests.analytics.test_aft import simulated as stressed
from tests.analytics.test_cox import simulated
from tests.analytics.test_cumulative_hazard import EVENT, WEEKS
from tests.analytics.test_turnbull import RADIOTHERAPY, intervals


def few_ages(seed: int, size: int = 30) -> LifeData:
    """Ages that tie with one another and with entries, in three groups, with counts."""
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 12, size).astype(float)
    entry = np.where(rng.random(size) < 0.5, rng.integers(0, 12, size), 0)
    return LifeData(
        time,
        rng.integers(0, 2, size),
        entry=np.minimum(entry, time),
        count=rng.integers(1, 4, size),
        group=rng.integers(0, 3, size),
    )


def at_risk(data: LifeData, age: float) -> np.ndarray:
    failed_at_once = (data.event == 1) & (data.time == data.entry) & (data.time == age)
    return data.count * (((data.entry < age) & (age <= data.time)) | failed_at_once)


def failing(data: LifeData, age: float) -> np.ndarray:
    return data.count * ((data.event == 1) & (data.time == age))


@pytest.mark.parametrize("seed", range(20))
def test_curves_are_the_formulas_written_out(seed: int) -> None:
    data = few_ages(seed)
    curve, hazard = product_limit(data), hazard_sum(data)
    survival, total = 1.0, 0.0
    assert curve.time.tolist() == sorted(set(data.time[data.event == 1]))
    for at, age in enumerate(curve.time):
        n, d = float(at_risk(data, age).sum()), float(failing(data, age).sum())
        survival, total = survival * (1 - d / n), total + d / n
        assert (curve.at_risk[at], curve.events[at]) == (n, d)
        assert curve.estimate[at] == pytest.approx(survival, abs=1e-12)
        assert hazard.estimate[at] == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weights", [None, "wilcoxon"])
def test_log_rank_is_the_formula_written_out(seed: int, weights: str | None) -> None:
    data = few_ages(seed)
    surplus, covariance = np.zeros(3), np.zeros((3, 3))
    risk, events = groups_at_risk(data)
    for at, age in enumerate(product_limit(data).time):
        n_j = np.bincount(data.group, weights=at_risk(data, age), minlength=3)
        d_j = np.bincount(data.group, weights=failing(data, age), minlength=3)
        n, d = n_j.sum(), d_j.sum()
        weight = n if weights else 1.0
        surplus += weight * (d_j - d * n_j / n)
        if n > 1:
            covariance += weight**2 * d * (n - d) / (n - 1) * (np.diag(n_j / n) - np.outer(n_j, n_j) / n**2)
        assert (risk[:, at].tolist(), events[:, at].tolist()) == (n_j.tolist(), d_j.tolist())
    assert log_rank_statistic(data, weights) == pytest.approx(
        surplus @ np.linalg.pinv(covariance) @ surplus, rel=1e-9
    )


@np.errstate(divide="warn", invalid="warn")  # whatever another test has left
def test_numpy_and_warnings_are_left_as_they_were() -> None:
    """lifelines' Kaplan-Meier switches numpy's warnings off for good."""
    before, filters = np.geterr(), list(warnings.filters)
    with np.errstate():
        KaplanMeierFitter().fit(WEEKS, EVENT)
        assert np.geterr() != before
    kaplan_meier(few_ages(1))
    log_rank_test(few_ages(1))
    fit_cox(simulated(1, 40))
    assert np.geterr() == before
    assert warnings.filters == filters


def test_lifelines_refuses_a_risk_set_that_runs_empty_for_a_while() -> None:
    time, event, entry = [10, 25, 30, 40, 50], [0, 1, 1, 1, 0], [0, 20, 20, 20, 20]
    with pytest.raises(StatError):
        KaplanMeierFitter().fit(time, event, entry=entry)
    # Nothing failed before 20; of the four then seen one after the other fails.
    assert kaplan_meier(LifeData(time, event, entry=entry)).estimate == pytest.approx([0.75, 0.5, 0.25])


def test_aalens_variance_is_not_that_of_lifelines() -> None:
    # The first three of Freireich's 21 remissions end in one week.
    curve = nelson_aalen(LifeData(WEEKS, EVENT))
    theirs = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(WEEKS, EVENT)
    bounds = theirs.confidence_interval_.loc[6.0].to_numpy()
    deviate = 1.959963984540054
    variance = (np.log(bounds[1] / bounds[0]) / (2 * deviate) * curve.estimate[0]) ** 2
    assert variance == pytest.approx(3 * 18 / 21**3)
    assert curve.standard_error[0] ** 2 == pytest.approx(3 / 21**2)


def test_ties_taken_apart_are_not_left_to_lifelines() -> None:
    time, event, entry = [10.0, 25.0, 30.0], [1, 1, 0], [0, 20, 20]
    theirs = NelsonAalenFitter(nelson_aalen_smoothing=True).fit(time, event, entry=entry)
    found = theirs.cumulative_hazard_.iloc[:, 0]
    # At 20, where two units enter and nothing fails, its curve rises by 1.5.
    assert found.loc[20.0] - found.loc[10.0] == pytest.approx(1.5)
    assert nelson_aalen(LifeData(time, event, entry=entry), ties="apart").estimate.tolist() == [1.0, 1.5]


def test_groups_that_never_met_give_no_degree_of_freedom() -> None:
    ages, group = [1, 2, 3, 4, 11, 12, 13, 14], list("ababcdcd")
    entry = np.repeat([0, 10], 4)
    test = log_rank_test(LifeData(ages, 1, entry=entry, group=group))
    halves = [log_rank_test(LifeData(ages[:4], 1, group=group[:4]))] * 2
    assert test.statistic == pytest.approx(sum(half.statistic for half in halves))
    assert test.degrees_of_freedom == 2
    theirs = multivariate_logrank_test(
        np.concatenate([ages, entry[4:]]),
        np.array(group + group[4:]),
        np.repeat([1, 0], [8, 4]),
        weights=np.repeat([1, -1], [8, 4]),
    )
    assert theirs.degrees_of_freedom == 3


def test_inspections_are_not_left_to_lifelines() -> None:
    data = intervals(RADIOTHERAPY)
    low, high = data.failure_intervals()
    high = np.where(data.event == 0, np.inf, high)
    theirs = KaplanMeierFitter().fit_interval_censoring(low, high, tol=1e-12).survival_function_.iloc[:, 0]
    # It takes both ends in: the (4, 5] and (6, 7] of the published masses are one point for it.
    masses = turnbull_masses(data)
    assert masses.mass[1] == pytest.approx(0.0334, abs=5e-5)
    assert float(theirs.loc[6.0] - theirs.loc[7.0]) != pytest.approx(0.0334, abs=5e-3)


@pytest.mark.parametrize("digits", [6, 0])
def test_coefficients_are_at_the_maximum_before_any_step_of_ours(digits: int) -> None:
    data = simulated(4, 120, digits=digits)
    fit = fit_cox(data)
    columns = np.column_stack([data.covariates[name] for name in fit.covariates])
    answer = proportional_hazards(data, columns)
    assert answer == pytest.approx(fit.estimate, rel=1e-9)


def test_a_weight_is_no_count_to_lifelines_where_failures_tie() -> None:
    data = LifeData(
        [1, 1, 6, 6, 8, 9], [1, 0, 1, 1, 0, 1], count=[2, 1, 3, 1, 1, 2], covariates={"x": [1, 1, 1, 0, 0, 0]}
    )
    rows = np.repeat(np.arange(6), data.count.astype(int))
    apart = LifeData(data.time[rows], data.event[rows], covariates={"x": data.covariates["x"][rows]})
    frame = pd.DataFrame({"x": data.covariates["x"], "T": data.time, "E": data.event, "n": data.count})
    theirs = CoxPHFitter().fit(frame, "T", "E", weights_col="n").params_["x"]
    right = fit_cox(apart).coefficients["x"]
    assert fit_cox(data).coefficients["x"] == pytest.approx(right, rel=1e-9)
    assert abs(theirs - right) > 0.05


def test_lifelines_baseline_forgets_delayed_entry() -> None:
    """With no effect of the covariate the baseline is Nelson and Aalen's curve of the same units."""
    ages, entry = np.array([3.0, 5, 6, 8, 9]), np.array([0.0, 4, 0, 4, 7])
    time, late, x = np.tile(ages, 2), np.tile(entry, 2), np.repeat([0, 1], 5)
    curve = nelson_aalen(LifeData(time, 1, entry=late))
    fit = fit_cox(LifeData(time, 1, entry=late, covariates={"x": x}), ties="breslow")
    frame = pd.DataFrame({"x": x, "T": time, "E": 1, "entry": late})
    theirs = (
        CoxPHFitter().fit(frame, "T", "E", entry_col="entry").baseline_cumulative_hazard_.to_numpy()[:, 0]
    )
    assert fit.cumulative_hazard == pytest.approx(curve.estimate)
    # At 3 four units are at risk, of which two fail; lifelines counts all ten.
    assert (fit.cumulative_hazard[0], theirs[0]) == pytest.approx((2 / 4, 2 / 10))


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic"])
def test_the_line_is_next_to_the_maximum(distribution: str) -> None:
    data = stressed(11, 150, distribution)
    data = LifeData(data.time, data.event, entry=0.3 * data.time, covariates=data.covariates)
    fit = fit_aft(data, distribution=distribution)
    columns = np.column_stack([data.covariates[name] for name in fit.covariates])
    line = accelerated_life(data, distribution, columns, np.full(len(data), 2.0))
    assert line is not None
    assert line.location + np.log(2.0) == pytest.approx(fit.intercept, rel=1e-4)
    assert line.slopes == pytest.approx(list(fit.slopes.values()), rel=1e-3)
    sigma = 1.0 / fit.beta if distribution == "weibull" else fit.sigma
    assert np.exp(line.log_sigma) == pytest.approx(sigma, rel=1e-4)


def test_lifelines_as_it_comes_stops_short_of_the_maximum() -> None:
    data = stressed(5, 300, "loglogistic")
    fit = fit_aft(data, distribution="loglogistic")
    frame = pd.DataFrame({**data.covariates, "T": data.time, "E": data.event})
    theirs = LogLogisticAFTFitter().fit(frame, "T", "E")
    short = abs(theirs.params_["alpha_", "load"] - fit.slopes["load"]) / fit.standard_error("load")
    assert short > 1e-5
    assert fit.score_norm < 1e-7


def test_nothing_where_lifelines_has_no_model() -> None:
    data = LifeData([1.0, 2, 3], 1, truncated_above=5.0, covariates={"x": [0, 1, 1]})
    columns, unit = np.ones((3, 1)), np.ones(3)
    assert accelerated_life(data, "weibull", columns, unit) is None
    assert accelerated_life(data, "exponential", columns, unit) is None
    assert proportional_hazards(LifeData([1.0, 2, 3], 1), columns) is None


def refused(*args: Any, **settings: Any) -> Any:
    raise AssertionError("our own search was asked")


def test_lifelines_estimates_and_our_own_search_only_stands_by(monkeypatch: pytest.MonkeyPatch) -> None:
    units, parts = simulated(4, 80), stressed(11, 80)
    cox_fit, aft_fit = fit_cox(units), fit_aft(parts)
    with monkeypatch.context() as patch:
        patch.setattr(cox, "maximise", refused)
        patch.setattr(regression, "maximise", refused)
        assert fit_cox(units).estimate.tolist() == cox_fit.estimate.tolist()
        assert fit_aft(parts).working.tolist() == aft_fit.working.tolist()
    monkeypatch.setattr(cox, "proportional_hazards", lambda *_: None)
    monkeypatch.setattr(regression, "accelerated_life", lambda *_: None)
    assert fit_cox(units).estimate == pytest.approx(cox_fit.estimate, rel=1e-9)
    assert fit_aft(parts).working == pytest.approx(aft_fit.working, rel=1e-7)
