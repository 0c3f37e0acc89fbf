"""What the templates are made of; that the gates compute their tables is shown here by hand."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import pytest

from nnstudio.errors import InvalidValueError, NNStudioError, SettingsError
from nnstudio.network.layout import column_spacing
from nnstudio.network.templates import (
    CONNECTION_LIMIT,
    TEMPLATES,
    autoencoder,
    full_adder,
    gate,
    half_adder,
    layered_network,
    mixture_of_experts,
    perceptron,
    residual_network,
)

if TYPE_CHECKING:
    from nnstudio.network import Network

TABLES = {
    "and": [0, 0, 0, 1],
    "or": [0, 1, 1, 1],
    "nand": [1, 1, 1, 0],
    "nor": [1, 0, 0, 0],
    "xor": [0, 1, 1, 0],
    "xnor": [1, 0, 0, 1],
    "not": [1, 0],
}
FUNCTIONS = {
    "step": lambda z: float(z >= 0),
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "identity": lambda z: z,
}


def compute(network: Network, row) -> float | list[float]:
    """Work out the outputs as a person would, following the definition; one alone is a number."""
    values = dict(zip((n.id for n in network.inputs), row, strict=True))

    def value(neuron_id: str) -> float:
        if neuron_id not in values:
            neuron = network.neuron(neuron_id)
            total = sum(c.weight * value(c.source) for c in network.incoming(neuron_id))
            values[neuron_id] = FUNCTIONS[neuron.activation](total + neuron.bias)
        return values[neuron_id]

    values_out = [value(neuron.id) for neuron in network.outputs]
    return values_out[0] if len(values_out) == 1 else values_out


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


def test_only_xor_and_xnor_need_two_layers() -> None:
    assert [len(gate(name).hidden) for name in TABLES] == [0, 0, 0, 0, 2, 2, 0]
    assert [n.label for n in gate("xor").neurons] == ["a", "b", "OR", "NAND", "XOR"]
    assert [n.label for n in gate("not").neurons] == ["a", "NOT"]


def test_other_gates_are_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"no gate “nimp”; there are .*, xor, xnor and not"):
        gate("nimp")
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


@pytest.mark.parametrize("activation", ["step", "sigmoid"])
@pytest.mark.parametrize("build", [half_adder, full_adder])
def test_an_adder_adds_in_every_row(build, activation) -> None:
    network = build(activation)
    assert [n.label for n in network.outputs] == ["sum", "carry"]
    for bits in itertools.product((0, 1), repeat=len(network.inputs)):
        assert compute(network, bits) == pytest.approx([sum(bits) % 2, sum(bits) // 2], abs=1e-4)


def test_adders_are_made_of_gates_that_are_groups_with_names() -> None:
    assert [g.name for g in half_adder().groups] == ["XOR", "AND"]
    network = full_adder()
    assert sorted(g.name for g in network.groups) == ["AND 1", "AND 2", "OR", "XOR 1", "XOR 2"]
    grouped = {member for group in network.groups for member in group.members}
    assert grouped == {n.id for n in network.neurons if n.role != "input"}


@pytest.mark.parametrize("build", [half_adder, full_adder])
def test_an_adder_refuses_other_activations(build) -> None:
    with pytest.raises(InvalidValueError, match="step or sigmoid, not “tanh”"):
        build("tanh")


def test_an_autoencoder_gives_back_as_much_as_it_takes_through_a_narrow_code() -> None:
    network = autoencoder((5, 4, 2, 4, 5))
    assert len(network.inputs) == len(network.outputs) == 5
    members = {group.name: len(group.members) for group in network.groups}
    assert members == {"Encoder": 4, "Code": 2, "Decoder": 4, "Reconstruction": 5}
    assert [group.name for group in autoencoder().groups] == ["Code", "Reconstruction"]
    for sizes in ((8, 3, 7), (8, 8), (8, 3, 3, 8)):
        with pytest.raises(InvalidValueError, match="odd number of layers"):
            autoencoder(sizes)


def test_a_residual_block_whose_branch_gives_nothing_passes_its_inputs_on() -> None:
    network = residual_network(2, 3, 2)
    frozen = [c for c in network.connections if not c.trainable]
    assert len(frozen) == 4
    assert {c.weight for c in frozen} == {1.0}
    for c in network.connections:
        if c.trainable and network.neuron(c.target).role != "output":
            network.update_connection(c.id, weight=0.0)
    weights = [c.weight for c in network.incoming(network.outputs[0].id)]
    total = 0.3 * weights[0] - 0.7 * weights[1]
    assert compute(network, (0.3, -0.7)) == pytest.approx(FUNCTIONS["sigmoid"](total))


def test_the_gate_of_a_mixture_lets_one_expert_answer() -> None:
    network = mixture_of_experts()
    gate_id = next(n.id for n in network.neurons if n.label == "gate")
    experts = [next(n.id for n in network.neurons if n.label == f"expert {k}") for k in (1, 2)]
    for connection in network.incoming(gate_id):
        network.update_connection(connection.id, weight=0.0)
    for bias, chosen in ((30.0, 0), (-30.0, 1)):
        network.update_neuron(gate_id, bias=bias)
        for answer in (-1.0, 0.5):
            for expert, sum_ in zip(experts, (answer, 1.0) if chosen == 0 else (1.0, answer), strict=True):
                network.update_neuron(expert, bias=sum_)
                for connection in network.incoming(expert):
                    network.update_connection(connection.id, weight=0.0)
            # The other adds at most sigmoid(1 - 6).
            assert compute(network, (0.2, 0.4)) == pytest.approx(FUNCTIONS["sigmoid"](answer), abs=0.007)


@pytest.mark.parametrize("build", [residual_network, mixture_of_experts])
def test_parts_of_no_size_are_refused(build) -> None:
    for size in (0, -1, 1.5, True):
        with pytest.raises(InvalidValueError, match="at least 1, not"):
            build(size)


@pytest.mark.parametrize("key", TEMPLATES)
def test_the_groups_of_a_template_stand_apart(key) -> None:
    network = TEMPLATES[key].build()
    place = {n.id: n.position for n in network.neurons}
    for group in network.groups:
        xs, ys = zip(*(place[member] for member in group.members), strict=True)
        room = 30.0  # what a neuron needs, and a little air
        for other in place.keys() - set(group.members):
            x, y = place[other]
            assert not (
                min(xs) - 2 * room < x < max(xs) + 2 * room and min(ys) - 2 * room < y < max(ys) + 2 * room
            ), (group.name, network.neuron(other).label)
