import numpy as np
import pytest

import nnstudio as nn
from nnstudio.data import make_dataset
from nnstudio.training import TrainingSettings, train

ADAM = {"optimizer": "adam", "learning_rate": 0.02, "batch_size": 7}


def test_training_leaves_the_network_alone_until_its_parameters_are_put_back(layered) -> None:
    network = layered([2, 4, 1])
    before = network.values()
    result = train(network, make_dataset("xor"), TrainingSettings(epochs=50))
    assert network.values() == before
    network.set_parameters(result.program, result.parameters)
    assert network.values() != before
    again = nn.compile_network(network).initial_parameters()
    assert again.flat.tobytes() == result.parameters.flat.tobytes()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(layered) -> None:
    data = make_dataset("moons", rows=60)
    first, again, other = (
        train(layered([2, 4, 1]), data, TrainingSettings(epochs=20, seed=seed, **ADAM)) for seed in (4, 4, 5)
    )
    assert first.parameters.flat.tobytes() == again.parameters.flat.tobytes()
    assert first.history.loss.tobytes() == again.history.loss.tobytes()
    assert first.parameters.flat.tobytes() != other.parameters.flat.tobytes()


def test_a_result_goes_on_from_its_state_bit_for_bit(layered) -> None:
    data = make_dataset("moons", rows=60)
    network = layered([2, 4, 1])
    straight = train(network, data, TrainingSettings(epochs=20, **ADAM))
    first = train(network, data, TrainingSettings(epochs=8, **ADAM))
    second = train(network, data, TrainingSettings(epochs=20, **ADAM), state=first.state)
    assert second.epochs == 12
    assert second.parameters.flat.tobytes() == straight.parameters.flat.tobytes()
    assert [*first.history.loss, *second.history.loss] == straight.history.loss.tolist()


def test_a_callback_sees_every_epoch_and_can_stop(layered) -> None:
    seen = []
    result = train(
        layered([2, 4, 1]),
        make_dataset("xor"),
        TrainingSettings(epochs=50),
        on_epoch=lambda row: seen.append(row.epoch) or row.epoch < 5,
    )
    assert seen == [1, 2, 3, 4, 5]
    assert result.stopped_because == "stopped"
    assert result.epochs == len(result.history) == 5


def test_the_published_ten_lines_learn_to_add() -> None:
    network = nn.Network()
    a = network.add_neuron("input", label="a")
    b = network.add_neuron("input", label="b")
    out = network.add_neuron("output", activation="identity", bias=0.3)
    network.connect(a.id, out.id, weight=0.7)
    network.connect(b.id, out.id, weight=0.2)
    data = nn.make_dataset("addition")
    settings = nn.TrainingSettings(
        loss="mse", optimizer="sgd", learning_rate=0.1, batch_size=1, epochs=60, seed=0
    )
    result = nn.train(network, data, settings)
    network.set_parameters(result.program, result.parameters)
    prediction = result.program.predict(result.parameters, np.array([[0.2, 0.3]]))
    assert prediction[0, 0] == pytest.approx(0.5, abs=1e-6)
    assert result.history.test_loss[-1] < 1e-12
    assert result.stopped_because == "epochs"
