"""The covariates of life data as the columns of a regression: chosen by name, checked once, and brought to one scale."""

from collections.abc import Mapping, Sequence

import numpy as np

from analytics.errors import InvalidData
from analytics.lifedata import LifeData
from analytics.results import FloatArray

# A column is constant, or follows from the others, where what remains of it is this small a part of its size.
NOTHING_LEFT = 1e-9


def covariate_names(data: LifeData, names: Sequence[str] | None) -> tuple[str, ...]:
    """The names asked for, or all of the data.

    Raises
    ------
    InvalidData
        If there are none, or one is unknown or named twice.
    """
    if isinstance(names, str):
        names = (names,)
    chosen = tuple(data.covariates) if names is None else tuple(names)
    known = ", ".join(data.covariates) or "none"
    if not chosen:
        raise InvalidData("a regression needs covariates; give LifeData a column of numbers a covariate")
    for name in chosen:
        if name not in data.covariates:
            raise InvalidData(f"the data have no covariate {name!r}; there are {known}")
        if chosen.count(name) > 1:
            raise InvalidData(f"the covariate {name!r} is named twice")
    return chosen


def standardise(
    columns: FloatArray, count: FloatArray, names: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each column over the units.

    Raises
    ------
    InvalidData
        If a column is constant, or some are collinear: then nothing tells their effects apart.
    """
    centre = np.average(columns, axis=0, weights=count)
    spread = np.sqrt(np.average((columns - centre) ** 2, axis=0, weights=count))
    for name, size, column in zip(names, spread, columns.T, strict=True):
        if not size > NOTHING_LEFT * np.max(np.abs(column)):
            raise InvalidData(
                f"{name} has one and the same value in all records, so its effect cannot be told; "
                "test at a second level, or leave it out"
            )
    moments = ((columns - centre) / spread * count[:, None]).T @ ((columns - centre) / spread)
    bend, axes = np.linalg.eigh(moments / count.sum())
    if bend[0] < NOTHING_LEFT:
        tied = [name for name, part in zip(names, axes[:, 0], strict=True) if abs(part) > 1e-4]
        raise InvalidData(
            f"{', '.join(tied)} are collinear: one follows from the others in these records, so that their effects "
            "cannot be told apart; leave one out"
        )
    return centre, spread


def at_conditions(names: Sequence[str], conditions: Mapping[str, float]) -> FloatArray:
    """The value of each covariate, in order.

    Raises
    ------
    InvalidData
        If one is missing, unknown or not a finite number.
    """
    missing = [name for name in names if name not in conditions]
    unknown = [name for name in conditions if name not in names]
    if missing or unknown:
        raise InvalidData(
            f"conditions need exactly {', '.join(names)}; "
            + (f"missing: {', '.join(missing)}" if missing else f"unknown: {', '.join(map(str, unknown))}")
        )
    try:
        values = np.array([float(conditions[name]) for name in names])
    except (TypeError, ValueError) as error:
        raise InvalidData(f"conditions must be numbers: {error}") from error
    if not np.isfinite(values).all():
        raise InvalidData(f"conditions must be finite, not {dict(conditions)}")
    return values
