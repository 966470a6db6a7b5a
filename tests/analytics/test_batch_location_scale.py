import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from analytics import LifeData, fit_distribution
from analytics.batch import gather
from analytics.batch_location_scale import (
    LOGISTIC,
    NORMAL,
    SMALLEST_EXTREME,
    Along,
    Standard,
    derivatives,
    maximise_along,
    maximise_location_scale,
)

STANDARDS = {"lognormal": NORMAL, "loglogistic": LOGISTIC, "weibull": SMALLEST_EXTREME}


@pytest.mark.parametrize("standard", STANDARDS.values(), ids=STANDARDS)
def test_derivatives_are_those_of_finite_differences(standard: Standard) -> None:
    z, h = np.array([-4.0, -1.0, 0.3, 2.0]), 1e-5
    for terms in (standard.log_density, standard.log_survival):
        _, first, second = terms(z)
        assert first == pytest.approx((terms(z + h)[0] - terms(z - h)[0]) / (2 * h), rel=1e-6, abs=1e-8)
        assert second == pytest.approx((terms(z + h)[1] - terms(z - h)[1]) / (2 * h), rel=1e-6, abs=1e-8)
    # The density is the slope of the failure probability.
    survival = np.exp(standard.log_survival(z)[0])
    assert -survival * standard.log_survival(z)[1] == pytest.approx(np.exp(standard.log_density(z)[0]))


@pytest.mark.parametrize("late", [False, True], ids=["from new", "late"])
@pytest.mark.parametrize("name", STANDARDS)
def test_batched_fits_are_those_of_one_sample(name: str, late: bool, rng: np.random.Generator) -> None:
    life, end = rng.lognormal(4.0, 0.8, (6, 25)), rng.uniform(30, 120, (6, 25))
    entry = np.minimum(rng.uniform(0, 20, (6, 25)), 0.5 * np.minimum(life, end)) * late
    time, event = np.minimum(life, end), life <= end
    samples = gather(time, event, entry=entry)
    # From the truth, as samples of a simulation are fitted.
    b = np.full(6, 1 / 0.8)
    start = np.stack([(4.0 - samples.log_scale) * b, b])
    found = maximise_location_scale(samples, event.ravel(), STANDARDS[name], start=start)
    assert found.ok.all()
    for k in range(6):
        fit = fit_distribution(LifeData(time[k], event[k], entry=entry[k]), name)
        assert found.loglik[k] == pytest.approx(fit.loglik, abs=1e-7)
        assert 1.0 / found.at[1, k] == pytest.approx(
            1.0 / fit.beta if name == "weibull" else fit.sigma, rel=1e-5
        )


def test_the_search_along_a_curve_ends_where_a_plain_search_does(rng: np.random.Generator) -> None:
    time = rng.lognormal(3.0, 0.5, (3, 12))
    event = np.ones(36, dtype=bool)
    samples = gather(time, event.reshape(3, 12))

    def curve(w: np.ndarray, rows: np.ndarray) -> Along:
        # a = 2 b - 1: the quantile at z = 1 is held.
        b = np.exp(-w)
        return Along(np.stack([2 * b - 1, b]), np.stack([-2 * b, -b]), np.stack([2 * b, b]))

    start = np.array([0.0, 1.5, np.nan])
    found = maximise_along(samples, event, NORMAL, curve, start)
    assert np.isnan(found[2])

    def depth(w: float, k: int) -> float:
        at = np.full((2, 3), np.exp(-w))
        at[0] = 2 * at[0] - 1
        return -float(derivatives(samples, event, NORMAL, at)[0][k])

    for k in (0, 1):
        best = minimize_scalar(depth, args=(k,), bounds=(-4, 5), method="bounded", options={"xatol": 1e-9})
        assert found[k] == pytest.approx(-best.fun, abs=1e-7)
