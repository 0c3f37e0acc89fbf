"""What can be known to be wrong before a training starts, each with the way out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS, Optimizer
from nnstudio.engine.perceptron import perceptron_problem
from nnstudio.engine.reach import leading_to
from nnstudio.errors import DataError, SettingsError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.engine.program import Program

# How far the probabilities of a row may be from summing to 1.
SUM_TOLERANCE = 1e-6


class Settings(Protocol):
    """The part of the training settings that concerns the engine."""

    @property
    def loss(self) -> str:
        """Key of the loss."""

    @property
    def optimizer(self) -> str:
        """Key of the optimizer."""

    @property
    def learning_rate(self) -> float:
        """The learning rate."""

    @property
    def options(self) -> Mapping[str, float]:
        """Options of the optimizer that are not its defaults."""


def check_training(program: Program, settings: Settings, x: Any, y: Any) -> None:
    """Raise where a training could not work: SettingsError, ShapeError or DataError.

    x is (rows, inputs), y (rows, outputs). The message names the setting, neuron or column.
    """
    _check_settings(settings)
    optimizer = OPTIMIZERS[settings.optimizer]
    _check_optimizer(program, optimizer)
    _check_loss(program, settings.loss)
    x, y = _check_arrays(program, x, y)
    _check_targets(program, settings.loss, optimizer, y)


def _check_settings(settings: Settings) -> None:
    for setting, registry in (("loss", LOSSES), ("optimizer", OPTIMIZERS)):
        key = getattr(settings, setting)
        if key not in registry:
            raise SettingsError(
                f"There is no {setting} “{key}”; choose one of {', '.join(registry)}.", setting=setting
            )
    rate = settings.learning_rate
    if not (math.isfinite(rate) and rate > 0.0):
        raise SettingsError(
            f"The learning rate must be a number above 0, not {rate}; "
            f"{OPTIMIZERS[settings.optimizer].learning_rate} is a usual start.",
            setting="learning_rate",
        )
    for name, (low, high) in OPTIMIZERS[settings.optimizer].limits.items():
        value = settings.options.get(name)
        if value is not None and not low <= value < high:
            bounds = "at least" if low == 0.0 else "above"
            upper = f" and below {high:g}" if math.isfinite(high) else ""
            raise SettingsError(
                f"The option {name} of {OPTIMIZERS[settings.optimizer].title} must be {bounds} 0{upper}, "
                f"not {value:g}.",
                setting="options",
            )


def _check_optimizer(program: Program, optimizer: Optimizer) -> None:
    if not program.gradient_mask.any():
        how = "frozen or disabled" if program.left_out.size else "frozen"
        raise SettingsError(
            f"All weights and biases are {how}, so there is nothing to train. Let at least one of them "
            "train.",
            setting="trainable",
        )
    if not optimizer.uses_gradient:
        problem = perceptron_problem(program)
        if problem is not None:
            raise problem
        _check_any_trains(program, np.isin(np.arange(program.n_neurons), program.output_slots), optimizer)
        return
    blocking = [code for code, entry in enumerate(program.activation_set) if not entry.has_gradient]
    steps = np.flatnonzero(np.isin(program.activation_code, blocking))
    stuck = leading_to(program, steps) & _trained_neurons(program)
    if len(steps) and stuck.any():
        slots = steps.tolist()
        keys = " or ".join(sorted({program.activation_set[program.activation_code[i]].key for i in slots}))
        has, it = ("has", "it") if len(slots) == 1 else ("have", "them")
        way_out = (
            "choose the perceptron rule as the optimizer, or give"
            if perceptron_problem(program) is None
            else f"freeze what leads to {it}, or give"
        )
        raise SettingsError(
            f"{_names(program, slots)} {has} the activation {keys}, which has no slope, so gradients cannot "
            f"train what leads to {it}: {way_out} {it} a smooth activation such as sigmoid.",
            setting="optimizer",
            neuron_ids=[program.neuron_ids[slot] for slot in slots],
        )


def _trained_neurons(program: Program) -> NDArray[np.bool_]:
    """Whether the bias or an incoming weight of each neuron trains."""
    weights, biases = np.split(program.gradient_mask, [program.n_connections])
    trained = biases.copy()
    trained[program.target_slot[weights]] = True
    return trained


def _check_any_trains(program: Program, concerned: NDArray[np.bool_], optimizer: Optimizer) -> None:
    if not (concerned & _trained_neurons(program)).any():
        raise SettingsError(
            f"{optimizer.title} trains only the weights and biases of outputs, and these are all frozen. "
            "Let at least one of them train.",
            setting="trainable",
        )


def _check_loss(program: Program, loss: str) -> None:
    title = LOSSES[loss].title
    if loss == "cross_entropy":
        if program.n_outputs < 2:
            raise SettingsError(
                f"{title} is for two or more classes, one output for each, but there is one output. Add "
                "outputs, or choose binary cross-entropy.",
                setting="loss",
                neuron_ids=[program.neuron_ids[slot] for slot in program.output_slots],
            )
        _refuse_outputs(
            program, loss, lambda entry: entry.key == "softmax", "needs softmax at all outputs", "softmax"
        )
    elif loss == "binary_cross_entropy":
        _refuse_outputs(
            program,
            loss,
            lambda entry: entry.low >= 0.0 and entry.high <= 1.0,
            "needs outputs between 0 and 1",
            "sigmoid",
        )
    elif loss == "hinge":
        _refuse_outputs(
            program,
            loss,
            lambda entry: entry.low < 0.0,
            "needs outputs that can be above and below 0",
            "identity",
        )


def _refuse_outputs(program: Program, loss: str, allowed: Any, need: str, remedy: str) -> None:
    for slot in program.output_slots.tolist():
        entry = program.activation_set[program.activation_code[slot]]
        if not allowed(entry):
            raise SettingsError(
                f"{LOSSES[loss].title} {need}, but {program.neuron_names[slot]} has the activation "
                f"{entry.key}. Give it {remedy}, or choose another loss.",
                setting="loss",
                neuron_ids=(program.neuron_ids[slot],),
            )


def _check_arrays(program: Program, x: Any, y: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    arrays = []
    for array, slots, role, what in (
        (x, program.input_slots, "input", "feature"),
        (y, program.output_slots, "output", "target"),
    ):
        array = np.asarray(array, np.float64)
        if array.ndim != 2:
            raise ShapeError(
                f"The {what}s must be a table of rows and columns, not an array of shape {array.shape}."
            )
        if array.shape[1] != len(slots):
            raise ShapeError(
                f"The data have {_count(array.shape[1], what + ' column')}, but the network has "
                f"{_count(len(slots), role)} ({_names(program, slots.tolist())}). Add or delete {role} "
                "neurons so that there is one for each column, or choose other data."
            )
        arrays.append(array)
    x, y = arrays
    if len(x) != len(y):
        raise ShapeError(f"The data have {len(x)} rows of features but {len(y)} rows of targets.")
    if not len(x):
        raise DataError("The data have no rows, so there is nothing to learn from. Choose other data.")
    for array, slots, what in ((x, program.input_slots, "feature"), (y, program.output_slots, "target")):
        _refuse_rows(program, ~np.isfinite(array), array, slots, what, "is not a finite number")
        too_large = np.abs(array) > np.finfo(program.dtype).max
        text = f"is more than {program.dtype} can hold: scale the column, or compute in float64"
        _refuse_rows(program, too_large, array, slots, what, text)
    return x, y


def _check_targets(program: Program, loss: str, optimizer: Optimizer, y: NDArray[Any]) -> None:
    outputs = program.output_slots

    def refuse(wrong: NDArray[np.bool_], text: str) -> None:
        _refuse_rows(program, wrong, y, outputs, "target", text)

    title = LOSSES[loss].title
    if loss in ("binary_cross_entropy", "cross_entropy"):
        refuse((y < 0.0) | (y > 1.0), f"is no probability: {title} needs targets from 0 to 1")
    if loss == "cross_entropy":
        wrong = np.abs(y.sum(axis=1) - 1.0) > SUM_TOLERANCE
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"The targets of row {row + 1} sum to {y[row].sum():g}, but {title} needs probabilities "
                "that sum to 1 in every row: a 1 in the column of its class and 0 in the others."
            )
    if loss == "hinge":
        refuse(~np.isin(y, (-1.0, 0.0, 1.0)), f"names no class: {title} needs targets -1 and 1, or 0 and 1")
        mixed = (y == 0.0).any(axis=0) & (y == -1.0).any(axis=0)
        if mixed.any():
            name = program.neuron_names[outputs[int(np.argmax(mixed))]]
            raise DataError(
                f"The targets of {name} mix -1 and 0, and {title} reads both as the same class. Use -1 and "
                "1, or 0 and 1."
            )
    if not optimizer.uses_gradient:
        refuse(~np.isin(y, (0.0, 1.0)), f"is no decision: {optimizer.title} needs targets 0 and 1")


def _refuse_rows(
    program: Program,
    wrong: NDArray[np.bool_],
    array: NDArray[Any],
    slots: NDArray[np.int64],
    what: str,
    text: str,
) -> None:
    """Raise DataError for the first wrong element of an array (rows, columns)."""
    if wrong.any():
        row, column = np.argwhere(wrong)[0].tolist()
        slot = int(slots[column])
        raise DataError(
            f"In row {row + 1}, column {column + 1} of the {what}s ({program.neuron_names[slot]}), the "
            f"value {array[row, column]:g} {text}. Correct it, or leave the row out.",
            neuron_ids=(program.neuron_ids[slot],),
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _names(program: Program, slots: Sequence[int]) -> str:
    shown = ", ".join(program.neuron_names[slot] for slot in slots[:5])
    return f"{shown} and {len(slots) - 5} more" if len(slots) > 5 else shown
