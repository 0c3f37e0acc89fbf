"""One-click ways out of what keeps a network from being trained."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nnstudio.network.edits import AddItems, ChangeConnections, ChangeNeurons, RemoveItems
from nnstudio.network.items import COLUMN_SPACING, ROW_SPACING, Connection
from nnstudio.network.rules import LABEL_LENGTH, connection_problem
from nnstudio.ui.document import ProjectChange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nnstudio.data import Dataset
    from nnstudio.errors import NNStudioError
    from nnstudio.network import Network, Neuron
    from nnstudio.network.edits import Edit
    from nnstudio.network.model import Role
    from nnstudio.training import TrainingSettings


@dataclass(frozen=True)
class Fix:
    """A way out: the text of its button, what it does in a sentence, and the edits, one undoable step."""

    title: str
    tooltip: str
    edits: tuple[Edit | ProjectChange, ...]


def fix_for(
    problem: NNStudioError | None, network: Network, data: Dataset | None, settings: TrainingSettings
) -> Fix | None:
    """Return a one-click way out of a problem, or None where the user has to decide."""
    if problem is None or data is None:
        return None
    outputs = network.outputs
    fits = (len(network.inputs), len(outputs)) == (len(data.feature_names), len(data.target_names))
    steps = [neuron for neuron in network.neurons if neuron.activation == "step"]
    only_outputs_step = bool(steps) and not network.hidden and len(steps) == len(outputs)
    if fits and only_outputs_step and settings.optimizer != "perceptron":
        return Fix(
            "Use the perceptron rule",
            "The step activation has no gradient; Rosenblatt's rule trains it without one",
            (ProjectChange("Use the perceptron rule", settings=_with(settings, optimizer="perceptron")),),
        )
    joining = joining_edit(network, settings) if fits else None
    if joining is not None:
        return Fix(
            "Connect them",
            "Connect the inputs, or the last layer, with the outputs that no input can influence",
            (joining,),
        )
    edits = enabling_edits(network) if fits else []
    if edits:
        return Fix(
            "Enable them",
            "Let all that is disabled between the inputs and the outputs out of their reach take part again",
            tuple(edits),
        )
    edits = match_edits(network, data, settings)
    if not edits:
        return None
    return Fix(
        "Match the data",
        "Give the network one input for each feature and one output for each target of the data, "
        "with an output activation and a loss for this task",
        tuple(edits),
    )


def joining_edit(network: Network, settings: TrainingSettings) -> AddItems | None:
    """Return the edit that gives each output a path from an input; None where they have one or can't get it.

    Where neurons lead to such an output, the inputs are connected with the first of them; else the output
    with the neurons that other outputs have, or the last layer, or the inputs.
    """
    reached = _closure((neuron.id for neuron in network.inputs), network.targets_of)
    lost = [neuron.id for neuron in network.outputs if neuron.id not in reached]
    if not lost or not network.inputs:
        return None
    hidden = {neuron.id for neuron in network.hidden}
    pairs: dict[tuple[str, str], None] = {}
    for output in lost:
        before = _closure([output], network.sources_of) & hidden
        first = [neuron_id for neuron_id in before if not network.sources_of(neuron_id)]
        kept = [neuron for neuron in network.outputs if neuron.id in reached]
        last = [n for n in _partners(network, "output", kept) if n in reached]
        sources = last or [neuron.id for neuron in network.inputs]
        if first:
            pairs |= dict.fromkeys(
                (neuron.id, target) for target in sorted(first) for neuron in network.inputs
            )
        else:
            pairs |= dict.fromkeys((source, output) for source in sources)
    sketch, rng = network.copy(), random.Random(settings.seed)
    connections = []
    for source, target in pairs:
        if connection_problem(sketch, source, target) is None:
            sketch.connect(source, target)
            limit = math.sqrt(6.0 / (len(sketch.sources_of(target)) + len(sketch.targets_of(source))))
            weight = limit * (2.0 * rng.random() - 1.0)
            connections.append(Connection(network.new_connection_id(), source, target, weight))
    return AddItems("Connect outputs", [], connections) if connections else None


def enabling_edits(network: Network) -> list[Edit | ProjectChange]:
    """Return the edits that enable what cuts outputs off from all inputs; none where nothing does."""
    on = {neuron.id for neuron in network.neurons if neuron.enabled}
    links = {(c.source, c.target) for c in network.connections if c.enabled}
    sources = [neuron.id for neuron in network.inputs]
    reached = _closure(
        on.intersection(sources), lambda i: (t for t in network.targets_of(i) if t in on and (i, t) in links)
    )
    lost = [neuron.id for neuron in network.outputs if neuron.id not in reached]
    between = _closure(sources, network.targets_of) & _closure(lost, network.sources_of)
    neurons = {i: {"enabled": True} for i in between - on}
    connections = {
        c.id: {"enabled": True}
        for c in network.connections
        if not c.enabled and c.source in between and c.target in between
    }
    return [
        *([ChangeNeurons("Enable", neurons)] if neurons else []),
        *([ChangeConnections("Enable", connections)] if connections else []),
    ]


def _closure(start: Iterable[str], near: Callable[[str], Iterable[str]]) -> set[str]:
    """Return the neurons that can be reached from some, themselves included."""
    found = set(start)
    waiting = list(found)
    while waiting:
        fresh = set(near(waiting.pop())) - found
        found |= fresh
        waiting += fresh
    return found


def match_edits(network: Network, data: Dataset, settings: TrainingSettings) -> list[Edit | ProjectChange]:
    """Return the edits that make inputs, outputs and loss fit the data; none where they do."""
    rng = random.Random(settings.seed)
    activation, loss = fitting_outputs(data)
    edits: list[Edit | ProjectChange] = []
    # The outputs are connected with what is there once the inputs match.
    sketch = network.copy()
    for edit in _match_role(network, sketch, "input", data.feature_names, None, rng):
        edit.apply(sketch)
        edits.append(edit)
    edits += _match_role(network, sketch, "output", data.target_names, activation, rng)
    if settings.loss != loss or settings.optimizer == "perceptron":
        optimizer = "adam" if settings.optimizer == "perceptron" else settings.optimizer
        changed = _with(settings, loss=loss, optimizer=optimizer)
        edits.append(ProjectChange("Match the data", settings=changed))
    return edits


def fitting_outputs(data: Dataset) -> tuple[str, str]:
    """Return the output activation and the loss that are usual for the task of the data."""
    if data.task == "regression":
        return "identity", "mse"
    if len(data.target_names) > 1:
        return "softmax", "cross_entropy"
    return "sigmoid", "binary_cross_entropy"


def _match_role(
    network: Network,
    sketch: Network,
    role: Role,
    names: Sequence[str],
    activation: str | None,
    rng: random.Random,
) -> list[Edit]:
    present = sketch.with_role(role)
    kept, surplus = present[: len(names)], present[len(names) :]
    edits: list[Edit] = []
    if surplus:
        edits.append(RemoveItems("Match the data", [neuron.id for neuron in surplus]))
    changes = {}
    for neuron, name in zip(kept, names, strict=False):
        wanted = {"label": label_of(name), **({} if activation is None else {"activation": activation})}
        fields = {field: value for field, value in wanted.items() if getattr(neuron, field) != value}
        if fields:
            changes[neuron.id] = fields
    if changes:
        edits.append(ChangeNeurons("Match the data", changes))
    if len(names) > len(kept):
        edits.append(_add(network, sketch, role, kept, names[len(kept) :], activation, rng))
    return edits


def _add(
    network: Network,
    sketch: Network,
    role: Role,
    kept: Sequence[Neuron],
    names: Sequence[str],
    activation: str | None,
    rng: random.Random,
) -> AddItems:
    x, y = _free_column(sketch, role, kept)
    neurons = [
        network.make_neuron(
            role, activation=activation, label=label_of(name), position=(x, y + index * ROW_SPACING)
        )
        for index, name in enumerate(names)
    ]
    partners = _partners(sketch, role, kept)
    # A connection to each new neuron from where those that are there already have theirs.
    connections = []
    for neuron in neurons:
        for partner in partners:
            source, target = (neuron.id, partner) if role == "input" else (partner, neuron.id)
            fan_in = len(partners) if role == "output" else len(sketch.sources_of(target)) + len(neurons)
            fan_out = len(partners) if role == "input" else len(sketch.targets_of(source)) + len(neurons)
            limit = math.sqrt(6.0 / (fan_in + fan_out))
            weight = limit * (2.0 * rng.random() - 1.0)
            connections.append(Connection(network.new_connection_id(), source, target, weight))
    return AddItems("Match the data", neurons, connections)


def _partners(network: Network, role: Role, kept: Sequence[Neuron]) -> list[str]:
    """Ids of the neurons that new ones of a role are to be connected with."""
    near = network.targets_of if role == "input" else network.sources_of
    partners = {partner: None for neuron in kept for partner in near(neuron.id)}
    if partners:
        return list(partners)
    far = network.sources_of if role == "input" else network.targets_of
    loose = [neuron.id for neuron in network.hidden if not far(neuron.id)]
    if loose:
        return loose
    if network.hidden:
        return []
    return [neuron.id for neuron in network.with_role("output" if role == "input" else "input")]


def _free_column(network: Network, role: Role, kept: Sequence[Neuron]) -> tuple[float, float]:
    if kept:
        return kept[-1].position[0], max(n.position[1] for n in kept) + ROW_SPACING
    places = [neuron.position for neuron in network.neurons]
    if not places:
        return (0.0, 0.0) if role == "input" else (COLUMN_SPACING, 0.0)
    columns = [place[0] for place in places]
    x = min(columns) - COLUMN_SPACING if role == "input" else max(columns) + COLUMN_SPACING
    return x, min(place[1] for place in places)


def _with(settings: TrainingSettings, **changes: str) -> TrainingSettings:
    # Options belong to one optimizer.
    options = settings.options if changes.get("optimizer", settings.optimizer) == settings.optimizer else {}
    return replace(settings, options=options, **changes)


def label_of(name: str) -> str:
    """Return the label of a neuron for a column."""
    return "".join(c if c.isprintable() else " " for c in name)[:LABEL_LENGTH]
