"""Power-law curves through cumulative plots by least squares: Duane's line, and a curve through an MCF."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from analytics.arguments import checked
from analytics.errors import InvalidData, NotConverged, NotEnoughFailures
from analytics.eventhistories import EventHistories
from analytics.groupedevents import GroupedEvents
from analytics.repairable import MeanCumulativeFunction
from analytics.results import FloatArray, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class DuaneFit(Result):
    """Duane's line: cumulative MTBF = b t ** alpha, straight on log-log paper.

    Made by `fit_duane`. A plot with a line, not a model with bounds: its points lean on each other.

    Attributes
    ----------
    alpha : float
        Growth rate, the slope of the line; 0 no growth.
    b : float
        Cumulative MTBF at age 1, in `unit`.
    r_squared : float
        Squared correlation of the logarithms.
    time, cumulative : ndarray
        The points of the plot: total time, and cumulative MTBF up to there.
    """

    alpha: float
    b: float
    r_squared: float
    time: FloatArray
    cumulative: FloatArray

    def cumulative_mtbf(self, t: ArrayLike) -> FloatArray:
        """Total time over events, from 0 to `t` > 0."""
        return np.asarray(self.b * np.asarray(t, dtype=np.float64) ** self.alpha)

    def mtbf(self, t: ArrayLike) -> FloatArray:
        """Instantaneous MTBF at `t` > 0: cumulative MTBF / (1 - alpha)."""
        return np.asarray(self.cumulative_mtbf(t) / (1.0 - self.alpha))


@checked
def fit_duane(histories: EventHistories | GroupedEvents) -> DuaneFit:
    r"""Draw Duane's line through the cumulative MTBF of a growth test by least squares of the logarithms.

    For a first look at growth. The points are cumulative, so the scatter looks smaller than it is and no bounds can be had;
    `fit_power_law` is the model with bounds.

    Parameters
    ----------
    histories : EventHistories or GroupedEvents
        Events of one system, or of several tested together; the axis is the total time of all.

    Returns
    -------
    DuaneFit

    Raises
    ------
    NotEnoughFailures
        With fewer than two events at different times.
    InvalidData
        If observation does not begin at age 0, an event is at age 0, or MTBF grows faster than time itself.

    Notes
    -----
    At event i with total time :math:`T_i`: :math:`\log(T_i/i) = \log b + \alpha \log T_i`.

    References
    ----------
    Duane, J. T. (1964). Learning curve approach to reliability monitoring. *IEEE Trans. Aerospace* 2, 563-566.
    MIL-HDBK-189C (2011), *Reliability Growth Management*.

    Examples
    --------
    >>> fit = fit_duane(EventHistories(["a"] * 4, [10, 40, 100, 400], end={"a": 400}))
    >>> round(fit.alpha, 3), round(float(fit.mtbf(400)), 1)
    (0.62, 236.3)
    """
    time, events = _cumulative(histories)
    if time.size < 2:
        raise NotEnoughFailures("a line needs events at two different times at least")
    x, y = np.log(time), np.log(time / events)
    dx, dy = x - x.mean(), y - y.mean()
    alpha = float(dx @ dy / (dx @ dx))
    if alpha >= 1.0:
        raise InvalidData("the cumulative MTBF grows faster than time itself; no instantaneous MTBF follows")
    spread = float((dx @ dx) * (dy @ dy))
    return DuaneFit(
        method="rry",
        unit=histories.unit,
        confidence=0.90,
        counts=histories.counts,
        exposure=histories.exposure,
        fingerprint=histories.fingerprint,
        warnings=(
            "a Duane line has no bounds: its points are cumulative and lean on each other; see fit_power_law",
        ),
        alpha=alpha,
        b=math.exp(float(y.mean()) - alpha * float(x.mean())),
        r_squared=float(dx @ dy) ** 2 / spread if spread > 0 else 1.0,
        time=time,
        cumulative=time / events,
    )


def _cumulative(histories: EventHistories | GroupedEvents) -> tuple[FloatArray, FloatArray]:
    """Total time of all systems at each age with events, and the events up to there."""
    if isinstance(histories, GroupedEvents):
        low, high = histories.start, histories.end
        ages, seen = np.unique(high), histories.events
        events = np.array([seen[high <= age].sum() for age in ages])
    else:
        low, high = histories.window_start, histories.window_end
        ages, counts = np.unique(histories.time, return_counts=True)
        events = np.cumsum(counts).astype(float)
    if low.min(initial=0.0) < 0 or np.any(ages <= 0):
        raise InvalidData("a Duane plot needs ages above 0")
    total = np.array([float(np.clip(age - low, 0.0, high - low).sum()) for age in ages])
    some = events > 0
    return total[some], events[some]


@dataclass(frozen=True, eq=False, kw_only=True)
class McfCurve(Result):
    """A power-law curve through a mean cumulative function, MCF = (t / alpha) ** beta; made by `fit_mcf_curve`.

    Attributes
    ----------
    alpha : float
        Age, in `unit`, by which one event (or one unit of cost) a system is expected.
    beta : float
        Shape: below 1 bending down, above 1 bending up.
    r_squared : float
        Share of the scatter of the points that the curve explains.
    """

    alpha: float
    beta: float
    r_squared: float

    def at(self, t: ArrayLike) -> FloatArray:
        """The curve at any ages."""
        return np.asarray((np.asarray(t, dtype=np.float64) / self.alpha) ** self.beta)


@checked
def fit_mcf_curve(curve: MeanCumulativeFunction) -> McfCurve:
    r"""Draw a power-law curve through a mean cumulative function by least squares.

    To describe a curve in two numbers, costs included. It has no bounds; for events `fit_power_law` is the model with bounds.

    Parameters
    ----------
    curve : MeanCumulativeFunction
        From `mean_cumulative_function`.

    Returns
    -------
    McfCurve

    Raises
    ------
    NotEnoughFailures
        With fewer than two steps.
    NotConverged
        If the search for the least squares does not end.

    Notes
    -----
    Minimises :math:`\sum_k [\hat M(t_k) - (t_k/\alpha)^\beta]^2` over the events, ties one after the other, as Weibull++
    and the `reliability` package do.

    References
    ----------
    ReliaWiki, *Recurrent Event Data Analysis*, curve through the mean cumulative function.

    Examples
    --------
    >>> from analytics import mean_cumulative_function
    >>> histories = EventHistories(["a"] * 3 + ["b"] * 2, [4, 7, 9, 5, 9], end={"a": 10, "b": 10})
    >>> round(fit_mcf_curve(mean_cumulative_function(histories)).beta, 2)
    1.6
    """
    # A point for each event: those that happened at one time share its step.
    step = np.diff(curve.estimate, prepend=0.0) / curve.events
    time, height = np.repeat(curve.time, curve.events), np.cumsum(np.repeat(step, curve.events))
    keep = (time > 0) & (height > 0)
    time, height = time[keep], height[keep]
    if np.unique(time).size < 2:
        raise NotEnoughFailures("a curve needs at least two steps after age 0")
    x, y = np.log(time), np.log(height)
    slope = float((x - x.mean()) @ (y - y.mean()) / ((x - x.mean()) @ (x - x.mean())))
    largest = float(height.max())

    def residuals(p: FloatArray) -> FloatArray:
        # Over the largest height and around the mean age, so that units do not matter to the search.
        return np.asarray(np.exp(p[0] + math.exp(p[1]) * (x - x.mean())) / largest - height / largest)

    found = least_squares(
        residuals,
        [float(y.mean()), math.log(max(slope, 1e-3))],
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    if not found.success:
        raise NotConverged("the least-squares curve through the MCF was not found")
    beta = math.exp(found.x[1])
    scatter = float(np.sum((height - height.mean()) ** 2))
    return McfCurve(
        method="least squares",
        unit=curve.unit,
        confidence=curve.confidence,
        counts=curve.counts,
        exposure=curve.exposure,
        fingerprint=curve.fingerprint,
        warnings=("a least-squares curve has no bounds; for events see fit_power_law",),
        alpha=math.exp(float(x.mean()) - found.x[0] / beta),
        beta=beta,
        r_squared=1.0 - 2.0 * float(found.cost) * largest**2 / scatter if scatter > 0 else 1.0,
    )
