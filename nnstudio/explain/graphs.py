"""A neuron or a network as a graph of elementary operations, with automatic differentiation done on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.errors import NNStudioError
from nnstudio.explain.building import Builder, Node
from nnstudio.explain.forms import loss_expression, signs_of, value_expression
from nnstudio.explain.losses import loss_terms
from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.symbols import Symbol

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program

# Closer to 0 or 1 than this, logarithms of probabilities lose digits, and are taken in one operation.
_LEAST_CHANCE = 1e-6
# Powers of e beyond this leave the finite numbers.
_MOST_POWER = 700.0


@dataclass(frozen=True)
class Graph:
    """Elementary operations in an order in which each comes after its arguments.

    ``result`` is the node that is differentiated; the ``derivative`` of a node is that of what ``of`` says,
    the ``"loss"`` or the neuron's own ``"value"``, by the node.
    """

    nodes: tuple[Node, ...]
    result: int
    of: str

    @property
    def forward(self) -> tuple[int, ...]:
        """The operations in the order in which values are computed; all else is given."""
        return tuple(node.index for node in self.nodes if node.arguments)

    @property
    def backward(self) -> tuple[int, ...]:
        """The operations in the order in which derivatives are passed back."""
        return self.forward[::-1]

    def passed_back(self, index: int) -> tuple[tuple[int, float], ...]:
        """Return what an operation passes back to each argument: its own derivative times the local one."""
        node = self.nodes[index]
        return tuple(
            (argument, node.derivative * slope if slope else 0.0)
            for argument, slope in zip(node.arguments, node.slopes, strict=True)
        )


def graph(
    program: Program,
    parameters: Parameters,
    x_row: ArrayLike,
    *,
    neuron_id: str | None = None,
    y_row: ArrayLike | None = None,
    loss: str = "mse",
) -> Graph:
    """Return the computation graph of a neuron, or of the whole network up to its loss.

    x is (inputs,), y (outputs,), which the whole network needs. A neuron's graph begins with the values that
    it hears. With y, its derivatives are those of the loss, where the loss depends on the sum through
    the value alone. Raises NNStudioError where the graph would be too large, UnknownIdError, ShapeError and
    SettingsError.
    """
    return graph_at(moment_of(program, parameters, x_row, y_row, loss), neuron_id)


@np.errstate(all="ignore")
def graph_at(moment: Moment, neuron_id: str | None = None) -> Graph:
    """Return the computation graph of a neuron, or of the whole network, at a moment; see `graph`."""
    if neuron_id is not None:
        return _of_neuron(moment, moment.neuron_slot(neuron_id))
    if moment.y is None:
        raise NNStudioError("The graph of a whole network ends in its loss: choose a sample with a target.")
    return _of_network(moment)


def _of_network(moment: Moment) -> Graph:
    assert moment.y is not None
    drawing = _Drawing(moment)
    program = moment.program
    for slot in range(program.n_inputs):
        drawing.given_value(slot)
    softmax = set(moment.softmax_slots)
    for slot in range(program.n_inputs, program.n_neurons):
        drawing.sum(slot)
        if slot not in softmax:
            drawing.value(slot)
            continue
        if softmax <= drawing.sums.keys():
            drawing.softmax()
    return drawing.finished(drawing.loss(), "loss", 1.0)


def _of_neuron(moment: Moment, slot: int) -> Graph:
    drawing = _Drawing(moment)
    if moment.is_input(slot):
        return drawing.finished(drawing.given_value(slot), "value", 1.0)
    is_softmax = slot in moment.softmax_slots
    for connection in moment.incoming(slot):
        if moment.source(connection) not in drawing.values:
            drawing.given_value(moment.source(connection))
    drawing.sum(slot)
    if is_softmax:
        for member in moment.softmax_slots:
            if member != slot:
                drawing.given_sum(member)
        drawing.softmax(only=slot)
    else:
        drawing.value(slot)
    seed = _derivative_by_value(moment, slot)
    if seed is None or is_softmax:
        return drawing.finished(drawing.values[slot], "value", 1.0)
    return drawing.finished(drawing.values[slot], "loss", seed)


def _derivative_by_value(moment: Moment, slot: int) -> float | None:
    """Return the derivative of the loss by a neuron's value, or None where it cannot be told."""
    if moment.y is None:
        return None
    if slot not in moment.fused_slots:
        return float(moment.errors[slot])
    slope = float(moment.slopes[slot])
    return float(moment.deltas[slot]) / slope if slope > _LEAST_CHANCE else None


class _Drawing:
    """A graph under construction; sums and values are the nodes of neurons by slot."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.build = Builder()
        self.sums: dict[int, int] = {}
        self.values: dict[int, int] = {}
        self.weights: dict[int, int] = {}

    def finished(self, result: int, of: str, seed: float) -> Graph:
        return Graph(self.build.differentiated(result, seed), result, of)

    def given_value(self, slot: int) -> int:
        names, key = self.moment.names, self.moment.program.neuron_ids[slot]
        node = self.build.leaf("input", names.value(slot), float(self.moment.values[slot]), neuron_id=key)
        self.values[slot] = node
        return node

    def given_sum(self, slot: int) -> int:
        names, key = self.moment.names, self.moment.program.neuron_ids[slot]
        node = self.build.leaf("input", names.sum(slot), float(self.moment.sums[slot]), neuron_id=key)
        self.sums[slot] = node
        return node

    def sum(self, slot: int) -> None:
        moment, build = self.moment, self.build
        key = moment.program.neuron_ids[slot]
        terms = []
        for connection in moment.incoming(slot):
            arguments = (self._weight(connection), self.values[moment.source(connection)])
            own = moment.program.connection_ids[connection]
            terms.append(build.operation("*", arguments, Symbol(r"\times", "×"), connection_id=own))
        bias = float(moment.parameters.biases[slot])
        terms.append(build.leaf("bias", moment.names.bias(slot), bias, neuron_id=key))
        self.sums[slot] = build.total(terms, moment.names.sum(slot), neuron_id=key)

    def _weight(self, connection: int) -> int:
        # Connections that share a weight share its node, which so adds up their derivatives.
        first = self.moment.members(connection)[0]
        if first not in self.weights:
            self.weights[first] = self.build.leaf(
                "weight",
                self.moment.names.shared(connection),
                self.moment.weight(connection),
                connection_id=self.moment.program.connection_ids[connection],
            )
        return self.weights[first]

    def value(self, slot: int) -> None:
        moment, build = self.moment, self.build
        key, name = moment.activation(slot).key, moment.names.value(slot)
        own = moment.program.neuron_ids[slot]
        expression, z = value_expression(key), self.sums[slot]
        value, slope = float(moment.values[slot]), float(moment.slopes[slot])
        node = None
        if expression is not None:
            node = build.expression(
                expression, {"z": z, "x": z}, name, neuron_id=own, check=(value, z, slope)
            )
        if node is None:
            node = build.whole(key, (z,), value, (slope,), name, neuron_id=own)
        self.values[slot] = node

    def softmax(self, only: int | None = None) -> None:
        moment, build = self.moment, self.build
        members = moment.softmax_slots
        outputs = members if only is None else [only]
        if max(abs(float(moment.sums[member])) for member in members) > _MOST_POWER:
            arguments = tuple(self.sums[member] for member in members)
            for slot in outputs:
                slopes = tuple(moment.softmax_slope(slot, member) for member in members)
                value, name = float(moment.values[slot]), moment.names.value(slot)
                own = moment.program.neuron_ids[slot]
                node = build.whole("softmax", arguments, value, slopes, name, neuron_id=own)
                self.values[slot] = node
            return
        powers = {
            member: build.operation(
                "exp",
                (self.sums[member],),
                Symbol("e^{z}", "exp"),
                neuron_id=moment.program.neuron_ids[member],
            )
            for member in members
        }
        total = build.total(list(powers.values()), Symbol(r"\sum e^{z}", "sum of exp"))
        for slot in outputs:
            self.values[slot] = build.operation(
                "/",
                (powers[slot], total),
                moment.names.value(slot),
                neuron_id=moment.program.neuron_ids[slot],
            )

    def loss(self) -> int:
        moment, build = self.moment, self.build
        assert moment.y is not None
        exact = loss_terms(moment)
        terms = []
        for slot, column in moment.columns.items():
            target, own = float(moment.y[column]), moment.program.neuron_ids[slot]
            y = build.leaf("target", moment.names.target(slot), target, neuron_id=own)
            terms.append(self._term(slot, y, target, exact[slot]))
        result = build.total(terms, Symbol(r"\sum \ell", "sum of ℓ")) if len(terms) > 1 else terms[0]
        if moment.scale > 1:
            count = build.number(float(moment.scale))
            result = build.operation("/", (result, count), Symbol("L", "L"))
        return result

    def _term(self, slot: int, y: int, target: float, value: float) -> int:
        moment, build = self.moment, self.build
        own, a = moment.program.neuron_ids[slot], self.values[slot]
        output = float(moment.values[slot])
        name = moment.names.term(slot)
        of_chances = moment.loss in ("binary_cross_entropy", "cross_entropy")
        if not of_chances or _LEAST_CHANCE < output < 1.0 - _LEAST_CHANCE:
            # Where the hinge loss reads 0 as -1, it is the class that enters, not the target.
            t = y if signs_of(target) == target else build.number(signs_of(target))
            node = build.expression(
                loss_expression(moment.loss), {"a": a, "y": y, "t": t}, name, neuron_id=own
            )
            if node is not None:
                return node
        if slot not in moment.fused_slots:
            by_value = moment.valued_slots[slot] * moment.scale
            return build.whole(moment.loss, (a,), value, (by_value,), name, neuron_id=own)
        if moment.loss == "binary_cross_entropy":
            slopes: tuple[float, ...] = (output - target,)
            return build.whole(moment.loss, (self.sums[slot],), value, slopes, name, neuron_id=own)
        members = moment.softmax_slots
        slopes = tuple(
            target * (float(moment.values[member]) - (1.0 if member == slot else 0.0)) for member in members
        )
        arguments = tuple(self.sums[member] for member in members)
        return build.whole(moment.loss, arguments, value, slopes, name, neuron_id=own)
