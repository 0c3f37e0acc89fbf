"""What the ring and the walk say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network import Network
from nnstudio.training import TrainingSettings
from nnstudio.training.phases import PHASES, cycle_of
from nnstudio.ui.phases import words

if TYPE_CHECKING:
    from nnstudio.training.phases import Cycle


def make(loss: str = "mse", activation: str = "sigmoid", **how: Any) -> Cycle:
    data = make_dataset("iris") if activation == "softmax" else make_dataset("and")
    network = Network()
    inputs = [network.add_neuron("input").id for _ in range(data.x.shape[1])]
    for _ in range(data.y.shape[1]):
        output = network.add_neuron("output", activation=activation, bias=0.25).id
        for source in inputs:
            network.connect(source, output, weight=0.5)
    program = compile_network(network)
    keys = ("focus", "alone")
    settings = TrainingSettings(loss=loss, **{key: how[key] for key in how if key not in keys})
    chosen = {key: how[key] for key in how if key in keys}
    return cycle_of(program, program.initial_parameters(), data, settings, **chosen)


def told(cycle: Cycle, phase: str, *, taken: bool = False) -> str:
    text = words.caption(cycle, phase, taken=taken, start="Zeros, seed 1", ends="after 5 epochs")
    return text.replace("\u00a0", " ").replace("\u2060", "")


def test_each_phase_of_a_single_row_is_told_with_its_numbers() -> None:
    cycle = make(batch_size=1, shuffle=False, learning_rate=0.5)
    loss = (cycle.passed.outputs[0] - 0.0) ** 2
    assert told(cycle, "init") == "The weights that training began with: Zeros, seed 1."
    assert told(cycle, "predict").startswith("Batch 1 of 4: row 1. ")
    assert told(cycle, "loss") == f"Mean squared error of row 1: {words.format_number(loss)}."
    assert "dL/dw = δ · a" in told(cycle, "gradient")
    assert told(cycle, "step") == "Gradient descent, η = 0.5: w ← w − η g. Step 1 comes."
    assert told(cycle, "step", taken=True).endswith("Step 1 is taken.")
    assert told(cycle, "stop") == "Training ends after 5 epochs."


def test_of_a_batch_it_is_said_that_numbers_are_means_and_what_the_focus_alone_has() -> None:
    cycle = make(batch_size=None, focus=2)
    assert "4 rows" in told(cycle, "predict")
    assert "means" in told(cycle, "predict")
    assert cycle.sample is not None
    alone = words.format_number(cycle.sample.loss)
    assert told(cycle, "loss").endswith(f"The one in focus alone: {alone}.")


def test_a_sample_that_is_not_the_next_batch_is_said_not_to_be_taken() -> None:
    cycle = make(batch_size=None, focus=2, alone=True)
    assert told(cycle, "step").endswith("Not taken: row 3 alone would do this.")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_is_told_in_every_phase_in_two_short_lines(optimizer: str) -> None:
    cycle = make(optimizer=optimizer, batch_size=1)
    for phase in PHASES:
        assert 0 < len(told(cycle, phase)) <= 90


@pytest.mark.parametrize(
    ("loss", "activation", "start"),
    [
        ("mse", "identity", "(a − y)² = "),
        ("mae", "identity", "|a − y| = "),
        ("cross_entropy", "softmax", "−y ln a = "),
        ("mse", "softmax", "(a − y)² / 3 = "),
    ],
)
def test_terms_of_the_loss_are_named_and_divided(loss: str, activation: str, start: str) -> None:
    cycle = make(loss, activation, batch_size=1)
    long, short = words.term_texts(cycle, 0)
    assert long.startswith(start)
    assert long.endswith(short)


def test_a_change_is_told_with_as_many_digits_as_it_takes() -> None:
    assert words.change_texts(0.75, 0.76) == ("0.75 → 0.76", "0.76")
    assert words.change_texts(0.75912, 0.75934) == ("0.7591 → 0.7593", "0.7593")
    assert words.change_texts(0.5, 0.5) == ("0.5", "0.5")


def test_what_a_connection_brings_is_a_product() -> None:
    cycle = make(batch_size=1, shuffle=False)
    assert words.flow_texts(cycle, 0) == ("0.5 · 0 = 0", "0")
    assert words.sum_texts(cycle, 2) == ("z 0.25 → a 0.562", "z 0.25")
