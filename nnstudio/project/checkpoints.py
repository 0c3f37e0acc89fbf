"""Where a training stopped, in a file: in the order of the drawing, whatever order the engine computes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine import compile_network
from nnstudio.errors import NNStudioError, ProjectError
from nnstudio.project.values import Reader, fail
from nnstudio.training.trainer import TrainerState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnstudio.network import Network


def encode(state: TrainerState, network: Network) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """Return description and arrays, or None where the state doesn't belong to the network as it is now.

    Arrays with a number for each connection and neuron, (connections + neurons,), are written in the order of
    the drawing.
    """
    order = _slots(network)
    if order is None or state.parameters.shape != order.shape:
        return None
    arrays = {
        name: array[order] if array.shape == order.shape else array for name, array in state.arrays().items()
    }
    return state.to_dict(), arrays


def decode(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], network: Network) -> TrainerState:
    """Return the state that `encode` described; raises ProjectError."""
    reader = Reader(values, "checkpoint")
    counts = {name: reader.value(name, int) for name in ("epoch", "position", "step", "rows")}
    if min(counts.values()) < 0 or counts["position"] > counts["rows"]:
        fail("the place where the training stopped cannot be right")
    order = _slots(network)
    parameters = arrays.get("parameters")
    if order is None or parameters is None or parameters.shape != order.shape:
        fail("where the training stopped does not fit the network")
    restored = {}
    for name, array in arrays.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            fail(f"“{name}” of the checkpoint holds numbers that cannot be")
        restored[name] = array
        if array.shape == order.shape:
            restored[name] = np.empty_like(array)
            restored[name][order] = array
    try:
        return TrainerState.from_dict(values, restored)
    except (NNStudioError, ArithmeticError) as error:
        raise ProjectError(f"has a checkpoint that cannot be read: {error}") from error


def _slots(network: Network) -> NDArray[np.intp] | None:
    """Return the slot of each connection and then each neuron of the drawing, or None where it cannot run."""
    try:
        program = compile_network(network)
    except NNStudioError:
        return None
    connection_slots = {key: slot for slot, key in enumerate(program.connection_ids)}
    neuron_slots = {key: len(connection_slots) + slot for slot, key in enumerate(program.neuron_ids)}
    slots = [connection_slots[connection.id] for connection in network.connections]
    slots += [neuron_slots[neuron.id] for neuron in network.neurons]
    return np.array(slots, dtype=np.intp)
