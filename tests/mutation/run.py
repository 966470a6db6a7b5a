"""Would the tests notice? A seeded sample of mutants of the fits and the spares, each judged by the tests of its own module.

    python -m tests.mutation.run                    10 mutants a module
    python -m tests.mutation.run --sample 25        what build/mutation.csv lacks of 25; so a run cut short goes on
    python -m tests.mutation.run weibull stock      only these modules

The judges of a module are its mirror test, its doctests and the published rows, up to the first failure. A mutant that
needs a minute of processor time is killed too: nobody would wait for it. That the judges pass where nothing is changed
is shown by a survivor, or else by a trial without a change.

mutmut is not used: it takes no random sample, and first asks the whole suite which test reaches which function.

A judge is a fork of one process that has loaded everything but the library, and finds the changed module in place of the file.
"""

from __future__ import annotations

import argparse
import csv
import importlib.machinery
import importlib.util
import itertools
import math
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import pytest
from scipy.stats import beta

from tests.mutation.mutants import count, mutant, mutated

FITS = """weibull weibull_fit weibull_intervals weibull_likelihood batch batch_bounds batch_lognormal batch_numba
    batch_profile resampling calibrated exponential likelihood maximum distribution_fit""".split()
SPARES = "spares spares_budget stock renewal counts plausible allocation echelons intermittent".split()
PUBLISHED = dict.fromkeys(FITS, "life_rows") | dict.fromkeys(SPARES, "recurrent_and_stock_rows")
LOADED_ONCE = """_hypothesis_pytestplugin hypothesis.strategies lifelines numba pandas pytest scipy.optimize scipy.special
    scipy.stats sqlalchemy""".split()
RESULTS = Path("build/mutation.csv")
SEED = 20261122
CONFIDENCE = 0.90
MEMORY = 8 * 2**30
PROCESSOR_SECONDS = 60


class Verdict(NamedTuple):
    """killed, survived or too slow: what the tests of a module said of one change to it."""

    module: str
    number: int
    said: str
    change: str


def path_of(module: str) -> Path:
    return Path("analytics", f"{module}.py")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def source_of(module: str) -> str:
    return path_of(module).read_text(encoding="utf-8")


def change_of(module: str, number: int) -> str:
    """The change in words; empty where the module has none of that number any more."""
    source = source_of(module)
    return str(mutant(source, number)) if number < count(source) else ""


def sample_of(module: str, size: int) -> list[int]:
    """Numbers of mutants; a larger sample holds every smaller one, so that a run can go on."""
    numbers = list(range(count(source_of(module))))
    random.Random(f"{SEED} {module}").shuffle(numbers)
    return numbers[:size]


# ------------------------------------------------------------------ the judge, in a process of its own


class Planted(importlib.machinery.SourceFileLoader):
    """Loads a module from its file with one change made."""

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self.number = number

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text(encoding="utf-8")
        return compile(mutated(source, self.number), self.path, "exec", dont_inherit=True)

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self.name else None


def judge(module: str, number: int | None) -> None:
    """Leave with 0 where every test passes."""
    os.setsid()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer to load than most tests to run
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    path = path_of(module)
    if number is not None:
        sys.meta_path.insert(0, Planted(f"analytics.{module}", str(path.resolve()), number))  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        if "cache=True" in source_of(module):  # or numba would hand out what it compiled before
            import numba

            numba.config.CACHE_DIR = folder
        # Now, as pytest would load the module whose doctests it is asked for by a loader of its own.
        importlib.import_module(f"analytics.{module}")
        tests = [
            f"tests/analytics/test_{module}.py",
            str(path),
            f"tests/published/test_{PUBLISHED[module]}.py",
        ]
        options = "-x -q -p _hypothesis_pytestplugin -p no:cacheprovider --hypothesis-profile=ci".split()
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = pytest.main([*options, *tests])
    os._exit(int(code))


@dataclass
class Trial:
    """A judge at work, on one change or (None) on none."""

    module: str
    number: int | None

    def __post_init__(self) -> None:
        self.begun = time.monotonic()
        self.process: BaseProcess = multiprocessing.get_context("fork").Process(
            target=judge, args=(self.module, self.number)
        )
        self.process.start()

    @property
    def said(self) -> str | None:
        """survived, killed or too slow; None while the judge is at work."""
        # By the clock only where it waits for something that will not come: other work may share the machine.
        if self.process.is_alive() and time.monotonic() - self.begun > 15.0 * PROCESSOR_SECONDS:
            os.killpg(self.process.pid or 0, signal.SIGKILL)
            self.process.join()
        code = self.process.exitcode
        if code is None:
            return None
        return "survived" if code == 0 else "killed" if code > 0 else "too slow"


def finished(todo: Iterable[tuple[str, int | None]], workers: int) -> Iterator[Trial]:
    """Each trial as it ends, so many at a time."""
    waiting, at_work = iter(todo), list[Trial]()
    while True:
        at_work += [Trial(*one) for one in itertools.islice(waiting, workers - len(at_work))]
        if not at_work:
            return
        time.sleep(0.05)
        for trial in [trial for trial in at_work if trial.said is not None]:
            at_work.remove(trial)
            yield trial


# ------------------------------------------------------------------ the run


def read() -> list[Verdict]:
    """The verdicts so far on statements that still read the same."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="", encoding="utf-8") as file:
        rows = [
            Verdict(row["module"], int(row["number"]), row["said"], row["change"])
            for row in csv.DictReader(file)
        ]
    now = [(row, change_of(row.module, row.number)) for row in rows]
    # The line may have moved; the number of the change and its words may not.
    return [
        row._replace(change=change)
        for row, change in now
        if row.change.partition(":")[2] == change.partition(":")[2]
    ]


def write(rows: list[Verdict]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(Verdict._fields)
        out.writerows(sorted(rows))


def outstanding(samples: dict[str, list[int]], rows: list[Verdict]) -> list[tuple[str, int]]:
    """What is not judged yet, in turn over the modules, so that a run cut short has seen all of them alike."""
    seen = {(row.module, row.number) for row in rows}
    turns = itertools.zip_longest(*([(module, number) for number in samples[module]] for module in samples))
    return [one for turn in turns for one in turn if one is not None and one not in seen]


def scores(rows: list[Verdict], samples: dict[str, list[int]]) -> Iterator[str]:
    """A line a module and one for all: mutants, sampled, survived, and the score with its Clopper-Pearson interval."""
    yield f"{'module':20} mutants  judged  survived  score  {CONFIDENCE:.0%} interval"
    for module in [*samples, None]:
        judged = [row for row in rows if row.module in ([module] if module else samples)]
        size, lived = len(judged), sum(row.said == "survived" for row in judged)
        killed, tail = size - lived, 0.5 * (1.0 - CONFIDENCE)
        low = float(beta.ppf(tail, killed, lived + 1)) if killed else 0.0
        high = float(beta.ppf(1.0 - tail, killed + 1, lived)) if lived else 1.0
        every = sum(count(source_of(one)) for one in ([module] if module else samples))
        score = f"{killed / size:5.0%}" if size else "    -"
        yield f"{module or 'all':20} {every:7}  {size:6}  {lived:8}  {score}  {low:.0%} to {high:.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", metavar="module", help="default: the fits and the spares")
    parser.add_argument("--sample", type=int, default=10, help="mutants a module")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin nothing new after so long")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument(
        "--survivors", action="store_true", help="judge the survivors again, by the tests of today"
    )
    chosen = parser.parse_args()
    samples = {module: sample_of(module, chosen.sample) for module in chosen.modules or PUBLISHED}
    rows = read()
    todo = outstanding(samples, rows)
    if chosen.survivors:
        todo = [(row.module, row.number) for row in rows if row.said == "survived" and row.module in samples]
        rows = [row for row in rows if (row.module, row.number) not in todo]
    for name in LOADED_ONCE:
        importlib.import_module(name)
    until = time.monotonic() + 60.0 * chosen.minutes
    in_time = itertools.takewhile(lambda _: time.monotonic() < until, todo)
    for trial in finished(in_time, chosen.workers):
        rows.append(Verdict(trial.module, trial.number, trial.said, change_of(trial.module, trial.number)))
        write(rows)
        say(f"{rows[-1].said:9} {trial.module}:{rows[-1].change}")
    proven = {row.module for row in rows if row.said == "survived"}
    for trial in finished([(module, None) for module in samples if module not in proven], chosen.workers):
        if trial.said != "survived":
            raise SystemExit(f"the tests of {trial.module} do not pass though nothing is changed")
    say("\nSurvivors")
    for row in sorted(row for row in rows if row.said == "survived"):
        say(f"  {row.module}:{row.change}")
    say("\n".join(["", *scores(rows, samples)]))


if __name__ == "__main__":
    main()
