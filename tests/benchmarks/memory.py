"""Fits a fleet from Parquet and prints peaks of memory; `test_fleet.py` starts it.

Run as ``python memory.py FOLDER WORKERS``: prints MB at the peak of the imports, at the peak of all, of the answer, and, with
Dask workers, at the peak of each. Peaks are VmHWM, not ru_maxrss, which begins at the peak of the process that started it.
"""

import re
import sys
from pathlib import Path
from typing import Any

from analytics import fit_fleet


def peak() -> int:
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024


def main(folder: str, workers: int) -> None:
    import pyarrow.dataset  # noqa: F401

    from analytics import batch, fleet_partitions  # noqa: F401

    batch.compiled()
    client: Any = None
    if workers:
        from distributed import Client, LocalCluster

        cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0")
        client = Client(cluster)
    imports = peak()
    fits = fit_fleet(folder, by="part", client=client)
    assert (fits["status"] == "ok").mean() > 0.9
    answer = int(fits.memory_usage().sum()) >> 20
    held = client.run(peak).values() if client else ()
    sys.stdout.write(" ".join(map(str, [imports, peak(), answer, *held])) + "\n")
    if client:
        client.close()
        cluster.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
