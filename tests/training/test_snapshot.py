import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.training import Probe, SnapshotRequest, TrainingSettings, take_snapshot


def everything(data: Dataset) -> SnapshotRequest:
    probes = (Probe("grid", data.x[:5]), Probe("inner", data.x[:4], inner=True))
    return SnapshotRequest(focus=data.x[0], probes=probes, outputs=True)


@pytest.mark.parametrize("key", ["xor", "iris", "moons"])
def test_a_snapshot_holds_what_the_program_computes(layered, key: str) -> None:
    data = make_dataset(key)
    program = compile_network(layered([data.x.shape[1], 5, data.y.shape[1]]))
    parameters = program.initial_parameters()
    snapshot = take_snapshot(
        program, parameters, data, TrainingSettings(), everything(data), run=3, revision=8, epoch=5, step=99
    )
    loss, gradients = program.loss_and_gradients(parameters, data.x_train, data.y_train, loss="mse")
    assert snapshot.loss == loss
    assert np.array_equal(snapshot.weight_gradients, gradients.weights)
    assert np.array_equal(snapshot.bias_gradients, gradients.biases)
    assert np.array_equal(snapshot.weights, parameters.weights)
    assert np.array_equal(snapshot.biases, parameters.biases)
    assert np.array_equal(snapshot.activations, program.activations(parameters, data.x[:1])[0])
    assert np.array_equal(snapshot.answer("grid"), program.predict(parameters, data.x[:5]))
    assert np.array_equal(snapshot.answer("inner"), program.activations(parameters, data.x[:4]))
    assert np.array_equal(snapshot.train_outputs, program.predict(parameters, data.x_train))
    assert snapshot.answer("another") is None
    assert (snapshot.run, snapshot.revision, snapshot.epoch, snapshot.step) == (3, 8, 5, 99)
    assert len(snapshot.weights) == len(snapshot.connection_ids)
    assert len(snapshot.biases) == len(snapshot.neuron_ids)
    if len(data.test_rows):
        expected = program.loss(parameters, data.x_test, data.y_test, loss="mse")
        assert snapshot.test_loss == expected
        assert snapshot.test_outputs.shape == data.y_test.shape
    else:
        assert snapshot.test_loss is None


def test_nothing_in_a_snapshot_can_be_written_or_moves_with_the_training(layered) -> None:
    data = make_dataset("xor")
    program = compile_network(layered([2, 3, 1]))
    parameters = program.initial_parameters()
    snapshot = take_snapshot(program, parameters, data, TrainingSettings(), everything(data))
    before = snapshot.weights.copy()
    parameters.flat[:] = 0.0
    assert np.array_equal(snapshot.weights, before)
    for name, value in vars(snapshot).items():
        if isinstance(value, np.ndarray) and name != "focus":
            assert not value.flags.writeable, name
    assert len(snapshot.answers) == 2
    assert not any(answer.flags.writeable for answer in snapshot.answers.values())


def test_gradients_of_large_data_are_over_the_first_rows(layered) -> None:
    data = make_dataset("moons", rows=5000)
    program = compile_network(layered([2, 3, 1]))
    parameters = program.initial_parameters()
    snapshot = take_snapshot(program, parameters, data, TrainingSettings(), SnapshotRequest())
    expected = program.loss(parameters, data.x_train[:1024], data.y_train[:1024], loss="mse")
    assert snapshot.loss == expected


def test_without_data_a_network_can_still_be_looked_at(layered) -> None:
    program = compile_network(layered([2, 3, 1]))
    parameters = program.initial_parameters()
    request = SnapshotRequest(focus=np.array([0.5, 1.0]), outputs=True)
    snapshot = take_snapshot(program, parameters, None, None, request)
    assert np.isnan(snapshot.loss)
    assert snapshot.test_loss is None
    assert not snapshot.weight_gradients.any()
    assert snapshot.activations.shape == (6,)
    assert snapshot.train_outputs is None
    assert not snapshot.answers


def test_what_does_not_fit_the_network_is_left_out(layered) -> None:
    program = compile_network(layered([3, 2, 2]))
    parameters = program.initial_parameters()
    data = make_dataset("moons")
    snapshot = take_snapshot(program, parameters, data, TrainingSettings(), everything(data))
    assert np.isnan(snapshot.loss)
    assert snapshot.activations is None
    assert snapshot.focus is None
    assert not snapshot.answers
    assert snapshot.train_outputs is None


def test_a_loss_that_the_outputs_cannot_have_leaves_the_gradients_out(layered) -> None:
    data = make_dataset("xor")
    program = compile_network(layered([2, 1], output="step"))
    settings = TrainingSettings(loss="cross_entropy")
    snapshot = take_snapshot(program, program.initial_parameters(), data, settings, everything(data))
    assert snapshot.train_outputs.shape == (4, 1)
    assert snapshot.weights.shape == snapshot.weight_gradients.shape
