"""Activations: what a neuron makes of its weighted sum. A new one needs one entry in `ACTIVATIONS`, no more.

Every function takes arrays of any shape and keeps their type; ``z`` is the weighted sum plus bias, ``a`` the
activation at ``z``. At kinks the derivative is the one that PyTorch uses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.special import erfc
from nnstudio.errors import ExpressionError
from nnstudio.network.rules import CUSTOM_ACTIVATION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Floats = Any  # a float64 or float32 array; the result has the same type and shape

SOFTPLUS_THRESHOLD = 20.0
LEAK = 0.01
INFINITY = math.inf


@dataclass(frozen=True)
class Activation:
    """One activation.

    ``low`` and ``high`` bound its values, ``kinks`` are where its derivative jumps. For `softmax`, which is
    not ``elementwise``, the last axis of the arrays runs over the neurons of the group, and ``derivative``
    is the diagonal of the Jacobian. Gradient training can pass through what ``has_gradient``.
    """

    key: str
    title: str
    description: str
    formula: str
    latex: str
    derivative_formula: str
    low: float
    high: float
    forward: Callable[[Floats], Floats]
    derivative: Callable[[Floats, Floats], Floats]
    kinks: tuple[float, ...] = ()
    elementwise: bool = True
    has_gradient: bool = True

    def backward(self, z: Floats, a: Floats, error: Floats) -> Floats:
        """Gradient with respect to ``z``, where ``error`` is the gradient with respect to ``a``."""
        if self.elementwise:
            return error * self.derivative(z, a)
        return a * (error - np.sum(error * a, axis=-1, keepdims=True))


def sigmoid(z: Floats) -> Floats:
    """Return 1 / (1 + exp(-z)), without overflow."""
    with np.errstate(under="ignore"):  # an exponential that vanishes is right as 0
        return np.exp(np.minimum(z, 0.0)) / (1.0 + np.exp(-np.abs(z)))


def softmax(z: Floats) -> Floats:
    """Return exp(z_i) / sum_j exp(z_j) along the last axis."""
    with np.errstate(under="ignore"):
        powers = np.exp(z - np.max(z, axis=-1, keepdims=True))
        return powers / np.sum(powers, axis=-1, keepdims=True)


def log_sum_exp(z: Floats) -> Floats:
    """Return log sum_j exp(z_j) along the last axis, which is kept with length 1."""
    highest = np.max(z, axis=-1, keepdims=True)
    with np.errstate(under="ignore"):
        return highest + np.log(np.sum(np.exp(z - highest), axis=-1, keepdims=True))


def _softplus(z: Floats) -> Floats:
    # Above the threshold z itself, as PyTorch has it: the difference is 2e-9 there.
    with np.errstate(under="ignore"):
        return np.where(z > SOFTPLUS_THRESHOLD, z, np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))))


def _softplus_derivative(z: Floats, a: Floats) -> Floats:
    return np.where(z > SOFTPLUS_THRESHOLD, 1.0, sigmoid(z)).astype(a.dtype, copy=False)


def _elu(z: Floats) -> Floats:
    return np.where(z > 0.0, z, np.expm1(np.minimum(z, 0.0)))


def _elu_derivative(z: Floats, a: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return np.exp(np.minimum(z, 0.0))


def _silu(z: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return z * sigmoid(z)


def _silu_derivative(z: Floats, a: Floats) -> Floats:
    rate = sigmoid(z)
    with np.errstate(under="ignore"):
        return rate * (1.0 + z * (1.0 - rate))


def _normal_cdf(z: Floats) -> Floats:
    return 0.5 * erfc(z * -math.sqrt(0.5))


def _gelu(z: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return z * _normal_cdf(z)


def _gelu_derivative(z: Floats, a: Floats) -> Floats:
    with np.errstate(under="ignore"):
        density = np.exp(-0.5 * z * z) * (1.0 / math.sqrt(2.0 * math.pi))
        return _normal_cdf(z) + z * density


def _sine(z: Floats) -> Floats:
    with np.errstate(under="ignore"):  # some processors report it for the smallest numbers
        return np.sin(z)


def _sine_derivative(z: Floats, a: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return np.cos(z)


def _gaussian(z: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return np.exp(-z * z)


def _gaussian_derivative(z: Floats, a: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return -2.0 * z * a


def _tanh_derivative(z: Floats, a: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return 1.0 - a * a


_ENTRIES = (
    Activation(
        "identity",
        "Identity",
        "Passes the weighted sum on as it is: for outputs that may take any value.",
        "a = z",
        r"a = z",
        "a' = 1",
        -INFINITY,
        INFINITY,
        forward=lambda z: z.copy(),
        derivative=lambda z, a: np.ones_like(z),
    ),
    Activation(
        "step",
        "Step",
        "1 where the sum is at least 0, else 0. It has no slope, so only the perceptron rule trains it.",
        "a = 1 if z >= 0 else 0",
        r"a = \begin{cases} 1 & z \ge 0 \\ 0 & z < 0 \end{cases}",
        "a' = 0",
        0.0,
        1.0,
        forward=lambda z: np.heaviside(z, 1.0),
        derivative=lambda z, a: np.zeros_like(z),
        kinks=(0.0,),
        has_gradient=False,
    ),
    Activation(
        "sigmoid",
        "Sigmoid",
        "A smooth step from 0 to 1, read as a probability.",
        "a = 1 / (1 + exp(-z))",
        r"a = \frac{1}{1 + e^{-z}}",
        "a' = a (1 - a)",
        0.0,
        1.0,
        forward=sigmoid,
        derivative=lambda z, a: a * (1.0 - a),
    ),
    Activation(
        "tanh",
        "Tanh",
        "A smooth step from -1 to 1, centered at 0.",
        "a = tanh(z)",
        r"a = \tanh z",
        "a' = 1 - a²",
        -1.0,
        1.0,
        forward=np.tanh,
        derivative=_tanh_derivative,
    ),
    Activation(
        "relu",
        "ReLU",
        "Passes positive sums and silences negative ones.",
        "a = max(0, z)",
        r"a = \max(0, z)",
        "a' = 1 if z > 0 else 0",
        0.0,
        INFINITY,
        forward=lambda z: np.maximum(z, 0.0),
        derivative=lambda z, a: (z > 0.0).astype(z.dtype),
        kinks=(0.0,),
    ),
    Activation(
        "leaky_relu",
        "Leaky ReLU",
        "Like ReLU, but lets a hundredth of negative sums through, so that no neuron falls silent for good.",
        "a = z if z > 0 else 0.01 z",
        r"a = \begin{cases} z & z > 0 \\ 0.01\,z & z \le 0 \end{cases}",
        "a' = 1 if z > 0 else 0.01",
        -INFINITY,
        INFINITY,
        forward=lambda z: np.where(z > 0.0, z, LEAK * z),
        derivative=lambda z, a: np.where(z > 0.0, 1.0, LEAK).astype(z.dtype, copy=False),
        kinks=(0.0,),
    ),
    Activation(
        "elu",
        "ELU",
        "Like ReLU, but bends smoothly to -1 for negative sums.",
        "a = z if z > 0 else exp(z) - 1",
        r"a = \begin{cases} z & z > 0 \\ e^{z} - 1 & z \le 0 \end{cases}",
        "a' = 1 if z > 0 else exp(z)",
        -1.0,
        INFINITY,
        forward=_elu,
        derivative=_elu_derivative,
    ),
    Activation(
        "softplus",
        "Softplus",
        "A smooth ReLU, always above 0.",
        "a = log(1 + exp(z))",
        r"a = \ln(1 + e^{z})",
        "a' = 1 / (1 + exp(-z))",
        0.0,
        INFINITY,
        forward=_softplus,
        derivative=_softplus_derivative,
        kinks=(SOFTPLUS_THRESHOLD,),
    ),
    Activation(
        "silu",
        "SiLU (swish)",
        "The sum times its sigmoid: a smooth ReLU that dips below 0 first.",
        "a = z / (1 + exp(-z))",
        r"a = \frac{z}{1 + e^{-z}}",
        "a' = s (1 + z (1 - s)) with s = 1 / (1 + exp(-z))",
        -0.27846454276107380,
        INFINITY,
        forward=_silu,
        derivative=_silu_derivative,
    ),
    Activation(
        "gelu",
        "GELU",
        "The sum times the share of the normal distribution below it.",
        "a = z Φ(z)",
        r"a = z\,\Phi(z)",
        "a' = Φ(z) + z φ(z)",
        -0.16997120747990369,
        INFINITY,
        forward=_gelu,
        derivative=_gelu_derivative,
    ),
    Activation(
        "sine",
        "Sine",
        "A wave: for signals that repeat.",
        "a = sin(z)",
        r"a = \sin z",
        "a' = cos(z)",
        -1.0,
        1.0,
        forward=_sine,
        derivative=_sine_derivative,
    ),
    Activation(
        "gaussian",
        "Gaussian",
        "A bump: 1 where the sum is 0, falling to 0 on both sides.",
        "a = exp(-z²)",
        r"a = e^{-z^{2}}",
        "a' = -2 z a",
        0.0,
        1.0,
        forward=_gaussian,
        derivative=_gaussian_derivative,
    ),
    Activation(
        "softmax",
        "Softmax",
        "Turns all softmax outputs together into probabilities that sum to 1: one per class.",
        "a_i = exp(z_i) / sum_j exp(z_j)",
        r"a_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
        "da_i/dz_j = a_i ([i = j] - a_j)",
        0.0,
        1.0,
        forward=softmax,
        derivative=lambda z, a: a * (1.0 - a),
        elementwise=False,
    ),
)

ACTIVATIONS: Mapping[str, Activation] = {entry.key: entry for entry in _ENTRIES}


def activation(key: str) -> Activation:
    """Return the activation with a key: an entry, or one made from the formula of ``"custom:<formula>"``.

    Raises ExpressionError where there is none. Whether a formula has values where it needs them is for
    `engine.custom` to say.
    """
    entry = ACTIVATIONS.get(key)
    if entry is not None:
        return entry
    if not key.startswith(CUSTOM_ACTIVATION):
        raise ExpressionError(
            f"The activation “{key[:40]}” does not exist; choose one of {', '.join(ACTIVATIONS)}, or write a "
            f"formula such as {CUSTOM_ACTIVATION}x * tanh(x)."
        )
    # It builds on this module.
    from nnstudio.engine.custom import unchecked_activation

    return unchecked_activation(key, key.removeprefix(CUSTOM_ACTIVATION))
