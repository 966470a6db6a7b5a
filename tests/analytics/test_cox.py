import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import CoxFit, InvalidData, LifeData, NoFiniteMaximum, NotEnoughFailures, Result, fit_cox

# Ovarian cancer data of Edmonson et al. (1979), as in R's survival package: days, death, age in years, ECOG status.
OVARIAN = np.array(
    """59 1 72.3315 1 115 1 74.4932 1 156 1 66.4658 2 421 0 53.3644 1 431 1 50.3397 1 448 0 56.4301 2 464 1 56.9370 2
    475 1 59.8548 2 477 0 64.1753 1 563 1 55.1781 2 638 1 56.7562 2 744 0 50.1096 1 769 0 59.6301 2 770 0 57.0521 1
    803 0 39.2712 1 855 0 43.1233 2 1040 0 38.8932 2 1106 0 44.6000 1 1129 0 53.9068 1 1206 0 44.2055 1
    1227 0 59.5890 2 268 1 74.5041 2 329 1 43.1370 1 353 1 63.2192 2 365 1 64.4247 1 377 0 58.3096 1""".split(),
    dtype=float,
).reshape(-1, 4)


def simulated(seed: int, size: int, *, digits: int = 6) -> LifeData:
    """Hazard ratios e^0.8 and e^-0.5 over a Weibull baseline, delayed entry, censoring; ties where digits are few."""
    rng = np.random.default_rng(seed)
    load, version = rng.normal(size=size), rng.integers(0, 2, size)
    life = 100.0 * (rng.exponential(size=size) * np.exp(-0.8 * load + 0.5 * version)) ** 0.6
    entry, until = rng.uniform(0.0, 40.0, size), rng.uniform(60.0, 200.0, size)
    seen = life > entry + 0.5
    time, entry = np.round(np.minimum(life, until), digits)[seen], np.round(entry, digits)[seen]
    return LifeData(
        np.maximum(time, entry + 10.0**-digits),
        (life <= until)[seen],
        entry=entry,
        covariates={"load": load[seen], "version": version[seen]},
    )


def test_published_by_hand() -> None:
    # Therneau and Grambsch (2000), appendix E.1, in closed form: as in R survival, tests/book1.R (Breslow), book2.R (Efron).
    data = LifeData([1, 1, 6, 6, 8, 9], [1, 0, 1, 1, 0, 1], covariates={"x": [1, 1, 1, 0, 0, 0]})
    breslow = fit_cox(data, ties="breslow")
    ratio = 1.5 + math.sqrt(33) / 2
    assert breslow.coefficients["x"] == pytest.approx(math.log(ratio), abs=1e-10)
    assert breslow.loglik == pytest.approx(
        2 * math.log(ratio) - math.log(3 * ratio + 3) - 2 * math.log(ratio + 3), abs=1e-10
    )
    efron = fit_cox(data)
    assert efron.coefficients["x"] == pytest.approx(1.676857, abs=5.1e-7)
    assert efron.null_loglik == pytest.approx(-math.log(6) - math.log(4) - math.log(3), abs=1e-10)


def test_published_ovarian() -> None:
    # R survival, tests/Examples/survival-Ex.Rout.save, cox.zph: coxph(Surv(futime, fustat) ~ age + ecog.ps, ovarian).
    days, died, age, status = OVARIAN.T
    fit = fit_cox(LifeData(days, died, covariates={"age": age, "ecog": status}, unit="days"))
    printed = {"age": 0.698, "ecog": 2.371, "global": 3.633}
    assert {name: test.statistic for name, test in fit.proportionality.items()} == pytest.approx(
        printed, abs=5.1e-4
    )
    assert fit.proportionality["global"].degrees_of_freedom == 2
    assert fit.proportionality["global"].p_value == pytest.approx(0.16, abs=5.1e-3)


def test_published_recidivism() -> None:
    # R's coxph on Rossi, Berk and Lenihan (1980), as in SurPyval's test of it: financial aid -0.37942 with a standard error of
    # 0.19138, p = 0.04742. The other coefficients are compared with lifelines below, on data of our own.
    from lifelines.datasets import load_rossi

    frame = load_rossi()
    names = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
    fit = fit_cox(LifeData(frame["week"], frame["arrest"], covariates={name: frame[name] for name in names}))
    assert fit.coefficients["fin"] == pytest.approx(-0.37942, abs=5.1e-6)
    assert fit.standard_error("fin") == pytest.approx(0.19138, abs=5.1e-6)
    assert fit.p_value("fin") == pytest.approx(0.04742, abs=5.1e-6)


@pytest.mark.parametrize("digits", [6, 0])
def test_agrees_with_lifelines(digits: int) -> None:
    data = simulated(4, 300, digits=digits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd
        from lifelines import CoxPHFitter

        frame = pd.DataFrame({**data.covariates, "T": data.time, "E": data.event, "entry": data.entry})
        other = CoxPHFitter().fit(frame, "T", "E", entry_col="entry")
    fit = fit_cox(data)
    assert fit.loglik >= other.log_likelihood_ - 1e-9
    assert fit.estimate == pytest.approx(other.params_.to_numpy(), abs=1e-5)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(other.standard_errors_.to_numpy(), rel=1e-5)


def test_recovers_the_truth() -> None:
    fit = fit_cox(simulated(1, 4_000), confidence=0.999)
    assert 0.8 in fit.interval("load")
    assert -0.5 in fit.interval("version")
    assert math.exp(0.8) in fit.hazard_ratio_interval("load")
    assert fit.score_norm < 1e-7
    assert fit.warnings == ()
    times = np.array([50.0, 100.0, 150.0])
    at = {"load": 0.5, "version": 1.0}
    truth = np.exp(-((times / 100.0) ** (1 / 0.6)) * math.exp(0.8 * 0.5 - 0.5))
    band = fit.reliability_band(times, at)
    assert np.all((band.lower < truth) & (truth < band.upper))


@pytest.mark.slow
def test_proportionality_is_refused_as_often_as_chance_has_it_and_seen_where_it_fails() -> None:
    refused = [fit_cox(simulated(seed, 150)).proportionality["load"].p_value < 0.1 for seed in range(200)]
    # 20 expected, with a standard deviation of 4.2.
    assert 8 <= sum(refused) <= 33
    rng = np.random.default_rng(1)
    x = np.repeat([0.0, 1.0], 300)
    life = 100.0 * rng.exponential(size=600) ** np.where(x, 0.3, 1.0)
    fit = fit_cox(LifeData(life, 1, covariates={"x": x}))
    assert fit.proportionality["x"].p_value < 1e-6
    assert any("not proportional" in warning for warning in fit.warnings)


@settings(max_examples=15)
@given(
    hours=st.floats(1e-3, 1e3), power=st.floats(0.3, 3.0), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 5)
)
def test_only_the_order_of_ages_counts(hours: float, power: float, scale: float, seed: int) -> None:
    data = simulated(seed, 60, digits=0)
    fit = fit_cox(data)
    order = np.random.default_rng(1).permutation(len(data))
    other = LifeData(
        (data.time[order] * hours) ** power,
        data.event[order],
        entry=(data.entry[order] * hours) ** power,
        covariates={name: scale * values[order] + 7.0 for name, values in data.covariates.items()},
    )
    moved = fit_cox(other)
    assert moved.estimate * scale == pytest.approx(fit.estimate, rel=1e-6, abs=1e-8)
    assert moved.loglik == pytest.approx(fit.loglik, rel=1e-9)
    assert moved.cumulative_hazard == pytest.approx(fit.cumulative_hazard, rel=1e-6)


def test_a_count_is_that_many_rows_even_where_failures_tie() -> None:
    data = simulated(3, 60, digits=0)
    count = np.random.default_rng(2).integers(1, 4, len(data))
    rows = np.repeat(np.arange(len(data)), count)
    counted = LifeData(data.time, data.event, entry=data.entry, count=count, covariates=data.covariates)
    a, b = fit_cox(counted), fit_cox(data.take(rows))
    assert a.estimate == pytest.approx(b.estimate, rel=1e-9)
    assert a.covariance == pytest.approx(b.covariance, rel=1e-9)
    assert a.hazard_variance == pytest.approx(b.hazard_variance, rel=1e-9)
    assert a.proportionality["global"].statistic == pytest.approx(
        b.proportionality["global"].statistic, rel=1e-7
    )


def test_json() -> None:
    fit = fit_cox(simulated(1, 60))
    back = Result.from_json(fit.to_json())
    assert isinstance(back, CoxFit)
    assert back == fit
    assert back.reliability(80.0, {"load": 1.0, "version": 0.0}) == fit.reliability(
        80.0, {"load": 1.0, "version": 0.0}
    )


def test_refusals() -> None:
    data = simulated(1, 40)
    with pytest.raises(InvalidData, match="no covariate 'heat'"):
        fit_cox(data, covariates=["heat"])
    with pytest.raises(InvalidData, match="exact and right-censored"):
        fit_cox(LifeData([1.0, 2.0, 3.0], [1, 1, 2], covariates={"x": [1, 2, 3]}))
    with pytest.raises(InvalidData, match="one and the same value"):
        fit_cox(LifeData([1.0, 2.0, 3.0], 1, covariates={"x": [2, 2, 2]}))
    with pytest.raises(InvalidData, match="collinear"):
        fit_cox(LifeData([1.0, 2, 3, 4], 1, covariates={"x": [1, 2, 3, 5], "y": [2, 4, 6, 10]}))
    with pytest.raises(NotEnoughFailures, match="at least 2 failures"):
        fit_cox(LifeData([1.0, 2, 3, 4], [1, 0, 0, 0], covariates={"x": [1, 2, 3, 5], "y": [2, 1, 6, 1]}))
    with pytest.raises(NotEnoughFailures):
        fit_cox(LifeData([1.0, 2.0], 0, covariates={"x": [0, 1]}))


@pytest.mark.parametrize(
    "x",
    [
        [0, 0, 0, 1, 1, 1],  # none of the second group failed while the first was at risk
        [6, 5, 4, 3, 2, 1],  # the largest always fails first
        [0, 0, 0, 0, 0, 1],  # only the last failure has it, and nothing else was at risk then
    ],
)
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_separated_groups_are_refused(x: list[int], size: float) -> None:
    with pytest.raises(NoFiniteMaximum, match="separated"):
        fit_cox(LifeData([1.0, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 1], covariates={"x": size * np.array(x)}))


def test_few_failures_are_said() -> None:
    few = fit_cox(simulated(2, 20)).warnings
    assert any("failures for 2 covariates" in warning for warning in few)


def test_small_hazards_beside_large_ones_that_entered_late() -> None:
    """Separated, but by differences of running sums the likelihood would have a false maximum here."""
    data = LifeData(
        [3.3, 1.7, 2.5, 0.4, 1.2], 1, entry=[2.8, 0, 0, 0, 0.47], covariates={"x": [1, 2, 3, 2, 1]}
    )
    with pytest.raises(NoFiniteMaximum, match="separated"):
        fit_cox(data)
