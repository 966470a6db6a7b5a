"""Pictures of spare parts: the forecast distribution of demand, and what each stock would cover."""

from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.figures.style import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    Labels,
    Trace,
    Words,
    axis,
    figure,
    line,
    number,
    percent,
    whole_axis,
)
from analytics.spares import DemandForecast
from analytics.stock import StockLevel

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Counts less likely than this at both ends are not drawn.
SHOWN_PROBABILITY = 5e-4


def demand_forecast(forecast: DemandForecast, *, labels: Labels | None = None) -> "Figure":
    """Probability of each number of demands; bars inside the prediction interval are filled, the others pale.

    Parameters
    ----------
    forecast : DemandForecast
        From `forecast_spares`.
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
    seen = np.flatnonzero(forecast.pmf > SHOWN_PROBABILITY)
    first, last = (int(seen[0]), int(seen[-1])) if seen.size else (0, forecast.pmf.size - 1)
    counts = np.arange(first, last + 1)
    inside = (forecast.lower <= counts) & (counts <= forecast.upper)
    confidence = percent(forecast.confidence)
    bars: list[Trace] = [
        {
            "type": "bar",
            "x": counts[chosen],
            "y": forecast.pmf[first : last + 1][chosen],
            "name": name,
            "marker": {"color": colour, "line": {"color": INK, "width": 0.5}},
            "hovertemplate": "%{x}: %{y:.2%}<extra></extra>",
        }
        for chosen, name, colour in (
            (inside, words("in_interval", confidence=confidence), BLUE),
            (~inside, words("forecast", confidence=confidence), GRID),
        )
        if np.any(chosen)
    ]
    alt = words(
        "alt_demand_forecast",
        mean=number(forecast.mean),
        lower=forecast.lower,
        upper=forecast.upper,
        confidence=confidence,
    )
    return figure(
        bars,
        alt=alt,
        xaxis=whole_axis(words("demands"), counts.size),
        yaxis=axis(words("probability"), tickformat=".0%", rangemode="tozero"),
        bargap=0.15,
        barmode="overlay",
    )


def stock_curve(level: StockLevel, *, labels: Labels | None = None) -> "Figure":
    """Probability that a stock covers all demands, for every stock, with the service level and the chosen
    stock marked.

    Parameters
    ----------
    level : StockLevel
        From `stock_for_service_level`.
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
    stocks = np.arange(level.probability.size)
    achieved = percent(level.achieved)
    traces: list[Trace] = [
        line(
            stocks,
            level.probability,
            words("covered"),
            width=2,
            shape="hv",
            mode="lines+markers",
            marker={"color": BLUE, "size": 5},
            hovertemplate="%{x}: %{y:.2%}<extra></extra>",
        ),
        _mark(
            level.stock,
            level.achieved,
            words("chosen", stock=level.stock, achieved=achieved),
            "diamond",
            ORANGE,
        ),
    ]
    if level.on_hand:
        covers = level.probability_on_hand
        traces.append(
            _mark(level.on_hand, covers, words("on_hand", on_hand=level.on_hand), "square-open", INK)
        )
    asked: dict[str, Any] = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": level.service_level,
        "y1": level.service_level,
        "line": {"color": ORANGE, "width": 1.5, "dash": "dash"},
    }
    return figure(
        traces,
        alt=words("alt_stock_curve", stock=level.stock, achieved=achieved),
        xaxis=whole_axis(words("stock"), stocks.size, rangemode="tozero"),
        yaxis=axis(words("probability"), tickformat=".0%", range=[0, 1.03]),
        shapes=[asked],
        numbers=[words("service_level", service_level=percent(level.service_level))],
        at=(0.98, 0.05),
    )


def _mark(x: float, y: float, name: str, symbol: str, colour: str) -> Trace:
    marker = {"symbol": symbol, "color": colour, "size": 13, "line": {"width": 2, "color": colour}}
    return {"type": "scatter", "mode": "markers", "x": [x], "y": [y], "name": name, "marker": marker}
