"""One connection: the derivative of the loss by its weight, by the chain rule, and the step it leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.numbers import Shown, exact, show, summed
from nnstudio.explain.paths import Path, paths_from
from nnstudio.explain.slopes import delta_terms
from nnstudio.explain.symbols import Formula, added, partial, product_latex, product_text, sum_latex, sum_text
from nnstudio.explain.updates import Update, training_step

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program
    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.state import TrainerState

# More paths than these are not listed: nobody would read them.
MOST_PATHS = 50


@dataclass(frozen=True)
class Part:
    """What one connection adds to the derivative: the value that it carries times the delta it leads to.

    Connections that share a weight have a part each. ``paths`` is empty where there are too many in all.
    """

    connection_id: str
    value: Shown
    delta: Shown
    product: Shown
    path_count: int
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class ConnectionMath:
    """The mathematics of one connection at one sample.

    ``chain`` is the derivative as values times deltas, one product for each connection that shares the
    weight. ``gradient`` is the same as the sum of all paths, where these are listed; above `MOST_PATHS` it is
    None, and ``deltas`` says where the deltas come from, that of the target first, each from those after
    it. Without a target, there is only the weight.
    """

    connection_id: str
    name: str
    weight: Shown
    chain: Formula
    parts: tuple[Part, ...]
    path_count: int
    gradient: Formula | None = None
    deltas: tuple[Formula, ...] = ()
    update: Update | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All paths, those of connections that share the weight too."""
        return tuple(path for part in self.parts for path in part.paths)


def connection(
    program: Program,
    parameters: Parameters,
    x_row: ArrayLike,
    y_row: ArrayLike,
    connection_id: str,
    *,
    loss: str = "mse",
    settings: TrainingSettings | None = None,
    state: TrainerState | None = None,
) -> ConnectionMath:
    """Explain a connection at one sample, x (inputs,) and y (outputs,).

    With ``settings``, whose loss then counts, the step that training on this sample alone would take
    follows; the optimizer's memory is that of ``state``, or empty. Raises UnknownIdError, also for what is
    disabled, ShapeError and SettingsError.
    """
    moment = moment_of(program, parameters, x_row, y_row, loss if settings is None else settings.loss)
    found = connection_at(moment, connection_id)
    if settings is None:
        return found
    step = training_step(moment, settings, state)
    return replace(found, update=step.weight(connection_id))


@np.errstate(all="ignore")
def connection_at(moment: Moment, connection_id: str, *, most_paths: int = MOST_PATHS) -> ConnectionMath:
    """Explain a connection at a moment with a target; raises UnknownIdError."""
    slot = moment.connection_slot(connection_id)
    members = moment.members(slot)
    total = sum(moment.path_counts[moment.target(member)] for member in members)
    parts = _parts(moment, slot)
    gradient: Formula | None = None
    deltas: tuple[Formula, ...] = ()
    chain = _chain(moment, slot, parts)
    if total <= most_paths:
        paths = [tuple(paths_from(moment, member)) for member in members]
        parts = [replace(part, paths=own) for part, own in zip(parts, paths, strict=True)]
        gradient, parts = _by_paths(moment, slot, parts)
    else:
        deltas = _deltas(moment, members)
    names = moment.names
    return ConnectionMath(
        connection_id,
        f"{names.neurons[moment.source(slot)]} → {names.neurons[moment.target(slot)]}",
        exact(moment.weight(slot)),
        chain,
        tuple(parts),
        total,
        gradient,
        deltas,
    )


@np.errstate(all="ignore")
def chain_at(moment: Moment, connection_id: str) -> Formula:
    """Return the derivative by a connection's weight as values times deltas; raises UnknownIdError."""
    slot = moment.connection_slot(connection_id)
    return _chain(moment, slot, _parts(moment, slot))


def _parts(moment: Moment, slot: int) -> list[Part]:
    """Return what each connection that shares the weight adds, without its paths."""
    members = moment.members(slot)
    own = [moment.own_gradient(member) for member in members]
    shown = summed(own, float(moment.gradients.weights[slot]))
    return [
        Part(
            moment.program.connection_ids[member],
            show(moment.values[moment.source(member)]),
            show(moment.deltas[moment.target(member)]),
            product,
            moment.path_counts[moment.target(member)],
            (),
        )
        for member, product in zip(members, shown.terms, strict=True)
    ]


def _chain(moment: Moment, slot: int, parts: list[Part]) -> Formula:
    names, weight = moment.names, moment.names.shared(slot)
    members = moment.members(slot)
    total = summed([moment.own_gradient(m) for m in members], float(moment.gradients.weights[slot])).total
    pairs = [(names.value(moment.source(m)), names.delta(moment.target(m))) for m in members]
    factors = [(part.value, part.delta) for part in parts]
    latex = [added(map(product_latex, factors)), total.latex]
    text = [
        added(f"{a.text}·{delta.text}" for a, delta in pairs),
        added(map(product_text, factors)),
        total.text,
    ]
    if len(parts) > 1:
        latex.insert(1, sum_latex([part.product for part in parts]))
        text.insert(2, sum_text([part.product for part in parts]))
    symbols = added(rf"{a.latex}\,{delta.latex}" for a, delta in pairs)
    return Formula(
        f"{partial('L', weight.latex)} = {symbols}",
        " = ".join(latex),
        f"∂L/∂{weight.text} = {' = '.join(text)}",
        total,
    )


def _by_paths(moment: Moment, slot: int, parts: list[Part]) -> tuple[Formula, list[Part]]:
    """Return the derivative as the sum of all paths, and the parts with paths that add up as shown."""
    products = [path.product for part in parts for path in part.paths]
    shown = summed(products, float(moment.gradients.weights[slot]))
    rest = iter(shown.terms)
    fixed = [
        replace(part, paths=tuple(replace(path, shown=next(rest)) for path in part.paths)) for part in parts
    ]
    left = moment.names.shared(slot)
    symbols = added(path.symbols for part in fixed for path in part.paths)
    numbers = [sum_latex(shown.terms)] if len(products) != 1 else []
    texts = [sum_text(shown.terms)] if len(products) != 1 else []
    formula = Formula(
        f"{partial('L', left.latex)} = {symbols}",
        " = ".join(dict.fromkeys([*numbers, shown.total.latex])),
        f"∂L/∂{left.text} = {' = '.join(dict.fromkeys([*texts, shown.total.text]))}",
        shown.total,
    )
    return formula, fixed


def _deltas(moment: Moment, members: list[int]) -> tuple[Formula, ...]:
    """Return where the deltas that a weight meets come from: all of them, or where too many, the first."""
    first = list(dict.fromkeys(moment.target(member) for member in members))
    found = dict.fromkeys(first)
    for slot in found.copy():
        waiting = [slot]
        while waiting and len(found) <= MOST_PATHS:
            for connection in moment.outgoing(waiting.pop()):
                target = moment.target(connection)
                if moment.path_counts[target] and target not in found:
                    found[target] = None
                    waiting.append(target)
    chosen = sorted(found) if len(found) <= MOST_PATHS else first
    return tuple(delta_terms(moment, slot).formula for slot in chosen)
