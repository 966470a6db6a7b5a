"""Is the fix working? Failure rates before and after an action, against a criterion fixed beforehand."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import betaincinv, chdtrc, pdtr

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.lifedata import EXACT, LifeData
from analytics.results import Counts, Interval, Result, Side, tail_probabilities
from analytics.weibull_intervals import standard_deviates

Answer = Literal["effective", "not effective", "too early"]
Period = tuple[float, float] | LifeData

# A verdict that would take more failures than this is out of reach in practice.
MOST_FAILURES = 2_000
# Shapes searched; no part ages faster or slower.
SHAPES = (0.05, 50.0)


@dataclass(frozen=True, eq=False, kw_only=True)
class BeforeAfter(Result):
    """The verdict of `compare_before_after`. `counts`, `exposure` and `unit` are those of both periods together.

    Attributes
    ----------
    answer : {"effective", "not effective", "too early"}
        Whether the failure rate after is shown to be at most `criterion` times the one before, shown to be more, or
        neither yet.
    criterion : float
        Largest ratio of the rates, after over before, that counts as success.
    ratio : float or None
        Estimated ratio of the failure rates; None where nothing failed before.
    lower, upper : float or None
        Two-sided bounds on the ratio at `confidence`; None where the data give none. Each is a one-sided bound at
        (1 + confidence) / 2, and the verdict compares those with the criterion.
    failures_before, failures_after : int
    exposure_before, exposure_after : float
        In `unit`.
    exposure_needed : float or None
        Further exposure after which the answer will be "effective" with probability `power` if the true ratio is
        `expected_ratio`; 0 once the answer is given, None where no wait would do, as
        with too few failures before.
    exposure_needed_without_failure : float or None
        Further exposure that brings "effective" if nothing fails in it. For lives, both at the mix of ages so far.
    expected_ratio, power : float
        What `exposure_needed` assumes.
    shape : float or None
        Common Weibull shape of both periods, for lives; None for counts over exposure.
    shape_p_value : float or None
        Whether the shapes differ, by likelihood ratio: small values say that one ratio does not describe the change.
    """

    answer: Answer
    criterion: float
    ratio: float | None
    lower: float | None
    upper: float | None
    failures_before: int
    failures_after: int
    exposure_before: float
    exposure_after: float
    exposure_needed: float | None
    exposure_needed_without_failure: float | None
    expected_ratio: float
    power: float
    shape: float | None = None
    shape_p_value: float | None = None

    def interval(self) -> Interval:
        """Bounds on the ratio of the rates, after over before."""
        side: Side = "upper" if self.lower is None else "lower" if self.upper is None else "two"
        return Interval(self.lower, self.upper, self.confidence, side, self.method)


@checked
def compare_before_after(
    before: Period,
    after: Period,
    *,
    criterion: float,
    confidence: float = 0.90,
    expected_ratio: float | None = None,
    power: float = 0.80,
    unit: str = "h",
) -> BeforeAfter:
    r"""Say whether an action has brought the failure rate down as far as was asked, or how much longer to wait.

    Parameters
    ----------
    before, after : (failures, exposure) or LifeData
        Counts over exposure, for a constant rate; or the lives of the parts before and after the action, for parts
        that age. Then like ages are compared: new parts fail seldom, whether the fix works or not.
    criterion : float
        Largest ratio of the failure rates, after over before, that counts as success: 0.5 asks for half. It must be
        fixed before the data after are seen.
    confidence : float
        Two-sided, of the bounds. Each wrong answer, "effective" at a true ratio of the criterion or more and "not
        effective" at one of the criterion or less, then has a probability of at most (1 - confidence) / 2 for one look.
    expected_ratio : float, optional
        The ratio that the action is hoped to bring, for `exposure_needed`; half of the criterion where not given.
    power : float
        Probability of the answer "effective" that `exposure_needed` provides for.
    unit : str
        Unit of the exposures; that of the lives where lives are given.

    Returns
    -------
    BeforeAfter

    Raises
    ------
    InvalidData
        If a count is not a whole number, an exposure not positive, a setting out of range, or one period is given as
        counts and the other as lives.
    NotEnoughFailures
        If lives before and after hold fewer than two failures together.

    Notes
    -----
    For counts the ratio is judged conditionally on the total: of n failures, those after are binomial with
    :math:`p = \rho e_2 / (e_1 + \rho e_2)`, and Clopper and Pearson's bounds on p are turned into bounds on the ratio.
    They are exact for any counts, and so the error rates are at most what they claim.

    For lives the hazard after is the ratio times the hazard before, both Weibull with one shape, and the bounds
    are those of the profile likelihood. A test of the common shape is given; where it fails, look at both fits.

    The verdict is meant for one look, at the exposure agreed on. With ten looks on the way there, "effective" comes up at some
    time with a probability of 9 to 12 % at a true ratio of the criterion, where one look at nominal 5 % has 3.4 to 4.0 %
    (simulated, 25 and 100 failures before).

    References
    ----------
    Przyborowski, J. and Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson series.
    *Biometrika* 31, 313-323.
    Clopper, C. J. and Pearson, E. S. (1934). *Biometrika* 26, 404-413.
    Nelson, W. (1982). *Applied Life Data Analysis*, Wiley, ch. 12 (comparison of hazards by likelihood ratio).

    Examples
    --------
    >>> verdict = compare_before_after((40, 10_000), (4, 6_000), criterion=0.5)
    >>> verdict.answer, round(verdict.ratio, 3), round(verdict.upper, 3)
    ('effective', 0.167, 0.407)
    >>> early = compare_before_after((8, 10_000), (0, 1_000), criterion=0.5)
    >>> early.answer, round(early.exposure_needed_without_failure)
    ('too early', 8084)
    """
    tail_probabilities(confidence)
    hoped = criterion / 2.0 if expected_ratio is None else expected_ratio
    if not (criterion > 0 and math.isfinite(criterion)):
        raise InvalidData(f"the criterion is a ratio of rates above 0, not {criterion!r}")
    if not 0 <= hoped < criterion:
        raise InvalidData(f"the expected ratio must be at least 0 and below the criterion, not {hoped!r}")
    if not 0 < power < 1:
        raise InvalidData(f"power must lie between 0 and 1, not {power!r}")
    if isinstance(before, LifeData) != isinstance(after, LifeData):
        raise InvalidData("give both periods as (failures, exposure), or both as LifeData")
    if isinstance(before, LifeData) and isinstance(after, LifeData):
        lives = _Lives(before, after)
        return _verdict(lives, criterion, confidence, hoped, power, before.unit)
    rates = _Rates(_counted("before", before), _counted("after", after))
    return _verdict(rates, criterion, confidence, hoped, power, unit)


class _Rates:
    """Counts over exposure, compared conditionally on their total."""

    method = "conditional binomial"
    shape = None
    shape_p_value = None

    def __init__(self, before: tuple[int, float], after: tuple[int, float]) -> None:
        self.failures, self.exposure = (before[0], after[0]), (before[1], after[1])
        self.effective_exposure = self.exposure
        self.records = sum(self.failures)
        self.fingerprint = hashlib.sha256(repr((before, after)).encode()).hexdigest()

    def bounds(self, confidence: float) -> tuple[float | None, float | None]:
        tail = (1.0 - confidence) / 2.0
        n1, n2 = self.failures
        scale = self.exposure[0] / self.exposure[1]
        lower = None if n2 == 0 else scale * _odds(n2, n1 + 1, tail)
        upper = None if n1 == 0 else scale * _odds(n2 + 1, n1, 1.0 - tail)
        return lower, upper


def _odds(a: float, b: float, p: float) -> float:
    """Quantile of the beta distribution as odds: Clopper and Pearson's bound on failures after to failures before."""
    share = float(betaincinv(a, b, p))
    return share / (1.0 - share) if share < 1.0 else math.inf


class _Lives:
    """Lives of two groups under Weibull hazards of one shape."""

    method = "Weibull, likelihood ratio"

    def __init__(self, before: LifeData, after: LifeData) -> None:
        if before.unit != after.unit:
            raise InvalidData(f"the lives before are in {before.unit}, those after in {after.unit}")
        for name, data in (("before", before), ("after", after)):
            rows = np.flatnonzero((data.event > EXACT) | np.isfinite(data.truncated_above))
            if rows.size:
                message = f"{name}, row {rows[0]}: the comparison takes exact and right-censored records"
                raise InvalidData(message, rows.tolist())
        self.failures = (before.counts.failures, after.counts.failures)
        self.exposure = (before.exposure, after.exposure)
        self.records = before.counts.records + after.counts.records
        self.fingerprint = hashlib.sha256((before.fingerprint + after.fingerprint).encode()).hexdigest()
        if sum(self.failures) < 2:
            raise NotEnoughFailures(
                f"the lives hold {sum(self.failures)} failures together; a Weibull comparison needs at least 2"
            )
        scale = max(float(before.time.max()), float(after.time.max()))
        self._groups = (_Group(before, scale), _Group(after, scale))
        log_shape, self._highest = _peak(lambda b: sum(group.height(b) for group in self._groups))
        self.shape = math.exp(log_shape)
        self.effective_exposure = tuple(group.power_sum(self.shape) for group in self._groups)
        self.shape_p_value = None
        if min(self.failures) >= 2:
            apart = sum(_peak(group.height)[1] for group in self._groups)
            self.shape_p_value = float(chdtrc(1, max(2.0 * (apart - self._highest), 0.0)))

    def _held(self, ratio: float) -> float:
        """Highest log-likelihood with the ratio of the hazards held."""
        first, second = self._groups
        n1, n2 = self.failures

        def height(log_shape: float) -> float:
            shape = math.exp(log_shape)
            hazard = first.power_sum(shape) + ratio * second.power_sum(shape)
            scale_part = n2 * math.log(ratio) + (n1 + n2) * (math.log((n1 + n2) / hazard) - 1.0)
            return first.shape_part(log_shape) + second.shape_part(log_shape) + scale_part

        return _peak(height)[1]

    def bounds(self, confidence: float) -> tuple[float | None, float | None]:
        below, above = standard_deviates(confidence, "two")
        lower = None if self.failures[1] == 0 else self._bound(below, -1.0)
        upper = None if self.failures[0] == 0 else self._bound(above, 1.0)
        return lower, upper

    def _bound(self, deviate: float, direction: float) -> float | None:
        def short(log_ratio: float) -> float:
            return 2.0 * (self._highest - self._held(math.exp(log_ratio))) - deviate**2

        ratio = _ratio(self.failures, self.effective_exposure)
        # Where one period has no failure the likelihood is highest at a ratio of 0, or of infinity.
        start = math.log(ratio) if ratio else -30.0 * direction
        for step in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
            if short(start + direction * step) > 0.0:
                return math.exp(float(brentq(short, start, start + direction * step, xtol=1e-9)))
        return None


class _Group:
    """The Weibull log-likelihood of one period's lives, with the scale at its best for each shape.

    Ages are divided by the longest of both periods, so that no power of them overflows.
    """

    def __init__(self, data: LifeData, longest: float) -> None:
        failed = data.event == EXACT
        self._time, self._entry, self._count = data.time / longest, data.entry / longest, data.count
        self._failures = float(data.count[failed].sum())
        self._logs = float(np.dot(data.count[failed], np.log(self._time[failed])))

    def power_sum(self, shape: float) -> float:
        """Cumulative hazard of all records at scale 1."""
        return float(np.dot(self._count, self._time**shape - self._entry**shape))

    def shape_part(self, log_shape: float) -> float:
        return self._failures * log_shape + (math.exp(log_shape) - 1.0) * self._logs

    def height(self, log_shape: float) -> float:
        if not self._failures:
            return 0.0
        rate = self._failures / self.power_sum(math.exp(log_shape))
        return self.shape_part(log_shape) + self._failures * (math.log(rate) - 1.0)


def _peak(height: Callable[[float], float]) -> tuple[float, float]:
    """Where a function of the log shape is highest, and how high."""
    low, high = (math.log(shape) for shape in SHAPES)
    found = minimize_scalar(
        lambda b: -height(b), bounds=(low, high), method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x), -float(found.fun)


def _ratio(failures: tuple[int, int], exposure: tuple[float, ...]) -> float | None:
    """Rate after over rate before; None where nothing failed before."""
    return None if failures[0] == 0 else (failures[1] / exposure[1]) / (failures[0] / exposure[0])


def _verdict(
    found: _Rates | _Lives, criterion: float, confidence: float, hoped: float, power: float, unit: str
) -> BeforeAfter:
    lower, upper = found.bounds(confidence)
    answer: Answer = "too early"
    if upper is not None and upper <= criterion:
        answer = "effective"
    elif lower is not None and lower > criterion:
        answer = "not effective"
    waits = _waits(found, criterion, confidence, hoped, power) if answer == "too early" else (0.0, 0.0)
    return BeforeAfter(
        method=found.method,
        unit=unit,
        confidence=confidence,
        counts=Counts(records=found.records, failures=sum(found.failures)),
        exposure=sum(found.exposure),
        fingerprint=found.fingerprint,
        warnings=(*_warnings(found), *_hopeless(found, waits[0], hoped, power)),
        answer=answer,
        criterion=criterion,
        ratio=_ratio(found.failures, found.effective_exposure),
        lower=lower,
        upper=upper,
        failures_before=found.failures[0],
        failures_after=found.failures[1],
        exposure_before=found.exposure[0],
        exposure_after=found.exposure[1],
        exposure_needed=waits[0],
        exposure_needed_without_failure=waits[1],
        expected_ratio=hoped,
        power=power,
        shape=found.shape,
        shape_p_value=found.shape_p_value,
    )


def _waits(
    found: _Rates | _Lives, criterion: float, confidence: float, hoped: float, power: float
) -> tuple[float | None, float | None]:
    """Further exposure for "effective": with the given power at the hoped ratio, and if nothing fails any more."""
    n1, n2 = found.failures
    if n1 == 0:
        return None, None
    e1, e2 = found.effective_exposure
    longer = found.exposure[1] / e2
    without_failure = None
    for total in range(n2, n2 + MOST_FAILURES):
        # The exposure after at which so many failures still give a bound on the criterion.
        wait = max(_odds(total + 1, n1, (1.0 + confidence) / 2.0) * e1 / criterion - e2, 0.0)
        if total == n2:
            without_failure = wait * longer
        if pdtr(total - n2, n1 / e1 * hoped * wait) >= power:
            return wait * longer, without_failure
    return None, without_failure


def _warnings(found: _Rates | _Lives) -> list[str]:
    notes = []
    if found.failures[0] == 0:
        notes.append("nothing failed before, so nothing can be shown to have become better")
    if found.shape_p_value is not None and found.shape_p_value < 0.05:
        notes.append(
            f"the shapes before and after differ (p = {found.shape_p_value:.2g}): one ratio does not describe the "
            "change; compare both fits"
        )
    if isinstance(found, _Lives) and sum(found.failures) < 10:
        notes.append(
            "few failures: likelihood-ratio bounds hold less often than their nominal confidence says"
        )
    return notes


def _hopeless(found: _Rates | _Lives, needed: float | None, hoped: float, power: float) -> tuple[str, ...]:
    """What to say where no further exposure would bring the answer; nothing before is a warning of its own."""
    if needed is not None or found.failures[0] == 0:
        return ()
    return (
        f"no further exposure shows success with probability {power:g} if the true ratio is {hoped:g}: the failures before "
        "are too few, or the failures after too many",
    )


def _counted(name: str, period: object) -> tuple[int, float]:
    try:
        failures, exposure = (float(value) for value in period)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise InvalidData(f"{name} must be (failures, exposure) or LifeData, not {period!r}") from error
    if not (math.isfinite(failures) and failures >= 0 and failures == int(failures)):
        raise InvalidData(f"failures {name} must be a whole number of at least 0, not {failures!r}")
    if not (math.isfinite(exposure) and exposure > 0):
        raise InvalidData(f"exposure {name} must be a positive number, not {exposure!r}")
    return int(failures), exposure
