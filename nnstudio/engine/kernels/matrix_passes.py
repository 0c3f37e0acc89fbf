"""What surrounds the products of matrices: one pass over neurons on the way forward, one on the way back.

Arrays are (neurons, room), flat, where a row of ``room`` numbers holds the batch of one neuron; ``columns``
of them are in use, a whole number of vectors.
"""

from __future__ import annotations

from nnstudio.engine.kernels.lanes import lanes_of, load, spread, store, total
from nnstudio.engine.kernels.passes import activated, before_activation, special
from nnstudio.engine.kernels.plan import SIGMOID, SILU, STEP
from nnstudio.engine.kernels.updates import shape_gradient, take_back, update


def activate(codes, direct, biases, first, last, sums, values, kept, room, columns, width):
    """Fill ``values`` of the neurons from ``first`` to before ``last`` from their weighted ``sums``.

    ``kept`` is what the way back needs beside the values.
    """
    lanes = lanes_of(width)
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


def slopes(codes, direct, gradient, first, last, values, kept, d, room, columns, width):
    """Turn derivatives ``d`` by values into those by pre-activations; adds up the ``gradient`` of biases."""
    lanes = lanes_of(width)
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
        gradient[j] += total(whole)


def finish(plan, task, rate, step, work):
    """Take the update of a step as `loop.train` does; returns whether it stayed within the finite numbers."""
    if task.shaped:
        shape_gradient(task, plan.connections, work)
    if update(task, rate, step, work) != 0.0:
        take_back(work)
        return False
    return True
