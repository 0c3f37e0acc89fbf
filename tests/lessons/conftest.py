from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import nnstudio as nn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINE = """\
format = 1
title = "A line"
project = "line.nns"

[[step]]
title = "Fit"

"""


def line_project() -> nn.Project:
    """Return y = w x + b on four rows of y = 2x + 1, with w = 1 and b = 0, and one row for testing."""
    network = nn.Network()
    x = network.add_neuron("input", label="x")
    out = network.add_neuron("output", label="out", activation="identity", bias=0.0)
    network.connect(x.id, out.id, weight=1.0)
    data = nn.Dataset.from_arrays(
        [[0.0], [1.0], [2.0], [3.0], [4.0]],
        [[1.0], [3.0], [5.0], [7.0], [9.0]],
        feature_names=["x"],
        target_names=["y"],
        test_rows=[4],
    )
    settings = nn.TrainingSettings(learning_rate=0.1, batch_size=None, epochs=200, optimizer="sgd")
    return nn.Project(network, data, settings)


@pytest.fixture
def line() -> nn.Project:
    return line_project()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Return what writes a lesson about the line, beside its project."""
    nn.save_project(line_project(), tmp_path / "line.nns")

    def write(text: str) -> Path:
        file = tmp_path / "my.toml"
        file.write_text(text, "utf-8")
        return file

    return write
