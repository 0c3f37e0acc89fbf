"""Early stopping: when it stops, what it restores, and that parts make no difference."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnstudio.data import Dataset
from nnstudio.engine import compile_network
from nnstudio.errors import DataError
from nnstudio.training import Trainer, TrainerState, TrainingSettings, train


@pytest.fixture(params=["numpy", "kernels"])
def engine(request, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NNSTUDIO_ENGINE", request.param)
    return request.param


@pytest.fixture
def noise() -> Dataset:
    """Targets that nothing explains, so that the test loss soon rises."""
    rng = np.random.default_rng(3)
    return Dataset.from_arrays(rng.normal(size=(30, 2)), rng.normal(size=30), test_fraction=0.5)


SETTINGS = {"optimizer": "adam", "learning_rate": 0.05, "batch_size": 4, "epochs": 300}


def test_it_stops_after_so_many_epochs_without_a_better_test_loss(layered, noise: Dataset, engine) -> None:
    network = layered([2, 8, 1], output="identity")
    result = train(network, noise, TrainingSettings(**SETTINGS, patience=9))
    losses = result.history.test_loss
    best = int(np.argmin(losses))
    assert result.stopped_because == "patience"
    assert len(losses) == best + 1 + 9 < 300
    program, parameters = result.program, result.parameters
    assert program.loss(parameters, noise.x_test, noise.y_test) == pytest.approx(losses[best], rel=1e-12)
    shorter = train(network, noise, TrainingSettings(**{**SETTINGS, "epochs": best + 1}))
    assert parameters.flat.tobytes() == shorter.parameters.flat.tobytes()


def test_every_epoch_is_measured(layered, noise: Dataset) -> None:
    result = train(layered([2, 2, 1], output="identity"), noise, TrainingSettings(patience=1000, epochs=130))
    assert result.stopped_because == "epochs"
    assert not np.isnan(result.history.test_loss).any()


def test_without_a_test_part_the_training_loss_after_each_epoch_counts(layered, engine) -> None:
    data = Dataset.from_arrays([[0.0], [1.0]], [0.0, 1.0], test_fraction=0.0)
    network = layered([1, 1], output="identity")
    settings = TrainingSettings(learning_rate=1.9, patience=2, epochs=50, batch_size=None)
    program = compile_network(network)
    trainer = Trainer(program, None, data, settings)
    losses, seen = [], []
    while trainer.stopped_because is None:
        trainer.epoch()
        losses.append(program.loss(trainer.parameters, data.x, data.y))
        seen.append(trainer.parameters.flat.copy())
    assert trainer.stopped_because == "patience"
    # The last one is that of the weights restored.
    best = int(np.argmin(losses[:-1]))
    assert len(losses) == best + 3
    assert np.array_equal(trainer.parameters.flat, seen[best])


@pytest.mark.parametrize("parts", [(1, 5, 6, 40), (20,), tuple(range(1, 60))])
def test_parts_and_resuming_change_no_bit(layered, noise: Dataset, through_a_file, engine, parts) -> None:
    settings = TrainingSettings(**SETTINGS, patience=4)
    network = layered([2, 8, 1], output="identity")
    straight = train(network, noise, settings)
    program = compile_network(network)
    state, rows = None, []
    for stop_at in (*parts, 300):
        parameters = None if state else program.initial_parameters()
        trainer = Trainer(program, parameters, noise, settings, state=state, stop_at=stop_at)
        rows += trainer.advance(100.0, most=7)
        rows += trainer.advance(100.0)
        state = through_a_file(trainer.state())
        if trainer.stopped_because == "patience":
            break
    assert [row.test_loss for row in rows] == straight.history.test_loss.tolist()
    assert trainer.parameters.flat.tobytes() == straight.parameters.flat.tobytes()
    assert trainer.stopped_because == straight.stopped_because == "patience"


def test_who_goes_on_all_the_same_has_as_much_patience_again(layered, noise: Dataset) -> None:
    settings = TrainingSettings(**SETTINGS, patience=4)
    network = layered([2, 8, 1], output="identity")
    first = train(network, noise, settings)
    second = train(network, noise, settings, state=first.state)
    assert second.stopped_because == "patience"
    best = min(*first.history.test_loss, *second.history.test_loss)
    assert second.epochs >= 4
    loss = second.program.loss(second.parameters, noise.x_test, noise.y_test)
    assert loss == pytest.approx(best, rel=1e-12)


def test_a_best_loss_of_another_kind_is_forgotten(layered, noise: Dataset) -> None:
    network = layered([2, 8, 1], output="identity")
    first = train(network, noise, TrainingSettings(**SETTINGS, patience=4, loss="huber"))
    later = TrainingSettings(**{**SETTINGS, "epochs": first.epochs + 1}, patience=4, loss="mse")
    assert later.epochs > 4
    second = train(network, noise, later, state=first.state)
    assert second.stopped_because == "epochs"
    assert second.state.patience["best_loss"] == second.history.test_loss[0]


def test_a_loss_that_is_never_a_number_leaves_the_weights_alone(layered) -> None:
    data = Dataset.from_arrays([[1.0], [1e200]], [1.0, 1.0], test_rows=[1])
    network = layered([1, 1], output="identity")
    result = train(network, data, TrainingSettings(patience=3, epochs=50))
    assert result.stopped_because == "patience"
    assert result.epochs == 3
    assert result.state.patience["best_loss"] is None
    assert not np.array_equal(result.parameters.flat, result.program.initial_parameters().flat)


def test_a_loss_to_stop_at_comes_first(layered, noise: Dataset) -> None:
    result = train(
        layered([2, 1], output="identity"), noise, TrainingSettings(patience=1, target_loss=1e9, epochs=9)
    )
    assert (result.stopped_because, result.epochs) == ("target_loss", 1)


def test_older_states_go_on_and_damaged_ones_are_refused(layered, noise: Dataset) -> None:
    settings = TrainingSettings(**SETTINGS, patience=4)
    state = train(layered([2, 8, 1], output="identity"), noise, settings).state
    values, arrays = state.to_dict(), state.arrays()
    old = TrainerState.from_dict(
        {name: value for name, value in values.items() if name not in ("patience", "schedule")},
        {name: array for name, array in arrays.items() if name != "best"},
    )
    assert old.patience is old.best is None
    for wrong in ({"waited": None}, {"best_loss": math.inf}, {"best_epoch": "a"}, {"loss": None}):
        with pytest.raises(DataError, match="damaged"):
            TrainerState.from_dict({**values, "patience": {**values["patience"], **wrong}}, arrays)
    for memory in ({}, 3, [1]):
        for name in ("patience", "schedule"):
            with pytest.raises(DataError, match="damaged"):
                TrainerState.from_dict({**values, name: memory}, arrays)
    for best in (np.zeros(3), np.full_like(state.parameters, np.nan)):
        with pytest.raises(DataError, match="damaged"):
            TrainerState.from_dict(values, {**arrays, "best": best})
