"""Any step of the past comes back bit for bit, however it was trained and recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.backend import choose
from nnstudio.engine.kernels import products
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.schedules import SCHEDULES
from nnstudio.training import Timeline, Trainer, TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnstudio.network import Network
    from nnstudio.training import TrainerState

# Far more than anything here takes: only a hang reaches it.
PATIENCE = 30.0
MOONS = make_dataset("moons", rows=50, seed=1)
WHOLE = make_dataset("moons", rows=30, seed=2, test_fraction=0.0)
GATE = make_dataset("and")
SETTINGS = {"learning_rate": 0.02, "batch_size": 7, "epochs": 40, "optimizer": "adam"}
ENGINES = pytest.mark.parametrize("engine", ["numpy", "kernels"])
# Steps that lie within epochs of 6 steps, at their ends, and at both ends of the training.
STEPS = (0, 1, 5, 6, 7, 40, 120, 121, 203, 239, 240)


@pytest.fixture(autouse=True)
def _on(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    engine = request.node.callspec.params.get("engine") if hasattr(request.node, "callspec") else None
    if engine is not None:
        monkeypatch.setenv("NNSTUDIO_ENGINE", engine)


def trainer_of(network: Network, data=MOONS, *, state=None, **settings) -> Trainer:
    chosen = TrainingSettings(**{**SETTINGS, **settings})
    program = compile_network(network, dtype=chosen.dtype)
    parameters = program.initial_parameters() if state is None else None
    return Trainer(program, parameters, data, chosen, state=state)


def record(timeline: Timeline, trainer: Trainer, steps: int = 10**6, seed: int = 0) -> None:
    """Train so many steps, or to the end, cut anyhow, and record in between as a run does."""
    cuts = np.random.default_rng(seed)
    last = trainer.step_number + steps
    timeline.record(trainer)
    while trainer.stopped_because is None and trainer.step_number < last:
        most = int(min(cuts.integers(1, 12), timeline.ahead(trainer, 0.0), last - trainer.step_number))
        trainer.advance(PATIENCE, most=most)
        timeline.record(trainer)
    timeline.record(trainer, always=True)


def thinned(timeline: Timeline) -> Timeline:
    """The same with hardly any checkpoint left, so that steps are replayed from far."""
    timeline.budget = 1
    return timeline


def states(make: Callable[[], Trainer], steps: Sequence[int] = STEPS) -> list[TrainerState]:
    """The states after these steps, of a training that isn't recorded."""
    trainer, found = make(), []
    for step in steps:
        if step > trainer.step_number:
            trainer.advance(PATIENCE, most=step - trainer.step_number)
        if trainer.step_number == step:
            found.append(trainer.state())
    return found


def same(found: TrainerState, expected: TrainerState) -> None:
    plain = ("epoch", "position", "step", "rows", "loss_sum", "optimizer", "rng", "schedule", "patience")
    for name in (*plain, "connection_ids", "neuron_ids"):
        assert getattr(found, name) == getattr(expected, name), name
    arrays, wanted = found.arrays(), expected.arrays()
    assert arrays.keys() == wanted.keys()
    for name, array in wanted.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].tobytes() == array.tobytes(), name


def check(make: Callable[[], Trainer], steps: Sequence[int] = STEPS) -> Timeline:
    timeline = Timeline()
    trainer = make()
    record(timeline, trainer)
    expected = states(make, steps)
    assert len(expected) > 3
    for one in expected:
        same(timeline.exact(one.step), one)
    few = thinned(timeline.cut(trainer.step_number))
    assert len(few) < len(timeline)
    for one in reversed(expected):
        same(few.exact(one.step), one)
    same(timeline.exact(trainer.step_number), trainer.state())
    return timeline


@ENGINES
@pytest.mark.parametrize("optimizer", [key for key in OPTIMIZERS if key != "perceptron"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_every_optimizer(layered, engine: str, optimizer: str, shuffle: bool) -> None:
    check(lambda: trainer_of(layered([2, 4, 1]), optimizer=optimizer, shuffle=shuffle))


@ENGINES
def test_the_perceptron_rule(layered, engine: str) -> None:
    check(
        lambda: trainer_of(
            layered([2, 1], output="step"), GATE, optimizer="perceptron", batch_size=1, learning_rate=0.1
        ),
        (0, 1, 2, 3, 4, 5, 77, 150),
    )


@ENGINES
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule(layered, engine: str, schedule: str) -> None:
    options = {"patience": 0, "threshold": 0.5} if schedule == "reduce_on_plateau" else {}
    timeline = check(
        lambda: trainer_of(layered([2, 4, 1]), schedule=schedule, schedule_options=options, epochs=40)
    )
    if schedule == "reduce_on_plateau":
        rates = {timeline.exact(step).schedule["rate"] for step in STEPS}
        assert len(rates) > 1


@ENGINES
@pytest.mark.parametrize("batch_size", [1, 3, 40, None])
def test_every_size_of_batches(layered, engine: str, batch_size: int | None) -> None:
    check(
        lambda: trainer_of(layered([2, 4, 1]), batch_size=batch_size, epochs=15),
        (0, 1, 2, 3, 12, 13, 14, 15, 101, 200, 599, 600),
    )


SHAPES = {
    "dropout": {"dropout": 0.3},
    "float32": {"dtype": "float32"},
    "float32 with dropout, best weights and clipping": {
        "dtype": "float32",
        "dropout": 0.2,
        "patience": 100,
        "clip_norm": 0.5,
    },
    "penalties": {"l1": 0.001, "l2": 0.01, "weight_decay": 0.01, "clip_value": 0.1},
    "classes that count alike": {"class_weights": "balanced"},
    "a loss to reach": {"target_loss": 0.0},
    "best weights": {"patience": 100},
}


@ENGINES
@pytest.mark.parametrize("name", SHAPES)
def test_all_that_shapes_a_step(layered, engine: str, name: str) -> None:
    check(lambda: trainer_of(layered([2, 4, 1]), **SHAPES[name]))


@ENGINES
def test_a_training_without_a_test_part_that_watches_its_loss(layered, engine: str) -> None:
    check(lambda: trainer_of(layered([2, 4, 1]), WHOLE, patience=100, schedule="reduce_on_plateau"))


def test_products_of_matrices(layered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "WORTH", 1)
    assert choose(compile_network(layered([2, 16, 1])), "mse", "adam", 7)[0] == "matrices"
    for settings in ({}, {"dropout": 0.3, "patience": 100}):
        check(lambda settings=settings: trainer_of(layered([2, 16, 1]), **settings))


def constrained(network: Network) -> Network:
    hidden = network.hidden
    network.update_neuron(hidden[0].id, trainable=False)
    network.update_neuron(hidden[1].id, enabled=False)
    into = [c for c in network.incoming(network.outputs[0].id) if c.source != hidden[1].id]
    for connection in into[:2]:
        network.update_connection(connection.id, tie="t")
    first, second = network.incoming(hidden[2].id)
    network.update_connection(first.id, sign=1)
    network.update_connection(second.id, rate_factor=0.25)
    network.update_connection(network.incoming(hidden[3].id)[0].id, trainable=False)
    return network


@ENGINES
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_constraints(layered, engine: str, optimizer: str) -> None:
    check(lambda: trainer_of(constrained(layered([2, 4, 1])), optimizer=optimizer))


@ENGINES
def test_patience_that_ends_the_training_and_sets_the_best_weights_back(layered, engine: str) -> None:
    timeline, made = Timeline(), []

    def make() -> Trainer:
        made.append(trainer_of(layered([2, 4, 1]), patience=2, learning_rate=0.5, epochs=200))
        return made[-1]

    trainer = make()
    record(timeline, trainer)
    assert trainer.stopped_because == "patience"
    last = trainer.step_number
    for one in states(make, (0, 6, last - 6, last - 1, last)):
        same(timeline.exact(one.step), one)
    assert timeline.exact(last).parameters.tobytes() == timeline.exact(last).best.tobytes()
    assert timeline.exact(last - 1).parameters.tobytes() != timeline.exact(last).parameters.tobytes()


@ENGINES
@pytest.mark.parametrize(
    "stop", [{"patience": 2, "learning_rate": 0.5}, {"target_loss": 0.2}, {"epochs": 10}]
)
def test_a_training_that_went_on_after_its_end_is_replayed_across_it(layered, engine: str, stop) -> None:
    network, timeline = layered([2, 4, 1]), Timeline()
    settings = TrainingSettings(**{**SETTINGS, "epochs": 40, **stop})
    program = compile_network(network)
    trainer = Trainer(program, program.initial_parameters(), MOONS, settings)
    record(timeline, trainer)
    ended = trainer.step_number
    assert trainer.stopped_because in ("patience", "target_loss", "epochs")
    again = compile_network(network)
    trainer = Trainer(again, None, MOONS, settings, state=trainer.state(), stop_at=80)
    record(timeline, trainer, 20)

    assert len({id(timeline.stretch(index)) for index in range(len(timeline))}) == 1
    few = thinned(timeline.cut(ended + 20))
    for step in (ended, ended + 1, trainer.step_number):
        same(few.exact(step), timeline.exact(step))
    same(few.exact(trainer.step_number), trainer.state())
    reference = Trainer(again, None, MOONS, settings, state=timeline.exact(ended), stop_at=80)
    reference.advance(PATIENCE, most=5)
    same(few.exact(ended + 5), reference.state())


@ENGINES
@pytest.mark.parametrize("at", [6 * 8, 6 * 8 + 4])
def test_constraints_that_change_midway(layered, engine: str, at: int) -> None:
    network, timeline = layered([2, 4, 1]), Timeline()
    trainer = trainer_of(network)
    expected = [trainer.state()]
    timeline.record(trainer)
    for change in (lambda n: constrained(n), lambda n: n.update_neuron(n.hidden[1].id, enabled=True)):
        for _ in range(at):
            trainer.step()
            timeline.record(trainer)
            expected.append(trainer.state())
        change(network)
        trainer.revise(compile_network(network))
        timeline.record(trainer)
        expected[-1] = trainer.state()
    record(timeline, trainer, 5)

    programs = {id(timeline.stretch(index).program) for index in range(len(timeline))}
    assert len(programs) == 3
    assert [timeline.stretch_at(step).first_step for step in (0, at - 1, at, 2 * at)] == [0, 0, at, 2 * at]
    few = thinned(timeline.cut(2 * at + 5))
    # Memory for what lies between two changes is refused first, so that only its ends are left to replay.
    for step in (*range(0, at, 7), at - 1, *range(2 * at, 2 * at + 1)):
        same(few.exact(step), expected[step])
    for step in range(0, 2 * at + 1, 5):
        same(timeline.exact(step), expected[step])


@ENGINES
@pytest.mark.parametrize("change", ["settings", "data", "values"])
def test_other_settings_data_or_values_midway(layered, engine: str, change: str) -> None:
    network, timeline = layered([2, 4, 1]), Timeline()
    trainer = trainer_of(network, optimizer="momentum", patience=100)
    record(timeline, trainer, 100)
    before = trainer.state()
    if change == "settings":
        following = trainer_of(network, state=before, optimizer="adam", batch_size=5, schedule="cosine")
    elif change == "data":
        # As a window goes on with other data: the epoch under way begins again.
        state = replace(before, position=0, loss_sum=0.0, patience=None, best=None)
        following = trainer_of(network, WHOLE, state=state, optimizer="momentum", patience=100)
    else:
        program = compile_network(network)
        parameters = program.initial_parameters()
        parameters.flat[:] = before.parameters
        parameters.weights[0] += 1.0
        following = Trainer(program, parameters, MOONS, trainer.settings, state=before)
    at_first = following.state()
    record(timeline, following, 50, seed=1)
    few = timeline.cut(150)
    few.budget = few.n_bytes // 4

    assert few.stretch_at(99).first_step == 0
    assert few.stretch_at(100).first_step == 100
    again = Trainer(following.program, None, following.data, following.settings, state=at_first)
    for kept in (timeline, few):
        same(kept.exact(100), at_first)
        same(kept.exact(150), following.state())
    same(few.exact(77), states(lambda: trainer_of(network, optimizer="momentum", patience=100), (77,))[0])
    again.advance(PATIENCE, most=33)
    same(few.exact(133), again.state())


def test_steps_taken_again_one_after_the_other_are_those_of_the_run(layered) -> None:
    timeline = Timeline()
    make = lambda: trainer_of(layered([2, 4, 1]), dropout=0.2)  # noqa: E731
    record(timeline, make())
    few = thinned(timeline)
    steps = [*range(50, 75), *range(74, 49, -1)]
    expected = {one.step: one for one in states(make, range(50, 75))}
    for step in steps:
        same(few.exact(step), expected[step])


def test_a_moment_that_is_a_checkpoint_has_the_state_of_the_run(layered) -> None:
    timeline, trainer = Timeline(), trainer_of(layered([2, 4, 1]), patience=100)
    record(timeline, trainer, 33)
    same(timeline.state(len(timeline) - 1), trainer.state())
    assert timeline.state(len(timeline) - 2) is None
