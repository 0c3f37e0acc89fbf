"""Networks of layers: the perceptron, fully connected ones of any sizes, and the autoencoder."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING

from nnstudio.errors import InvalidValueError
from nnstudio.network.items import Connection, Neuron
from nnstudio.network.layout import centered_rows, column_spacing
from nnstudio.network.model import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.network.items import Role

CONNECTION_LIMIT = 1_000_000


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


def autoencoder(sizes: Sequence[int] = (8, 3, 8)) -> Network:
    """Return a network that gives back its inputs through a narrow layer, the code.

    All neurons are sigmoids, so the values lie between 0 and 1. ``sizes`` has an odd number of layers, with
    the code in the middle. Source: Rumelhart, Hinton and Williams 1986, the encoder problem. Raises
    InvalidValueError.
    """
    sizes = tuple(sizes)
    if len(sizes) < 3 or len(sizes) % 2 == 0 or sizes[0] != sizes[-1]:
        raise InvalidValueError(
            "An autoencoder has an odd number of layers, at least three, and as many outputs as inputs."
        )
    network = layered_network(sizes, hidden="sigmoid")
    ids = iter(neuron.id for neuron in network.neurons)
    layers = [[next(ids) for _ in range(size)] for size in sizes]
    middle = len(sizes) // 2
    for name, part in (
        ("Encoder", layers[1:middle]),
        ("Code", layers[middle : middle + 1]),
        ("Decoder", layers[middle + 1 : -1]),
        ("Reconstruction", layers[-1:]),
    ):
        if members := [neuron_id for layer in part for neuron_id in layer]:
            network.add_group(name, members)
    return network


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
