"""Bounds that hold as often as they say: likelihood-ratio bounds whose critical values are found by resampling.

A likelihood-ratio bound takes the signed root of the likelihood ratio for standard normal; at 5 to 10 failures it is not. Here
its distribution is simulated under the plan behind the data, at the bound itself (test inversion): a value belongs to the
interval unless data as far from it as these would be too rare if it were true. What that costs and how often the bounds
hold is measured in ``fracas/docs/calibration.md``.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from scipy.special import ndtri

from analytics.resampling import Lives, signed_roots
from analytics.results import FloatArray, Side, tail_probabilities
from analytics.weibull_intervals import ProfileLikelihood, bound

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
# By so much the share of samples beyond a bound may miss its tail; else the deviates lie in lumps.
SMOOTH, HALVINGS = 0.01, 12
# A band is calibrated at the ages by which these fractions have failed; in between, its width in standard errors is
# interpolated, and carried on beyond them.
KNOTS = (0.001, 0.05, 0.3, 0.75, 0.99)


class Profile(ProfileLikelihood, Protocol):
    """A profile likelihood that also tells where it is reached."""

    def best(self, value: float) -> Sequence[float] | FloatArray:
        """The working parameters of the highest likelihood among those that give the quantity this value."""


class Named(Protocol):
    """A quantity, told from others by its name."""

    @property
    def name(self) -> str: ...


class Calibration:
    """Critical values for the fit of one set of life data.

    Parameters
    ----------
    lives : Lives
        Draws samples of the plan behind the data, and finds the signed root of a quantity in each.
    failures : int
        Failures in the data.
    estimate : sequence of float
        Working parameters of the fit.
    profile_of : callable
        The profile likelihood of a quantity under the data.
    knots : ndarray
        Ages at which a band is calibrated.
    """

    def __init__(
        self,
        lives: Lives,
        failures: int,
        estimate: Sequence[float] | FloatArray,
        profile_of: Callable[[Any], Profile],
        knots: FloatArray | None = None,
    ) -> None:
        self._lives, self._failures, self._profile_of = lives, failures, profile_of
        self._estimate = np.array(estimate, dtype=np.float64)
        self._knots = np.empty(0) if knots is None else knots[knots > 0.0]
        self._known_moments: dict[str, tuple[float, float]] = {}
        self._known: dict[tuple[str, float, float], tuple[float, float]] = {}
        self._samples = lives.ease * int(np.clip(MOST_LIVES // failures, FEWEST_SAMPLES, MOST_SAMPLES))

    def bounds(self, quantity: Named, confidence: float, side: Side) -> tuple[float, float]:
        """Bounds on the working scale of the quantity; infinite on a side that has none."""
        profile = self._profile_of(quantity)
        lower, upper = (
            self._bound(quantity, profile, tail, direction)[0]
            for tail, direction in zip(tail_probabilities(confidence, side), (-1.0, 1.0), strict=True)
        )
        return lower, upper

    def band(
        self,
        quantity_at: Callable[[float], Named],
        ages: FloatArray,
        confidence: float,
        side: Side,
    ) -> tuple[FloatArray, FloatArray]:
        """Bounds on a quantity that depends on age, at each age; calibrated at the knots."""
        profiles = [self._profile_of(quantity_at(float(age))) for age in ages]
        centre = np.array([profile.centre for profile in profiles])
        error = np.array([profile.standard_error for profile in profiles])
        found = []
        for tail, direction in zip(tail_probabilities(confidence, side), (-1.0, 1.0), strict=True):
            reach, start = np.empty(self._knots.size), None
            for at, knot in enumerate(self._knots):
                quantity = quantity_at(float(knot))
                profile = self._profile_of(quantity)
                value, start = self._bound(quantity, profile, tail, direction, start)
                reach[at] = (value - profile.centre) / profile.standard_error
            found.append(centre + np.interp(np.log(ages), np.log(self._knots), reach) * error)
        return found[0], found[1]

    def _bound(
        self, quantity: Named, profile: Profile, tail: float, direction: float, start: float | None = None
    ) -> tuple[float, float]:
        """A bound, and the critical value that it stands at; searched for once."""
        if tail == 0.0:
            return direction * math.inf, math.inf
        key = (quantity.name, tail, direction)
        if key not in self._known:
            self._known[key] = self._search(quantity, profile, tail, direction, start)
        return self._known[key]

    def _search(
        self, quantity: Named, profile: Profile, tail: float, direction: float, start: float | None
    ) -> tuple[float, float]:
        normal = -float(ndtri(tail))
        if self._failures >= MANY_FAILURES:
            deviate = normal
            if self._failures <= CALIBRATED_UP_TO:
                mean, spread = self._moments(quantity, profile)
                deviate = normal * spread - direction * mean
            return bound(profile, deviate, direction), deviate
        deviate, share = normal if start is None else start, tail
        value = bound(profile, deviate, direction)
        for _ in range(ROUNDS):
            if math.isinf(value):
                return value, deviate
            found = self._deviates(quantity, profile, value, tail, direction)
            last, share, deviate = deviate, _beyond(found, deviate), float(np.quantile(found, 1.0 - tail))
            value = bound(profile, deviate, direction)
            if abs(deviate - last) < CLOSE:
                break
        if abs(share - tail) > SMOOTH:
            return self._halved(quantity, profile, tail, direction, deviate)
        return value, deviate

    def _halved(
        self, quantity: Named, profile: Profile, tail: float, direction: float, deviate: float
    ) -> tuple[float, float]:
        """The bound by halving, where deviates come in lumps (one failure, two failures) and their quantiles jump."""

        def excess(at: float) -> float:
            value = bound(profile, at, direction)
            return _beyond(self._deviates(quantity, profile, value, tail, direction), at) - tail

        inside = outside = deviate
        goes_out = excess(deviate) > 0.0
        for _ in range(HALVINGS):
            inside, outside = (outside, outside + 0.25) if goes_out else (inside - 0.25, inside)
            if goes_out != (excess(outside if goes_out else inside) > 0.0):
                break
        for _ in range(HALVINGS):
            deviate = (inside + outside) / 2.0
            inside, outside = (deviate, outside) if excess(deviate) > 0.0 else (inside, deviate)
        return bound(profile, outside, direction), outside

    @cached_property
    def _at_estimate(self) -> list[tuple[Any, Any]]:
        drawn = self._lives.drawn(self._everywhere(self._estimate), rng=np.random.default_rng(SEED))
        return [(samples, free) for samples, free, _ in drawn]

    def _everywhere(self, theta: Sequence[float] | FloatArray) -> FloatArray:
        """The same parameters for every sample."""
        return np.repeat(np.array(theta, dtype=np.float64)[:, None], self._samples, axis=1)

    def _moments(self, quantity: Named, profile: Profile) -> tuple[float, float]:
        """Mean and spread of the signed root at the truth, were the estimate the truth."""
        if quantity.name not in self._known_moments:
            found = [
                self._lives.roots(samples, free, quantity, profile.centre)
                for samples, free in self._at_estimate
            ]
            every = np.concatenate(found)
            every = every[np.isfinite(every)]
            self._known_moments[quantity.name] = float(every.mean()), float(every.std())
        return self._known_moments[quantity.name]

    def _deviates(
        self, quantity: Named, profile: Profile, value: float, tail: float, direction: float
    ) -> FloatArray:
        """How far from `value`, as a true value, the signed roots of samples lie on the side of the estimate."""
        rng = np.random.default_rng(SEED)
        truth = self._everywhere(profile.best(value))
        found: FloatArray = -direction * signed_roots(self._lives, quantity, value, truth, rng=rng)[0]
        if found.size < FEWEST_SAMPLES // 2:
            # So far out that hardly a sample has a fit: nothing there to calibrate against.
            return np.array([-float(ndtri(tail))])
        return found


def _beyond(deviates: FloatArray, at: float) -> float:
    return float(np.mean(deviates >= at))
