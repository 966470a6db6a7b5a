"""Do the bounds of a generalised renewal process hold the truth as often as they say? (``make calibration``)"""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from analytics import InvalidData, fit_renewal_process
from analytics.virtual_ages import Kijima
from tests.analytics.test_renewalprocess import drawn

pytestmark = pytest.mark.slow

REPEATS = 500
TRUTH = {"eta": 100.0, "beta": 2.0}


@pytest.mark.parametrize(("kijima", "q"), [("I", 0.3), ("I", 0.7), ("II", 0.3), ("II", 0.6)])
def test_the_bounds_hold_the_truth(kijima: Kijima, q: float) -> None:
    """Eight systems, some 70 to 100 events."""
    truth = TRUTH | {"q": q}
    held = {kind: dict.fromkeys(truth, 0) for kind in ("likelihood_ratio", "fisher")}
    for seed in range(REPEATS):
        fit = fit_renewal_process(drawn(np.random.default_rng([seed, 8]), q, kijima, 8), kijima=kijima)
        for name, value in truth.items():
            held["likelihood_ratio"][name] += value in fit.interval(name)
            try:
                held["fisher"][name] += value in fit.interval(name, bounds="fisher")
            except InvalidData:  # a q on the edge has no Fisher bounds, which is counted as not held
                continue
    shares = {kind: {name: count / REPEATS for name, count in of.items()} for kind, of in held.items()}
    error = math.sqrt(0.09 / REPEATS)
    sys.stdout.write(f"\nKijima {kijima}, q = {q}: {shares}, standard error {error:.3f}\n")
    # Likelihood-ratio bounds come short by some two points at these sizes; three standard errors of chance besides.
    least = 0.90 - 0.025 - 3.0 * error
    assert min(shares["likelihood_ratio"].values()) > least, shares
