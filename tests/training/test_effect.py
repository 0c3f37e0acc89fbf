import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.errors import ShapeError
from nnstudio.training import TrainingSettings, loss_change, train
from nnstudio.training.effect import MAX_ROWS

MOONS = make_dataset("moons", rows=50, seed=1)
SETTINGS = TrainingSettings(loss="mse", epochs=5)


def test_it_tells_the_loss_with_and_without_what_was_disabled(layered) -> None:
    network = layered([2, 4, 1])
    trained = train(network, MOONS, SETTINGS)
    network.update_neuron(network.hidden[1].id, enabled=False)
    after = compile_network(network)
    found = loss_change(trained.program, trained.parameters, after, MOONS, SETTINGS)
    network.set_parameters(trained.program, trained.parameters)
    written = compile_network(network)
    expected = (
        trained.program.loss(trained.parameters, MOONS.x_train, MOONS.y_train),
        written.loss(written.initial_parameters(), MOONS.x_train, MOONS.y_train),
    )
    assert found == expected
    assert found[0] != found[1]


def test_what_is_enabled_has_the_value_of_the_drawing_or_the_one_given(layered) -> None:
    network = layered([2, 4, 1])
    network.update_neuron(network.hidden[1].id, enabled=False)
    trained = train(network, MOONS, SETTINGS)
    network.update_neuron(network.hidden[1].id, enabled=True)
    after = compile_network(network)
    network.set_parameters(trained.program, trained.parameters)
    written = compile_network(network).initial_parameters()
    expected = after.loss(written, MOONS.x_train, MOONS.y_train)
    found = loss_change(trained.program, trained.parameters, after, MOONS, SETTINGS)
    assert found[1] == expected
    given = loss_change(
        trained.program,
        trained.parameters,
        after,
        MOONS,
        SETTINGS,
        after_parameters=after.initial_parameters(),
    )
    assert given == (found[0], after.loss(after.initial_parameters(), MOONS.x_train, MOONS.y_train))


def test_rows_count_by_their_weights_and_only_the_first_of_many(layered) -> None:
    rng = np.random.default_rng(0)
    rows = MAX_ROWS + 500
    weights = rng.uniform(0.5, 2.0, rows)
    data = Dataset.from_arrays(
        rng.normal(size=(rows, 2)), rng.normal(size=(rows, 1)), test_fraction=0.0, sample_weights=weights
    )
    program = compile_network(layered([2, 4, 1]))
    parameters = program.initial_parameters()
    before, after = loss_change(program, parameters, program, data, SETTINGS)
    used = data.train_rows[:MAX_ROWS]
    assert before == after == program.loss(parameters, data.x[used], data.y[used], "mse", weights[used])


def test_data_of_another_network_are_refused(layered) -> None:
    program = compile_network(layered([3, 4, 1]))
    with pytest.raises(ShapeError):
        loss_change(program, program.initial_parameters(), program, MOONS, SETTINGS)
