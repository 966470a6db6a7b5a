"""Pictures of a fitted distribution of any family: its probability paper, and the contour of its likelihood."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, logit, ndtri

from analytics.distribution_fit import DistributionFit
from analytics.distributions import fit_distribution
from analytics.errors import InvalidData, WrongType
from analytics.figures.paper import Paper
from analytics.figures.style import (
    BLUE,
    CURVE_POINTS,
    Labels,
    Trace,
    Words,
    axis,
    band_traces,
    figure,
    line,
    log_axis,
    marks,
    number,
    percent,
)
from analytics.lifedata import RIGHT_CENSORED, LifeData
from analytics.likelihood import LifeLikelihood
from analytics.nonparametric import SurvivalCurve, kaplan_meier
from analytics.ranks import plotting_positions
from analytics.results import FloatArray
from analytics.weibull_fit import WeibullFit

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


PAPER_PERCENT = (0.01, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 99.9)
NORMAL_PAPER = {"lognormal", "normal"}
LOGISTIC_PAPER = {"loglogistic"}
CONTOUR_STEPS = 41


def distribution_paper(
    fit: DistributionFit | WeibullFit, data: LifeData, *, labels: Labels | None = None
) -> "Figure":
    """Probability plot of any family, on the paper on which it is a straight line where there is one.

    Lognormal and normal lives are drawn on normal paper, log-logistic ones on logistic paper, all others on Weibull paper
    (with plain ages for normal and Gumbel lives); with a failure-free time, in gamma families and mixtures the fit
    is a curve. Points are Johnson's median ranks, the middles of the steps of the product-limit curve where records enter
    late, and those of Turnbull's (drawn open) where ages are inexact. Survivors are ticks at the foot.

    Parameters
    ----------
    fit : DistributionFit or WeibullFit
        The line, with its pointwise bounds on the failed fraction. A line that `fit_weibull` drew through the points, by rank
        regression, is for `weibull_paper`.
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
        If these are not the data of the fit, the fit is of another kind, or a label is unknown.

    Examples
    --------
    >>> from analytics import LifeData, fit_lognormal
    >>> data = LifeData([54, 187, 216, 240, 500], [1, 1, 1, 1, 0])
    >>> distribution_paper(fit_lognormal(data), data).layout.meta["alt"]
    'Probability plot, lognormal: 4 failures and 1 suspension; mu = 5.35, sigma = 0.87.'
    """
    words = Words(labels)
    if isinstance(fit, WeibullFit):
        fit = _by_family(fit.with_data(data))
    if not isinstance(fit, DistributionFit):
        raise WrongType(f"fit must be of fit_distribution or fit_weibull, not a {type(fit).__name__}")
    fit.check_made_from(data)
    ages, failed, is_open = _points(data)
    is_survivor = (data.event == RIGHT_CENSORED) & (data.time > 0)
    seen = np.concatenate([ages, data.time[is_survivor]])
    # Where only a part can fail the curve goes no higher than that part.
    part = min(20.0 * float(failed.max()), 1.0) if fit.form == "limited" else 1.0
    lowest, highest = min(0.01, float(failed.min()) / 2), part * max(0.99, float(failed.max() + 1) / 2)
    is_log = fit.family.is_of_age
    spread = float(seen.max() - seen.min()) or float(seen.max())
    left = float(seen.min()) / 1.5 if is_log else max(float(seen.min()) - 0.2 * spread, spread * 1e-3)
    right = float(seen.max()) * 1.5 if is_log else float(seen.max()) + 0.2 * spread
    grid = np.geomspace(left, right, CURVE_POINTS) if is_log else np.linspace(left, right, CURVE_POINTS)
    share = fit.failure_probability(grid)
    # A failure-free time, or the edge of a limited population, has nothing to draw before or beyond it.
    drawn = (share > 1e-12) & (share < 1.0 - 1e-12)
    grid, share = grid[drawn], share[drawn]
    paper = Paper(partial(_paper, fit), lowest, highest, fit.unit)
    traces = _band(fit, grid, words)
    traces.append(line(grid, paper.scale(share), words("fitted")))
    name = words("middles" if is_open else "product_limit" if np.any(data.entry > 0) else "median_ranks")
    traces.append(paper.failures(ages, failed, name, is_open=is_open))
    traces += paper.survivors(data, is_survivor, words("suspensions"))
    counts = {"failures": fit.counts.failures, "suspensions": fit.counts.suspensions}
    title = words("age", unit=fit.unit)
    return figure(
        traces,
        alt=words(
            "alt_distribution_paper", distribution=_name(fit), numbers=", ".join(_numbers(fit)), **counts
        ),
        xaxis=log_axis(title, left, right) if is_log else axis(title, range=[left, right]),
        yaxis=paper.axis(words("failed_percent"), PAPER_PERCENT),
        numbers=[_name(fit), *_numbers(fit, bounds=True), words("counts", **counts)],
    )


def likelihood_contour(
    fit: DistributionFit | WeibullFit,
    x: str | None = None,
    y: str | None = None,
    *,
    confidence: float | None = None,
    labels: Labels | None = None,
) -> "Figure":
    """Joint confidence region of two parameters: where the likelihood ratio stays below its chi-square quantile.

    The region says what Wald bounds hide: how far the likelihood is from an ellipse, and which pairs go together.

    Parameters
    ----------
    fit : DistributionFit or WeibullFit
        A maximum likelihood fit of two parameters, with its data attached.
    x, y : str, optional
        Names of the parameters on the axes; the first and the second where not given.
    confidence : float, optional
        Of the joint region (2 degrees of freedom); the fit's own where not given.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If the fit has not two parameters, or no data, or is a line through the points, or a name is unknown.
    """
    words = Words(labels)
    if isinstance(fit, WeibullFit):
        fit = _by_family(fit)
    names = [parameter.name for parameter in fit.family.parameters]
    if len(names) != 2 or {x or names[0], y or names[1]} != set(names):
        raise InvalidData(
            f"a contour needs the two parameters of a fit of two; this one has {', '.join(names)}"
        )
    if fit.data is None:
        raise InvalidData("a likelihood contour needs the data; attach them with fit.with_data(data)")
    level = fit.confidence if confidence is None else confidence
    order = [names.index(x or names[0]), names.index(y or names[1])]
    likelihood = LifeLikelihood(fit.family, fit.data)
    drop = float(chdtri(2.0, 1.0 - level)) / 2.0
    reach = 1.9 * np.sqrt(2.0 * drop * np.diag(fit.covariance))
    sides = [
        np.linspace(fit.working[at] - reach[at], fit.working[at] + reach[at], CONTOUR_STEPS) for at in order
    ]
    height = np.empty((CONTOUR_STEPS, CONTOUR_STEPS))
    for column, first in enumerate(sides[0]):
        for row, second in enumerate(sides[1]):
            theta = [first, second] if order == [0, 1] else [second, first]
            height[row, column] = fit.loglik - likelihood.value(theta)
    natural = [
        np.array([fit.family.parameters[at].to_natural(float(value)) for value in side])
        for at, side in zip(order, sides, strict=True)
    ]
    contour: Trace = {
        "type": "contour",
        "x": natural[0],
        "y": natural[1],
        "z": np.minimum(height, 10.0 * drop),
        "contours": {"start": drop, "end": drop, "size": 1, "coloring": "none"},
        "line": {"color": BLUE, "width": 2.5},
        "name": words("region", confidence=percent(level)),
        "showlegend": True,
        "showscale": False,
        "hoverinfo": "skip",
    }
    best = [[fit.parameters[names[at]]] for at in order]
    titles = [_with_unit(fit, at) for at in order]
    return figure(
        [contour, marks(best[0], best[1], words("fitted"), symbol="cross", size=10)],
        alt=words("alt_likelihood_contour", confidence=percent(level), numbers=", ".join(_numbers(fit))),
        xaxis=axis(titles[0], range=_around(natural[0], np.any(height <= drop, axis=0))),
        yaxis=axis(titles[1], range=_around(natural[1], np.any(height <= drop, axis=1))),
        numbers=_numbers(fit),
    )


def _points(data: LifeData) -> tuple[FloatArray, FloatArray, bool]:
    """Ages and failed fractions of the points, and whether the ages are inexact."""
    if data.counts.exact == data.counts.failures and not np.any(data.entry > 0):
        positions = plotting_positions(data)
        return positions.time, positions.failure_probability, False
    curve = _curve(data)
    before = np.concatenate([[1.0], curve.estimate[:-1]])
    ages = curve.time if curve.start is None else (curve.start + curve.time) / 2.0
    return ages, 1.0 - (before + curve.estimate) / 2.0, curve.start is not None


def _curve(data: LifeData) -> SurvivalCurve:
    if data.counts.exact == data.counts.failures or not np.any(data.entry > 0):
        return kaplan_meier(data)
    # Inspections of units that entered late have no curve of their own; their middles are as good a place as any.
    low, high = data.failure_intervals()
    middle = np.where(data.event > 1, (low + high) / 2.0, data.time)
    event = np.minimum(data.event, 1)
    return kaplan_meier(LifeData(middle, event, entry=np.minimum(data.entry, middle), count=data.count))


def _paper(fit: DistributionFit, failed: FloatArray) -> FloatArray:
    share = np.clip(failed, 1e-300, 1.0 - 1e-16)
    if fit.distribution in NORMAL_PAPER:
        return np.asarray(ndtri(share))
    if fit.distribution in LOGISTIC_PAPER:
        return np.asarray(logit(share))
    return np.asarray(np.log(-np.log1p(-share)))


def _band(fit: DistributionFit, grid: FloatArray, words: Words) -> list[Trace]:
    found = [fit.failure_probability_interval(float(age)) for age in grid]
    lower, upper = np.array([each.lower for each in found]), np.array([each.upper for each in found])
    name = words("band", confidence=percent(fit.confidence))
    return band_traces(grid, _paper(fit, lower), _paper(fit, upper), name)


def _around(side: FloatArray, inside: NDArray[np.bool_]) -> list[float]:
    """The stretch of an axis that holds the region, with room for the numbers in the corner."""
    low, high = float(side[inside].min()), float(side[inside].max())
    return [low - 0.15 * (high - low), high + 0.35 * (high - low)]


def fit_text(fit: DistributionFit) -> str:
    """A fit in one line: its distribution and its parameters."""
    return f"{_name(fit)}, {', '.join(_numbers(fit))}"


def _by_family(fit: WeibullFit) -> DistributionFit:
    """The same maximum, as `fit_distribution` has it."""
    if fit.method != "mle":
        raise InvalidData('a line through the points is no maximum of the likelihood; fit with method="mle"')
    if fit.data is None:
        raise InvalidData("a likelihood contour needs the data; attach them with fit.with_data(data)")
    return fit_distribution(fit.data, "weibull", confidence=fit.confidence, bounds=fit.bounds)


def _name(fit: DistributionFit) -> str:
    return fit.distribution.replace("_", " ")


def _with_unit(fit: DistributionFit, at: int) -> str:
    parameter = fit.family.parameters[at]
    return f"{parameter.name} ({fit.unit})" if parameter.unit == "time" else parameter.name


def _numbers(fit: DistributionFit, *, bounds: bool = False) -> list[str]:
    """Each parameter with its unit, and its bounds where asked for and possible."""
    found = []
    for at, parameter in enumerate(fit.family.parameters):
        unit = f" {fit.unit}" if parameter.unit == "time" else ""
        text = f"{parameter.name} = {number(fit.parameters[parameter.name])}{unit}"
        if bounds and fit.covariance[at, at] > 0.0:
            limits = fit.interval(parameter.name)
            text += f" ({number(limits.lower)} – {number(limits.upper)})"
        found.append(text)
    return found
