"""The log-linear process of Cox and Lewis fitted to the events of repairable systems."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.eventhistories import EventHistories
from analytics.groupedevents import GroupedEvents
from analytics.intensity import IntensityLikelihood, Stretches
from analytics.results import FloatArray, Interval, Result, Side, tail_probabilities
from analytics.weibull_intervals import standard_deviates


@dataclass(frozen=True, eq=False, kw_only=True)
class LogLinearFit(Result):
    """A fitted log-linear process: the rate of a system at age t is exp(level + slope t).

    Made by `fit_loglinear`. Where a method takes `confidence`, None means the value given at the fit.

    Attributes
    ----------
    level : float
        Logarithm of the rate at age 0, per `unit`.
    slope : float
        Growth of the logarithm of the rate, per `unit`: above 0 ageing, 0 a constant rate, below 0 growth.
    covariance : ndarray, shape (2, 2)
        Of (level, slope): inverse of the observed information.
    loglik, constant_loglik : float
        Log-likelihood at the estimate, and of the best constant rate.
    systems : int
        Systems in the data, those without events included.
    end : float
        Age at which the latest window ends.
    """

    level: float
    slope: float
    covariance: FloatArray
    loglik: float
    constant_loglik: float
    systems: int
    end: float

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2 k - 2 loglik, with k = 2."""
        return 4.0 - 2.0 * self.loglik

    @property
    def trend_p_value(self) -> float:
        """Likelihood-ratio test of a constant rate: probability of so much trend where there is none."""
        return float(chdtrc(1, max(0.0, 2.0 * (self.loglik - self.constant_loglik))))

    def intensity(self, t: ArrayLike) -> FloatArray:
        """Rate of events of one system at age `t`, per `unit`."""
        return np.asarray(np.exp(self.level + self.slope * np.asarray(t, dtype=np.float64)))

    def mtbf(self, t: ArrayLike) -> FloatArray:
        """Instantaneous MTBF at age `t`, the reciprocal of the rate."""
        return np.asarray(1.0 / self.intensity(t))

    def expected_events(self, t: ArrayLike) -> FloatArray:
        """Expected events of one system from age 0 to `t`."""
        ages = np.asarray(t, dtype=np.float64)
        steep = self.slope * ages
        # (exp(y) - 1) / y is 1 at 0.
        growth = np.divide(np.expm1(steep), steep, out=np.ones_like(steep), where=steep != 0.0)
        return np.asarray(math.exp(self.level) * ages * growth)

    def interval(
        self, name: str, t: float | None = None, *, confidence: float | None = None, side: Side = "two"
    ) -> Interval:
        """Fisher matrix bounds on "slope" and "level" (natural scale), or "intensity" and "mtbf" at `t` (log scale).

        Where `t` is not given, the end of observation is meant.
        """
        level = self.confidence if confidence is None else confidence
        age = self.end if t is None else t
        known = {"slope": (0.0, 1.0), "level": (1.0, 0.0), "intensity": (1.0, age), "mtbf": (-1.0, -age)}
        if name not in known:
            raise InvalidData(f"no interval is known for {name!r}; there are {', '.join(sorted(known))}")
        gradient = np.array(known[name])
        centre = float(gradient @ [self.level, self.slope])
        error = math.sqrt(float(gradient @ self.covariance @ gradient))
        below, above = standard_deviates(level, side)
        low, high = centre - below * error, centre + above * error
        if name in ("intensity", "mtbf"):
            low, high = math.exp(low), math.exp(high)
        return Interval(
            None if side == "upper" else low, None if side == "lower" else high, level, side, "fisher"
        )


@checked
def fit_loglinear(histories: EventHistories | GroupedEvents, *, confidence: float = 0.90) -> LogLinearFit:
    r"""Fit a log-linear process (Cox and Lewis) to the events of repairable systems.

    A rate that grows or falls by the same percentage in every unit of age. Unlike the power law it neither starts at 0 nor at
    infinity, and age 0 may be anywhere. Compare the two by `aic`.

    Parameters
    ----------
    histories : EventHistories or GroupedEvents
        Exact times, or counts in intervals, of one or several systems that follow one process.
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.

    Returns
    -------
    LogLinearFit

    Raises
    ------
    NotEnoughFailures
        With fewer than two events.
    NoFiniteMaximum
        If every event stands at one end of observation.

    Notes
    -----
    The log-likelihood of windows (a, b] and events at t is :math:`\sum_i (\alpha + \gamma t_i) - \sum_j \int_{a_j}^{b_j}
    e^{\alpha + \gamma t} dt`, which is concave; with counts in intervals the first sum is over logarithms of integrals.

    References
    ----------
    Cox, D. R. and Lewis, P. A. W. (1966). *The Statistical Analysis of Series of Events*. Methuen, ch. 3.
    Ascher, H. and Feingold, H. (1984). *Repairable Systems Reliability*. Dekker, ch. 5.

    Examples
    --------
    >>> fit = fit_loglinear(EventHistories(["a"] * 5, [300, 550, 700, 850, 950], end={"a": 1000}))
    >>> round(fit.slope, 5), round(float(fit.expected_events(1000)), 6)
    (0.0022, 5.0)
    """
    tail_probabilities(confidence)
    likelihood, origin, scale = _likelihood(histories)
    events = int(likelihood.events)
    if events < 2:
        raise NotEnoughFailures(
            f"a log-linear process needs at least 2 events, the data hold {events}; "
            "mtbf(events, exposure) bounds a constant rate"
        )
    slope = likelihood.best_slope(positive=False)
    log_level = likelihood.log_level(slope)
    # Back from the axis (t - origin) / scale.
    jacobian = np.array([[1.0, -origin / scale], [0.0, 1.0 / scale]])
    covariance = jacobian @ np.linalg.inv(likelihood.information(slope)) @ jacobian.T
    density = likelihood.exact.size * math.log(scale)
    return LogLinearFit(
        method="mle",
        unit=histories.unit,
        confidence=confidence,
        counts=histories.counts,
        exposure=histories.exposure,
        fingerprint=histories.fingerprint,
        warnings=(f"only {events} events: the trend is hardly known",) if events < 5 else (),
        level=log_level - slope * origin / scale - math.log(scale),
        slope=slope / scale,
        covariance=covariance,
        loglik=likelihood.profile(slope)[0] - density,
        constant_loglik=likelihood.profile(0.0)[0] - density,
        systems=len(histories.systems),
        end=origin + scale,
    )


def _likelihood(histories: EventHistories | GroupedEvents) -> tuple[IntensityLikelihood, float, float]:
    """The likelihood on an axis that runs from 0 to 1 over all windows, with the origin and the length of that axis."""
    if isinstance(histories, GroupedEvents):
        low, high, exact, counts = histories.start, histories.end, np.zeros(0), histories.events
    else:
        watched = histories.window_end > histories.window_start
        low, high = histories.window_start[watched], histories.window_end[watched]
        exact, counts = histories.time, np.zeros(0)
    if not high.size:
        raise InvalidData("no system was watched for any time")
    origin = float(low.min())
    scale = float(high.max()) - origin
    windows = Stretches((low - origin) / scale, (high - origin) / scale)
    cells = windows if counts.size else Stretches(np.zeros(0), np.zeros(0))
    return IntensityLikelihood((exact - origin) / scale, cells, counts, windows), origin, scale
