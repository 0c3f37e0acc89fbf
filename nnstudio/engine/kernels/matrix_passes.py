"""What surrounds the products of matrices: one pass over neurons on the way forward, one on the way back.

Arrays are (neurons, room), flat, where a row of ``room`` numbers holds the batch of one neuron; ``columns``
of them are in use, a whole number of vectors.
"""

from __future__ import annotations

import numpy as np

from nnstudio.engine.kernels.compiling import ZERO
from nnstudio.engine.kernels.lanes import (
    lanes_of,
    load,
    load_piece,
    piece_lanes,
    spread,
    store,
    total,
    turn_piece,
)
from nnstudio.engine.kernels.masks import FROM_ROW
from nnstudio.engine.kernels.passes import activated, before_activation, silence, special
from nnstudio.engine.kernels.plan import DROPPED, SIGMOID, SILU, STEP
from nnstudio.engine.kernels.updates import take_step


def fetch(rows, order, first, count, inputs, values, room, places):
    """Copy ``count`` rows of the data into ``values`` of the inputs, a column each.

    ``places`` is room for as many numbers as a piece has.
    """
    side = piece_lanes(values)
    for start in range(ZERO, count, side):
        end = min(start + side, count)
        for i in range(start, end):
            places[i - start] = order[first + i] * inputs
        done = ZERO
        if end - start == side:
            while done + side <= inputs:
                turn_piece(values, done * room + start, room, rows.x, places, done, False)
                done += side
        for j in range(done, inputs):
            for i in range(start, end):
                values[j * room + i] = rows.x[places[i - start] + j]


def turn(across, adds, first, neurons, d, room, count, places):
    """Put the derivatives ``across`` (count, neurons), flat, into ``d`` of the neurons from ``first`` on.

    They are added to what is there where it ``adds``; ``places`` is room as in `fetch`. BLAS is faster with
    the batch first here.
    """
    side = piece_lanes(d)
    for start in range(ZERO, count, side):
        end = min(start + side, count)
        for i in range(start, end):
            places[i - start] = i * neurons
        done = ZERO
        if end - start == side:
            while done + side <= neurons:
                turn_piece(d, (first + done) * room + start, room, across, places, done, adds)
                done += side
        for j in range(done, neurons):
            for i in range(start, end):
                place = (first + j) * room + i
                value = across[places[i - start] + j]
                d[place] = d[place] + value if adds else value


def activate(
    codes,
    back,
    direct,
    biases,
    first,
    last,
    sums,
    values,
    kept,
    room,
    columns,
    draw,
    louder,
    first_row,
    factors,
    width,
):
    """Fill ``values`` of the neurons from ``first`` to before ``last`` from their weighted ``sums``.

    ``kept`` is what the way back needs beside the values, and ``factors`` room for a vector. Dropout goes by
    ``draw`` and ``louder``, and by where in the batch ``first_row`` is. Returns the sum of the
    squares of the values.
    """
    lanes = lanes_of(width)
    squares = spread(0.0, sums, width)
    for j in range(first, last):
        code, bias = codes[j], spread(biases[j], sums, width)
        for chunk in range(columns // lanes):
            base = j * room + chunk * lanes
            value, keep = activated(code, load(sums, base, width) + bias)
            store(values, base, value)
            if code == SIGMOID or code >= SILU:
                store(kept, base, keep)
            if code >= STEP:
                special(code, direct[j], kept, values, base, lanes)
                value = load(values, base, width)
            if back[j] == DROPPED:
                draw[FROM_ROW] = first_row + chunk * lanes
                silence(code, draw, louder, j, values, factors, kept, base, width)
                value = load(values, base, width)
            squares = squares + value * value
    return total(squares)


def slopes(codes, direct, gradient, first, last, values, kept, d, room, columns, width):
    """Turn derivatives ``d`` by values into those by pre-activations; adds up the ``gradient`` of biases.

    Returns the sum of the squares of the derivatives.
    """
    lanes = lanes_of(width)
    squares = spread(0.0, d, width)
    for j in range(first, last):
        whole = spread(0.0, d, width)
        for chunk in range(columns // lanes):
            base = j * room + chunk * lanes
            keep = load(kept, base, width)
            dj = before_activation(codes[j], load(d, base, width), load(values, base, width), keep)
            if direct[j]:
                dj = dj + keep
            store(d, base, dj)
            whole = whole + dj
            squares = squares + dj * dj
        gradient[j] += total(whole)
    return total(squares)


def descend(rate, work):
    """Subtract ``rate`` times the gradient, where nothing is frozen and no product overflows."""
    flat, gradient = work.flat, work.gradient
    lanes = piece_lanes(flat)
    for piece in range(np.uint64(flat.size) // lanes):
        i = piece * lanes
        store(flat, i, load_piece(flat, i) - load_piece(gradient, i) * rate)


def finish(plan, task, limits, rate, step, work):
    """Take the update of a step as `loop.train` does; returns whether it stayed within the finite numbers."""
    return take_step(task, plan.connections, limits, rate, step, work)
