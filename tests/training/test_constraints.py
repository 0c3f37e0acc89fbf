"""Trainings under constraints: against PyTorch, and against drawings without what is disabled."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data import Dataset
from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.training import Trainer, TrainingSettings, train
from tests.engine.reference.constraint_cases import CONSTRAINTS, X, Y, constrained, trainings
from tests.engine.test_reference import assert_equal_by_id, by_id

_FILE = Path(__file__).parents[1] / "engine" / "reference" / "constraints.json"
STORED = json.loads(_FILE.read_text(encoding="utf-8"))["trainings"]
DATA = Dataset.from_arrays(X, Y, test_fraction=0.0)
_BESIDE = ("constraints", "trained")


def settings_of(how: dict) -> TrainingSettings:
    return TrainingSettings(**{name: value for name, value in how.items() if name not in _BESIDE})


@pytest.mark.parametrize("engine", ["numpy", "kernels"])
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constrained_trainings_end_where_pytorchs_do(
    name: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    network = constrained(name)
    for how in STORED:
        if how["constraints"] == name:
            result = train(network, DATA, settings_of(how))
            assert_equal_by_id(by_id(result.program, result.parameters), how["trained"])


def test_the_stored_trainings_are_those_of_the_cases() -> None:
    assert [{key: value for key, value in how.items() if key != "trained"} for how in STORED] == list(
        trainings()
    )
    # Some weights have run against the side that their sign leaves them.
    assert sum(0.0 in how["trained"].values() for how in STORED if how["constraints"] == "signs") > 5


@pytest.mark.oracle
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constrained_trainings_end_where_those_of_pytorch_itself_do(name: str) -> None:
    from tests.engine.reference.torch_constraints import train as train_by_torch

    network = constrained(name)
    for how in [how for how in trainings() if how["constraints"] == name][1::4]:
        result = train(network, DATA, settings_of(how))
        assert_equal_by_id(by_id(result.program, result.parameters), train_by_torch(network, X, Y, how))


def without_disabled(network):
    """A drawing of the same, in which what is disabled was never drawn."""
    drawn = network.copy()
    for connection in network.connections:
        ends = network.neuron(connection.source), network.neuron(connection.target)
        if not connection.enabled or not all(neuron.enabled for neuron in ends):
            drawn.remove_connection(connection.id)
    for neuron in network.hidden:
        if not neuron.enabled:
            drawn.remove_neuron(neuron.id)
    return drawn


@pytest.mark.parametrize("engine", ["numpy", "kernels"])
@pytest.mark.parametrize("optimizer", [key for key, entry in OPTIMIZERS.items() if entry.uses_gradient])
def test_what_is_disabled_might_as_well_not_be_drawn(
    optimizer: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    network = constrained("disabled")
    settings = TrainingSettings(
        loss="cross_entropy", optimizer=optimizer, learning_rate=0.02, epochs=34, batch_size=5
    )
    found = train(network, DATA, settings)
    expected = train(without_disabled(network), DATA, settings)
    assert found.state.step >= 100
    ours, theirs = (by_id(result.program, result.parameters) for result in (found, expected))
    assert ours.keys() == theirs.keys()
    np.testing.assert_allclose([ours[key] for key in theirs], list(theirs.values()), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.history.loss, expected.history.loss, rtol=1e-9)


def test_the_perceptron_rule_keeps_to_constraints_too(layered) -> None:
    network = layered([4, 1], output="step")
    first, second, third, fourth = (connection.id for connection in network.connections)
    network.update_connection(first, tie="t")
    network.update_connection(second, tie="t")
    network.set_values({third: 0.0}, {})
    network.update_connection(third, sign=1)
    network.update_connection(fourth, rate_factor=0.5, weight=0.0)
    data = Dataset.from_arrays([[1.0, 2.0, 4.0, 8.0]], [0.0], test_fraction=0.0)
    network.set_values({first: 1.0}, {})
    result = train(
        network, data, TrainingSettings(optimizer="perceptron", learning_rate=0.25, epochs=1, loss="mse")
    )
    weights = by_id(result.program, result.parameters)
    # Wrongly on: every weight loses the rate times its input, shared ones that of both.
    assert (weights[first], weights[second]) == (1.0 - 0.25 * 3.0, 1.0 - 0.25 * 3.0)
    assert weights[third] == 0.0
    assert weights[fourth] == -0.25 * 0.5 * 8.0


def test_a_weight_that_overflows_on_the_wrong_side_of_its_sign_is_a_divergence(layered, monkeypatch) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy")
    network = layered([1, 1], output="identity")
    key = network.connections[0].id
    network.set_values({key: 1e200}, {})
    network.update_connection(key, sign=1)
    data = Dataset.from_arrays([[1e100]], [-1.0], test_fraction=0.0)
    result = train(network, data, TrainingSettings(loss="mae", learning_rate=1e300, epochs=3))
    assert result.error is not None
    assert result.parameters.weights[0] == 1e200


@pytest.mark.parametrize("engine", ["numpy", "kernels"])
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_slices_and_resuming_change_no_bit_under_constraints(
    through_a_file, optimizer: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", engine)
    network = constrained("all")
    settings = TrainingSettings(
        loss="cross_entropy", optimizer=optimizer, batch_size=5, epochs=20, clip_norm=0.5, l2=0.01
    )
    straight = train(network, DATA, settings)
    program, state = compile_network(network), None
    for steps in (1, 4, 31, 1000):
        parameters = program.initial_parameters() if state is None else None
        trainer = Trainer(program, parameters, DATA, settings, state=state)
        trainer.advance(100.0, most=steps)
        state = through_a_file(trainer.state())
    assert state.epoch == 20
    assert state.parameters.tobytes() == straight.parameters.flat.tobytes()
    for tie in program.ties:
        assert len(set(state.parameters[tie].tolist())) == 1
