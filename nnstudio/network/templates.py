"""Ready networks: the perceptron, layered networks of any sizes, and the logic gates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

from nnstudio.errors import InvalidValueError
from nnstudio.network.items import Connection, Neuron
from nnstudio.network.layout import centered_rows, column_spacing
from nnstudio.network.model import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnstudio.network.items import Role

CONNECTION_LIMIT = 1_000_000

# Of a single neuron with a step: the weight of every input, and the bias. Each sum is at least 1/2 from 0.
_GATES = {
    "and": (1.0, -1.5),
    "or": (1.0, -0.5),
    "nand": (-1.0, 1.5),
    "nor": (-1.0, 0.5),
    "not": (-1.0, 0.5),
}
# A sigmoid of 20 times such a sum is within 0.0001 of the step.
_STEEPNESS = {"step": 1.0, "sigmoid": 20.0}


@dataclass(frozen=True, slots=True)
class Template:
    """A network to start from: what a palette shows of it, and what makes a new one."""

    title: str
    description: str
    build: Callable[[], Network]


def layered_network(
    sizes: Sequence[int],
    *,
    hidden: str = "tanh",
    output: str = "sigmoid",
    seed: int | None = 0,
    initializer: str = "xavier_uniform",
    input_labels: Sequence[str] | None = None,
    output_labels: Sequence[str] | None = None,
) -> Network:
    """Return a network of fully connected layers, arranged from left to right.

    Parameters
    ----------
    sizes
        Neurons in each layer: inputs, any number of hidden layers, outputs.
    hidden, output
        Activations.
    seed, initializer
        Starting weights, as of `Network.initialize`; with None for the seed they are 0.
    input_labels, output_labels
        One for each neuron of the layer; x1, x2 … and y1, y2 … unless given.

    Raises
    ------
    InvalidValueError
        For fewer than two layers, an empty one, more than a million connections, or labels that don't fit.
    SettingsError
        For an unknown initializer.
    """
    sizes = tuple(sizes)
    _check_sizes(sizes)
    labels = [
        _labels("x", sizes[0], input_labels, "input"),
        *(
            [f"h{number}" for number in range(1 + sum(sizes[1:layer]), 1 + sum(sizes[1 : layer + 1]))]
            for layer in range(1, len(sizes) - 1)
        ),
        _labels("y", sizes[-1], output_labels, "output"),
    ]
    spacing = column_spacing(sizes)
    neurons: list[Neuron] = []
    layers: list[list[str]] = []
    for column, names in enumerate(labels):
        role: Role = "input" if column == 0 else "output" if column == len(sizes) - 1 else "hidden"
        activation = {"input": None, "hidden": hidden, "output": output}[role]
        bias = None if role == "input" else 0.0
        first = len(neurons) + 1
        for number, (name, y) in enumerate(zip(names, centered_rows(len(names)), strict=True), first):
            place = (column * spacing, y)
            neurons.append(Neuron(f"n{number}", role, activation, bias, name, place))
        layers.append([neuron.id for neuron in neurons[first - 1 :]])
    ends = (ends for before, after in pairwise(layers) for ends in product(before, after))
    connections = (Connection(f"c{number}", *pair, weight=0.0) for number, pair in enumerate(ends, 1))
    network = Network.from_parts(neurons, connections)
    if seed is not None:
        network.initialize(initializer, seed)
    return network


def perceptron(inputs: int = 2, activation: str = "sigmoid") -> Network:
    """Return one output neuron fed by ``inputs`` inputs. Source: Rosenblatt 1958, there with a step."""
    return layered_network((inputs, 1), output=activation)


def gate(name: str, activation: str = "step") -> Network:
    """Return a logic gate with weights set by hand: 0 is false and 1 is true.

    ``and``, ``or``, ``nand``, ``nor`` and ``not`` are single neurons (McCulloch and Pitts 1943); ``xor``,
    which no single one can be, is an AND of an OR and a NAND. With ``sigmoid`` instead of ``step`` the values
    are within 0.0001 of 0 and 1, and gradients can train it. Raises InvalidValueError.
    """
    if name not in (*_GATES, "xor"):
        raise InvalidValueError(f"There is no gate “{name}”; there are {', '.join(_GATES)} and xor.")
    if activation not in _STEEPNESS:
        raise InvalidValueError(f"A gate has the activation step or sigmoid, not “{activation}”.")
    inputs = ("a",) if name == "not" else ("a", "b")
    # Of each neuron its label, and the single gate that it is.
    kinds = (("OR", "or"), ("NAND", "nand"), ("XOR", "and")) if name == "xor" else ((name.upper(), name),)
    network = layered_network(
        (len(inputs), 2, 1) if name == "xor" else (len(inputs), 1),
        hidden=activation,
        output=activation,
        seed=None,
        input_labels=inputs,
    )
    for neuron, (label, kind) in zip(network.neurons[len(inputs) :], kinds, strict=True):
        weight, bias = (_STEEPNESS[activation] * value for value in _GATES[kind])
        network.update_neuron(neuron.id, label=label, bias=bias)
        for connection in network.incoming(neuron.id):
            network.update_connection(connection.id, weight=weight)
    return network


# In the order of the palette.
TEMPLATES: dict[str, Template] = {
    "perceptron": Template(
        "Perceptron", "One neuron fed by two inputs: a straight line between two classes.", perceptron
    ),
    "layered": Template(
        "One hidden layer",
        "2–4–1: two inputs, four hidden neurons, one output. Enough for XOR.",
        lambda: layered_network((2, 4, 1)),
    ),
    "deep": Template(
        "Two hidden layers",
        "2–8–8–1: bends further, for circles, moons and spirals.",
        lambda: layered_network((2, 8, 8, 1)),
    ),
    "curve": Template(
        "Curve fitter",
        "1–8–1 with a linear output: follows a curve of one input.",
        lambda: layered_network((1, 8, 1), output="identity"),
    ),
    "classifier": Template(
        "Classifier",
        "4–8–3 with softmax: three probabilities that add up to 1, as for iris.",
        lambda: layered_network((4, 8, 3), output="softmax"),
    ),
    "and": Template("AND", "1 where both inputs are 1; weights set by hand.", lambda: gate("and")),
    "or": Template("OR", "1 where at least one input is 1; weights set by hand.", lambda: gate("or")),
    "nand": Template("NAND", "0 where both inputs are 1; weights set by hand.", lambda: gate("nand")),
    "nor": Template("NOR", "1 where both inputs are 0; weights set by hand.", lambda: gate("nor")),
    "not": Template("NOT", "1 where its input is 0; weights set by hand.", lambda: gate("not")),
    "xor": Template(
        "XOR", "1 where the inputs differ: an OR and a NAND, joined by an AND.", lambda: gate("xor")
    ),
}


def _check_sizes(sizes: tuple[int, ...]) -> None:
    if len(sizes) < 2:
        raise InvalidValueError("A layered network has at least two layers: inputs and outputs.")
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InvalidValueError(f"A layer has a whole number of neurons, at least 1, not {size!r}.")
    count = sum(before * after for before, after in pairwise(sizes))
    if max(sizes) > CONNECTION_LIMIT or count > CONNECTION_LIMIT:
        raise InvalidValueError(
            f"These layers would make {count:,} connections; at most {CONNECTION_LIMIT:,} are possible. "
            "Choose smaller layers."
        )


def _labels(prefix: str, size: int, given: Sequence[str] | None, layer: str) -> list[str]:
    if given is None:
        return [f"{prefix}{number}" for number in range(1, size + 1)]
    if len(given) != size:
        raise InvalidValueError(f"{len(given)} labels don't fit an {layer} layer of {size} neurons.")
    return list(given)
