from __future__ import annotations

from nnstudio.engine import compile_network
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.project.constraints import constraint_counts, constraint_text, learnable
from nnstudio.project.summary import summarize, summary_lines


def test_a_network_without_constraints_has_nothing_to_tell() -> None:
    network = layered_network((2, 3, 1))
    assert not any(constraint_counts(network).values())
    assert constraint_text(constraint_counts(network)) == ""
    assert not any("constraints" in line for line in summary_lines("a", summarize(Project(network))))


def test_every_kind_is_counted_and_told() -> None:
    network = layered_network((2, 4, 1))
    first, second, third, fourth, *_ = network.incoming(network.outputs[0].id)
    incoming = [network.incoming(neuron.id) for neuron in network.hidden]
    network.update_neuron(network.hidden[3].id, enabled=False)  # and its three connections
    network.update_connection(incoming[0][0].id, enabled=False)
    for connection in (first, second, fourth):
        network.update_connection(connection.id, tie="t")
    network.update_connection(third.id, trainable=False)
    network.update_neuron(network.outputs[0].id, rate_factor=0.0)
    network.update_neuron(network.hidden[0].id, rate_factor=2.0)
    network.set_values({incoming[1][0].id: 0.5}, {})
    network.update_connection(incoming[1][0].id, sign=1)
    counts = constraint_counts(network)
    assert counts == {
        "frozen": 2,
        "disabled_neurons": 1,
        "disabled_connections": 4,
        "shared_weights": 1,
        "tied_connections": 2,
        "signs": 1,
        "rates": 1,
    }
    text = (
        "2 numbers frozen, 1 neuron and 4 connections disabled, 1 weight shared by 2 connections, "
        "1 sign fixed, 1 number with a learning rate of its own"
    )
    assert constraint_text(counts) == text
    assert f"          constraints: {text}" in summary_lines("a", summarize(Project(network)))


def test_what_can_be_learned_is_what_takes_part_and_is_free_with_shared_weights_once() -> None:
    network = layered_network((2, 3, 1))
    assert learnable(network) == 13
    first, second, third = network.incoming(network.outputs[0].id)
    for connection in (first, second):
        network.update_connection(connection.id, tie="t")
    assert learnable(network) == 12
    network.update_connection(third.id, rate_factor=0.0)
    assert learnable(network) == 11
    network.update_neuron(network.hidden[2].id, enabled=False)  # with two connections and its bias
    assert learnable(network) == 8 == summarize(Project(network))["network"]["trainable_parameters"]
    program = compile_network(network)
    assert learnable(network) == (program.gradient_mask & program.counted).sum()
    network.update_connection(first.id, trainable=False)
    assert learnable(network) == 7
