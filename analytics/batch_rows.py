"""The loops over rows of samples side by side that numba compiles: what it sees as single instructions.

All but the first two take addresses, and give back the number of rows. Where a number is written for each lane, the next row of
numbers follows `GROUP` behind.
"""

from typing import Any

from numba import types
from numba.extending import intrinsic

from analytics.batch_lanes import LANES, Lanes, Row, row_loop, side_by_side

# Samples searched together: between their passes the processor works on the steps of all.
BLOCKS = 2
GROUP = BLOCKS * LANES
# Stands for a record that a lane lacks: its exponential is as good as 0, whatever beta.
FAR_BELOW = -1e15


def _add_powers(lanes: Lanes, beta: Any, values: list[Any], sums: list[Any]) -> list[Any]:
    x, *weight = values
    h = lanes.exp(lanes.builder.fmul(beta, x))
    for each in weight:
        h = lanes.builder.fmul(h, each)
    hx = lanes.builder.fmul(h, x)
    return [lanes.plus(sums[0], h), lanes.plus(sums[1], hx), lanes.plus(sums[2], lanes.times(hx, x))]


def _generate_powers(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    *columns, rows, beta, sums = given
    lanes = Lanes(builder, LANES)
    each = lanes.load(beta)
    totals = row_loop(
        lanes, rows, 3, lambda row, sums: _add_powers(lanes, each, [row.load(c) for c in columns], sums)
    )
    lanes.store_each(sums, totals, GROUP)
    return rows


def _generate_largest(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    signed, rows, largest = given
    lanes = Lanes(builder, LANES)
    found = row_loop(lanes, rows, 1, lambda row, sums: [lanes.larger(lanes.size(row.load(signed)), sums[0])])
    lanes.store_each(largest, found, GROUP)
    return rows


def _generate_logs(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    column, rows, scale, sums = given
    lanes = Lanes(builder, LANES)
    largest, nothing, one = lanes.load(scale), lanes.number(0.0), lanes.number(1.0)
    # Multiplied, which takes a fraction of the time; first by a power of two that keeps the inverse a number.
    even = builder.select(
        builder.fcmp_ordered(">", largest, lanes.number(2.0**500)), lanes.number(2.0**-500), one
    )
    even = builder.select(
        builder.fcmp_ordered("<", largest, lanes.number(2.0**-500)), lanes.number(2.0**500), even
    )
    inverse = builder.fdiv(one, builder.fmul(largest, even))

    def body(row: Row, sums: list[Any]) -> list[Any]:
        signed = row.load(column)
        age, failed = lanes.size(signed), builder.fcmp_ordered(">", signed, nothing)
        there = builder.fcmp_ordered(">", age, nothing)
        x = lanes.log(builder.fmul(builder.fmul(age, even), inverse))
        row.store(column, builder.select(there, x, lanes.number(FAR_BELOW)))
        x = builder.select(there, x, nothing)
        return [
            lanes.plus(sums[0], builder.select(failed, one, nothing)),
            lanes.plus(sums[1], builder.select(failed, x, nothing)),
            lanes.plus(sums[2], builder.select(there, one, nothing)),
            lanes.plus(sums[3], x),
            lanes.plus(sums[4], lanes.times(x, x)),
            lanes.plus(sums[5], age),
        ]

    lanes.store_each(sums, row_loop(lanes, rows, 6, body), GROUP)
    return rows


def _generate_side_by_side(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    side_by_side(Lanes(builder, LANES), *given)
    return given[3]


def _generate_exp(_context: Any, z: Any) -> Any:
    return types.float64(z), lambda _c, builder, _s, given: Lanes(builder, 1).exp(given[0])


def _generate_log(_context: Any, v: Any) -> Any:
    return types.float64(v), lambda _c, builder, _s, given: Lanes(builder, 1).log(given[0])


# The exponential of a number between -707 and 709, and the logarithm of a positive number.
exp: Any = intrinsic(_generate_exp)
log: Any = intrinsic(_generate_log)
# Sums of exp(beta x) x^k, k = 0, 1, 2, over rows of x; and the same with weights.
powers: Any = intrinsic(
    lambda _context, x, rows, beta, sums: (types.int64(x, rows, beta, sums), _generate_powers)
)
weighted_powers: Any = intrinsic(
    lambda _context, x, weight, rows, beta, sums: (types.int64(x, weight, rows, beta, sums), _generate_powers)
)
# Ages, those of survivors negative, 0 for none: the largest; and their logarithms x over a scale, written in their place,
# with failures, sum of x over these, records, sums of x and of x^2, and sum of the ages.
largest: Any = intrinsic(
    lambda _context, signed, rows, largest: (types.int64(signed, rows, largest), _generate_largest)
)
logs: Any = intrinsic(
    lambda _context, signed, rows, scale, sums: (types.int64(signed, rows, scale, sums), _generate_logs)
)
# Pieces of a column of numbers, put side by side.
pieces_side_by_side: Any = intrinsic(
    lambda _context, column, starts, sizes, rows, room, filler: (
        types.int64(column, starts, sizes, rows, room, filler),
        _generate_side_by_side,
    )
)
