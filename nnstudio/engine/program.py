"""A compiled network and what it computes, in plain NumPy: the reference for anything faster.

Inside, arrays are (neurons, batch), so that the batch of a neuron is contiguous; callers see (batch,
neurons). Every neuron and connection has a slot. Neurons stand level by level, inputs first; connections
are sorted by the slot of their target, then of their source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnstudio.engine.losses import FUSED, LOSSES
from nnstudio.engine.parameters import Parameters as Parameters
from nnstudio.errors import SettingsError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nnstudio.engine.activations import Activation
    from nnstudio.engine.blocks import Block, Index
    from nnstudio.engine.constraints import LeftOut

Floats = Any
Factors = Callable[[int, int], "NDArray[Any]"]

# How many numbers a temporary array may hold; more rows than fit are computed in parts.
TEMPORARY_SIZE = 1 << 22


@dataclass(frozen=True)
class CompileWarning:
    """Something in the drawing that does not stop a run but is probably not meant."""

    message: str
    neuron_ids: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Neurons of one level with one activation."""

    rows: slice
    activation: Activation


@dataclass(frozen=True)
class Level:
    """Neurons that depend only on earlier levels."""

    blocks: tuple[Block, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class OutputPart:
    """Outputs with one activation, and how a loss is computed there: from the sums (fused) or the values."""

    columns: Index
    slots: Index
    terms: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]
    fused: bool


class Forward(NamedTuple):
    """Every neuron's weighted sum plus bias, and its value, both (neurons, batch). Sums of inputs are 0."""

    sums: Floats
    values: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Program:
    """A network as arrays. Made by `compile_network`; holds no state, so threads may share it.

    ``row_start`` (neurons + 1,), ``source_slot``, ``target_slot`` (connections,), ``level_start`` (levels +
    1,) and ``activation_code`` (neurons,) describe it completely in compressed rows: the connections into
    the neuron in slot i are those from ``row_start[i]`` to ``row_start[i + 1]``, and the code is the place
    of the activation in ``activation_set``, -1 for inputs: all of `ACTIVATIONS`, then the custom ones.

    How it may be trained: ``gradient_mask`` (connections + neurons,) is False for what is frozen, and
    ``rate_factors``, as long, multiply the learning rate. ``signs`` (connections,) are 1 for weights that
    stay at 0 or above, -1 for those at 0 or below, 0 for all others; those that train and would leave their
    side are set to 0 after each update. ``ties`` are groups of slots of connections, two or more each, that
    share one weight: its gradient, the sum of theirs, stands at each of them, so that all stay the same.
    ``left_out`` is what of the drawing is disabled.
    """

    neuron_ids: tuple[str, ...]
    neuron_names: tuple[str, ...]
    connection_ids: tuple[str, ...]
    input_slots: NDArray[np.int64]
    output_slots: NDArray[np.int64]
    row_start: NDArray[np.int64]
    source_slot: NDArray[np.int64]
    target_slot: NDArray[np.int64]
    level_start: NDArray[np.int64]
    activation_code: NDArray[np.int64]
    activation_set: tuple[Activation, ...]
    gradient_mask: NDArray[np.bool_]
    rate_factors: NDArray[np.float64]
    signs: NDArray[np.int8]
    ties: tuple[NDArray[np.int64], ...]
    left_out: LeftOut
    warnings: tuple[CompileWarning, ...]
    dtype: np.dtype[Any]
    levels: tuple[Level, ...]
    output_groups: tuple[tuple[str, Index, Index], ...]  # activation, columns, slots
    gaps_connections: NDArray[np.int64]  # the connections that lie in matrices with gaps …
    gaps_places: NDArray[np.int64]  # … and where in their storage
    gaps_size: int
    rows_at_once: int
    start: Parameters
    _output_parts: dict[str, tuple[OutputPart, ...]] = field(default_factory=dict)

    @property
    def n_inputs(self) -> int:
        """Number of inputs: columns of x."""
        return len(self.input_slots)

    @property
    def n_outputs(self) -> int:
        """Number of outputs: columns of y."""
        return len(self.output_slots)

    @property
    def n_neurons(self) -> int:
        """Number of neurons, inputs included."""
        return len(self.neuron_ids)

    @property
    def n_connections(self) -> int:
        """Number of connections."""
        return len(self.connection_ids)

    @property
    def output_activations(self) -> tuple[str, ...]:
        """Keys of the outputs' activations, each once."""
        return tuple(activation for activation, _, _ in self.output_groups)

    @cached_property
    def neuron_slots(self) -> dict[str, int]:
        """The slot of each neuron by its id."""
        return {neuron_id: slot for slot, neuron_id in enumerate(self.neuron_ids)}

    @cached_property
    def connection_slots(self) -> dict[str, int]:
        """The slot of each connection by its id."""
        return {connection_id: slot for slot, connection_id in enumerate(self.connection_ids)}

    @property
    def is_constrained(self) -> bool:
        """Whether there is more to training this than gradients and what is frozen."""
        return self.has_rate_factors or bool(self.ties) or bool(self.signs.any())

    @cached_property
    def has_rate_factors(self) -> bool:
        """Whether anything that trains has a learning rate of its own."""
        return bool((self.rate_factors[self.gradient_mask] != 1.0).any())

    @cached_property
    def tied_slots(self) -> NDArray[np.int64]:
        """The slots of all ties, one tie after the other."""
        return np.concatenate(self.ties) if self.ties else np.empty(0, np.int64)

    @cached_property
    def tie_starts(self) -> NDArray[np.int64]:
        """Where each tie begins in ``tied_slots``, and where the last one ends, (ties + 1,)."""
        return np.cumsum([0, *map(len, self.ties)])

    @cached_property
    def _signed_slots(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.signs * self.gradient_mask[: self.n_connections])

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Whether each parameter counts in a norm, (connections + neurons,): of a tie, one does."""
        counted = np.ones(len(self.gradient_mask), bool)
        counted[self.tied_slots] = False
        counted[self.tied_slots[self.tie_starts[:-1]]] = True
        return counted

    def share(self, gradients: Parameters) -> None:
        """Give connections that share a weight the sum of their gradients, in place."""
        if self.ties:
            starts, weights = self.tie_starts, gradients.weights
            sums = np.add.reduceat(weights[self.tied_slots], starts[:-1])
            weights[self.tied_slots] = np.repeat(sums, np.diff(starts))

    def keep_signs(self, weights: NDArray[Any]) -> None:
        """Set trained weights (connections,) that are on the wrong side of their sign to 0, in place."""
        signed = self._signed_slots
        if len(signed):
            there = weights[signed]
            weights[signed] = np.where(self.signs[signed] * there < 0.0, 0.0, there)

    def __repr__(self) -> str:
        return (
            f"Program({self.n_neurons} neurons, {self.n_connections} connections, {len(self.levels)} "
            f"levels, {self.dtype})"
        )

    def initial_parameters(self) -> Parameters:
        """Return the weights and biases that the drawing had when it was compiled."""
        return self.start.copy()

    def predict(self, parameters: Parameters, x: Floats) -> NDArray[Any]:
        """Return the outputs (batch, outputs) for x (batch, inputs). Raises ShapeError."""
        x = self._as_rows(x, self.n_inputs, "input")
        result = np.empty((len(x), self.n_outputs), self.dtype)
        with np.errstate(all="ignore"):
            for rows in self._parts(len(x)):
                result[rows] = self.forward(parameters, x[rows]).values[self.output_slots].T
        return result

    def activations(self, parameters: Parameters, x: Floats) -> NDArray[Any]:
        """Return every neuron's value (batch, neurons) for x (batch, inputs). Raises ShapeError."""
        x = self._as_rows(x, self.n_inputs, "input")
        result = np.empty((len(x), self.n_neurons), self.dtype)
        with np.errstate(all="ignore"):
            for rows in self._parts(len(x)):
                result[rows] = self.forward(parameters, x[rows]).values.T
        return result

    def loss(
        self,
        parameters: Parameters,
        x: Floats,
        y: Floats,
        loss: str = "mse",
        weights: NDArray[Any] | None = None,
    ) -> float:
        """Return the loss for x (batch, inputs) and y (batch, outputs).

        With ``weights`` (batch,), it is the mean weighted by them. Raises ShapeError, SettingsError.
        """
        x, y = self._as_batch(x, y)
        parts = self.output_parts(loss)
        total = 0.0
        with np.errstate(all="ignore"):
            for rows in self._parts(len(x)):
                state = self.forward(parameters, x[rows])
                for part in parts:
                    basis = (state.sums if part.fused else state.values)[part.slots].T
                    terms = _weighted(part.terms(basis, y[rows, part.columns]), weights, rows)
                    total += float(np.add.reduce(terms, axis=None))
        return total / _scale(loss, y, weights)

    def loss_and_gradients(
        self,
        parameters: Parameters,
        x: Floats,
        y: Floats,
        loss: str = "mse",
        factors: Factors | None = None,
        weights: NDArray[Any] | None = None,
    ) -> tuple[float, Parameters]:
        """Return the loss, and its derivative by every weight and bias, frozen ones included.

        That of a weight which connections share stands at each of them.
        x is (batch, inputs), y (batch, outputs). ``factors(first, rows)`` returns what the values of the
        neurons are multiplied with, (neurons, rows), for rows of the batch: see `engine.dropout`. With
        ``weights`` (batch,), the loss is the mean weighted by them. Raises ShapeError, SettingsError.
        """
        x, y = self._as_batch(x, y)
        parts = self.output_parts(loss)
        scale = _scale(loss, y, weights)
        with np.errstate(all="ignore"):
            if len(x) <= self.rows_at_once:
                total, gradients = self._backward(
                    parameters, x, y, parts, scale, factors and factors(0, len(x)), weights
                )
                self.share(gradients)
                return total / scale, gradients
            total, gradients = 0.0, parameters.zeros_like()
            for rows in self._parts(len(x)):
                part_total, part_gradients = self._backward(
                    parameters,
                    x[rows],
                    y[rows],
                    parts,
                    scale,
                    factors and factors(rows.start, len(x[rows])),
                    None if weights is None else weights[rows],
                )
                total += part_total
                gradients.flat += part_gradients.flat
            self.share(gradients)
            return total / scale, gradients

    def forward(
        self, parameters: Parameters, x: NDArray[Any], factors: NDArray[Any] | None = None
    ) -> Forward:
        """Compute every neuron for x (batch, inputs) of this program's type, level by level.

        Values are multiplied with ``factors`` (neurons, batch), where these are given.
        """
        return self._forward(parameters, self._matrices(parameters.weights), x, factors)

    def _forward(
        self,
        parameters: Parameters,
        matrices: NDArray[Any],
        x: NDArray[Any],
        factors: NDArray[Any] | None = None,
    ) -> Forward:
        weights = parameters.weights
        values = np.empty((len(self.neuron_ids), len(x)), self.dtype)
        sums = np.empty(values.shape, self.dtype)
        sums[:] = parameters.biases[:, None]
        values[: len(self.input_slots)] = x.T
        for level in self.levels:
            for block in level.blocks:
                block.forward(weights, matrices, values, sums)
            for group in level.groups:
                values[group.rows] = group.activation.forward(sums[group.rows].T).T
                if factors is not None:
                    values[group.rows] *= factors[group.rows]
        return Forward(sums, values)

    def _backward(
        self,
        parameters: Parameters,
        x: NDArray[Any],
        y: NDArray[Any],
        parts: tuple[OutputPart, ...],
        scale: float,
        factors: NDArray[Any] | None = None,
        row_weights: NDArray[Any] | None = None,
    ) -> tuple[float, Parameters]:
        """Return the sum of the loss terms, and the gradients of that sum divided by ``scale``."""
        weights = parameters.weights
        matrices = self._matrices(weights)
        sums, values = self._forward(parameters, matrices, x, factors)
        error = np.zeros(values.shape, self.dtype)  # dL/da of every neuron
        delta = np.zeros(values.shape, self.dtype)  # dL/dz of every neuron
        total = 0.0
        for part in parts:
            basis = (sums if part.fused else values)[part.slots].T
            target = y[:, part.columns]
            total += float(np.add.reduce(_weighted(part.terms(basis, target), row_weights), axis=None))
            slopes = _weighted(part.slope(basis, target), row_weights)
            (delta if part.fused else error)[part.slots] = slopes.T / scale

        gradients = Parameters(np.empty(len(parameters.flat), self.dtype), len(weights))
        matrix_gradients = np.empty(self.gaps_size, self.dtype)
        for level in reversed(self.levels):
            for group in level.groups:
                rows = group.rows
                here = delta[rows].T
                before = values[rows].T
                if factors is not None:
                    before = group.activation.forward(sums[rows].T)
                    error[rows] *= factors[rows]
                here += group.activation.backward(sums[rows].T, before, error[rows].T)
            for block in level.blocks:
                block.backward(weights, matrices, values, delta, gradients.weights, matrix_gradients, error)
        if self.gaps_size:
            gradients.weights[self.gaps_connections] = matrix_gradients[self.gaps_places]
        np.add.reduce(delta, axis=1, out=gradients.biases)
        return total, gradients

    def _matrices(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Return the storage of all matrices with gaps, the gaps being 0."""
        matrices = np.zeros(self.gaps_size, self.dtype)
        if self.gaps_size:
            matrices[self.gaps_places] = weights[self.gaps_connections]
        return matrices

    def output_parts(self, loss: str) -> tuple[OutputPart, ...]:
        """Return how a loss is computed at these outputs. Raises SettingsError for an unknown one."""
        parts = self._output_parts.get(loss)
        if parts is None:
            parts = self._output_parts[loss] = tuple(self._make_output_parts(loss))
        return parts

    def _make_output_parts(self, loss: str) -> Iterator[OutputPart]:
        if loss not in LOSSES:
            raise SettingsError(
                f"There is no loss “{loss}”; choose one of {', '.join(LOSSES)}.", setting="loss"
            )
        for activation, columns, slots in self.output_groups:
            fused = FUSED.get((loss, activation))
            how = fused or LOSSES[loss]
            yield OutputPart(columns, slots, how.terms, how.slope, fused is not None)

    def _parts(self, n_rows: int) -> Iterator[slice]:
        return (slice(i, i + self.rows_at_once) for i in range(0, n_rows, self.rows_at_once))

    def _as_batch(self, x: Floats, y: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
        x = self._as_rows(x, len(self.input_slots), "input")
        y = self._as_rows(y, len(self.output_slots), "output")
        if len(x) != len(y):
            raise ShapeError(f"There are {len(x)} rows of inputs but {len(y)} rows of targets.")
        if not len(x):
            raise ShapeError("There are no rows: a loss needs at least one.")
        return x, y

    def _as_rows(self, array: Floats, columns: int, role: str) -> NDArray[Any]:
        rows: NDArray[Any] = np.asarray(array, self.dtype)
        if rows.ndim != 2 or rows.shape[1] != columns:
            what = "x" if role == "input" else "y"
            raise ShapeError(
                f"The network has {columns} {role}{'' if columns == 1 else 's'}, so {what} must have the "
                f"shape (rows, {columns}), not {rows.shape}."
            )
        return rows


def _weighted(terms: Floats, weights: NDArray[Any] | None, rows: slice = slice(None)) -> Floats:
    """Return terms (rows, outputs), each row times its weight where there are any."""
    return terms if weights is None else terms * weights[rows, None].astype(terms.dtype, copy=False)


def _scale(loss: str, y: NDArray[Any], weights: NDArray[Any] | None) -> float:
    """Return what the sum of a loss's terms is divided by, for targets (rows, outputs)."""
    scale = LOSSES[loss].scale(y.shape)
    return scale if weights is None else scale / len(y) * float(weights.sum())
