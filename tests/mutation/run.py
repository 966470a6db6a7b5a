"""Would the tests notice? A seeded sample of mutants of the fits and the spares, each judged by the tests of its own module.

    python -m tests.mutation.run                    10 mutants a module
    python -m tests.mutation.run --sample 25        what build/mutation.csv lacks of 25; so a run cut short goes on
    python -m tests.mutation.run weibull stock      only these modules
    python -m tests.mutation.run --seed 7           another sample, to score tests that were written for the first
    python -m tests.mutation.run --survivors        those that survived, by the tests of today and of next door

The judges of a module are its mirror test, its doctests and the published rows, up to the first failure. What passes them
may go next door, to the mirror tests of the modules that import it, which take many times as long. First comes a trial
without a change, which the judges must pass. A mutant that needs a minute of processor time, and three times as much as
that trial, is killed too: nobody would wait for it. One that is not done next door after fifteen minutes has survived.

The sample is drawn by the words of the changed lines, so it stays as it is where other lines change.

mutmut is not used: it takes no random sample, and first asks the whole suite which test reaches which function.

A judge is a fork of one process that has loaded everything but the library, and finds the changed module in place of the file.
"""

from __future__ import annotations

import argparse
import csv
import functools
import hashlib
import importlib.machinery
import importlib.util
import itertools
import json
import math
import multiprocessing
import os
import re
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
from typing import Any, NamedTuple

import pytest
from scipy.stats import beta

from tests.mutation.mutants import mutant, mutated, names

FITS = """life_fit weibull weibull_fit weibull_intervals weibull_likelihood exponential distribution_fit families
    family_lives likelihood maximum resampling calibrated batch batch_blocks batch_bounds batch_fits batch_lanes
    batch_location_scale batch_lognormal batch_numba batch_profile batch_rows fleet_models""".split()
SPARES = """spares spares_budget stock renewal counts plausible allocation echelons intermittent
    failure_forecast""".split()
PUBLISHED = dict.fromkeys(FITS, "life_rows") | dict.fromkeys(SPARES, "recurrent_and_stock_rows")
LOADED_ONCE = """_hypothesis_pytestplugin hypothesis.strategies lifelines numba pandas pytest scipy.optimize scipy.special
    scipy.stats sqlalchemy.orm""".split()
RESULTS = Path("build/mutation.csv")
SECONDS = Path("build/mutation-seconds.json")
SEED = 20261122
CONFIDENCE = 0.90
MEMORY = 8 * 2**30
PROCESSOR_SECONDS = 60
PROCESSOR_SECONDS_AT_MOST = 900
KILLED, KILLED_NEXT_DOOR = 1, 2


class Verdict(NamedTuple):
    """killed, killed next door, survived or too slow: what the tests said of one change to a module."""

    module: str
    name: str
    said: str
    change: str


def path_of(module: str) -> Path:
    return Path("analytics", f"{module}.py")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def source_of(module: str) -> str:
    return path_of(module).read_text(encoding="utf-8")


@functools.cache
def names_of(module: str) -> list[str]:
    return names(source_of(module))


def change_of(module: str, name: str) -> str:
    """The change in words; empty where the module has none of that name any more."""
    known = names_of(module)
    return str(mutant(source_of(module), known.index(name))) if name in known else ""


def sample_of(module: str, size: int, seed: int = SEED) -> list[str]:
    """Names of mutants; a larger sample holds every smaller one, so that a run can go on."""
    return sorted(
        names_of(module), key=lambda name: hashlib.sha256(f"{seed} {module} {name}".encode()).digest()
    )[:size]


def next_door(module: str) -> list[str]:
    """The tests of the modules that import this one."""
    tests = [
        Path("tests/analytics", f"test_{path.name}")
        for path in sorted(Path("analytics").glob("*.py"))
        if re.search(rf"^from analytics\.{module} import", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    return [str(test) for test in tests if test.exists()]


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


class FastestFirst:
    """Runs the tests in the order of the time that each took before: a quick one kills most mutants."""

    def __init__(self) -> None:
        self.seconds = json.loads(SECONDS.read_text("utf-8")) if SECONDS.exists() else {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.seconds.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration

    def pytest_sessionfinish(self) -> None:
        # In one move, as another judge may read it now.
        draft = SECONDS.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(self.seconds), encoding="utf-8")
        draft.replace(SECONDS)


def judge(module: str, name: str | None, limit: int, goes_next_door: bool, used: Any) -> None:
    """Leave with 0 where every test passes; what its own tests took goes to `used`."""
    os.setsid()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer to load than most tests to run
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    path = path_of(module)
    if name is not None:
        planted = Planted(f"analytics.{module}", str(path.resolve()), names_of(module).index(name))
        sys.meta_path.insert(0, planted)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        # Or numba would hand out what it compiled before.
        if re.search(r"^(from|import) (numba|llvmlite)", source_of(module), re.MULTILINE):
            import numba

            numba.config.CACHE_DIR = folder
        # Now, as pytest would load the module whose doctests it is asked for by a loader of its own.
        importlib.import_module(f"analytics.{module}")
        own = [f"tests/analytics/test_{module}.py", str(path), f"tests/published/test_{PUBLISHED[module]}.py"]
        options = "-x -q -p _hypothesis_pytestplugin -p no:cacheprovider --hypothesis-profile=ci".split()
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        resource.setrlimit(resource.RLIMIT_CPU, (limit, PROCESSOR_SECONDS_AT_MOST + 5))
        if pytest.main([*options, *own], plugins=[FastestFirst()]):
            os._exit(KILLED)
        used.value = time.process_time()
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS_AT_MOST, PROCESSOR_SECONDS_AT_MOST + 5))
        tests = next_door(module) if goes_next_door else []
        if tests and pytest.main([*options, *tests], plugins=[FastestFirst()]):
            os._exit(KILLED_NEXT_DOOR)
    os._exit(0)


@dataclass
class Trial:
    """A judge at work, on one change or (None) on none."""

    module: str
    name: str | None
    limit: int = PROCESSOR_SECONDS_AT_MOST
    goes_next_door: bool = False

    def __post_init__(self) -> None:
        self.begun = time.monotonic()
        forks = multiprocessing.get_context("fork")
        self.used = forks.Value("d", 0.0)
        self.process: BaseProcess = forks.Process(
            target=judge, args=(self.module, self.name, self.limit, self.goes_next_door, self.used)
        )
        self.process.start()

    @property
    def said(self) -> str | None:
        """survived, killed, killed next door or too slow; None while the judge is at work."""
        # By the clock only where it waits for something that will not come: other work may share the machine.
        if self.process.is_alive() and time.monotonic() - self.begun > 5.0 * PROCESSOR_SECONDS_AT_MOST:
            os.killpg(self.process.pid or 0, signal.SIGKILL)
            self.process.join()
        code = self.process.exitcode
        if code is None:
            return None
        # Its own tests have passed where they took a time.
        at_limit = "survived" if self.used.value else "too slow"
        return {0: "survived", KILLED: "killed", KILLED_NEXT_DOOR: "killed next door"}.get(code, at_limit)


def finished(
    todo: Iterable[tuple[str, str | None]],
    workers: int,
    limits: dict[str, int] | None = None,
    goes_next_door: bool = False,
) -> Iterator[Trial]:
    """Each trial as it ends, so many at a time."""
    waiting, at_work = iter(todo), list[Trial]()
    while True:
        at_work += [
            Trial(*one, (limits or {}).get(one[0], PROCESSOR_SECONDS_AT_MOST), goes_next_door)
            for one in itertools.islice(waiting, workers - len(at_work))
        ]
        if not at_work:
            return
        time.sleep(0.05)
        for trial in [trial for trial in at_work if trial.said is not None]:
            at_work.remove(trial)
            yield trial


# ------------------------------------------------------------------ the run


def read() -> list[Verdict]:
    """The verdicts so far on lines that still read the same."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="", encoding="utf-8") as file:
        rows = [Verdict(**row) for row in csv.DictReader(file)]
    now = [(row, change_of(row.module, row.name)) for row in rows]
    # The line may have moved; the words of the change may not differ.
    return [
        row._replace(change=change)
        for row, change in now
        if row.change.partition(":")[2] == change.partition(":")[2]
    ]


def write(rows: list[Verdict]) -> None:
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(Verdict._fields)
        out.writerows(sorted(rows))


def outstanding(samples: dict[str, list[str]], rows: list[Verdict]) -> list[tuple[str, str]]:
    """What is not judged yet, in turn over the modules, so that a run cut short has seen all of them alike."""
    seen = {(row.module, row.name) for row in rows}
    turns = itertools.zip_longest(*([(module, name) for name in samples[module]] for module in samples))
    return [one for turn in turns for one in turn if one is not None and one not in seen]


def scores(rows: list[Verdict], samples: dict[str, list[str]]) -> Iterator[str]:
    """A line a module and one for all: mutants, sampled, survived, and the score with its Clopper-Pearson interval."""
    yield f"{'module':20} mutants  judged  next door  survived  score  {CONFIDENCE:.0%} interval"
    for module in [*samples, None]:
        of = [module] if module else list(samples)
        said = [row.said for row in rows if row.module in of and row.name in samples[row.module]]
        size, lived = len(said), said.count("survived")
        killed, tail = size - lived, 0.5 * (1.0 - CONFIDENCE)
        low = float(beta.ppf(tail, killed, lived + 1)) if killed else 0.0
        high = float(beta.ppf(1.0 - tail, killed + 1, lived)) if lived else 1.0
        every = sum(len(names_of(one)) for one in of)
        score = f"{killed / size:5.0%}" if size else "    -"
        yield (
            f"{module or 'all':20} {every:7}  {size:6}  {said.count('killed next door'):9}  {lived:8}"
            f"  {score}  {low:.0%} to {high:.0%}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", metavar="module", help="default: the fits and the spares")
    parser.add_argument("--sample", type=int, default=10, help="mutants a module")
    parser.add_argument("--seed", type=int, default=SEED, help="which sample")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin nothing new after so long")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--survivors", action="store_true", help="judge them again, and next door")
    chosen = parser.parse_args()
    samples = {
        module: sample_of(module, chosen.sample, chosen.seed) for module in chosen.modules or PUBLISHED
    }
    rows = read()
    todo = outstanding(samples, rows)
    if chosen.survivors:
        todo = [
            (row.module, row.name)
            for row in rows
            if row.said == "survived" and row.name in samples.get(row.module, [])
        ]
        rows = [row for row in rows if (row.module, row.name) not in todo]
    RESULTS.parent.mkdir(exist_ok=True)
    for name in LOADED_ONCE:
        importlib.import_module(name)
    until = time.monotonic() + 60.0 * chosen.minutes
    limits = {}
    for trial in finished(
        [(module, None) for module in dict.fromkeys(one[0] for one in todo)], chosen.workers
    ):
        if trial.said != "survived":
            raise SystemExit(f"the tests of {trial.module} do not pass though nothing is changed")
        limits[trial.module] = max(PROCESSOR_SECONDS, math.ceil(3.0 * trial.used.value))
        say(f"unchanged, {trial.used.value:4.0f} s of processor time  {trial.module}")
    in_time = itertools.takewhile(lambda _: time.monotonic() < until, todo)
    for trial in finished(in_time, chosen.workers, limits, chosen.survivors):
        name, said = str(trial.name), str(trial.said)
        rows.append(Verdict(trial.module, name, said, change_of(trial.module, name)))
        write(rows)
        say(f"{said:16} {time.monotonic() - trial.begun:4.0f} s  {trial.module}:{rows[-1].change}")
    say("\nSurvivors")
    for row in sorted(row for row in rows if row.said == "survived"):
        say(f"  {row.module}:{row.change}")
    say("\n".join(["", *scores(rows, samples)]))


if __name__ == "__main__":
    main()
