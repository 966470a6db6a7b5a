"""The exponential distribution fitted to life data: a constant failure rate, and how sure of it one can be."""

import dataclasses
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.arguments import checked
from analytics.calibrated import Calibration
from analytics.errors import InvalidData, NoFiniteMaximum, NotConverged, NotEnoughFailures
from analytics.family_lives import ExponentialLives
from analytics.lifedata import EXACT, LifeCounts, LifeData
from analytics.profiles import Quantity
from analytics.ranks import Ranks, plotting_positions, regress
from analytics.resampling import about_plan, plan_of
from analytics.results import FloatArray, Interval, Result, Side, tail_probabilities
from analytics.uptime import Termination, mtbf
from analytics.weibull_intervals import exponential, likelihood_ratio_bounds, standard_deviates
from analytics.weibull_likelihood import WeibullLikelihood

Method = Literal["mle", "rrx", "rry"]
Bounds = Literal["chi_square", "wald", "likelihood_ratio", "calibrated"]
MAXIMUM_STEPS = 200


@dataclass(frozen=True, eq=False, kw_only=True)
class ExponentialFit(Result):
    """A fitted exponential distribution, S(t) = exp(-(t - location) / theta) from `location` on.

    Made by `fit_exponential`. Where a method takes `confidence`, None means the value given at the fit.

    Attributes
    ----------
    theta : float or None
        Mean time between failures, in `unit`, counted from `location`; None when there was no failure.
    location : float
        Failure-free time before which nothing fails; 0 unless it was estimated.
    terminated : {"time", "failure"}
        What ended the observation; it sets the degrees of freedom of the chi-square bounds.
    bounds : {"chi_square", "wald", "likelihood_ratio", "calibrated"} or None
        Which bounds the fit gives; None for rank regression, which gives none.
    log_theta_variance : float or None
        Inverse of the observed information on log theta.
    loglik : float or None
        Log-likelihood at the estimate (maximum likelihood only).
    r_squared : float or None
        Squared correlation of the probability plot (rank regression only).
    data : LifeData or None
        The data, needed for calibrated bounds, and for likelihood-ratio bounds where ages at failure are inexact. It does
        not go into JSON: `with_data` attaches it again.
    """

    theta: float | None
    counts: LifeCounts
    location: float = 0.0
    terminated: Termination = "time"
    bounds: Bounds | None = "chi_square"
    log_theta_variance: float | None = None
    loglik: float | None = None
    r_squared: float | None = None
    data: LifeData | None = field(default=None, repr=False, metadata={"json": False})

    @property
    def rate(self) -> float | None:
        """Failure rate 1 / theta, per `unit`; None when there was no failure."""
        return None if self.theta is None else 1.0 / self.theta

    @property
    def mean(self) -> float | None:
        """Mean life, location + theta."""
        return None if self.theta is None else self.location + self.theta

    @property
    def aic(self) -> float | None:
        """Akaike's information criterion, 2 k - 2 loglik, with k = 1."""
        return None if self.loglik is None else 2.0 - 2.0 * self.loglik

    def reliability(self, t: ArrayLike) -> FloatArray:
        """Probability to survive age `t`; 1 up to `location`."""
        return np.exp(-self._age(t) / self._theta())

    def failure_probability(self, t: ArrayLike) -> FloatArray:
        """Probability to have failed by age `t`."""
        return -np.expm1(-self._age(t) / self._theta())

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """Expected failures by age `t` of a part kept running, (t - location) / theta."""
        return self._age(t) / self._theta()

    def hazard(self, t: ArrayLike) -> FloatArray:
        """Failure rate at age `t`: constant, and 0 before `location`."""
        return np.where(np.asarray(t, dtype=np.float64) < self.location, 0.0, 1.0 / self._theta())

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p`, in [0, 1), has failed."""
        fraction = np.asarray(p, dtype=np.float64)
        if np.any((fraction < 0) | (fraction >= 1)):
            raise InvalidData("a quantile needs a failed fraction of at least 0 and below 1")
        return self.location - self._theta() * np.log1p(-fraction)

    def b_life(self, percent: float) -> float:
        """Age by which `percent` % have failed."""
        return float(self.quantile(percent / 100.0))

    def interval(
        self, name: str = "theta", *, confidence: float | None = None, side: Side | None = None
    ) -> Interval:
        """Confidence bounds on a named number.

        Parameters
        ----------
        name : str
            "theta" (also "mtbf", "mean"), "rate", "median", or a B-life such as "b10".
        confidence : float, optional
            In (0, 1); the fit's own where not given.
        side : {"two", "lower", "upper"}, optional
            Two-sided where not given. With no failures there is only a lower bound on theta (an upper bound on
            the rate); "two" then gives that one, at the whole confidence, and `Interval.side` says so.

        Raises
        ------
        InvalidData
            If the name is unknown, or the fit carries no bounds (rank regression).
        NotEnoughFailures
            If there was no failure and the bound that does not exist was asked for.
        """
        if name == "rate":
            opposite: dict[Side, Side] = {"lower": "upper", "upper": "lower"}
            theta = self._theta_interval(confidence, None if side is None else opposite.get(side, side))
            low = None if theta.upper is None else 1.0 / theta.upper
            high = None if theta.lower is None else 1.0 / theta.lower
            return Interval(low, high, theta.confidence, opposite.get(theta.side, theta.side), theta.method)
        factor = _multiple_of_theta(name)
        theta = self._theta_interval(confidence, side)
        return _mapped(theta, lambda bound: factor * bound)

    def reliability_interval(
        self, t: float, *, confidence: float | None = None, side: Side | None = None
    ) -> Interval:
        """Confidence bounds on the reliability at age `t`; with no failures a lower bound only."""
        if not 0.0 <= t < math.inf:
            raise InvalidData(f"bounds on the reliability need an age of at least 0, not {t!r}")
        return _mapped(self._theta_interval(confidence, side), lambda theta: math.exp(-t / theta))

    def sample_parameters(self, n: int, *, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draw `n` plausible values of theta, to carry the uncertainty of the fit into a prediction.

        With exact ages the rate is drawn from a gamma distribution with shape r (failure terminated) or r + 1/2 (time
        terminated, midway between the two chi-square bounds) and scale 1 / exposure; this works with no failures too.
        Otherwise log theta is drawn from the normal distribution of its estimate.

        Returns
        -------
        dict
            ``{"theta": array of shape (n,)}``.
        """
        if self.bounds is None or self.location:
            raise InvalidData('a rank regression carries no uncertainty to draw from; use method="mle"')
        if self.counts.exact == self.counts.failures and self.bounds in ("chi_square", "calibrated"):
            shape = self.counts.failures + (0.0 if self.terminated == "failure" else 0.5)
            return {"theta": self.exposure / rng.standard_gamma(shape, size=n)}
        spread = math.sqrt(self.log_theta_variance or 0.0)
        return {"theta": np.exp(rng.normal(math.log(self._theta()), spread, size=n))}

    def with_data(self, data: LifeData) -> "ExponentialFit":
        """The same fit with its data attached again, after a trip through JSON.

        Raises
        ------
        InvalidData
            If the fingerprint says that these are not the data of the fit.
        """
        self.check_made_from(data)
        return dataclasses.replace(self, data=data)

    def _age(self, t: ArrayLike) -> FloatArray:
        return np.maximum(np.asarray(t, dtype=np.float64) - self.location, 0.0)

    def _theta(self) -> float:
        if self.theta is None:
            raise NotEnoughFailures(
                "there was no failure, so there is no point estimate; ask for an interval"
            )
        return self.theta

    def _theta_interval(self, confidence: float | None, side: Side | None) -> Interval:
        level = self.confidence if confidence is None else confidence
        if self.bounds is None:
            raise InvalidData('rank regression gives no bounds; use method="mle"')
        if self.bounds == "chi_square":
            found = mtbf(
                self.counts.failures,
                self.exposure,
                confidence=level,
                terminated=self.terminated,
                side=side or "two",
            )
            return Interval(found.lower, found.upper, level, found.side, "chi_square")
        if self.bounds in ("likelihood_ratio", "calibrated"):
            quantity = self._log_theta
            if self.bounds == "calibrated":
                lower, upper = self._calibration.bounds(quantity, level, side or "two")
            else:
                lower, upper = likelihood_ratio_bounds(_LogThetaProfile(self), level, side or "two")
            return Interval(
                quantity.natural(lower) if side != "upper" else None,
                quantity.natural(upper) if side != "lower" else None,
                level,
                side or "two",
                self.bounds,
            )
        below, above = standard_deviates(level, side or "two")
        error = math.sqrt(self.log_theta_variance or 0.0)
        low = None if math.isinf(below) else self._theta() * math.exp(-below * error)
        high = None if math.isinf(above) else self._theta() * math.exp(above * error)
        return Interval(low, high, level, side or "two", "wald")

    @property
    def _log_theta(self) -> Quantity:
        estimate = math.log(self._theta())
        return Quantity(lambda theta, v: theta[0] - v, estimate, exponential, name="theta")

    @cached_property
    def _calibration(self) -> Calibration:
        if self.data is None:
            raise InvalidData("calibrated bounds need the data; attach them with fit.with_data(data)")
        profile, estimate = _LogThetaProfile(self), np.array([self._log_theta.estimate])
        lives = ExponentialLives(plan_of(self.data), estimate)
        return Calibration(lives, self.counts.failures, estimate, lambda _: profile)


class _LogThetaProfile:
    """The log-likelihood of log theta around its maximum."""

    def __init__(self, fit: ExponentialFit) -> None:
        self._fit = fit
        self.centre = math.log(fit._theta())
        self.standard_error = math.sqrt(fit.log_theta_variance or 0.0)
        if fit.counts.exact == fit.counts.failures and fit.data is None:
            self._likelihood = None
        elif fit.data is None:
            raise InvalidData("likelihood-ratio bounds need the data; attach them with fit.with_data(data)")
        else:
            self._likelihood = WeibullLikelihood(fit.data)
        self.maximum = self.at(self.centre)[0]

    def at(self, value: float) -> tuple[float, float]:
        if self._likelihood is not None:
            found = self._likelihood.derivatives(value, 0.0)
            return found.value, found.gradient[0]
        # With exact ages failures and exposure say all.
        failures, expected = self._fit.counts.failures, self._fit.exposure * math.exp(-value)
        return -failures * value - expected, expected - failures

    def best(self, value: float) -> list[float]:
        return [value]


@checked
def fit_exponential(
    data: LifeData,
    *,
    method: Method = "mle",
    confidence: float = 0.90,
    terminated: Termination = "time",
    bounds: Bounds | None = None,
    location: Literal["zero", "estimate"] = "zero",
    ranks: Ranks = "benard",
) -> ExponentialFit:
    r"""Fit an exponential distribution (constant failure rate) to life data.

    For parts that do not age, and for the mean over a mixture of ages. Where the rate changes with age, the mean time
    between failures found here depends on the ages observed and predicts nothing outside them; compare with
    `fit_weibull`.

    Parameters
    ----------
    data : LifeData
        All kinds of records. Rank regression takes exact and right-censored records from age 0 only.
    method : {"mle", "rrx", "rry"}
        Maximum likelihood, or rank regression on X or on Y.
    confidence : float
        Confidence of the intervals where none is given later.
    terminated : {"time", "failure"}
        Whether observation ended at a set time or exposure (usual in the field) or with the last failure.
    bounds : {"chi_square", "wald", "likelihood_ratio", "calibrated"}, optional
        Chi-square where not given, and Wald on log theta for left- and interval-censored or truncated data, for
        which chi-square bounds do not exist. Calibrated bounds are for units watched to set ages (see Notes); with no failures
        the fit carries the chi-square bound, which is exact there.
    location : {"zero", "estimate"}
        "estimate" fits the two-parameter distribution; by rank regression only.
    ranks : {"benard", "exact"}
        Median ranks for rank regression.

    Returns
    -------
    ExponentialFit
        With no failures its `theta` is None and its interval a one-sided lower bound.

    Raises
    ------
    NotEnoughFailures
        If rank regression has no failures, or a test said to end with a failure has none.
    NoFiniteMaximum
        If the data hold no exposure, or every failure is left-censored.
    InvalidData
        If the data or settings do not suit the method.

    Notes
    -----
    With r failures over the exposure T (sum of ``time - entry``), :math:`\hat\theta = T / r`. Two-sided bounds are

    .. math:: \frac{2T}{\chi^2_{1-\alpha/2;\,2r+2}} \le \theta \le \frac{2T}{\chi^2_{\alpha/2;\,2r}}

    for time termination; for failure termination the first also has 2r degrees of freedom. They are exact when r was fixed
    beforehand, never too narrow when T was (units replaced at failure, a system repaired), and customary otherwise. Where each
    unit is watched to a set age of its own and not replaced, T is left to chance; calibrated bounds are made for that plan: by
    likelihood ratio, with critical values from samples of it (see `fit_weibull`). They take 0.05 to 0.6 s.

    References
    ----------
    Epstein, B. (1960). Estimation from life test data. Technometrics 2, 447-454.
    IEC 60605-4:2001. *Equipment reliability testing: point estimates, confidence intervals for the exponential distribution*.

    Examples
    --------
    One unit watched for 1000 days, with failures on days 100 and 300:

    >>> data = LifeData([100, 300, 1000], [1, 1, 0], entry=[0, 100, 300], unit="d")
    >>> fit = fit_exponential(data, confidence=0.80)
    >>> bounds = fit.interval("theta")
    >>> fit.theta, round(bounds.lower), round(bounds.upper)
    (500.0, 188, 1880)

    With no failures:

    >>> none = fit_exponential(LifeData([1000], [0], unit="d"), confidence=0.75)
    >>> none.theta, round(none.interval("theta").lower), none.interval("theta").side
    (None, 721, 'lower')
    """
    tail_probabilities(confidence)
    inexact = bool((data.event > EXACT).any() or np.isfinite(data.truncated_above).any())
    settings: dict[str, Any] = {"method": method, "terminated": terminated}
    if method == "mle":
        if location != "zero":
            raise InvalidData('the location is estimated by rank regression only; use method="rry" or "rrx"')
        chosen = bounds or ("wald" if inexact else "chi_square")
        settings |= _maximum_likelihood(data, chosen, inexact, terminated)
    else:
        if bounds is not None:
            raise InvalidData('rank regression gives no bounds; use method="mle"')
        settings |= _rank_regression(data, method, location, ranks)
    return ExponentialFit(
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        data=data,
        **settings,
    )


def _maximum_likelihood(
    data: LifeData, bounds: Bounds, inexact: bool, terminated: Termination
) -> dict[str, Any]:
    if inexact and bounds == "chi_square":
        raise InvalidData(
            'chi-square bounds need exact ages at failure; use bounds="likelihood_ratio" or "wald"'
        )
    if bounds == "calibrated" and terminated == "failure":
        raise InvalidData(
            "chi-square bounds are exact for a test that ended at a failure; calibrated ones are not"
        )
    notes = about_plan(data) if bounds == "calibrated" else ()
    if data.exposure <= 0.0:
        raise NoFiniteMaximum("the records hold no exposure at all, so nothing can be said about a rate")
    failures = data.counts.failures
    if failures == 0:
        if bounds not in ("chi_square", "calibrated") or terminated == "failure":
            raise NotEnoughFailures(
                "with no failures only the chi-square bound of a time-terminated test exists"
            )
        return {
            "theta": None,
            "bounds": "chi_square",
            "warnings": ("no failures: a one-sided bound, no estimate",),
        }
    likelihood = WeibullLikelihood(data)
    log_theta = _maximise(likelihood, data) if inexact else math.log(data.exposure / failures)
    at = likelihood.derivatives(log_theta, 0.0)
    return {
        "theta": math.exp(log_theta) if inexact else data.exposure / failures,
        "bounds": bounds,
        "log_theta_variance": -1.0 / at.hessian[0],
        "loglik": at.value,
        "warnings": notes,
    }


def _maximise(likelihood: WeibullLikelihood, data: LifeData) -> float:
    """Newton on log theta, with steps of at most 2; the Weibull likelihood at beta = 1."""
    if not bool((data.failure_intervals()[0] > data.entry).any()):
        raise NoFiniteMaximum(
            "no record shows a part that was good for any time, so the likelihood rises without end as theta goes to 0"
        )
    log_theta = start = math.log(data.exposure / data.counts.failures)
    for _ in range(MAXIMUM_STEPS):
        at = likelihood.derivatives(log_theta, 0.0)
        slope, curvature = at.gradient[0], at.hessian[0]
        # A likelihood gone flat has a slope of 0 as well; each failure of a real maximum adds curvature of order 1.
        if curvature < -1e-8 * data.counts.failures and abs(slope) < -1e-10 * curvature:
            return log_theta
        step = -slope / curvature if curvature < 0 and slope else 1.0
        log_theta += max(-2.0, min(2.0, step))
        # The start is off by the width of the intervals, never by a million; beyond, only rounding is left of the slope.
        if abs(log_theta - start) > 14.0:
            raise NoFiniteMaximum(
                "the data do not bound the rate: the likelihood rises without end as theta grows"
            )
    raise NotConverged("the search for the maximum of the exponential likelihood did not end")


def _rank_regression(data: LifeData, method: Method, location: str, ranks: Ranks) -> dict[str, Any]:
    points = plotting_positions(data, ranks=ranks)
    age, y = points.time, np.log1p(-points.failure_probability)
    if location == "estimate":
        line = regress(age, y, on="x" if method == "rrx" else "y")
        return {
            "theta": -1.0 / line.slope,
            "location": -line.intercept / line.slope,
            "bounds": None,
            "r_squared": line.r_squared,
        }
    slope = float(y @ y) / float(age @ y) if method == "rrx" else float(age @ y) / float(age @ age)
    return {
        "theta": -1.0 / slope,
        "bounds": None,
        "r_squared": float(age @ y) ** 2 / float(age @ age) / float(y @ y),
    }


def _multiple_of_theta(name: str) -> float:
    if name in ("theta", "mtbf", "mean"):
        return 1.0
    fraction = 0.5
    if name != "median":
        try:
            fraction = float(name.removeprefix("b")) / 100.0
        except ValueError:
            fraction = math.nan
    if not 0.0 < fraction < 1.0:
        raise InvalidData(
            f'no interval is known for {name!r}; there are "theta", "rate", "median" and "b10" and the like'
        )
    return -math.log1p(-fraction)


def _mapped(interval: Interval, rising: Any) -> Interval:
    low = None if interval.lower is None else rising(interval.lower)
    high = None if interval.upper is None else rising(interval.upper)
    return Interval(low, high, interval.confidence, interval.side, interval.method)
