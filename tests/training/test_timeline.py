"""What a timeline keeps of a training, and how it makes room."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.training import Timeline, Trainer, TrainingSettings
from nnstudio.training import timeline as module
from nnstudio.training.measuring import Measuring
from nnstudio.training.timeline_pace import Pace
from nnstudio.training.timeline_spacing import Spacing

PATIENCE = 30.0
MOONS = make_dataset("moons", rows=50, seed=1)
STEPS_PER_EPOCH = 6


def trainer_of(network, **settings) -> Trainer:
    chosen = TrainingSettings(
        **{"learning_rate": 0.02, "batch_size": 7, "epochs": 10**6, "optimizer": "adam", **settings}
    )
    program = compile_network(network, dtype=chosen.dtype)
    trainer = Trainer(program, program.initial_parameters(), MOONS, chosen)
    trainer.prepare()  # as a run does: loading the kernels is no time of the training
    return trainer


def train(timeline: Timeline, trainer: Trainer, steps: int, each: int = 1) -> None:
    timeline.record(trainer)
    for _ in range(steps // each):
        trainer.advance(PATIENCE, most=each)
        timeline.record(trainer)


def test_an_empty_timeline_has_nothing() -> None:
    timeline = Timeline()
    assert (len(timeline), timeline.n_bytes, timeline.steps.tolist(), timeline.epochs.tolist()) == (
        0,
        0,
        [],
        [],
    )
    assert len(timeline.cut(5)) == 0
    for ask in (timeline.nearest, timeline.exact, timeline.epoch_at, timeline.stretch_at, timeline.beside):
        with pytest.raises(LookupError):
            ask(0)


def test_a_young_training_is_kept_step_by_step(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    expected = [trainer.parameters.flat.copy()]
    timeline.record(trainer)
    for step in range(1, 301):
        assert timeline.ahead(trainer, 0.01) == 1
        trainer.advance(PATIENCE, most=1)
        before = timeline.version
        timeline.record(trainer)
        assert timeline.version > before
        assert timeline.steps[-1] == step
        expected.append(trainer.parameters.flat.copy())
    assert timeline.steps.dtype == timeline.epochs.dtype == np.int64
    assert timeline.steps.tolist() == list(range(301))
    assert timeline.epochs.tolist() == [step // STEPS_PER_EPOCH for step in range(301)]
    for step, values in enumerate(expected):
        assert timeline.parameters(step).tobytes() == values.tobytes()
    stretch = timeline.stretch(17)
    assert (stretch.program, stretch.data, stretch.first_step) == (trainer.program, MOONS, 0)
    assert stretch.settings == trainer.settings
    assert stretch.steps_per_epoch == STEPS_PER_EPOCH


def test_recording_twice_keeps_one_moment(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    train(timeline, trainer, 5)
    for _ in range(3):
        timeline.record(trainer)
        timeline.record(trainer, always=True)
    assert timeline.steps.tolist() == [0, 1, 2, 3, 4, 5]
    version = timeline.version
    timeline.record(trainer, always=True)
    assert timeline.version == version


def test_what_is_given_out_changes_nothing(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    train(timeline, trainer, 5)
    for array in (timeline.steps, timeline.epochs, timeline.parameters(2)):
        array[:] = 99
    assert timeline.steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert timeline.epochs.max() == 0
    assert timeline.parameters(2).max() < 99


def test_too_many_moments_come_to_lie_twice_as_far_apart(layered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MOMENTS", 64)
    trainer, timeline = trainer_of(layered([2, 4, 1]), batch_size=40), Timeline()
    trainer_steps = 1000
    timeline.record(trainer)
    for _ in range(trainer_steps):
        trainer.advance(PATIENCE, most=1)
        timeline.record(trainer)
        assert len(timeline) <= 64
    timeline.record(trainer, always=True)
    steps = timeline.steps
    apart = np.diff(steps)
    assert (steps[0], steps[-1]) == (0, trainer_steps)
    # All but the last, which is there because it is the last.
    assert set(apart[:-1].tolist()) == {16}
    assert len(timeline) > 64 // 4


def test_ends_of_epochs_stay_for_a_while(layered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MOMENTS", 64)
    trainer, timeline = trainer_of(layered([2, 4, 1]), batch_size=2), Timeline()
    train(timeline, trainer, 20 * 13)
    ends = [step for step in timeline.steps.tolist() if step % 20 == 0]
    assert [step for step in ends if step % 8] == [20, 60, 100, 140, 180, 220, 260]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_budget_is_kept_and_both_ends_with_it(layered, optimizer: str) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1]), optimizer=optimizer), Timeline(20_000)
    timeline.record(trainer)
    for step in range(1, 400):
        trainer.advance(PATIENCE, most=1)
        timeline.record(trainer, always=step % 3 == 0)
        assert timeline.n_bytes <= 20_000
    assert timeline.n_bytes > 5_000
    assert (timeline.steps[0], timeline.steps[-1]) == (0, 399)
    assert timeline.state(0) is not None
    assert timeline.state(len(timeline) - 1) is not None
    assert len(timeline._checkpoints) > 3
    assert len(set(np.diff(timeline.steps)[:5].tolist())) == 1


def test_a_smaller_budget_holds_at_once_and_a_larger_one_from_then_on(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    train(timeline, trainer, 200)
    whole = timeline.n_bytes
    timeline.budget = whole // 3
    assert timeline.budget == whole // 3
    assert timeline.n_bytes <= whole // 3
    few = len(timeline)
    timeline.budget = 10 * whole
    train(timeline, trainer, 200)
    assert few < len(timeline)
    assert whole // 3 < timeline.n_bytes < 2 * whole


def test_best_weights_that_checkpoints_share_are_counted_once(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 64, 1]), patience=1000, learning_rate=1e-9), Timeline()
    trainer.advance(PATIENCE, most=STEPS_PER_EPOCH)
    timeline.record(trainer, always=True)
    sizes = []
    for _ in range(3):
        before = timeline.n_bytes
        trainer.advance(PATIENCE, most=1)
        timeline.record(trainer, always=True)
        sizes.append(timeline.n_bytes - before)
    n = len(trainer.parameters.flat) * 8
    # A moment, and a checkpoint of parameters, mean and squares; the same best all along.
    assert all(4 * n < size < 5 * n for size in sizes)
    before = timeline.n_bytes
    timeline.budget = before
    assert timeline.n_bytes == before


def test_large_networks_are_kept_in_single_precision_to_look_at(layered) -> None:
    trainer = trainer_of(layered([2, 64, 1]))
    timeline = Timeline(2**20)
    train(timeline, trainer, 3)
    expected = trainer.parameters.flat
    found = timeline.parameters(3)
    assert found.dtype == np.float64
    assert found.tobytes() == expected.astype(np.float32).astype(np.float64).tobytes() != expected.tobytes()
    trainer.parameters.flat[0] = 1e200
    trainer.advance(PATIENCE, most=1)
    timeline.record(trainer)
    assert np.isfinite(timeline.parameters(4)).all()


def test_constraints_that_change_too_often_for_the_budget_leave_both_ends(layered) -> None:
    network = layered([2, 4, 1])
    trainer, timeline = trainer_of(network), Timeline(15_000)
    states = {}
    for number in range(40):
        train(timeline, trainer, 3)
        states[trainer.step_number - 1] = trainer.step_number
        network.update_neuron(network.hidden[0].id, trainable=bool(number % 2))
        trainer.revise(compile_network(network))
        timeline.record(trainer)
        assert timeline.n_bytes <= 15_000
    assert (timeline.steps[0], timeline.steps[-1]) == (0, 120)
    assert timeline.exact(0).step == 0
    assert timeline.exact(120).step == 120
    with pytest.raises(LookupError, match="for want of memory"):
        timeline.exact(5)
    with pytest.raises(LookupError, match="recorded"):
        timeline.exact(121)


def test_the_nearest_moment(layered, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    train(timeline, trainer, 50, each=10)
    assert timeline.steps.tolist() == [0, 10, 20, 30, 40, 50]
    found = {step: timeline.nearest(step) for step in (-5, 0, 4, 5, 6, 14, 16, 50, 1000)}
    assert found == {-5: 0, 0: 0, 4: 0, 5: 0, 6: 1, 14: 1, 16: 2, 50: 5, 1000: 5}


def test_steps_beside_another_one(layered) -> None:
    network = layered([2, 4, 1])
    trainer, timeline = trainer_of(network), Timeline()
    train(timeline, trainer, 20)
    # From 20 on, in the middle of the fourth epoch, batches of 2.
    other = TrainingSettings(batch_size=2, epochs=100, optimizer="adam")
    again = Trainer(trainer.program, None, MOONS, other, state=trainer.state())
    train(timeline, again, 50)

    assert timeline.beside(7, batches=1) == 8
    assert timeline.beside(7, batches=-2) == 5
    assert timeline.beside(0, batches=-1) == 0
    assert timeline.beside(70, batches=1) == 70
    forward = [0]
    while forward[-1] < 70:
        forward.append(timeline.beside(forward[-1], epochs=1))
    starts = [step for step in forward[:-1] if timeline.exact(step).position == 0]
    assert starts == forward[:-1]
    assert starts[:4] == [0, 6, 12, 18]
    assert len(starts) == len({timeline.exact(step).epoch for step in range(71)})
    back = [70]
    while back[-1] > 0:
        back.append(timeline.beside(back[-1], epochs=-1))
    assert back[1:] == starts[::-1]
    assert timeline.beside(0, epochs=3) == 18
    assert timeline.beside(20, epochs=-2) == 12


def test_finished_epochs_are_known_between_kept_moments_too(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    train(timeline, trainer, 32, each=8)
    # In the middle of the sixth epoch, batches of 2 from then on.
    other = TrainingSettings(batch_size=2, epochs=100, optimizer="adam")
    again = Trainer(trainer.program, None, MOONS, other, state=trainer.state())
    train(timeline, again, 44, each=11)
    last = int(timeline.steps[-1])
    assert len(timeline) < last / 4
    told = [timeline.epoch_at(step) for step in range(last + 1)]
    assert told == [timeline.exact(step).epoch for step in range(last + 1)]
    assert told[5:7] == [0, 1]


def test_a_branch_shares_what_is_kept_and_goes_its_own_way(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    train(timeline, trainer, 60)
    timeline.record(trainer, always=True)
    branch = timeline.cut(40)
    assert branch.steps.tolist() == list(range(41))
    assert branch.budget == timeline.budget
    for index in (0, 13, 40):
        assert branch._moments[index] is timeline._moments[index]
    state = branch.exact(40)
    other = TrainingSettings(batch_size=7, epochs=100, learning_rate=0.5)
    train(branch, Trainer(trainer.program, None, MOONS, other, state=state), 30)

    assert branch.steps.tolist() == list(range(71))
    assert timeline.steps.tolist() == list(range(61))
    assert branch.stretch(39) is timeline.stretch(39)
    assert branch.stretch(40).settings is other
    assert branch.parameters(40).tobytes() == timeline.parameters(40).tobytes()
    assert branch.parameters(45).tobytes() != timeline.parameters(45).tobytes()
    assert timeline.exact(60).parameters.tobytes() == trainer.parameters.flat.tobytes()
    for one in (timeline, branch):
        assert one.exact(33).parameters.tobytes() == timeline.parameters(33).tobytes()
    # The parent gives up what it kept; the branch still has it.
    timeline.budget = 1
    assert len(timeline) == 2
    assert branch.steps.tolist() == list(range(71))


def test_a_cut_between_moments_goes_on_from_its_very_step(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    train(timeline, trainer, 60, each=10)
    branch = timeline.cut(34)
    assert branch.steps.tolist() == [0, 10, 20, 30]
    state = timeline.exact(34)
    train(branch, Trainer(trainer.program, None, MOONS, trainer.settings, state=state), 5)
    assert branch.steps.tolist() == [0, 10, 20, 30, 34, 35, 36, 37, 38, 39]
    for step in (30, 33, 34, 37, 39):
        assert branch.exact(step).parameters.tobytes() == timeline.exact(step).parameters.tobytes()


def test_a_trainer_that_begins_earlier_makes_what_came_after_it_forgotten(layered) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1])), Timeline()
    train(timeline, trainer, 40)
    again = Trainer(trainer.program, None, MOONS, trainer.settings, state=timeline.exact(25))
    train(timeline, again, 2)
    assert timeline.steps.tolist() == list(range(28))
    train(timeline, trainer_of(layered([2, 4, 1], seed=3)), 2)
    assert timeline.steps.tolist() == [0, 1, 2]
    assert timeline.stretch(0).first_step == 0


def test_an_epoch_whose_measuring_was_interrupted_is_recorded_once_it_is_over(
    layered, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, timeline = trainer_of(layered([2, 4, 1]), patience=100), Timeline()
    train(timeline, trainer, 5)
    with monkeypatch.context() as patch:
        patch.setattr(Measuring, "measure", lambda self, watching: None)
        trainer.step()
    assert trainer.is_ending_epoch
    timeline.record(trainer)
    assert timeline.steps[-1] == 5
    # Where it pauses just then, this is where it goes on.
    timeline.record(trainer, always=True)
    assert timeline.steps[-1] == 6
    assert timeline.state(6).position == 40
    trainer.step()
    timeline.record(trainer)
    train(timeline, trainer, 6)
    assert timeline.steps.tolist() == list(range(13))
    plain = trainer_of(layered([2, 4, 1]), patience=100)
    plain.advance(PATIENCE, most=9)
    assert timeline.exact(9).parameters.tobytes() == plain.parameters.flat.tobytes()
    assert timeline.exact(9).best.tobytes() == plain.state().best.tobytes()


@pytest.mark.parametrize("microseconds", [0.1, 2, 80, 3000, 50_000])
def test_after_its_beginning_a_run_is_recorded_once_in_a_slice(microseconds: float) -> None:
    pace, step, recorded, slow = Pace(), 0, 0, 0.0
    while step * microseconds < 20e6:
        seconds = pace.unit * microseconds / 1e6
        pace.note(pace.unit, seconds + 10e-6, 15e-6, 0.01)
        step += pace.unit
        recorded += 1
        slow += 25e-6
        assert recorded < 1000 or step > 1000
    assert slow < 0.05 * 20
    assert pace.unit == 1 if microseconds > 10_000 else 0.006 < pace.unit * microseconds / 1e6 < 0.015


def test_a_window_that_holds_up_every_slice_does_not_do_so_for_long() -> None:
    pace, seconds = Pace(), 0.0
    while pace.unit < 4096:
        pace.note(pace.unit, 0.005, 15e-6, 0.01)
        seconds += 0.005
    assert seconds < 1.0


def test_recording_that_takes_long_comes_less_often() -> None:
    pace = Pace()
    for _ in range(5000):
        pace.note(pace.unit, pace.unit * 1e-3, 4e-3, 0.01)
    assert 0.1 < pace.unit * 1e-3 < 0.3


def test_spacing_keeps_the_first_of_each_stride_whatever_came() -> None:
    spacing = Spacing()
    steps = np.array([0, 3, 4, 5, 9, 10, 17, 18, 19, 40])
    fixed = np.zeros(10, bool)
    fixed[[0, -1]] = True
    kept = spacing.widen(steps, fixed, most=6)
    assert steps[kept].tolist() == [0, 4, 9, 17, 40]
    assert spacing.stride == 4
    assert spacing.wants(20, 19)
    assert not spacing.wants(19, 17)
