"""Projects to save: one with everything in it, and what it takes to spoil its file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import nnstudio as nn
from nnstudio.network.templates import layered_network

if TYPE_CHECKING:
    from pathlib import Path


def make_full_project(epochs: int = 5) -> nn.Project:
    """Return a project with data, settings, history, checkpoint, start, view and texts."""
    network = layered_network((2, 3, 1), seed=4, input_labels=("a", "b"))
    network.connect("n1", "n6", weight=-0.0, trainable=False)
    network.update_neuron("n4", activation="relu", label="Größe → 1", trainable=False)
    data = nn.make_dataset("xor")
    settings = nn.TrainingSettings(
        optimizer="adam", learning_rate=0.02, batch_size=1, epochs=epochs, seed=3, options={"beta1": 0.8}
    )
    start = network.values()
    result = nn.train(network, data, settings)
    network.set_parameters(result.program, result.parameters)
    return nn.Project(
        network,
        data,
        settings,
        title="Everything",
        description="One line.\nAnother — with “letters”.",
        history=result.history,
        checkpoint=result.state,
        start=start,
        view={"zoom": 1.25, "center": [10, -3.5], "coloring": "weight", "nested": {"on": True, "off": None}},
        notes="to do",
    )


Change = Callable[[dict[str, bytes]], None]


def rewrite(path: Path, change: Change) -> None:
    """Change the entries of a project file by name, leaving the archive in order."""
    with zipfile.ZipFile(path) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    change(entries)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, content)
    path.write_bytes(buffer.getvalue())


def rewrite_json(path: Path, name: str, change: Callable[[Any], None]) -> None:
    """Change one of the JSON entries of a project file."""

    def apply(entries: dict[str, bytes]) -> None:
        value = json.loads(entries[name])
        change(value)
        entries[name] = json.dumps(value).encode()

    rewrite(path, apply)
