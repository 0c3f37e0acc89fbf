from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnstudio as nn
from nnstudio.engine import compile_network
from nnstudio.engine.losses import LOSSES
from nnstudio.explain import limit, loss, losses_along, moment_of
from nnstudio.explain.losses import loss_at
from nnstudio.network.templates import layered_network
from tests.explain.test_connections import drawn, rounds_to, shared_network


@pytest.mark.parametrize("key", LOSSES)
@settings(max_examples=20)
@given(data=st.data())
def test_the_terms_of_all_outputs_make_up_the_loss(key, data):
    moment = drawn(data, key)
    found = loss_at(moment)
    assert [output.neuron_id for output in found.outputs] == [
        moment.program.neuron_ids[slot] for slot in moment.program.output_slots
    ]
    total = sum(output.term.value.value for output in found.outputs) / moment.scale
    assert total == pytest.approx(moment.loss_value, rel=1e-12)
    assert found.total.value.value == pytest.approx(moment.loss_value, rel=1e-12)
    if moment.scale == 1:
        assert rounds_to([output.term.value for output in found.outputs], found.total.value)


def test_a_probability_that_reached_one_is_shown_by_its_sum():
    network = layered_network((1, 1), seed=1)
    network.update_connection("c1", weight=60.0)
    program = compile_network(network)
    found = loss(program, program.initial_parameters(), [1.0], [0.0], "binary_cross_entropy")
    assert found.total.value.value == pytest.approx(60.0)
    assert "60" in found.outputs[0].term.numbers


def test_squared_error_is_written_out():
    network = layered_network((1, 1), output="identity", seed=1)
    network.update_connection("c1", weight=0.5)
    program = compile_network(network)
    found = loss(program, program.initial_parameters(), [1.0], [2.0])
    assert found.outputs[0].term.text == "ℓ[y1] = (a[y1] - y[y1])^2 = (0.5 - 2)^2 = 2.25"
    assert found.outputs[0].slope.text == "∂L/∂a[y1] = 2 · (a[y1] - y[y1]) = 2 · (0.5 - 2) = -3"
    assert found.total.text.endswith("= 2.25")


# The derivative as a limit


def test_quotients_are_off_by_truncation_where_h_is_large_and_by_rounding_where_it_is_small():
    program = compile_network(layered_network((2, 3, 2), seed=3))
    parameters = program.initial_parameters()
    for item in (*program.connection_ids[:3], "n3", "n6"):
        found = limit(program, parameters, [0.3, -0.7], [1.0, 0.0], item)
        for point in found.points:
            for quotient in (point.forward, point.backward, point.central):
                assert quotient.value == pytest.approx(found.exact + quotient.error, rel=1e-12, abs=1e-15)
            assert abs(point.forward.rounding) <= 4e-16 / point.h + 1e-15
            assert abs(point.central.rounding) <= 4e-16 / point.h + 1e-15
        large, smaller = found.points[1], found.points[2]
        assert large.forward.truncation == pytest.approx(10 * smaller.forward.truncation, rel=0.3)
        assert large.central.truncation == pytest.approx(100 * smaller.central.truncation, rel=0.3)
        # Both ways of finding the truncation agree where they meet.
        just, below = limit(
            program, parameters, [0.3, -0.7], [1.0, 0.0], item, steps=(1.001e-4, 0.999e-4)
        ).points
        assert just.forward.truncation == pytest.approx(below.forward.truncation * 1.002, rel=1e-3)


def test_a_square_is_measured_as_by_hand():
    network = nn.Network()
    x = network.add_neuron("input")
    y = network.add_neuron("output", activation="identity", bias=0.0)
    network.connect(x.id, y.id, weight=3.0)
    program = compile_network(network)
    found = limit(program, program.initial_parameters(), [1.0], [0.0], "c1", steps=(0.5, 0.01))
    assert (found.value, found.loss, found.exact) == (3.0, 9.0, 6.0)
    half = found.points[0]
    assert (half.forward.value, half.backward.value, half.central.value) == (6.5, 5.5, 6.0)
    assert half.forward.truncation == pytest.approx(0.5)
    assert half.central.truncation == pytest.approx(0.0, abs=1e-12)
    right, left, across = found.formulas(half)
    assert right.numbers == r"\frac{12.25 - 9}{0.5} = 6.5"
    assert left.text == "(f(w) - f(w - h)) / h = (9 - 6.25) / 0.5 = 5.5"
    assert across.numbers == r"\frac{12.25 - 6.25}{2 \cdot 0.5} = 6"


def test_at_a_kink_both_sides_have_a_limit_of_their_own():
    network = nn.Network()
    x = network.add_neuron("input")
    y = network.add_neuron("output", activation="relu", bias=0.0)
    network.connect(x.id, y.id, weight=0.0)
    program = compile_network(network)
    found = limit(program, program.initial_parameters(), [1.0], [1.0], "c1", steps=(1e-2, 1e-6))
    for point in found.points:
        assert point.forward.value == pytest.approx(-2.0, rel=0.01)
        assert (point.backward.value, point.central.value) == (0.0, pytest.approx(-1.0, rel=0.01))
        assert point.forward.truncation == pytest.approx(point.forward.error, rel=1e-4)
        assert abs(point.forward.rounding) <= 1e-3


def test_a_shared_weight_moves_everywhere():
    program = compile_network(shared_network())
    found = limit(program, program.initial_parameters(), [0.8], [1.0], "c1", steps=(1e-5,))
    assert found.points[0].central.value == pytest.approx(found.exact, rel=1e-8)
    assert not np.isclose(found.exact, 0.0)


def test_losses_along_a_parameter_are_those_of_the_moved_network():
    network = nn.Network()
    a = network.add_neuron("input")
    out = network.add_neuron("output", activation="tanh", bias=0.2)
    network.connect(a.id, out.id, weight=0.5, id="w")
    program = compile_network(network)
    moment = moment_of(program, program.initial_parameters(), [2.0], [1.0], "mse")
    expected = [(np.tanh(2.0 * (0.5 + by) + 0.2) - 1.0) ** 2 for by in (-1.0, 0.0, 0.25)]
    assert losses_along(moment, "w", (-1.0, 0.0, 0.25)) == pytest.approx(expected)
    expected = [(np.tanh(1.0 + 0.2 + by) - 1.0) ** 2 for by in (-1.0, 0.3)]
    assert losses_along(moment, out.id, (-1.0, 0.3)) == pytest.approx(expected)
