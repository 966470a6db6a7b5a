"""How each published number on trend, power-law processes, general repair and growth is obtained from the library."""

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from analytics import (
    EventHistories,
    GroupedEvents,
    PowerLawFit,
    equal_shapes,
    fit_duane,
    fit_mcf_curve,
    fit_power_law,
    fit_renewal_process,
    mean_cumulative_function,
    project_growth,
    trend_tests,
)

Quantity = Callable[[Path, str], float]
NOT_EVENTS = {"end", "start"}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def histories_of(path: Path, *, failure_terminated: bool = False) -> EventHistories:
    """One event a row: a row of several replacements at once (`count`) is one occasion, as the published fits took it.

    A file without a row "end", or one said to be failure terminated, ends each system at its last event.
    """
    rows = rows_of(path)
    events = [row for row in rows if row.get("event", "failure").lower() not in NOT_EVENTS]
    labels = [row.get("system", "1") for row in events]
    times = [float(row["time"]) for row in events]
    ends = {
        row.get("system", "1"): float(row["time"])
        for row in rows
        if row.get("event", "failure").lower() == "end"
    }
    if failure_terminated or not ends:
        ends = {
            label: max(t for one, t in zip(labels, times, strict=True) if one == label) for label in labels
        }
    kinds = [row["mode"] for row in events] if "mode" in rows[0] else None
    return EventHistories(labels, times, end=ends, kind=kinds)


def grouped_of(path: Path) -> GroupedEvents:
    rows = rows_of(path)
    return GroupedEvents([float(row["time"]) for row in rows], [int(row["failures"]) for row in rows])


def power_law(path: Path) -> PowerLawFit:
    return fit_power_law(histories_of(path))


def power_law_number(path: Path, quantity: str) -> float:
    fit = power_law(path)
    if "lambda" in quantity:
        return fit.lambda_
    return fit.eta if "eta" in quantity.replace("beta", "") else fit.beta


def bound(quantity: str) -> str:
    return "lower" if "lower" in quantity else "upper"


# ------------------------------------------------------------------ Crow 1975, TR-138


def crow_unbiased(path: Path, quantity: str) -> float:
    if quantity == "beta unbiased":
        return fit_power_law(histories_of(path), method="unbiased").beta
    ended = histories_of(path, failure_terminated=True)
    return fit_power_law(ended, method="unbiased", terminated="failure").beta


def crow_sum(path: Path, quantity: str) -> float:
    system = f"S{quantity[-1]}"
    ratio = fit_power_law(histories_of(path).only(system)).log_ratio_sum
    assert ratio is not None
    return ratio


def crow_failure_terminated(path: Path, quantity: str) -> float:
    fit = fit_power_law(histories_of(path, failure_terminated=True), terminated="failure")
    return fit.lambda_ if quantity == "lambda" else fit.beta


def crow_conditional(path: Path, quantity: str) -> float:
    ended = histories_of(path, failure_terminated=True)
    return fit_power_law(ended, method="conditional", terminated="failure").beta


def crow_conditional_bound(path: Path, quantity: str) -> float:
    return float(getattr(power_law(path).interval("beta", confidence=0.90), bound(quantity)))


def crow_normal_bound(path: Path, quantity: str) -> float:
    fit = power_law(path)
    return fit.beta * (1.0 - 1.645 / fit.counts.failures**0.5)


def crow_joint_bound(path: Path, quantity: str) -> float:
    """The report carries on with its own bounds on beta, of which 0.459 comes from an interpolated chi-square table."""
    beta = 0.793 if bound(quantity) == "lower" else 0.459
    return float(getattr(power_law(path).lambda_interval(beta=beta, confidence=0.90), bound(quantity)))


def crow_lambda_bound(path: Path, quantity: str) -> float:
    if "simultaneous" in quantity:
        return crow_joint_bound(path, quantity)
    found = getattr(power_law(path).lambda_interval(beta=0.5, confidence=0.95), bound(quantity))
    return float(found)


def crow_ratio(path: Path, quantity: str) -> float:
    return equal_shapes(histories_of(path).only("S1", "S2")).statistic


def crow_exact_bound(path: Path, quantity: str) -> float:
    return float(getattr(power_law(path).interval("beta", confidence=0.95), bound(quantity)))


def trend(path: Path, quantity: str) -> float:
    found = trend_tests(histories_of(path))
    if quantity.startswith("Laplace"):
        return found.laplace.p_value if quantity.endswith(" p") else found.laplace.statistic
    test = found.anderson_darling if quantity.startswith("Anderson") else found.military_handbook
    assert test is not None
    return test.p_value if "p two" in quantity else test.statistic


# ------------------------------------------------------------------ others


def halfbeak(path: Path, quantity: str) -> float:
    """All 71 events with the last as the end of observation, as the source took them."""
    found = trend_tests(histories_of(path, failure_terminated=True))
    tests = {
        "MIL-HDBK-189": found.military_handbook,
        "Laplace": found.laplace,
        "Lewis-Robinson": found.lewis_robinson,
    }
    test = tests[quantity]
    assert test is not None
    return test.statistic


def general_repair(path: Path, quantity: str) -> float:
    kijima, name = quantity.removeprefix("Kijima ").split(" ", 1)
    fit = fit_renewal_process(histories_of(path), kijima="II" if kijima == "ii" else "I")
    return -fit.loglik if name == "-loglik" else float(getattr(fit, name))


def duane(path: Path, quantity: str) -> float:
    fit = fit_duane(histories_of(path))
    if "(" not in quantity:
        return float(getattr(fit, quantity))
    return float(fit.cumulative_mtbf(22000) if quantity.startswith("cumulative") else fit.mtbf(22000))


def grouped(path: Path, quantity: str) -> float:
    fit = fit_power_law(grouped_of(path))
    return fit.lambda_ if quantity == "lambda" else fit.beta


def grouped_mtbf(path: Path, quantity: str) -> float:
    """The source carries on with beta and lambda rounded to five decimals."""
    fit = fit_power_law(grouped_of(path))
    beta, rate = round(fit.beta, 5), round(fit.lambda_, 5)
    rounded = dataclasses.replace(fit, beta=beta, eta=rate ** (-1.0 / beta))
    return float(rounded.cumulative_mtbf(500) if quantity.startswith("cumulative") else rounded.mtbf(500))


def handbook(path: Path, quantity: str) -> float:
    """The handbook carries on with beta rounded to three decimals."""
    fit = power_law(path)
    beta = round(fit.beta, 3)
    n, end = fit.counts.failures, fit.end
    return {"beta (handbook)": fit.beta, "lambda (handbook)": n / end**beta, "chi2": 2 * n / beta}[quantity]


def mcf_power_curve(path: Path, quantity: str) -> float:
    return float(getattr(fit_mcf_curve(mean_cumulative_function(histories_of(path))), quantity))


def projection(path: Path, quantity: str) -> float:
    rows = rows_of(path)
    times, modes = [float(row["time"]) for row in rows], [row["mode"] for row in rows]
    test = EventHistories(["1"] * len(rows), times, end={"1": 400.0}, kind=modes)
    delayed = {row["mode"]: float(row["fef"]) for row in rows if row["class"] == "BD"}
    if "1-decimal" in quantity:
        # Halves are rounded up, as Weibull++ shows them.
        delayed = {mode: np.floor(10.0 * share + 0.5 + 1e-9) / 10.0 for mode, share in delayed.items()}
    in_test = {row["mode"] for row in rows if row["class"] == "BC"}
    found = project_growth(test, delayed, fixed_in_test=in_test)
    plain = project_growth(test, delayed, fixed_in_test=in_test, method="mle")
    return {
        "beta MLE": plain.system.beta,
        "beta unbiased": found.system.beta,
        "lambda": found.system.lambda_,
        "demonstrated intensity": found.demonstrated_intensity,
        "demonstrated MTBF": found.demonstrated_mtbf,
        "BD-mode beta MLE": plain.discovery_beta,
        "BD-mode beta unbiased": found.discovery_beta,
        "BD-mode lambda": found.discovery_lambda,
        "mean fix effectiveness": found.mean_fix_effectiveness,
        "growth potential intensity": found.growth_potential_intensity,
        "projected intensity": found.projected_intensity,
        "projected MTBF": found.projected_mtbf,
        "projected MTBF (1-decimal FEF, Weibull++)": found.projected_mtbf,
        "growth potential MTBF (1-decimal FEF)": found.growth_potential_mtbf,
    }[quantity]


CROW = "crow1975_tr138_three_systems"
# By method where it means one thing, by (dataset, method) where it does not.
GROWTH: dict[str | tuple[str, str], Quantity] = {
    "NHPP MLE": power_law_number,
    "NHPP MLE, unequal windows": power_law_number,
    "power-law MLE": power_law_number,
    "power-law NHPP MLE": power_law_number,
    "power-law NHPP MLE time truncated": power_law_number,
    (CROW, "count"): lambda path, _: float(histories_of(path).counts.failures),
    (CROW, "(M-1)/M"): crow_unbiased,
    (CROW, "sum"): crow_sum,
    (CROW, "power-law MLE failure truncated"): crow_failure_terminated,
    (CROW, "failure truncated conditional MLE"): crow_conditional,
    (CROW, "exact conditional chi2"): crow_conditional_bound,
    (CROW, "beta(1-1.645/sqrt M)"): crow_normal_bound,
    (CROW, "chi2"): crow_lambda_bound,
    (CROW, "chi2 Bonferroni-type"): crow_joint_bound,
    (CROW, "F ratio of conditional MLEs"): crow_ratio,
    (CROW, "Cramer-von Mises"): lambda path, _: float(power_law(path).goodness_of_fit().statistic),
    (CROW, "Bartlett-corrected LR"): lambda path, _: equal_shapes(histories_of(path)).statistic,
    (CROW, "chi2(2)"): lambda path, _: equal_shapes(histories_of(path)).p_value,
    (CROW, "exact chi2"): crow_exact_bound,
    (CROW, "power-law cif"): lambda path, _: float(power_law(path).expected_events(197.2)),
    "trend test time truncated": trend,
    "trend test": trend,
    "two-sided": trend,
    "A2 of t/T": trend,
    "time truncated": trend,
    ("ascher_halfbeak", "sum"): halfbeak,
    ("ascher_halfbeak", "all 71 events, T=25.518"): halfbeak,
    ("ascher_halfbeak", "Laplace/CV"): halfbeak,
    "GRP MLE": general_repair,
    "GRP MLE (Weibull first life)": general_repair,
    "Duane LS": duane,
    "Duane": duane,
    "grouped Crow-AMSAA MLE": grouped,
    ("reliawiki_helicopter_grouped", "Crow-AMSAA"): grouped_mtbf,
    "Crow-AMSAA MLE": handbook,
    "N/T^0.616": handbook,
    "2N/beta": handbook,
    "power-law curve fit to MCF": mcf_power_curve,
}


def growth_quantity(dataset: str, method: str) -> Quantity | None:
    """The way to a number, or None where there is none."""
    if dataset == "milhdbk189a_test_fix_find_test":
        return projection
    if method.startswith("df="):
        return trend
    return GROWTH.get((dataset, method)) or GROWTH.get(method)
