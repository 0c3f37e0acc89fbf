"""Losses at the outputs, and what they send back."""

from __future__ import annotations

import math

import numpy as np

from nnstudio.engine.kernels.compiling import inner
from nnstudio.engine.kernels.plan import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, HUBER, MAE, MSE, PERCEPTRON
from nnstudio.engine.losses import LOG_FLOOR, SLOPE_FLOOR


@inner
def share_of_row(task, outputs, count):
    """Return what one row and output counts in the loss of ``count`` rows."""
    share = 1.0 / count
    return share if task.loss == CROSS_ENTROPY else share / outputs


@inner
def output_loss(code, direct, value, z, y, whole):
    """Loss of one output for one row, and its derivative by the output (by ``z`` where the pair is fused).

    ``z`` is the pre-activation of a sigmoid, or the logarithm of a softmax output; ``whole`` is the sum of
    the row's targets.
    """
    error = value - y
    if code == MSE:
        return error * error, 2.0 * error
    if code == MAE:
        return abs(error), math.copysign(1.0, error) if error != 0.0 else error
    if code == HUBER:
        if abs(error) <= 1.0:
            return 0.5 * error * error, error
        return abs(error) - 0.5, math.copysign(1.0, error)
    if code == BINARY_CROSS_ENTROPY:
        if direct:
            return max(z, 0.0) - z * y + math.log1p(math.exp(-abs(z))), error
        gain = max(math.log(value), LOG_FLOOR)
        miss = max(math.log(1.0 - value), LOG_FLOOR)
        return -(y * gain + (1.0 - y) * miss), error / max((1.0 - value) * value, SLOPE_FLOOR)
    if code == CROSS_ENTROPY:
        if direct:
            return (-y * z if y != 0.0 else 0.0), value * whole - y
        return -y * max(math.log(value), LOG_FLOOR), -y / max(value, SLOPE_FLOOR)
    sign = 1.0 if y > 0.0 else -1.0
    margin = 1.0 - sign * value
    return (0.0, 0.0) if margin <= 0.0 else (margin, -sign)


@inner
def chunk_loss(plan, rows, order, first, count, task, share, size, buffers, lanes):
    """Put the derivatives by the outputs into ``d`` for ``count`` rows; returns the sum of their losses.

    ``share`` is what one row and output counts in the mean over a batch of ``size`` rows. The perceptron rule
    puts its corrections where the derivatives would be.
    """
    a, d, kept = buffers.a, buffers.d, buffers.kept
    outputs = np.uint64(plan.outputs.size)
    summed = 0.0
    for o in range(outputs):
        slot = plan.outputs[o]
        base = slot * lanes
        fused = plan.direct[slot] and task.optimizer != PERCEPTRON
        for i in range(count):
            row = order[first + i]
            y = rows.y[row * outputs + o]
            value, slope = output_loss(task.loss, fused, a[base + i], kept[base + i], y, rows.whole[row])
            summed += value
            if task.optimizer == PERCEPTRON:
                decision = 1.0 if kept[base + i] >= 0.0 else 0.0
                d[base + i] += (decision - y) / size
            else:
                d[base + i] += slope * share
    return summed * share
