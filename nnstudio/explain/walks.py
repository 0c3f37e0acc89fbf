"""Where the nodes of a computation graph stand in a picture, and what a walk shows at each step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.explain.numbers import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.explain.building import Node
    from nnstudio.explain.graphs import Graph

# Rows are put in order so many times, by what they are joined to above and below.
_SWEEPS = 8


@dataclass(frozen=True)
class Step:
    """What is known at one step: values and derivatives by node, and the operation that was just done.

    ``derivatives`` add up what has been passed back by then. ``told`` says what the operation did.
    """

    values: frozenset[int]
    derivatives: dict[int, float]
    done: int | None
    is_backward: bool
    told: str


def step_count(graph: Graph) -> int:
    """Return how many operations a walk has, forward and back."""
    return 2 * len(graph.forward)


def step_at(graph: Graph, number: int) -> Step:
    """Return what is known after so many operations: first all forward, then all backward."""
    forward, backward = graph.forward, graph.backward
    given = frozenset(node.index for node in graph.nodes if not node.arguments)
    if number <= len(forward):
        done = forward[number - 1] if number else None
        told = "Given: inputs, weights and biases." if done is None else _forward_told(graph, done)
        return Step(given | frozenset(forward[:number]), {}, done, False, told)
    derivatives = {graph.result: graph.nodes[graph.result].derivative}
    passed = backward[: number - len(forward)]
    for index in passed:
        for argument, amount in graph.passed_back(index):
            if graph.nodes[argument].kind != "number":
                derivatives[argument] = derivatives.get(argument, 0.0) + amount
    return Step(given | frozenset(forward), derivatives, passed[-1], True, _backward_told(graph, passed[-1]))


def name_of(node: Node) -> str:
    """Return what to call a node in a sentence."""
    if node.name is not None and node.name != node.sign:
        return node.name.text
    sign = node.sign.text.replace("-", "\N{MINUS SIGN}")
    return node.shown_value.text if node.kind == "number" else f"the result of {sign}"


def _forward_told(graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    arguments = [graph.nodes[argument].shown_value for argument in node.arguments]
    if node.operation in ("+", "-", "*", "/", "**"):
        sign = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ ", "**": " to the power of "}[node.operation]
        written = sign.join(
            shown.text if place == 0 else shown.text_factor for place, shown in enumerate(arguments)
        )
    elif node.operation == "negative":
        written = f"−{arguments[0].text_factor}"
    else:
        written = f"{node.sign.text}({', '.join(shown.text for shown in arguments)})"
    name = "" if node.name is None or node.name == node.sign else f"{node.name.text} = "
    return _with_minus(f"{name}{written} = {node.shown_value.text}")


def _backward_told(graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    parts = [
        f"{node.shown_derivative.text_factor} × {show(slope).text_factor} = {show(amount).text} "
        f"to {name_of(graph.nodes[argument])}"
        for (argument, amount), slope in zip(graph.passed_back(index), node.slopes, strict=True)
        if graph.nodes[argument].kind != "number"
    ]
    name = name_of(node)
    if not parts:
        return f"{name[:1].upper()}{name[1:]} has only numbers to pass back to, which stay as they are."
    # A name such as z[h] stays as it is written elsewhere.
    first = name if name.endswith("]") else f"{name[:1].upper()}{name[1:]}"
    return _with_minus(f"{first} passes back {'; '.join(parts)}")


def _with_minus(text: str) -> str:
    return re.sub(r"-(?=\d)", "\N{MINUS SIGN}", text)


def placed(graph: Graph) -> dict[int, tuple[float, int]]:
    """Return the place (across, row) of each node: what is given near where it is used, the result below.

    Rows follow each other downward; within a row, neighbors are at least 1 apart, and the rows have a common
    middle at 0.
    """
    rows = _rows(graph)
    users: list[list[int]] = [[] for _ in graph.nodes]
    for node in graph.nodes:
        for argument in node.arguments:
            users[argument].append(node.index)
    across = {index: place - (len(row) - 1) / 2 for row in rows for place, index in enumerate(row)}
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            wanted = {
                index: _mean([across[other] for other in near], across[index])
                for index in row
                for near in [graph.nodes[index].arguments if down else users[index]]
            }
            row.sort(key=wanted.__getitem__)
            across |= _spaced(row, wanted)
    middle = (min(across.values()) + max(across.values())) / 2
    depth = {index: number for number, row in enumerate(rows) for index in row}
    return {index: (across[index] - middle, depth[index]) for index in across}


def _rows(graph: Graph) -> list[list[int]]:
    depth = [0] * len(graph.nodes)
    for node in graph.nodes:
        depth[node.index] = 1 + max((depth[argument] for argument in node.arguments), default=-1)
    # What is given stands just above the first operation that takes it.
    first: dict[int, int] = {}
    for node in graph.nodes:
        for argument in node.arguments:
            first[argument] = min(first.get(argument, depth[node.index]), depth[node.index])
    for node in graph.nodes:
        if not node.arguments and node.index in first:
            depth[node.index] = first[node.index] - 1
    rows: list[list[int]] = [[] for _ in range(max(depth) + 1)]
    for index, level in enumerate(depth):
        rows[level].append(index)
    return rows


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _spaced(row: Sequence[int], wanted: dict[int, float]) -> dict[int, float]:
    """Return places near those wanted, in this order and at least 1 apart."""
    # Blocks that have run into each other stand around the mean of what their members want.
    blocks: list[list[float]] = []  # sum of wanted places less offsets, and count
    for index in row:
        blocks.append([wanted[index], 1.0])
        while (
            len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] + blocks[-2][1] > blocks[-1][0] / blocks[-1][1]
        ):
            total, count = blocks.pop()
            blocks[-1][0] += total - count * blocks[-1][1]
            blocks[-1][1] += count
    places: dict[int, float] = {}
    members = iter(row)
    for total, count in blocks:
        start = total / count
        for offset in range(int(count)):
            places[next(members)] = start + offset
    return places
