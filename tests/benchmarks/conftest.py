"""Runs each program in a process of its own, and prints what all benchmarks found as one table at the end."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
# A program that needs more is not compared but found out. Every thread counts in CPU seconds, so none is pinned to a core.
LONGEST = 300
HEADINGS = ("what", "cores", "ours", "beside", "theirs", "times", "remark")
ROWS: list[tuple[str, ...]] = []

Measure = Callable[..., tuple[float, np.ndarray]]
Report = Callable[..., None]


def spoken(seconds: float | str) -> str:
    """Seconds in the unit that reads best."""
    if isinstance(seconds, str):
        return seconds
    for size, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


@pytest.fixture
def report() -> Report:
    """Says one row, now and in the table at the end."""

    def report_(
        what: str,
        ours: float | str,
        beside: str = "",
        theirs: float | str = "",
        *,
        ratio: float | None = None,
        cores: int = 1,
        remark: str = "",
    ) -> None:
        if ratio is None and not isinstance(ours, str) and not isinstance(theirs, str):
            ratio = theirs / ours
        times = "" if ratio is None else f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
        ROWS.append((what, str(cores), spoken(ours), beside, spoken(theirs), times, remark))
        sys.stdout.write("\n" + " | ".join(cell for cell in ROWS[-1] if cell))
        sys.stdout.flush()

    return report_


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    """The median CPU seconds of a task by a program in a process of one thread, and its answer."""

    def measure_(
        task: str, program: str, data: dict[str, np.ndarray], amount: int = 0
    ) -> tuple[float, np.ndarray]:
        own = program in ("ours", "plain", "numpy", "numba")
        python = sys.executable if own else os.environ.get("FRACAS_BENCH_PYTHON")
        if not python:
            pytest.skip("FRACAS_BENCH_PYTHON names no interpreter that has the peers; `make bench` does")
        np.savez(tmp_path / "data.npz", **data)
        command = [
            python,
            str(HERE / "program.py"),
            task,
            program,
            str(tmp_path / "data.npz"),
            str(amount),
        ]
        path = str(HERE.parents[1]) if own else ""
        environment = {**os.environ, **ONE_CORE, "PYTHONPATH": path}
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=LONGEST, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        answer = json.loads(done.stdout.splitlines()[-1])
        return statistics.median(answer["seconds"]), np.array(answer["found"])

    return measure_


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """All rows as one table, which reads on a screen and in Markdown."""
    if not ROWS:
        return
    widths = [max(map(len, column)) for column in zip(HEADINGS, *ROWS, strict=True)]
    terminalreporter.section("what was measured")
    for row in (HEADINGS, tuple("-" * width for width in widths), *ROWS):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        terminalreporter.write_line(f"| {' | '.join(cells)} |")
