"""Putting neurons in order by hand: aligned, evenly apart, in layers where they stand."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate, count, pairwise, product
from math import dist, floor
from typing import TYPE_CHECKING, Literal

from nnstudio.network.items import ROW_SPACING
from nnstudio.network.layout import layered_positions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from nnstudio.network.items import Position
    from nnstudio.network.model import Network

    Positions = dict[str, Position]

Side = Literal["left", "center", "right", "top", "middle", "bottom"]
Axis = Literal["across", "down"]
_SIDES: dict[Side, tuple[int, float]] = {  # axis, and where between the least and the greatest
    "left": (0, 0.0),
    "center": (0, 0.5),
    "right": (0, 1.0),
    "top": (1, 0.0),
    "middle": (1, 0.5),
    "bottom": (1, 1.0),
}
_ROOM = 0.7 * ROW_SPACING  # between neurons, for a label under the upper one
_LEAST_DISTANCE = 0.5 * ROW_SPACING  # about the diameter of a neuron


def aligned(positions: Mapping[str, Position], side: Side) -> Positions:
    """Return places in one column (left, center, right) or one row (top, middle, bottom) of those given.

    Those that would come to lie on each other are moved apart along it, in their order.
    """
    axis, share = _SIDES[side]
    values = [position[axis] for position in positions.values()]
    low, high = min(values), max(values)
    order = sorted(positions, key=lambda i: (positions[i][1 - axis], positions[i][axis]))
    along = _parted([positions[i][1 - axis] for i in order])
    across = low + share * (high - low)
    return {i: _moved((place, place), axis, across) for i, place in zip(order, along, strict=True)}


def distributed(positions: Mapping[str, Position], axis: Axis) -> Positions:
    """Return places with even gaps from left to right, or from top to bottom; the outermost stay."""
    number = ("across", "down").index(axis)
    order = sorted(positions, key=lambda i: (positions[i][number], positions[i][1 - number]))
    low, high = positions[order[0]][number], positions[order[-1]][number]
    gap = (high - low) / max(len(order) - 1, 1)
    return {i: _moved(positions[i], number, low + place * gap) for place, i in enumerate(order)}


def tidied(network: Network, neuron_ids: Iterable[str] = ()) -> Positions:
    """Return places in layers for these neurons, or all where none are named; their middle stays.

    Connections to neurons that are not among them don't count. Where some would come to lie on those, all are
    moved aside together, no further than needed.
    """
    chosen = set(neuron_ids)
    part = network.subnetwork(chosen) if chosen else network
    before = {neuron.id: neuron.position for neuron in part.neurons}
    if not before:
        return {}
    after = layered_positions(part)
    (x, y), (to_x, to_y) = _middle(before), _middle(after)
    places = {i: (px - to_x + x, py - to_y + y) for i, (px, py) in after.items()}
    dx, dy = _way_clear(places.values(), [n.position for n in network.neurons if n.id not in places])
    return {i: (round(px + dx, 3), round(py + dy, 3)) for i, (px, py) in places.items()}


def _way_clear(positions: Collection[Position], others: Iterable[Position]) -> Position:
    """Return how far to move positions up, down, left or right for none to lie on any of the others."""
    cells: dict[tuple[int, int], list[Position]] = defaultdict(list)
    for x, y in others:
        cells[floor(x / _ROOM), floor(y / _ROOM)].append((x, y))

    def is_free(x: float, y: float) -> bool:
        column, row = floor(x / _ROOM), floor(y / _ROOM)
        return all(
            dist((x, y), other) >= _ROOM
            for near in product((column - 1, column, column + 1), (row - 1, row, row + 1))
            for other in cells.get(near, ())
        )

    ways = (
        way
        for length in count(0.0, _ROOM / 4)
        for way in ((0.0, length), (0.0, -length), (length, 0.0), (-length, 0.0))
    )
    return next((dx, dy) for dx, dy in ways if all(is_free(x + dx, y + dy) for x, y in positions))


def _parted(values: list[float]) -> list[float]:
    """Return rising places with the same middle, none so near the one before that it would cover it."""
    gaps = [after - before for before, after in pairwise(values)]
    if all(gap >= _LEAST_DISTANCE for gap in gaps):
        return values
    apart = [gap if gap >= _LEAST_DISTANCE else _ROOM for gap in gaps]
    start = (values[0] + values[-1] - sum(apart)) / 2
    return [round(value, 3) for value in accumulate(apart, initial=start)]


def _moved(position: Position, axis: int, value: float) -> Position:
    return (value, position[1]) if axis == 0 else (position[0], value)


def _middle(positions: Mapping[str, Position]) -> Position:
    xs, ys = zip(*positions.values(), strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
