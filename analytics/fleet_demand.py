"""Distribution of the demands of all positions of a fleet together, for given lives."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from analytics.counts import poisson_pmf, sum_of_independent, thinned
from analytics.fleet_groups import fleet_groups
from analytics.planned_use import PlannedUse
from analytics.renewal import LifeModel, expected_replacements, grid_steps, replacement_probabilities
from analytics.results import FloatArray

Replacement = Literal["as_new", "as_old", "none"]


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
    # Of the use only that until parts come back and that until the end matter.
    times = [back_from, use.horizon - back_from] if returning else [use.horizon]
    ends = np.column_stack([np.zeros(use.ages.size), *([use.by(back_from)] if returning else []), use.total])
    parts, count = fleet_groups(PlannedUse(use.ages, np.array(times), ends))
    early = parts.reached[:, 1]
    pmfs: list[FloatArray] = []
    for life in lives:
        if replacement == "as_old":
            at_now = life.cumulative_hazard(parts.ages)
            lost = life.cumulative_hazard(parts.ages + parts.total) - at_now
            if returning:
                lost = lost - repaired * (life.cumulative_hazard(parts.ages + early) - at_now)
            pmfs.append(poisson_pmf(float(count @ lost)))
            continue
        table = position_pmfs(life, parts.ages, parts.total, replacement, fine=fine)
        if returning:
            before = position_pmfs(life, parts.ages, early, replacement, fine=fine)
            table = thinned(table, _share_out(table, before, repaired))
        pmfs.append(sum_of_independent(table, count))
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
    # At the estimates every count must be there; a draw far out may be cut, lest it refuse the whole forecast.
    return replacement_probabilities(life, ages, usage, steps=steps, all_counts=fine)


def period_moments(
    lives: Sequence[LifeModel], use: PlannedUse, replacement: Replacement, *, fine: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the failures of all positions in each period, under each life; both of shape (lives, periods).

    The mean is exact; the variance takes the failures of a position to be spread evenly over a period.
    """
    parts, count = fleet_groups(use)
    each = (_part_moments(life, parts, replacement, fine) for life in lives)
    both = np.array([(count @ mean, count @ variance) for mean, variance in each])
    return both[:, 0], both[:, 1]


def _part_moments(
    life: LifeModel, parts: PlannedUse, replacement: Replacement, fine: bool
) -> tuple[FloatArray, FloatArray]:
    ages, at = parts.ages, parts.reached
    if replacement == "as_new":
        steps = grid_steps(life, float(np.max(at, initial=1e-300)), 512, 1024) if fine else None
        reached, again = expected_replacements(life, ages, at, steps=steps, all_counts=fine)
        expected = np.diff(reached, axis=1)
        # Pairs of failures of one position within a period: after each, those of a new part until the period's end.
        return expected, expected + 2.0 * expected * again - expected**2
    hazard = life.cumulative_hazard(ages[:, None] + at) - life.cumulative_hazard(ages)[:, None]
    expected = np.diff(hazard if replacement == "as_old" else -np.expm1(-hazard), axis=1)
    return expected, expected if replacement == "as_old" else expected * (1.0 - expected)
