"""How each published number on recurrent events is obtained from the library."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from analytics import EventHistories, mean_cumulative_function
from analytics.renewal import renewal_function
from analytics.synthetic import WeibullLaw

Quantity = Callable[[Path, str], float]


def read_histories(path: Path) -> EventHistories:
    """A data file of the reference folder: one row an event, and one row of event "end" for each system."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    events = [row for row in rows if row["event"] != "end"]
    return EventHistories(
        [row["system"] for row in events],
        [float(row["time"]) for row in events],
        end={row["system"]: float(row["time"]) for row in rows if row["event"] == "end"},
    )


def argument(quantity: str) -> float:
    """The number in brackets: 12 of ``MCF(12)``."""
    found = re.search(r"\(s?=?([\d.]+)(?: eta)?\)", quantity)
    assert found, quantity
    return float(found[1])


def mcf(path: Path, quantity: str) -> float:
    return float(mean_cumulative_function(read_histories(path)).at(argument(quantity)))


def mcf_standard_error(path: Path, quantity: str) -> float:
    curve = mean_cumulative_function(read_histories(path), variance="robust")
    return float(curve.standard_error[np.flatnonzero(curve.time == argument(quantity))[0]])


def mcf_reliasoft_variance(path: Path, quantity: str) -> float:
    curve = mean_cumulative_function(read_histories(path), variance="reliasoft")
    return float(curve.standard_error[np.flatnonzero(curve.time == argument(quantity))[0]] ** 2)


def weibull_renewals(path: Path, quantity: str) -> float:
    shape = float(path.stem.removeprefix("renewal_weibull_beta"))
    return renewal_function(WeibullLaw(1.0, shape), argument(quantity))


METHODS: dict[str, Quantity] = {
    "Nelson MCF": mcf,
    "Lawless-Nadeau robust se": mcf_standard_error,
    "ReliaSoft/reliability: sum of step variances": mcf_reliasoft_variance,
    "Weibull renewal function": weibull_renewals,
}
