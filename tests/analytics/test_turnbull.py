import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import InvalidData, LifeData, Result, kaplan_meier
from analytics.turnbull import turnbull_masses

# Breast cosmesis after radiotherapy alone, months (Finkelstein and Wolfe 1985, Biometrics 41, 933-945; R's interval package has
# them as `bcos`): an interval of deterioration, None where it had not come.
RADIOTHERAPY = [
    (45, None), (6, 10), (0, 7), (46, None), (46, None), (7, 16), (17, None), (7, 14), (37, 44), (0, 8), (4, 11),
    (15, None), (11, 15), (22, None), (46, None), (46, None), (25, 37), (46, None), (26, 40), (46, None), (27, 34),
    (36, 44), (46, None), (36, 48), (37, None), (40, None), (17, 25), (46, None), (11, 18), (38, None), (5, 12),
    (37, None), (0, 5), (18, None), (24, None), (36, None), (5, 11), (19, 35), (17, 25), (24, None), (32, None),
    (33, None), (19, 26), (37, None), (34, None), (36, None),
]  # fmt: skip


def intervals(rows: list[tuple[int, int | None]]) -> LifeData:
    low = [float(a) for a, _ in rows]
    upper = [np.nan if b is None else float(b) for _, b in rows]
    return LifeData(low, [0 if b is None else 3 for _, b in rows], upper=upper)


def test_the_masses_of_radiotherapy_maximise_the_likelihood() -> None:
    # The likelihood is concave, so its maximum is known by the slope that each innermost interval has (Gentleman and
    # Geyer 1994): the number of units where there is mass, and no more elsewhere.
    masses = turnbull_masses(intervals(RADIOTHERAPY))
    end = np.where(np.isfinite(masses.end), masses.end, 48.0)
    inside = np.array([
        (low <= masses.start) & (end <= (48 if upper is None else upper)) for low, upper in RADIOTHERAPY
    ])  # fmt: skip
    slope = (inside / (inside @ masses.mass)[:, None]).sum(axis=0)
    assert slope[masses.mass > 1e-9] == pytest.approx(46.0, rel=1e-6)
    assert slope.max() < 46.0 * (1 + 1e-6)
    assert masses.mass.sum() == pytest.approx(1.0)
    held = np.flatnonzero(masses.mass > 1e-9)
    assert [(masses.start[k], end[k]) for k in held] == [
        (4, 5), (6, 7), (7, 8), (11, 12), (24, 25), (33, 34), (38, 40), (46, 48),
    ]  # fmt: skip
    curve = kaplan_meier(intervals(RADIOTHERAPY))
    assert curve.method == "turnbull"
    assert curve.events / 46 == pytest.approx(masses.mass[held][: curve.events.size])


@pytest.mark.reference_data
def test_published_turbine_wheels_are_pooled_fractions(reference_data: Path) -> None:
    # With one inspection a unit the estimate is the monotone regression of the fractions found cracked (Ayer et al. 1955).
    with (reference_data / "published" / "nelson_turbine_wheel.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    event = [{"Left": 2, "Right": 0}[row["event"]] for row in rows]
    data = LifeData([float(row["hours"]) for row in rows], event, count=[float(row["count"]) for row in rows])
    ages = np.unique(data.time)
    cracked = np.array([data.count[(data.time == age) & (data.event == 2)].sum() for age in ages])
    units = np.array([data.count[data.time == age].sum() for age in ages])
    blocks: list[list[float]] = []
    for c, n in zip(cracked, units, strict=True):
        blocks.append([c, n, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            c2, n2, k2 = blocks.pop()
            blocks[-1] = [blocks[-1][0] + c2, blocks[-1][1] + n2, blocks[-1][2] + k2]
    pooled = np.concatenate([[c / n] * int(k) for c, n, k in blocks])
    curve = kaplan_meier(data)
    found = np.concatenate([[1.0], curve.estimate])[np.searchsorted(curve.time, ages, side="right")]
    assert 1 - found == pytest.approx(pooled, abs=1e-6)


def test_without_inspections_it_is_the_product_limit() -> None:
    rng = np.random.default_rng(2)
    life, end = np.ceil(rng.weibull(1.5, 60) * 20), np.ceil(rng.uniform(3, 40, 60))
    data = LifeData(np.minimum(life, end), life <= end)
    masses, curve = turnbull_masses(data), kaplan_meier(data)
    seen = np.isfinite(masses.end)
    assert masses.end[seen].tolist() == curve.time.tolist()
    assert 1 - np.cumsum(masses.mass)[seen] == pytest.approx(curve.estimate, abs=1e-8)
    kept = curve.estimate > 0
    assert np.sqrt(masses.variance[seen])[kept] == pytest.approx(curve.standard_error[kept], rel=1e-5)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(1, 8), st.sampled_from([0, 2, 3, 3])),
        min_size=2,
        max_size=15,
    )
)
def test_no_other_masses_are_more_likely(rows: list[tuple[int, int, int]]) -> None:
    low, width, event = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if not np.any(event):
        return
    time = np.where(event == 2, low + width, np.where(event == 0, low + 1, low))
    data = LifeData(time, event, upper=np.where(event == 3, low + width, np.nan))
    masses = turnbull_masses(data)
    start, end = data.failure_intervals()
    end = np.where(data.event == 0, np.inf, end)

    def loglik(mass: np.ndarray) -> float:
        inside = (masses.start[None, :] >= start[:, None]) & (masses.end[None, :] <= end[:, None])
        with np.errstate(divide="ignore"):
            return float(np.log(inside @ mass).sum())

    rng = np.random.default_rng(0)
    best = loglik(masses.mass)
    for _ in range(20):
        other = masses.mass * np.exp(rng.normal(0, 0.2, masses.mass.size))
        assert loglik(other / other.sum()) <= best + 1e-9
    scaled = turnbull_masses(LifeData(time * 24, event, upper=data.upper * 24))
    assert scaled.end == pytest.approx(masses.end * 24)


def test_inside_an_interval_the_curve_is_not_known() -> None:
    curve = kaplan_meier(intervals(RADIOTHERAPY))
    assert np.isnan(curve.reliability(4.5))
    assert float(curve.reliability(5.5)) == pytest.approx(0.954, abs=0.001)
    assert Result.from_json(curve.to_json()) == curve
    assert curve.lower[0] < curve.estimate[0] < curve.upper[0]


def test_refusals() -> None:
    with pytest.raises(InvalidData, match="from age 0"):
        kaplan_meier(LifeData([5.0, 9.0], [2, 1], entry=[1.0, 0.0]))
    with pytest.raises(InvalidData, match="from age 0"):
        kaplan_meier(LifeData([5.0, 9.0], [2, 1], truncated_above=[20.0, np.nan]))
