"""What `fit_fleet` says of each part under each distribution: columns of numbers, one element a part."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.batch import fit_records
from analytics.batch_bounds import ratio_bounds
from analytics.batch_fits import Fits, Status
from analytics.batch_lognormal import maximise_lognormal
from analytics.distributions import fit_lognormal
from analytics.errors import AnalyticsError
from analytics.exponential import fit_exponential
from analytics.fleet_bootstrap import bootstrap_bounds
from analytics.fleet_parts import (
    NO_BOUNDS,
    NO_FAILURES,
    NO_MAXIMUM,
    OK,
    ONE_FAILURE,
    Columns,
    Parts,
    Settings,
    chi_square_factors,
    few_failures,
    fit_one_by_one,
    records,
)
from analytics.lifedata import LifeData
from analytics.results import FloatArray
from analytics.weibull import fit_weibull

LOG_B10 = math.log(-math.log(0.9))
SMALLEST_SHARE = float(np.finfo(np.float64).tiny)
NORMAL_B10 = -1.2815515655446004  # the 10 % point of the standard normal


def weibull_columns(data: LifeData, offsets: NDArray[np.intp], settings: Settings) -> Columns:
    """Weibull fits of the parts: by the batch, and one by one where the batch does not reach."""
    rows, others = records(data, offsets)
    fits, known = fit_records(*rows, **others)
    parts = Parts.of(data, offsets, known)
    two, apart = parts.failures >= 2, parts.inexact | _too_far_apart(data, offsets)
    ok = two & ~apart & (fits.status == Status.OK)
    one_by_one = two & (apart | (fits.status == Status.NOT_CONVERGED))
    if settings.bounds == "calibrated":
        columns, one_by_one = parts.columns(("eta", "beta")), one_by_one | ok
    else:
        fits.forget(~ok)
        lower, upper = _weibull_bounds(parts, fits, ok, settings)
        columns = parts.columns(("eta", "beta"), _found(fits, lower, upper))
        columns["status"][ok] = OK
        if settings.bounds != "bootstrap":
            one_by_one |= ok & np.isnan(lower + upper).any(axis=0)
    columns["status"][fits.status == Status.NO_FINITE_MAXIMUM] = NO_MAXIMUM
    fit_one_by_one(columns, parts, one_by_one, _one_weibull, settings)
    columns["status"][(columns["status"] == OK) & np.isnan(columns["beta_lower"])] = NO_BOUNDS
    few_failures(columns, parts, settings, "eta")
    return columns


def _too_far_apart(data: LifeData, offsets: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Parts with an age whose share of the largest is no number with all its bits: the batch works with these shares."""
    least, greatest = data.age_range
    if not data.has_entries and least > SMALLEST_SHARE * greatest:
        return np.zeros(offsets.size - 1, dtype=bool)
    (age, _, cuts), own = records(data, offsets)
    first, starts = (
        age if own["entry"] is None else np.where(own["entry"] > 0.0, own["entry"], age),
        cuts[:-1],
    )
    smallest = np.minimum.reduceat(np.where(first > 0.0, first, np.inf), starts)
    too_far: NDArray[np.bool_] = smallest < SMALLEST_SHARE * np.maximum.reduceat(age, starts)
    return too_far


def _found(fits: Fits, lower: FloatArray, upper: FloatArray) -> Columns:
    with np.errstate(over="ignore"):  # a bound that is no number any more is infinite
        (eta_lower, beta_lower), (eta_upper, beta_upper) = np.exp(lower), np.exp(upper)
        eta, beta = np.exp(fits.logs)
        return {
            "eta": eta,
            "beta": beta,
            "eta_lower": eta_lower,
            "eta_upper": eta_upper,
            "beta_lower": beta_lower,
            "beta_upper": beta_upper,
            "b10": np.exp(fits.log_eta + LOG_B10 / beta),
            "loglik": fits.loglik,
            "score_norm": fits.score_norm,
        }


def _weibull_bounds(
    parts: Parts, fits: Fits, ok: NDArray[np.bool_], settings: Settings
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bounds on (log eta, log beta); NaN where the batch found none."""
    if settings.bounds == "wald":
        reach = settings.deviate * np.sqrt(fits.variance)
        return fits.logs - reach, fits.logs + reach
    found = np.full((2, 2, len(parts)), np.nan)
    if settings.bounds == "bootstrap":
        for k in np.flatnonzero(ok):
            found[:, :, k] = bootstrap_bounds(
                parts.part(int(k)), float(fits.log_beta[k]), settings.confidence
            )
        return found[0], found[1]
    with_fit = parts.samples().take(ok)
    for at, name in enumerate(("eta", "beta")):
        found[:, at, ok] = ratio_bounds(with_fit, fits.take(ok), name, settings.deviate)
    return found[0], found[1]


def _one_weibull(part: LifeData, settings: Settings) -> dict[str, Any]:
    # What has no batch has no bootstrap: its estimate stands, its bounds are left out.
    bounds: Any = "wald" if settings.bounds == "bootstrap" else settings.bounds
    fit = fit_weibull(part, confidence=settings.confidence, bounds=bounds)
    found: dict[str, Any] = {"eta": fit.eta, "beta": fit.beta, "b10": fit.b_life(10.0)}
    found |= {"loglik": fit.loglik, "score_norm": fit.score_norm}
    return found if settings.bounds == "bootstrap" else found | _intervals(fit, ("eta", "beta"))


def exponential_columns(data: LifeData, offsets: NDArray[np.intp], settings: Settings) -> Columns:
    """Exponential fits of the parts, in closed form."""
    parts = Parts.of(data, offsets)
    columns = parts.columns(("theta",))
    ok = (parts.failures >= 1) & ~parts.inexact & (parts.exposure > 0.0)
    columns["status"][(parts.failures >= 1) & (parts.exposure <= 0.0)] = NO_MAXIMUM
    d = parts.failures[ok].astype(np.float64)
    theta = parts.exposure[ok] / d
    lower, upper = _theta_factors(d, settings)
    columns["theta"][ok], columns["theta_lower"][ok], columns["theta_upper"][ok] = (
        theta,
        theta * lower,
        theta * upper,
    )
    columns["b10"][ok], columns["loglik"][ok] = -math.log(0.9) * theta, -d * (np.log(theta) + 1.0)
    columns["score_norm"][ok] = 0.0
    columns["status"][ok] = OK
    fit_one_by_one(columns, parts, (parts.failures >= 1) & parts.inexact, _one_exponential, settings)
    few_failures(columns, parts, settings, "theta")
    return columns


def _theta_factors(d: FloatArray, settings: Settings) -> tuple[FloatArray, FloatArray]:
    """Bounds on theta over its estimate, which depend on the number of failures only."""
    z = settings.deviate
    if settings.bounds == "wald":
        return np.exp(-z / np.sqrt(d)), np.exp(z / np.sqrt(d))
    if settings.bounds == "chi_square":
        return chi_square_factors(d, settings.confidence)
    # Twice the fall of the log-likelihood at theta = exp(y) is 2 d (exp(-y) - 1 + y); Newton from Wald's bound, on either side.
    found: list[FloatArray] = []
    for sign in (-1.0, 1.0):
        y = sign * z / np.sqrt(d)
        for _ in range(50):
            y -= (np.expm1(-y) + y - z * z / (2.0 * d)) / -np.expm1(-y)
        found.append(np.exp(y))
    return found[0], found[1]


def _one_exponential(part: LifeData, settings: Settings) -> dict[str, Any]:
    # Of inexact ages there are no chi-square bounds: the estimate stands, its bounds are left out.
    unbounded = settings.bounds == "chi_square" and part.has_inexact
    bounds: Any = "wald" if unbounded else settings.bounds
    fit = fit_exponential(part, confidence=settings.confidence, bounds=bounds)
    found: dict[str, Any] = {
        "theta": fit.theta,
        "b10": fit.b_life(10.0),
        "loglik": fit.loglik,
        "score_norm": 0.0,
    }
    if unbounded:
        return found | {"theta_lower": math.nan, "theta_upper": math.nan}
    return found | _intervals(fit, ("theta",))


def lognormal_columns(data: LifeData, offsets: NDArray[np.intp], settings: Settings) -> Columns:
    """Lognormal fits of the parts: by the batch, and one by one where the batch does not reach."""
    parts = Parts.of(data, offsets)
    columns = parts.columns(("mu", "sigma"))
    samples = parts.samples()
    two = parts.failures >= 2
    batched = two & ~parts.inexact & samples.maximum_exists
    fits = maximise_lognormal(samples, data.event[offsets[0] : offsets[-1]], batched)
    ok = batched & fits.ok
    if settings.bounds == "wald":
        columns["mu"][ok], columns["sigma"][ok] = fits.mu[ok], fits.sigma[ok]
        columns["b10"][ok] = np.exp(fits.mu + NORMAL_B10 * fits.sigma)[ok]
        columns["loglik"][ok], columns["score_norm"][ok] = fits.loglik[ok], fits.score_norm[ok]
        columns["status"][ok] = OK
        reach = settings.deviate * np.sqrt(fits.variance)
        for side, sign in (("lower", -1.0), ("upper", 1.0)):
            columns[f"mu_{side}"][ok] = (fits.mu + sign * reach[0])[ok]
            columns[f"sigma_{side}"][ok] = (fits.sigma * np.exp(sign * reach[1]))[ok]
        fit_one_by_one(columns, parts, two & ~ok, _one_lognormal, settings)
    else:
        fit_one_by_one(columns, parts, two, _one_lognormal, settings)
    columns["status"][parts.failures == 1] = ONE_FAILURE
    columns["status"][parts.failures == 0] = NO_FAILURES
    return columns


def _one_lognormal(part: LifeData, settings: Settings) -> dict[str, Any]:
    bounds: Any = settings.bounds
    fit = fit_lognormal(part, confidence=settings.confidence, bounds=bounds)
    found: dict[str, Any] = {"mu": fit.mu, "sigma": fit.sigma, "b10": fit.b_life(10.0)}
    found |= {"loglik": fit.loglik, "score_norm": fit.score_norm}
    return found | _intervals(fit, ("mu", "sigma"))


def _intervals(fit: Any, names: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in names:
        try:
            interval = fit.interval(name)
        except AnalyticsError:
            found |= {f"{name}_lower": math.nan, f"{name}_upper": math.nan}
            continue
        found |= {f"{name}_lower": interval.lower, f"{name}_upper": interval.upper}
    return found


MODELS: dict[str, Callable[[LifeData, NDArray[np.intp], Settings], Columns]] = {
    "weibull": weibull_columns,
    "exponential": exponential_columns,
    "lognormal": lognormal_columns,
}
