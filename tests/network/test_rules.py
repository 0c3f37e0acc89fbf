"""Every rule refuses what it should, says why and how to go on, and changes nothing."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.errors import (
    CycleError,
    DuplicateConnectionError,
    InvalidValueError,
    NNStudioError,
    RoleError,
    UnknownIdError,
)
from nnstudio.network import Connection, Network, Neuron, rules

HUGE = 10**5000  # Python refuses to turn so many digits into text
NO_NUMBERS = [
    math.nan,
    math.inf,
    -math.inf,
    HUGE,
    -HUGE,
    True,
    "0.5",
    "",
    None,
    [],
    {},
    1j,
    Decimal(1),
    object(),
]


def refuse(error: type[NNStudioError], network: Network, change) -> NNStudioError:
    before, revision = (network.neurons, network.connections), network.revision
    with pytest.raises(error) as caught:
        change()
    assert (network.neurons, network.connections) == before
    assert network.revision == revision
    assert len(str(caught.value)) < 400
    return caught.value


def test_a_connection_that_closes_a_cycle_names_the_cycle_and_the_ways_out(network) -> None:
    error = refuse(CycleError, network, lambda: network.connect("n5", "n3"))
    assert error.path == ("n5", "n3", "n5")
    assert "y1 → h1 → y1" in str(error)
    assert "other direction" in str(error)
    assert error.neuron_ids == ("n5", "n3")


def test_a_neuron_cannot_be_connected_to_itself(network) -> None:
    error = refuse(CycleError, network, lambda: network.connect("n3", "n3"))
    assert error.path == ("n3", "n3")
    assert "h1 cannot be connected to itself" in str(error)


def test_a_long_cycle_is_shown_shortened_but_kept_whole() -> None:
    network = Network()
    ids = [network.add_neuron("hidden").id for _ in range(500)]
    for source, target in itertools.pairwise(ids):
        network.connect(source, target)
    error = refuse(CycleError, network, lambda: network.connect(ids[-1], ids[0]))
    assert error.path == (ids[-1], *ids)
    assert "h500 → h1 → h2 → h3 → … → h498 → h499 → h500" in str(error)


def test_two_neurons_are_connected_once(network) -> None:
    error = refuse(DuplicateConnectionError, network, lambda: network.connect("n1", "n3"))
    assert error.connection_id == "c1"
    assert error.neuron_ids == ("n1", "n3")
    assert str(error) == "x1 and h1 are connected already; change the weight of that connection instead."


def test_nothing_goes_into_an_input(network) -> None:
    error = refuse(RoleError, network, lambda: network.connect("n3", "n1"))
    assert "x1 is an input" in str(error)
    assert "Change its role to hidden" in str(error)
    assert error.neuron_ids == ("n1",)


@pytest.mark.parametrize("ends", [("n9", "n3"), ("n3", "n9"), ("n" * 9999, "n3")])
def test_unknown_ends_are_refused(network, ends) -> None:
    error = refuse(UnknownIdError, network, lambda: network.connect(*ends))
    assert "There is no neuron with the id" in str(error)


def test_a_neuron_without_a_label_is_called_by_its_id(network) -> None:
    network.update_neuron("n1", label="")
    assert "n1 is an input" in str(rules.connection_problem(network, "n3", "n1"))


def test_asking_for_a_problem_finds_none_where_a_connection_is_legal(network) -> None:
    assert rules.connection_problem(network, "n1", "n5") is None
    assert rules.connection_problem(network, "n3", "n4") is None


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda v: type(v).__name__)
def test_weights_and_biases_are_finite_numbers(network, value) -> None:
    tries = [
        lambda: network.update_connection("c1", weight=value),
        lambda: network.update_neuron("n3", bias=value),
        lambda: network.set_values({"c2": 0.5, "c1": value}, {}),
        lambda: network.set_values({"c1": 0.9}, {"n3": value}),
        lambda: Network.from_parts(network.neurons, [Connection("c", "n1", "n3", value)]),
        lambda: Network.from_parts([Neuron("n", "hidden", "tanh", value, "h", (0.0, 0.0))], []),
    ]
    if value is not None:  # which stands for the default
        tries.append(lambda: network.connect("n1", "n5", weight=value))
        tries.append(lambda: network.add_neuron("hidden", bias=value))
    for attempt in tries:
        error = refuse(InvalidValueError, network, attempt)
        assert "must be a finite number, not" in str(error)


def test_a_refused_value_points_at_what_it_is_for(network) -> None:
    error = refuse(InvalidValueError, network, lambda: network.update_connection("c5", weight=math.nan))
    assert str(error) == "The weight from h1 to y1 must be a finite number, not nan."
    assert error.connection_ids == ("c5",)
    error = refuse(InvalidValueError, network, lambda: network.update_neuron("n3", bias="x"))
    assert str(error) == "The bias of “h1” must be a finite number, not “x”."
    assert error.neuron_ids == ("n3",)


@pytest.mark.parametrize("value", [1, Fraction(1, 4), 0.5])
def test_any_real_number_becomes_a_float(network, value) -> None:
    assert type(network.update_connection("c1", weight=value).weight) is float
    assert type(network.update_neuron("n3", bias=value).bias) is float
    assert type(network.add_neuron("input", position=(value, value)).position[0]) is float
    parts = Network.from_parts(
        [replace(n, position=[value, 2]) for n in network.neurons],
        [replace(c, weight=value) for c in network.connections],
    )
    assert all(type(c.weight) is float for c in parts.connections)
    assert all(n.position == (float(value), 2.0) and type(n.position) is tuple for n in parts.neurons)


@pytest.mark.parametrize(
    "position",
    [
        None,
        3,
        "ab",
        (1,),
        (1, 2, 3),
        (1, "2"),
        (True, 0),
        (math.nan, 0),
        (0, math.inf),
        (HUGE, 0),
        {1: 2, 3: 4},
    ],
)
def test_a_position_is_two_finite_numbers(network, position) -> None:
    error = refuse(InvalidValueError, network, lambda: network.update_neuron("n3", position=position))
    assert "must be two finite numbers, x and y" in str(error)
    neuron = replace(network.neuron("n3"), position=position)
    refuse(InvalidValueError, network, lambda: Network.from_parts([neuron], []))


def test_a_position_is_inside_the_drawing(network) -> None:
    network.update_neuron("n3", position=(rules.POSITION_LIMIT, -rules.POSITION_LIMIT))
    error = refuse(InvalidValueError, network, lambda: network.update_neuron("n3", position=(0, 1.1e7)))
    assert "outside the drawing, which ends at 10,000,000" in str(error)


@pytest.mark.parametrize("label", ["x" * 81, "two\nlines", "\ud800", "\x00", None, 7, b"x"])
def test_a_label_is_one_short_line(network, label) -> None:
    error = refuse(InvalidValueError, network, lambda: network.update_neuron("n3", label=label))
    assert str(error) == "A label is one line of at most 80 characters."
    assert error.neuron_ids == ("n3",)


@pytest.mark.parametrize("label", ["", "x" * 80, "Gewicht in kg", "身長", "x₁ · y²"])
def test_labels_of_any_language_are_fine(network, label) -> None:
    assert network.update_neuron("n3", label=label).label == label


@pytest.mark.parametrize("item_id", ["", "x" * 65, "a\nb", 7, None, ["n1"]])
def test_an_id_is_a_short_text(network, item_id) -> None:
    neuron = Neuron(item_id, "input", None, None, "x", (0.0, 0.0))
    for parts in (([neuron], []), (network.neurons, [Connection(item_id, "n1", "n3", 0.0)])):
        error = refuse(InvalidValueError, network, lambda parts=parts: Network.from_parts(*parts))
        assert "An id is a text of 1 to 64 printable characters" in str(error)


@pytest.mark.parametrize("end", [None, 7, ["n1"], {}])
def test_ends_that_are_no_ids_are_refused(network, end) -> None:
    refuse(
        NNStudioError, network, lambda: Network.from_parts(network.neurons, [Connection("c", end, "n3", 0.0)])
    )
    refuse(
        NNStudioError, network, lambda: Network.from_parts(network.neurons, [Connection("c", "n1", end, 0.0)])
    )
    refuse(UnknownIdError, network, lambda: network.neuron(end))
    refuse(UnknownIdError, network, lambda: network.connection(end))


def test_ids_are_used_once(network) -> None:
    error = refuse(InvalidValueError, network, lambda: network.add_neuron("input", id="n1"))
    assert str(error) == "There is a neuron with the id “n1” already."
    error = refuse(InvalidValueError, network, lambda: network.connect("n1", "n5", id="c1"))
    assert str(error) == "There is a connection with the id “c1” already."
    twins = [replace(network.neuron("n1"), id="new")] * 2
    refuse(InvalidValueError, network, lambda: Network.from_parts(twins, []))


@pytest.mark.parametrize("value", [0, 1, "false", None, []])
def test_whether_something_trains_is_true_or_false(network, value) -> None:
    error = refuse(InvalidValueError, network, lambda: network.update_neuron("n3", trainable=value))
    assert "Whether “h1” trains is either true or false" in str(error)
    refuse(InvalidValueError, network, lambda: network.update_connection("c1", trainable=value))
    refuse(InvalidValueError, network, lambda: network.connect("n1", "n5", trainable=value))
    refuse(InvalidValueError, network, lambda: network.add_neuron("hidden", trainable=value))


@pytest.mark.parametrize("role", ["", "Input", "bias", None, 1, ["input"], {}, "x" * 5000])
def test_there_are_three_roles(network, role) -> None:
    error = refuse(RoleError, network, lambda: network.add_neuron(role))
    assert "is not a role; a neuron is an input, hidden or an output." in str(error)
    refuse(RoleError, network, lambda: network.update_neuron("n3", role=role))
    neuron = replace(network.neuron("n3"), role=role)
    refuse(RoleError, network, lambda: Network.from_parts([neuron], []))


@pytest.mark.parametrize("activation", ["", None, 3, ["tanh"], "x" * 65, "ta\nnh", "custom:x\n"])
def test_an_activation_is_a_name(network, activation) -> None:
    error = refuse(InvalidValueError, network, lambda: network.update_neuron("n3", activation=activation))
    assert "The activation of “h1” must be the name of one" in str(error)


def test_a_formula_as_activation_may_be_as_long_as_formulas_are(network) -> None:
    for length in (1, 64, rules.FORMULA_LENGTH):
        key = "custom:" + "x" * length
        assert network.update_neuron("n3", activation=key).activation == key
    too_long = "custom:" + "x" * (rules.FORMULA_LENGTH + 1)
    refuse(InvalidValueError, network, lambda: network.update_neuron("n3", activation=too_long))


def test_an_input_has_neither_bias_nor_activation(network) -> None:
    for changes in ({"bias": 0.5}, {"activation": "tanh"}, {"bias": 0.0}):
        error = refuse(RoleError, network, lambda changes=changes: network.update_neuron("n1", **changes))
        assert "neither bias nor activation" in str(error)
    refuse(RoleError, network, lambda: network.add_neuron("input", bias=0.5))
    error = refuse(RoleError, network, lambda: network.set_values({}, {"n1": 0.5}))
    assert str(error) == "“x1” is an input and has no bias."


def test_softmax_is_for_outputs(network) -> None:
    error = refuse(RoleError, network, lambda: network.update_neuron("n3", activation="softmax"))
    assert "only output neurons can have it" in str(error)
    refuse(RoleError, network, lambda: network.add_neuron("hidden", activation="softmax"))
    assert network.update_neuron("n5", activation="softmax").activation == "softmax"


def test_unknown_fields_are_named(network) -> None:
    error = refuse(InvalidValueError, network, lambda: network.update_neuron("n3", id="n9"))
    assert str(error).startswith("A neuron has no “id” to change; it has role, activation,")
    error = refuse(InvalidValueError, network, lambda: network.update_connection("c1", source="n2"))
    assert "A connection has no “source” to change" in str(error)


# Cycles, against the plainest way to find them


def random_graph(seed: int, size: int, count: int) -> tuple[list[Neuron], list[Connection]]:
    rng = random.Random(seed)
    neurons = [Neuron(f"n{i}", "hidden", "tanh", 0.0, "", (0.0, 0.0)) for i in range(size)]
    ends = {(rng.randrange(size), rng.randrange(size)) for _ in range(count)}
    return neurons, [Connection(f"c{a}-{b}", f"n{a}", f"n{b}", 0.0) for a, b in sorted(ends)]


def reachable(connections) -> set[tuple[str, str]]:
    """All pairs with a way of at least one connection from the first to the second (Warshall's closure)."""
    pairs = {(c.source, c.target) for c in connections}
    nodes = {node for pair in pairs for node in pair}
    for middle in nodes:
        pairs |= {(a, b) for a in nodes for b in nodes if (a, middle) in pairs and (middle, b) in pairs}
    return pairs


def assert_cycle(path, edges) -> None:
    assert path[0] == path[-1]
    assert len(set(path)) == len(path) - 1
    assert all(pair in edges for pair in itertools.pairwise(path))


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(0, 20))
def test_a_network_made_at_once_is_refused_just_when_it_has_a_cycle(seed, size, count) -> None:
    neurons, connections = random_graph(seed, size, count)
    edges = {(c.source, c.target) for c in connections}
    has_cycle = any(a == b for a, b in reachable(connections))
    if not has_cycle:
        assert Network.from_parts(neurons, connections).connection_count == len(connections)
        return
    with pytest.raises(CycleError) as caught:
        Network.from_parts(neurons, connections)
    assert_cycle(caught.value.path, edges)


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(0, 25))
def test_connecting_one_by_one_refuses_just_what_closes_a_cycle_and_names_a_shortest(
    seed, size, count
) -> None:
    neurons, connections = random_graph(seed, size, count)
    network = Network.from_parts(neurons, [])
    for connection in connections:
        before = reachable(network.connections)
        ends = (connection.source, connection.target)
        closes = ends[0] == ends[1] or ends[::-1] in before
        if not closes:
            network.connect(*ends)
            continue
        with pytest.raises(CycleError) as caught:
            network.connect(*ends)
        path = caught.value.path
        assert path[:2] == ends
        edges = {(c.source, c.target) for c in network.connections}
        assert_cycle(path, edges | {ends})
        assert len(path) - 2 == steps_between(edges, ends[1], ends[0])


def steps_between(edges, start, goal) -> int:
    reached, steps = {start}, 0
    while goal not in reached:
        reached |= {b for a, b in edges if a in reached}
        steps += 1
    return steps


@pytest.mark.parametrize("seed", range(4))
def test_a_path_is_a_shortest_one_wherever_the_search_from_both_ends_meets(seed) -> None:
    neurons, connections = random_graph(seed, 40, 110)
    forward = [c for c in connections if int(c.source[1:]) < int(c.target[1:])]
    network = Network.from_parts(neurons, forward)
    edges = {(c.source, c.target) for c in forward}
    connected = reachable(forward)
    for start in range(40):
        for goal in range(40):
            ends = (f"n{start}", f"n{goal}")
            path = rules.find_path(network, *ends)
            if ends not in connected and start != goal:
                assert path is None
                continue
            assert (path[0], path[-1]) == ends
            assert all(pair in edges for pair in itertools.pairwise(path))
            assert len(path) - 1 == steps_between(edges, *ends)
