import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd
import pytest

import analytics
from analytics import AnalyticsError, EventHistories, InvalidData, LifeData, NotLives, WrongType
from analytics.arguments import checked

LIVES = LifeData([900, 1400, 1700, 2000, 2100, 2100], [1, 1, 1, 1, 0, 0])
HISTORIES = EventHistories(["A", "A", "B"], [10, 40, 30], end={"A": 100, "B": 120})
PUBLIC = {
    name: value for name in analytics.MODULE_OF if inspect.isfunction(value := getattr(analytics, name))
}
# A fleet is fitted from frames and paths too, and looks at what it is given by itself.
CHECKED = sorted(set(PUBLIC) - {"fit_fleet"})
TAKE_LIVES = [name for name in CHECKED if "data" in inspect.signature(PUBLIC[name]).parameters]
TAKE_HISTORIES = [name for name in CHECKED if "histories" in inspect.signature(PUBLIC[name]).parameters]
FRAME = pd.DataFrame({"time": [1.0, 2.0], "event": [1, 0]})


def required(name: str) -> dict[str, Any]:
    """Something for every argument that has no default; the first is asked about before any other matters."""
    parameters = list(inspect.signature(PUBLIC[name]).parameters.values())
    return {p.name: "weibull" for p in parameters[1:] if p.default is inspect.Parameter.empty}


@pytest.mark.parametrize("name", CHECKED)
def test_every_public_function_looks_at_its_arguments(name: str) -> None:
    assert hasattr(PUBLIC[name], "__wrapped__")


@pytest.mark.parametrize("given", [[1.0, 2.0], FRAME, None, {"time": [1.0]}, np.ones(3), "data"])
@pytest.mark.parametrize("name", TAKE_LIVES)
def test_what_is_no_life_data_is_refused_with_the_way_to_make_it(name: str, given: Any) -> None:
    with pytest.raises(
        WrongType, match=r"data must be LifeData, not .*; make it with LifeData\(time, event\)"
    ):
        PUBLIC[name](given, **required(name))


@pytest.mark.parametrize("given", [[1.0, 2.0], FRAME, None, {"A": [1.0]}, LIVES])
@pytest.mark.parametrize("name", TAKE_HISTORIES)
def test_what_is_no_history_is_refused_with_the_way_to_make_it(name: str, given: Any) -> None:
    with pytest.raises(
        WrongType, match=r"histories must be EventHistories.*make it with EventHistories\(system"
    ):
        PUBLIC[name](given, **required(name))


@pytest.mark.parametrize("name", TAKE_LIVES)
def test_histories_of_repaired_systems_are_no_lives(name: str) -> None:
    with pytest.raises(NotLives, match="trend_tests"):
        PUBLIC[name](HISTORIES, **required(name))


@pytest.mark.parametrize("name", ["forecast_spares", "forecast_failures", "optimal_replacement"])
@pytest.mark.parametrize("given", [None, LIVES, {"eta": 1.0}, "weibull"])
def test_what_is_no_fit_is_refused_with_the_way_to_make_it(name: str, given: Any) -> None:
    with pytest.raises(WrongType, match=r"fit must be a .*life distribution.*fit_weibull\(data\)"):
        PUBLIC[name](given, 1.0, 1.0)


def words_of(annotation: Any) -> tuple[str, ...]:
    """What ``Literal[...]`` and ``Literal[...] | None`` list; nothing for anything else."""
    first, *others = get_args(annotation) or (annotation,)
    literal = first if others == [NoneType] else annotation
    return get_args(literal) if get_origin(literal) is Literal else ()


CHOICES = [
    (name, argument, words)
    for name in CHECKED
    for argument, annotation in get_type_hints(PUBLIC[name]).items()
    if argument != "return" and (words := words_of(annotation))
]


@pytest.mark.parametrize(("name", "argument", "words"), CHOICES)
def test_a_word_that_is_none_of_those_listed_is_refused_with_them(
    name: str, argument: str, words: tuple[str, ...]
) -> None:
    for given, error in [
        ("nowhere", InvalidData),
        ("", InvalidData),
        (7, WrongType),
        ([words[0]], WrongType),
    ]:
        with pytest.raises(error, match=f"^{argument} must be one of {', '.join(words)}, not ") as refused:
            PUBLIC[name](**{argument: given})
        assert isinstance(refused.value, WrongType) == (error is WrongType)


def test_plain_and_optional_choices_are_among_those_tried() -> None:
    tried = {(name, argument) for name, argument, _ in CHOICES}
    assert tried >= {("fit_weibull", "bounds"), ("fit_power_law", "bounds"), ("project_growth", "method")}


FIT = analytics.fit_weibull(LIVES)
CASES: dict[str, dict[str, Any]] = {
    "forecast_spares": {"fit": FIT, "ages": [100, 900], "horizon": 90, "draws": 4},
    "forecast_failures": {"fit": FIT, "ages": [100, 900], "periods": [30, 30], "draws": 4},
    "optimal_replacement": {"fit": FIT, "planned_cost": 1.0, "failure_cost": 5.0, "draws": 4},
    "optimise_spares": {"demand": [2.0, 0.5], "unit_cost": [100, 400], "budget": 1500},
    "multi_echelon": {
        "demand_rate": [2.0, 3.0],
        "depot_repair_time": 0.5,
        "order_and_ship_time": 0.1,
        "budget": 5,
    },
    "croston": {"demand": [0, 3, 0, 0, 2, 0]},
    "compare_demand_forecasts": {"demand": [[0, 1, 0, 2, 0, 0, 1, 0, 3, 0, 0, 1, 0, 1]] * 2},
    "stock_for_service_level": {"demand": 2.0, "service_level": 0.95},
    "newsvendor": {"demand": 5.0, "holding_cost": 1.0, "shortage_cost": 3.0},
    "plan_demonstration_test": {"reliability": 0.9},
    "rising_rate_alarm": {"counts": [[2, 1] * 10, [0, 3] * 10]},
    "compare_before_after": {"before": (40, 1e4), "after": (4, 6e3), "criterion": 0.5},
    "warranty_from_nevada": {"shipped": [100, 140], "returned": [[0, 3, 3], [0, 0, 2]]},
    "mtbf": {"failures": 3, "exposure": 1000.0},
    "mttr": {"durations": [1.0, 2.0, 3.0]},
    "weibayes": {"data": LIVES, "beta": 2.0},
}
SETTINGS = [(name, setting) for name in CASES for setting in inspect.signature(PUBLIC[name]).parameters]
HOSTILE = [
    None,
    "x",
    float("nan"),
    float("inf"),
    -1,
    1e300,
    10**400,
    1e9,
    [],
    {},
    1j,
    b"x",
    np.ma.masked,
    object(),
]


@pytest.mark.parametrize(("name", "setting"), SETTINGS)
@pytest.mark.filterwarnings("error")
def test_no_setting_brings_anything_but_an_answer_or_a_refusal(name: str, setting: str) -> None:
    for value in HOSTILE:
        with suppress(AnalyticsError):
            PUBLIC[name](**CASES[name] | {setting: value})


@checked
def sized(size: int, rate: float, is_new: bool = True, *, label: str | None = None) -> tuple[Any, ...]:
    return size, rate, is_new, label


def test_numbers_of_every_make_arrive_as_int_and_float() -> None:
    function: Callable[..., Any] = sized
    found = function(np.int32(3), Decimal("0.5"), np.True_, label="a")
    assert found == (3, 0.5, True, "a")
    assert [type(value) for value in found] == [int, float, bool, str]
    assert function(np.float64(3.0), 2)[:2] == (3, 2.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("3", 1.0), "size must be a whole number, not '3'"),
        ((2.5, 1.0), "size must be a whole number, not 2.5"),
        ((3, None), "rate must be a number, not None"),
        ((3, True), "rate must be a number, not True"),
        ((3, float("nan")), "rate must be a number, not nan"),
        ((3, 10**400), "rate is too large"),
        ((3, 1.0, "yes"), "is_new must be True or False, not 'yes'"),
    ],
)
def test_other_kinds_are_refused_by_name(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(WrongType, match=message):
        sized(*arguments)


def test_keywords_are_looked_at_and_none_passes_only_where_it_may() -> None:
    with pytest.raises(WrongType, match="label must be a word, not 3"):
        sized(3, 1.0, label=3)  # type: ignore[arg-type]
    assert sized(3, 1.0, label=None)[3] is None


def test_a_wrong_number_of_arguments_is_python_s_own_error() -> None:
    function: Callable[..., Any] = sized
    with pytest.raises(TypeError, match="positional"):
        function(3, 1.0, True, "a", "b")


@checked
def started(method: Literal["mle", "rrx", "rry"] = "mle", *, bounds: Literal["exact"] | None = None) -> Any:
    return method, bounds


def test_the_nearest_word_is_proposed_and_those_listed_pass() -> None:
    function: Callable[..., Any] = started
    with pytest.raises(InvalidData) as refused:
        function("MLE")
    assert str(refused.value) == "method must be one of mle, rrx, rry, not 'MLE'; did you mean mle?"
    with pytest.raises(InvalidData, match="not 'foo'$"):
        function("foo")
    with pytest.raises(WrongType, match="method must be one of mle, rrx, rry, not None"):
        function(None)
    assert function(np.str_("rrx"), bounds=None) == ("rrx", None)


@checked
def chosen(names: Sequence[str]) -> list[str]:
    return list(names)


def test_columns_are_lists_and_a_lone_word_is_not() -> None:
    function: Callable[..., list[str]] = chosen
    for names in (["a", "b"], ("a", "b"), np.array(["a", "b"]), pd.Series(["a", "b"])):
        assert function(names) == ["a", "b"]
    for given in ("ab", {"a": 1}, FRAME, 3, [["a"]]):
        with pytest.raises(WrongType, match="names must be a list"):
            function(given)


def test_what_was_checked_keeps_its_name_and_signature() -> None:
    assert sized.__name__ == "sized"
    assert list(inspect.signature(sized).parameters) == ["size", "rate", "is_new", "label"]
