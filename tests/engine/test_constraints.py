import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.engine import compile_network
from nnstudio.engine.checks import check_training
from nnstudio.engine.gradcheck import check_gradients
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.shaping import Shaping
from nnstudio.errors import CompileError, SettingsError
from nnstudio.network import Network
from nnstudio.training import TrainingSettings
from tests.engine.strategies import batches, networks


def chain():
    """x → h → k → y, and a second input z → k."""
    network = Network()
    x, z = (network.add_neuron("input", label=name).id for name in "xz")
    h, k = (network.add_neuron("hidden", label=name, bias=0.1).id for name in "hk")
    y = network.add_neuron("output", activation="identity", label="y").id
    for weight, (source, target) in enumerate(((x, h), (h, k), (z, k), (k, y)), 1):
        network.connect(source, target, weight=0.3 * weight)
    return network, {"x": x, "z": z, "h": h, "k": k, "y": y}


def between(network, source, target):
    return network.connection_between(source, target).id


def warned(network):
    return {warning.message for warning in compile_network(network).warnings}


@settings(max_examples=60)
@given(st.data())
def test_what_is_disabled_computes_as_if_it_were_not_drawn(data):
    network = data.draw(networks(max_hidden=6))
    drawn = network.copy()
    for connection in network.connections:
        if data.draw(st.integers(0, 5)) == 0:
            network.update_connection(connection.id, enabled=False)
            drawn.remove_connection(connection.id)
    for neuron in network.hidden:
        if data.draw(st.integers(0, 5)) == 0:
            network.update_neuron(neuron.id, enabled=False)
            drawn.remove_neuron(neuron.id)
    x, y = data.draw(batches(network, max_rows=3))
    try:
        expected = compile_network(drawn)
    except CompileError:
        with pytest.raises(CompileError):
            compile_network(network)
        return
    program = compile_network(network)
    assert program.connection_ids == expected.connection_ids
    assert program.neuron_ids == expected.neuron_ids
    assert set(program.left_out.connection_ids) == {c.id for c in network.connections} - set(
        expected.connection_ids
    )
    assert set(program.left_out.neuron_ids) == {n.id for n in network.neurons} - set(expected.neuron_ids)
    found = program.loss_and_gradients(program.initial_parameters(), x, y)
    wanted = expected.loss_and_gradients(expected.initial_parameters(), x, y)
    assert found[0] == wanted[0] or np.isnan(wanted[0])
    np.testing.assert_array_equal(found[1].flat, wanted[1].flat)


def test_a_disabled_input_keeps_its_column_but_is_not_heard():
    network, of = chain()
    network.update_neuron(of["z"], enabled=False)
    program = compile_network(network)
    assert program.n_inputs == 2
    assert program.left_out.connection_ids == (between(network, of["z"], of["k"]),)
    assert program.left_out.neuron_ids == ()
    parameters = program.initial_parameters()
    outputs = program.predict(parameters, [[0.5, -3.0], [0.5, 7.0], [0.6, 7.0]])[:, 0]
    assert outputs[0] == outputs[1] != outputs[2]
    assert not program.warnings


def test_what_is_left_out_is_told_with_its_values():
    network, of = chain()
    network.update_neuron(of["h"], enabled=False)
    left_out = compile_network(network).left_out
    assert left_out.connection_ids == (between(network, of["x"], of["h"]), between(network, of["h"], of["k"]))
    assert left_out.neuron_ids == (of["h"],)
    assert left_out.values == (0.3, 0.6, 0.1)
    assert left_out.size == 3


def test_an_output_whose_only_paths_are_disabled_is_named_with_the_way_out():
    network, of = chain()
    network.update_connection(between(network, of["k"], of["y"]), enabled=False)
    with pytest.raises(
        CompileError, match=r"Every path .* to y leads through something .* disabled"
    ) as error:
        compile_network(network)
    assert error.value.neuron_ids == (of["y"],)
    assert "Enable" in str(error.value)
    network.remove_connection(between(network, of["k"], of["y"]))
    with pytest.raises(CompileError, match="No path of connections leads"):
        compile_network(network)


@pytest.mark.parametrize(
    ("disabled", "name", "message"),
    [
        ("x→h", "h", "its paths from the inputs are all disabled"),
        ("x→h", "x", "an input whose paths to the outputs are all disabled"),
        ("h→k", "h", "its paths to the outputs are all disabled"),
        ("x→h h→k", "h", "cut off by what is disabled around it"),
    ],
)
def test_what_does_nothing_because_of_disabling_is_told_so(disabled, name, message):
    network, of = chain()
    for pair in disabled.split():
        source, target = pair.split("→")
        network.update_connection(between(network, of[source], of[target]), enabled=False)
    assert any(text.startswith(f"{name}: {message}") for text in warned(network))


def test_what_does_nothing_as_it_is_drawn_is_told_as_before():
    network, of = chain()
    network.remove_connection(between(network, of["x"], of["h"]))
    network.update_connection(between(network, of["z"], of["k"]), enabled=False)
    with pytest.raises(CompileError):
        compile_network(network)
    network.connect(of["x"], of["k"], weight=1.0)
    texts = warned(network)
    assert any(text.startswith("h: not reached by an input") for text in texts)
    assert any(text.startswith("z: an input whose paths") for text in texts)


def test_a_formula_of_a_disabled_neuron_need_not_work():
    network, of = chain()
    network.connect(of["z"], of["y"], weight=1.0)
    network.update_neuron(of["h"], activation="custom:log(-1 - z*z)")
    with pytest.raises(CompileError):
        compile_network(network)
    network.update_neuron(of["h"], enabled=False)
    compile_network(network)


def test_softmax_outputs_may_be_joined_by_what_is_disabled():
    network = Network()
    x = network.add_neuron("input").id
    first, second = (network.add_neuron("output", activation="softmax").id for _ in range(2))
    network.connect(x, first, weight=1.0)
    network.connect(x, second, weight=2.0)
    across = network.connect(first, second, weight=3.0).id
    with pytest.raises(CompileError, match="Softmax"):
        compile_network(network)
    network.update_connection(across, enabled=False)
    compile_network(network)


def test_a_factor_of_0_freezes():
    network, of = chain()
    key = between(network, of["h"], of["k"])
    network.update_connection(key, rate_factor=0.0)
    network.update_neuron(of["k"], rate_factor=0.5)
    program = compile_network(network)
    slot = program.connection_slots[key]
    assert not program.gradient_mask[slot]
    assert program.rate_factors[program.n_connections + program.neuron_slots[of["k"]]] == 0.5
    assert program.has_rate_factors
    network.update_neuron(of["k"], rate_factor=1.0)
    # What is frozen alone needs nothing of its own.
    assert not compile_network(network).is_constrained


def test_a_network_with_nothing_left_to_train_is_refused():
    network, of = chain()
    network.update_connection(between(network, of["z"], of["k"]), enabled=False)
    for neuron in network.neurons:
        network.update_neuron(neuron.id, trainable=False)
    for connection in network.connections:
        if connection.enabled:
            network.update_connection(connection.id, rate_factor=0.0)
    with pytest.raises(SettingsError, match="frozen or disabled, so there is nothing to train"):
        check_training(compile_network(network), TrainingSettings(), [[0.0, 1.0]], [[1.0]])


def tied_network():
    """A network with a weight used twice in one layer, and one across layers."""
    network, of = chain()
    one, two = between(network, of["x"], of["h"]), between(network, of["h"], of["k"])
    three = network.connect(of["x"], of["k"], weight=0.7).id
    four = between(network, of["z"], of["k"])
    for name, pair in (("across", (one, two)), ("layer", (three, four))):
        for key in pair:
            network.update_connection(key, tie=name)
    return network


def test_ties_are_slots_of_what_takes_part_and_count_once():
    network = tied_network()
    program = compile_network(network)
    named = [{program.connection_ids[slot] for slot in tie} for tie in program.ties]
    assert sorted(map(sorted, named)) == sorted(
        sorted(c.id for c in network.tied(name)) for name in ("across", "layer")
    )
    assert program.is_constrained
    counted = program.counted
    assert counted.sum() == len(counted) - 2
    assert all(counted[tie].sum() == 1 for tie in program.ties)
    alone = network.tied("layer")[0]
    network.update_connection(alone.id, enabled=False)
    assert len(compile_network(network).ties) == 1


def test_the_gradient_of_a_shared_weight_is_measured_by_moving_all_its_connections(rng):
    program = compile_network(tied_network())
    x, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    found = check_gradients(program, program.initial_parameters(), x, y)
    assert found.checked.sum() == len(found.checked) - program.n_inputs
    assert found.worst < 1e-8
    for tie in program.ties:
        assert len(set(found.analytical[tie])) == len(set(found.numerical[tie])) == 1


def test_gradients_of_shared_weights_are_summed_also_where_rows_are_computed_in_parts(rng, monkeypatch):
    program = compile_network(tied_network())
    x, y = rng.normal(size=(50, 2)), rng.normal(size=(50, 1))
    whole = program.loss_and_gradients(program.initial_parameters(), x, y)[1].flat
    monkeypatch.setitem(program.__dict__, "rows_at_once", 7)
    in_parts = program.loss_and_gradients(program.initial_parameters(), x, y)[1].flat
    np.testing.assert_allclose(in_parts, whole, rtol=1e-12)


def test_clipping_by_norm_counts_a_shared_weight_once():
    program = compile_network(tied_network())
    parameters = program.initial_parameters()
    gradients = parameters.zeros_like()
    tie = program.ties[0]
    gradients.weights[tie] = 4.0
    gradients.biases[-1] = 3.0
    shaped = Shaping(clip_norm=2.5).gradient(
        gradients, parameters, np.ones_like(program.gradient_mask), program.counted
    )
    np.testing.assert_allclose(shaped.weights[tie], 2.0, rtol=1e-6)  # of a norm of 5


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("key", [key for key, entry in OPTIMIZERS.items() if entry.uses_gradient])
def test_a_rate_for_each_parameter_does_what_one_rate_does_where_it_is_the_same(key, dtype, rng):
    entry = OPTIMIZERS[key]
    flat = rng.normal(size=6).astype(dtype)
    found = []
    for rate in (0.1, 0.2, np.array([0.1, 0.2, 0.1, 0.2, 0.1, 0.2])):
        moved, state = flat.copy(), entry.init_state(6, dtype)
        for step in range(3):
            gradients = np.cos(np.arange(6.0) + step).astype(dtype)
            entry.step(moved, gradients, state, rate, entry.defaults, np.ones(6, bool))
        assert moved.dtype == dtype
        found.append(moved)
    tolerance = 0.0 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(found[2][::2], found[0][::2], rtol=tolerance)
    np.testing.assert_allclose(found[2][1::2], found[1][1::2], rtol=tolerance)


def test_signs_are_kept_by_what_trains_alone():
    network, of = chain()
    free, frozen = between(network, of["x"], of["h"]), between(network, of["h"], of["k"])
    for key in (free, frozen):
        network.update_connection(key, sign=1)
    network.update_connection(frozen, trainable=False)
    program = compile_network(network)
    weights = np.full(program.n_connections, -1.0)
    program.keep_signs(weights)
    assert weights[program.connection_slots[free]] == 0.0
    assert weights[program.connection_slots[frozen]] == -1.0
    assert (np.delete(weights, program.connection_slots[free]) == -1.0).all()
