"""How each published number on replacement and demonstration is obtained from the library."""

from collections.abc import Callable
from pathlib import Path

from analytics import optimal_replacement, plan_demonstration_test
from analytics.synthetic import WeibullLaw

Quantity = Callable[[Path, str], float]

# MIL-HDBK-781A: nominal risks of consumer and producer, and the discrimination ratio.
PLANS = {"milhdbk781a_plan_XI-D": (0.20, 0.20, 1.5), "milhdbk781a_plan_XVII-D": (0.20, 0.20, 3.0)}


def cheapest_replacement(path: Path, quantity: str) -> float:
    plan = optimal_replacement(WeibullLaw(1000.0, 2.5), 1.0, 5.0)
    assert plan.age is not None
    return plan.age if quantity == "optimal replacement time" else plan.cost_rate


def fixed_length_plan(path: Path, quantity: str) -> float:
    consumer, producer, ratio = PLANS[path.stem]
    plan = plan_demonstration_test(mtbf=1.0, design=ratio, confidence=1 - consumer, producer_risk=producer)
    assert plan.total_time is not None
    return plan.total_time if quantity.startswith("test duration") else plan.failures_allowed


def success_run(path: Path, quantity: str) -> float:
    units = plan_demonstration_test(reliability=0.999, confidence=0.95).units
    assert units is not None
    return units


METHODS: dict[str, Quantity] = {
    "age replacement": cheapest_replacement,
    "age replacement, PM 1 CM 5": cheapest_replacement,
    "fixed-length plan": fixed_length_plan,
    "success run": success_run,
}
