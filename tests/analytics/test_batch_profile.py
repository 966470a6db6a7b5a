import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from analytics import LifeData
from analytics.batch import gather, maximise
from analytics.batch_fits import Status
from analytics.batch_profile import (
    Held,
    hold_eta,
    hold_mean,
    hold_quantile,
    maximise_at_beta,
    maximise_held,
)
from analytics.weibull_likelihood import WeibullLikelihood


def table(
    rng: np.random.Generator, n: int, size: int, late: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples of a plan: lives about 500 h, seen from an age on in half the cases, until a staggered end."""
    life = 500.0 * rng.weibull(2.0, (n, size))
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


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    "held",
    [
        hold_eta(np.log(450.0)),
        hold_quantile(0.1, np.log(120.0)),
        hold_quantile(0.6, np.log(300.0)),
        hold_mean(np.log(420.0)),
    ],
)
def test_the_held_fit_is_the_best_along_its_line(rng: np.random.Generator, held: Held, late: bool) -> None:
    time, event, entry = table(rng, 60, 15, late)
    fits = maximise_held(gather(time, event, entry=entry), held)
    assert (fits.status == Status.OK).all()
    for k in range(len(time)):
        likelihood = WeibullLikelihood(life_data(time[k], event[k], entry[k]))

        def loss(b: float, likelihood: WeibullLikelihood = likelihood) -> float:
            return -likelihood.value(float(held.value - held.shift(np.array([b]))[0][0]), b)

        best = minimize_scalar(loss, bounds=(-3.0, 4.0), method="bounded", options={"xatol": 1e-8})
        assert fits.loglik[k] == pytest.approx(-best.fun, abs=1e-7)
        assert fits.log_beta[k] == pytest.approx(best.x, abs=1e-4)
        assert fits.log_eta[k] == pytest.approx(
            float(held.value - held.shift(fits.log_beta[k : k + 1])[0][0])
        )


def test_each_sample_may_have_its_own_value(rng: np.random.Generator) -> None:
    time, event, entry = table(rng, 20, 15, False)
    samples = gather(time, event, entry=entry)
    values = np.log(rng.uniform(300.0, 600.0, len(samples)))
    together = maximise_held(samples, hold_eta(values))
    for k in (0, 7):
        alone = maximise_held(gather(time[k : k + 1], event[k : k + 1]), hold_eta(values[k]))
        assert alone.log_beta[0] == together.log_beta[k]


def test_holding_the_estimate_changes_nothing(rng: np.random.Generator) -> None:
    time, event, entry = table(rng, 40, 20, True)
    samples = gather(time, event, entry=entry)
    free = maximise(samples)
    b10 = free.log_eta + np.log(-np.log(0.9)) * np.exp(-free.log_beta)
    mean = free.log_eta + gammaln(1.0 + np.exp(-free.log_beta))
    for held in (hold_eta(free.log_eta), hold_quantile(0.1, b10), hold_mean(mean)):
        again = maximise_held(samples, held, start=np.zeros(len(samples)))
        assert again.log_beta == pytest.approx(free.log_beta, abs=1e-7)
        assert again.loglik == pytest.approx(free.loglik, abs=1e-9)
        # The information is that of the last point evaluated, which is up to 1e-6 away.
        assert again.information == pytest.approx(free.information, rel=1e-5, abs=1e-5)
    log_eta, loglik = maximise_at_beta(samples, free.log_beta)
    assert log_eta == pytest.approx(free.log_eta, abs=1e-9)
    assert loglik == pytest.approx(free.loglik, abs=1e-9)


def test_nothing_to_hold_without_failures() -> None:
    fits = maximise_held(gather([[5.0, 6.0], [3.0, 7.0]], [[0, 0], [1, 1]]), hold_eta(1.5))
    assert fits.status.tolist() == [Status.NO_FAILURES, Status.OK]
