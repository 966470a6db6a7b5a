"""Cox's partial likelihood of the order in which units fail, with its exact derivatives and what follows from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.interval_sums import IntervalSums
from analytics.lifedata import EXACT, LifeData
from analytics.likelihood import At
from analytics.results import FloatArray


@dataclass(frozen=True)
class Moments:
    """Sums over the units at risk at one vector of coefficients; k failure ages, f units that failed.

    Attributes
    ----------
    loglik : float
    total : ndarray, shape (f,)
        Relative hazard at risk for each failure, its age's earlier failures taken out in part (Efron).
    mean : ndarray, shape (f, p)
        Covariates at risk, weighted by relative hazard.
    hazard : ndarray, shape (n,)
        Relative hazard of each record, times its count.
    """

    loglik: float
    total: FloatArray
    mean: FloatArray
    hazard: FloatArray


class PartialLikelihood:
    """Log partial likelihood of exact and right-censored records with delayed entry and counts.

    A unit is at risk at the ages in (entry, time]; a count of m is m units, whose failures are ties.

    Parameters
    ----------
    data : LifeData
    columns : ndarray, shape (n, p)
        Covariates.
    efron : bool
        Efron's treatment of ties, else Breslow's.
    """

    def __init__(self, data: LifeData, columns: FloatArray, *, efron: bool = True) -> None:
        failed = data.event == EXACT
        self.columns, self._count = columns, data.count
        self.time, at = np.unique(data.time[failed], return_inverse=True)
        self._failed = np.flatnonzero(failed)
        self._failed_at = at
        # Each record is at risk from the failure age after its entry to the last one that it reached; a failure at its own
        # age of entry is at risk then.
        last = np.searchsorted(self.time, data.time, side="right") - 1
        first = np.searchsorted(self.time, data.entry, side="right")
        first[failed] = np.minimum(first[failed], last[failed])
        self._at_risk = IntervalSums(first, last, self.time.size)
        self.events = np.bincount(at, weights=data.count[failed], minlength=self.time.size).astype(np.int64)
        # One entry a unit that failed: which age, and the part of that age's failures that no longer counts as at risk.
        self.units_at_risk = self._at_risk.covering(data.count[:, None])[:, 0]
        self.age_of = np.repeat(np.arange(self.time.size), self.events)
        order = np.arange(self.age_of.size) - np.repeat(np.cumsum(self.events) - self.events, self.events)
        self._gone = order / self.events[self.age_of] if efron else np.zeros(self.age_of.size)

    def value(self, theta: FloatArray) -> float:
        """Log partial likelihood; minus infinity where it is not a number."""
        with np.errstate(all="ignore"):
            found = self.moments(theta).loglik
        return found if np.isfinite(found) else -np.inf

    def derivatives(self, theta: FloatArray) -> At:
        """Log partial likelihood with gradient and Hessian."""
        with np.errstate(all="ignore"):
            here = self.moments(theta)
            every = np.ones(self.time.size)
            return At(np.array(theta), here.loglik, self.score(here, every), -self.information(here, every))

    def moments(self, theta: FloatArray) -> Moments:
        """The sums that everything else is made of."""
        level = self.columns @ theta
        # A common factor of all hazards changes nothing; this one keeps them from overflowing.
        level = level - level.max(initial=-np.inf)
        hazard = self._count * np.exp(level)
        moments = np.column_stack([hazard, hazard[:, None] * self.columns])
        at_risk, failing = self._at_risk.covering(moments), self._at_failure(moments[self._failed])
        sums = at_risk[self.age_of] - self._gone[:, None] * failing[self.age_of]
        loglik = float(self._count[self._failed] @ level[self._failed] - np.log(sums[:, 0]).sum())
        return Moments(loglik, sums[:, 0], sums[:, 1:] / sums[:, :1], hazard)

    def score(self, here: Moments, weight: FloatArray) -> FloatArray:
        """Covariates of the failures less those expected, summed over the failure ages with a weight each."""
        return weight @ self.surplus(here)

    def surplus(self, here: Moments) -> FloatArray:
        """Covariates of the failures less those expected, at each failure age: sums of Schoenfeld's residuals."""
        seen = self._at_failure((self._count[:, None] * self.columns)[self._failed])
        return seen - self.by_age(here.mean)

    def information(self, here: Moments, weight: FloatArray) -> FloatArray:
        """Covariance of the covariates at risk, summed over the failures with the weight of their ages."""
        share = weight[self.age_of] / here.total
        # sum over failures of (second moment / total): each record's hazard times the sum over the ages it was at risk.
        lasting = self._at_risk.within(self.by_age(share))
        lasting[self._failed] -= self.by_age(share * self._gone)[self._failed_at]
        second = (self.columns.T * (here.hazard * lasting)) @ self.columns
        found: FloatArray = second - (here.mean.T * weight[self.age_of]) @ here.mean
        return (found + found.T) / 2.0

    def _at_failure(self, values: FloatArray) -> FloatArray:
        """Sums over the records that failed at each failure age, of values of the failed records."""
        sums = np.zeros((self.time.size, values.shape[1]))
        np.add.at(sums, self._failed_at, values)
        return sums

    def by_age(self, values: FloatArray) -> FloatArray:
        """Sums over the units that failed at each failure age, of one value (or row) a unit."""
        starts: NDArray[np.int64] = np.cumsum(self.events) - self.events
        return np.asarray(np.add.reduceat(values, starts, axis=0))
