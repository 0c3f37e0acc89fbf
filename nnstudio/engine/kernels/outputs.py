"""Losses at the outputs, and what they send back."""

from __future__ import annotations

import math

import numpy as np

from nnstudio.engine.kernels.compiling import inner
from nnstudio.engine.kernels.plan import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, HUBER, MAE, MSE, PERCEPTRON
from nnstudio.engine.losses import HUBER_DELTA, LOG_FLOOR, SLOPE_FLOOR


@inner
def mass_of(rows, order, first, count):
    """Return the sum of the weights of ``count`` rows."""
    mass = 0.0
    if rows.weights.size > 1:
        for i in range(first, first + count):
            mass += rows.weights[order[i]]
    else:
        mass = rows.weights[0] * count
    return mass


@inner
def share_of_row(task, outputs, mass):
    """Return what one row of weight 1 and output counts in the loss of rows of so much weight."""
    share = 1.0 / mass
    return share if task.loss == CROSS_ENTROPY else share / outputs


@inner
def _log(value):
    logarithm = math.log(value)
    # Not max: that would make a bound of NaN.
    return LOG_FLOOR if logarithm < LOG_FLOOR else logarithm


@inner
def output_loss(code, fused, value, z, y, whole):
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
        if abs(error) <= HUBER_DELTA:
            return 0.5 * error * error, error
        return HUBER_DELTA * (abs(error) - 0.5 * HUBER_DELTA), math.copysign(HUBER_DELTA, error)
    if code == BINARY_CROSS_ENTROPY:
        if fused:
            return max(z, 0.0) - z * y + math.log1p(math.exp(-abs(z))), error
        gain, miss = _log(value), _log(1.0 - value)
        return -(y * gain + (1.0 - y) * miss), error / max((1.0 - value) * value, SLOPE_FLOOR)
    if code == CROSS_ENTROPY:
        if fused:
            return (-y * z if y != 0.0 else 0.0), value * whole - y
        return -y * _log(value), -y / max(value, SLOPE_FLOOR)
    sign = 1.0 if y > 0.0 else -1.0
    margin = 1.0 - sign * value
    return (0.0, 0.0) if margin <= 0.0 else (margin, -sign)


@inner
def chunk_loss(plan, rows, order, first, count, task, share, mass, weighted, buffers, lanes):
    """Put the derivatives by the outputs into ``d`` for ``count`` rows; returns the sum of their losses.

    ``share`` is what one row and output counts in the mean over a batch of rows, whose weights add up to
    ``mass``; ``weighted`` is a constant, without which all are 1. Derivatives by a pre-activation go to
    ``kept`` instead: to ``d`` neurons further on may have added theirs.
    """
    a, d, kept = buffers.a, buffers.d, buffers.kept
    outputs = np.uint64(plan.outputs.size)
    # Not a choice: the loop would be compiled twice.
    stride = np.uint64(rows.weights.size > 1)
    summed = 0.0
    for o in range(outputs):
        slot = plan.outputs[o]
        base = slot * lanes
        direct = plan.direct[slot]
        for i in range(count):
            row = order[first + i]
            y = rows.y[row * outputs + o]
            z = kept[base + i]
            value, slope = output_loss(task.loss, plan.fused[slot], a[base + i], z, y, rows.whole[row])
            weight = rows.weights[row * stride] if weighted else 1.0
            summed += value * weight
            slope = slope * weight
            if task.optimizer == PERCEPTRON:
                kept[base + i] = ((1.0 if z >= 0.0 else 0.0) - y) * weight / mass
            elif direct:
                kept[base + i] = slope * share
            else:
                d[base + i] = slope * share
        if direct:
            for i in range(count, lanes):
                kept[base + i] = 0.0
    return summed * share
