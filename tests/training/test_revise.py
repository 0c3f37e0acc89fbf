"""Constraints that change while a training is on: nothing is lost, nothing starts anew."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.errors import SettingsError, ShapeError
from nnstudio.training import Run, SnapshotRequest, Trainer, TrainingSettings

if TYPE_CHECKING:
    from nnstudio.engine.parameters import Parameters
    from nnstudio.network import Network

# Far more than anything here takes: only a hang reaches it.
PATIENCE = 30.0
MOONS = make_dataset("moons", rows=50, seed=1)
SETTINGS = {"optimizer": "adam", "learning_rate": 0.02, "batch_size": 7}
ENGINES = pytest.mark.parametrize("engine", ["numpy", "kernels"])
OPTIMIZERS = pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "rmsprop"])


def hidden_of(network: Network) -> str:
    return network.hidden[1].id


def freeze(network: Network) -> None:
    network.update_neuron(hidden_of(network), trainable=False)
    for connection in network.incoming(hidden_of(network)):
        network.update_connection(connection.id, trainable=False)


def unfreeze(network: Network) -> None:
    network.update_neuron(hidden_of(network), trainable=True)
    for connection in network.incoming(hidden_of(network)):
        network.update_connection(connection.id, trainable=True)


def disable(network: Network) -> None:
    network.update_neuron(hidden_of(network), enabled=False)
    network.update_connection(network.connections[0].id, enabled=False)


def enable(network: Network) -> None:
    network.update_neuron(hidden_of(network), enabled=True)
    network.update_connection(network.connections[0].id, enabled=True)


def tie(network: Network) -> None:
    for connection in network.incoming(network.outputs[0].id)[1:3]:
        network.update_connection(connection.id, tie="t")


def fix_signs(network: Network) -> None:
    for number, connection in enumerate(network.connections):
        if connection.tie or number % 3:
            continue
        network.update_connection(connection.id, sign=1 if number % 2 else -1)


def slow_down(network: Network) -> None:
    for connection in network.connections[::2]:
        network.update_connection(connection.id, rate_factor=0.25)


CHANGES = {
    "freeze": (freeze,),
    "freeze and unfreeze": (freeze, unfreeze),
    "disable": (disable,),
    "disable and enable": (disable, enable),
    "disable, freeze, enable, unfreeze": (disable, freeze, enable, unfreeze),
    "enable what was never trained": (enable,),
    "tie": (tie,),
    "signs and rates": (fix_signs, slow_down),
}


def prepared(layered, name: str) -> Network:
    network = layered([2, 4, 1])
    if name == "enable what was never trained":
        disable(network)
    return network


def parameters_of(program, network: Network) -> Parameters:
    """The drawing's values in the slots of a program, as a window gives them to a training."""
    parameters = program.initial_parameters()
    parameters.weights[:] = [network.connection(key).weight for key in program.connection_ids]
    parameters.biases[:] = [network.neuron(key).bias or 0.0 for key in program.neuron_ids]
    return parameters


def by_pausing(
    network: Network, changes, settings: TrainingSettings, through_a_file, *, epochs: int, at: int = 0
):
    """Train, write what was learned into the drawing, edit that, and go on; again for each change."""
    state, losses = None, []
    for number in range(len(changes) + 1):
        program = compile_network(network)
        trainer = Trainer(
            program,
            parameters_of(program, network),
            MOONS,
            settings,
            state=None if state is None else through_a_file(state),
            stop_at=epochs * (len(changes) + 1),
        )
        wanted = trainer.steps_per_epoch * epochs * (number + 1) + at
        losses += trainer.advance(PATIENCE, most=wanted - trainer.step_number)
        state = trainer.state()
        network.set_parameters(program, trainer.parameters)
        if number < len(changes):
            network.set_values(*state.shelved_values())
            changes[number](network)
    return state, losses, program


def by_revising(network: Network, changes, settings: TrainingSettings, *, epochs: int, at: int = 0):
    """The same without a pause; the drawing does not learn of the training."""
    program = compile_network(network)
    trainer = Trainer(program, program.initial_parameters(), MOONS, settings)
    found = []
    for number in range(len(changes) + 1):
        if number:
            changes[number - 1](network)
            trainer.revise(compile_network(network))
        wanted = trainer.steps_per_epoch * epochs * (number + 1) + at
        found += trainer.advance(PATIENCE, most=wanted - trainer.step_number)
    return trainer, found


@ENGINES
@OPTIMIZERS
@pytest.mark.parametrize("name", CHANGES)
def test_revising_equals_pausing_editing_and_resuming_bit_for_bit(
    layered, through_a_file, monkeypatch: pytest.MonkeyPatch, name: str, optimizer: str, engine: str
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    changes, epochs, at = CHANGES[name], 5, 3
    settings = TrainingSettings(
        epochs=epochs * (len(changes) + 1), batch_size=7, optimizer=optimizer, patience=1000
    )
    expected, rows, program = by_pausing(
        prepared(layered, name), changes, settings, through_a_file, epochs=epochs, at=at
    )

    trainer, found = by_revising(prepared(layered, name), changes, settings, epochs=epochs, at=at)
    state = trainer.state()
    assert trainer.program.connection_ids == program.connection_ids
    assert state.parameters.tobytes() == expected.parameters.tobytes()
    for key, array in expected.optimizer_state.items():
        assert state.optimizer_state[key].tobytes() == array.tobytes(), key
    assert [row.loss for row in found] == [row.loss for row in rows]
    assert [row.test_loss for row in found] == [row.test_loss for row in rows]
    assert (state.best is None, state.rng, state.step) == (expected.best is None, expected.rng, expected.step)
    assert state.best.tobytes() == expected.best.tobytes()


@ENGINES
@pytest.mark.parametrize("name", ["disable and enable", "signs and rates"])
def test_revising_changes_nothing_else_of_all_that_shapes_a_training(
    layered, through_a_file, monkeypatch: pytest.MonkeyPatch, name: str, engine: str
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    changes, epochs = CHANGES[name], 5
    settings = TrainingSettings(
        epochs=epochs * (len(changes) + 1),
        batch_size=7,
        optimizer="nesterov",
        l1=0.001,
        l2=0.01,
        weight_decay=0.01,
        clip_norm=0.5,
        dropout=0.3,
        class_weights="balanced",
        schedule="reduce_on_plateau",
        schedule_options={"patience": 0, "threshold": 0.1},
    )
    expected, rows, _ = by_pausing(layered([2, 4, 1]), changes, settings, through_a_file, epochs=epochs, at=4)
    trainer, found = by_revising(layered([2, 4, 1]), changes, settings, epochs=epochs, at=4)
    assert trainer.state().parameters.tobytes() == expected.parameters.tobytes()
    assert [row.loss for row in found] == [row.loss for row in rows]
    assert len({row.learning_rate for row in found}) > 1


def started(network: Network, **settings) -> Trainer:
    program = compile_network(network)
    return Trainer(program, program.initial_parameters(), MOONS, TrainingSettings(**{**SETTINGS, **settings}))


@OPTIMIZERS
def test_what_is_frozen_midway_stays_exactly(layered, optimizer: str) -> None:
    network = layered([2, 4, 1])
    trainer = started(network, optimizer=optimizer)
    trainer.epoch()
    freeze(network)
    trainer.revise(compile_network(network))
    stay = ~trainer.program.gradient_mask
    before = trainer.parameters.flat.copy()
    trainer.epoch()
    assert np.array_equal(trainer.parameters.flat[stay], before[stay])
    assert not np.isclose(trainer.parameters.flat[~stay], before[~stay], rtol=0.0, atol=0.0).any()


def test_what_is_disabled_comes_back_with_its_value_and_memory(layered) -> None:
    network = layered([2, 4, 1])
    trainer = started(network)
    trainer.epoch()
    before = by_id(trainer)
    disable(network)
    trainer.revise(compile_network(network))
    gone = {network.connections[0].id, hidden_of(network)}
    assert not gone & by_id(trainer).keys()
    weights, biases = trainer.state().shelved_values()
    assert {*weights, *biases} == before.keys() - by_id(trainer).keys()
    assert all({**weights, **biases}[key] == before[key][0] for key in {*weights, *biases})
    enable(network)
    trainer.revise(compile_network(network))
    assert by_id(trainer) == before
    assert trainer.state().shelf is None


def by_id(trainer: Trainer) -> dict[str, tuple[float, ...]]:
    """Value, and the optimizer's memory, of each item that takes part."""
    state = trainer.state()
    columns = zip(
        state.parameters, state.optimizer_state["mean"], state.optimizer_state["squares"], strict=True
    )
    return dict(zip((*state.connection_ids, *state.neuron_ids), columns, strict=True))


def test_after_a_pause_the_drawing_tells_the_value_of_what_was_disabled(layered) -> None:
    network = layered([2, 4, 1])
    disable(network)
    trainer = started(network)
    trainer.epoch()
    network.set_parameters(trainer.program, trainer.parameters)
    edited = network.connections[0].id
    network.set_values({edited: 0.875}, {})
    program = trainer.program
    resumed = Trainer(program, trainer.parameters, MOONS, trainer.settings, state=trainer.state())
    assert resumed.state().shelved_values() == ({}, {})
    enable(network)
    resumed.revise(compile_network(network))
    assert by_id(resumed)[edited] == (0.875, 0.0, 0.0)


def test_joining_a_shared_weight_takes_its_value_and_memory(layered) -> None:
    network = layered([2, 4, 1])
    first, second, third = (c.id for c in network.incoming(network.outputs[0].id)[:3])
    network.update_connection(second, tie="t")
    network.update_connection(third, tie="t")
    trainer = started(network)
    trainer.epoch()
    before = by_id(trainer)
    assert before[second] == before[third] != before[first]
    network.update_connection(first, tie="t")
    trainer.revise(compile_network(network))
    after = by_id(trainer)
    assert after[first] == after[second] == after[third] == before[second]
    trainer.epoch()
    after = by_id(trainer)
    assert after[first] == after[second] == after[third] != before[second]


def test_what_shares_a_weight_with_others_comes_back_with_what_they_learned(layered) -> None:
    network = layered([2, 4, 1])
    tied = [c.id for c in network.incoming(network.outputs[0].id)[:3]]
    for connection_id in tied:
        network.update_connection(connection_id, tie="t")
    network.update_connection(tied[0], enabled=False)
    trainer = started(network)
    trainer.epoch()
    network.update_connection(tied[0], enabled=True)
    trainer.revise(compile_network(network))
    after = by_id(trainer)
    assert after[tied[0]] == after[tied[1]] == after[tied[2]]
    assert after[tied[0]][1] != 0.0


def test_what_is_disabled_but_shares_a_weight_has_no_value_of_its_own_to_keep(layered) -> None:
    network = layered([2, 4, 1])
    tied = [c.id for c in network.incoming(network.outputs[0].id)[:2]]
    for connection_id in tied:
        network.update_connection(connection_id, tie="t")
    trainer = started(network)
    trainer.epoch()
    network.update_connection(tied[0], enabled=False)
    alone = network.connections[0].id
    network.update_connection(alone, enabled=False)
    trainer.revise(compile_network(network))
    trainer.epoch()
    assert trainer.state().shelved_values()[0].keys() == {alone}


def test_a_sign_fixed_midway_brings_the_weight_to_zero_at_once(layered) -> None:
    network = layered([2, 4, 1])
    trainer = started(network)
    trainer.epoch()
    weights = dict(zip(trainer.program.connection_ids, trainer.parameters.weights, strict=True))
    key = next(key for key, weight in weights.items() if weight > 0.0)
    network.set_values({key: 0.0}, {})
    network.update_connection(key, sign=-1)
    trainer.revise(compile_network(network))
    assert trainer.parameters.weights[trainer.program.connection_slots[key]] == 0.0


def test_what_cannot_be_trained_is_refused_and_changes_nothing(layered) -> None:
    network = layered([2, 4, 1])
    trainer = started(network)
    trainer.epoch()
    program, before = trainer.program, trainer.state()
    for item in network.connections:
        network.update_connection(item.id, trainable=False)
    for item in (*network.hidden, *network.outputs):
        network.update_neuron(item.id, trainable=False)
    with pytest.raises(SettingsError, match="frozen"):
        trainer.revise(compile_network(network))
    with pytest.raises(ShapeError, match="another network"):
        trainer.revise(compile_network(layered([2, 5, 1])))
    with pytest.raises(SettingsError, match="float32"):
        trainer.revise(compile_network(layered([2, 4, 1]), dtype=np.float32))
    assert trainer.program is program
    assert trainer.state().parameters.tobytes() == before.parameters.tobytes()


# Runs


@pytest.fixture
def make_run():
    runs = []

    def make(network: Network, *, yield_gil: bool = False, **settings) -> Run:
        program = compile_network(network)
        run = Run(
            len(runs) + 1,
            7,
            program,
            program.initial_parameters(),
            MOONS,
            TrainingSettings(**{**SETTINGS, **settings}),
            yield_gil=yield_gil,
        )
        runs.append(run)
        return run

    yield make
    assert all(run.stop(PATIENCE) for run in runs)


def train_epochs(run: Run, epochs: int) -> None:
    """Train just so many epochs from the start on, and leave the run paused."""
    run.start("epoch")
    for epoch in range(epochs):
        assert run.wait("paused", timeout=PATIENCE)
        assert run.status == "paused"
        if epoch + 1 < epochs:
            run.resume("epoch")


def poll(read) -> None:
    """Wait until ``read`` returns something."""
    deadline = time.monotonic() + PATIENCE
    while not read():
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.0005)


def snapshot_of(run: Run, revision: int):
    """Return a snapshot of a revision of the program."""
    found = []

    def look() -> bool:
        snapshot = run.take()
        if snapshot is not None and snapshot.revision == revision:
            found.append(snapshot)
        return bool(found)

    run.request(SnapshotRequest())
    poll(look)
    return found[0]


@ENGINES
@pytest.mark.parametrize("change", [freeze, disable, tie])
def test_a_run_revised_equals_one_that_was_edited_while_it_paused(
    layered, make_run, through_a_file, monkeypatch: pytest.MonkeyPatch, change, engine: str
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    settings = TrainingSettings(**SETTINGS, epochs=100)
    expected, rows, _ = by_pausing(layered([2, 4, 1]), [change], settings, through_a_file, epochs=50)

    network = layered([2, 4, 1])
    run = make_run(network, epochs=100)
    train_epochs(run, 50)
    found = list(run.drain())
    # The next step is hours away at this pace: the revision comes before it, though the run is on.
    run.set_pace(1e-6)
    run.resume()
    change(network)
    program = compile_network(network)
    run.revise(program, 8)
    poll(lambda: run.program is program)
    assert run.status == "running"
    run.set_pace(None)
    assert run.wait(timeout=PATIENCE)
    found += run.drain()
    assert [row.loss for row in found] == [row.loss for row in rows]
    assert run.state().parameters.tobytes() == expected.parameters.tobytes()


def test_a_run_that_goes_at_full_speed_is_revised_without_losing_an_epoch(layered, make_run) -> None:
    network = layered([2, 4, 1])
    run = make_run(network, epochs=10**9)
    run.request(SnapshotRequest())
    run.start()
    found = []
    for change, revision in ((freeze, 8), (disable, 9), (enable, 10), (unfreeze, 11), (tie, 12)):
        poll(lambda: found.extend(run.drain()) or (found and found[-1].epoch > 3))
        change(network)
        run.revise(compile_network(network), revision)
        poll(lambda revision=revision: run.revision == revision)
        snapshot = snapshot_of(run, revision)
        assert snapshot.connection_ids == run.program.connection_ids
        assert len(snapshot.weights) == run.program.n_connections
    assert run.stop(PATIENCE)
    found += run.drain()
    assert [row.epoch for row in found] == list(range(1, len(found) + 1))
    assert run.error is None
    assert len(run.parameters.weights) == run.program.n_connections
    assert run.state().connection_ids == run.program.connection_ids


@pytest.mark.parametrize("when", ["ready", "paused"])
def test_a_run_that_is_not_on_is_revised_at_once(layered, make_run, when: str) -> None:
    network = layered([2, 4, 1])
    run = make_run(network, epochs=10**9)
    if when == "paused":
        train_epochs(run, 1)
    disable(network)
    program = compile_network(network)
    run.revise(program)
    assert run.program is program
    assert run.revision == 7
    assert run.state().connection_ids == program.connection_ids
    (run.start if when == "ready" else run.resume)("epoch")
    assert run.wait("paused", timeout=PATIENCE)


def test_a_revision_just_before_a_pause_or_the_end_is_not_lost(layered, make_run) -> None:
    network = layered([2, 4, 1])
    run = make_run(network, epochs=10**9)
    run.start()
    poll(lambda: not run.is_preparing)
    freeze(network)
    first = compile_network(network)
    run.revise(first)
    run.pause()
    assert run.wait("paused", timeout=PATIENCE)
    assert run.program is first
    run.resume()
    disable(network)
    second = compile_network(network)
    run.revise(second)
    assert run.stop(PATIENCE)
    assert run.program is second


def test_a_run_refuses_a_revision_that_cannot_be_trained_and_goes_on(layered, make_run) -> None:
    run = make_run(layered([2, 4, 1]), epochs=10**9)
    run.start()
    program = run.program
    with pytest.raises(ShapeError, match="another network"):
        run.revise(compile_network(layered([2, 5, 1])))
    assert run.status == "running"
    assert run.program is program


def test_a_run_that_is_over_stays_as_it_is(layered, make_run) -> None:
    network = layered([2, 4, 1])
    run = make_run(network, epochs=1)
    run.start()
    assert run.wait(timeout=PATIENCE)
    program = run.program
    disable(network)
    run.revise(compile_network(network))
    assert run.program is program


def test_a_run_revised_while_it_prepares_begins_with_the_revision(layered, make_run) -> None:
    network = layered([2, 4, 1])
    run = make_run(network, epochs=10)
    run.start("epoch")
    disable(network)
    program = compile_network(network)
    run.revise(program)
    run.pause()
    assert run.wait("paused", timeout=PATIENCE)
    run.resume()
    assert run.wait(timeout=PATIENCE)
    assert run.stopped_because == "epochs"
    assert run.program is program
    assert [row.epoch for row in run.drain()] == list(range(1, 11))
