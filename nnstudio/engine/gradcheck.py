"""Check of gradients: measured by differences, against computed backward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.losses import LOSSES
from nnstudio.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program

Floats = Any

# Step sizes to try, for a parameter of size 1 or less; larger ones in proportion.
STEPS = (1e-3, 2.5e-4, 6e-5, 1.5e-5, 4e-6)
# Differences of the loss lose about half of the digits of float64.
TOLERANCE = 1e-6
# Gradients below this share of the loss (or of 1) drown in its rounding errors and are compared absolutely.
FLOOR = 1e-5


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """Gradients by each parameter, (connections + neurons,), in the order of the flat vector.

    ``checked`` is False for the biases of inputs, which are none, and for what was not asked for.
    ``at_kink`` marks parameters where even the smallest step crosses a kink (as that of ReLU at 0), so that
    no derivative can be measured. ``numerical`` and ``relative_error`` are NaN where nothing was measured.
    """

    analytical: NDArray[np.float64]
    numerical: NDArray[np.float64]
    relative_error: NDArray[np.float64]
    checked: NDArray[np.bool_]
    at_kink: NDArray[np.bool_]

    @property
    def worst(self) -> float:
        """The largest relative error, NaN where nothing could be measured."""
        measured = self.relative_error[self.checked & ~self.at_kink]
        return float(measured.max()) if len(measured) else float("nan")

    @property
    def worst_first(self) -> list[int]:
        """Places of what was measured, the largest relative error first."""
        measured = np.flatnonzero(self.checked & ~self.at_kink)
        # NaN is worse than any number.
        order = np.argsort(-np.nan_to_num(self.relative_error[measured], nan=np.inf), kind="stable")
        places: list[int] = measured[order].tolist()
        return places


def spread(size: int, most: int) -> NDArray[np.int64]:
    """Return at most so many whole numbers below ``size``, evenly spread: the rows or parameters to check."""
    if size <= most:
        return np.arange(size)
    return np.arange(most) * size // most


def parameter_name(program: Program, index: int) -> str:
    """Return what to call a parameter by its place in the flat vector."""
    names = program.neuron_names
    if index < program.n_connections:
        return f"{names[program.source_slot[index]]} → {names[program.target_slot[index]]}"
    return f"bias of {names[index - program.n_connections]}"


def check_gradients(
    program: Program,
    parameters: Parameters,
    x: Floats,
    y: Floats,
    loss: str = "mse",
    *,
    indices: NDArray[np.int64] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> GradientCheck:
    """Compare the gradients of a batch, x (batch, inputs) and y (batch, outputs), with central differences.

    Each derivative is measured from four points around the parameter, as
    (8 (L(h) - L(-h)) - L(2h) + L(-2h)) / 12h, at several step sizes; the two neighboring sizes that agree
    best decide. A weight that connections share is moved in all of them. ``indices`` limits the check to
    these places in the flat vector. ``on_progress(done, of)`` is told before each parameter, and may raise
    Interrupted to give up. Raises SettingsError for a program in float32, where differences are all
    rounding.
    """
    if program.dtype != np.float64:
        raise SettingsError(
            "Gradients can be checked in float64 only: in float32 the differences are lost in rounding.",
            setting="dtype",
        )
    value, gradients = program.loss_and_gradients(parameters, x, y, loss)
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    n = len(parameters.flat)
    checked = np.zeros(n, bool)
    checked[slice(None) if indices is None else indices] = True
    checked[program.n_connections + program.input_slots] = False
    numerical = np.full(n, np.nan)
    at_kink = np.zeros(n, bool)
    sides = _sides(program, parameters, x, y, loss)
    moving = np.arange(n)[:, None].tolist()
    for tie in program.ties:
        for slot in tie.tolist():
            moving[slot] = tie.tolist()
    for done, index in enumerate(np.flatnonzero(checked).tolist()):
        if on_progress is not None:
            on_progress(done, int(checked.sum()))
        derivative = _measure(program, parameters, x, y, loss, moving[index], sides)
        if derivative is None:
            at_kink[index] = True
        else:
            numerical[index] = derivative
    size = np.maximum(np.abs(gradients.flat), np.abs(numerical))
    with np.errstate(invalid="ignore"):
        difference = np.abs(gradients.flat - numerical)
        relative_error = difference / np.maximum(size, FLOOR * max(1.0, abs(value)))
    return GradientCheck(gradients.flat, numerical, relative_error, checked, at_kink)


def _measure(
    program: Program,
    parameters: Parameters,
    x: Floats,
    y: Floats,
    loss: str,
    indices: list[int],
    sides: NDArray[np.bool_],
) -> float | None:
    """Return the derivative by the parameter at these places, or None where every step crosses a kink."""
    estimates: list[float] = []
    for relative_step in STEPS:
        step = relative_step * max(1.0, abs(parameters.flat[indices[0]]))
        losses = {}
        crossed = False
        for multiple in (-2, -1, 1, 2):
            moved = parameters.copy()
            moved.flat[indices] += multiple * step
            crossed = crossed or not np.array_equal(_sides(program, moved, x, y, loss), sides)
            losses[multiple] = program.loss(moved, x, y, loss)
        if not crossed:
            estimates.append((8.0 * (losses[1] - losses[-1]) - (losses[2] - losses[-2])) / (12.0 * step))
    if len(estimates) < 2:
        return estimates[0] if estimates else None
    best = int(np.argmin(np.abs(np.diff(estimates))))
    return estimates[best]


def _sides(program: Program, parameters: Parameters, x: Floats, y: Floats, loss: str) -> NDArray[np.bool_]:
    """On which side of every kink, of activations and of the loss, each neuron and output is."""
    with np.errstate(all="ignore"):
        sums, values = program.forward(parameters, x)
        found = [
            (sums[group.rows] > kink).ravel()
            for level in program.levels
            for group in level.groups
            for kink in group.activation.kinks
        ]
        branch = LOSSES[loss].branch
        if branch is not None:
            found.append(branch(values[program.output_slots].T, y).ravel())
    return np.concatenate(found) if found else np.empty(0, bool)
