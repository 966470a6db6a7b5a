"""Intermittent demand: Croston's method and those that followed, for one series or thousands at once."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.arguments import checked
from analytics.errors import InvalidData
from analytics.lifedata import MOST_UNITS
from analytics.plain_numbers import as_floats
from analytics.results import FloatArray, Result, facts_without_data

Method = Literal["croston", "sba", "sbj", "tsb"]
Start = Literal["first", "mean"] | tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True, eq=False, kw_only=True)
class IntermittentForecast(Result):
    """Demand per period expected from now on, flat over all periods to come; made by `croston`.

    Arrays have one entry a series, also where one series was given.

    Attributes
    ----------
    rate : ndarray, shape (series,)
        Forecast of the demand of each period to come; `forecast` is the same as a float where one series was
        given.
    size, interval : ndarray, shape (series,)
        Smoothed size of a demand, and periods between two (for "tsb" the inverse of the smoothed probability). NaN
        without any demand.
    start : {"first", "mean", "given"}
        How the recursion was started.
    start_size, start_interval : ndarray, shape (series,)
        What it was started with. Croston's forecast of a short series depends on it more than on anything else.
    alpha, beta : float
        Smoothing constants of the size and of the interval (or probability).
    fitted : ndarray, shape (series, periods)
        Forecast made at the end of each period for the next; NaN before the first demand. The last is `rate`.
    is_single : bool
        One series was given, not a table of them.
    """

    rate: FloatArray
    size: FloatArray
    interval: FloatArray
    start: str
    start_size: FloatArray
    start_interval: FloatArray
    alpha: float
    beta: float
    fitted: FloatArray
    is_single: bool

    @property
    def forecast(self) -> Any:
        """`rate`, as a float where one series was given."""
        return float(self.rate[0]) if self.is_single else self.rate


@checked
def croston(
    demand: ArrayLike,
    *,
    method: Method = "croston",
    alpha: float = 0.1,
    beta: float | None = None,
    start: Start = "first",
) -> IntermittentForecast:
    r"""Forecast intermittent demand: how much at a time, and how often.

    For parts asked for now and then. It knows neither ages nor numbers installed: where the tracker does,
    `forecast_spares` sees demand coming that no history shows.

    Parameters
    ----------
    demand : array_like, shape (periods,) or (series, periods)
        Demand of each period, **oldest first**, zeros included; at least 0.
    method : {"croston", "sba", "sbj", "tsb"}
        Croston's own (biased upwards); with the correction of Syntetos and Boylan, 1 - beta / 2, or of Shale,
        Boylan and Johnston, 1 - beta / (2 - beta); or Teunter, Syntetos and Babai's, which smooths the
        probability of a demand in every period and so forgets parts that are no longer asked for.
    alpha : float
        Smoothing constant of the size, in (0, 1].
    beta : float, optional
        Smoothing constant of the interval, or of the probability for "tsb"; `alpha` where not given.
    start : {"first", "mean"} or (size, interval)
        What the recursion starts with: the size of the first demand, and the periods up to it ("first") or the
        mean interval of the whole series ("mean"); or a size and an interval from elsewhere. The forecast of a
        series that begins with a demand can differ by half.

    Returns
    -------
    IntermittentForecast

    Raises
    ------
    InvalidData
        If the demand is negative or not finite, there are no periods, a constant is outside (0, 1], or a word
        is unknown.

    Notes
    -----
    At each demand d, q periods after the last: :math:`z \leftarrow z + \alpha (d - z)`, :math:`x \leftarrow x +
    \beta (q - x)`; the forecast is :math:`c\, z / x` with the correction c. For "tsb", :math:`p \leftarrow p +
    \beta (1\{d > 0\} - p)` in each period after the first, and the forecast is :math:`p z`. The first interval
    counts from the beginning of the series. With "first" and "mean" the start stands in the place of the first
    demand, which is then not smoothed once more.

    References
    ----------
    Croston, J. D. (1972). Forecasting and stock control for intermittent demands. *Operational Research
    Quarterly* 23, 289-303.
    Syntetos, A. A. and Boylan, J. E. (2005). The accuracy of intermittent demand estimates. *International
    Journal of Forecasting* 21, 303-314.
    Shale, E. A., Boylan, J. E. and Johnston, F. R. (2006). Forecasting for intermittent demand: the
    estimation of an unbiased average. *Journal of the Operational Research Society* 57, 588-592.
    Teunter, R. H., Syntetos, A. A. and Babai, M. Z. (2011). Intermittent demand: linking forecasting to
    inventory obsolescence. *European Journal of Operational Research* 214, 606-615.

    Examples
    --------
    >>> found = croston([0, 3, 0, 0, 2, 0, 0, 0, 4], method="sba", alpha=0.2)
    >>> round(found.forecast, 4), found.start, found.start_size.tolist(), found.start_interval.tolist()
    (1.0688, 'first', [3.0], [2.0])
    """
    beta = smoothing_constants(alpha, beta)[1]
    table, is_single = demand_table(demand)
    size, interval, word = _start(table, start)
    is_given = word == "given"
    if method == "tsb":
        fitted, last_size, last_interval = _smoothed_probability(table, alpha, beta, size, interval, is_given)
    else:
        correction = {"croston": 1.0, "sba": 1.0 - beta / 2.0, "sbj": 1.0 - beta / (2.0 - beta)}[method]
        fitted, last_size, last_interval = _smoothed_interval(table, alpha, beta, size, interval, is_given)
        fitted *= correction
    silent = int(np.sum(~(table > 0).any(axis=1)))
    facts = facts_without_data(method, table, alpha, beta, word, size, interval)
    if silent and not is_given:
        facts["warnings"] = (
            f"{silent} of {table.shape[0]} series hold no demand at all: their forecast is 0",
        )
    return IntermittentForecast(
        **facts,
        rate=np.where(np.isnan(fitted[:, -1]), 0.0, fitted[:, -1]),
        size=last_size,
        interval=last_interval,
        start=word,
        start_size=size,
        start_interval=interval,
        alpha=float(alpha),
        beta=float(beta),
        fitted=fitted,
        is_single=is_single,
    )


def smoothing_constants(alpha: float, beta: float | None) -> tuple[float, float]:
    """Both constants, the second as the first where it was not given, checked."""
    beta = alpha if beta is None else beta
    for name, constant in (("alpha", alpha), ("beta", beta)):
        if not 0 < constant <= 1:
            raise InvalidData(f"{name} must lie in (0, 1], not {constant!r}")
    return alpha, beta


def demand_table(demand: ArrayLike) -> tuple[FloatArray, bool]:
    """Demand as (series, periods), checked; and whether it was one series."""
    try:
        table = as_floats(demand)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"demand must be numbers, as many for each series: {error}") from error
    is_single = table.ndim == 1
    table = table[None] if is_single else table
    if table.ndim != 2 or table.size == 0:
        raise InvalidData(f"demand must have the shape (periods,) or (series, periods), not {table.shape}")
    bad = ~((table >= 0) & (table <= MOST_UNITS))
    if bad.any():
        row, period = (int(at) for at in np.argwhere(bad)[0])
        raise InvalidData(
            f"series {row}, period {period}: a demand of {table[row, period]} is not a number from 0 to {MOST_UNITS:g}",
            [row],
        )
    return table, is_single


def _start(table: FloatArray, start: Start) -> tuple[FloatArray, FloatArray, str]:
    """Size and interval to start from, NaN where a series has no demand to take them from."""
    series, periods = table.shape
    asked = table > 0
    first = np.where(asked.any(axis=1), asked.argmax(axis=1), -1)
    if isinstance(start, tuple):
        try:
            size, interval = (np.broadcast_to(as_floats(one), (series,)).copy() for one in start)
        except (TypeError, ValueError) as error:
            raise InvalidData(
                f"a start is (size, interval), one number each or one a series: {error}"
            ) from error
        if not (np.all(size > 0) and np.all(interval >= 1) and np.all(np.isfinite(size + interval))):
            raise InvalidData("a start is a size above 0 and an interval of at least 1 period")
        return size, interval, "given"
    if not (isinstance(start, str) and start in ("first", "mean")):
        raise InvalidData(f'start must be "first", "mean" or (size, interval), not {start!r}')
    size = np.where(first >= 0, table[np.arange(series), first], math.nan)
    number = np.where(first >= 0, asked.sum(axis=1), math.nan)
    # Intervals between demands, the first counted from the beginning, add up to the period of the last demand.
    last = periods - asked[:, ::-1].argmax(axis=1)
    interval = np.where(first >= 0, first + 1.0, math.nan) if start == "first" else last / number
    return size, interval, start


def _smoothed_interval(
    table: FloatArray, alpha: float, beta: float, size: FloatArray, interval: FloatArray, is_given: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    size, interval = size.copy(), interval.copy()
    since = np.ones(size.size)
    seen = np.full(size.size, is_given)
    fitted = np.empty(table.shape)
    for t, asked in enumerate(table.T):
        hit = asked > 0
        smooth = hit & seen
        size[smooth] += alpha * (asked - size)[smooth]
        interval[smooth] += beta * (since - interval)[smooth]
        since = np.where(hit, 1.0, since + 1.0)
        seen |= hit
        fitted[:, t] = np.where(seen, size / interval, math.nan)
    return fitted, size, interval


def _smoothed_probability(
    table: FloatArray, alpha: float, beta: float, size: FloatArray, interval: FloatArray, is_given: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    size, probability = size.copy(), 1.0 / interval
    seen = np.full(size.size, is_given)
    fitted = np.empty(table.shape)
    for t, asked in enumerate(table.T):
        hit = asked > 0
        if t > 0 or is_given:
            probability += beta * (hit - probability)
        smooth = hit & seen
        size[smooth] += alpha * (asked - size)[smooth]
        seen |= hit
        fitted[:, t] = np.where(seen, probability * size, math.nan)
    return fitted, size, 1.0 / probability
