"""One connection: the derivative of the loss by its weight, by the chain rule, and the step it leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.numbers import Shown, exact, show, summed
from nnstudio.explain.paths import Path, path_counts, paths_from
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


def connection_at(
    moment: Moment, connection_id: str, *, most_paths: int = MOST_PATHS, counts: list[int] | None = None
) -> ConnectionMath:
    """Explain a connection at a moment with a target; ``counts`` are the `path_counts`, where known."""
    slot = moment.connection_slot(connection_id)
    counts = path_counts(moment) if counts is None else counts
    members = moment.members(slot)
    own = [moment.own_gradient(member) for member in members]
    stored = float(moment.gradients.weights[slot])
    shown = summed(own, stored)
    total = sum(counts[moment.target(member)] for member in members)
    parts = []
    for member, product in zip(members, shown.terms, strict=True):
        count = counts[moment.target(member)]
        parts.append(
            Part(
                moment.program.connection_ids[member],
                show(moment.values[moment.source(member)]),
                show(moment.deltas[moment.target(member)]),
                product,
                count,
                tuple(paths_from(moment, member, counts)) if total <= most_paths else (),
            )
        )
    gradient: Formula | None = None
    deltas: tuple[Formula, ...] = ()
    if total <= most_paths:
        gradient, parts = _by_paths(moment, slot, parts, stored)
    else:
        deltas = _deltas(moment, members, counts)
    names = moment.names
    return ConnectionMath(
        connection_id,
        f"{names.neurons[moment.source(slot)]} → {names.neurons[moment.target(slot)]}",
        exact(moment.weight(slot)),
        _chain(moment, slot, members, parts, shown.total),
        tuple(parts),
        total,
        gradient,
        deltas,
    )


def _chain(moment: Moment, slot: int, members: list[int], parts: list[Part], total: Shown) -> Formula:
    names, weight = moment.names, moment.names.shared(slot)
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


def _by_paths(moment: Moment, slot: int, parts: list[Part], stored: float) -> tuple[Formula, list[Part]]:
    """Return the derivative as the sum of all paths, and the parts with paths that add up as shown."""
    products = [path.product for part in parts for path in part.paths]
    shown = summed(products, stored)
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


def _deltas(moment: Moment, members: list[int], counts: list[int]) -> tuple[Formula, ...]:
    """Return where the deltas that a weight meets come from: all of them, or where too many, the first."""
    first = list(dict.fromkeys(moment.target(member) for member in members))
    found = dict.fromkeys(first)
    for slot in found.copy():
        waiting = [slot]
        while waiting and len(found) <= MOST_PATHS:
            for connection in moment.outgoing(waiting.pop()):
                target = moment.target(connection)
                if counts[target] and target not in found:
                    found[target] = None
                    waiting.append(target)
    chosen = sorted(found) if len(found) <= MOST_PATHS else first
    return tuple(delta_terms(moment, slot).formula for slot in chosen)
