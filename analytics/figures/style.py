"""What all figures share: words, colours, number format and layout."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import InvalidData
from analytics.results import FloatArray

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Labels = Mapping[str, str]
Trace = dict[str, Any]

# Okabe and Ito (2008): told apart with every common kind of colour blindness, and by lightness in grey.
BLUE, ORANGE, INK, GRID = "#0072B2", "#D55E00", "#1A1A1A", "#D9D9D9"
GREEN, PURPLE = "#009E73", "#CC79A7"
BAND = "rgba(0, 114, 178, 0.16)"
# Long enough for a smooth curve, short enough for a phone.
CURVE_POINTS = 80

LABELS: dict[str, str] = {
    "age": "Age ({unit})",
    "time": "Time ({unit})",
    "failed_percent": "Failed (%)",
    "reliability": "Reliability",
    "hazard": "Failure rate (per {unit})",
    "fit": "Weibull fit",
    "fitted": "Fit",
    "band": "{confidence} bounds",
    "median_ranks": "Failures (median ranks)",
    "product_limit": "Failures (Kaplan-Meier)",
    "middles": "Failures (middle of interval)",
    "kaplan_meier": "Kaplan-Meier",
    "suspensions": "Suspensions",
    "numbers": "η = {eta} {unit} ({eta_lower} – {eta_upper})<br>β = {beta} ({beta_lower} – {beta_upper})",
    "numbers_without_bounds": "η = {eta} {unit}<br>β = {beta}",
    "counts": "{failures} failures, {suspensions} suspensions",
    "failures": "Failures",
    "b_life": "B{percent} life",
    "median_life": "Median life",
    "at_conditions": "At {stress} {at}",
    "mcf_count": "Events per system",
    "mcf_cost": "Cost per system",
    "mcf": "Mean cumulative function",
    "systems": "{systems} systems, {events} events",
    "mtbf": "MTBF ({unit})",
    "mtbf_estimate": "MTBF with {confidence} bounds",
    "mtbf_lower_only": "No failure: lower bound only",
    "instantaneous_mtbf": "Instantaneous MTBF",
    "cumulative_mtbf": "Cumulative MTBF",
    "cumulative_points": "Time over events so far",
    "growth_numbers": "β = {beta}<br>MTBF at {end} {unit}: {mtbf} ({lower} – {upper})",
    "duane_line": "Duane's line",
    "duane_numbers": "α = {alpha}<br>MTBF now: {mtbf} {unit}",
    "no_trend": "No trend",
    "events": "Events",
    "events_share": "Share of all events",
    "total_time_share": "Share of total time on test",
    "period": "Period",
    "demands": "Demands in the horizon",
    "probability": "Probability",
    "forecast": "Outside the {confidence} interval",
    "in_interval": "Inside the {confidence} interval",
    "stock": "Stock",
    "covered": "Probability that the stock covers all demands",
    "service_level": "Service level asked for: {service_level}",
    "chosen": "Stock {stock}: {achieved}",
    "on_hand": "On hand: {on_hand}",
    "expected": "Expected",
    "failures_of_period": "Failures of the period",
    "cost": "Cost",
    "backorders": "Expected back orders",
    "fill_rate": "Fill rate",
    "availability": "Availability",
    "sufficiency": "Probability that no part runs short",
    "efficient_plans": "Efficient plans",
    "chosen_plan": "Plan at {cost}: {reached}",
    "density": "Density (per {unit})",
    "share_failed": "Share of parts failed",
    "all_modes": "All modes",
    "ratio": "Ratio",
    "ratio_bounds": "{confidence} bounds",
    "ratio_of_rates": "Ratio of failure rates, after over before",
    "ratio_numbers": "{ratio} ({lower} – {upper}), {answer}",
    "failures_in": "{before} in {exposure_before} {unit}, then {after} in {exposure_after} {unit}",
    "criterion": "Criterion: at most {criterion}",
    "effective": "effective",
    "not_effective": "not effective",
    "too_early": "too early",
    "time_unit": "unit of time",
    "cost_rate": "Cost per {unit}",
    "cost_of_replacing": "Planned replacement",
    "replacement_age": "Age at replacement ({unit})",
    "run_to_failure": "Run to failure",
    "run_to_failure_is_best": "Run to failure costs least",
    "best_age": "Replace at {age} {unit}",
    "best_age_numbers": "Replace at {age} {unit} ({confidence}: {lower} – {upper})",
    "never": "never",
    "saving": "Saves {saving}",
    "expected_at_past_rate": "Expected at the rate before",
    "stretch_of_alarm": "Rise that raised the alarm",
    "no_alarm": "No alarm",
    "alarm_in": "Alarm in period {period} over the last {lookback}: p = {p}",
    "rate_rose": "Rate × {ratio} (at least {lower} at {confidence})",
    "alt_failure_fan": "Failures in {periods} periods: {total} expected in all; {last} in the last, {lower} to {upper} with a "
    "probability of {confidence}.",
    "alt_spares_trade_off": "Trade-off of spares: {measure} against cost; the plan reaches {reached} at {cost}.",
    "alt_weibull_paper": "Weibull probability plot: {failures} failures and {suspensions} suspensions; "
    "eta {eta} {unit}, beta {beta}.",
    "alt_reliability_curve": "Reliability against age with bounds: {ten} % have failed by {b10} {unit}.",
    "alt_hazard_curve": "Failure rate against age, {first} per {unit} at {first_age} and {last} at {last_age} {unit}.",
    "alt_mcf_curve": "Mean cumulative function of {systems} systems: {last} per system by {last_time} {unit}, "
    "{confidence} bounds {lower} to {upper}.",
    "alt_mtbf_over_time": "MTBF with bounds in {periods} periods; the last is {last} {unit}.",
    "alt_growth_curve": "Cumulative and instantaneous MTBF against time, beta {beta}: the latter is {mtbf} {unit} at {end}, "
    "{confidence} bounds {lower} to {upper}.",
    "alt_duane_plot": "Duane plot of cumulative MTBF against time, slope {alpha}; the MTBF is now {mtbf} {unit}.",
    "alt_trend_plot": "Share of {events} events of {systems} systems against share of total time on test: {half} of the events "
    "in its first half.",
    "alt_demand_forecast": "Forecast of demands: {mean} expected, {lower} to {upper} with a probability of {confidence}.",
    "alt_life_against_stress": "Life against {stress}: at {at}, {percent} have failed by {life} {unit}, "
    "{confidence} bounds {lower} to {upper}.",
    "alt_stock_curve": "Probability of covering all demands against stock: {stock} parts reach {achieved}.",
    "region": "{confidence} joint region",
    "alt_distribution_paper": "Probability plot, {distribution}: {failures} failures and {suspensions} suspensions; {numbers}.",
    "alt_density_curve": "Density of life against age, highest at {mode} {unit}.",
    "alt_competing_modes": "Share of parts taken by each failure mode against age; by {age} {unit}: {shares}.",
    "alt_before_after": "Ratio of failure rates, after over before, against a criterion of {criterion}: {verdicts}.",
    "alt_replacement_curve": "Cost per unit of time against age at replacement. {numbers}.",
    "alt_alarm_chart": "Failures of {cell} in {periods} periods beside those expected. {verdict}.",
    "alt_likelihood_contour": "Joint {confidence} region of two parameters around {numbers}.",
}

LONE = re.compile(r"(?<![\d.,])(1 (?:failure|suspension|system|event|period))s\b")


class Words:
    """The labels of one figure: the caller's where given, English otherwise."""

    def __init__(self, labels: Labels | None) -> None:
        unknown = sorted(set(labels or {}) - set(LABELS))
        if unknown:
            raise InvalidData(f"unknown figure labels {unknown}; known are {sorted(LABELS)}")
        self._labels = {**LABELS, **(labels or {})}

    def __call__(self, name: str, **values: object) -> str:
        # English has one other form, for one; what is translated is left as it is.
        return LONE.sub(lambda found: found[1], self._labels[name].format(**values))


def number(value: float | None) -> str:
    """A number as a person reads it: three significant digits, thousands set apart, no exponent up to ten
    million."""
    if value is None or not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if 1000 <= abs(value) < 1e7:
        places = int(np.floor(np.log10(abs(value)))) - 3
        return f"{round(value, -max(places, 0)):,.0f}"
    if 0.001 <= abs(value) < 1000:
        return f"{value:.3g}"
    return f"{value:.2e}"


def percent(share: float) -> str:
    """A share as a percentage with at most two decimals that mean something."""
    return f"{100 * share:.4g} %"


def band_traces(at: FloatArray, lower: FloatArray | None, upper: FloatArray | None, name: str) -> list[Trace]:
    """The area between two bounds, with its edges drawn so that it shows in print; one edge if the other is
    open."""
    edge: Trace = {"type": "scatter", "mode": "lines", "line": {"color": BLUE, "width": 1, "dash": "dot"}}
    edges = [bound for bound in (lower, upper) if bound is not None]
    traces = [
        {**edge, "x": at, "y": bound, "name": name, "hoverinfo": "skip", "legendgroup": "band"}
        for bound in edges
    ]
    for position, trace in enumerate(traces):
        trace["showlegend"] = position == 0
    if len(traces) == 2:
        traces[1] |= {"fill": "tonexty", "fillcolor": BAND}
    return traces


def line(
    x: ArrayLike,
    y: ArrayLike,
    name: str,
    *,
    colour: str = BLUE,
    width: float = 2.5,
    dash: str = "solid",
    shape: str = "linear",
    **more: Any,
) -> Trace:
    """A line, told from others by its dash as well as by its colour."""
    drawn = {"color": colour, "width": width, "dash": dash, "shape": shape}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": drawn, **more}


def marks(
    x: ArrayLike,
    y: ArrayLike,
    name: str,
    *,
    symbol: str = "circle",
    colour: str = INK,
    size: float = 8,
    **more: Any,
) -> Trace:
    """Points, told from others by their symbol as well as by their colour."""
    drawn = {"symbol": symbol, "color": colour, "size": size}
    if symbol.endswith("-open"):
        # Open symbols are all edge, which at plotly's own width is lost in print.
        drawn["line"] = {"width": 1.5}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "name": name, "marker": drawn, **more}


def upright(x: float, *, dash: str, colour: str) -> dict[str, Any]:
    """A line through the whole height of the plot, above the rule of the axis at the same place."""
    ends = {"x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "line", **ends, "line": {"color": colour, "width": 2, "dash": dash}, "layer": "above"}


def ages_until(until: float | None, otherwise: float, *, start: float = 0.0) -> FloatArray:
    """The ages of a curve from just beyond `start` to `until`, or to `otherwise` where that is not given."""
    last = otherwise if until is None else until
    if not (np.isfinite(last) and last > max(start, 0.0)):
        raise InvalidData(
            f"until must be a positive age{f' above {start:g}' if start > 0 else ''}, not {until!r}"
        )
    return np.asarray(np.linspace(start, last, CURVE_POINTS + 1)[1:])


def corner(lines: Iterable[str], x: float = 0.02, y: float = 0.98) -> dict[str, Any]:
    """A box of text inside the plot, its top left corner at the given share of the axes."""
    return {
        "text": "<br>".join(lines),
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": y,
        "xanchor": "left" if x < 0.5 else "right",
        "yanchor": "top" if y > 0.5 else "bottom",
        "align": "left",
        "showarrow": False,
        "bgcolor": "rgba(255, 255, 255, 0.85)",
        "bordercolor": GRID,
        "borderpad": 4,
    }


def axis(title: str, **settings: Any) -> dict[str, Any]:
    """A ruled axis with its title."""
    return {
        "title": {"text": title},
        "showline": True,
        "linecolor": INK,
        "ticks": "outside",
        "gridcolor": GRID,
        "zeroline": False,
        "automargin": True,
        # Up to ten million in full and set apart, as `number` has it.
        "separatethousands": True,
        "exponentformat": "power",
        "minexponent": 6,
        **settings,
    }


def whole_axis(title: str, span: float, **settings: Any) -> dict[str, Any]:
    """An axis of whole numbers over `span`: every one over a few, where plotly's own ticks would fall between them."""
    return axis(title, tickformat="d", dtick=1 if span <= 12 else None, **settings)


def log_axis(title: str, low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis with 1, 2 and 5 of each decade written out in full; 1 only over many decades, more over few."""
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    steps: tuple[int, ...] = (1, 2, 5) if last - first <= 4 else (1,)
    if high / low < 12:
        steps = (1, 2, 3, 4, 5, 6, 8)
    ticks = [step * 10.0**decade for decade in range(first, last + 1) for step in steps]
    return axis(
        title,
        type="log",
        range=[float(np.log10(low)), float(np.log10(high))],
        tickvals=ticks,
        ticktext=[f"{tick:,.0f}" if 1 <= tick < 1e7 else f"{tick:g}" for tick in ticks],
    )


def figure(
    traces: Sequence[Trace],
    *,
    alt: str,
    xaxis: dict[str, Any],
    yaxis: dict[str, Any],
    numbers: Iterable[str] = (),
    at: tuple[float, float] = (0.02, 0.98),
    annotations: Sequence[dict[str, Any]] = (),
    **layout: Any,
) -> "Figure":
    """Put traces and axes together in the house style, with the numbers in a box whose corner is `at` a share of the axes."""
    # Plotly looks at pandas wherever it finds it, also half imported by another thread; so it is imported whole first.
    import pandas  # noqa: F401

    # Here and nowhere else, as importing plotly takes longer than fitting.
    import plotly.graph_objects as go

    return go.Figure(
        data=list(traces),
        layout={
            "font": {"family": "system-ui, sans-serif", "size": 14, "color": INK},
            "paper_bgcolor": "white",
            "plot_bgcolor": "white",
            "margin": {"l": 56, "r": 16, "t": 16, "b": 48},
            # Below the plot: beside it a legend would leave a phone no width for the curve.
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0, "font": {"size": 12}},
            "hovermode": "closest",
            "meta": {"alt": alt},
            "xaxis": xaxis,
            "yaxis": yaxis,
            "annotations": [*([corner(boxed, *at)] if (boxed := list(numbers)) else []), *annotations],
            **layout,
        },
    )
