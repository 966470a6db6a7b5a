"""What is getting worse? Many failure counts watched at once for a rate that rises, at a set rate of false alarms."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrik, betainc, betaincinv, gammainc, gammaincinv, pdtrik

from analytics.arguments import checked
from analytics.errors import InvalidData
from analytics.plain_numbers import as_floats
from analytics.results import Counts, FloatArray, Result, tail_probabilities

if TYPE_CHECKING:
    import pandas as pd

# The exact sizes of tests are found count by count.
MOST_FAILURES = 1e9
# Periods looked back over at the end of each: short ones see a jump, long ones a rate that is a little too high.
LOOKBACKS = (1, 2, 3, 6, 12, 24)


@dataclass(frozen=True, eq=False, kw_only=True)
class RisingRates(Result):
    """What `rising_rate_alarm` found; one element a cell in each array, in the order given.

    Attributes
    ----------
    labels : tuple of str
    alarm : ndarray of bool
        Whether the cell has raised an alarm in any period watched.
    period : ndarray of int
        First period (column, from 0) with an alarm; -1 without one.
    lookback : ndarray of int
        Periods up to and with `period`, or up to the last for cells without an alarm, over which the rise is clearest.
    p_value : ndarray
        Probability of so many failures in those periods, or more, had the rate not changed.
    failures, expected : ndarray
        Failures in those periods, and as many as the rate before them gives.
    ratio, ratio_lower : ndarray
        Rate in those periods over the rate before, and its one-sided lower bound at `confidence`; NaN where nothing failed
        before (no estimate).
    threshold : float
        An alarm in the last period is a p-value of at most this.
    thresholds : ndarray, shape (periods watched,)
        The same for each period.
    tests : int
        Tests that the false alarms were spread over.
    false_alarms : float
        Expected number of false alarms over all cells and periods, at most.
    """

    labels: tuple[str, ...]
    alarm: NDArray[np.bool_]
    period: NDArray[np.int64]
    lookback: NDArray[np.int64]
    p_value: FloatArray
    failures: FloatArray
    expected: FloatArray
    ratio: FloatArray
    ratio_lower: FloatArray
    threshold: float
    thresholds: FloatArray
    tests: int
    false_alarms: float

    def to_frame(self) -> "pd.DataFrame":
        """One row a cell, those with alarms first, then by p-value."""
        import pandas as pd

        names = ("alarm", "period", "lookback", "p_value", "failures", "expected", "ratio", "ratio_lower")
        frame = pd.DataFrame({name: getattr(self, name) for name in names}, index=list(self.labels))
        return frame.sort_values(["alarm", "p_value"], ascending=[False, True], kind="stable")


@checked
def rising_rate_alarm(
    counts: ArrayLike,
    exposure: ArrayLike = 1.0,
    *,
    history: int = 12,
    rate: ArrayLike | None = None,
    false_alarms: float = 0.05,
    horizon: int | None = None,
    labels: Sequence[Any] | None = None,
    confidence: float = 0.90,
    unit: str = "h",
) -> RisingRates:
    r"""Find the cells (part x mode x site x batch ...) whose failure rate rises, among many watched at once.

    Parameters
    ----------
    counts : array_like of int, shape (cells, periods)
        Failures of each cell in each period (week, month), oldest first.
    exposure : array_like, shape (cells, periods) or broadcastable
        Exposure of each cell in each period, in `unit`; 1 counts periods. A cell that is out of service has 0.
    history : int
        Periods at the beginning that only serve as the past to compare with.
    rate : array_like, shape (cells,), optional
        Known rate of each cell, failures per unit of exposure. Where not given, each stretch is compared with everything
        before it.
    false_alarms : float
        Expected number of false alarms over all cells and all periods watched, and so also the largest probability of any.
    horizon : int, optional
        Periods that will be watched in all, history left out, when this is asked again every period; those given where not
        given. False alarms are spread over all of them.
    labels : sequence, optional
        A name for each cell.
    confidence : float
        Of the one-sided lower bound on the ratio.
    unit : str
        Unit of exposure.

    Returns
    -------
    RisingRates

    Raises
    ------
    InvalidData
        Naming the cell (row) at fault: counts that are not whole, failures without exposure, shapes that differ; or if there
        are more or fewer labels than cells, or a setting is out of range.

    Notes
    -----
    At the end of each period the failures in the last 1, 2, 3, 6, 12 and 24 periods are compared with those before,
    by the exact conditional test: of all failures so far, those in the last stretch are binomial with its share of
    the exposure. With a known rate they are Poisson. Each period may claim the same share of the false alarms. As counts
    are whole, a test errs less often than the p-value that it alarms at, and a cell with few failures so far hardly ever;
    what such tests cannot claim goes to the others: the p-value to alarm at is the largest for which the chances of all
    tests of the period, given the failures of each cell so far, add up to no more than its share. That holds whatever the
    rates are, and for the cells that do not rise among others that do. As stretches overlap, there are still fewer
    false alarms than allowed (measured in ``fracas/docs/alarm.md``, with the delays to detection).

    Wu and Meeker spread the false alarms over the periods in the same way, with rates known and cells by month of
    production; a rate that must be learned from the past is what a tracker has.

    References
    ----------
    Wu, H. and Meeker, W. Q. (2002). Early detection of reliability problems using information from warranty databases.
    *Technometrics* 44, 120-133.

    Examples
    --------
    >>> quiet, worse = [2, 1, 3, 2, 2, 1, 2, 3, 2, 1, 2, 2, 2, 1], [2, 1, 3, 2, 2, 1, 2, 3, 2, 1, 2, 2, 9, 12]
    >>> found = rising_rate_alarm([quiet, worse], labels=["PS-55", "CMP-7"])
    >>> found.alarm.tolist(), found.period.tolist(), found.ratio.round(1).tolist()
    ([False, True], [-1, 12], [0.8, 4.7])
    """
    tail_probabilities(confidence)
    if not (math.isfinite(false_alarms) and false_alarms > 0):
        raise InvalidData(f"false_alarms must be a positive number, not {false_alarms!r}")
    failures, exposed = _checked(counts, exposure)
    cells, periods = failures.shape
    watched = periods - history
    if history < 0 or watched < 1 or history != int(history):
        raise InvalidData(f"history must leave a period to watch of the {periods}, not be {history!r}")
    planned = watched if horizon is None else horizon
    if planned < watched or planned != int(planned):
        raise InvalidData(f"horizon must be at least the {watched} periods watched, not {horizon!r}")
    names = tuple(str(label) for label in (range(cells) if labels is None else labels))
    if len(names) != cells:
        raise InvalidData(f"there are {len(names)} labels for {cells} cells")
    known = None if rate is None else _rates(rate, cells)
    _refuse_too_many(failures, exposed, known)
    stretches = [w for w in LOOKBACKS if w <= planned]
    tests = cells * planned * len(stretches)
    p, best, thresholds = _p_values(failures, exposed, history, stretches, known, false_alarms / planned)
    alarms = p <= thresholds
    raised = np.asarray(alarms.any(axis=1))
    first = np.where(raised, alarms.argmax(axis=1), watched - 1)
    at = np.arange(cells), first
    period, lookback = history + first, best[at]
    seen, share, before = _stretch(failures, exposed, period, lookback)
    ratio, lower, expected = _ratios(seen, share, before, known, 1.0 - confidence)
    facts = failures.tobytes() + exposed.tobytes() + repr((history, false_alarms, planned)).encode()
    facts += b"" if known is None else known.tobytes()
    return RisingRates(
        method="known rate, Poisson" if known is not None else "conditional binomial",
        unit=unit,
        confidence=confidence,
        counts=Counts(records=cells, failures=int(failures.sum())),
        exposure=float(exposed.sum()),
        fingerprint=hashlib.sha256(facts).hexdigest(),
        labels=names,
        alarm=raised,
        period=np.where(raised, period, -1).astype(np.int64),
        lookback=lookback.astype(np.int64),
        p_value=p[at],
        failures=seen,
        expected=expected,
        ratio=ratio,
        ratio_lower=lower,
        threshold=float(thresholds[-1]),
        thresholds=thresholds,
        tests=tests,
        false_alarms=float(false_alarms),
    )


def _p_values(
    failures: FloatArray,
    exposed: FloatArray,
    history: int,
    stretches: list[int],
    known: FloatArray | None,
    budget: float,
) -> tuple[FloatArray, NDArray[np.intp], FloatArray]:
    """Smallest p-value of each cell at the end of each period watched, the stretch that has it, and which to alarm at."""
    total, sum_exposed = (_cumulated(values) for values in (failures, exposed))
    cells, periods = failures.shape
    ends = np.arange(history + 1, periods + 1)
    smallest = np.ones((cells, ends.size))
    best = np.full((cells, ends.size), stretches[0], dtype=np.intp)
    laws, periods_of = [np.zeros((2, 0))], [np.zeros(0, dtype=np.intp)]
    for w in stretches:
        begins = ends - w
        # A stretch needs a past to be compared with, unless the rate is known; then the history is no concern of it.
        inside = begins >= (history if known is not None else 1)
        if not inside.any():
            continue
        b, e = begins[inside], ends[inside]
        seen, share = total[:, e] - total[:, b], sum_exposed[:, e] - sum_exposed[:, b]
        if known is not None:
            law = np.stack([known[:, None] * share, np.zeros(share.shape)])
        else:
            before = sum_exposed[:, b]
            with np.errstate(invalid="ignore", divide="ignore"):
                part = np.where(before > 0, share / (share + before), 1.0)
            law = np.stack([total[:, e], part])
        p = np.where(seen > 0, _tail(np.maximum(seen, 1.0), law, known is not None), 1.0)
        clearer = p < smallest[:, inside]
        smallest[:, inside] = np.where(clearer, p, smallest[:, inside])
        best[:, inside] = np.where(clearer, w, best[:, inside])
        laws.append(law.reshape(2, -1))
        periods_of.append(np.broadcast_to(np.flatnonzero(inside), seen.shape).ravel())
    law, of = np.concatenate(laws, axis=1), np.concatenate(periods_of)
    return smallest, best, _thresholds(law, of, ends.size, known is not None, budget)


def _tail(count: FloatArray, law: FloatArray, poisson: bool) -> FloatArray:
    """Chance of so many failures (at least 1) or more: Poisson of a mean, or binomial of a total and a share."""
    if poisson:
        return np.asarray(gammainc(count, law[0]))
    possible = betainc(count, np.maximum(law[0] - count, 0.0) + 1.0, law[1])
    return np.where(count <= law[0], possible, 0.0)


def _tail_of_fewer(count: FloatArray, law: FloatArray, poisson: bool) -> FloatArray:
    return np.where(count > 1.0, _tail(np.maximum(count - 1.0, 1.0), law, poisson), np.inf)


def _thresholds(
    law: FloatArray, period: NDArray[np.intp], periods: int, poisson: bool, budget: float
) -> FloatArray:
    """Largest p-value of each period at which its tests, together, err with a chance of no more than the budget."""
    lowest = budget / np.maximum(np.bincount(period, minlength=periods), 1)
    # Tests with the same law are many where cells have the same exposure.
    order = np.lexsort((law[1], law[0], period))
    law, period = law[:, order], period[order]
    first = np.flatnonzero(np.append(True, np.any(np.diff(law), axis=0) | (np.diff(period) > 0)))
    same = np.diff(np.append(first, period.size)).astype(float)
    law, period = law[:, first], period[first]
    able = law[0] > 0 if poisson else (law[0] > 0) & (law[1] > 0) & (law[1] < 1)
    law, period, same = law[:, able], period[able], same[able]
    # Tests alarm at so many failures at the lowest threshold; a higher one adds the counts below, one after the other.
    surely = np.minimum(1.0 - lowest, 1.0 - 1e-12)[period]
    below = pdtrik(surely, law[0]) if poisson else bdtrik(surely, law[0], law[1])
    count = np.ceil(np.nan_to_num(below)) + 1.0
    while np.any(high := (chance := _tail(count, law, poisson)) > lowest[period]):
        count += high
    base = np.bincount(period, weights=same * chance, minlength=periods)
    spent, ceiling = base.copy(), 2.0 * lowest
    steps, gains, of = [np.zeros(0)], [np.zeros(0)], [period[:0]]
    more = _tail_of_fewer(count, law, poisson)
    while count.size:
        going = more <= np.minimum(ceiling, budget)[period]
        if going.any():
            steps.append(more[going])
            gains.append(((more - chance) * same)[going])
            of.append(period[going])
            spent += np.bincount(of[-1], weights=gains[-1], minlength=periods)
            count[going] -= 1.0
            chance[going] = more[going]
            more[going] = _tail_of_fewer(count[going], law[:, going], poisson)
        else:
            on = ((spent <= budget) & (ceiling < budget))[period]
            law, period, same = law[:, on], period[on], same[on]
            count, chance, more = count[on], chance[on], more[on]
            ceiling *= 2.0
    step, gain, within = np.concatenate(steps), np.concatenate(gains), np.concatenate(of)
    order = np.lexsort((step, within))
    step, gain, within = step[order], gain[order], within[order]
    before = np.append(0.0, np.cumsum(np.bincount(within, weights=gain, minlength=periods)))[within]
    total = base[within] + np.cumsum(gain) - before
    # Equal steps are one: all of them or none.
    last = np.append((np.diff(step) > 0) | (np.diff(within) > 0), True)[: step.size]
    found: FloatArray = lowest.copy()
    np.maximum.at(found, within[last & (total <= budget)], step[last & (total <= budget)])
    return found


def _cumulated(values: FloatArray) -> FloatArray:
    total: FloatArray = np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(values, axis=1)], axis=1)
    return total


def _stretch(
    failures: FloatArray, exposed: FloatArray, period: NDArray[np.intp], lookback: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Failures and exposure of the stretch that ends with each cell's period, and those before it."""
    total, sum_exposed = (_cumulated(values) for values in (failures, exposed))
    rows = np.arange(failures.shape[0])
    begin, end = np.maximum(period + 1 - lookback, 0), period + 1
    return (
        total[rows, end] - total[rows, begin],
        sum_exposed[rows, end] - sum_exposed[rows, begin],
        (total[rows, begin], sum_exposed[rows, begin]),
    )


def _ratios(
    seen: FloatArray,
    share: FloatArray,
    before: tuple[FloatArray, FloatArray],
    known: FloatArray | None,
    tail: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ratio of the rate in a stretch to the rate before, its lower bound, and the failures expected in the stretch."""
    past, past_exposed = before
    with np.errstate(invalid="ignore", divide="ignore"):
        if known is not None:
            expected = known * share
            lower = np.where(seen > 0, gammaincinv(np.maximum(seen, 1.0), tail), 0.0) / expected
            return seen / expected, lower, expected
        expected = np.where(past_exposed > 0, past / past_exposed * share, np.nan)
        odds = betaincinv(np.maximum(seen, 1.0), past + 1.0, tail)
        lower = np.where(seen > 0, odds / (1.0 - odds) * past_exposed / share, 0.0)
        ratio = np.where(past > 0, seen / expected, np.nan)
    return ratio, lower, expected


def _checked(counts: ArrayLike, exposure: ArrayLike) -> tuple[FloatArray, FloatArray]:
    try:
        failures = np.atleast_2d(as_floats(counts))
        exposed = np.array(np.broadcast_to(as_floats(exposure), failures.shape))
    except (TypeError, ValueError) as error:
        raise InvalidData(
            f"counts and exposure must be numbers of one shape (cells, periods): {error}"
        ) from error
    if failures.ndim != 2 or failures.size == 0:
        raise InvalidData(f"counts must be of the shape (cells, periods), not {failures.shape}")
    for bad, message in (
        (
            ~np.isfinite(failures) | (failures < 0) | (failures != np.floor(failures)),
            "counts must be whole numbers of at least 0",
        ),
        (~np.isfinite(exposed) | (exposed < 0), "exposure must be at least 0"),
        ((exposed == 0) & (failures > 0), "failures in a period without exposure"),
    ):
        rows = np.flatnonzero(bad.any(axis=1))
        if rows.size:
            column = int(np.flatnonzero(bad[rows[0]])[0])
            raise InvalidData(f"row {rows[0]}, period {column}: {message}", rows.tolist())
    return failures, exposed


def _rates(rate: ArrayLike, cells: int) -> FloatArray:
    try:
        known = np.array(np.broadcast_to(as_floats(rate), (cells,)))
    except (TypeError, ValueError) as error:
        raise InvalidData(f"rate must be one number, or one for each of {cells} cells: {error}") from error
    bad = np.flatnonzero(~(np.isfinite(known) & (known > 0)))
    if bad.size:
        raise InvalidData(f"row {bad[0]}: a known rate must be a positive number", bad.tolist())
    return known


def _refuse_too_many(failures: FloatArray, exposed: FloatArray, known: FloatArray | None) -> None:
    most = failures.sum(axis=1)
    if known is not None:
        with np.errstate(over="ignore"):
            most = np.maximum(most, known * exposed.sum(axis=1))
    beyond = np.flatnonzero(most > MOST_FAILURES)
    if beyond.size:
        raise InvalidData(
            f"row {beyond[0]}: {most[beyond[0]]:g} failures counted, or expected at the known rate, are more than the "
            f"{MOST_FAILURES:g} that single counts are told apart up to; check the units of the rate and of the exposure",
            beyond.tolist(),
        )
