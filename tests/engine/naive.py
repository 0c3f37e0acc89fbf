"""The engine once more, neuron by neuron in plain Python, slow and obvious: the oracle for the fast one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnstudio.network import Network


def _logistic(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


ACTIVATE: dict[str, Callable[[float], float]] = {
    "identity": lambda z: z,
    "step": lambda z: 1.0 if z >= 0.0 else 0.0,
    "sigmoid": _logistic,
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0.0 else 0.01 * z,
    "elu": lambda z: z if z > 0.0 else math.expm1(z),
    "softplus": lambda z: z if z > 20.0 else math.log1p(math.exp(z)),
    "silu": lambda z: z * _logistic(z),
    "gelu": lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2.0)),
    "sine": math.sin,
    "gaussian": lambda z: math.exp(-z * z),
}


def forward(network: Network, row: Sequence[float]) -> dict[str, float]:
    """Return the value of every neuron by its id, for one row of inputs."""
    values = {neuron.id: float(x) for neuron, x in zip(network.inputs, row, strict=True)}
    group = [neuron.id for neuron in network.outputs if neuron.activation == "softmax"]

    def weighted_sum(neuron_id: str) -> float:
        bias = network.neuron(neuron_id).bias
        assert bias is not None
        return bias + sum(c.weight * value(c.source) for c in network.incoming(neuron_id))

    def value(neuron_id: str) -> float:
        if neuron_id not in values:
            activation = network.neuron(neuron_id).activation
            assert activation is not None
            if activation == "softmax":
                powers = {member: math.exp(weighted_sum(member)) for member in group}
                values.update({member: power / sum(powers.values()) for member, power in powers.items()})
            else:
                values[neuron_id] = ACTIVATE[activation](weighted_sum(neuron_id))
        return values[neuron_id]

    for neuron in network.neurons:
        value(neuron.id)
    return values


def _cross(y: float, a: float) -> float:
    return -y * math.log(a) if y else 0.0


TERM: dict[str, Callable[[float, float], float]] = {
    "mse": lambda a, y: (a - y) ** 2,
    "mae": lambda a, y: abs(a - y),
    "huber": lambda a, y: 0.5 * (a - y) ** 2 if abs(a - y) < 1.0 else abs(a - y) - 0.5,
    "binary_cross_entropy": lambda a, y: _cross(y, a) + _cross(1.0 - y, 1.0 - a),
    "cross_entropy": lambda a, y: _cross(y, a),
    "hinge": lambda a, y: max(0.0, 1.0 - (1.0 if y > 0.0 else -1.0) * a),
}


def loss(key: str, outputs: Sequence[Sequence[float]], targets: Sequence[Sequence[float]]) -> float:
    """Return a loss of outputs at targets, both rows of columns."""
    terms = [
        TERM[key](a, y)
        for row, target in zip(outputs, targets, strict=True)
        for a, y in zip(row, target, strict=True)
    ]
    return math.fsum(terms) / (len(outputs) if key == "cross_entropy" else len(terms))
