"""Ready networks to start from, by key: what the palette offers and other code builds on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nnstudio.network.templates_layers import CONNECTION_LIMIT, autoencoder, layered_network, perceptron
from nnstudio.network.templates_logic import GATES, full_adder, gate, half_adder
from nnstudio.network.templates_shapes import mixture_of_experts, residual_network

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.network.model import Network

__all__ = [
    "CONNECTION_LIMIT",
    "TEMPLATES",
    "Template",
    "autoencoder",
    "full_adder",
    "gate",
    "half_adder",
    "layered_network",
    "mixture_of_experts",
    "perceptron",
    "residual_network",
]


@dataclass(frozen=True, slots=True)
class Template:
    """A network to start from: what a palette shows of it, and what makes a new one."""

    title: str
    description: str
    build: Callable[[], Network]
    kind: str = "networks"  # or "logic"


_GATE_TEXTS = {
    "and": "1 where both inputs are 1; weights set by hand.",
    "or": "1 where at least one input is 1; weights set by hand.",
    "nand": "0 where both inputs are 1; weights set by hand.",
    "nor": "1 where both inputs are 0; weights set by hand.",
    "xor": "1 where the inputs differ: an OR and a NAND, joined by an AND.",
    "xnor": "1 where the inputs are equal: an OR and a NAND, joined by a NAND.",
    "not": "1 where its input is 0; weights set by hand.",
}

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
    "autoencoder": Template(
        "Autoencoder",
        "Eight values through three and back: the layer in the middle learns a code for them.",
        autoencoder,
    ),
    "residual": Template(
        "Residual blocks",
        "Each block adds to what it gets; what skips it keeps a weight of 1, frozen.",
        residual_network,
    ),
    "experts": Template(
        "Mixture of experts",
        "Two small networks and a gate that learns which of them answers for which inputs.",
        mixture_of_experts,
    ),
    **{key: Template(key.upper(), _GATE_TEXTS[key], partial(gate, key), "logic") for key in GATES},
    "half-adder": Template(
        "Half adder", "Adds two bits: the sum by an XOR, the carry by an AND.", half_adder, "logic"
    ),
    "full-adder": Template(
        "Full adder",
        "Adds two bits and a carry, made of two XOR, two AND and an OR.",
        full_adder,
        "logic",
    ),
}
