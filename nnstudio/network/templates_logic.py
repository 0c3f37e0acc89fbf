"""Logic with weights set by hand: single gates, and adders made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.errors import InvalidValueError
from nnstudio.network.items import COLUMN_SPACING, ROW_SPACING
from nnstudio.network.model import Network
from nnstudio.network.templates_layers import layered_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.network.items import Position

# Of a single neuron with a step: the weight of every input, and the bias. Each sum is at least 1/2 from 0.
_SINGLE = {
    "and": (1.0, -1.5),
    "or": (1.0, -0.5),
    "nand": (-1.0, 1.5),
    "nor": (-1.0, 0.5),
    "not": (-1.0, 0.5),
}
# No single neuron can be these: an OR and a NAND, joined by this one.
_DOUBLE = {"xor": "and", "xnor": "nand"}
GATES = ("and", "or", "nand", "nor", "xor", "xnor", "not")
# A sigmoid of 20 times such a sum is within 0.0001 of the step.
_STEEPNESS = {"step": 1.0, "sigmoid": 20.0}


def gate(name: str, activation: str = "step") -> Network:
    """Return a logic gate with weights set by hand: 0 is false and 1 is true.

    ``and``, ``or``, ``nand``, ``nor`` and ``not`` are single neurons (McCulloch and Pitts 1943); ``xor`` and
    ``xnor``, which no single one can be, join an OR and a NAND. With ``sigmoid`` instead of ``step`` the
    values are within 0.0001 of 0 and 1, and gradients can train it. Raises InvalidValueError.
    """
    if name not in GATES:
        raise InvalidValueError(f"There is no gate “{name}”; there are {', '.join(GATES[:-1])} and not.")
    _check_activation(activation)
    inputs = ("a",) if name == "not" else ("a", "b")
    kinds = ("or", "nand", _DOUBLE[name]) if name in _DOUBLE else (name,)
    network = layered_network(
        (len(inputs), 2, 1) if name in _DOUBLE else (len(inputs), 1),
        hidden=activation,
        output=activation,
        seed=None,
        input_labels=inputs,
    )
    for neuron, kind in zip(network.neurons[len(inputs) :], kinds, strict=True):
        label = name if neuron.role == "output" else kind
        _become(network, neuron.id, label, kind, activation)
    return network


def half_adder(activation: str = "step") -> Network:
    """Return what adds two bits: the outputs are their sum and the carry. Raises InvalidValueError."""
    _check_activation(activation)
    circuit = _Circuit(activation)
    a = circuit.input("a", (0.0, -0.5))
    b = circuit.input("b", (0.0, 0.5))
    circuit.double("XOR", "xor", (a, b), (1.0, -1.0), output="sum")
    circuit.single("AND", "and", (a, b), (2.0, 1.5), output="carry")
    return circuit.network


def full_adder(activation: str = "step") -> Network:
    """Return what adds two bits and the carry of the place before: two half adders, their carries joined.

    The outputs are the sum and the next carry. Raises InvalidValueError.
    """
    _check_activation(activation)
    circuit = _Circuit(activation)
    a = circuit.input("a", (0.0, -1.5))
    b = circuit.input("b", (0.0, -0.5))
    carried = circuit.input("carry in", (0.0, 1.0))
    partial = circuit.double("XOR 1", "xor", (a, b), (1.0, -2.0))
    circuit.double("XOR 2", "xor", (partial, carried), (3.0, -2.0), output="sum")
    first = circuit.single("AND 1", "and", (a, b), (2.0, 2.0))
    second = circuit.single("AND 2", "and", (partial, carried), (3.0, 1.0))
    circuit.single("OR", "or", (first, second), (4.0, 1.5), output="carry")
    return circuit.network


class _Circuit:
    """Puts gates together, each a group with a name; places are in columns and rows."""

    def __init__(self, activation: str) -> None:
        self.network = Network()
        self._activation = activation

    def input(self, label: str, place: Position) -> str:
        return self.network.add_neuron("input", label=label, position=_position(place)).id

    def single(
        self, name: str, kind: str, sources: Sequence[str], place: Position, *, output: str = ""
    ) -> str:
        """Add a gate of one neuron; ``output`` is its label where it is an output."""
        neuron_id = self._neuron(kind, sources, place, output)
        self.network.add_group(name, (neuron_id,))
        return neuron_id

    def double(
        self, name: str, kind: str, sources: Sequence[str], place: Position, *, output: str = ""
    ) -> str:
        """Add a gate of three neurons, in two columns; returns the last."""
        column, row = place
        parts = [
            self._neuron("or", sources, (column, row - 0.5)),
            self._neuron("nand", sources, (column, row + 0.5)),
        ]
        last = self._neuron(_DOUBLE[kind], parts, (column + 1.0, row), output)
        self.network.add_group(name, (*parts, last))
        return last

    def _neuron(self, kind: str, sources: Sequence[str], place: Position, output: str = "") -> str:
        neuron = self.network.add_neuron("output" if output else "hidden", position=_position(place))
        for source in sources:
            self.network.connect(source, neuron.id, weight=0.0)
        _become(self.network, neuron.id, output or kind, kind, self._activation)
        return neuron.id


def _become(network: Network, neuron_id: str, label: str, kind: str, activation: str) -> None:
    """Give a neuron and what feeds it the values of a single gate."""
    weight, bias = (_STEEPNESS[activation] * value for value in _SINGLE[kind])
    shown = label.upper() if label in GATES else label
    network.update_neuron(neuron_id, label=shown, bias=bias, activation=activation)
    for connection in network.incoming(neuron_id):
        network.update_connection(connection.id, weight=weight)


def _check_activation(activation: str) -> None:
    if activation not in _STEEPNESS:
        raise InvalidValueError(f"A gate has the activation step or sigmoid, not “{activation}”.")


def _position(place: Position) -> Position:
    return place[0] * COLUMN_SPACING, place[1] * ROW_SPACING
