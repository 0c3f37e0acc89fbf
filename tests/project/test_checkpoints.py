"""Where a training stopped, in a file, while parts of the drawing are disabled or frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import nnstudio as nn
from nnstudio.network.templates import layered_network
from nnstudio.training import Trainer, TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nnstudio.network import Network

DATA = nn.make_dataset("moons", rows=50, seed=1)
SETTINGS = TrainingSettings(optimizer="adam", batch_size=7, epochs=20, patience=50)


@pytest.fixture
def network() -> Network:
    return layered_network((2, 4, 1), seed=3)


def freeze(network: Network, *, trainable: bool = False) -> None:
    for connection in network.incoming(network.outputs[0].id)[:2]:
        network.update_connection(connection.id, trainable=trainable)


def disable(network: Network, *, enabled: bool = False) -> None:
    network.update_neuron(network.hidden[1].id, enabled=enabled)
    network.update_connection(network.connections[0].id, enabled=enabled)


def thaw(network: Network) -> None:
    freeze(network, trainable=True)


def enable(network: Network) -> None:
    disable(network, enabled=True)


def trained(network: Network, change: Callable[[Network], None] | None = None) -> Trainer:
    """A training that stopped within an epoch, after ``change`` if that is given."""
    program = nn.compile_network(network)
    trainer = Trainer(program, program.initial_parameters(), DATA, SETTINGS)
    trainer.advance(30.0, most=17)
    if change is not None:
        change(network)
        trainer.revise(nn.compile_network(network))
        trainer.advance(30.0, most=17)
    return trainer


def loaded(trainer: Trainer, network: Network, path: Path) -> nn.Project:
    """The project as it comes back from a file."""
    network.set_parameters(trainer.program, trainer.parameters)
    network.set_values(*trainer.state().shelved_values())
    nn.save_project(nn.Project(network, data=DATA, settings=SETTINGS, checkpoint=trainer.state()), path)
    project = nn.load_project(path)
    assert project.checkpoint is not None
    assert project.network == network
    return project


@pytest.mark.parametrize(("change", "back"), [(disable, enable), (freeze, thaw)])
@pytest.mark.parametrize("with_drawing", [False, True])
def test_what_was_disabled_or_frozen_goes_on_after_loading_as_if_nothing_was_saved(
    network: Network, tmp_path: Path, change, back, with_drawing: bool
) -> None:
    trainer = trained(network, change)
    project = loaded(trainer, network, tmp_path / "half.nns")
    program = nn.compile_network(project.network)
    parameters = program.initial_parameters() if with_drawing else None
    resumed = Trainer(program, parameters, DATA, SETTINGS, state=project.checkpoint)
    for each in (network, project.network):
        back(each)
    for each, drawing in ((trainer, network), (resumed, project.network)):
        each.revise(nn.compile_network(drawing))
        while each.stopped_because is None:
            each.advance(30.0)
    assert resumed.parameters.flat.tobytes() == trainer.parameters.flat.tobytes()
    expected = trainer.state()
    for name, array in resumed.state().optimizer_state.items():
        assert array.tobytes() == expected.optimizer_state[name].tobytes(), name
    assert resumed.epoch_number == trainer.epoch_number == 20


def test_a_checkpoint_survives_what_is_disabled_after_it(network: Network, tmp_path: Path) -> None:
    trainer = trained(network)
    state = trainer.state()
    network.set_parameters(trainer.program, trainer.parameters)
    disable(network)
    nn.save_project(nn.Project(network, data=DATA, settings=SETTINGS, checkpoint=state), tmp_path / "p.nns")
    project = nn.load_project(tmp_path / "p.nns")
    assert project.checkpoint is not None
    program = nn.compile_network(project.network)
    resumed = Trainer(program, None, DATA, SETTINGS, state=project.checkpoint)
    enable(project.network)
    resumed.revise(nn.compile_network(project.network))
    assert resumed.parameters.flat.tobytes() == state.parameters.tobytes()
    assert resumed.state().optimizer_state["mean"].tobytes() == state.optimizer_state["mean"].tobytes()


def test_saving_what_was_loaded_gives_the_same_file(network: Network, tmp_path: Path) -> None:
    trainer = trained(network, disable)
    project = loaded(trainer, network, tmp_path / "one.nns")
    nn.save_project(project, tmp_path / "two.nns")
    assert (tmp_path / "two.nns").read_bytes() == (tmp_path / "one.nns").read_bytes()
