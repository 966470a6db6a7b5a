import numpy as np
import pytest

from analytics import LifeData, fit_lognormal
from analytics.batch import gather
from analytics.batch_lognormal import maximise_lognormal


@pytest.mark.parametrize("late", [False, True])
def test_samples_agree_with_the_fit_of_one(rng: np.random.Generator, late: bool) -> None:
    life, end = rng.lognormal(3.0, 0.5, (300, 12)), rng.uniform(5.0, 60.0, (300, 12))
    time, event = np.minimum(life, end), life <= end
    entry = time * rng.random((300, 12)) * 0.6 * late
    enough = event.sum(axis=1) >= 3
    time, event, entry = time[enough], event[enough], entry[enough]
    fits = maximise_lognormal(gather(time, event, entry=entry), event.ravel())
    # A delayed entry may make the likelihood less than concave on the way; that must stay the exception.
    assert fits.ok.mean() > (0.9 if late else 0.999)
    for k in np.flatnonzero(fits.ok)[:100]:
        one = fit_lognormal(LifeData(time[k], event[k].astype(int), entry=entry[k]))
        assert (fits.mu[k], fits.sigma[k], fits.loglik[k]) == pytest.approx(
            (one.mu, one.sigma, one.loglik), rel=1e-6
        )
        assert fits.variance[:, k] == pytest.approx(np.diag(one.covariance), rel=1e-5)


@pytest.mark.parametrize("sigma", [0.002, 3.0])
def test_lives_close_together_and_far_apart_are_fitted(rng: np.random.Generator, sigma: float) -> None:
    """For complete samples mu and sigma are the mean and the spread of the log ages."""
    life = rng.lognormal(3.0, sigma, (200, 3))
    fits = maximise_lognormal(gather(life, np.ones(life.shape)), np.ones(life.size))
    assert fits.ok.all()
    assert fits.mu == pytest.approx(np.log(life).mean(axis=1), rel=1e-9)
    assert fits.sigma == pytest.approx(np.log(life).std(axis=1), rel=1e-6)
    assert fits.variance[0] == pytest.approx(fits.sigma**2 / 3, rel=1e-5)
    assert fits.variance[1] == pytest.approx(np.full(200, 1 / 6), rel=1e-5)


def test_no_maximum_is_not_made_up() -> None:
    fits = maximise_lognormal(gather([[5.0, 5.0], [4.0, 6.0]], [[1, 1], [0, 0]]), np.array([1, 1, 0, 0]))
    assert not fits.ok.any()
    assert np.isnan(fits.mu).all()


def test_bits_do_not_depend_on_neighbours(rng: np.random.Generator) -> None:
    time, event = rng.lognormal(3.0, 0.5, (50, 9)), rng.random((50, 9)) < 0.7
    event[:, :2] = True
    together = maximise_lognormal(gather(time, event), event.ravel())
    alone = maximise_lognormal(gather(time[7:8], event[7:8]), event[7])
    assert (alone.mu[0], alone.sigma[0], alone.loglik[0]) == (
        together.mu[7],
        together.sigma[7],
        together.loglik[7],
    )
