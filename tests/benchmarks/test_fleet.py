"""What `fit_fleet` costs: beside other programs, against the arithmetic, and as it grows: ``make bench``.

Seconds are CPU seconds of one core, medians of five, because other work may share the machine. A ratio is printed, never
judged; that all programs find the same optimum is.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import LifeData, batch, fit_fleet
from analytics.batch_fits import TILE_RECORDS, Status

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# Parts that a peer fits in a round: enough to time, few enough to wait for. Seconds are carried up to 1,000 parts.
PEER_PARTS = {"lifelines": 20, "scipy": 20, "reliability": 50, "surpyval": 50, "predictr": 200}
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


def median_seconds(work: Callable[[], Any]) -> float:
    work()
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        work()
        rounds.append(time.process_time() - begin)
    return statistics.median(rounds)


def test_beside_other_programs(measure: Any, report: Any) -> None:
    age, event, offsets = fleet(1_000, 100)
    data = {"time": age, "event": event, "offsets": offsets}
    own = {name: measure("weibull", name, data, 1_000) for name in ("numpy", "numba")}
    for peer, parts in PEER_PARTS.items():
        seconds, found = measure("weibull", peer, data, parts)
        for backend, (took, answer) in own.items():
            # Some peers stop early or circle about the optimum; most parts must agree for the ratio to mean anything.
            close = np.isclose(found, answer[:parts], rtol=1e-2).all(axis=1).mean()
            report(
                f"fit_fleet ({backend}), Wald, 1,000 parts x 100 records, 70 % censored",
                took,
                peer,
                seconds * 1_000 / parts,
                remark=f"from {parts} parts, {close:.0%} of them within 1 %",
            )
            assert close > 0.8


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_against_the_arithmetic(backend: str, monkeypatch: pytest.MonkeyPatch, report: Any) -> None:
    if backend == "numpy":
        monkeypatch.setattr(batch, "compiled", lambda: None)
    age, event, offsets = fleet(100_000, 50, ragged=True)
    part = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))
    data = LifeData(age, event, group=part)
    frame = pd.DataFrame({"part": part, "time": age, "event": event})
    samples = batch.gather(age, event, offsets)
    kernel = median_seconds(lambda: batch.fit_records(age, event, offsets))
    whole = median_seconds(lambda: fit_fleet(data))
    read = median_seconds(lambda: fit_fleet(frame, by="part"))
    x, room = samples.x, np.empty(samples.x.size)
    in_memory = median_seconds(lambda: np.exp(x, out=room))
    tile, tile_room = x[:TILE_RECORDS], np.empty(TILE_RECORDS)
    rounds = max(1, x.size // tile.size)
    in_cache = median_seconds(lambda: [np.exp(tile, out=tile_room) for _ in range(rounds)])
    passes = passes_of(samples, monkeypatch)
    # One exponential a record and pass is the least that any search needs.
    for where, limit in (("memory", in_memory), ("cache", in_cache)):
        for what, took in (("search", kernel), ("fit_fleet", whole), ("fit_fleet of a frame", read)):
            report(
                f"{what} ({backend}), 100,000 ragged parts x 50",
                took,
                f"exp in {where}",
                passes * limit,
                ratio=took / passes / limit,
                remark=f"times the limit; {passes:.2f} passes",
            )


def passes_of(samples: batch.Samples, monkeypatch: pytest.MonkeyPatch) -> float:
    """Passes over its records that the search of a sample needs, on average over the records."""
    lengths, read, most = np.diff(samples.offsets), 0, 0
    searched = samples.maximum_exists
    with monkeypatch.context() as patch:
        patch.setattr(batch, "compiled", lambda: None)
        while searched.any():
            read, most = read + lengths[searched].sum(), most + 1
            patch.setattr(batch, "MOST_PASSES", most)
            searched = batch.maximise(samples).status == Status.NOT_CONVERGED
    return float(read / lengths.sum())


def test_it_grows_with_the_records(report: Any) -> None:
    for parts in (2_000, 20_000, 200_000):
        age, event, offsets = fleet(parts, 50, ragged=True)
        data = LifeData(age, event, group=np.repeat(np.arange(parts), np.diff(offsets)))
        took = median_seconds(lambda data=data: fit_fleet(data))
        report(f"fit_fleet, {age.size:,} records", took, remark=f"{took / age.size * 1e9:.1f} ns a record")


@pytest.mark.parametrize("workers", [0, 2])
def test_memory_does_not_grow_with_the_fleet(workers: int, tmp_path: Path, report: Any) -> None:
    for files in (2, 20, 60):
        for k in range(files):
            if (path := tmp_path / f"{k:03}.parquet").exists():
                continue
            age, event, offsets = fleet(10_000, 50, seed=k)
            part = np.repeat(np.arange(10_000) + 10_000 * k, np.diff(offsets))
            frame = pd.DataFrame({"part": part, "time": age, "event": event})
            frame.to_parquet(path, row_group_size=100_000)
        done = subprocess.run(
            [sys.executable, str(HERE / "memory.py"), str(tmp_path), str(workers)],
            capture_output=True,
            text=True,
            check=True,
        )
        imports, peak, answer, *held = (int(word) for word in done.stdout.split())
        remark = f"of which imports {imports} MB, the answer {answer} MB"
        if held:
            remark += f"; a worker {max(held)} MB"
        who = f"by {workers} Dask workers" if workers else "by one process"
        report(
            f"peak memory, {files * 500_000:,} records from Parquet {who}",
            f"{peak} MB",
            cores=workers or 1,
            remark=remark,
        )


@contextmanager
def cluster_of(workers: int) -> Iterator[Any]:
    """A client of a cluster of processes of one thread each, every one of which has compiled the search."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        age, event, _ = fleet(1, 60)
        client.run(fit_fleet, LifeData(age, event), bounds="calibrated")
        yield client


def held_by(client: Any, frame: pd.DataFrame, offsets: np.ndarray) -> Any:
    """A Dask frame of 48 partitions of whole parts, which the workers hold."""
    from dask import dataframe
    from distributed import wait

    cuts = offsets[np.linspace(0, offsets.size - 1, 49).astype(int)]
    pieces = client.scatter([frame.iloc[a:b] for a, b in pairwise(cuts)])
    held = client.persist(dataframe.from_delayed(pieces, meta=frame.iloc[:0]))
    wait(held)
    return held


def test_two_workers_against_one(report: Any) -> None:
    """Wall clock says it only on a quiet machine; the CPU seconds of the busiest process, without which nothing ends
    sooner, say it on any."""

    def work(client: Any, held: Any) -> tuple[float, float, pd.DataFrame]:
        spent, wall = cpu_seconds(client), time.perf_counter()
        found = fit_fleet(held, by="part", bounds="calibrated", client=client)
        wall = time.perf_counter() - wall
        return (
            wall,
            max(after - before for before, after in zip(spent, cpu_seconds(client), strict=True)),
            found,
        )

    age, event, offsets = fleet(5_000, 60, ragged=True)
    frame = pd.DataFrame({"part": np.repeat(np.arange(5_000), np.diff(offsets)), "time": age, "event": event})
    with cluster_of(1) as one, cluster_of(2) as two:
        # As many parts as keep one worker busy for 25 seconds, found on 48 of them.
        few = offsets[:49]
        pace = work(one, held_by(one, frame.iloc[: few[-1]], few))[1] / 48
        cuts = offsets[: int(np.clip(25.0 / pace, 48, 5_000)) + 1]
        held = [(client, held_by(client, frame.iloc[: cuts[-1]], cuts)) for client in (one, two)]
        rounds = [[work(*each) for each in held] for _ in range(3)]
    answers = [found for both in rounds for *_, found in both]
    alone = fit_fleet(frame.iloc[: cuts[6]], by="part", bounds="calibrated")
    for found in answers:
        pd.testing.assert_frame_equal(found, answers[0], check_exact=True)
    pd.testing.assert_frame_equal(answers[0].iloc[:6], alone, check_exact=True)
    for clock, name in enumerate(("wall clock", "CPU seconds of the busiest process")):
        single, double = (statistics.median(both[k][clock] for both in rounds) for k in (0, 1))
        report(
            f"fit_fleet, {cuts.size - 1:,} parts, calibrated, two Dask workers holding the data",
            double,
            "one worker",
            single,
            cores=2,
            remark=f"{name}, medians of three",
        )


def cpu_seconds(client: Any) -> list[float]:
    """Of the client with its scheduler, and of each worker."""
    return [time.process_time(), *client.run(time.process_time).values()]


def test_one_part_and_the_import(report: Any) -> None:
    from analytics import fit_weibull

    age, event, _ = fleet(1, 100)
    data = LifeData(age, event)
    for what, of in (("", lambda: data), (" with its LifeData", lambda: LifeData(age, event))):
        took = median_seconds(lambda of=of: [fit_weibull(of()).interval("beta") for _ in range(50)]) / 50
        report(f"fit_weibull of one part of 100 records, Wald{what}", took)
    code = (
        "import numpy, scipy.stats, time; b = time.process_time(); "
        "import analytics; analytics.fit_weibull; print(time.process_time() - b)"
    )
    took = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    ]
    report("import analytics and fit_weibull, beyond numpy and scipy.stats", statistics.median(took))
