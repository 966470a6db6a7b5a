"""How often a part that is replaced as new fails within a horizon: renewal counts on a grid.

The number of replacements N of one position is found from P(N >= k), where each count follows from the one
below it by a convolution with the life distribution. The convolution integral is taken against the increments
of F, never against a density, so that shapes below 1 (infinite density at age 0) are no special case.
"""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import toeplitz

from analytics.errors import InvalidData
from analytics.results import FloatArray

# Counts of one position beyond this are lumped at it; a position that fails so often is no subject for a
# forecast.
MOST_REPLACEMENTS = 400
# A chance of more failures than that, from which on their lumping would show in a mean.
LIKELY = 1e-6
# Positions times grid cells handled at once.
BLOCK_CELLS = 500_000
# A count less likely than this is as good as impossible.
NEGLIGIBLE = 1e-13
# Less use than this is none: a grid of it would be finer than floats are.
LEAST_USE = 1e-300


@runtime_checkable
class LifeModel(Protocol):
    """What the renewal functions ask of a distribution; every fit of this library answers it."""

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        """-log of the reliability at age `t`."""
        ...

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p` has failed."""
        ...


def renewal_function(model: LifeModel, time: float) -> float:
    r"""Expected number of failures in (0, time] of one position that is renewed at every failure.

    Parameters
    ----------
    model : LifeModel
        Distribution of life, for instance a `WeibullFit`.
    time : float
        Length of the period, in the unit of the model, at least 0; the first part is new at its beginning.

    Returns
    -------
    float
        Relative error below about 1e-7 for Weibull shapes of 1 and above.

    Raises
    ------
    InvalidData
        If `time` is negative or not finite, or so long that more than 400 failures are likely.

    Notes
    -----
    Solves :math:`M(t) = F(t) + \int_0^t M(t - u)\,dF(u)` as :math:`M = \sum_k P(N \ge k)` on grids of three
    widths, and extrapolates to width zero (Richardson).

    References
    ----------
    Xie, M. (1989). On the solution of renewal-type integral equations. *Communications in Statistics:
    Simulation and Computation* 18, 281-293.

    Examples
    --------
    >>> from analytics import LifeData, fit_exponential
    >>> fit = fit_exponential(LifeData([100.0, 300.0, 1000.0], [1, 1, 0]))
    >>> round(renewal_function(fit, 2 * fit.theta), 6)
    2.0
    """
    if not (np.isfinite(time) and time >= 0):
        raise InvalidData(f"time must be at least 0, not {time!r}")
    if time == 0:
        return 0.0
    steps = grid_steps(model, time, 512, 4096)
    curves = (_exceedance(model, time, steps * k, all_counts=True) for k in (1, 2, 4))
    coarse, medium, fine = (float(curve[:, -1].sum()) for curve in curves)
    # The error falls with the square of the width, then with its third power.
    first, second = medium + (medium - coarse) / 3, fine + (fine - medium) / 3
    return second + (second - first) / 7


def replacement_probabilities(
    model: LifeModel,
    ages: FloatArray,
    usage: FloatArray,
    *,
    steps: int | None = None,
    all_counts: bool = False,
) -> FloatArray:
    """Probabilities of 0, 1, 2, ... failures of each position while it accrues its usage, renewed at each
    failure.

    Parameters
    ----------
    model : LifeModel
        Distribution of life.
    ages, usage : ndarray of float, shape (n,)
        Age of the part now in each position (it has survived to it), and the usage to come, in the unit of
        the model.
    steps : int, optional
        Width of the grid as a division of the largest usage; chosen from the spread of the distribution when
        not given.
    all_counts : bool
        Refuse a position that would fail more than 400 times, rather than count its failures up to there.

    Returns
    -------
    ndarray, shape (n, k)
        Rows sum to 1; k is as large as needed for what is left out to be negligible.
    """
    horizon = float(np.max(usage, initial=0.0))
    if horizon < LEAST_USE:
        return np.ones((ages.size, 1))
    steps = steps or grid_steps(model, horizon, 24, 1024)
    exceedance = _exceedance(model, horizon, steps, all_counts=all_counts)
    at_least = np.ones((ages.size, exceedance.shape[0] + 1))
    block = max(1, BLOCK_CELLS // steps)
    for begin in range(0, ages.size, block):
        rows = slice(begin, begin + block)
        at_least[rows, 1:] = _exceedance_at_ages(model, exceedance, ages[rows], usage[rows], horizon / steps)
    chances: FloatArray = -np.diff(at_least, axis=1, append=0.0)
    return np.maximum(chances, 0.0)


def grid_steps(model: LifeModel, horizon: float, least: int, most: int) -> int:
    """Grid divisions of the horizon that resolve the spread of the distribution."""
    spread = float(np.diff(model.quantile([0.25, 0.75]))[0])
    return int(np.clip(np.ceil(16 * horizon / max(spread, horizon / most)), least, most))


def _exceedance(model: LifeModel, horizon: float, steps: int, *, all_counts: bool = False) -> FloatArray:
    """P(N(t) >= k) of a new part for k = 1, 2, ... (rows) on a grid of t from 0 to the horizon (columns)."""
    failed = -np.expm1(-model.cumulative_hazard(np.arange(steps + 1) * (horizon / steps)))
    length = next_fast_len(2 * steps, real=True)
    transform = rfft(np.diff(failed), length)
    rows = [failed]
    while rows[-1][-1] > NEGLIGIBLE and len(rows) < MOST_REPLACEMENTS:
        middles = (rows[-1][:-1] + rows[-1][1:]) / 2
        folded = irfft(transform * rfft(middles, length), length)[:steps]
        # The transform leaves rounding noise of either sign where the true value is tiny.
        rows.append(np.concatenate([[0.0], np.clip(folded, 0.0, rows[-1][1:])]))
    if all_counts and len(rows) == MOST_REPLACEMENTS and rows[-1][-1] > LIKELY:
        raise InvalidData(
            f"a position would fail more than {MOST_REPLACEMENTS} times within {horizon:g}; check ages, horizon and units"
        )
    return np.array(rows)


def _exceedance_at_ages(
    model: LifeModel, exceedance: FloatArray, ages: FloatArray, usage: FloatArray, width: float
) -> FloatArray:
    """P(N >= k) for k = 1, 2, ... (columns) of positions whose part has an age: rows as `ages`."""
    steps = exceedance.shape[1] - 1
    # Failure of the part now in place, between the grid points, given that it has reached its age.
    spent = np.minimum(np.arange(steps + 1) * width, usage[:, None])
    hazard = model.cumulative_hazard(ages[:, None] + spent) - model.cumulative_hazard(ages)[:, None]
    first_failure = np.diff(-np.expm1(-hazard), axis=1)
    # After a failure in the middle of cell j there remain (usage / width - 0.5) - j cells, which end at the same share of
    # a cell whichever j: with the cells of each position counted back from there, interpolation is two products.
    left = usage / width - 0.5
    whole = np.floor(left)
    back = whole.astype(np.intp)[:, None] - np.arange(steps)
    in_turn = np.where(back >= 0, np.take_along_axis(first_failure, np.maximum(back, 0), axis=1), 0.0)
    share = (left - whole)[:, None]
    later = (in_turn @ exceedance[:-1, :-1].T) * (1 - share) + (in_turn @ exceedance[:-1, 1:].T) * share
    return np.column_stack([-np.expm1(-hazard[:, -1]), later])


def expected_replacements(
    model: LifeModel,
    ages: FloatArray,
    reached: FloatArray,
    *,
    steps: int | None = None,
    all_counts: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Expected failures of each position by the times that its use is given for, renewed at each failure.

    Parameters
    ----------
    model : LifeModel
        Distribution of life.
    ages : ndarray of float, shape (n,)
        Age of the part now in each position.
    reached : ndarray of float, shape (n, k)
        Use of each position by each time, rising from 0.
    steps, all_counts
        As for `replacement_probabilities`.

    Returns
    -------
    expected : ndarray, shape (n, k)
        Expected failures by each time.
    again : ndarray, shape (n, k - 1)
        Expected failures of a new part until the end of a period between two times, put in at an even chance
        anywhere in it.
    """
    horizon = float(np.max(reached, initial=0.0))
    if horizon < LEAST_USE:
        return np.zeros(reached.shape), np.zeros((reached.shape[0], reached.shape[1] - 1))
    steps = steps or grid_steps(model, horizon, 48, 1024)
    width = horizon / steps
    renewals = _exceedance(model, horizon, steps, all_counts=all_counts).sum(axis=0)
    middles = (renewals[:-1] + renewals[1:]) / 2
    # Column g holds, for a failure in each cell, the renewals expected from its middle to grid point g + 1.
    later = np.triu(toeplitz(np.zeros(steps), middles) + np.diag(np.full(steps, middles[0])))
    expected = np.empty(reached.shape)
    block = max(1, BLOCK_CELLS // steps)
    for begin in range(0, ages.size, block):
        rows = slice(begin, begin + block)
        grown = ages[rows, None] + np.arange(steps + 1) * width
        failed = -np.expm1(model.cumulative_hazard(ages[rows])[:, None] - model.cumulative_hazard(grown))
        failed[:, 1:] += np.diff(failed, axis=1) @ later
        expected[rows] = _between_grid_points(failed, reached[rows] / width)
    total = np.concatenate([[0.0], np.cumsum(middles)]) * width
    period = np.diff(reached, axis=1)
    area = _between_grid_points(np.broadcast_to(total, (ages.size, total.size)), period / width)
    return expected, area / np.where(period > 0, period, 1.0)


def _between_grid_points(values: FloatArray, at: FloatArray) -> FloatArray:
    below = np.minimum(at.astype(np.intp), values.shape[1] - 2)
    share = at - below
    rows = np.arange(values.shape[0])[:, None]
    found: FloatArray = values[rows, below] * (1 - share) + values[rows, below + 1] * share
    return found
