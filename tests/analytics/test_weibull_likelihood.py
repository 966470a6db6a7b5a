import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analytics import LifeData, NoFiniteMaximum, fit_distribution
from analytics.weibull_likelihood import WeibullLikelihood, maximise

EVERY_KIND = LifeData(
    time=[120, 300, 90, 40, 250, 200, 310, 0],
    event=[1, 0, 2, 3, 1, 0, 3, 3],
    upper=[np.nan, np.nan, np.nan, 80, np.nan, np.nan, 330, 60],
    entry=[0, 100, 10, 0, 50, 0, 0, 0],
    truncated_above=[np.nan, np.nan, np.nan, np.nan, 400, 500, 350, np.nan],
    count=[2, 1, 1, 3, 1, 2, 1, 1],
)


def written_out(data: LifeData, eta: float, beta: float) -> float:
    """The log-likelihood from its definition, one record after the other."""

    def survival(t: float) -> float:
        return 0.0 if math.isinf(t) else math.exp(-((t / eta) ** beta))

    total = 0.0
    for t, e, entry, upper, limit, count in zip(
        data.time, data.event, data.entry, data.upper, data.truncated_above, data.count, strict=True
    ):
        seen = survival(entry) - survival(limit)
        density = beta / eta * (t / eta) ** (beta - 1) * survival(t) if e == 1 else 0.0
        numerator = {
            0: survival(t) - survival(limit),
            1: density,
            2: survival(entry) - survival(t),
            3: survival(max(t, entry)) - survival(upper),
        }[int(e)]
        total += count * math.log(numerator / seen)
    return total


@pytest.mark.parametrize(("eta", "beta"), [(200.0, 1.0), (150.0, 2.5), (900.0, 0.6)])
def test_value_is_the_definition(eta: float, beta: float) -> None:
    found = WeibullLikelihood(EVERY_KIND).value(math.log(eta), math.log(beta))
    assert found == pytest.approx(written_out(EVERY_KIND, eta, beta), rel=1e-12)


@given(st.floats(4.0, 7.0), st.floats(-1.0, 1.5))
def test_derivatives_are_those_of_the_value(log_eta: float, log_beta: float) -> None:
    likelihood, h = WeibullLikelihood(EVERY_KIND), 1e-5
    at = likelihood.derivatives(log_eta, log_beta)
    assert at.value == pytest.approx(likelihood.value(log_eta, log_beta), rel=1e-12)
    by_eta = (likelihood.value(log_eta + h, log_beta) - likelihood.value(log_eta - h, log_beta)) / (2 * h)
    by_beta = (likelihood.value(log_eta, log_beta + h) - likelihood.value(log_eta, log_beta - h)) / (2 * h)
    scale = 1 + abs(at.value)
    assert at.gradient == pytest.approx((by_eta, by_beta), rel=1e-5, abs=1e-5 * scale)
    above, below = (likelihood.derivatives(log_eta + d, log_beta).gradient for d in (h, -h))
    over, under = (likelihood.derivatives(log_eta, log_beta + d).gradient for d in (h, -h))
    second = ((above[0] - below[0]), (above[1] - below[1]), (over[1] - under[1]))
    assert at.hessian == pytest.approx([x / (2 * h) for x in second], rel=1e-4, abs=1e-4 * scale)


def test_profile_is_the_best_eta_for_a_shape(nist: LifeData) -> None:
    likelihood = WeibullLikelihood(nist)
    log_eta = likelihood.profile_log_eta(math.log(1.3))
    assert likelihood.derivatives(log_eta, math.log(1.3)).gradient[0] == pytest.approx(0, abs=1e-10)


def test_with_delayed_entry_the_maximum_is_the_highest_of_the_whole_profile() -> None:
    # A late cohort pulls the shape up, an early one down.
    rng = np.random.default_rng(3)
    time, entry = 1000 + 20 * rng.random(12), np.repeat(990.0, 12)
    early = rng.exponential(3.0, 12)
    data = LifeData(np.concatenate([time, early]), 1, entry=np.concatenate([entry, np.zeros(12)]))
    likelihood = WeibullLikelihood(data)
    _, _, found = maximise(data, likelihood)
    grid = [
        likelihood.value(likelihood.profile_log_eta(b), b)
        for b in np.linspace(math.log(1e-3), math.log(1e3), 800)
    ]
    assert found.value >= max(grid) - 1e-9


nan = np.nan

# Of each a profile over beta on a fine grid rises towards an edge.
WITHOUT_MAXIMUM = [
    # Certain in the limit of a large beta, where the likelihood has nothing left to fall from.
    LifeData([119.3, 147.7, 64.9], [2, 2, 3], upper=[nan, nan, 155.4], entry=[0, 0, 64.9], truncated_above=[nan, nan, 159.7]),
    LifeData([175.0, 75.0, 25.0], [2, 3, 0], upper=[nan, 150, nan], entry=[100, 75, 0], truncated_above=[nan, 175, nan]),
    # A maximum inside of -5.85, and -5.58 as beta goes to 0.
    LifeData([125.6, 81.1], [1, 2], entry=[34.8, 0], truncated_above=[286.8, nan]),
    # Failed at the very age above which it would not have been seen.
    LifeData([100.0, 50.0], 1, entry=[25, 0], truncated_above=[nan, 50]),
    LifeData([50.0, 125, 125, 75, 150], [3, 1, 1, 3, 2], upper=[175, nan, nan, 100, nan], entry=[25, 0, 75, 25, 0],
             truncated_above=[175, 225, nan, 100, nan]),
    # As flat in eta, between 2.5 and 300, as doubles can tell.
    LifeData([2.2, 303.46988557], [1, 2], entry=[0, 77.4], truncated_above=[2.5, nan]),
    # Two intervals meet at 75 (at 100), and all of them at once as beta grows.
    LifeData([75.0, 175, 50, 75, 25], [2, 2, 3, 0, 0], upper=[nan, nan, 125, nan, nan], entry=[0, 0, 50, 25, 0]),
    LifeData([100.0, 100, 75, 75], [3, 2, 0, 0], upper=[125, nan, nan, nan], entry=[0, 0, 25, 0],
             truncated_above=[nan, 225, nan, nan]),
]  # fmt: skip


@pytest.mark.parametrize("data", WITHOUT_MAXIMUM)
def test_few_records_of_many_kinds_without_a_maximum(data: LifeData) -> None:
    with pytest.raises(NoFiniteMaximum):
        maximise(data, WeibullLikelihood(data))
    with pytest.raises(NoFiniteMaximum):
        fit_distribution(data, "weibull")


def test_a_maximum_below_the_edge_is_none() -> None:
    # Certain as beta grows with eta between 25.62 and 26.67; there is a maximum of -1.14 too.
    data = LifeData([26.67, 52.61, 25.62], [2, 2, 0], entry=[16, 31, 0], truncated_above=[33.8, nan, nan])
    assert WeibullLikelihood(data).value(math.log(26.1), math.log(2000.0)) == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(NoFiniteMaximum):
        maximise(data, WeibullLikelihood(data))


def test_digits_are_kept_where_the_hazard_vanishes_or_cancels() -> None:
    """The derivatives are the limits': of a chance to fail of z_c (truncated: less as much), of hazards that cancel 0."""
    left = WeibullLikelihood(LifeData([50.0, 80.0], 2, truncated_above=[nan, 100.0]))
    far = left.derivatives(math.log(100.0) + 400.0, math.log(3.0))
    assert far.value == pytest.approx(3.0 * (math.log(0.5) - 400.0 + math.log(0.8)))
    assert far.gradient == pytest.approx((-3.0, far.value))
    late = WeibullLikelihood(LifeData([300.0, 120.0], [2, 3], upper=[nan, 200.0], entry=[80.0, 120.0]))
    for log_eta in (-1.0, 0.0):
        assert late.value(log_eta, math.log(9.0)) == late.derivatives(log_eta, math.log(9.0)).value == 0.0


@pytest.mark.parametrize(
    "data",
    [
        LifeData([100.0, 100.0, 50.0], [1, 1, 0]),  # all failures at the last age at risk
        LifeData([5.0, 6.0, 7.0], 2),  # only "failed before": eta goes to 0
        LifeData([10.0, 10.0, 10.0], 3, upper=20.0),  # one interval holds every failure
        LifeData([5.0, 6.0, 9.0, 10.0], [0, 0, 2, 2]),  # every good one younger than every bad one
        LifeData([10.0, 60.0, 99.0], 1, truncated_above=100.0),  # seen because short, and evenly spread
        LifeData([101.0, 102.0, 400.0], [1, 1, 1], entry=[100.0, 100.0, 100.0], count=[50, 20, 1]),
    ],
)
def test_refuses_where_no_maximum_exists(data: LifeData) -> None:
    with pytest.raises(NoFiniteMaximum):
        maximise(data, WeibullLikelihood(data))


# An age and what is known there: failed at it, before it or between it and another, or still good.
RECORDS = [
    (10, 1, np.nan), (20, 1, np.nan), (10, 2, np.nan), (20, 2, np.nan), (30, 2, np.nan), (10, 3, 20.0),
    (20, 3, 30.0), (10, 3, 30.0), (10, 0, np.nan), (20, 0, np.nan), (30, 0, np.nan),
]  # fmt: skip


def log_chance(age: float, event: int, upper: float, log_eta: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """What one record adds to the log-likelihood."""
    z = beta * (math.log(age) - log_eta)
    hazard = np.exp(z)
    if event == 3:
        more = np.exp(beta * (math.log(upper) - log_eta)) - hazard
        return np.asarray(np.log(-np.expm1(-more)) - hazard)
    return np.asarray({0: -hazard, 1: np.log(beta) + z - hazard, 2: np.log(-np.expm1(-hazard))}[event])


@pytest.mark.parametrize("first", RECORDS, ids=str)
def test_of_a_few_records_of_any_kind_it_is_known_whether_there_is_a_maximum(
    first: tuple[float, int, float],
) -> None:
    """Against the likelihood written out on a grid: what is found is as high, and where nothing is found its edge is."""
    # So fine about the ages that no ridge between two points rises by more than 0.02 over both.
    log_eta = np.concatenate([np.linspace(-8, 1, 31), np.linspace(1.1, 4.5, 1001), np.linspace(4.6, 14, 31)])
    beta = np.exp(np.linspace(-6.0, 4.0, 31))
    with np.errstate(all="ignore"):
        chances = {record: log_chance(*record, log_eta[:, None], beta) for record in RECORDS}
    for others in [*((one,) for one in RECORDS), (RECORDS[4], RECORDS[9]), (RECORDS[7], RECORDS[8])]:
        time, event, upper = zip(first, *others, strict=True)
        data = LifeData(time, event, upper=upper)
        if data.counts.failures < 2:
            continue
        height = np.nan_to_num(chances[first] + sum(chances[one] for one in others), nan=-np.inf)
        try:
            found = maximise(data, WeibullLikelihood(data))[2]
        except NoFiniteMaximum:
            inside = height[1:-1, 1:-1].max()
            height[1:-1, 1:-1] = -np.inf
            assert height.max() >= inside - 0.02
        else:
            assert found.is_concave
            # An age is a density of age, not of its logarithm.
            jacobian = sum(math.log(age) for age, kind in zip(time, event, strict=True) if kind == 1)
            assert found.value + jacobian >= height.max()


def test_says_when_all_failures_stand_at_the_last_age() -> None:
    data = LifeData([100.0, 100.0, 50.0], [1, 1, 0])
    with pytest.raises(NoFiniteMaximum, match="last age at which anything was at risk.*Weibayes"):
        maximise(data, WeibullLikelihood(data))


@pytest.mark.parametrize("late", [150.0, 170.0, 177.0, 180.0, 185.0, 195.0])
def test_late_entries_have_a_maximum_where_the_profile_has_one(late: float) -> None:
    # From 100 to 200 h ten units survive; the later the second failure, the less steeply the rate falls.
    data = LifeData([110.0, late, 200.0], [1, 1, 0], entry=[100.0] * 3, count=[1, 1, 10])
    likelihood = WeibullLikelihood(data)
    shapes = np.linspace(math.log(1e-4), math.log(50.0), 400)
    # The best scale for each shape, in closed form: eta ** beta is the sum of powers over the failures.
    heights = []
    for b in np.exp(shapes):
        power = (np.array([110.0, late, 200.0]) ** b - 100.0**b) @ [1, 1, 10] / 2.0
        heights.append(2 * math.log(b / power) + (b - 1) * math.log(110.0 * late) - 2.0)
    best = int(np.argmax(heights))
    if best == 0:
        with pytest.raises(NoFiniteMaximum, match="entered late"):
            maximise(data, likelihood)
    else:
        _, log_beta, at = maximise(data, likelihood)
        assert log_beta == pytest.approx(shapes[best], abs=shapes[1] - shapes[0])
        assert at.value == pytest.approx(heights[best], abs=1e-3)
        assert at.value >= heights[best] - 1e-9


@given(
    st.lists(st.floats(0.01, 100.0), min_size=2, max_size=20),
    st.floats(0.05, 100.0),
    st.sampled_from([1e-6, 1.0, 1e9]),
)
def test_the_end_point_is_a_maximum(ages: list[float], limit: float, scale: float) -> None:
    time = np.minimum(ages, limit) * scale
    data = LifeData(time, np.array(ages) <= limit)
    assume(data.counts.failures >= 2)
    likelihood = WeibullLikelihood(data)
    try:
        log_eta, log_beta, at = maximise(data, likelihood)
    except NoFiniteMaximum:
        failed = data.event == 1
        # No maximum is claimed only where the failures stand at the last age, to within rounding of its logarithm.
        assert np.log(time[failed]).mean() == pytest.approx(np.log(time.max()), abs=1e-9)
        return
    assert at.is_concave
    assert at.score_norm < 1e-6
    for du, db in [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)]:
        assert likelihood.value(log_eta + du, log_beta + db) < at.value
