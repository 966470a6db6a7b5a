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
# How many cells are watched, and in how many fleets their false alarms are counted.
FLEETS = {10: 4_000, 1_000: 200}
HISTORY, WATCHED, BEFORE_RISE = 24, 36, 12
FALSE_ALARMS = 0.05
INTRODUCTION = f"""# The alarm for rising rates: delays and false alarms

Simulated by `python -m tests.calibration.alarm_delays` (seeded). Cells of so many expected failures a month are
watched for {WATCHED} months after {HISTORY} months of history, with {FALSE_ALARMS} false alarms allowed over
all cells and months. After {BEFORE_RISE} months the rate of one cell of 10, or of 50 of 1,000, rises and stays
high. The delay is the median over 2,000 such cells, in months from the rise to the alarm, both included; the
share is of those found within 12 and within {WATCHED - BEFORE_RISE} months. False alarms are counted over
{FLEETS[10]:,} fleets of 10 cells and {FLEETS[1_000]} of 1,000 in which nothing changes.

"""
HEAD = (
    "| cells watched | failures a month | false alarms a fleet "
    "| 2x: delay | within 12 | within 24 | 3x: delay | within 12 | within 24 |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)


def false_alarms(cells: int, mean: float, rng: np.random.Generator) -> float:
    raised = 0
    for _ in range(FLEETS[cells]):
        counts = rng.poisson(mean, (cells, HISTORY + WATCHED))
        raised += int(rising_rate_alarm(counts, history=HISTORY, false_alarms=FALSE_ALARMS).alarm.sum())
    return raised / FLEETS[cells]


def delays(cells: int, mean: float, factor: float, rng: np.random.Generator) -> np.ndarray:
    """Months to the alarm of 2,000 cells that rise, one cell in 20 (in 10 where so few are watched)."""
    rising, begin, found = max(1, cells // 20), HISTORY + BEFORE_RISE, []
    for _ in range(2_000 // rising):
        counts = rng.poisson(mean, (cells, HISTORY + WATCHED))
        counts[:rising, begin:] = rng.poisson(mean * factor, (rising, WATCHED - BEFORE_RISE))
        period = rising_rate_alarm(counts, history=HISTORY, false_alarms=FALSE_ALARMS).period[:rising]
        found.append(np.where(period >= begin, period - begin + 1, 99))
    return np.concatenate(found)


def main() -> None:
    lines = []
    for cells in FLEETS:
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
