"""Work list, dashboard and the whole life of a serial."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import get_locale, gettext

from fracas.assets import queries as assets
from fracas.catalog import queries as catalog
from fracas.core import clock
from fracas.core.errors import Invalid, NotFound
from fracas.core.words import N_
from fracas.dashboards import charts, lives, masterdata, queries, worklist
from fracas.organisations import queries as organisations
from fracas.reliability import planning
from fracas.reliability.forms import SparesPlanQuery
from fracas.reliability.planning import Standing
from fracas.web.downloads import csv_response
from fracas.web.fieldwords import field_value
from fracas.web.guard import actor, needs
from fracas.web.session import db
from fracas.web.templating import navigation
from fracas.web.verbs import key_of
from fracas.web.words import code_words, word

if TYPE_CHECKING:
    from fracas.reliability.histories import FleetHistory
    from fracas.reliability.rising import Rising

TableOfValues = tuple[list[str], Sequence[tuple[Any, ...]]]

pages = Blueprint("dashboards", __name__, template_folder="templates")
navigation(10, "dashboards.work_list", N_("My work"), "failure.read")
navigation(80, "dashboards.overview", N_("Dashboard"), "dashboard.read")

GROUPINGS = {
    "mode": N_("Failure mode"),
    "part_type": N_("Part"),
    "symptom": N_("Symptom"),
    "system": N_("System"),
    "site": N_("Site"),
}
PERIODS = (("90", N_("90 days")), ("365", N_("12 months")), ("1095", N_("3 years")), ("all", N_("All")))
FILTER_OF = {
    "mode": "mode",
    "part_type": "part_type",
    "symptom": "symptom_code",
    "system": "system",
    "site": "site",
}


@pages.get("/")
@needs("failure.read")
def work_list() -> str:
    groups, own = worklist.groups(db(), actor()), worklist.own_reports(db(), actor())
    return render_template(
        "dashboards/work_list.html", groups=groups, own=own,
        steps=masterdata.first_steps(db(), actor()), unchecked=masterdata.unchecked(db(), actor()),
    )  # fmt: skip


@pages.get("/work/<kind>/<verb>")
@needs("failure.read")
def work(kind: str, verb: str) -> str:
    """All of one group of the work list."""
    return render_template(
        "dashboards/work_list.html",
        groups=[worklist.group(db(), actor(), kind, verb)],
        own=[],
        steps=[],
        unchecked=[],
    )


@pages.get("/dashboard")
@needs("dashboard.read")
def overview() -> str:
    chosen, shown = _filter()
    by = _grouping(chosen)
    bars = queries.pareto(db(), actor(), by, chosen, measure=_measure())
    loops, history = queries.open_loops(db(), actor(), chosen), worklist.history(db(), actor(), chosen)
    return render_template(
        "dashboards/overview.html",
        tiles=queries.tiles(db(), actor(), chosen), worst=queries.worst_systems(db(), actor(), chosen),
        pareto=_pareto_chart(bars, by, shown), loops=loops, stages=_stage_chart(loops), by=by, shown=shown,
        groupings=GROUPINGS, periods=PERIODS, trend=_trend(history, chosen, shown),
        spares=_spares(shown), rising=_rising(history, shown), names=_names(chosen),
        bars=bars, same=_same(shown), recent=_recent(), chosen=_chosen(shown, by), **_choices(),
    )  # fmt: skip


@pages.get("/dashboard/<what>.csv")
@needs("dashboard.read")
def download(what: str) -> Response:
    if what not in TABLES:
        raise NotFound("There is no such table.")
    chosen, _ = _filter()
    return csv_response(what, *TABLES[what](chosen))


def _pareto_table(chosen: queries.Filter) -> TableOfValues:
    bars = queries.pareto(db(), actor(), _grouping(chosen), chosen, measure=_measure(), most=100_000)
    rows = [(b.key, b.label, b.failures, b.delay_minutes) for b in bars]
    return ["code", "name", "failures", "delay_minutes"], rows


def _open_table(chosen: queries.Filter) -> TableOfValues:
    loops = queries.open_loops(db(), actor(), chosen)
    rows = [(c.kind, c.stage, c.week, c.month, c.quarter, c.older, c.total) for c in loops]
    return ["kind", "stage", "under_7_days", "under_30", "under_90", "older", "total"], rows


def _systems_table(chosen: queries.Filter) -> TableOfValues:
    worst = queries.worst_systems(db(), actor(), chosen, most=100_000)
    rows = [(w.serial, w.site, w.failures, w.recent, w.delay_minutes) for w in worst]
    return ["serial", "site", "failures", "failures_last_90_days", "delay_minutes"], rows


def _mtbf_table(chosen: queries.Filter) -> TableOfValues:
    found = _trend(worklist.history(db(), actor(), chosen), chosen, _filter()[1])
    rows = [
        (label, q.estimate, q.lower, q.upper, q.confidence, q.side, q.unit, q.failures, q.exposure, q.as_of)
        for label, q in (found.periods if found else [])
    ]
    columns = "quarter estimate lower upper confidence side unit failures exposure as_of".split()
    return columns, rows


def _rising_table(chosen: queries.Filter) -> TableOfValues:
    found = _rising(worklist.history(db(), actor(), chosen), _filter()[1])
    columns = "kind alarm since until failures expected ratio ratio_lower confidence as_of".split()
    if found is None:
        return columns, []
    about = (found.confidence, found.as_of)
    rows = [
        (r.kind, r.is_alarm, r.since, r.until, r.failures, r.expected, r.ratio, r.ratio_lower, *about)
        for r in found.risers
    ]
    return columns, rows


TABLES = {
    "pareto": _pareto_table,
    "open": _open_table,
    "systems": _systems_table,
    "mtbf": _mtbf_table,
    "rising": _rising_table,
}


@pages.get("/serials/<key>")
@needs("asset.read")
def serial(key: str) -> str:
    part = assets.part(db(), actor(), key_of(key))
    events = lives.life_of_part(db(), actor(), part)
    return render_template("dashboards/serial.html", part=part, events=events)


@pages.get("/serials/<key>.csv")
@needs("asset.read")
def serial_download(key: str) -> Response:
    part = assets.part(db(), actor(), key_of(key))
    events = lives.life_of_part(db(), actor(), part)
    rows = [(event.at, event.kind, event.subject, event.code, event.detail) for event in events]
    return csv_response(f"serial-{part.serial}", ["at_utc", "event", "record", "code", "detail"], rows)


def _grouping(chosen: queries.Filter) -> queries.Grouping:
    """As asked; else by mode, or by symptom in a feed that codes no modes."""
    by = request.args.get("by")
    if by is None:
        modes = queries.pareto(db(), actor(), "mode", chosen)
        return "symptom" if modes and all(bar.key is None for bar in modes) else "mode"
    if by not in GROUPINGS:
        raise Invalid("There is no grouping of that name.", field="by")
    return by  # type: ignore[return-value]


def _trend(history: FleetHistory, chosen: queries.Filter, shown: dict[str, Any]) -> worklist.Trend | None:
    return worklist.trend(history, chosen, words=gettext, zone=_zone(shown), link=_quarter_link(shown))


def _rising(history: FleetHistory, shown: dict[str, Any]) -> Rising | None:
    from fracas.reliability.rising import rising  # brings in scipy

    return rising(history, zone=_zone(shown))


def _spares(shown: dict[str, Any]) -> Standing | None:
    """The last spares plan of the fleet or of the chosen site; none is made of one model or one part type."""
    if not actor().may("reliability.read") or shown["system_model"] or shown["part_type"]:
        return None
    found = planning.standing(db(), actor(), SparesPlanQuery(site=shown["site"] or None))
    return found if found.plan else None


def _zone(shown: dict[str, Any]) -> tzinfo:
    """Months and quarters begin at midnight where the fleet is, if that is in one time zone."""
    sites = organisations.sites(db(), actor())
    zones = {site.time_zone for site in sites if shown["site"] in ("", site.code)}
    return ZoneInfo(zones.pop()) if len(zones) == 1 else UTC


def _recent() -> str:
    return (clock.now() - timedelta(days=90)).date().isoformat()


def _filter() -> tuple[queries.Filter, dict[str, Any]]:
    """The dashboard's filter and what it was made from, by natural keys, so that an address can be shared."""
    shown = {name: request.args.get(name, "") for name in ("period", "system_model", "part_type", "site")}
    # From midnight, as the list that a number opens can only be told a day.
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    # A page of zeros over data that are merely older than a year says the wrong thing.
    is_quiet = not shown["period"] and queries.is_quiet(db(), actor(), today - timedelta(days=365))
    shown["period"] = shown["period"] or ("all" if is_quiet else "365")
    if shown["period"] not in dict(PERIODS):
        raise Invalid("There is no period of that name.", field="period")
    since = None if shown["period"] == "all" else today - timedelta(days=int(shown["period"]))
    model = catalog.system_model(db(), actor(), shown["system_model"]) if shown["system_model"] else None
    part_type = catalog.part_type(db(), actor(), shown["part_type"]) if shown["part_type"] else None
    site = organisations.site(db(), actor(), shown["site"]) if shown["site"] else None
    return queries.Filter(
        since=since,
        system_model_id=model.id if model else None,
        part_type_id=part_type.id if part_type else None,
        site_id=site.id if site else None,
    ), shown | {"since": since.date().isoformat() if since else ""}


def _measure() -> queries.Measure:
    return "delay_minutes" if request.args.get("measure") == "delay_minutes" else "failures"


def _same(shown: dict[str, Any]) -> dict[str, Any]:
    """The filter in the words of the list of failures."""
    return {name: shown[name] for name in ("since", "system_model", "part_type", "site") if shown[name]}


def _chosen(shown: dict[str, Any], by: str) -> dict[str, Any]:
    """What this page was asked for, for its downloads; nothing else of its address is passed on."""
    kept = {name: shown[name] for name in ("period", "system_model", "part_type", "site") if shown[name]}
    return kept | {"by": by, "measure": _measure()}


def _choices() -> dict[str, Any]:
    return {
        "system_models": catalog.system_models(db(), actor()),
        "part_types": catalog.part_types(db(), actor()),
        "sites": organisations.sites(db(), actor()),
    }


def _names(chosen: queries.Filter) -> dict[str, str]:
    """What rises, in words: failure modes of the chosen part type, else part types."""
    if chosen.part_type_id is None:
        return {one.number: f"{one.number} {one.name}" for one in catalog.part_types(db(), actor())}
    modes = catalog.failure_codes(db(), actor(), "mode", with_retired=True)
    return {one.code: code_words(one) for one in modes}


def _label(bar: queries.Bar) -> str:
    if bar.key == "…":
        return str(gettext("all others"))
    if bar.key is None:
        return str(gettext("not coded yet"))
    name = bar.label_zh if str(get_locale()).startswith("zh") and bar.label_zh else bar.label
    return bar.key if name in ("", bar.key) else f"{bar.key} {name}"


def _pareto_chart(bars: list[queries.Bar], by: str, shown: dict[str, Any]) -> dict[str, Any]:
    def link(bar: queries.Bar) -> str | None:
        known = bar.key not in (None, "…")
        return (
            url_for("failures.index", **{**_same(shown), FILTER_OF[by]: bar.key, "counts": "1"})
            if known
            else None
        )

    return charts.pareto(
        bars,
        links=[link(b) for b in bars],
        words=gettext,
        labels=[_label(b) for b in bars],
        measure=_measure(),
    )


def _quarter_link(shown: dict[str, Any]) -> Callable[[str], str]:
    """From the name of a quarter (2026-Q1) to the failures in it."""
    same = {name: value for name, value in _same(shown).items() if name != "since"}

    def link(quarter: str) -> str:
        year, number = (int(part) for part in quarter.split("-Q"))
        last = date(year, 3 * number, monthrange(year, 3 * number)[1])
        between: dict[str, Any] = {
            "since": date(year, 3 * number - 2, 1).isoformat(),
            "until": last.isoformat(),
        }
        return url_for("failures.index", counts=1, **between, **same)

    return link


def _stage_chart(loops: list[queries.StageCount]) -> dict[str, Any]:
    names = [f"{word(c.kind)} · {field_value(c.stage, c.kind, 'state')}" for c in loops]
    # In the list of problems “open” means all that have not ended.
    stages = {("problem", "open"): "not_analysed"}
    links = [url_for(f"{c.kind}s.index", state=stages.get((c.kind, c.stage), c.stage)) for c in loops]
    return charts.open_stages(loops, words=gettext, names=names, links=links)
