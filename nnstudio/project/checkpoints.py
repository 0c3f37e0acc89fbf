"""Where a training stopped, in a file: in the order of the drawing, whatever order the engine computes in.

What is disabled is there as well, with the value and the optimizer's memory that it had when it last took
part, and so is the memory of what is frozen: enabled or unfrozen after loading, it goes on as if nothing had
been saved in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine import compile_network
from nnstudio.errors import NNStudioError, ProjectError
from nnstudio.project.values import Reader, fail
from nnstudio.training.carrying import carried, fits, laid_out
from nnstudio.training.trainer import TrainerState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnstudio.engine.program import Program
    from nnstudio.network import Network

# The drawing has them already.
_LEFT_OUT = ("connection_ids", "neuron_ids")


def encode(state: TrainerState, network: Network) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """Return description and arrays, or None where the state doesn't belong to the network as it is now.

    Arrays with a number for each connection and neuron, (connections + neurons,), are written in the order of
    the drawing.
    """
    program = _compiled(network)
    if program is None or not fits(state, program):
        return None
    connection_ids, neuron_ids = _ids(network)
    if not (set(state.connection_ids) <= {*connection_ids} and set(state.neuron_ids) <= {*neuron_ids}):
        return None
    weights, biases = network.values()
    values = [weights[key] for key in connection_ids] + [biases.get(key, 0.0) for key in neuron_ids]
    state = laid_out(state, connection_ids, neuron_ids, np.array(values))
    described = {name: value for name, value in state.to_dict().items() if name not in _LEFT_OUT}
    return described, state.arrays()


def decode(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], network: Network) -> TrainerState:
    """Return the state that `encode` described; raises ProjectError."""
    reader = Reader(values, "checkpoint")
    counts = {name: reader.value(name, int) for name in ("epoch", "position", "step", "rows")}
    if min(counts.values()) < 0 or counts["position"] > counts["rows"]:
        fail("the place where the training stopped cannot be right")
    program = _compiled(network)
    connection_ids, neuron_ids = _ids(network)
    parameters = arrays.get("parameters")
    shape = (len(connection_ids) + len(neuron_ids),)
    if program is None or parameters is None or parameters.shape != shape:
        fail("where the training stopped does not fit the network")
    for name, array in arrays.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            fail(f"“{name}” of the checkpoint holds numbers that cannot be")
    known = {name: value for name, value in values.items() if name != "shelf"}
    known |= {"connection_ids": connection_ids, "neuron_ids": neuron_ids}
    try:
        return carried(TrainerState.from_dict(known, arrays), program)
    except (NNStudioError, ArithmeticError) as error:
        raise ProjectError(f"has a checkpoint that cannot be read: {error}") from error


def _compiled(network: Network) -> Program | None:
    """Return the program of the network, or None where it cannot run."""
    try:
        return compile_network(network)
    except NNStudioError:
        return None


def _ids(network: Network) -> tuple[list[str], list[str]]:
    connections, neurons = network.connections, network.neurons
    return [connection.id for connection in connections], [neuron.id for neuron in neurons]
