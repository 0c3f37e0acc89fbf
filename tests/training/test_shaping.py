"""Trainings with penalties, clipping, decay and schedules, against stored values of PyTorch."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data import Dataset
from nnstudio.engine import compile_network
from nnstudio.engine.schedules import SCHEDULES
from nnstudio.training import Trainer, TrainingSettings, train
from tests.engine.reference.shaping_cases import SHAPED_CASE, trainings
from tests.engine.test_reference import assert_equal_by_id, by_id

_FILE = Path(__file__).parents[1] / "engine" / "reference" / "shaping.json"
STORED = json.loads(_FILE.read_text(encoding="utf-8"))["trainings"]
DATA = Dataset.from_arrays(SHAPED_CASE.x, SHAPED_CASE.y, test_fraction=0.0)
SHAPINGS = {
    "l1": 0.01,
    "l2": 0.1,
    "weight_decay": 0.1,
    "clip_norm": 0.1,
    "clip_value": 0.01,
}


def settings_of(how: dict) -> TrainingSettings:
    return TrainingSettings(**{name: value for name, value in how.items() if name != "trained"})


@pytest.mark.parametrize("engine", ["numpy", "kernels"])
def test_shaped_trainings_end_where_pytorchs_do(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    for how in STORED:
        result = train(SHAPED_CASE.network, DATA, settings_of(how))
        assert_equal_by_id(by_id(result.program, result.parameters), how["trained"])


def test_the_stored_trainings_are_those_of_the_cases() -> None:
    assert [{name: value for name, value in how.items() if name != "trained"} for how in STORED] == list(
        trainings()
    )
    assert {how.get("schedule") for how in STORED} >= set(SCHEDULES)


@pytest.mark.oracle
@pytest.mark.filterwarnings("default")
def test_shaped_trainings_end_where_those_of_pytorch_itself_do() -> None:
    from tests.engine.reference.torch_shaping import train as train_by_torch

    for how in list(trainings())[::7]:
        result = train(SHAPED_CASE.network, DATA, settings_of(how))
        assert_equal_by_id(by_id(result.program, result.parameters), train_by_torch(SHAPED_CASE, how))


@pytest.mark.parametrize(("name", "value"), SHAPINGS.items())
def test_each_changes_the_training_but_no_frozen_parameter(layered, name: str, value: float) -> None:
    network = layered([2, 4, 1])
    network.update_connection(network.connections[2].id, trainable=False)
    network.update_neuron(network.outputs[0].id, trainable=False)
    data = Dataset.from_arrays([[0.0, 1.0], [2.0, -1.0]], [0.0, 1.0], test_fraction=0.0)
    plain = train(network, data, TrainingSettings(epochs=3))
    shaped = train(network, data, TrainingSettings(epochs=3, **{name: value}))
    frozen = ~plain.program.gradient_mask
    start = plain.program.initial_parameters().flat
    assert not np.array_equal(plain.parameters.flat, shaped.parameters.flat)
    assert np.array_equal(shaped.parameters.flat[frozen], start[frozen])


@pytest.mark.parametrize(("name", "biases"), [("l1", False), ("l2", False), ("weight_decay", True)])
def test_penalties_concern_weights_alone_and_decay_biases_too(layered, name: str, biases: bool) -> None:
    network = layered([1, 1], output="identity")
    network.update_neuron(network.outputs[0].id, bias=1.0)
    network.update_connection(network.connections[0].id, weight=0.0)
    # The target is met: nothing but the shaping can change anything.
    data = Dataset.from_arrays([0.0], [1.0], test_fraction=0.0)
    result = train(network, data, TrainingSettings(epochs=1, **{name: 0.5}))
    assert (result.parameters.biases[-1] != 1.0) == biases
    network.update_connection(network.connections[0].id, weight=2.0)
    result = train(network, data, TrainingSettings(epochs=1, **{name: 0.5}))
    assert result.parameters.weights[0] < 2.0
    assert result.history.loss[0] == 0.0  # no penalty in it


def test_weight_decay_makes_adamw_of_adam(layered, moons: Dataset) -> None:
    network = layered([2, 4, 1])
    by_setting = train(network, moons, TrainingSettings(optimizer="adam", weight_decay=0.01, epochs=5))
    by_option = train(network, moons, TrainingSettings(optimizer="adamw", epochs=5))
    assert by_setting.parameters.flat.tobytes() == by_option.parameters.flat.tobytes()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_history_holds_the_rate_of_each_epoch(layered, moons: Dataset, schedule: str) -> None:
    settings = TrainingSettings(schedule=schedule, learning_rate=0.5, epochs=120)
    history = train(layered([2, 4, 1]), moons, settings).history
    entry = SCHEDULES[schedule]
    state = entry.init_state(0.5)
    for epoch, rate in enumerate(history.learning_rate):
        assert rate == entry.rate(0.5, epoch, 120, state=state)
        entry.observe(state, history.test_loss[epoch])
    assert not np.isnan(history.learning_rate).any()


@pytest.mark.parametrize("test_fraction", [0.0, 0.3])
def test_a_plateau_is_seen_in_the_loss_after_each_epoch(layered, test_fraction: float) -> None:
    rng = np.random.default_rng(0)
    data = Dataset.from_arrays(rng.normal(size=(20, 2)), rng.normal(size=20), test_fraction=test_fraction)
    options = {"patience": 0, "factor": 0.9, "threshold": 0.0}
    settings = TrainingSettings(
        schedule="reduce_on_plateau", schedule_options=options, epochs=60, learning_rate=0.5, batch_size=4
    )
    program = compile_network(layered([2, 4, 1], output="identity"))
    trainer = Trainer(program, None, data, settings)
    part = (data.x_test, data.y_test) if test_fraction else (data.x_train, data.y_train)
    losses, rates = [], []
    for _ in range(60):
        rates.append(trainer.epoch().learning_rate)
        losses.append(program.loss(trainer.parameters, *part))
    halved = [after < before for before, after in itertools.pairwise(rates)]
    worse = [loss >= min(losses[:place]) for place, loss in enumerate(losses) if place]
    assert halved[1:] == worse[:-1]
    assert 0 < sum(halved) < 59


@pytest.mark.parametrize("engine", ["numpy", "kernels"])
@pytest.mark.parametrize("schedule", ["cosine", "reduce_on_plateau"])
def test_slices_and_resuming_change_no_bit(
    layered, moons: Dataset, through_a_file, schedule: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    options = {"patience": 1, "threshold": 0.01} if schedule == "reduce_on_plateau" else {}
    settings = TrainingSettings(
        **{name: value / 4 for name, value in SHAPINGS.items()},
        schedule=schedule,
        schedule_options=options,
        optimizer="adam",
        learning_rate=0.1,
        batch_size=7,
        epochs=30,
    )
    network = layered([2, 4, 1])
    straight = train(network, moons, settings)
    program = compile_network(network)
    state, rows = None, []
    for stop_at, steps in ((30, 0), (4, 1000), (30, 4), (30, 31), (30, 1000)):
        parameters = None if state else program.initial_parameters()
        trainer = Trainer(program, parameters, moons, settings, state=state, stop_at=stop_at)
        rows += trainer.advance(100.0, most=steps)
        state = through_a_file(trainer.state())
    assert [row.learning_rate for row in rows] == straight.history.learning_rate.tolist()
    assert [row.loss for row in rows] == straight.history.loss.tolist()
    assert state.parameters.tobytes() == straight.parameters.flat.tobytes()
    if schedule == "reduce_on_plateau":
        assert rows[-1].learning_rate < 0.1


def test_a_plateau_of_another_rate_is_forgotten(layered, moons: Dataset) -> None:
    settings = {"schedule": "reduce_on_plateau", "schedule_options": {"patience": 0, "threshold": 0.5}}
    network = layered([2, 4, 1])
    first = train(network, moons, TrainingSettings(epochs=10, learning_rate=0.1, **settings))
    assert first.history.learning_rate[-1] < 0.1
    again = TrainingSettings(epochs=11, learning_rate=0.2, **settings)
    assert train(network, moons, again, state=first.state).history.learning_rate[0] == 0.2


@pytest.mark.parametrize("engine", ["numpy", "kernels"])
def test_what_diverges_is_told_where_though_it_was_clipped(
    layered, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    network = layered([2, 3, 1], output="identity")
    for connection in network.connections:
        network.update_connection(connection.id, weight=1e-60)
    # Finite values and a finite loss, but the gradient of the last neuron's weights is beyond all numbers.
    last = network.outputs[0].id
    for connection in network.incoming(last):
        network.update_connection(connection.id, weight=1e150)
    network.update_neuron(network.incoming(last)[1].source, bias=5.0)
    data = Dataset.from_arrays([[1.0, 1.0]] * 2, [1.0, 2.0], test_fraction=0.0)
    result = train(network, data, TrainingSettings(clip_norm=1.0, learning_rate=1e200, batch_size=1))
    assert result.error is not None
    assert result.parameters.is_finite
