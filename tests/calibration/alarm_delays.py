"""How soon a rise is found, and how often an alarm is false.

python -m tests.calibration.alarm_delays        minutes; writes the table of fracas/docs/alarm.md
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from analytics import rising_rate_alarm

TABLE = Path("fracas/docs/alarm.md")
MEANS = (0.2, 1.0, 5.0, 20.0)
CELLS = (10, 1_000)
HISTORY, WATCHED, BEFORE_RISE = 24, 36, 12
FALSE_ALARMS = 0.05
FLEETS = 200
INTRODUCTION = f"""# The alarm for rising rates: delays and false alarms

Simulated by `python -m tests.calibration.alarm_delays` (seeded). Cells of so many expected failures a month are
watched for {WATCHED} months after {HISTORY} months of history, with {FALSE_ALARMS} false alarms allowed over
all cells and months. After {BEFORE_RISE} months the rate of a cell rises and stays high. The delay is the
median over 2,000 such cells, in months from the rise to the alarm, both included; the share is of those found
within 12 and within {WATCHED - BEFORE_RISE} months. False alarms are counted over {FLEETS} fleets in which
nothing changes.

"""
HEAD = (
    "| cells watched | failures a month | false alarms a fleet "
    "| 2x: delay | within 12 | within 24 | 3x: delay | within 12 | within 24 |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)


def false_alarms(cells: int, mean: float, rng: np.random.Generator) -> float:
    raised = 0
    for _ in range(FLEETS):
        counts = rng.poisson(mean, (cells, HISTORY + WATCHED))
        raised += int(rising_rate_alarm(counts, history=HISTORY, false_alarms=FALSE_ALARMS).alarm.sum())
    return raised / FLEETS


def delays(cells: int, mean: float, factor: float, rng: np.random.Generator) -> np.ndarray:
    counts = rng.poisson(mean, (2_000, HISTORY + WATCHED))
    begin = HISTORY + BEFORE_RISE
    counts[:, begin:] = rng.poisson(mean * factor, (2_000, WATCHED - BEFORE_RISE))
    # Each of the 2,000 has the share of the false alarms that one of `cells` has.
    found = rising_rate_alarm(counts, history=HISTORY, false_alarms=FALSE_ALARMS * 2_000 / cells)
    return np.where(found.period >= begin, found.period - begin + 1, 99)


def main() -> None:
    lines = []
    for cells in CELLS:
        for mean in MEANS:
            rng = np.random.default_rng([cells, int(10 * mean)])
            row = [f"{cells:,}", f"{mean:g}", f"{false_alarms(cells, mean, rng):.3f}"]
            for factor in (2.0, 3.0):
                delay = delays(cells, mean, factor, rng)
                middle = np.median(delay)
                row += [
                    f"{middle:.0f}" if middle < 99 else "not found",
                    *(f"{100 * np.mean(delay <= m):.0f} %" for m in (12, 24)),
                ]
            lines.append(f"| {' | '.join(row)} |")
            sys.stdout.write(lines[-1] + "\n")
    TABLE.write_text(INTRODUCTION + HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
