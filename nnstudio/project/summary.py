"""What a project holds, in short: as plain values and as lines to read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.remarks import remarks
from nnstudio.engine import compile_network
from nnstudio.engine.checks import check_training
from nnstudio.errors import NNStudioError
from nnstudio.project.constraints import constraint_counts, constraint_text, learnable
from nnstudio.training.settings import TrainingSettings

if TYPE_CHECKING:
    from nnstudio.project.project import Project


def summarize(project: Project) -> dict[str, Any]:
    """Return a summary as plain values, ready for JSON; ``problem`` says why it cannot train, or None."""
    return {
        "title": project.title,
        "description": project.description,
        "network": _network(project),
        "data": _data(project),
        "settings": None if project.settings is None else project.settings.to_dict(),
        "training": _training(project),
        "problem": _problem(project),
    }


def summary_lines(name: str, summary: dict[str, Any]) -> list[str]:
    """Return a summary as lines for people."""
    network, data, settings, training = (
        summary[part] for part in ("network", "data", "settings", "training")
    )
    activations = ", ".join(f"{key} {count}" for key, count in network["activations"].items())
    lines = [summary["title"] or name]
    if summary["description"]:
        lines += [summary["description"]]
    lines += [
        "",
        f"Network   {network['neurons']:,} neurons "
        f"({len(network['inputs'])} in, {network['hidden']:,} hidden, "
        f"{len(network['outputs'])} out), {network['connections']:,} connections, "
        f"{network['trainable_parameters']:,} numbers to learn",
        f"          inputs {', '.join(network['inputs']) or 'none'}; "
        f"outputs {', '.join(network['outputs']) or 'none'}",
    ]
    if activations:
        lines.append(f"          activations: {activations}")
    limits = constraint_text(network["constraints"])
    if limits:
        lines.append(f"          constraints: {limits}")
    if data is None:
        lines.append("Data      none")
    else:
        lines.append(
            f"Data      {data['title'] or 'untitled'}: {data['rows']:,} rows "
            f"({data['training_rows']:,} to train, {data['test_rows']:,} to test)"
        )
        lines.append(
            f"          from {', '.join(data['features'])} to {', '.join(data['targets'])} ({data['task']})"
        )
        lines += [f"          {remark}" for remark in data["remarks"]]
    if settings is not None:
        batch = settings["batch_size"] or "all rows"
        lines.append(
            f"Settings  {settings['loss']}, {settings['optimizer']} at {settings['learning_rate']:g}, "
            f"batch {batch}, {settings['epochs']:,} epochs, seed {settings['seed']}"
        )
    if training["epochs"]:
        reached = "" if training["loss"] is None else f", loss {training['loss']:.6g}"
        lines.append(f"Training  {training['epochs']:,} epochs so far{reached}")
    else:
        lines.append("Training  not yet")
    if summary["problem"]:
        lines += ["", f"It cannot be trained as it is: {summary['problem']}"]
    return lines


def _network(project: Project) -> dict[str, Any]:
    network = project.network
    others = [neuron for neuron in network.neurons if neuron.role != "input"]
    return {
        "neurons": len(network.neurons),
        "inputs": [neuron.label or neuron.id for neuron in network.inputs],
        "hidden": len(network.hidden),
        "outputs": [neuron.label or neuron.id for neuron in network.outputs],
        "connections": len(network.connections),
        "trainable_parameters": learnable(network),
        "constraints": constraint_counts(network),
        "activations": dict(sorted(Counter(str(neuron.activation) for neuron in others).items())),
    }


def _data(project: Project) -> dict[str, Any] | None:
    data = project.data
    if data is None:
        return None
    return {
        "title": data.title,
        "rows": len(data),
        "training_rows": len(data.train_rows),
        "test_rows": len(data.test_rows),
        "features": list(data.feature_names),
        "targets": list(data.target_names),
        "classes": list(data.classes),
        "task": data.task,
        "remarks": list(remarks(data)),
    }


def _training(project: Project) -> dict[str, Any]:
    history, checkpoint = project.history, project.checkpoint
    row = history.row(-1) if history else None
    return {
        "epochs": checkpoint.epoch if checkpoint is not None else (row.epoch if row else 0),
        "loss": row.loss if row and np.isfinite(row.loss) else None,
        "test_loss": row.test_loss if row and np.isfinite(row.test_loss) else None,
        "metrics": {k: v for k, v in row.metrics.items() if np.isfinite(v)} if row else {},
    }


def _problem(project: Project) -> str | None:
    try:
        program = compile_network(project.network)
        if project.data is None:
            return "There are no data."
        settings = project.settings or TrainingSettings()
        check_training(program, settings, project.data.x, project.data.y)
    except NNStudioError as error:
        return str(error)
    return None
