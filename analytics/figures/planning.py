"""Pictures for planning: failures to come period by period, and what more money buys."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from analytics.errors import InvalidData
from analytics.failure_forecast import FailureForecast
from analytics.figures.style import (
    BLUE,
    ORANGE,
    Labels,
    Words,
    axis,
    band_traces,
    figure,
    line,
    marks,
    number,
    percent,
    whole_axis,
)
from analytics.spares_budget import SparesPlan

MEASURES = ("backorders", "fill_rate", "availability", "sufficiency")

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def failure_fan(forecast: FailureForecast, *, labels: Labels | None = None) -> "Figure":
    """Expected failures of each period to come, with the prediction interval of each.

    Parameters
    ----------
    forecast : FailureForecast
        From `forecast_failures`.
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
    period = np.arange(1.0, forecast.lengths.size + 1.0)
    confidence = percent(forecast.confidence)
    marker = {"color": BLUE, "size": 7}
    expected = line(
        period, forecast.expected, words("expected"), width=2, mode="lines+markers", marker=marker
    )
    alt = words(
        "alt_failure_fan",
        periods=period.size,
        total=number(float(forecast.expected.sum())),
        last=number(float(forecast.expected[-1])),
        lower=number(float(forecast.lower[-1])),
        upper=number(float(forecast.upper[-1])),
        confidence=confidence,
    )
    return figure(
        [
            *band_traces(period, forecast.lower, forecast.upper, words("in_interval", confidence=confidence)),
            expected,
        ],
        alt=alt,
        xaxis=whole_axis(words("period"), period.size),
        yaxis=axis(words("failures_of_period"), rangemode="tozero"),
    )


def spares_trade_off(
    plan: SparesPlan,
    *,
    measure: Literal["backorders", "fill_rate", "availability", "sufficiency"] | None = None,
    labels: Labels | None = None,
) -> "Figure":
    """What more money buys: a measure of the efficient plans against their cost, with the chosen plan marked.

    Parameters
    ----------
    plan : SparesPlan
        From `optimise_spares`.
    measure : {"backorders", "fill_rate", "availability", "sufficiency"}, optional
        The objective of the plan where not given.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If a label or the measure is unknown, or the plan does not hold it.
    """
    words = Words(labels)
    shown = measure or plan.objective
    if shown not in MEASURES:
        raise InvalidData(f"measure must be one of {', '.join(MEASURES)}, not {shown!r}")
    value = getattr(plan, shown)
    if value is None:
        raise InvalidData("the plan has no availability; give optimise_spares the number of systems")
    is_share = shown != "backorders"
    reached = percent(round(value, 4)) if is_share else number(value)
    curve = line(
        plan.curve_cost,
        getattr(plan, f"curve_{shown}"),
        words("efficient_plans"),
        width=2,
        mode="lines+markers",
        marker={"color": BLUE, "size": 4},
    )
    name = words("chosen_plan", cost=number(plan.cost), reached=reached)
    chosen = marks([plan.cost], [value], name, symbol="diamond", colour=ORANGE, size=13)
    return figure(
        [curve, chosen],
        alt=words(
            "alt_spares_trade_off", measure=words(shown).lower(), cost=number(plan.cost), reached=reached
        ),
        xaxis=axis(words("cost"), rangemode="tozero"),
        yaxis=axis(words(shown), tickformat=".0%" if is_share else None, rangemode="tozero"),
    )
