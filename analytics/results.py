"""What every fit and estimate has in common: frozen, counted, fingerprinted, and the same after a trip through JSON."""

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from analytics.errors import InvalidData

Side = Literal["two", "lower", "upper"]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """Confidence bounds on one quantity.

    Parameters
    ----------
    lower, upper : float or None
        The bounds in the quantity's own unit; None on the open side of a one-sided bound.
    confidence : float
        Confidence that the statement ``lower <= truth <= upper`` carries, in (0, 1).
    side : {"two", "lower", "upper"}
        Which bounds there are. "lower" means "at least `lower`".
    method : str
        How the bounds were made, for instance "wald" (on the log scale) or "likelihood_ratio".
    """

    lower: float | None
    upper: float | None
    confidence: float
    side: Side = "two"
    method: str = ""

    def __contains__(self, value: float) -> bool:
        return (self.lower is None or self.lower <= value) and (self.upper is None or value <= self.upper)


@dataclass(frozen=True, eq=False)
class Band:
    """A curve with pointwise confidence bounds, for a figure or a table.

    Parameters
    ----------
    at : ndarray, shape (n,)
        Ages (or other abscissae) in the unit of the result that made the band.
    estimate : ndarray, shape (n,)
        The curve.
    lower, upper : ndarray of shape (n,) or None
        Bounds at each point, each holding alone; None on the open side of a one-sided band.
    confidence, side, method
        As for `Interval`.
    """

    at: FloatArray
    estimate: FloatArray
    lower: FloatArray | None
    upper: FloatArray | None
    confidence: float
    side: Side = "two"
    method: str = ""


class HasFingerprint(Protocol):
    """Data of any kind that can be told from others."""

    @property
    def fingerprint(self) -> str: ...


@dataclass(frozen=True)
class Counts:
    """How much data stands behind a result: records read and failures (or events) among them."""

    records: int
    failures: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Result:
    """Base of every result.

    A subclass is a dataclass declared with ``@dataclass(frozen=True, eq=False, kw_only=True)``: equality is defined here,
    over the JSON form, because fields may be arrays. Arrays are made read-only.

    Attributes
    ----------
    method : str
        The estimation method, in the trade's short form ("mle", "rrx", "robust", ...).
    unit : str
        Unit of time or usage of the data ("h", "km", "cycles").
    confidence : float
        Confidence used where a method of the result is not given one.
    counts : Counts
        Records and failures behind the result.
    exposure : float
        Total time at risk behind the result, in `unit`.
    fingerprint : str
        SHA-256 of the data, in hexadecimal: two results with the same fingerprint used the same data.
    warnings : tuple of str
        What a careful reader should know before using the numbers; empty when there is nothing.
    """

    method: str
    unit: str
    confidence: float
    counts: Counts
    exposure: float
    fingerprint: str
    warnings: tuple[str, ...] = ()

    _classes: ClassVar[dict[str, type["Result"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Result._classes[cls.__name__] = cls

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __getstate__(self) -> dict[str, Any]:
        # What was worked out on the way (families of functions, calibrations) is worked out again: it cannot be pickled.
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        Result.__post_init__(self)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.to_dict() == other.to_dict())

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.fingerprint, self.method))

    def check_made_from(self, data: HasFingerprint) -> None:
        """Refuse data other than those behind this result.

        Raises
        ------
        InvalidData
            If the fingerprints differ.
        """
        if data.fingerprint != self.fingerprint:
            raise InvalidData("these are not the data that the fit was made from (fingerprints differ)")

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionary of numbers, strings, lists and None, ready for JSON; ``result`` names the class.

        Fields whose dataclass metadata holds ``{"json": False}`` (such as attached data) are left out.
        """
        fields = [f for f in dataclasses.fields(self) if f.metadata.get("json", True)]
        return {"result": type(self).__name__} | {f.name: _encode(getattr(self, f.name)) for f in fields}

    def to_json(self) -> str:
        """The result as strict JSON text (no NaN or Infinity tokens)."""
        return json.dumps(self.to_dict(), allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Rebuild a result from `to_dict`; called on `Result`, it returns whichever class the document names.

        Raises
        ------
        InvalidData
            If the document is no mapping, names no known result, another class than this one, or lacks a field.
        """
        if not isinstance(document, Mapping):
            raise InvalidData(f"a document must be a dict as from to_dict, not {type(document).__name__}")
        name = str(document.get("result"))
        target = _result_class(name)
        if target is None or not issubclass(target, cls):
            raise InvalidData(f"the document holds a {name!r}, which is not a {cls.__name__}")
        hints = typing.get_type_hints(target)
        known = {f.name for f in dataclasses.fields(target) if f.metadata.get("json", True)}
        try:
            return target(**{key: _decode(document[key], hints[key]) for key in known if key in document})
        except TypeError as error:
            raise InvalidData(f"the document is not a complete {name}: {error}") from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Rebuild a result from `to_json`; see `from_dict`."""
        try:
            document = json.loads(text)
        except (TypeError, ValueError) as error:
            raise InvalidData(f"this is no JSON text: {error}") from error
        return cls.from_dict(document)


def facts_without_data(method: str, *given: object) -> dict[str, Any]:
    """What a result says of its data where there are none: a plan made from rates and costs that were given as numbers."""
    return {
        "method": method,
        "unit": "parts",
        "confidence": 0.90,
        "counts": Counts(records=0, failures=0),
        "exposure": 0.0,
        "fingerprint": hashlib.sha256(repr([method, *map(_plain, given)]).encode()).hexdigest(),
    }


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def tail_probabilities(confidence: float, side: Side = "two") -> tuple[float, float]:
    """Probabilities to leave below the lower and above the upper bound; 0 on a side that has no bound.

    Raises
    ------
    InvalidData
        If `confidence` is not inside (0, 1) or `side` is not one of the three words.

    Examples
    --------
    >>> tail_probabilities(0.75, "lower")
    (0.25, 0.0)
    """
    is_number = isinstance(confidence, float | int | np.number)
    if not (is_number and 0.0 < confidence < 1.0):
        raise InvalidData(f"confidence must lie between 0 and 1 (0.90 means 90 %), not {confidence!r}")
    alpha = 1.0 - confidence
    if side == "two":
        return alpha / 2.0, alpha / 2.0
    if side == "lower":
        return alpha, 0.0
    if side == "upper":
        return 0.0, alpha
    raise InvalidData(f'side must be "two", "lower" or "upper", not {side!r}')


def _result_class(name: str) -> type[Result] | None:
    if name not in Result._classes:
        import analytics

        # A result class is registered when its module is imported; the public table knows which module that is.
        if name in analytics.MODULE_OF:
            getattr(analytics, name)
    return Result._classes.get(name)


def _encode(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _encode(value.tolist())
    if isinstance(value, np.generic):
        return _encode(value.item())
    if isinstance(value, float):
        # JSON has no token for these; a string keeps the text strict and float() reads it back.
        return value if math.isfinite(value) else str(value)
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _encode(item) for key, item in value.items()}
    if isinstance(value, Result):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def _decode(value: Any, hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _decode(value, next(a for a in arguments if a is not types.NoneType))
    if hint is np.ndarray or origin is np.ndarray:
        dtype = np.dtype(typing.get_args(arguments[1])[0]) if len(arguments) == 2 else None
        return np.array(value, dtype=dtype)
    if origin is tuple:
        items = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_decode(item, item_hint) for item, item_hint in zip(value, items, strict=True))
    if origin in (dict, Mapping):
        return {key: _decode(item, arguments[1]) for key, item in value.items()}
    if hint is float:
        return float(value)
    if isinstance(hint, type) and issubclass(hint, Result):
        return hint.from_dict(value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return hint(**{key: _decode(item, hints[key]) for key, item in value.items()})
    return value
