"""From the drawing to arrays: levels, slots and blocks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.blocks import Block, DenseBlock, Index, SparseBlock
from nnstudio.engine.constraints import left_out, limits, taking_part
from nnstudio.engine.diagnose import (
    check_roles,
    check_softmax,
    dead_parts,
    unreachable_outputs,
    used_activations,
)
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.program import TEMPORARY_SIZE, Group, Level, Program
from nnstudio.engine.reach import leading_to, reached_from
from nnstudio.errors import CompileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    from nnstudio.engine.activations import Activation
    from nnstudio.network.model import Network

Ints = Any

# A matrix is worth its gaps where at least this share of it is filled …
DENSE_SHARE = 0.25
# … or where it is so small that one product costs less than the bookkeeping of a list.
SMALL_MATRIX = 4096
# Lists are cut into pieces of about so many connections, to bound their temporary arrays.
SPARSE_PIECE = 16384


def compile_network(network: Network, *, dtype: DTypeLike = np.float64) -> Program:
    """Compile a drawn network to a Program that computes in ``dtype``, float64 or float32.

    What is disabled is left out, but for inputs, which keep their column of the data without being heard.
    Raises CompileError, naming the neurons, where there are no inputs or outputs, an output has no path
    from an input, an activation is unknown, or softmax outputs depend on each other.
    """
    dtype = np.dtype(dtype)
    if dtype not in (np.dtype(np.float64), np.dtype(np.float32)):
        raise CompileError(f"A network computes in float64 or float32, not in {dtype}.")
    check_roles(network)
    neurons, connections = taking_part(network)
    activations = used_activations(network, neurons)
    n, c = len(neurons), len(connections)
    number = {neuron.id: i for i, neuron in enumerate(neurons)}
    source = np.fromiter((number[connection.source] for connection in connections), np.int64, c)
    target = np.fromiter((number[connection.target] for connection in connections), np.int64, c)
    codes = {None: -1} | {key: code for code, key in enumerate(entry.key for entry in activations)}
    code = np.fromiter((codes[neuron.activation] for neuron in neurons), np.int64, n)
    is_input = np.fromiter((neuron.role == "input" for neuron in neurons), bool, n)
    is_output = np.fromiter((neuron.role == "output" for neuron in neurons), bool, n)

    level = topological_levels(source, target, is_input, np.flatnonzero(code == codes["softmax"]))
    if (level < 0).any():
        check_softmax(network, connections)

    # Within a level: neurons with connections, then those without; outputs together; activations together.
    n_incoming = np.bincount(target, minlength=n)
    order = np.lexsort((np.arange(n), code, is_output, n_incoming == 0, level))
    slot = np.empty(n, np.int64)
    slot[order] = np.arange(n)
    source, target = slot[source], slot[target]
    connection_order = np.lexsort((source, target))
    source, target = source[connection_order], target[connection_order]
    row_start = np.concatenate(([0], np.cumsum(n_incoming[order])))
    code, level = code[order], level[order]
    level_start = np.searchsorted(level, np.arange(level[-1] + 2))
    input_slots = np.flatnonzero(is_input[order])
    output_slots = slot[is_output]

    neuron_ids = tuple(neurons[i].id for i in order.tolist())
    layout = _Layout(row_start, source, target, level_start, len(input_slots))
    from_input = reached_from(layout, input_slots)
    if not from_input[output_slots].all():
        raise unreachable_outputs(network, [neuron_ids[i] for i in output_slots if not from_input[i]])
    to_output = leading_to(layout, output_slots)

    blocks = [layout.blocks(k) for k in range(1, len(level_start) - 1)]
    groups = [
        _groups(activations, code, *level_start[k : k + 2].tolist()) for k in range(1, len(level_start) - 1)
    ]
    widest = max([n, *(place.stop - place.start for place in layout.sparse_places)])
    ordered = [connections[i] for i in connection_order.tolist()]
    weights = np.fromiter((connection.weight for connection in ordered), np.float64, c)
    biases = np.fromiter((neurons[i].bias or 0.0 for i in order.tolist()), np.float64, n)

    return Program(
        neuron_ids=neuron_ids,
        neuron_names=tuple(neurons[i].label or neurons[i].id for i in order.tolist()),
        connection_ids=tuple(connection.id for connection in ordered),
        input_slots=input_slots,
        output_slots=output_slots,
        row_start=row_start,
        source_slot=source,
        target_slot=target,
        level_start=level_start,
        activation_code=code,
        activation_set=activations,
        left_out=left_out(network, neurons, connections),
        **limits([neurons[i] for i in order.tolist()], ordered),
        warnings=dead_parts(network, neuron_ids, from_input, to_output),
        dtype=dtype,
        levels=tuple(Level(tuple(b), tuple(g)) for b, g in zip(blocks, groups, strict=True)),
        output_groups=tuple(_output_groups(activations, code, output_slots)),
        gaps_connections=_concatenated(layout.gaps_connections),
        gaps_places=_concatenated(layout.gaps_places),
        gaps_size=layout.gaps_size,
        rows_at_once=max(1, TEMPORARY_SIZE // widest),
        start=Parameters(_as_type(np.concatenate((weights, biases)), dtype), c),
    )


def topological_levels(source: Ints, target: Ints, is_input: Ints, softmax: Ints) -> NDArray[np.int64]:
    """Return the level of each neuron: inputs 0, others one more than the highest that they depend on.

    ``source`` and ``target`` number the neurons of each connection. The neurons in ``softmax`` count as
    one, ready when all of them are. A neuron that no order can reach, because of a cycle, keeps -1. (Kahn
    1962)
    """
    n = len(is_input)
    node = np.arange(n)
    node[softmax] = softmax[0] if len(softmax) else 0
    waiting = np.bincount(node[target], minlength=n)
    by_source = np.argsort(node[source], kind="stable")
    reached = node[target][by_source]
    start = np.searchsorted(node[source][by_source], np.arange(n + 1))

    level = np.full(n, -1)
    ready = np.flatnonzero(is_input)
    # Neurons without connections depend on nothing, but stand after the inputs.
    next_ready = np.flatnonzero((waiting == 0) & ~is_input & (node == np.arange(n)))
    depth = 0
    while len(ready) or len(next_ready):
        level[ready] = depth
        targets, counts = np.unique(
            reached[_ranges(start[ready], start[ready + 1] - start[ready])], return_counts=True
        )
        waiting[targets] -= counts
        ready = np.concatenate((next_ready, targets[waiting[targets] == 0]))
        next_ready = next_ready[:0]
        depth += 1
    return level[node]


class _Layout:
    """The connections in compressed rows, and the blocks made of them so far."""

    def __init__(self, row_start: Ints, source: Ints, target: Ints, level_start: Ints, n_inputs: int) -> None:
        self.row_start = row_start
        self.source_slot = source
        self.target_slot = target
        self.level_start = level_start
        self.n_inputs = n_inputs
        self.gaps_connections: list[NDArray[np.int64]] = []
        self.gaps_places: list[NDArray[np.int64]] = []
        self.gaps_size = 0
        self.sparse_places: list[slice] = []

    def blocks(self, level: int) -> list[Block]:
        """Return the blocks of a level: one where it is dense, else pieces, each of the kind that suits."""
        first, last = self.level_start[level : level + 2].tolist()
        last = int(
            np.searchsorted(self.row_start, self.row_start[last])
        )  # rows without connections come last
        if first >= last:
            return []
        whole = self._dense(first, last)
        if whole is not None:
            return [whole]
        return [self._dense(*rows) or self._sparse(*rows) for rows in self._pieces(first, last)]

    def _pieces(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        while first < last:
            bound = self.row_start[first] + SPARSE_PIECE
            end = int(np.searchsorted(self.row_start, bound, side="right")) - 1
            end = min(max(end, first + 1), last)
            yield first, end
            first = end

    def _dense(self, first: int, last: int) -> DenseBlock | None:
        place = slice(int(self.row_start[first]), int(self.row_start[last]))
        sources, column = np.unique(self.source_slot[place], return_inverse=True)
        shape = (last - first, len(sources))
        size, count = shape[0] * shape[1], place.stop - place.start
        if count < DENSE_SHARE * size and size > SMALL_MATRIX:
            return None
        has_gaps = count < size
        if has_gaps:
            self.gaps_connections.append(np.arange(place.start, place.stop))
            self.gaps_places.append(self.gaps_size + (self.target_slot[place] - first) * shape[1] + column)
            place = slice(self.gaps_size, self.gaps_size + size)
            self.gaps_size += size
        n_from_inputs = int(np.searchsorted(sources, self.n_inputs))
        return DenseBlock(
            rows=slice(first, last),
            sources=_as_index(sources),
            shape=shape,
            place=place,
            has_gaps=has_gaps,
            n_from_inputs=n_from_inputs,
            trained_sources=_as_index(sources[n_from_inputs:]),
        )

    def _sparse(self, first: int, last: int) -> SparseBlock:
        place = slice(int(self.row_start[first]), int(self.row_start[last]))
        self.sparse_places.append(place)
        sources, targets = self.source_slot[place], self.target_slot[place]
        by_source = np.argsort(sources, kind="stable")
        by_source = by_source[np.searchsorted(sources[by_source], self.n_inputs) :]
        trained, source_starts = np.unique(sources[by_source], return_index=True)
        return SparseBlock(
            rows=slice(first, last),
            place=place,
            sources=sources,
            targets=targets,
            row_starts=self.row_start[first:last] - place.start,
            by_source=by_source + place.start,
            targets_by_source=targets[by_source],
            source_starts=source_starts,
            trained_sources=_as_index(trained),
        )


def _groups(activations: tuple[Activation, ...], code: Ints, first: int, last: int) -> Iterator[Group]:
    """Yield the runs of equal activations in a level."""
    bounds = first + 1 + np.flatnonzero(np.diff(code[first:last]))
    edges = [first, *bounds.tolist(), last]
    for start, end in pairwise(edges):
        yield Group(slice(start, end), activations[code[start]])


def _output_groups(
    activations: tuple[Activation, ...], code: Ints, output_slots: Ints
) -> Iterator[tuple[str, Index, Index]]:
    output_code = code[output_slots]
    for each in np.unique(output_code).tolist():
        columns = np.flatnonzero(output_code == each)
        yield activations[each].key, _as_index(columns), _as_index(output_slots[columns])


def _as_index(slots: Ints) -> Index:
    """Return a slice where the slots are contiguous and ascending: far cheaper than an array."""
    if len(slots) and (np.diff(slots) == 1).all():
        return slice(int(slots[0]), int(slots[-1]) + 1)
    return slots


def _ranges(starts: Ints, counts: Ints) -> NDArray[np.int64]:
    """Return the numbers start … start + count - 1 of all ranges, one after the other."""
    offsets = np.cumsum(counts) - counts
    return np.repeat(starts - offsets, counts) + np.arange(counts.sum())


def _concatenated(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _as_type(values: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore", under="ignore"):
        converted = values.astype(dtype)
    if not np.isfinite(converted).all():
        raise CompileError(
            f"A weight or bias is as large as {np.abs(values).max():.3g}, more than {dtype} can hold. "
            "Make it smaller, or compute in float64."
        )
    return converted
