"""What every template may use: words, local times, numbers with their interval, links to a record."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request, url_for
from flask_babel import format_date, format_datetime, format_decimal, get_locale, gettext
from jinja2 import pass_context
from markupsafe import Markup, escape

from fracas.core import clock
from fracas.core.words import N_
from fracas.web import panels, references, zones
from fracas.web.fieldwords import field_value, field_word
from fracas.web.words import code_words, method_words, verb_word, word

MAIN = 80
"""Lines up to this place stand in the bar, the others below “More”."""
NAVIGATION: list[tuple[int, str, str, str]] = []
"""(place, endpoint, msgid, permission); rooms add their line with :func:`navigation`."""


def navigation(place: int, endpoint: str, text: str, permission: str) -> None:
    entry = (place, endpoint, text, permission)
    if entry not in NAVIGATION:
        NAVIGATION.append(entry)
        NAVIGATION.sort()


def local_time(moment: datetime | None, zone: str | None = None) -> Markup | str:
    """A moment in the zone of its site, which it names, with UTC in the tooltip."""
    if moment is None:
        return "–"
    local = zones.local(moment, zone)
    text = format_datetime(local, "yyyy-MM-dd HH:mm", rebase=False)
    return Markup(
        '<time datetime="{}" title="{}"><span class="text-nowrap">{}</span> <small class="zone">{}</small></time>'
    ).format(moment.isoformat(), f"{moment:%Y-%m-%d %H:%M} UTC", text, zones.offset_name(local))


def local_date(day: date | datetime | None, zone: str | None = None) -> Markup | str:
    """A day, which does not break at its hyphens; that of a moment is the day it was at its site."""
    if isinstance(day, datetime):
        day = zones.local(day, zone).date()
    if day is None:
        return "–"
    return Markup('<span class="text-nowrap">{}</span>').format(format_date(day, "yyyy-MM-dd", rebase=False))


def significant(value: float | None, digits: int = 3) -> str:
    """A number to ``digits`` significant digits, without powers of ten as long as a person can read it."""
    if value is None:
        return "–"
    if value == 0 or 1e-4 <= abs(value) < 1e12:
        rounded = float(f"{value:.{digits}g}")
        return str(format_decimal(rounded, "#,##0.######"))
    return f"{value:.{digits}g}"


def show_quantity(quantity: Any, *, of_repairs: bool = False) -> Markup:
    """A number with its interval, unit, count of failures and as-of date; never 0 for "none seen yet".

    ``of_repairs``: it rests on repairs and their downtime, which is how its failures and exposure are then called.
    """
    q = quantity if isinstance(quantity, dict) else quantity.to_dict()
    percent = f"{100 * q['confidence']:g} %" if q.get("confidence") else ""
    unit = q.get("unit") or ""
    if q.get("estimate") is not None:
        main = f"{significant(q['estimate'])} {unit}"
        bounds = (
            f"{percent}: {significant(q.get('lower'))} – {significant(q.get('upper'))} {unit}"
            if percent
            else ""
        )
    elif q.get("lower") is not None:
        main = gettext("at least %(value)s %(unit)s", value=significant(q["lower"]), unit=unit)
        bounds = gettext("one-sided, %(percent)s confidence", percent=percent)
    elif q.get("upper") is not None:
        main = gettext("at most %(value)s %(unit)s", value=significant(q["upper"]), unit=unit)
        bounds = gettext("one-sided, %(percent)s confidence", percent=percent)
    else:
        main, bounds = gettext("no number yet"), ""
    count = q.get("failures", "–")
    count = count if isinstance(count, str) else format_decimal(count)
    basis = [
        gettext("%(count)s repairs", count=count)
        if of_repairs
        else gettext("%(failures)s failures", failures=count)
    ]
    if q.get("exposure") is not None:
        exposure = f"{significant(q['exposure'], 4)} {q.get('exposure_unit') or ''}".strip()
        basis.append(
            gettext("downtime %(hours)s", hours=exposure)
            if of_repairs
            else gettext("exposure %(exposure)s", exposure=exposure)
        )
    if q.get("exposure_estimated_share"):
        share = significant(100 * q["exposure_estimated_share"], 2)
        basis.append(gettext("%(share)s %% of it estimated", share=share))
    if q.get("as_of"):
        # A line does not end inside a date.
        day = gettext("as of %(day)s", day=str(q["as_of"])[:10])
        basis.append(Markup('<span class="text-nowrap">{}</span>').format(day))
    facts = Markup(" · ").join(basis)
    return Markup(
        '<span class="quantity"><b class="quantity-main">{}</b> <span class="quantity-bounds">{}</span> '
        '<small class="quantity-basis">{}</small></span>'
    ).format(main, bounds, facts)


PLOT_WORDS = {
    "Download plot as a PNG": N_("Download plot as a PNG"),
    "Zoom": N_("Zoom"),
    "Pan": N_("Pan"),
    "Reset axes": N_("Reset axes"),
}
"""What the buttons of a chart say: Plotly's own words -> msgid."""


MOST_POINTS = 500
"""So many points of a chart are listed below it; the tables of the page and the downloads have them all."""


def chart(figure: Any, *, alt: str | None = None, height: int = 420) -> Markup:
    """A plotly figure: its JSON beside an empty box that ``charts.js`` fills; the text is for who cannot see it."""
    data = json.loads(figure.to_json()) if hasattr(figure, "to_json") else figure
    meta = (data.get("layout") or {}).get("meta") or {}
    words = alt or (meta.get("alt") if isinstance(meta, dict) else None) or ""
    buttons = json.dumps({plotly: gettext(text) for plotly, text in PLOT_WORDS.items()})
    drawn = Markup(
        '<figure class="chart" aria-label="{}" data-words="{}">'
        '<div class="chart-box" style="min-height:{}px"></div><script type="application/json">{}</script></figure>'
    ).format(words, buttons, height, _script_safe(data))
    return drawn + _points_listed(points(data))


def points(figure: Any) -> list[tuple[str, str]]:
    """(what it is, address of its records) of every point that opens something.

    A point's address is the one among its ``customdata``; what it is says its ``text``, else the two axes.
    """
    found = []
    for trace in figure.get("data", []):
        carried = trace.get("customdata")
        across, up = trace.get("x"), trace.get("y")
        if trace.get("orientation") == "h":
            across, up = up, across
        for place, one in enumerate(carried if isinstance(carried, list) else []):
            link = next(filter(_is_address, one if isinstance(one, list) else [one]), None)
            if link is not None and (
                trace.get("type") != "bar" or up[place]
            ):  # a bar of no height opens nothing
                told = trace.get("text")
                found.append((told[place] if told else f"{across[place]}: {significant(up[place])}", link))
    return found


def _is_address(carried: Any) -> bool:
    return isinstance(carried, str) and carried.startswith("/") and not carried.startswith("//")


def _points_listed(found: list[tuple[str, str]]) -> Markup:
    """The same links for who has no mouse, or does not see the chart."""
    if not found:
        return Markup("")
    links = [Markup('<li><a href="{}">{}</a></li>').format(link, text) for text, link in found[:MOST_POINTS]]
    title = gettext("The records behind the points (%(count)s)", count=len(found))
    return Markup(
        '<details class="chart-points small"><summary>{}</summary><ul tabindex="0" aria-label="{}">{}</ul></details>'
    ).format(title, title, Markup("").join(links))


def _script_safe(data: Any) -> Markup:
    # Inside a script element HTML has no escapes; JSON's own keep "</script>" from ending it early.
    return Markup(json.dumps(data).replace("<", "\\u003c"))  # noqa: S704  # nosec B704


def here(**changes: Any) -> str:
    """This page's address with some query parameters changed (``None`` drops one)."""
    kept = {**request.args.to_dict(), **changes}
    query = urlencode({k: v for k, v in kept.items() if v not in (None, "")})
    return f"{request.path}?{query}" if query else request.path


def asset(path: str) -> str:
    return url_for("static", filename=path)


def _context() -> dict[str, Any]:
    actor = g.get("actor")
    may: Callable[[str], bool] = actor.may if actor else (lambda _permission: False)
    return {
        "actor": actor,
        "may": may,
        "navigation": [(e, t) for place, e, t, permission in NAVIGATION if place <= MAIN and may(permission)],
        "navigation_more": [
            (e, t) for place, e, t, permission in NAVIGATION if place > MAIN and may(permission)
        ],
        "language": str(get_locale() or "en").replace("_", "-"),
        "now": clock.now(),
    }


def _at_each_reading(text: Any) -> Any:
    """A filter that jinja does not work out when it compiles a template: what it says depends on who reads."""

    @functools.wraps(text)
    def say(_context: Any, *args: Any, **kwargs: Any) -> Any:
        return text(*args, **kwargs)

    return pass_context(say)


def install(app: Flask) -> None:
    filters = {
        "word": word,
        "method_words": method_words,
        "verb_word": verb_word,
        "code_words": code_words,
        "field_word": field_word,
        "field_value": field_value,
        "local_time": local_time,
        "local_date": local_date,
        "significant": significant,
        "quantity": show_quantity,
    }
    app.jinja_env.filters |= {name: _at_each_reading(one) for name, one in filters.items()}
    app.jinja_env.globals |= {
        "panels": panels.draw,
        "linked_records": references.linked,
        "chart": chart,
        "here": here,
        "asset": asset,
        "escape": escape,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_context)
