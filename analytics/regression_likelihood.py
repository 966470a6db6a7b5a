"""The likelihood of lives whose location moves with what each of them went through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.families import Family
from analytics.jets import Jet, Value, variables
from analytics.lifedata import LifeData
from analytics.likelihood import At, LifeLikelihood
from analytics.results import FloatArray


@dataclass(frozen=True)
class Design:
    """What moves the location of each record: `offset`, which is known, plus `columns` times the slopes.

    Attributes
    ----------
    offset : ndarray, shape (n,)
    columns : ndarray, shape (n, p)
    """

    offset: FloatArray
    columns: FloatArray


class RegressionLikelihood(LifeLikelihood):
    """Log-likelihood by the parameters of a family, whose first is the location, followed by the slopes.

    Each record is differentiated by the few parameters of its own distribution; the chain rule to the slopes is then a
    product of matrices, whatever their number.

    Parameters
    ----------
    family : Family
        Of k parameters, the first its location on its working scale.
    data : LifeData
    design : Design
    factor : float
        As for `LifeLikelihood`.
    """

    def __init__(self, family: Family, data: LifeData, design: Design, factor: float = 1.0) -> None:
        super().__init__(family, data, factor)
        self._size = len(family.parameters)
        self._offset = design.offset
        self._columns = np.column_stack([np.ones(len(data)), design.columns])

    def value(self, theta: Sequence[float] | FloatArray) -> float:
        """Log-likelihood; minus infinity where it is not a number."""
        location, *others = self._own(theta)
        with np.errstate(all="ignore"):
            parts = [terms @ weight for terms, weight, _ in self._terms([location, *others])]
        found = float(self._constant + sum(parts))
        return found if np.isfinite(found) else -np.inf

    def derivatives(self, theta: Sequence[float] | FloatArray) -> At:
        """Log-likelihood with gradient and Hessian."""
        size, total = self._size, len(theta)
        location, *others = self._own(theta)
        first, *rest = variables([0.0, *(float(value[0]) for value in others)])
        ones = np.ones_like(location)
        moving = [Jet(location, first.gradient * ones, first.hessian * ones), *rest]
        at, others_at = [0, *range(size, total)], list(range(1, size))
        value, gradient, hessian = self._constant, np.zeros(total), np.zeros((total, total))
        with np.errstate(all="ignore"):
            for terms, weight, rows in self._terms(moving):
                columns = self._columns[rows]
                slope, bend = terms.gradient * weight, terms.hessian * weight
                value += float(terms.value @ weight)
                gradient[at] += slope[0] @ columns
                gradient[others_at] += slope[1:].sum(axis=1)
                hessian[np.ix_(at, at)] += (columns.T * bend[0, 0]) @ columns
                crossed = bend[0, 1:] @ columns
                hessian[np.ix_(others_at, at)] += crossed
                hessian[np.ix_(at, others_at)] += crossed.T
                hessian[np.ix_(others_at, others_at)] += bend[1:, 1:].sum(axis=2)
        return At(np.array(theta, dtype=float), value, gradient, hessian)

    def _own(self, theta: Sequence[float] | FloatArray) -> list[FloatArray]:
        """The location of each record, and the other parameters of the family."""
        values = np.asarray(theta, dtype=float)
        location = self._offset + self._columns @ np.concatenate([values[:1], values[self._size :]])
        return [location, *(np.atleast_1d(value) for value in values[1 : self._size])]

    def _of(self, theta: Sequence[Value], rows: NDArray[np.intp]) -> Sequence[Any]:
        return [theta[0][rows], *theta[1:]]
