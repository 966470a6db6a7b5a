"""Distribution of the demands of all positions of a fleet together, for given lives."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from analytics.counts import poisson_pmf, sum_of_independent, thinned
from analytics.planned_use import PlannedUse
from analytics.renewal import LifeModel, expected_replacements, grid_steps, replacement_probabilities
from analytics.results import FloatArray

Replacement = Literal["as_new", "as_old", "none"]

# Positions times lives convolved at once.
BLOCK_CELLS = 500_000


def fleet_pmfs(
    lives: Sequence[LifeModel],
    use: PlannedUse,
    replacement: Replacement,
    *,
    repaired: float = 0.0,
    back_from: float = 0.0,
    fine: bool = False,
) -> list[FloatArray]:
    """Distribution of the parts that are out at the end of the horizon, under each life.

    Each failure takes a part out for good, but for the share `repaired` of those before the time `back_from`.
    """
    if use.ages.size == 0:
        return [np.ones(1) for _ in lives]
    returning = repaired > 0.0 and back_from > 0.0
    early = use.by(back_from) if returning else np.zeros(use.ages.size)
    if replacement == "as_old":
        means = []
        for life in lives:
            at_now, at_end = life.cumulative_hazard(use.ages), life.cumulative_hazard(use.ages + use.total)
            lost = float(np.sum(at_end - at_now))
            if returning:
                lost -= repaired * float(np.sum(life.cumulative_hazard(use.ages + early) - at_now))
            means.append(lost)
        return [poisson_pmf(mean) for mean in means]
    # Several lives are convolved side by side; how many follows from the memory their table takes.
    at_once = max(1, BLOCK_CELLS // use.ages.size)
    pmfs: list[FloatArray] = []
    for begin in range(0, len(lives), at_once):
        tables = []
        for life in lives[begin : begin + at_once]:
            table = position_pmfs(life, use.ages, use.total, replacement, fine=fine)
            if returning:
                before = position_pmfs(life, use.ages, early, replacement, fine=fine)
                table = thinned(table, _share_out(table, before, repaired))
            tables.append(table)
        width = max(table.shape[1] for table in tables)
        batch = np.zeros((len(tables), use.ages.size, width))
        for table, row in zip(tables, batch, strict=True):
            row[:, : table.shape[1]] = table
        pmfs.extend(sum_of_independent(batch))
    return pmfs


def _share_out(table: FloatArray, before: FloatArray, repaired: float) -> FloatArray:
    """Chance that a failure of each position leaves a part out: 1, less what was repaired of the early ones."""
    expected = table @ np.arange(table.shape[1])
    early = before @ np.arange(before.shape[1])
    share = 1.0 - repaired * early / np.where(expected > 0, expected, 1.0)
    return np.clip(share, 0.0, 1.0)


def position_pmfs(
    life: LifeModel, ages: FloatArray, usage: FloatArray, replacement: Replacement, *, fine: bool = False
) -> FloatArray:
    """Probabilities of 0, 1, ... failures of each position, replaced by a new part or not at all; shape (n, k)."""
    if replacement == "none":
        survive = np.exp(life.cumulative_hazard(ages) - life.cumulative_hazard(ages + usage))
        return np.column_stack([survive, 1.0 - survive])
    steps = grid_steps(life, float(np.max(usage)), 1024, 2048) if fine and np.any(usage > 0) else None
    return replacement_probabilities(life, ages, usage, steps=steps)


def period_moments(
    life: LifeModel, use: PlannedUse, replacement: Replacement, *, fine: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the failures of all positions in each period, under one life; each of shape (periods,).

    The mean is exact; the variance takes the failures of a position to be spread evenly over a period.
    """
    ages, at, count = use.distinct
    if replacement == "as_new":
        steps = grid_steps(life, float(np.max(at, initial=1e-300)), 512, 1024) if fine else None
        reached, again = expected_replacements(life, ages, at, steps=steps)
        expected = np.diff(reached, axis=1)
        # Pairs of failures of one position within a period: after each, those of a new part until the period's end.
        variance = expected + 2.0 * expected * again - expected**2
    else:
        hazard = life.cumulative_hazard(ages[:, None] + at) - life.cumulative_hazard(ages)[:, None]
        if replacement == "as_old":
            expected = variance = np.diff(hazard, axis=1)
        else:
            expected = np.diff(-np.expm1(-hazard), axis=1)
            variance = expected * (1.0 - expected)
    return count @ expected, count @ variance
