"""Samples of a plan under the families of location and scale, and the exponential, for calibrated bounds.

One mechanism serves every quantity of every family: a quantity is an equation of the parameters (`analytics.profiles`), and
solving it for the location at each scale, with derivatives, gives the curve along which a sample is fitted with the
quantity held.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri_exp

from analytics import batch_location_scale as batched
from analytics.batch import Samples
from analytics.batch_location_scale import Along, LocationScaleFits, maximise_along, maximise_location_scale
from analytics.errors import InvalidData
from analytics.families import Family, LocationScale
from analytics.jets import Jet
from analytics.profiles import Quantity
from analytics.resampling import (
    ROWS,
    WEIBULL,
    Law,
    Lives,
    Plan,
    draw,
    failed_records,
    failures_drawn,
    hazards_drawn,
)
from analytics.results import FloatArray

# Newton's steps that solve the equation of a quantity for one parameter, and how exactly.
STEPS, EXACT = 30, 1e-9
# No plan reaches further than this many standard deviations.
FARTHEST = 200.0
# The standard distribution of each family: to draw from it, and to fit it.
STANDARDS = {
    "weibull": (WEIBULL, batched.SMALLEST_EXTREME),
    "gumbel": (WEIBULL, batched.SMALLEST_EXTREME),
    "lognormal": (
        Law(lambda z: -batched.NORMAL.log_survival(z)[0], lambda h: -ndtri_exp(-h)),
        batched.NORMAL,
    ),
    "loglogistic": (Law(lambda z: np.logaddexp(0.0, z), lambda h: np.log(np.expm1(h))), batched.LOGISTIC),
}
STANDARDS["normal"] = STANDARDS["lognormal"]
CALIBRATED = ("exponential", *STANDARDS)


def check_calibrated(family: Family) -> LocationScale:
    """The family, refused where calibrated bounds do not exist."""
    if not isinstance(family, LocationScale) or family.name not in CALIBRATED:
        raise InvalidData(
            f"calibrated bounds exist for the distributions {', '.join(CALIBRATED)} with no other parameters; "
            'use bounds="likelihood_ratio"'
        )
    return family


def family_lives(family: Family, plan: Plan, working: FloatArray) -> Lives:
    """What draws samples like those behind a fit with these working parameters."""
    known = check_calibrated(family)
    if known.name == "exponential":
        return ExponentialLives(plan, working)
    if known.of_log_age:
        return FamilyLives(known, plan, working)
    # Ages that are themselves normal or Gumbel are the logarithms of ages that are lognormal or Weibull.
    middle, log_scale, _ = known.place(working.tolist())
    with np.errstate(over="ignore"):
        entry, exit_ = ((np.exp(at) - middle) / np.exp(log_scale) for at in (plan.entry, plan.exit))
    # So far out that it does not matter how far, and no age is beyond any number.
    entry = np.where(np.isneginf(plan.entry), -np.inf, np.maximum(entry, -FARTHEST))
    exit_ = np.where(np.isposinf(plan.exit), np.inf, np.clip(exit_, -FARTHEST, FARTHEST))
    return FamilyLives(known, replace(plan, entry=entry, exit=exit_), working, middle, log_scale)


@dataclass(frozen=True)
class Drawn:
    """Samples, which of their records are failures, and the logarithm of the scale that each was drawn with."""

    samples: Samples
    failed: NDArray[np.bool_]
    log_sigma: FloatArray


@dataclass(frozen=True)
class FamilyLives:
    """Lives of a family of location and scale under a plan in the logarithm of age, or in (age - middle) / scale."""

    family: LocationScale
    plan: Plan
    working: FloatArray
    middle: float = 0.0
    log_scale: float = 0.0
    ease: int = 1

    def drawn(
        self, theta: FloatArray, *, rng: np.random.Generator
    ) -> Iterator[tuple[Drawn, LocationScaleFits, NDArray[np.intp]]]:
        """As `Lives`: the samples with at least two failures."""
        mu, log_sigma, _ = self.family.place(list(theta))
        mu, log_sigma = (mu - self.middle) / math.exp(self.log_scale), log_sigma - self.log_scale
        for begin in range(0, mu.size, ROWS):
            part = slice(begin, begin + ROWS)
            with np.errstate(all="ignore"):
                samples, kept = draw(
                    self.plan, mu[part], -log_sigma[part], rng=rng, law=STANDARDS[self.family.name][0]
                )
            if samples is None:
                continue
            failed = failed_records(samples)
            m, s = mu[part][kept], log_sigma[part][kept]
            start = np.exp(-s) * np.stack([m - samples.log_scale, np.ones(s.size)])
            free = maximise_location_scale(samples, failed, self._standard, start=start)
            yield Drawn(samples, failed, s), free, begin + kept

    def roots(self, samples: Drawn, free: LocationScaleFits, quantity: Quantity, value: float) -> FloatArray:
        """As `Lives`."""
        (a, b), log_largest = free.at, samples.samples.log_scale
        mu, log_sigma = self._natural(a / b + log_largest, -np.log(b))
        with np.errstate(all="ignore"):
            miss = self._constraint(quantity, mu, log_sigma, value)
            # By a parameter that the quantity does not depend on it has no derivative.
            moves = bool(np.any(miss.gradient[0] != 0.0))

            def curve(w: FloatArray, rows: NDArray[np.intp]) -> Along:
                return self._curve(quantity, value, w, (mu[rows], log_sigma[rows]), log_largest[rows], moves)

            start = np.where(free.ok, samples.log_sigma if moves else a / b, np.nan)
            held = maximise_along(samples.samples, samples.failed, self._standard, curve, start)
            # Whether the estimate lies above the value is seen from the constraint, which rises or falls in it.
            above = -np.sign(miss.value) * math.copysign(1.0, self._slope(quantity))
            root: FloatArray = above * np.sqrt(2.0 * np.maximum(free.loglik - held, 0.0))
        return root

    @property
    def _standard(self) -> batched.Standard:
        return STANDARDS[self.family.name][1]

    def _slope(self, quantity: Quantity) -> float:
        return quantity.slopes(self.working, quantity.estimate)[1]

    def _natural(self, mu: FloatArray, log_sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.middle + math.exp(self.log_scale) * mu, log_sigma + self.log_scale

    def _constraint(self, quantity: Quantity, mu: FloatArray, log_sigma: FloatArray, value: float) -> Jet:
        """The constraint at each sample's parameters, with its derivatives by mu and log sigma."""
        axes, flat = np.eye(2)[..., None], np.zeros((2, 2, 1))
        place = Jet(mu, axes[0], flat), Jet(log_sigma, axes[1], flat)
        found: Jet = quantity.constraint(self.family.unplace(*place, 0.0), value)  # type: ignore[arg-type]
        return found

    def _curve(
        self,
        quantity: Quantity,
        value: float,
        w: FloatArray,
        near: tuple[FloatArray, FloatArray],
        log_largest: FloatArray,
        moves: bool,
    ) -> Along:
        """The points that give the quantity its value, by log sigma; by mu where the quantity is one of sigma alone."""
        scale, (mu, log_sigma) = math.exp(self.log_scale), near
        if moves:
            log_sigma = w + self.log_scale
        for _ in range(STEPS):
            miss = self._constraint(quantity, mu, log_sigma, value)
            step = -miss.value / miss.gradient[0 if moves else 1]
            mu, log_sigma = (mu + step, log_sigma) if moves else (mu, log_sigma + step)
            if not np.any(np.abs(step) > EXACT * (1.0 + np.abs(mu))):
                break
        if not moves:
            b = np.broadcast_to(np.exp(self.log_scale - log_sigma), w.shape)
            nothing = np.zeros(w.size)
            return Along(np.stack([w * b, b]), np.stack([b, nothing]), np.zeros((2, w.size)))
        by_mu, by_sigma = miss.gradient
        first = -by_sigma / by_mu
        second = (
            -(miss.hessian[1, 1] + 2.0 * miss.hessian[0, 1] * first + miss.hessian[0, 0] * first**2) / by_mu
        )
        # As mu relative to the largest age of each sample; then b = exp(-w) and a = mu b.
        mu, first, second = (mu - self.middle) / scale - log_largest, first / scale, second / scale
        b = np.exp(-w)
        return Along(
            np.stack([mu * b, b]),
            np.stack([(first - mu) * b, -b]),
            np.stack([(second - 2.0 * first + mu) * b, b]),
        )


@dataclass(frozen=True)
class Totals:
    """Failures and exposure of each sample, which is all that a constant rate asks."""

    failures: FloatArray
    exposure: FloatArray


@dataclass(frozen=True)
class ExponentialLives:
    """Lives of a constant failure rate under a plan; the working parameter is log theta.

    A sample without failures has a likelihood too, highest at an infinite theta, and takes part: the bounds then hold over all
    samples of the plan.
    """

    plan: Plan
    working: FloatArray
    ease: int = 10

    def drawn(
        self, theta: FloatArray, *, rng: np.random.Generator
    ) -> Iterator[tuple[Totals, FloatArray, NDArray[np.intp]]]:
        """As `Lives`; the free fits are the estimates of log theta."""
        for begin in range(0, theta.shape[1], ROWS):
            log_theta = theta[0, begin : begin + ROWS, None]
            at_entry, at_exit = np.exp(self.plan.entry - log_theta), np.exp(self.plan.exit - log_theta)
            failing = failures_drawn(self.plan, at_entry, at_exit, rng)
            row = np.repeat(np.arange(log_theta.size), failing.sum(axis=1))
            hazards = hazards_drawn(at_entry, at_exit, failing, rng) - np.repeat(at_entry, failing.ravel())
            alive = self.plan.units - failing
            lived = np.where(alive > 0, alive * np.where(alive > 0, at_exit - at_entry, 0.0), 0.0).sum(axis=1)
            exposure = lived + np.bincount(row, weights=hazards, minlength=log_theta.size)
            totals = Totals(failing.sum(axis=1).astype(np.float64), exposure * np.exp(log_theta[:, 0]))
            with np.errstate(divide="ignore"):
                yield totals, np.log(totals.exposure / totals.failures), begin + np.arange(log_theta.size)

    def roots(self, samples: Totals, free: FloatArray, quantity: Quantity, value: float) -> FloatArray:
        """As `Lives`; to hold a quantity is to hold theta."""
        held = self._log_theta(quantity, value)
        failures, exposure = samples.failures, samples.exposure
        # Twice the fall of -d log theta - T / theta from its maximum, where that of no failures is 0.
        fall = failures * np.where(failures > 0.0, held - free, 0.0) + exposure * math.exp(-held) - failures
        above = np.sign(free - held) * self._direction(quantity)
        root: FloatArray = above * np.sqrt(2.0 * np.maximum(fall, 0.0))
        return root

    def _log_theta(self, quantity: Quantity, value: float) -> float:
        """Log theta that gives the quantity a value."""
        at = float(self.working[0])
        for _ in range(STEPS):
            miss = quantity.slopes(np.array([at]), value)[0]
            step = -float(miss.value[0] / miss.gradient[0, 0])
            at += step
            if abs(step) < EXACT * (1.0 + abs(at)):
                break
        return at

    def _direction(self, quantity: Quantity) -> float:
        """1 where the quantity rises with theta, -1 where it falls."""
        miss, by_value = quantity.slopes(self.working, quantity.estimate)
        return -math.copysign(1.0, float(miss.gradient[0, 0]) * by_value)
