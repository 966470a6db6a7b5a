"""Competing failure modes: each with its own life distribution, the part failing by whichever comes first."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtri

from analytics.arguments import checked
from analytics.distribution_fit import DistributionFit
from analytics.distributions import fit_distribution
from analytics.errors import InvalidData, NoFiniteMaximum, NotEnoughFailures
from analytics.jets import variables
from analytics.life_fit import Bounds
from analytics.lifedata import LEFT_CENSORED, RIGHT_CENSORED, LifeCounts, LifeData
from analytics.results import FloatArray, Interval, Result, Side, tail_probabilities

# Gauss and Legendre's nodes and weights on (0, 1), in eight panels: for the probability to fail by a mode.
PANELS = 8
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
NODES = np.concatenate([(panel + (1.0 + _NODES) / 2.0) / PANELS for panel in range(PANELS)])
WEIGHTS = np.tile(_WEIGHTS / (2.0 * PANELS), PANELS)
# A part is not asked to survive a cumulative hazard beyond this: exp(-36) is 0 against 1 as a double.
LAST_HAZARD = 36.0


@dataclass(frozen=True, eq=False, kw_only=True)
class CompetingRisksFit(Result):
    """Life distributions of competing failure modes; made by `fit_competing_risks`.

    Attributes
    ----------
    fits : dict of str to DistributionFit
        The fit of each mode: the life that the part would have if no other mode could strike.
    loglik : float
        Log-likelihood of the whole, the sum over modes.
    """

    counts: LifeCounts
    fits: dict[str, DistributionFit]
    loglik: float

    @property
    def modes(self) -> tuple[str, ...]:
        """Names of the modes."""
        return tuple(self.fits)

    @cached_property
    def _all(self) -> list[DistributionFit]:
        return list(self.fits.values())

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """Sum of the cumulative hazards of the modes at age `t`."""
        return np.asarray(sum(fit.cumulative_hazard(t) for fit in self._all))

    def reliability(self, t: ArrayLike) -> FloatArray:
        """Probability to survive age `t` with all modes at work."""
        return np.exp(-self.cumulative_hazard(t))

    def failure_probability(self, t: ArrayLike) -> FloatArray:
        """Probability to have failed by age `t`, by any mode."""
        return -np.expm1(-self.cumulative_hazard(t))

    def hazard(self, t: ArrayLike) -> FloatArray:
        """Failure rate at age `t`: the sum over modes, per `unit`."""
        return np.asarray(sum(fit.hazard(t) for fit in self._all))

    def density(self, t: ArrayLike) -> FloatArray:
        """Probability density of failure at age `t`, per `unit`."""
        return self.hazard(t) * self.reliability(t)

    def mode_probability(self, mode: str, t: ArrayLike) -> FloatArray:
        """Probability to have failed by `mode` by age `t` with all modes at work (cumulative incidence).

        The sum over modes is `failure_probability`.
        """
        own = self._fit_of(mode)
        others = [fit for name, fit in self.fits.items() if name != mode]
        found = []
        for age in np.ravel(np.asarray(t, dtype=np.float64)):
            # The integral of exp(-v) S_others over the own cumulative hazard v; v = reach x^4 is smooth at age 0.
            reach = min(float(own.cumulative_hazard(age)), LAST_HAZARD)
            hazard = reach * NODES**4
            ages = own.quantile(-np.expm1(-hazard))
            others_hazard = sum((fit.cumulative_hazard(ages) for fit in others), np.zeros_like(ages))
            found.append(reach * float(WEIGHTS @ (4.0 * NODES**3 * np.exp(-hazard - others_hazard))))
        return np.array(found).reshape(np.shape(t))

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p`, in [0, 1), has failed by any mode."""
        fraction = np.asarray(p, dtype=np.float64)
        if np.any((fraction < 0) | (fraction >= 1)):
            raise InvalidData("a quantile needs a failed fraction of at least 0 and below 1")
        return np.array([self._one_quantile(float(each)) for each in np.ravel(fraction)]).reshape(
            fraction.shape
        )

    def b_life(self, percent: float) -> float:
        """Age by which `percent` % have failed by any mode."""
        return float(self.quantile(percent / 100.0))

    @property
    def median(self) -> float:
        """Age by which half have failed."""
        return float(self.quantile(0.5))

    @property
    def mean(self) -> float:
        """Mean life with all modes at work."""
        low, high = math.log(float(self.quantile(1e-12))), math.log(float(self.quantile(1.0 - 1e-12)))
        area = quad(lambda y: float(self.reliability(math.exp(y))) * math.exp(y), low, high, limit=200)[0]
        return float(area) + math.exp(low)

    def reliability_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two"
    ) -> Interval:
        """Wald bounds on the reliability at age `t` with all modes at work, on the scale of log(-log S)."""
        level = self.confidence if confidence is None else confidence
        below, above = tail_probabilities(level, side)
        hazard = float(self.cumulative_hazard(t))
        if not 0.0 < hazard < math.inf:
            raise InvalidData(f"at age {t!r} the fit leaves no doubt, so there are no bounds")
        # The estimates of the modes are independent, so the variances of their cumulative hazards add up.
        error = math.sqrt(sum(_variance_of_hazard(fit, t) for fit in self._all)) / hazard

        def survival(deviate: float) -> float:
            return math.exp(-hazard * math.exp(deviate * error))

        lower = survival(-float(ndtri(below))) if below else None
        upper = survival(float(ndtri(above))) if above else None
        return Interval(lower, upper, level, side, "wald")

    def without(self, *modes: str) -> "CompetingRisksFit":
        """The part as it would be if these modes were designed out, the others being as they are."""
        for mode in modes:
            self._fit_of(mode)
        left = {name: fit for name, fit in self.fits.items() if name not in modes}
        if not left:
            raise InvalidData("no mode is left")
        return dataclasses.replace(self, fits=left, loglik=sum(fit.loglik for fit in left.values()))

    def _fit_of(self, mode: str) -> DistributionFit:
        if mode not in self.fits:
            raise InvalidData(f"no mode is called {mode!r}; there are {', '.join(self.fits)}")
        return self.fits[mode]

    def _one_quantile(self, p: float) -> float:
        if p == 0.0:
            return 0.0
        # No later than by the fastest mode alone, and not before one of them has reached its share of p.
        high = min(float(fit.quantile(p)) for fit in self._all)
        low = min(float(fit.quantile(p / (2.0 * len(self._all)))) for fit in self._all)
        target = -math.log1p(-p)
        if not low > 0.0:
            raise InvalidData("a mode that can fail before age 0 has no such quantiles")
        root = brentq(
            lambda y: math.log(max(float(self.cumulative_hazard(math.exp(y))), 1e-300)) - math.log(target),
            math.log(low),
            math.log(high) + 1e-9,
            xtol=1e-13,
        )
        return math.exp(float(root))


@checked
def fit_competing_risks(
    data: LifeData,
    mode: ArrayLike | None = None,
    *,
    distribution: str | Mapping[str, str] = "weibull",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
) -> CompetingRisksFit:
    r"""Fit a life distribution to each failure mode, with the failures by other modes as survivors of this one.

    For parts that fail by several mechanisms whose causes are recorded: mixing them in one fit hides wear-out behind infant
    mortality and says nothing about what a fix of one mode would bring.

    Parameters
    ----------
    data : LifeData
        Exact and right-censored records with counts and delayed entry. Left- and interval-censored failures and right
        truncation are refused (see Notes).
    mode : array_like of str, shape (n,), optional
        The failure mode of each record; what it says of right-censored records is ignored. The `group` of the data where not
        given.
    distribution : str, or mapping of mode to str
        Family of all modes or of each, as for `fit_distribution`.
    confidence : float
        Confidence of the intervals where none is given later.
    bounds : {"wald", "likelihood_ratio", "calibrated"}
        Which bounds the fits of the modes give, as for `fit_distribution`. Calibrated ones take from the survivors of each mode
        how long its failures would have been watched, as other modes end a watch before the age that was planned.

    Returns
    -------
    CompetingRisksFit

    Raises
    ------
    NotEnoughFailures
        If a mode has fewer failures than its distribution has parameters; the message names it.
    NoFiniteMaximum
        If a mode's likelihood has no maximum; the message names it.
    InvalidData
        If a failure has no mode, an age at failure is not exact, or records are truncated above; the message names the row.

    Notes
    -----
    The modes are taken as independent, which no data of this kind can show to be wrong. Then the likelihood falls apart into
    one factor a mode, and with the hazards :math:`h_j`

    .. math:: S(t) = \prod_j S_j(t), \qquad F_j^*(t) = \int_0^t h_j(u)\,S(u)\,du

    where :math:`F_j^*` (`mode_probability`) is the probability to have failed by mode j by age t.

    That holds where a record adds :math:`\log h_j(t)` for its own mode at most, and cumulative hazards, which are sums
    over modes: for exact ages, survivors and delayed entry. It does not for a failure between two inspections, whose chance
    :math:`\int_a^c h_j(u)\,S(u)\,du` hangs on all modes at once; for a record truncated above, which is divided by
    :math:`S(e) - S(\tau)`; nor for a failure of unknown mode, which adds :math:`\log \sum_j h_j(t)`. They would need a joint
    fit, and are refused. Where inspections are close against the spread of life, the middle of each interval does as an exact
    age; the life of the part by whatever mode is had from all records by `fit_distribution`.

    References
    ----------
    Meeker, W. Q. and Escobar, L. A. (1998). *Statistical Methods for Reliability Data*, Wiley, ch. 15.
    Crowder, M. (2001). *Classical Competing Risks*, Chapman and Hall.

    Examples
    --------
    >>> data = LifeData([6700, 6950, 7820, 9120, 9660, 9820, 11310, 11690, 12200, 13150, 14300, 17520, 20100], 1, unit="km")
    >>> fit = fit_competing_risks(data, list("aabaabbababab"))
    >>> fit.modes, round(float(fit.mode_probability("a", 12000)), 3), round(float(fit.mode_probability("b", 12000)), 3)
    (('a', 'b'), 0.329, 0.212)
    >>> round(float(fit.failure_probability(12000)), 3)
    0.541
    """
    _refuse_joint(data)
    labels, failed = _labels(data, mode), data.event != RIGHT_CENSORED
    names = sorted({str(label) for label in labels[failed]})
    if not names:
        raise NotEnoughFailures("nothing failed, so there is no mode to fit; see weibayes for a bound")
    families = dict.fromkeys(names, distribution) if isinstance(distribution, str) else dict(distribution)
    missing = [name for name in names if name not in families]
    if missing:
        raise InvalidData(f"no distribution is given for the failure modes {', '.join(missing)}")
    fits = {}
    for name in names:
        event = np.where(failed & (labels == name), 1, 0)
        own = LifeData(data.time, event, entry=data.entry, count=data.count, unit=data.unit)
        try:
            fits[name] = fit_distribution(own, families[name], confidence=confidence, bounds=bounds)
        except (NotEnoughFailures, NoFiniteMaximum) as error:
            raise type(error)(f"failure mode {name!r}: {error}") from error
    return CompetingRisksFit(
        method="mle",
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        warnings=tuple(f"{name}: {note}" for name, fit in fits.items() for note in fit.warnings),
        fits=fits,
        loglik=sum(fit.loglik for fit in fits.values()),
    )


def _refuse_joint(data: LifeData) -> None:
    """Refuse records whose likelihood is not a product of one factor a mode."""
    for rows, what, advice in (
        (
            data.event >= LEFT_CENSORED,
            "its age at failure is not exact, and the chance of a mode to strike first in between hangs on all modes at once",
            "take the middle of the interval as exact where inspections are close together",
        ),
        (
            np.isfinite(data.truncated_above),
            "it is truncated above, and its chance to have been seen hangs on all modes at once",
            "add the parts that were not seen, as right-censored records",
        ),
    ):
        at = np.flatnonzero(rows)
        if at.size:
            raise InvalidData(
                f"row {at[0]}: {what}, so the modes cannot be fitted one by one; {advice}, or fit all failures without "
                "their modes (fit_distribution)",
                at.tolist(),
            )


def _labels(data: LifeData, mode: ArrayLike | None) -> NDArray[Any]:
    if mode is None and data.group is None:
        raise InvalidData("the failure mode of each record is needed, as `mode` or as the group of the data")
    given: Sequence[Any] | NDArray[Any] = np.asarray(data.group if mode is None else mode, dtype=object)
    labels = np.array([_label(each) for each in np.ravel(given)])
    if labels.shape != (len(data),):
        raise InvalidData(f"mode has {labels.size} values where the data have {len(data)} records")
    rows = np.flatnonzero((data.event != RIGHT_CENSORED) & (labels == ""))
    if rows.size:
        raise InvalidData(
            f"row {rows[0]}: a failure without a failure mode; it could be of any, and left out it would make every mode rarer "
            "than it is: find its mode, or give such failures a mode of their own",
            rows.tolist(),
        )
    return labels


def _label(given: Any) -> str:
    return "" if given is None or (isinstance(given, float) and math.isnan(given)) else str(given)


def _variance_of_hazard(fit: DistributionFit, t: float) -> float:
    slope = fit.family.log_survival(
        np.array([float(t)]), variables([float(v) for v in fit.working])
    ).gradient[:, 0]
    return float(slope @ fit.covariance @ slope)
