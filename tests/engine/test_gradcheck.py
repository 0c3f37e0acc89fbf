import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.engine import compile_network
from nnstudio.engine.gradcheck import check_gradients
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.watched import Interrupted
from nnstudio.errors import SettingsError
from nnstudio.network import Network
from tests.engine.strategies import ELEMENTWISE, batches, networks

BOUNDED = ("sigmoid", "gaussian")


def check(network, x, y, loss):
    program = compile_network(network)
    return check_gradients(program, program.initial_parameters(), x, y, loss)


@settings(max_examples=60)
@given(st.data(), st.sampled_from(("mse", "mae", "huber", "hinge")))
def test_gradients_of_random_networks_agree_with_differences(data, loss):
    network = data.draw(networks(activations=ELEMENTWISE, max_hidden=5))
    x, y = data.draw(batches(network, max_rows=3))
    result = check(network, x, y, loss)
    measured = result.checked & ~result.at_kink
    assert (result.relative_error[measured] < 1e-6).all()


@settings(max_examples=25)
@given(st.data(), st.sampled_from(("cross_entropy", "binary_cross_entropy")))
def test_gradients_of_cross_entropies_agree_with_differences(data, loss):
    network = data.draw(networks(activations=("tanh", "sigmoid"), max_hidden=5))
    for neuron in network.outputs:
        if neuron.activation == "tanh":
            network.update_neuron(neuron.id, activation="sigmoid")
    x, y = data.draw(batches(network, max_rows=3))
    assert not check(network, x, y, loss).worst >= 1e-6


def two_neurons(activation, weight=0.5, bias=0.0):
    network = Network()
    x = network.add_neuron("input")
    y = network.add_neuron("output", activation=activation, bias=bias)
    network.connect(x.id, y.id, weight=weight)
    return network


def test_a_wrong_gradient_is_found():
    program = compile_network(two_neurons("tanh"))
    parameters = program.initial_parameters()
    x, y = np.array([[1.0]]), np.array([[0.2]])
    right = check_gradients(program, parameters, x, y)

    class Wrong:
        def __getattr__(self, name):
            return getattr(program, name)

        def loss_and_gradients(self, *arguments):
            loss, gradients = program.loss_and_gradients(*arguments)
            gradients.weights *= 1.001
            return loss, gradients

    wrong = check_gradients(Wrong(), parameters, x, y)
    assert right.worst < 1e-8
    assert wrong.worst == pytest.approx(1e-3, rel=0.01)
    assert wrong.relative_error[-1] < 1e-8  # the bias is right


def test_a_parameter_at_a_kink_is_marked_not_measured():
    result = check(two_neurons("relu"), np.array([[0.0]]), np.array([[1.0]]), "mse")
    # The sum is exactly 0: the bias moves it over the kink, the weight, fed with 0, does not.
    assert result.at_kink.tolist() == [False, False, True]
    assert np.isnan(result.numerical[2])
    assert result.relative_error[0] == 0.0


def test_near_a_kink_a_smaller_step_measures():
    result = check(two_neurons("relu", bias=-0.4997), np.array([[1.0]]), np.array([[1.0]]), "mse")
    assert not result.at_kink.any()
    assert result.worst < 1e-6


def test_a_kink_of_the_loss_counts_too():
    result = check(two_neurons("identity"), np.array([[2.0]]), np.array([[1.0]]), "mae")
    assert result.at_kink.tolist() == [True, False, True]


def test_only_what_is_asked_for_is_checked_and_biases_of_inputs_never():
    program = compile_network(two_neurons("tanh"))
    x, y = np.array([[1.0]]), np.array([[0.2]])
    parameters = program.initial_parameters()
    assert check_gradients(program, parameters, x, y).checked.tolist() == [True, False, True]
    some = check_gradients(program, parameters, x, y, indices=np.array([0, 1]))
    assert some.checked.tolist() == [True, False, False]
    assert np.isnan(some.numerical[2])


def test_the_parameters_are_left_as_they_were():
    program = compile_network(two_neurons("tanh"))
    parameters = program.initial_parameters()
    before = parameters.flat.copy()
    check_gradients(program, parameters, np.array([[1.0]]), np.array([[0.2]]))
    np.testing.assert_array_equal(parameters.flat, before)


def test_single_precision_is_refused():
    program = compile_network(two_neurons("tanh"), dtype=np.float32)
    with pytest.raises(SettingsError, match="float64"):
        check_gradients(program, program.initial_parameters(), [[1.0]], [[0.2]])


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_can_be_checked(loss):
    network = two_neurons("sigmoid")
    assert check(network, np.array([[1.0], [-2.0]]), np.array([[1.0], [0.0]]), loss).worst < 1e-7


def test_progress_is_told_before_each_parameter_and_may_end_the_check():
    network = Network()
    a = network.add_neuron("input")
    out = network.add_neuron("output", activation="tanh")
    network.connect(a.id, out.id, weight=0.5)
    program = compile_network(network)
    told = []

    def on_progress(done, of):
        told.append((done, of))
        if done == 1:
            raise Interrupted

    with pytest.raises(Interrupted):
        check_gradients(program, program.initial_parameters(), [[1.0]], [[0.3]], on_progress=on_progress)
    assert told == [(0, 2), (1, 2)]
