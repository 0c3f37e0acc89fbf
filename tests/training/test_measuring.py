"""Epochs that are measured while somebody wants the training to stop or pause."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.blocks import DenseBlock
from nnstudio.training import Run, SnapshotRequest, Trainer, TrainingSettings
from nnstudio.training.measuring import Measuring

PATIENCE = 30.0
SETTINGS = {
    "optimizer": "adam",
    "learning_rate": 0.05,
    "batch_size": 7,
    "epochs": 12,
    "schedule": "reduce_on_plateau",
    "dropout": 0.2,
}


@pytest.fixture(params=["numpy", "kernels"])
def engine(request, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NNSTUDIO_ENGINE", request.param)
    return request.param


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch):
    """``interrupted(trainer)``: interrupt it whenever it begins to measure, until it is allowed to go on."""
    measure = Measuring.measure
    concerned = []

    def measuring(self, **how):
        if concerned:
            concerned.pop().interrupt()
        return measure(self, **how)

    monkeypatch.setattr(Measuring, "measure", measuring)
    return concerned.append


@pytest.mark.parametrize("test_fraction", [0.2, 0.0])
@pytest.mark.parametrize("more", [{"patience": 2}, {"schedule": "constant"}, {}])
def test_an_interruption_while_measuring_changes_no_bit(
    layered, through_a_file, interrupted, engine, more: dict, test_fraction: float
) -> None:
    data = make_dataset("moons", rows=50, seed=1, test_fraction=test_fraction)
    settings = TrainingSettings(**{**SETTINGS, **more})
    program = compile_network(layered([2, 5, 1]))
    straight = Trainer(program, None, data, settings)
    expected = list(straight.advance(PATIENCE))

    state, rows = None, []
    trainer = Trainer(program, None, data, settings)
    while trainer.stopped_because is None:
        interrupted(trainer)
        before = trainer.epoch_number
        assert not trainer.advance(PATIENCE)
        assert trainer.epoch_number == before
        state = through_a_file(trainer.state())
        assert (state.epoch, state.position) == (before, len(data.x_train))
        if before % 2:
            # In the same training or in another one.
            trainer = Trainer(program, None, data, settings, state=state)
        trainer.interrupt(False)
        steps = trainer.step_number
        rows += trainer.advance(PATIENCE, "epoch")
        assert trainer.step_number == steps
    assert repr(rows) == repr(expected)
    assert trainer.stopped_because == straight.stopped_because
    assert trainer.parameters.flat.tobytes() == straight.parameters.flat.tobytes()


def test_of_epochs_drawn_together_the_last_alone_waits_to_be_measured(layered, moons: Dataset, interrupted):
    program = compile_network(layered([2, 3, 1]))
    settings = TrainingSettings(epochs=1000, learning_rate=0.01)
    straight = Trainer(program, None, moons, settings)
    expected = list(straight.advance(PATIENCE))
    trainer = Trainer(program, None, moons, settings)
    rows = [trainer.epoch() for _ in range(100)]
    interrupted(trainer)
    rows += trainer.advance(PATIENCE)
    assert (len(rows), trainer.epoch_number, trainer.state().position) == (109, 109, 40)
    trainer.interrupt(False)
    rows += trainer.advance(PATIENCE)
    assert repr(rows) == repr(expected)
    assert np.array_equal(trainer.parameters.flat, straight.parameters.flat)


def test_a_batch_that_is_interrupted_is_dropped_and_taken_again(layered, moons: Dataset, monkeypatch) -> None:
    """In NumPy, where a batch of many rows may take seconds."""
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy")
    program = compile_network(layered([2, 4, 1]))
    settings = TrainingSettings(optimizer="adam", batch_size=None, epochs=3)
    straight = Trainer(program, None, moons, settings)
    expected = list(straight.advance(PATIENCE))
    trainer = Trainer(program, None, moons, settings)
    forward, calls = DenseBlock.forward, []

    def interrupting(block, *arrays):
        calls.append(block)
        if len(calls) == 1:
            trainer.interrupt()
        forward(block, *arrays)

    with monkeypatch.context() as patch:
        patch.setattr(DenseBlock, "forward", interrupting)
        assert not trainer.advance(PATIENCE)
    assert (len(calls), trainer.step_number) == (1, 0)
    assert np.array_equal(trainer.parameters.flat, program.start.flat)
    trainer.interrupt(False)
    assert repr(list(trainer.advance(PATIENCE))) == repr(expected)
    assert np.array_equal(trainer.parameters.flat, straight.parameters.flat)


def test_a_training_that_diverges_while_its_last_epoch_waits_says_so_after_it(layered, interrupted, engine):
    data = Dataset.from_arrays([[1.0], [1.0]], [0.0, 0.0], test_fraction=0.0)
    program = compile_network(layered([1, 1], output="identity"))
    settings = TrainingSettings(learning_rate=1e60, batch_size=None, epochs=50)
    straight = Trainer(program, None, data, settings)
    expected = list(straight.advance(PATIENCE))
    assert straight.error is not None
    trainer = Trainer(program, None, data, settings)
    rows = []
    while trainer.error is None:
        interrupted(trainer)
        rows += trainer.advance(PATIENCE)
        trainer.interrupt(False)
        rows += trainer.advance(PATIENCE, "epoch")
    assert repr(rows) == repr(expected)
    assert str(trainer.error) == str(straight.error)


@pytest.fixture
def run(layered, moons: Dataset):
    program = compile_network(layered([2, 4, 1]))
    run = Run(1, 7, program, program.initial_parameters(), moons, TrainingSettings(epochs=10**9))
    yield run
    assert run.stop(PATIENCE)


@pytest.mark.parametrize("what", ["stop", "pause"])
def test_a_snapshot_under_way_is_given_up_for_a_stop_or_a_pause(run: Run, monkeypatch, what: str) -> None:
    from nnstudio.training import run as module

    take_snapshot, begun = module.take_snapshot, threading.Event()

    def endless(program, *others, is_unwanted, **how):
        begun.set()
        # It would take for ever.
        while True:
            # Raises where it is unwanted.
            snapshot = take_snapshot(program, *others, is_unwanted=is_unwanted, **how)
            if run.status != "running":
                return snapshot

    monkeypatch.setattr(module, "take_snapshot", endless)
    run.start()
    run.request(SnapshotRequest())
    assert begun.wait(PATIENCE)
    if what == "stop":
        assert run.stop(PATIENCE)
        assert run.take() is None
        return
    run.pause()
    assert run.wait("paused", timeout=PATIENCE)
    assert run.status == "paused"
    # It comes then.
    while (snapshot := run.take()) is None:
        time.sleep(0.0005)
    assert snapshot.step == run.state().step
