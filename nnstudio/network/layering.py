"""Inserting a layer: neurons in a column, fully connected to what comes before and after them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from nnstudio.errors import InvalidValueError
from nnstudio.network.edits import AddItems, Composite, RemoveItems
from nnstudio.network.items import COLUMN_SPACING, DEFAULT_ACTIVATION, ROW_SPACING, Neuron, Role
from nnstudio.network.layout import centered_rows, column_spacing, depths
from nnstudio.network.wiring import make_connections, reached_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnstudio.network.edits import Edit
    from nnstudio.network.items import Position
    from nnstudio.network.model import Network
    from nnstudio.network.wiring import Reason

NEURON_LIMIT = 10_000
CONNECTION_LIMIT = 1_000_000
_LEAST_GAP = 0.6 * COLUMN_SPACING
_LEAST_DISTANCE = 0.7 * ROW_SPACING  # between neurons that are to be told apart
_MOST_MOVES = 200


@dataclass(frozen=True)
class Layer:
    """What to insert: so many neurons of a role, fed by all ``sources`` and feeding all ``targets``.

    ``activation`` None is the role's default. With ``replaces`` the connections from sources to targets,
    which would pass the layer by, go.
    """

    count: int
    role: Role = "hidden"
    activation: str | None = None
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    replaces: bool = False


@dataclass(frozen=True)
class LayerPlan:
    """Where the neurons of a layer go, and which connections it brings.

    ``sources`` and ``targets`` are those that may be connected, ``skipped`` counts the connections that may
    not be, and ``replaced`` are ids of connections that go.
    """

    layer: Layer
    positions: tuple[Position, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    replaced: tuple[str, ...]
    skipped: Mapping[Reason, int]

    @property
    def connection_count(self) -> int:
        """How many connections are added."""
        return len(self.positions) * (len(self.sources) + len(self.targets))


def last_layer(network: Network) -> tuple[str, ...]:
    """Return the deepest neurons that are no outputs, which a new layer would come after."""
    inner = {n.id for n in network.neurons if n.role != "output"}
    depth = {neuron_id: level for neuron_id, level in depths(network).items() if neuron_id in inner}
    deepest = max(depth.values(), default=0)
    return tuple(neuron_id for neuron_id, level in depth.items() if level == deepest)


def plan_layer(network: Network, layer: Layer, middle: Position = (0.0, 0.0)) -> LayerPlan:
    """Return what inserting a layer would do; ``middle`` is where it goes if it is connected to nothing.

    Targets that are inputs, or that lead back to a source, are left out and counted. Raises
    InvalidValueError for a number of neurons or connections that cannot be.
    """
    if not 1 <= layer.count <= NEURON_LIMIT:
        raise InvalidValueError(f"A layer has from 1 to {NEURON_LIMIT:,} neurons.")
    sources = layer.sources if layer.role != "input" else ()
    skipped: dict[Reason, int] = {}
    if len(sources) < len(layer.sources):
        skipped["input"] = layer.count * len(layer.sources)
    source_set = set(sources)
    targets = []
    for target in layer.targets:
        reason: Reason | None = None
        if network.neuron(target).role == "input":
            reason = "input"
        elif source_set & reached_from(network, (target,)):
            reason = "cycle"
        if reason is None:
            targets.append(target)
        else:
            skipped[reason] = skipped.get(reason, 0) + layer.count
    amount = layer.count * (len(sources) + len(targets))
    if amount > CONNECTION_LIMIT:
        raise InvalidValueError(
            f"This layer would bring {amount:,} connections; at most {CONNECTION_LIMIT:,} are possible at "
            "once. Choose fewer neurons."
        )
    replaced: tuple[str, ...] = ()
    if layer.replaces:
        ends = set(targets)
        replaced = tuple(c.id for s in sources for c in network.outgoing(s) if c.target in ends)
    positions = _column(network, layer.count, sources, targets, middle)
    return LayerPlan(layer, positions, sources, tuple(targets), replaced, skipped)


def insert_layer(
    network: Network, plan: LayerPlan, *, initializer: str, seed: int
) -> tuple[Edit, tuple[str, ...]]:
    """Return the edit that inserts a planned layer, and the ids of its neurons.

    Weights are drawn from ``seed``, those that come in first; biases are 0, but drawn as well for the
    initializer “uniform”. Raises SettingsError for an unknown initializer.
    """
    layer = plan.layer
    is_input = layer.role == "input"
    ids = [network.new_neuron_id() for _ in plan.positions]
    labels = network.free_labels([layer.role] * len(ids))
    activation = None if is_input else layer.activation or DEFAULT_ACTIVATION[layer.role]
    rng = random.Random(f"{seed}/biases")
    neurons = [
        Neuron(
            neuron_id,
            layer.role,
            activation,
            None if is_input else rng.random() if initializer == "uniform" else 0.0,
            label,
            position,
        )
        for neuron_id, label, position in zip(ids, labels, plan.positions, strict=True)
    ]
    pairs = [*product(plan.sources, ids), *product(ids, plan.targets)]
    label = "Insert a layer" if len(ids) > 1 else "Insert a neuron"
    adding = AddItems(label, neurons, make_connections(network, pairs, initializer=initializer, seed=seed))
    if not plan.replaced:
        return adding, tuple(ids)
    return Composite(label, (RemoveItems(label, (), plan.replaced), adding)), tuple(ids)


def _column(
    network: Network, count: int, sources: Sequence[str], targets: Sequence[str], middle: Position
) -> tuple[Position, ...]:
    """Return free places under each other: between sources and targets, or beside those that there are."""
    before, after = _places(network, sources), _places(network, targets)
    spacing = column_spacing((len(before or after), count))
    if before and after:
        left, right = max(x for x, _ in before), min(x for x, _ in after)
        x = (left + right) / 2 if right - left >= _LEAST_GAP else left + spacing
    elif before:
        x = max(x for x, _ in before) + spacing
    elif after:
        x = min(x for x, _ in after) - spacing
    else:
        x = middle[0]
    rows = [y for _, y in (before or after)] or [middle[1]]
    center = (min(rows) + max(rows)) / 2
    # With nothing before it the layer makes way to the left, as inputs stand there.
    step = -COLUMN_SPACING / 2 if after and not before else COLUMN_SPACING / 2
    heights = [center + y for y in centered_rows(count)]
    taken = [n.position for n in network.neurons]
    for _ in range(_MOST_MOVES):
        if not _collides(taken, x, heights):
            break
        x += step
    return tuple((x, y) for y in heights)


def _collides(taken: Iterable[Position], x: float, heights: Sequence[float]) -> bool:
    top, bottom = heights[0] - _LEAST_DISTANCE, heights[-1] + _LEAST_DISTANCE
    return any(abs(px - x) < _LEAST_DISTANCE and top < py < bottom for px, py in taken)


def _places(network: Network, ids: Iterable[str]) -> list[Position]:
    return [network.neuron(neuron_id).position for neuron_id in ids]
