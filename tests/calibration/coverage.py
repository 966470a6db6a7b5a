"""How often do the intervals hold the truth? A seeded study over plans, 10,000 samples a cell.

    python -m tests.calibration.coverage            runs what build/coverage.csv lacks (hours), then writes the table
    python -m tests.calibration.coverage --write    only writes fracas/docs/calibration.md

An interval holds the truth exactly when the truth, taken as the value tried, is not rejected. So each sample needs one
calibration, at the truth, and not a search for two bounds; 99 resamples keep the level of such a test exact (Davison and
Hinkley 1997, section 4.2), and most samples need but a few of them: once five lie on either side, the rest cannot change
the verdict (Besag and Clifford 1991). From `calibrated.MANY_FAILURES` on, the critical value comes from mean and spread at
the estimate, here with Student's factor for 33 of them. That the bounds themselves agree with this is checked by
test_coverage.py.

A Weibull age to the power of beta is exponential, and plans are set in cumulative hazard, so the coverage for eta, beta,
quantiles and reliability is the same at every beta; only that for the mean depends on it.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln
from scipy.stats import norm
from scipy.stats import t as student

from analytics.batch import maximise
from analytics.calibrated import CALIBRATED_UP_TO, MANY_FAILURES
from analytics.lifedata import LifeData
from analytics.resampling import (
    ROWS,
    Plan,
    WeibullLives,
    draw,
    drawn_fits,
    fit_held,
    plan_of,
    roots,
    signed_roots,
)
from analytics.results import FloatArray
from analytics.weibull_intervals import (
    BETA,
    ETA,
    LOG_MEAN,
    Quantity,
    log_cumulative_hazard,
    log_quantile,
)
from tests.calibration.studies import Kept, command

REPEATS = 10_000
# Resamples of a sample, drawn in rounds until its verdict stands.
ROUNDS = (20, 20, 20, 20, 19)
RESAMPLES = sum(ROUNDS)
# Resamples for a mean and a spread.
FOR_MOMENTS = 33
CONFIDENCE = 0.90
TAIL = (1.0 - CONFIDENCE) / 2.0
FAILURES = (5, 10, 20, 50, 100)
CENSORED = (0.0, 0.3, 0.6, 0.9)
BETAS = (0.7, 1.0, 2.0, 4.0)
TABLE = Path("fracas/docs/calibration.md")


@dataclass(frozen=True)
class Case:
    """One cell of the study: a plan by its expected failures, censored share and entries, and a quantity."""

    failures: int
    censored: float
    late: bool
    name: str
    beta: float

    @property
    def key(self) -> tuple[str, ...]:
        return (
            str(self.failures),
            str(self.censored),
            "late" if self.late else "new",
            self.name,
            str(self.beta),
        )

    @property
    def quantity(self) -> tuple[Quantity, float]:
        """The quantity with its true value on the working scale, for eta = 1."""
        age = math.log(0.5) / self.beta
        return {
            "beta": (BETA, math.log(self.beta)),
            "eta": (ETA, 0.0),
            "B10": (log_quantile(0.1), math.log(-math.log(0.9)) / self.beta),
            "R(t)": (log_cumulative_hazard(age), self.beta * age),
            "mean": (LOG_MEAN, float(gammaln(1.0 + 1.0 / self.beta))),
        }[self.name]


def cases() -> Iterator[Case]:
    """Every cell; the ends of the range of censoring first, so that a run cut short has seen all of it."""
    quantities = [*((name, 1.0) for name in ("beta", "B10", "R(t)", "eta")), *(("mean", b) for b in BETAS)]
    for censored in sorted(CENSORED, key=lambda share: share not in (CENSORED[0], CENSORED[-1])):
        for (name, beta), failures, late in product(quantities, FAILURES, (False, True)):
            yield Case(failures, censored, late, name, beta)


def plan_for(case: Case) -> Plan:
    """Units whose watch ends staggered between 0.4 and 1.6 times one cumulative hazard.

    If late, half of them begin at cumulative hazards of up to 0.5.
    """
    size = round(case.failures / (1.0 - case.censored))
    share = (np.arange(size) % 16 + 0.5) / 16.0
    entry = np.where(np.arange(size) // 16 % 2 == 1, 0.5 * share[::-1], 0.0) * case.late
    if size <= 16:
        entry = 0.5 * share[::-1] * (np.arange(size) % 2) * case.late
    stagger = 0.4 + 1.2 * share
    if case.censored == 0.0:
        gain = np.full(size, np.inf)
    else:
        scale = brentq(lambda a: np.exp(-a * stagger).mean() - case.censored, 1e-6, 1e3)
        gain = scale * stagger
    # An infinite age cannot stand in life data; nothing lives to a cumulative hazard of 600.
    exits = np.minimum(entry + gain, 600.0) ** (1.0 / case.beta)
    data = LifeData(exits, np.zeros(size), entry=entry ** (1.0 / case.beta), planned_exit=exits)
    return plan_of(data)


@dataclass(frozen=True)
class Drawn:
    """The samples of a cell that have a fit: root at the truth, both fits, Wald's deviate, failures."""

    root: FloatArray
    held_eta: FloatArray
    held_beta: FloatArray
    free_eta: FloatArray
    free_beta: FloatArray
    wald: FloatArray
    failures: FloatArray

    def take(self, chosen: np.ndarray) -> Drawn:
        return Drawn(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def drawn(case: Case, plan: Plan, repeats: int, rng: np.random.Generator) -> Drawn:
    quantity, truth = case.quantity
    parts = []
    for begin in range(0, repeats, ROWS):
        n = min(ROWS, repeats - begin)
        samples, kept = draw(plan, np.zeros(n), np.full(n, math.log(case.beta)), rng=rng)
        if samples is None:
            continue
        start = np.full(kept.size, math.log(case.beta))
        with np.errstate(all="ignore"):
            free = maximise(samples, start)
            held_eta, held_beta, height = fit_held(samples, quantity, truth, start)
            value = quantity.value(free.log_eta, free.log_beta)
            root = np.sign(value - truth) * np.sqrt(2.0 * np.maximum(free.loglik - height, 0.0))
            by_eta, by_beta = quantity.gradient(free.log_eta, free.log_beta)
            v_uu, v_ub, v_bb = free.covariance
            error = np.sqrt(by_eta**2 * v_uu + 2.0 * by_eta * by_beta * v_ub + by_beta**2 * v_bb)
        ok = np.isfinite(root)
        columns = (
            root, held_eta, held_beta, free.log_eta, free.log_beta, (value - truth) / error, samples.failures,
        )  # fmt: skip
        parts.append([np.broadcast_to(each, ok.shape)[ok] for each in columns])
    return Drawn(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def shares_below(
    plan: Plan, quantity: Quantity, truth: float, found: Drawn, rng: np.random.Generator
) -> FloatArray:
    """How probable a root below the one found is, for each sample, as far as the verdict needs it.

    By the same resampling as `analytics.calibrated`.
    """
    many = found.failures >= MANY_FAILURES
    p = np.empty(many.size)
    p[~many] = _at_the_truth(plan, quantity, truth, found.take(~many), rng)
    p[many] = [
        _at_the_estimate(plan, quantity, one.root[0], one.free_eta[0], one.free_beta[0], rng)
        for one in (found.take(np.array([at])) for at in np.flatnonzero(many))
    ]
    return np.where(found.failures > CALIBRATED_UP_TO, norm.cdf(found.root), p)


def _at_the_truth(
    plan: Plan, quantity: Quantity, truth: float, found: Drawn, rng: np.random.Generator
) -> FloatArray:
    below, above = (np.zeros(found.root.size, dtype=int) for _ in range(2))
    enough = TAIL * (RESAMPLES + 1)
    for resamples in ROUNDS:
        open_ = np.flatnonzero((below < enough) | (above < enough))
        these = np.repeat(np.stack([found.held_eta, found.held_beta])[:, open_], resamples, axis=1)
        drawn_roots, rows = signed_roots(WeibullLives(plan), quantity, truth, these, rng=rng)
        repeat = open_[rows // resamples]
        lower = drawn_roots < found.root[repeat]
        below += np.bincount(repeat[lower], minlength=below.size)
        above += np.bincount(repeat[~lower], minlength=above.size)
    share: FloatArray = (below + rng.random(below.size)) / (below + above + 1)
    # A share of few resamples would be too coarse; its verdict is known.
    return np.where((below >= enough) & (above >= enough), 0.5, share)


def _at_the_estimate(
    plan: Plan, quantity: Quantity, root: float, log_eta: float, log_beta: float, rng: np.random.Generator
) -> float:
    value = float(quantity.value(log_eta, log_beta))
    batches = drawn_fits(plan, np.full(FOR_MOMENTS, log_eta), np.full(FOR_MOMENTS, log_beta), rng=rng)
    every = np.concatenate([roots(samples, free, quantity, value) for samples, free, _ in batches])
    every = every[np.isfinite(every)]
    m = every.size
    return float(student.cdf((root - every.mean()) / every.std(ddof=1) / math.sqrt(1 + 1 / m), m - 1))


def study(case: Case, repeats: int = REPEATS, seed: int = 2_002) -> dict[str, float]:
    """Coverage of the calibrated, likelihood-ratio and Wald interval, and how often each bound alone holds."""
    rng = np.random.default_rng([seed, *np.frombuffer(repr(case.key).encode(), dtype=np.uint8)])
    plan = plan_for(case)
    quantity, truth = case.quantity
    found = drawn(case, plan, repeats, rng)
    n = found.root.size
    p = shares_below(plan, quantity, truth, found, rng)
    few = found.failures <= case.failures // 2
    inside = (p > TAIL) & (p < 1 - TAIL)
    deviate = norm.ppf(1 - TAIL)
    return {
        "samples": n,
        "calibrated": inside.mean(),
        "lower": (p < 1 - TAIL).mean(),
        "upper": (p > TAIL).mean(),
        "likelihood_ratio": (np.abs(found.root) < deviate).mean(),
        "wald": (np.abs(found.wald) < deviate).mean(),
        "wald_lower": (found.wald < deviate).mean(),
        "given_few": inside[few].mean() if few.sum() >= 100 else math.nan,
        "few": few.mean(),
    }


KEPT = Kept(
    Path("build/coverage.csv"),
    ("failures", "censored", "entry", "quantity", "beta", "samples", "calibrated", "lower", "upper",
     "likelihood_ratio", "wald", "wald_lower", "given_few", "few"),
    keys=5,
)  # fmt: skip


def run(repeats: int) -> None:
    done = KEPT.rows()
    for case in cases():
        if case.key in done:
            continue
        begin = time.process_time()
        found = study(case, repeats)
        KEPT.add(case.key, found)
        sys.stdout.write(
            f"{' '.join(case.key)}: calibrated {found['calibrated']:.3f}, likelihood ratio "
            f"{found['likelihood_ratio']:.3f}, Wald {found['wald']:.3f} ({time.process_time() - begin:.0f} s CPU)\n"
        )
        sys.stdout.flush()


def percent(value: str) -> str:
    return f"{100 * float(value):.1f}"


def table() -> str:
    """The tables of the docs, from what has been run."""
    rows = KEPT.rows()
    lines = [INTRODUCTION.format(cells=len(rows), least=min(int(row["samples"]) for row in rows.values()))]
    for kind, title in (
        ("calibrated", "Calibrated, two-sided 90 %"),
        ("lower", "Calibrated, one-sided 95 % lower bound"),
        ("upper", "Calibrated, one-sided 95 % upper bound"),
        ("likelihood_ratio", "Likelihood ratio, two-sided 90 %"),
        ("wald", "Wald on the log scale, two-sided 90 %"),
        ("wald_lower", "Wald on the log scale, one-sided 95 % lower bound"),
        ("given_few", "Calibrated, two-sided 90 %, among samples with at most half the expected failures"),
    ):
        lines += [f"## {title}", "", HEAD, RULE]
        nominal = 0.90 if "90 %" in title else 0.95
        groups = sorted(
            {key[:3] for key in rows}, key=lambda key: (int(key[0]), key[2] != "new", float(key[1]))
        )
        for key in groups:
            cells = []
            for name, beta in [(name, 1.0) for name in ("beta", "eta", "B10", "R(t)")] + [
                ("mean", b) for b in BETAS
            ]:
                row = rows.get((*key, name, str(beta)))
                value = "" if row is None or row[kind] == "nan" else percent(row[kind])
                off = bool(value) and row is not None and abs(float(row[kind]) - nominal) > ALLOWED
                cells.append(f"**{value}**" if off else value)
            entry = "from new" if key[2] == "new" else "half late"
            lines.append(f"| {key[0]} | {100 * float(key[1]):.0f} % | {entry} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


ALLOWED = 0.015
HEAD = (
    "| expected failures | censored | entry | beta | eta | B10 | R(t) "
    "| mean, beta 0.7 | mean, 1 | mean, 2 | mean, 4 |"
)
RULE = "|---|---|---|---|---|---|---|---|---|---|---|"
INTRODUCTION = """# How often the intervals hold the truth

Measured, not promised: `python -m tests.calibration.coverage` draws 10,000 samples of a plan a cell (seeded), fits
each, and counts how often the interval of nominal 90 %, or the bound of nominal 95 %, holds the true value. The Monte
Carlo error of a cell is 0.3 points (one standard error) at 90 % and 0.2 at 95 %. {cells} cells; samples with fewer than
two failures have no fit and are not counted (at 5 expected failures up to 4 %; the emptiest cell holds {least}
samples). Cells off by more than 1.5 points are **bold**.

The last table is no promise but a warning: among the samples that happened to hold at most half the failures that were to be
expected, an interval holds the truth far less often, as few failures look like long lives (empty: fewer than 100 such samples).

A plan has so many expected failures among staggered ends of watch (0.4 to 1.6 times one cumulative hazard) that the
given share is censored; "half late" means that half of the units came under observation at a cumulative hazard of up to
0.5. R(t) is the reliability at the age by which the cumulative hazard is 0.5. Coverage for beta, eta, B10 and R(t) does
not depend on beta; for the mean it does. The end of watch of every unit is known (`planned_exit`).

What the calibration costs: 20 to 200 ms a number on one core, up to 1,000 failures; beyond, the likelihood-ratio bound
is given as it is. A plot's band is calibrated at five ages.

"""


if __name__ == "__main__":
    command(__doc__, run, REPEATS, TABLE, table)
