"""The network in a file: neurons in the document, connections as arrays."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.activations import activation as activation_of
from nnstudio.errors import ExpressionError, NetworkError, ProjectError
from nnstudio.network import Connection, Group, Network, Neuron
from nnstudio.project.values import Reader, fail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_DTYPES: Mapping[str, type[np.generic]] = {
    "sources": np.int64,
    "targets": np.int64,
    "weights": np.float64,
    "trainable": np.bool_,
    "enabled": np.bool_,
    "rate_factors": np.float64,
    "signs": np.int64,
    "ties": np.int64,
}


def encode_network(network: Network) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the description and the arrays of a network.

    ``sources`` and ``targets`` (connections,) are places in the list of neurons; ``biases`` (neurons,) are 0
    for inputs, and ``ties`` (connections,) places among the names of the shared weights, -1 where none is.
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
                "enabled": neuron.enabled,
                "rate_factor": neuron.rate_factor,
            }
            for neuron in neurons
        ],
        "connection_ids": [connection.id for connection in connections],
        "ties": list(network.ties),
        "groups": [asdict(group) | {"members": list(group.members)} for group in network.groups],
    }
    ties = {tie: place for place, tie in enumerate(network.ties)} | {"": -1}
    return described, {
        "sources": np.array([places[connection.source] for connection in connections], dtype=np.int64),
        "targets": np.array([places[connection.target] for connection in connections], dtype=np.int64),
        "weights": np.array([connection.weight for connection in connections], dtype=np.float64),
        "trainable": np.array([connection.trainable for connection in connections], dtype=np.bool_),
        "enabled": np.array([connection.enabled for connection in connections], dtype=np.bool_),
        "rate_factors": np.array([connection.rate_factor for connection in connections], dtype=np.float64),
        "signs": np.array([connection.sign for connection in connections], dtype=np.int64),
        "ties": np.array([ties[connection.tie] for connection in connections], dtype=np.int64),
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
    names = reader.texts("ties")
    ties = arrays["ties"]
    if len(ties) and not -1 <= ties.min() <= ties.max() < len(names):
        fail("a connection shares a weight that isn't there")
    names.append("")  # that of place -1
    neurons = [
        _neuron(values, bias) for values, bias in zip(described, arrays["biases"].tolist(), strict=True)
    ]
    connections = (
        Connection(
            connection_id,
            neurons[source].id,
            neurons[target].id,
            weight,
            trainable,
            enabled,
            rate_factor,
            sign,
            names[tie],
        )
        for connection_id, source, target, weight, trainable, enabled, rate_factor, sign, tie in zip(
            ids, *(arrays[name].tolist() for name in _DTYPES), strict=True
        )
    )
    groups = [_group(values) for values in reader.value("groups", list)]
    try:
        return Network.from_parts(neurons, connections, groups)
    except NetworkError as error:
        raise ProjectError(f"holds a network that cannot be: {error}") from error


def _neuron(values: Any, bias: float) -> Neuron:
    if not isinstance(values, dict):
        fail("a neuron cannot be read")
    missing = {field.name for field in fields(Neuron)} - {"bias"} - values.keys()
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
        values["enabled"],
        values["rate_factor"],
    )


def _group(values: Any) -> Group:
    if not isinstance(values, dict) or values.keys() != {field.name for field in fields(Group)}:
        fail("a group of neurons cannot be read")
    members = values["members"]
    if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
        fail("the neurons of a group cannot be read")
    return Group(**(values | {"members": tuple(members)}))


def _check(
    name: str, arrays: Mapping[str, NDArray[Any]], shape: tuple[int, ...], dtype: type[np.generic]
) -> None:
    if name not in arrays:
        fail(f"the {name} of the network are missing")
    if arrays[name].shape != shape or arrays[name].dtype != dtype:
        fail(f"the {name} of the network don't fit its neurons and connections")
