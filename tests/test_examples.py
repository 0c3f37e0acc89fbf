from __future__ import annotations

import functools
import importlib.util
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.data.truth_tables import ADDITION_TEST_ROWS
from nnstudio.network.templates import layered_network
from nnstudio.paths import resource_path
from nnstudio.project.container import unpack
from nnstudio.project.storage import project_to_bytes
from nnstudio.training.metrics import rounded_accuracy

if TYPE_CHECKING:
    from types import ModuleType

    from nnstudio.training import TrainingResult

FOLDER = resource_path("examples")
INDEX: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
NAMES = [entry["file"].removesuffix(".nns") for entry in INDEX]
NEURON_RADIUS = 22.0
GATES = ["and", "or", "nand"]


def open_example(name: str) -> nn.Project:
    return nn.load_project(FOLDER / f"{name}.nns")


def train(project: nn.Project) -> TrainingResult:
    assert project.data is not None
    assert project.settings is not None
    return nn.train(project.network, project.data, project.settings)


@functools.cache
def trained(name: str) -> TrainingResult:
    """Train an example once for all tests: the additions take a while."""
    return train(open_example(name))


def measured(project: nn.Project, parameters: Any, metric: str, part: str) -> float:
    """Return what the index calls a metric, from the outputs themselves."""
    assert project.data is not None
    assert project.settings is not None
    program = nn.compile_network(project.network)
    data = project.data
    x, y = (data.x_test, data.y_test) if part == "test" else (data.x_train, data.y_train)
    outputs = program.predict(parameters, x)
    if metric == "loss":
        return program.loss(parameters, x, y, loss=project.settings.loss)
    if metric == "addition":
        return rounded_accuracy(outputs, y)
    if metric == "r2":
        return float(1 - np.square(outputs - y).sum() / np.square(y - y.mean()).sum())
    assert metric == "accuracy"
    return float(np.mean(data.class_indices(outputs) == data.class_indices(y)))


def is_reached(check: dict[str, Any], value: float) -> bool:
    return value >= check["at_least"] if "at_least" in check else value <= check["at_most"]


def test_the_first_example_is_the_one_for_a_terminal() -> None:
    assert NAMES[0] == "xor"


def test_the_index_lists_every_example_once() -> None:
    assert sorted(entry["file"] for entry in INDEX) == sorted(path.name for path in FOLDER.glob("*.nns"))
    for entry in INDEX:
        assert entry["title"]
        assert entry["line"]
        assert entry["goal"]
        assert entry["thumbnail"] == entry["file"].replace(".nns", ".png")
        assert (FOLDER / entry["thumbnail"]).is_file()
        assert (FOLDER / entry["file"].replace(".nns", "-dark.png")).is_file()


@pytest.mark.parametrize("entry", INDEX, ids=NAMES)
def test_an_example_trains_to_its_goal(entry: dict[str, Any]) -> None:
    name, check = entry["file"].removesuffix(".nns"), entry["check"]
    project = open_example(name)
    value = measured(project, trained(name).parameters, check["metric"], check["part"])
    assert is_reached(check, value), value


@pytest.mark.parametrize("entry", INDEX, ids=NAMES)
def test_an_example_has_its_goal_before_it_and_not_behind(entry: dict[str, Any]) -> None:
    name, check = entry["file"].removesuffix(".nns"), entry["check"]
    project = open_example(name)
    start = nn.compile_network(project.network).initial_parameters()
    value = measured(project, start, check["metric"], check["part"])
    assert is_reached(check, value) == (name in GATES), value


@pytest.mark.parametrize("name", NAMES)
def test_an_example_starts_untrained_and_can_be_reset(name: str) -> None:
    project = open_example(name)
    assert project.history is None
    assert project.checkpoint is None
    assert project.start == project.network.values()
    assert project.title
    assert project.description


@pytest.mark.parametrize("name", [name for name in NAMES if name not in GATES])
def test_an_example_begins_with_the_seed_that_its_settings_name(name: str) -> None:
    project = open_example(name)
    assert project.settings is not None
    again = project.network.copy()
    again.initialize(project.settings.initializer, project.settings.seed)
    assert again == project.network


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_well_arranged(name: str) -> None:
    project = open_example(name)
    network = project.network
    assert project.data is not None
    places = np.array([neuron.position for neuron in network.neurons])
    slots = {neuron.id: slot for slot, neuron in enumerate(network.neurons)}
    for connection in network.connections:
        ends = [slots[connection.source], slots[connection.target]]
        along = places[ends[1]] - places[ends[0]]
        assert along[0] > 0  # from left to right
        if project.data.image_shape is not None:
            continue  # the inputs stand as the pixels do: connections have to pass over some
        part = np.clip((places - places[ends[0]]) @ along / (along @ along), 0, 1)
        distances = np.hypot(*(places[ends[0]] + part[:, np.newaxis] * along - places).T)
        distances[ends] = np.inf
        assert distances.min() > NEURON_RADIUS, (connection.id, network.neurons[distances.argmin()].label)
    labels = [n.label for n in network.neurons]
    assert all(labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", GATES)
def test_a_gate_learns_its_table_from_a_random_start_too(name: str) -> None:
    project = open_example(name)
    for seed in range(5):
        project.network.initialize("normal", seed)
        assert measured(project, train(project).parameters, "accuracy", "train") == 1.0


def test_the_addition_has_the_published_rows_in_order() -> None:
    data = open_example("addition-sigmoid").data
    assert data is not None
    assert [tuple(row) for row in data.x_test.tolist()] == list(ADDITION_TEST_ROWS)
    assert data.x_test.tolist()[:3] == [[0.9, 0.1], [0.5, 0.5], [0.2, 0.3]]
    assert len(data.x_train) == 66
    assert data.x_train.sum(axis=1).max() == pytest.approx(1.0)


def test_the_addition_is_trained_as_published() -> None:
    project = open_example("addition-sigmoid")
    assert project.settings is not None
    # Nothing but this; and the published 0.1 is halved because the gradient of the square has a factor 2.
    assert project.settings == nn.TrainingSettings(
        loss="mse",
        optimizer="sgd",
        learning_rate=0.05,
        batch_size=1,
        epochs=10_000,
        shuffle=True,
        seed=project.settings.seed,
        initializer="uniform",
    )
    weights, biases = project.network.values()
    assert all(0 <= value < 1 for value in (*weights.values(), *biases.values()))


@pytest.mark.parametrize("name", ["addition-sigmoid", "addition-identity"])
def test_the_addition_states_what_it_gets_before_and_after(name: str) -> None:
    project = open_example(name)
    start = nn.compile_network(project.network).initial_parameters()
    counts = [
        measured(project, values, "addition", "test") * 25 for values in (start, trained(name).parameters)
    ]
    stated = re.search(
        r"of the 25 test rows (\d+) are right before training and (\d+) after", project.description, re.I
    )
    assert stated is not None
    assert [int(count) for count in stated.groups()] == pytest.approx(counts)


def test_the_sigmoid_misses_exactly_the_sums_of_one() -> None:
    project = open_example("addition-sigmoid")
    assert project.data is not None
    outputs = nn.compile_network(project.network).predict(
        trained("addition-sigmoid").parameters, project.data.x_test
    )
    wrong = np.round(outputs, 1) != np.round(project.data.y_test, 1)
    assert np.array_equal(wrong, project.data.y_test > 0.95)
    assert f"{outputs[wrong].max():.3f}, which rounds to 0.9" in project.description


def test_shortcuts_beat_plain_layers_of_the_same_size() -> None:
    project = open_example("shortcuts")
    assert project.data is not None
    assert project.settings is not None
    size = len(project.network.connections) + len(project.network.neurons) - 2
    plain = {"deep": (2, 4, 4, 4, 4, 4, 4, 1), "flat": (2, 9, 8, 1)}
    losses: dict[str, list[float]] = {"own": [], "deep": [], "flat": []}
    for seed in range(3):
        same = replace(project.settings, seed=seed)
        project.network.initialize(same.initializer, seed)
        losses["own"].append(float(nn.train(project.network, project.data, same).history.loss[-1]))
        for name, sizes in plain.items():
            network = layered_network(sizes, seed=seed)
            assert size <= len(network.connections) + len(network.neurons) - 2 <= size + 6
            losses[name].append(float(nn.train(network, project.data, same).history.loss[-1]))
    assert 3 * np.median(losses["own"]) < np.median(losses["deep"])
    assert 3 * np.median(losses["own"]) < np.median(losses["flat"])


# The script that makes them


@pytest.fixture(scope="module")
def example_projects() -> Any:
    path = Path(__file__).resolve().parent.parent / "packaging" / "example_projects.py"
    spec = importlib.util.spec_from_file_location("example_projects", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        ("xor", "xor"),
        ("sine", "sine"),
        ("circles", "circles"),
        ("moons", "moons"),
        ("spirals", "spirals"),
        ("iris", "iris"),
        ("digits", "digits"),
    ],
)
def test_the_script_makes_the_files_that_ship(example_projects: ModuleType, name: str, maker: str) -> None:
    project = getattr(example_projects, maker)().project
    project.start = project.network.values()
    made, shipped = unpack(project_to_bytes(project)), unpack((FOLDER / f"{name}.nns").read_bytes())
    # Settings that came after the files were made have their defaults there.
    settings = shipped.document["training"]["settings"]
    shipped.document["training"]["settings"] = nn.TrainingSettings.from_dict(settings).to_dict()
    assert made.document == shipped.document
    assert made.arrays.keys() == shipped.arrays.keys()
    for key, array in made.arrays.items():
        # The last bit of a sine differs between processors.
        assert np.allclose(array, shipped.arrays[key], rtol=1e-12, atol=1e-12), key
