"""Picture of an alarm: the failures of one cell among many, and the rise that was found."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from analytics.alarm import RisingRates
from analytics.errors import InvalidData
from analytics.figures.style import (
    GRID,
    INK,
    ORANGE,
    Labels,
    Trace,
    Words,
    figure,
    line,
    number,
    percent,
    whole_axis,
)
from analytics.results import FloatArray

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def alarm_chart(
    found: RisingRates,
    cell: str,
    counts: ArrayLike,
    exposure: ArrayLike = 1.0,
    *,
    labels: Labels | None = None,
) -> "Figure":
    """Failures of one cell period by period, those expected, and the stretch over which the rate rose.

    Parameters
    ----------
    found : RisingRates
        From `rising_rate_alarm`.
    cell : str
        Label of the cell.
    counts, exposure : array_like, shape (cells, periods)
        As given to `rising_rate_alarm`.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If no cell has this label, the counts are not those of the alarm, or a label is unknown.
    """
    words = Words(labels)
    if cell not in found.labels:
        raise InvalidData(f"no cell is called {cell!r}; there are {', '.join(found.labels[:10])}")
    row = found.labels.index(cell)
    failures, exposed = _cell(found, row, counts, exposure)
    end = int(found.period[row]) + 1 if found.alarm[row] else failures.size
    stretch = np.arange(max(end - int(found.lookback[row]), 0), end)
    if float(failures[stretch].sum()) != float(found.failures[row]):
        raise InvalidData("these are not the counts that the alarm was made from")
    period = np.arange(1.0, failures.size + 1.0)
    inside = np.isin(period - 1, stretch) & bool(found.alarm[row])
    traces: list[Trace] = [
        _bars(period[~inside], failures[~inside], words("failures_of_period"), ""),
        *([_bars(period[inside], failures[inside], words("stretch_of_alarm"), "/")] if inside.any() else []),
    ]
    expected = float(found.expected[row])
    if np.isfinite(expected):
        traces.append(
            line(
                period,
                expected * exposed / exposed[stretch].sum(),
                words("expected_at_past_rate"),
                colour=INK,
                width=2,
                dash="dash",
                shape="hvh",
            )
        )
    text = _alarm_text(found, row, words)
    top = max(float(failures.max()), 1.0)
    return figure(
        traces,
        alt=words("alt_alarm_chart", cell=cell, periods=period.size, verdict="; ".join(text)),
        xaxis=whole_axis(words("period"), period.size),
        # Room above for the box of numbers.
        yaxis=whole_axis(words("failures_of_period"), top, range=[0, 1.35 * top]),
        barmode="overlay",
        bargap=0.2,
        numbers=[cell, *text],
    )


def _cell(
    found: RisingRates, row: int, counts: ArrayLike, exposure: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    table = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    if table.shape[0] != len(found.labels):
        raise InvalidData(f"counts have {table.shape[0]} rows for {len(found.labels)} cells")
    exposed = np.broadcast_to(np.asarray(exposure, dtype=np.float64), table.shape)
    return table[row], exposed[row]


def _bars(period: FloatArray, failures: FloatArray, name: str, pattern: str) -> Trace:
    marker = {
        "color": ORANGE if pattern else GRID,
        "pattern": {"shape": pattern, "fgcolor": INK, "size": 6},
        "line": {"color": INK, "width": 0.5},
    }
    return {"type": "bar", "x": period, "y": failures, "name": name, "marker": marker}


def _alarm_text(found: RisingRates, row: int, words: Words) -> list[str]:
    if not found.alarm[row]:
        return [words("no_alarm")]
    numbers = [
        words(
            "alarm_in",
            period=int(found.period[row]) + 1,
            lookback=int(found.lookback[row]),
            p=number(float(found.p_value[row])),
        )
    ]
    if np.isfinite(found.ratio[row]):
        ratio, lower = number(float(found.ratio[row])), number(float(found.ratio_lower[row]))
        numbers.append(words("rate_rose", ratio=ratio, lower=lower, confidence=percent(found.confidence)))
    return numbers
