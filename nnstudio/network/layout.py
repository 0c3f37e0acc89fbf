"""Automatic arrangement: layers from left to right, few crossings, nothing lying on a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.network.items import COLUMN_SPACING, ROW_SPACING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnstudio.network.items import Position
    from nnstudio.network.model import Network

_SWEEPS = 8
# A neuron nearer than this to a connection that passes it looks as if it belonged to it.
_CLEARANCE = 0.35 * ROW_SPACING
# Width over height that a drawing of tall layers is stretched to, so that its connections can be told apart
# and it fills a window; within limits, for very tall ones.
_ASPECT = 1.45
_MOST_COLUMN_SPACING = 2 * COLUMN_SPACING
# Where this many connections pass between layers, some lie on neurons whatever is done.
_PASSING_LIMIT = 20_000


def depths(network: Network) -> dict[str, int]:
    """Return each neuron's layer: the number of connections on the longest path to it.

    Inputs have 0, and all others at least 1, also where nothing leads to them.
    """
    depth = {neuron.id: int(neuron.role != "input") for neuron in network.neurons}
    missing = {neuron_id: len(network.sources_of(neuron_id)) for neuron_id in depth}
    ready = [neuron_id for neuron_id, count in missing.items() if not count]
    for here in ready:  # grows on the way
        for following in network.targets_of(here):
            depth[following] = max(depth[following], depth[here] + 1)
            missing[following] -= 1
            if not missing[following]:
                ready.append(following)
    return depth


def layered_positions(network: Network) -> dict[str, Position]:
    """Return a place for each neuron: a column for each layer, centered on y = 0.

    Inputs and outputs stay in their order, that of the data's columns; outputs that feed nothing stand in
    the last column. In between, neurons are sorted by where their neighbors stand (the barycenter method of
    Sugiyama et al. 1981), and a column moves a little where connections that skip it would lie on its
    neurons. Nothing is random: equal networks get equal places.
    """
    columns = _columns(network)
    sources = {neuron.id: network.sources_of(neuron.id) for neuron in network.neurons}
    targets = {neuron.id: network.targets_of(neuron.id) for neuron in network.neurons}
    _sort(columns, sources, targets, {n.id for n in network.neurons if n.role == "hidden"})
    shifts = _shifts(columns, targets)
    spacing = column_spacing([len(ids) for ids in columns])
    places = {
        neuron_id: (column * spacing, y + shifts[column])
        for column, ids in enumerate(columns)
        for neuron_id, y in zip(ids, centered_rows(len(ids)), strict=True)
    }
    return {neuron.id: places[neuron.id] for neuron in network.neurons}


def column_spacing(sizes: Sequence[int]) -> float:
    """Return how far apart columns of so many neurons stand: farther where they are tall."""
    if len(sizes) < 2:
        return COLUMN_SPACING
    height = (max(sizes) - 1) * ROW_SPACING
    wanted = round(_ASPECT * height / (len(sizes) - 1) / 10.0) * 10.0
    return min(max(wanted, COLUMN_SPACING), _MOST_COLUMN_SPACING)


def centered_rows(count: int) -> list[float]:
    """Return the y of each of ``count`` neurons that stand under each other, centered on 0."""
    return [(row - (count - 1) / 2) * ROW_SPACING for row in range(count)]


def _columns(network: Network) -> list[list[str]]:
    """Return the ids in each column, in the network's order; no column is empty."""
    column = depths(network)
    ends = [n.id for n in network.outputs if not network.targets_of(n.id)]
    last = max((column[neuron_id] for neuron_id in ends), default=0)
    last = max(last, *(column[n] + 1 for n in column.keys() - set(ends)), 0)
    column.update(dict.fromkeys(ends, last))
    filled = {number: place for place, number in enumerate(sorted(set(column.values())))}
    columns: list[list[str]] = [[] for _ in filled]
    for neuron in network.neurons:
        columns[filled[column[neuron.id]]].append(neuron.id)
    return columns


def _sort(
    columns: list[list[str]],
    sources: Mapping[str, Sequence[str]],
    targets: Mapping[str, Sequence[str]],
    movable: set[str],
) -> None:
    """Order the movable ids within their columns, in place, so that connected ones stand near each other."""
    y = {i: row for ids in columns for i, row in zip(ids, centered_rows(len(ids)), strict=True)}
    best, shortest = [list(ids) for ids in columns], _rise(targets, y)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        neighbors = sources if forward else targets
        changed = False
        for ids in columns if forward else reversed(columns):
            changed |= _sort_column(ids, neighbors, y, movable)
        length = _rise(targets, y)
        if length < shortest:
            best, shortest = [list(ids) for ids in columns], length
        if not changed and sweep:
            break
    columns[:] = best


def _sort_column(
    ids: list[str], neighbors: Mapping[str, Sequence[str]], y: dict[str, float], movable: set[str]
) -> bool:
    slots = [place for place, neuron_id in enumerate(ids) if neuron_id in movable]
    moving = [ids[place] for place in slots]
    wanted = {
        i: sum(y[n] for n in neighbors[i]) / len(neighbors[i]) if neighbors[i] else y[i] for i in moving
    }
    ordered = sorted(moving, key=wanted.__getitem__)
    if ordered == moving:
        return False
    heights = [y[neuron_id] for neuron_id in moving]
    for place, neuron_id, height in zip(slots, ordered, heights, strict=True):
        ids[place] = neuron_id
        y[neuron_id] = height
    return True


def _rise(targets: Mapping[str, Sequence[str]], y: Mapping[str, float]) -> float:
    """Return how far all connections together go up or down, which crossings make long."""
    return sum(abs(y[end] - y[start]) for start, ends in targets.items() for end in ends)


def _shifts(columns: list[list[str]], targets: Mapping[str, Sequence[str]]) -> list[float]:
    """Return how far each column moves down so that the fewest passing connections lie on its neurons."""
    shifts = [0.0] * len(columns)
    column = {neuron_id: number for number, ids in enumerate(columns) for neuron_id in ids}
    y = {i: row for ids in columns for i, row in zip(ids, centered_rows(len(ids)), strict=True)}
    skips = [(s, t) for s, ends in targets.items() for t in ends if column[t] - column[s] > 1]
    if sum(column[t] - column[s] - 1 for s, t in skips) > _PASSING_LIMIT:
        return shifts
    passing: list[list[tuple[str, str]]] = [[] for _ in columns]
    for start, end in skips:
        for between in range(column[start] + 1, column[end]):
            passing[between].append((start, end))
    for number, lines in enumerate(passing):
        if not lines:
            continue
        heights = []
        for start, end in lines:
            part = (number - column[start]) / (column[end] - column[start])
            heights.append(y[start] + part * (y[end] - y[start]))
        hits = {move: _hits(heights, len(columns[number]), move) for move in (0.0, 0.5, -0.5, 1.0, -1.0)}
        move = min(hits, key=hits.__getitem__)
        if move:
            shifts[number] = move * ROW_SPACING
            for neuron_id in columns[number]:
                y[neuron_id] += shifts[number]
    return shifts


def _hits(heights: list[float], count: int, move: float) -> int:
    """Return how many of the lines at these heights pass over one of the neurons of a column."""
    top = (move - (count - 1) / 2) * ROW_SPACING
    hits = 0
    for height in heights:
        row = min(max(round((height - top) / ROW_SPACING), 0), count - 1)
        hits += abs(height - top - row * ROW_SPACING) < _CLEARANCE
    return hits
