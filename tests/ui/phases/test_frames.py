"""Moments of a walk as data: what has been reached, what is on its way, and where numbers fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.network import Network
from nnstudio.training import TrainingSettings
from nnstudio.training.phases import PHASES, cycle_of
from nnstudio.ui.phases.frames import frame_of, seconds
from nnstudio.ui.phases.plates import HEIGHT, Plate, overlap, place

if TYPE_CHECKING:
    from nnstudio.training.phases import Cycle


@pytest.fixture(scope="module")
def cycle() -> Cycle:
    """Two inputs, two hidden neurons, one output that also hears an input."""
    network = Network()
    for key in ("a", "b"):
        network.add_neuron("input", id=key)
    for key in ("h1", "h2"):
        network.add_neuron("hidden", id=key, activation="tanh")
    network.add_neuron("output", id="y", activation="sigmoid")
    for source, target in (("a", "h1"), ("b", "h1"), ("b", "h2"), ("h1", "y"), ("h2", "y"), ("a", "y")):
        network.connect(source, target, weight=0.5)
    program = compile_network(network)
    settings = TrainingSettings(batch_size=1)
    return cycle_of(program, program.initial_parameters(), make_dataset("xor"), settings)


def named(cycle: Cycle, mask: np.ndarray) -> set[str]:
    program = cycle.program
    if len(mask) == program.n_neurons:
        return {program.neuron_ids[slot] for slot in np.flatnonzero(mask)}
    ids = program.neuron_ids
    return {
        f"{ids[program.source_slot[slot]]}-{ids[program.target_slot[slot]]}" for slot in np.flatnonzero(mask)
    }


def test_values_arrive_level_by_level(cycle: Cycle) -> None:
    first = frame_of(cycle, "predict", 0.25)
    assert named(cycle, first.neurons) == {"a", "b"}
    assert named(cycle, first.moving) == {"a-h1", "b-h1", "b-h2"}
    assert first.share == pytest.approx(0.5)
    assert not first.connections.any()
    second = frame_of(cycle, "predict", 0.75)
    assert named(cycle, second.neurons) == {"a", "b", "h1", "h2"}
    # What skips a level arrives with the rest of its target's.
    assert named(cycle, second.moving) == {"h1-y", "h2-y", "a-y"}
    last = frame_of(cycle, "predict", 1.0)
    assert last.neurons.all()
    assert last.connections.all()
    assert not last.moving.any()


def test_deltas_go_back_from_target_to_source(cycle: Cycle) -> None:
    first = frame_of(cycle, "gradient", 0.1)
    assert named(cycle, first.neurons) == {"y"}
    assert named(cycle, first.moving) == {"h1-y", "h2-y", "a-y"}
    assert frame_of(cycle, "gradient", 0.4).share < first.share
    second = frame_of(cycle, "gradient", 0.6)
    assert named(cycle, second.neurons) == {"y", "h1", "h2"}
    assert named(cycle, second.connections) == {"h1-y", "h2-y", "a-y"}
    assert named(cycle, second.moving) == {"a-h1", "b-h1", "b-h2"}
    last = frame_of(cycle, "gradient", 1.0)
    assert last.connections.all()
    assert named(cycle, last.neurons) == {"y", "h1", "h2"}


@given(st.sampled_from(PHASES), st.floats(0.0, 1.0))
def test_nothing_that_is_on_its_way_has_arrived(cycle: Cycle, phase: str, progress: float) -> None:
    frame = frame_of(cycle, phase, progress)
    assert not (frame.moving & frame.connections).any()
    assert 0.0 <= frame.share <= 1.0
    assert 0.0 <= frame.glow <= 1.0
    assert seconds(cycle, phase) > 0.0


def width(text: str) -> float:
    return 6.0 * len(text)


AREA = (0.0, 0.0, 400.0, 300.0)
points = st.tuples(st.floats(-20.0, 420.0), st.floats(-20.0, 320.0), st.sampled_from([-1, 0, 1]))
plates = st.builds(
    Plate,
    texts=st.sampled_from([("0.755 · 1 = 0.755", "0.755"), ("−0.5",)]),
    places=st.lists(points, min_size=1, max_size=4).map(tuple),
    rank=st.floats(0.0, 5.0),
)


@given(st.lists(plates, max_size=25))
def test_plates_never_cover_each_other_nor_what_is_blocked(several: list[Plate]) -> None:
    blocked = [(100.0, 100.0, 80.0, 60.0)]
    placed = place(several, width, AREA, blocked)
    boxes = [*blocked, *(one.box for one in placed)]
    assert not any(overlap(a, b) for number, a in enumerate(boxes) for b in boxes[:number])
    for box, text, _ in placed:
        assert box[2] >= width(text)
        assert 0.0 <= box[0] <= box[0] + box[2] <= 400.0
        assert 0.0 <= box[1] <= box[1] + HEIGHT <= 300.0


def test_the_higher_rank_is_placed_and_the_other_takes_its_next_place_or_shorter_text() -> None:
    high = Plate(("first",), ((200.0, 100.0, 0),), rank=2.0)
    low = Plate(
        ("quite a long second", "2nd"), ((200.0, 100.0, 0), (200.0, 100.0 + HEIGHT + 3.0, 0)), rank=1.0
    )
    assert [one.text for one in place([low, high], width, AREA)] == ["first", "quite a long second"]
    narrow = Plate(("quite a long second", "2nd"), ((20.0, 200.0, 0),))
    assert [one.text for one in place([narrow], width, AREA)] == ["2nd"]
    hidden = Plate(("late",), ((200.0, 100.0, 0),), rank=1.0)
    assert [one.text for one in place([hidden, high], width, AREA)] == ["first"]


def test_a_plate_stands_beside_its_place_as_aligned() -> None:
    (left,), (right,) = (place([Plate(("12",), ((200.0, 50.0, side),))], width, AREA) for side in (-1, 1))
    assert left.box[0] + left.box[2] == 200.0
    assert right.box[0] == 200.0
