import logging
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.errors import DivergenceError, SettingsError
from nnstudio.training import Probe, Run, SnapshotRequest, Trainer, TrainingSettings, train
from nnstudio.training.measuring import Measuring

# Far more than anything here takes: only a hang reaches it.
PATIENCE = 30.0
ENDLESS = 10**9
MOONS = make_dataset("moons", rows=50, seed=1)


@pytest.fixture
def make_run(layered):
    runs = []

    def make(
        data: Dataset = MOONS, *, network=None, state=None, stop_at=None, yield_gil=False, **settings
    ) -> Run:
        program = compile_network(network or layered([2, 4, 1]))
        run = Run(
            len(runs) + 1,
            7,
            program,
            None if state else program.initial_parameters(),
            data,
            TrainingSettings(**{"batch_size": 7, "optimizer": "adam", "learning_rate": 0.02, **settings}),
            state=state,
            stop_at=stop_at,
            yield_gil=yield_gil,
        )
        runs.append(run)
        return run

    yield make
    assert all(run.stop(PATIENCE) for run in runs)


def poll(read):
    """Return what ``read`` gives as soon as that is something, as a window's timer would find it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = read()
        if found:
            return found
        time.sleep(0.0005)
    raise AssertionError("nothing came")


def until_epoch(run: Run, epoch: int) -> list:
    """Drain until some epoch is there."""
    rows = []
    while not rows or rows[-1].epoch < epoch:
        assert run.status == "running"
        rows += poll(run.drain)
    return rows


def next_snapshot(run: Run, request: SnapshotRequest):
    run.take()
    run.request(request)
    return poll(run.take)


@pytest.mark.parametrize("yield_gil", [False, True])
def test_a_run_gives_bit_for_bit_what_one_call_gives(layered, make_run, yield_gil: bool) -> None:
    run = make_run(epochs=30, yield_gil=yield_gil)
    assert run.status == "ready"
    run.start()
    assert run.wait(timeout=PATIENCE)
    result = train(
        layered([2, 4, 1]),
        MOONS,
        TrainingSettings(epochs=30, batch_size=7, optimizer="adam", learning_rate=0.02),
    )
    assert run.status == "finished"
    assert run.stopped_because == result.stopped_because == "epochs"
    assert run.parameters.flat.tobytes() == result.parameters.flat.tobytes()
    assert [row.loss for row in run.drain()] == result.history.loss.tolist()
    assert not run.drain()


def test_pausing_resuming_and_looking_change_no_bit(make_run) -> None:
    straight = make_run(epochs=60)
    straight.start()
    straight.wait(timeout=PATIENCE)

    watched = make_run(epochs=60)
    watched.start(only="step")
    rows = []
    portions = ["step", "epoch", "step", "step", "epoch", None]
    for portion in portions:
        assert watched.wait("paused", timeout=PATIENCE)
        watched.request(SnapshotRequest(outputs=True))
        rows += watched.drain()
        watched.resume(only=portion)
    for _ in range(5):
        watched.pause()
        watched.wait("paused", timeout=PATIENCE)
        watched.resume()
    watched.wait(timeout=PATIENCE)
    rows += watched.drain()
    assert watched.status == "finished"
    assert rows == list(straight.drain())
    assert watched.parameters.flat.tobytes() == straight.parameters.flat.tobytes()


def test_a_stopped_run_goes_on_in_another_from_its_state(make_run) -> None:
    straight = make_run(epochs=40)
    straight.start()
    straight.wait(timeout=PATIENCE)

    first = make_run(epochs=40)
    first.start(only="epoch")
    first.wait("paused", timeout=PATIENCE)
    first.resume(only="step")
    first.wait("paused", timeout=PATIENCE)
    assert first.stop(PATIENCE)
    second = make_run(epochs=40, state=first.state())
    second.start()
    second.wait(timeout=PATIENCE)
    assert [*first.drain(), *second.drain()] == list(straight.drain())
    assert second.parameters.flat.tobytes() == straight.parameters.flat.tobytes()


def test_one_step_and_one_epoch_stop_where_they_say(make_run) -> None:
    run = make_run(epochs=ENDLESS)
    run.start(only="step")
    run.wait("paused", timeout=PATIENCE)
    assert (run.state().epoch, run.state().step) == (0, 1)
    assert not run.drain()
    run.resume(only="epoch")
    run.wait("paused", timeout=PATIENCE)
    assert (run.state().epoch, run.state().step, run.state().position) == (1, 6, 0)
    assert [row.epoch for row in run.drain()] == [1]


def test_the_last_step_finishes_the_run_rather_than_pausing_it(make_run) -> None:
    run = make_run(epochs=1)
    run.start(only="epoch")
    run.wait("paused", timeout=PATIENCE)
    assert run.status == "finished"


def test_stopping_ends_the_thread_in_every_state(make_run) -> None:
    running, paused, ready, finished = (make_run(epochs=n) for n in (ENDLESS, ENDLESS, ENDLESS, 1))
    running.start()
    paused.start(only="step")
    paused.wait("paused", timeout=PATIENCE)
    finished.start()
    finished.wait(timeout=PATIENCE)
    for run in (running, paused, ready, finished):
        assert run.stop(PATIENCE)
        assert run.stop(PATIENCE)
        assert run.status == "finished"
    assert [run.stopped_because for run in (running, paused, ready, finished)] == ["stopped"] * 3 + ["epochs"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("training-")]


def test_no_epoch_is_lost_however_often_one_drains(make_run) -> None:
    run = make_run(epochs=ENDLESS)
    run.start()
    rows = until_epoch(run, 50)
    run.stop(PATIENCE)
    rows += run.drain()
    assert [row.epoch for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == run.state().epoch


def test_snapshots_come_when_asked_for_and_only_then(make_run) -> None:
    run = make_run(epochs=ENDLESS)
    run.start()
    until_epoch(run, 5)
    assert run.take() is None
    probe = Probe(("grid", 1), MOONS.x[:3])
    snapshot = next_snapshot(run, SnapshotRequest(focus=MOONS.x[0], probes=(probe,), outputs=True))
    assert (snapshot.run, snapshot.revision) == (run.number, 7)
    assert snapshot.answer(("grid", 1)).shape == (3, 1)
    assert snapshot.train_outputs.shape == (40, 1)
    assert snapshot.activations.shape == (7,)
    assert snapshot.steps_per_second > 0
    until_epoch(run, snapshot.epoch + 5)
    assert run.take() is None
    run.stop(PATIENCE)


def test_a_late_answer_still_carries_the_stamp_of_its_request_and_run(make_run) -> None:
    old = make_run(epochs=ENDLESS)
    old.start(only="step")
    old.wait("paused", timeout=PATIENCE)
    old.request(SnapshotRequest(probes=(Probe("old", MOONS.x[:2]),)))
    old.resume(only="epoch")
    new = make_run(epochs=1)
    late = poll(old.take)
    assert late.run == old.number != new.number
    assert late.answer("old") is not None


def test_a_paused_run_answers_and_shows_where_it_stands(make_run) -> None:
    run = make_run(epochs=ENDLESS)
    run.start()
    next_snapshot(run, SnapshotRequest())
    run.pause()
    run.wait("paused", timeout=PATIENCE)
    state = run.state()
    unasked = poll(run.take)
    asked = next_snapshot(run, SnapshotRequest(focus=MOONS.x[0]))
    assert asked.activations is not None
    for snapshot in (unasked, asked):
        assert (snapshot.epoch, snapshot.step) == (state.epoch, state.step)
        assert np.array_equal(np.concatenate([snapshot.weights, snapshot.biases]), state.parameters)


def test_whoever_looked_once_is_shown_the_end(make_run) -> None:
    run = make_run(epochs=300)
    run.start()
    run.request(SnapshotRequest(outputs=True))
    run.wait(timeout=PATIENCE)
    snapshot = run.take()
    assert snapshot.epoch == 300
    assert np.array_equal(snapshot.weights, run.parameters.weights)
    assert snapshot.train_outputs is not None


def test_the_state_of_a_running_run_cannot_be_read(make_run) -> None:
    run = make_run(epochs=ENDLESS)
    run.start()
    with pytest.raises(RuntimeError, match="paused or over"):
        run.state()
    with pytest.raises(RuntimeError, match="starts once"):
        run.start()
    run.stop(PATIENCE)
    assert run.state().parameters.shape == run.parameters.flat.shape


def test_a_run_that_diverges_finishes_with_the_error_and_finite_parameters(make_run, layered) -> None:
    x = np.linspace(-1, 1, 20)
    data = Dataset.from_arrays(x, x)
    network = layered([1, 4, 1], hidden="relu", output="identity")
    run = make_run(data, network=network, optimizer="sgd", learning_rate=1e6, epochs=ENDLESS)
    run.start()
    run.wait(timeout=PATIENCE)
    assert (run.status, run.stopped_because) == ("finished", "diverged")
    assert isinstance(run.error, DivergenceError)
    assert np.isfinite(run.state().parameters).all()


def test_what_fails_unexpectedly_is_kept_and_logged_with_its_traceback(
    make_run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(epochs=ENDLESS)
    trainer = run._trainer

    def fail(measuring, **how):
        if trainer.epoch_number == 4:
            raise ZeroDivisionError("from within")
        return measure(measuring, **how)

    measure = Measuring.measure
    monkeypatch.setattr(Measuring, "measure", fail)
    with caplog.at_level(logging.ERROR):
        run.start()
        run.wait(timeout=PATIENCE)
        run.stop(PATIENCE)
    assert run.status == "failed"
    assert run.stopped_because is None
    assert isinstance(run.error, ZeroDivisionError)
    assert "in fail" in caplog.text
    assert run.state().epoch == 4


def test_what_cannot_be_trained_is_refused_when_the_run_is_made(make_run) -> None:
    with pytest.raises(SettingsError):
        make_run(learning_rate=-1.0)


def test_a_pace_holds_training_back_and_changes_no_number(make_run) -> None:
    free, paced = make_run(epochs=30), make_run(epochs=30)
    paced.set_pace(1000.0)
    for run in (free, paced):
        run.start()
        assert run.wait(timeout=PATIENCE)
    assert paced.stopped_because == "epochs"
    np.testing.assert_array_equal(paced.parameters.flat, free.parameters.flat)


def test_a_run_at_a_very_slow_pace_can_be_paused_freed_and_stopped(make_run) -> None:
    run = make_run(epochs=20)
    run.set_pace(1e-6)
    run.start()
    run.pause()
    assert run.wait("paused", timeout=PATIENCE)
    assert run.status == "paused"
    run.resume()
    run.set_pace(None)
    assert run.wait(timeout=PATIENCE)
    assert run.stopped_because == "epochs"
    assert [row.epoch for row in run.drain()] == list(range(1, 21))


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch):
    """Let trainings prepare until the event is set."""
    done = threading.Event()
    prepare = Trainer.prepare

    def slowly(trainer: Trainer):
        assert done.wait(PATIENCE)
        return prepare(trainer)

    monkeypatch.setattr(Trainer, "prepare", slowly)
    yield done
    done.set()


def test_a_run_that_still_prepares_stops_at_once_and_has_no_effect_later(make_run, compiling) -> None:
    run = make_run(epochs=3)
    before = run.parameters.flat.copy()
    run.start()
    assert run.stop()
    assert (run.status, run.stopped_because) == ("finished", "stopped")
    assert run.state().step == 0
    compiling.set()
    run._thread.join(PATIENCE)
    assert not run._thread.is_alive()
    assert (run.status, run.stopped_because, run.error) == ("finished", "stopped", None)
    assert not run.drain()
    assert run.parameters.flat.tobytes() == before.tobytes()


def test_what_fails_in_preparing_after_a_stop_is_not_told(make_run, compiling, monkeypatch) -> None:
    run = make_run(epochs=3)

    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("nnstudio.training.trainer.method_for", fail)
    run.start()
    assert run.stop()
    compiling.set()
    run._thread.join(PATIENCE)
    assert (run.status, run.error) == ("finished", None)


def test_a_run_that_still_prepares_pauses_at_once_and_goes_on_when_asked(make_run, compiling) -> None:
    straight, run = make_run(epochs=3), make_run(epochs=3)
    run.start()
    run.pause()
    assert run.status == "paused"
    assert run.state().step == 0
    compiling.set()
    snapshot = next_snapshot(run, SnapshotRequest())
    assert (run.status, snapshot.step) == ("paused", 0)
    run.resume()
    assert run.wait(timeout=PATIENCE)
    straight.start()
    straight.wait(timeout=PATIENCE)
    assert list(run.drain()) == list(straight.drain())


def test_a_revised_run_that_prepares_again_stops_at_once(layered, make_run, monkeypatch) -> None:
    network = layered([2, 4, 1])
    run = make_run(network=network, epochs=ENDLESS)
    run.start()
    until_epoch(run, 3)
    begun, done = threading.Event(), threading.Event()
    prepare = Trainer.prepare

    def slowly(trainer: Trainer):
        if not trainer.is_prepared:
            begun.set()
            assert done.wait(PATIENCE)
        return prepare(trainer)

    monkeypatch.setattr(Trainer, "prepare", slowly)
    network.update_connection(network.connections[0].id, rate_factor=0.5)
    run.revise(compile_network(network))
    assert begun.wait(PATIENCE)
    assert run.is_preparing
    assert run.stop()
    assert (run.status, run.stopped_because) == ("finished", "stopped")
    step = run.state().step
    done.set()
    run._thread.join(PATIENCE)
    assert run.state().step == step >= 3


def test_a_run_paused_and_resumed_while_it_prepares_goes_on(make_run, compiling) -> None:
    run = make_run(epochs=3)
    run.start()
    run.pause()
    run.resume(only="epoch")
    compiling.set()
    assert run.wait("paused", timeout=PATIENCE)
    assert run.state().epoch == 1
    run.stop()


def test_a_program_ends_while_a_stopped_run_still_compiles() -> None:
    script = """
import time
from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.network.templates import layered_network
from nnstudio.training import Run, TrainingSettings
from nnstudio.training.trainer import Trainer

def compiles_for_ever(trainer):
    while True:
        time.sleep(0.001)

Trainer.prepare = compiles_for_ever
program = compile_network(layered_network((2, 2, 1), hidden="tanh", output="sigmoid", seed=0))
run = Run(1, 0, program, program.initial_parameters(), make_dataset("xor"), TrainingSettings())
run.start()
assert run.stop()
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
