"""Pictures of competing failure modes: which of them takes how many, and by when."""

from typing import TYPE_CHECKING

from analytics.competing_risks import CompetingRisksFit
from analytics.figures.distributions import fit_text
from analytics.figures.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    Labels,
    Trace,
    Words,
    ages_until,
    axis,
    figure,
    line,
    number,
    percent,
)
from analytics.results import FloatArray

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Dash, symbol and colour of one mode after another: each alone tells them apart.
STYLES = (
    ("dash", "circle", BLUE),
    ("dot", "square", ORANGE),
    ("dashdot", "triangle-up", GREEN),
    ("longdash", "x", PURPLE),
    ("longdashdot", "diamond-open", BLUE),
    ("dash", "circle-open", ORANGE),
)
MARKS = 8


def competing_modes(
    fit: CompetingRisksFit, *, until: float | None = None, labels: Labels | None = None
) -> "Figure":
    """Share of the parts that each mode has taken by an age, with all modes at work, and all of them together.

    Parameters
    ----------
    fit : CompetingRisksFit
        From `fit_competing_risks`.
    until : float, optional
        Last age shown, in the fit's unit; where 95 % have failed unless given.
    labels : mapping of str to str, optional
        Words to use in place of `LABELS`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InvalidData
        If `until` is not a positive age, or a label is unknown.

    Examples
    --------
    >>> from analytics import LifeData, fit_competing_risks
    >>> data = LifeData([6700, 7820, 9120, 9660, 11310, 12200, 13150, 14300], 1, unit="km")
    >>> figure = competing_modes(fit_competing_risks(data, list("abaababb")))
    >>> [trace.name for trace in figure.data]
    ['All modes', 'a', 'b']
    """
    words = Words(labels)
    ages = ages_until(until, float(fit.quantile(0.95)))
    failed = fit.failure_probability(ages)
    whole = line(ages, failed, words("all_modes"), colour=INK, width=3)
    taken = {mode: fit.mode_probability(mode, ages) for mode in fit.modes}
    curves = [_curve(mode, at, ages, share) for at, (mode, share) in enumerate(taken.items())]
    ends = ", ".join(f"{mode} {percent(round(float(share[-1]), 3))}" for mode, share in taken.items())
    return figure(
        [whole, *curves],
        alt=words("alt_competing_modes", age=number(float(ages[-1])), unit=fit.unit, shares=ends),
        xaxis=axis(words("age", unit=fit.unit), range=[0, float(ages[-1])]),
        yaxis=axis(words("share_failed"), range=[0, 1.02 * float(failed[-1])], tickformat=".0%"),
        numbers=[f"{mode}: {fit_text(each)}" for mode, each in fit.fits.items()],
    )


def _curve(mode: str, at: int, ages: FloatArray, share: FloatArray) -> Trace:
    dash, symbol, colour = STYLES[at % len(STYLES)]
    # A symbol at each point would hide the dashes.
    marker = {"symbol": symbol, "color": colour, "size": 8, "maxdisplayed": MARKS}
    return line(ages, share, mode, colour=colour, width=2, dash=dash, mode="lines+markers", marker=marker)
