"""Mixtures: a population of parts that differ, each part with a life distribution of its own."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.arguments import checked
from analytics.compound_families import Mixture
from analytics.distribution_fit import DistributionFit
from analytics.distributions import few_failures, fields_of_fit, fit_distribution, typical_ages
from analytics.errors import AnalyticsError, InvalidData, NoFiniteMaximum, NotConverged, NotEnoughFailures
from analytics.families import FAMILIES, LocationScale, family_named
from analytics.life_fit import Bounds, refuse_calibrated
from analytics.lifedata import RIGHT_CENSORED, LifeData
from analytics.likelihood import At, LifeLikelihood
from analytics.maximum import climb, is_verified, maximise
from analytics.results import FloatArray, tail_probabilities

# A part that stands for fewer failures than this is a peak on single points, of which every sample has some.
FEWEST_FAILURES = 1.5
CLIMBS = 8
MOST_PARTS = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class MixtureFit(DistributionFit):
    """A fitted mixture; made by `fit_mixture`.

    Besides what `DistributionFit` gives, parameters carry the number of their part, in order of median life: `p1` is the
    share of the first part, ``eta1`` its scale.
    """

    @property
    def mixture(self) -> Mixture:
        """The formulas of the mixture."""
        return Mixture(FAMILIES[self.distribution], self.components)

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of each part in the population; they sum to 1."""
        return tuple(math.exp(float(np.squeeze(each))) for each in self.mixture.log_shares(self._theta))

    def membership(self, t: ArrayLike) -> FloatArray:
        """Probability that a unit that fails at age `t` belongs to each part, shape (parts, ages)."""
        return _membership(self.mixture, np.atleast_1d(np.asarray(t, dtype=np.float64)), self._theta)


@checked
def fit_mixture(
    data: LifeData,
    *,
    components: int = 2,
    distribution: str = "weibull",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
) -> MixtureFit:
    r"""Fit a mixture of subpopulations, each with a life distribution of one family.

    For a plot with a bend where nobody knows which unit belongs where: early failures of a weak part of the population and
    wear-out of the rest. Where the failure mode of each failure is known, `fit_competing_risks` says more.

    Parameters
    ----------
    data : LifeData
        All kinds of records.
    components : int
        Number of parts, 2 to 4. Each part more needs some twenty failures more.
    distribution : str
        Family of every part, as for `fit_distribution`.
    confidence : float
        Confidence of the intervals where none is given later.
    bounds : {"wald", "likelihood_ratio"}
        Which bounds the fit gives.

    Returns
    -------
    MixtureFit

    Raises
    ------
    NotEnoughFailures
        With fewer failures than parameters.
    NoFiniteMaximum
        If the likelihood has no maximum with parts that stand for some failures each: the data do not tell the parts
        apart.
    InvalidData
        If a setting is unknown.

    Notes
    -----
    :math:`F(t) = \sum_j p_j F_j(t)`. The likelihood is unbounded (a part may shrink onto one failure), so the estimate is the
    highest maximum whose parts each stand for at least 1.5 failures. It is sought from failures cut into parts in several
    ways, by Newton's method with exact derivatives, and verified like every fit. Parts are numbered by their median.

    A likelihood-ratio test of one part against two has no chi-square distribution; compare the BIC instead. The fit
    warns where a single distribution has the lower one.

    References
    ----------
    McLachlan, G. and Peel, D. (2000). *Finite Mixture Models*, Wiley, ch. 2 and 6.
    Jiang, S. and Kececioglu, D. (1992). Maximum likelihood estimates, from censored data, for mixed-Weibull distributions.
    IEEE Transactions on Reliability 41, 248-255.

    Examples
    --------
    >>> early, late = [2, 5, 9, 14, 20, 28, 41], [310, 402, 455, 498, 530, 571, 604, 660, 702, 765]
    >>> fit = fit_mixture(LifeData([*early, *late, 800], [1] * 17 + [0], count=[1] * 17 + [3]))
    >>> round(fit.p1, 2), [round(share, 2) for share in fit.shares]
    (0.35, [0.35, 0.65])
    """
    refuse_calibrated(bounds)
    tail_probabilities(confidence)
    base = family_named(distribution)
    assert isinstance(base, LocationScale)
    if components != int(components) or not 2 <= components <= MOST_PARTS:
        raise InvalidData(f"a mixture has 2 to {MOST_PARTS} components, not {components!r}")
    if not base.of_log_age or distribution == "generalised_gamma":
        raise InvalidData(f"mixtures of {distribution} distributions are not offered")
    family = Mixture(base, int(components))
    failures, size = data.counts.failures, len(family.parameters)
    if failures < size:
        raise NotEnoughFailures(
            f"a mixture of {components} needs at least {size} failures, the data hold {failures}"
        )
    found = _highest(family, data)
    fit = MixtureFit(
        method="mle",
        unit=data.unit,
        confidence=confidence,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        distribution=distribution,
        form="mixture",
        components=int(components),
        bounds=bounds,
        data=data,
        warnings=few_failures(failures),
        **found,
    )
    return _warned(fit, data)


def _highest(family: Mixture, data: LifeData) -> dict[str, Any]:
    factor, ages, share = typical_ages(data)
    likelihood = LifeLikelihood(family, data, factor)
    limits = [parameter.limits for parameter in family.parameters]
    low, high = data.failure_intervals()
    failed = data.event != RIGHT_CENSORED
    middle, weight = (low + high)[failed] / 2.0 / factor, data.count[failed]

    def stands_for_failures(at: At) -> bool:
        return bool(np.min(_membership(family, middle, at.theta) @ weight) >= FEWEST_FAILURES)

    try:
        best = maximise(
            likelihood.value,
            likelihood.derivatives,
            family.starts(ages, share),
            limits=limits,
            interior=True,
            accept=stands_for_failures,
            climbs=CLIMBS,
        )
    except (NoFiniteMaximum, NotConverged) as error:
        raise NoFiniteMaximum(
            f"the likelihood has no maximum with {family.size} parts that stand for some failures each: the data do not "
            "tell them apart; fit a single distribution"
        ) from error
    ordered = climb(likelihood.value, likelihood.derivatives, _in_order(family, best.theta.tolist()), limits)
    if ordered is None or not is_verified(ordered):
        raise NotConverged("the maximum of the mixture could not be verified with its parts in order")
    return fields_of_fit(family, data, ordered, factor)


def _in_order(family: Mixture, theta: list[float]) -> FloatArray:
    """The same mixture with its parts in order of median life."""
    medians = [float(family.base.quantile(np.array(0.5), family.own(theta, at))) for at in range(family.size)]
    order = np.argsort(medians)
    shares = np.exp([float(each) for each in family.log_shares(theta)])[order]
    left = 1.0 - np.concatenate([[0.0], np.cumsum(shares)[:-1]])
    sticks = np.log(shares[:-1]) - np.log(left[:-1] - shares[:-1])
    return np.concatenate([sticks, *(family.own(theta, int(at)) for at in order)])


def _membership(family: Mixture, ages: FloatArray, theta: Any) -> FloatArray:
    with np.errstate(all="ignore"):
        parts = np.array(
            [
                log_share + family.base.log_density(ages, family.own(theta, at))
                for at, log_share in enumerate(family.log_shares(theta))
            ]
        )
        parts = np.exp(parts - parts.max(axis=0))
    share: FloatArray = parts / parts.sum(axis=0)
    return share


def _warned(fit: MixtureFit, data: LifeData) -> MixtureFit:
    try:
        single = fit_distribution(data, fit.distribution).bic
    except AnalyticsError:
        return fit
    if fit.bic < single:
        return fit
    note = (
        f"a single {fit.distribution} distribution has the lower BIC ({single:.1f} against {fit.bic:.1f}): "
        "the data do not call for a mixture"
    )
    return dataclasses.replace(fit, warnings=(*fit.warnings, note))
