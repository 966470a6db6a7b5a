"""Pictures of a life distribution: the probability plot, reliability and failure rate against age."""

from typing import TYPE_CHECKING

import numpy as np

from analytics.figures.paper import Paper
from analytics.figures.style import (
    CURVE_POINTS,
    INK,
    Labels,
    Trace,
    Words,
    ages_until,
    axis,
    band_traces,
    figure,
    line,
    log_axis,
    number,
    percent,
)
from analytics.lifedata import EXACT, RIGHT_CENSORED, LifeData
from analytics.nonparametric import SurvivalCurve, kaplan_meier
from analytics.ranks import plotting_positions
from analytics.results import FloatArray
from analytics.weibull_fit import WeibullFit

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from analytics.distribution_fit import DistributionFit

    LifeFit = WeibullFit | DistributionFit

# The graduation of Weibull probability paper, in percent failed.
PAPER_PERCENT = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 50, 63.2, 90, 99, 99.9)


def weibull_paper(fit: WeibullFit, data: LifeData, *, labels: Labels | None = None) -> "Figure":
    """Weibull probability plot: on this paper a Weibull distribution is a straight line of slope beta.

    The horizontal axis is log age, the vertical ln(-ln(1 - F)) labelled in percent failed. Points are
    Johnson's median ranks; the middles of the Kaplan-Meier steps where records enter late; inexact failures
    stand at the middle of their interval and are drawn open. Survivors are ticks at the foot.

    Parameters
    ----------
    fit : WeibullFit
        The line and, where it has a covariance, its pointwise bounds on the failed fraction.
    data : LifeData
        The data of the fit.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If these are not the data of the fit, or a label is unknown.

    Examples
    --------
    >>> from analytics import LifeData, fit_weibull
    >>> data = LifeData([54, 187, 216, 240, 500], [1, 1, 1, 1, 0])
    >>> weibull_paper(fit_weibull(data), data).layout.meta["alt"]
    'Weibull probability plot: 4 failures and 1 suspension; eta 300 h, beta 1.35.'
    """
    words = Words(labels)
    fit.check_made_from(data)
    ages, failed, label, is_open = plotted_points(fit, data)
    is_survivor = (data.event == RIGHT_CENSORED) & (data.time > 0)
    seen = np.concatenate([ages, data.time[is_survivor]])
    # Room around what was seen, and some of the line beyond it, but no decades of extrapolation.
    lowest = min(0.01, float(failed.min()) / 2)
    left = min(float(seen.min()) / 1.5, max(float(fit.quantile(lowest)), float(seen.min()) / 100))
    right = max(float(seen.max()) * 1.5, min(float(fit.quantile(0.9)), float(seen.max()) * 3))
    highest = min(0.999, max(0.65, float(failed.max() + 1) / 2, float(fit.failure_probability(right))))
    paper = Paper(_paper, lowest, highest, fit.unit)
    grid = np.geomspace(left, right, CURVE_POINTS)
    traces = _paper_band(fit, grid, words)
    traces.append(line(grid, _paper(fit.failure_probability(grid)), words("fit")))
    traces.append(paper.failures(ages, failed, words(label), is_open=is_open))
    traces += paper.survivors(data, is_survivor, words("suspensions"))
    return figure(
        traces,
        alt=words("alt_weibull_paper", **_numbers(fit)),
        xaxis=log_axis(words("age", unit=fit.unit), left, right),
        yaxis=paper.axis(words("failed_percent"), PAPER_PERCENT),
        numbers=_numbers_box(fit, words),
    )


def reliability_curve(
    fit: "LifeFit",
    *,
    nonparametric: SurvivalCurve | None = None,
    until: float | None = None,
    labels: Labels | None = None,
) -> "Figure":
    """Reliability against age, with pointwise bounds, and the Kaplan-Meier steps beside it where given.

    Parameters
    ----------
    fit : WeibullFit or DistributionFit
        The curve.
    nonparametric : SurvivalCurve, optional
        From `kaplan_meier` of the same data.
    until : float, optional
        Last age shown, in the fit's unit; where 95 % have failed unless given.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If `until` is not positive or a label is unknown.
    """
    words = Words(labels)
    grid = _ages(fit, until)
    traces: list[Trace] = []
    if fit.covariance is not None:
        band = fit.reliability_band(grid)
        traces += band_traces(
            grid, band.lower, band.upper, words("band", confidence=percent(band.confidence))
        )
    traces.append(line(grid, fit.reliability(grid), words("fitted")))
    if nonparametric is not None:
        ages = np.concatenate([[0.0], nonparametric.time, [nonparametric.last_time]])
        steps = np.concatenate([[1.0], nonparametric.estimate, nonparametric.estimate[-1:]])
        name = words("kaplan_meier")
        traces.append(line(ages, steps, name, colour=INK, width=1.5, dash="dash", shape="hv"))
    # Where fewer than a tenth can ever fail, the end of the curve.
    age = min(fit.b_life(10), float(grid[-1]))
    failed = float(fit.failure_probability(age))
    return figure(
        traces,
        alt=words("alt_reliability_curve", ten=number(100 * failed), b10=number(age), unit=fit.unit),
        xaxis=axis(words("age", unit=fit.unit), range=[0, float(grid[-1])]),
        yaxis=axis(words("reliability"), range=[0, 1.02]),
    )


def hazard_curve(fit: "LifeFit", *, until: float | None = None, labels: Labels | None = None) -> "Figure":
    """Failure rate against age with pointwise bounds.

    Parameters
    ----------
    fit : WeibullFit or DistributionFit
        The curve.
    until : float, optional
        Last age shown, in the fit's unit; where 95 % have failed unless given.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If `until` is not positive or a label is unknown.
    """
    words = Words(labels)
    grid = _ages(fit, until)
    rate = fit.hazard(grid)
    traces: list[Trace] = []
    top = float(np.max(rate))
    if fit.covariance is not None:
        band = fit.hazard_band(grid)
        traces += band_traces(
            grid, band.lower, band.upper, words("band", confidence=percent(band.confidence))
        )
        # An upper bound that runs away at either end must not press the curve onto the axis.
        top = min(float(np.max(band.upper)), 4 * top) if band.upper is not None else top
    traces.append(line(grid, rate, words("fitted")))
    return figure(
        traces,
        alt=words(
            "alt_hazard_curve",
            first=number(float(rate[0])),
            first_age=number(float(grid[0])),
            last=number(float(rate[-1])),
            last_age=number(float(grid[-1])),
            unit=fit.unit,
        ),
        xaxis=axis(words("age", unit=fit.unit), range=[0, float(grid[-1])]),
        yaxis=axis(words("hazard", unit=fit.unit), range=[0, 1.05 * top], minexponent=3),
    )


def density_curve(fit: "LifeFit", *, until: float | None = None, labels: Labels | None = None) -> "Figure":
    """Density of life against age, with the median and the B10 life marked.

    Parameters
    ----------
    fit : WeibullFit or DistributionFit
        The curve.
    until : float, optional
        Last age shown, in the fit's unit; where 95 % have failed unless given.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If `until` is not positive or a label is unknown.
    """
    words = Words(labels)
    grid = _ages(fit, until)
    density = fit.density(grid)
    marks = [
        (text, age, dash)
        for text, age, dash in (("B10", fit.b_life(10), "dash"), ("B50", fit.median, "dot"))
        if age <= grid[-1]
    ]
    lines = [f"{text} = {number(age)} {fit.unit}" for text, age, _ in marks]
    top = 1.12 * float(density.max())
    return figure(
        [
            line(grid, density, words("fitted")),
            *(_mark(text, age, dash, float(fit.density(age))) for text, age, dash in marks),
        ],
        alt=words("alt_density_curve", mode=number(float(grid[np.argmax(density)])), unit=fit.unit),
        xaxis=axis(words("age", unit=fit.unit), range=[0, float(grid[-1])]),
        yaxis=axis(words("density", unit=fit.unit), range=[0, top], minexponent=3),
        numbers=lines,
        at=(0.98, 0.98),
    )


def plotted_points(fit: WeibullFit, data: LifeData) -> tuple[FloatArray, FloatArray, str, bool]:
    """Ages and failed fractions of the points on the paper, the name of their label, and whether they are
    inexact."""
    inexact = data.event > EXACT
    if np.any(inexact):
        low, high = data.failure_intervals()
        data = LifeData(
            np.where(inexact, (low + high) / 2, data.time),
            np.where(inexact, EXACT, data.event),
            entry=np.where(inexact, np.minimum(data.entry, (low + high) / 2), data.entry),
            count=data.count,
            unit=data.unit,
        )
    if not np.any(data.entry > 0):
        positions = plotting_positions(data, ranks=fit.ranks or "benard")
        label = "middles" if np.any(inexact) else "median_ranks"
        return positions.time, positions.failure_probability, label, bool(np.any(inexact))
    curve = kaplan_meier(data)
    before = np.concatenate([[1.0], curve.estimate[:-1]])
    label = "middles" if np.any(inexact) else "product_limit"
    return curve.time, 1 - (before + curve.estimate) / 2, label, bool(np.any(inexact))


def _paper(failed: FloatArray) -> FloatArray:
    scale: FloatArray = np.log(-np.log1p(-np.clip(failed, 1e-300, 1 - 1e-16)))
    return scale


def _paper_band(fit: WeibullFit, grid: FloatArray, words: Words) -> list[Trace]:
    if fit.covariance is None:
        return []
    band = fit.reliability_band(grid)
    upper = None if band.lower is None else _paper(1 - band.lower)
    lower = None if band.upper is None else _paper(1 - band.upper)
    return band_traces(grid, lower, upper, words("band", confidence=percent(band.confidence)))


def _mark(name: str, age: float, dash: str, height: float) -> Trace:
    return line([age, age], [0, height], name, colour=INK, width=1.5, dash=dash)


def _numbers(fit: WeibullFit) -> dict[str, object]:
    return {
        "eta": number(fit.eta),
        "beta": number(fit.beta),
        "unit": fit.unit,
        "failures": fit.counts.failures,
        "suspensions": fit.counts.suspensions,
    }


def _numbers_box(fit: WeibullFit, words: Words) -> list[str]:
    values = _numbers(fit)
    counts = words("counts", failures=fit.counts.failures, suspensions=fit.counts.suspensions)
    if fit.covariance is None:
        return [words("numbers_without_bounds", **values), counts]
    for name in ("eta", "beta"):
        bounds = fit.interval(name)
        values |= {f"{name}_lower": number(bounds.lower), f"{name}_upper": number(bounds.upper)}
    return [words("numbers", **values), counts]


def _ages(fit: "LifeFit", until: float | None) -> FloatArray:
    """Ages of a curve; of a population of which only a part can fail, to where 95 % of that part have."""
    form = getattr(fit, "form", "plain")
    able = float(fit.parameters["p"]) if form == "limited" else 1.0  # type: ignore[union-attr]
    # Before a failure-free time there is nothing to draw, and no bound to be had.
    start = max(float(fit.quantile(0.0)), 0.0) if form == "location" else 0.0
    return ages_until(until, float(fit.quantile(0.95 * able)), start=start)
