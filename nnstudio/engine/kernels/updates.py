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
from nnstudio.engine.kernels.plan import ADAGRAD, MOMENTUM, NESTEROV, PERCEPTRON, RMSPROP, SGD


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
def update(task, step, work):
    """Take one update; returns 0, or NaN where a parameter left the finite numbers (see `take_back`)."""
    flat = work.flat
    first_state, second_state = work.first_state, work.second_state
    optimizer, options, rate = task.optimizer, task.options, task.rate
    lanes = piece_lanes(flat)
    pieces = np.uint64(flat.size) // lanes
    nothing = spread_like(0.0, load_piece(flat, ZERO))
    finite = nothing
    if optimizer == SGD or optimizer == PERCEPTRON:
        for piece in range(pieces):
            i = piece * lanes
            old = load_piece(flat, i)
            finite = finite + _put(work, i, old, old - _trained_gradient(work, i, nothing) * rate)
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
            finite = finite + _put(work, i, old, old - direction * rate)
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
            finite = finite + _put(work, i, old, old - g * rate / (square_root(squares) + eps))
    else:
        beta1, beta2, eps, decay = options[ZERO], options[ONE], options[TWO], options[THREE]
        # In float64 whatever the parameters are: 1 - 0.999 of float32 is off in the fifth digit.
        growth1, growth2 = 1.0 - beta1, 1.0 - beta2
        scale = rate / (1.0 - math.pow(beta1, step))
        squares_scale = math.sqrt(1.0 - math.pow(beta2, step))
        shrinking = rate * decay
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
            start = old - old * (load_piece(work.mask, i) * shrinking)
            new = start - mean * scale / (square_root(squares) / squares_scale + eps)
            finite = finite + _put(work, i, old, new)
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
