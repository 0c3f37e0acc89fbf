from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine import blocks, compile_network
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.errors import CompileError
from nnstudio.network import Network
from tests.engine.strategies import networks, random_network


@given(networks())
def test_slots_hold_every_neuron_and_connection_once_with_its_values(network):
    program = compile_network(network)
    assert sorted(program.neuron_ids) == sorted(n.id for n in network.neurons)
    assert sorted(program.connection_ids) == sorted(c.id for c in network.connections)
    parameters = program.initial_parameters()
    for slot, key in enumerate(program.connection_ids):
        connection = network.connection(key)
        assert parameters.weights[slot] == connection.weight
        assert program.neuron_ids[program.source_slot[slot]] == connection.source
        assert program.neuron_ids[program.target_slot[slot]] == connection.target
        assert program.gradient_mask[slot] == connection.trainable
        assert program.connection_slots[key] == slot
    keys = list(ACTIVATIONS)
    for slot, key in enumerate(program.neuron_ids):
        neuron = network.neuron(key)
        code = program.activation_code[slot]
        assert (keys[code] if code >= 0 else None) == neuron.activation
        assert parameters.biases[slot] == (neuron.bias or 0.0)
        expected = neuron.trainable and neuron.role != "input"
        assert program.gradient_mask[program.n_connections + slot] == expected
        assert program.neuron_slots[key] == slot


@given(networks())
def test_inputs_come_first_and_inputs_and_outputs_keep_the_order_of_the_columns(network):
    program = compile_network(network)
    assert program.neuron_ids[: program.n_inputs] == tuple(n.id for n in network.inputs)
    assert [program.neuron_ids[slot] for slot in program.output_slots] == [n.id for n in network.outputs]


@given(networks())
def test_levels_and_compressed_rows_are_in_an_order_in_which_they_can_be_computed(network):
    program = compile_network(network)
    level = np.searchsorted(program.level_start, np.arange(program.n_neurons), side="right") - 1
    assert (level[program.source_slot] < level[program.target_slot]).all()
    assert (level == 0).sum() == program.n_inputs
    assert program.level_start[0] == 0
    assert program.level_start[-1] == program.n_neurons
    key = program.target_slot * program.n_neurons + program.source_slot
    assert (np.diff(key) > 0).all()
    for slot in range(program.n_neurons):
        row = slice(program.row_start[slot], program.row_start[slot + 1])
        assert (program.target_slot[row] == slot).all()
        assert row.stop - row.start == len(network.incoming(program.neuron_ids[slot]))


@given(networks())
def test_the_softmax_outputs_stand_side_by_side_in_one_level(network):
    program = compile_network(network)
    slots = np.flatnonzero(program.activation_code == list(ACTIVATIONS).index("softmax"))
    if len(slots):
        assert (np.diff(slots) == 1).all()
        assert len(set(np.searchsorted(program.level_start, slots, side="right"))) == 1


@given(networks(), st.randoms())
def test_compiling_a_copy_gives_the_same_program(network, random):
    one, other = compile_network(network), compile_network(network.copy())
    assert one.neuron_ids == other.neuron_ids
    assert one.connection_ids == other.connection_ids
    np.testing.assert_array_equal(one.start.flat, other.start.flat)


def test_parameters_go_back_into_the_drawing():
    network = _layered(2, 3, 1)
    program = compile_network(network)
    parameters = program.initial_parameters()
    parameters.flat[:] += 1.0
    parameters.biases[program.input_slots] = 0.0
    network.set_parameters(program, parameters)
    np.testing.assert_array_equal(compile_network(network).initial_parameters().flat, parameters.flat)


def test_layers_become_matrices_without_gaps():
    program = compile_network(_layered(3, 4, 5, 2))
    found = [block for level in program.levels for block in level.blocks]
    assert [block.shape for block in found] == [(4, 3), (5, 4), (2, 5)]
    assert not any(block.has_gaps for block in found)
    assert program.gaps_size == 0
    assert all(isinstance(block.sources, slice) for block in found)


def test_a_wide_level_with_few_connections_becomes_a_list():
    rng = np.random.default_rng(0)
    network = Network()
    inputs = [network.add_neuron("input").id for _ in range(100)]
    hidden = [network.add_neuron("hidden").id for _ in range(100)]
    output = network.add_neuron("output").id
    for target in hidden:
        for source in rng.choice(inputs, 5, replace=False):
            network.connect(str(source), target, weight=1.0)
        network.connect(target, output, weight=1.0)
    kinds = [type(block) for level in compile_network(network).levels for block in level.blocks]
    assert kinds == [blocks.SparseBlock, blocks.DenseBlock]


def test_single_precision_is_kept():
    program = compile_network(_layered(2, 3, 1), dtype=np.float32)
    parameters = program.initial_parameters()
    x, y = np.ones((4, 2)), np.ones((4, 1))
    assert parameters.flat.dtype == program.predict(parameters, x).dtype == np.float32
    assert program.activations(parameters, x).dtype == np.float32
    assert program.loss_and_gradients(parameters, x, y)[1].flat.dtype == np.float32


def _layered(*sizes):
    network = Network()
    layers = [[network.add_neuron("input").id for _ in range(sizes[0])]]
    layers += [[network.add_neuron("hidden", bias=0.1).id for _ in range(size)] for size in sizes[1:-1]]
    layers.append([network.add_neuron("output").id for _ in range(sizes[-1])])
    for sources, targets in pairwise(layers):
        for source in sources:
            for target in targets:
                network.connect(source, target, weight=0.5)
    return network


# What cannot be compiled


def test_a_network_without_inputs_or_without_outputs_is_refused():
    network = Network()
    with pytest.raises(CompileError, match="no input neuron"):
        compile_network(network)
    network.add_neuron("input")
    with pytest.raises(CompileError, match="no output neuron"):
        compile_network(network)


def test_outputs_without_a_path_from_an_input_are_named():
    network = _layered(1, 1)
    constant = network.add_neuron("hidden", label="c")
    lost = network.add_neuron("output", label="lost")
    network.connect(constant.id, lost.id)
    with pytest.raises(CompileError, match=r"to lost, so this output .* Connect it") as caught:
        compile_network(network)
    assert caught.value.neuron_ids == (lost.id,)


def test_an_unknown_activation_is_named_with_its_neuron():
    network = _layered(1, 1)
    output = network.outputs[0]
    network.update_neuron(output.id, activation="mystery", label="out")
    with pytest.raises(CompileError, match=r"activation of out .*“mystery”.*sigmoid") as caught:
        compile_network(network)
    assert caught.value.neuron_ids == (output.id,)


@pytest.mark.parametrize("between", [0, 1, 3])
def test_softmax_outputs_that_depend_on_each_other_are_refused_with_the_way_between_them(between):
    network = Network()
    x = network.add_neuron("input")
    first = network.add_neuron("output", activation="softmax", label="first")
    second = network.add_neuron("output", activation="softmax", label="second")
    network.connect(x.id, first.id)
    path = [first.id, *(network.add_neuron("hidden").id for _ in range(between)), second.id]
    for source, target in pairwise(path):
        network.connect(source, target)
    with pytest.raises(CompileError, match=r"first → .*second") as caught:
        compile_network(network)
    assert caught.value.neuron_ids == tuple(path)


def test_weights_too_large_for_single_precision_are_refused():
    network = _layered(1, 1)
    network.update_connection(network.connections[0].id, weight=1e39)
    compile_network(network)
    with pytest.raises(CompileError, match=r"1e\+39.*float64"):
        compile_network(network, dtype=np.float32)


def test_other_types_are_refused():
    with pytest.raises(CompileError, match="float64 or float32"):
        compile_network(_layered(1, 1), dtype=np.int64)


# What is probably not meant


def warnings_of(network):
    return [(warning.message, set(warning.neuron_ids)) for warning in compile_network(network).warnings]


def test_a_network_all_of_whose_parts_matter_has_no_warnings():
    assert warnings_of(_layered(2, 3, 2)) == []


def test_parts_that_do_nothing_are_named_and_still_computed():
    network = _layered(1, 1)
    x, y = network.inputs[0], network.outputs[0]
    unused = network.add_neuron("input", label="unused")
    isolated = network.add_neuron("hidden", label="isolated", bias=0.5, activation="identity")
    dead_end = network.add_neuron("hidden", label="dead end")
    constant = network.add_neuron("hidden", label="constant", bias=0.25, activation="identity")
    network.connect(x.id, dead_end.id, weight=1.0)
    network.connect(constant.id, y.id, weight=1.0)
    told = {next(iter(ids)): message for message, ids in warnings_of(network)}
    assert set(told) == {unused.id, isolated.id, dead_end.id, constant.id}
    assert "column of the data is ignored" in told[unused.id]
    assert "not part of the computation" in told[isolated.id]
    assert "does not learn" in told[dead_end.id]
    assert "like a bias" in told[constant.id]
    program = compile_network(network)
    values = program.activations(program.initial_parameters(), np.array([[2.0, 9.0]]))[0]
    assert values[program.neuron_slots[isolated.id]] == 0.5
    assert values[program.neuron_slots[constant.id]] == 0.25
    assert values[program.neuron_slots[dead_end.id]] == pytest.approx(np.tanh(2.0))


def test_many_neurons_of_a_warning_are_counted_but_all_given_by_id():
    network = _layered(1, 1)
    lonely = {network.add_neuron("hidden").id for _ in range(8)}
    ((message, ids),) = warnings_of(network)
    assert "and 3 more" in message
    assert ids == lonely


def test_a_single_softmax_output_is_pointed_out():
    network = _layered(2, 1)
    network.update_neuron(network.outputs[0].id, activation="softmax")
    ((message, ids),) = warnings_of(network)
    assert "always 1" in message
    assert ids == {network.outputs[0].id}


def test_the_random_networks_of_these_tests_are_all_legal_and_varied():
    rng = np.random.default_rng(0)
    levels = set()
    for _ in range(30):
        network = random_network(
            rng, inputs=2, hidden=6, outputs=2, softmax=2, density=0.4,
            hidden_activations=("tanh",), output_activations=("sigmoid",),
        )  # fmt: skip
        program = compile_network(network)
        levels.add(len(program.levels))
    assert len(levels) >= 4
