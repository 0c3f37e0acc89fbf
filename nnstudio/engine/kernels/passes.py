"""Forward and backward for one chunk of rows, a lane for each."""

from __future__ import annotations

import math

from nnstudio.engine.activations import LEAK, SOFTPLUS_THRESHOLD
from nnstudio.engine.kernels import lane_math
from nnstudio.engine.kernels.compiling import FOUR, ONE, THREE, TWO, ZERO, called, inner
from nnstudio.engine.kernels.formulas import apply_formula
from nnstudio.engine.kernels.lanes import (
    add_four_totals,
    add_scaled,
    at_least,
    greater,
    lanes_of,
    load,
    spread,
    spread_like,
    store,
    total,
    where_positive,
)
from nnstudio.engine.kernels.masks import draw_factors
from nnstudio.engine.kernels.plan import (
    CUSTOM,
    DROPPED,
    ELU,
    GAUSSIAN,
    GELU,
    IDENTITY,
    LEAKY_RELU,
    RELU,
    SIGMOID,
    SILU,
    SOFTMAX,
    SOFTPLUS,
    STEP,
    TANH,
)


@inner
def special(code, direct, kept, a, base, lanes):
    """Activations with no vector form: value and derivative from the pre-activation, lane by lane."""
    for i in range(base, base + lanes):
        z = a[i]
        if code == STEP:
            a[i] = 1.0 if z >= 0.0 else (0.0 if z < 0.0 else z)
            kept[i] = z if direct else 0.0
        elif code == SOFTPLUS:
            small = math.exp(-abs(z))
            a[i] = z if z > SOFTPLUS_THRESHOLD or z != z else max(z, 0.0) + math.log1p(small)
            kept[i] = 1.0 if z > SOFTPLUS_THRESHOLD else (1.0 if z >= 0.0 else small) / (1.0 + small)
        elif code == GELU:
            distribution = 0.5 * math.erfc(-z * 0.7071067811865476)
            density = 0.3989422804014327 * math.exp(-0.5 * z * z)
            a[i] = z * distribution
            kept[i] = distribution + z * density
        else:
            a[i] = math.sin(z)
            kept[i] = math.cos(z)


@inner
def _softmax(plan, buffers, width):
    """Turn the pre-activations of the softmax outputs into probabilities; keeps their logarithms."""
    a, kept, room = buffers.a, buffers.kept, buffers.d
    lanes = lanes_of(width)
    start = plan.softmax[ZERO] * lanes
    top = load(a, start, width)
    for slot in plan.softmax:
        top = greater(top, load(a, slot * lanes, width))
    whole = spread(0.0, a, width)
    for slot in plan.softmax:
        below = load(a, slot * lanes, width) - top
        store(kept, slot * lanes, below)
        grown = lane_math.exp(below)
        store(a, slot * lanes, grown)
        whole = whole + grown
    store(room, start, whole)
    for i in range(start, start + lanes):
        room[i] = math.log(room[i])
    logarithm = load(room, start, width)
    for slot in plan.softmax:
        store(a, slot * lanes, load(a, slot * lanes, width) / whole)
        store(kept, slot * lanes, load(kept, slot * lanes, width) - logarithm)


@inner
def activated(code, z):
    """Return the values for the pre-activations ``z``, and what the way back needs beside them.

    Softmax is left at ``z``, as it takes all outputs that have it; for `special` ones this means nothing.
    """
    value, kept = z, z
    if code == TANH:
        value = lane_math.tanh(z)
    elif code == SIGMOID:
        value = lane_math.sigmoid(z)
    elif code == RELU:
        value = at_least(z, 0.0)
    elif code == LEAKY_RELU:
        value = where_positive(z, z, z * LEAK)
    elif code == SILU:
        s = lane_math.sigmoid(z)
        value = z * s
        kept = s * (1.0 + z * (1.0 - s))
    elif code == GAUSSIAN:
        value = lane_math.exp(0.0 - z * z)
        kept = z * value * -2.0
    elif code == ELU:
        grown = lane_math.expm1(z)
        value = where_positive(z, z, grown)
        kept = where_positive(z, spread_like(1.0, z), grown + 1.0)
    return value, kept


@called
def silence(code, draw, louder, slot, a, room, kept, base, width):
    """Multiply the values of a neuron with 0 or ``louder``, and keep its slopes, times these, for later."""
    draw_factors(draw, louder, slot, room, width)
    factor, value = load(room, ZERO, width), load(a, base, width)
    store(kept, base, before_activation(code, factor, value, load(kept, base, width)))
    store(a, base, value * factor)


@inner
def forward(plan, weights, biases, buffers, extras, dropping, width):
    """Fill ``a`` from its input rows on, for one chunk of rows.

    ``dropping`` is a constant: whether those neurons fall silent that may.
    """
    a, kept = buffers.a, buffers.kept
    lanes = lanes_of(width)
    for j in range(plan.inputs, plan.neurons):
        base = j * lanes
        z = spread(biases[j], a, width)
        for k in range(plan.row_start[j], plan.row_start[j + ONE]):
            z = add_scaled(z, weights[k], load(a, plan.source[k] * lanes, width))
        code = plan.code[j]
        value, keep = activated(code, z)
        store(a, base, value)
        if code == SIGMOID or code >= SILU:
            store(kept, base, keep)
        if code >= CUSTOM:
            apply_formula(extras.formulas, code - CUSTOM, extras.steps, kept, a, base, width)
        elif code >= STEP:
            special(code, plan.direct[j], kept, a, base, lanes)
        if dropping and plan.back[j] == DROPPED:
            silence(code, extras.draw, extras.louder, j, a, buffers.d, kept, base, width)
        if j + ONE == plan.softmax_end:
            _softmax(plan, buffers, width)


@inner
def through_softmax(plan, buffers, width):
    """Take the derivatives by the probabilities back to the pre-activations."""
    a, d = buffers.a, buffers.d
    lanes = lanes_of(width)
    mean = spread(0.0, a, width)
    for slot in plan.softmax:
        mean = mean + load(d, slot * lanes, width) * load(a, slot * lanes, width)
    for slot in plan.softmax:
        base = slot * lanes
        store(d, base, load(a, base, width) * (load(d, base, width) - mean))


@inner
def before_activation(code, dj, value, kept):
    """Return the derivatives by the pre-activations, for ``dj`` by the ``value`` there."""
    if code == IDENTITY or code == SOFTMAX:
        pass
    elif code == TANH:
        dj = dj * (1.0 - value * value)
    elif code == SIGMOID:
        dj = dj * (value * (1.0 - value))
    elif code == RELU:
        dj = where_positive(value, dj, spread_like(0.0, dj))
    elif code == LEAKY_RELU:
        dj = where_positive(value, dj, dj * LEAK)
    else:
        dj = dj * kept
    return dj


@inner
def backward(plan, weights, gradient, buffers, width):
    """Take ``d`` from the outputs back to the inputs and add to the gradient, for one chunk of rows.

    ``gradient`` (connections + neurons,): weights, then biases. The derivative by an input is needed by
    nobody, so connections from inputs (which come first in each row) skip it.
    """
    a, d, kept = buffers.a, buffers.d, buffers.kept
    lanes = lanes_of(width)
    connections = plan.connections
    for step in range(plan.neurons - plan.inputs):
        j = plan.neurons - ONE - step
        if j + ONE == plan.softmax_end:
            through_softmax(plan, buffers, width)
        base = j * lanes
        keep = load(kept, base, width)
        dj = before_activation(plan.back[j], load(d, base, width), load(a, base, width), keep)
        if plan.direct[j]:
            dj = dj + keep
        gradient[connections + j] += total(dj)
        k = plan.row_start[j]
        end = plan.row_start[j + ONE]
        while k + FOUR <= end and plan.source[k + THREE] < plan.inputs:
            add_four_totals(
                gradient,
                k,
                dj * load(a, plan.source[k] * lanes, width),
                dj * load(a, plan.source[k + ONE] * lanes, width),
                dj * load(a, plan.source[k + TWO] * lanes, width),
                dj * load(a, plan.source[k + THREE] * lanes, width),
            )
            k += FOUR
        while k < end and plan.source[k] < plan.inputs:
            gradient[k] += total(dj * load(a, plan.source[k] * lanes, width))
            k += ONE
        while k + FOUR <= end:
            s0 = plan.source[k] * lanes
            s1 = plan.source[k + ONE] * lanes
            s2 = plan.source[k + TWO] * lanes
            s3 = plan.source[k + THREE] * lanes
            add_four_totals(
                gradient,
                k,
                dj * load(a, s0, width),
                dj * load(a, s1, width),
                dj * load(a, s2, width),
                dj * load(a, s3, width),
            )
            store(d, s0, add_scaled(load(d, s0, width), weights[k], dj))
            store(d, s1, add_scaled(load(d, s1, width), weights[k + ONE], dj))
            store(d, s2, add_scaled(load(d, s2, width), weights[k + TWO], dj))
            store(d, s3, add_scaled(load(d, s3, width), weights[k + THREE], dj))
            k += FOUR
        while k < end:
            s = plan.source[k] * lanes
            gradient[k] += total(dj * load(a, s, width))
            store(d, s, add_scaled(load(d, s, width), weights[k], dj))
            k += ONE
