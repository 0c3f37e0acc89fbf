"""Optimizers: from gradients to new parameters, with the formulas and defaults of `engine.optimizers`.

Arrays are taken in pieces, as vectors: LLVM leaves a loop over so many arrays that may overlap as it is.
"""

from __future__ import annotations

import math

import numpy as np

from nnstudio.engine.kernels.compiling import ONE, THREE, TWO, ZERO, inner
from nnstudio.engine.kernels.lanes import (
    load_piece,
    piece_lanes,
    spread_like,
    square_root,
    store,
    total,
    where_positive,
)
from nnstudio.engine.kernels.plan import ADAGRAD, ADAM, ADAMW, MOMENTUM, NESTEROV, PERCEPTRON, RMSPROP, SGD
from nnstudio.engine.shaping import NORM_FLOOR


@inner
def _trained_gradient(work, i, nothing):
    """Return a piece of the gradient, 0 where parameters are frozen (whatever their gradient is)."""
    return where_positive(load_piece(work.mask, i), load_piece(work.gradient, i), nothing)


@inner
def _put(work, i, old, new):
    """Store a piece of new parameters and keep the old; returns zeros, NaN where a new one isn't finite."""
    store(work.kept, i, old)
    store(work.flat, i, new)
    return new - new


@inner
def take_step(task, connections, limits, rate, step, work):
    """Take one update by the gradient of a batch; returns False where it would not be finite, untaken."""
    flat, gradient = work.flat, work.gradient
    for i in range(limits.tied.size):
        gradient[limits.first[i]] += gradient[limits.tied[i]]
    if task.shaped:
        shape_gradient(task, connections, limits, work)
    for i in range(limits.tied.size):
        gradient[limits.tied[i]] = gradient[limits.first[i]]
    finite = update(task, rate, step, work) == 0.0
    if finite:
        for i in range(limits.signed.size):
            k = limits.signed[i]
            if flat[k] * limits.signs[i] < 0.0:
                flat[k] = 0.0
    else:
        take_back(work)
    return finite


@inner
def shape_gradient(task, connections, limits, work):
    """Add the penalties to the gradient and clip it, as `engine.shaping` does."""
    flat, gradient, mask = work.flat, work.gradient, work.mask
    size = np.uint64(gradient.size)
    for i in range(size):
        if mask[i] == 0.0:
            gradient[i] = 0.0
    for k in range(connections):
        w = flat[k]
        sign = 1.0 if w > 0.0 else (-1.0 if w < 0.0 else 0.0)
        gradient[k] += task.l1 * sign + task.l2 * w if mask[k] > 0.0 else 0.0
    # A shared weight counts once.
    for i in range(limits.tied.size):
        gradient[limits.tied[i]] = 0.0
    if task.clip_norm < math.inf:
        largest = 0.0
        for i in range(size):
            largest = max(largest, abs(gradient[i]))
        squares = 0.0
        if largest > 0.0:
            for i in range(size):
                part = gradient[i] / largest
                squares += part * part
        share = task.clip_norm / (largest * math.sqrt(squares) + NORM_FLOOR)
        if share < 1.0:
            for i in range(size):
                gradient[i] *= share
    if task.clip_value < math.inf:
        for i in range(size):
            g = gradient[i]
            gradient[i] = (
                task.clip_value if g > task.clip_value else (-task.clip_value if g < -task.clip_value else g)
            )


@inner
def _decay(work, shrinking, finite):
    """Take ``shrinking`` of what parameters were before an update; returns ``finite``, NaN as by `_put`."""
    lanes = piece_lanes(work.flat)
    for piece in range(np.uint64(work.flat.size) // lanes):
        i = piece * lanes
        new = load_piece(work.flat, i) - load_piece(work.kept, i) * (load_piece(work.mask, i) * shrinking)
        store(work.flat, i, new)
        finite = finite + (new - new)
    return finite


@inner
def update(task, rate, step, work):
    """Take one update; returns 0, or NaN where a parameter left the finite numbers (see `take_back`)."""
    flat, mask = work.flat, work.mask
    first_state, second_state = work.first_state, work.second_state
    optimizer, options = task.optimizer, task.options
    lanes = piece_lanes(flat)
    pieces = np.uint64(flat.size) // lanes
    nothing = spread_like(0.0, load_piece(flat, ZERO))
    finite = nothing
    if optimizer == SGD or optimizer == PERCEPTRON:
        for piece in range(pieces):
            i = piece * lanes
            old = load_piece(flat, i)
            finite = finite + _put(
                work, i, old, old - _trained_gradient(work, i, nothing) * (load_piece(mask, i) * rate)
            )
    elif optimizer == MOMENTUM or optimizer == NESTEROV:
        momentum = options[ZERO]
        for piece in range(pieces):
            i = piece * lanes
            old, before = load_piece(flat, i), load_piece(first_state, i)
            g = _trained_gradient(work, i, nothing)
            velocity = before * momentum + g
            store(work.kept_first, i, before)
            store(first_state, i, velocity)
            direction = velocity
            if optimizer == NESTEROV:
                direction = g + velocity * momentum
            finite = finite + _put(work, i, old, old - direction * (load_piece(mask, i) * rate))
    elif optimizer == ADAGRAD or optimizer == RMSPROP:
        memory, growth, eps = 1.0, 1.0, options[ZERO]
        if optimizer == RMSPROP:
            memory, growth, eps = options[ZERO], 1.0 - options[ZERO], options[ONE]
        for piece in range(pieces):
            i = piece * lanes
            old, before = load_piece(flat, i), load_piece(first_state, i)
            g = _trained_gradient(work, i, nothing)
            squares = before * memory + g * g * growth
            store(work.kept_first, i, before)
            store(first_state, i, squares)
            change = g * (load_piece(mask, i) * rate) / (square_root(squares) + eps)
            finite = finite + _put(work, i, old, old - change)
    else:
        beta1, beta2, eps, decay = options[ZERO], options[ONE], options[TWO], options[THREE]
        # In float64 whatever the parameters are: 1 - 0.999 of float32 is off in the fifth digit.
        growth1, growth2 = 1.0 - beta1, 1.0 - beta2
        scale = rate / (1.0 - math.pow(beta1, step))
        squares_scale = math.sqrt(1.0 - math.pow(beta2, step))
        for piece in range(pieces):
            i = piece * lanes
            old, before, before2 = (
                load_piece(flat, i),
                load_piece(first_state, i),
                load_piece(second_state, i),
            )
            g = _trained_gradient(work, i, nothing)
            mean = before * beta1 + g * growth1
            squares = before2 * beta2 + g * g * growth2
            store(work.kept_first, i, before)
            store(work.kept_second, i, before2)
            store(first_state, i, mean)
            store(second_state, i, squares)
            own, shaped = load_piece(mask, i) * (rate * decay), load_piece(mask, i) * (rate * task.decay)
            start = old - old * (own + shaped - own * shaped)
            new = start - mean * (load_piece(mask, i) * scale) / (square_root(squares) / squares_scale + eps)
            finite = finite + _put(work, i, old, new)
    if task.decay != 0.0 and optimizer != ADAM and optimizer != ADAMW:
        finite = _decay(work, rate * task.decay, finite)
    return total(finite)


@inner
def take_back(work):
    """Set parameters and state to what they were before the last update."""
    for i in range(np.uint64(work.flat.size)):
        work.flat[i] = work.kept[i]
    for i in range(np.uint64(work.first_state.size)):
        work.first_state[i] = work.kept_first[i]
    for i in range(np.uint64(work.second_state.size)):
        work.second_state[i] = work.kept_second[i]
