"""Derivatives path by path against the engine's, on networks that nobody has chosen."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnstudio as nn
from nnstudio.engine import compile_network
from nnstudio.engine.losses import LOSSES
from nnstudio.explain import connection, moment_of, neuron
from nnstudio.explain.connections import MOST_PATHS, connection_at
from nnstudio.network.templates import layered_network
from tests.engine.strategies import batches, networks

SMOOTH = ("identity", "sigmoid", "tanh", "softplus", "silu", "gelu", "sine", "gaussian", "relu", "elu")


def drawn(data, loss="mse", **options):
    """A network that suits a loss, with the moment of one sample."""
    network = data.draw(networks(activations=SMOOTH, **options))
    if loss in ("binary_cross_entropy", "cross_entropy"):
        for output in network.outputs:
            if output.activation != "softmax":
                network.update_neuron(output.id, activation="sigmoid")
    x, y = data.draw(batches(network, max_rows=1))
    program = compile_network(network)
    return moment_of(program, program.initial_parameters(), x[0], y[0], loss)


def rounds_to(terms, total):
    """Whether terms as shown add up to the total as shown."""
    added = sum((term.rounded for term in terms), Decimal(0))
    if added == total.rounded:
        return True
    places = int(total.rounded.as_tuple().exponent)
    return added.quantize(Decimal(1).scaleb(places), rounding=ROUND_HALF_EVEN) == total.rounded


@pytest.mark.parametrize("loss", LOSSES)
@settings(max_examples=25)
@given(data=st.data())
def test_all_paths_of_a_weight_add_up_to_its_gradient(loss, data):
    moment = drawn(data, loss, max_hidden=5)
    gradients = moment.gradients.weights
    size = max(1.0, float(np.abs(gradients).max(initial=0.0)))
    for slot, connection_id in enumerate(moment.program.connection_ids):
        found = connection_at(moment, connection_id, most_paths=10_000)
        assert len(found.paths) == found.path_count
        assert len({path.connection_ids + path.neuron_ids for path in found.paths}) <= found.path_count
        total = sum(path.product for path in found.paths)
        assert total == pytest.approx(gradients[slot], rel=1e-12, abs=1e-12 * size)
        if found.path_count <= MOST_PATHS:
            assert rounds_to([path.shown for path in found.paths], found.gradient.value)


def diamond():
    """x feeds a and b, both feed y; x feeds y as well."""
    network = nn.Network()
    x = network.add_neuron("input", label="x")
    a, b = (network.add_neuron("hidden", activation="tanh", label=name) for name in "ab")
    y = network.add_neuron("output", activation="identity", label="y")
    for source, target, weight in (
        (x, a, 0.5),
        (x, b, -1.0),
        (a, b, 0.3),
        (a, y, 2.0),
        (b, y, 1.5),
        (x, y, 1),
    ):
        network.connect(source.id, target.id, weight=weight)
    return network


def test_each_path_says_what_it_passes():
    network = diamond()
    program = compile_network(network)
    found = connection(program, program.initial_parameters(), [0.8], [1.0], "c1")
    ids = {neuron.label: neuron.id for neuron in network.neurons}
    assert sorted(path.neuron_ids for path in found.paths) == sorted(
        [(ids["x"], ids["a"], ids["y"]), (ids["x"], ids["a"], ids["b"], ids["y"])]
    )
    assert {path.connection_ids for path in found.paths} == {("c1", "c4"), ("c1", "c3", "c5")}
    long = max(found.paths, key=lambda path: len(path.factors))
    assert [factor.kind for factor in long.factors] == [
        "source",
        "slope",
        "weight",
        "slope",
        "weight",
        "slope",
        "loss",
    ]
    assert long.product == pytest.approx(np.prod([factor.value for factor in long.factors]), rel=1e-15)
    assert r"\frac{\partial z_{\mathrm{b}}}{\partial a_{\mathrm{a}}}" in long.symbols


def test_above_fifty_paths_the_deltas_are_told_instead():
    program = compile_network(layered_network((2, 4, 4, 4, 1), seed=1))
    first = program.connection_ids[0]
    found = connection(program, program.initial_parameters(), [0.2, 0.4], [1.0], first)
    assert found.path_count == 16
    deep = compile_network(layered_network((2, 4, 4, 4, 4, 1), seed=1))
    found = connection(deep, deep.initial_parameters(), [0.2, 0.4], [1.0], deep.connection_ids[0])
    assert (found.path_count, found.paths, found.gradient) == (64, (), None)
    assert len(found.deltas) == 14
    assert found.deltas[0].symbols.startswith(r"\delta_{\mathrm{h1}} = ")
    assert rounds_to([part.product for part in found.parts], found.chain.value)


def test_softmax_with_cross_entropy_is_one_factor_at_each_output():
    network = layered_network((2, 3), output="softmax", seed=2)
    program = compile_network(network)
    moment = moment_of(program, program.initial_parameters(), [0.5, -1.0], [0, 1, 0], "cross_entropy")
    found = connection_at(moment, program.connection_ids[0])
    assert [factor.kind for factor in found.paths[0].factors] == ["source", "loss"]
    target = moment.target(0)
    expected = moment.values[target] - moment.y[moment.columns[target]]
    assert found.paths[0].factors[1].value == pytest.approx(expected, rel=1e-14)
    with_squares = moment_of(program, program.initial_parameters(), [0.5, -1.0], [0, 1, 0], "mse")
    coupled = connection_at(with_squares, program.connection_ids[0])
    assert [factor.kind for factor in coupled.paths[0].factors] == ["source", "softmax", "loss"]
    assert coupled.path_count == 3


def shared_network():
    network = diamond()
    network.update_connection("c1", tie="t")
    network.update_connection("c5", tie="t")
    return network


def test_the_parts_of_a_shared_weight_are_added_up():
    program = compile_network(shared_network())
    parameters = program.initial_parameters()
    found = connection(program, parameters, [0.8], [1.0], "c5")
    assert {part.connection_id for part in found.parts} == {"c1", "c5"}
    slot = program.connection_slots["c5"]
    _, gradients = program.loss_and_gradients(parameters, [[0.8]], [[1.0]])
    assert sum(path.product for path in found.paths) == pytest.approx(gradients.weights[slot], rel=1e-14)
    assert rounds_to([part.product for part in found.parts], found.chain.value)
    assert "shared" in found.chain.symbols


def test_what_is_disabled_is_in_no_path_and_cannot_be_explained():
    network = diamond()
    network.update_connection("c3", enabled=False)
    program = compile_network(network)
    parameters = program.initial_parameters()
    found = connection(program, parameters, [0.8], [1.0], "c1")
    assert [path.connection_ids for path in found.paths] == [("c1", "c4")]
    with pytest.raises(nn.UnknownIdError, match="Enable it"):
        connection(program, parameters, [0.8], [1.0], "c3")
    with pytest.raises(nn.UnknownIdError, match="no connection"):
        connection(program, parameters, [0.8], [1.0], "c99")


def test_a_network_in_single_precision_is_explained_in_double():
    network = diamond()
    single, double = (compile_network(network, dtype=dtype) for dtype in (np.float32, np.float64))
    found = connection(single, single.initial_parameters(), [0.8], [1.0], "c1")
    expected = connection(double, double.initial_parameters(), [0.8], [1.0], "c1")
    total, wanted = (sum(path.product for path in each.paths) for each in (found, expected))
    assert total == pytest.approx(wanted, rel=1e-6)
    assert rounds_to([path.shown for path in found.paths], found.gradient.value)


@settings(max_examples=40)
@given(data=st.data(), loss=st.sampled_from(("mse", "cross_entropy", "binary_cross_entropy", "hinge")))
def test_terms_of_sums_and_deltas_of_every_neuron_add_up(loss, data):
    moment = drawn(data, loss)
    program = moment.program
    for slot, neuron_id in enumerate(program.neuron_ids):
        found = neuron(program, moment.parameters, moment.x, neuron_id, y_row=moment.y, loss=loss)
        if slot < program.n_inputs:
            assert found.formulas == (found.value,)
            continue
        assert found.sum.value.value == moment.sums[slot]
        assert rounds_to([*(term.product for term in found.terms), found.bias], found.sum.value)
        assert found.delta.value.value == pytest.approx(moment.deltas[slot], rel=1e-9, abs=1e-12)
        for formula in found.formulas:
            assert formula.numbers.count("{") == formula.numbers.count("}")
            assert formula.symbols.count("{") == formula.symbols.count("}")


def test_a_neuron_without_a_target_has_no_delta():
    program = compile_network(diamond())
    found = neuron(program, program.initial_parameters(), [0.8], "n2")
    assert (found.delta, found.delta_terms) == (None, ())
    assert [len(found.terms), found.terms[0].weight.text, found.sum.value.text] == [1, "0.5", "0.4"]
