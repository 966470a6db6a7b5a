"""How long an estimate from one set of data takes, beside other programs on the same data: ``make bench``.

Ratios, because seconds say more about the machine than about the program. A ratio is printed, never judged; what is
judged is that all give the same answer, without which the ratio would mean nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

# Programs that go through the records in Python are spared the largest.
LARGEST = {"weibull-predictr": 10_000, "kaplan_meier-reliability": 10_000}


def lives(size: int) -> dict[str, np.ndarray]:
    """Ages and failed-or-not of a fleet seen until a staggered end: about a third fails."""
    rng = np.random.default_rng(20_170_401)
    life, seen = 4_000 * rng.weibull(1.8, size), rng.uniform(500, 5_000, size)
    return {
        "time": np.minimum(life, seen),
        "event": (life <= seen).astype(np.int8),
        "offsets": np.array([0, size]),
    }


def repairs(systems: int) -> dict[str, np.ndarray]:
    """Repairs of systems that wear, each watched to an end of its own."""
    rng = np.random.default_rng(7)
    end = rng.uniform(1_000.0, 5_000.0, systems)
    system = np.repeat(np.arange(systems), rng.poisson((end / 800.0) ** 1.3))
    return {"system": system, "time": end[system] * rng.uniform(0, 1, system.size) ** (1 / 1.3), "end": end}


@pytest.mark.parametrize("size", [100, 10_000, 100_000])
@pytest.mark.parametrize(
    ("task", "name", "peers", "close"),
    [
        (
            "weibull",
            "fit_weibull with Wald bounds",
            ("lifelines", "scipy", "reliability", "surpyval", "predictr"),
            1e-2,
        ),
        (
            "kaplan_meier",
            "kaplan_meier with bounds",
            ("scipy", "reliability", "surpyval"),  # ours is lifelines
            1e-9,
        ),
    ],
)
def test_one_set_of_lives(
    task: str, name: str, peers: tuple[str, ...], close: float, size: int, measure: Any, report: Any
) -> None:
    data = lives(size)
    own, found = measure(task, "ours", data, 1)
    for peer in peers:
        if size <= LARGEST.get(f"{task}-{peer}", size):
            seconds, answer = measure(task, peer, data, 1)
            report(f"{name}, {size:,} lives", own, peer, seconds)
            np.testing.assert_allclose(answer, found, rtol=close)


@pytest.mark.parametrize("systems", [10, 100, 1_000])
def test_mean_cumulative_function(systems: int, measure: Any, report: Any) -> None:
    data = repairs(systems)
    own, found = measure("mean_cumulative", "ours", data)
    for peer in ("reliability", "surpyval"):
        seconds, answer = measure("mean_cumulative", peer, data)
        what = f"mean_cumulative_function, {systems:,} systems, {data['time'].size:,} repairs"
        report(what, own, peer, seconds)
        np.testing.assert_allclose(answer, found, rtol=1e-9)
