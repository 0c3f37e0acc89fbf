"""Optimizers: from gradients to new parameters, with the formulas and defaults of `engine.optimizers`."""

from __future__ import annotations

import math

import numpy as np

from nnstudio.engine.kernels.compiling import ONE, THREE, TWO, ZERO, inner
from nnstudio.engine.kernels.plan import ADAGRAD, MOMENTUM, NESTEROV, PERCEPTRON, RMSPROP, SGD


@inner
def candidate(task, step, work):
    """Write the parameters after one update to ``work.new``; returns 0, or NaN where one isn't finite.

    The formulas, with their defaults and names, are those of `optimizers`.
    """
    flat, gradient, mask, new = work.flat, work.gradient, work.mask, work.new
    first_state, second_state = work.first_state, work.second_state
    optimizer, options, rate = task.optimizer, task.options, task.rate
    finite = 0.0
    size = np.uint64(flat.size)
    if optimizer == SGD or optimizer == PERCEPTRON:
        for i in range(size):
            value = flat[i] - rate * mask[i] * gradient[i]
            finite += value - value
            new[i] = value
    elif optimizer == MOMENTUM or optimizer == NESTEROV:
        momentum = options[ZERO]
        for i in range(size):
            g = mask[i] * gradient[i]
            velocity = momentum * first_state[i] + g
            first_state[i] = velocity
            direction = g + momentum * velocity if optimizer == NESTEROV else velocity
            value = flat[i] - rate * direction
            finite += value - value
            new[i] = value
    elif optimizer == ADAGRAD:
        eps = options[ZERO]
        for i in range(size):
            g = mask[i] * gradient[i]
            squares = first_state[i] + g * g
            first_state[i] = squares
            value = flat[i] - rate * g / (math.sqrt(squares) + eps)
            finite += value - value
            new[i] = value
    elif optimizer == RMSPROP:
        alpha, eps = options[ZERO], options[ONE]
        for i in range(size):
            g = mask[i] * gradient[i]
            squares = alpha * first_state[i] + (1.0 - alpha) * g * g
            first_state[i] = squares
            value = flat[i] - rate * g / (math.sqrt(squares) + eps)
            finite += value - value
            new[i] = value
    else:
        beta1, beta2, eps, decay = options[ZERO], options[ONE], options[TWO], options[THREE]
        first_correction = 1.0 - math.pow(beta1, step)
        second_correction = math.sqrt(1.0 - math.pow(beta2, step))
        size_of_step = rate / first_correction
        for i in range(size):
            g = mask[i] * gradient[i]
            mean = beta1 * first_state[i] + (1.0 - beta1) * g
            square = beta2 * second_state[i] + (1.0 - beta2) * g * g
            first_state[i] = mean
            second_state[i] = square
            start = flat[i] - flat[i] * (rate * decay * mask[i])
            value = start - size_of_step * mean / (math.sqrt(square) / second_correction + eps)
            finite += value - value
            new[i] = value
    return finite
