"""What shapes a step beside the optimizer: penalties on weights, clipping of gradients, decay.

Penalties are added to the gradient first, ``l1 sign(w) + l2 w`` to that of each weight w, which is what
``l1 Σ|w| + l2/2 Σw²`` added to the loss would do; biases have none. Then the whole gradient is clipped, by
its norm and then by its values; a weight that connections share counts once in the norm. Decay is decoupled
from the gradient, as in AdamW: weights and biases lose the share ``learning rate · weight_decay`` of
themselves before the optimizer's step. Nothing of it touches frozen parameters, whose gradients count in no
norm either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rate = Any

# Added to the norm before dividing by it, as in PyTorch's clip_grad_norm_.
NORM_FLOOR = 1e-6


@dataclass(frozen=True, kw_only=True)
class Shaping:
    """How steps are shaped; None is no clipping."""

    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None

    @property
    def changes_gradient(self) -> bool:
        """Whether `gradient` returns anything but what it is given."""
        return bool(self.l1 or self.l2) or self.clip_norm is not None or self.clip_value is not None

    @property
    def is_nothing(self) -> bool:
        """Whether steps are left as the optimizer takes them."""
        return not self.changes_gradient and not self.weight_decay

    def gradient(
        self,
        gradients: Parameters,
        parameters: Parameters,
        mask: NDArray[np.bool_],
        counted: NDArray[np.bool_] | None = None,
    ) -> Parameters:
        """Return the gradients with penalties, clipped; frozen are those where ``mask`` is False.

        The norm is over those where ``counted`` is True, all unless given.
        """
        if not self.changes_gradient:
            return gradients
        weights = parameters.weights
        shaped = Parameters(np.where(mask, gradients.flat, 0.0), len(weights))
        penalty = self.l1 * np.sign(weights) + self.l2 * weights
        shaped.weights += np.where(mask[: len(weights)], penalty, 0.0)
        if self.clip_norm is not None:
            share = self.clip_norm / (
                norm(shaped.flat if counted is None else shaped.flat[counted]) + NORM_FLOOR
            )
            if share < 1.0:
                shaped.flat *= share
        if self.clip_value is not None:
            np.clip(shaped.flat, -self.clip_value, self.clip_value, out=shaped.flat)
        return shaped

    def decay(self, flat: NDArray[Any], learning_rate: Rate, mask: NDArray[np.bool_]) -> None:
        """Shrink parameters (connections + neurons,) in place, but for those where ``mask`` is False.

        The learning rate is one number, or one for each parameter.
        """
        if self.weight_decay:
            np.multiply(flat, 1.0 - learning_rate * self.weight_decay, out=flat, where=mask)


def norm(vector: NDArray[Any]) -> float:
    """Return the Euclidean norm, also where squares would overflow; NaN where an element isn't finite."""
    values = vector.astype(np.float64, copy=False)
    largest = float(np.max(np.abs(values), initial=0.0))
    return largest * float(np.sqrt(np.sum(np.square(values / largest)))) if largest else 0.0
