"""Reading and writing a network: order, defaults, roles, values, ids, labels and places."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nnstudio.errors import InvalidValueError, RoleError, SettingsError, UnknownIdError
from nnstudio.network import Connection, Network, Neuron
from nnstudio.network.items import Extract


def ids(items) -> list[str]:
    return [item.id for item in items]


def test_the_order_of_inputs_and_outputs_is_that_of_their_making() -> None:
    network = Network()
    for role in ("output", "input", "hidden", "input", "output"):
        network.add_neuron(role)
    assert ids(network.inputs) == ["n2", "n4"]
    assert ids(network.hidden) == ["n3"]
    assert ids(network.outputs) == ["n1", "n5"]
    assert network.neuron_count == 5
    assert [network.role_count(role) for role in ("input", "hidden", "output")] == [2, 1, 2]


def test_what_is_not_given_is_chosen() -> None:
    network = Network()
    x = network.add_neuron("input")
    h = network.add_neuron("hidden")
    y = network.add_neuron("output")
    assert (x.label, x.activation, x.bias) == ("x1", None, None)
    assert (h.label, h.activation, h.bias) == ("h1", "tanh", 0.0)
    assert (y.label, y.activation, y.bias) == ("y1", "sigmoid", 0.0)
    assert x.position[0] < h.position[0] < y.position[0]
    assert network.connect("n1", "n2") == Connection("c1", "n1", "n2", 0.0, True)


def test_what_is_given_is_kept() -> None:
    network = Network()
    neuron = network.add_neuron(
        "output", activation="relu", bias=2, label="sum", position=(1, -2), trainable=False, id="last"
    )
    assert neuron == Neuron("last", "output", "relu", 2.0, "sum", (1.0, -2.0), False)
    assert network.neuron("last") is neuron


def test_neighbors_are_found_by_id(network) -> None:
    assert ids(network.incoming("n3")) == ["c1", "c3"]
    assert ids(network.outgoing("n1")) == ["c1", "c2"]
    assert network.sources_of("n5") == ("n3", "n4")
    assert network.targets_of("n1") == ("n3", "n4")
    assert network.connection_between("n1", "n3").id == "c1"
    assert network.connection_between("n3", "n1") is None
    assert network.has_neuron("n1")
    assert not network.has_neuron("c1")
    assert network.has_connection("c1")
    assert not network.has_connection("n1")


@pytest.mark.parametrize(
    "method", ["incoming", "outgoing", "sources_of", "targets_of", "neuron", "remove_neuron"]
)
def test_unknown_neurons_are_named(network, method) -> None:
    with pytest.raises(UnknownIdError, match="There is no neuron with the id “n77”"):
        getattr(network, method)("n77")


def test_removing_a_neuron_removes_its_connections(network) -> None:
    network.remove_neuron("n3")
    assert ids(network.neurons) == ["n1", "n2", "n4", "n5"]
    assert ids(network.connections) == ["c2", "c4", "c6"]
    assert network.sources_of("n5") == ("n4",)
    with pytest.raises(UnknownIdError):
        network.remove_connection("c1")


def test_taking_out_nothing_unknown_or_nothing_at_all(network) -> None:
    before = network.copy()
    with pytest.raises(UnknownIdError):
        network.extract(["n3"], ["c99"])
    assert network == before
    assert network.extract([], []) == Extract()


def test_what_was_taken_out_goes_back_to_its_place(network) -> None:
    before = network.copy()
    taken = network.extract(["n1", "n4"], ["c5"])
    assert [i for i, _ in taken.neurons] == [0, 3]
    assert [i for i, _ in taken.connections] == [0, 1, 3, 4, 5]
    network.insert(taken)
    assert network == before


@pytest.mark.parametrize(
    ("places", "order"),
    [
        ([0], ["a", "n1", "n2"]),
        ([1], ["n1", "a", "n2"]),
        ([99], ["n1", "n2", "a"]),
        ([-5], ["a", "n1", "n2"]),
        ([0, 2], ["a", "n1", "b", "n2"]),
        ([0, 99], ["a", "n1", "n2", "b"]),
        ([3, 1], ["n1", "b", "n2", "a"]),
        ([1, 1], ["n1", "a", "b", "n2"]),
        ([9, 8], ["n1", "n2", "b", "a"]),
    ],
)
def test_items_are_put_in_where_asked_and_the_last_ones_at_the_end(places, order, mirror) -> None:
    network = Network()
    network.add_neuron("input")
    network.add_neuron("input")
    watcher = mirror(network)
    new = [Neuron(name, "input", None, None, name, (0.0, 0.0)) for name in "ab"]
    network.insert(Extract(tuple(zip(places, new, strict=False))))
    assert ids(network.neurons) == order
    watcher.check()


def test_a_copy_is_equal_and_apart(network) -> None:
    copy = network.copy()
    assert copy == network
    assert copy.revision == 0
    copy.update_neuron("n3", bias=0.5)
    assert copy != network
    assert network != "network"
    assert repr(network) == "Network(5 neurons, 6 connections)"


def test_networks_in_another_order_differ() -> None:
    parts = [Neuron(name, "input", None, None, name, (0.0, 0.0)) for name in "ab"]
    assert Network.from_parts(parts, []) != Network.from_parts(parts[::-1], [])


def test_a_subnetwork_keeps_the_order_and_the_inner_connections(network) -> None:
    part = network.subnetwork(["n5", "n3", "n1"])
    assert ids(part.neurons) == ["n1", "n3", "n5"]
    assert ids(part.connections) == ["c1", "c5"]
    with pytest.raises(UnknownIdError):
        network.subnetwork(["n1", "n77"])


# Roles


def test_a_hidden_neuron_with_no_incoming_connections_can_become_an_input(network) -> None:
    with pytest.raises(
        RoleError, match="h1 has incoming connections, so it cannot become an input"
    ) as caught:
        network.update_neuron("n3", role="input")
    assert caught.value.connection_ids == ("c1", "c3")
    network.extract([], ["c1", "c3"])
    neuron = network.update_neuron("n3", role="input")
    assert (neuron.role, neuron.activation, neuron.bias) == ("input", None, None)
    assert ids(network.inputs) == ["n1", "n2", "n3"]


def test_an_input_that_becomes_hidden_or_output_gets_the_defaults_unless_given(network) -> None:
    neuron = network.update_neuron("n1", role="hidden")
    assert (neuron.activation, neuron.bias) == ("tanh", 0.0)
    neuron = network.update_neuron("n2", role="output", activation="relu", bias=1)
    assert (neuron.activation, neuron.bias) == ("relu", 1.0)


def test_a_softmax_output_that_becomes_hidden_gets_the_default_activation(network) -> None:
    network.update_neuron("n5", activation="softmax", bias=0.5)
    with pytest.raises(RoleError):
        network.update_neuron("n5", role="hidden", activation="softmax")
    neuron = network.update_neuron("n5", role="hidden")
    assert (neuron.activation, neuron.bias) == ("tanh", 0.5)


def test_between_hidden_and_output_everything_else_is_kept(network) -> None:
    network.update_neuron("n3", activation="relu", bias=0.25, label="kept")
    neuron = network.update_neuron("n3", role="output")
    assert (neuron.activation, neuron.bias, neuron.label) == ("relu", 0.25, "kept")
    assert network.update_neuron("n3", role="hidden").activation == "relu"
    assert ids(network.neurons) == ["n1", "n2", "n3", "n4", "n5"]


def test_changing_nothing_is_no_change(network) -> None:
    revision = network.revision
    network.update_neuron("n3", bias=0, activation="tanh", role="hidden")
    network.update_connection("c1", weight=0.1)
    network.set_values({"c1": 0.1}, {"n3": 0.0})
    network.extract([], [])
    network.insert(Extract())
    assert network.revision == revision


# Values


def test_values_are_read_and_set_by_id(network) -> None:
    weights, biases = network.values()
    assert weights == {f"c{i}": i / 10 for i in range(1, 7)}
    assert biases == {"n3": 0.0, "n4": 0.0, "n5": 0.0}
    network.set_values({"c6": -1}, {"n5": 2})
    assert network.connection("c6").weight == -1.0
    assert network.neuron("n5").bias == 2.0
    with pytest.raises(UnknownIdError):
        network.set_values({"c1": 5.0, "c77": 1.0}, {})
    with pytest.raises(UnknownIdError):
        network.set_values({"c1": 5.0}, {"n77": 1.0})
    assert network.connection("c1").weight == 0.1


def test_parameters_of_a_program_come_back_slot_by_slot(network) -> None:
    program = SimpleNamespace(connection_ids=["c2", "c1"], neuron_ids=["n1", "n5", "n3"])
    parameters = SimpleNamespace(weights=np.array([0.5, 0.25]), biases=np.array([0.0, -1.0, 3.0]))
    network.set_parameters(program, parameters)
    assert network.connection("c2").weight == 0.5
    assert network.connection("c1").weight == 0.25
    assert network.neuron("n5").bias == -1.0
    assert network.neuron("n3").bias == 3.0
    with pytest.raises(ValueError, match="shorter"):
        network.set_parameters(program, SimpleNamespace(weights=np.zeros(1), biases=np.zeros(3)))


def test_initializing_again_with_the_same_seed_gives_the_same_values(network) -> None:
    network.initialize("he_normal", 7)
    first = network.values()
    network.initialize("he_normal", 8)
    assert network.values() != first
    network.initialize("he_normal", 7)
    assert network.values() == first
    with pytest.raises(SettingsError, match="is not an initializer; there are zeros"):
        network.initialize("best", 0)


# Ids, labels and places


def test_an_id_is_never_used_again(network) -> None:
    copy = network.copy()
    copy.remove_neuron("n5")
    assert copy.add_neuron("output").id == "n6"
    assert copy.connect("n3", "n6").id == "c7"
    copy.remove_neuron("n6")
    assert copy.add_neuron("output").id == "n7"


def test_made_up_ids_step_around_those_that_are_taken() -> None:
    network = Network()
    network.add_neuron("input", id="n2")
    network.add_neuron("input", id="n" + "9" * 60)
    assert [network.add_neuron("input").id for _ in range(2)] == ["n1", "n3"]
    network.remove_neuron("n" + "9" * 60)
    assert network.add_neuron("input").id == "n4"


def test_labels_are_the_next_that_are_free(network) -> None:
    assert network.free_label("input") == "x3"
    network.update_neuron("n4", label="h3")
    assert network.free_label("hidden") == "h4"
    network.remove_neuron("n3")
    assert network.free_label("hidden") == "h2"
    assert network.free_labels(["hidden", "input", "hidden"]) == ["h2", "x3", "h4"]


def test_neurons_are_put_where_none_is() -> None:
    network = Network()
    for _ in range(4):
        network.add_neuron("hidden")
    network.remove_neuron("n1")
    network.add_neuron("hidden", position=(0, 0))
    for _ in range(5):
        network.add_neuron("hidden")
    places = [neuron.position for neuron in network.neurons]
    assert len(set(places)) == len(places)


def test_a_wrong_item_among_many_leaves_nothing_behind(network) -> None:
    before = network.copy()
    new = [
        Neuron("a", "input", None, None, "a", (0.0, 0.0)),
        Neuron("b", "input", None, 1.0, "b", (0.0, 0.0)),
    ]
    with pytest.raises(RoleError):
        network.insert(Extract(tuple(enumerate(new))))
    links = [Connection("p", "a", "n5", 1.0), Connection("q", "n1", "a", 1.0)]
    with pytest.raises(RoleError):
        network.insert(Extract(((0, new[0]),), tuple(enumerate(links))))
    with pytest.raises(InvalidValueError):
        network.insert(Extract(((0, new[0]),), ((0, Connection("c1", "a", "n5", 1.0)),)))
    assert network == before
    assert network.free_label("input") == "x3"
    network.insert(Extract(((0, new[0]),), ((0, links[0]),)))
    assert network.sources_of("n5") == ("n3", "n4", "a")
