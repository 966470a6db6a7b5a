"""How many of a part to hold: the installed units' ages against the lead time, beside demand so far and stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from fracas.assets import queries as assets
from fracas.catalog import queries as catalog
from fracas.catalog.models import CALENDAR, PartType, RepairAssumption
from fracas.core.errors import Finding, Invalid
from fracas.core.lookup import wanted
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.reliability.datasets import DemandHistory, demand_history, life_table
from fracas.reliability.estimates import View, known_confidence, weibull_of
from fracas.reliability.lifetable import FloatColumn, LifeTable
from fracas.reliability.quantities import Note, Quantity
from fracas.reliability.register import whose
from fracas.reliability.remarks import recognised

if TYPE_CHECKING:
    from analytics import DemandForecast, ExponentialFit, StockLevel, WeibullFit

WILD = 100.0
"""How many times the fleet's median use a day is a wrong reading and no use; it would have parts fail by the thousand."""


@dataclass(frozen=True)
class SparesReport:
    """A spares number with everything behind it.

    Attributes
    ----------
    demand : expected demands over the lead time, with a prediction interval; its `failures` and `exposure` are
        those of the fit. Where nothing has failed yet there is no estimate, and `upper` bounds the expected demands.
    stock : what to hold at the service level, for the parts still out at the end of the lead time; None where nothing is
        installed, or nothing can be said.
    on_hand : serials fit for use that are installed nowhere.
    turn_around_days : after how long a failed part is back from repair; None where none is taken to come back.
    repaired_share : of the failed parts, those that come back, 0 to 1; None where none is taken to.
    fit : what the forecast follows; None without one.
    """

    table: LifeTable
    history: DemandHistory
    forecast: DemandForecast | None
    stock: StockLevel | None
    demand: Quantity
    installed: int
    on_hand: tuple[str, ...]
    service_level: float
    lead_time_days: float
    turn_around_days: float | None = None
    repaired_share: float | None = None
    fit: WeibullFit | ExponentialFit | None = None

    @property
    def distribution(self) -> str | None:
        """What the forecast rests on: "weibull", or "exponential" (a constant rate) where too few have failed."""
        from analytics import WeibullFit

        if self.fit is None:
            return None
        return "weibull" if isinstance(self.fit, WeibullFit) else "exponential"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        stock = self.stock
        return {
            "part_type": self.table.part_type_number,
            "metric": self.table.metric,
            "as_of": self.table.as_of.isoformat(),
            "lead_time_days": self.lead_time_days,
            "turn_around_days": self.turn_around_days,
            "repaired_share": self.repaired_share,
            "service_level": self.service_level,
            "installed": self.installed,
            "on_hand": len(self.on_hand),
            "stock": None if stock is None else stock.stock,
            "achieved": None if stock is None else stock.achieved,
            "to_order": None if stock is None else stock.to_order,
            "expected_shortage_on_hand": None if stock is None else stock.shortage_on_hand,
            "demand": self.demand.to_dict(),
            "demand_so_far": {
                "month": [f"{month:%Y-%m}" for month in self.history.month],
                "demand": self.history.demand.tolist(),
                "removals": self.history.removals.tolist(),
                "failures": self.history.failures.tolist(),
            },
            "warnings": [str(one) for one in self.demand.warnings],
        }


def spares(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str,
    service_level: float = 0.95,
    lead_time_days: float | None = None,
    turn_around_days: float | None = None,
    repaired_share: float | None = None,
    confidence: float = 0.90,
    **view: Unpack[View],
) -> SparesReport:
    """Forecast the demand for a part over its lead time and say how many to hold.

    The units installed now are followed from their present ages, at the use a day that each has had in its present
    place, by the fitted Weibull distribution; with too few failures for one, by a constant rate. Chance and the
    doubt about the parameters are both in the interval.

    Parameters
    ----------
    service_level : probability, in (0, 1), that the stock covers all demands of a lead time.
    lead_time_days : the part type's own where not given.
    turn_around_days : after how long a failed part is back from repair; the part type's own where not given, if it is repaired.
    repaired_share : share of the failed parts that come back at all, 0 to 1; the part type's own where not given, or all.
    confidence : of the prediction interval.
    view : as for `datasets.life_table`.

    Raises
    ------
    Invalid
        If a word is unknown, a number is out of range, or no lead time is known.
    """
    from analytics import AnalyticsError, forecast_spares, stock_for_service_level

    actor = whose(session, actor)
    kind = wanted("part_type", catalog.part_type, session, actor, part_type)
    days, share = _lead_time(kind, lead_time_days), _share(kind, repaired_share)
    back = _turn_around(kind, turn_around_days, share)
    known_confidence(confidence)
    if not 0.0 < service_level < 1.0:
        raise Invalid(
            N_("“service_level” must lie between 0 and 1 (0.95 means 95 %%)."), field="service_level"
        )
    table = life_table(session, actor, part_type=kind, **view)
    history = _history(session, actor, kind, view)
    on_hand = assets.stock_on_hand(session, actor, kind, as_of=table.as_of, known_at=table.known_at)
    ages, use_a_day, notes = _installed(table)
    fit, why = _fit(table, confidence)
    forecast = stock = None
    if fit is not None and ages.size:
        replacement = "as_old" if kind.repair_assumption == RepairAssumption.AS_OLD else "as_new"
        how: dict[str, Any] = {
            "usage_per_unit": use_a_day, "replacement": replacement, "confidence": confidence,
        }  # fmt: skip
        try:
            forecast = out = forecast_spares(fit, ages, days, **how)
            if back is not None:
                out = forecast_spares(fit, ages, days, repair_fraction=share, turn_around=back, **how)
                notes.append(_comes_back(back, share))
            stock = stock_for_service_level(out, service_level, on_hand=len(on_hand))
        except AnalyticsError as refusal:
            notes.append(str(refusal))
    if not ages.size:
        notes.append(Finding(N_("None is installed, so no demand is expected.")))
    notes += [*why, *_other_demand(history), *(forecast.warnings if forecast else ())]
    return SparesReport(
        table=table,
        history=history,
        forecast=forecast,
        stock=stock,
        demand=_demand(table, forecast, fit, confidence, (*table.warnings, *notes)),
        installed=int(ages.size),
        on_hand=tuple(one.serial for one in on_hand),
        service_level=service_level,
        lead_time_days=days,
        turn_around_days=back,
        repaired_share=None if back is None else share,
        fit=None if forecast is None else fit,
    )


def _history(session: Session, actor: Actor | UUID, kind: PartType, view: View) -> DemandHistory:
    dates: dict[str, Any] = {name: view.get(name) for name in ("as_of", "known_at")}
    return demand_history(
        session,
        actor,
        part_type=kind,
        scoring=view.get("scoring", "default"),
        sites=view.get("sites"),
        **dates,
    )


def _share(kind: PartType, given: float | None) -> float:
    share = kind.repaired_share if given is None else given
    if share is None:
        return 1.0
    if not 0.0 <= share <= 1.0:
        raise Invalid(N_("A share of parts lies between 0 and 1."), field="repaired_share")
    return share


def _turn_around(kind: PartType, given: float | None, share: float) -> float | None:
    days = kind.turn_around_days if given is None and kind.is_repairable else given
    if days is None or share == 0.0:
        return None
    if not 0 <= days < 36_525:
        raise Invalid(N_("A turn-around is between 0 and 36 525 days."), field="turn_around_days")
    return float(days)


def _comes_back(days: float, share: float) -> Finding:
    return Finding(
        N_(
            "%(share)s %% of the failed parts are taken to be back from repair after %(days)s days: the stock covers those "
            "still out at the end of the lead time, not every demand."
        ),
        params={"share": f"{100 * share:g}", "days": f"{days:g}"},
    )


def _lead_time(kind: PartType, given: float | None) -> float:
    days = kind.lead_time_days if given is None else given
    if days is None:
        raise Invalid(
            N_("Part type %(number)s has no lead time; give “lead_time_days”, or enter it at the part type."),
            field="lead_time_days",
            number=kind.number,
        )
    if not 0 <= days < 36_525:
        raise Invalid(N_("A lead time is between 0 and 36 525 days."), field="lead_time_days")
    return float(days)


def _installed(table: LifeTable) -> tuple[FloatColumn, FloatColumn, list[Note]]:
    """Age of each unit that is installed and working, and its use a day in its present place."""
    running = np.flatnonzero(table.is_running)
    ages = table.exit[running].copy()
    known = table.age_known[running]
    notes: list[Note] = []
    if not known.all():
        # A part of unknown age is at least as old as it was seen; the fleet's median is the better guess if older.
        guess = float(np.median(ages[known])) if known.any() else 0.0
        ages[~known] = np.maximum(ages[~known], guess)
        notes.append(
            Finding(
                N_(
                    "%(count)s installed parts of unknown age are taken to be as old as the median of the others."
                ),
                params={"count": int((~known).sum())},
            )
        )
    if table.metric == CALENDAR:
        return ages, np.ones(ages.size), notes
    days = (table.ended_at[running] - table.started_at[running]) / np.timedelta64(1, "D")
    seen = days >= 1.0
    use = np.zeros(ages.size)
    use[seen] = (table.exit - table.entry)[running][seen] / days[seen]
    typical = float(np.median(use[seen])) if seen.any() else 0.0
    use[~seen] = typical
    wild = use > WILD * typical
    if typical and wild.any():
        use[wild] = typical
        serials = sorted(set(table.system[running][wild].tolist()))
        notes.append(
            Finding(
                N_(
                    "By their readings %(systems)s run more than %(times)s times as much as the median of the fleet; the "
                    "forecast takes the median. Check the readings."
                ),
                params={"systems": ", ".join(serials), "times": f"{WILD:g}"},
            )
        )
    return ages, use, notes


def _fit(table: LifeTable, confidence: float) -> tuple[WeibullFit | ExponentialFit | None, list[Note]]:
    from analytics import AnalyticsError, fit_exponential

    # A forecast follows units that run on after a repair; see `replacement`.
    report = weibull_of(table, confidence=confidence, minimal_repair=True)
    if report.fit is not None:
        return report.fit, list(report.fit.warnings)
    if report.data is None:
        return None, [str(report.refusal)]
    try:
        fit = fit_exponential(report.data, confidence=confidence)
    except AnalyticsError as refusal:
        return None, [str(refusal)]
    note = Finding(
        N_("No Weibull fit (%(why)s): the forecast takes the failure rate as constant."),
        params={"why": recognised(str(report.refusal))},
    )
    return fit, [note, *fit.warnings]


def _other_demand(history: DemandHistory) -> list[Note]:
    used, failures = int(history.demand.sum()), int(history.failures.sum())
    if used <= failures:
        return []
    return [
        Finding(
            N_(
                "So far %(used)s spares were used for %(failures)s failures; the forecast covers failures only."
            ),
            params={"used": used, "failures": failures},
        )
    ]


def _demand(
    table: LifeTable,
    forecast: DemandForecast | None,
    fit: WeibullFit | ExponentialFit | None,
    confidence: float,
    notes: tuple[Note, ...],
) -> Quantity:
    is_seen = forecast is not None and table.failures > 0
    return Quantity(
        estimate=forecast.mean if forecast is not None and is_seen else None,
        lower=float(forecast.lower) if forecast is not None and is_seen else None,
        upper=_upper(forecast, fit, confidence, is_seen=is_seen),
        confidence=confidence,
        side="two" if is_seen else "upper",
        unit="",
        failures=table.failures,
        exposure=table.total_exposure,
        exposure_unit=table.unit,
        exposure_estimated_share=table.exposure_estimated_share,
        as_of=table.as_of,
        method="renewal forecast" if fit is None else f"renewal forecast, {type(fit).__name__}",
        warnings=notes,
    )


def _upper(
    forecast: DemandForecast | None,
    fit: WeibullFit | ExponentialFit | None,
    confidence: float,
    *,
    is_seen: bool,
) -> float | None:
    """Without a failure only an upper bound can be said, and it carries all of the confidence.

    It bounds the expected demands: the number of demands that is not exceeded would be 0 over a short lead time.
    """
    if forecast is None or fit is None:
        return None
    if is_seen:
        return float(forecast.upper)
    rate = fit.interval("rate", confidence=confidence, side="upper").upper
    return None if rate is None else rate * forecast.horizon_exposure
