"""What a figure may be asked for, by page and API alike."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fracas.core.words import N_
from fracas.reliability.register import EXTRAPOLATE_DAYS


def _day_or_moment(value: Any) -> Any:
    """A day (its end, UTC) or a moment with its offset."""
    if not isinstance(value, str):
        return value
    try:
        if len(value.strip()) == 10:
            return date.fromisoformat(value.strip())
        # In an address the + of an offset arrives as a space.
        read = datetime.fromisoformat(value.strip().replace(" ", "+"))
    except ValueError:
        raise ValueError(N_("not a date; write 2026-05-31, or 2026-05-31T14:30+08:00")) from None
    if read.tzinfo is None:
        raise ValueError(N_("give the offset from UTC, such as 2026-05-31T14:30+08:00"))
    return read


Day = Annotated[datetime | date, BeforeValidator(_day_or_moment)]


class Query(BaseModel):
    """Every figure takes these."""

    model_config = ConfigDict(extra="forbid")

    metric: str | None = Field(
        None,
        description="`calendar` (days) or the code of a usage metric; none: the metric in which the part type's life is"
        " counted, for figures of systems the calendar",
    )
    as_of: Day | None = Field(
        None, description="up to when things had happened; a date means its end, UTC; none: now"
    )
    known_at: Day | None = Field(
        None, description="up to when facts had been entered; none: all that is known now"
    )
    scoring: Literal["default", "counted"] = Field(
        "default", description="`default`: counted and unscored failures; `counted`: only what was scored so"
    )
    extrapolate: bool = Field(True, description="carry meters on beyond their readings")
    extrapolate_days: float = Field(EXTRAPOLATE_DAYS, ge=0, le=3653, description="for at most so many days")
    site: str | None = Field(None, description="code of the site whose systems are looked at")

    def view(self) -> dict[str, Any]:
        """The arguments that every data set takes."""
        names = ("metric", "as_of", "known_at", "scoring", "extrapolate", "extrapolate_days")
        return {name: getattr(self, name) for name in names} | {"sites": [self.site] if self.site else None}


class PartTypeQuery(Query):
    """A figure of one part type."""

    part_type: str = Field(description="number or id")


class Confident(BaseModel):
    confidence: float = Field(0.90, gt=0, lt=1, description="two-sided, of all bounds")


class WeibullQuery(PartTypeQuery, Confident):
    """A Weibull fit, whole or by group."""

    method: Literal["mle", "rrx", "rry"] = "mle"
    bounds: Literal["calibrated", "likelihood_ratio", "wald"] | None = Field(
        None, description="calibrated where not given; rank regression has Wald bounds only"
    )
    mode: str | None = Field(
        None, description="code of one failure mode; others then only end the view of a life"
    )
    by: Literal["lot", "configuration", "site", "position", "system", "mode", "action"] | None = Field(
        None, description="a fit for each group as well; `action`: before and after one"
    )
    action: str | None = Field(None, description="number of the action to cut at, with `by=action`")


class FleetQuery(Query, Confident):
    """A figure of systems, or of one part type in them."""

    part_type: str | None = Field(None, description="number or id; none: every failure of a system")
    system_model: str | None = Field(None, description="code or id; none: all")

    def fleet(self) -> dict[str, Any]:
        return {"part_type": self.part_type, "system_model": self.system_model, **self.view()}


class McfQuery(FleetQuery):
    """The recurrence of failures in a fleet."""

    kind: Literal["mode", "symptom", "position", "part_type"] = Field(
        "mode", description="what failures are told apart by"
    )
    only_kind: str | None = Field(None, description="only failures of this code of `kind`")


class Holding(Confident):
    """What a stock is to achieve."""

    service_level: float = Field(0.95, gt=0, lt=1, description="probability that no demand goes unmet")
    lead_time_days: float | None = Field(None, ge=0, lt=36_525, description="none: the part type's own")
    turn_around_days: float | None = Field(
        None, ge=0, lt=36_525, description="of a repaired part; none: the part type's own"
    )
    repaired_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="of the failed parts, where they come back at all; none: the part type's own, or all",
    )

    def holding(self) -> dict[str, Any]:
        """The arguments of `spares` besides the view."""
        return {name: getattr(self, name) for name in Holding.model_fields}


class SparesQuery(PartTypeQuery, Holding):
    """How many of a part to hold."""


class SparesPlanQuery(Query, Holding):
    """How many to hold of every part type; what is not given is each part type's own."""


class VerdictQuery(Confident):
    """What the register says of one action."""

    model_config = ConfigDict(extra="forbid")

    action: str = Field(description="number or id")
    as_of: Day | None = Field(
        None, description="up to when things had happened; a date means its end, UTC; none: now"
    )
