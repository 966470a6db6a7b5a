"""How often does the demand to come lie within the forecast of `forecast_spares`? A seeded study at few failures.

    python -m tests.calibration.demand_coverage            runs what build/demand_coverage.csv lacks, then writes the table
    python -m tests.calibration.demand_coverage --write    only writes fracas/docs/demand-coverage.md

Each repeat watches units of a Weibull distribution to staggered ages, fits it, forecasts the demand of 60 installed parts and
then plays it. The forecast averages the demand under the lives that `plausible_lives` draws, as `forecast_spares` does; here
that under one life is read from a table over eta and beta, made once. The first forecasts of each row are made by
`forecast_spares` too, and the largest difference between the two is told.

As demand comes in whole numbers, an interval holds it more often than it says; a place in the forecast drawn evenly between
the probabilities of less and of no more than the demand is even on (0, 1) if the forecast is right, and shows the two tails
without that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analytics import LifeData, NotEnoughFailures, fit_weibull, forecast_spares
from analytics.fleet_demand import fleet_pmfs
from analytics.planned_use import planned_use
from analytics.plausible import plausible_lives
from analytics.renewal import LifeModel
from analytics.results import FloatArray
from analytics.synthetic import WeibullLaw
from tests.calibration.studies import Kept, command

REPEATS, DRAWS, CONFIDENCE = 1_000, 200, 0.90
CHECKED = 3
# Demands that are told apart.
MOST = 400
# Shape, and the units that give some 5, 10 and 20 failures at it.
UNITS = {2.0: (20, 40, 80), 1.0: (13, 26, 52)}
AGES, HORIZON = np.repeat(np.linspace(0.0, 0.9, 20), 3), 0.5
TABLE = Path("fracas/docs/demand-coverage.md")
SHARES = ("inside", "below", "above", "low_tail", "high_tail")
KEPT = Kept(
    Path("build/demand_coverage.csv"),
    ("beta", "units", "fits", "failures", "demand", *SHARES, "upper", "off"),
    keys=2,
)


def lives(rng: np.random.Generator, beta: float, units: int) -> LifeData:
    """Units whose watch ends at an even chance between 0.1 and 0.9 characteristic lives."""
    life, end = rng.weibull(beta, units), rng.uniform(0.1, 0.9, units)
    return LifeData(np.minimum(life, end), (life <= end).astype(int), planned_exit=end)


def demand(rng: np.random.Generator, beta: float) -> int:
    """Failures of the installed parts and of those put in their place, within the horizon."""
    clock = (AGES**beta + rng.exponential(size=AGES.size)) ** (1.0 / beta) - AGES
    found = 0
    while np.any(clock <= HORIZON):
        found += int(np.sum(clock <= HORIZON))
        clock = clock + rng.weibull(beta, AGES.size)
    return found


class Demand:
    """Probability of at most 0, 1, ... demands of the fleet under any Weibull life: interpolated between lives on a grid."""

    def __init__(self) -> None:
        # Finer in eta: with a steep shape the parts fail one age after the other.
        self.first, self.step, size = np.array([-1.2, -2.4]), np.array([0.04, 0.1]), (340, 52)
        use = planned_use(AGES, HORIZON, 1.0)
        self.cdf = np.ones((*size, MOST))
        for at, row in enumerate(self.cdf):
            laws = [WeibullLaw(*np.exp(self.first + self.step * np.array([at, k]))) for k in range(size[1])]
            for place, pmf in zip(row, fleet_pmfs(laws, use, "as_new"), strict=True):
                reach = np.cumsum(pmf)[:MOST]
                place[: reach.size] = reach

    def mixture(self, lives: Sequence[LifeModel]) -> FloatArray:
        """The mean of it over lives."""
        where = np.log([(life.eta, life.beta) for life in lives])  # type: ignore[attr-defined]
        where = np.clip((where - self.first) / self.step, 0.0, np.array(self.cdf.shape[:2]) - 1.001)
        (i, j), (a, b) = where.astype(int).T, (where % 1.0).T[..., None]
        low = self.cdf[i, j] * (1 - a) + self.cdf[i + 1, j] * a
        high = self.cdf[i, j + 1] * (1 - a) + self.cdf[i + 1, j + 1] * a
        found: FloatArray = (low * (1 - b) + high * b).mean(axis=0)
        return found


def study(table: Demand, beta: float, units: int, repeats: int = REPEATS) -> dict[str, float]:
    """How often the demand lies inside, below and above the interval, and in the lowest and highest 5 % of the forecast."""
    rows, off, tail = [], 0.0, (1.0 - CONFIDENCE) / 2.0
    for seed in range(repeats):
        rng = np.random.default_rng([seed, units, round(10 * beta)])
        try:
            fit = fit_weibull(lives(rng, beta, units))
        except NotEnoughFailures:
            continue
        needed, chance = demand(rng, beta), rng.random()
        cdf = table.mixture(plausible_lives(fit, DRAWS, rng=np.random.default_rng(seed))[0])
        if len(rows) < CHECKED:
            own = forecast_spares(fit, AGES, HORIZON, draws=DRAWS, rng=np.random.default_rng(seed)).cdf[:MOST]
            off = max(off, float(np.max(np.abs(own - cdf[: own.size]))))
        lower, upper = (int(np.searchsorted(cdf, p)) for p in (tail, 1.0 - tail))
        before = cdf[needed - 1] if needed else 0.0
        place = before + chance * (cdf[needed] - before)
        rows.append((fit.counts.failures, needed, needed < lower, needed > upper, place, upper))
    failures, demands, below, above, places, bound = np.array(rows, dtype=float).T
    return {
        "fits": len(rows),
        "failures": failures.mean(),
        "demand": demands.mean(),
        "inside": 1.0 - below.mean() - above.mean(),
        "below": below.mean(),
        "above": above.mean(),
        "low_tail": (places < tail).mean(),
        "high_tail": (places > 1.0 - tail).mean(),
        "upper": float(np.median(bound)),
        "off": off,
    }


def run(repeats: int) -> None:
    done, grid = KEPT.rows(), Demand()
    for beta, sizes in UNITS.items():
        for units in sizes:
            if (key := (str(beta), str(units))) not in done:
                KEPT.add(key, study(grid, beta, units, repeats))


def table() -> str:
    """The page of the docs, from what has been run."""
    rows = list(KEPT.rows().values())
    least = min(int(row["fits"]) for row in rows)
    errors = {
        "error": 100 * math.sqrt(0.09 / least),
        "tail": 100 * math.sqrt(0.0475 / least),
        "off": max(float(row["off"]) for row in rows),
    }
    lines = [INTRODUCTION.format(**errors), HEAD, RULE]
    for row in rows:
        shares = [f"{100 * float(row[name]):.1f}" for name in SHARES]
        lines.append(
            f"| {float(row['beta']):g} | {float(row['failures']):.1f} | {row['fits']} | {float(row['demand']):.1f} "
            f"| {float(row['upper']):.0f} | {' | '.join(shares)} |"
        )
    return "\n".join(lines) + "\n"


HEAD = (
    "| beta | failures behind the fit | repeats | mean demand | median upper bound "
    "| inside, % | below | above | lowest 5 % | highest 5 % |"
)
RULE = "|---|---|---|---|---|---|---|---|---|---|"
INTRODUCTION = """# How often forecasts of demand hold

Measured by `python -m tests.calibration.demand_coverage`, which prints this page: 1,000 seeded repeats a row. Units are
watched to staggered ages of 0.1 to 0.9 characteristic lives and a Weibull distribution is fitted; `forecast_spares` then gives
the demand of 60 installed parts, of ages of 0 to 0.9, over half a characteristic life, and the fleet is played. Repeats with
fewer than two failures have no fit. Nominal are 90 % inside, and 5 % of the repeats in either end of the forecast; the last two
columns take the steps of whole numbers out. Standard error: {error:.1f} points inside, {tail:.1f} in a tail. The demand under a
single life is read from a table; made by `forecast_spares` from end to end, the first three forecasts of a row differ by at
most {off:.3f} in any probability.
"""


if __name__ == "__main__":
    command(__doc__, run, REPEATS, TABLE, table)
