"""The network in a file: neurons in the document, connections as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.activations import activation as activation_of
from nnstudio.errors import ExpressionError, NetworkError, ProjectError
from nnstudio.network import Connection, Network, Neuron
from nnstudio.project.values import Reader, fail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_DTYPES: Mapping[str, type[np.generic]] = {
    "sources": np.int64,
    "targets": np.int64,
    "weights": np.float64,
    "trainable": np.bool_,
}


def encode_network(network: Network) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the description and the arrays of a network.

    ``sources`` and ``targets`` (connections,) are places in the list of neurons; ``biases`` (neurons,) are 0
    for inputs.
    """
    neurons, connections = network.neurons, network.connections
    places = {neuron.id: place for place, neuron in enumerate(neurons)}
    described = {
        "neurons": [
            {
                "id": neuron.id,
                "role": neuron.role,
                "activation": neuron.activation,
                "label": neuron.label,
                "position": list(neuron.position),
                "trainable": neuron.trainable,
            }
            for neuron in neurons
        ],
        "connection_ids": [connection.id for connection in connections],
    }
    return described, {
        "sources": np.array([places[connection.source] for connection in connections], dtype=np.int64),
        "targets": np.array([places[connection.target] for connection in connections], dtype=np.int64),
        "weights": np.array([connection.weight for connection in connections], dtype=np.float64),
        "trainable": np.array([connection.trainable for connection in connections], dtype=np.bool_),
        "biases": np.array(
            [0.0 if neuron.bias is None else neuron.bias for neuron in neurons], dtype=np.float64
        ),
    }


def decode_network(reader: Reader, arrays: Mapping[str, NDArray[Any]]) -> Network:
    """Return the network that `encode_network` described; raises ProjectError, which names what is wrong."""
    described = reader.value("neurons", list)
    ids = reader.texts("connection_ids")
    for name, dtype in _DTYPES.items():
        _check(name, arrays, (len(ids),), dtype)
    _check("biases", arrays, (len(described),), np.float64)
    for name in ("sources", "targets"):
        places = arrays[name]
        if len(places) and not 0 <= places.min() <= places.max() < len(described):
            fail("a connection begins or ends at a neuron that isn't there")
    neurons = [
        _neuron(values, bias) for values, bias in zip(described, arrays["biases"].tolist(), strict=True)
    ]
    connections = (
        Connection(connection_id, neurons[source].id, neurons[target].id, weight, trainable)
        for connection_id, source, target, weight, trainable in zip(
            ids, *(arrays[name].tolist() for name in _DTYPES), strict=True
        )
    )
    try:
        return Network.from_parts(neurons, connections)
    except NetworkError as error:
        raise ProjectError(f"holds a network that cannot be: {error}") from error


def _neuron(values: Any, bias: float) -> Neuron:
    if not isinstance(values, dict):
        fail("a neuron cannot be read")
    missing = {"id", "role", "activation", "label", "position", "trainable"} - values.keys()
    if missing:
        fail(f"a neuron has no {min(missing)}")
    activation, role = values["activation"], values["role"]
    try:
        known = activation is None or (isinstance(activation, str) and bool(activation_of(activation)))
    except ExpressionError:
        known = False
    if not known:
        raise ProjectError(
            f"has a neuron with the activation {str(activation)[:40]!r}, which this nnstudio doesn't know. "
            "Update nnstudio, or open the file where it was made."
        )
    return Neuron(
        values["id"],
        role,
        activation,
        None if role == "input" else bias,
        values["label"],
        values["position"],
        values["trainable"],
    )


def _check(
    name: str, arrays: Mapping[str, NDArray[Any]], shape: tuple[int, ...], dtype: type[np.generic]
) -> None:
    if name not in arrays:
        fail(f"the {name} of the network are missing")
    if arrays[name].shape != shape or arrays[name].dtype != dtype:
        fail(f"the {name} of the network don't fit its neurons and connections")
