"""Curves over one parameter, against the reference program and difference quotients."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.landscape import Slicer
from nnstudio.engine.landscape_line import POINTS, line_of_parameter, loss_of, trace
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.watched import Interrupted
from nnstudio.network.templates import layered_network

SPAN = (-1.5, 2.0)


@pytest.fixture
def network():
    network = layered_network([2, 4, 3, 1])
    network.initialize("xavier_normal", 3)
    return network


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 2))
    return x, (x[:, :1] * x[:, 1:] > 0.0).astype(float), rng.uniform(0.5, 2.0, 40)


@pytest.fixture(params=[True, False], ids=["compiled", "numpy"])
def make_slicer(request, data):
    if request.param:
        pytest.importorskip("numba")

    def make(program):
        x, y, weights = data
        return Slicer(program, x, y, "binary_cross_entropy", weights, compiled=request.param)

    return make


def loss_at(program, data, flat):
    x, y, weights = data
    return program.loss(Parameters(flat, program.n_connections), x, y, "binary_cross_entropy", weights)


def quotient(program, data, line, at, step=1e-5):
    ahead, behind = (loss_at(program, data, line.at(at + by, 0.0)) for by in (step, -step))
    return (ahead - behind) / (2.0 * step)


def traced(*args, **options):
    """Return the curves, the tangents and the path that were told, and the shares on the way."""
    reports = list(trace(*args, **options))
    curves = [each.losses for each in reports if each.losses is not None]
    tangents = [each.tangent for each in reports if each.tangent is not None]
    paths = [each.path for each in reports if each.path is not None]
    return curves, tangents, paths, [each.share for each in reports]


@pytest.mark.parametrize("which", ["weight", "bias"])
def test_the_curve_is_the_loss_with_this_value_and_the_others_as_they_are(network, data, make_slicer, which):
    program = compile_network(network)
    flat = program.initial_parameters().flat
    index = 3 if which == "weight" else program.n_connections + 5
    line = line_of_parameter(program, flat, index)
    curves, (tangent,), _, shares = traced(make_slicer(program), line, SPAN, 0.25)
    assert [len(curve) for curve in curves] == list(POINTS)
    for value, loss in zip(np.linspace(*SPAN, POINTS[0]), curves[-1][::16], strict=True):
        other = flat.copy()
        other[index] = value
        assert loss == pytest.approx(loss_at(program, data, other), rel=1e-9)
    assert all(np.array_equal(fine[::2], coarse) for coarse, fine in pairwise(curves))
    assert tangent.loss == pytest.approx(loss_at(program, data, line.at(0.25, 0.0)), rel=1e-9)
    assert tangent.slope == pytest.approx(quotient(program, data, line, 0.25), rel=1e-5)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert line.names[1] == "loss"


def test_what_is_frozen_or_shared_has_its_slope_too(network, data, make_slicer):
    first, second, frozen = (connection.id for connection in network.connections[:3])
    network.update_connection(frozen, trainable=False)
    program = compile_network(network)
    tie = np.sort([program.connection_slots[first], program.connection_slots[second]])
    program = replace(program, ties=(tie,))
    flat = program.initial_parameters().flat
    flat[tie] = 0.3
    slicer = make_slicer(program)
    for index, moving in ((tie[0], 2), (tie[1], 2), (program.connection_slots[frozen], 1)):
        line = line_of_parameter(program, flat, index)
        assert np.count_nonzero(line.first) == moving
        _, (tangent,), _, _ = traced(slicer, line, None, float(flat[index]))
        assert tangent.slope == pytest.approx(quotient(program, data, line, flat[index]), rel=1e-5)


def test_a_path_is_told_at_its_true_losses_wherever_it_lies(network, data, make_slicer):
    program = compile_network(network)
    flat = program.initial_parameters().flat
    rng = np.random.default_rng(1)
    moments = [rng.normal(size=len(flat)) for _ in range(40)]
    line = line_of_parameter(program, flat, 0)
    slicer = make_slicer(program)
    curves, _, paths, _ = traced(slicer, line, None, 0.0, moments)
    assert curves == []
    assert [len(path) for path in paths] == sorted(len(path) for path in paths)
    assert paths[-1] == pytest.approx([loss_at(program, data, each) for each in moments], rel=1e-9)
    assert loss_of(slicer, flat) == pytest.approx(loss_at(program, data, flat), rel=1e-9)


def test_what_nobody_wants_any_more_ends(network, make_slicer):
    program = compile_network(network)
    slicer = make_slicer(program)
    line = line_of_parameter(program, program.initial_parameters().flat, 0)
    reports = trace(slicer, line, SPAN, 0.0)
    assert next(reports).tangent is not None
    thread = threading.Thread(target=slicer.interrupt)
    thread.start()
    thread.join()
    with pytest.raises(Interrupted):
        next(reports)
