"""Loops over records written as vector instructions for numba's compiler, `LANES` records to each.

A machine without vectors that wide runs each instruction as several narrower ones.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core.cgutils import get_or_insert_function

LANES = 8
# Products may be fused with sums and the sign of zero dropped.
LOOSE = ("contract", "nsz")
LOG2_E, LN_2 = 1.0 / math.log(2.0), math.log(2.0)
# Added to a number below 2**51, this leaves it rounded in the last bits, raised by the bias of an exponent.
ROUNDER = 1.5 * 2.0**52 + 1023.0
# The exponential on [-log 2 / 2, log 2 / 2], by interpolation at Chebyshev's points: relative error below 1e-15.
_NEAR_0 = np.polynomial.Chebyshev.interpolate(np.exp, 11, domain=[-LN_2 / 2.0, LN_2 / 2.0])
POLYNOMIAL = _NEAR_0.convert(kind=np.polynomial.Polynomial).coef.tolist()
REAL, WHOLE = ir.DoubleType(), ir.IntType(64)


class Lanes:
    """Arithmetic on vectors of `lanes` numbers, or on one, as instructions of LLVM."""

    def __init__(self, builder: Any, lanes: int) -> None:
        self.builder, self.lanes = builder, lanes
        self.real = ir.VectorType(REAL, lanes) if lanes > 1 else REAL
        self.whole = ir.VectorType(WHOLE, lanes) if lanes > 1 else WHOLE

    def number(self, value: float) -> Any:
        return ir.Constant(self.real, [ir.Constant(REAL, value)] * self.lanes if self.lanes > 1 else value)

    def bits(self, value: int) -> Any:
        return ir.Constant(self.whole, [ir.Constant(WHOLE, value)] * self.lanes if self.lanes > 1 else value)

    def of(self, value: Any) -> Any:
        """One number in every lane."""
        kind, index = ir.VectorType(value.type, self.lanes), ir.IntType(32)
        empty, zeros = (
            ir.Constant(kind, ir.Undefined),
            ir.Constant(ir.VectorType(index, self.lanes), [0] * self.lanes),
        )
        first = self.builder.insert_element(empty, value, ir.Constant(index, 0))
        return self.builder.shuffle_vector(first, empty, zeros)

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
        """The exponential without a call or a branch; relative error below 2e-15; that of -707 for anything below."""
        builder, least = self.builder, self.number(-707.0)
        z = builder.select(builder.fcmp_ordered(">", z, least), z, least)
        # Not loosely: the rounding is what counts here.
        rounded = builder.fadd(builder.fmul(z, self.number(LOG2_E)), self.number(ROUNDER))
        r = self.plus(z, self.times(builder.fsub(rounded, self.number(ROUNDER)), self.number(-LN_2)))
        square = builder.fmul(r, r)
        odd = self.times(r, self.polynomial(POLYNOMIAL[1::2], square))
        power = builder.bitcast(builder.shl(builder.bitcast(rounded, self.whole), self.bits(52)), self.real)
        return builder.fmul(self.plus(self.polynomial(POLYNOMIAL[0::2], square), odd), power)

    def sum(self, value: Any) -> Any:
        """The sum over the lanes, halves first."""
        left = self.lanes
        while left > 1:
            left //= 2
            half = ir.VectorType(ir.IntType(32), left)
            nothing = ir.Constant(value.type, ir.Undefined)
            low, high = (
                self.builder.shuffle_vector(value, nothing, ir.Constant(half, list(range(a, a + left))))
                for a in (0, left)
            )
            value = self.builder.fadd(low, high)
        return self.builder.extract_element(value, ir.Constant(ir.IntType(32), 0))


def vector_loop(
    builder: Any,
    columns: list[tuple[Any, float]],
    records: Any,
    sums: int,
    body: Callable[[Lanes, list[Any], list[Any]], list[Any]],
) -> list[Any]:
    """Run over columns of numbers a vector at a time: `body(lanes, values, sums)` gives the new sums; returns their totals.

    A column is its address and what stands for the records that the last vector lacks.
    """
    lanes = Lanes(builder, LANES)
    starts = [builder.inttoptr(address, lanes.real.as_pointer()) for address, _ in columns]
    kind = ir.FunctionType(
        lanes.real, [starts[0].type, ir.IntType(32), ir.VectorType(ir.IntType(1), LANES), lanes.real]
    )
    load = get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, kind, f"llvm.masked.load.v{LANES}f64.p0"
    )
    before, loop, after = (
        builder.block,
        builder.append_basic_block("loop"),
        builder.append_basic_block("after"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    at, running = builder.phi(WHOLE), [builder.phi(lanes.real) for _ in range(sums)]
    following = builder.add(at, ir.Constant(WHOLE, LANES))
    numbers = ir.Constant(lanes.whole, [ir.Constant(WHOLE, lane) for lane in range(LANES)])
    there = builder.icmp_signed("<", numbers, lanes.of(builder.sub(records, at)))
    vector = builder.sdiv(at, ir.Constant(WHOLE, LANES))
    values = [
        builder.call(
            load, [builder.gep(start, [vector]), ir.Constant(ir.IntType(32), 8), there, lanes.number(filler)]
        )
        for start, (_, filler) in zip(starts, columns, strict=True)
    ]
    new = body(lanes, values, running)
    at.add_incoming(ir.Constant(WHOLE, 0), before)
    at.add_incoming(following, loop)
    for total, value in zip(running, new, strict=True):
        total.add_incoming(lanes.number(0.0), before)
        total.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", following, records), loop, after)
    builder.position_at_end(after)
    return [lanes.sum(value) for value in new]
