"""The statistical pictures of `analytics.figures` in the reader's words, and demand by the month."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from fracas.core.words import N_
from fracas.reliability.demand import DemandHistory
from fracas.reliability.estimates import WeibullReport
from fracas.reliability.lifetable import LifeTable
from fracas.reliability.quantities import Quantity

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from analytics import DemandForecast, MeanCumulativeFunction, StockLevel

Translate = Callable[[str], str]

LABELS = {
    "age": N_("Age ({unit})"),
    "time": N_("Time ({unit})"),
    "failed_percent": N_("Failed (%)"),
    "reliability": N_("Reliability"),
    "hazard": N_("Failure rate (per {unit})"),
    "fit": N_("Weibull fit"),
    "fitted": N_("Fit"),
    "band": N_("{confidence} bounds"),
    "median_ranks": N_("Failures (median ranks)"),
    "product_limit": N_("Failures (Kaplan-Meier)"),
    "middles": N_("Failures (middle of interval)"),
    "kaplan_meier": N_("Kaplan-Meier"),
    "suspensions": N_("Suspensions"),
    "counts": N_("{failures} failures, {suspensions} suspensions"),
    "mcf_count": N_("Events per system"),
    "mcf": N_("Mean cumulative function"),
    "systems": N_("{systems} systems, {events} events"),
    "mtbf": N_("MTBF ({unit})"),
    "mtbf_estimate": N_("MTBF with {confidence} bounds"),
    "mtbf_lower_only": N_("No failure: lower bound only"),
    "period": N_("Period"),
    "demands": N_("Demands in the horizon"),
    "probability": N_("Probability"),
    "forecast": N_("Outside the {confidence} interval"),
    "in_interval": N_("Inside the {confidence} interval"),
    "stock": N_("Stock"),
    "covered": N_("Probability that the stock covers all demands"),
    "service_level": N_("Service level asked for: {service_level}"),
    "chosen": N_("Stock {stock}: {achieved}"),
    "on_hand": N_("On hand: {on_hand}"),
    "alt_weibull_paper": N_(
        "Weibull probability plot: {failures} failures and {suspensions} suspensions; eta {eta} {unit}, beta {beta}."
    ),
    "alt_reliability_curve": N_("Reliability against age with bounds: {ten} % have failed by {b10} {unit}."),
    "alt_hazard_curve": N_(
        "Failure rate against age, {first} per {unit} at {first_age} and {last} at {last_age} {unit}."
    ),
    "alt_mcf_curve": N_(
        "Mean cumulative function of {systems} systems: {last} per system by {last_time} {unit},"
        " {confidence} bounds {lower} to {upper}."
    ),
    "alt_mtbf_over_time": N_("MTBF with bounds in {periods} periods; the last is {last} {unit}."),
    "alt_demand_forecast": N_(
        "Forecast of demands: {mean} expected, {lower} to {upper} with a probability of {confidence}."
    ),
    "alt_stock_curve": N_(
        "Probability of covering all demands against stock: {stock} parts reach {achieved}."
    ),
}
"""The words of the figures for translation; a test compares them with `analytics.figures.LABELS`."""


def same(text: str) -> str:
    return text


def labels(words: Translate) -> dict[str, str]:
    return {name: words(text) for name, text in LABELS.items()}


@dataclass(frozen=True)
class Links:
    """Where the points lead: to one failure report, or to the lives that ended at an age."""

    failure: Callable[[str], str]
    lives: Callable[[float], str]


def weibull_paper(
    report: WeibullReport, *, words: Translate = same, links: Links | None = None
) -> Figure | None:
    """The probability plot of a fit; None where there is none. With ``links`` its failures open their records."""
    from analytics.figures import weibull_paper as draw

    if report.fit is None or report.data is None:
        return None
    named = labels(words)
    figure = draw(report.fit, report.data, labels=named)
    if links is not None:
        _open_failures(figure, report.table, {named[name] for name in FAILURES}, links)
    return figure


FAILURES = ("median_ranks", "product_limit", "middles")
"""What the trace of failures may be called on the paper."""


def _open_failures(figure: Figure, table: LifeTable, names: set[str], links: Links) -> None:
    behind: dict[float, list[str | None]] = {}
    for age, number, event in zip(table.failure_ages(), table.failure_number, table.event, strict=True):
        if event:
            behind.setdefault(float(age), []).append(number)
    for trace in figure.select_traces(selector=lambda one: one.name in names):
        points, left = [], Counter(map(float, trace.x))
        is_each = {age: len(behind.get(age, [])) == count for age, count in left.items()}
        for age, percent in zip(trace.x, trace.customdata, strict=True):
            # Failures at one age are one point (Kaplan-Meier) or a point each (ranks), in the order of the rows.
            alone = behind[float(age)][-left[float(age)]] if is_each[float(age)] else None
            left[float(age)] -= 1
            shown = f"{age:,.0f}" if age >= 1000 else f"{age:.4g}"
            told = f"{shown} {table.unit} · {percent:.3g} %" + (f" · {alone}" if alone else "")
            points.append((told, links.failure(alone) if alone else links.lives(float(age))))
        _open(trace, points)


def _open(trace: Any, points: Sequence[tuple[str, str]]) -> None:
    """Give each point its address, behind what it carries already, and its name (see `points` in web/templating.py)."""
    carried = [None] * len(points) if trace.customdata is None else list(trace.customdata)
    trace.customdata = [
        [None if one is None else float(one), link] for one, (_, link) in zip(carried, points, strict=True)
    ]
    trace.text = [told for told, _ in points]
    if trace.hovertemplate:
        trace.hovertemplate = trace.hovertemplate.replace("%{customdata", "%{customdata[0]")


def reliability_curve(report: WeibullReport, *, words: Translate = same) -> Figure | None:
    """Reliability against age, with the Kaplan-Meier steps where the data allow them."""
    from analytics import AnalyticsError, kaplan_meier
    from analytics.figures import reliability_curve as draw

    if report.fit is None or report.data is None:
        return None
    try:
        steps = kaplan_meier(report.data)
    except AnalyticsError:
        steps = None
    if steps is not None and steps.start is not None:
        steps = None  # Inspections leave open where the curve falls; the fitted one stands alone.
    return draw(report.fit, nonparametric=steps, labels=labels(words))


def hazard_curve(report: WeibullReport, *, words: Translate = same) -> Figure | None:
    """Failure rate against age."""
    from analytics.figures import hazard_curve as draw

    return None if report.fit is None else draw(report.fit, labels=labels(words))


def mcf_curve(curve: MeanCumulativeFunction | None, *, words: Translate = same) -> Figure | None:
    """The fleet's recurrence curve; None where nothing failed."""
    from analytics.figures import mcf_curve as draw

    return None if curve is None else draw(curve, labels=labels(words))


def mtbf_over_time(
    periods: Sequence[tuple[str, Quantity]],
    *,
    words: Translate = same,
    link: Callable[[str], str] | None = None,
) -> Figure | None:
    """MTBF of each period with bounds; a period without exposure is left out. ``link`` leads to its failures."""
    from analytics import mtbf
    from analytics.figures import mtbf_over_time as draw

    seen = [(label, one) for label, one in periods if one.exposure > 0]
    if not seen:
        return None
    results = [mtbf(one.failures, one.exposure, confidence=one.confidence, unit=one.unit) for _, one in seen]
    figure = draw([label for label, _ in seen], results, labels=labels(words))
    if link is not None:
        told = {label: f"{label}: {one.failures} {words('failures')}" for label, one in seen}
        for trace in figure.select_traces(selector=lambda one: "markers" in (one.mode or "")):
            _open(trace, [(told[label], link(label)) for label in trace.x])
    return figure


def demand_forecast(forecast: DemandForecast | None, *, words: Translate = same) -> Figure | None:
    """How probable each number of demands is."""
    from analytics.figures import demand_forecast as draw

    said = {"demands": words(N_("Demands over the lead time"))}
    return None if forecast is None else draw(forecast, labels=labels(words) | said)


STILL_OUT = {
    "covered": N_("Probability that the stock covers what is still out"),
    "alt_stock_curve": N_(
        "Probability of covering what is still out against stock: {stock} parts reach {achieved}."
    ),
}
"""Where failed parts come back from repair, a stock need not cover every demand."""


def stock_curve(
    level: StockLevel | None, *, comes_back: bool = False, words: Translate = same
) -> Figure | None:
    """What each stock would achieve; ``comes_back`` where failed parts are repaired."""
    from analytics.figures import stock_curve as draw

    said = {name: words(text) for name, text in STILL_OUT.items()} if comes_back else {}
    return None if level is None else draw(level, labels=labels(words) | said)


MOST_MONTHS_NAMED = 14


def demand_so_far(
    history: DemandHistory, *, words: Translate = same, link: Callable[[date], str] | None = None
) -> dict[str, Any]:
    """Spares used and failures by the month; ``link`` leads to the failures of a month."""
    months = [f"{month:%Y-%m}" for month in history.month]
    every = max(1, math.ceil(len(months) / MOST_MONTHS_NAMED))
    opened = [link(month) for month in history.month] if link else None
    bars = [(N_("Spares used"), history.demand, "#0072B2"), (N_("Failures"), history.failures, "#D55E00")]
    return {
        "data": [
            {
                "type": "bar",
                "x": months,
                "y": counts.tolist(),
                "name": words(name),
                "marker": {"color": colour},
                **({"customdata": opened} if name == "Failures" and opened else {}),
            }
            for name, counts, colour in bars
        ],
        "layout": {
            "barmode": "group",
            "margin": {"l": 50, "r": 10, "t": 10, "b": 50},
            "paper_bgcolor": "white",
            "plot_bgcolor": "white",
            # The months of years do not fit beside each other; the last one is always named.
            "xaxis": {
                "type": "category",
                "automargin": True,
                "tickmode": "array",
                "tickvals": months[::-every][::-1],
            },
            "yaxis": {"rangemode": "tozero", "gridcolor": "#D9D9D9", "title": {"text": words(N_("A month"))}},
            "legend": {"orientation": "h", "y": 1.15},
            "meta": {"alt": words(N_("Spares used and failures in each month"))},
        },
    }
