"""The parts of a fleet as `fit_fleet` sees them: what was asked, what each part holds, what can be said of few failures."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from analytics.batch import Samples, add_up, gather
from analytics.errors import AnalyticsError, InvalidData, NoFiniteMaximum
from analytics.lifedata import LEFT_CENSORED, RIGHT_CENSORED, LifeData
from analytics.results import FloatArray
from analytics.weibull_intervals import standard_deviates

Columns = dict[str, NDArray[Any]]

# What can become of a part, by the number that stands for it until the answer is put together.
STATUS = np.array(
    [
        "ok",
        "one failure",
        "no failures: bound only",
        "no finite maximum",
        "not converged",
        "ok, bounds not converged",
    ],
    dtype=object,
)
OK, ONE_FAILURE, NO_FAILURES, NO_MAXIMUM, NOT_CONVERGED, NO_BOUNDS = range(STATUS.size)

# Which bounds there are for which distribution.
BOUNDS = {
    "weibull": ("wald", "likelihood_ratio", "calibrated", "bootstrap"),
    "exponential": ("wald", "likelihood_ratio", "chi_square"),
    "lognormal": ("wald", "likelihood_ratio"),
}


@dataclass(frozen=True)
class Settings:
    """What was asked of `fit_fleet`, checked once."""

    distribution: str
    confidence: float
    bounds: str

    def __post_init__(self) -> None:
        if self.distribution not in BOUNDS:
            raise InvalidData(f"distribution must be one of {', '.join(BOUNDS)}, not {self.distribution!r}")
        if self.bounds not in BOUNDS[self.distribution]:
            known = ", ".join(BOUNDS[self.distribution])
            raise InvalidData(f"bounds for {self.distribution} must be one of {known}, not {self.bounds!r}")

    @property
    def deviate(self) -> float:
        """Normal deviate of each tail."""
        return standard_deviates(self.confidence, "two")[1]


@dataclass(frozen=True)
class Parts:
    """Some parts of a table sorted by part, with what every distribution says of them.

    `inexact` marks those that hold what the batches do not cover and that are fitted one by one: inexact ages, truncation
    above, failures at the age of entry.
    """

    data: LifeData
    offsets: NDArray[np.intp]
    failures: NDArray[np.int64]
    exposure: FloatArray
    inexact: NDArray[np.bool_]

    @classmethod
    def of(cls, data: LifeData, offsets: NDArray[np.intp], known: FloatArray | None = None) -> "Parts":
        """Count what the rows between the first and the last offset hold, but for what is `known` (see `fit_records`)."""
        rows = slice(offsets[0], offsets[-1])
        (exposed, event, cuts), own = records(data, offsets)
        starts, weight = cuts[:-1], own["weight"]
        inexact = apart = np.zeros(starts.size, dtype=bool)
        if data.has_inexact:
            low, high = (side[rows] for side in data.failure_intervals())
            exposed = np.where(event >= LEFT_CENSORED, (low + high) / 2.0, exposed)
            unclear = (event >= LEFT_CENSORED) | np.isfinite(data.truncated_above[rows])
            inexact = apart = np.logical_or.reduceat(unclear, starts)
        if data.has_entries:
            exposed = exposed - own["entry"]
            # A failure at its very age of entry counts, though its record was never at risk: no batch has that.
            inexact = inexact | np.logical_or.reduceat((event != RIGHT_CENSORED) & (exposed <= 0.0), starts)
        if known is None or data.has_inexact:
            failed: NDArray[Any] = (event != RIGHT_CENSORED).view(np.int8)
            if weight is not None:
                failed, exposed = failed.view(bool) * weight, exposed * weight
            failures, exposure = (add_up(values, cuts) for values in (failed, exposed))
            if known is not None:
                # Added up in another order: no bit of the other parts may depend on these being there.
                failures, exposure = np.where(apart, (failures, exposure), known)
        else:
            failures, exposure = known
        return cls(data, offsets, failures.astype(np.int64), exposure, inexact)

    def __len__(self) -> int:
        return self.failures.size

    def samples(self) -> Samples:
        """The parts as samples; those with inexact records are not to be used."""
        columns, others = records(self.data, self.offsets)
        return gather(*columns, **others)

    def part(self, k: int) -> LifeData:
        """The rows of one part."""
        return self.data.take(np.arange(self.offsets[k], self.offsets[k + 1]))

    def columns(self, parameters: tuple[str, ...], found: Columns | None = None) -> Columns:
        """The frame of every answer, with the numbers found; nothing else is estimated yet."""
        bounds = (f"{name}_{side}" for name in parameters for side in ("lower", "upper"))
        own = {"failures": self.failures, "records": np.diff(self.offsets), "exposure": self.exposure}
        found = {**(found or {}), **own}
        names = [*parameters, *bounds, "b10", *own, "loglik", "score_norm"]
        columns = {name: found[name] if name in found else np.full(len(self), np.nan) for name in names}
        return columns | {"status": np.full(len(self), NOT_CONVERGED, dtype=np.int8)}


def records(data: LifeData, offsets: NDArray[np.intp]) -> tuple[Any, dict[str, Any]]:
    """What a batch wants to know of the rows between the first and the last offset."""
    rows = slice(offsets[0], offsets[-1])
    return (data.time[rows], data.event[rows], offsets - offsets[0]), {
        "entry": data.entry[rows] if data.has_entries else None,
        "weight": data.count[rows] if data.has_counts else None,
    }


def fit_one_by_one(
    columns: Columns,
    parts: Parts,
    which: NDArray[np.bool_],
    fit: Callable[[LifeData, Settings], dict[str, Any]],
    settings: Settings,
) -> None:
    """Parts that the batch does not cover, each through the fit of one; its refusal becomes the status."""
    for k in np.flatnonzero(which):
        estimated = columns["status"][k] == OK
        try:
            found = fit(parts.part(int(k)), settings)
        except AnalyticsError as refusal:
            verdict = NO_MAXIMUM if isinstance(refusal, NoFiniteMaximum) else NOT_CONVERGED
            columns["status"][k] = NO_BOUNDS if estimated else verdict
        else:
            for name, value in found.items():
                columns[name][k] = np.nan if value is None else value
            # The estimate stands where a bound could not be had.
            missing = any(value is None or math.isnan(value) for value in found.values())
            columns["status"][k] = NO_BOUNDS if missing else OK


def chi_square_factors(d: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Bounds over the estimate of a mean time between failures; exact for an observation that time ended.

    To the safe side: 2 d + 2 degrees of freedom below, 2 d above.
    """
    tail = (1.0 - confidence) / 2.0
    return 2.0 * d / chdtri(2.0 * d + 2.0, tail), 2.0 * d / chdtri(2.0 * d, 1.0 - tail)


def few_failures(columns: Columns, parts: Parts, settings: Settings, scale: str) -> None:
    """What a constant failure rate lets one say of the scale where its parameters cannot be had."""
    none = parts.failures == 0
    columns["status"][none] = NO_FAILURES
    columns[f"{scale}_lower"][none] = parts.exposure[none] / -math.log(1.0 - settings.confidence)
    columns[f"{scale}_upper"][none] = np.inf
    if scale == "theta":
        return
    one = parts.failures == 1
    lower, upper = chi_square_factors(np.ones(1), settings.confidence)
    columns["status"][one] = ONE_FAILURE
    for side, factor in (("lower", lower[0]), ("upper", upper[0])):
        columns[f"{scale}_{side}"][one] = parts.exposure[one] * factor
    # What failed at its very age of entry was never at risk: no rate is too high for it.
    columns[f"{scale}_upper"][one & (parts.exposure <= 0.0)] = np.nan
