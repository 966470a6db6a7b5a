"""What another sample from the same fleet might have looked like: thousands at once, each fitted with and without a constraint.

A `Plan` says which units were watched from which age to which. Under a life distribution it gives samples; each is fitted
freely and with one quantity held at a value, and the signed root of the likelihood ratio between the two fits is what
calibrated bounds are made of. `Lives` is what a family has to offer for that; the Weibull distribution's is here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.batch import Samples, gather, maximise
from analytics.batch_fits import Fits
from analytics.batch_profile import Held, maximise_at_beta, maximise_held
from analytics.errors import InvalidData
from analytics.lifedata import RIGHT_CENSORED, LifeData
from analytics.results import FloatArray
from analytics.weibull_intervals import Quantity

# Cells of units watched over the same ages. Above this many, neighbouring ends are put together: the distribution of a
# likelihood ratio depends on the plan too weakly to tell.
MOST_CELLS = 128
# Up to so many failed units have an end of watch of their own where it is estimated, also those that share a row; more units
# are estimated by the row.
MOST_ESTIMATED = 1_000
# Samples worked on at once: their cells stay in the processor's cache.
ROWS = 256


@dataclass(frozen=True, eq=False)
class Plan:
    """Who was watched, over which ages: `units` of them in each cell, from log age `entry` to log age `exit`.

    `entry` is -inf for those watched from new, `exit` inf for those who would have been watched until they failed.
    `estimated` says that the exits of failed units are not known but taken from those of the others.
    """

    units: NDArray[np.int64]
    entry: FloatArray
    exit: FloatArray
    estimated: bool


def plan_of(data: LifeData) -> Plan:
    """The plan behind life data: who would have been watched how long, had nothing failed.

    The end of watch of a failed unit is its `planned_exit`. Where the data have none it is taken from the units that did
    not fail: the Kaplan-Meier estimate of the ends of watch beyond the age at failure, spread evenly over the failed units
    (Davison and Hinkley 1997, algorithm 3.1, with quantiles in place of draws). Where nothing was watched beyond it, the
    unit is one that would have been watched until it failed.

    Raises
    ------
    InvalidData
        With right truncation: there the units that were not seen are part of the plan, and nobody knows them.
    """
    if np.isfinite(data.truncated_above).any():
        raise InvalidData(
            "calibrated bounds do not exist for right-truncated data; use likelihood-ratio bounds"
        )
    failed, count = data.event != RIGHT_CENSORED, data.count
    estimated = data.planned_exit is None and bool(failed.any()) and not bool(failed.all())
    if estimated and count[failed].sum() <= MOST_ESTIMATED:
        rows = np.repeat(np.arange(len(data)), np.where(failed, count, 1.0).astype(np.intp))
        data, failed, count = data.take(rows), failed[rows], np.where(failed, 1.0, count)[rows]
    ends = data.time if data.planned_exit is None else data.planned_exit
    if data.planned_exit is None:
        ends = np.where(failed, _estimated_exits(data, failed, count), data.time)
    seen = ends > data.entry
    with np.errstate(divide="ignore"):
        entry, exit_ = np.log(data.entry[seen]), np.log(ends[seen])
    return _in_cells(count[seen], entry, exit_, estimated)


def about_plan(data: LifeData) -> tuple[str, ...]:
    """What a reader of calibrated bounds should know of the plan behind them."""
    if not plan_of(data).estimated:
        return ()
    return (
        "how long the failed units would have been watched is not known (planned_exit); the calibration of the "
        "bounds takes it from the units that did not fail",
    )


def _estimated_exits(data: LifeData, failed: NDArray[np.bool_], count: FloatArray) -> FloatArray:
    exits = np.full(len(data), np.inf)
    if failed.all():
        return exits
    from analytics.nonparametric import kaplan_meier

    ends = LifeData(data.time, (~failed).astype(int), entry=np.minimum(data.entry, data.time), count=count)
    curve = kaplan_meier(ends.take(ends.time > 0))
    rows = np.flatnonzero(failed)
    rows = rows[np.lexsort((data.entry[rows], data.time[rows]))]
    # Multiples of the golden section fill (0, 1) evenly, whichever stretch of them is taken.
    spread = (0.5 + 0.6180339887498949 * np.arange(rows.size)) % 1.0
    step = np.searchsorted(curve.time, data.time[rows], side="right")
    beyond = np.concatenate([[1.0], curve.estimate])
    target = beyond[step] * (1.0 - spread)
    at = np.searchsorted(-curve.estimate, -target, side="left")
    at = np.maximum(at, step)
    exits[rows] = np.append(curve.time, np.inf)[at]
    return exits


def _in_cells(count: FloatArray, entry: FloatArray, exit_: FloatArray, estimated: bool) -> Plan:
    if exit_.size == 0:
        raise InvalidData("nothing was under observation")
    pairs, cell = np.unique(np.column_stack([entry, exit_]), axis=0, return_inverse=True)
    if len(pairs) > MOST_CELLS:
        entries = 1 if np.isneginf(entry).all() else round(MOST_CELLS**0.5)
        code = _bins(entry, entries) * (MOST_CELLS + 2) + _bins(exit_, MOST_CELLS // entries)
        cell = np.unique(code, return_inverse=True)[1]
    cell = cell.ravel()
    units = np.bincount(cell, weights=count)
    return Plan(
        units.astype(np.int64),
        np.bincount(cell, weights=count * entry) / units,
        np.bincount(cell, weights=count * exit_) / units,
        estimated,
    )


def _bins(values: FloatArray, bins: int) -> NDArray[np.intp]:
    """The number of the quantile bin of each value; one of their own for infinite ones."""
    finite = np.isfinite(values)
    edges = np.quantile(values[finite], np.linspace(0, 1, bins + 1)[1:-1]) if finite.any() else np.empty(0)
    return np.where(finite, 1 + np.searchsorted(edges, values, side="right"), 0)


@dataclass(frozen=True)
class Law:
    """A standard distribution of z, from which lives are drawn.

    Attributes
    ----------
    hazard : callable
        -log S(z), the cumulative hazard.
    deviate : callable
        Its inverse.
    """

    hazard: Callable[[FloatArray], FloatArray]
    deviate: Callable[[FloatArray], FloatArray]


WEIBULL = Law(np.exp, np.log)


def draw(
    plan: Plan, log_eta: FloatArray, log_beta: FloatArray, *, rng: np.random.Generator, law: Law = WEIBULL
) -> tuple[Samples | None, NDArray[np.intp]]:
    """One sample of the plan under each pair of parameters, and which of them hold at least two failures (only those).

    Units fail independently; the age at failure is drawn given survival to the age of entry. The standard distribution is
    that of beta (log age - log eta).
    """
    beta = np.exp(log_beta)[:, None]
    at_entry = law.hazard(beta * (plan.entry - log_eta[:, None]))
    at_exit = law.hazard(beta * (plan.exit - log_eta[:, None]))
    failing = failures_drawn(plan, at_entry, at_exit, rng)
    kept = np.flatnonzero(failing.sum(axis=1) >= 2)
    if not kept.size:
        return None, kept
    failing = failing[kept]
    failures = failing.sum(axis=1)
    cell = np.repeat(np.tile(np.arange(plan.units.size), kept.size), failing.ravel())
    z = law.deviate(hazards_drawn(at_entry[kept], at_exit[kept], failing, rng))
    age = np.exp(np.repeat(log_eta[kept], failures) + z / np.repeat(beta[kept, 0], failures))
    return _gathered(plan, plan.units - failing, failures, cell, age), kept


def failures_drawn(
    plan: Plan, at_entry: FloatArray, at_exit: FloatArray, rng: np.random.Generator
) -> NDArray[np.intp]:
    """How many units of each cell (columns) of each sample (rows) fail, from the cumulative hazards at entry and exit."""
    chance = -np.expm1(at_entry - at_exit)
    if (plan.units == 1).all():
        return (rng.random(chance.shape) < chance).astype(np.intp)
    return rng.binomial(plan.units, chance)


def hazards_drawn(
    at_entry: FloatArray, at_exit: FloatArray, failing: NDArray[np.intp], rng: np.random.Generator
) -> FloatArray:
    """Cumulative hazard at which each of them fails, sample after sample and cell after cell."""
    each = failing.ravel()
    uniform = rng.random(each.sum())
    chance = np.repeat(-np.expm1(at_entry - at_exit).ravel(), each)
    hazards: FloatArray = np.repeat(at_entry.ravel(), each) - np.log1p(-uniform * chance)
    return hazards


def _gathered(
    plan: Plan,
    survivors: NDArray[np.intp],
    failures: NDArray[np.intp],
    cell: NDArray[np.intp],
    age: FloatArray,
) -> Samples:
    """Survivors by cell and then failures, sample after sample."""
    row, at = np.nonzero(survivors)
    alive = np.bincount(row, minlength=failures.size)
    offsets = np.concatenate([[0], np.cumsum(alive + failures)])
    survivor = np.arange(row.size) + np.repeat(np.cumsum(failures) - failures, alive)
    failure = np.arange(age.size) + np.repeat(np.cumsum(alive), failures)
    time, weight, entry = np.empty(offsets[-1]), np.ones(offsets[-1]), np.zeros(offsets[-1])
    event = np.ones(offsets[-1], dtype=bool)
    time[survivor], weight[survivor], event[survivor] = np.exp(plan.exit[at]), survivors[row, at], False
    time[failure] = age
    late = np.isfinite(plan.entry).any()
    if late:
        entry[survivor], entry[failure] = np.exp(plan.entry[at]), np.exp(plan.entry[cell])
    return gather(time, event, offsets, entry=entry if late else None, weight=weight)


def failed_records(samples: Samples) -> NDArray[np.bool_]:
    """Which records of drawn samples are failures: the last of each, one unit a record."""
    survivors = samples.offsets[1:] - samples.failures.astype(np.intp)
    found: NDArray[np.bool_] = np.arange(samples.x.size) >= np.repeat(survivors, np.diff(samples.offsets))
    return found


def fit_held(
    samples: Samples, quantity: Quantity, value: float, start: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log eta, log beta and log-likelihood at the maximum among parameters that give the quantity a value."""
    curve = quantity.curve
    if curve is None:
        log_beta = np.full(len(samples), value)
        log_eta, loglik = maximise_at_beta(samples, log_beta)
        return log_eta, log_beta, loglik

    def shift(log_beta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        log_eta, first, second = curve(value, log_beta)
        return -log_eta, -first, -second

    fits = maximise_held(samples, Held(np.zeros(1), shift), start)
    return fits.log_eta, fits.log_beta, fits.loglik


def drawn_fits(
    plan: Plan, log_eta: FloatArray, log_beta: FloatArray, *, rng: np.random.Generator
) -> Iterator[tuple[Samples, Fits, NDArray[np.intp]]]:
    """Samples drawn under each pair of parameters with their free fits, a batch at a time, and which pairs they are of.

    Those with fewer than two failures are left out, as `draw` does.
    """
    for begin in range(0, log_eta.size, ROWS):
        part = slice(begin, begin + ROWS)
        samples, kept = draw(plan, log_eta[part], log_beta[part], rng=rng)
        if samples is not None:
            with np.errstate(all="ignore"):
                yield samples, maximise(samples, log_beta[part][kept]), begin + kept


def roots(samples: Samples, free: Fits, quantity: Quantity, value: float) -> FloatArray:
    """Signed root of the likelihood ratio of a value in each sample; NaN where one of the fits does not exist.

    Positive where the sample's estimate lies above the value.
    """
    with np.errstate(all="ignore"):
        held = fit_held(samples, quantity, value, free.log_beta)[2]
        above = np.sign(quantity.value(free.log_eta, free.log_beta) - value)
        root: FloatArray = above * np.sqrt(2.0 * np.maximum(free.loglik - held, 0.0))
    return root


class Lives(Protocol):
    """Samples of a plan under the distributions of one family, and what the likelihood says in each.

    Attributes
    ----------
    ease : int
        How many times as many samples as of the Weibull distribution can be had at its price.
    """

    @property
    def ease(self) -> int: ...

    def drawn(
        self, theta: FloatArray, *, rng: np.random.Generator
    ) -> Iterator[tuple[Any, Any, NDArray[np.intp]]]:
        """Samples drawn under each column of working parameters, a batch at a time: those that have a fit, their free
        fits, and which columns they are of."""

    def roots(self, samples: Any, free: Any, quantity: Any, value: float) -> FloatArray:
        """Signed root of the likelihood ratio of a value in each sample, positive where the estimate lies above it; NaN
        where a fit does not exist."""


@dataclass(frozen=True)
class WeibullLives:
    """Weibull lives under a plan; working parameters are log eta and log beta."""

    plan: Plan
    ease: int = 1

    def drawn(
        self, theta: FloatArray, *, rng: np.random.Generator
    ) -> Iterator[tuple[Samples, Fits, NDArray[np.intp]]]:
        return drawn_fits(self.plan, theta[0], theta[1], rng=rng)

    def roots(self, samples: Samples, free: Fits, quantity: Quantity, value: float) -> FloatArray:
        return roots(samples, free, quantity, value)


def signed_roots(
    lives: Lives, quantity: Any, value: float, theta: FloatArray, *, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Signed roots of a value in one sample drawn under each column of parameters, and which columns they are of.

    Samples without a fit (fewer than two failures, no finite maximum) are left out, as data like theirs give no interval.
    """
    found, rows = [np.empty(0)], [np.empty(0, dtype=np.intp)]
    for samples, free, kept in lives.drawn(theta, rng=rng):
        root = lives.roots(samples, free, quantity, value)
        there = np.isfinite(root)
        found.append(root[there])
        rows.append(kept[there])
    return np.concatenate(found), np.concatenate(rows)
