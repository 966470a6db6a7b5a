"""Which model do the events of repairable systems allow: a constant rate, renewals, a trend, or none of them?"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from analytics.arguments import checked
from analytics.errors import InvalidData, NoFiniteMaximum, NotEnoughFailures
from analytics.eventhistories import EventHistories
from analytics.intensity import IntensityLikelihood, Stretches
from analytics.loglinear import fit_loglinear
from analytics.powerlaw import fit_power_law
from analytics.powerlaw_checks import conditional_sums
from analytics.results import FloatArray, Result, tail_probabilities
from analytics.trend_statistics import (
    TrendTest,
    anderson_darling,
    laplace,
    lewis_robinson,
    military_handbook,
    normal_test,
    places_on_total_time,
    places_within_systems,
)
from analytics.uptime import Termination

Model = Literal["hpp", "renewal", "nhpp", "none"]
# Fewer gaps than this say nothing about a distribution or a dependence.
FEWEST_GAPS = 5
FEWEST_PAIRS = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class TrendTests(Result):
    """Tests of trend and of renewal, and what they allow; made by `trend_tests`.

    Attributes
    ----------
    laplace, military_handbook, anderson_darling, lewis_robinson : TrendTest or None
        Each system against its own constant rate, put together over systems. None where a test does not exist for these data.
    total_time_laplace, total_time_military_handbook, total_time_anderson_darling : TrendTest or None
        All systems against one common constant rate, on the axis of total time on test.
    permutation : TrendTest or None
        The events' mean place against all orders in which each system's times between events could have come. It holds for
        renewals however short the windows are, so it decides whether there is a trend.
    gap_shape : TrendTest or None
        Likelihood ratio of Weibull against exponential times between events; `weibull_shape` is the shape itself.
    weibull_shape : float or None
    serial_correlation : TrendTest or None
        Rank correlation of each time between events with the next one.
    rescaled_shape : TrendTest or None
        `gap_shape` of the times between events after the fitted trend is taken out: does a Poisson process with trend fit?
    dispersion : TrendTest or None
        Whether the numbers of events of the systems differ more than by chance.
    significance : float
        Probability below which a test counts as a rejection.
    model : {"hpp", "renewal", "nhpp", "none"}
        The simplest model that the tests allow.
    allowed : tuple of str
        Every model that they allow.
    reason : str
        Why, in words.
    """

    laplace: TrendTest
    military_handbook: TrendTest | None
    anderson_darling: TrendTest | None
    lewis_robinson: TrendTest | None
    total_time_laplace: TrendTest
    total_time_military_handbook: TrendTest | None
    total_time_anderson_darling: TrendTest | None
    permutation: TrendTest | None
    gap_shape: TrendTest | None
    weibull_shape: float | None
    serial_correlation: TrendTest | None
    rescaled_shape: TrendTest | None
    dispersion: TrendTest | None
    significance: float
    model: Model
    allowed: tuple[str, ...]
    reason: str


@checked
def trend_tests(
    histories: EventHistories,
    *,
    terminated: Termination = "time",
    significance: float = 0.05,
    confidence: float = 0.90,
) -> TrendTests:
    r"""Test the events of repairable systems for trend, and say which model the data allow and why.

    To be run before anything is fitted to times between failures: only where "renewal" or "hpp" is allowed are they a sample
    of one distribution. A test that does not reject proves nothing when there are few events.

    Parameters
    ----------
    histories : EventHistories
        Events and windows of one or several systems.
    terminated : {"time", "failure"}
        Whether observation ended at a set time, or each system's at its last event.
    significance : float
        Probability of rejecting a true hypothesis, for each test.
    confidence : float
        Carried by the result; the tests do not use it.

    Returns
    -------
    TrendTests

    Raises
    ------
    NotEnoughFailures
        With fewer than two events within the windows.
    InvalidData
        If a setting is unknown.

    Notes
    -----
    With an event at place u of a system's time under observation L, of m events:

    * Laplace: :math:`\sum (u - L/2) / \sqrt{\sum m L^2/12}`, normal; best against a log-linear rate.
    * MIL-HDBK-189: :math:`2 \sum \log(L/u)`, chi-square with 2m degrees of freedom; best against a power law.
    * Anderson-Darling on u/L: sees rates that rise and fall again (bathtub), too.
    * Lewis-Robinson: Laplace over the coefficient of variation of the times between events. The others reject renewals that are
      not exponential, too; this one does not if windows are long.
    * Permutation: :math:`\sum t` against its mean and variance over all orders of a system's n complete times between events
      x, :math:`n(n+1)\bar x/2` and :math:`n(n+1)\sum(x-\bar x)^2/12`; it decides whether there is a trend.

    Two questions make four answers: Is there a trend? Are the times between events, with the fitted trend taken out,
    exponential? Where the windows are too short to tell a trend from renewals, the likelihood chooses.

    ============== ==================== ===============================
    .              exponential          not exponential
    ============== ==================== ===============================
    no trend       hpp                  renewal (if gaps do not depend)
    trend          nhpp                 none: a trend, but no Poisson process
    ============== ==================== ===============================

    References
    ----------
    Ascher, H. and Feingold, H. (1984). *Repairable Systems Reliability*. Dekker, ch. 5.
    Lewis, P. A. W. and Robinson, D. W. (1974). Testing for a monotone trend in a modulated renewal process. In *Reliability and
    Biometry*, SIAM, 163-182.
    Kvaloy, J. T. and Lindqvist, B. H. (1998). TTT-based tests for trend in repairable systems data. *RESS* 60, 13-28.
    Lindqvist, B. H., Elvebakk, G. and Heggland, K. (2003). The trend-renewal process for statistical analysis of repairable
    systems. *Technometrics* 45, 31-44.

    Examples
    --------
    >>> times = [340, 350, 495, 560, 573, 608, 690, 742, 749, 760, 815, 861, 880, 902, 913, 961, 964, 985]
    >>> wearing = EventHistories(["a"] * 18, times, end={"a": 1000})
    >>> found = trend_tests(wearing)
    >>> found.laplace.direction, found.model
    ('rising', 'nhpp')
    """
    if not 0.0 < significance < 1.0:
        raise InvalidData(f"a significance must lie between 0 and 1, not {significance!r}")
    tail_probabilities(confidence)
    if terminated == "failure":
        conditional_sums(histories, terminated)
    within = places_within_systems(histories, terminated)
    total = places_on_total_time(histories, terminated)
    if within.at.size < 2:
        raise NotEnoughFailures(
            f"a trend needs at least two events within their windows, the data hold {within.at.size}"
        )
    gaps = gaps_between(histories, histories.time)
    complete = gaps.length[gaps.is_complete]
    shape, gap_shape, renewal_loglik = gaps.shape_test()
    rescaled, trend_loglik = _rescaled_shape(histories)
    tests = {
        "laplace": laplace(within),
        "military_handbook": military_handbook(within),
        "anderson_darling": anderson_darling(within),
        "lewis_robinson": lewis_robinson(within, complete),
        "total_time_laplace": laplace(total),
        "total_time_military_handbook": military_handbook(total),
        "total_time_anderson_darling": anderson_darling(total),
        "permutation": gaps.permutation_test(),
        "gap_shape": gap_shape,
        "serial_correlation": gaps.serial_correlation(),
        "rescaled_shape": rescaled,
        "dispersion": _dispersion(histories),
    }
    model, allowed, reason = _verdict(tests, significance, shape, renewal_loglik > trend_loglik)
    return TrendTests(
        method="trend tests",
        unit=histories.unit,
        confidence=confidence,
        counts=histories.counts,
        exposure=histories.exposure,
        fingerprint=histories.fingerprint,
        warnings=_warnings(histories, complete.size, _rejected(tests, significance)),
        weibull_shape=shape,
        significance=significance,
        model=model,
        allowed=allowed,
        reason=reason,
        **tests,  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Gaps:
    """Times between events, in order within each system; the last of each window is still open."""

    length: FloatArray
    is_complete: np.ndarray

    def shape_test(self) -> tuple[float | None, TrendTest | None, float]:
        """Weibull shape of the times between events, the likelihood-ratio test that it is 1, and its log-likelihood."""
        complete = self.length[self.is_complete]
        positive = complete[complete > 0]
        if positive.size < FEWEST_GAPS:
            return None, None, -math.inf
        scale = float(self.length.max())
        # A gap of 0 has no likelihood; it is known to be shorter than the shortest that was told apart.
        zeros = np.array([float(complete.size - positive.size)])
        least = np.array([math.log(float(positive.min()) / scale)])
        ends = np.log(self.length[self.length > 0] / scale)
        windows = Stretches(np.full(ends.size, -np.inf), ends)
        cells = Stretches(np.full(1, -np.inf), least)
        likelihood = IntensityLikelihood(np.log(positive / scale), cells, zeros, windows)
        try:
            shape = likelihood.best_slope(positive=True)
        except NoFiniteMaximum:
            return None, None, -math.inf
        loglik = likelihood.profile(shape)[0]
        ratio = max(0.0, 2.0 * (loglik - likelihood.profile(1.0)[0]))
        test = TrendTest("exponential gaps", ratio, 1, float(chdtrc(1, ratio)), "none")
        # Of the gaps of 0 the likelihood is a probability; over its width it becomes a density as the others'.
        return shape, test, loglik - float(np.log(positive).sum()) - zeros[0] * math.log(positive.min())

    def permutation_test(self) -> TrendTest | None:
        """Laplace's score against the orders in which each window's complete gaps could have come."""
        window = np.concatenate([[0], np.cumsum(~self.is_complete)[:-1]])[self.is_complete]
        gaps = self.length[self.is_complete]
        if gaps.size < FEWEST_GAPS:
            return None
        n = np.bincount(window)[window]
        mean = (np.bincount(window, weights=gaps) / np.maximum(np.bincount(window), 1))[window]
        first = np.searchsorted(window, window)
        # Events before and at each gap's end: the first of n gaps is in all n ages, the last in one.
        ages_holding_it = n - (np.arange(gaps.size) - first)
        score = float(np.sum((ages_holding_it - (n + 1) / 2.0) * gaps))
        variance = float(np.sum(n * (n + 1) / 12.0 * (gaps - mean) ** 2))
        return normal_test("permutation", score / math.sqrt(variance)) if variance > 0 else None

    def serial_correlation(self) -> TrendTest | None:
        """Rank correlation of neighbours."""
        window = np.concatenate([[0], np.cumsum(~self.is_complete)[:-1]])[self.is_complete]
        ranks = _ranks(self.length[self.is_complete])
        n = np.maximum(np.bincount(window), 1)
        apart = ranks - (np.bincount(window, weights=ranks) / n)[window]
        neighbours = window[1:] == window[:-1]
        if np.count_nonzero(neighbours) < FEWEST_PAIRS:
            return None
        spread = np.bincount(window, weights=apart**2)
        # Over all orders of a window's gaps the products have the mean -spread / n, far from 0 where windows are short.
        score = float(np.sum(apart[1:][neighbours] * apart[:-1][neighbours]) + np.sum(spread / n))
        variance = float(np.sum(np.maximum(n - 2, 0) * (spread / n) ** 2))
        if not variance > 0:
            return None
        found = normal_test("serial correlation", score / math.sqrt(variance))
        return replace(found, statistic=score / float(spread.sum()), direction="none")


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks, ties sharing theirs; scipy.stats has them too, at the price of importing it."""
    ordered = np.sort(values)
    below, up_to = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    ranks: FloatArray = (below + up_to) / 2.0
    return ranks


def gaps_between(histories: EventHistories, axis: FloatArray, ends: FloatArray | None = None) -> Gaps:
    """Times between events along an axis; without the first of a window that begins late, as nobody saw its beginning."""
    last = histories.window_end if ends is None else ends
    owner = np.concatenate([histories.window_system, histories.event_system, histories.window_system])
    rank = np.concatenate([np.zeros(last.size), np.ones(histories.time.size), np.full(last.size, 2.0)])
    age = np.concatenate([histories.window_start, histories.time, histories.window_end])
    along = np.concatenate([np.where(histories.window_start == 0, 0.0, np.nan), axis, last])
    # Within a system: by age, and at one age a window opens before its events and closes after them.
    order = np.lexsort((rank, age, owner))
    rank, along = rank[order], along[order]
    length = np.diff(along)
    # From the opening of a window to its first event, between events, and from the last one to the end.
    real = (rank[1:] > 0) & np.isfinite(length)
    return Gaps(length[real], (rank[1:] == 1.0)[real])


def _rescaled_shape(histories: EventHistories) -> tuple[TrendTest | None, float]:
    """The test of exponential gaps on the axis of the expected events of the better of two trends, and its log-likelihood."""
    # A power law has no likelihood for an event at age 0, and neither model a maximum where all stand at one end.
    fits = []
    for fit in (fit_power_law, fit_loglinear):
        try:
            fits.append(fit(histories))
        except (InvalidData, NoFiniteMaximum, NotEnoughFailures):
            continue
    if not fits:
        return None, -math.inf
    best = max(fits, key=lambda one: one.loglik)
    gaps = gaps_between(
        histories, best.expected_events(histories.time), best.expected_events(histories.window_end)
    )
    found = gaps.shape_test()[1]
    return found and replace(found, name="exponential gaps, trend taken out"), best.loglik


def _dispersion(histories: EventHistories) -> TrendTest | None:
    """Chi-square test that systems share one mean rate, given their exposures."""
    systems = len(histories.systems)
    seen = np.bincount(histories.event_system, minlength=systems)
    span = histories.window_end - histories.window_start
    exposure = np.bincount(histories.window_system, weights=span, minlength=systems)
    watched = exposure > 0
    expected = histories.time.size * exposure[watched] / exposure.sum()
    if watched.sum() < 2 or expected.mean() < 1.0:
        return None
    statistic = float(np.sum((seen[watched] - expected) ** 2 / expected))
    degrees = int(watched.sum()) - 1
    return TrendTest("dispersion", statistic, degrees, float(chdtrc(degrees, statistic)), "none")


def _rejected(tests: dict[str, TrendTest | None], significance: float) -> set[str]:
    return {name for name, test in tests.items() if test is not None and test.p_value < significance}


def _verdict(
    tests: dict[str, TrendTest | None], significance: float, shape: float | None, renewals_likelier: bool
) -> tuple[Model, tuple[str, ...], str]:
    rejected = _rejected(tests, significance)
    decisive = next(name for name in ("permutation", "lewis_robinson", "laplace") if tests[name])
    if tests["gap_shape"] is None:
        return _few(tests, rejected)
    has_trend, depends = decisive in rejected, "serial_correlation" in rejected
    allowed: list[str] = []
    if not has_trend and not depends:
        against = ("laplace", "military_handbook", "anderson_darling", "gap_shape")
        # Four tests, of which three go much together: each at half the level reject together at about the level.
        constant = all(test is None or test.p_value >= significance / 2.0 for test in map(tests.get, against))
        allowed += ["hpp", "renewal"] if constant else ["renewal"]
    if tests["rescaled_shape"] and "rescaled_shape" not in rejected:
        allowed.append("nhpp")
    told, frequency = _told(tests[decisive]), _frequency(tests)
    if "hpp" in allowed:
        return "hpp", tuple(allowed), f"no trend ({told}), and times between events may be exponential"
    if "renewal" in allowed and (renewals_likelier or "nhpp" not in allowed):
        why = f"no trend beside renewals ({told}); times between events have Weibull shape {shape:.2g}"
        return "renewal", tuple(allowed), why
    if "nhpp" in allowed:
        why = f"events become {frequency} ({_strongest(tests)}), and beside this trend they fall at random"
        return "nhpp", tuple(allowed), why
    if has_trend:
        why = f"events become {frequency} ({told}), but beside this trend they do not fall at random"
    else:
        why = f"no trend ({told}), but each time between events depends on the one before"
    return "none", (), f"{why}: neither renewals nor a Poisson process"


def _few(tests: dict[str, TrendTest | None], rejected: set[str]) -> tuple[Model, tuple[str, ...], str]:
    if "laplace" in rejected or "military_handbook" in rejected:
        why = f"events become {_frequency(tests)} ({_strongest(tests)}); too few of them to say more"
        return "nhpp", ("nhpp",), why
    why = "too few events to tell the models apart; no test speaks against a constant rate"
    return "hpp", ("hpp", "renewal", "nhpp"), why


def _strongest(tests: dict[str, TrendTest | None]) -> str:
    names = ("laplace", "military_handbook", "permutation", "anderson_darling")
    found = [test for name in names if (test := tests[name]) is not None]
    return _told(min(found, key=lambda test: test.p_value))


def _told(test: TrendTest | None) -> str:
    return "" if test is None else f"{test.name} p = {test.p_value:.2g}"


def _frequency(tests: dict[str, TrendTest | None]) -> str:
    test = tests["laplace"]
    return "more frequent" if test is not None and test.direction == "rising" else "rarer"


def _warnings(histories: EventHistories, gaps: int, rejected: set[str]) -> tuple[str, ...]:
    found = []
    if gaps < 20:
        found.append(f"only {gaps} complete times between events: a model that is not rejected is not proven")
    if "dispersion" in rejected:
        found.append(
            "systems differ in their rates by more than chance: fit them apart, or group them by what they differ in"
        )
    open_ended = histories.window_system.size
    if gaps and open_ended > gaps and len(histories.systems) > 1:
        found.append(
            "most times between events are still open: the long ones are missing among the complete ones, so "
            "Lewis-Robinson takes them for more regular than they are"
        )
    return tuple(found)
