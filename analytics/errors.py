"""What the library refuses, by name, so that a caller can catch exactly one thing."""

from collections.abc import Sequence


class AnalyticsError(Exception):
    """Base of every error that this library raises on purpose."""


class InvalidData(AnalyticsError, ValueError):
    """The input contradicts itself or lies outside what the method is defined for.

    Attributes
    ----------
    rows : tuple of int
        Positions (from 0) of the offending records, empty when the fault is not in single records.
    """

    def __init__(self, message: str, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(int(row) for row in rows)


class WrongType(InvalidData, TypeError):
    """An argument is of another kind than the function takes: a list in place of life data, a word in place of a number."""


class NotLives(InvalidData):
    """Times between failures of repaired systems were given as lives; they are a sample of lives only if repairs renew."""


class NotEnoughFailures(AnalyticsError, ValueError):
    """The data hold fewer failures than the estimate needs; the message says what can be said instead."""


class NoFiniteMaximum(AnalyticsError, ValueError):
    """The likelihood rises without end towards a boundary, so no maximum-likelihood estimate exists."""


class NotConverged(AnalyticsError, RuntimeError):
    """The search ended without a verified optimum (score not zero, or information not positive definite)."""
