"""How weights, gradients, activations and updates are distributed while a training goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.engine.program import Program
    from nnstudio.training.readings import Layout, Quantity, Reading

# Values beyond the range of all but so many in a hundred, on either side, don't stretch a histogram …
_BEYOND = 0.5
# … unless they are no further than so many times that range.
_NEAR = 2.0
_SATURATED = {"sigmoid": (0.02, 0.98), "tanh": (-0.97, 0.97)}
_MOSTLY = 0.95
_VANISHED = 1e-3
_EXPLODED = 1e3
_RATIO_LOW, _RATIO_HIGH = 1e-5, 0.1


class Group(NamedTuple):
    """What of the network a distribution is of: a layer (0: all), or what is selected, by ids."""

    layer: int = 0
    connections: frozenset[str] = frozenset()
    neurons: frozenset[str] = frozenset()

    @property
    def is_selection(self) -> bool:
        """Whether it is of what is selected."""
        return bool(self.connections or self.neurons)


def members(layout: Layout, quantity: Quantity, group: Group) -> NDArray[np.int64]:
    """Return the places of a group's members among what a layout has taken."""
    of_neurons = quantity in ("biases", "activations")
    taken = layout.taken_neurons if of_neurons else layout.taken_connections
    layers = (layout.neuron_layers if of_neurons else layout.connection_layers)[taken]
    if not group.is_selection:
        return np.flatnonzero((layers == group.layer) | (group.layer == 0))
    return _selected(layout, of_neurons, group.connections, group.neurons)


@lru_cache(maxsize=32)
def _selected(
    layout: Layout, of_neurons: bool, connections: frozenset[str], neurons: frozenset[str]
) -> NDArray[np.int64]:
    if of_neurons:
        ids = [layout.neuron_ids[slot] for slot in layout.taken_neurons.tolist()]
        return np.array([place for place, each in enumerate(ids) if each in neurons], np.int64)
    ids = [layout.connection_ids[slot] for slot in layout.taken_connections.tolist()]
    return np.array([place for place, each in enumerate(ids) if each in connections], np.int64)


@dataclass(frozen=True, eq=False)
class Histograms:
    """Counts (moments, bins) of values between ``edges`` (bins + 1,), at ``steps`` (moments,).

    ``outside`` is the share of all values that no bin holds; ``members`` counts the values of a moment.
    """

    steps: NDArray[np.int64]
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    outside: float
    members: int


def histograms(
    readings: Sequence[Reading], quantity: Quantity, group: Group, *, bins: int = 40
) -> Histograms | None:
    """Return how a quantity is distributed over a group at each moment; None where it has no values."""
    found: list[tuple[int, NDArray[np.float64]]] = []
    for reading in readings:
        values = reading.of(quantity)
        if values is not None:
            chosen = values[..., members(reading.layout, quantity, group)].ravel().astype(np.float64)
            found.append((reading.step, chosen[np.isfinite(chosen)]))
    found = [(step, values) for step, values in found if len(values)]
    if not found:
        return None
    together = np.concatenate([values for _, values in found])
    low, high = _range(together)
    edges = np.linspace(low, high, bins + 1)
    counts = np.array([np.histogram(values, edges)[0] for _, values in found])
    outside = 1.0 - counts.sum() / len(together)
    return Histograms(np.array([step for step, _ in found]), edges, counts, float(outside), len(found[-1][1]))


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the range to show: all values, or where some few lie far out, that of the others."""
    low, high = float(values.min()), float(values.max())
    near_low, near_high = np.percentile(values, (_BEYOND, 100.0 - _BEYOND)).tolist()
    room = _NEAR * (near_high - near_low)
    if room > 0.0:
        low, high = max(low, near_low - room), min(high, near_high + room)
    if high - low <= 1e-12 * max(abs(low), abs(high)) or high == low:
        spare = 0.5 * max(abs(low), abs(high)) or 0.5
        low, high = low - spare, high + spare
    return low, high


@dataclass(frozen=True, eq=False)
class Lines:
    """Values over steps (moments,), a line for each name: (lines, moments), NaN where unknown."""

    steps: NDArray[np.int64]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    left_out: int = 0


def layer_lines(readings: Sequence[Reading], what: Literal["gradient_norms", "ratios"]) -> Lines:
    """Return the norms of gradients, or the ratios of updates to weights, of each layer over the steps."""
    known = [r for r in readings if np.isfinite(getattr(r, what)).any()]
    layers = max((reading.layout.layers for reading in known), default=0)
    values = np.full((layers, len(known)), np.nan)
    for place, reading in enumerate(known):
        of_layers = getattr(reading, what)
        values[: len(of_layers), place] = of_layers
    steps = np.array([reading.step for reading in known], np.int64)
    return Lines(steps, tuple(f"Layer {number + 1}" for number in range(layers)), values)


def value_lines(
    readings: Sequence[Reading],
    connections: Sequence[tuple[str, str]],
    neurons: Sequence[tuple[str, str]],
    most: int,
) -> Lines:
    """Return weights and biases over the steps, of connections and neurons by id and name, ``most`` lines."""
    wished = [*((False, *each) for each in connections), *((True, *each) for each in neurons)]
    steps = np.array([reading.step for reading in readings], np.int64)
    rows: list[list[float]] = []
    names: list[str] = []
    left_out = 0
    for of_neuron, key, name in wished:
        values = [_value(reading, of_neuron, key) for reading in readings]
        if all(math.isnan(value) for value in values):
            continue
        if len(rows) >= most:
            left_out += 1
            continue
        rows.append(values)
        names.append(name)
    return Lines(steps, tuple(names), np.array(rows).reshape(len(rows), len(steps)), left_out)


def _value(reading: Reading, of_neuron: bool, key: str) -> float:
    layout = reading.layout
    places = _neuron_places(layout) if of_neuron else _connection_places(layout)
    place = places.get(key)
    if place is None:
        return math.nan
    return float((reading.biases if of_neuron else reading.weights)[place])


@lru_cache(maxsize=8)
def _connection_places(layout: Layout) -> dict[str, int]:
    return {
        layout.connection_ids[slot]: place for place, slot in enumerate(layout.taken_connections.tolist())
    }


@lru_cache(maxsize=8)
def _neuron_places(layout: Layout) -> dict[str, int]:
    return {layout.neuron_ids[slot]: place for place, slot in enumerate(layout.taken_neurons.tolist())}


def findings(reading: Reading, program: Program) -> list[str]:
    """Return sentences about what keeps the network from learning at a moment, the gravest first."""
    told: list[str] = []
    layout = reading.layout
    norms = reading.gradient_norms
    finite = norms[np.isfinite(norms)]
    if len(finite) > 1 and finite[-1] > 0.0 and finite[0] < _VANISHED * finite[-1]:
        share = (
            "0" if finite[0] < 1e-300 * finite[-1] or finite[0] == 0.0 else f"1/{finite[-1] / finite[0]:,.0f}"
        )
        told.append(f"The gradient of the first layer is {share} of the last one's: it vanishes on the way.")
    if len(finite) and finite.max() > _EXPLODED:
        told.append(f"Gradients have a norm of up to {finite.max():.0e}: take a smaller rate, or clip them.")
    for layer in range(1, layout.layers + 1):
        # Outputs that are sure of their answer are as they should be.
        is_hidden = ~np.isin(layout.taken_neurons, program.output_slots)
        places = np.flatnonzero((layout.neuron_layers[layout.taken_neurons] == layer) & is_hidden)
        slots = layout.taken_neurons[places]
        keys = [program.activation_set[code].key for code in program.activation_code[slots].tolist()]
        for key in dict.fromkeys(keys):
            own = places[[each == key for each in keys]]
            values = reading.activations[:, own]
            if key == "relu":
                dead = int((values == 0.0).all(axis=0).sum())
                if dead:
                    told.append(
                        f"Layer {layer}: {dead} of {len(own)} ReLU neurons are 0 for every row, and so learn "
                        "no more."
                    )
            elif key in _SATURATED:
                low, high = _SATURATED[key]
                stuck = int((((values < low) | (values > high)).mean(axis=0) >= _MOSTLY).sum())
                if stuck:
                    told.append(
                        f"Layer {layer}: {stuck} of {len(own)} {key} neurons are saturated for nearly every "
                        "row, where their slope is almost 0."
                    )
    ratios = reading.ratios[np.isfinite(reading.ratios)]
    if len(ratios) and ratios.max() > _RATIO_HIGH:
        told.append(f"A step changes weights by up to {ratios.max():.0%}: the rate may be too large.")
    elif len(ratios) and 0.0 < ratios.max() < _RATIO_LOW:
        told.append(f"A step changes weights by {ratios.max():.0e} of themselves: the rate may be too small.")
    return told
