import csv
import math
from pathlib import Path

import numpy as np
import pytest
from lifelines import AalenJohansenFitter

from analytics import (
    CompetingRisksFit,
    InvalidData,
    LifeData,
    NotEnoughFailures,
    Result,
    fit_competing_risks,
    fit_weibull,
)


def two_modes(size: int, seed: int) -> tuple[LifeData, np.ndarray]:
    rng = np.random.default_rng(seed)
    early, late, end = (
        2000 * rng.weibull(0.8, size),
        900 * rng.weibull(3.0, size),
        rng.uniform(300, 1500, size),
    )
    time = np.minimum(np.minimum(early, late), end)
    mode = np.where(early == time, "infant", np.where(late == time, "wear-out", ""))
    return LifeData(time, mode != ""), mode


@pytest.mark.reference_data
def test_published_shock_absorber(reference_data: Path) -> None:
    # O'Connor's shock absorbers by mode: Meeker and Escobar (1998), example 15.4, treat them so. Each mode's own fit is a
    # fit with the other mode as survivors, by definition.
    with (reference_data / "published" / "me_shock_absorber.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    time, mode = [float(row["time"]) for row in rows], np.array([row["mode"] for row in rows])
    event = np.array([int(row["event"]) for row in rows])
    fit = fit_competing_risks(LifeData(time, event, unit="km"), mode)
    assert len(fit.modes) == 2
    for name in fit.modes:
        alone = fit_weibull(LifeData(time, (mode == name) & (event == 1)))
        assert fit.fits[name].eta == pytest.approx(alone.eta, rel=1e-8)
    # Both modes together say what one Weibull says of all failures, near the middle of the data.
    together = fit_weibull(LifeData(time, event))
    assert float(fit.reliability(15_000)) == pytest.approx(float(together.reliability(15_000)), abs=0.03)


def test_recovers_the_truth() -> None:
    data, mode = two_modes(8_000, seed=2)
    fit = fit_competing_risks(data, mode, confidence=0.999)
    assert 2000 in fit.fits["infant"].interval("eta")
    assert 0.8 in fit.fits["infant"].interval("beta")
    assert 900 in fit.fits["wear-out"].interval("eta")
    truth = math.exp(-((500 / 2000) ** 0.8) - (500 / 900) ** 3)
    assert truth in fit.reliability_interval(500.0)
    assert fit.without("infant").reliability(500.0) == pytest.approx(math.exp(-((500 / 900) ** 3)), abs=0.02)


def test_probabilities_by_mode_agree_with_the_curve_without_a_distribution() -> None:
    data, mode = two_modes(4_000, seed=3)
    fit = fit_competing_risks(data, mode)
    code = np.select([mode == "infant", mode == "wear-out"], [1, 2], 0)
    for name, number in (("infant", 1), ("wear-out", 2)):
        theirs = AalenJohansenFitter(calculate_variance=False).fit(data.time, code, event_of_interest=number)
        curve = theirs.cumulative_density_
        at = curve.iloc[curve.index.searchsorted(600.0, side="right") - 1, 0]
        assert float(fit.mode_probability(name, 600.0)) == pytest.approx(float(at), abs=0.02)


@pytest.mark.parametrize("t", [1e-3, 50.0, 500.0, 900.0, 3000.0])
def test_modes_add_up(t: float) -> None:
    data, mode = two_modes(300, seed=4)
    fit = fit_competing_risks(data, mode)
    total = sum(float(fit.mode_probability(name, t)) for name in fit.modes)
    assert total == pytest.approx(float(fit.failure_probability(t)), rel=1e-7)
    assert float(fit.failure_probability(fit.b_life(17))) == pytest.approx(0.17)
    grid = np.linspace(0, 6000, 200_001)
    assert fit.mean == pytest.approx(float(np.trapezoid(fit.reliability(grid), grid)), rel=1e-4)


def test_one_mode_is_a_plain_fit(nist: LifeData) -> None:
    fit, alone = fit_competing_risks(nist, ["wear"] * 11), fit_weibull(nist)
    assert fit.loglik == pytest.approx(alone.loglik)
    assert fit.b_life(10) == pytest.approx(alone.b_life(10))
    assert float(fit.mode_probability("wear", 300)) == pytest.approx(float(alone.failure_probability(300)))
    ours, theirs = fit.reliability_interval(300.0), alone.reliability_interval(300.0)
    assert (ours.lower, ours.upper) == pytest.approx((theirs.lower, theirs.upper), rel=1e-8)


def test_units_and_order_do_not_matter() -> None:
    data, mode = two_modes(200, seed=5)
    fit = fit_competing_risks(data, mode)
    shuffled = np.random.default_rng(0).permutation(200)
    other = fit_competing_risks(LifeData(data.time[shuffled] * 24, data.event[shuffled]), mode[shuffled])
    assert other.b_life(10) == pytest.approx(24 * fit.b_life(10), rel=1e-6)
    grouped = fit_competing_risks(LifeData(data.time, data.event, group=mode))
    assert grouped.loglik == fit.loglik


def test_families_by_mode_and_json() -> None:
    data, mode = two_modes(200, seed=6)
    fit = fit_competing_risks(data, mode, distribution={"infant": "exponential", "wear-out": "lognormal"})
    assert fit.fits["wear-out"].distribution == "lognormal"
    back = Result.from_json(fit.to_json())
    assert isinstance(back, CompetingRisksFit)
    assert back == fit
    assert back.median == fit.median


def test_refusals() -> None:
    data = LifeData([10.0, 20.0, 30.0, 40.0], [1, 1, 1, 0])
    with pytest.raises(NotEnoughFailures, match="failure mode 'b'"):
        fit_competing_risks(data, ["a", "a", "b", ""])
    with pytest.raises(InvalidData, match="row 1: a failure without a failure mode"):
        fit_competing_risks(data, ["a", None, "a", None])
    with pytest.raises(InvalidData, match="is needed"):
        fit_competing_risks(data)
    with pytest.raises(InvalidData, match="has 2 values"):
        fit_competing_risks(data, ["a", "b"])
    with pytest.raises(NotEnoughFailures, match="nothing failed"):
        fit_competing_risks(LifeData([10.0], 0), ["a"])
    for inexact in (LifeData([10.0, 20.0], [1, 2]), LifeData([10.0, 20.0], [1, 3], upper=[np.nan, 30.0])):
        with pytest.raises(
            InvalidData, match=r"row 1: its age at failure is not exact.*middle of the interval"
        ):
            fit_competing_risks(inexact, ["a", "a"])
    with pytest.raises(InvalidData, match="row 0: it is truncated above.*one by one"):
        fit_competing_risks(LifeData([10.0, 20.0], 1, truncated_above=[50.0, np.nan]), ["a", "a"])
    with pytest.raises(InvalidData, match="no distribution is given"):
        fit_competing_risks(data, ["a", "a", "b", ""], distribution={"a": "weibull"})
    fit = fit_competing_risks(data, ["a", "a", "a", ""])
    with pytest.raises(InvalidData, match="no mode is called"):
        fit.mode_probability("c", 10)
    with pytest.raises(InvalidData, match="no mode is left"):
        fit.without("a")
