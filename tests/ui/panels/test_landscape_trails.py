"""Paths on a landscape, against the moments of the training they are of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.landscape import plane_of_parameters
from nnstudio.network.templates import layered_network
from nnstudio.training import Timeline, Trainer, TrainingSettings
from nnstudio.ui.panels.landscape_trails import Projector, moments_of

DATA = make_dataset("xor")
SETTINGS = TrainingSettings(optimizer="adam", learning_rate=0.05, batch_size=2)


@pytest.fixture
def program():
    return compile_network(layered_network([2, 3, 1], seed=1))


@pytest.fixture
def trainer(program, monkeypatch):
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy")
    return Trainer(program, program.initial_parameters(), DATA, SETTINGS)


def record(timeline: Timeline, trainer: Trainer, steps: int) -> list[np.ndarray]:
    timeline.record(trainer)
    passed = [trainer.parameters.flat.copy()]
    for _ in range(steps):
        trainer.step()
        timeline.record(trainer)
        passed.append(trainer.parameters.flat.copy())
    timeline.record(trainer, always=True)
    return passed


def test_a_path_is_where_the_training_passed(program, trainer):
    timeline = Timeline()
    passed = np.array(record(timeline, trainer, 6))
    projector = Projector(plane_of_parameters(program, passed[0], 0, 1), program)
    for _ in range(2):
        steps, places, apart = projector.path(timeline)
        assert steps.tolist() == list(range(7))
        assert places == pytest.approx(passed[:, :2])
        assert apart == pytest.approx(np.linalg.norm(passed[:, 2:] - passed[0, 2:], axis=1).max())
    assert moments_of(timeline, program)[1] == pytest.approx(passed)


def test_weights_set_by_hand_where_the_training_paused_are_on_its_path(program, trainer):
    timeline = Timeline()
    passed = record(timeline, trainer, 3)
    projector = Projector(plane_of_parameters(program, passed[0], 0, 1), program)
    projector.path(timeline)
    by_hand = replace(trainer.state(), parameters=np.array(passed[-1]) + 1.0)
    record(timeline, Trainer(program, None, DATA, SETTINGS, state=by_hand), 1)
    steps, places, _ = projector.path(timeline)
    assert steps.tolist() == [0, 1, 2, 3, 4]
    assert places[3] == pytest.approx(passed[-1][:2] + 1.0)
