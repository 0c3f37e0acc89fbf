"""Weights of rows and classes: in the loss, its gradients and whole trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.errors import DataError, SettingsError, ShapeError
from nnstudio.training import SnapshotRequest, Trainer, TrainingSettings, take_snapshot, train
from nnstudio.training.weighting import row_weights
from tests.engine.reference.cases import cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.network import Network

CASES = {case.loss: case for case in cases()}


@pytest.mark.parametrize("rows_at_once", [100, 5])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_row_of_weight_2_counts_as_two_rows(loss: str, rows_at_once: int) -> None:
    case = CASES[loss]
    program = compile_network(case.network)
    object.__setattr__(program, "rows_at_once", rows_at_once)
    parameters = program.initial_parameters()
    weights = np.array([1.0, 2.0, 3.0] * 4)
    again = np.repeat(np.arange(12), weights.astype(int))
    expected, gradients = program.loss_and_gradients(parameters, case.x[again], case.y[again], loss)
    for scale in (1.0, 7.0):
        found, weighted = program.loss_and_gradients(
            parameters, case.x, case.y, loss, weights=scale * weights
        )
        assert found == pytest.approx(expected, rel=1e-12)
        assert program.loss(parameters, case.x, case.y, loss, scale * weights) == pytest.approx(
            expected, rel=1e-12
        )
        atol = 1e-12 * np.abs(gradients.flat).max()
        np.testing.assert_allclose(weighted.flat, gradients.flat, rtol=1e-9, atol=atol)


def test_corrections_of_the_perceptron_are_weighted_alike(layered: Callable[..., Network]) -> None:
    rng = np.random.default_rng(0)
    program = compile_network(layered([2, 2], output="step"))
    x, y, weights = rng.normal(size=(9, 2)), rng.integers(0, 2, (9, 2)) * 1.0, np.array([1.0, 2.0, 3.0] * 3)
    again = np.repeat(np.arange(9), weights.astype(int))
    rule, parameters = OPTIMIZERS["perceptron"], program.initial_parameters()
    expected, corrections = rule.loss_and_gradients(program, parameters, x[again], y[again])
    found, weighted = rule.loss_and_gradients(program, parameters, x, y, weights=weights)
    assert found == pytest.approx(expected)
    np.testing.assert_allclose(weighted.flat, corrections.flat, atol=1e-15)


# torch.nn.functional.cross_entropy(z, labels, weight=[1.0, 2.5, 0.5]) in float64, and its gradient by z,
# summed over the rows.
Z = [[0.2, -0.3, 0.7], [1.5, 0.1, -0.9], [-0.4, 0.6, 0.3], [0.0, 2.0, -1.0]]
LABELS = [2, 0, 1, 0]
TORCH_LOSS = 0.9331642006186947
TORCH_GRADIENT = [-0.10965890341273944, -0.038616088973141366, 0.1482749923858808]


def test_class_weights_are_pytorchs(layered: Callable[..., Network]) -> None:
    network = layered([3, 3], output="softmax")
    for place, connection in enumerate(network.connections):
        network.update_connection(connection.id, weight=float(place % 4 == 0))
    data = Dataset.from_arrays(Z, LABELS, classes=("a", "b", "c"), test_fraction=0.0)
    settings = TrainingSettings(loss="cross_entropy", class_weights={"b": 2.5, "c": 0.5}, epochs=1)
    program = compile_network(network)
    loss, gradients = program.loss_and_gradients(
        program.initial_parameters(), data.x, data.y, "cross_entropy", weights=row_weights(data, settings)
    )
    assert loss == pytest.approx(TORCH_LOSS, rel=1e-12)
    np.testing.assert_allclose(gradients.biases[3:], TORCH_GRADIENT, rtol=1e-12)
    result = train(network, data, settings)
    assert result.history.loss[0] == pytest.approx(TORCH_LOSS, rel=1e-12)
    snapshot = take_snapshot(program, program.initial_parameters(), data, settings, SnapshotRequest())
    assert snapshot.loss == pytest.approx(TORCH_LOSS, rel=1e-12)
    np.testing.assert_array_equal(snapshot.bias_gradients, gradients.biases)


def test_balanced_classes_count_alike_by_the_rows_trained_on() -> None:
    y = [0.0] * 12 + [1.0] * 4
    data = Dataset.from_arrays(np.arange(16.0), y, classes=("no", "yes"), test_rows=[0, 1, 15])
    weights = row_weights(data, TrainingSettings(class_weights="balanced"))
    trained = data.train_rows
    assert weights is not None
    assert weights[trained].sum() == pytest.approx(13)
    of_class = [weights[trained][data.y_train[:, 0] == label].sum() for label in (0.0, 1.0)]
    assert of_class[0] == pytest.approx(of_class[1])
    assert (weights[0], weights[15]) == (weights[2], weights[14])
    assert row_weights(data, TrainingSettings()) is None


def test_an_epoch_is_the_weighted_mean_over_its_batches(layered: Callable[..., Network]) -> None:
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.1, 3.0, 20)
    data = Dataset.from_arrays(
        rng.normal(size=(20, 2)), rng.normal(size=20), sample_weights=weights, test_fraction=0.3
    )
    settings = TrainingSettings(batch_size=4, epochs=2, shuffle=False)
    result = train(layered([2, 3, 1], output="identity"), data, settings)
    program, parameters = result.program, result.program.initial_parameters()
    mine = weights[data.train_rows]
    summed = 0.0
    for start in range(0, 14, 4):
        rows = slice(start, start + 4)
        loss, gradients = program.loss_and_gradients(
            parameters, data.x_train[rows], data.y_train[rows], weights=mine[rows]
        )
        parameters.flat[:] -= 0.1 * gradients.flat * program.gradient_mask
        summed += loss * mine[rows].sum()
    assert result.history.loss[0] == pytest.approx(summed / mine.sum(), rel=1e-14)
    assert result.history.test_loss[1] == program.loss(
        result.parameters, data.x_test, data.y_test, weights=weights[data.test_rows]
    )


def test_equal_weights_change_nothing(layered, moons: Dataset) -> None:
    arrays = {"classes": moons.classes, "test_rows": moons.test_rows}
    weighted = Dataset.from_arrays(moons.x, moons.y, sample_weights=np.full(50, 3.0), **arrays)
    network = layered([2, 4, 1])
    results = [train(network, data, TrainingSettings(epochs=5)) for data in (moons, weighted)]
    np.testing.assert_allclose(*[result.parameters.flat for result in results], rtol=1e-9)
    np.testing.assert_allclose(*[result.history.loss for result in results], rtol=1e-12)


@pytest.mark.parametrize("batch", [1, 4, 0])
def test_the_compiled_engine_trains_the_same(batch, layered, moons: Dataset, monkeypatch) -> None:
    data = Dataset.from_arrays(
        moons.x,
        moons.y,
        classes=("0", "1"),
        test_rows=moons.test_rows,
        sample_weights=np.random.default_rng(0).uniform(0.5, 2.0, 50),
    )
    settings = TrainingSettings(class_weights="balanced", batch_size=batch, epochs=5)
    trained = []
    for engine in ("numpy", ""):
        monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
        trained.append(train(layered([2, 4, 1]), data, settings))
    np.testing.assert_allclose(*[result.parameters.flat for result in trained], rtol=1e-9)
    np.testing.assert_allclose(*[result.history.loss for result in trained], rtol=1e-12)
    np.testing.assert_allclose(*[result.history.test_loss for result in trained], rtol=1e-9)


def test_slices_and_resuming_change_no_bit(layered, moons: Dataset, through_a_file) -> None:
    settings = TrainingSettings(class_weights={"0": 2.0}, batch_size=7, epochs=9, optimizer="adam")
    data = Dataset.from_arrays(moons.x, moons.y, classes=("0", "1"), test_rows=moons.test_rows)
    network = layered([2, 4, 1])
    straight = train(network, data, settings)
    program = compile_network(network)
    state, rows = None, []
    for steps in (1, 4, 8, 1000):
        trainer = Trainer(program, None, data, settings, state=state)
        rows += trainer.advance(100.0, most=steps)
        state = through_a_file(trainer.state())
    assert state.parameters.tobytes() == straight.parameters.flat.tobytes()
    assert [row.loss for row in rows] == straight.history.loss.tolist()


def test_weights_of_classes_that_are_not_there_are_refused(layered, moons: Dataset) -> None:
    program = compile_network(layered([2, 1]))
    with pytest.raises(SettingsError, match="“ghost”") as caught:
        Trainer(program, None, moons, TrainingSettings(class_weights={"ghost": 2.0}))
    assert caught.value.setting == "class_weights"
    with pytest.raises(SettingsError, match="values as their targets"):
        Trainer(
            compile_network(layered([1, 1])),
            None,
            make_dataset("sine"),
            TrainingSettings(class_weights="balanced"),
        )


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ([1.0, 2.0], ShapeError),
        ([[1.0], [1.0], [1.0]], ShapeError),
        ([1.0, 0.0, 1.0], DataError),
        ([1.0, 1.0, -2.0], DataError),
        ([1.0, np.nan, 1.0], DataError),
        ([np.inf, 1.0, 1.0], DataError),
    ],
)
def test_sample_weights_that_cannot_be_are_refused(weights: list, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"weight|Row [123]"):
        Dataset.from_arrays([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], sample_weights=weights)


def test_data_keep_their_sample_weights_and_earlier_ones_have_none() -> None:
    data = Dataset.from_arrays([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], sample_weights=[1.0, 2.0, 3.0])
    again = Dataset.from_dict(data.to_dict(), data.arrays())
    assert again.sample_weights is not None
    assert again.sample_weights.tolist() == [1.0, 2.0, 3.0]
    assert not again.sample_weights.flags.writeable
    arrays = {name: array for name, array in data.arrays().items() if name != "sample_weights"}
    assert Dataset.from_dict(data.to_dict(), arrays).sample_weights is None
    assert "sample_weights" not in Dataset.from_arrays([1.0], [1.0], test_fraction=0.0).arrays()
