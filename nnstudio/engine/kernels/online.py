"""The training loop for batches of one row: what `loop.train` does, with each update part of the way back.

For small networks the gradient and the updates, going through memory, would cost more than all the rest.
"""

from __future__ import annotations

import math

import numpy as np

from nnstudio.engine.activations import LEAK
from nnstudio.engine.kernels.compiling import ONE, ZERO, inner
from nnstudio.engine.kernels.lanes import spread, total
from nnstudio.engine.kernels.loop import fetch
from nnstudio.engine.kernels.outputs import chunk_loss, output_loss, share_of_row
from nnstudio.engine.kernels.passes import activated, forward, special, through_softmax
from nnstudio.engine.kernels.plan import (
    DIVERGED,
    IDENTITY,
    INTERRUPTED,
    LEAKY_RELU,
    PERCEPTRON,
    POSITION,
    RELU,
    SIGMOID,
    SINE,
    SOFTMAX,
    STEP,
    TANH,
    UPDATES,
)
from nnstudio.engine.kernels.updates import take_back


@inner
def _slope(code, value, kept, factor):
    """Return ``factor`` times the derivative of a neuron's value by its pre-activation."""
    if code == IDENTITY or code == SOFTMAX:
        return factor
    if code == TANH:
        return factor - value * (value * factor)
    if code == SIGMOID:
        return (value * factor) * (1.0 - value)
    if code == RELU:
        return factor if value > 0.0 else 0.0
    if code == LEAKY_RELU:
        return factor if value > 0.0 else LEAK * factor
    return kept * factor


@inner
def _step_back(plan, work, rate, buffers, width):
    """Take ``d`` back to the inputs, updating on the way; returns whether all new parameters are finite."""
    a, d, values = buffers.a, buffers.d, buffers.kept
    flat, mask, kept = work.flat, work.mask, work.kept
    finite = True
    for step in range(plan.neurons - plan.inputs):
        j = plan.neurons - ONE - step
        if j + ONE == plan.softmax_end:
            through_softmax(plan, buffers, width)
        dj = _slope(plan.code[j], a[j], values[j], d[j])
        if plan.direct[j]:
            dj += values[j]
        change = rate * dj
        for k in range(plan.row_start[j], plan.row_start[j + ONE]):
            s = plan.source[k]
            weight = flat[k]
            kept[k] = weight
            if s >= plan.inputs:
                d[s] += weight * dj
            if mask[k] > 0.0:
                flat[k] = weight - change * a[s]
                # As it was stored, which may round to infinity. A sum of x - x would be optimized away.
                finite &= abs(flat[k]) < math.inf
        place = plan.connections + j
        bias = flat[place]
        kept[place] = bias
        if mask[place] > 0.0:
            flat[place] = bias - change
            finite &= abs(flat[place]) < math.inf
    return finite


@inner
def _train_neuron(plan, work, rows, order, position, end, progress, losses, rates, task, buffers, width):
    """Train a network of a single neuron, whose numbers need no buffers; returns the new position.

    Each update waits for the one before it: what counts is how many operations wait for each other.
    """
    flat, mask, kept, a, values = work.flat, work.mask, work.kept, buffers.a, buffers.kept
    share = share_of_row(task, plan.outputs.size, 1.0)
    j = plan.inputs
    place = plan.connections + j
    code, direct, fused = plan.code[j], plan.direct[j], plan.fused[j]
    while position < end and not progress[INTERRUPTED]:
        row = order[position]
        epoch = position // task.rows
        x = row * plan.inputs
        z = flat[place]
        for k in range(plan.connections):
            z += flat[k] * rows.x[x + plan.source[k]]
        vector, keep = activated(code, spread(z, a, width))
        value, preserved = total(vector), total(keep)
        if code >= STEP:
            a[j] = z
            special(code, direct, values, a, j, ONE)
            value, preserved = a[j], values[j]
        loss, slope = output_loss(task.loss, fused, value, preserved, rows.y[row], rows.whole[row])
        loss *= share
        if not abs(loss) < math.inf:
            progress[DIVERGED] = 1
            break
        rate = rates[epoch]
        if task.optimizer == PERCEPTRON:
            change = rate * ((1.0 if preserved >= 0.0 else 0.0) - rows.y[row])
        elif direct:
            change = slope * (rate * share)
        else:
            change = slope * _slope(code, value, preserved, rate * share)
        finite = True
        for k in range(plan.connections):
            weight = flat[k]
            kept[k] = weight
            if mask[k] > 0.0:
                flat[k] = weight - change * rows.x[x + plan.source[k]]
                finite &= abs(flat[k]) < math.inf
        kept[place] = flat[place]
        if mask[place] > 0.0:
            flat[place] = flat[place] - change
            finite &= abs(flat[place]) < math.inf
        if not finite:
            take_back(work)
            progress[DIVERGED] = 1
            break
        losses[epoch] += loss
        position += ONE
    return position


def train_online(plan, work, rows, order, steps, progress, losses, rates, task, extras, buffers, width):
    """Do what `loop.train` does, for batches of one row and optimizers that only subtract the gradient."""
    d = buffers.d
    share = share_of_row(task, plan.outputs.size, 1.0)
    for i in range(np.uint64(work.flat.size)):
        work.kept[i] = work.flat[i]
    position = np.uint64(progress[POSITION])
    first = position
    epoch = position // task.rows
    row = position - epoch * task.rows
    end = min(np.uint64(order.size), position + steps)
    # What has no code of its own needs buffers, as softmax does.
    alone = plan.neurons - plan.inputs == ONE and plan.softmax_end == ZERO
    if alone and plan.code[plan.inputs] <= SINE:
        position = _train_neuron(
            plan, work, rows, order, position, end, progress, losses, rates, task, buffers, width
        )
        end = position
    while position < end and not progress[INTERRUPTED]:
        fetch(plan, rows, order, position, ONE, buffers, ONE)
        forward(plan, work.weights, work.biases, buffers, extras, False, width)
        for i in range(plan.inputs, plan.neurons):
            d[i] = 0.0
        loss = chunk_loss(plan, rows, order, position, ONE, task, share, 1.0, False, buffers, ONE)
        if not abs(loss) < math.inf:
            progress[DIVERGED] = 1
            break
        if not _step_back(plan, work, rates[epoch], buffers, width):
            take_back(work)
            progress[DIVERGED] = 1
            break
        losses[epoch] += loss
        position += ONE
        row += ONE
        if row == task.rows:
            row = ZERO
            epoch += ONE
    progress[UPDATES] += np.int64(position - first)
    progress[POSITION] = np.int64(position)
