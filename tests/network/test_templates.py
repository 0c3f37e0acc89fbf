"""What the templates are made of; that the gates compute their tables is shown here by hand."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import pytest

from nnstudio.errors import InvalidValueError, NNStudioError, SettingsError
from nnstudio.network.layout import column_spacing
from nnstudio.network.templates import CONNECTION_LIMIT, TEMPLATES, gate, layered_network, perceptron

if TYPE_CHECKING:
    from nnstudio.network import Network

TABLES = {
    "and": [0, 0, 0, 1],
    "or": [0, 1, 1, 1],
    "nand": [1, 1, 1, 0],
    "nor": [1, 0, 0, 0],
    "xor": [0, 1, 1, 0],
    "not": [1, 0],
}
FUNCTIONS = {"step": lambda z: float(z >= 0), "sigmoid": lambda z: 1 / (1 + math.exp(-z))}


def compute(network: Network, row) -> float:
    """Work out the one output as a person would, following the definition."""
    values = dict(zip((n.id for n in network.inputs), row, strict=True))

    def value(neuron_id: str) -> float:
        if neuron_id not in values:
            neuron = network.neuron(neuron_id)
            total = sum(c.weight * value(c.source) for c in network.incoming(neuron_id))
            values[neuron_id] = FUNCTIONS[neuron.activation](total + neuron.bias)
        return values[neuron_id]

    return value(network.outputs[0].id)


@pytest.mark.parametrize("activation", ["step", "sigmoid"])
@pytest.mark.parametrize("name", TABLES)
def test_a_gate_computes_its_table(name, activation) -> None:
    network = gate(name, activation)
    rows = itertools.product((0, 1), repeat=len(network.inputs))
    assert [compute(network, row) for row in rows] == pytest.approx(TABLES[name], abs=1e-4)


def test_a_gate_does_not_hang_on_whether_the_step_is_up_at_0() -> None:
    for name in TABLES:
        network = gate(name)
        for neuron in network.hidden + network.outputs:
            weights = [c.weight for c in network.incoming(neuron.id)]
            for row in itertools.product((0, 1), repeat=len(weights)):
                assert abs(sum(w * x for w, x in zip(weights, row, strict=True)) + neuron.bias) >= 0.5


def test_only_xor_needs_two_layers() -> None:
    assert [len(gate(name).hidden) for name in TABLES] == [0, 0, 0, 0, 2, 0]
    assert [n.label for n in gate("xor").neurons] == ["a", "b", "OR", "NAND", "XOR"]
    assert [n.label for n in gate("not").neurons] == ["a", "NOT"]


def test_other_gates_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="no gate “xnor”; there are and, or, nand, nor, not and xor"):
        gate("xnor")
    with pytest.raises(InvalidValueError, match="step or sigmoid, not “tanh”"):
        gate("and", "tanh")


@pytest.mark.parametrize("sizes", [(1, 1), (2, 3, 1), (4, 8, 8, 3), (1, 1, 1, 1, 1)])
def test_layers_are_fully_connected_in_order(sizes) -> None:
    network = layered_network(sizes, hidden="relu", output="identity")
    assert network.neuron_count == sum(sizes)
    assert network.connection_count == sum(a * b for a, b in itertools.pairwise(sizes))
    assert [n.id for n in network.neurons] == [f"n{i}" for i in range(1, sum(sizes) + 1)]
    ids = iter(network.neurons)
    layers = [[next(ids) for _ in range(size)] for size in sizes]
    for before, after in itertools.pairwise(layers):
        for neuron in after:
            assert network.sources_of(neuron.id) == tuple(n.id for n in before)
    assert network.inputs == tuple(layers[0])
    assert network.outputs == tuple(layers[-1])
    assert {n.activation for n in network.hidden} <= {"relu"}
    assert {n.activation for n in network.outputs} == {"identity"}
    assert len({n.label for n in network.neurons}) == network.neuron_count
    for left, right in itertools.pairwise(layers):
        assert {n.position[0] for n in right} == {left[0].position[0] + column_spacing(sizes)}
    assert all(sum(n.position[1] for n in layer) == pytest.approx(0) for layer in layers)


def test_labels_can_be_given() -> None:
    network = layered_network((2, 3, 1), input_labels=["a", "b"], output_labels=["sum"])
    assert [n.label for n in network.neurons] == ["a", "b", "h1", "h2", "h3", "sum"]
    with pytest.raises(InvalidValueError, match="1 labels don't fit an input layer of 2 neurons"):
        layered_network((2, 1), input_labels=["a"])


def test_starting_weights_come_from_the_seed() -> None:
    assert layered_network((2, 3, 1), seed=1) == layered_network((2, 3, 1), seed=1)
    assert layered_network((2, 3, 1), seed=1) != layered_network((2, 3, 1), seed=2)
    assert {c.weight for c in layered_network((2, 3, 1), seed=None).connections} == {0.0}
    drawn = layered_network((2, 3, 1), seed=None)
    drawn.initialize("he_normal", 5)
    assert layered_network((2, 3, 1), seed=5, initializer="he_normal") == drawn
    with pytest.raises(SettingsError, match="is not an initializer"):
        layered_network((2, 1), initializer="good")


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ((), "at least two layers"),
        ((3,), "at least two layers"),
        ((2, 0, 1), "at least 1, not 0"),
        ((2, -1), "at least 1, not -1"),
        ((2, 1.5), "at least 1, not 1.5"),
        ((True, 1), "at least 1, not True"),
        ((1001, 1000), f"1,001,000 connections; at most {CONNECTION_LIMIT:,}"),
        ((10**30, 1), "Choose smaller layers"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes, reason) -> None:
    with pytest.raises(InvalidValueError, match=reason):
        layered_network(sizes)


def test_softmax_cannot_be_hidden() -> None:
    with pytest.raises(NNStudioError, match="only output neurons can have it"):
        layered_network((2, 3, 1), hidden="softmax")


def test_a_perceptron_is_one_neuron() -> None:
    network = perceptron(3, "step")
    assert [n.role for n in network.neurons] == ["input"] * 3 + ["output"]
    assert network.outputs[0].activation == "step"
    assert network.connection_count == 3


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_template_builds_a_new_network_that_can_be_shown(key) -> None:
    template = TEMPLATES[key]
    first, second = template.build(), template.build()
    assert first == second
    first.remove_neuron(first.outputs[0].id)
    assert template.build() == second
    assert second.inputs
    assert second.outputs
    assert template.title
    assert template.description.endswith(".")
    # What a description says of sizes is so.
    if "–" in template.description:
        sizes = [int(word) for word in template.description.split()[0].rstrip(":").split("–")]
        assert second == layered_network(sizes, output=second.outputs[0].activation)
