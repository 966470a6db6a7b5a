"""The generalised renewal process: repairs that give back some, all or nothing of a system's age."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import chdtrc

from analytics.errors import InvalidData, NoFiniteMaximum, NotEnoughFailures
from analytics.eventhistories import EventHistories
from analytics.intensity import IntensityLikelihood, Stretches
from analytics.results import FloatArray, Interval, Result, Side, tail_probabilities
from analytics.weibull_intervals import standard_deviates

Kijima = Literal["I", "II"]
# The likelihood over the restoration factor may have several maxima; it is scanned this finely before the best is refined.
SCAN = 40


@dataclass(frozen=True, eq=False, kw_only=True)
class RenewalProcessFit(Result):
    """A fitted generalised renewal process with Weibull first life, S(v) = exp(-(v / eta) ** beta) of virtual age v.

    Made by `fit_renewal_process`.

    Attributes
    ----------
    kijima : {"I", "II"}
        Whether a repair takes back its share of the last interval only, or of the whole virtual age.
    eta, beta : float
        Weibull scale (in `unit`) and shape of the first life.
    q : float
        Share of the age that a repair leaves, in [0, 1]: 0 as new (renewal process), 1 as old (power-law process).
    covariance : ndarray, shape (2, 2) or (3, 3)
        Of (log eta, log beta) or (log eta, log beta, q): the last where q lies inside its range.
    loglik : float
        Log-likelihood at the estimate.
    renewal_loglik, as_old_loglik, constant_loglik : float
        Log-likelihood of the limits: q = 0, q = 1, and beta = 1 (a constant rate, whatever q is).
    """

    kijima: Kijima
    eta: float
    beta: float
    q: float
    covariance: FloatArray
    loglik: float
    renewal_loglik: float
    as_old_loglik: float
    constant_loglik: float

    @property
    def restoration_factor(self) -> float:
        """Share of the age that a repair takes away, 1 - q."""
        return 1.0 - self.q

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2 k - 2 loglik, with k = 3."""
        return 6.0 - 2.0 * self.loglik

    @property
    def renewal_p_value(self) -> float:
        """Likelihood-ratio test that repairs make as new (q = 0)."""
        return _boundary_p_value(self.loglik - self.renewal_loglik)

    @property
    def as_old_p_value(self) -> float:
        """Likelihood-ratio test that repairs leave as old (q = 1)."""
        return _boundary_p_value(self.loglik - self.as_old_loglik)

    def next_reliability(self, mission: ArrayLike, *, virtual_age: float = 0.0) -> FloatArray:
        """Probability of no event within `mission` of a system of this virtual age (0: new)."""
        end = virtual_age + np.asarray(mission, dtype=np.float64)
        more = (end / self.eta) ** self.beta - (virtual_age / self.eta) ** self.beta
        return np.asarray(np.exp(-more))

    def virtual_age(self, event_times: ArrayLike) -> float:
        """Virtual age right after the last of these event times of one system, counted from new; 0 without events."""
        gaps = np.diff(np.sort(np.asarray(event_times, dtype=np.float64)), prepend=0.0)
        age = 0.0
        for gap in gaps.tolist():
            age = age + self.q * gap if self.kijima == "I" else self.q * (age + gap)
        return age

    def interval(self, name: str, *, confidence: float | None = None, side: Side = "two") -> Interval:
        """Fisher matrix bounds on "eta" and "beta" (log scale) and "q" (natural scale, kept in [0, 1]).

        Raises
        ------
        InvalidData
            If the name is unknown, or q lies on the edge of its range, where it has no standard error.
        """
        level = self.confidence if confidence is None else confidence
        names = ("eta", "beta", "q")
        if name not in names:
            raise InvalidData(f'no interval is known for {name!r}; there are "eta", "beta" and "q"')
        at = names.index(name)
        if at >= self.covariance.shape[0]:
            raise InvalidData(
                f"q lies on the edge of its range ({self.q:g}), where it has no standard error; "
                "see renewal_p_value and as_old_p_value"
            )
        error = math.sqrt(float(self.covariance[at, at]))
        below, above = standard_deviates(level, side)
        if name == "q":
            low, high = max(0.0, self.q - below * error), min(1.0, self.q + above * error)
        else:
            centre = self.eta if name == "eta" else self.beta
            low, high = centre * math.exp(-below * error), centre * math.exp(above * error)
        return Interval(
            None if side == "upper" else low, None if side == "lower" else high, level, side, "fisher"
        )


def fit_renewal_process(
    histories: EventHistories, *, kijima: Kijima = "I", confidence: float = 0.90
) -> RenewalProcessFit:
    r"""Fit a generalised renewal process (Kijima I or II) with a Weibull first life.

    For systems whose repairs neither renew nor leave as old. The restoration factor is hard to tell with few events: look at
    `renewal_p_value` and `as_old_p_value` before using it, and prefer a limit that the data allow.

    Parameters
    ----------
    histories : EventHistories
        Systems watched from new (age 0) without gaps; the virtual age of any other is unknown.
    kijima : {"I", "II"}
        "I": a repair takes back its share of what was added since the last one, so the virtual age is q t. "II": of all the
        virtual age that has piled up.
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.

    Returns
    -------
    RenewalProcessFit

    Raises
    ------
    NotEnoughFailures
        With fewer than three events: three parameters are estimated.
    InvalidData
        If a system was not watched from age 0 without gaps, an event is at age 0, or two of one system are at the same time.
    NoFiniteMaximum
        If every event stands at the end of observation.

    Notes
    -----
    After event i at t_i the virtual age is :math:`V_i = V_{i-1} + q x_i` (I) or :math:`V_i = q (V_{i-1} + x_i)` (II) with
    :math:`x_i = t_i - t_{i-1}`; the next interval has survival :math:`S(V_i + x) / S(V_i)`. Given q this is the likelihood of a
    power-law process watched over virtual ages :math:`(V_{i-1}, V_{i-1} + x_i]`, so beta and eta come from the same concave
    maximisation as there, and q from a scan with refinement. A q of more than 1 (worse than old) is not offered; where the
    data ask for it, the fit says so.

    References
    ----------
    Kijima, M. (1989). Some results for repairable systems with general repair. *J. Appl. Prob.* 26, 89-102.
    Yanez, M., Joglar, F. and Modarres, M. (2002). Generalized renewal process for analysis of repairable systems with
    limited failure experience. *Reliability Engineering and System Safety* 77, 167-180.
    Mettas, A. and Zhao, W. (2005). Modeling and analysis of repairable systems with general repair. *RAMS*, 176-182.

    Examples
    --------
    >>> times = {"a": [120, 310, 340, 465, 490], "b": [180, 290, 355, 410], "c": [95, 250, 420, 480]}
    >>> histories = EventHistories([k for k in times for _ in times[k]], sum(times.values(), []), end=dict.fromkeys("abc", 500))
    >>> fit = fit_renewal_process(histories)
    >>> round(fit.beta, 2), round(fit.restoration_factor, 2)
    (3.91, 0.79)
    """
    tail_probabilities(confidence)
    if kijima not in ("I", "II"):
        raise InvalidData(f'kijima must be "I" or "II", not {kijima!r}')
    gaps = _Gaps(histories, kijima)
    if gaps.events < 3:
        raise NotEnoughFailures(
            f"a generalised renewal process needs at least 3 events, the data hold {gaps.events}"
        )
    q, beta, loglik = _best(gaps)
    log_eta = gaps.log_eta(q, beta)
    inside = 1e-6 < q < 1.0 - 1e-6
    warnings = (
        [f"only {gaps.events} events: the restoration factor is hardly known"] if gaps.events < 20 else []
    )
    if q >= 1.0 - 1e-6 and gaps.fit(1.0 + 1e-4)[1] > loglik + 1e-9:
        warnings.append("the data ask for repairs that leave a system worse than old (q above 1)")
    return RenewalProcessFit(
        method="mle",
        unit=histories.unit,
        confidence=confidence,
        counts=histories.counts,
        exposure=histories.exposure,
        fingerprint=histories.fingerprint,
        warnings=tuple(warnings),
        kijima=kijima,
        eta=math.exp(log_eta),
        beta=beta,
        q=q,
        covariance=gaps.covariance(log_eta, math.log(beta), q, with_q=inside),
        loglik=loglik,
        renewal_loglik=gaps.fit(0.0)[1],
        as_old_loglik=gaps.fit(1.0)[1],
        constant_loglik=gaps.events * (math.log(gaps.events / histories.exposure) - 1.0),
    )


def _best(gaps: "_Gaps") -> tuple[float, float, float]:
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


class _Gaps:
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
        self._kijima = kijima
        self.events = histories.time.size

    def virtual_ages(self, q: float) -> FloatArray:
        """Virtual age at the beginning of each interval, in multiples of the scale."""
        if self._kijima == "I":
            return q * self._before
        age = np.zeros(self._gap.size)
        for rank in range(1, int(self._rank.max()) + 1):
            at = np.flatnonzero(self._rank == rank)
            age[at] = q * (age[at - 1] + self._gap[at - 1])
        return age

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
        beta, begin = math.exp(log_beta), self.virtual_ages(q)
        end = begin + self._gap
        log_scale_eta = log_eta - math.log(self.scale)
        more = (end / math.exp(log_scale_eta)) ** beta - (begin / math.exp(log_scale_eta)) ** beta
        log_rate = log_beta - log_eta + (beta - 1.0) * (np.log(end[self._is_event]) - log_scale_eta)
        return float(log_rate.sum() - more.sum())

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


def _boundary_p_value(gain: float) -> float:
    # The limit lies on the edge of the range, so the ratio is 0 half of the time (Self and Liang 1987).
    return 0.5 * float(chdtrc(1, max(0.0, 2.0 * gain))) if gain > 1e-12 else 1.0
