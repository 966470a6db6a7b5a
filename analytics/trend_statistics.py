"""Statistics that tell whether the events of repairable systems become more or less frequent."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtr, chdtrc, ndtr

from analytics.eventhistories import EventHistories
from analytics.results import FloatArray
from analytics.uptime import Termination

Direction = Literal["rising", "falling", "none"]


@dataclass(frozen=True)
class TrendTest:
    """One test of a hypothesis on recurrent events.

    Attributes
    ----------
    name : str
        Name of the test.
    statistic : float
        Its value.
    degrees : int or None
        Degrees of freedom of a chi-square statistic.
    p_value : float
        Two-sided: probability of a value at least as far off when the hypothesis is true.
    direction : {"rising", "falling", "none"}
        Whether the rate of events seems to rise or fall; "none" for a test that does not tell.
    """

    name: str
    statistic: float
    degrees: int | None
    p_value: float
    direction: Direction


@dataclass(frozen=True)
class Places:
    """Where events fell in the time that was watched: `at` within 0 to `length`, event by event."""

    at: FloatArray
    length: FloatArray


def places_within_systems(histories: EventHistories, terminated: Termination) -> Places:
    """Each event at its system's own time under observation; a last event that ended it is left out."""
    owner, time = histories.event_system, histories.time
    at, length = np.zeros(time.size), np.zeros(time.size)
    windows = np.searchsorted(histories.window_system, np.arange(len(histories.systems) + 1))
    order = np.argsort(owner, kind="stable")
    events = np.searchsorted(owner[order], np.arange(len(histories.systems) + 1))
    for system in np.unique(owner).tolist():
        own = order[events[system] : events[system + 1]]
        start = histories.window_start[windows[system] : windows[system + 1]]
        spans = histories.window_end[windows[system] : windows[system + 1]] - start
        which = np.searchsorted(start, time[own], side="right") - 1
        at[own] = (np.cumsum(spans) - spans)[which] + time[own] - start[which]
        length[own] = spans.sum()
    # An event in a window of no length has no place in it.
    keep = length > 0
    if terminated == "failure":
        # Events are sorted by time, so the last of each system is the last one found.
        keep[time.size - 1 - np.unique(owner[::-1], return_index=True)[1]] = False
    return Places(at[keep], length[keep])


def places_on_total_time(histories: EventHistories, terminated: Termination) -> Places:
    """Each event at the total time on test that all systems together had by its age."""
    edges = np.unique(np.concatenate([histories.window_start, histories.window_end]))
    begun = np.searchsorted(np.sort(histories.window_start), edges[:-1], side="right")
    ended = np.searchsorted(np.sort(histories.window_end), edges[:-1], side="right")
    at_risk = (begun - ended).astype(float)
    total = np.concatenate([[0.0], np.cumsum(at_risk * np.diff(edges))])
    at: FloatArray = np.interp(histories.time, edges, total)
    if terminated == "failure":
        at = at[at < total[-1]]
    return Places(at, np.full(at.size, total[-1]))


def laplace(places: Places) -> TrendTest:
    """Laplace's test of a constant rate: the mean place of the events, in standard errors from the middle."""
    score = float(np.sum(places.at - places.length / 2.0)) / math.sqrt(float(np.sum(places.length**2)) / 12.0)
    return normal_test("Laplace", score)


def military_handbook(places: Places) -> TrendTest | None:
    """The test of MIL-HDBK-189, 2 sum log(length / place): best against a power law. None if an event begins a window."""
    if np.any(places.at <= 0):
        return None
    statistic = 2.0 * float(np.sum(np.log(places.length / places.at)))
    degrees = 2 * places.at.size
    below, above = float(chdtr(degrees, statistic)), float(chdtrc(degrees, statistic))
    direction: Direction = "rising" if statistic < degrees else "falling"
    return TrendTest("MIL-HDBK-189", statistic, degrees, min(1.0, 2.0 * min(below, above)), direction)


def anderson_darling(places: Places) -> TrendTest | None:
    """Anderson and Darling's test that places are uniform: sees trends that turn, too. None if an event stands on an edge."""
    u = np.sort(places.at / places.length)
    if np.any(u <= 0) or np.any(u >= 1):
        return None
    n = u.size
    weights = 2.0 * np.arange(1, n + 1) - 1.0
    statistic = -n - float(np.sum(weights * (np.log(u) + np.log1p(-u[::-1])))) / n
    return TrendTest("Anderson-Darling", statistic, None, _anderson_darling_p(statistic), "none")


def lewis_robinson(places: Places, gaps: FloatArray) -> TrendTest | None:
    """Laplace's score over the coefficient of variation of the gaps: a test of trend that holds for renewals, too."""
    if gaps.size < 2 or not gaps.std() > 0:
        return None
    return normal_test("Lewis-Robinson", laplace(places).statistic * float(gaps.mean() / gaps.std()))


def normal_test(name: str, score: float) -> TrendTest:
    """A test whose statistic is standard normal, positive where the rate rises."""
    p_value = 2.0 * float(ndtr(-abs(score)))
    return TrendTest(name, score, None, p_value, "rising" if score > 0 else "falling")


def _anderson_darling_p(statistic: float) -> float:
    """Tail of the limiting distribution (Anderson and Darling 1952); the statistic is close to it from 5 events on."""
    if statistic < 0.05:
        return 1.0
    w = np.linspace(0.0, 12.0, 2401)
    j = np.arange(12.0)
    k = (4.0 * j + 1.0) ** 2 * math.pi**2 / (8.0 * statistic)
    # binomial(-1/2, j)
    coefficient = np.cumprod(np.concatenate([[1.0], -(j[1:] - 0.5) / j[1:]]))
    inner = np.exp(statistic / (8.0 * (w**2 + 1.0)) - np.outer(k, w**2))
    integrals = np.trapezoid(inner, w, axis=1)
    terms = coefficient * (4.0 * j + 1.0) * np.exp(-k) * integrals
    below = math.sqrt(2.0 * math.pi) / statistic * float(terms.sum())
    return min(1.0, max(0.0, 1.0 - below))
