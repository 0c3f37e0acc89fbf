"""Nodes of computation graphs, and what makes them one operation at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.errors import NNStudioError
from nnstudio.explain.numbers import Shown, show
from nnstudio.explain.symbols import Symbol
from nnstudio.expressions import CONSTANTS
from nnstudio.expressions.operations import OPERATIONS, compare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnstudio.expressions import Expression

# Nobody walks through more than these.
MOST_NODES = 3000
_TOLERANCE = 1e-9
_LATEX = {"*": r"\times", "/": r"\div", "negative": "-", "**": r"x^{y}", "exp": "e^{x}", "log": r"\ln"}
_TEXT = {"*": "×", "/": "÷", "negative": "-", "**": "power", "log": "ln"}
_LATEX |= {"sqrt": r"\sqrt{x}", "tanh": r"\tanh", "sin": r"\sin", "cos": r"\cos", "abs": r"\lvert x \rvert"}
_LATEX |= {"max": r"\max", "min": r"\min"}


@dataclass(frozen=True)
class Node:
    """One number of a computation.

    ``kind`` is ``"input"``, ``"weight"``, ``"bias"``, ``"target"`` or ``"number"`` for what is given, and
    ``"operation"`` for what is computed of the nodes ``arguments`` by ``operation``: one of + - * / ** exp
    log sqrt tanh sin cos abs max min, or an activation or a loss that cannot be taken apart without losing
    its digits. ``slopes`` are the derivatives of the value by each argument, ``derivative`` is that of the
    graph's result by the value. ``name`` is what the node is called where it has a name of its own; any node
    may belong to a neuron or a connection.
    """

    index: int
    kind: str
    operation: str
    sign: Symbol
    value: float
    arguments: tuple[int, ...] = ()
    slopes: tuple[float, ...] = ()
    derivative: float = 0.0
    name: Symbol | None = None
    neuron_id: str = ""
    connection_id: str = ""

    @property
    def shown_value(self) -> Shown:
        """The value as it is shown."""
        return show(self.value)

    @property
    def shown_derivative(self) -> Shown:
        """The derivative as it is shown."""
        return show(self.derivative)


class Builder:
    """Adds nodes to a graph; each operation comes after its arguments. Raises NNStudioError when full."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._numbers: dict[float, int] = {}

    def leaf(
        self, kind: str, name: Symbol, value: float, *, neuron_id: str = "", connection_id: str = ""
    ) -> int:
        """Add what is given, and return its place."""
        return self._add(kind, "", name, value, (), (), name, neuron_id, connection_id)

    def number(self, value: float) -> int:
        """Return the place of a number that stands in a formula."""
        if value not in self._numbers:
            shown = show(value)
            sign = Symbol(shown.latex, shown.text)
            self._numbers[value] = self._add("number", "", sign, value, (), ())
        return self._numbers[value]

    def total(self, terms: Sequence[int], name: Symbol, *, neuron_id: str = "") -> int:
        """Add a sum of any number of terms."""
        value = sum(self.nodes[term].value for term in terms)
        slopes = (1.0,) * len(terms)
        return self._add("operation", "+", Symbol("+", "+"), value, tuple(terms), slopes, name, neuron_id)

    def operation(
        self,
        key: str,
        arguments: tuple[int, ...],
        name: Symbol | None = None,
        *,
        neuron_id: str = "",
        connection_id: str = "",
    ) -> int:
        """Add an operation of the language of formulas."""
        given = [np.float64(self.nodes[argument].value) for argument in arguments]
        rule = OPERATIONS[key]
        with np.errstate(all="ignore"):
            value: Any = rule.value(*given)
            slopes = []
            for place, argument in enumerate(arguments):
                if self.nodes[argument].kind == "number":
                    slopes.append(0.0)
                    continue
                tangents: list[Any] = [None] * len(arguments)
                tangents[place] = np.float64(1.0)
                slopes.append(float(rule.tangent(value, given, tangents)))
        sign = Symbol(_LATEX.get(key, key), _TEXT.get(key, key))
        return self._add(
            "operation", key, sign, float(value), arguments, tuple(slopes), name, neuron_id, connection_id
        )

    def whole(
        self,
        key: str,
        arguments: tuple[int, ...],
        value: float,
        slopes: tuple[float, ...],
        name: Symbol,
        *,
        neuron_id: str = "",
    ) -> int:
        """Add an activation or a loss as one operation."""
        sign = Symbol(rf"\text{{{key.replace('_', ' ')}}}", key.replace("_", " "))
        if key.startswith("custom:"):
            sign = Symbol("f", "f")
        return self._add("operation", key, sign, value, arguments, slopes, name, neuron_id)

    def expression(
        self,
        expression: Expression,
        variables: Mapping[str, int],
        name: Symbol,
        *,
        neuron_id: str = "",
        check: tuple[float, int, float] | None = None,
    ) -> int | None:
        """Add the operations of a formula of nodes; of cases, those of the one that holds.

        Returns None, and adds nothing, where a number on the way is not finite, or where, by ``check``, the
        value or its derivative by a node is not what it ought to be, as in formulas that lose digits.
        """
        before, numbers = len(self.nodes), dict(self._numbers)
        placed: dict[int, int] = {}

        def place(step: int) -> int:
            if step in placed:
                return placed[step]
            entry = expression.steps[step]
            if entry.operation == "variable":
                found = variables[entry.name]
            elif entry.operation == "number":
                found = self.number(entry.value)
            elif entry.operation == "constant":
                found = self.number(CONSTANTS[entry.name])
            elif entry.operation == "where":
                condition, yes, no = entry.arguments
                found = place(yes if holds(condition) else no)
            elif entry.operation == "compare":
                found = self.number(float(holds(step)))
            else:
                arguments = tuple(place(argument) for argument in entry.arguments)
                found = self.operation(entry.operation, arguments, neuron_id=neuron_id)
            placed[step] = found
            return found

        def holds(step: int) -> bool:
            entry = expression.steps[step]
            if entry.operation != "compare":
                return self.nodes[place(step)].value != 0.0
            sides = [np.float64(self.nodes[place(argument)].value) for argument in entry.arguments]
            return bool(compare(entry.name, sides))

        result = place(len(expression.steps) - 1)
        new = self.nodes[before:]
        sound = all(map(math.isfinite, (number for node in new for number in (node.value, *node.slopes))))
        if sound and check is not None:
            sound = self._is_right(result, *check)
        if not sound:
            del self.nodes[before:]
            self._numbers = numbers
            return None
        if result < before or self.nodes[result].kind != "operation":
            # A formula that only passes something on still has a node with its name.
            return self.total([result], name, neuron_id=neuron_id)
        self.nodes[result] = replace(self.nodes[result], name=name)
        return result

    def differentiated(self, result: int, seed: float) -> tuple[Node, ...]:
        """Return all nodes with the derivatives of a node, that by itself being ``seed``."""
        derivatives = self._derivatives(result, seed)
        return tuple(
            replace(node, derivative=derivative)
            for node, derivative in zip(self.nodes, derivatives, strict=True)
        )

    def _derivatives(self, result: int, seed: float) -> list[float]:
        derivatives = [0.0] * len(self.nodes)
        derivatives[result] = seed
        for node in reversed(self.nodes[: result + 1]):
            passed = derivatives[node.index]
            if passed:
                for argument, slope in zip(node.arguments, node.slopes, strict=True):
                    derivatives[argument] += passed * slope
        return derivatives

    def _is_right(self, result: int, value: float, by: int, slope: float) -> bool:
        found = self._derivatives(result, 1.0)[by]
        pairs = ((self.nodes[result].value, value), (found, slope))
        return all(abs(a - b) <= _TOLERANCE * max(abs(b), 1e-3) for a, b in pairs)

    def _add(
        self,
        kind: str,
        operation: str,
        sign: Symbol,
        value: float,
        arguments: tuple[int, ...],
        slopes: tuple[float, ...],
        name: Symbol | None = None,
        neuron_id: str = "",
        connection_id: str = "",
    ) -> int:
        if len(self.nodes) >= MOST_NODES:
            raise NNStudioError(
                f"The network takes more than {MOST_NODES:,} operations, too many to walk through. Look at "
                "one neuron instead."
            )
        index = len(self.nodes)
        self.nodes.append(
            Node(
                index,
                kind,
                operation,
                sign,
                value,
                arguments,
                slopes,
                name=name,
                neuron_id=neuron_id,
                connection_id=connection_id,
            )
        )
        return index
