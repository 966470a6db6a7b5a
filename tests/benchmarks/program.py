"""One program fits every part of a fleet, in a process of its own; `test_fleet.py` starts it.

Run as ``python program.py NAME DATA PARTS``: prints, as JSON, the CPU seconds of each of five rounds over the first PARTS
parts and the (eta, beta) that were found. It imports nothing of this repository but for our own names.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from itertools import pairwise

import numpy as np

Fit = Callable[[np.ndarray, np.ndarray], tuple[float, float]]


def lifelines() -> Fit:
    from lifelines import WeibullFitter

    def fit(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
        found = WeibullFitter(alpha=0.10).fit(age, failed)
        return found.lambda_, found.rho_

    return fit


def scipy() -> Fit:
    from scipy.stats import CensoredData, weibull_min

    def fit(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
        beta, _, eta = weibull_min.fit(CensoredData(age[failed], right=age[~failed]), floc=0)
        return eta, beta

    return fit


def reliability() -> Fit:
    from reliability.Fitters import Fit_Weibull_2P

    def fit(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
        found = Fit_Weibull_2P(
            failures=age[failed],
            right_censored=age[~failed],
            CI=0.9,
            show_probability_plot=False,
            print_results=False,
        )
        return found.alpha, found.beta

    return fit


def surpyval() -> Fit:
    from surpyval import Weibull

    def fit(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
        eta, beta = Weibull.fit(age, c=(~failed).astype(int)).params
        return eta, beta

    return fit


def predictr() -> Fit:
    from predictr import Analysis

    def fit(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
        found = Analysis(
            df=age[failed].tolist(), ds=age[~failed].tolist(), bounds="fb", bounds_type="2s", show=False
        )
        found.mle()
        return found.eta, found.beta

    return fit


PEERS = {
    "lifelines": lifelines,
    "scipy": scipy,
    "reliability": reliability,
    "surpyval": surpyval,
    "predictr": predictr,
}


def one_by_one(
    name: str, time_: np.ndarray, event: np.ndarray, offsets: np.ndarray
) -> Callable[[], np.ndarray]:
    fit = PEERS[name]()
    parts = [(time_[a:b], event[a:b]) for a, b in pairwise(offsets)]
    return lambda: np.array([fit(*part) for part in parts])


def ours(name: str, time_: np.ndarray, event: np.ndarray, offsets: np.ndarray) -> Callable[[], np.ndarray]:
    from analytics import LifeData, batch, fit_fleet

    if name == "numpy":
        batch.compiled = type(None)  # called, it gives None
    data = LifeData(time_, event, group=np.repeat(np.arange(offsets.size - 1), np.diff(offsets)))

    def work() -> np.ndarray:
        return fit_fleet(data)[["eta", "beta"]].to_numpy()

    return work


def main(name: str, path: str, parts: int) -> None:
    warnings.simplefilter("ignore")
    held = np.load(path)
    offsets = held["offsets"][: parts + 1]
    time_, event = held["time"][: offsets[-1]], held["event"][: offsets[-1]].astype(bool)
    work = (one_by_one if name in PEERS else ours)(name, time_, event, offsets)
    found, rounds = work(), []
    for _ in range(5):
        begin = time.process_time()
        work()
        rounds.append(time.process_time() - begin)
    sys.stdout.write(json.dumps({"seconds": rounds, "found": found.tolist()}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
