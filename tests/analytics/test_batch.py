import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import AnalyticsError, LifeData, batch
from analytics.batch import (
    BLOCK_RECORDS,
    CHUNK_RECORDS,
    Samples,
    chunks,
    fit_records,
    gather,
    log_moment_start,
    maximise,
)
from analytics.batch_fits import TILE_RECORDS, Status
from analytics.weibull_likelihood import WeibullLikelihood
from analytics.weibull_likelihood import maximise as maximise_one


@pytest.fixture(autouse=True, scope="module", params=["numpy", "numba"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Everything here holds with numba and without."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "numpy":
            patch.setattr(batch, "compiled", lambda: None)
        yield request.param


Flat = tuple[
    np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray
]  # time, event, entry, weight, offsets


def many_samples(rng: np.random.Generator, n: int, scales: bool = True) -> Flat:
    """Small samples of every kind that has gone wrong somewhere: ties, few failures, late entries, odd scales."""
    each = []
    for kind in rng.integers(0, 4, n):
        size = rng.integers(1, 12)
        time = rng.weibull(rng.uniform(0.5, 5.0), size) + 1e-3
        if rng.random() < 0.4:
            time = np.ceil(4.0 * time) / 4.0
        share = (
            np.zeros(size),
            rng.random(size) * rng.integers(0, 2, size),
            rng.random(size),
            1 - 0.1 * rng.random(size),
        )
        scale = 10.0 ** rng.integers(-6, 10) if scales else 1.0
        failed = rng.random(size) < rng.uniform(0.2, 1.0)
        each.append((time * scale, failed, time * share[kind] * scale, rng.integers(1, 4, size)))
    time, event, entry, weight = (np.concatenate([one[i] for one in each]) for i in range(4))
    return time, event, entry, weight, np.concatenate([[0], np.cumsum([one[0].size for one in each])])


def gathered(flat: Flat) -> Samples:
    time, event, entry, weight, offsets = flat
    return gather(time, event, offsets, entry=entry, weight=weight)


def test_thousands_of_samples_agree_with_the_fit_of_one(rng: np.random.Generator) -> None:
    time, event, entry, weight, offsets = flat = many_samples(rng, 4_000)
    fits = maximise(gathered(flat))
    for k, (a, b) in enumerate(pairwise(offsets)):
        data = LifeData(time[a:b], event[a:b], entry=entry[a:b], count=weight[a:b])
        if not data.counts.failures:
            assert fits.status[k] == Status.NO_FAILURES
            continue
        try:
            log_eta, log_beta, at = maximise_one(data, WeibullLikelihood(data))
        except AnalyticsError:
            # Shapes at which eta is beyond 1e100 are told from none by rounding alone, on which a search may also founder:
            # of such a sample `fit_fleet` asks the fit of one.
            assert fits.status[k] != Status.OK or fits.log_beta[k] < -3.0
            continue
        assert fits.status[k] == Status.OK or log_beta < -3.0
        if fits.status[k] == Status.OK and log_beta > -3.0:
            assert fits.log_beta[k] == pytest.approx(log_beta, abs=1e-7)
            assert fits.log_eta[k] == pytest.approx(log_eta, abs=1e-6)
            assert fits.loglik[k] == pytest.approx(at.value, rel=1e-9, abs=1e-9)
            assert fits.information[:, k] == pytest.approx([-h for h in at.hessian], rel=1e-5, abs=1e-4)
            assert fits.score_norm[k] < 1e-6


def test_the_profile_is_concave_in_beta_with_delayed_entry(rng: np.random.Generator) -> None:
    """So the search needs no scan: the claim is checked on the profile itself, far beyond any sensible shape."""
    time, event, entry, weight, offsets = many_samples(rng, 400, scales=False)
    beta = np.linspace(0.05, 40.0, 200)
    for a, b in pairwise(offsets):
        data = LifeData(time[a:b], event[a:b], entry=entry[a:b], count=weight[a:b])
        if not data.counts.failures:
            continue
        likelihood = WeibullLikelihood(data)
        if not (data.exposure > 0.0):
            continue
        profile = np.array([likelihood.value(likelihood.profile_log_eta(x), x) for x in np.log(beta)])
        assert np.all(np.diff(profile, 2) < 1e-7 * (1.0 + np.abs(profile[1:-1])))


def test_a_sample_has_the_same_bits_wherever_it_stands(rng: np.random.Generator) -> None:
    time, event, entry, weight, offsets = flat = many_samples(rng, 6_000)
    assert len(list(chunks(offsets, TILE_RECORDS))) > 1
    whole = maximise(gathered(flat))
    for k in [0, 1, 17, 2_999, 5_999]:
        a, b = offsets[k], offsets[k + 1]
        alone = maximise(gather(time[a:b], event[a:b], [0, b - a], entry=entry[a:b], weight=weight[a:b]))
        for name in ("log_eta", "log_beta", "loglik", "score_norm", "information", "status"):
            assert np.array_equal(
                getattr(alone, name)[..., 0], getattr(whole, name)[..., k], equal_nan=True
            ), name


@pytest.mark.parametrize("late", [False, True])
def test_a_long_sample_is_summed_by_blocks(rng: np.random.Generator, late: bool) -> None:
    n = 2 * BLOCK_RECORDS + 77
    time = 300.0 * rng.weibull(1.7, n)
    entry = time * rng.random(n) * 0.5 if late else np.zeros(n)
    event = rng.random(n) < 0.5
    alone = maximise(gather(time, event, [0, n], entry=entry))
    among = maximise(
        gather(
            np.append([1.0, 2.0, 3.0], time),
            np.append([1, 1, 0], event),
            [0, 3, n + 3],
            entry=np.append([0, 0, 0], entry),
        )
    )
    data = LifeData(time, event, entry=entry)
    log_eta, log_beta, _ = maximise_one(data, WeibullLikelihood(data))
    assert alone.log_beta[0] == among.log_beta[1]
    assert (alone.log_eta[0], alone.log_beta[0]) == pytest.approx((log_eta, log_beta), abs=1e-9)


def test_rows_of_a_table_are_samples() -> None:
    time = np.array([[90.0, 160.0, 200.0], [50.0, 80.0, 100.0]])
    table = maximise(gather(time, [1, 1, 0]))
    flat = maximise(gather(time.ravel(), [1, 1, 0, 1, 1, 0], [0, 3, 6]))
    assert table.log_beta.tolist() == flat.log_beta.tolist()


@pytest.mark.parametrize("columns", [(), ("weight",), ("entry",), ("entry", "weight")])
def test_records_are_fitted_as_the_samples_gathered_from_them(
    rng: np.random.Generator, columns: tuple[str, ...]
) -> None:
    lengths = np.concatenate(
        [rng.integers(1, 80, 200), [1, 1023, 1024, 1025, 3000, 1031], rng.integers(1, 9, 50)]
    )
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    scale = np.repeat(10.0 ** rng.integers(-300, 300, lengths.size), lengths)
    age = scale * rng.weibull(np.repeat(rng.uniform(0.5, 6.0, lengths.size), lengths))
    event = (rng.random(age.size) < np.repeat(rng.random(lengths.size), lengths)).astype(np.int8)
    tied, passing = rng.random(age.size) < 0.2, rng.random(age.size) < 0.1
    age[tied] = (np.ceil(age / scale * 4.0) / 4.0 * scale)[tied]
    age[passing], event[passing] = 0.0, 0
    # Samples of which all came late, some and none; records never at risk, and without weight.
    late = rng.random(age.size) < np.repeat(rng.choice([0.0, 0.5, 1.0], lengths.size), lengths)
    entry = np.where(
        late & (event == 0), age * rng.choice([0.3, 0.999, 1.0], age.size), late * age * rng.random(age.size)
    )
    given = {"entry": entry, "weight": rng.integers(0, 4, age.size).astype(float)}
    given = {name: given[name] for name in columns}
    found, sums = fit_records(age, event, offsets, **given)
    expected = maximise(gather(age, event, offsets, **given))
    weight = given.get("weight", np.ones(age.size))
    assert sums[0].tolist() == np.add.reduceat(event * weight, offsets[:-1], dtype=float).tolist()
    exposure = weight * (age - given.get("entry", 0.0))
    assert sums[1] == pytest.approx(np.add.reduceat(exposure, offsets[:-1]), rel=1e-12)
    # A few shapes are told from none by rounding alone.
    same = found.status == expected.status
    assert same.mean() > 0.99
    assert set(Status) - {Status.NOT_CONVERGED} <= set(found.status.tolist())
    both = same & (found.status == Status.OK) & (found.log_beta > -3.0)
    for name in ("log_eta", "log_beta", "loglik", "information"):
        of = [getattr(fits, name)[..., both] for fits in (found, expected)]
        assert of[0] == pytest.approx(of[1], rel=1e-8, abs=1e-8), name


def test_a_record_never_at_risk_is_no_scale_for_the_others() -> None:
    age, event = np.array([5.0, 9.0, 20.0]), np.array([1, 1, 0], dtype=np.int8)
    alone, _ = fit_records(age, event, np.array([0, 3]), entry=np.array([1.0, 0.0, 0.0]))
    among, sums = fit_records(
        np.append(age, 1e300),
        np.append(event, 0).astype(np.int8),
        np.array([0, 4]),
        entry=np.array([1.0, 0.0, 0.0, 1e300]),
    )
    assert among.numbers.tolist() == alone.numbers.tolist()
    assert sums[:, 0].tolist() == [2.0, 33.0]


def test_a_record_without_weight_says_nothing_of_the_exposure() -> None:
    # All came late, and the failures stand before the middle of the exposure: beta goes to 0.
    time, event, entry = [101.0, 102.0, 400.0, 50.0], [1, 1, 1, 0], [100.0, 100.0, 100.0, 0.0]
    for weight, status in (([1, 1, 1, 0], Status.NO_FINITE_MAXIMUM), ([1, 1, 1, 1], Status.OK)):
        assert maximise(gather([time], event, entry=[entry], weight=weight)).status[0] == status
        columns = (np.array(column, dtype=float) for column in (entry, weight))
        late, count = columns
        records = np.array(time), np.array(event, dtype=np.int8), np.array([0, 4])
        assert fit_records(*records, entry=late, weight=count)[0].status[0] == status


def test_the_distance_from_the_maximum_is_in_standard_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("VERIFIED_SCORE", "LAST_STEP"):
        monkeypatch.setattr(batch, limit, 1e6)  # so that the search ends where it starts
    monkeypatch.setattr(batch, "ROUGH_PASSES", 0)
    time, event, start, h = [5.0, 9.0, 11.0, 20.0], [1, 1, 1, 0], 0.2, 1e-4
    fits = maximise(gather([time], event), np.array([start]))
    likelihood = WeibullLikelihood(LifeData(time, event))
    below, here, above = (
        likelihood.value(likelihood.profile_log_eta(x), x) for x in (start - h, start, start + h)
    )
    slope, curvature = (above - below) / (2.0 * h), (above - 2.0 * here + below) / h**2
    assert fits.score_norm[0] == pytest.approx(abs(slope) / np.sqrt(-curvature), rel=1e-5)
    assert fits.score_norm[0] > 0.5


def test_weights_may_be_fractions_and_nothing() -> None:
    weighted = maximise(gather([[5.0, 9.0, 11.0, 20.0]], [1, 1, 1, 0], weight=[2.0, 0.0, 1.0, 3.0]))
    repeated = maximise(gather([[5.0, 5.0, 11.0, 20.0, 20.0, 20.0]], [1, 1, 1, 0, 0, 0]))
    assert weighted.log_beta == pytest.approx(repeated.log_beta, abs=1e-9)
    halves = maximise(gather([[5.0, 9.0, 11.0, 20.0]], [1, 1, 1, 0], weight=[1.0, 0.0, 0.5, 1.5]))
    assert halves.log_beta == pytest.approx(repeated.log_beta, abs=1e-9)
    assert halves.loglik == pytest.approx(repeated.loglik / 2.0)


@pytest.mark.parametrize(
    ("time", "event", "entry", "status"),
    [
        ([5.0, 6.0], [0, 0], 0.0, Status.NO_FAILURES),
        ([5.0, 0.0], [0, 0], 0.0, Status.NO_FAILURES),
        ([5.0, 5.0], [1, 1], 0.0, Status.NO_FINITE_MAXIMUM),
        ([5.0, 5.0, 2.0], [1, 1, 0], 0.0, Status.NO_FINITE_MAXIMUM),
        ([5.0, 5.0, 6.0], [1, 1, 0], 6.0, Status.NO_FINITE_MAXIMUM),
        ([5.0, 5.0, 6.0], [1, 1, 0], [2.0, 0.0, 6.0], Status.NO_FINITE_MAXIMUM),
        ([101.0, 102.0, 400.0], [1, 1, 1], 100.0, Status.NO_FINITE_MAXIMUM),
        ([5.0, 0.0, 6.0], [1, 0, 1], 0.0, Status.OK),
    ],
)
def test_statuses(time: list[float], event: list[int], entry: float | list[float], status: Status) -> None:
    fits = maximise(gather([time], event, entry=np.minimum(entry, time)[None]))
    assert fits.status[0] == status
    assert math.isfinite(fits.log_beta[0]) == (status == Status.OK)


def test_a_start_far_away_ends_at_the_same_place(rng: np.random.Generator) -> None:
    samples = gather(200.0 * rng.weibull(2.0, (50, 20)), rng.random((50, 20)) < 0.7)
    near = maximise(samples)
    for guess in (-6.0, 6.0):
        assert maximise(samples, np.full(50, guess)).log_beta == pytest.approx(near.log_beta, abs=1e-9)
    assert log_moment_start(samples) == pytest.approx(near.log_beta, abs=0.7)


def test_covariance_is_the_inverse_of_the_information(rng: np.random.Generator) -> None:
    fits = maximise(gather(rng.weibull(2.0, (3, 30)), rng.random((3, 30)) < 0.7))
    for k in range(3):
        information, covariance = (
            (m[0], m[1], m[1], m[2]) for m in (fits.information[:, k], fits.covariance[:, k])
        )
        product = np.reshape(information, (2, 2)) @ np.reshape(covariance, (2, 2))
        assert product == pytest.approx(np.eye(2), abs=1e-12)


@given(st.lists(st.integers(1, 3 * CHUNK_RECORDS), min_size=1, max_size=20))
def test_chunks_hold_whole_samples_and_each_once(lengths: list[int]) -> None:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ranges = list(chunks(offsets))
    assert [k for a, b in ranges for k in range(a, b)] == list(range(len(lengths)))
    assert all(b - a == 1 or offsets[b] - offsets[a] <= CHUNK_RECORDS for a, b in ranges)
