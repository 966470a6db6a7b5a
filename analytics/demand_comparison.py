"""Which way of forecasting intermittent demand beats which: a comparison by rolling origin over many series."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike

from analytics.arguments import checked
from analytics.errors import InvalidData
from analytics.intermittent import Method, Start, croston, demand_table, smoothing_constants
from analytics.results import FloatArray, Result, facts_without_data

if TYPE_CHECKING:
    import pandas as pd

Forecaster = Literal["zero", "naive", "mean", "moving_average", "ses", "croston", "sba", "sbj", "tsb"]
Measure = Literal["mase", "rmsse", "pinball"]
METHODS: tuple[Forecaster, ...] = get_args(Forecaster)
MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True, eq=False, kw_only=True)
class DemandComparison(Result):
    """Errors of several forecasts on the same series and origins; made by `compare_demand_forecasts`.

    Attributes
    ----------
    methods : tuple of str
        The forecasts compared.
    mase : ndarray, shape (methods,)
        Mean absolute error over that of the naive forecast within the first history, mean over series. Favours
        forecasts of the median, which is 0 for most parts: see "zero".
    rmsse : ndarray, shape (methods,)
        Root mean squared error, scaled likewise: favours forecasts of the mean, which a stock is reckoned from.
    pinball : ndarray, shape (methods,)
        Loss of the `quantile` of demand over the horizon, scaled as `mase`: what a stock for that service costs.
    bias : ndarray, shape (methods,)
        Mean of forecast minus demand over all series, over mean demand: 0.1 is 10 % too much.
    coverage : ndarray, shape (methods,)
        How often demand stayed at or below its forecast `quantile`.
    difference, standard_error : dict of str to ndarray, shape (methods, methods)
        For each of "mase", "rmsse", "pinball": mean over series of the loss of the row's method minus that of the
        column's, and its standard error.
    series, left_out : int
        Series compared, and series without any change of demand in the first history, which give no scale.
    origins, horizon : int
        Origins, and periods forecast from each.
    quantile : float
        Of demand over the horizon, for `pinball` and `coverage`.
    """

    methods: tuple[str, ...]
    mase: FloatArray
    rmsse: FloatArray
    pinball: FloatArray
    bias: FloatArray
    coverage: FloatArray
    difference: dict[str, FloatArray]
    standard_error: dict[str, FloatArray]
    series: int
    left_out: int
    origins: int
    horizon: int
    quantile: float

    def beats(self, one: str, other: str, *, measure: Measure = "rmsse") -> bool:
        """Whether `one` has less loss than `other` beyond doubt: `confidence`, over all pairs at once (Bonferroni)."""
        from scipy.special import ndtri

        for name in (one, other):
            if name not in self.methods:
                raise InvalidData(f"{name!r} was not compared; there are {self.methods}")
        row, column = self.methods.index(one), self.methods.index(other)
        pairs = len(self.methods) * (len(self.methods) - 1)
        doubt = -float(ndtri((1.0 - self.confidence) / max(pairs, 1)))
        gain = -self.difference[measure][row, column]
        return bool(gain > doubt * self.standard_error[measure][row, column])

    def beaten_by(self, one: str, *, measure: Measure = "rmsse") -> tuple[str, ...]:
        """The methods that have less loss than `one` beyond doubt."""
        return tuple(
            other for other in self.methods if other != one and self.beats(other, one, measure=measure)
        )

    def to_frame(self) -> "pd.DataFrame":
        """One row a method, the best `rmsse` first."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in ("rmsse", "mase", "pinball", "bias", "coverage")}
        frame = pd.DataFrame({"method": self.methods, **columns})
        return frame.sort_values("rmsse", ignore_index=True)


@checked
def compare_demand_forecasts(
    demand: ArrayLike,
    *,
    methods: Sequence[Forecaster] = METHODS,
    origins: int = 6,
    horizon: int = 3,
    alpha: float = 0.1,
    beta: float | None = None,
    start: Start = "first",
    window: int = 6,
    quantile: float = 0.95,
    confidence: float = 0.95,
) -> DemandComparison:
    r"""Forecast many demand series from one origin after another, and say which method beats which.

    To choose a method for a whole range of parts. For one part the history is too short to choose by: use the
    range's choice.

    Parameters
    ----------
    demand : array_like, shape (series, periods)
        Demand of each period, **oldest first**.
    methods : sequence of {"zero", "naive", "mean", "moving_average", "ses", "croston", "sba", "sbj", "tsb"}
        Those of `croston`, and simple ones: nothing at all, the last demand, the mean of the history, of its
        last `window` periods, and simple exponential smoothing from the first demand.
    origins : int
        How many of the last possible origins; from each, all earlier periods are known and none later.
    horizon : int
        Periods forecast from each origin.
    alpha, beta, start : float, float, str or tuple
        As for `croston`; `alpha` also for "ses". The start is taken from the history before the origin.
    window : int
        Periods of the moving average.
    quantile : float
        Of demand over the horizon, from a negative binomial distribution with the forecast mean and the
        variance-to-mean ratio of the history (at least 1, the same for all methods).
    confidence : float
        With which one method is said to beat another.

    Returns
    -------
    DemandComparison

    Raises
    ------
    InvalidData
        If the series are too short for the origins and horizon, a setting is out of range, or a word is unknown.

    Notes
    -----
    Losses are averaged over origins and periods within each series, scaled by the mean absolute (or root mean
    squared) change from period to period in the history before the first origin, and compared in pairs over
    series: the standard error of a difference is that over series, taken as independent.

    References
    ----------
    Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of forecast accuracy. *International
    Journal of Forecasting* 22, 679-688.
    Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2022). The M5 competition. *International Journal of
    Forecasting* 38, 1325-1336 (RMSSE).
    Tashman, L. J. (2000). Out-of-sample tests of forecasting accuracy. *International Journal of Forecasting*
    16, 437-450.

    Examples
    --------
    >>> import numpy as np
    >>> demand = np.random.default_rng(1).poisson(0.4, (500, 36))
    >>> found = compare_demand_forecasts(demand, methods=["naive", "mean", "sba"])
    >>> found.beats("mean", "naive"), found.beaten_by("mean")
    (True, ())
    """
    table, _ = demand_table(demand)
    periods = table.shape[1]
    methods = tuple(methods)
    unknown = [name for name in methods if not (isinstance(name, str) and name in METHODS)]
    if unknown or not methods:
        raise InvalidData(f"unknown methods {unknown}; there are {METHODS}")
    if min(origins, horizon, window) < 1:
        raise InvalidData("origins, horizon and window must be at least 1")
    if not (0 < quantile < 1 and 0 < confidence < 1):
        raise InvalidData("quantile and confidence must lie between 0 and 1")
    smoothing_constants(alpha, beta)
    first = periods - horizon - origins + 1
    if first < 2:
        raise InvalidData(
            f"{periods} periods are too few for {origins} origins and a horizon of {horizon}: 2 must come before"
        )
    change = np.diff(table[:, :first], axis=1)
    kept = np.any(change != 0, axis=1)
    if not kept.any():
        raise InvalidData("no series has any change of demand before the first origin")
    table, change = table[kept], change[kept]
    settings = _Settings(alpha, beta, start, window, quantile)
    sums = [_losses(table, name, range(first, first + origins), horizon, settings) for name in methods]
    absolute, squared, pinball, error, covered = (np.array(column) for column in zip(*sums, strict=True))
    scale = np.abs(change).mean(axis=1)
    loss = {
        "mase": absolute / scale,
        "rmsse": np.sqrt(squared / np.square(change).mean(axis=1)),
        "pinball": pinball / scale,
    }
    pairs = {name: one[:, None, :] - one[None, :, :] for name, one in loss.items()}
    count = table.shape[0]
    asked = float(np.mean([table[:, o : o + horizon].mean() for o in range(first, first + origins)]))
    return DemandComparison(
        **facts_without_data("rolling origin", table, methods, origins, horizon, repr(settings))
        | {"confidence": confidence},
        methods=methods,
        **{name: one.mean(axis=1) for name, one in loss.items()},
        bias=error.mean(axis=1) / max(asked, 1e-300),
        coverage=covered.mean(axis=1),
        difference={name: one.mean(axis=2) for name, one in pairs.items()},
        standard_error={name: one.std(axis=2) / np.sqrt(count) for name, one in pairs.items()},
        series=count,
        left_out=int(np.sum(~kept)),
        origins=origins,
        horizon=horizon,
        quantile=quantile,
    )


@dataclass(frozen=True)
class _Settings:
    alpha: float
    beta: float | None
    start: Start
    window: int
    quantile: float


def _losses(
    table: FloatArray, method: Forecaster, origins: range, horizon: int, settings: _Settings
) -> list[FloatArray]:
    """Mean absolute, squared and pinball loss, error and coverage of each series over the origins."""
    sums = np.zeros((5, table.shape[0]))
    for origin in origins:
        history, actual = table[:, :origin], table[:, origin : origin + horizon]
        forecast = _forecast(history, method, settings)
        error = forecast[:, None] - actual
        total = actual.sum(axis=1)
        reach = _quantile(horizon * forecast, history, settings.quantile)
        missed = total - reach
        sums += [
            np.abs(error).mean(axis=1),
            np.square(error).mean(axis=1),
            np.maximum(settings.quantile * missed, (settings.quantile - 1.0) * missed),
            error.mean(axis=1),
            missed <= 0,
        ]
    return list(sums / len(origins))


def _forecast(history: FloatArray, method: Forecaster, settings: _Settings) -> FloatArray:
    if method == "zero":
        return np.zeros(history.shape[0])
    if method == "naive":
        return history[:, -1]
    if method in ("mean", "moving_average"):
        recent = history if method == "mean" else history[:, -settings.window :]
        means: FloatArray = recent.mean(axis=1)
        return means
    if method == "ses":
        level = history[:, 0].copy()
        for asked in history.T[1:]:
            level += settings.alpha * (asked - level)
        return level
    family = cast(Method, method)
    return croston(
        history, method=family, alpha=settings.alpha, beta=settings.beta, start=settings.start
    ).rate


def _quantile(mean: FloatArray, history: FloatArray, quantile: float) -> FloatArray:
    """Quantile of a negative binomial demand with the mean, and the variance-to-mean ratio of the history."""
    # Loads slowly, and is asked for here only.
    from scipy.stats import nbinom

    average = history.mean(axis=1)
    # A ratio of 1 itself, Poisson, is the limit of a size without end.
    spread = np.maximum(history.var(axis=1, ddof=1) / np.where(average > 0, average, 1.0), 1.0 + 1e-6)
    found = nbinom.ppf(quantile, np.maximum(mean, 1e-12) / (spread - 1.0), 1.0 / spread)
    return np.where(mean > 0, found, 0.0)
