import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.errors import DivergenceError
from nnstudio.training import Trainer, TrainerState, TrainingSettings, train


def diverge(trainer: Trainer) -> tuple[DivergenceError, TrainerState]:
    """Train until it diverges; return the error and the state before the step that did it."""
    before = trainer.state()
    try:
        for _ in trainer.steps():
            before = trainer.state()
    except DivergenceError as error:
        return error, before
    raise AssertionError("It did not diverge.")


def regression(scale: float = 1.0) -> Dataset:
    x = np.linspace(-1.0, 1.0, 20)
    return Dataset.from_arrays(x * scale, x, test_fraction=0.2)


def test_the_step_out_of_the_finite_numbers_is_not_taken(layered) -> None:
    program = compile_network(layered([1, 4, 1], hidden="relu", output="identity"))
    settings = TrainingSettings(learning_rate=1e6, batch_size=4, epochs=1000, loss="mse")
    trainer = Trainer(program, program.initial_parameters(), regression(), settings)
    error, before = diverge(trainer)
    assert trainer.stopped_because == "diverged"
    assert np.isfinite(trainer.parameters.flat).all()
    assert np.array_equal(trainer.parameters.flat, before.parameters)
    assert not np.array_equal(before.parameters, program.initial_parameters().flat)
    assert f"step {trainer.step_number + 1}" in str(error)
    assert "loss" in str(error)
    (neuron_id,) = error.neuron_ids
    assert neuron_id in program.neuron_ids


def test_the_first_neuron_whose_parameters_overflow_is_named(layered) -> None:
    network = layered([1, 2, 2, 1], hidden="identity", output="identity")
    program = compile_network(network)
    parameters = program.initial_parameters()
    first, second = network.hidden[0].id, network.hidden[2].id
    slots = {connection: slot for slot, connection in enumerate(program.connection_ids)}
    for target in (first, second):
        for connection in network.incoming(target):
            parameters.weights[slots[connection.id]] = 1e154
    settings = TrainingSettings(batch_size=None, learning_rate=1.0)
    error, before = diverge(Trainer(program, parameters, regression(), settings))
    assert error.neuron_ids == (first,)
    assert np.array_equal(before.parameters, parameters.flat)


@pytest.mark.parametrize("optimizer", [key for key in OPTIMIZERS if key != "perceptron"])
def test_the_optimizers_memory_goes_back_too(layered, optimizer: str) -> None:
    program = compile_network(layered([1, 4, 1], hidden="relu", output="identity"))
    settings = TrainingSettings(optimizer=optimizer, learning_rate=1e150, epochs=1000, batch_size=4)
    trainer = Trainer(program, program.initial_parameters(), regression(), settings)
    _, before = diverge(trainer)
    after = trainer.state()
    assert np.isfinite(after.parameters).all()
    assert after.parameters.tobytes() == before.parameters.tobytes()
    for name, array in after.optimizer_state.items():
        assert np.isfinite(array).all(), name
        assert array.tobytes() == before.optimizer_state[name].tobytes(), name


@pytest.mark.parametrize(("outgoing", "place"), [(1.0, 0), (1e-3, 1)])
def test_a_neuron_is_named_when_a_connection_into_it_would_overflow(
    layered, outgoing: float, place: int
) -> None:
    network = layered([1, 1, 1], hidden="identity", output="identity")
    program = compile_network(network)
    parameters = program.initial_parameters()
    into_hidden, into_output = (network.incoming(n.id)[0].id for n in (*network.hidden, *network.outputs))
    slots = program.connection_slots
    parameters.weights[[slots[into_hidden], slots[into_output]]] = 1.0, outgoing
    data = Dataset.from_arrays([100.0], [100.0 * outgoing - 1.0], test_fraction=0.0)
    # The derivative by a sum is about 2 and 2 × outgoing, by a weight a hundred times that.
    settings = TrainingSettings(optimizer="momentum", learning_rate=5e306)
    trainer = Trainer(program, parameters, data, settings)
    error, _ = diverge(trainer)
    assert error.neuron_ids == ([*network.hidden, *network.outputs][place].id,)
    assert trainer.step_number == 0
    assert not trainer.state().optimizer_state["velocity"].any()


def test_a_loss_that_overflows_alone_stops_too(layered) -> None:
    network = layered([1, 1], output="identity")
    program = compile_network(network)
    parameters = program.initial_parameters()
    parameters.weights[:] = 1e200
    data = Dataset.from_arrays([1.0], [0.0], test_fraction=0.0)
    trainer = Trainer(program, parameters, data, TrainingSettings(learning_rate=1e-300))
    error, _ = diverge(trainer)
    assert error.neuron_ids == (network.outputs[0].id,)
    assert parameters.weights.tolist() == [1e200]
    assert "inf" in str(error)


def test_large_but_finite_parameters_go_on(layered) -> None:
    program = compile_network(layered([2, 2, 1]))
    parameters = program.initial_parameters()
    parameters.weights[:] = 1.5e308
    data = make_dataset("xor")
    trainer = Trainer(program, parameters, data, TrainingSettings(batch_size=None, learning_rate=1e-3))
    trainer.step()
    assert trainer.step_number == 1


def test_train_returns_the_last_finite_parameters_and_says_why(layered) -> None:
    network = layered([1, 4, 1], hidden="relu", output="identity")
    result = train(network, regression(), TrainingSettings(learning_rate=1e6, epochs=1000, batch_size=4))
    assert result.stopped_because == "diverged"
    assert isinstance(result.error, DivergenceError)
    assert np.isfinite(result.parameters.flat).all()
    assert len(result.history) == result.epochs < 1000
