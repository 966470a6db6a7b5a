"""What every template may use: words, local times, numbers with their interval, links to a record."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, g, request, url_for
from flask_babel import format_date, format_datetime, format_decimal, get_locale, gettext
from markupsafe import Markup, escape

from fracas.core import clock
from fracas.core.words import N_
from fracas.web import panels, references
from fracas.web.fieldwords import field_value, field_word
from fracas.web.words import code_words, verb_word, word

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
    """A moment in the zone of its site, with UTC in the tooltip."""
    if moment is None:
        return "–"
    local = moment.astimezone(ZoneInfo(zone or "UTC"))
    text = format_datetime(local, "yyyy-MM-dd HH:mm", rebase=False)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), f"{moment:%Y-%m-%d %H:%M} UTC", text
    )


def local_date(day: date | datetime | None) -> str:
    return "–" if day is None else str(format_date(day, "yyyy-MM-dd", rebase=False))


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
    basis = (
        gettext("%(count)s repairs", count=count)
        if of_repairs
        else gettext("%(failures)s failures", failures=count)
    )
    if q.get("exposure") is not None:
        exposure = f"{significant(q['exposure'], 4)} {q.get('exposure_unit') or ''}".strip()
        told = (
            gettext("downtime %(hours)s", hours=exposure)
            if of_repairs
            else gettext("exposure %(exposure)s", exposure=exposure)
        )
        basis += " · " + told
    if q.get("exposure_estimated_share"):
        basis += " · " + gettext(
            "%(share)s %% of it estimated", share=significant(100 * q["exposure_estimated_share"], 2)
        )
    if q.get("as_of"):
        basis += " · " + gettext("as of %(day)s", day=str(q["as_of"])[:10])
    return Markup(
        '<span class="quantity"><b class="quantity-main">{}</b> <span class="quantity-bounds">{}</span> '
        '<small class="quantity-basis">{}</small></span>'
    ).format(main, bounds, basis)


PLOT_WORDS = {
    "Download plot as a PNG": N_("Download plot as a PNG"),
    "Zoom": N_("Zoom"),
    "Pan": N_("Pan"),
    "Reset axes": N_("Reset axes"),
}
"""What the buttons of a chart say: Plotly's own words -> msgid."""


def chart(figure: Any, *, alt: str | None = None, height: int = 420) -> Markup:
    """A plotly figure: its JSON beside an empty box that ``charts.js`` fills; the text is for who cannot see it."""
    data = json.loads(figure.to_json()) if hasattr(figure, "to_json") else figure
    meta = (data.get("layout") or {}).get("meta") or {}
    words = alt or (meta.get("alt") if isinstance(meta, dict) else None) or ""
    buttons = json.dumps({plotly: gettext(text) for plotly, text in PLOT_WORDS.items()})
    return Markup(
        '<figure class="chart" role="img" aria-label="{}" data-words="{}">'
        '<div class="chart-box" style="min-height:{}px"></div><script type="application/json">{}</script></figure>'
    ).format(words, buttons, height, _script_safe(data))


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


def install(app: Flask) -> None:
    app.jinja_env.filters |= {
        "word": word,
        "verb_word": verb_word,
        "code_words": code_words,
        "field_word": field_word,
        "field_value": field_value,
        "local_time": local_time,
        "local_date": local_date,
        "significant": significant,
        "quantity": show_quantity,
    }
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
