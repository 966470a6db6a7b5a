"""How each published number on life data is obtained from the library: (dataset, quantity, method) to a float."""

import csv
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from analytics import (
    LifeData,
    WeibullFit,
    fit_exponential,
    fit_limited_failure_population,
    fit_lognormal,
    fit_weibull,
    mtbf,
    weibayes,
)
from analytics.ranks import median_rank, plotting_positions
from analytics.weibull_intervals import log_cumulative_hazard, standard_error

EVENTS = {"Right": 0, "Left": 2}
STRESSES = ("celsius", "temperature", "voltage")
WEIBULL_SETS = {
    "nist_apr413_weibull",
    "me_shock_absorber",
    "nelson_diesel_fan",
    "abernethy_bearing_cage",
    "krivtsov_case_sae1999",
}

Quantity = Callable[[LifeData, str], float]


def read_life_data(path: Path) -> LifeData:
    """A data file of the reference folder; its columns are named as each source names them."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    age = next(name for name in ("time", "hours", "years", "interval_hours") if name in rows[0])
    known = next((name for name in ("event", "status") if name in rows[0]), None)
    event = [EVENTS.get(row[known], row[known]) if known else 1 for row in rows]
    count = [float(row.get("count") or 1) for row in rows]
    return LifeData(
        [float(row[age]) for row in rows],
        [int(float(e)) for e in event],
        count=count,
        covariates={name: [float(row[name]) for row in rows] for name in STRESSES if name in rows[0]},
    )


def weibull_estimate(data: LifeData, quantity: str) -> float:
    fit = fit_weibull(data)
    if quantity == "-loglik":
        return -fit.loglik
    if quantity == "AIC":
        return fit.aic
    return _point(fit, quantity)


def lognormal_estimate(data: LifeData, quantity: str) -> float:
    fit = fit_lognormal(data)
    return fit.aic if quantity == "AIC" else float(getattr(fit, quantity))


def limited_failure_population(data: LifeData, quantity: str) -> float:
    fit = fit_limited_failure_population(data)
    return fit.p if quantity.startswith("p") else -fit.loglik


def weibayes_bound(data: LifeData, quantity: str) -> float:
    return _end(weibayes(data, 2.0, confidence=0.95).interval("eta"), True)


def weibull_rank_regression(data: LifeData, quantity: str) -> float:
    return _point(fit_weibull(data, method="rrx", ranks="benard"), quantity)


def _point(fit: WeibullFit, quantity: str) -> float:
    if quantity == "mu":
        return math.log(fit.eta)
    if quantity == "sigma":
        return 1.0 / fit.beta
    if quantity == "F(6700)":
        return float(fit.failure_probability(6700))
    if re.fullmatch(r"B\d+", quantity):
        return fit.b_life(float(quantity[1:]))
    if quantity in ("eta_100h", "Weibull beta of intervals"):
        return fit.eta if quantity == "eta_100h" else fit.beta
    return float(getattr(fit, quantity))


def weibull_bound(data: LifeData, quantity: str) -> float:
    """Names such as ``eta_lo95``, ``beta_hi95_LR``, ``mu lower 95%`` and ``F(6700) upper 95%``."""
    fit = fit_weibull(data)
    match = re.fullmatch(r"(.+?)(?: |_)(lo|hi|lower|upper)\s?(\d+)%?(_LR)?", quantity)
    assert match, quantity
    name, confidence, bounds = (
        match[1],
        float(match[3]) / 100.0,
        "likelihood_ratio" if match[4] else "wald",
    )
    is_lower = match[2].startswith("lo")
    if name == "F(6700)":
        interval = fit.failure_probability_interval(6700, confidence=confidence)
    elif name == "sigma":  # sigma = 1 / beta, so its lower bound comes from the upper bound on beta
        return 1.0 / _end(fit.interval("beta", confidence=confidence), not is_lower)
    elif name == "mu":
        return math.log(_end(fit.interval("eta", confidence=confidence), is_lower))
    else:
        interval = fit.interval(name.lower(), confidence=confidence, bounds=bounds)  # type: ignore[arg-type]
    return _end(interval, is_lower)


def _end(interval: object, is_lower: bool) -> float:
    value = getattr(interval, "lower" if is_lower else "upper")
    assert value is not None
    return float(value)


def z_standard_error(data: LifeData, quantity: str) -> float:
    fit = fit_weibull(data)
    assert fit.covariance is not None
    z = log_cumulative_hazard(math.log(6700))
    return standard_error(z, math.log(fit.eta), math.log(fit.beta), fit.covariance)


def exact_median_rank(data: LifeData, quantity: str) -> float:
    order, size = (int(part) for part in quantity.removeprefix("median rank ").split("/"))
    return float(median_rank(order, size, ranks="exact"))


def weibull_table_sum(data: LifeData, quantity: str) -> float:
    points = plotting_positions(data, ranks="exact")
    x, y = np.log(points.time), np.log(-np.log1p(-points.failure_probability))
    columns = {"sum ln T": x, "sum y": y, "sum ln T ^2": x * x, "sum y^2": y * y, "sum y ln T": x * y}
    return float(columns[quantity].sum())


def exponential_table_sum(data: LifeData, quantity: str) -> float:
    points = plotting_positions(data, ranks="exact")
    y = np.log1p(-points.failure_probability)
    return float({"sum T*y": points.time * y, "sum y": y}[quantity].sum())


def two_parameter_exponential(data: LifeData, quantity: str) -> float:
    fit = fit_exponential(data, method="rry", location="estimate", ranks="exact")
    assert fit.rate is not None
    # The source's "a" is the intercept of log S = a - rate t, and a / rate the failure-free time.
    return fit.rate if quantity == "lambda" else fit.location * fit.rate


def exponential_mean(data: LifeData, quantity: str) -> float:
    theta = fit_exponential(data).theta
    assert theta is not None
    return theta


def exponential_bound(data: LifeData, quantity: str) -> float:
    fit = fit_exponential(data, confidence=0.90, terminated="failure")
    return _end(fit.interval("theta"), "lower" in quantity)


def zero_failure_bound(data: LifeData, quantity: str) -> float:
    return _end(fit_exponential(data, confidence=0.60).interval("theta"), True)


def one_sided_mtbf(data: LifeData, quantity: str) -> float:
    return _end(mtbf(6, 10_000, confidence=0.80, side="lower"), True)


# Published cases without a data file: their data are the whole of the case.
WITHOUT_FILE = {
    "mtbf_test_10000_6f": LifeData([10_000.0], [0]),
    "weibayes_5x1000h_exp": LifeData([1000.0], [0], count=[5]),
    "weibayes_10x500h_beta2": LifeData([500.0], [0], count=[10]),
}

METHODS: dict[str, Quantity] = {
    "Weibull MLE": weibull_estimate,
    "Weibull MLE interval/current-status": weibull_estimate,
    "lognormal MLE": lognormal_estimate,
    "Weibull LFP MLE": limited_failure_population,
    "Weibayes zero failures": weibayes_bound,
    "Weibull MLE Wald": weibull_bound,
    "Weibull MLE log-Wald": weibull_bound,
    "Weibull MLE Fisher (z-scale)": weibull_bound,
    "profile likelihood ratio": weibull_bound,
    "Weibull MLE Fisher": z_standard_error,
    "Weibull RRX, Johnson ranks + Benard": weibull_rank_regression,
    "exact median rank": exact_median_rank,
    "RRY table": weibull_table_sum,
    "RRY": exponential_table_sum,
    "2P exponential RRY": two_parameter_exponential,
    "exponential MLE": exponential_mean,
    "chi2 failure truncated": exponential_bound,
    "Weibayes exponential": zero_failure_bound,
}


def quantity_for(dataset: str, method: str) -> Quantity | None:
    """The way to a number, or None where it is not one of life data."""
    if dataset == "mtbf_test_10000_6f":
        return one_sided_mtbf
    return METHODS.get(method)
