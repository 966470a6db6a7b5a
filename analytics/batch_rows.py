"""The loops over rows of samples side by side that numba compiles: what it sees as single instructions.

All but the first two take addresses, and all but `changes` give back the number of rows. Where a number is written for each
lane, the next row of numbers follows `GROUP` behind.
"""

from functools import partial
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from analytics.batch_lanes import LANES, SINGLE, WHOLE, Lanes, Row, counted_loop, row_loop, side_by_side

# Samples searched together: between their passes the processor works on the steps of all.
BLOCKS = 2
GROUP = BLOCKS * LANES
# Stands for a record that a lane lacks: its exponential is as good as 0, whatever beta.
FAR_BELOW = -1e15
NOTHING, ONE = ir.Constant(WHOLE, 0), ir.Constant(WHOLE, 1)
# The same in single precision: its exponential times its square must be as good as 0 too.
FAR_BELOW_SINGLE = -1e8


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
        lanes,
        NOTHING,
        rows,
        [lanes.number(0.0)] * 3,
        lambda row, sums: _add_powers(lanes, each, [row.load(c) for c in columns], sums),
    )
    lanes.store_each(sums, totals, GROUP)
    return rows


def _generate_rough_powers(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    *columns, rows, beta, sums = given
    lanes, pair = Lanes(builder, LANES), Lanes(builder, 2 * LANES, SINGLE)
    single = Lanes(builder, LANES, SINGLE)
    each = pair.part(builder.fptrunc(lanes.load(beta), single.real), 0)
    totals = row_loop(
        pair,
        NOTHING,
        builder.lshr(builder.add(rows, ONE), ONE),
        [pair.number(0.0)] * 3,
        lambda row, sums: _add_powers(pair, each, [row.load(c) for c in columns], sums),
    )
    halves = [[builder.fpext(single.part(t, k), lanes.real) for k in (0, LANES)] for t in totals]
    lanes.store_each(sums, [lanes.plus(*both) for both in halves], GROUP)
    return rows


def _generate_single(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    column, rows, least, room = given
    lanes, single = Lanes(builder, LANES), Lanes(builder, LANES, SINGLE)
    floor = lanes.of(least)

    def body(row: Row, _: list[Any]) -> list[Any]:
        value = lanes.larger(row.load(column), floor)
        Row(single, row.number).store(room, builder.fptrunc(value, single.real))
        return []

    row_loop(lanes, NOTHING, rows, [], body)
    Row(single, rows).store(room, builder.fptrunc(floor, single.real))
    return rows


def _generate_largest(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    signed, rows, largest = given
    lanes = Lanes(builder, LANES)
    found = row_loop(
        lanes,
        NOTHING,
        rows,
        [lanes.number(0.0)],
        lambda row, sums: [lanes.larger(lanes.size(row.load(signed)), sums[0])],
    )
    lanes.store_each(largest, found, GROUP)
    return rows


def _generate_logs(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    column, *more, full, rows, scale, sums = given
    weights, entries, entry_weights = more or [None] * 3
    lanes = Lanes(builder, LANES)
    largest, nothing, one = lanes.load(scale), lanes.number(0.0), lanes.number(1.0)
    far_below = lanes.number(FAR_BELOW)
    # Multiplied, which takes a fraction of the time; first by a power of two that keeps the inverse a number.
    even = builder.select(
        builder.fcmp_ordered(">", largest, lanes.number(2.0**500)), lanes.number(2.0**-500), one
    )
    even = builder.select(
        builder.fcmp_ordered("<", largest, lanes.number(2.0**-500)), lanes.number(2.0**500), even
    )
    inverse = builder.fdiv(one, builder.fmul(largest, even))

    def log_share(age: Any) -> Any:
        return lanes.log_of_share(builder.fmul(builder.fmul(age, even), inverse))

    def added(total: Any, value: Any, where: Any) -> Any:
        return builder.select(where, lanes.plus(total, value), total)

    def body(row: Row, sums: list[Any], all_there: bool) -> list[Any]:
        signed = row.load(column)
        age, failed = lanes.size(signed), builder.fcmp_ordered(">", signed, nothing)
        weight = one if weights is None else row.load(weights)
        x = stored = log_share(age)
        exposure, units = age, lanes.plus(sums[2], weight)
        if not all_there:
            there = builder.fcmp_ordered(">", age, nothing)
            units = added(sums[2], weight, there)
            x, stored = builder.select(there, x, nothing), builder.select(there, x, far_below)
        row.store(column, stored)
        weighted_x, others = x, []
        if weights is not None:
            entry, weighted_x = row.load(entries), builder.fmul(weight, x)
            exposure = builder.fmul(weight, builder.fsub(age, entry))
            others = with_entry(row, sums, age, entry, weight, x)
        return [
            added(sums[0], weight, failed),
            added(sums[1], weighted_x, failed),
            units,
            lanes.plus(sums[3], weighted_x),
            lanes.plus(sums[4], lanes.times(weighted_x, x)),
            lanes.plus(sums[5], exposure),
            *others,
        ]

    def with_entry(row: Row, sums: list[Any], age: Any, entry: Any, weight: Any, x: Any) -> list[Any]:
        late, exposed = (builder.fcmp_ordered(">", *pair) for pair in ((entry, nothing), (age, entry)))
        y = log_share(entry)
        row.store(entries, builder.select(late, y, far_below))
        row.store(entry_weights, builder.select(late, weight, nothing))
        width, middle = (
            builder.fmul(weight, builder.fsub(x, y)),
            builder.fmul(builder.fadd(x, y), lanes.number(0.5)),
        )
        both = builder.and_(exposed, late)
        return [
            added(sums[6], weight, builder.and_(exposed, builder.not_(late))),
            added(sums[7], width, both),
            added(sums[8], builder.fmul(width, middle), both),
            added(sums[9], weight, late),
            builder.select(exposed, lanes.larger(x, sums[10]), sums[10]),
        ]

    totals = [nothing] * 6 + ([] if weights is None else [nothing] * 4 + [far_below])
    for all_there, begin, end in ((True, NOTHING, full), (False, full, rows)):
        totals = row_loop(lanes, begin, end, totals, partial(body, all_there=all_there))
    lanes.store_each(sums, totals, GROUP)
    return rows


def _generate_side_by_side(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    side_by_side(Lanes(builder, LANES), *given)
    return given[4]


def _generate_changes(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
    values, vectors, found = given
    lanes, kind = Lanes(builder, LANES), values.type
    numbers = ir.Constant(lanes.whole, [ir.Constant(kind, k) for k in range(LANES)])

    def body(at: Any, running: list[Any]) -> list[Any]:
        first = builder.mul(at, kind(LANES))
        address = builder.add(values, builder.mul(first, kind(8)))
        here, before = (
            builder.load(lanes.pointer(each, lanes.whole), align=8)
            for each in (address, builder.sub(address, kind(8)))
        )
        differ = builder.icmp_unsigned("!=", here, before)
        lanes.store_some(running[0], builder.add(lanes.of(first), numbers), differ)
        many = builder.ctpop(builder.bitcast(differ, ir.IntType(LANES)))
        return [builder.add(running[0], builder.mul(builder.zext(many, kind), kind(8)))]

    (end,) = counted_loop(builder, NOTHING, vectors, 1, [found], body)
    return builder.udiv(builder.sub(end, found), kind(8))


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
# The same sums, but in single precision and two rows at a time, of columns that `to_single` made.
rough_powers: Any = intrinsic(
    lambda _context, x, rows, beta, sums: (types.int64(x, rows, beta, sums), _generate_rough_powers)
)
weighted_rough_powers: Any = intrinsic(
    lambda _context, x, weight, rows, beta, sums: (
        types.int64(x, weight, rows, beta, sums),
        _generate_rough_powers,
    )
)
# Rows of a column in single precision, none below the least number; one row more holds that.
to_single: Any = intrinsic(
    lambda _context, column, rows, least, room: (types.int64(column, rows, least, room), _generate_single)
)
# Ages, those of survivors negative, 0 for none: the largest; and their logarithms x over a scale, written in their place,
# with failures, sum of x over these, records, sums of x and of x^2, and sum of the ages. There is none of 0 in `full` rows.
largest: Any = intrinsic(
    lambda _context, signed, rows, largest: (types.int64(signed, rows, largest), _generate_largest)
)
logs: Any = intrinsic(
    lambda _context, signed, full, rows, scale, sums: (
        types.int64(signed, full, rows, scale, sums),
        _generate_logs,
    )
)
# Which of the whole numbers in so many vectors are not the one before: writes their numbers, gives back how many they are.
changes: Any = intrinsic(
    lambda _context, values, vectors, found: (types.int64(values, vectors, found), _generate_changes)
)
# The same with weights and ages at entry, which become logarithms too, with weights of their own (0 for an entry of 0); more
# sums: weights of what was at risk from age 0 on, lengths between entry and age on the log axis, these by their middles,
# weights of what came late. Last the largest x of what was at risk at all.
weighted_logs: Any = intrinsic(
    lambda _context, signed, weight, entry, entry_weight, full, rows, scale, sums: (
        types.int64(signed, weight, entry, entry_weight, full, rows, scale, sums),
        _generate_logs,
    )
)
# Pieces of a column of numbers, put side by side; all have `full` numbers.
pieces_side_by_side: Any = intrinsic(
    lambda _context, column, starts, sizes, full, rows, room, filler: (
        types.int64(column, starts, sizes, full, rows, room, filler),
        _generate_side_by_side,
    )
)
