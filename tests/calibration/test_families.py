"""Do calibrated bounds hold the truth for the other families too? (``make calibration``)

An interval holds the truth where the truth, taken as the value tried, is not rejected: one simulation a sample and number
instead of a search for two bounds. That the bounds say the same is checked by tests/analytics/test_family_lives.py.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest

from analytics import AnalyticsError, LifeData, fit_distribution, fit_exponential
from analytics.calibrated import Profile
from analytics.families import FAMILIES
from analytics.family_lives import family_lives
from analytics.resampling import Lives, plan_of, signed_roots

pytestmark = pytest.mark.slow

REPEATS, RESAMPLES = 600, 199
CONFIDENCE = 0.90
TAIL = (1.0 - CONFIDENCE) / 2.0
PLANS = {"complete, 6 units": (6, math.inf), "20 units, 3 in 4 survive": (20, 0.45)}
# Location, scale and parameters of each family at which a fraction of -log S = 0.45 is near 1 in 3 or 4.
TRUTHS = {"lognormal": [0.0, 0.0], "loglogistic": [0.0, -1.0], "normal": [5.0, 0.0], "gumbel": [5.0, 0.0]}
ENDS = {"lognormal": 1.0, "loglogistic": 1.3, "normal": 9.6, "gumbel": 9.3}


def shares(distribution: str, units: int, watched: float) -> tuple[int, dict[str, tuple[float, float]]]:
    """Fits made, and for each number how often the calibrated and the likelihood-ratio interval hold the truth."""
    theta, family = TRUTHS[distribution], FAMILIES[distribution]
    held: dict[str, list[tuple[bool, bool]]] = {"mu": [], "sigma": [], "b10": [], "mean": []}
    for seed in range(REPEATS):
        rng = np.random.default_rng([seed, units, *distribution.encode()])
        life = family.quantile(rng.random(units), theta)
        end = watched * ENDS[distribution] * (0.4 + 1.2 * (np.arange(units) + 0.5) / units)
        late = np.minimum(end, 1e6)
        data = LifeData(np.maximum(np.minimum(life, late), 1e-9), life <= late, planned_exit=late, unit="h")
        try:
            fit = fit_distribution(data, distribution)
        except AnalyticsError:
            continue
        for name, found in held.items():
            try:
                quantity = fit._named(name)
            except AnalyticsError:
                continue
            truth = true_value(distribution, name)
            profile = fit._profile(quantity)
            lives = family_lives(family, plan_of(data), fit.working)
            below = share_below(lives, quantity, truth, profile, rng)
            found.append((TAIL < below < 1.0 - TAIL, abs(own_root(profile, truth)) < 1.6448536))
    return len(held["mu"]), {
        name: tuple(float(each) for each in np.mean(found, axis=0))
        for name, found in held.items()  # type: ignore[misc]
    }


def own_root(profile: Profile, truth: float) -> float:
    """The signed root of the truth in the data."""
    fall = max(2.0 * (profile.maximum - profile.at(truth)[0]), 0.0)
    return math.copysign(math.sqrt(fall), profile.centre - truth)


def share_below(
    lives: Lives, quantity: Any, truth: float, profile: Profile, rng: np.random.Generator
) -> float:
    """How probable a smaller root is, if the truth is true."""
    theta = np.repeat(np.array(profile.best(truth))[:, None], RESAMPLES, axis=1)
    roots = signed_roots(lives, quantity, truth, theta, rng=rng)[0]
    return float((np.sum(roots < own_root(profile, truth)) + rng.random()) / (roots.size + 1))


def true_value(distribution: str, name: str) -> float:
    """The truth on the working scale."""
    theta, family = TRUTHS[distribution], FAMILIES[distribution]
    if name in ("mu", "sigma"):
        return theta[name == "sigma"]
    natural = float(
        np.squeeze(family.mean(theta) if name == "mean" else family.quantile(np.array(0.1), theta))
    )
    return math.log(natural) if family.is_of_age else natural


@pytest.mark.parametrize("distribution", TRUTHS)
@pytest.mark.parametrize("plan", PLANS)
def test_calibrated_bounds_hold_the_truth(distribution: str, plan: str) -> None:
    fits, found = shares(distribution, *PLANS[plan])
    sys.stdout.write(f"\n{distribution}, {plan}: {fits} fits; calibrated, likelihood ratio: {found}\n")
    monte_carlo = 3 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / fits)
    assert all(abs(calibrated - CONFIDENCE) < 0.015 + monte_carlo for calibrated, _ in found.values())


@pytest.mark.parametrize(("units", "watched"), [(6, 1e6), (20, 0.3), (60, 0.1)])
def test_exponential_bounds_hold_the_truth(units: int, watched: float) -> None:
    repeats, held = 4_000, {"calibrated": 0, "chi_square": 0}
    for seed in range(repeats):
        rng = np.random.default_rng([seed, units])
        life, end = rng.exponential(size=units), np.full(units, watched)
        data = LifeData(np.minimum(life, end), life <= end, planned_exit=end)
        plain = 1.0 in fit_exponential(data, confidence=CONFIDENCE).interval()
        held["chi_square"] += plain
        if not data.counts.failures:
            # The calibrated fit then carries the chi-square bound.
            held["calibrated"] += plain
            continue
        fit = fit_distribution(data, "exponential")
        quantity = fit._named("theta")
        profile, lives = fit._profile(quantity), family_lives(fit.family, plan_of(data), fit.working)
        below = share_below(lives, quantity, 0.0, profile, rng)
        held["calibrated"] += TAIL < below < 1.0 - TAIL
    share = {bounds: count / repeats for bounds, count in held.items()}
    sys.stdout.write(f"\nexponential, {units} units watched for {watched:g} mean lives: {share}\n")
    assert abs(share["calibrated"] - CONFIDENCE) < 0.015 + 3 * math.sqrt(
        CONFIDENCE * (1 - CONFIDENCE) / repeats
    )
