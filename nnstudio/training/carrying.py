"""A training carried over to another program of the same drawing, item by item, by id.

Where the drawing's constraints change, so do the slots of its program. What still takes part keeps its value
and the optimizer's memory of it. What is disabled goes to the shelf with both, and comes back from there; so
does the memory of what is frozen, which would otherwise still move it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.training.state import Shelf, frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.engine.program import Program
    from nnstudio.training.state import TrainerState

    Ints = NDArray[np.int64]

_PARAMETERS, _BEST = "parameters", "best"
# On the shelf: 1 where the drawing has the value, 0 where it is here alone.
_KNOWN = "known"
_EMPTY = Shelf((), (), {})
_NOWHERE = -1


def carried(
    state: TrainerState,
    program: Program,
    *,
    values: NDArray[Any] | None = None,
    tied: Collection[str] = (),
) -> TrainerState:
    """Return the state for a program of the same drawing with other constraints.

    ``values`` (connections + neurons,), where given, are the drawing's, and the training goes on with them:
    what is on the shelf has the drawing's value too, once it comes back. Otherwise it has the one that it
    left with. Connections that come to share a weight take the value and the memory of one that took part:
    of one in ``tied``, which shared it before, or else of one that has its value in ``values`` already, or
    else of the first. A weight on the wrong side of its sign becomes 0.
    """
    left_out, n_connections = program.left_out, program.n_connections
    same = state.connection_ids == program.connection_ids and state.neuron_ids == program.neuron_ids
    if same and not (state.shelf or left_out.size or program.is_constrained or _moves(state, program)):
        return state
    connections = (*program.connection_ids, *left_out.connection_ids)
    neurons = (*program.neuron_ids, *left_out.neuron_ids)
    shelf = state.shelf or _EMPTY
    live = _places(connections, neurons, state.connection_ids, state.neuron_ids)
    shelved = _places(connections, neurons, shelf.connection_ids, shelf.neuron_ids)
    known = _known(shelf, live, shelved) | (values is not None)
    # What shares a weight with others goes on learning by them.
    shared = [key in left_out.partners for key in left_out.connection_ids]
    known[n_connections : len(connections)] |= np.array(shared, bool)
    # In the order of connections and neurons: what takes part, and what is left out.
    slots = np.concatenate((np.arange(n_connections), len(connections) + np.arange(program.n_neurons)))
    outside = np.ones(len(live), bool)
    outside[slots] = False
    drawn = np.empty(len(live))
    drawn[slots], drawn[outside] = program.start.flat, left_out.values
    table = _table(state, live, np.where(known, _NOWHERE, shelved), shelved, drawn)
    _share(program, slots, table, state.parameters, live, values, tied)
    for name in table.keys() & {_PARAMETERS, _BEST}:
        weights = table[name][:n_connections]
        weights[program.signs * weights < 0.0] = 0.0

    memories = [name for name, _, is_value in _vectors(state) if not is_value]
    aside = outside
    remembered = np.any([table[name][slots] != 0.0 for name in memories] or [False], axis=0)
    aside[slots] = remembered & ~program.gradient_mask
    shelf = Shelf(
        tuple(key for key, wanted in zip(connections, aside, strict=False) if wanted),
        tuple(key for key, wanted in zip(neurons, aside[len(connections) :], strict=True) if wanted),
        {name: frozen(found[aside]) for name, found in {**table, _KNOWN: known.astype(float)}.items()},
    )
    arrays = {name: found[slots] for name, found in table.items()}
    for name in memories:
        arrays[name][~program.gradient_mask] = 0.0
    return replace(
        state,
        connection_ids=program.connection_ids,
        neuron_ids=program.neuron_ids,
        parameters=frozen(arrays[_PARAMETERS]),
        optimizer_state={**state.optimizer_state, **{name: frozen(arrays[name]) for name in memories}},
        best=None if state.best is None else frozen(arrays[_BEST]),
        shelf=shelf if aside.any() else None,
    )


def laid_out(
    state: TrainerState, connection_ids: Sequence[str], neuron_ids: Sequence[str], values: NDArray[Any]
) -> TrainerState:
    """Return the state without a shelf: all of it over these connections, then these neurons.

    What is disabled and was not trained since has its value in ``values`` (connections + neurons,).
    """
    shelf = state.shelf or _EMPTY
    live = _places(connection_ids, neuron_ids, state.connection_ids, state.neuron_ids)
    shelved = _places(connection_ids, neuron_ids, shelf.connection_ids, shelf.neuron_ids)
    known = _known(shelf, live, shelved)
    table = _table(state, live, np.where(known, _NOWHERE, shelved), shelved, values)
    memories = {name: table[name] for name in state.optimizer_state.keys() & table.keys()}
    return replace(
        state,
        connection_ids=tuple(connection_ids),
        neuron_ids=tuple(neuron_ids),
        parameters=frozen(table[_PARAMETERS]),
        optimizer_state={
            name: frozen(memories.get(name, array)) for name, array in state.optimizer_state.items()
        },
        best=None if state.best is None else frozen(table[_BEST]),
        shelf=None,
    )


def without_memory(state: TrainerState) -> TrainerState:
    """Return the state without what its optimizer remembers, as for another optimizer."""
    shelf = state.shelf
    if shelf is not None:
        kept = {name: shelf.arrays[name] for name in (_PARAMETERS, _BEST, _KNOWN) if name in shelf.arrays}
        shelf = Shelf(shelf.connection_ids, shelf.neuron_ids, kept)
    return replace(state, optimizer_state={}, shelf=shelf)


def first_shelf(program: Program) -> Shelf | None:
    """Return the shelf of a training that begins: what is disabled."""
    left_out = program.left_out
    if not left_out.size:
        return None
    values = np.array(left_out.values)
    return Shelf(
        left_out.connection_ids,
        left_out.neuron_ids,
        {_PARAMETERS: frozen(values), _KNOWN: frozen(np.ones(len(values)))},
    )


def fits(state: TrainerState, program: Program) -> bool:
    """Whether state and program are of the same drawing, as far as its ids can tell."""
    shelf = state.shelf or _EMPTY
    return _drawing(program) == (
        {*state.connection_ids, *shelf.connection_ids},
        {*state.neuron_ids, *shelf.neuron_ids},
    )


def same_drawing(program: Program, other: Program) -> bool:
    """Whether two programs are of the same drawing, as far as its ids can tell."""
    return program is other or _drawing(program) == _drawing(other)


def _drawing(program: Program) -> tuple[set[str], set[str]]:
    """Return the ids of all connections and neurons, disabled ones too."""
    left_out = program.left_out
    return (
        {*program.connection_ids, *left_out.connection_ids},
        {*program.neuron_ids, *left_out.neuron_ids},
    )


def _places(
    connections: Sequence[str],
    neurons: Sequence[str],
    connection_ids: Sequence[str],
    neuron_ids: Sequence[str],
) -> Ints:
    """Return where in an array over the ids each of the connections and neurons stands; -1 for nowhere."""
    of_connections = {key: place for place, key in enumerate(connection_ids)}
    of_neurons = {key: place for place, key in enumerate(neuron_ids, len(connection_ids))}
    places = [of_connections.get(key, -1) for key in connections]
    places += [of_neurons.get(key, -1) for key in neurons]
    return np.array(places, np.int64)


def _known(shelf: Shelf, live: Ints, shelved: Ints) -> NDArray[np.bool_]:
    """Whether the drawing has the value of each item; false for what takes part."""
    known = live < 0
    away = known & (shelved >= 0)
    if away.any():
        known[away] = shelf.arrays[_KNOWN][shelved[away]] != 0.0
    return known


def _table(
    state: TrainerState, live: Ints, valued: Ints, shelved: Ints, drawn: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """Return all that state and shelf have for each item, by name.

    ``live`` is where it is in the state, ``valued`` where its value is on the shelf, ``shelved`` where its
    memory is, -1 for nowhere. The value of any other item is in ``drawn``.
    """
    shelf = state.shelf or _EMPTY
    table: dict[str, NDArray[Any]] = {}
    for name, array, is_value in _vectors(state):
        found = drawn.astype(array.dtype) if is_value else np.zeros(len(drawn), array.dtype)
        kept = shelf.arrays.get(name, shelf.arrays.get(_PARAMETERS) if is_value else None)
        # Values live on beside the shelf; the memory of what is frozen is on the shelf alone.
        there = valued if name == _PARAMETERS else shelved
        sources = [(there, kept), (live, array)] if is_value else [(live, array), (there, kept)]
        for places, source in sources:
            if source is not None:
                found[places >= 0] = source[places[places >= 0]]
        table[name] = found
    return table


def _vectors(state: TrainerState) -> Iterator[tuple[str, NDArray[Any], bool]]:
    """Yield what a state has for each parameter, with its name and whether these are values, not memories."""
    yield _PARAMETERS, state.parameters, True
    for name, array in state.optimizer_state.items():
        if array.shape == state.parameters.shape:
            yield name, array, False
    if state.best is not None:
        yield _BEST, state.best, True


def _moves(state: TrainerState, program: Program) -> bool:
    """Whether the optimizer remembers anything of what is frozen."""
    stay = ~program.gradient_mask
    return any(array[stay].any() for _, array, is_value in _vectors(state) if not is_value)


def _share(
    program: Program,
    slots: Ints,
    table: Mapping[str, NDArray[Any]],
    before: NDArray[Any],
    live: Ints,
    values: NDArray[Any] | None,
    tied: Collection[str],
) -> None:
    """Give connections that share a weight one value and one memory, in place."""

    def rank(slot: int) -> tuple[bool, bool, bool, int]:
        place = live[slots[slot]]
        moved = values is not None and place >= 0 and bool(before[place] != values[slot])
        return bool(place < 0), program.connection_ids[slot] not in tied, moved, slot

    for tie in program.ties:
        if all((found[tie] == found[tie[0]]).all() for found in table.values()):
            continue
        leader = min(tie.tolist(), key=rank)
        for found in table.values():
            found[tie] = found[leader]
