"""How each published number on spare parts is obtained from the library."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analytics import EchelonPlan, croston, multi_echelon, newsvendor, stock_for_service_level

Quantity = Callable[[Path, str], float]


def whole_numbers(quantity: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", quantity)]


def poisson_newsvendor(path: Path, quantity: str) -> float:
    """Holding cost 0.18, stock-out cost 0.70, Poisson demand of mean 50."""
    if quantity.startswith("base-stock"):
        return newsvendor(50.0, holding_cost=0.18, shortage_cost=0.70).stock
    return newsvendor(50.0, holding_cost=0.18, shortage_cost=0.70, stock=whole_numbers(quantity)[0]).cost


def normal_newsvendor(path: Path, quantity: str) -> float:
    found = newsvendor(50.0, standard_deviation=8.0, holding_cost=0.18, shortage_cost=0.70)
    return found.stock if quantity == "S*" else found.cost


def depot_back_orders(path: Path, quantity: str) -> float:
    level = stock_for_service_level(92.8 * 0.02531, 0.9999)
    return float(level.expected_shortage[whole_numbers(quantity)[0]])


def echelons(path: Path, depot: int, base: int, method: Any) -> EchelonPlan:
    """The columns of R xmetric: base rate and repair time, share repaired at the base, transport, depot turn-around."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return multi_echelon(
        [float(row["bLam"]) for row in rows],
        base_repair_time=[float(row["brT"]) for row in rows],
        base_repair_fraction=[float(row["Pbr"]) for row in rows],
        order_and_ship_time=[float(row["transp"]) for row in rows],
        depot_repair_time=float(rows[0]["dTAT"]),
        depot_stock=depot,
        base_stock=base,
        method=method,
    )


def by_model(method: str) -> Quantity:
    def found(path: Path, quantity: str) -> float:
        depot, *base = whole_numbers(quantity)
        plan = echelons(path, depot, base[0] if base else 0, method)
        return float(plan.base_pipeline[0, 0]) if "pipeline" in quantity else plan.backorders

    return found


def intermittent(method: Any, start: Any = "first") -> Quantity:
    def found(path: Path, quantity: str) -> float:
        with path.open(newline="", encoding="utf-8") as file:
            demand = [float(row["demand"]) for row in csv.DictReader(file)]
        return float(
            croston(demand, method=method, start=start, alpha=float(quantity.rpartition("=")[2])).forecast
        )

    return found


METHODS: dict[str, Quantity] = {
    "Poisson newsvendor": poisson_newsvendor,
    "Poisson newsvendor h .18 p .70": poisson_newsvendor,
    "h .18 p .70 N(50,8) (Ex 4.3)": normal_newsvendor,
    "Ex 4.3": normal_newsvendor,
    "Poisson EBO, 92.8/yr x 0.02531 yr": depot_back_orders,
    "METRIC": by_model("metric"),
    "VARI-METRIC neg. binomial": by_model("vari_metric"),
    "exact two-echelon (Graves)": by_model("exact"),
    "croston": intermittent("croston"),
    "sba": intermittent("sba"),
    "sbj": intermittent("sbj"),
    "tsb": intermittent("tsb"),
    "croston init mean": intermittent("croston", "mean"),
    "sba init mean": intermittent("sba", "mean"),
}
