"""What is read off a timeline, and how it is distributed, against plain NumPy."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.engine.parameters import Parameters
from nnstudio.network.templates import layered_network
from nnstudio.training import Timeline
from nnstudio.training.distributions import Group, findings, histograms, layer_lines, value_lines
from nnstudio.training.readings import MOST_MOMENTS, Readings, layout_of, read, wanted
from nnstudio.training.trainer import Trainer

DATA = nn.make_dataset("xor")
SETTINGS = nn.TrainingSettings(optimizer="adam", learning_rate=0.05, batch_size=2, epochs=10_000)


def network(hidden="tanh"):
    made = layered_network([2, 3, 2, 1], hidden=hidden)
    made.initialize("xavier_uniform", 1)
    return made


def recorded(steps, *, made=None, settings=SETTINGS):
    program = nn.compile_network(made or network())
    timeline, trainer = Timeline(), Trainer(program, None, DATA, settings)
    trainer.prepare()  # as a run does: loading the kernels is no time of the training
    timeline.record(trainer)
    for _ in range(steps):
        trainer.step()
        timeline.record(trainer)
    timeline.record(trainer, always=True)
    return program, timeline


def test_moments_are_spread_evenly_with_the_ends_among_them():
    _, timeline = recorded(400)
    steps = timeline.steps[wanted(timeline)]
    assert (steps[0], steps[-1]) == (0, 400)
    assert MOST_MOMENTS / 2 <= len(steps) <= MOST_MOMENTS + 2
    gaps = np.diff(steps[1:-1])
    assert gaps.max() <= 2 * gaps.min()


def test_what_was_wanted_stays_wanted_or_every_other_of_it():
    program = nn.compile_network(network())
    timeline, trainer = Timeline(), Trainer(program, None, DATA, SETTINGS)
    timeline.record(trainer)
    kept = []
    for _ in range(4):
        for _ in range(100):
            trainer.step()
            timeline.record(trainer)
        kept.append(set(timeline.steps[wanted(timeline)].tolist()))
    for before, after in itertools.pairwise(kept):
        last = max(before)
        assert len({step for step in after if step < last} - before) <= 1


def test_a_reading_has_the_weights_gradients_and_activations_of_its_moment():
    program, timeline = recorded(30)
    index = timeline.nearest(17)
    found = read(timeline, index)
    parameters = Parameters(timeline.parameters(index), program.n_connections)
    _, gradients = program.loss_and_gradients(parameters, DATA.x_train, DATA.y_train, loss="mse")
    assert found.step == 17
    assert found.weights == pytest.approx(parameters.weights)
    assert found.gradients == pytest.approx(gradients.weights, rel=1e-5, abs=1e-8)
    activations = program.activations(parameters, DATA.x_train)
    behind = program.n_inputs
    assert found.activations == pytest.approx(activations[:, behind:], rel=1e-5, abs=1e-7)
    assert found.biases == pytest.approx(parameters.biases[behind:])


def test_updates_are_what_the_next_step_really_changes():
    _, timeline = recorded(30)
    for step in (0, 9, 29):
        found = read(timeline, timeline.nearest(step))
        change = timeline.parameters(step + 1) - timeline.parameters(step)
        assert found.updates == pytest.approx(change[: len(found.updates)], rel=1e-5, abs=1e-9)


def test_norms_and_ratios_are_of_whole_layers():
    program, timeline = recorded(12)
    found = read(timeline, timeline.nearest(5))
    first = program.target_slot < program.level_start[2]
    weights = timeline.parameters(5)[: program.n_connections]
    update = timeline.parameters(6)[: program.n_connections] - weights
    assert found.ratios[0] == pytest.approx(np.linalg.norm(update[first]) / np.linalg.norm(weights[first]))
    assert found.gradient_norms[0] == pytest.approx(np.linalg.norm(found.gradients[first]), rel=1e-5)
    lines = layer_lines([found], "ratios")
    assert lines.names == ("Layer 1", "Layer 2", "Layer 3")
    assert lines.values[:, 0] == pytest.approx(found.ratios)


def test_histograms_count_the_values_of_a_group():
    program, timeline = recorded(20)
    readings = Readings().update(timeline)
    found = histograms(readings, "weights", Group(2), bins=10)
    layout = layout_of(program)
    second = layout.connection_layers == 2
    assert found.members == second.sum() == 6
    assert found.counts.shape == (len(readings), 10)
    assert found.outside == 0.0
    assert (found.counts.sum(axis=1) == 6).all()
    expected, _ = np.histogram(readings[3].weights[second], found.edges)
    assert found.counts[3].tolist() == expected.tolist()


def test_a_selection_has_what_is_selected_alone():
    program, timeline = recorded(5)
    readings = Readings().update(timeline)
    chosen = Group(connections=frozenset(program.connection_ids[:2]), neurons=frozenset())
    assert histograms(readings, "weights", chosen).members == 2
    assert histograms(readings, "activations", chosen) is None
    chosen = Group(neurons=frozenset(program.neuron_ids[2:4]))
    assert histograms(readings, "biases", chosen).members == 2
    assert histograms(readings, "activations", chosen).members == 2 * len(DATA.train_rows)


def test_few_values_far_out_do_not_stretch_a_histogram():
    _, timeline = recorded(60)
    readings = Readings().update(timeline)
    readings[30].weights[0] = 1e9
    found = histograms(readings, "weights", Group())
    assert found.edges[-1] < 1e3
    assert 0.0 < found.outside < 0.01


def test_lines_of_values_are_those_of_the_timeline():
    program, timeline = recorded(8)
    readings = Readings().update(timeline)
    key, neuron = program.connection_ids[4], program.neuron_ids[3]
    lines = value_lines(readings, [(key, "w")], [(neuron, "b")], most=8)
    assert lines.names == ("w", "b")
    expected = [timeline.parameters(int(index))[4] for index in range(9)]
    assert lines.values[0] == pytest.approx(expected, rel=1e-6)
    assert value_lines(readings, [(key, "w")], [(neuron, "b")], most=1).left_out == 1
    assert value_lines(readings, [("nothing", "?")], [], most=8).names == ()


def test_a_training_that_grows_is_read_where_it_is_new(monkeypatch):
    program = nn.compile_network(network())
    timeline, trainer = Timeline(), Trainer(program, None, DATA, SETTINGS)
    timeline.record(trainer)
    readings, asked = Readings(), []

    def counted(*given, **options):
        asked.append(given[1])
        return read(*given, **options)

    monkeypatch.setattr("nnstudio.training.readings.read", counted)
    for steps in (50, 20):
        for _ in range(steps):
            trainer.step()
            timeline.record(trainer)
        before = len(asked)
        found = readings.update(timeline)
    assert [each.step for each in found] == list(range(71))
    assert len(asked) - before == 20


def test_an_interrupted_update_has_what_is_spread_over_all():
    _, timeline = recorded(64)
    allowed = iter(range(9))
    found = Readings().update(timeline, lambda: next(allowed, None) is None)
    assert [each.step for each in found] == list(range(0, 65, 8))


def test_what_is_known_outlives_an_interruption():
    program = nn.compile_network(network())
    timeline, trainer = Timeline(), Trainer(program, None, DATA, SETTINGS)
    trainer.prepare()
    readings = Readings()
    for _ in range(2):
        timeline.record(trainer)
        for _ in range(20):
            trainer.step()
            timeline.record(trainer)
        readings.update(timeline, lambda: timeline.steps[-1] > 20)
    found = [each.step for each in readings.update(timeline, lambda: True)]
    assert found == list(range(21))


def test_a_step_that_became_another_moment_is_read_anew():
    program = nn.compile_network(network())
    timeline, trainer = Timeline(), Trainer(program, None, DATA, SETTINGS)
    trainer.prepare()
    readings = Readings()
    for _ in range(5):
        timeline.record(trainer)
        trainer.step()
    timeline.record(trainer, always=True)
    before = readings.update(timeline)[-1]
    faster = replace(SETTINGS, learning_rate=10 * SETTINGS.learning_rate)
    timeline.record(Trainer(program, None, DATA, faster, state=trainer.state()))
    after = readings.update(timeline)[-1]
    assert (before.step, after.step) == (5, 5)
    assert after.weights == pytest.approx(before.weights)
    assert after.updates == pytest.approx(10 * before.updates, rel=1e-5)


def test_dead_and_saturated_neurons_and_vanishing_gradients_are_told():
    made = network("relu")
    dead = next(n for n in made.neurons if n.role == "hidden")
    made.update_neuron(dead.id, bias=-100.0)
    program, timeline = recorded(1, made=made, settings=nn.TrainingSettings(learning_rate=1e-9, batch_size=4))
    told = findings(read(timeline, 0), program)
    assert any("ReLU neurons are 0 for every row" in each and each.startswith("Layer 1: ") for each in told)
    made = network("tanh")
    for neuron in made.neurons:
        if neuron.role == "hidden":
            made.update_neuron(neuron.id, bias=30.0)
    program, timeline = recorded(1, made=made, settings=nn.TrainingSettings(learning_rate=1e-9))
    told = findings(read(timeline, 0), program)
    assert any("it vanishes on the way" in each for each in told)
    assert any(each.startswith("Layer 1: 3 of 3 tanh neurons are saturated") for each in told)


def test_steps_that_are_far_too_large_are_told():
    program, timeline = recorded(3, settings=nn.TrainingSettings(optimizer="adam", learning_rate=5.0))
    assert any("the rate may be too large" in each for each in findings(read(timeline, 0), program))
