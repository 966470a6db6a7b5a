"""Pictures of life under stress: the plot on which a life-stress relation is a straight line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from analytics.errors import InvalidData
from analytics.figures.style import (
    BLUE,
    INK,
    ORANGE,
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
from analytics.results import FloatArray
from analytics.stress_relations import transformed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from analytics.accelerated import AcceleratedLifeFit

# Straight lines need few points, their bounds a few more.
POINTS = 25


def life_against_stress(
    fit: "AcceleratedLifeFit",
    data: LifeData,
    *,
    stress: str | None = None,
    life_percent: float = 10.0,
    labels: Labels | None = None,
) -> "Figure":
    """Median life and a B-life against one stress, with bounds, failures and survivors.

    The stress axis is graduated so that the relation of the fit is a straight line (reciprocal kelvin for Arrhenius,
    logarithmic for a power), and reaches from the stress at the fit's conditions over all stresses tested. Where there are
    other stresses, lines hold at the fit's conditions, and ages are brought there by the acceleration factor.

    Parameters
    ----------
    fit : AcceleratedLifeFit
        From `fit_life_stress` or `fit_aft`.
    data : LifeData
        The data of the fit.
    stress : str, optional
        The covariate to draw; may be left out where there is one.
    life_percent : float
        Percent failed of the B-life drawn with its bounds.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If these are not the data of the fit, the stress is unknown or left open, or a label is unknown.

    Examples
    --------
    >>> from analytics import LifeData, fit_life_stress
    >>> celsius = [60] * 4 + [80] * 4
    >>> data = LifeData([581, 925, 1432, 5000, 283, 361, 515, 638], [1, 1, 1, 0, 1, 1, 1, 1], covariates={"celsius": celsius})
    >>> fit = fit_life_stress(data, "arrhenius", use={"celsius": 40})
    >>> life_against_stress(fit, data).layout.meta["alt"]
    'Life against celsius: at 40, 10 % have failed by 4,865 h, 90 % bounds 816 to 29,010.'
    """
    words = Words(labels)
    fit.check_made_from(data)
    name = _one_of(fit.covariates, stress)
    tested, here = data.covariates[name], fit.conditions[name]
    grid = np.linspace(min(float(tested.min()), here), max(float(tested.max()), here), POINTS)
    places = _places(fit, name, grid)
    traces, low, high = _lines(fit, name, grid, life_percent, words)
    ages = data.time * _brought(fit, data, name)
    traces += _records(data, _places(fit, name, tested), ages, words)
    traces.append(_use(fit, name, life_percent, words))
    interval = fit.interval(f"b{life_percent:g}")
    seen = ages[data.time > 0]
    ticks = np.unique(np.append(tested, here)) if np.unique(tested).size <= 8 else grid[:: POINTS // 6]
    return figure(
        traces,
        alt=words(
            "alt_life_against_stress",
            stress=name,
            at=f"{here:g}",
            percent=percent(life_percent / 100.0),
            life=number(fit.b_life(life_percent)),
            unit=fit.unit,
            confidence=percent(fit.confidence),
            lower=number(interval.lower),
            upper=number(interval.upper),
        ),
        # More stress to the right, whichever way the transform runs.
        xaxis=axis(
            name,
            tickvals=_places(fit, name, ticks).tolist(),
            ticktext=[f"{tick:g}" for tick in ticks],
            autorange=True if places[-1] > places[0] else "reversed",
        ),
        yaxis=log_axis(words("age", unit=fit.unit), min(low, seen.min()) / 1.5, max(high, seen.max()) * 1.5),
        numbers=_numbers(fit, life_percent, words),
        # Lives fall to the right: nothing lies above their end.
        at=(0.98, 0.98),
    )


def _one_of(names: tuple[str, ...], stress: str | None) -> str:
    if stress is None and len(names) == 1:
        return names[0]
    if stress not in names:
        raise InvalidData(f"name the stress to draw: one of {', '.join(names)}, not {stress!r}")
    return stress


def _places(fit: "AcceleratedLifeFit", name: str, stress: FloatArray) -> FloatArray:
    relation = fit.relations[fit.covariates.index(name)]
    return transformed(name, relation, stress, fit.temperature_unit)[0]


def _lines(
    fit: "AcceleratedLifeFit", name: str, grid: FloatArray, life_percent: float, words: Words
) -> tuple[list[Trace], float, float]:
    """The B-life with its band and the median, and the range of the two lines."""
    fits = [fit.at({**fit.conditions, name: float(value)}) for value in grid]
    bounds = [each.interval(f"b{life_percent:g}") for each in fits]
    lower, upper = (
        np.array([getattr(each, end) for each in bounds], dtype=float) for end in ("lower", "upper")
    )
    places = _places(fit, name, grid)
    early, median = (np.array([each.b_life(p) for each in fits]) for p in (life_percent, 50.0))
    traces = band_traces(places, lower, upper, words("band", confidence=percent(fit.confidence)))
    for values, label, dash in (
        (early, words("b_life", percent=f"{life_percent:g}"), "solid"),
        (median, words("median_life"), "dash"),
    ):
        traces.append(line(places, values, label, dash=dash))
    return traces, float(early.min()), float(median.max())


def _brought(fit: "AcceleratedLifeFit", data: LifeData, name: str) -> FloatArray:
    """How much longer each record would have lasted with the other stresses at the fit's conditions."""
    others = [other for other in fit.covariates if other != name]
    found: dict[tuple[float, ...], float] = {}
    columns = np.column_stack([data.covariates[other] for other in [name, *others]])
    for row in map(tuple, np.unique(columns, axis=0).tolist()):
        alone = {**fit.conditions, name: row[0]}
        there: Mapping[str, float] = dict(zip([name, *others], row, strict=True))
        found[row] = fit.at(alone).acceleration_factor(there)
    return np.array([found[tuple(row)] for row in columns.tolist()])


def _records(data: LifeData, places: FloatArray, ages: FloatArray, words: Words) -> list[Trace]:
    shown = data.time > 0
    failed = shown & (data.event != RIGHT_CENSORED)
    traces = []
    for rows, label, symbol, colour in (
        (failed, "failures", "circle", INK),
        (shown & ~failed, "suspensions", "triangle-up-open", ORANGE),
    ):
        if rows.any():
            hover = f"%{{y:.4g}} {data.unit} (n = %{{customdata}})<extra></extra>"
            more = {
                "symbol": symbol,
                "colour": colour,
                "customdata": data.count[rows],
                "hovertemplate": hover,
            }
            traces.append(marks(places[rows], ages[rows], words(label), **more))
    return traces


def _use(fit: "AcceleratedLifeFit", name: str, life_percent: float, words: Words) -> Trace:
    """The B-life at the fit's conditions, as a point with its interval."""
    life, bounds = fit.b_life(life_percent), fit.interval(f"b{life_percent:g}")
    return marks(
        _places(fit, name, np.array([fit.conditions[name]])),
        [life],
        words("at_conditions", stress=name, at=f"{fit.conditions[name]:g}"),
        symbol="diamond",
        colour=BLUE,
        size=10,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [(bounds.upper or life) - life],
            "arrayminus": [life - (bounds.lower or life)],
        },
    )


def _numbers(fit: "AcceleratedLifeFit", life_percent: float, words: Words) -> list[str]:
    conditions = ", ".join(f"{name} {value:g}" for name, value in fit.conditions.items())
    bounds = fit.interval(f"b{life_percent:g}")
    life = f"{number(fit.b_life(life_percent))} {fit.unit} ({number(bounds.lower)} – {number(bounds.upper)})"
    slopes = [
        f"{name}: {number(value)} ({number(fit.interval(name).lower)} – {number(fit.interval(name).upper)})"
        for name, value in fit.slopes.items()
    ]
    counts = words("counts", failures=fit.counts.failures, suspensions=fit.counts.suspensions)
    return [f"B{life_percent:g}, {conditions}: {life}", *slopes, counts]
