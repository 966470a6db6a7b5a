"""Choosing one stock for each of many parts: marginal analysis, and exactly by integer programming.

A part is a table of its possible stocks: what each costs and what is lost with it. Both the parts of one store
(`analytics.spares_budget`) and those of a depot with its bases (`analytics.echelons`) come down to such tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.errors import InvalidData, NotConverged
from analytics.results import FloatArray

IntArray = NDArray[np.int64]

# HiGHS works with absolute tolerances of 1e-7; what is minimised is brought to this size, so that they mean little.
OBJECTIVE_SIZE = 1e4


@dataclass(frozen=True)
class Limit:
    """A bound on the sum, over parts, of what the chosen options take of a resource.

    `use` has one array a part, one entry an option.
    """

    name: str
    use: Sequence[FloatArray]
    at_most: float


@dataclass(frozen=True)
class Steps:
    """The efficient choices from the cheapest upwards, one part a step: each buys the most for its cost.

    Attributes
    ----------
    part, option : ndarray of int, shape (steps,)
        Which part moves to which of its options.
    cost, gain : ndarray of float, shape (steps,)
        What the step costs and by how much it lowers the loss.
    """

    part: IntArray
    option: IntArray
    cost: FloatArray
    gain: FloatArray


def efficient_options(cost: FloatArray, loss: FloatArray) -> IntArray:
    """Options of one part on its lower convex hull of loss against cost, from the cheapest to the least loss.

    Between two of them, the steps of marginal analysis never skip a better one.
    """
    kept: list[int] = []
    for k in np.lexsort((loss, cost)):
        if kept and loss[k] >= loss[kept[-1]]:
            continue
        while kept and cost[k] <= cost[kept[-1]]:
            kept.pop()
        while len(kept) > 1 and _slope(cost, loss, kept[-2], kept[-1]) >= _slope(cost, loss, kept[-1], k):
            kept.pop()
        kept.append(int(k))
    return np.array(kept)


def _slope(cost: FloatArray, loss: FloatArray, a: int, b: int) -> float:
    return float((loss[b] - loss[a]) / (cost[b] - cost[a]))


def efficient_steps(costs: Sequence[FloatArray], losses: Sequence[FloatArray]) -> tuple[IntArray, Steps]:
    """Where each part starts (its cheapest efficient option), and the steps of all parts by gain per cost."""
    hulls = [efficient_options(*table) for table in zip(costs, losses, strict=True)]
    cost = np.concatenate([np.diff(own[hull]) for own, hull in zip(costs, hulls, strict=True)])
    gain = np.concatenate([-np.diff(own[hull]) for own, hull in zip(losses, hulls, strict=True)])
    part = np.repeat(np.arange(len(hulls)), [hull.size - 1 for hull in hulls])
    option = np.concatenate([hull[1:] for hull in hulls])
    # Within a part the ratios fall, so that a stable sort keeps its steps in order.
    order = np.argsort(-(gain / cost), kind="stable")
    return np.array([hull[0] for hull in hulls]), Steps(part[order], option[order], cost[order], gain[order])


def allocate_exactly(
    minimise: Sequence[FloatArray], limits: Sequence[Limit], *, time_limit: float
) -> tuple[IntArray, float]:
    """Chosen option of each part that minimises the sum, within the limits, by HiGHS; with the relative gap proved.

    Raises
    ------
    InvalidData
        If no choice is within the limits.
    NotConverged
        If no choice was found in `time_limit` seconds.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    for limit in limits:
        needed = float(sum(use.min() for use in limit.use))
        if needed > limit.at_most * (1 + 1e-12) + 1e-12:
            raise InvalidData(
                f"{limit.name} of {limit.at_most:g} is not enough: at least {needed:g} is needed"
            )
    sizes = np.array([one.size for one in minimise])
    owner = np.repeat(np.arange(sizes.size), sizes)
    objective = np.concatenate([one - one.min() for one in minimise])
    spread = float(sum(one.max() - one.min() for one in minimise))
    scale = OBJECTIVE_SIZE / spread if spread > 1e-200 else 1.0
    one_each = csr_array((np.ones(owner.size), (owner, np.arange(owner.size))))
    constraints = [LinearConstraint(one_each, 1.0, 1.0)]
    possible = np.ones(owner.size)
    for limit in limits:
        use = np.concatenate(list(limit.use))
        # An option is out where it breaks the limit beside the least of all others; HiGHS then sees no huge numbers.
        spare = limit.at_most - float(sum(one.min() for one in limit.use))
        least = np.repeat([one.min() for one in limit.use], sizes)
        possible[use - least > max(spare, 0.0) + 1e-9 * abs(limit.at_most)] = 0.0
        size = abs(limit.at_most) or 1.0
        row = csr_array((possible * use / size)[None])
        constraints.append(LinearConstraint(row, -np.inf, limit.at_most / size))
    found = milp(
        scale * objective,
        constraints=constraints,
        integrality=np.ones(owner.size, dtype=np.int64),
        bounds=Bounds(0.0, possible),
        options={"mip_rel_gap": 1e-9, "time_limit": time_limit},
    )
    if found.status == 2:
        raise InvalidData("no choice of stocks is within all the limits together")
    if found.x is None:
        raise NotConverged(f"HiGHS found no choice of stocks: {found.message}")
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chosen = np.array([int(np.argmax(found.x[a : a + n])) for a, n in zip(first, sizes, strict=True)])
    for limit in limits:
        used = float(sum(use[k] for use, k in zip(limit.use, chosen, strict=True)))
        if used > limit.at_most + 1e-6 * abs(limit.at_most):
            raise NotConverged(f"HiGHS left {limit.name} at {used:g}, above {limit.at_most:g}")
    return chosen, float(found.mip_gap or 0.0)
