"""What a fitted power-law process says: expected events, intensity, MTBF, and the bounds on them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, chdtri

from analytics.crow_bounds import mtbf_factors
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.powerlaw_checks import FitCheck, cramer_von_mises_p
from analytics.results import Band, FloatArray, Interval, Result, Side, tail_probabilities
from analytics.uptime import Termination
from analytics.weibull_intervals import (
    BETA,
    ETA,
    Quantity,
    log_cumulative_hazard,
    log_hazard,
    wald_bounds,
)

Bounds = Literal["exact", "fisher"]


@dataclass(frozen=True, eq=False, kw_only=True)
class PowerLawFit(Result):
    """A fitted power-law process: a system has (t / eta) ** beta events by age t on average.

    Made by `fit_power_law`. Where a method takes `confidence` or `bounds`, None means the value given at the fit.

    Attributes
    ----------
    beta : float
        Shape: below 1 events become rarer (growth), above 1 more frequent (ageing).
    eta : float
        Age, in `unit`, by which one event a system is expected.
    covariance : ndarray, shape (2, 2)
        Of (log eta, log beta): inverse of the information.
    loglik : float
        Log-likelihood at the estimate.
    terminated : {"time", "failure"}
        What ended the observation.
    bounds : {"exact", "fisher"}
        Which bounds `interval` gives where both exist.
    systems : int
        Systems in the data, those without events included.
    end : float
        Age at which the latest window ends: where "present" values are meant.
    is_common : bool
        Whether every system was watched from age 0 to `end`.
    trend_events, log_ratio_sum : int and float, or None
        Crow's M and S, on which exact bounds rest; None for counts in intervals and for windows that do not begin at age 0.
    fit_test, fit_statistic, fit_degrees
        The test of fit that `goodness_of_fit` evaluates.
    """

    beta: float
    eta: float
    covariance: FloatArray
    loglik: float
    terminated: Termination
    bounds: Bounds
    systems: int
    end: float
    is_common: bool
    trend_events: int | None
    log_ratio_sum: float | None
    fit_test: str | None
    fit_statistic: float | None
    fit_degrees: int | None

    @property
    def lambda_(self) -> float:
        """Crow's lambda, the expected events of a system by age 1: eta ** -beta."""
        return math.exp(-self.beta * math.log(self.eta))

    @property
    def growth_rate(self) -> float:
        """1 - beta: the slope of Duane's plot."""
        return 1.0 - self.beta

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2 k - 2 loglik, with k = 2."""
        return 4.0 - 2.0 * self.loglik

    def expected_events(self, t: ArrayLike) -> FloatArray:
        """Expected events of one system by age `t`."""
        return np.asarray((np.asarray(t, dtype=np.float64) / self.eta) ** self.beta)

    def intensity(self, t: ArrayLike) -> FloatArray:
        """Rate of events of one system at age `t` > 0, per `unit`."""
        age = np.asarray(t, dtype=np.float64)
        return np.asarray(self.beta / self.eta * (age / self.eta) ** (self.beta - 1.0))

    def mtbf(self, t: ArrayLike) -> FloatArray:
        """Instantaneous MTBF at age `t` > 0: what a system would have if its rate stayed as it is at that age."""
        return np.asarray(1.0 / self.intensity(t))

    def cumulative_mtbf(self, t: ArrayLike) -> FloatArray:
        """Age over expected events, from 0 to `t` > 0."""
        return np.asarray(np.asarray(t, dtype=np.float64) / self.expected_events(t))

    def reliability(self, mission: ArrayLike, *, age: float | None = None) -> FloatArray:
        """Probability of no event in a mission of this length that begins at `age` (the end of the test if not given)."""
        begin = self.end if age is None else age
        more = self.expected_events(begin + np.asarray(mission, dtype=np.float64))
        return np.asarray(np.exp(self.expected_events(begin) - more))

    def goodness_of_fit(self) -> FitCheck:
        """Test whether a power law describes the events: Cramer-von Mises, or chi-square for counts in intervals.

        A small p-value says that it does not. See `analytics.powerlaw_checks`.

        Raises
        ------
        NotEnoughFailures
            If there is nothing left to test after estimating two parameters.
        InvalidData
            If windows do not begin at age 0: the distribution of the statistic is not known then.
        """
        if self.fit_statistic is None or self.fit_degrees is None:
            raise InvalidData("the test of fit needs systems watched from age 0 without gaps")
        if self.fit_test == "chi-square":
            if self.fit_degrees < 1:
                raise NotEnoughFailures("too few intervals with five expected events to test the fit")
            p_value = float(chdtrc(self.fit_degrees, self.fit_statistic))
        else:
            p_value = cramer_von_mises_p(self.fit_statistic, self.fit_degrees)
        return FitCheck(str(self.fit_test), self.fit_statistic, (self.fit_degrees,), p_value)

    def interval(
        self,
        name: str,
        t: float | None = None,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Interval:
        """Confidence bounds on a named number.

        Parameters
        ----------
        name : str
            "beta", "eta", "lambda", "growth_rate"; or, at age `t`, "mtbf", "intensity", "cumulative_mtbf", "expected_events".
        t : float, optional
            Age for the last four; the end of the test where not given.
        confidence : float, optional
            In (0, 1); the fit's own where not given.
        side : {"two", "lower", "upper"}
            A one-sided bound carries the whole confidence on its side.
        bounds : {"exact", "fisher"}, optional
            "exact" gives chi-square bounds on beta and, at the end of a test that all systems share, Crow's bounds; where none
            exist it gives Fisher matrix bounds. `Interval.method` says which they are.

        Raises
        ------
        InvalidData
            If a word is unknown or the age is not above 0.
        """
        level = self.confidence if confidence is None else confidence
        kind = self.bounds if bounds is None else bounds
        if kind not in ("exact", "fisher"):
            raise InvalidData(f'bounds must be "exact" or "fisher", not {kind!r}')
        if name in ("growth_rate", "intensity"):
            turned: dict[Side, Side] = {"lower": "upper", "upper": "lower"}
            of = "beta" if name == "growth_rate" else "mtbf"
            inner = self.interval(of, t, confidence=level, side=turned.get(side, side), bounds=kind)
            return _falling(inner, (lambda x: 1.0 - x) if of == "beta" else (lambda x: 1.0 / x), side)
        found = self._exact(name, t, level, side) if kind == "exact" else None
        return found or self._fisher(name, t, level, side)

    def lambda_interval(
        self, *, beta: float, confidence: float | None = None, side: Side = "two"
    ) -> Interval:
        """Chi-square bounds on lambda for a known `beta` (Crow 1975); the systems must be watched from age 0.

        Together with the bounds on beta at the same confidence, those at its lower and upper bound enclose both parameters with
        at least the product of the confidences.
        """
        if self.trend_events is None or not self.is_common:
            raise InvalidData("bounds for a known beta need exact times of systems watched from 0 to one age")
        level = self.confidence if confidence is None else confidence
        lower, upper = self._count_bounds(level, side)
        scale = self.systems * self.end**beta
        return Interval(
            None if lower is None else lower / scale,
            None if upper is None else upper / scale,
            level,
            side,
            "chi-square, beta known",
        )

    def mtbf_band(self, t: ArrayLike, *, cumulative: bool = False, confidence: float | None = None) -> Band:
        """Instantaneous (or cumulative) MTBF with pointwise Fisher bounds at each age of `t` > 0."""
        ages = np.atleast_1d(np.asarray(t, dtype=np.float64))
        name = "cumulative_mtbf" if cumulative else "mtbf"
        found = [self.interval(name, float(age), confidence=confidence, bounds="fisher") for age in ages]
        curve = self.cumulative_mtbf(ages) if cumulative else self.mtbf(ages)
        lower, upper = (
            np.array([getattr(one, edge) for one in found], dtype=float) for edge in ("lower", "upper")
        )
        level = self.confidence if confidence is None else confidence
        return Band(ages, curve, lower, upper, level, "two", "fisher")

    def _exact(self, name: str, t: float | None, level: float, side: Side) -> Interval | None:
        if self.trend_events is None or self.log_ratio_sum is None:
            return None
        below, above = tail_probabilities(level, side)
        if name == "beta":
            freedom, twice = 2 * self.trend_events, 2.0 * self.log_ratio_sum
            lower = float(chdtri(freedom, 1.0 - below)) / twice if below else None
            upper = float(chdtri(freedom, above)) / twice if above else None
            return Interval(lower, upper, level, side, "chi-square")
        one_test = self.is_common and (self.terminated == "time" or self.systems == 1)
        if not one_test or (t is not None and t != self.end):
            return None
        if name == "mtbf":
            n = self.counts.failures
            estimate = self.systems * self.end * self.log_ratio_sum / n**2
            low, high = mtbf_factors(n, below, above, terminated=self.terminated)
            return Interval(
                estimate * low if below else None,
                estimate * high if above else None,
                level,
                side,
                f"Crow, {self.terminated} terminated",
            )
        if name in ("expected_events", "cumulative_mtbf"):
            turned: dict[Side, Side] = {"lower": "upper", "upper": "lower"}
            events = self._count_bounds(level, side if name == "expected_events" else turned.get(side, side))
            fewest, most = (None if bound is None else bound / self.systems for bound in events)
            counted = Interval(fewest, most, level, side, f"chi-square, {self.terminated} terminated")
            return counted if name == "expected_events" else _falling(counted, lambda n: self.end / n, side)
        return None

    def _count_bounds(self, level: float, side: Side) -> tuple[float | None, float | None]:
        """Chi-square bounds on the expected events of all systems together."""
        below, above = tail_probabilities(level, side)
        n = self.counts.failures
        more = 2 if self.terminated == "time" else 0
        lower = float(chdtri(2 * n, 1.0 - below)) / 2.0 if below else None
        upper = float(chdtri(2 * n + more, above)) / 2.0 if above else None
        return lower, upper

    def _fisher(self, name: str, t: float | None, level: float, side: Side) -> Interval:
        age = self.end if t is None else t
        if not 0.0 < age < math.inf:
            raise InvalidData(f"bounds need an age above 0, not {t!r}")
        log_age = math.log(age)
        known: dict[str, tuple[Quantity, Callable[[float], float] | None]] = {
            "beta": (BETA, None),
            "eta": (ETA, None),
            "lambda": (log_cumulative_hazard(0.0), None),
            "expected_events": (log_cumulative_hazard(log_age), None),
            "mtbf": (log_hazard(log_age), lambda x: -x),
            "cumulative_mtbf": (log_cumulative_hazard(log_age), lambda x: log_age - x),
        }
        if name not in known:
            raise InvalidData(
                f"no interval is known for {name!r}; there are {', '.join(sorted([*known, 'growth_rate', 'intensity']))}"
            )
        quantity, falling = known[name]
        turned: dict[Side, Side] = {"lower": "upper", "upper": "lower"}
        inner = side if falling is None else turned.get(side, side)
        low, high = wald_bounds(
            quantity, math.log(self.eta), math.log(self.beta), self.covariance, level, inner
        )
        if falling is not None:
            low, high = falling(high), falling(low)
        return Interval(
            math.exp(low) if side != "upper" else None,
            math.exp(high) if side != "lower" else None,
            level,
            side,
            "fisher",
        )


def _falling(found: Interval, mapped: Callable[[float], float], side: Side) -> Interval:
    low = None if found.upper is None else mapped(found.upper)
    high = None if found.lower is None else mapped(found.lower)
    return Interval(low, high, found.confidence, side, found.method)
