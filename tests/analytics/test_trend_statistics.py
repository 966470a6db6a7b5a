import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import EventHistories
from analytics.trend_statistics import (
    Places,
    anderson_darling,
    laplace,
    lewis_robinson,
    military_handbook,
    places_on_total_time,
    places_within_systems,
)
from tests.analytics.test_loglinear import HALFBEAK, halfbeak
from tests.analytics.test_powerlaw import crow


def test_published_crow_three_systems() -> None:
    # R mcotear (2019), vignette repairable_mcotear, on the data of Crow (1975), AMSAA TR-138, table 1.
    places = places_within_systems(crow(), "time")
    found, handbook, distance = laplace(places), military_handbook(places), anderson_darling(places)
    assert handbook is not None
    assert distance is not None
    assert (round(found.statistic, 6), round(found.p_value, 9)) == (-3.012036, 0.002595015)
    assert (round(handbook.statistic, 4), handbook.degrees, round(handbook.p_value, 9)) == (
        117.0092,
        72,
        0.001269251,
    )
    assert round(distance.statistic, 6) == 5.498379


def test_published_halfbeak() -> None:
    # RAMSTK, tests/_test_mcf.py, on the Halfbeak data of Meeker and Escobar: 51.4429465, 7.5960410 and 4.7370351.
    places = places_within_systems(halfbeak(), "time")
    handbook = military_handbook(places)
    robust = lewis_robinson(places, np.diff(HALFBEAK, prepend=0.0))
    assert handbook is not None
    assert robust is not None
    assert round(laplace(places).statistic, 4) == 7.5960
    assert round(handbook.statistic, 4) == 51.4429
    assert round(robust.statistic, 4) == 4.7370


def test_anderson_darling_p_values_of_the_limit() -> None:
    # Stephens (1974), JASA 69, 730-737, table 1A: significance points 10 %, 5 % and 1 % with all parameters known.
    def sample(statistic: float) -> float:
        # Two places at u and 1 - u have any statistic that is wanted.
        low, high = 1e-12, 0.2
        for _ in range(200):
            middle = (low + high) / 2
            at = anderson_darling(Places(np.array([middle, 1 - middle]), np.ones(2)))
            assert at is not None
            low, high = (middle, high) if at.statistic > statistic else (low, middle)
        found = anderson_darling(Places(np.array([low, 1 - low]), np.ones(2)))
        assert found is not None
        return found.p_value

    assert [sample(point) for point in (1.933, 2.492, 3.857)] == pytest.approx([0.10, 0.05, 0.01], abs=3e-4)


def test_tests_hold_their_level() -> None:
    rng = np.random.default_rng(6)
    rejected = np.zeros(3)
    for _ in range(1500):
        lengths = np.repeat([50.0, 400.0, 1000.0], rng.poisson([1, 6, 14]))
        if lengths.size < 3:
            lengths = np.full(3, 50.0)
        places = Places(lengths * rng.uniform(size=lengths.size), lengths)
        tests = (laplace(places), military_handbook(places), anderson_darling(places))
        rejected += [test is not None and test.p_value < 0.1 for test in tests]
    assert rejected / 1500 == pytest.approx(np.full(3, 0.1), abs=0.02)


def test_places_skip_what_was_not_watched() -> None:
    histories = EventHistories(
        ["a", "a", "b"], [4, 25, 7], start={"a": [0, 20], "b": 5}, end={"a": [10, 30], "b": 9}
    )
    within = places_within_systems(histories, "time")
    assert (within.at.tolist(), within.length.tolist()) == ([4, 2, 15], [20, 4, 20])
    total = places_on_total_time(histories, "time")
    # 0-5 one system, 5-9 two, 9-10 one, 20-30 one.
    assert (total.at.tolist(), total.length.tolist()) == ([4, 9, 19], [24, 24, 24])


def test_the_last_event_of_a_failure_terminated_test_is_left_out() -> None:
    histories = EventHistories(["a", "a", "b", "b"], [3, 8, 2, 9], end={"a": 8, "b": 9})
    assert sorted(places_within_systems(histories, "failure").at.tolist()) == [2, 3]
    assert places_on_total_time(histories, "failure").at.size == 3


def test_events_on_an_edge() -> None:
    at_start = Places(np.array([0.0, 5.0]), np.full(2, 10.0))
    at_end = Places(np.array([5.0, 10.0]), np.full(2, 10.0))
    assert military_handbook(at_start) is None
    assert military_handbook(at_end) is not None
    assert anderson_darling(at_start) is None
    assert anderson_darling(at_end) is None
    assert lewis_robinson(at_end, np.array([5.0, 5.0])) is None


@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=20), st.floats(1e-6, 1e9))
@settings(max_examples=50)
def test_units_do_not_matter_and_mirrors_turn_the_sign(u: list[float], unit: float) -> None:
    at = np.array(u)
    one = laplace(Places(at, np.ones(at.size)))
    scaled = laplace(Places(at * unit, np.full(at.size, unit)))
    mirrored = laplace(Places(1 - at, np.ones(at.size)))
    assert scaled.statistic == pytest.approx(one.statistic, rel=1e-9, abs=1e-9)
    assert mirrored.statistic == pytest.approx(-one.statistic, rel=1e-9, abs=1e-9)
    assert mirrored.p_value == pytest.approx(one.p_value, rel=1e-9)
