"""Paths from a weight to the loss: the chain rule, one product of factors for each way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.explain.numbers import Shown, show
from nnstudio.explain.symbols import partial, product_latex, product_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnstudio.explain.moment import Moment


@dataclass(frozen=True)
class Factor:
    """One derivative along a path.

    ``kind`` is ``"source"`` (the value that the weight multiplies), ``"slope"`` (of an activation),
    ``"softmax"`` (of one output's value by another's sum), ``"weight"``, or ``"loss"`` (of the loss by an
    output's value, or by its sum where the loss is computed of sums). It belongs to the connection or the
    neuron that it names.
    """

    kind: str
    value: float
    latex: str
    text: str
    connection_id: str = ""
    neuron_id: str = ""

    @property
    def shown(self) -> Shown:
        """The factor as it is shown."""
        return show(self.value)


@dataclass(frozen=True)
class Path:
    """One way from a weight to the loss: what it passes, its factors, and their product.

    ``connection_ids`` begins with the connection whose weight it is, ``neuron_ids`` with the neuron that
    this comes from. ``shown`` is the product as it is shown among the others.
    """

    neuron_ids: tuple[str, ...]
    connection_ids: tuple[str, ...]
    factors: tuple[Factor, ...]
    product: float
    shown: Shown

    @property
    def symbols(self) -> str:
        """The factors as LaTeX in symbols."""
        return r"\,".join(factor.latex for factor in self.factors)

    @property
    def numbers(self) -> str:
        """The factors and their product as LaTeX with numbers."""
        return f"{product_latex([factor.shown for factor in self.factors])} = {self.shown.latex}"

    @property
    def text(self) -> str:
        """The factors and their product as plain text."""
        names = " · ".join(factor.text for factor in self.factors)
        return f"{names} = {product_text([factor.shown for factor in self.factors])} = {self.shown.text}"


def paths_from(moment: Moment, connection: int) -> list[Path]:
    """Return all paths from the weight of a connection to the loss."""
    names = moment.names
    source, target = moment.source(connection), moment.target(connection)
    ids = moment.program.neuron_ids
    weight, z, a = names.shared(connection), names.sum(target), names.value(source)
    first = Factor(
        "source",
        float(moment.values[source]),
        partial(z.latex, weight.latex),
        a.text,
        connection_id=moment.program.connection_ids[connection],
        neuron_id=ids[source],
    )
    start = ((ids[source], ids[target]), (moment.program.connection_ids[connection],), (first,))
    found = []
    # A stack of its own: networks may be deeper than calls may be.
    waiting: list[tuple[int, tuple[str, ...], tuple[str, ...], tuple[Factor, ...]]] = [(target, *start)]
    while waiting:
        slot, neurons, connections, factors = waiting.pop()
        ahead = []
        for passed, more, end in _steps(moment, slot):
            if end is None:
                all_factors = (*factors, *more)
                product = 1.0
                for factor in all_factors:
                    product *= factor.value
                found.append(Path((*neurons, *passed), connections, all_factors, product, show(product)))
                continue
            crossed = (*connections, moment.program.connection_ids[end])
            following = moment.target(end)
            ahead.append((following, (*neurons, *passed, ids[following]), crossed, (*factors, *more)))
        waiting.extend(reversed(ahead))
    return found


def _steps(moment: Moment, slot: int) -> Iterator[tuple[tuple[str, ...], tuple[Factor, ...], int | None]]:
    """Yield each way on from a sum: neurons passed beside its own, factors, and the connection taken.

    There is no connection where the way ends at the loss.
    """
    names, ids = moment.names, moment.program.neuron_ids
    z = names.sum(slot)
    if slot in moment.fused_slots:
        slope = Factor(
            "loss",
            moment.fused_slots[slot],
            partial("L", z.latex),
            f"∂L/∂{z.text}",
            neuron_id=ids[slot],
        )
        yield (), (slope,), None
    is_softmax = slot in moment.softmax_slots
    for member in moment.softmax_slots if is_softmax else [slot]:
        a = names.value(member)
        passing = Factor(
            "softmax" if is_softmax else "slope",
            moment.softmax_slope(member, slot) if is_softmax else float(moment.slopes[slot]),
            partial(a.latex, z.latex),
            f"∂{a.text}/∂{z.text}",
            neuron_id=ids[member],
        )
        passed = () if member == slot else (ids[member],)
        if member in moment.valued_slots:
            by_value = moment.valued_slots[member]
            end = Factor("loss", by_value, partial("L", a.latex), f"∂L/∂{a.text}", neuron_id=ids[member])
            yield passed, (passing, end), None
        for connection in moment.outgoing(member):
            target = moment.target(connection)
            if moment.path_counts[target]:
                z_target = names.sum(target)
                weight = Factor(
                    "weight",
                    moment.weight(connection),
                    partial(z_target.latex, a.latex),
                    names.shared(connection).text,
                    connection_id=moment.program.connection_ids[connection],
                )
                yield passed, (passing, weight), connection
