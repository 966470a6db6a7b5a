"""Numbers and units as callers give them, as floats and words of our own; what only looks like them is refused."""

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import WrongType
from analytics.results import FloatArray


def as_floats(values: ArrayLike) -> FloatArray:
    """A copy of the values as an array of floats.

    Not for dates, durations, complex numbers and masked entries: numpy would turn them into numbers that nobody meant (a
    duration into its nanoseconds, a masked entry into whatever stands under the mask).

    Raises
    ------
    TypeError, ValueError
        If the values are no numbers; callers say in `InvalidData` which argument it was.

    Examples
    --------
    >>> as_floats([1, 2]).tolist()
    [1.0, 2.0]
    """
    first: object = values
    while isinstance(first, list | tuple) and first:
        first = first[0]
    if isinstance(first, np.ma.MaskedArray) and np.ma.is_masked(np.ma.array(values)):
        raise TypeError("some are masked; leave those rows out")
    kind = getattr(getattr(first, "dtype", None), "kind", None)
    if kind in ("M", "m"):
        raise TypeError(
            "they are dates or durations; divide durations by the unit, such as np.timedelta64(1, 'h')"
        )
    if kind == "c":
        raise TypeError("they are complex")
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def as_unit(unit: object) -> str:
    """The unit of a table, which results carry on to pages and into figures.

    Raises
    ------
    WrongType
        If it is no word.

    Examples
    --------
    >>> as_unit("km")
    'km'
    """
    if not isinstance(unit, str):
        raise WrongType(f"unit must be a word such as 'h' or 'km', not {unit!r}")
    return str(unit)
