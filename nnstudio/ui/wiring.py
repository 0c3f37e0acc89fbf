"""Columns of the data and the neurons they are wired to: the order of inputs is that of the columns.

All functions return edits, one undoable step, and do nothing themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nnstudio.errors import DataError
from nnstudio.network.edits import AddItems, ChangeNeurons, paste
from nnstudio.network.items import ROW_SPACING
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.fixes import fitting_outputs, label_of, match_edits
from nnstudio.ui.numbers import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnstudio.data import Dataset
    from nnstudio.data.preparation import Role
    from nnstudio.network import Network
    from nnstudio.network.edits import Edit
    from nnstudio.network.items import Position
    from nnstudio.training import TrainingSettings

    Edits = list[Edit | ProjectChange]

_HIDDEN = 8  # neurons of a network that is made for data
_NO_TABLE = "These data came as plain numbers, whose columns have a fixed order. Import them as a table."


# What is offered when data are chosen


@dataclass(frozen=True)
class Offer:
    """A way to make network and data fit: the text of its button, what it does, and what makes the edits."""

    title: str
    tooltip: str
    make: Callable[[], Edits]


def offers(network: Network, data: Dataset | None, settings: TrainingSettings) -> tuple[Offer, ...]:
    """Return ways to make network and data fit each other, the likeliest first; none where they do."""
    if data is None:
        return ()
    if not network.neuron_count:
        tip = f"Make inputs, {_HIDDEN} hidden neurons and outputs for these data"
        return (Offer("Make a network", tip, lambda: network_edits(network, data, settings)),)
    found = []
    roles = _roles_by_name(network, data)
    if roles is not None:
        tip = (
            "Give each input the column of its name, in the order of the inputs, and leave other columns out"
        )
        found.append(
            Offer("Wire by name", tip, lambda: [ProjectChange("Wire by name", data=_prepared(data, roles))])
        )
    if (len(network.inputs), len(network.outputs)) != (len(data.feature_names), len(data.target_names)):
        tip = "Make one input for each feature and one output for each target, and take others away"
        found.append(Offer("Match the network", tip, lambda: match_edits(network, data, settings)))
    elif roles is None:
        edit = _named_all(network, data)
        if edit is not None:
            found.append(
                Offer("Name the neurons", "Call inputs and outputs by their columns", lambda: [edit])
            )
    return tuple(found)


def mismatch(network: Network, data: Dataset | None) -> str:
    """Return in a sentence how network and data differ, or an empty text where they fit."""
    if data is None:
        return ""
    features, targets = len(data.feature_names), len(data.target_names)
    needed = f"{_counted(features, 'input')} and {_counted(targets, 'output')}"
    if not network.neuron_count:
        return f"There is no network yet; these data take {needed}."
    inputs, outputs = len(network.inputs), len(network.outputs)
    if (inputs, outputs) != (features, targets):
        have = f"{_counted(inputs, 'input')} and {_counted(outputs, 'output')}"
        return f"These data take {needed}; the network has {have}."
    names = [neuron.label for neuron in network.inputs]
    wanted = [label_of(name) for name in data.feature_names]
    if sorted(names) == sorted(wanted) and names != wanted:
        return "The inputs have the names of the columns, but in another order."
    return ""


def network_edits(network: Network, data: Dataset, settings: TrainingSettings) -> Edits:
    """Return the edits that make an empty network one for the data, with a layer of hidden neurons."""
    from nnstudio.network.templates import layered_network

    activation, loss = fitting_outputs(data)
    made = layered_network(
        [len(data.feature_names), _HIDDEN, len(data.target_names)],
        output=activation,
        seed=settings.seed,
        initializer=settings.initializer,
        input_labels=[label_of(name) for name in data.feature_names],
        output_labels=[label_of(name) for name in data.target_names],
    )
    edits: Edits = [paste(network, made, label="", keep_labels=True).edit]
    if settings.loss != loss:
        edits.append(ProjectChange("", settings=replace(settings, loss=loss)))
    return edits


def _roles_by_name(network: Network, data: Dataset) -> dict[str, Role] | None:
    """Return roles that give each input the column of its name; None where that is not possible, or so."""
    preparation = data.preparation
    labels = [neuron.label for neuron in network.inputs]
    if preparation is None or preparation.derived or len(set(labels)) != len(labels) or not labels:
        return None
    blocks = {column: names for column, names in _blocks(data) if names}
    slots = {label_of(name): column for column, names in blocks.items() for name in names}
    if any(label not in slots for label in labels):
        return None
    order = list(dict.fromkeys(slots[label] for label in labels))
    names = [name for column in order for name in blocks[column]]
    if [label_of(name) for name in names] != labels or names == list(data.feature_names):
        return None
    roles: dict[str, Role] = dict.fromkeys(order, "feature")
    for name, role in preparation.roles.items():
        roles.setdefault(name, "ignore" if role == "feature" else role)
    return roles


def _named_all(network: Network, data: Dataset) -> ChangeNeurons | None:
    changes = {
        neuron.id: {"label": label_of(name)}
        for neurons, names in ((network.inputs, data.feature_names), (network.outputs, data.target_names))
        for neuron, name in zip(neurons, names, strict=True)
        if neuron.label != label_of(name)
    }
    return ChangeNeurons("Name the neurons", changes) if changes else None


# Dragging a column


def wire_to(network: Network, data: Dataset, column: str, neuron_id: str) -> Edits:
    """Return the edits that give an input the column, or make it the target of an output.

    The column that was there takes the place of the one that comes. Neurons that were called by their
    columns go on being so. Raises DataError where that cannot be.
    """
    neuron = network.neuron(neuron_id)
    if neuron.role == "hidden":
        raise DataError("A hidden neuron takes no column. Drop the column onto an input or an output.")
    roles = _roles(data, column)
    if neuron.role == "input":
        slot = [other.id for other in network.inputs].index(neuron_id)
        there, role = _column_at(data, slot), "feature"
    else:
        slot = [other.id for other in network.outputs].index(neuron_id)
        targets = [name for name, role in roles.items() if role == "target"]
        there = targets[0] if data.classes else targets[slot] if slot < len(targets) else None
        role = "target"
    if there == column:
        made = data
    elif there is not None:
        made = _prepared(data, _exchanged(roles, column, there))
    else:
        rest = {name: given for name, given in roles.items() if name != column}
        made = _prepared(data, {**rest, column: role})  # type: ignore[dict-item]
    edits: Edits = [] if made is data else [ProjectChange(f"Wire {column}", data=made)]
    changes = _followed(network, data, made, neuron_id)
    if changes:
        edits.append(ChangeNeurons(f"Wire {column}", changes))
    return edits


def neurons_for(network: Network, data: Dataset, column: str, position: Position) -> Edits:
    """Return the edits that make neurons for a column: inputs for a feature, outputs for the target.

    They come after those that are there, so the column does too. Raises DataError where it has its neurons.
    """
    roles = _roles(data, column)
    if roles[column] == "target":
        slot = 0 if data.classes else [n for n, r in roles.items() if r == "target"].index(column)
        names = data.target_names if data.classes else (column,)
        if slot < len(network.outputs):
            raise DataError(_wired(column, network.outputs[slot].label))
        activation, _ = fitting_outputs(data)
        return [_added(network, "output", names, activation, position, column)]
    features = [name for name, role in roles.items() if role == "feature"]
    wired, places = [], 0
    for name, names in _blocks(data):
        if places < len(network.inputs) and names:
            wired.append(name)
            places += len(names)
    if places != len(network.inputs):
        raise DataError(
            "The inputs that are there don't fit the columns before this one. Match the network to the data "
            "first."
        )
    if column in wired:
        raise DataError(_wired(column, network.inputs[_slot_of(data, column)].label))
    if any(name not in features for name in wired):
        raise DataError("Derived features come after all columns. Drop the column onto an input instead.")
    order = [*wired, column, *(name for name in features if name not in wired and name != column)]
    arranged: dict[str, Role] = dict.fromkeys(order, "feature")
    arranged.update({name: role for name, role in roles.items() if name not in arranged})
    made = data if order == features else _prepared(data, arranged)
    names = dict(_blocks(made))[column]
    edits: Edits = [] if made is data else [ProjectChange(f"Wire {column}", data=made)]
    return [*edits, _added(network, "input", names, None, position, column)]


def _roles(data: Dataset, column: str) -> dict[str, Role]:
    """Return the roles of columns, with the one that is wired; raises DataError where there is none."""
    from nnstudio.data.generators import table_of

    table = table_of(data)
    if data.preparation is None or table is None:
        raise DataError(_NO_TABLE)
    table[column]  # raises for one that is not there
    return {**dict.fromkeys(data.preparation.roles, "ignore"), **data.preparation.roles} | (
        {} if column in data.preparation.roles else {column: "ignore"}
    )


def _blocks(data: Dataset) -> list[tuple[str, tuple[str, ...]]]:
    """Return the columns, then the derived features, each with the network's columns that it becomes."""
    return [
        *((column.name, column.feature_names) for column in data.columns),
        *((feature.name, (feature.name,)) for feature in data.derived),
    ]


def _column_at(data: Dataset, slot: int) -> str | None:
    """Return the column that an input takes, None beyond the last; raises DataError for a derived feature."""
    place = 0
    for name, names in _blocks(data):
        place += len(names)
        if slot < place:
            if name in {feature.name for feature in data.derived}:
                raise DataError(
                    f"This input takes “{name}”, a derived feature; these come after all columns. "
                    "Drop the column onto another input."
                )
            return name
    return None


def _slot_of(data: Dataset, column: str) -> int:
    place = 0
    for name, names in _blocks(data):
        if name == column:
            break
        place += len(names)
    return place


def _exchanged(roles: dict[str, Role], one: str, other: str) -> dict[str, Role]:
    """Return roles where two columns have changed places, in the order and in what they are used as."""
    swapped = {one: other, other: one}
    return {swapped.get(name, name): role for name, role in roles.items()}


def _prepared(data: Dataset, roles: dict[str, Role]) -> Dataset:
    from nnstudio.data.generators import prepare_again, table_of
    from nnstudio.data.preparation import with_usable_split

    assert data.preparation is not None
    preparation = replace(data.preparation, roles=roles)
    table = table_of(data)
    return prepare_again(data, preparation if table is None else with_usable_split(table, preparation))


def _followed(network: Network, before: Dataset, after: Dataset, chosen: str) -> dict[str, dict[str, str]]:
    """Return the labels of neurons whose column is another one; those with names of their own keep them."""
    changes: dict[str, dict[str, str]] = {}
    for neurons, old, new in (
        (network.inputs, before.feature_names, after.feature_names),
        (network.outputs, before.target_names, after.target_names),
    ):
        for slot, (neuron, name) in enumerate(zip(neurons, new, strict=False)):
            follows = slot < len(old) and neuron.label == label_of(old[slot])
            if (follows or neuron.id == chosen) and neuron.label != label_of(name):
                changes[neuron.id] = {"label": label_of(name)}
    return changes


def _added(
    network: Network,
    role: str,
    names: Sequence[str],
    activation: str | None,
    position: Position,
    column: str,
) -> AddItems:
    x, y = position
    neurons = [
        network.make_neuron(
            role,  # type: ignore[arg-type]
            activation=activation,
            label=label_of(name),
            position=(x, y + place * ROW_SPACING),
        )
        for place, name in enumerate(names)
    ]
    return AddItems(f"Wire {column}", neurons)


def _wired(column: str, label: str) -> str:
    return (
        f"“{column}” has its neuron: {label or 'one without a name'}. Drop it onto another to wire it there."
    )


def _counted(count: int, word: str) -> str:
    return f"{format_count(count)} {word}{'' if count == 1 else 's'}"
