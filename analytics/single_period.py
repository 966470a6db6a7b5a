"""The stock for one period at the least expected cost of parts left over and demands unmet."""

import math
from contextlib import suppress
from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy.special import ndtr, ndtri

from analytics.arguments import checked
from analytics.counts import count_quantile, mean_count
from analytics.errors import InvalidData
from analytics.results import Result, facts_without_data
from analytics.stock import Demand, demand_pmf


@dataclass(frozen=True, eq=False, kw_only=True)
class NewsvendorStock(Result):
    """The cheapest stock for one period; made by `newsvendor`.

    Attributes
    ----------
    stock : float
        Cheapest stock; a whole number unless the demand is normal.
    cost : float
        Its expected cost.
    critical_ratio : float
        shortage_cost / (shortage_cost + holding_cost): the service level that is cheapest.
    expected_surplus, expected_shortage : float
        Parts left over and demands unmet that are to be expected with `stock`.
    """

    stock: float
    cost: float
    critical_ratio: float
    expected_surplus: float
    expected_shortage: float


@checked
def newsvendor(
    demand: Demand,
    *,
    holding_cost: float,
    shortage_cost: float,
    standard_deviation: float | None = None,
    variance_to_mean: float = 1.0,
    stock: float | None = None,
) -> NewsvendorStock:
    r"""Stock for one period that costs least, where a part left over and a demand unmet each have a price.

    For a last buy, a campaign or a mission kit. Where parts are ordered again and again it is the stock of each lead
    time, with `shortage_cost` that of a back order.

    Parameters
    ----------
    demand : DemandForecast, float or array_like of shape (k,)
        As for `stock_for_service_level`: a forecast, a mean, or the probabilities of 0, 1, ... demands.
    holding_cost, shortage_cost : float
        Cost of each part left over and of each demand unmet, above 0.
    standard_deviation : float, optional
        Makes the demand normal with this standard deviation and mean `demand`; the stock is then no whole number.
    variance_to_mean : float
        Negative binomial demand where above 1.
    stock : float, optional
        A stock to be told the cost of, in place of the cheapest; a whole number unless the demand is normal.

    Returns
    -------
    NewsvendorStock

    Raises
    ------
    InvalidData
        If a cost is not above 0, or the demand is refused by `stock_for_service_level`.

    Notes
    -----
    The cheapest stock is the smallest s with :math:`P(D \le s) \ge p / (p + h)`. For normal demand it is
    :math:`\mu + \sigma z` with :math:`z = \Phi^{-1}(p / (p + h))`, at the cost :math:`(h + p)\,\sigma\,\phi(z)`.

    References
    ----------
    Snyder, L. V. and Shen, Z.-J. M. (2019). *Fundamentals of Supply Chain Theory*, 2nd ed., Wiley, sec. 4.3.

    Examples
    --------
    Snyder and Shen's example 4.3:

    >>> found = newsvendor(50.0, standard_deviation=8.0, holding_cost=0.18, shortage_cost=0.70)
    >>> round(found.stock, 4), round(found.cost, 4)
    (56.604, 1.9976)
    """
    for name, cost in (("holding_cost", holding_cost), ("shortage_cost", shortage_cost)):
        if not (math.isfinite(cost) and cost > 0):
            raise InvalidData(f"{name} must be above 0, not {cost!r}")
    if stock is not None and not (math.isfinite(stock) and stock >= 0):
        raise InvalidData(f"stock must be at least 0, not {stock!r}")
    ratio = shortage_cost / (shortage_cost + holding_cost)
    if standard_deviation is None:
        pmf = demand_pmf(demand, variance_to_mean)
        best = float(count_quantile(pmf, ratio) if stock is None else stock)
        if best != int(best):
            raise InvalidData(f"stock must be a whole number, not {stock!r}")
        over = float(np.maximum(best - np.arange(pmf.size), 0.0) @ pmf)
        mean, method, given = mean_count(pmf), "newsvendor", pmf
    else:
        mean, best, over = _normal(demand, standard_deviation, ratio, stock)
        method, given = "newsvendor, normal demand", np.array(mean)
    short = mean - best + over
    return NewsvendorStock(
        **facts_without_data(
            method, given, holding_cost, shortage_cost, standard_deviation, variance_to_mean
        ),
        stock=best,
        cost=holding_cost * over + shortage_cost * short,
        critical_ratio=ratio,
        expected_surplus=over,
        expected_shortage=short,
    )


def _normal(demand: Demand, sd: float, ratio: float, stock: float | None) -> tuple[float, float, float]:
    """Mean, stock and expected surplus under normal demand."""
    mean = math.nan
    if isinstance(demand, Real):
        with suppress(OverflowError):
            mean = float(demand)
    if not math.isfinite(mean):
        raise InvalidData("with a standard deviation, the demand is its mean: one finite number")
    if not (math.isfinite(sd) and sd > 0):
        raise InvalidData(f"standard_deviation must be above 0, not {sd!r}")
    best = mean + sd * float(ndtri(ratio)) if stock is None else float(stock)
    z = (best - mean) / sd
    density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
    return mean, best, sd * (z * float(ndtr(z)) + density)
