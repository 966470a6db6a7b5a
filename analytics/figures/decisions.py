"""Pictures of decisions: did the fix work, and when to replace."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.before_after import BeforeAfter
from analytics.errors import InvalidData
from analytics.figures.style import (
    BAND,
    BLUE,
    CURVE_POINTS,
    INK,
    ORANGE,
    Labels,
    Trace,
    Words,
    axis,
    figure,
    line,
    log_axis,
    marks,
    number,
    percent,
    upright,
)
from analytics.renewal import LifeModel
from analytics.replacement import ReplacementPlan, cost_rate, plan_fingerprint
from analytics.results import FloatArray

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# The replacement curve is drawn to so many times the best age; it is flat long before.
BEYOND_BEST = 2.5


def before_after(
    verdicts: BeforeAfter | Mapping[str, BeforeAfter], *, labels: Labels | None = None
) -> "Figure":
    """Ratio of the failure rates, after over before, with its bounds, against the criterion fixed beforehand.

    "Effective" is a row whose whole interval lies in the shaded part, "not effective" one whose interval lies beyond it. A
    bound that the data do not give runs to the edge of the picture.

    Parameters
    ----------
    verdicts : BeforeAfter, or mapping of str to BeforeAfter
        From `compare_before_after`; several, from the top down, for one look after another or one site beside another. They
        share their criterion and their confidence.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If there is no verdict, criteria or confidences differ, or a label is unknown.

    Examples
    --------
    >>> from analytics import compare_before_after
    >>> before_after(compare_before_after((40, 10_000), (4, 6_000), criterion=0.5)).layout.meta["alt"]
    'Ratio of failure rates, after over before, against a criterion of 0.5: 0.167 (0.0545 – 0.407), effective.'
    """
    words = Words(labels)
    named = {"": verdicts} if isinstance(verdicts, BeforeAfter) else dict(verdicts)
    if len({(each.criterion, each.confidence) for each in named.values()}) != 1:
        raise InvalidData("the picture needs verdicts of one criterion and one confidence")
    rows = list(named.values())
    criterion = rows[0].criterion
    seen = [value for each in rows for value in (each.lower, each.ratio, each.upper) if value]
    left, right = min([*seen, criterion]) / 2.0, max([*seen, criterion, 1.0]) * 2.0
    height = np.arange(len(rows), 0, -1.0)
    traces = [_bounds(each, at, (left, right), words) for each, at in zip(rows, height, strict=True)]
    closed = [trace for each, trace in zip(rows, traces, strict=True) if each.lower and each.upper]
    (closed or traces)[0]["showlegend"] = True
    traces.append(_ratios(rows, height, words))
    texts = [_ratio_text(each, words) for each in rows]
    alt = "; ".join(f"{name}: {text}" if name else text for name, text in zip(named, texts, strict=True))
    shaded = {"type": "rect", "yref": "paper", "x0": left, "x1": criterion, "y0": 0, "y1": 1}
    return figure(
        traces,
        alt=words("alt_before_after", criterion=number(criterion), verdicts=alt),
        xaxis=log_axis(words("ratio_of_rates"), left, right),
        yaxis=axis(
            "",
            range=[0.4, len(rows) + 0.6 + 0.25 * len(rows)],
            tickvals=height.tolist(),
            ticktext=[
                f"{name}<br>".removeprefix("<br>") + f"<b>{_answer(each, words)}</b>"
                for name, each in named.items()
            ],
            showgrid=False,
        ),
        shapes=[
            {**shaded, "fillcolor": BAND, "line": {"width": 0}, "layer": "below"},
            upright(criterion, dash="dash", colour=ORANGE),
            upright(1.0, dash="dot", colour=INK),
        ],
        numbers=[words("criterion", criterion=number(criterion)), *(texts if len(rows) == 1 else [])],
        at=(0.98, 0.98),
        annotations=[_counts_text(each, at, words) for each, at in zip(rows, height, strict=True)],
    )


def replacement_curve(
    plan: ReplacementPlan, fit: LifeModel, *, until: float | None = None, labels: Labels | None = None
) -> "Figure":
    """Cost per unit of time against the age at replacement, with the best age, its interval, and running to failure.

    Parameters
    ----------
    plan : ReplacementPlan
        From `optimal_replacement`.
    fit : fit or life distribution
        That of the plan.
    until : float, optional
        Last age shown; some way beyond the best age, or where 95 % have failed, unless given.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If the plan was made from another fit, `until` is not a positive age, or a label is unknown.
    """
    words = Words(labels)
    costs = (plan.planned_cost, plan.failure_cost)
    if plan_fingerprint(fit, costs, plan.policy) != plan.fingerprint:
        raise InvalidData("this is not the fit that the plan was made from (fingerprints differ)")
    last = _last_age(plan, fit) if until is None else until
    if not (np.isfinite(last) and last > 0):
        raise InvalidData(f"until must be a positive age, not {until!r}")
    unit = plan.unit or words("time_unit")
    # Closer together near age 0, where the curve is steep.
    ages = last * np.linspace(1.0 / CURVE_POINTS, 1.0, CURVE_POINTS) ** 2
    rates = cost_rate(fit, ages, *costs, policy=plan.policy)
    curve = line(ages, rates, words("cost_of_replacing"))
    traces, lines = [curve], [words("run_to_failure_is_best")]
    if plan.age is not None:
        name = words("best_age", age=number(plan.age), unit=unit)
        traces.append(marks([plan.age], [plan.cost_rate], name, symbol="diamond", colour=ORANGE, size=13))
        lines = [
            _best_age_text(plan, unit, words),
            *([words("saving", saving=percent(round(plan.saving, 3)))] if plan.saving else []),
        ]
    if plan.cost_rate_without is not None:
        traces.append(_run_to_failure(plan.cost_rate_without, last, words))
    # Near age 0 the curve rises without end; what matters lies within a few times the lowest cost.
    top = min(float(rates.max()), 3.0 * max(plan.cost_rate, plan.cost_rate_without or 0.0)) * 1.05
    return figure(
        traces,
        alt=words("alt_replacement_curve", numbers="; ".join(lines)),
        xaxis=axis(words("replacement_age", unit=unit), range=[0, last]),
        yaxis=axis(words("cost_rate", unit=unit), range=[0, top], minexponent=3),
        shapes=_age_band(plan, last),
        numbers=lines,
        at=(0.98, 0.98),
    )


def _ratio_text(verdict: BeforeAfter, words: Words) -> str:
    return words(
        "ratio_numbers",
        ratio=number(verdict.ratio),
        lower=number(verdict.lower or 0.0),
        upper="∞" if verdict.upper is None else number(verdict.upper),
        answer=_answer(verdict, words),
    )


def _answer(verdict: BeforeAfter, words: Words) -> str:
    return words(verdict.answer.replace(" ", "_"))


def _bounds(verdict: BeforeAfter, at: float, edges: tuple[float, float], words: Words) -> Trace:
    """The interval of one row; an end without a bound is an arrow to the edge of the picture."""
    ends = (verdict.lower, verdict.upper)
    symbols = [
        "line-ns-open" if end is not None else arrow
        for end, arrow in zip(ends, ("triangle-left", "triangle-right"), strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [edge if end is None else end for end, edge in zip(ends, edges, strict=True)],
        "y": [at, at],
        "name": words("ratio_bounds", confidence=percent(verdict.confidence)),
        "line": {"color": BLUE, "width": 2},
        "marker": {"symbol": symbols, "size": 12, "line": {"width": 2}},
        "cliponaxis": False,
        "legendgroup": "bounds",
        "showlegend": False,
    }


def _ratios(rows: list[BeforeAfter], height: FloatArray, words: Words) -> Trace:
    # A ratio of 0 is left to the arrow that its interval ends in, as a log axis has no 0.
    points = [(each.ratio, at) for each, at in zip(rows, height, strict=True) if each.ratio]
    ratios, heights = [ratio for ratio, _ in points], [at for _, at in points]
    return marks(ratios, heights, words("ratio"), symbol="diamond", size=11)


def _counts_text(verdict: BeforeAfter, at: float, words: Words) -> dict[str, Any]:
    text = words(
        "failures_in",
        before=verdict.failures_before,
        exposure_before=number(verdict.exposure_before),
        after=verdict.failures_after,
        exposure_after=number(verdict.exposure_after),
        unit=verdict.unit,
    )
    place = {"xref": "paper", "x": 0.01, "xanchor": "left", "y": at, "yshift": 14}
    return {"text": text, **place, "showarrow": False, "font": {"size": 12}}


def _last_age(plan: ReplacementPlan, fit: LifeModel) -> float:
    if plan.age is None:
        return float(fit.quantile(0.95))
    return max(BEYOND_BEST * plan.age, 1.2 * (plan.upper or 0.0))


def _best_age_text(plan: ReplacementPlan, unit: str, words: Words) -> str:
    if plan.lower is None:
        return words("best_age", age=number(plan.age), unit=unit)
    return words(
        "best_age_numbers",
        age=number(plan.age),
        lower=number(plan.lower),
        upper=words("never") if plan.upper is None else number(plan.upper),
        unit=unit,
        confidence=percent(plan.confidence),
    )


def _age_band(plan: ReplacementPlan, last: float) -> list[dict[str, Any]]:
    if plan.lower is None:
        return []
    ends = {"x0": plan.lower, "x1": last if plan.upper is None else min(plan.upper, last)}
    edge = {"color": BLUE, "width": 1, "dash": "dot"}
    return [
        {
            "type": "rect",
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            **ends,
            "fillcolor": BAND,
            "line": edge,
            "layer": "below",
        }
    ]


def _run_to_failure(rate: float, last: float, words: Words) -> Trace:
    return line([0, last], [rate, rate], words("run_to_failure"), colour=INK, width=1.5, dash="dash")
