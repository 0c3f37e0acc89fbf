"""Optimizers: how gradients become changes of parameters. A new one needs one entry in `OPTIMIZERS`, no more.

The formulas and defaults are PyTorch's. A step works in place on the flat vector of parameters and on its
state, a dict of arrays that can be saved. Frozen parameters (where ``mask`` is False) count as having no
gradient. The learning rate is one number, or one for each parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.perceptron import loss_and_corrections

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Factors, Program

Floats = Any
State = dict[str, Any]
Rate = Any  # a float, or an array as long as the parameters
Step = Callable[[Floats, Floats, State, Rate, Mapping[str, float], Floats], None]


@dataclass(frozen=True)
class Optimizer:
    """One optimizer.

    ``defaults`` are its options beyond the learning rate, ``limits`` the values that each may have, from
    the first up to but not including the second. ``learning_rate`` is a usual one. Of the state,
    ``vectors`` are as long as the parameters; ``counts_steps`` adds the number of steps so far, ``"steps"``
    (1,).
    """

    key: str
    title: str
    description: str
    formula: str
    latex: str
    learning_rate: float
    update: Step
    defaults: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    vectors: tuple[str, ...] = ()
    counts_steps: bool = False
    uses_gradient: bool = True

    def init_state(self, n: int, dtype: DTypeLike = np.float64) -> dict[str, NDArray[Any]]:
        """Return the state before the first step, for n parameters."""
        state: dict[str, NDArray[Any]] = {name: np.zeros(n, dtype) for name in self.vectors}
        if self.counts_steps:
            state["steps"] = np.zeros(1)
        return state

    def step(
        self,
        flat: NDArray[Any],
        gradients: NDArray[Any],
        state: dict[str, NDArray[Any]],
        learning_rate: Rate,
        options: Mapping[str, float],
        mask: NDArray[np.bool_],
    ) -> None:
        """Change ``flat`` (parameters,) and ``state`` in place; frozen are those where ``mask`` is False.

        Their vectors in the state have to be 0, or they would go on moving.
        """
        self.update(flat, np.where(mask, gradients, 0.0), state, learning_rate, options, mask)

    def loss_and_gradients(
        self,
        program: Program,
        parameters: Parameters,
        x: Floats,
        y: Floats,
        loss: str = "mse",
        factors: Factors | None = None,
        weights: NDArray[Any] | None = None,
    ) -> tuple[float, Parameters]:
        """Return the loss of a batch and what `step` wants: gradients, or the perceptron's corrections.

        ``factors`` and ``weights`` are those of `Program.loss_and_gradients`; the perceptron's outputs hear
        no hidden neuron.
        """
        if self.uses_gradient:
            return program.loss_and_gradients(parameters, x, y, loss=loss, factors=factors, weights=weights)
        return loss_and_corrections(program, parameters, x, y, loss, weights)


def _sgd(p: Floats, g: Floats, state: State, lr: Rate, options: Mapping[str, float], mask: Floats) -> None:
    g *= lr
    p -= g


def _momentum(
    p: Floats, g: Floats, state: State, lr: Rate, options: Mapping[str, float], mask: Floats
) -> None:
    velocity = state["velocity"]
    velocity *= options["momentum"]
    velocity += g
    p -= lr * velocity


def _nesterov(
    p: Floats, g: Floats, state: State, lr: Rate, options: Mapping[str, float], mask: Floats
) -> None:
    velocity = state["velocity"]
    velocity *= options["momentum"]
    velocity += g
    p -= lr * (g + options["momentum"] * velocity)


def _adagrad(
    p: Floats, g: Floats, state: State, lr: Rate, options: Mapping[str, float], mask: Floats
) -> None:
    squares = state["squares"]
    squares += g * g
    p -= lr * g / (np.sqrt(squares) + options["eps"])


def _rmsprop(
    p: Floats, g: Floats, state: State, lr: Rate, options: Mapping[str, float], mask: Floats
) -> None:
    squares, alpha = state["squares"], options["alpha"]
    squares *= alpha
    squares += (1.0 - alpha) * (g * g)
    p -= lr * g / (np.sqrt(squares) + options["eps"])


def _adam(p: Floats, g: Floats, state: State, lr: Rate, options: Mapping[str, float], mask: Floats) -> None:
    mean, squares, steps = state["mean"], state["squares"], state["steps"]
    beta1, beta2 = options["beta1"], options["beta2"]
    steps += 1.0
    mean *= beta1
    mean += (1.0 - beta1) * g
    squares *= beta2
    squares += (1.0 - beta2) * (g * g)
    count = float(steps[0])
    mean_scale = 1.0 - beta1**count
    squares_scale = 1.0 - beta2**count
    p -= (lr / mean_scale) * mean / (np.sqrt(squares) / squares_scale**0.5 + options["eps"])


def _adamw(p: Floats, g: Floats, state: State, lr: Rate, options: Mapping[str, float], mask: Floats) -> None:
    np.multiply(p, 1.0 - lr * options["weight_decay"], out=p, where=mask)
    _adam(p, g, state, lr, options, mask)


_SHARE = (0.0, 1.0)
_POSITIVE = (np.nextafter(0.0, 1.0), np.inf)
_ADAM_DEFAULTS = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
_ADAM_LIMITS = {"beta1": _SHARE, "beta2": _SHARE, "eps": _POSITIVE}

_ENTRIES = (
    Optimizer(
        "sgd",
        "Gradient descent",
        "Goes straight against the gradient.",
        "w ← w - η g",
        r"w \leftarrow w - \eta\, g",
        0.1,
        _sgd,
    ),
    Optimizer(
        "momentum",
        "Momentum",
        "Keeps part of its speed, so it rolls through small bumps and along valleys.",
        "v ← μ v + g,  w ← w - η v",
        r"v \leftarrow \mu v + g, \quad w \leftarrow w - \eta\, v",
        0.01,
        _momentum,
        defaults={"momentum": 0.9},
        limits={"momentum": _SHARE},
        vectors=("velocity",),
    ),
    Optimizer(
        "nesterov",
        "Nesterov momentum",
        "Momentum that looks ahead along its way, and so brakes earlier.",
        "v ← μ v + g,  w ← w - η (g + μ v)",
        r"v \leftarrow \mu v + g, \quad w \leftarrow w - \eta\,(g + \mu v)",
        0.01,
        _nesterov,
        defaults={"momentum": 0.9},
        limits={"momentum": _SHARE},
        vectors=("velocity",),
    ),
    Optimizer(
        "adagrad",
        "Adagrad",
        "Takes smaller steps for parameters that have changed much already.",
        "s ← s + g²,  w ← w - η g / (√s + ε)",
        r"s \leftarrow s + g^2, \quad w \leftarrow w - \eta\, \frac{g}{\sqrt{s} + \varepsilon}",
        0.01,
        _adagrad,
        defaults={"eps": 1e-10},
        limits={"eps": _POSITIVE},
        vectors=("squares",),
    ),
    Optimizer(
        "rmsprop",
        "RMSprop",
        "Divides each gradient by its usual size, so that all parameters move at a similar pace.",
        "s ← α s + (1 - α) g²,  w ← w - η g / (√s + ε)",
        r"s \leftarrow \alpha s + (1 - \alpha) g^2, \quad"
        r" w \leftarrow w - \eta\, \frac{g}{\sqrt{s} + \varepsilon}",
        0.01,
        _rmsprop,
        defaults={"alpha": 0.99, "eps": 1e-8},
        limits={"alpha": _SHARE, "eps": _POSITIVE},
        vectors=("squares",),
    ),
    Optimizer(
        "adam",
        "Adam",
        "Momentum with steps of a similar size for all parameters: a good first choice.",
        "m ← β₁ m + (1 - β₁) g,  s ← β₂ s + (1 - β₂) g²,  w ← w - η m̂ / (√ŝ + ε) with m̂ = m / (1 - "
        "β₁ᵗ), ŝ = s / (1 - β₂ᵗ)",
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad s \leftarrow \beta_2 s + (1 - \beta_2) g^2, \quad"
        r" w \leftarrow w - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)} + \varepsilon}",
        0.001,
        _adam,
        defaults=_ADAM_DEFAULTS,
        limits=_ADAM_LIMITS,
        vectors=("mean", "squares"),
        counts_steps=True,
    ),
    Optimizer(
        "adamw",
        "AdamW",
        "Adam that also shrinks all parameters a little at every step, which keeps them small.",
        "w ← (1 - η λ) w, then as Adam",
        r"w \leftarrow (1 - \eta \lambda)\, w, \quad \text{then as Adam}",
        0.001,
        _adamw,
        defaults={**_ADAM_DEFAULTS, "weight_decay": 0.01},
        limits={**_ADAM_LIMITS, "weight_decay": (0.0, np.inf)},
        vectors=("mean", "squares"),
        counts_steps=True,
    ),
    Optimizer(
        "perceptron",
        "Perceptron rule",
        "Rosenblatt's rule: corrects only where the decision is wrong. For outputs fed by inputs alone.",
        "w ← w + η (y - [z ≥ 0]) x",
        r"w \leftarrow w + \eta\, (y - [z \ge 0])\, x",
        0.1,
        _sgd,
        uses_gradient=False,
    ),
)

OPTIMIZERS: Mapping[str, Optimizer] = {entry.key: entry for entry in _ENTRIES}
