"""Trainings with dropout: the same bits in any parts, and off wherever the network is looked at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.dropout import Dropout
from nnstudio.training import Trainer, TrainingSettings, train

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.network import Network


def test_each_step_has_the_masks_of_its_number(layered, moons: Dataset) -> None:
    settings = TrainingSettings(dropout=0.5, seed=3, shuffle=False, batch_size=16, epochs=2)
    result = train(layered([2, 8, 1]), moons, settings)
    program, parameters = result.program, result.program.initial_parameters()
    for step in range(6):
        rows = slice(step % 3 * 16, step % 3 * 16 + 16)
        factors = partial(Dropout(0.5, 3).factors, program, step)
        _, gradients = program.loss_and_gradients(
            parameters, moons.x_train[rows], moons.y_train[rows], factors=factors
        )
        parameters.flat[:] -= 0.1 * gradients.flat * program.gradient_mask
    np.testing.assert_allclose(result.parameters.flat, parameters.flat, rtol=1e-12)


def test_test_loss_and_metrics_are_those_of_the_whole_network(layered, moons: Dataset) -> None:
    result = train(layered([2, 8, 1]), moons, TrainingSettings(dropout=0.5, epochs=3))
    expected = result.program.loss(result.parameters, moons.x_test, moons.y_test)
    assert result.history.test_loss[-1] == pytest.approx(expected, rel=1e-12)


def test_slices_and_resuming_change_no_bit(layered, moons: Dataset, through_a_file) -> None:
    settings = TrainingSettings(dropout=0.3, batch_size=7, epochs=9, optimizer="adam")
    network = layered([2, 8, 1])
    straight = train(network, moons, settings)
    program = compile_network(network)
    state, rows = None, []
    for steps in (1, 4, 8, 2, 1000):
        trainer = Trainer(program, None, moons, settings, state=state)
        rows += trainer.advance(100.0, most=steps)
        state = through_a_file(trainer.state())
    assert state.parameters.tobytes() == straight.parameters.flat.tobytes()
    assert [row.loss for row in rows] == straight.history.loss.tolist()


def test_seeds_differ(layered, moons: Dataset) -> None:
    found = [
        train(layered([2, 8, 1]), moons, TrainingSettings(dropout=0.3, seed=seed, shuffle=False, epochs=2))
        for seed in (0, 1)
    ]
    assert not np.array_equal(found[0].parameters.flat, found[1].parameters.flat)


def test_frozen_parameters_and_networks_without_hidden_neurons_are_left_alone(
    layered, moons: Dataset
) -> None:
    network: Network = layered([2, 8, 1])
    network.update_connection(network.connections[1].id, trainable=False)
    result = train(network, moons, TrainingSettings(dropout=0.5, epochs=3))
    frozen = ~result.program.gradient_mask
    assert np.array_equal(result.parameters.flat[frozen], result.program.initial_parameters().flat[frozen])
    flat = [
        train(layered([2, 1]), moons, TrainingSettings(dropout=rate, epochs=3)).parameters.flat
        for rate in (0.0, 0.5)
    ]
    np.testing.assert_allclose(*flat, rtol=1e-12)


@pytest.mark.parametrize("batch", [1, 4, 0])
def test_the_compiled_engine_trains_the_same(batch, layered, moons, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TrainingSettings(dropout=0.4, batch_size=batch, epochs=5, seed=3)
    trained = []
    for engine in ("numpy", ""):
        monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
        trained.append(train(layered([2, 8, 1]), moons, settings))
    np.testing.assert_allclose(*[result.parameters.flat for result in trained], rtol=1e-9)
    np.testing.assert_allclose(*[result.history.loss for result in trained], rtol=1e-12)
