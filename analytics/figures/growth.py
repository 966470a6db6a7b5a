"""Pictures of reliability growth and of trend."""

from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.duane import DuaneFit
from analytics.errors import InvalidData
from analytics.eventhistories import EventHistories
from analytics.figures.style import (
    BLUE,
    CURVE_POINTS,
    INK,
    ORANGE,
    Labels,
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
from analytics.powerlaw_fit import PowerLawFit
from analytics.results import FloatArray
from analytics.trend_statistics import places_on_total_time

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

POINT: dict[str, Any] = {"symbol": "circle-open", "colour": ORANGE, "size": 7}


def growth_curve(
    fit: PowerLawFit, histories: EventHistories | None = None, *, labels: Labels | None = None
) -> "Figure":
    """Cumulative and instantaneous MTBF of a power-law process on log-log paper, with bounds on the latter.

    Parameters
    ----------
    fit : PowerLawFit
        From `fit_power_law`.
    histories : EventHistories, optional
        The data, for the points: time over events at each event. Systems that do not share one window have no such points.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If the data are not those of the fit, or a label is unknown.
    """
    words = Words(labels)
    points = _points(fit, histories)
    first = float(points[0][0]) if points[0].size else fit.end / 100.0
    ages: FloatArray = np.geomspace(first, fit.end, CURVE_POINTS)
    band = fit.mtbf_band(ages)
    assert band.lower is not None
    assert band.upper is not None
    traces = band_traces(ages, band.lower, band.upper, words("band", confidence=percent(fit.confidence)))
    traces.append(line(ages, band.estimate, words("instantaneous_mtbf")))
    cumulative = fit.cumulative_mtbf(ages)
    traces.append(line(ages, cumulative, words("cumulative_mtbf"), colour=INK, dash="dash"))
    if points[0].size:
        traces.append(marks(*points, words("cumulative_points"), **POINT))
    bounds = fit.interval("mtbf")
    shown = np.concatenate([band.lower, band.upper, cumulative, points[1]])
    now = {
        "mtbf": number(float(fit.mtbf(fit.end))),
        "lower": number(bounds.lower),
        "upper": number(bounds.upper),
        "unit": fit.unit,
        "end": number(fit.end),
    }
    return figure(
        traces,
        alt=words("alt_growth_curve", confidence=percent(fit.confidence), beta=number(fit.beta), **now),
        xaxis=log_axis(words("time", unit=fit.unit), first / 1.1, fit.end * 1.1),
        yaxis=log_axis(words("mtbf", unit=fit.unit), float(shown.min()) / 1.2, float(shown.max()) * 1.2),
        numbers=[words("growth_numbers", beta=number(fit.beta), **now)],
        # Under the curve's end, as the bounds are wide where it begins; above it where it falls.
        at=(0.98, 0.05 if fit.beta < 1 else 0.98),
    )


def duane_plot(fit: DuaneFit, *, labels: Labels | None = None) -> "Figure":
    """Cumulative MTBF against time on log-log paper, with Duane's line and the instantaneous MTBF above it.

    Parameters
    ----------
    fit : DuaneFit
        From `fit_duane`.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If a label is unknown.
    """
    words = Words(labels)
    ages = fit.time[[0, -1]]
    lines = {
        "duane_line": (fit.cumulative_mtbf(ages), INK, "solid"),
        "instantaneous_mtbf": (fit.mtbf(ages), BLUE, "dash"),
    }
    traces = [
        line(ages, curve, words(name), colour=colour, dash=dash)
        for name, (curve, colour, dash) in lines.items()
    ]
    traces.append(marks(fit.time, fit.cumulative, words("cumulative_points"), **POINT))
    shown = np.concatenate([fit.cumulative, *(curve for curve, _, _ in lines.values())])
    numbers = {"alpha": number(fit.alpha), "mtbf": number(float(fit.mtbf(ages[-1]))), "unit": fit.unit}
    return figure(
        traces,
        alt=words("alt_duane_plot", **numbers),
        xaxis=log_axis(words("time", unit=fit.unit), float(ages[0]) / 1.1, float(ages[-1]) * 1.1),
        yaxis=log_axis(words("mtbf", unit=fit.unit), float(shown.min()) / 1.2, float(shown.max()) * 1.2),
        numbers=[words("duane_numbers", **numbers)],
        # Where the numbers do not lie on the line: at its low end.
        at=(0.02 if fit.alpha > 0 else 0.98, 0.98),
    )


def trend_plot(histories: EventHistories, *, labels: Labels | None = None) -> "Figure":
    """Share of all events against share of the total time on test: on the diagonal there is no trend.

    Below it, bending up: events become more frequent. Above it, bending down: rarer.

    Parameters
    ----------
    histories : EventHistories
        Events and windows of one or several systems.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If there is no event, or a label is unknown.
    """
    words = Words(labels)
    if histories.time.size == 0:
        raise InvalidData("a trend plot needs events; there is none")
    places = places_on_total_time(histories, "time")
    x = np.concatenate([[0.0], np.sort(places.at / places.length)])
    y = np.arange(x.size) / places.at.size
    diagonal = line([0.0, 1.0], [0.0, 1.0], words("no_trend"), colour=INK, dash="dash")
    events = line(x, y, words("events"), mode="lines+markers", marker={"color": BLUE, "size": 6})
    half = float(np.searchsorted(x, 0.5, side="right") - 1) / places.at.size
    counted = {"systems": len(histories.systems), "events": int(places.at.size)}
    return figure(
        [diagonal, events],
        alt=words("alt_trend_plot", half=percent(round(half, 3)), **counted),
        xaxis=axis(words("total_time_share"), range=[0, 1], tickformat=".0%"),
        yaxis=axis(words("events_share"), range=[0, 1.02], tickformat=".0%"),
        numbers=[words("systems", **counted)],
    )


def _points(fit: PowerLawFit, histories: EventHistories | None) -> tuple[FloatArray, FloatArray]:
    if histories is None:
        return np.zeros(0), np.zeros(0)
    fit.check_made_from(histories)
    if not fit.is_common:
        return np.zeros(0), np.zeros(0)
    time, counts = np.unique(histories.time, return_counts=True)
    return time, time * fit.systems / np.cumsum(counts)
