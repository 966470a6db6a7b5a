"""Pictures of counts: Pareto and open stages. Statistical pictures come from `analytics.figures` through reliability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fracas.dashboards.queries import Bar, StageCount

INK, STEEL, PALE = "#16232f", "#1f4e79", "#9db4c8"
AGE_COLOURS = {"week": "#9db4c8", "month": "#5b87ad", "quarter": "#c77b3f", "older": "#b3410a"}
Translate = Callable[[str], str]


def _layout(**more: Any) -> dict[str, Any]:
    return {
        "margin": {"l": 60, "r": 50, "t": 34, "b": 60},
        "font": {"family": "system-ui, sans-serif", "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        **more,
    }


def pareto(
    bars: Sequence[Bar],
    *,
    links: Sequence[str | None],
    words: Translate,
    labels: Sequence[str],
    measure: str = "failures",
) -> dict[str, Any]:
    """Bars from most to least with the running share; a bar opens the records behind it.

    On a phone the codes stand below the bars, for names would leave them no room.
    ``measure`` is ``failures`` or ``delay_minutes``.
    """
    values = [float(getattr(bar, measure)) for bar in bars]
    total = sum(values) or 1.0
    running = [100 * sum(values[: i + 1]) / total for i in range(len(values))]
    name = words("failures") if measure == "failures" else words("minutes of delay")
    title = words("Most frequent: %(name)s, %(count)s of %(total)s") % {
        "name": labels[0] if labels else "–",
        "count": f"{values[0] if values else 0:g}",
        "total": f"{sum(values):g}",
    }
    return {
        "data": [
            {
                "type": "bar",
                "x": list(labels),
                "y": values,
                "name": name,
                "marker": {"color": STEEL},
                "customdata": list(links),
            },
            {
                "type": "scatter",
                "x": list(labels),
                "y": running,
                "name": words("running share"),
                "yaxis": "y2",
                "mode": "lines+markers",
                "line": {"color": "#b3410a"},
                "hovertemplate": "%{y:.0f} %<extra></extra>",
            },
        ],
        "layout": _layout(
            xaxis={"type": "category", "tickangle": -35, "automargin": True},
            yaxis={"title": {"text": name}, "rangemode": "tozero"},
            yaxis2={
                "overlaying": "y",
                "side": "right",
                "range": [0, 105],
                "showgrid": False,
                "tickvals": [0, 25, 50, 75, 100],
                # In full: plotly puts no suffix behind ticks that are given one by one.
                "ticktext": [f"{share} %" for share in (0, 25, 50, 75, 100)],
            },
            meta={"alt": title, "short": [bar.key or label for bar, label in zip(bars, labels, strict=True)]},
        ),
    }


def open_stages(
    counts: Sequence[StageCount], *, words: Translate, names: Sequence[str], links: Sequence[str]
) -> dict[str, Any]:
    """What stands open in each stage, by how long it has stood there; a bar opens what stands in its stage."""
    ages = {
        "week": words("under a week"),
        "month": words("under a month"),
        "quarter": words("under 90 days"),
        "older": words("90 days and more"),
    }
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": list(names),
            "x": [getattr(count, age) for count in counts],
            "name": text,
            "marker": {"color": AGE_COLOURS[age]},
            "customdata": list(links),
            "text": [
                f"{name}, {text}: {getattr(count, age)}" for name, count in zip(names, counts, strict=True)
            ],
            "textposition": "none",
        }
        for age, text in ages.items()
    ]
    total = sum(count.total for count in counts)
    return {
        "data": data,
        "layout": _layout(
            barmode="stack",
            yaxis={"autorange": "reversed", "automargin": True},
            xaxis={"title": {"text": words("records")}, "rangemode": "tozero"},
            margin={"l": 10, "r": 20, "t": 10, "b": 110},
            legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0, "traceorder": "normal"},
            meta={"alt": words("%(total)s open records by stage and age") % {"total": total}},
        ),
    }
