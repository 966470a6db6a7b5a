"""One program does one task, in a process of its own; the benchmarks start it.

Run as ``python program.py TASK PROGRAM DATA AMOUNT``: prints, as JSON, the CPU seconds of each of five rounds and the answer,
by which the programs are compared. AMOUNT is how much of the data to take where a program would need all day for all of
it. Nothing of this repository is imported but for our own names.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

Data = dict[str, np.ndarray]
Work = Callable[[], Any]
Fit = Callable[[np.ndarray, np.ndarray], tuple[float, float]]
AGE = 2_000.0  # at which curves are compared
DRAWS = 400  # lives that carry the uncertainty of a fit in a forecast of ours


# ---------------------------------------------------------------- Weibull fits of many parts, with Wald bounds


def one_by_one(fit: Fit) -> Callable[[Data, int], Work]:
    def task(data: Data, parts: int) -> Work:
        samples = [
            (data["time"][a:b], data["event"][a:b].astype(bool))
            for a, b in pairwise(data["offsets"][: parts + 1])
        ]
        return lambda: [fit(*sample) for sample in samples]

    return task


def weibull_lifelines(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
    from lifelines import WeibullFitter

    found = WeibullFitter(alpha=0.10).fit(age, failed)
    return found.lambda_, found.rho_


def weibull_scipy(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
    from scipy.stats import CensoredData, weibull_min

    beta, _, eta = weibull_min.fit(CensoredData(age[failed], right=age[~failed]), floc=0)
    return eta, beta


def weibull_reliability(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
    from reliability.Fitters import Fit_Weibull_2P

    found = Fit_Weibull_2P(
        failures=age[failed],
        right_censored=age[~failed],
        CI=0.9,
        show_probability_plot=False,
        print_results=False,
    )
    return found.alpha, found.beta


def weibull_surpyval(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
    from surpyval import Weibull

    eta, beta = Weibull.fit(age, c=(~failed).astype(int)).params
    return eta, beta


def weibull_predictr(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
    from predictr import Analysis

    found = Analysis(
        df=age[failed].tolist(), ds=age[~failed].tolist(), bounds="fb", bounds_type="2s", show=False
    )
    found.mle()
    return found.eta, found.beta


def weibull_ours(age: np.ndarray, failed: np.ndarray) -> tuple[float, float]:
    from analytics import LifeData, fit_weibull

    found = fit_weibull(LifeData(age, failed.astype(int)))
    found.interval("beta")
    return found.eta, found.beta


def fleet(compiled: bool) -> Callable[[Data, int], Work]:
    def task(data: Data, parts: int) -> Work:
        from analytics import LifeData, batch, fit_fleet

        if not compiled:
            batch.compiled = type(None)  # called, it gives None
        offsets = data["offsets"][: parts + 1]
        label = np.repeat(np.arange(parts), np.diff(offsets))
        lives = LifeData(data["time"][: offsets[-1]], data["event"][: offsets[-1]], group=label)

        def work() -> np.ndarray:
            return fit_fleet(lives)[["eta", "beta"]].to_numpy()

        return work

    return task


# ---------------------------------------------------------------- Kaplan-Meier with bounds


def kaplan_meier_ours(data: Data, amount: int) -> Work:
    from analytics import LifeData, kaplan_meier

    return lambda: float(kaplan_meier(LifeData(data["time"], data["event"])).reliability(AGE))


def kaplan_meier_lifelines(data: Data, amount: int) -> Work:
    from lifelines import KaplanMeierFitter

    return lambda: float(KaplanMeierFitter().fit(data["time"], data["event"]).predict(AGE))


def kaplan_meier_scipy(data: Data, amount: int) -> Work:
    from scipy.stats import CensoredData, ecdf

    failed = data["event"].astype(bool)

    def work() -> float:
        found = ecdf(CensoredData(data["time"][failed], right=data["time"][~failed])).sf
        found.confidence_interval(method="log-log")
        return float(found.evaluate(AGE))

    return work


def kaplan_meier_surpyval(data: Data, amount: int) -> Work:
    from surpyval import KaplanMeier

    return lambda: float(KaplanMeier.fit(data["time"], c=1 - data["event"]).sf(AGE))


def kaplan_meier_reliability(data: Data, amount: int) -> Work:
    from reliability.Nonparametric import KaplanMeier

    failed = data["event"].astype(bool)

    def work() -> float:
        found = KaplanMeier(data["time"][failed], data["time"][~failed], show_plot=False, print_results=False)
        return float(np.asarray(found.SF)[np.searchsorted(found.xvals, AGE, side="right") - 1])

    return work


# ---------------------------------------------------------------- mean cumulative function with bounds


def mean_cumulative_ours(data: Data, amount: int) -> Work:
    from analytics import EventHistories, mean_cumulative_function

    end = dict(enumerate(data["end"].tolist()))

    def work() -> float:
        found = mean_cumulative_function(EventHistories(data["system"], data["time"], start=0.0, end=end))
        return float(found.estimate[np.searchsorted(found.time, AGE, side="right") - 1])

    return work


def mean_cumulative_reliability(data: Data, amount: int) -> Work:
    from reliability.Repairable_systems import MCF_nonparametric

    systems = [[*data["time"][data["system"] == k].tolist(), float(end)] for k, end in enumerate(data["end"])]

    def work() -> float:
        found = MCF_nonparametric(systems, show_plot=False, print_results=False)
        return float(np.asarray(found.MCF)[np.searchsorted(found.time, AGE, side="right") - 1])

    return work


def mean_cumulative_surpyval(data: Data, amount: int) -> Work:
    from surpyval.recurrent import NonParametricCounting

    x = np.concatenate([data["time"], data["end"]])
    item = np.concatenate([data["system"], np.arange(data["end"].size)])
    censored = np.repeat([0, 1], [data["time"].size, data["end"].size])

    def work() -> float:
        found = NonParametricCounting.fit(x, i=item, c=censored)
        found.mcf_cb(np.array([AGE]))
        return float(found.mcf(np.array([AGE]))[0])

    return work


# ---------------------------------------------------------------- spares asked for by a fleet of own ages and uses


def _fit_of(data: Data) -> Any:
    from analytics import LifeData, fit_weibull

    return fit_weibull(LifeData(data["time"], data["event"]))


def spares_ours(data: Data, amount: int) -> Work:
    from analytics import forecast_spares

    fit = _fit_of(data)
    return lambda: forecast_spares(fit, data["ages"], 90, usage_per_unit=data["use"]).mean


def periods_ours(data: Data, amount: int) -> Work:
    from analytics import forecast_failures

    fit = _fit_of(data)

    def work() -> None:
        forecast_failures(fit, data["ages"], [30.0] * 12, usage_per_unit=data["use"])

    return work


def spares_plain(data: Data, amount: int) -> Work:
    """Position by position, by `amount` of the draws; the answer is the mean over all of them."""
    from analytics.fleet_demand import position_pmfs
    from analytics.planned_use import planned_use
    from analytics.plausible import plausible_lives
    from analytics.spares import DEFAULT_SEED

    lives, _ = plausible_lives(_fit_of(data), DRAWS, rng=np.random.default_rng(DEFAULT_SEED))
    use = planned_use(data["ages"], 90, data["use"])

    def demands(life: Any) -> list[np.ndarray]:
        return [*position_pmfs(life, use.ages, use.total, "as_new")]

    mean = float(np.mean([sum(row @ np.arange(row.size) for row in demands(life)) for life in lives]))

    def work() -> float:
        for life in lives[:amount]:
            total = np.ones(1)
            for row in demands(life):
                total = np.convolve(total, row)
        return mean

    return work


TASKS: dict[str, dict[str, Callable[[Data, int], Work]]] = {
    "weibull": {
        "numpy": fleet(compiled=False),
        "numba": fleet(compiled=True),
        "ours": one_by_one(weibull_ours),
        "lifelines": one_by_one(weibull_lifelines),
        "scipy": one_by_one(weibull_scipy),
        "reliability": one_by_one(weibull_reliability),
        "surpyval": one_by_one(weibull_surpyval),
        "predictr": one_by_one(weibull_predictr),
    },
    "kaplan_meier": {
        "ours": kaplan_meier_ours,
        "lifelines": kaplan_meier_lifelines,
        "scipy": kaplan_meier_scipy,
        "reliability": kaplan_meier_reliability,
        "surpyval": kaplan_meier_surpyval,
    },
    "mean_cumulative": {
        "ours": mean_cumulative_ours,
        "reliability": mean_cumulative_reliability,
        "surpyval": mean_cumulative_surpyval,
    },
    "spares": {"ours": spares_ours, "plain": spares_plain},
    "periods": {"ours": periods_ours},
}


def main(task: str, program: str, path: str, amount: int) -> None:
    warnings.simplefilter("ignore")
    with np.load(path) as held:
        work = TASKS[task][program]({name: held[name] for name in held.files}, amount)
    found, rounds = work(), []
    for _ in range(5):
        begin = time.process_time()
        work()
        rounds.append(time.process_time() - begin)
    sys.stdout.write(json.dumps({"seconds": rounds, "found": np.asarray(found).tolist()}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
