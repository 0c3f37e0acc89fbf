import json
import math
from dataclasses import replace

import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.program import Program
from nnstudio.errors import DataError, SettingsError, ShapeError
from nnstudio.network.templates import layered_network
from nnstudio.training import Trainer, TrainerState, TrainingSettings
from nnstudio.training.epochs import is_measured, next_measured, shuffled

GRADIENT_OPTIMIZERS = [key for key in OPTIMIZERS if key != "perceptron"]


def make(network, data: Dataset, state: TrainerState | None = None, **settings) -> Trainer:
    program = compile_network(network)
    parameters = None if state else program.initial_parameters()
    return Trainer(program, parameters, data, TrainingSettings(**settings), state=state)


@pytest.mark.parametrize("batch_size", [1, 7, 40, None])
def test_an_epoch_sees_every_training_row_once_the_last_smaller_batch_included(
    layered, moons: Dataset, batch_size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy")  # where batches can be watched
    trainer = make(layered([2, 3, 1]), moons, batch_size=batch_size)
    seen = []
    original = Program.loss_and_gradients

    def spy(program, parameters, x, *others, **how):
        seen.append(x.copy())
        return original(program, parameters, x, *others, **how)

    monkeypatch.setattr(Program, "loss_and_gradients", spy)
    trainer.epoch()
    sizes = [len(x) for x in seen]
    full = batch_size or 40
    assert sizes == [full] * (40 // full) + ([40 % full] if 40 % full else [])
    assert sorted(map(tuple, np.vstack(seen))) == sorted(map(tuple, moons.x_train))


def test_the_order_comes_from_the_seed_alone_one_permutation_an_epoch(layered, moons: Dataset) -> None:
    trainer = make(layered([2, 1]), moons, batch_size=16, seed=11, learning_rate=0.3)
    program = trainer.program
    parameters = program.initial_parameters()
    rng = np.random.default_rng(11)
    for _ in range(3):
        order = rng.permutation(40)
        losses = []
        for batch in (order[:16], order[16:32], order[32:]):
            loss, gradients = program.loss_and_gradients(
                parameters, moons.x_train[batch], moons.y_train[batch], loss="mse"
            )
            parameters.flat[:] -= 0.3 * gradients.flat
            losses.append(loss)
        row = trainer.epoch()
        assert row.loss == pytest.approx((16 * losses[0] + 16 * losses[1] + 8 * losses[2]) / 40, rel=1e-12)
    np.testing.assert_allclose(trainer.parameters.flat, parameters.flat, rtol=1e-12)


def test_without_shuffling_rows_come_in_their_order(layered, moons: Dataset) -> None:
    seeds = [make(layered([2, 3, 1]), moons, shuffle=False, seed=seed) for seed in (1, 2)]
    shuffled = make(layered([2, 3, 1]), moons, shuffle=True, seed=1)
    for trainer in (*seeds, shuffled):
        trainer.epoch()
    assert np.array_equal(seeds[0].parameters.flat, seeds[1].parameters.flat)
    assert not np.array_equal(seeds[0].parameters.flat, shuffled.parameters.flat)


def test_the_row_of_an_epoch_holds_loss_test_loss_and_metrics(layered) -> None:
    data = make_dataset("iris")
    trainer = make(layered([4, 6, 3], output="softmax"), data, loss="cross_entropy", epochs=40)
    rows = [row for row in trainer.steps() if row is not None]
    assert [row.epoch for row in rows] == list(range(1, 41))
    last = rows[-1]
    program, parameters = trainer.program, trainer.parameters
    expected = program.loss(parameters, data.x_test, data.y_test, loss="cross_entropy")
    assert last.test_loss == pytest.approx(expected, rel=1e-14)
    right = program.predict(parameters, data.x_test).argmax(axis=1) == data.y_test.argmax(axis=1)
    assert last.metrics["test_accuracy"] == right.mean() > 0.8
    assert set(last.metrics) == {"accuracy", "test_accuracy"}
    assert last.loss < rows[0].loss


def test_without_a_test_part_the_test_loss_is_nan(layered) -> None:
    row = make(layered([2, 2, 1]), make_dataset("xor")).epoch()
    assert math.isnan(row.test_loss)
    assert set(row.metrics) == {"accuracy"}


def test_training_stops_after_its_epochs(layered, moons: Dataset) -> None:
    trainer = make(layered([2, 1]), moons, epochs=3, batch_size=10)
    assert len(list(trainer.steps())) == 12
    assert trainer.stopped_because == "epochs"
    assert (trainer.epoch_number, trainer.step_number) == (3, 12)


def test_training_stops_after_the_first_epoch_at_or_below_the_target_loss(layered) -> None:
    xor = make_dataset("xor")
    settings = {"optimizer": "adam", "learning_rate": 0.05, "batch_size": None, "epochs": 5000}
    network = layered([2, 4, 1], seed=1)
    trainer = make(network, xor, target_loss=0.01, **settings)
    losses = [row.loss for row in trainer.steps()]
    assert trainer.stopped_because == "target_loss"
    assert losses[-1] <= 0.01 < min(losses[:-1])


@pytest.mark.parametrize("optimizer", GRADIENT_OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 1, 5, 6, 8, 12])
def test_a_saved_state_goes_on_bit_for_bit(
    layered, moons: Dataset, through_a_file, optimizer: str, steps: int
) -> None:
    settings = {"optimizer": optimizer, "learning_rate": 0.02, "batch_size": 7, "epochs": 4, "seed": 5}
    network = layered([2, 4, 1])
    straight = make(network, moons, **settings)
    expected = [row for row in straight.steps() if row is not None]

    first = make(network, moons, **settings)
    rows = [first.step() for _ in range(steps)]
    second = make(network, moons, state=through_a_file(first.state()), **settings)
    rows += list(second.steps())
    assert [row for row in rows if row is not None] == expected
    assert second.parameters.flat.tobytes() == straight.parameters.flat.tobytes()
    assert second.step_number == straight.step_number
    for name, array in straight.state().optimizer_state.items():
        assert second.state().optimizer_state[name].tobytes() == array.tobytes()


def test_a_state_is_a_copy_that_further_steps_leave_alone(layered, moons: Dataset) -> None:
    trainer = make(layered([2, 4, 1]), moons, optimizer="adam", batch_size=7)
    trainer.step()
    state = trainer.state()
    before = {name: array.copy() for name, array in state.arrays().items()}
    rng = json.dumps(state.to_dict())
    trainer.epoch()
    for name, array in state.arrays().items():
        assert np.array_equal(array, before[name])
        assert not array.flags.writeable
    assert json.dumps(state.to_dict()) == rng


def test_parameters_given_beside_a_state_win(layered, moons: Dataset) -> None:
    network = layered([2, 4, 1])
    first = make(network, moons)
    first.step()
    program = compile_network(network)
    edited = program.initial_parameters()
    edited.flat[:] = 0.5 * program.gradient_mask
    trainer = Trainer(program, edited, moons, TrainingSettings(), state=first.state())
    assert trainer.parameters is edited
    assert np.array_equal(trainer.state().parameters, edited.flat)
    assert trainer.step_number == 1


def test_changing_the_optimizer_in_between_starts_its_memory_anew(layered, moons: Dataset) -> None:
    network = layered([2, 4, 1])
    first = make(network, moons, optimizer="adam", epochs=2)
    list(first.steps())
    second = make(network, moons, state=first.state(), optimizer="rmsprop", epochs=3)
    fresh = OPTIMIZERS["rmsprop"].init_state(len(first.parameters.flat))
    assert all(np.array_equal(second.state().optimizer_state[name], fresh[name]) for name in fresh)
    list(second.steps())
    assert second.epoch_number == 3


def test_the_memory_of_another_network_is_not_used(layered, moons: Dataset) -> None:
    first = make(layered([2, 4, 1]), moons, optimizer="adam", epochs=2)
    list(first.steps())
    program = compile_network(layered([2, 5, 1]))
    settings = TrainingSettings(optimizer="adam", epochs=3)
    second = Trainer(program, program.initial_parameters(), moons, settings, state=first.state())
    assert not any(array.any() for array in second.state().optimizer_state.values())
    list(second.steps())
    assert second.epoch_number == 3


def test_other_rows_in_between_begin_a_new_epoch(layered, moons: Dataset) -> None:
    network = layered([2, 4, 1])
    first = make(network, moons, batch_size=7, epochs=3)
    for _ in range(8):
        first.step()
    assert first.epoch_number == 1
    more = make_dataset("moons", rows=60, seed=1)
    second = make(network, more, state=first.state(), batch_size=7, epochs=3)
    assert len(list(second.steps())) == 2 * math.ceil(48 / 7)


def test_a_finished_training_goes_on_when_given_a_later_end(layered, moons: Dataset) -> None:
    network = layered([2, 4, 1])
    first = make(network, moons, epochs=2)
    list(first.steps())
    assert list(make(network, moons, state=first.state(), epochs=2).steps()) == []
    program = compile_network(network)
    more = Trainer(program, None, moons, TrainingSettings(epochs=2), state=first.state(), stop_at=5)
    list(more.steps())
    straight = make(network, moons, epochs=5)
    list(straight.steps())
    assert more.parameters.flat.tobytes() == straight.parameters.flat.tobytes()


def test_a_state_of_another_network_is_refused(layered, moons: Dataset) -> None:
    state = make(layered([2, 4, 1]), moons).state()
    with pytest.raises(ShapeError, match="another network"):
        make(layered([2, 5, 1]), moons, state=state)


@pytest.mark.parametrize("key", ["epoch", "rng", "optimizer"])
def test_a_damaged_state_is_refused(layered, moons: Dataset, key: str) -> None:
    state = make(layered([2, 4, 1]), moons).state()
    values = {name: value for name, value in state.to_dict().items() if name != key}
    with pytest.raises(DataError, match="damaged"):
        TrainerState.from_dict(values, state.arrays())
    with pytest.raises(DataError, match="damaged"):
        TrainerState.from_dict(state.to_dict(), {})
    for wrong in (
        {"rng": {"state": 1}},
        {"position": 41},
        {"position": -1},
        {"step": -1},
        {"loss_sum": math.nan},
    ):
        with pytest.raises(DataError, match="damaged"):
            TrainerState.from_dict({**state.to_dict(), **wrong}, state.arrays())
    with pytest.raises(DataError, match="damaged"):
        TrainerState.from_dict(state.to_dict(), {"parameters": np.full_like(state.parameters, np.inf)})


def test_what_cannot_be_trained_is_refused_before_the_first_step(layered, moons: Dataset) -> None:
    with pytest.raises(ShapeError):
        make(layered([3, 1]), moons)
    with pytest.raises(ShapeError):
        make(layered([2, 2]), moons)
    with pytest.raises(SettingsError):
        make(layered([2, 1]), moons, learning_rate=-1.0)
    with pytest.raises(SettingsError):
        make(layered([2, 1]), moons, loss="cross_entropy")
    with pytest.raises(SettingsError):
        make(layered([2, 1], output="step"), moons)


def test_frozen_weights_stay_to_the_bit(layered, moons: Dataset) -> None:
    network = layered([2, 4, 1])
    frozen = network.connections[3].id
    network.update_connection(frozen, trainable=False)
    trainer = make(network, moons, optimizer="adamw", epochs=5)
    list(trainer.steps())
    slot = list(trainer.program.connection_ids).index(frozen)
    assert trainer.parameters.weights[slot] == network.connection(frozen).weight
    assert not np.array_equal(trainer.parameters.flat, trainer.program.initial_parameters().flat)


def test_the_perceptron_rule_learns_a_gate(layered) -> None:
    data = make_dataset("nand")
    trainer = make(layered([2, 1], output="step"), data, optimizer="perceptron", batch_size=1, epochs=50)
    list(trainer.steps())
    assert np.array_equal(trainer.program.predict(trainer.parameters, data.x), data.y)


def test_float32_trains_in_float32(layered, moons: Dataset) -> None:
    program = compile_network(layered([2, 4, 1]), dtype=np.float32)
    settings = TrainingSettings(epochs=2, dtype="float32")
    trainer = Trainer(program, program.initial_parameters(), moons, settings)
    list(trainer.steps())
    assert trainer.parameters.flat.dtype == np.float32
    with pytest.raises(SettingsError, match="float32") as caught:
        Trainer(program, program.initial_parameters(), moons, TrainingSettings(epochs=2))
    assert caught.value.setting == "dtype"


def test_the_next_measured_epoch_is_the_first_that_is_measured():
    for epoch in (*range(130), *range(985, 1215)):
        assert next_measured(epoch) == next(n for n in range(epoch + 1, epoch + 200) if is_measured(n))


@pytest.mark.parametrize("rows", [4, 500])
def test_shuffling_draws_what_permuting_epoch_by_epoch_does(rows: int) -> None:
    together, apart = np.random.default_rng(5), np.random.default_rng(5)
    order = shuffled(together, rows, 3)
    assert order.tolist() == [int(row) for _ in range(3) for row in apart.permutation(rows)]
    assert together.bit_generator.state == apart.bit_generator.state


@pytest.mark.parametrize("class_weights", ["none", "balanced"])
@pytest.mark.parametrize("key", ["moons", "iris"])
def test_kernels_measure_what_the_program_does(
    layered, key: str, class_weights: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    data = make_dataset(key)
    outputs = data.y.shape[1]
    network = layered([data.x.shape[1], 5, outputs], output="sigmoid")
    settings = TrainingSettings(epochs=3, batch_size=8, learning_rate=0.1, class_weights=class_weights)
    trainer = Trainer(compile_network(network), None, data, settings)
    row = trainer.epoch()
    measuring = trainer._measuring
    assert len(measuring._measures) == 2
    monkeypatch.setattr(measuring, "_measures", [])
    by_program = measuring.measure(watching=True)
    assert by_program.watched == by_program.test_loss
    assert row.test_loss == pytest.approx(by_program.test_loss, rel=1e-12)
    assert dict(row.metrics) == pytest.approx(dict(by_program.metrics), rel=1e-10)


def test_another_size_of_batches_amid_an_epoch_counts_every_step():
    network = layered_network([2, 3, 1])
    network.initialize("xavier_uniform", 1)
    program = compile_network(network)
    data = Dataset.from_arrays(
        np.random.default_rng(0).normal(size=(40, 2)), np.zeros((40, 1)), test_fraction=0
    )
    settings = TrainingSettings(batch_size=7, epochs=100, learning_rate=0.1)
    before = Trainer(program, None, data, settings)
    for _ in range(9):
        before.step()
    for batch, expected in ((2, 0), (5, 0), (7, 21), (21, 21)):
        after = Trainer(program, None, data, replace(settings, batch_size=batch), state=before.state())
        assert after.state().position == expected
        seen = [after.state().step]
        rows = 0
        while after.epoch_number == before.epoch_number:
            after.step()
            seen.append(after.step_number)
            rows += 1
        assert seen == list(range(9, 9 + rows + 1))
        assert rows == -(-(40 - expected) // batch)
