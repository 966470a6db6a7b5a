"""Loops over records written as vector instructions for numba's compiler, `LANES` records to each.

A machine without vectors that wide runs each instruction as several narrower ones.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core.cgutils import get_or_insert_function

LANES = 8
# Products may be fused with sums and the sign of zero dropped.
LOOSE = ("contract", "nsz")
LOG2_E, LN_2 = 1.0 / math.log(2.0), math.log(2.0)


def _series(term: Callable[[int, Any], Any], degree: int, low: float, high: float) -> list[float]:
    """The sum of ``term(k, x)`` as a polynomial on an interval, by interpolation at Chebyshev's points."""
    near = np.polynomial.Chebyshev.interpolate(
        lambda x: np.sum([term(k, x) for k in range(25)], axis=0), degree, domain=[low, high]
    )
    coefficients: list[float] = near.convert(kind=np.polynomial.Polynomial).coef.tolist()
    return coefficients


def _exp_series(degree: int) -> list[float]:
    """exp(r) as 1 + r + r^2 times a series, r from -log 2 / 2 to log 2 / 2."""
    return [1.0, 1.0, *_series(lambda k, r: r**k / math.factorial(k + 2), degree, -LN_2 / 2.0, LN_2 / 2.0)]


# atanh(s) / s is 1 + s^2 times a series of s^2; s = (m - 1) / (m + 1), m from root 1/2 to root 2: below 1e-17.
ATANH = [1.0, *_series(lambda k, z: z**k / (2.0 * k + 3.0), 7, 0.0, (3.0 - 2.0 * math.sqrt(2.0)) ** 2)]
SMALLEST_WHOLE = float(np.finfo(np.float64).tiny)
BITS_OF_ROOT, BITS_OF_1, BITS_OF_2_52 = (
    int(np.float64(v).view(np.int64)) for v in (math.sqrt(0.5), 1.0, 2.0**52)
)
WHOLE = ir.IntType(64)


@dataclass(frozen=True)
class Precision:
    """How numbers are kept: their type, whole numbers of as many bits, digits, bias of the exponent; the least number that
    an exponential is made of, and the series it is made with."""

    real: Any
    whole: Any
    digits: int
    bias: float
    least: float
    exp: list[float]


# Relative error of the series below 1e-16, and below 2e-8, less than the last bit.
DOUBLE = Precision(ir.DoubleType(), WHOLE, 52, 1023.0, -707.0, _exp_series(9))
SINGLE = Precision(ir.FloatType(), ir.IntType(32), 23, 127.0, -87.0, _exp_series(4))


class Lanes:
    """Arithmetic on vectors of `lanes` numbers, or on one, as instructions of LLVM."""

    def __init__(self, builder: Any, lanes: int, precision: Precision = DOUBLE) -> None:
        self.builder, self.lanes, self.precision = builder, lanes, precision
        self.real = ir.VectorType(precision.real, lanes) if lanes > 1 else precision.real
        self.whole = ir.VectorType(precision.whole, lanes) if lanes > 1 else precision.whole

    def _constant(self, kind: Any, each: Any, value: float) -> Any:
        return ir.Constant(kind, [ir.Constant(each, value)] * self.lanes if self.lanes > 1 else value)

    def number(self, value: float) -> Any:
        return self._constant(self.real, self.precision.real, value)

    def bits(self, value: int) -> Any:
        return self._constant(self.whole, self.precision.whole, value)

    def part(self, vector: Any, first: int) -> Any:
        """As many numbers of a vector, from its `first` on; those of a shorter one are repeated."""
        index, size = ir.IntType(32), vector.type.count
        which = [ir.Constant(index, (first + k) % size) for k in range(self.lanes)]
        return self.builder.shuffle_vector(
            vector, vector, ir.Constant(ir.VectorType(index, self.lanes), which)
        )

    def of(self, value: Any) -> Any:
        """One number in every lane."""
        kind, index = ir.VectorType(value.type, self.lanes), ir.IntType(32)
        empty, zeros = (
            ir.Constant(kind, ir.Undefined),
            ir.Constant(ir.VectorType(index, self.lanes), [0] * self.lanes),
        )
        first = self.builder.insert_element(empty, value, ir.Constant(index, 0))
        return self.builder.shuffle_vector(first, empty, zeros)

    def pointer(self, address: Any, kind: Any = None) -> Any:
        """The address of a vector, of real numbers if nothing else is said."""
        return self.builder.inttoptr(address, (kind or self.real).as_pointer())

    def load(self, address: Any) -> Any:
        """The numbers at an address."""
        return self.builder.load(self.pointer(address), align=8)

    def load_some(self, address: Any, which: Any, otherwise: Any) -> Any:
        """The marked numbers at an address, which alone are read, and other numbers in the other lanes."""
        pointer, index = self.pointer(address), ir.IntType(32)
        kind = ir.FunctionType(self.real, [pointer.type, index, which.type, self.real])
        load = get_or_insert_function(  # type: ignore[no-untyped-call]
            self.builder.module, kind, f"llvm.masked.load.v{self.lanes}f64.p0"
        )
        return self.builder.call(load, [pointer, ir.Constant(index, 8), which, otherwise])

    def store_some(self, address: Any, values: Any, which: Any) -> None:
        """Write the marked whole numbers one behind the other."""
        pointer = self.builder.inttoptr(address, WHOLE.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [self.whole, pointer.type, which.type])
        store = get_or_insert_function(  # type: ignore[no-untyped-call]
            self.builder.module, kind, f"llvm.masked.compressstore.v{self.lanes}i64"
        )
        self.builder.call(store, [values, pointer, which])

    def store_each(self, address: Any, values: list[Any], apart: int) -> None:
        """Write vectors to an address and behind it, so many numbers apart."""
        for k, value in enumerate(values):
            there = self.builder.add(address, ir.Constant(WHOLE, 8 * apart * k))
            self.builder.store(value, self.pointer(there), align=8)

    def size(self, value: Any) -> Any:
        """Numbers without their sign."""
        bits = self.builder.and_(self.builder.bitcast(value, self.whole), self.bits(2**63 - 1))
        return self.builder.bitcast(bits, self.real)

    def times(self, a: Any, b: Any) -> Any:
        return self.builder.fmul(a, b, flags=LOOSE)

    def plus(self, a: Any, b: Any) -> Any:
        return self.builder.fadd(a, b, flags=LOOSE)

    def polynomial(self, coefficients: list[float], at: Any) -> Any:
        value = self.number(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            value = self.plus(self.times(value, at), self.number(coefficient))
        return value

    def exp(self, z: Any) -> Any:
        """The exponential without a call or a branch; below the least number of a precision, that of it.

        Relative error in double precision below 1e-15 to -20, 3e-14 to -707; in single below 1e-6 to -20.
        """
        builder, kind = self.builder, self.precision
        z = self.larger(z, self.number(kind.least))
        # Added to a number, this leaves it rounded in the last bits, raised by the bias of an exponent.
        rounder = self.number(1.5 * 2.0**kind.digits + kind.bias)
        # In this order: the rounding is what counts here.
        scaled = builder.fmul(z, self.number(LOG2_E), flags=LOOSE)
        rounded = builder.fadd(scaled, rounder, flags=LOOSE)
        r = self.plus(z, self.times(builder.fsub(rounded, rounder), self.number(-LN_2)))
        square = builder.fmul(r, r)
        odd = self.times(r, self.polynomial(kind.exp[1::2], square))
        power = builder.shl(builder.bitcast(rounded, self.whole), self.bits(kind.digits))
        power = builder.bitcast(power, self.real)
        return builder.fmul(self.plus(self.polynomial(kind.exp[0::2], square), odd), power)

    def log(self, v: Any) -> Any:
        """The logarithm of a positive number without a call or a branch; relative error below 1e-15."""
        builder = self.builder
        # A number too small for all its bits is raised first.
        small = builder.fcmp_ordered("<", v, self.number(SMALLEST_WHOLE))
        v = builder.select(small, builder.fmul(v, self.number(2.0**54)), v)
        return self._log(v, builder.select(small, self.number(54.0), self.number(0.0)))

    def log_of_share(self, v: Any) -> Any:
        """The same of what is not so small; of what is, that of the smallest number that has all its bits."""
        return self._log(self.larger(v, self.number(SMALLEST_WHOLE)), None)

    def _log(self, v: Any, raised: Any) -> Any:
        builder = self.builder
        # v = m 2^k with m between the roots of 1/2 and of 2.
        moved = builder.add(builder.bitcast(v, self.whole), self.bits(BITS_OF_1 - BITS_OF_ROOT))
        k = builder.or_(builder.lshr(moved, self.bits(52)), self.bits(BITS_OF_2_52))
        k = builder.fsub(builder.bitcast(k, self.real), self.number(2.0**52 + 1023.0))
        k = k if raised is None else builder.fsub(k, raised)
        m = builder.add(builder.and_(moved, self.bits(2**52 - 1)), self.bits(BITS_OF_ROOT))
        f = builder.fsub(builder.bitcast(m, self.real), self.number(1.0))
        s = builder.fdiv(f, builder.fadd(f, self.number(2.0)))
        near = self.times(builder.fadd(s, s), self.polynomial(ATANH, builder.fmul(s, s)))
        return self.plus(self.times(k, self.number(LN_2)), near)

    def larger(self, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)


class Row:
    """One row of columns that stand side by side, a number for each lane."""

    def __init__(self, lanes: Lanes, number: Any) -> None:
        self.lanes, self.number = lanes, number

    def _pointer(self, column: Any) -> Any:
        return self.lanes.builder.gep(self.lanes.pointer(column), [self.number])

    def load(self, column: Any) -> Any:
        """The numbers of this row, of columns that begin at an address."""
        return self.lanes.builder.load(self._pointer(column), align=8)

    def store(self, column: Any, value: Any) -> None:
        """Overwrite them."""
        self.lanes.builder.store(value, self._pointer(column), align=8)


def counted_loop(
    builder: Any,
    begin: Any,
    end: Any,
    step: int,
    first: list[Any],
    body: Callable[[Any, list[Any]], list[Any]],
) -> list[Any]:
    """Run ``body(at, values)`` at `begin` and every `step` below `end`, where there is any; it gives the new values."""
    before = builder.block
    loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
    builder.cbranch(builder.icmp_signed("<", begin, end), loop, after)
    builder.position_at_end(loop)
    at, running = builder.phi(WHOLE), [builder.phi(value.type) for value in first]
    new = body(at, running)
    following = builder.add(at, ir.Constant(WHOLE, step))
    at.add_incoming(begin, before)
    at.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", following, end), loop, after)
    builder.position_at_end(after)
    last = [builder.phi(value.type) for value in first]
    for phi, result, old, value in zip(running, last, first, new, strict=True):
        for each in (phi, result):
            each.add_incoming(old, before)
            each.add_incoming(value, loop)
    return last


def row_loop(
    lanes: Lanes, begin: Any, end: Any, sums: list[Any], body: Callable[[Row, list[Any]], list[Any]]
) -> list[Any]:
    """Run over rows: `body(row, sums)` gives the new sums; returns the last."""
    return counted_loop(lanes.builder, begin, end, 1, sums, lambda at, running: body(Row(lanes, at), running))


def side_by_side(
    lanes: Lanes, column: Any, starts: Any, sizes: Any, full: Any, rows: Any, room: Any, filler: Any
) -> None:
    """Write pieces of a column side by side, one in each lane, eight rows at a time.

    `starts` and `sizes` are the addresses of the first record and of the number of records for each lane, at least `full`;
    `filler` stands below the last.
    """
    builder, numbers = (
        lanes.builder,
        ir.Constant(lanes.whole, [ir.Constant(WHOLE, k) for k in range(lanes.lanes)]),
    )
    index, beyond = ir.VectorType(ir.IntType(32), lanes.lanes), lanes.of(filler)
    begin, size = (builder.load(lanes.pointer(address, lanes.whole), align=8) for address in (starts, sizes))

    def put(at: Any, _: list[Any], masked: bool) -> list[Any]:
        pieces = []
        for lane in range(lanes.lanes):
            first, records = (
                builder.extract_element(v, ir.Constant(ir.IntType(32), lane)) for v in (begin, size)
            )
            address = builder.add(column, builder.mul(builder.add(first, at), ir.Constant(WHOLE, 8)))
            if not masked:
                pieces.append(lanes.load(address))
                continue
            there = builder.icmp_signed("<", numbers, lanes.of(builder.sub(records, at)))
            pieces.append(lanes.load_some(address, there, beyond))
        # What is a piece becomes a lane: halves of the pieces change places, then quarters, then single numbers.
        width = lanes.lanes // 2
        while width:
            low = ir.Constant(
                index, [k if not k & width else k - width + lanes.lanes for k in range(lanes.lanes)]
            )
            high = ir.Constant(
                index, [k + width if not k & width else k + lanes.lanes for k in range(lanes.lanes)]
            )
            for a in range(lanes.lanes):
                if not a & width:
                    pair = pieces[a], pieces[a + width]
                    pieces[a], pieces[a + width] = (
                        builder.shuffle_vector(*pair, which) for which in (low, high)
                    )
            width //= 2
        for k, row in enumerate(pieces):
            Row(lanes, builder.add(at, ir.Constant(WHOLE, k))).store(room, row)
        return []

    eights = builder.and_(full, ir.Constant(WHOLE, -lanes.lanes))
    for masked, begin_, end in ((False, ir.Constant(WHOLE, 0), eights), (True, eights, rows)):
        counted_loop(builder, begin_, end, lanes.lanes, [], partial(put, masked=masked))
