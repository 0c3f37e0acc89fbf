"""Runs record their past while others read it."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.training import Run, SnapshotRequest, Timeline, TrainingSettings

# Far more than anything here takes: only a hang reaches it.
PATIENCE = 30.0
ENDLESS = 10**9
MOONS = make_dataset("moons", rows=50, seed=1)
XOR = make_dataset("xor")


@pytest.fixture
def make_run(layered):
    runs = []

    def make(timeline: Timeline | None, *, network=None, data=MOONS, state=None, **settings) -> Run:
        program = compile_network(network or layered([2, 4, 1]))
        run = Run(
            len(runs) + 1,
            0,
            program,
            None if state else program.initial_parameters(),
            data,
            TrainingSettings(**{"batch_size": 7, "optimizer": "adam", "learning_rate": 0.02, **settings}),
            state=state,
            yield_gil=True,
            timeline=timeline,
        )
        runs.append(run)
        return run

    yield make
    assert all(run.stop(PATIENCE) for run in runs)


def until(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def equal(state, other) -> bool:
    arrays, others = state.arrays(), other.arrays()
    return (
        state.to_dict() == other.to_dict()
        and arrays.keys() == others.keys()
        and all(arrays[name].tobytes() == others[name].tobytes() for name in arrays)
    )


@pytest.mark.parametrize("engine", ["numpy", "kernels"])
def test_being_recorded_changes_no_number_and_every_step_is_there(
    make_run, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    plain, timeline = make_run(None, epochs=100, patience=1000), Timeline()
    plain.start()
    assert plain.wait("finished", timeout=PATIENCE)
    run = make_run(timeline, epochs=100, patience=1000)
    run.start()
    assert run.wait("finished", timeout=PATIENCE)

    assert list(run.drain()) == list(plain.drain())
    assert equal(run.state(), plain.state())
    assert timeline.steps.tolist() == list(range(601))
    assert equal(timeline.exact(600), run.state())
    assert equal(timeline.state(600), run.state())
    assert timeline.parameters(600).tobytes() == run.parameters.flat.tobytes()


def test_pauses_steps_and_epochs_are_recorded_with_their_state(make_run) -> None:
    timeline = Timeline()
    run = make_run(timeline, epochs=ENDLESS)
    run.start(only="step")
    states = []
    for portion in ("step", "epoch", "step", "epoch", None, "step"):
        assert run.wait("paused", timeout=PATIENCE)
        states.append(run.state())
        run.resume(portion)
        if portion is None:
            until(lambda: timeline.steps[-1] > 40)
            run.pause()
    assert run.wait("paused", timeout=PATIENCE)
    states.append(run.state())
    assert run.stop(PATIENCE)

    assert [state.step for state in states][:5] == [1, 2, 6, 7, 12]
    for state in states:
        assert equal(timeline.exact(state.step), state)
    assert timeline.steps[-1] == states[-1].step
    assert len({id(timeline.stretch(index)) for index in range(len(timeline))}) == 1


def test_runs_that_go_on_from_one_another_are_one_past(make_run) -> None:
    timeline, straight = Timeline(), make_run(None, epochs=10)
    straight.start()
    straight.wait("finished", timeout=PATIENCE)
    state = None
    for _ in range(10):
        run = make_run(timeline, epochs=10, state=state)
        run.start("epoch")
        run.wait("paused", timeout=PATIENCE)
        run.stop(PATIENCE)
        state = run.state()
    assert timeline.steps.tolist() == list(range(61))
    assert equal(timeline.exact(60), straight.state())
    assert len({id(timeline.stretch(index)) for index in range(61)}) == 1
    # With another setting, it is another stretch.
    run = make_run(timeline, epochs=20, learning_rate=0.5, state=state)
    run.start("epoch")
    run.wait("paused", timeout=PATIENCE)
    assert timeline.stretch_at(59) is timeline.stretch(0)
    assert timeline.stretch_at(60).settings.learning_rate == 0.5
    assert timeline.stretch_at(60).first_step == 60


@pytest.mark.parametrize("paused", [True, False])
def test_constraints_that_change_while_it_runs_begin_a_stretch(layered, make_run, paused: bool) -> None:
    network, timeline = layered([2, 4, 1]), Timeline()
    run = make_run(timeline, network=network, epochs=ENDLESS)
    run.start()
    until(lambda: len(timeline) > 20)
    if paused:
        run.pause()
        run.wait("paused", timeout=PATIENCE)
    network.update_neuron(network.hidden[0].id, enabled=False)
    program = compile_network(network)
    run.revise(program)
    until(lambda: run.program is program)
    run.resume()
    count = len(timeline)
    until(lambda: len(timeline) > count + 20)
    run.stop(PATIENCE)

    stretches = list(dict.fromkeys(timeline.stretch(index) for index in range(len(timeline))))
    assert [stretch.program is program for stretch in stretches] == [False, True]
    at = stretches[1].first_step
    assert at > 0
    assert timeline.exact(at - 1).connection_ids == stretches[0].program.connection_ids
    assert timeline.exact(at).connection_ids == program.connection_ids
    for step in (0, 1, at - 1, at, at + 1, run.state().step):
        index = timeline.nearest(step)
        assert timeline.steps[index] == step
        assert timeline.exact(step).parameters.tobytes() == timeline.parameters(index).tobytes()
    assert equal(timeline.exact(run.state().step), run.state())


def test_the_end_of_a_divergence_is_kept(layered, make_run) -> None:
    x, timeline = np.linspace(-1, 1, 20), Timeline()
    network = layered([1, 4, 1], hidden="relu", output="identity")
    data = Dataset.from_arrays(x, x)
    run = make_run(timeline, network=network, data=data, optimizer="sgd", learning_rate=1e6, epochs=ENDLESS)
    run.start()
    assert run.wait("finished", timeout=PATIENCE)
    assert run.stopped_because == "diverged"
    assert equal(timeline.exact(int(timeline.steps[-1])), run.state())
    assert np.isfinite(timeline.parameters(len(timeline) - 1)).all()


def test_a_run_stopped_before_it_was_prepared_records_nothing(make_run) -> None:
    timeline = Timeline()
    run = make_run(timeline)
    assert run.stop(PATIENCE)
    assert len(timeline) == 0


def test_the_past_is_read_while_it_grows_and_its_memory_stays_flat(make_run) -> None:
    timeline = Timeline(300_000)
    run = make_run(timeline, data=XOR, batch_size=1, epochs=ENDLESS)
    failures: list[BaseException] = []
    most = 0

    def read(seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            while run.status == "running":
                last = int(timeline.steps[-1])
                cut = timeline.cut(last)
                assert np.all(np.diff(cut.steps) > 0)
                assert len(cut.epochs) == len(cut) > 0
                index = int(rng.integers(len(cut)))
                step = int(cut.steps[index])
                # With so little room, moments are in single precision.
                found = timeline.exact(step).parameters.astype(np.float32)
                assert found.tobytes() == cut.parameters(index).astype(np.float32).tobytes()
                assert timeline.stretch_at(step) is cut.stretch(index)
        except BaseException as error:
            failures.append(error)

    run.start()
    until(lambda: len(timeline) > 0)
    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(2)]
    for reader in readers:
        reader.start()
    version = timeline.version
    while timeline.version < version + 1200 and not failures:
        most = max(most, timeline.n_bytes)
        run.request(SnapshotRequest())
        time.sleep(0.001)
    run.stop(PATIENCE)
    for reader in readers:
        reader.join(PATIENCE)
    assert not failures
    assert 100_000 < most <= 300_000
    assert timeline.n_bytes <= 300_000
    assert (timeline.steps[0], timeline.steps[-1]) == (0, run.state().step)
