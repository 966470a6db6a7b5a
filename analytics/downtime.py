"""Time down: the mean time to repair, and what it leaves of a system's time (availability)."""

import hashlib
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, fdtri, ndtri, stdtrit

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.plain_numbers import as_floats
from analytics.results import Counts, FloatArray, Interval, Result, Side, tail_probabilities
from analytics.uptime import MtbfEstimate

RepairLaw = Literal["lognormal", "exponential", "none"]
METHOD_OF: dict[RepairLaw, str] = {
    "lognormal": "lognormal, MOVER",
    "exponential": "chi-square",
    "none": "t, log scale",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class MttrEstimate(Result):
    """Mean time to repair with its bounds; made by `mttr`.

    Attributes
    ----------
    estimate : float
        Arithmetic mean of the repair times, in `unit`: what the records add up to.
    lower, upper : float or None
        Bounds at `confidence`; None on an open side, and on both where there is one repair only.
    side : {"two", "lower", "upper"}
        Which bounds were asked for.
    distribution : {"lognormal", "exponential", "none"}
        What the bounds take repair times to follow.
    standard_deviation : float or None
        Of the repair times; None with one repair.
    log_mean, log_standard_deviation : float or None
        Of the logarithms of the repair times; None where a repair took no time or there is one only.
    excluded : int
        Records left out because they were no repairs.
    """

    estimate: float
    lower: float | None
    upper: float | None
    side: Side
    distribution: RepairLaw
    standard_deviation: float | None
    log_mean: float | None
    log_standard_deviation: float | None
    excluded: int

    @property
    def repairs(self) -> int:
        """Number of repairs behind the estimate."""
        return self.counts.failures

    def interval(self, *, confidence: float | None = None, side: Side = "two") -> Interval:
        """Bounds at another confidence or on another side; see `mttr` for the formulas.

        Raises
        ------
        NotEnoughFailures
            If there is one repair only and repair times are not taken to be exponential.
        """
        below, above = tail_probabilities(self.confidence if confidence is None else confidence, side)
        lower = _mttr_bound(self, below, -1) if below else None
        upper = _mttr_bound(self, above, +1) if above else None
        return Interval(lower, upper, 1.0 - below - above, side, self.method)

    def quantile(self, p: float) -> float:
        """Repair time that a share `p` of repairs does not exceed, in `unit`; the trade's M_max at p = 0.95.

        Raises
        ------
        NotEnoughFailures
            If the fitted distribution is lognormal and there is one repair only.
        InvalidData
            If `p` is outside (0, 1), or no distribution was fitted.
        """
        if not 0 < p < 1:
            raise InvalidData(f"p must lie between 0 and 1, not {p!r}")
        if self.distribution == "exponential":
            return float(-self.estimate * np.log1p(-p))
        if self.distribution == "none":
            raise InvalidData("no distribution of repair times was fitted, so it has no quantiles")
        if self.log_mean is None or self.log_standard_deviation is None:
            raise NotEnoughFailures("quantiles of repair time need at least two repairs")
        return float(np.exp(self.log_mean + ndtri(p) * self.log_standard_deviation))


@checked
def mttr(
    durations: ArrayLike,
    *,
    kind: Sequence[str] | None = None,
    repair_kinds: Collection[str] = ("corrective",),
    confidence: float = 0.90,
    side: Side = "two",
    distribution: RepairLaw = "lognormal",
    unit: str = "h",
) -> MttrEstimate:
    r"""Mean time to repair, with bounds for its expectation.

    Only repairs count: give `kind` where the records hold preventive visits as well, and those are left out
    and counted.

    Parameters
    ----------
    durations : array_like of float, shape (n,)
        Time each repair took, in `unit`, at least 0. Active repair time or whole downtime, but one of them
        throughout.
    kind : sequence of str, optional, shape (n,)
        What each record was. Where not given, every record is a repair.
    repair_kinds : collection of str
        Words of `kind` that are repairs.
    confidence : float
        Confidence of the interval, two-sided unless `side` says otherwise.
    side : {"two", "lower", "upper"}
        Which bounds to give.
    distribution : {"lognormal", "exponential", "none"}
        What repair times follow, for the bounds: "lognormal" (the trade's standard assumption),
        "exponential", or "none" (large-sample t interval on the log scale; 70 to 90 % instead of 90 % with
        heavy tails and few repairs). Records of zero length cannot be lognormal: with one of them "none" is
        used instead, with a warning.
    unit : str
        Unit of `durations`.

    Returns
    -------
    MttrEstimate

    Raises
    ------
    InvalidData
        Naming the rows: a duration that is negative or not finite; or lengths that differ, or an unknown
        word.
    NotEnoughFailures
        If no repair is left. With a single one there is an estimate, no bounds and a warning.

    Notes
    -----
    The estimate is the arithmetic mean under every assumption, so that it agrees with the records. Lognormal
    bounds on the expectation :math:`\exp(\mu + \sigma^2/2)` recover variances (MOVER) from the t interval of
    :math:`\mu` and the chi-square interval of :math:`\sigma^2`, with mean :math:`\bar y` and variance
    :math:`s^2` of the logarithms:

    .. math::
        \bar y + \tfrac{s^2}{2} \mp \sqrt{\frac{t^2 s^2}{n} +
        \Bigl[\frac{s^2}{2}\Bigl(1 - \frac{n-1}{\chi^2}\Bigr)\Bigr]^2}

    Simulated coverage at nominal 90 %, for 3 to 30 repairs and :math:`\sigma` of 0.3 to 1.5, is 90 to 95 %.
    Exponential bounds are :math:`2\sum d / \chi^2(2n)`, exact.

    References
    ----------
    MIL-HDBK-472 (1966), *Maintainability Prediction*; MIL-HDBK-470A (1997), appendix B: repair times are
    lognormal. Zou, G. Y., Huo, C. Y. and Taleban, J. (2009). Simple confidence intervals for lognormal means
    and their differences with environmental applications. *Environmetrics* 20, 172-180 (with z for t).

    Examples
    --------
    >>> result = mttr([2.0, 3.5, 1.2, 8.0, 30.0], kind=["corrective"] * 4 + ["preventive"])
    >>> print(result.estimate, result.repairs, result.excluded)
    3.675 4 1
    >>> print(round(result.lower, 2), round(result.upper, 2))
    1.5 57.1
    """
    times, excluded = _repair_times(durations, kind, repair_kinds)
    tail_probabilities(confidence, side)
    warnings = []
    if distribution == "lognormal" and np.any(times == 0):
        distribution = "none"
        warnings.append(
            f"{np.sum(times == 0)} repairs of zero length: not lognormal, the bounds are a t interval"
        )
    several, positive = times.size > 1, bool(np.all(times > 0))
    logs = np.log(times) if positive else None
    result = MttrEstimate(
        method=METHOD_OF[distribution],
        unit=unit,
        confidence=confidence,
        counts=Counts(records=times.size + excluded, failures=times.size),
        exposure=float(np.sum(times)),
        fingerprint=hashlib.sha256(f"mttr:{unit}:{np.sort(times).tolist()}".encode()).hexdigest(),
        estimate=float(np.mean(times)),
        lower=None,
        upper=None,
        side=side,
        distribution=distribution,
        standard_deviation=float(np.std(times, ddof=1)) if several else None,
        log_mean=float(np.mean(logs)) if several and logs is not None else None,
        log_standard_deviation=float(np.std(logs, ddof=1)) if several and logs is not None else None,
        excluded=excluded,
    )
    try:
        bounds = result.interval(side=side)
    except NotEnoughFailures as reason:
        return replace(result, warnings=(*warnings, str(reason)))
    whole = result.interval(side="two")
    if distribution == "lognormal" and not (whole.lower or 0.0) <= result.estimate <= (whole.upper or np.inf):
        # The mean of the fitted lognormal is not the mean of these times: its bounds would be about another number.
        plain = mttr(
            durations,
            confidence=confidence,
            kind=kind,
            repair_kinds=repair_kinds,
            distribution="none",
            side=side,
            unit=unit,
        )
        note = (
            "repair times are not lognormal (their mean lies outside its bounds): the bounds are a t interval"
        )
        return replace(plain, warnings=(*warnings, note, *plain.warnings))
    return replace(result, lower=bounds.lower, upper=bounds.upper, warnings=tuple(warnings))


def _repair_times(
    durations: ArrayLike, kind: Sequence[str] | None, repair_kinds: Collection[str]
) -> tuple[FloatArray, int]:
    try:
        times = np.atleast_1d(as_floats(durations))
    except (TypeError, ValueError) as error:
        raise InvalidData(f"durations must be numbers: {error}") from error
    if times.ndim != 1 or (kind is not None and len(kind) != times.size):
        raise InvalidData(f"durations of shape {times.shape} do not go with {kind and len(kind)} kinds")
    repair = (
        np.ones(times.size, bool) if kind is None else np.array([word in repair_kinds for word in kind], bool)
    )
    bad = np.flatnonzero(repair & ~(np.isfinite(times) & (times >= 0)))
    if bad.size:
        raise InvalidData(
            f"row {bad[0]}: a repair cannot take {times[bad[0]]}; correct it or leave it out", bad.tolist()
        )
    if not repair.any():
        raise NotEnoughFailures(
            f"no repair among {times.size} records; there is no time to repair to estimate"
        )
    return times[repair], int(np.sum(~repair))


def _mttr_bound(result: MttrEstimate, tail: float, sign: int) -> float:
    n = result.repairs
    # chdtri(k, p) is the value exceeded with probability p: large for a lower bound, small for an upper one.
    exceeded = tail if sign < 0 else 1.0 - tail
    if result.distribution == "exponential":
        return float(2 * result.exposure / chdtri(2 * n, exceeded))
    if result.standard_deviation is None:
        raise NotEnoughFailures("one repair only: its spread is unknown, so there are no bounds")
    t = float(stdtrit(n - 1, 1.0 - tail))
    if result.log_mean is None or result.log_standard_deviation is None or result.distribution == "none":
        if result.estimate == 0:
            raise NotEnoughFailures("every repair took no time: there are no bounds")
        return result.estimate * _exp(sign * t * result.standard_deviation / math.sqrt(n) / result.estimate)
    half = result.log_standard_deviation**2 / 2
    reach = np.hypot(
        t * result.log_standard_deviation / np.sqrt(n), half * (1 - (n - 1) / chdtri(n - 1, exceeded))
    )
    return _exp(result.log_mean + half + sign * float(reach))


def _exp(x: float) -> float:
    # Two repairs of very different length leave the mean without any bound that a number can hold.
    return math.exp(x) if x < 709.0 else math.inf


@dataclass(frozen=True, eq=False, kw_only=True)
class AvailabilityEstimate(Result):
    """Steady-state availability with its bounds; made by `availability`.

    Attributes
    ----------
    estimate : float
        ``MTBF / (MTBF + MTTR)``, between 0 and 1.
    lower, upper : float or None
        Bounds at `confidence`; None on an open side.
    side : {"two", "lower", "upper"}
        Which bounds there are.
    repairs : int
        Number of repairs behind the time to repair; `counts.failures` is the number of failures.
    """

    estimate: float
    lower: float | None
    upper: float | None
    side: Side
    repairs: int


@checked
def availability(
    time_between_failures: MtbfEstimate,
    time_to_repair: MttrEstimate,
    *,
    confidence: float = 0.90,
    side: Side = "two",
) -> AvailabilityEstimate:
    r"""Steady-state availability, the long-run share of time that a system is up, with bounds.

    Inherent availability when the repair times are active repair, operational when they are whole downtime.
    Up times are taken to be exponential (as `mtbf` does) and independent of repair times.

    Parameters
    ----------
    time_between_failures : MtbfEstimate
        From `mtbf`, with at least one failure.
    time_to_repair : MttrEstimate
        From `mttr`, in the same unit.
    confidence : float
        Confidence of the interval, two-sided unless `side` says otherwise; the inputs' own is not used.
    side : {"two", "lower", "upper"}
        Which bounds to give.

    Returns
    -------
    AvailabilityEstimate

    Raises
    ------
    NotEnoughFailures
        Without failures, or with a single repair whose spread is unknown.
    InvalidData
        If the units differ, or `confidence` or `side` is not valid.

    Notes
    -----
    With the ratio :math:`\rho = \mathrm{MTTR}/\mathrm{MTBF}` availability is :math:`1/(1+\rho)`. Exponential
    repair times: with r failures in up time T and n repairs of total length D, :math:`\rho` lies between
    :math:`\frac{D}{T}\frac{r}{n}F_{\alpha/2}(2r, 2n)` and
    :math:`\frac{D}{T}\frac{r+1}{n}F_{1-\alpha/2}(2r+2, 2n)` (r for r + 1 where failure terminated), exact as
    the chi-square bounds are. Otherwise the limits of the two means are joined on the log scale (MOVER):
    :math:`\ln\hat\rho + \sqrt{(\ln \mathrm{MTTR}_U - \ln \mathrm{MTTR})^2 +
    (\ln \mathrm{MTBF} - \ln \mathrm{MTBF}_L)^2}` for the upper one.

    References
    ----------
    Thompson, M. (1966). Lower confidence limits and a test of hypotheses for system availability. *IEEE
    Transactions on Reliability* R-15, 32-36 (F distribution).
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a general
    approach. *Statistics in Medicine* 27, 1693-1702 (MOVER).

    Examples
    --------
    >>> from analytics.uptime import mtbf
    >>> up = mtbf(4, 2000)
    >>> down = mttr([2.0, 3.5, 1.2, 8.0])
    >>> result = availability(up, down)
    >>> print(round(result.estimate, 4), round(result.lower, 4), round(result.upper, 4))
    0.9927 0.8857 0.9982
    """
    below, above = tail_probabilities(confidence, side)
    if time_between_failures.unit != time_to_repair.unit:
        raise InvalidData(
            f"the time between failures is in {time_between_failures.unit}, the time to repair in "
            f"{time_to_repair.unit}; convert one of them"
        )
    if time_between_failures.estimate is None:
        raise NotEnoughFailures(
            f"no failures in {time_between_failures.exposure:g} {time_between_failures.unit}: "
            "availability has no estimate from times between failures"
        )
    ratio = time_to_repair.estimate / time_between_failures.estimate
    # A high ratio is a low availability: the bounds change places.
    highest = _ratio_bound(time_between_failures, time_to_repair, below, +1) if below else None
    lowest = _ratio_bound(time_between_failures, time_to_repair, above, -1) if above else None
    exact = time_to_repair.distribution == "exponential"
    return AvailabilityEstimate(
        method="F distribution" if exact else "MOVER, log scale",
        unit="share of time",
        confidence=confidence,
        counts=time_between_failures.counts,
        exposure=time_between_failures.exposure,
        fingerprint=hashlib.sha256(
            f"{time_between_failures.fingerprint}:{time_to_repair.fingerprint}".encode()
        ).hexdigest(),
        warnings=tuple(dict.fromkeys(time_between_failures.warnings + time_to_repair.warnings)),
        estimate=1 / (1 + ratio),
        lower=None if highest is None else 1 / (1 + highest),
        upper=None if lowest is None else 1 / (1 + lowest),
        side=side,
        repairs=time_to_repair.repairs,
    )


def _ratio_bound(up: MtbfEstimate, down: MttrEstimate, tail: float, sign: int) -> float:
    n, r = down.repairs, up.failures
    if down.distribution == "exponential":
        freedom = 2 * (r + 1) if sign > 0 and up.terminated == "time" else 2 * r
        p = 1.0 - tail if sign > 0 else tail
        return float(down.exposure / up.exposure * freedom / (2 * n) * fdtri(freedom, 2 * n, p))
    if sign > 0:
        repair, failure = (
            down.interval(confidence=1 - tail, side="upper"),
            up.interval(confidence=1 - tail, side="lower"),
        )
        limits = repair.upper, failure.lower
    else:
        repair, failure = (
            down.interval(confidence=1 - tail, side="lower"),
            up.interval(confidence=1 - tail, side="upper"),
        )
        limits = repair.lower, failure.upper
    if limits[0] is None or limits[1] is None or up.estimate is None:
        raise NotEnoughFailures("a bound of the time between failures or of the time to repair is missing")
    reach = np.hypot(np.log(limits[0] / down.estimate), np.log(limits[1] / up.estimate))
    return down.estimate / up.estimate * _exp(sign * float(reach))
