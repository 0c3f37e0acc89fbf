"""Losses: how far outputs are from targets. A new one needs one entry in `LOSSES`, no more.

A loss is made of one term per row and output. It is the sum of all terms divided by the number of rows, and
for most losses also by the number of outputs, as PyTorch's ``reduction="mean"`` has it. Arrays are (batch,
outputs).

`FUSED` holds the pairs of loss and activation that are computed from the weighted sums ``z`` in one go,
because going through the activation would lose all digits where it saturates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.activations import log_sum_exp, sigmoid, softmax

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Floats = Any  # a float64 or float32 array; the result has the same type and shape

HUBER_DELTA = 1.0
# The bounds of PyTorch's BCELoss, for probabilities that reach 0 or 1.
LOG_FLOOR = -100.0
SLOPE_FLOOR = 1e-12


@dataclass(frozen=True)
class Loss:
    """One loss: ``terms(output, target)`` and ``slope``, the derivative of the terms' sum by each output.

    ``branch`` tells on which side of a kink each term is (for the gradient check), or is None for a smooth
    loss.
    """

    key: str
    title: str
    description: str
    formula: str
    latex: str
    terms: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]
    branch: Callable[[Floats, Floats], Floats] | None = None
    mean_over_outputs: bool = True

    def scale(self, shape: tuple[int, ...]) -> int:
        """Return what the sum of the terms is divided by, for outputs of this shape (batch, outputs)."""
        return shape[0] * shape[1] if self.mean_over_outputs else shape[0]

    def value(self, output: Floats, target: Floats) -> float:
        """Return the loss of outputs (batch, outputs) at targets of the same shape."""
        return float(np.add.reduce(self.terms(output, target), axis=None)) / self.scale(output.shape)

    def gradient(self, output: Floats, target: Floats) -> Floats:
        """Return the derivative of the loss by each output, (batch, outputs)."""
        return self.slope(output, target) / self.scale(output.shape)


@dataclass(frozen=True)
class FusedLoss:
    """A loss computed from the weighted sums ``z`` of one activation: terms and their slope by ``z``."""

    terms: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]


def _squared_terms(output: Floats, target: Floats) -> Floats:
    difference = output - target
    return difference * difference


def _huber_terms(output: Floats, target: Floats) -> Floats:
    size = np.abs(output - target)
    near = np.minimum(size, HUBER_DELTA)
    return near * (size - 0.5 * near)


def _huber_slope(output: Floats, target: Floats) -> Floats:
    return np.clip(output - target, -HUBER_DELTA, HUBER_DELTA)


def _log(p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(p), LOG_FLOOR)


def _binary_terms(output: Floats, target: Floats) -> Floats:
    return -(target * _log(output) + (1.0 - target) * _log(1.0 - output))


def _binary_slope(output: Floats, target: Floats) -> Floats:
    return (output - target) / np.maximum((1.0 - output) * output, SLOPE_FLOOR)


def _binary_terms_of_sums(z: Floats, target: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return np.maximum(z, 0.0) - z * target + np.log1p(np.exp(-np.abs(z)))


def _cross_entropy_slope_of_sums(z: Floats, target: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return softmax(z) * np.sum(target, axis=-1, keepdims=True) - target


def _signs(target: Floats) -> Floats:
    """Return the classes -1 and 1 for targets given as 0 and 1 or as -1 and 1."""
    return np.where(target > 0.0, 1.0, -1.0).astype(target.dtype, copy=False)


def _hinge_slope(output: Floats, target: Floats) -> Floats:
    signs = _signs(target)
    return np.where(signs * output < 1.0, -signs, 0.0).astype(output.dtype, copy=False)


_ENTRIES = (
    Loss(
        "mse",
        "Mean squared error",
        "The mean of the squared differences: for values, with large misses counting most.",
        "L = mean (a - y)²",
        r"L = \frac{1}{nk} \sum (a - y)^2",
        terms=_squared_terms,
        slope=lambda output, target: 2.0 * (output - target),
    ),
    Loss(
        "mae",
        "Mean absolute error",
        "The mean of the absolute differences: for values, with outliers counting no more than others.",
        "L = mean |a - y|",
        r"L = \frac{1}{nk} \sum |a - y|",
        terms=lambda output, target: np.abs(output - target),
        slope=lambda output, target: np.sign(output - target),
        branch=lambda output, target: output > target,
    ),
    Loss(
        "huber",
        "Huber",
        "Squared for differences up to 1, straight beyond: smooth, and calm about outliers.",
        "L = mean of (a - y)² / 2 if |a - y| < 1 else |a - y| - 1/2",
        r"L = \frac{1}{nk} \sum \begin{cases} \tfrac12 (a - y)^2 & |a - y| < 1 \\ |a - y| - \tfrac12 &"
        r" \text{otherwise} \end{cases}",
        terms=_huber_terms,
        slope=_huber_slope,
    ),
    Loss(
        "binary_cross_entropy",
        "Binary cross-entropy",
        "For outputs that are probabilities, each for itself: how surprising the targets 0 and 1 are.",
        "L = -mean (y log a + (1 - y) log(1 - a))",
        r"L = -\frac{1}{nk} \sum \left( y \ln a + (1 - y) \ln (1 - a) \right)",
        terms=_binary_terms,
        slope=_binary_slope,
    ),
    Loss(
        "cross_entropy",
        "Cross-entropy",
        "For softmax outputs, one per class: how surprising the right class is.",
        "L = -mean over rows of sum y log a",
        r"L = -\frac{1}{n} \sum y \ln a",
        terms=lambda output, target: -target * _log(output),
        slope=lambda output, target: -target / np.maximum(output, SLOPE_FLOOR),
        mean_over_outputs=False,
    ),
    Loss(
        "hinge",
        "Hinge",
        "For scores whose sign is the class: wants the right side by a margin of 1. Targets 0 count as -1.",
        "L = mean max(0, 1 - t a), t = 1 for the class, else -1",
        r"L = \frac{1}{nk} \sum \max(0, 1 - t a), \quad t = \pm 1",
        terms=lambda output, target: np.maximum(0.0, 1.0 - _signs(target) * output),
        slope=_hinge_slope,
        branch=lambda output, target: _signs(target) * output < 1.0,
    ),
)

LOSSES: Mapping[str, Loss] = {entry.key: entry for entry in _ENTRIES}

FUSED: Mapping[tuple[str, str], FusedLoss] = {
    ("binary_cross_entropy", "sigmoid"): FusedLoss(
        terms=_binary_terms_of_sums, slope=lambda z, target: sigmoid(z) - target
    ),
    ("cross_entropy", "softmax"): FusedLoss(
        terms=lambda z, target: target * (log_sum_exp(z) - z), slope=_cross_entropy_slope_of_sums
    ),
}
