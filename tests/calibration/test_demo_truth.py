"""Do the demo's intervals hold the known truth as often as they claim? ``make calibration`` (minutes).

Every seed is another fleet under the same truth (`fracas/demo/scenario.py`). Parts made to one law all their life are
fitted as a page fits them, with calibrated bounds; parts with a bad batch or a change have no single truth and are
fitted by group elsewhere.
That the tracker derives the simulator's own life data from the reports is tests/fracas/reliability's business, once;
here the chance is repeated, which needs no tracker.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from analytics import fit_weibull
from analytics.synthetic import Slot, life_data, simulate_lives
from fracas.demo.events import DAYS, draw, truth_of
from fracas.demo.scenario import PARTS, PartScenario

pytestmark = pytest.mark.slow

SEEDS = 1_000
VEHICLES = 60
CONFIDENCE = 0.90
ALLOWED = 0.02
LEAST_EXPECTED_FAILURES = 30
PLAIN = [part for part in PARTS if part.bad_lot is None and part.changed_after in (None, part.truth)]


def slots_of(part: PartScenario, seed: int) -> list[Slot]:
    """The places of one fleet: its vehicles' days in service and their use."""
    fleet = draw(seed, VEHICLES).vehicles
    return [
        Slot(vehicle.start_day, float(DAYS), vehicle.use_per_day[part.metric])
        for vehicle in fleet
        for _ in range(part.per_vehicle)
    ]


@pytest.mark.parametrize("part", PLAIN, ids=lambda part: part.number)
def test_the_intervals_hold_the_truth(part: PartScenario) -> None:
    slots, truth, law = slots_of(part, seed=0), truth_of(part), part.truth
    values = {"eta": law.eta, "beta": law.beta, "b10": law.eta * (-np.log(0.9)) ** (1 / law.beta)}
    held = dict.fromkeys(values, 0)
    failures = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 42])
        data = life_data(simulate_lives(slots, truth, rng=rng), unit=part.metric)
        fit = fit_weibull(data, confidence=CONFIDENCE, bounds="calibrated")
        failures += fit.counts.failures
        for name, value in values.items():
            held[name] += value in fit.interval(name)
    share = {name: count / SEEDS for name, count in held.items()}
    sys.stdout.write(
        f"\n{part.number}: {failures / SEEDS:.0f} failures a fleet; held {share} of {CONFIDENCE}\n"
    )
    assert failures / SEEDS >= LEAST_EXPECTED_FAILURES, "too few failures for the claim that this checks"
    monte_carlo = 2 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / SEEDS)
    off = {name: value for name, value in share.items() if abs(value - CONFIDENCE) > ALLOWED + monte_carlo}
    assert off == {}
