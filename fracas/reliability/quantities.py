"""One number with everything that must be said beside it; what pages show and the API answers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from fracas.core.errors import Finding
from fracas.core.words import N_

Side = Literal["two", "lower", "upper"]
Note = Finding | str
"""A warning: ours with its msgid and parameters, or a sentence of `analytics`."""
BEYOND = N_("A number is too large to be told, or is not defined, and is left out: %(which)s.")


def told(value: float | None) -> float | None:
    """A number as JSON can hold it: infinity and NaN are none."""
    return None if value is None or not math.isfinite(value) else float(value)


@dataclass(frozen=True)
class Quantity:
    """A number as it may be shown.

    Attributes
    ----------
    estimate : None where there is none; "none seen yet" is never 0.
    lower, upper : bounds at `confidence`; None on an open side. A number that is not finite becomes None, with a warning.
    side : "two", or "lower" ("at least `lower`") and "upper" for a one-sided statement.
    unit : of estimate and bounds; "" for a pure number.
    failures, exposure, exposure_unit : what it rests on.
    exposure_estimated_share : share of the exposure that no reading covers; None without any.
    as_of : up to when.
    method : in the trade's short form.
    warnings : what a careful reader should know.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    confidence: float
    side: Side
    unit: str
    failures: int
    exposure: float
    exposure_estimated_share: float | None
    as_of: datetime
    method: str
    warnings: tuple[Note, ...] = ()
    exposure_unit: str = ""

    def __post_init__(self) -> None:
        names = ("estimate", "lower", "upper")
        beyond = [
            name for name in names if getattr(self, name) is not None and told(getattr(self, name)) is None
        ]
        for name in beyond:
            object.__setattr__(self, name, None)
        if beyond:
            note = Finding(BEYOND, params={"which": ", ".join(beyond)})
            object.__setattr__(self, "warnings", (*self.warnings, note))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **{
                name: getattr(self, name)
                for name in self.__dataclass_fields__
                if name not in ("as_of", "warnings")
            },
            "as_of": self.as_of.isoformat(),
            "warnings": [str(one) for one in self.warnings],
        }

    def warned(self, notes: Iterable[Note]) -> Quantity:
        """The same number with more warnings."""
        return replace(self, warnings=(*self.warnings, *notes))
