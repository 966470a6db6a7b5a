import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import NelsonAalenFitter

from analytics import InvalidData, LifeData, NotEnoughFailures, Result, kaplan_meier, nelson_aalen

# Freireich et al. (1963), Blood 21, 699-716, 6-MP arm: weeks of remission of 21 children.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
EVENT = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_remissions_by_hand() -> None:
    # Relapses over those still in remission, counted by hand; the first variance is 3 / 21 squared.
    curve = nelson_aalen(LifeData(WEEKS, EVENT, unit="week"))
    steps = [3 / 21, 1 / 17, 1 / 15, 1 / 12, 1 / 11, 1 / 7, 1 / 6]
    assert curve.estimate == pytest.approx(np.cumsum(steps), rel=1e-12)
    assert curve.standard_error[0] == pytest.approx(math.sqrt(3) / 21, rel=1e-12)


@pytest.mark.parametrize(("ties", "smoothing"), [("together", False), ("apart", True)])
def test_agrees_with_lifelines(ties: str, smoothing: bool) -> None:
    rng = np.random.default_rng(1)
    life, limit = np.ceil(20 * rng.weibull(1.5, 80)), np.ceil(rng.uniform(5, 40, 80))
    data = LifeData(np.minimum(life, limit), life <= limit)
    theirs = NelsonAalenFitter(nelson_aalen_smoothing=smoothing).fit(data.time, data.event)
    found = nelson_aalen(data, ties=ties)  # type: ignore[arg-type]
    assert found.estimate == pytest.approx(theirs.cumulative_hazard_.loc[found.time].to_numpy().ravel())


def test_recovers_the_truth() -> None:
    rng = np.random.default_rng(2)
    life, entry = 100 * rng.weibull(2.0, 20_000), rng.uniform(0, 60, 20_000)
    seen = life > entry
    curve = nelson_aalen(LifeData(life[seen], 1, entry=entry[seen]), confidence=0.999)
    at = int(np.searchsorted(curve.time, 120.0))
    assert curve.lower[at] < 1.44 < curve.upper[at]
    assert curve.estimate[at] == pytest.approx(1.44, rel=0.1)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 1), st.integers(1, 3)), min_size=2, max_size=12))
def test_units_and_counts(rows: list[tuple[int, int, int]]) -> None:
    time, event, count = (np.array(column) for column in zip(*rows, strict=True))
    if not event.any():
        return
    curve = nelson_aalen(LifeData(time, event, count=count))
    again = np.repeat(np.arange(time.size), count)
    other = nelson_aalen(LifeData(time[again] * 24.0, event[again]))
    assert other.time == pytest.approx(24 * curve.time)
    assert other.estimate == pytest.approx(curve.estimate)
    # exp(-H) is never below the product limit.
    assert np.all(
        curve.reliability(curve.time) >= kaplan_meier(LifeData(time, event, count=count)).estimate - 1e-12
    )


def test_the_curve_ends_where_the_data_do() -> None:
    curve = nelson_aalen(LifeData([10, 20, 30, 40], [1, 0, 1, 0]), bounds="plain")
    assert curve.cumulative_hazard([5, 10, 35]).tolist() == [0.0, 0.25, 0.75]
    assert math.isnan(float(curve.cumulative_hazard(41)))
    assert curve.lower[0] == 0.0
    assert Result.from_json(curve.to_json()) == curve


def test_refusals() -> None:
    with pytest.raises(NotEnoughFailures):
        nelson_aalen(LifeData([10, 20], 0))
    with pytest.raises(InvalidData, match="exact and right-censored"):
        nelson_aalen(LifeData([10, 20], [2, 1]))
