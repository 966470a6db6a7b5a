"""Does a power law describe these events at all, and do several systems share its shape?"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import chdtrc, fdtrc

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.eventhistories import EventHistories
from analytics.groupedevents import GroupedEvents
from analytics.results import FloatArray
from analytics.uptime import Termination

# The distribution of the Cramer-von Mises statistic with an estimated shape has no closed form for few events. It is
# simulated once a number of events and process; from here up it changes by less than the error of the simulation.
MOST_EVENTS = 200
REPEATS = 50_000
SEED = 189


@dataclass(frozen=True)
class FitCheck:
    """A test of a hypothesis about events.

    Attributes
    ----------
    test : str
        Name of the test.
    statistic : float
        Its value; `degrees` says of what distribution.
    degrees : tuple of int
        Degrees of freedom, or the number of events for Cramer-von Mises.
    p_value : float
        Probability of a value at least as far off when the hypothesis is true.
    """

    test: str
    statistic: float
    degrees: tuple[int, ...]
    p_value: float


def cramer_von_mises(uniform: FloatArray) -> float:
    """Distance of supposedly uniform numbers in (0, 1) from what they should be: 1/12M + sum (u - (2i-1)/2M)^2."""
    m = uniform.shape[-1]
    middles = (2.0 * np.arange(1, m + 1) - 1.0) / (2.0 * m)
    return float(1.0 / (12.0 * m) + np.sum((np.sort(uniform) - middles) ** 2))


def cramer_von_mises_critical(events: int, significance: float) -> float:
    """Value that Crow's statistic exceeds with this probability if the events follow a power law.

    Simulated with a fixed seed, as the table of MIL-HDBK-189 was.

    Examples
    --------
    >>> round(cramer_von_mises_critical(20, 0.10), 2)
    0.17
    """
    if not 0.0 < significance < 1.0:
        raise InvalidData(f"a significance must lie between 0 and 1, not {significance!r}")
    return float(np.quantile(_simulated(_known(events)), 1.0 - significance))


def cramer_von_mises_p(statistic: float, events: int) -> float:
    """Probability of a statistic at least this large if the events follow a power law."""
    drawn = _simulated(_known(events))
    # The observed sample counts as one of the draws: no p-value of 0 comes out of a simulation.
    return float((drawn.size - np.searchsorted(drawn, statistic, side="left") + 1) / (drawn.size + 1))


def _known(events: int) -> int:
    if events < 2:
        raise NotEnoughFailures("a test of fit needs at least 2 events within their windows")
    return min(events, MOST_EVENTS)


@lru_cache(maxsize=32)
def _simulated(events: int) -> FloatArray:
    # With the unbiased shape (M - 1) / S the transformed times are exp(-E (M - 1) / sum E) for exponential E, whatever the
    # true shape is.
    rng = np.random.default_rng(SEED)
    middles = (2.0 * np.arange(1, events + 1) - 1.0) / (2.0 * events)
    found = np.empty(REPEATS)
    for start in range(0, REPEATS, 5000):
        drawn = rng.standard_exponential((5000, events))
        drawn.sort(axis=1)
        shares = drawn[:, ::-1] * ((events - 1) / drawn.sum(axis=1, keepdims=True))
        found[start : start + 5000] = np.sum((np.exp(-shares) - middles) ** 2, axis=1)
    found.sort()
    found += 1.0 / (12.0 * events)
    found.flags.writeable = False
    return found


def grouped_chi_square(grouped: GroupedEvents, beta: float, log_eta: float) -> tuple[float, int]:
    """Chi-square distance of counts from a power law, and its degrees of freedom (0 where nothing is left to test).

    Neighbouring intervals are put together until each expects at least five events (MIL-HDBK-189).
    """
    eta = math.exp(log_eta)
    expected = (grouped.end / eta) ** beta - (grouped.start / eta) ** beta
    cells: list[list[float]] = []
    for seen, mean in zip(grouped.events.tolist(), expected.tolist(), strict=True):
        if cells and cells[-1][1] < 5.0:
            cells[-1][0] += seen
            cells[-1][1] += mean
        else:
            cells.append([seen, mean])
    if len(cells) > 1 and cells[-1][1] < 5.0:
        seen, mean = cells.pop()
        cells[-1][0] += seen
        cells[-1][1] += mean
    statistic = sum((seen - mean) ** 2 / mean for seen, mean in cells)
    return statistic, max(len(cells) - 2, 0)


@checked
def equal_shapes(histories: EventHistories, *, terminated: Termination = "time") -> FitCheck:
    r"""Test whether several systems share the beta of their power laws.

    Parameters
    ----------
    histories : EventHistories
        Systems watched from age 0 without gaps. One without events says nothing of its shape and is left out.
    terminated : {"time", "failure"}
        Whether each system's last event ended its window.

    Returns
    -------
    FitCheck
        For two systems the two-sided F test of the ratio of their conditional estimates, the greater over the smaller; for
        more, Bartlett's corrected likelihood ratio D.

    Raises
    ------
    NotEnoughFailures
        If fewer than two systems have events to compare.

    Notes
    -----
    With :math:`\tilde\beta_q = M_q / S_q` (see `fit_power_law`), the ratio of the first of two to the second is F with
    2 M_2 and 2 M_1 degrees of freedom; for K systems with :math:`M = \sum M_q` and :math:`\beta^* = M / \sum S_q`,

    .. math:: D = \frac{2 \bigl(\sum M_q \log\tilde\beta_q - M \log\beta^*\bigr)}{1 + [\sum 1/M_q - 1/M] / 6(K-1)}
              \sim \chi^2_{K-1}.

    Crow (1975) prints D = 1.84 for his three systems; his data give 1.762.

    References
    ----------
    Crow, L. H. (1975). *Reliability Analysis for Complex Repairable Systems*. AMSAA Technical Report 138, section 3.4.

    Examples
    --------
    >>> histories = EventHistories(["a", "a", "a", "b", "b"], [3, 40, 90, 60, 95], end={"a": 100, "b": 100})
    >>> found = equal_shapes(histories)
    >>> found.test, round(found.statistic, 2), found.degrees
    ('F', 5.37, (6, 4))
    """
    each = [conditional_sums(histories.only(name), terminated) for name in histories.systems]
    if any(one is None for one in each):
        raise InvalidData("systems must be watched from age 0 without gaps to compare their shapes")
    usable = [one for one in each if one is not None and one[0] > 0 and one[1] > 0]
    if len(usable) < 2:
        raise NotEnoughFailures("fewer than two systems have events within their windows; nothing to compare")
    m = np.array([one[0] for one in usable], dtype=float)
    shapes = m / np.array([one[1] for one in usable])
    if m.size == 2:
        low, high = np.argsort(shapes)
        ratio = float(shapes[high] / shapes[low])
        # S is chi-square over 2 beta, so the ratio of the estimates has the degrees of freedom crosswise.
        degrees = (2 * int(m[low]), 2 * int(m[high]))
        beyond = float(fdtrc(*degrees, ratio))
        return FitCheck("F", ratio, degrees, min(1.0, 2.0 * min(beyond, 1.0 - beyond)))
    total = float(m.sum())
    common = total / float(np.sum(m / shapes))
    ratio = float(m @ np.log(shapes)) - total * math.log(common)
    correction = 1.0 + (float(np.sum(1.0 / m)) - 1.0 / total) / (6.0 * (m.size - 1))
    statistic = 2.0 * ratio / correction
    return FitCheck("Bartlett", statistic, (m.size - 1,), float(chdtrc(m.size - 1, statistic)))


def conditional_sums(
    histories: EventHistories | GroupedEvents, terminated: Termination
) -> tuple[int, float] | None:
    """Crow's M and S, which exist for exact times of systems watched from age 0 without gaps; None elsewhere."""
    if isinstance(histories, GroupedEvents):
        if terminated == "failure":
            raise InvalidData("counts in intervals do not end at a failure")
        return None
    events, systems = histories.time.size, len(histories.systems)
    one_window = histories.window_system.size == systems
    if terminated == "failure":
        last = np.full(systems, -np.inf)
        np.maximum.at(last, histories.event_system, histories.time)
        late = np.flatnonzero(last[histories.window_system] < histories.window_end)
        if not one_window or late.size:
            name = histories.systems[histories.window_system[late[0]]] if late.size else "one of them"
            raise InvalidData(
                f"system {name!r} was watched beyond its last event, so no failure ended its test; "
                'give that event as the end of its window, or terminated="time"'
            )
    if not one_window or np.any(histories.window_start != 0):
        return None
    ends = histories.window_end[np.argsort(histories.window_system)]
    ratio = float(np.sum(np.log(ends[histories.event_system] / histories.time)))
    return events - (systems if terminated == "failure" else 0), ratio
