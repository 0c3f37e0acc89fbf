from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.landscape import (
    Slicer,
    arrow_places,
    grid_places,
    plane_along_path,
    plane_at_random,
    plane_of_parameters,
    refine,
    rows_for,
)
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.watched import Interrupted
from nnstudio.errors import SettingsError, ShapeError
from nnstudio.network.templates import layered_network

if TYPE_CHECKING:
    from nnstudio.network import Network

WINDOW = ((-1.5, 2.0), (-1.0, 1.0))


@pytest.fixture
def network() -> Network:
    network = layered_network([2, 4, 3, 1])
    network.initialize("xavier_normal", 3)
    return network


@pytest.fixture
def program(network):
    return compile_network(network)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 2))
    return x, (x[:, :1] * x[:, 1:] > 0.0).astype(float), rng.uniform(0.5, 2.0, 40)


@pytest.fixture(params=[True, False], ids=["compiled", "numpy"])
def slicer(program, data, request):
    if request.param:
        pytest.importorskip("numba")
    x, y, weights = data
    slicer = Slicer(program, x, y, "binary_cross_entropy", weights, compiled=request.param)
    assert slicer.is_compiled == request.param
    return slicer


def loss_at(program, data, flat, loss="binary_cross_entropy"):
    x, y, weights = data
    return program.loss(Parameters(flat, program.n_connections), x, y, loss, weights)


def by_differences(program, data, plane, place, step=1e-5):
    found = []
    for direction in ((step, 0.0), (0.0, step)):
        ahead = loss_at(program, data, plane.at(*(place + direction)))
        behind = loss_at(program, data, plane.at(*(place - direction)))
        found.append((ahead - behind) / (2.0 * step))
    return np.array(found)


def test_losses_over_two_parameters_are_those_of_the_network_with_these_values(program, data, slicer):
    flat = program.initial_parameters().flat
    plane = plane_of_parameters(program, flat, 2, program.n_connections + 5)
    places = grid_places(WINDOW, 5)
    losses = slicer.losses(plane, places)
    for (u, v), loss in zip(places, losses, strict=True):
        moved = flat.copy()
        moved[2], moved[program.n_connections + 5] = u, v
        assert loss == pytest.approx(loss_at(program, data, moved), rel=1e-12)


def test_two_parameters_are_named_as_in_the_drawing(program):
    plane = plane_of_parameters(program, program.start.flat, 0, len(program.start.flat) - 1)
    assert plane.names[0] == f"{program.neuron_names[0]} → {program.neuron_names[2]}"
    assert plane.names[1] == f"bias of {program.neuron_names[-1]}"


def test_a_parameter_and_itself_are_no_plane(program):
    with pytest.raises(SettingsError, match="two different"):
        plane_of_parameters(program, program.start.flat, 1, 1)


def test_a_shared_weight_moves_in_all_its_connections(network, data):
    pair = [connection.id for connection in network.connections[:2]]
    for connection_id in pair:
        network.update_connection(connection_id, tie="t", weight=0.4)
    program = compile_network(network)
    slots = [program.connection_slots[connection_id] for connection_id in pair]
    other = next(slot for slot in range(program.n_connections) if slot not in slots)
    plane = plane_of_parameters(program, program.start.flat, slots[0], other)
    assert plane.at(0.7, 0.1)[slots].tolist() == [0.7, 0.7]
    with pytest.raises(SettingsError, match="two different"):
        plane_of_parameters(program, program.start.flat, *slots)


def test_random_directions_have_the_length_of_each_neurons_own_parameters(program):
    flat = program.start.flat
    plane = plane_at_random(program, flat, seed=4)
    owners = np.concatenate([program.target_slot, np.arange(program.n_neurons)])
    for neuron in range(program.n_inputs, program.n_neurons):
        own = owners == neuron
        for direction in (plane.first, plane.second):
            assert np.linalg.norm(direction[own]) == pytest.approx(np.linalg.norm(flat[own]))
        assert plane.first[own] @ plane.second[own] == pytest.approx(0.0, abs=1e-12)


def test_the_seed_alone_decides_random_directions(program):
    first, again, other = (plane_at_random(program, program.start.flat, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.stacked, again.stacked)
    assert not np.allclose(first.first, other.first)


def test_random_directions_leave_what_is_frozen_and_the_inputs(network):
    frozen = network.connections[0].id
    network.update_connection(frozen, trainable=False)
    program = compile_network(network)
    plane = plane_at_random(program, program.start.flat, seed=0)
    slots = [program.connection_slots[frozen], *(program.n_connections + program.input_slots)]
    assert not plane.first[slots].any()
    assert not plane.second[slots].any()


def test_random_directions_exist_for_a_network_of_zeros_and_not_for_one_parameter():
    network = layered_network([2, 2, 1])
    network.initialize("zeros", 0)
    program = compile_network(network)
    assert np.linalg.norm(plane_at_random(program, program.start.flat, 0).first) > 1.0
    for connection in network.connections[1:]:
        network.update_connection(connection.id, trainable=False)
    for neuron in network.neurons:
        network.update_neuron(neuron.id, trainable=False)
    program = compile_network(network)
    with pytest.raises(SettingsError, match="too few"):
        plane_at_random(program, program.start.flat, 0)


def test_principal_directions_hold_a_path_that_lies_in_a_plane():
    rng = np.random.default_rng(2)
    basis = np.linalg.qr(rng.normal(size=(30, 2)))[0].T
    turns = np.linspace(0.0, 6.0, 500)
    places = np.column_stack([3.0 * turns, np.sin(turns)])
    path = rng.normal(size=30) + places @ basis
    plane = plane_along_path(path[-1], path)
    assert plane.share == pytest.approx(1.0)
    found, apart = plane.places(path)
    assert apart.max() < 1e-9
    assert np.allclose(found[-1], 0.0)
    # As far from each other as they are.
    assert np.linalg.norm(found[0]) == pytest.approx(np.linalg.norm(path[0] - path[-1]))
    assert found[0, 0] < 0.0


def test_the_share_of_a_path_in_its_principal_directions_is_that_of_the_singular_values():
    path = np.random.default_rng(5).normal(size=(40, 12)).cumsum(axis=0)
    plane = plane_along_path(path[-1], path)
    values = np.linalg.svd(path - path[-1], compute_uv=False) ** 2
    assert plane.share == pytest.approx(values[:2].sum() / values.sum())
    _, apart = plane.places(path)
    assert (apart**2).sum() == pytest.approx(values[2:].sum())


@pytest.mark.parametrize("path", [[[0.0, 1.0, 2.0]], [[0.0] * 3, [1.0] * 3, [2.0] * 3]])
def test_a_path_along_a_line_has_no_principal_plane(path):
    with pytest.raises(SettingsError, match="no two directions"):
        plane_along_path(path[-1], path)


def test_what_lies_off_a_plane_is_told_with_its_distance(program):
    plane = plane_of_parameters(program, program.start.flat, 0, 1)
    moved = plane.at(0.3, -0.2)
    moved[4] += 3.0
    moved[5] -= 4.0
    places, apart = plane.places(moved)
    assert places[0] == pytest.approx([0.3, -0.2])
    assert apart == pytest.approx([5.0])


def test_slopes_are_the_derivatives_of_the_loss_over_the_plane(program, data, slicer):
    plane = plane_of_parameters(program, program.start.flat, 3, 7)
    places = arrow_places(WINDOW, 3)
    slopes = slicer.slopes(plane, places)
    for place, slope in zip(places, slopes, strict=True):
        assert slope == pytest.approx(by_differences(program, data, plane, place), rel=1e-5, abs=1e-9)


def test_slopes_along_directions_that_are_not_perpendicular_lie_in_the_plane(program, data, slicer):
    rng = np.random.default_rng(8)
    flat = program.start.flat
    plane = type(plane_at_random(program, flat, 0))(flat, *rng.normal(size=(2, len(flat))))
    place = np.array([0.1, -0.1])
    slope = slicer.slopes(plane, place[None])[0]
    directions = plane.stacked[1:]
    # The derivative along a direction is the inner product of it and the gradient.
    assert directions @ (slope @ directions) == pytest.approx(
        by_differences(program, data, plane, place), rel=1e-5
    )


def test_refining_ends_with_the_losses_of_the_whole_grid(program, slicer):
    plane = plane_at_random(program, program.start.flat, 0)
    steps = list(refine(slicer, plane, WINDOW, sides=(3, 5, 9), arrows=2))
    grids = [step.losses for step in steps if step.losses is not None]
    assert [grid.shape for grid in grids] == [(3, 3), (5, 5), (9, 9)]
    assert np.array_equal(grids[-1].ravel(), slicer.losses(plane, grid_places(WINDOW, 9)))
    assert np.array_equal(grids[-1][::2, ::2], grids[1])
    (arrows,) = [step for step in steps if step.slopes is not None]
    assert np.array_equal(arrows.slopes, slicer.slopes(plane, arrow_places(WINDOW, 2)))
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_no_place_is_measured_twice(program, slicer, monkeypatch):
    asked = []
    measure = slicer.losses

    def counting(plane, places):
        asked.extend(map(tuple, places.tolist()))
        return measure(plane, places)

    monkeypatch.setattr(slicer, "losses", counting)
    list(refine(slicer, plane_at_random(program, program.start.flat, 0), WINDOW, (3, 5, 9)))
    assert len(asked) == len(set(asked)) == 81


def test_sides_that_do_not_hold_each_other_are_refused(program, slicer):
    with pytest.raises(ValueError, match="twice"):
        next(refine(slicer, plane_at_random(program, program.start.flat, 0), WINDOW, (3, 6)))


def test_an_interruption_ends_what_is_under_way_and_what_comes_later(program, slicer):
    plane = plane_at_random(program, program.start.flat, 0)
    steps = refine(slicer, plane, WINDOW)
    next(steps)
    slicer.interrupt()
    with pytest.raises(Interrupted):
        list(steps)
    with pytest.raises(Interrupted):
        slicer.losses(plane, np.zeros((1, 2)))
    with pytest.raises(Interrupted):
        slicer.slopes(plane, np.zeros((1, 2)))


@pytest.mark.parametrize("compiled", [True, False])
def test_another_thread_can_interrupt_one_long_measurement(program, data, compiled):
    if compiled:
        pytest.importorskip("numba")
    x, y, _ = data
    many = np.tile(x, (2_000, 1)), np.tile(y, (2_000, 1))
    slicer = Slicer(program, *many, "mse", compiled=compiled)
    plane = plane_at_random(program, program.start.flat, 0)
    ended = []

    def measure() -> None:
        try:
            slicer.losses(plane, np.zeros((100_000, 2)))  # hours
        except Interrupted:
            ended.append(True)

    thread = threading.Thread(target=measure)
    thread.start()
    slicer.interrupt()
    thread.join(30.0)
    assert ended


def test_both_engines_agree_for_float32_with_many_outputs(data):
    pytest.importorskip("numba")
    network = layered_network([2, 5, 3], output="softmax")
    network.initialize("xavier_normal", 1)
    program = compile_network(network, dtype="float32")
    x, _, weights = data
    y = np.eye(3)[np.arange(len(x)) % 3]
    plane = plane_at_random(program, program.start.flat, 0)
    places = grid_places(WINDOW, 4)
    found = [
        Slicer(program, x, y, "cross_entropy", weights, compiled=compiled).losses(plane, places)
        for compiled in (True, False)
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_overflowing_losses_are_told_as_they_are(program, slicer):
    plane = plane_of_parameters(program, program.start.flat, 0, 1)
    with np.errstate(all="raise"):
        losses = slicer.losses(plane, np.array([[np.inf, 0.0], [0.0, 0.0]]))
    assert np.isfinite(losses[1])


def test_data_that_do_not_fit_are_refused(program, data):
    x, y, _ = data
    with pytest.raises(ShapeError, match="columns"):
        Slicer(program, x[:, :1], y, "mse")
    with pytest.raises(ShapeError, match="no rows"):
        Slicer(program, x[:0], y[:0], "mse")
    with pytest.raises(SettingsError, match="no loss"):
        Slicer(program, x, y, "nothing")


def test_many_rows_are_thinned_evenly_for_large_networks(program):
    rows = np.arange(100_000)
    assert rows_for(program, rows, 4_000, most_work=1e15) is rows
    some = rows_for(program, rows, 4_000, most_work=1e8)
    assert 32 <= len(some) < len(rows)
    assert (some[0], some[-1]) == (0, len(rows) - 1)
    assert len({b - a for a, b in itertools.pairwise(some)}) <= 2
    assert len(rows_for(program, rows, 4_000, most_work=1.0)) == 32


def test_both_engines_agree_about_gradients_of_what_is_shared_frozen_or_signed(network, data):
    pytest.importorskip("numba")
    x, y, weights = data
    for place, connection in enumerate(network.connections):
        if place < 3:
            network.update_connection(connection.id, tie="t", weight=0.3)
        elif place == 4:
            network.update_connection(connection.id, trainable=False)
        elif place == 5:
            network.update_connection(connection.id, sign=1, weight=0.2)
    program = compile_network(network)
    plane = plane_at_random(program, program.start.flat, 0)
    places = arrow_places(WINDOW, 3)
    found = [Slicer(program, x, y, "mse", weights, compiled=c).slopes(plane, places) for c in (True, False)]
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-12)


def test_gradients_are_measured_beside_places_where_there_is_none(program, data):
    pytest.importorskip("numba")
    x, y, _ = data
    slicer = Slicer(program, x, y, "mse")
    plane = plane_of_parameters(program, program.start.flat, 0, program.n_connections + 2)
    places = np.array([[np.nan, 0.0], [0.1, 0.2]])
    slopes = slicer.slopes(plane, places)
    assert not np.isfinite(slopes[0]).all()
    assert slopes[1] == pytest.approx(slicer.slopes(plane, places[1:])[0])


def test_places_beyond_all_bounds_are_far_off_and_no_more(program):
    plane = plane_of_parameters(program, np.zeros(len(program.gradient_mask)), 0, 1)
    far = np.full(len(program.gradient_mask), 1e200)
    places, apart = plane.places(far)
    assert places.tolist() == [[1e200, 1e200]]
    assert apart.tolist() == [np.inf]
