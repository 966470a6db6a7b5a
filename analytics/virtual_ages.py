"""The likelihood of a generalised renewal process: virtual ages, its maximum, and bounds from its profile."""

import math
from typing import Literal

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar

from analytics.errors import InvalidData, NoFiniteMaximum
from analytics.eventhistories import EventHistories
from analytics.intensity import IntensityLikelihood, Stretches
from analytics.results import FloatArray

Kijima = Literal["I", "II"]
PARAMETERS = ("eta", "beta", "q")
# The likelihood over the restoration factor may have several maxima; it is scanned this finely before the best is refined.
SCAN = 40
# Where else the search for the best other parameters starts: it too must not stay on a lesser maximum.
STARTS = (0.0, 0.25, 0.5, 1.0)
# How far from the estimate, as a logarithm, a bound of eta or beta is looked for: beyond, the data give none.
FARTHEST = 12.0


class Gaps:
    """Intervals between the events of each system, in order, each system's last one open."""

    def __init__(self, histories: EventHistories, kijima: Kijima) -> None:
        whole = histories.window_system.size == len(histories.systems) and not np.any(histories.window_start)
        if not whole:
            raise InvalidData("virtual ages need systems watched from new (age 0) without gaps")
        if np.any(histories.time <= 0):
            raise InvalidData("an event at age 0 has no likelihood; leave it out or give the age it had")
        pairs = np.column_stack([histories.event_system, histories.time])
        if np.unique(pairs, axis=0).shape[0] < histories.time.size:
            raise InvalidData(
                "two events of one system are at the same time: the likelihood of a renewal has no bound there; "
                "join them to one event, or give the times at which they happened"
            )
        systems = len(histories.systems)
        ends = histories.window_end[np.argsort(histories.window_system)]
        owner = np.concatenate([histories.event_system, np.arange(systems)])
        time = np.concatenate([histories.time, ends])
        is_end = np.arange(owner.size) >= histories.time.size
        order = np.lexsort((is_end, time, owner))
        owner, time, self._is_event = owner[order], time[order], ~is_end[order]
        self.scale = float(ends.max())
        first = np.concatenate([[True], owner[1:] != owner[:-1]])
        before = np.where(first, 0.0, np.concatenate([[0.0], time[:-1]]))
        self._before, self._gap = before / self.scale, (time - before) / self.scale
        starts = np.flatnonzero(first)
        self._rank = np.arange(owner.size) - np.repeat(starts, np.diff(np.append(starts, owner.size)))
        self._ranks = [np.flatnonzero(self._rank == rank) for rank in range(1, int(self._rank.max()) + 1)]
        self._kijima = kijima
        self.events = histories.time.size

    def virtual_ages(self, q: float) -> FloatArray:
        """Virtual age at the beginning of each interval, in multiples of the scale."""
        if self._kijima == "I":
            return q * self._before
        age = np.zeros(self._gap.size)
        for at in self._ranks:
            age[at] = q * (age[at - 1] + self._gap[at - 1])
        return age

    def growth_of_ages(self, q: float, age: FloatArray) -> FloatArray:
        """Derivative of the virtual ages by q."""
        if self._kijima == "I":
            return self._before
        growth = np.zeros(self._gap.size)
        for at in self._ranks:
            growth[at] = age[at - 1] + self._gap[at - 1] + q * growth[at - 1]
        return growth

    def likelihood(self, q: float) -> IntensityLikelihood:
        """The power-law process over virtual ages, on the axis of their logarithm."""
        begin = self.virtual_ages(q)
        end = begin + self._gap
        some = self._gap > 0
        with np.errstate(divide="ignore"):
            windows = Stretches(np.log(begin[some]), np.log(end[some]))
            exact = np.log(end[self._is_event])
        none = np.zeros(0)
        return IntensityLikelihood(exact, Stretches(none, none), none, windows)

    def fit(self, q: float) -> tuple[float, float]:
        """Best beta for a q, and the log-likelihood there; minus infinity where there is none."""
        likelihood = self.likelihood(q)
        try:
            beta = likelihood.best_slope(positive=True)
        except NoFiniteMaximum:
            return 1.0, -math.inf
        # On the axis of log virtual age a density carries the age as a factor.
        return beta, likelihood.profile(beta)[0] - self._density(likelihood)

    def _density(self, likelihood: IntensityLikelihood) -> float:
        return float(np.sum(likelihood.exact + math.log(self.scale)))

    def log_eta(self, q: float, beta: float) -> float:
        """Best log eta for a q and beta."""
        return float((math.log(beta) - self.likelihood(q).log_level(beta)) / beta + math.log(self.scale))

    def value(self, log_eta: float, log_beta: float, q: float) -> float:
        """Log-likelihood at any parameters."""
        return self.derivatives(log_eta, log_beta, q)[0]

    def derivatives(self, log_eta: float, log_beta: float, q: float) -> tuple[float, FloatArray]:
        """Log-likelihood at any parameters, and its slopes by log eta, log beta and q."""
        beta, begin = math.exp(log_beta), self.virtual_ages(q)
        end, growth = begin + self._gap, self.growth_of_ages(q, begin)
        log_scale_eta = log_eta - math.log(self.scale)
        events, old = self._is_event, begin > 0.0
        log_begin = np.log(begin, out=np.zeros_like(begin), where=old) - log_scale_eta
        log_end = np.log(end, out=np.zeros_like(end), where=end > 0.0) - log_scale_eta
        power_begin, power_end = np.where(old, np.exp(beta * log_begin), 0.0), np.exp(beta * log_end)
        more = power_end - power_begin
        value = events.sum() * (log_beta - log_eta) + (beta - 1.0) * log_end[events].sum() - more.sum()
        # Of v ** beta by v it is beta v ** beta / v; at age 0 the age does not move with q.
        pull = np.divide(power_end, end, out=np.zeros_like(end), where=end > 0.0)
        pull -= np.divide(power_begin, begin, out=np.zeros_like(begin), where=old)
        slopes = [
            beta * (more.sum() - events.sum()),
            events.sum() + beta * (log_end[events].sum() - (power_end @ log_end - power_begin @ log_begin)),
            (beta - 1.0) * (growth[events] / end[events]).sum() - beta * (growth @ pull),
        ]
        return float(value), np.array(slopes)

    def covariance(self, log_eta: float, log_beta: float, q: float, *, with_q: bool) -> FloatArray:
        """Inverse of the observed information, by central differences of the log-likelihood."""
        centre = np.array([log_eta, log_beta, q])
        size = 3 if with_q else 2
        step = np.full(3, 1e-4)
        step[2] = min(1e-4, q / 2.0, (1.0 - q) / 2.0) if with_q else 0.0
        steps = np.diag(step)

        def curvature(i: int, j: int) -> float:
            signs = [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)]
            total = sum(a * b * self.value(*(centre + a * steps[i] + b * steps[j])) for a, b in signs)
            return total / float(4.0 * step[i] * step[j])

        hessian = np.array([[curvature(i, j) for j in range(size)] for i in range(size)])
        try:
            np.linalg.cholesky(-hessian)
        except np.linalg.LinAlgError as error:
            raise NoFiniteMaximum(
                "the information is not positive definite: the data do not fix the parameters"
            ) from error
        inverse: FloatArray = np.linalg.inv(-hessian)
        return inverse


def highest(gaps: Gaps) -> tuple[float, float, float]:
    """The q, beta and log-likelihood of the maximum.

    Raises
    ------
    NoFiniteMaximum
        If the likelihood rises without end.
    """
    grid = np.linspace(0.0, 1.0, SCAN + 1)
    values = np.array([gaps.fit(q)[1] for q in grid])
    at = int(np.argmax(values))
    if not math.isfinite(values[at]):
        raise NoFiniteMaximum(
            "the likelihood rises without end: all events stand at one end of the observation"
        )
    low, high = grid[max(at - 1, 0)], grid[min(at + 1, SCAN)]
    refined = minimize_scalar(
        lambda q: -gaps.fit(q)[1], bounds=(low, high), method="bounded", options={"xatol": 1e-10}
    )
    q = float(refined.x)
    # The refinement never quite reaches the ends of its range.
    for edge in (0.0, 1.0):
        if low <= edge <= high and gaps.fit(edge)[1] >= -float(refined.fun):
            q = edge
    beta, loglik = gaps.fit(q)
    return q, beta, loglik


class ProfileBounds:
    """Where the highest log-likelihood with one parameter held fixed has fallen by a given drop from the maximum.

    Parameters
    ----------
    gaps : Gaps
    eta, beta, q : float
        The estimate.
    """

    def __init__(self, gaps: Gaps, eta: float, beta: float, q: float) -> None:
        self._gaps = gaps
        self._estimate = np.array([math.log(eta), math.log(beta), q])
        self._maximum = gaps.value(*self._estimate)

    def bound(self, name: str, drop: float, direction: Literal[-1, 1]) -> float:
        """The bound in one direction; 0 or infinity (for q: 0 or 1) where the profile never falls so far."""
        if name == "q":
            return self._bound_of_q(drop, direction)
        at = PARAMETERS.index(name)
        reached, visited = 0.0, [(0.0, self._estimate)]
        for _ in range(len(STARTS) + 1):
            reached = self._crossing(at, drop, direction, reached, visited)
            if math.isinf(reached):
                return 0.0 if direction < 0 else math.inf
            # The climb may have stayed on a lesser maximum: where another start leads higher, the bound lies further out.
            value = self._estimate[at] + direction * reached
            found = [self._climb(at, value, np.append(self._estimate[:2], q)) for q in STARTS]
            height, elsewhere = max(found, key=lambda pair: pair[0])
            if height <= self._maximum - drop + 1e-6:
                break
            visited = [(reached, elsewhere)]
        return math.exp(self._estimate[at] + direction * reached)

    def _crossing(
        self, at: int, drop: float, direction: int, near: float, visited: list[tuple[float, FloatArray]]
    ) -> float:
        """How far from the estimate the profile crosses the drop, each climb starting from the nearest place visited."""

        def inside(distance: float) -> float:
            start = min(visited, key=lambda place: abs(place[0] - distance))[1]
            height, place = self._climb(at, self._estimate[at] + direction * distance, start)
            visited.append((distance, place))
            return height - self._maximum + drop

        far = near + 0.1
        while inside(far) > 0.0:
            near, far = far, 2.0 * far
            if far > FARTHEST:
                return math.inf
        return float(brentq(inside, near, far, xtol=1e-9))

    def _climb(self, at: int, value: float, start: FloatArray) -> tuple[float, FloatArray]:
        """Highest log-likelihood with one parameter held at a value, and the parameters there."""
        free = [k for k in range(3) if k != at]
        theta = np.array(start)
        theta[at] = value

        def fall(moving: FloatArray) -> tuple[float, FloatArray]:
            theta[free] = moving
            with np.errstate(over="ignore", invalid="ignore"):
                height, slopes = self._gaps.derivatives(*theta)
            return (-height, -slopes[free]) if math.isfinite(height) else (1e300, np.zeros(2))

        limits = [(self._estimate[k] - FARTHEST, self._estimate[k] + FARTHEST) for k in (0, 1)] + [(0.0, 1.0)]
        found = minimize(
            fall,
            theta[free],
            jac=True,
            bounds=[limits[k] for k in free],
            method="L-BFGS-B",
            options={"ftol": 1e-13, "gtol": 1e-7},
        )
        theta[free] = found.x
        return -float(found.fun), theta

    def _bound_of_q(self, drop: float, direction: Literal[-1, 1]) -> float:
        # From the end of the range inwards: between two maxima the profile may dip, and all of it belongs inside.
        estimate, end = float(self._estimate[2]), 0.0 if direction < 0 else 1.0

        def inside(q: float) -> float:
            return self._gaps.fit(q)[1] - self._maximum + drop

        grid = np.linspace(end, estimate, SCAN + 1).tolist()
        for outer, inner in zip([end, *grid], grid, strict=False):
            if inside(inner) >= 0.0:
                return inner if inner == outer else float(brentq(inside, outer, inner, xtol=1e-9))
        return estimate
