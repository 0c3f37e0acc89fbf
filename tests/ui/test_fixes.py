from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.checks import check_training
from nnstudio.errors import NNStudioError
from nnstudio.network import Network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import Document
from nnstudio.ui.fixes import fix_for, match_edits

pytestmark = pytest.mark.ui
SETTINGS = TrainingSettings()


def layered(inputs: int, hidden: int, outputs: int) -> Network:
    network = Network()
    first = [network.add_neuron("input") for _ in range(inputs)]
    middle = [network.add_neuron("hidden") for _ in range(hidden)]
    last = [network.add_neuron("output") for _ in range(outputs)]
    for sources, targets in ((first, middle), (middle, last)) if hidden else ((first, last),):
        for source in sources:
            for target in targets:
                network.connect(source.id, target.id, weight=0.5)
    return network


def problem_of(project: Project) -> NNStudioError | None:
    try:
        program = compile_network(project.network)
        check_training(program, project.settings, project.data.x, project.data.y)
    except NNStudioError as error:
        return error
    return None


def regression(features: int, targets: int) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset.from_arrays(rng.random((20, features)), rng.random((20, targets)))


@pytest.mark.parametrize("shape", [(0, 0, 0), (1, 3, 1), (5, 2, 4), (4, 0, 1), (0, 2, 0), (2, 0, 3)])
@pytest.mark.parametrize(
    "data",
    [make_dataset("iris"), make_dataset("circles"), regression(3, 2)],
    ids=["classes", "two classes", "values"],
)
def test_matching_the_data_makes_any_network_trainable_in_one_step(
    qapp: object, shape: tuple[int, int, int], data: Dataset
) -> None:
    project = Project(layered(*shape), data, SETTINGS)
    before = project.network.copy()
    document = Document(project)
    assert document.do(*match_edits(project.network, data, SETTINGS), label="Match the data")
    assert problem_of(project) is None
    assert [n.label for n in project.network.inputs] == list(data.feature_names)
    assert [n.label for n in project.network.outputs] == list(data.target_names)
    document.undo_stack.undo()
    assert project.network == before
    assert project.settings == SETTINGS


def test_a_network_that_fits_is_left_alone(qapp: object) -> None:
    data = regression(2, 1)
    project = Project(layered(2, 3, 1), data, SETTINGS)
    document = Document(project)
    document.do(*match_edits(project.network, data, SETTINGS))
    assert match_edits(project.network, data, project.settings) == []


def test_kept_neurons_keep_their_weights(qapp: object) -> None:
    data = regression(3, 1)
    project = Project(layered(2, 3, 1), data, SETTINGS)
    kept = {c.id: c.weight for c in project.network.connections}
    Document(project).do(*match_edits(project.network, data, SETTINGS))
    assert {c: project.network.connection(c).weight for c in kept} == kept
    assert len(project.network.connections) == len(kept) + 3


def test_a_perceptron_with_steps_is_offered_its_own_rule(qapp: object) -> None:
    network = layered(2, 0, 1)
    network.update_neuron(network.outputs[0].id, activation="step")
    data = make_dataset("and")
    project = Project(network, data, SETTINGS)
    fix = fix_for(problem_of(project), network, data, SETTINGS)
    assert fix is not None
    Document(project).do(*fix.edits, label=fix.title)
    assert project.settings == replace(SETTINGS, optimizer="perceptron")
    assert problem_of(project) is None


def test_nothing_is_offered_where_there_is_no_problem() -> None:
    data = make_dataset("and")
    assert fix_for(None, layered(2, 0, 1), data, SETTINGS) is None


def draw(hidden: list[str], connections: list[tuple[str, str]], outputs: tuple[str, ...] = ("y",)) -> Network:
    network = Network()
    for role, ids in (("input", ("a", "b")), ("hidden", hidden), ("output", outputs)):
        for neuron_id in ids:
            network.add_neuron(role, id=neuron_id)
    for source, target in connections:
        network.connect(source, target)
    return network


@pytest.mark.parametrize(
    ("network", "added"),
    [
        (draw([], []), {("a", "y"), ("b", "y")}),
        (draw(["h"], [("a", "h")]), {("h", "y")}),
        (draw(["h"], [("h", "y")]), {("a", "h"), ("b", "h")}),
        (draw(["h"], [("a", "h"), ("h", "y")], ("y", "z")), {("h", "z")}),
        (draw([], [("a", "y"), ("y", "z")], ("y", "z")), set()),
    ],
)
def test_outputs_without_a_path_are_connected_with_what_is_there(
    network: Network, added: set[tuple[str, str]]
) -> None:
    data = regression(2, len(network.outputs))
    document = Document(Project(network, data, SETTINGS))
    before = network.copy()
    fix = fix_for(problem_of(document.project), network, data, SETTINGS)
    assert (fix is not None) == bool(added)
    if fix is None:
        return
    old = {(c.source, c.target) for c in network.connections}
    assert document.do(*fix.edits, label=fix.title)
    assert {(c.source, c.target) for c in network.connections} - old == added
    assert problem_of(document.project) is None
    document.undo_stack.undo()
    assert network == before


@pytest.mark.parametrize("what", ["neuron", "connection"])
def test_what_is_disabled_on_the_way_to_an_output_is_enabled(what: str) -> None:
    network = draw(["h", "g"], [("a", "h"), ("b", "h"), ("h", "y"), ("a", "g")])
    data = regression(2, 1)
    connection = network.connection_between("h", "y")
    assert connection is not None
    # Off the way, where it is meant to be as it is.
    network.update_neuron("g", enabled=False)
    if what == "neuron":
        network.update_neuron("h", enabled=False)
    else:
        network.update_connection(connection.id, enabled=False)
    document = Document(Project(network, data, SETTINGS))
    fix = fix_for(problem_of(document.project), network, data, SETTINGS)
    assert fix is not None
    assert fix.title == "Enable them"
    assert document.do(*fix.edits, label=fix.title)
    assert problem_of(document.project) is None
    assert not network.neuron("g").enabled
    assert document.undo_stack.count() == 1
