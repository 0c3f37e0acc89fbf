from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine import compile_network
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.network.templates import layered_network
from nnstudio.training import Probe, SnapshotRequest, take_snapshot
from nnstudio.training.contributions import Contributions, contributions

if TYPE_CHECKING:
    from nnstudio.network import Network


def looked_at(network: Network, output: int = 0) -> Contributions:
    program = compile_network(network)
    x = np.linspace(-2, 2, 21)[:, None]
    request = SnapshotRequest(probes=(Probe("x", x, inner=True),))
    snapshot = take_snapshot(program, program.initial_parameters(), None, None, request)
    output_id = network.outputs[output].id
    sources = {c.id: c.source for c in network.connections if c.target == output_id}
    values = snapshot.answer("x")
    assert values is not None
    found = contributions(snapshot, values, sources, output_id)
    assert found is not None
    return found


@given(
    hidden=st.integers(1, 6),
    activation=st.sampled_from(["identity", "sigmoid", "tanh"]),
    seed=st.integers(0, 99),
)
def test_parts_and_bias_add_up_to_what_the_output_computes(hidden: int, activation: str, seed: int) -> None:
    network = layered_network([1, hidden, 2], output=activation, seed=seed)
    network.connect(network.inputs[0].id, network.outputs[1].id, weight=0.7)
    network.update_neuron(network.outputs[1].id, bias=-0.4)
    found = looked_at(network, output=1)
    assert len(found.parts) == hidden + 1
    stacked = found.stacked
    assert stacked[0].tolist() == [-0.4] * 21
    np.testing.assert_allclose(ACTIVATIONS[activation].forward(stacked[-1]), found.output)


def test_each_part_is_the_weight_times_what_its_neuron_answers() -> None:
    network = layered_network([1, 3, 1], seed=4)
    found = looked_at(network)
    for neuron_id, connection_id, values, part in zip(
        found.neuron_ids, found.connection_ids, found.values, found.parts, strict=True
    ):
        connection = network.connection(connection_id)
        assert connection.source == neuron_id
        np.testing.assert_allclose(part, connection.weight * values)


def test_what_is_disabled_is_no_part() -> None:
    network = layered_network([1, 3, 1], seed=4)
    off = next(c for c in network.connections if c.target == network.outputs[0].id)
    network.update_connection(off.id, enabled=False)
    found = looked_at(network)
    assert off.id not in found.connection_ids
    assert len(found.parts) == 2


def test_many_parts_are_gathered_into_the_largest_and_one_of_all_others() -> None:
    found = looked_at(layered_network([1, 30, 1], seed=1))
    few = found.gathered(8)
    assert len(few.parts) == 8
    assert few.neuron_ids[-1] == ""
    np.testing.assert_allclose(few.stacked[-1], found.stacked[-1])
    kept = [np.ptp(part) for part in few.parts[:-1]]
    others = [
        np.ptp(part)
        for neuron_id, part in zip(found.neuron_ids, found.parts, strict=True)
        if neuron_id not in few.neuron_ids
    ]
    assert min(kept) >= max(others)
    assert found.gathered(30) is found


def test_of_an_output_that_is_not_computed_there_are_no_parts() -> None:
    network = layered_network([1, 2, 1])
    program = compile_network(network)
    request = SnapshotRequest(probes=(Probe("x", np.zeros((1, 1)), inner=True),))
    snapshot = take_snapshot(program, program.initial_parameters(), None, None, request)
    values = snapshot.answer("x")
    assert values is not None
    assert contributions(snapshot, values, {}, "unknown") is None
    assert contributions(snapshot, values, {}, network.outputs[0].id).stacked[-1] == pytest.approx(0.0)  # type: ignore[union-attr]
