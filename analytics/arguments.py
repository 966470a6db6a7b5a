"""The door of every public function: each argument must be of the kind, or one of the words, that the signature names."""

import inspect
import math
import types
import typing
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import wraps
from numbers import Number, Real
from typing import Any, Literal, ParamSpec, TypeVar

import numpy as np

from analytics.errors import InvalidData, NotLives, WrongType
from analytics.eventhistories import NO_LIVES, EventHistories
from analytics.lifedata import LifeData

P = ParamSpec("P")
R = TypeVar("R")
Check = Callable[[str, Any], Any]

# How to come by what is asked for, by the name of its class.
MADE_WITH = {
    "LifeData": "LifeData(time, event), ages with 1 where the part failed and 0 where it had not",
    "EventHistories": "EventHistories(system, time, end=...), a row an event, with the end of observation of each system",
    "GroupedEvents": "GroupedEvents(end, events), the end of each interval and how many fell into it",
    "FittedLife": "fit_weibull(data) or another fit of a life distribution",
    "LifeModel": "fit_weibull(data) or another fit of a life distribution",
    "MtbfEstimate": "mtbf(failures, exposure)",
    "MttrEstimate": "mttr(durations)",
    "MeanCumulativeFunction": "mean_cumulative_function(histories)",
    "Generator": "numpy.random.default_rng(seed)",
}
WORDS = {"str": "a word", "FittedLife": "a fitted life distribution", "LifeModel": "a life distribution"}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Let a public function be called only with the kinds of arguments that its annotations name.

    Numbers reach it as float and int, so that settings out of a database or an array are as good as literals. What is
    array_like is left to the function, which says what it needs of shape and values, as is the range of a number.

    Raises
    ------
    WrongType
        At the call: naming the argument, what it must be and what was given.
    NotLives
        At the call: if histories of repairable systems are given for lives.
    InvalidData
        At the call: if a word is none of those that the annotation lists.

    Examples
    --------
    >>> @checked
    ... def life_at(rate: float) -> float:
    ...     return 1.0 / rate
    >>> life_at("0.01")
    Traceback (most recent call last):
        ...
    analytics.errors.WrongType: rate must be a number, not '0.01'
    """
    names = tuple(inspect.signature(function).parameters)
    annotations = ((name, function.__annotations__.get(name)) for name in names)
    checks = {name: check for name, annotation in annotations if (check := _check(annotation)) is not None}

    def taken(name: str, value: Any) -> Any:
        return checks[name](name, value) if name in checks else value

    @wraps(function)
    def asked(*args: P.args, **settings: P.kwargs) -> R:
        given: Any = (*map(taken, names, args), *args[len(names) :])
        named: Any = {name: taken(name, value) for name, value in settings.items()}
        return function(*given, **named)

    return asked


def _check(annotation: Any) -> Check | None:
    """What makes sure of the kind of an argument; None where the function itself does."""
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    members = typing.get_args(annotation) if is_union else (annotation,)
    asked = tuple(member for member in members if member is not types.NoneType)
    if len(asked) == 1 and asked[0] in SIMPLE:
        check = SIMPLE[asked[0]]
    elif len(asked) == 1 and typing.get_origin(asked[0]) is Literal:
        check = _one_word_of(typing.get_args(asked[0]))
    elif all(map(_is_known, asked)):
        check = _one_of(asked)
    else:
        return None
    if len(asked) == len(members):
        return check
    return lambda name, value: None if value is None else check(name, value)


def _is_known(asked: Any) -> bool:
    of = typing.get_origin(asked)
    is_class = of is None and isinstance(asked, type) and asked is not Any
    return of in (Mapping, Sequence, Collection) or is_class


def _one_word_of(words: tuple[str, ...]) -> Check:
    def check(name: str, value: Any) -> Any:
        if isinstance(value, str) and value in words:
            return value
        refused = f"{name} must be one of {', '.join(words)}, not {_shown(value)}"
        if not isinstance(value, str):
            raise WrongType(refused)
        near = get_close_matches(value.lower(), words, 1)
        raise InvalidData(f"{refused}; did you mean {near[0]}?" if near else refused)

    return check


def _one_of(asked: tuple[Any, ...]) -> Check:
    def check(name: str, value: Any) -> Any:
        if any(_is_a(one, value) for one in asked):
            return value
        if LifeData in asked and isinstance(value, EventHistories):
            raise NotLives(NO_LIVES)
        wanted = " or ".join(map(_words, asked))
        made_with = [MADE_WITH[one.__name__] for one in asked if getattr(one, "__name__", "") in MADE_WITH]
        advice = f"; make it with {', or '.join(made_with)}" if made_with else ""
        raise WrongType(f"{name} must be {wanted}, not {_shown(value)}{advice}")

    return check


def _is_a(asked: Any, value: Any) -> bool:
    of = typing.get_origin(asked)
    if of in (Sequence, Collection):
        # Columns of numpy and pandas are as good as lists; a lone word is not a list of its letters.
        if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
            return False
        of_words = typing.get_args(asked)[0] is str
        dimensions = getattr(value, "ndim", 1)
        return dimensions == 1 and all(map(_is_hashable, value)) if of_words else dimensions > 0
    return isinstance(value, asked if of is None else of)


def _is_hashable(value: Any) -> bool:
    return isinstance(value, Hashable)


def _words(asked: Any) -> str:
    of = typing.get_origin(asked)
    if of in (Sequence, Collection):
        return "a list of words" if typing.get_args(asked)[0] is str else "a list"
    if of is Mapping:
        return "a dict"
    return WORDS.get(str(asked.__name__), str(asked.__name__))


def _shown(value: Any) -> str:
    if value is None or isinstance(value, str | bytes | Number):
        return repr(value)
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"


def _number(name: str, value: Any, *, wanted: str = "a number") -> float:
    is_flag = isinstance(value, bool)
    if isinstance(value, Real | Decimal) and not is_flag:
        try:
            number = float(value)
        except OverflowError:
            raise WrongType(f"{name} is too large to be a number to calculate with") from None
        if not math.isnan(number):
            return number
    raise WrongType(f"{name} must be {wanted}, not {_shown(value)}")


def _whole(name: str, value: Any) -> int:
    number = _number(name, value, wanted="a whole number")
    if not number.is_integer():
        raise WrongType(f"{name} must be a whole number, not {number!r}")
    return int(number)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise WrongType(f"{name} must be True or False, not {_shown(value)}")
    return bool(value)


SIMPLE: dict[Any, Check] = {float: _number, int: _whole, bool: _flag}
