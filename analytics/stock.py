"""How many spare parts to hold for a service level."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.counts import count_quantile, mean_count, poisson_pmf
from analytics.errors import InvalidData
from analytics.results import Counts, FloatArray, Result
from analytics.spares import DemandForecast


@dataclass(frozen=True, eq=False, kw_only=True)
class StockLevel(Result):
    """How many parts to hold, and what every other stock would achieve; made by `stock_for_service_level`.

    `counts` and `exposure` are those of the data behind the demand, 0 when it was given as a number.

    Attributes
    ----------
    stock : int
        Smallest stock that reaches the service level.
    service_level : float
        Probability asked for: that the stock covers all demands.
    achieved : float
        Probability that `stock` reaches.
    probability : ndarray, shape (k,)
        Probability that a stock of 0, 1, ... covers all demands.
    expected_shortage : ndarray, shape (k,)
        Expected demands left uncovered (back orders) for each stock.
    expected_surplus : ndarray, shape (k,)
        Expected parts left over for each stock.
    mean_demand : float
        Expected number of demands.
    on_hand : int
        Parts already there.
    """

    stock: int
    service_level: float
    achieved: float
    probability: FloatArray
    expected_shortage: FloatArray
    expected_surplus: FloatArray
    mean_demand: float
    on_hand: int

    @property
    def to_order(self) -> int:
        """Parts missing from `stock`, 0 when there are enough."""
        return max(0, self.stock - self.on_hand)

    @property
    def probability_on_hand(self) -> float:
        """Probability that the parts already there cover all demands."""
        return float(self.probability[min(self.on_hand, self.probability.size - 1)])


def stock_for_service_level(
    demand: DemandForecast | float | Sequence[float] | FloatArray, service_level: float, *, on_hand: int = 0
) -> StockLevel:
    r"""Smallest stock that covers the demand of one lead time with a given probability.

    For a part that is ordered one for one and cannot be had faster than its lead time: the demand must be
    that of one lead time (plus the interval between orders, where they are gathered).

    Parameters
    ----------
    demand : DemandForecast, float or array_like of shape (k,)
        A forecast over the lead time; or the mean of a Poisson demand (rate x lead time); or the
        probabilities of 0, 1, ... demands.
    service_level : float
        Probability, in (0, 1), that no demand goes unmet.
    on_hand : int
        Serviceable parts already there.

    Returns
    -------
    StockLevel
        Its arrays reach at least from a stock of 0 to one that covers demand with probability 0.9999.

    Raises
    ------
    InvalidData
        If `service_level` is outside (0, 1), the mean is negative, or the probabilities are negative or do
        not sum to 1.

    Notes
    -----
    ``stock = min{s : P(D <= s) >= service_level}``. With a cost h for each part left over and p for each
    demand unmet, the cheapest stock is that at the service level p / (p + h) (newsvendor). Expected shortage
    at stock s is :math:`\sum_{d > s} (d - s) P(D = d)`.

    References
    ----------
    Sherbrooke, C. C. (2004). *Optimal Inventory Modeling of Systems*, 2nd ed., Kluwer, ch. 2.
    Snyder, L. V. and Shen, Z.-J. M. (2019). *Fundamentals of Supply Chain Theory*, 2nd ed., Wiley, ch. 4.

    Examples
    --------
    Two demands expected during the lead time:

    >>> level = stock_for_service_level(2.0, 0.95, on_hand=3)
    >>> level.stock, round(level.achieved, 4), level.to_order
    (5, 0.9834, 2)
    >>> level.probability.round(3).tolist()[:4]
    [0.135, 0.406, 0.677, 0.857]
    """
    if not 0 < service_level < 1:
        raise InvalidData(f"service_level must lie between 0 and 1 (0.95 means 95 %), not {service_level!r}")
    if on_hand < 0 or on_hand != int(on_hand):
        raise InvalidData(f"on_hand must be a whole number of at least 0, not {on_hand!r}")
    pmf, facts = _demand_pmf(demand)
    stock = count_quantile(pmf, service_level)
    enough = max(stock, int(on_hand), count_quantile(pmf, 0.9999))
    levels = np.arange(enough + 1)
    padded = np.concatenate([pmf, np.zeros(max(0, enough + 1 - pmf.size))])
    probability = np.minimum(np.cumsum(padded), 1.0)[: enough + 1]
    mean = mean_count(pmf)
    # E(s - D)+ grows by P(D <= s) with every part added.
    surplus = np.concatenate([[0.0], np.cumsum(probability)[:-1]])
    return StockLevel(
        **facts,
        stock=stock,
        service_level=float(service_level),
        achieved=float(probability[stock]),
        probability=probability,
        expected_shortage=np.maximum(mean - levels + surplus, 0.0),
        expected_surplus=surplus,
        mean_demand=mean,
        on_hand=int(on_hand),
    )


def _demand_pmf(
    demand: DemandForecast | float | Sequence[float] | FloatArray,
) -> tuple[FloatArray, dict[str, Any]]:
    if isinstance(demand, DemandForecast):
        names = ("method", "unit", "confidence", "counts", "exposure", "fingerprint", "warnings")
        return demand.pmf, {name: getattr(demand, name) for name in names}
    given = np.array(demand, dtype=float)
    if given.ndim == 0:
        mean = float(given)
        if not (math.isfinite(mean) and mean >= 0):
            raise InvalidData(f"the mean demand must be at least 0, not {mean!r}")
        pmf, method = poisson_pmf(mean), "Poisson"
    else:
        pmf, method = given, "given distribution"
        if given.ndim != 1 or given.size == 0 or not np.all(given >= 0) or abs(given.sum() - 1) > 1e-6:
            raise InvalidData("probabilities of 0, 1, ... demands must be at least 0 and sum to 1")
    facts: dict[str, Any] = {
        "method": method,
        "unit": "parts",
        "confidence": 0.90,
        "counts": Counts(records=0, failures=0),
        "exposure": 0.0,
        "fingerprint": hashlib.sha256(f"{method}:{given.tolist()}".encode()).hexdigest(),
    }
    return pmf, facts
