"""The likelihood of life data under any family, with its exact derivatives."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.families import Family
from analytics.jets import Jet, Value, log1mexp, variables
from analytics.lifedata import EXACT, LEFT_CENSORED, RIGHT_CENSORED, LifeData
from analytics.results import FloatArray

# An interval so narrow, against its own age, is a density times its width; the difference of two survival
# probabilities would be rounding only.
NARROW = 1e-6
# A lower end this unlikely (log probability) is no lower end.
IMPOSSIBLE = -500.0

# Log-likelihood terms, their weights and the records that they come from.
Terms = tuple[Value, FloatArray, NDArray[np.intp]]


@dataclass(frozen=True)
class At:
    """A log-likelihood at a point, with its gradient and Hessian by the working parameters."""

    theta: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray


class LifeLikelihood:
    """Log-likelihood of exact, censored and truncated records.

    An exact failure adds log f(t), a survivor log S(t), an interval log(S(a) - S(c)); delayed entry subtracts log S(entry),
    right truncation log(S(entry) - S(truncated_above)). An age of 0 is where nothing has failed yet, in any family.

    Parameters
    ----------
    family : Family
    data : LifeData
    factor : float
        Ages are divided by this, which moves the log-likelihood by a constant (kept out).
    """

    def __init__(self, family: Family, data: LifeData, factor: float = 1.0) -> None:
        self.family = family
        time, event, entry, count = data.time, data.event, data.entry, data.count
        truncated = np.isfinite(data.truncated_above)
        exact, inexact = event == EXACT, event >= LEFT_CENSORED
        low, high = data.failure_intervals()
        doubly = (event == RIGHT_CENSORED) & truncated
        start = np.concatenate([low[inexact], time[doubly], entry[truncated]]) / factor
        end = np.concatenate([high[inexact], data.truncated_above[doubly], data.truncated_above[truncated]])
        end = end / factor
        weight = np.concatenate([count[inexact], count[doubly], -count[truncated]])
        is_narrow = end - start < NARROW * end
        width = (end - start)[is_narrow]
        row = np.arange(len(data))
        rows = np.concatenate([row[inexact], row[doubly], row[truncated]])

        self._exact = np.concatenate([time[exact] / factor, ((start + end) / 2.0)[is_narrow]])
        self._exact_weight = np.concatenate([count[exact], weight[is_narrow]])
        self._exact_rows = np.concatenate([row[exact], rows[is_narrow]])
        self._constant = float(weight[is_narrow] @ np.log(width))
        # A survivor of no length was never at risk.
        lived = ~((event == RIGHT_CENSORED) & (time <= entry)) & ~truncated
        survived, late = (event == RIGHT_CENSORED) & lived, (entry > 0) & lived
        # An exact failure at its own age of entry is kept in full: f(t) / S(entry).
        self._end = np.concatenate([time[survived], entry[late]]) / factor
        self._end_weight = np.concatenate([count[survived], -count[late]])
        self._end_rows = np.concatenate([row[survived], row[late]])
        self._start, self._stop = start[~is_narrow], end[~is_narrow]
        self._interval_weight, self._interval_rows = weight[~is_narrow], rows[~is_narrow]

    def value(self, theta: Sequence[float] | FloatArray) -> float:
        """Log-likelihood; minus infinity where it is not a number."""
        with np.errstate(all="ignore"):
            total = self._total([np.atleast_1d(float(value)) for value in theta])
        found = float(total[0])
        return found if np.isfinite(found) else -np.inf

    def derivatives(self, theta: Sequence[float] | FloatArray) -> At:
        """Log-likelihood with gradient and Hessian."""
        with np.errstate(all="ignore"):
            total = self._total(variables([float(value) for value in theta]))
        return At(
            np.array(theta, dtype=float),
            float(total.value[0]),
            total.gradient[:, 0],
            total.hessian[:, :, 0],
        )

    def _total(self, theta: Sequence[Value]) -> Value:
        total = self._constant + 0.0 * theta[0]
        for terms, weight, _ in self._terms(theta):
            total = total + _sum(terms, weight)
        return total

    def _of(self, theta: Sequence[Value], rows: NDArray[np.intp]) -> Sequence[Value]:
        """The parameters of these records; here all have the same."""
        return theta

    def _terms(self, theta: Sequence[Value]) -> Iterator[Terms]:
        if self._exact.size:
            own = self._of(theta, self._exact_rows)
            yield self.family.log_density(self._exact, own), self._exact_weight, self._exact_rows
        if self._end.size:
            own = self._of(theta, self._end_rows)
            yield self.family.log_survival(self._end, own), self._end_weight, self._end_rows
        if self._start.size:
            yield from self._interval_terms(theta)

    def _interval_terms(self, theta: Sequence[Value]) -> Iterator[Terms]:
        """Log probability of each interval, from the tail in which its digits are kept."""
        plain = [getattr(value, "value", value) for value in self._of(theta, self._interval_rows)]
        family, start, stop = self.family, np.where(self._start > 0, self._start, 1.0), self._stop
        below = np.where(self._start > 0, family.log_failure(start, plain), -np.inf)
        from_first, to_last = below < IMPOSSIBLE, family.log_survival(stop, plain) < IMPOSSIBLE
        is_lower = below < np.log(0.5)
        ways: list[tuple[NDArray[np.bool_], Callable[[FloatArray, FloatArray, Sequence[Value]], Value]]] = [
            (from_first & ~to_last, lambda a, c, own: family.log_failure(c, own)),
            (to_last & ~from_first, lambda a, c, own: family.log_survival(a, own)),
            (is_lower & ~from_first & ~to_last, lambda a, c, own: _between(family.log_failure, c, a, own)),
            (~is_lower & ~to_last, lambda a, c, own: _between(family.log_survival, a, c, own)),
        ]
        for is_here, term in ways:
            if is_here.any():
                rows = self._interval_rows[is_here]
                terms = term(self._start[is_here], stop[is_here], self._of(theta, rows))
                yield terms, self._interval_weight[is_here], rows


def _between(
    tail: Callable[..., Value], inner: FloatArray, outer: FloatArray, theta: Sequence[Value]
) -> Value:
    """Log of the difference of a tail probability at two ages, the larger first."""
    larger = tail(inner, theta)
    return larger + log1mexp(larger - tail(outer, theta))


def _sum(value: Value, weight: FloatArray) -> Value:
    if isinstance(value, Jet):
        return value.weighted_sum(weight)
    return np.atleast_1d(value @ weight)
