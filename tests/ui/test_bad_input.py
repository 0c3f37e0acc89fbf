"""What cannot be trained: told in the window and on the command line alike, with what it concerns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nnstudio import cli
from nnstudio.data import Dataset
from nnstudio.network.templates import layered_network
from nnstudio.project import Project, save_project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import Document
from nnstudio.ui.training_controller import TrainingController

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nnstudio.network import Network

pytestmark = pytest.mark.ui

SETTINGS = TrainingSettings(epochs=2)


def frozen() -> Network:
    made = layered_network([2, 1])
    for connection in made.connections:
        made.update_connection(connection.id, trainable=False)
    made.update_neuron(made.outputs[0].id, rate_factor=0.0)
    return made


def without_path() -> Network:
    made = layered_network([2, 1])
    made.update_neuron(made.outputs[0].id, label="sum")
    for connection in made.connections:
        made.remove_connection(connection.id)
    return made


def data(targets: list[list[float]] | None = None, large: bool = False) -> Dataset:
    x = np.arange(8.0).reshape(4, 2)
    if large:
        x[1, 1] = 1e39
    y = [[0.0], [1.0], [1.0], [0.0]] if targets is None else targets
    return Dataset.from_arrays(x, y, test_fraction=0.0)


@pytest.mark.parametrize(
    ("make_network", "rows", "settings", "said"),
    [
        (lambda: layered_network([3, 1]), data(), {}, ("2 feature columns", "3 inputs")),
        (lambda: layered_network([2, 2]), data(), {}, ("1 target column", "2 outputs")),
        (
            lambda: layered_network([2, 1]),
            data([[0.0], [2.0], [1.0], [0.0]]),
            {"loss": "binary_cross_entropy"},
            ("row 2, column 1 of the targets", "probability"),
        ),
        (
            lambda: layered_network([2, 2], output="softmax"),
            data([[0.0, 1.0], [1.0, 0.0], [0.5, 0.4], [0.0, 1.0]]),
            {"loss": "cross_entropy"},
            ("targets of row 3", "0.9"),
        ),
        (frozen, data(), {}, ("All weights and biases are frozen",)),
        (without_path, data(), {}, ("No path", "sum")),
        (lambda: layered_network([2, 3, 1], hidden="step"), data(), {}, ("have the activation step",)),
        (
            lambda: layered_network([2, 1]),
            data(large=True),
            {"dtype": "float32"},
            ("row 2, column 2 of the features", "float32"),
        ),
    ],
    ids=["features", "targets", "labels", "classes", "frozen", "no path", "step", "float32"],
)
def test_the_window_and_the_command_line_tell_the_same_of_what_cannot_be_trained(
    qapp: object,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make_network: Callable[[], Network],
    rows: Dataset,
    settings: dict[str, object],
    said: tuple[str, ...],
) -> None:
    project = Project(make_network(), rows, replace(SETTINGS, **settings))
    save_project(project, tmp_path / "bad.nns")
    assert cli.main(["train", str(tmp_path / "bad.nns")]) == 1
    told = capsys.readouterr().err.strip().removeprefix("nnstudio: ")
    assert all(words in told for words in said)
    before = project.network.values()
    controller = TrainingController(Document(project))
    controller.train()
    assert not controller.is_running
    assert str(controller.problem) == told
    assert project.network.values() == before
    controller.shutdown()
