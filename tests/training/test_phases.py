"""The next step computed ahead: against the steps of the trainer, and against finite differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network.initializers import draw
from nnstudio.training import Trainer, TrainingSettings
from nnstudio.training.phases import Cycle, cycle_of, is_drawn, stop_conditions
from tests.engine.reference.constraint_cases import CONSTRAINTS, X, Y, constrained

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.network import Network


@pytest.fixture(autouse=True)
def without_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy")


def trainer_of(network: Network, data: Dataset, **settings: Any) -> Trainer:
    program = compile_network(network, dtype=settings.get("dtype", "float64"))
    return Trainer(program, program.initial_parameters(), data, TrainingSettings(**settings))


def ahead(trainer: Trainer, resume: bool = True, **how: Any) -> Cycle:
    state = trainer.state() if resume else None
    return cycle_of(trainer.program, trainer.parameters, trainer.data, trainer.settings, state, **how)


def check_steps(trainer: Trainer, steps: int) -> None:
    """Walk and train side by side."""
    for _ in range(steps):
        cycle = ahead(trainer)
        assert cycle.before.flat.tobytes() == trainer.parameters.flat.tobytes()
        assert (cycle.epoch, cycle.step) == (trainer.epoch_number, trainer.step_number)
        trainer.stopped_because = None  # it would stay on where steps are taken all the same
        trainer.step()
        assert cycle.after.flat.tobytes() == trainer.parameters.flat.tobytes()
        assert cycle.is_next
        assert cycle.error is None
        assert cycle.ends == trainer.stopped_because


@pytest.mark.parametrize("optimizer", [key for key in OPTIMIZERS if key != "perceptron"])
@pytest.mark.parametrize("batch_size", [1, 7, None])
def test_the_step_walked_is_the_trainers_bit_for_bit(
    layered: Callable[..., Network], moons: Dataset, optimizer: str, batch_size: int | None
) -> None:
    how = {"optimizer": optimizer, "batch_size": batch_size, "learning_rate": 0.02, "seed": 3}
    check_steps(trainer_of(layered([2, 4, 1]), moons, **how), 8)


@pytest.mark.parametrize(
    "how",
    [
        {"dropout": 0.4},
        {"l1": 0.01, "l2": 0.02, "clip_norm": 0.01, "weight_decay": 0.1},
        {"schedule": "exponential", "optimizer": "nesterov"},
        {"class_weights": "balanced", "dtype": "float32"},
        {"patience": 1, "learning_rate": 5.0, "target_loss": 0.01},
        {"shuffle": False},
    ],
    ids=lambda how: next(iter(how)),
)
def test_it_is_with_everything_that_shapes_a_step(
    layered: Callable[..., Network], moons: Dataset, how: dict[str, Any]
) -> None:
    check_steps(trainer_of(layered([2, 5, 1]), moons, **{"batch_size": 11, "epochs": 3, **how}), 9)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_it_is_under_constraints(name: str) -> None:
    data = Dataset.from_arrays(X, Y, test_fraction=0.0)
    check_steps(trainer_of(constrained(name), data, optimizer="adam", batch_size=3), 5)


def test_it_is_by_the_compiled_kernels(
    layered: Callable[..., Network], moons: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NNSTUDIO_ENGINE")
    check_steps(trainer_of(layered([2, 8, 8, 1]), moons, optimizer="adam", batch_size=10), 5)


def test_the_perceptron_rule_is_walked_too(layered: Callable[..., Network]) -> None:
    data = make_dataset("and")
    trainer = trainer_of(layered([2, 1], output="step"), data, optimizer="perceptron", batch_size=1)
    check_steps(trainer, 8)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_deltas_and_gradients_are_what_small_changes_make_of_the_loss(
    layered: Callable[..., Network], loss: str
) -> None:
    data = make_dataset("iris")
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(loss, "identity")
    cycle = ahead(trainer_of(layered([4, 3, 3], output=output), data, loss=loss, batch_size=9))
    program, passed = cycle.program, cycle.passed
    x, y = data.x[cycle.rows], data.y[cycle.rows]
    assert passed.loss == pytest.approx(program.loss(cycle.before, x, y, loss), rel=1e-13)
    assert passed.losses.sum() == pytest.approx(passed.loss, rel=1e-12)
    slopes = []
    for index in range(len(cycle.before.flat)):
        low, high = cycle.before.copy(), cycle.before.copy()
        low.flat[index] -= 1e-6
        high.flat[index] += 1e-6
        slopes.append((program.loss(high, x, y, loss) - program.loss(low, x, y, loss)) / 2e-6)
    inputs = program.n_connections + np.arange(program.n_inputs)
    np.testing.assert_allclose(np.delete(passed.gradients.flat, inputs), np.delete(slopes, inputs), atol=1e-7)
    assert (passed.deltas[: program.n_inputs] == 0.0).all()


def test_what_flows_in_adds_up_to_the_sums(layered: Callable[..., Network], moons: Dataset) -> None:
    cycle = ahead(trainer_of(layered([2, 4, 3, 1]), moons, batch_size=6, dropout=0.5), focus=3)
    program = cycle.program
    arrived = cycle.before.biases.copy()
    np.add.at(arrived, program.target_slot, cycle.flows)
    np.testing.assert_allclose(arrived[2:], cycle.passed.sums[2:], rtol=1e-12)
    assert cycle.levels.tolist() == [0] * 2 + [1] * 4 + [2] * 3 + [3]
    assert cycle.n_levels == 3


def test_the_sample_in_focus_is_told_beside_the_batch(
    layered: Callable[..., Network], moons: Dataset
) -> None:
    trainer = trainer_of(layered([2, 4, 1]), moons, batch_size=8)
    rows = ahead(trainer).rows
    cycle = ahead(trainer, focus=int(rows[5]))
    assert cycle.sample is not None
    alone = trainer.program.activations(cycle.before, moons.x[rows[5]][None])[0]
    np.testing.assert_allclose(cycle.sample.values, alone, rtol=1e-12)
    outside = next(row for row in range(50) if row not in rows)
    assert ahead(trainer, focus=outside).sample is None


def test_a_sample_alone_does_what_a_batch_of_it_would(
    layered: Callable[..., Network], moons: Dataset
) -> None:
    trainer = trainer_of(layered([2, 4, 1]), moons, batch_size=8, optimizer="momentum")
    trainer.step()
    next_rows = ahead(trainer).rows
    outside = next(row for row in moons.train_rows.tolist() if row not in next_rows)
    cycle = ahead(trainer, focus=outside, alone=True)
    assert not cycle.is_next
    _, gradients = trainer.program.loss_and_gradients(
        cycle.before, moons.x[[outside]], moons.y[[outside]], trainer.settings.loss
    )
    velocity = 0.9 * trainer.state().optimizer_state["velocity"] + gradients.flat
    expected = trainer.parameters.flat - cycle.rate * velocity
    np.testing.assert_allclose(cycle.after.flat, expected, rtol=1e-13)


def test_alone_in_its_batch_a_sample_is_the_next_step(
    layered: Callable[..., Network], moons: Dataset
) -> None:
    trainer = trainer_of(layered([2, 4, 1]), moons, batch_size=1)
    row = int(ahead(trainer).rows[0])
    cycle = ahead(trainer, focus=row, alone=True)
    assert cycle.is_next
    assert not ahead(trainer, focus=int(moons.test_rows[0]), alone=True).is_next
    trainer.step()
    assert cycle.after.flat.tobytes() == trainer.parameters.flat.tobytes()


def test_walking_ahead_changes_nothing(layered: Callable[..., Network], moons: Dataset) -> None:
    walked, plain = (trainer_of(layered([2, 4, 1]), moons, batch_size=9, optimizer="adam") for _ in range(2))
    for _ in range(7):
        walked.ahead()
        ahead(walked)
        walked.step()
        plain.step()
    assert walked.parameters.flat.tobytes() == plain.parameters.flat.tobytes()
    assert walked.state().rng == plain.state().rng


def test_it_counts_batches_and_tells_the_end(layered: Callable[..., Network], moons: Dataset) -> None:
    trainer = trainer_of(layered([2, 3, 1]), moons, batch_size=15, epochs=1)
    told = []
    for _ in range(3):
        cycle = ahead(trainer)
        told.append((cycle.batch, cycle.batches, len(cycle.rows), cycle.ends))
        trainer.step()
    assert told == [(1, 3, 15, None), (2, 3, 15, None), (3, 3, 10, "epochs")]


def test_a_step_out_of_the_finite_numbers_is_told_and_changes_nothing(
    layered: Callable[..., Network], moons: Dataset
) -> None:
    trainer = trainer_of(layered([2, 3, 1], "relu", "identity"), moons, learning_rate=1e300, batch_size=None)
    trainer.step()
    for how in ({}, {"focus": 0, "alone": True}):
        cycle = ahead(trainer, **how)
        assert cycle.error is not None
        assert "smaller learning rate" in str(cycle.error)
        assert np.array_equal(cycle.after.flat, cycle.before.flat)


def test_an_epoch_that_was_not_measured_yet_is_passed_over(
    layered: Callable[..., Network], moons: Dataset
) -> None:
    trainer = trainer_of(layered([2, 3, 1]), moons, batch_size=None)
    trainer.step()
    done = trainer.state()
    unmeasured = type(done)(**{**vars(done), "epoch": 0, "position": 40, "rng": trainer_rng(moons)})
    cycle = cycle_of(trainer.program, trainer.parameters, moons, trainer.settings, unmeasured)
    assert (cycle.epoch, cycle.step) == (1, 1)
    trainer.step()
    assert cycle.after.flat.tobytes() == trainer.parameters.flat.tobytes()


def trainer_rng(data: Dataset) -> dict[str, Any]:
    return dict(np.random.default_rng(0).bit_generator.state)


def test_the_conditions_that_end_a_training_are_told() -> None:
    assert stop_conditions(TrainingSettings(epochs=1)) == ("after 1 epoch",)
    settings = TrainingSettings(epochs=500, target_loss=0.01, patience=20)
    assert stop_conditions(settings, 12_500) == (
        "after 12\u2009500 epochs",
        "loss ≤ 0.01",
        "no better for 20 epochs",
    )


def test_a_start_is_known_again_by_its_initializer_and_seed(layered: Callable[..., Network]) -> None:
    network = layered([2, 3, 1], seed=5)
    values = network.values()
    assert is_drawn(network, values, TrainingSettings(seed=5, initializer="xavier_uniform"))
    assert not is_drawn(network, values, TrainingSettings(seed=6, initializer="xavier_uniform"))
    assert not is_drawn(network, values, TrainingSettings(seed=5, initializer="he_normal"))
    weights, biases = draw(network, "xavier_uniform", 5)
    first = next(iter(weights))
    assert not is_drawn(network, ({**weights, first: 0.5}, biases), TrainingSettings(seed=5))
