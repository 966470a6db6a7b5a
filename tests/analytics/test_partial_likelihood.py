import numpy as np
import pytest

from analytics.lifedata import LifeData
from analytics.partial_likelihood import PartialLikelihood

RNG = np.random.default_rng(4)
SIZE = 40
TIME = RNG.integers(3, 12, SIZE).astype(float)
DATA = LifeData(
    TIME,
    RNG.integers(0, 2, SIZE),
    entry=np.minimum(RNG.integers(0, 6, SIZE), TIME - 1),
    count=RNG.integers(1, 4, SIZE),
)
COLUMNS = RNG.normal(size=(SIZE, 3))
THETA = np.array([0.5, -0.3, 0.1])


def written_out(theta: np.ndarray, efron: bool) -> float:
    """One unit at a time, one failure at a time."""
    rows = np.repeat(np.arange(SIZE), DATA.count.astype(int))
    time, event, entry = DATA.time[rows], DATA.event[rows], DATA.entry[rows]
    hazard = np.exp(COLUMNS[rows] @ theta)
    total = 0.0
    for age in np.unique(time[event == 1]):
        at_risk, dead = (entry < age) & (age <= time), (event == 1) & (time == age)
        for gone in range(int(dead.sum())):
            part = gone / dead.sum() if efron else 0.0
            total -= np.log(hazard[at_risk].sum() - part * hazard[dead].sum())
        total += np.log(hazard[dead]).sum()
    return float(total)


@pytest.mark.parametrize("efron", [True, False])
def test_value_and_derivatives(efron: bool) -> None:
    likelihood = PartialLikelihood(DATA, COLUMNS, efron=efron)
    assert likelihood.value(THETA) == pytest.approx(written_out(THETA, efron), rel=1e-12)
    at, step = likelihood.derivatives(THETA), 1e-5
    for i, direction in enumerate(np.eye(3) * step):
        slope = (likelihood.value(THETA + direction) - likelihood.value(THETA - direction)) / (2 * step)
        assert at.gradient[i] == pytest.approx(slope, rel=1e-6, abs=1e-7)
        bend = (
            likelihood.derivatives(THETA + direction).gradient
            - likelihood.derivatives(THETA - direction).gradient
        )
        assert at.hessian[i] == pytest.approx(bend / (2 * step), rel=1e-6, abs=1e-6)


def test_weighted_score_is_that_of_a_coefficient_changing_with_age() -> None:
    """Lives cut at every failure age, with a column that holds x times g of the age: its score and information."""
    likelihood = PartialLikelihood(DATA, COLUMNS)
    weight = np.sqrt(likelihood.time)
    pieces = [
        (row, max(low, DATA.entry[row]), min(high, DATA.time[row]), g)
        for low, high, g in zip(
            [0.0, *likelihood.time[:-1]], [*likelihood.time[:-1], np.inf], weight, strict=True
        )
        for row in range(SIZE)
        if max(low, DATA.entry[row]) < min(high, DATA.time[row])
    ]
    rows = np.array([piece[0] for piece in pieces])
    start, stop, g = (np.array([piece[at] for piece in pieces]) for at in (1, 2, 3))
    cut = LifeData(
        stop, (DATA.event[rows] == 1) & (stop == DATA.time[rows]), entry=start, count=DATA.count[rows]
    )
    wide = PartialLikelihood(cut, np.hstack([COLUMNS[rows], g[:, None] * COLUMNS[rows]]))
    at = wide.derivatives(np.concatenate([THETA, np.zeros(3)]))
    here = likelihood.moments(THETA)
    assert at.gradient[3:] == pytest.approx(likelihood.score(here, weight), rel=1e-9)
    assert -at.hessian[:3, 3:] == pytest.approx(likelihood.information(here, weight), rel=1e-9)
    assert -at.hessian[3:, 3:] == pytest.approx(likelihood.information(here, weight**2), rel=1e-9)


def test_units_at_risk_and_events() -> None:
    likelihood = PartialLikelihood(LifeData([1, 2, 2, 3], [1, 1, 0, 1], entry=[0, 1, 0, 2]), np.zeros((4, 1)))
    assert likelihood.time.tolist() == [1.0, 2.0, 3.0]
    assert likelihood.units_at_risk.tolist() == [2.0, 2.0, 1.0]
    assert likelihood.events.tolist() == [1, 1, 1]


def test_hazards_of_any_size() -> None:
    likelihood = PartialLikelihood(DATA, COLUMNS)
    moved = PartialLikelihood(DATA, COLUMNS + 1e3)
    assert moved.value(THETA) == pytest.approx(likelihood.value(THETA), rel=1e-9)
    assert likelihood.value(np.array([np.nan, 0.0, 0.0])) == -np.inf
