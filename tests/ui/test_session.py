"""A session whose settings change after parts of its network were disabled."""

from __future__ import annotations

import itertools

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import SnapshotRequest, Timeline, TrainingSettings
from nnstudio.ui.session import Session, parameters_of

PATIENCE = 30.0
SETTINGS = TrainingSettings(optimizer="adam", learning_rate=0.01, batch_size=4, epochs=30)


def test_what_was_disabled_keeps_what_it_learned_through_a_change_of_settings() -> None:
    network = layered_network([2, 3, 1], seed=1)
    project = Project(network, make_dataset("xor"), SETTINGS)
    program = compile_network(network)
    session = Session(
        project,
        program,
        parameters_of(program, network),
        SETTINGS,
        None,
        portion="epoch",
        numbers=itertools.count(1),
        revision=1,
        timeline=Timeline(),
    )
    session.begin(SnapshotRequest())
    assert session.run.wait("paused", timeout=PATIENCE)
    learned = float(session.run.parameters.weights[program.connection_slots["c1"]])
    assert learned != network.connection("c1").weight
    network.update_connection("c1", enabled=False)
    session.revise(compile_network(network), 2)
    session.go_on(SETTINGS, SnapshotRequest())
    assert session.run.wait("paused", timeout=PATIENCE)
    session.stop()
    network.update_connection("c1", enabled=True)
    edit = session.learned(network)
    edit.apply(network)
    assert network.connection("c1").weight == learned
