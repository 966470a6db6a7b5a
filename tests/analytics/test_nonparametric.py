import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import InvalidData, LifeData, NotEnoughFailures, Result, SurvivalCurve, kaplan_meier

# Freireich et al. (1963), Blood 21, 699-716, the 6-MP arm: weeks in remission of 21 patients.
REMISSION = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_remission_times_by_hand() -> None:
    curve = kaplan_meier(LifeData(REMISSION, RELAPSED, unit="weeks"), confidence=0.95)
    assert curve.time.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.events.tolist() == [3, 1, 1, 1, 1, 1, 1]
    # Those who stay, week by week, and Greenwood's sum of d / (n (n - d)).
    stay = np.cumprod([18 / 21, 16 / 17, 14 / 15, 11 / 12, 10 / 11, 6 / 7, 5 / 6])
    greenwood = np.cumsum(
        [3 / (21 * 18), 1 / (17 * 16), 1 / (15 * 14), 1 / (12 * 11), 1 / 110, 1 / 42, 1 / 30]
    )
    assert curve.estimate == pytest.approx(stay, rel=1e-12)
    assert curve.standard_error == pytest.approx(stay * np.sqrt(greenwood), rel=1e-12)
    assert curve.median == 23


def test_agrees_with_lifelines_where_no_entry_ties_with_a_failure(rng: np.random.Generator) -> None:
    lifelines = pytest.importorskip("lifelines")
    life, censored = 100 * rng.weibull(1.5, 80), rng.uniform(20, 200, 80)
    entry = np.where(rng.random(80) < 0.4, rng.uniform(0, 40, 80), 0.0)
    time, event = np.minimum(life, censored), life <= censored
    keep = time > entry
    time, event, entry = time[keep], event[keep], entry[keep]
    curve = kaplan_meier(LifeData(time, event, entry=entry), confidence=0.90)
    other = lifelines.KaplanMeierFitter(alpha=0.10).fit(time, event, entry=entry)
    at = curve.time
    assert curve.estimate == pytest.approx(other.survival_function_at_times(at).to_numpy())
    bounds = other.confidence_interval_.loc[at].to_numpy()
    inside = curve.estimate > 0
    assert curve.lower[inside] == pytest.approx(bounds[inside, 0])
    assert curve.upper[inside] == pytest.approx(bounds[inside, 1])


def test_recovers_the_truth(rng: np.random.Generator) -> None:
    life, censored = 100 * rng.weibull(2.0, 20_000), rng.uniform(0, 250, 20_000)
    curve = kaplan_meier(LifeData(np.minimum(life, censored), life <= censored))
    ages = np.array([30.0, 70.0, 100.0, 140.0])
    assert curve.reliability(ages) == pytest.approx(np.exp(-((ages / 100) ** 2)), abs=0.015)
    assert curve.median == pytest.approx(100 * np.log(2) ** 0.5, rel=0.02)


def test_a_life_cut_in_two_gives_the_same_curve() -> None:
    # The cut of the second life falls on the failure of the first, where a careless risk set counts it twice.
    whole = kaplan_meier(LifeData([10, 25, 30], [1, 1, 0]))
    cut = kaplan_meier(LifeData([10, 10, 25, 30], [1, 0, 1, 0], entry=[0, 0, 10, 0]))
    assert cut.at_risk.tolist() == whole.at_risk.tolist()
    assert cut.estimate.tolist() == whole.estimate.tolist()


def test_a_failure_at_its_own_entry_was_at_risk() -> None:
    curve = kaplan_meier(LifeData([10, 25, 30], [1, 1, 0], entry=[10, 0, 0]))
    assert curve.at_risk.tolist() == [3, 2]


def test_zero_exposure_changes_nothing() -> None:
    bare = kaplan_meier(LifeData([10, 25, 30], [1, 1, 0]))
    more = kaplan_meier(LifeData([10, 25, 30, 10, 0], [1, 1, 0, 0, 0], entry=[0, 0, 0, 10, 0]))
    assert more.at_risk.tolist() == bare.at_risk.tolist()


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans(), st.integers(1, 3)), min_size=2, max_size=20),
    st.floats(1e-3, 1e6),
)
def test_scale_order_and_counts(rows: list[tuple[int, bool, int]], scale: float) -> None:
    ages, failed, count = (np.array(column) for column in zip(*rows, strict=True))
    if not failed.any():
        return
    curve = kaplan_meier(LifeData(ages, failed, count=count))
    expanded = np.repeat(np.arange(ages.size), count)[::-1]
    other = kaplan_meier(LifeData(ages[expanded] * scale, failed[expanded]))
    assert other.estimate == pytest.approx(curve.estimate)
    assert other.time == pytest.approx(curve.time * scale)
    assert other.lower == pytest.approx(curve.lower, nan_ok=True)


def test_bounds_stay_inside_and_plain_ones_are_symmetric() -> None:
    data = LifeData(REMISSION, RELAPSED)
    curve, plain = kaplan_meier(data), kaplan_meier(data, bounds="plain")
    assert np.all((curve.lower > 0) & (curve.lower < curve.estimate))
    assert np.all((curve.upper < 1) & (curve.upper > curve.estimate))
    middle = (plain.upper + plain.lower)[2:] / 2
    assert middle == pytest.approx(plain.estimate[2:])


def test_reading_the_curve() -> None:
    curve = kaplan_meier(LifeData([10, 20, 30, 40], [1, 1, 1, 0]))
    assert curve.reliability([0, 9.9, 10, 29, 40]).tolist() == pytest.approx([1, 1, 0.75, 0.5, 0.25])
    assert np.isnan(curve.reliability(41))
    assert curve.quantile(0.5) == 20
    assert curve.quantile(0.9) is None
    # The upper bound on S never falls to 0.25 within four units, so B75 has no upper bound.
    assert curve.quantile_interval(0.25).lower == 10
    assert curve.quantile_interval(0.75).upper == np.inf
    ended = kaplan_meier(LifeData([10, 20], 1))
    assert ended.reliability(99) == 0
    assert ended.quantile_interval(0.5).lower is not None


def test_says_when_the_curve_ends_early() -> None:
    curve = kaplan_meier(LifeData([5, 50, 60], [1, 1, 0], entry=[0, 20, 20]))
    assert curve.estimate[0] == 0
    assert "falls to 0 at age 5" in curve.warnings[0]


def test_round_trip() -> None:
    curve = kaplan_meier(LifeData(REMISSION, RELAPSED))
    again = Result.from_json(curve.to_json())
    assert isinstance(again, SurvivalCurve)
    assert again == curve
    assert again.median == curve.median


def test_refusals() -> None:
    with pytest.raises(NotEnoughFailures, match="nothing failed"):
        kaplan_meier(LifeData([1, 2], 0))
    with pytest.raises(InvalidData, match="row 1"):
        kaplan_meier(LifeData([1, 2], 1, truncated_above=[np.nan, 5]))
    with pytest.raises(InvalidData, match="confidence"):
        kaplan_meier(LifeData([1, 2], 1), confidence=95)
    with pytest.raises(InvalidData, match="between 0 and 1"):
        kaplan_meier(LifeData([1, 2], 1)).quantile(1.0)
