"""How many spare parts to hold for a service level."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analytics.arguments import checked
from analytics.counts import count_quantile, mean_count, pmf_of_moments
from analytics.errors import InvalidData
from analytics.plain_numbers import as_floats
from analytics.results import FloatArray, Result, facts_without_data
from analytics.spares import DemandForecast

Demand = DemandForecast | float | Sequence[float] | FloatArray
Measure = Literal["cycle", "fill_rate", "period_fill_rate"]


@dataclass(frozen=True, eq=False, kw_only=True)
class StockLevel(Result):
    """How many parts to hold, and what every other stock would achieve; made by `stock_for_service_level`.

    `counts` and `exposure` are those of the data behind the demand, 0 when it was given as a number.

    Attributes
    ----------
    stock : int
        Smallest stock that reaches the service level.
    measure : {"cycle", "fill_rate", "period_fill_rate"}
        What the service level is a level of; see `stock_for_service_level`.
    service_level : float
        Level asked for.
    achieved : float
        Level that `stock` reaches.
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
    measure: Measure
    service_level: float
    achieved: float
    probability: FloatArray
    expected_shortage: FloatArray
    expected_surplus: FloatArray
    mean_demand: float
    on_hand: int

    @property
    def fill_rate(self) -> FloatArray:
        """Probability that a demand finds a part on the shelf, for a stock of 0, 1, ...; shape (k,)."""
        return np.concatenate([[0.0], self.probability[:-1]])

    @property
    def period_fill_rate(self) -> FloatArray:
        """Share of the demands of the period that a stock of 0, 1, ... meets; 1 without demand; shape (k,)."""
        return _share_met(self.expected_shortage, self.mean_demand)

    @property
    def to_order(self) -> int:
        """Parts missing from `stock`, 0 when there are enough."""
        return max(0, self.stock - self.on_hand)

    @property
    def probability_on_hand(self) -> float:
        """Probability that the parts already there cover all demands."""
        return float(self.probability[min(self.on_hand, self.probability.size - 1)])

    @property
    def shortage_on_hand(self) -> float:
        """Expected demands that the parts already there leave uncovered."""
        return float(self.expected_shortage[min(self.on_hand, self.expected_shortage.size - 1)])


@checked
def stock_for_service_level(
    demand: Demand,
    service_level: float,
    *,
    measure: Measure = "cycle",
    variance_to_mean: float = 1.0,
    on_hand: int = 0,
) -> StockLevel:
    r"""Smallest stock that gives a service level over one lead time.

    For a part that is ordered one for one and cannot be had faster than its lead time: the demand must be
    that of one lead time (plus the interval between orders, where they are gathered), or, where parts are
    repaired, the number out for repair or on order at one moment (the pipeline).

    Parameters
    ----------
    demand : DemandForecast, float or array_like of shape (k,)
        A forecast over the lead time; or the mean demand (rate x lead time, or the mean pipeline: rate x
        turn-around); or the probabilities of 0, 1, ... demands.
    service_level : float
        In (0, 1).
    measure : {"cycle", "fill_rate", "period_fill_rate"}
        What the level is a level of, for a demand D and a stock s. "cycle" (cycle service, type 1): the
        probability P(D <= s) that no demand of the lead time goes unmet. "fill_rate" (ready rate): the
        probability P(D <= s - 1) that a demand finds a part on the shelf, where every demand is ordered again
        at once (s - 1, s); with Poisson demand the share of demands met without waiting. "period_fill_rate"
        (type 2): the share 1 - E(D - s)+ / E(D) of the demands met in a period without resupply.
    variance_to_mean : float
        Variance of a demand given by its mean, over that mean: Poisson at 1, negative binomial above.
    on_hand : int
        Serviceable parts already there.

    Returns
    -------
    StockLevel
        Its arrays reach at least from a stock of 0 to one that covers demand with probability 0.9999.

    Raises
    ------
    InvalidData
        If `service_level` is outside (0, 1), the mean is negative, the probabilities are negative or do
        not sum to 1, `variance_to_mean` is below 1 or given with anything but a mean, or a word is unknown.

    Notes
    -----
    ``stock = min{s : level(s) >= service_level}``. Expected shortage at stock s is
    :math:`\sum_{d > s} (d - s) P(D = d)`: Sherbrooke's expected back orders (EBO), where D is the pipeline. By Palm's
    theorem a pipeline is Poisson with mean rate x turn-around, whatever the distribution of the turn-around.

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
    >>> stock_for_service_level(2.0, 0.95, measure="fill_rate").stock
    6
    """
    if not 0 < service_level < 1:
        raise InvalidData(f"service_level must lie between 0 and 1 (0.95 means 95 %), not {service_level!r}")
    if on_hand < 0:
        raise InvalidData(f"on_hand must be a whole number of at least 0, not {on_hand!r}")
    pmf = demand_pmf(demand, variance_to_mean)
    mean = mean_count(pmf)
    # The fill rate needs one part more than the cycle at the same level, the period's share no more than all demands.
    enough = max(count_quantile(pmf, max(service_level, 0.9999)) + 1, min(on_hand, pmf.size))
    if measure == "period_fill_rate":
        enough = max(enough, pmf.size)
    padded = np.concatenate([pmf, np.zeros(max(0, enough + 1 - pmf.size))])
    probability = np.minimum(np.cumsum(padded), 1.0)[: enough + 1]
    surplus, shortage = expected_left_and_short(probability, mean)
    levels = {"cycle": probability, "fill_rate": np.concatenate([[0.0], probability[:-1]])}
    level = levels.get(measure, _share_met(shortage, mean))
    stock = int(np.argmax(level >= service_level - 1e-12))
    return StockLevel(
        **_facts(demand, variance_to_mean),
        stock=stock,
        measure=measure,
        service_level=float(service_level),
        achieved=float(level[stock]),
        probability=probability,
        expected_shortage=shortage,
        expected_surplus=surplus,
        mean_demand=mean,
        on_hand=on_hand,
    )


def expected_left_and_short(probability: FloatArray, mean: float) -> tuple[FloatArray, FloatArray]:
    """Expected parts left over and demands unmet at a stock of 0, 1, ..., from the cumulative probabilities."""
    # E(s - D)+ grows by P(D <= s) with every part added.
    surplus = np.concatenate([[0.0], np.cumsum(probability)[:-1]])
    return surplus, np.maximum(mean - np.arange(probability.size) + surplus, 0.0)


def _share_met(shortage: FloatArray, mean: float) -> FloatArray:
    return 1.0 - shortage / mean if mean > 0 else np.ones(shortage.size)


def demand_pmf(demand: Demand, variance_to_mean: float = 1.0) -> FloatArray:
    """Probabilities of 0, 1, ... demands, from whatever way of giving a demand.

    Raises
    ------
    InvalidData
        As for `stock_for_service_level`.
    """
    if not (math.isfinite(variance_to_mean) and variance_to_mean >= 1.0):
        raise InvalidData(f"variance_to_mean must be at least 1 (Poisson), not {variance_to_mean!r}")
    try:
        given = demand.pmf if isinstance(demand, DemandForecast) else as_floats(demand)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"a demand must be a mean or probabilities: {error}") from error
    if given.ndim == 0:
        mean = float(given)
        if not (math.isfinite(mean) and mean >= 0):
            raise InvalidData(f"the mean demand must be at least 0, not {mean!r}")
        return pmf_of_moments(mean, mean * variance_to_mean)
    if variance_to_mean != 1.0:
        raise InvalidData(
            "variance_to_mean belongs to a demand given by its mean; a distribution has its own"
        )
    if given.ndim != 1 or given.size == 0 or not np.all(given >= 0) or abs(given.sum() - 1) > 1e-6:
        raise InvalidData("probabilities of 0, 1, ... demands must be at least 0 and sum to 1")
    return given


def _facts(demand: Demand, variance_to_mean: float) -> dict[str, Any]:
    if isinstance(demand, DemandForecast):
        names = ("method", "unit", "confidence", "counts", "exposure", "fingerprint", "warnings")
        return {name: getattr(demand, name) for name in names}
    given = np.array(demand, dtype=float)
    by_mean = "Poisson" if variance_to_mean == 1.0 else "negative binomial"
    return facts_without_data("given distribution" if given.ndim else by_mean, given, float(variance_to_mean))
