"""The numbers of a part type from its life table: Weibull fit, mean life, MTBF."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack
from uuid import UUID

from sqlalchemy.orm import Session

from fracas.catalog.models import PartType
from fracas.core.errors import Finding, Invalid
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.reliability.datasets import life_table
from fracas.reliability.lifetable import LifeTable
from fracas.reliability.quantities import Note, Quantity, Side
from fracas.reliability.resolution import Scoring

if TYPE_CHECKING:
    from analytics import Interval, LifeData, WeibullFit

Method = Literal["mle", "rrx", "rry"]
Bounds = Literal["calibrated", "likelihood_ratio", "wald"]
NAMED = ("eta", "beta", "mean", "b10")


class View(TypedDict, total=False):
    """What every number may be asked for; see `datasets.life_table`."""

    metric: str | None
    as_of: datetime | date | None
    known_at: datetime | date | None
    scoring: Scoring
    extrapolate: bool
    extrapolate_days: float
    sites: Collection[Any] | None


@dataclass(frozen=True)
class WeibullReport:
    """A Weibull fit with its life table, or why there is none.

    Attributes
    ----------
    table : the lives behind it.
    data : the rows that were fitted; None where none has a known age.
    fit : None where `refusal` says why.
    quantities : "eta", "beta", "mean", "b10"; their estimate is None without a fit.
    label : the group that it is of; None for the whole.
    """

    table: LifeTable
    data: LifeData | None
    fit: WeibullFit | None
    quantities: dict[str, Quantity]
    refusal: str | None
    label: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **about(self.table),
            "group": self.label,
            **{name: one.to_dict() for name, one in self.quantities.items()},
            "refusal": self.refusal,
            "warnings": [str(one) for one in self.table.warnings],
        }


def about(table: LifeTable) -> dict[str, Any]:
    """What a life table is of, for an answer in JSON."""
    return {
        "part_type": table.part_type_number,
        "metric": table.metric,
        "unit": table.unit,
        "as_of": table.as_of.isoformat(),
        "known_at": table.known_at.isoformat() if table.known_at else None,
        "counts": dict(vars(table.counts)),
    }


def weibull(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str,
    confidence: float = 0.90,
    method: Method = "mle",
    bounds: Bounds | None = None,
    mode: str | None = None,
    **view: Unpack[View],
) -> WeibullReport:
    """Fit a Weibull distribution to the lives of a part type.

    Parameters
    ----------
    part_type : number, id or record.
    confidence : two-sided, of all bounds.
    method : as for `analytics.fit_weibull`.
    bounds : as there; calibrated where not given, and Wald for rank regression, which has no others.
    mode : code of a failure mode; failures by others then only end the view of a life.
    view : metric, as_of, known_at, scoring, extrapolate, extrapolate_days, sites: as for `datasets.life_table`.

    Returns
    -------
    WeibullReport
        Too few failures are no error: the report says why there is no fit.
    """
    table = life_table(session, actor, part_type=part_type, **view)
    if mode is not None:
        table = table.for_mode(mode)
    return weibull_of(table, confidence=confidence, method=method, bounds=bounds)


def weibull_of(
    table: LifeTable,
    *,
    confidence: float = 0.90,
    method: Method = "mle",
    bounds: Bounds | None = None,
    label: Any = None,
    minimal_repair: bool = False,
) -> WeibullReport:
    """The fit of a life table that is there already, or of one of its groups; `LifeTable.life_data` tells `minimal_repair`."""
    from analytics import AnalyticsError

    known_confidence(confidence)
    try:
        data = table.life_data(minimal_repair=minimal_repair)
    except (Invalid, AnalyticsError) as refusal:
        return _without_fit(table, None, str(refusal), confidence, method, label)
    try:
        fit = _fit(
            _OneTable(data), method, confidence, bounds or ("calibrated" if method == "mle" else "wald")
        )
        values = {"eta": fit.eta, "beta": fit.beta, "mean": fit.mean, "b10": fit.b_life(10)}
    except AnalyticsError as refusal:
        return _without_fit(table, data, str(refusal), confidence, method, label)
    quantities = {}
    for name, value in values.items():
        quantities[name] = _quantity(
            table, name, value, _interval(fit, name), confidence, fit.method, fit.warnings
        )
    return WeibullReport(table, data, fit, quantities, None, label)


class _OneTable:
    """Life data that equal any others with the same rows."""

    def __init__(self, data: LifeData) -> None:
        self.data = data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OneTable) and other.data.fingerprint == self.data.fingerprint

    def __hash__(self) -> int:
        return hash(self.data.fingerprint)


@lru_cache(maxsize=256)
def _fit(table: _OneTable, method: Method, confidence: float, bounds: Bounds) -> WeibullFit:
    # Calibrated bounds take up to a second; a fit keeps those it has found, and the same rows come back again and again.
    from analytics import fit_weibull

    return fit_weibull(table.data, method=method, confidence=confidence, bounds=bounds)


def _interval(fit: WeibullFit, name: str) -> Interval | None:
    from analytics import AnalyticsError

    try:
        return fit.interval(name)
    except AnalyticsError:
        return None


def _without_fit(
    table: LifeTable, data: LifeData | None, refusal: str, confidence: float, method: str, label: Any
) -> WeibullReport:
    quantities = {name: _quantity(table, name, None, None, confidence, method, (refusal,)) for name in NAMED}
    return WeibullReport(table, data, None, quantities, refusal, label)


def _quantity(
    table: LifeTable,
    name: str,
    value: float | None,
    interval: Interval | None,
    confidence: float,
    method: str,
    notes: tuple[Note, ...],
) -> Quantity:
    return Quantity(
        estimate=value,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        confidence=confidence,
        side="two",
        unit="" if name == "beta" else table.unit,
        failures=table.failures,
        exposure=table.total_exposure,
        exposure_estimated_share=table.exposure_estimated_share,
        exposure_unit=table.unit,
        as_of=table.as_of,
        method=f"{method}, {interval.method}" if interval and interval.method else method,
        warnings=(*table.warnings, *notes),
    )


def weibull_by(
    table: LifeTable,
    by: str,
    *,
    confidence: float = 0.90,
    method: Method = "mle",
    bounds: Bounds | None = None,
) -> list[WeibullReport]:
    """A fit for each group of a life table: by lot, configuration, site, position, system or mode.

    A batch with a fault of its own, or parts changed by an action, belong into fits of their own: one line through two
    populations describes neither.
    """
    return [
        weibull_of(part, confidence=confidence, method=method, bounds=bounds, label=label)
        for label, part in table.groups(by)
    ]


def mtbf(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    part_type: PartType | UUID | str,
    confidence: float = 0.90,
    side: Side = "two",
    **view: Unpack[View],
) -> Quantity:
    """Mean time between failures of a part type: exposure by failures, with chi-square bounds (time terminated).

    Without failures there is no estimate; the bound is one-sided at the stated confidence, and ``side`` says "lower".
    """
    return mtbf_of(life_table(session, actor, part_type=part_type, **view), confidence=confidence, side=side)


def mtbf_of(table: LifeTable, *, confidence: float = 0.90, side: Side = "two") -> Quantity:
    """The MTBF of a life table that is there already."""
    found = mtbf_quantity(
        table.failures,
        table.total_exposure,
        confidence=confidence,
        side=side,
        unit=table.unit,
        as_of=table.as_of,
        exposure_estimated_share=table.exposure_estimated_share,
    )
    return replace(found, warnings=(*table.warnings, *found.warnings))


def mtbf_quantity(
    failures: int,
    exposure: float,
    *,
    confidence: float,
    side: Side,
    unit: str,
    as_of: datetime,
    exposure_estimated_share: float | None,
) -> Quantity:
    """An MTBF as a quantity; without exposure there is nothing to say, and it says so."""
    from analytics import AnalyticsError
    from analytics import mtbf as estimate

    known_confidence(confidence)
    facts: dict[str, Any] = {
        "unit": unit,
        "failures": failures,
        "exposure": exposure,
        "exposure_estimated_share": exposure_estimated_share,
        "exposure_unit": unit,
        "as_of": as_of,
        "confidence": confidence,
    }
    if exposure <= 0:
        note: Note = Finding(N_("Nothing was under observation, so there is no time between failures."))
        return Quantity(None, None, None, side=side, method="chi-square", warnings=(note,), **facts)
    if failures == 0 and side == "upper":
        note = Finding(N_("Without failures there is no upper bound."))
        return Quantity(None, None, None, side=side, method="chi-square", warnings=(note,), **facts)
    try:
        found = estimate(failures, exposure, confidence=confidence, side=side, unit=unit)
    except AnalyticsError as refusal:
        return Quantity(None, None, None, side=side, method="chi-square", warnings=(str(refusal),), **facts)
    return Quantity(
        found.estimate,
        found.lower,
        found.upper,
        side=found.side,
        method=found.method,
        warnings=tuple(found.warnings),
        **facts,
    )


def known_confidence(confidence: float) -> None:
    """Refuse a confidence outside (0, 1)."""
    if not 0.0 < confidence < 1.0:
        raise Invalid(
            N_("“confidence” must lie between 0 and 1 (0.90 means 90 %%), not %(given)s."),
            field="confidence",
            given=confidence,
        )
