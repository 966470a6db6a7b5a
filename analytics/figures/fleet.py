"""Pictures of repairable systems: events against age, and MTBF from period to period."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analytics.errors import InvalidData
from analytics.figures.style import (
    BLUE,
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
from analytics.repairable import MeanCumulativeFunction
from analytics.uptime import MtbfEstimate

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def mcf_curve(curve: MeanCumulativeFunction, *, labels: Labels | None = None) -> "Figure":
    """Mean cumulative function with its pointwise bounds: straight is a constant rate, bending up is getting
    worse.

    Parameters
    ----------
    curve : MeanCumulativeFunction
        From `mean_cumulative_function`.
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
    name = words("band", confidence=percent(curve.confidence))
    # From the first day under observation to the last, not only from the first event to the last; the bounds from the first
    # event on, before which there are none.
    ages = np.concatenate([curve.time, [curve.last_end]])
    estimate, lower, upper = (
        np.append(each, each[-1]) for each in (curve.estimate, curve.lower, curve.upper)
    )
    traces = band_traces(ages, lower, upper, name)
    for trace in traces:
        trace["line"]["shape"] = "hv"
    traces.append(
        line(
            np.concatenate([[curve.first_start], ages]),
            np.concatenate([[0.0], estimate]),
            words("mcf"),
            shape="hv",
            customdata=np.concatenate([curve.at_risk[:1], curve.at_risk, curve.at_risk[-1:]]),
            hovertemplate=f"%{{x:.4g}} {curve.unit}: %{{y:.3g}} (n = %{{customdata}})<extra></extra>",
        )
    )
    return figure(
        traces,
        alt=words(
            "alt_mcf_curve",
            systems=curve.systems,
            last=number(float(curve.estimate[-1])),
            last_time=number(float(curve.time[-1])),
            unit=curve.unit,
            confidence=percent(curve.confidence),
            lower=number(float(curve.lower[-1])),
            upper=number(float(curve.upper[-1])),
        ),
        xaxis=axis(words("age", unit=curve.unit)),
        yaxis=axis(words(f"mcf_{curve.value}"), rangemode="tozero"),
        numbers=[words("systems", systems=curve.systems, events=curve.counts.failures)],
    )


def mtbf_over_time(
    periods: Sequence[str], results: Sequence[MtbfEstimate], *, labels: Labels | None = None
) -> "Figure":
    """MTBF of each period with its bounds; a period without failures shows its lower bound as a triangle.

    Parameters
    ----------
    periods : sequence of str
        Names of the periods, in order ("2026-07").
    results : sequence of MtbfEstimate
        One for each period, all in one unit.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If there is no period, the lengths or the units differ, or a label is unknown.
    """
    words = Words(labels)
    units = {result.unit for result in results}
    if len(periods) != len(results) or len(units) != 1:
        raise InvalidData(f"{len(periods)} periods for {len(results)} results in units {sorted(units)}")
    unit = units.pop()
    by_period = list(zip(periods, results, strict=True))
    known = [(period, result) for period, result in by_period if result.estimate is not None]
    open_ = [(period, result) for period, result in by_period if result.estimate is None]
    traces: list[Trace] = []
    if known:
        traces.append(_estimates(known, unit, words))
    if open_:
        traces.append(_lower_bounds(open_, unit, words))
    shown = [v for r in results for v in (r.lower, r.estimate, r.upper) if v is not None]
    last = results[-1]
    return figure(
        traces,
        alt=words(
            "alt_mtbf_over_time",
            periods=len(periods),
            last=number(last.estimate) if last.estimate is not None else f"≥ {number(last.lower)}",
            unit=unit,
        ),
        xaxis=axis(words("period"), type="category", categoryorder="array", categoryarray=list(periods)),
        # On a log scale bounds of few failures, which reach several times the estimate, leave the rest
        # readable.
        yaxis=log_axis(words("mtbf", unit=unit), min(shown) / 1.3, max(shown) * 1.3),
    )


def _estimates(known: list[tuple[str, MtbfEstimate]], unit: str, words: Words) -> Trace:
    values = np.array([result.estimate for _, result in known], dtype=float)
    # A bound that was not asked for is drawn as no whisker.
    upper = np.array([result.estimate if result.upper is None else result.upper for _, result in known])
    lower = np.array([result.estimate if result.lower is None else result.lower for _, result in known])
    return line(
        [period for period, _ in known],
        values,
        words("mtbf_estimate", confidence=percent(known[0][1].confidence)),
        width=1,
        dash="dot",
        mode="lines+markers",
        marker={"color": BLUE, "size": 9},
        error_y={"type": "data", "symmetric": False, "array": upper - values, "arrayminus": values - lower},
        customdata=[result.failures for _, result in known],
        hovertemplate=f"%{{x}}: %{{y:.4g}} {unit} (n = %{{customdata}})<extra></extra>",
    )


def _lower_bounds(open_: list[tuple[str, MtbfEstimate]], unit: str, words: Words) -> Trace:
    return marks(
        [period for period, _ in open_],
        np.array([result.lower for _, result in open_], dtype=float),
        words("mtbf_lower_only"),
        symbol="triangle-up-open",
        colour=ORANGE,
        size=11,
        hovertemplate=f"%{{x}}: ≥ %{{y:.4g}} {unit}<extra></extra>",
    )
