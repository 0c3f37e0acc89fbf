"""Moment: a network at one sample, with every value and derivative that explanations speak of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.losses import LOSSES
from nnstudio.engine.parameters import Parameters
from nnstudio.errors import ShapeError, UnknownIdError
from nnstudio.explain.symbols import Names

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from nnstudio.engine.activations import Activation
    from nnstudio.engine.program import Program

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moment:
    """A program in float64 at one row of data; made by `moment_of`.

    ``x`` (inputs,), ``sums`` and ``values`` (neurons,). With a target ``y`` (outputs,), the loss of this row
    alone is ``loss_value``, and ``gradients`` are its derivatives, those of shared weights added up; that by
    a bias is the neuron's delta.
    """

    program: Program
    parameters: Parameters
    x: Floats
    y: Floats | None
    loss: str
    sums: Floats
    values: Floats
    loss_value: float = 0.0
    gradients: Parameters = field(default_factory=lambda: Parameters(np.empty(0), 0))

    @cached_property
    def names(self) -> Names:
        """What everything is called."""
        return Names(self.program)

    @cached_property
    def columns(self) -> dict[int, int]:
        """The column of the targets by the slot of its output."""
        return {slot: column for column, slot in enumerate(self.program.output_slots.tolist())}

    @cached_property
    def softmax_slots(self) -> list[int]:
        """The slots of the outputs that share a softmax."""
        return [slot for slot in self.columns if self.activation(slot).key == "softmax"]

    @cached_property
    def fused_slots(self) -> dict[int, float]:
        """The slots of outputs whose loss is computed from their sums, with its derivative by these."""
        return self._loss_slopes(fused=True)

    @cached_property
    def valued_slots(self) -> dict[int, float]:
        """The slots of outputs whose loss is computed from their values, with its derivative by these."""
        return self._loss_slopes(fused=False)

    @cached_property
    def scale(self) -> int:
        """What the terms of the loss are divided by, for this one row."""
        return LOSSES[self.loss].scale((1, self.program.n_outputs))

    @cached_property
    def deltas(self) -> Floats:
        """The derivative of the loss by each neuron's sum, (neurons,); 0 for inputs."""
        return self.gradients.biases

    @cached_property
    def errors(self) -> Floats:
        """The derivative of the loss by each neuron's value, (neurons,), but for what fused losses skip."""
        program = self.program
        errors = np.zeros(program.n_neurons)
        with np.errstate(all="ignore"):
            heard = self.parameters.weights * self.deltas[program.target_slot]
            np.add.at(errors, program.source_slot, heard)
        for slot, slope in self.valued_slots.items():
            errors[slot] += slope
        return errors

    @cached_property
    def slopes(self) -> Floats:
        """The derivative of each neuron's value by its own sum, (neurons,); 1 for inputs."""
        slopes = np.ones(self.program.n_neurons)
        with np.errstate(all="ignore"):
            for slot in range(self.program.n_inputs, self.program.n_neurons):
                z, a = self.sums[slot : slot + 1], self.values[slot : slot + 1]
                slopes[slot] = self.activation(slot).derivative(z, a)[0]
        return slopes

    @cached_property
    def path_counts(self) -> list[int]:
        """How many paths lead from each neuron's sum to the loss; 0 for inputs."""
        counts = [0] * self.program.n_neurons
        softmax = set(self.softmax_slots)

        def of_value(slot: int) -> int:
            ends = 1 if slot in self.valued_slots else 0
            return ends + sum(counts[self.target(connection)] for connection in self.outgoing(slot))

        # Connections lead from lower to higher slots.
        for slot in range(self.program.n_neurons - 1, self.program.n_inputs - 1, -1):
            values = self.softmax_slots if slot in softmax else [slot]
            counts[slot] = (1 if slot in self.fused_slots else 0) + sum(map(of_value, values))
        return counts

    @cached_property
    def _outgoing(self) -> tuple[list[int], list[int]]:
        order = np.argsort(self.program.source_slot, kind="stable")
        sources = self.program.source_slot[order]
        starts = np.searchsorted(sources, np.arange(self.program.n_neurons + 1))
        return order.tolist(), starts.tolist()

    def incoming(self, slot: int) -> range:
        """Return the slots of the connections into a neuron."""
        start, end = self.program.row_start[slot : slot + 2].tolist()
        return range(start, end)

    def outgoing(self, slot: int) -> list[int]:
        """Return the slots of the connections out of a neuron."""
        order, starts = self._outgoing
        return order[starts[slot] : starts[slot + 1]]

    def source(self, connection: int) -> int:
        """Return the slot of the neuron that a connection comes from."""
        return int(self.program.source_slot[connection])

    def target(self, connection: int) -> int:
        """Return the slot of the neuron that a connection leads to."""
        return int(self.program.target_slot[connection])

    def weight(self, connection: int) -> float:
        """Return the weight of a connection."""
        return float(self.parameters.weights[connection])

    def is_input(self, slot: int) -> bool:
        """Whether a neuron is an input."""
        return slot < self.program.n_inputs

    def activation(self, slot: int) -> Activation:
        """Return the activation of a neuron that is no input."""
        code = int(self.program.activation_code[slot])
        return self.program.activation_set[code]

    def softmax_slope(self, value: int, sum_: int) -> float:
        """Return the derivative of one softmax value by the sum of another, or the same, output."""
        a, b = float(self.values[value]), float(self.values[sum_])
        return a * ((1.0 if value == sum_ else 0.0) - b)

    def members(self, connection: int) -> list[int]:
        """Return the slots of the connections that share a weight with one, itself among them."""
        for tie in self.program.ties:
            if connection in tie:
                found: list[int] = tie.tolist()
                return found
        return [connection]

    def own_gradient(self, connection: int) -> float:
        """Return what a connection alone adds to the derivative of the loss by its weight."""
        return float(self.values[self.source(connection)] * self.deltas[self.target(connection)])

    def neuron_slot(self, neuron_id: str) -> int:
        """Return the slot of a neuron; raises UnknownIdError, also for what is disabled."""
        slot = self.program.neuron_slots.get(neuron_id)
        if slot is None:
            raise _unknown("neuron", neuron_id, neuron_id in self.program.left_out.neuron_ids)
        return slot

    def connection_slot(self, connection_id: str) -> int:
        """Return the slot of a connection; raises UnknownIdError, also for what is disabled."""
        slot = self.program.connection_slots.get(connection_id)
        if slot is None:
            left_out = connection_id in self.program.left_out.connection_ids
            raise _unknown("connection", connection_id, left_out)
        return slot

    def _loss_slopes(self, *, fused: bool) -> dict[int, float]:
        if self.y is None:
            return {}
        found: dict[int, float] = {}
        slots = np.arange(self.program.n_neurons)
        with np.errstate(all="ignore"):
            for part in self.program.output_parts(self.loss):
                if part.fused is fused:
                    basis = (self.sums if fused else self.values)[None, part.slots]
                    slopes = part.slope(basis, self.y[None, part.columns])[0] / self.scale
                    found.update(zip(slots[part.slots].tolist(), slopes.tolist(), strict=True))
        return found


def moment_of(
    program: Program,
    parameters: Parameters,
    x_row: ArrayLike,
    y_row: ArrayLike | None = None,
    loss: str = "mse",
) -> Moment:
    """Compute a network at one row, x (inputs,) and y (outputs,), in float64 whatever it trains in.

    Raises ShapeError and SettingsError.
    """
    program = in_double(program)
    flat = np.array(parameters.flat, np.float64)
    parameters = Parameters(flat, program.n_connections)
    x = _row(x_row, program.n_inputs, "input")
    with np.errstate(all="ignore"):
        sums, values = program.forward(parameters, x[None])
    sums[: program.n_inputs] = 0.0
    if y_row is None:
        return Moment(program, parameters, x, None, loss, sums[:, 0], values[:, 0])
    y = _row(y_row, program.n_outputs, "output")
    value, gradients = program.loss_and_gradients(parameters, x[None], y[None], loss)
    return Moment(program, parameters, x, y, loss, sums[:, 0], values[:, 0], value, gradients)


def in_double(program: Program) -> Program:
    """Return the program, computing in float64."""
    if program.dtype == np.float64:
        return program
    return replace(program, dtype=np.dtype(np.float64))


def _row(values: Any, columns: int, role: str) -> Floats:
    row = np.asarray(values, np.float64)
    if row.shape != (columns,):
        raise ShapeError(
            f"The network has {columns} {role}{'' if columns == 1 else 's'}, so a sample has as many numbers "
            f"for them, not an array of the shape {row.shape}."
        )
    return row


def _unknown(kind: str, key: str, is_disabled: bool) -> UnknownIdError:
    if is_disabled:
        return UnknownIdError(
            f"The {kind} {key} takes no part in the computation, so there is nothing to explain. Enable it "
            "(and both ends of a connection) first."
        )
    return UnknownIdError(f"There is no {kind} with the id “{key}”.")
