"""What `fit_fleet` costs: beside other programs, against the arithmetic, and as it grows: ``make bench``.

Seconds are CPU seconds of one core, medians of five, because other work may share the machine. A ratio is printed, never
judged; that all programs find the same optimum is.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import LifeData, batch, fit_fleet

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# Parts that a peer fits in a round: enough to time, few enough to wait for. Seconds are carried up to 1,000 parts.
PEER_PARTS = {"lifelines": 20, "scipy": 20, "reliability": 50, "surpyval": 50, "predictr": 200}
ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
HERE = Path(__file__).parent


def fleet(
    parts: int, size: int, ragged: bool = False, seed: int = 5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ages, failed-or-not and offsets of parts of many shapes and scales, 70 % censored."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(size // 2, size + size // 2 + 1, parts) if ragged else np.full(parts, size)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    beta = np.repeat(rng.uniform(0.8, 3.0, parts), lengths)
    eta = np.repeat(rng.uniform(500.0, 5_000.0, parts), lengths)
    life = eta * rng.weibull(1.0, offsets[-1]) ** (1.0 / beta)
    end = eta * (-np.log(0.7)) ** (1.0 / beta) * rng.uniform(0.8, 1.2, offsets[-1])
    return np.minimum(life, end), (life <= end).astype(np.int8), offsets


def say(line: str) -> None:
    sys.stdout.write(f"\n{line}")
    sys.stdout.flush()


def median_seconds(work: Callable[[], Any]) -> float:
    work()
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        work()
        rounds.append(time.process_time() - begin)
    return statistics.median(rounds)


def run(python: str, name: str, path: Path, parts: int) -> tuple[float, np.ndarray]:
    """Median CPU seconds and (eta, beta) of a program in a process of its own, held to one core."""
    pin = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    environment = {
        **os.environ,
        **ONE_CORE,
        "PYTHONPATH": str(HERE.parents[1]) if name in ("numpy", "numba") else "",
    }
    command = [*pin, python, str(HERE / "program.py"), name, str(path), str(parts)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    return statistics.median(answer["seconds"]), np.array(answer["found"])


def test_beside_other_programs(tmp_path: Path) -> None:
    peers = os.environ.get("FRACAS_BENCH_PYTHON")
    if not peers:
        pytest.skip("FRACAS_BENCH_PYTHON names no interpreter that has the peers; `make bench` does")
    age, event, offsets = fleet(1_000, 100)
    np.savez(tmp_path / "fleet.npz", time=age, event=event, offsets=offsets)
    own = {name: run(sys.executable, name, tmp_path / "fleet.npz", 1_000) for name in ("numpy", "numba")}
    say(
        "Weibull with Wald bounds, 1,000 parts x 100 records, 70 % censored; one core each, CPU seconds, medians of five"
    )
    for name, (seconds, _) in own.items():
        say(f"  fit_fleet ({name}): {seconds * 1e3:.2f} ms")
    for name, parts in PEER_PARTS.items():
        seconds, found = run(peers, name, tmp_path / "fleet.npz", parts)
        seconds *= 1_000 / parts
        # Some peers stop early or circle about the optimum; most parts must agree for the ratio to mean anything.
        close = np.isclose(found, own["numpy"][1][:parts], rtol=1e-2).all(axis=1).mean()
        ratios = ", ".join(f"{seconds / own[backend][0]:,.0f} x ({backend})" for backend in own)
        say(f"  {name}: {seconds:.2f} s from {parts} parts; {ratios}; {close:.0%} of parts within 1 %")
        assert close > 0.8


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_against_the_arithmetic(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if backend == "numpy":
        monkeypatch.setattr(batch, "compiled", lambda: None)
    age, event, offsets = fleet(100_000, 50, ragged=True)
    data = LifeData(age, event, group=np.repeat(np.arange(offsets.size - 1), np.diff(offsets)))
    samples = batch.gather(age, event, offsets)
    kernel = median_seconds(lambda: batch.maximise(batch.gather(age, event, offsets)))
    whole = median_seconds(lambda: fit_fleet(data))
    x, room = samples.x, np.empty(samples.x.size)
    in_memory = median_seconds(lambda: np.exp(x, out=room))
    tile, tile_room = x[: batch.TILE_RECORDS], np.empty(batch.TILE_RECORDS)
    rounds = max(1, x.size // tile.size)
    in_cache = median_seconds(lambda: [np.exp(tile, out=tile_room) for _ in range(rounds)])
    passes = passes_of(samples, monkeypatch)
    say(
        f"100,000 ragged parts x 50, {backend}, one core: search {kernel * 1e3:.0f} ms, fit_fleet {whole * 1e3:.0f} ms; one "
        f"exponential a record and pass ({passes:.2f} passes): {passes * in_memory * 1e3:.0f} ms over the records in memory, "
        f"{passes * in_cache * 1e3:.0f} ms in cache; search {kernel / passes / in_memory:.1f} and "
        f"{kernel / passes / in_cache:.1f} "
        f"times that, fit_fleet {whole / passes / in_memory:.1f} and {whole / passes / in_cache:.1f} times"
    )


def passes_of(samples: batch.Samples, monkeypatch: pytest.MonkeyPatch) -> float:
    """Passes over the records that the search makes, on average."""
    read, sums = [0], batch.power_sums

    def counted(part: batch.Samples, beta: np.ndarray) -> np.ndarray:
        read[0] += part.x.size
        return sums(part, beta)

    with monkeypatch.context() as patch:
        patch.setattr(batch, "compiled", lambda: None)
        patch.setattr(batch, "power_sums", counted)
        batch.maximise(samples)
    return read[0] / samples.x.size


def test_it_grows_with_the_records() -> None:
    say("records, CPU ns a record of fit_fleet (numba where installed), one core:")
    for parts in (2_000, 20_000, 200_000):
        age, event, offsets = fleet(parts, 50, ragged=True)
        data = LifeData(age, event, group=np.repeat(np.arange(parts), np.diff(offsets)))
        say(f"  {age.size:>12,} {median_seconds(lambda data=data: fit_fleet(data)) / age.size * 1e9:.1f}")


# VmHWM and not ru_maxrss: the latter begins at the peak of the process that started this one.
STREAM = """
import re, sys
from pathlib import Path
from analytics import fit_fleet
import pyarrow.dataset, analytics.fleet_partitions
from analytics import batch; batch.compiled()
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
fits = fit_fleet(sys.argv[1], by="part")
assert (fits["status"] == "ok").mean() > 0.9
print(before, peak(), len(fits))
"""


@pytest.mark.parametrize("files", [2, 20])
def test_memory_does_not_grow_with_the_fleet(tmp_path: Path, files: int) -> None:
    for k in range(files):
        age, event, offsets = fleet(10_000, 50, seed=k)
        part = np.repeat(np.arange(10_000) + 10_000 * k, np.diff(offsets))
        frame = pd.DataFrame({"part": part, "time": age, "event": event})
        frame.to_parquet(tmp_path / f"{k:03}.parquet", row_group_size=100_000)
    done = subprocess.run(
        [sys.executable, "-c", STREAM, str(tmp_path)], capture_output=True, text=True, check=True
    )
    before, peak, parts = map(int, done.stdout.split())
    say(
        f"{files * 500_000:,} records, {parts:,} parts from Parquet: peak {peak / 1024:.0f} MB, "
        f"of which {before / 1024:.0f} MB imports"
    )


def test_two_workers_against_one(tmp_path: Path) -> None:
    from dask import dataframe
    from distributed import Client, LocalCluster, wait

    age, event, offsets = fleet(int(os.environ.get("FRACAS_BENCH_PARTS", "1200")), 60, ragged=True)
    frame = pd.DataFrame(
        {"part": np.repeat(np.arange(offsets.size - 1), np.diff(offsets)), "time": age, "event": event}
    )
    cuts = offsets[np.linspace(0, offsets.size - 1, 49).astype(int)]
    pieces = [frame.iloc[a:b] for a, b in pairwise(cuts)]
    seconds, answers = {}, []
    for workers in (1, 2):
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            held = dataframe.from_delayed(
                [client.submit(lambda piece: piece, piece) for piece in pieces], meta=frame.iloc[:0]
            )
            held = client.persist(held)
            wait(held)
            fit_fleet(held.partitions[:4], by="part", bounds="calibrated", client=client)
            begin = time.perf_counter()
            answers.append(fit_fleet(held, by="part", bounds="calibrated", client=client))
            seconds[workers] = time.perf_counter() - begin
    pd.testing.assert_frame_equal(*answers, check_exact=True)
    say(
        f"Dask, {offsets.size - 1:,} parts with calibrated bounds, one thread a worker, wall clock: "
        f"one worker {seconds[1]:.1f} s, two "
        f"{seconds[2]:.1f} s, {seconds[1] / seconds[2]:.2f} times"
    )


def test_one_part_and_the_import() -> None:
    from analytics import fit_weibull

    age, event, _ = fleet(1, 100)
    data = LifeData(age, event)
    one = median_seconds(lambda: [fit_weibull(data).interval("beta") for _ in range(50)]) / 50
    anew = (
        median_seconds(lambda: [fit_weibull(LifeData(age, event)).interval("beta") for _ in range(50)]) / 50
    )
    say(
        f"fit_weibull of one part of 100 records, Wald: {one * 1e3:.3f} ms, with its LifeData {anew * 1e3:.3f} ms"
    )
    code = (
        "import numpy, scipy.stats, time; b = time.process_time(); "
        "import analytics; analytics.fit_weibull; print(time.process_time() - b)"
    )
    took = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    ]
    say(
        f"import analytics and fit_weibull, beyond numpy and scipy.stats: {statistics.median(took) * 1e3:.0f} ms CPU"
    )
