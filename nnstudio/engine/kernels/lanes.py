"""Vectors of lanes for Numba: the same operation on several rows of a batch at once.

A `Width` in a kernel's arguments says how many lanes its vectors have, so one source serves a single sample
(one lane) and batches. LLVM turns a vector into whatever registers the processor has. Loops over arrays that
are left to LLVM's own vectorizer took 1.6 to 1.9 times as long here: it can't know that rows don't overlap.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import (
    NativeValue,
    intrinsic,
    lower_builtin,
    models,
    register_model,
    typeof_impl,
    unbox,
)

# Sums may be reordered and contracted; NaN and infinities keep their meaning, as divergence is found by them.
SUM_FLAGS = ("contract", "reassoc", "nsz")
EXACT_FLAGS = ("contract",)

PIECE_BYTES = 64


class Width:
    """How many lanes a kernel's vectors have: a power of two."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes


class WidthType(types.Type):
    """The compile-time face of `Width`: its number is part of the type."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"Width({lanes})")


class LanesType(types.Type):
    """A vector of ``lanes`` numbers of ``dtype``."""

    def __init__(self, dtype: types.Type, lanes: int) -> None:
        self.dtype = dtype
        self.lanes = lanes
        super().__init__(name=f"Lanes({dtype}, {lanes})")


@typeof_impl.register(Width)
def _typeof_width(value: Width, _context: Any) -> WidthType:
    return WidthType(value.lanes)


register_model(WidthType)(models.OpaqueModel)


@unbox(WidthType)
def _unbox_width(_type: WidthType, _value: Any, context: Any) -> NativeValue:
    return NativeValue(context.context.get_dummy_value())


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes_type: LanesType) -> None:
        super().__init__(manager, lanes_type, _vector(lanes_type))


def _scalar(dtype: types.Type) -> ir.Type:
    return ir.DoubleType() if dtype == types.float64 else ir.FloatType()


def _vector(lanes_type: LanesType) -> ir.VectorType:
    return ir.VectorType(_scalar(lanes_type.dtype), lanes_type.lanes)


def _bits(lanes_type: LanesType) -> ir.VectorType:
    return ir.VectorType(ir.IntType(lanes_type.dtype.bitwidth), lanes_type.lanes)


def _same(vector_type: ir.VectorType, value: float) -> ir.Constant:
    return ir.Constant(vector_type, [value] * vector_type.count)


def _shuffle(builder: Any, first: Any, second: Any, lanes: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
    return builder.shuffle_vector(first, second, mask)


def _take(builder: Any, vector: Any, lanes: list[int]) -> Any:
    return _shuffle(builder, vector, ir.Constant(vector.type, ir.Undefined), lanes)


def _spread(context: Any, builder: Any, value: Any, value_type: types.Type, lanes_type: LanesType) -> Any:
    value = context.cast(builder, value, value_type, lanes_type.dtype)
    vector = ir.Constant(_vector(lanes_type), ir.Undefined)
    vector = builder.insert_element(vector, value, ir.Constant(ir.IntType(32), 0))
    return _take(builder, vector, [0] * lanes_type.lanes)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any, pointee: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), pointee.as_pointer())


def _alignment(lanes_type: LanesType) -> int:
    # Buffers start at 64 bytes and rows are whole vectors.
    return min(64, int(lanes_type.lanes * lanes_type.dtype.bitwidth // 8))


# Memory


@intrinsic
def lanes_of(_context: Any, width: Any) -> Any:
    """Return the number of lanes, a constant of the compiled code."""

    def generate(context: Any, _builder: Any, sig: Any, _args: Any) -> Any:
        return context.get_constant(types.uint64, sig.args[0].lanes)

    return types.uint64(width), generate


@intrinsic
def load(_context: Any, array: Any, index: Any, width: Any) -> Any:
    """Return ``array[index : index + lanes]`` as a vector; the place is a whole number of vectors."""
    lanes_type = LanesType(array.dtype, width.lanes)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _pointer(context, builder, sig.args[0], args[0], args[1], _vector(lanes_type))
        return builder.load(place, align=_alignment(lanes_type))

    return lanes_type(array, index, width), generate


@intrinsic
def store(_context: Any, array: Any, index: Any, vector: Any) -> Any:
    """Put a vector at ``array[index : index + lanes]``."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _pointer(context, builder, sig.args[0], args[0], args[1], _vector(sig.args[2]))
        builder.store(args[2], place, align=_alignment(sig.args[2]))
        return context.get_dummy_value()

    return types.void(array, index, vector), generate


@intrinsic
def spread(_context: Any, value: Any, array: Any, width: Any) -> Any:
    """Return a vector with ``value`` in every lane, of the type of ``array``."""
    lanes_type = LanesType(array.dtype, width.lanes)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _spread(context, builder, args[0], sig.args[0], lanes_type)

    return lanes_type(value, array, width), generate


# Sums


@intrinsic
def add_scaled(_context: Any, start: Any, factor: Any, vector: Any) -> Any:
    """Return ``start + factor * vector`` with one number ``factor``."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        spread_factor = _spread(context, builder, args[1], sig.args[1], sig.args[0])
        product = builder.fmul(spread_factor, args[2], flags=SUM_FLAGS)
        return builder.fadd(args[0], product, flags=SUM_FLAGS)

    return start(start, factor, vector), generate


def _fold(builder: Any, vector: Any, lanes: int) -> Any:
    """Add halves to each other until ``lanes`` are left."""
    while vector.type.count > lanes:
        half = vector.type.count // 2
        low = _take(builder, vector, list(range(half)))
        high = _take(builder, vector, list(range(half, 2 * half)))
        vector = builder.fadd(low, high, flags=SUM_FLAGS)
    return vector


@intrinsic
def total(_context: Any, vector: Any) -> Any:
    """Return the sum over the lanes."""

    def generate(_target: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.extract_element(_fold(builder, args[0], 1), ir.Constant(ir.IntType(32), 0))

    return vector.dtype(vector), generate


@intrinsic
def add_four_totals(_context: Any, array: Any, index: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Add the sums over the lanes of four vectors to ``array[index : index + 4]``.

    Four at once, since one such sum costs more than the products in it.
    """

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        four = ir.VectorType(_scalar(sig.args[0].dtype), 4)
        place = _pointer(context, builder, sig.args[0], args[0], args[1], four)
        if sig.args[2].lanes < 4:
            sums = ir.Constant(four, ir.Undefined)
            for lane, vector in enumerate(args[2:]):
                one = builder.extract_element(_fold(builder, vector, 1), ir.Constant(ir.IntType(32), 0))
                sums = builder.insert_element(sums, one, ir.Constant(ir.IntType(32), lane))
        else:
            folded = [_fold(builder, vector, 4) for vector in args[2:]]
            pairs = [
                builder.fadd(
                    _shuffle(builder, left, right, [0, 4, 2, 6]),
                    _shuffle(builder, left, right, [1, 5, 3, 7]),
                    flags=SUM_FLAGS,
                )
                for left, right in (folded[:2], folded[2:])
            ]
            sums = builder.fadd(
                _shuffle(builder, *pairs, [0, 1, 4, 5]),
                _shuffle(builder, *pairs, [2, 3, 6, 7]),
                flags=SUM_FLAGS,
            )
        size = sig.args[0].dtype.bitwidth // 8
        builder.store(builder.fadd(builder.load(place, align=size), sums), place, align=size)
        return context.get_dummy_value()

    return types.void(array, index, a, b, c, d), generate


# Pieces of flat arrays, as long as the widest registers: for what isn't done by neuron, such as updates


def _piece(array: Any) -> LanesType:
    return LanesType(array.dtype, PIECE_BYTES * 8 // array.dtype.bitwidth)


@intrinsic
def piece_lanes(_context: Any, array: Any) -> Any:
    """Return how many elements a piece of the array has, a constant of the compiled code."""

    def generate(context: Any, _builder: Any, sig: Any, _args: Any) -> Any:
        return context.get_constant(types.uint64, _piece(sig.args[0]).lanes)

    return types.uint64(array), generate


@intrinsic
def load_piece(_context: Any, array: Any, index: Any) -> Any:
    """Return the piece of an array, which begins at 64 bytes, at an index that is a multiple of its lanes."""
    lanes_type = _piece(array)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _pointer(context, builder, sig.args[0], args[0], args[1], _vector(lanes_type))
        return builder.load(place, align=PIECE_BYTES)

    return lanes_type(array, index), generate


@intrinsic
def turn_piece(
    _context: Any, out: Any, place: Any, stride: Any, source: Any, places: Any, shift: Any, adds: Any
) -> Any:
    """Transpose a square of as many rows as a piece has elements.

    Its rows begin at ``source[places[i] + shift]``; its columns are put at ``out[place + j * stride]``, which
    are whole pieces, or added to what is there where it ``adds``.
    """
    lanes_type = _piece(out)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        size = lanes_type.dtype.bitwidth // 8
        whole = ir.IntType(64)
        offsets = context.make_array(sig.args[4])(context, builder, args[4]).data
        rows = []
        for i in range(lanes_type.lanes):
            start = builder.load(builder.gep(offsets, [ir.Constant(whole, i)]))
            at = _pointer(
                context, builder, sig.args[3], args[3], builder.add(start, args[5]), _vector(lanes_type)
            )
            rows.append(builder.load(at, align=size))
        step = 1
        while step < lanes_type.lanes:
            rows = _swap(builder, rows, step)
            step *= 2
        for j, column in enumerate(rows):
            index = builder.add(args[1], builder.mul(args[2], ir.Constant(whole, j)))
            at = _pointer(context, builder, sig.args[0], args[0], index, _vector(lanes_type))
            both = builder.fadd(builder.load(at, align=PIECE_BYTES), column)
            builder.store(builder.select(args[6], both, column), at, align=PIECE_BYTES)
        return context.get_dummy_value()

    return types.void(out, place, stride, source, places, shift, adds), generate


def _swap(builder: Any, rows: list[Any], step: int) -> list[Any]:
    """Exchange the squares of ``step`` rows off the diagonal of each square of twice as many."""
    lanes = len(rows)
    swapped = list(rows)
    for i in range(lanes):
        if not i & step:
            upper = [lane - step + lanes if lane & step else lane for lane in range(lanes)]
            lower = [lane + lanes if lane & step else lane + step for lane in range(lanes)]
            swapped[i] = _shuffle(builder, rows[i], rows[i + step], upper)
            swapped[i + step] = _shuffle(builder, rows[i], rows[i + step], lower)
    return swapped


@intrinsic
def spread_like(_context: Any, value: Any, vector: Any) -> Any:
    """Return a vector with ``value`` in every lane, of the type of ``vector``."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _spread(context, builder, args[0], sig.args[0], sig.args[1])

    return vector(value, vector), generate


# Arithmetic of vectors with vectors and with numbers


def _define(symbol: Any, instruction: str) -> None:
    @infer_global(symbol)
    class _Template(AbstractTemplate):
        key = symbol

        def generic(self, args: Any, _keywords: Any) -> Any:
            vectors = [arg for arg in args if isinstance(arg, LanesType)]
            if len(args) != 2 or not vectors or any(vector != vectors[0] for vector in vectors):
                return None
            if not all(isinstance(arg, LanesType | types.Float) for arg in args):
                return None
            return signature(vectors[0], *args)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        operands = [
            arg
            if isinstance(arg_type, LanesType)
            else _spread(context, builder, arg, arg_type, sig.return_type)
            for arg, arg_type in zip(args, sig.args, strict=True)
        ]
        return getattr(builder, instruction)(*operands, flags=EXACT_FLAGS)

    lower_builtin(symbol, LanesType, LanesType)(lower)
    lower_builtin(symbol, LanesType, types.Float)(lower)
    lower_builtin(symbol, types.Float, LanesType)(lower)


for _symbol, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _define(_symbol, _instruction)


# Choices by lane. Each is written so that NaN goes through: a bound that swallows it hides bad data.


@intrinsic
def at_most(_context: Any, vector: Any, limit: Any) -> Any:
    """Return the vector with what is above ``limit`` replaced by it; NaN stays NaN."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bound = _spread(context, builder, args[1], sig.args[1], sig.args[0])
        return builder.select(builder.fcmp_ordered(">", args[0], bound), bound, args[0])

    return vector(vector, limit), generate


@intrinsic
def at_least(_context: Any, vector: Any, limit: Any) -> Any:
    """Return the vector with what is below ``limit`` replaced by it; NaN stays NaN."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bound = _spread(context, builder, args[1], sig.args[1], sig.args[0])
        return builder.select(builder.fcmp_ordered("<", args[0], bound), bound, args[0])

    return vector(vector, limit), generate


@intrinsic
def greater(_context: Any, left: Any, right: Any) -> Any:
    """Return the greater of two vectors, lane by lane; NaN on the left stays NaN."""

    def generate(_target: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[1], args[0])

    return left(left, right), generate


@intrinsic
def where_positive(_context: Any, test: Any, then: Any, otherwise: Any) -> Any:
    """Return ``then`` in the lanes where ``test`` is above 0, else ``otherwise``."""

    def generate(_target: Any, builder: Any, _sig: Any, args: Any) -> Any:
        zero = _same(args[0].type, 0.0)
        return builder.select(builder.fcmp_ordered(">", args[0], zero), args[1], args[2])

    return then(test, then, otherwise), generate


@intrinsic
def square_root(_context: Any, vector: Any) -> Any:
    """Return the square roots."""

    def generate(_target: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector_type = args[0].type
        name = f"llvm.sqrt.v{vector_type.count}f{sig.args[0].dtype.bitwidth}"
        function_type = ir.FunctionType(vector_type, [vector_type])
        return builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), args)

    return vector(vector), generate


# Bits


@intrinsic
def magnitude(_context: Any, vector: Any) -> Any:
    """Return the absolute values."""

    def generate(_target: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = _bits(sig.args[0])
        ones = 2 ** (sig.args[0].dtype.bitwidth - 1) - 1
        masked = builder.and_(builder.bitcast(args[0], bits), _same(bits, ones))
        return builder.bitcast(masked, args[0].type)

    return vector(vector), generate


@intrinsic
def with_sign_of(_context: Any, vector: Any, signs: Any) -> Any:
    """Return the absolute values of ``vector`` with the signs of ``signs``."""

    def generate(_target: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = _bits(sig.args[0])
        top = 2 ** (sig.args[0].dtype.bitwidth - 1)
        value = builder.and_(builder.bitcast(args[0], bits), _same(bits, top - 1))
        sign = builder.and_(builder.bitcast(args[1], bits), _same(bits, -top))
        return builder.bitcast(builder.or_(value, sign), args[0].type)

    return vector(vector, signs), generate


@intrinsic
def rounder(_context: Any, vector: Any) -> Any:
    """Return 1.5 * 2**(fraction bits): adding it leaves a whole number in the lowest bits."""
    value = 6755399441055744.0 if vector.dtype == types.float64 else 12582912.0

    def generate(_target: Any, _builder: Any, _sig: Any, args: Any) -> Any:
        return _same(args[0].type, value)

    return vector(vector), generate


@intrinsic
def power_of_two(_context: Any, rounded: Any) -> Any:
    """Return 2**n in each lane, for ``rounded`` = n + `rounder`, by writing n into the exponent's bits."""
    fraction, bias = (52, 1023) if rounded.dtype == types.float64 else (23, 127)

    def generate(_target: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = _bits(sig.args[0])
        shifted = builder.shl(builder.bitcast(args[0], bits), _same(bits, fraction))
        return builder.bitcast(builder.add(shifted, _same(bits, bias << fraction)), args[0].type)

    return rounded(rounded), generate


@intrinsic
def within_exponent(_context: Any, vector: Any) -> Any:
    """Return the vector within the range whose exponential is a normal number; NaN stays NaN."""
    limit = 708.0 if vector.dtype == types.float64 else 87.0

    def generate(_target: Any, builder: Any, _sig: Any, args: Any) -> Any:
        high, low = _same(args[0].type, limit), _same(args[0].type, -limit)
        bounded = builder.select(builder.fcmp_ordered(">", args[0], high), high, args[0])
        return builder.select(builder.fcmp_ordered("<", bounded, low), low, bounded)

    return vector(vector), generate


@intrinsic
def lane(_context: Any, vector: Any, index: Any) -> Any:
    """Return the number in one lane."""

    def generate(_target: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.extract_element(args[0], args[1])

    return vector.dtype(vector, index), generate
