"""Do the calibrated bounds themselves hold the truth, and does the study of coverage.py say the same? (``make calibration``)"""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from analytics import AnalyticsError, LifeData, fit_weibull
from tests.calibration.coverage import Case, study

pytestmark = pytest.mark.slow

REPEATS = 600
CONFIDENCE = 0.90


@pytest.mark.parametrize("known", [True, False], ids=["ends of watch known", "ends of watch estimated"])
@pytest.mark.parametrize(("units", "watched"), [(8, 600.0), (20, 0.45)], ids=["complete", "mostly censored"])
def test_the_bounds_of_a_fit_hold_the_truth(units: int, watched: float, known: bool) -> None:
    truth = {"eta": 1.0, "beta": 1.0, "b10": -math.log(0.9)}
    held, counted = dict.fromkeys(truth, 0), 0
    for seed in range(REPEATS):
        rng = np.random.default_rng([seed, units])
        life, end = rng.weibull(1.0, units), watched * (0.4 + 1.2 * (np.arange(units) + 0.5) / units)
        data = LifeData(np.minimum(life, end), life <= end, planned_exit=end if known else None)
        try:
            fit = fit_weibull(data, confidence=CONFIDENCE, bounds="calibrated")
        except AnalyticsError:
            continue
        counted += 1
        for name, value in truth.items():
            held[name] += value in fit.interval(name)
    share = {name: count / counted for name, count in held.items()}
    error = math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / counted)
    sys.stdout.write(
        f"\n{units} units watched to about {watched}: {counted} fits, held {share}, standard error {error:.3f}\n"
    )
    assert all(abs(value - CONFIDENCE) < 0.015 + 3 * error for value in share.values()), share


def test_coverage_does_not_depend_on_beta() -> None:
    shares = [
        study(Case(8, 0.3, late, "B10", beta), repeats=1_000)["likelihood_ratio"]
        for late in (False, True)
        for beta in (1.0, 4.0)
    ]
    # Other seeds, so only as near as chance lets them be.
    assert shares[0] == pytest.approx(shares[1], abs=0.05)
    assert shares[2] == pytest.approx(shares[3], abs=0.05)
