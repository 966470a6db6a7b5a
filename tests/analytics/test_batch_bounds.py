import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from analytics import AnalyticsError, LifeData, fit_weibull
from analytics.batch import Samples, gather, maximise
from analytics.batch_bounds import ratio_bounds
from analytics.batch_profile import at_beta, point
from analytics.weibull_likelihood import WeibullLikelihood


def table(
    rng: np.random.Generator, n: int, size: int, late: bool, beta: float = 2.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples of a plan: lives about 500 h, seen from an age on in half the cases, until a staggered end."""
    life = 500.0 * rng.weibull(beta, (n, size))
    entry = (
        np.where(rng.random((n, size)) < 0.5, 200.0 * rng.random((n, size)), 0.0)
        if late
        else np.zeros((n, size))
    )
    end = rng.uniform(250.0, 800.0, (n, size))
    time, event = np.minimum(life, end), life <= end
    entry = np.minimum(entry, 0.9 * time)
    keep = event.sum(axis=1) >= 2
    return time[keep], event[keep], entry[keep]


def life_data(time: np.ndarray, event: np.ndarray, entry: np.ndarray) -> LifeData:
    return LifeData(time, event.astype(int), entry=entry)


@pytest.mark.parametrize(("size", "late"), [(4, False), (12, False), (12, True), (60, True)])
def test_ratio_bounds_are_those_of_the_fit_of_one(rng: np.random.Generator, size: int, late: bool) -> None:
    time, event, entry = table(rng, 60, size, late)
    samples: Samples = gather(time, event, entry=entry)
    fits = maximise(samples)
    found = {name: np.exp(ratio_bounds(samples, fits, name, 1.6448536269514722)) for name in ("eta", "beta")}
    compared = 0
    for k in range(len(time)):
        try:
            one = fit_weibull(life_data(time[k], event[k], entry[k]), bounds="likelihood_ratio")
        except AnalyticsError:
            assert np.isnan(found["eta"][:, k]).all()
            continue
        for name in ("eta", "beta"):
            lower, upper = found[name][:, k]
            interval = one.interval(name)
            assert np.isnan(lower) or lower == pytest.approx(interval.lower, rel=1e-6)
            assert np.isnan(upper) or upper == pytest.approx(interval.upper, rel=1e-6)
            compared += not np.isnan(lower + upper)
    # What the search leaves open is left to the search of one sample; it must be the exception.
    assert compared > 2 * len(time) * 0.85


@pytest.mark.parametrize(
    ("beta", "deviate"), [(0.2, 1.6448536269514722), (9.0, 1.6448536269514722), (2.0, 0.5)]
)
def test_bounds_are_found_for_any_shape_and_confidence(
    rng: np.random.Generator, beta: float, deviate: float
) -> None:
    """Where the ratio is reached, by its definition: twice the loss of log-likelihood is the deviate squared."""
    time, event, entry = table(rng, 40, 150, False, beta)
    samples = gather(time, event, entry=entry)
    fits = maximise(samples)
    log_eta, log_beta = (ratio_bounds(samples, fits, name, deviate) for name in ("eta", "beta"))
    assert np.isfinite(log_eta).all()
    assert np.isfinite(log_beta).all()
    assert np.all((log_beta[0] < fits.log_beta) & (fits.log_beta < log_beta[1]))
    assert np.all((log_eta[0] < fits.log_eta) & (fits.log_eta < log_eta[1]))
    for side in (0, 1):
        held = at_beta(samples, log_beta[side])[1]
        assert 2.0 * (fits.loglik - held) == pytest.approx(np.full(len(time), deviate**2), rel=1e-5)
    for k in range(3):
        likelihood = WeibullLikelihood(life_data(time[k], event[k], entry[k]))
        for bound in log_eta[:, k]:
            best = minimize_scalar(
                lambda b, bound=bound, likelihood=likelihood: -likelihood.value(bound, b),
                bounds=(fits.log_beta[k] - 1.0, fits.log_beta[k] + 1.0),
                options={"xatol": 1e-9},
            )
            assert 2.0 * (fits.loglik[k] + best.fun) == pytest.approx(deviate**2, rel=1e-5)


def test_a_bound_on_a_lower_top_of_the_profile_is_left_out() -> None:
    # Late entries give the likelihood at a held eta two tops here; on the lower the search of one side ends.
    time = [
        5.87,
        128,
        129,
        72.5,
        102,
        56.1,
        18.1,
        23.6,
        351,
        7.14,
        132,
        50.1,
        20.6,
        54.2,
        1.59,
        207,
        12.9,
        130,
    ]
    time += [83.5, 29.1, 2.87, 123, 6.98, 1.93, 0.399]
    entry = [5.01, 0, 24.1, 10.2, 18, 32.2, 6.6, 6.68, 230, 2.93, 115, 42.5, 7.2, 47.6, 1.5, 53.6, 7.66, 53.1]
    entry += [57.8, 4.83, 0.851, 3.26, 2.32, 0.971, 0.346]
    event = [int(k in (7, 21)) for k in range(25)]
    samples = gather([time], event, entry=[entry])
    fits = maximise(samples)
    (lower,), (upper,) = ratio_bounds(samples, fits, "eta", 1.645)
    assert np.isnan(lower)
    shapes = np.linspace(-6.0, 3.0, 300)
    tops = [point(samples, samples.power_sums(np.exp([b])), upper, np.array([b])).value[0] for b in shapes]
    assert np.sqrt(2.0 * (fits.loglik[0] - max(tops))) == pytest.approx(1.645, abs=1e-3)
