"""Bounds that hold as often as they say: likelihood-ratio bounds whose critical values are found by resampling.

A likelihood-ratio bound takes the signed root of the likelihood ratio for standard normal; at 5 to 10 failures it is not. Here
its distribution is simulated under the plan behind the data, at the bound itself (test inversion): a value belongs to the
interval unless data as far from it as these would be too rare if it were true. What that costs and how often the bounds
hold is measured in ``fracas/docs/calibration.md``.
"""

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from analytics.batch import Fits, Samples
from analytics.resampling import Plan, drawn_fits, roots, signed_roots
from analytics.results import FloatArray, Side, tail_probabilities
from analytics.weibull_intervals import Profile, Quantity, bound

# Fixed, so that the same data give the same bounds today and tomorrow.
SEED = 1_998
# Samples at each value tried. 2,000 leave half a point of chance in a 5 % tail, other data other chance.
MOST_SAMPLES, FEWEST_SAMPLES, MOST_LIVES = 2_000, 500, 150_000
# From here on the signed root is normal but for its mean and spread, which need fewer samples than a tail; and they hardly
# depend on the value tried, so that one simulation at the estimate serves all bounds.
MANY_FAILURES = 50
# Beyond this many even those are those of the standard normal, to 0.6 points of a one-sided 95 %.
CALIBRATED_UP_TO = 1_000
# The critical value moves slowly with the value tried: it stands after two or three rounds.
ROUNDS, CLOSE = 5, 0.02
# A band is calibrated at the ages by which these fractions have failed; in between, its width in standard errors is
# interpolated, and carried on beyond them.
KNOTS = (0.001, 0.05, 0.3, 0.75, 0.99)


class Calibration:
    """Critical values for the fit of one set of life data.

    Parameters
    ----------
    plan : Plan
        Who was watched over which ages.
    failures : int
        Failures in the data.
    estimate : tuple of float
        Log eta and log beta.
    profile_of : callable
        The profile likelihood of a quantity under the data.
    """

    def __init__(
        self,
        plan: Plan,
        failures: int,
        estimate: tuple[float, float],
        profile_of: Callable[[Quantity], Profile],
    ) -> None:
        self._plan, self._failures, self._estimate, self._profile_of = plan, failures, estimate, profile_of
        self._known_moments: dict[str, tuple[float, float]] = {}
        self._known: dict[tuple[str, float, float], tuple[float, float]] = {}
        self._samples = int(np.clip(MOST_LIVES // failures, FEWEST_SAMPLES, MOST_SAMPLES))

    def bounds(self, quantity: Quantity, confidence: float, side: Side) -> tuple[float, float]:
        """Bounds on the working scale of the quantity; infinite on a side that has none."""
        profile = self._profile_of(quantity)
        lower, upper = (
            self._bound(quantity, profile, tail, direction)[0]
            for tail, direction in zip(tail_probabilities(confidence, side), (-1.0, 1.0), strict=True)
        )
        return lower, upper

    def band(
        self,
        quantity_at: Callable[[float], Quantity],
        log_ages: FloatArray,
        knots: FloatArray,
        confidence: float,
        side: Side,
    ) -> tuple[FloatArray, FloatArray]:
        """Bounds on a quantity that depends on age, at each log age; calibrated at the knots."""
        profiles = [self._profile_of(quantity_at(float(age))) for age in log_ages]
        centre = np.array([profile.centre for profile in profiles])
        error = np.array([profile.standard_error for profile in profiles])
        found = []
        for tail, direction in zip(tail_probabilities(confidence, side), (-1.0, 1.0), strict=True):
            reach, start = np.empty(knots.size), None
            for at, knot in enumerate(knots):
                quantity = quantity_at(float(knot))
                profile = self._profile_of(quantity)
                value, start = self._bound(quantity, profile, tail, direction, start)
                reach[at] = (value - profile.centre) / profile.standard_error
            found.append(centre + np.interp(log_ages, knots, reach) * error)
        return found[0], found[1]

    def _bound(
        self, quantity: Quantity, profile: Profile, tail: float, direction: float, start: float | None = None
    ) -> tuple[float, float]:
        """A bound, and the critical value that it stands at; searched for once."""
        if tail == 0.0:
            return direction * math.inf, math.inf
        key = (quantity.name, tail, direction)
        if key not in self._known:
            self._known[key] = self._search(quantity, profile, tail, direction, start)
        return self._known[key]

    def _search(
        self, quantity: Quantity, profile: Profile, tail: float, direction: float, start: float | None
    ) -> tuple[float, float]:
        normal = -float(ndtri(tail))
        if self._failures >= MANY_FAILURES:
            deviate = normal
            if self._failures <= CALIBRATED_UP_TO:
                mean, spread = self._moments(quantity, profile)
                deviate = normal * spread - direction * mean
            return bound(profile, deviate, direction), deviate
        deviate = normal if start is None else start
        value = bound(profile, deviate, direction)
        for _ in range(ROUNDS):
            if math.isinf(value):
                break
            last, deviate = deviate, self._critical_value(quantity, profile, value, tail, direction)
            value = bound(profile, deviate, direction)
            if abs(deviate - last) < CLOSE:
                break
        return value, deviate

    @cached_property
    def _at_estimate(self) -> list[tuple[Samples, Fits]]:
        log_eta, log_beta = (np.full(self._samples, each) for each in self._estimate)
        drawn = drawn_fits(self._plan, log_eta, log_beta, rng=np.random.default_rng(SEED))
        return [(samples, free) for samples, free, _ in drawn]

    def _moments(self, quantity: Quantity, profile: Profile) -> tuple[float, float]:
        """Mean and spread of the signed root at the truth, were the estimate the truth."""
        if quantity.name not in self._known_moments:
            found = [roots(samples, free, quantity, profile.centre) for samples, free in self._at_estimate]
            every = np.concatenate(found)
            every = every[np.isfinite(every)]
            self._known_moments[quantity.name] = float(every.mean()), float(every.std())
        return self._known_moments[quantity.name]

    def _critical_value(
        self, quantity: Quantity, profile: Profile, value: float, tail: float, direction: float
    ) -> float:
        """How far from `value` the signed root of a sample lies, on the side of the estimate, with probability `tail`."""
        rng = np.random.default_rng(SEED)
        log_eta, log_beta = (np.full(self._samples, each) for each in profile.best(value))
        found = -direction * signed_roots(self._plan, quantity, value, log_eta, log_beta, rng=rng)[0]
        if found.size < FEWEST_SAMPLES // 2:
            # So far out that hardly a sample holds two failures: nothing there to calibrate against.
            return -float(ndtri(tail))
        return float(np.quantile(found, 1.0 - tail))
