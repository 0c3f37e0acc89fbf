"""Where nodes of a computation graph stand, and what a walk through it shows."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnstudio as nn
from nnstudio.explain import graph
from nnstudio.explain.walks import placed, step_at, step_count
from tests.explain.test_connections import drawn


def product():
    """Return the graph of y = tanh(0.5 · 2 + 0.25), against a target of 1."""
    network = nn.Network()
    x = network.add_neuron("input", label="x")
    y = network.add_neuron("output", activation="tanh", bias=0.25, label="y", id="y")
    network.connect(x.id, y.id, weight=0.5)
    program = nn.compile_network(network)
    return graph(program, program.initial_parameters(), [2.0], neuron_id="y", y_row=[1.0])


def test_a_walk_begins_with_what_is_given_and_ends_with_all_derivatives():
    found = product()
    first, last = step_at(found, 0), step_at(found, step_count(found))
    assert first.values == {node.index for node in found.nodes if not node.arguments}
    assert first.derivatives == {}
    assert last.values == {node.index for node in found.nodes}
    for index, derivative in last.derivatives.items():
        assert derivative == pytest.approx(found.nodes[index].derivative)


@settings(max_examples=30)
@given(data=st.data())
def test_each_step_adds_one_operation_and_the_last_has_the_derivatives_of_all(data):
    moment = drawn(data, "mse", max_hidden=4)
    found = graph(moment.program, moment.parameters, moment.x, y_row=moment.y, loss="mse")
    forward = len(found.forward)
    for number in range(1, step_count(found) + 1):
        before, now = step_at(found, number - 1), step_at(found, number)
        if number <= forward:
            assert now.values - before.values == {now.done}
        else:
            assert now.is_backward
            assert now.values == {node.index for node in found.nodes}
            # Whoever passes back knows its whole derivative by then.
            assert before.derivatives.get(now.done, now.derivatives.get(now.done, 0.0)) == pytest.approx(
                found.nodes[now.done].derivative, rel=1e-9, abs=1e-300
            )
    last = step_at(found, step_count(found)).derivatives
    for node in found.nodes:
        if node.index in last:
            assert last[node.index] == pytest.approx(node.derivative, rel=1e-9, abs=1e-300)


def test_operations_are_told_with_their_numbers():
    found = product()
    told = [step_at(found, number).told for number in range(step_count(found) + 1)]
    assert told[0] == "Given: inputs, weights and biases."
    assert "0.5 × 2 = 1" in told[1]
    assert told[2].endswith("1 + 0.25 = 1.25")
    assert "tanh(1.25) = 0.84828" in told[3]
    assert "passes back" in told[4]
    assert told[-1].count(" = ") == 2  # to the weight and to the input


@settings(max_examples=30)
@given(data=st.data())
def test_nodes_stand_apart_and_below_what_they_take(data):
    moment = drawn(data, "mse", max_hidden=4)
    found = graph(moment.program, moment.parameters, moment.x, y_row=moment.y, loss="mse")
    places = placed(found)
    assert places.keys() == {node.index for node in found.nodes}
    for node in found.nodes:
        assert all(places[argument][1] < places[node.index][1] for argument in node.arguments)
    rows = {}
    for across, row in places.values():
        rows.setdefault(row, []).append(across)
    for row in rows.values():
        row.sort()
        assert all(right - left >= 1.0 - 1e-9 for left, right in itertools.pairwise(row))
    assert sorted(rows) == list(range(len(rows)))


def test_the_result_of_a_simple_neuron_stands_below_its_sum():
    found = product()
    places = placed(found)
    weight, x = (next(n.index for n in found.nodes if n.kind == kind) for kind in ("weight", "input"))
    assert places[weight][1] == places[x][1] == 0
    assert places[found.result][1] == max(row for _, row in places.values())
