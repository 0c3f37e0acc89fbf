"""Truth tables, and the addition of tenths: sets whose rows are fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

INPUTS = "abcdefgh"

# The published test rows of the addition perceptron, in order.
ADDITION_TEST_ROWS = (
    (0.9, 0.1), (0.5, 0.5), (0.2, 0.3), (0.3, 0.6), (0.1, 0.7), (0.3, 0.1), (0.1, 0.5), (0.9, 0.0),
    (0.3, 0.3), (0.0, 0.1), (0.1, 0.2), (0.2, 0.0), (0.6, 0.1), (0.5, 0.3), (0.9, 0.1), (0.1, 0.4),
    (0.2, 0.4), (0.7, 0.0), (0.6, 0.3), (0.2, 0.6), (0.1, 0.0), (0.3, 0.3), (0.5, 0.0), (0.6, 0.4),
    (0.4, 0.5),
)  # fmt: skip
ADDITION_ROWS = 66 + len(ADDITION_TEST_ROWS)

# Gates by their number: bit k is the output of row k, where the inputs spell k, the first as the highest bit.
NAMED_GATES = {
    2: {8: "AND", 14: "OR", 7: "NAND", 1: "NOR", 6: "XOR", 9: "XNOR", 11: "a implies b", 13: "b implies a"},
    3: {
        128: "AND",
        254: "OR",
        127: "NAND",
        1: "NOR",
        150: "XOR",
        105: "XNOR",
        232: "majority",
        22: "exactly one",
        172: "a chooses b or c",
    },
}


def gate(inputs: int, number: int) -> Table:
    """Return the truth table of a gate by its number, from 0 to 2 ** 2 ** inputs - 1."""
    rows = _inputs(inputs)
    return _table(rows, {"out": (number >> np.arange(len(rows))) & 1})


def fixed_gate(inputs: int, number: int) -> Callable[[Mapping[str, Any]], Table]:
    """Return what makes the truth table of one gate."""
    return lambda _options: gate(inputs, number)


def any_gate(inputs: int) -> Callable[[Mapping[str, Any]], Table]:
    """Return what makes the truth table of the gate that the option “gate” numbers."""
    return lambda options: gate(inputs, options["gate"])


def half_adder(_options: Mapping[str, Any]) -> Table:
    """Return the sum of two bits, as a digit and a carry."""
    rows = _inputs(2)
    return _table(rows, {"sum": rows.sum(axis=1) % 2, "carry": rows.sum(axis=1) // 2})


def full_adder(_options: Mapping[str, Any]) -> Table:
    """Return the sum of two bits and the carry from before, as a digit and a carry."""
    rows = _inputs(3)
    outputs = {"sum": rows.sum(axis=1) % 2, "carry out": rows.sum(axis=1) // 2}
    return _table(rows, outputs, names=("a", "b", "carry in"))


def parity(options: Mapping[str, Any]) -> Table:
    """Return whether the number of ones is odd."""
    rows = _inputs(options["bits"])
    return _table(rows, {"odd": rows.sum(axis=1) % 2})


def addition(_options: Mapping[str, Any]) -> Table:
    """Return every pair of tenths whose sum is at most 1, then the published test rows."""
    tenths = [(i, j) for i in range(11) for j in range(11 - i)]
    test = [(round(a * 10), round(b * 10)) for a, b in ADDITION_TEST_ROWS]
    rows = np.array(tenths + test)
    return Table(
        (
            Column("a", "number", rows[:, 0] / 10),
            Column("b", "number", rows[:, 1] / 10),
            Column("sum", "number", rows.sum(axis=1) / 10),
        )
    )


def _inputs(count: int) -> NDArray[np.int64]:
    """Return all rows of so many bits, (2 ** count, count), the last bit changing fastest."""
    numbers = np.arange(2**count)[:, np.newaxis]
    return (numbers >> np.arange(count)[::-1]) & 1


def _table(
    rows: NDArray[np.int64], outputs: Mapping[str, NDArray[np.int64]], names: tuple[str, ...] = tuple(INPUTS)
) -> Table:
    columns = [Column(name, "number", values) for name, values in zip(names, rows.T, strict=False)]
    return Table((*columns, *(Column(name, "number", values) for name, values in outputs.items())))
