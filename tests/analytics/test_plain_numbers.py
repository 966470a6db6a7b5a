"""What only looks like numbers is refused at every door, not read as numbers that nobody meant."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import (
    EventHistories,
    LifeData,
    croston,
    fit_fleet,
    forecast_spares,
    mttr,
    multi_echelon,
    optimise_spares,
    rising_rate_alarm,
    stock_for_service_level,
    warranty_from_nevada,
)
from analytics.errors import InvalidData
from analytics.groupedevents import GroupedEvents
from analytics.plain_numbers import as_floats
from analytics.weibull import fit_weibull

LOOKALIKES = {
    "masked": np.ma.masked_array([1.0, 2.0], [False, True]),
    "durations": np.array([1, 2], "m8[h]"),
    "dates": np.array(["2026-01-01", "2026-01-02"], "M8[D]"),
    "dates with a zone": pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02"]).tz_localize("UTC")),
    "list of durations": [np.timedelta64(1, "h"), np.timedelta64(2, "h")],
    "complex": np.array([1.0 + 1.0j, 2.0]),
    "more than a float holds": [10**400, 1],
}

FIT = fit_weibull(LifeData([100, 200, 300], 1))

DOORS: dict[str, Callable[[Any], object]] = {
    "time": lambda values: LifeData(values, 1),
    "event": lambda values: LifeData([1, 2], values),
    "count": lambda values: LifeData([1, 2], 1, count=values),
    "truncated_above": lambda values: LifeData([1, 2], 1, truncated_above=values),
    "histories": lambda values: EventHistories(["a", "a"], values, end={"a": 10.0}),
    "grouped": lambda values: GroupedEvents(values, [1, 1]),
    "ages": lambda values: forecast_spares(FIT, values, 10, draws=5),
    "demand": croston,
    "pmf": lambda values: stock_for_service_level(values, 0.9),
    "cost": lambda values: optimise_spares([1.0, 2.0], unit_cost=values, budget=10),
    "rate": lambda values: multi_echelon([values], depot_repair_time=1, order_and_ship_time=1, budget=3),
    "durations": mttr,
    "cells": lambda values: rising_rate_alarm(values, history=1),
    "shipped": lambda values: warranty_from_nevada(values, np.zeros((2, 2))),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("values", LOOKALIKES.values(), ids=LOOKALIKES)
def test_what_only_looks_like_numbers_is_refused(door: str, values: Any) -> None:
    with pytest.raises(InvalidData):
        DOORS[door](values)


def test_durations_in_a_frame_are_refused() -> None:
    frame = pd.DataFrame({"time": np.array([1, 2], "m8[h]"), "event": 1, "part": "a"})
    with pytest.raises(InvalidData, match="durations"):
        fit_fleet(frame, by="part")


def test_nothing_masked_is_nothing_missing() -> None:
    assert as_floats(np.ma.masked_array([1, 2], [False, False])).tolist() == [1.0, 2.0]


def test_the_values_of_the_caller_are_copied() -> None:
    given = np.array([1.0, 2.0])
    as_floats(given)[0] = 5.0
    assert given.tolist() == [1.0, 2.0]
