from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nnstudio.__main__ import main
from nnstudio.cli import bench
from nnstudio.cli.benchmarks import timing, workloads
from nnstudio.cli.benchmarks.peers import ByLayer, ByLevel
from nnstudio.engine import compile_network

if TYPE_CHECKING:
    from collections.abc import Sequence

QUICK = workloads.workloads(True, 2)


def run(capfd: pytest.CaptureFixture[str], arguments: Sequence[str]) -> tuple[int, str, str]:
    code = main(["bench", *arguments])
    out, err = capfd.readouterr()
    return code, out, err


def test_the_benchmark_prints_one_json_object(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, ["--quick", "--json", "xor", "random-100"])
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    result: dict[str, Any] = json.loads(out)
    assert result["machine"]["cores"] >= 1
    assert result["machine"]["numpy"] == np.__version__
    xor, random = result["workloads"]
    assert xor["key"] == "xor"
    assert random["bytes_per_connection"] > 8
    assert set(xor["seconds_per_epoch"]) == {timing.TRAINING, timing.STEPS, "NumPy by layer"}
    assert all(seconds > 0 for seconds in xor["seconds_per_epoch"].values())
    losses = xor["loss"]
    assert losses[timing.STEPS] == losses[timing.TRAINING]
    assert losses["NumPy by layer"] == pytest.approx(losses[timing.TRAINING], rel=1e-12)


def test_a_workload_that_does_not_exist_is_refused_with_those_that_do(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capfd, ["nope"])
    assert (code, out) == (1, "")
    assert "“nope”" in err
    assert "random-1000000" in err


@pytest.mark.parametrize("work", QUICK, ids=lambda work: work.key)
def test_every_workload_starts_and_goes_on_as_its_peer_does(work: workloads.Workload) -> None:
    data = work.dataset()
    program = compile_network(work.network(), dtype=work.dtype)
    assert program.n_connections == (work.connections or program.n_connections)
    x, y = data.x_train.astype(work.dtype), data.y_train.astype(work.dtype)
    peer = (ByLevel if work.connections else ByLayer)(work, program, x, y)
    ours = timing._Training(program, data, work)
    for _ in range(2):
        assert ours.run(1) == pytest.approx(peer.run(1), rel=1e-10)


def test_the_table_names_who_trains_and_what_was_reached() -> None:
    goals = (workloads.Goal(1e9, measure="ns_per_step"), workloads.Goal(1e9, peer="NumPy by layer"))
    work = replace(next(work for work in QUICK if work.key == "xor"), goals=goals)
    lines = list(bench.result_lines(timing.measure(work, peers=False, quick=True)))
    assert lines[0].startswith("XOR 2-4-1")
    assert any("NumPy by layer" in line and "times our time" in line for line in lines)
    assert "goal: at most 1e+09 ns a step: reached" in lines[-2]
    assert "goal: at least 1e+09 times as fast as NumPy by layer: missed" in lines[-1]


def test_a_random_network_has_the_connections_that_were_asked_for_and_no_loose_ends() -> None:
    network = workloads.random_network(4, 40, 3, 150, "tanh", "identity")
    assert (network.neuron_count, network.connection_count) == (40, 150)
    assert len(network.inputs) == 4
    assert len(network.outputs) == 3
    assert all(network.incoming(neuron.id) for neuron in (*network.hidden, *network.outputs))
    assert not any(network.outgoing(neuron.id) for neuron in network.outputs)


def test_digits_are_made_up_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads.importlib.util, "find_spec", lambda name: None)
    x, y = workloads.digits(1797)
    assert x.shape == (1797, 64)
    assert y.shape == (1797, 10)
    assert 0.0 <= x.min() < x.max() <= 1.0
    np.testing.assert_array_equal(y.sum(axis=1), 1.0)
    np.testing.assert_array_equal(workloads.digits(1797)[0], x)
