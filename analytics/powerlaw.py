"""The power-law process (Crow-AMSAA) fitted to the events of repairable systems."""

import math
from typing import Any, Literal

import numpy as np

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.eventhistories import EventHistories
from analytics.groupedevents import GroupedEvents
from analytics.intensity import IntensityLikelihood, Stretches
from analytics.powerlaw_checks import conditional_sums, cramer_von_mises, grouped_chi_square
from analytics.powerlaw_fit import Bounds, PowerLawFit
from analytics.results import FloatArray, tail_probabilities
from analytics.uptime import Termination

Method = Literal["mle", "conditional", "unbiased"]
FEW_EVENTS = 5


@checked
def fit_power_law(
    histories: EventHistories | GroupedEvents,
    *,
    method: Method = "mle",
    terminated: Termination = "time",
    confidence: float = 0.90,
    bounds: Bounds | None = None,
) -> PowerLawFit:
    r"""Fit a power-law process (Crow-AMSAA, "Weibull process") to the events of repairable systems.

    For systems that are repaired to the state they were in (minimal repair), and for the growth of a system under test. Beta
    below 1: failures become rarer (growth); above 1: more frequent (ageing). Where repairs renew, use times between events
    (`trend_tests` says which model the data allow); where the process has jumps or several phases, look at
    `mean_cumulative_function` first.

    Parameters
    ----------
    histories : EventHistories or GroupedEvents
        Exact times, or counts in intervals, of one or several systems that follow one process, each in its own windows.
    method : {"mle", "conditional", "unbiased"}
        Maximum likelihood; Crow's estimate conditional on the number of events of each system, :math:`M / S`; or the unbiased
        one, :math:`(M - 1) / S`. The last two need exact times and systems watched from age 0 without gaps.
    terminated : {"time", "failure"}
        Whether observation ended at a set time, or each system's at its last event (which then ends its window).
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.
    bounds : {"exact", "fisher"}, optional
        "exact" (the default): chi-square bounds on beta and Crow's bounds on the MTBF reached, where they exist, and Fisher
        matrix bounds elsewhere; `Interval.method` says which. "fisher": Fisher matrix bounds on the log scale throughout.

    Returns
    -------
    PowerLawFit

    Raises
    ------
    NotEnoughFailures
        With fewer than two events (three where a failure ends the test and the estimate is to be unbiased).
    NoFiniteMaximum
        If every event stands at the end of observation.
    InvalidData
        If an event is at age 0, a setting is unknown or does not suit the data.

    Notes
    -----
    The intensity is :math:`\lambda\beta t^{\beta-1} = (\beta/\eta)(t/\eta)^{\beta-1}`, so a system has
    :math:`\lambda t^\beta = (t/\eta)^\beta` events by age t on average. The log-likelihood of windows :math:`(a_j, b_j]`,
    exact times t and intervals (l, u] with n events is

    .. math:: \sum \log(\lambda\beta t^{\beta-1}) + \sum n \log \lambda(u^\beta - l^\beta)
              - \lambda \sum_j (b_j^\beta - a_j^\beta).

    With N events, all windows from 0 to T: :math:`\hat\beta = N / \sum\log(T/t)`, :math:`\hat\lambda = N / (k T^\beta)`.
    Exact bounds on beta rest on :math:`2\beta S \sim \chi^2_{2M}`, where :math:`S = \sum_q\sum_i\log(T_q/t_{qi})` and M is N,
    or N less one a system where failures end the windows.

    References
    ----------
    Crow, L. H. (1974). Reliability analysis for complex, repairable systems. In *Reliability and Biometry*, SIAM, 379-410.
    Crow, L. H. (1975). *Reliability Analysis for Complex Repairable Systems*. AMSAA Technical Report 138.
    MIL-HDBK-189C (2011), *Reliability Growth Management*.

    Examples
    --------
    A system on test for 500 h, inspected six times (ReliaWiki, Crow-AMSAA, grouped data):

    >>> fit = fit_power_law(GroupedEvents([62, 100, 187, 210, 350, 500], [12, 6, 15, 3, 18, 16]))
    >>> round(fit.beta, 4), round(fit.lambda_, 4), round(float(fit.mtbf(500)), 3)
    (0.8136, 0.4459, 8.779)
    """
    tail_probabilities(confidence)
    likelihood, scale = likelihood_of(histories)
    events = int(likelihood.events)
    sums = conditional_sums(histories, terminated)
    _refuse(method, terminated, events, sums)
    if method == "mle":
        beta = likelihood.best_slope(positive=True)
    else:
        assert sums is not None
        beta = (sums[0] - (method == "unbiased")) / sums[1]
    # On the rescaled axis log(t / scale): level is log(lambda beta) and eta is in multiples of the scale.
    log_level = likelihood.log_level(beta)
    log_eta = -(log_level - math.log(beta)) / beta + math.log(scale)
    return PowerLawFit(
        method=method,
        unit=histories.unit,
        confidence=confidence,
        counts=histories.counts,
        exposure=histories.exposure,
        fingerprint=histories.fingerprint,
        warnings=_warnings(events),
        beta=beta,
        eta=math.exp(log_eta),
        covariance=_covariance(likelihood, beta, log_level),
        # From the axis of log(t / scale) to time itself: a density has the derivative of the axis in it, a count has not.
        loglik=likelihood.profile(beta)[0] - float(np.sum(likelihood.exact + math.log(scale))),
        terminated=terminated,
        bounds=bounds or "exact",
        trend_events=sums[0] if sums else None,
        log_ratio_sum=sums[1] if sums else None,
        **_windows(histories),
        **_distance(histories, sums, beta, log_eta),
    )


def likelihood_of(histories: EventHistories | GroupedEvents) -> tuple[IntensityLikelihood, float]:
    """The likelihood on the axis log(t / scale), and the scale: the age at which the last window ends."""
    if isinstance(histories, GroupedEvents):
        exact = np.zeros(0)
        low, high, counts = histories.start, histories.end, histories.events
    else:
        exact, counts = histories.time, np.zeros(0)
        watched = histories.window_end > histories.window_start
        low, high = histories.window_start[watched], histories.window_end[watched]
    if np.any(exact <= 0) or np.any(low < 0):
        raise InvalidData("a power law needs ages above 0: an event at age 0 or before has no likelihood")
    if not high.size:
        raise InvalidData("no system was watched for any time")
    scale = float(high.max())
    with np.errstate(divide="ignore"):
        windows = Stretches(np.log(low / scale), np.log(high / scale))
    cells = windows if counts.size else Stretches(np.zeros(0), np.zeros(0))
    return IntensityLikelihood(np.log(exact / scale), cells, counts, windows), scale


def _refuse(
    method: Method,
    terminated: Termination,
    events: int,
    sums: tuple[int, float] | None,
) -> None:
    needed = 3 if method == "unbiased" and terminated == "failure" else 2
    if events < needed:
        raise NotEnoughFailures(
            f"a power law needs at least {needed} events here, the data hold {events}; "
            "mtbf(events, exposure) bounds a constant rate"
        )
    if method == "mle":
        return
    if sums is None:
        raise InvalidData(
            f'method="{method}" needs exact times of systems watched from age 0 without gaps; use method="mle"'
        )
    if sums[0] < needed - 1 or not sums[1] > 0:
        raise NotEnoughFailures("too few events lie before the end of their windows to estimate a trend")


def _covariance(likelihood: IntensityLikelihood, beta: float, log_level: float) -> FloatArray:
    """Inverse of the information, carried from (level, beta) on the rescaled axis to (log eta, log beta)."""
    covariance = np.linalg.inv(likelihood.information(beta))
    log_lambda = log_level - math.log(beta)
    # log eta = (log beta - level) / beta + log scale
    jacobian = np.array([[-1.0 / beta, (1.0 + log_lambda) / beta**2], [0.0, 1.0 / beta]])
    carried: FloatArray = jacobian @ covariance @ jacobian.T
    return carried


def _windows(histories: EventHistories | GroupedEvents) -> dict[str, Any]:
    """Where observation ends, and whether it is one window from 0 to there for every system."""
    names: Any = histories.system if isinstance(histories, GroupedEvents) else histories.window_system
    starts = histories.start if isinstance(histories, GroupedEvents) else histories.window_start
    ends = histories.end if isinstance(histories, GroupedEvents) else histories.window_end
    first: dict[Any, float] = {}
    last: dict[Any, float] = {}
    watched: dict[Any, float] = {}
    for name, start, end in zip(names, starts.tolist(), ends.tolist(), strict=True):
        first.setdefault(name, start)
        last[name] = end
        watched[name] = watched.get(name, 0.0) + end - start
    whole = all(start == 0.0 for start in first.values()) and len(set(last.values())) == 1
    end = max(last.values())
    gaps = any(time < end * (1.0 - 1e-12) for time in watched.values())
    return {"systems": len(histories.systems), "end": end, "is_common": whole and not gaps}


def _distance(
    histories: EventHistories | GroupedEvents, sums: tuple[int, float] | None, beta: float, log_eta: float
) -> dict[str, Any]:
    """The statistic of the test of fit: chi-square for counts, Cramer-von Mises where its distribution is known."""
    if isinstance(histories, GroupedEvents):
        statistic, degrees = grouped_chi_square(histories, beta, log_eta)
        return {"fit_test": "chi-square", "fit_statistic": statistic, "fit_degrees": degrees}
    if sums is None or sums[0] < 2 or not sums[1] > 0:
        return {"fit_test": None, "fit_statistic": None, "fit_degrees": None}
    ends = histories.window_end[np.argsort(histories.window_system)][histories.event_system]
    ratios = np.log(ends / histories.time)
    # Where failures end the windows, the last event of each system tells nothing: its ratio is 0 by construction.
    ratios = np.sort(ratios)[histories.time.size - sums[0] :]
    return {
        "fit_test": "Cramer-von Mises",
        "fit_statistic": cramer_von_mises(np.exp(-(sums[0] - 1) / sums[1] * ratios)),
        "fit_degrees": sums[0],
    }


def _warnings(events: int) -> tuple[str, ...]:
    if events >= FEW_EVENTS:
        return ()
    return (f"only {events} events: the trend is hardly known, look at the width of the interval of beta",)
