"""The generalised renewal process: repairs that give back some, all or nothing of a system's age."""

import dataclasses
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.eventhistories import EventHistories
from analytics.results import FloatArray, Interval, Result, Side, tail_probabilities
from analytics.virtual_ages import PARAMETERS, Gaps, Kijima, ProfileBounds, highest
from analytics.weibull_intervals import standard_deviates

RenewalBounds = Literal["likelihood_ratio", "fisher"]


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
    histories : EventHistories or None
        The data, needed for likelihood-ratio bounds. They do not go into JSON: `with_data` attaches them again.
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
    histories: EventHistories | None = field(default=None, repr=False, metadata={"json": False})

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

    def interval(
        self,
        name: str,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: RenewalBounds = "likelihood_ratio",
    ) -> Interval:
        """Confidence bounds on "eta", "beta" or "q".

        Parameters
        ----------
        name : {"eta", "beta", "q"}
        confidence, side
            As everywhere; `confidence` is that of the fit unless given.
        bounds : {"likelihood_ratio", "fisher"}
            From the profile likelihood over the others, q always within [0, 1]; or by Fisher matrix (log scale for eta and
            beta, natural scale for q, kept in [0, 1]), which is quick, holds the truth less often (see Notes), and has no
            bounds for a q on the edge of its range.

        Raises
        ------
        InvalidData
            If a word is unknown, the fit no longer carries its data, or Fisher bounds are asked for a q on the edge.

        Notes
        -----
        How often intervals of 90 % held the truth, in per cent for eta, beta and q, of simulated systems with beta = 2 (a q on
        the edge has no Fisher bounds and counts as not held; standard error 1 point at 1,000 fits, 1.3 at 500):

        ======  ===  ======  =====  ================  ==================
        Kijima  q    events  fits   likelihood ratio  Fisher
        ======  ===  ======  =====  ================  ==================
        I       0.3  23      1,000  88.5, 88.0, 88.8  84.5, 84.5, 84.4
        II      0.6  24      1,000  88.0, 86.0, 89.9  83.8, 83.2, 84.6
        I       0.3  71      1,000  87.6, 90.3, 88.6  87.5, 89.2, 86.8
        II      0.6  70      1,000  89.1, 87.2, 88.9  87.7, 85.9, 88.0
        I       0.7  70      500    88.4, 89.8, 91.4  87.4, 87.4, 66.4
        II      0.3  38      500    86.2, 89.8, 87.8  83.4, 87.4, 80.4
        II      0.9  71      500    89.4, 87.8, 86.4  89.0, 85.8, 79.2
        I       0.3  278     500    90.0, 89.2, 91.0  90.0, 88.4, 89.0
        ======  ===  ======  =====  ================  ==================

        ``make calibration`` measures it again.
        """
        level = self.confidence if confidence is None else confidence
        if name not in PARAMETERS:
            raise InvalidData(f'no interval is known for {name!r}; there are "eta", "beta" and "q"')
        if bounds not in ("likelihood_ratio", "fisher"):
            raise InvalidData(f'bounds must be "likelihood_ratio" or "fisher", not {bounds!r}')
        below, above = standard_deviates(level, side)
        if bounds == "fisher":
            low, high = self._fisher(name, below, above)
        else:
            low = self._profile.bound(name, below**2 / 2.0, -1) if math.isfinite(below) else 0.0
            high = self._profile.bound(name, above**2 / 2.0, 1) if math.isfinite(above) else math.inf
        return Interval(
            None if side == "upper" else low, None if side == "lower" else high, level, side, bounds
        )

    def with_data(self, histories: EventHistories) -> "RenewalProcessFit":
        """The same fit with its data attached again, after a trip through JSON.

        Raises
        ------
        InvalidData
            If the fingerprint says that these are not the data of the fit.
        """
        self.check_made_from(histories)
        return dataclasses.replace(self, histories=histories)

    @cached_property
    def _profile(self) -> ProfileBounds:
        if self.histories is None:
            raise InvalidData(
                'likelihood-ratio bounds need the data; attach them with fit.with_data(histories), or ask for bounds="fisher"'
            )
        return ProfileBounds(Gaps(self.histories, self.kijima), self.eta, self.beta, self.q)

    def _fisher(self, name: str, below: float, above: float) -> tuple[float, float]:
        at = PARAMETERS.index(name)
        if at >= self.covariance.shape[0]:
            raise InvalidData(
                f"q lies on the edge of its range ({self.q:g}), where it has no standard error; "
                "see renewal_p_value and as_old_p_value"
            )
        error = math.sqrt(float(self.covariance[at, at]))
        if name == "q":
            return max(0.0, self.q - below * error), min(1.0, self.q + above * error)
        centre = self.eta if name == "eta" else self.beta
        return centre * math.exp(-below * error), centre * math.exp(above * error)


@checked
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
    gaps = Gaps(histories, kijima)
    if gaps.events < 3:
        raise NotEnoughFailures(
            f"a generalised renewal process needs at least 3 events, the data hold {gaps.events}"
        )
    q, beta, loglik = highest(gaps)
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
        histories=histories,
    )


def _boundary_p_value(gain: float) -> float:
    # The limit lies on the edge of the range, so the ratio is 0 half of the time (Self and Liang 1987).
    return 0.5 * float(chdtrc(1, max(0.0, 2.0 * gain))) if gain > 1e-12 else 1.0
