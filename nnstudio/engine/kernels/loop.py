"""The training loop and the evaluation: what is called from outside, with the interpreter's lock released."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.kernels.compiling import ONE, ZERO, inner
from nnstudio.engine.kernels.lanes import lanes_of
from nnstudio.engine.kernels.masks import AT_STEP, FROM_ROW
from nnstudio.engine.kernels.outputs import chunk_loss, mass_of, output_loss, share_of_row
from nnstudio.engine.kernels.passes import backward, forward
from nnstudio.engine.kernels.plan import (
    DIVERGED,
    ERRORS,
    INTERRUPTED,
    LOSS,
    POSITION,
    RIGHT,
    STEPS,
    UPDATES,
)
from nnstudio.engine.kernels.updates import take_step


@inner
def fetch(plan, rows, order, first, count, buffers, lanes):
    """Copy ``count`` rows of the data into the input rows of ``a``, one lane each.

    The other lanes repeat the last row: what they lead to is multiplied by 0, so it must be as finite.
    """
    a = buffers.a
    inputs = plan.inputs
    for i in range(lanes):
        row = order[first + min(i, count - ONE)] * inputs
        for j in range(inputs):
            a[j * lanes + i] = rows.x[row + j]


@inner
def _gradient(plan, work, rows, order, first, count, mass, task, progress, extras, buffers, width):
    """Compute the gradient of one batch, whose rows' weights add up to ``mass``, into ``work.gradient``.

    Returns the batch's mean loss.
    """
    lanes = lanes_of(width)
    d = buffers.d
    share = share_of_row(task, plan.outputs.size, mass)
    for i in range(np.uint64(work.gradient.size)):
        work.gradient[i] = 0.0
    summed = 0.0
    extras.draw[AT_STEP] = progress[STEPS]
    done = ZERO
    while done < count and not progress[INTERRUPTED]:
        size = min(lanes, count - done)
        fetch(plan, rows, order, first + done, size, buffers, lanes)
        extras.draw[FROM_ROW] = done
        forward(plan, work.weights, work.biases, buffers, extras, True, width)
        for i in range(plan.inputs * lanes, plan.neurons * lanes):
            d[i] = 0.0
        summed += chunk_loss(plan, rows, order, first + done, size, task, share, mass, True, buffers, lanes)
        backward(plan, work.weights, work.gradient, buffers, width)
        done += size
    return summed


def train(plan, work, rows, order, steps, progress, losses, rates, task, extras, buffers, width):
    """Take up to ``steps`` updates along ``order``, which holds the rows of whole epochs one after the other.

    ``progress`` (position in order, updates so far, 1 where the next update would not be finite, 1 to return
    at once, steps so far) is carried on, and ``losses[e]`` adds up the batches' losses, times the sums of
    their rows' weights, of epoch e of ``order``, whose learning rate is ``rates[e]``. An update that would
    leave the finite numbers is not taken, nor is one that is interrupted. Returns the loss of the last batch.
    """
    loss = 0.0
    end = np.uint64(order.size)
    for _ in range(steps):
        position = np.uint64(progress[POSITION])
        if position >= end:
            break
        epoch = position // task.rows
        count = min(task.batch, (epoch + ONE) * task.rows - position)
        mass = mass_of(rows, order, position, count)
        loss = _gradient(
            plan, work, rows, order, position, count, mass, task, progress, extras, buffers, width
        )
        if progress[INTERRUPTED]:
            break
        if loss - loss != 0.0:
            progress[DIVERGED] = 1
            break
        if not take_step(task, plan.connections, extras.limits, rates[epoch], progress[UPDATES] + 1.0, work):
            progress[DIVERGED] = 1
            break
        losses[epoch] += loss * mass
        progress[UPDATES] += 1
        progress[STEPS] += 1
        progress[POSITION] += count
    return loss


def evaluate(plan, work, rows, count, task, threshold, progress, measured, extras, buffers, width):
    """Fill ``measured`` (2 + 2 outputs,) for the first ``count`` rows: loss, rows in the right class, errors.

    A single output says yes from ``threshold`` on, a single target from a half on; of several, the greatest
    is the class. Weights of rows count in the loss alone. Returns the number of rows done: fewer than
    ``count`` where it was interrupted.
    """
    lanes = lanes_of(width)
    a, kept = buffers.a, buffers.kept
    outputs = np.uint64(plan.outputs.size)
    stride = np.uint64(rows.weights.size > 1)
    mass = 0.0
    for i in range(count):
        mass += rows.weights[i * stride]
    share = share_of_row(task, plan.outputs.size, mass)
    for i in range(np.uint64(measured.size)):
        measured[i] = 0.0
    done = ZERO
    while done < count and not progress[INTERRUPTED]:
        size = min(lanes, count - done)
        for i in range(size):
            row = (done + i) * plan.inputs
            for j in range(plan.inputs):
                a[j * lanes + i] = rows.x[row + j]
        forward(plan, work.weights, work.biases, buffers, extras, False, width)
        for i in range(size):
            row = done + i
            weight = rows.weights[row * stride]
            best = ZERO
            wanted = ZERO
            for o in range(outputs):
                slot = plan.outputs[o]
                value = a[slot * lanes + i]
                y = rows.y[row * outputs + o]
                z = kept[slot * lanes + i]
                loss, _ = output_loss(task.loss, plan.fused[slot], value, z, y, rows.whole[row])
                measured[LOSS] += loss * weight * share
                measured[ERRORS + o] += (value - y) * (value - y)
                measured[ERRORS + outputs + o] += abs(value - y)
                if value > a[plan.outputs[best] * lanes + i]:
                    best = o
                if y > rows.y[row * outputs + wanted]:
                    wanted = o
            if outputs == ONE:
                value = a[plan.outputs[ZERO] * lanes + i]
                measured[RIGHT] += (value >= threshold) == (rows.y[row] >= 0.5)
            else:
                measured[RIGHT] += best == wanted
        done += size
    return done
