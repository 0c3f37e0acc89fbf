"""One neuron: its weighted sum term by term, its activation, the slope there, and its delta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.explain.forms import activation_slope, activation_value
from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.numbers import Shown, Sum, show, summed
from nnstudio.explain.slopes import SlopeTerm, delta_terms
from nnstudio.explain.symbols import (
    Formula,
    added,
    product_latex,
    product_text,
    sum_latex,
    sum_text,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program

# With more terms than these, the symbols say it with a sum sign.
_MOST_SYMBOLS = 6


@dataclass(frozen=True)
class Term:
    """One term of a weighted sum: weight times value, as it is shown in the sum."""

    connection_id: str
    source_id: str
    weight: Shown
    value: Shown
    product: Shown


@dataclass(frozen=True)
class NeuronMath:
    """The mathematics of one neuron at one sample.

    An input has a ``value`` alone. ``terms`` and ``bias`` add up to ``sum`` as they are shown. ``slope`` is
    the derivative of the value by the sum, ``delta`` that of the loss by the sum, the ``delta_terms`` being
    what it is added up of; both are None without a target.
    """

    neuron_id: str
    name: str
    value: Formula
    terms: tuple[Term, ...] = ()
    bias: Shown | None = None
    sum: Formula | None = None
    slope: Formula | None = None
    delta: Formula | None = None
    delta_terms: tuple[SlopeTerm, ...] = ()

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """All formulas that there are, in the order of the computation."""
        return tuple(each for each in (self.sum, self.value, self.slope, self.delta) if each is not None)


def neuron(
    program: Program,
    parameters: Parameters,
    x_row: ArrayLike,
    neuron_id: str,
    *,
    y_row: ArrayLike | None = None,
    loss: str = "mse",
) -> NeuronMath:
    """Explain a neuron at one sample, x (inputs,) and y (outputs,).

    Raises UnknownIdError, also for what is disabled, ShapeError and SettingsError.
    """
    return neuron_at(moment_of(program, parameters, x_row, y_row, loss), neuron_id)


@np.errstate(all="ignore")
def neuron_at(moment: Moment, neuron_id: str) -> NeuronMath:
    """Explain a neuron at a moment; raises UnknownIdError."""
    slot = moment.neuron_slot(neuron_id)
    names = moment.names
    name, value = names.neurons[slot], show(moment.values[slot])
    if moment.is_input(slot):
        a = names.value(slot)
        return NeuronMath(neuron_id, name, Formula(a.latex, value.latex, f"{a.text} = {value.text}", value))
    together = _together(moment, slot)
    delta = delta_terms(moment, slot) if moment.y is not None else None
    return NeuronMath(
        neuron_id,
        name,
        _value(moment, slot),
        terms=_terms(moment, slot, together),
        bias=together.terms[-1],
        sum=_sum(moment, slot, together),
        slope=_slope(moment, slot),
        delta=None if delta is None else delta.formula,
        delta_terms=() if delta is None else delta.terms,
    )


def _together(moment: Moment, slot: int) -> Sum:
    products = [moment.weight(c) * moment.values[moment.source(c)] for c in moment.incoming(slot)]
    return summed([*products, moment.parameters.biases[slot]], moment.sums[slot])


def _terms(moment: Moment, slot: int, together: Sum) -> tuple[Term, ...]:
    program = moment.program
    return tuple(
        Term(
            program.connection_ids[c],
            program.neuron_ids[moment.source(c)],
            show(moment.weight(c)),
            show(moment.values[moment.source(c)]),
            product,
        )
        for c, product in zip(moment.incoming(slot), together.terms, strict=False)
    )


def _sum(moment: Moment, slot: int, together: Sum) -> Formula:
    names = moment.names
    z, bias, connections = names.sum(slot), names.bias(slot), moment.incoming(slot)
    pairs = [(names.shared(c), names.value(moment.source(c))) for c in connections]
    if len(pairs) > _MOST_SYMBOLS:
        first, last = pairs[0], pairs[-1]
        dots = [rf"{first[0].latex}\,{first[1].latex}", r"\dots", rf"{last[0].latex}\,{last[1].latex}"]
    else:
        dots = [rf"{weight.latex}\,{value.latex}" for weight, value in pairs]
    factors = [(show(moment.weight(c)), show(moment.values[moment.source(c)])) for c in connections]
    shown_bias = together.terms[-1]
    total = together.total
    products = added([*map(product_latex, factors), shown_bias.latex])
    in_text = added([*map(product_text, factors), shown_bias.text])
    symbols = [f"{weight.text}·{value.text}" for weight, value in pairs]
    steps_latex = [products, sum_latex(together.terms), total.latex]
    steps_text = [added([*symbols, bias.text]), in_text, sum_text(together.terms), total.text]
    if not factors:
        steps_latex, steps_text = [total.latex], [bias.text, total.text]
    return Formula(
        f"{z.latex} = {added([*dots, bias.latex])}",
        " = ".join(steps_latex),
        f"{z.text} = {' = '.join(steps_text)}",
        total,
    )


def _value(moment: Moment, slot: int) -> Formula:
    names, key = moment.names, moment.activation(slot).key
    z, a, value = names.sum(slot), names.value(slot), show(moment.values[slot])
    if key == "softmax":
        return _softmax(moment, slot)
    written = activation_value(key, z, moment.sums[slot])
    return Formula(
        f"{a.latex} = {written.symbols}",
        _unless_same(written.numbers, value.latex),
        f"{a.text} = {written.text_symbols} = {_unless_same(written.text_numbers, value.text)}",
        value,
    )


def _softmax(moment: Moment, slot: int) -> Formula:
    names = moment.names
    members = moment.softmax_slots
    a, z, value = names.value(slot), names.sum(slot), show(moment.values[slot])
    own = show(moment.sums[slot])
    exponents = [show(moment.sums[member]) for member in members]
    below = " + ".join(f"e^{{{number.latex}}}" for number in exponents)
    below_symbols = " + ".join(f"e^{{{names.sum(member).latex}}}" for member in members)
    text_below = " + ".join(f"exp({number.text})" for number in exponents)
    text_symbols = " + ".join(f"exp({names.sum(member).text})" for member in members)
    return Formula(
        rf"{a.latex} = \frac{{e^{{{z.latex}}}}}{{{below_symbols}}}",
        rf"\frac{{e^{{{own.latex}}}}}{{{below}}} = {value.latex}",
        f"{a.text} = exp({z.text}) / ({text_symbols}) = exp({own.text}) / ({text_below}) = {value.text}",
        value,
    )


def _slope(moment: Moment, slot: int) -> Formula:
    names, key = moment.names, moment.activation(slot).key
    z, a = names.sum(slot), names.value(slot)
    value = show(moment.slopes[slot])
    left = rf"\frac{{\partial {a.latex}}}{{\partial {z.latex}}}"
    text_left = f"∂{a.text}/∂{z.text}"
    written = activation_slope(key, z, a, (moment.sums[slot], moment.values[slot]))
    if written is None:
        return Formula(rf"{left} = f'({z.latex})", value.latex, f"{text_left} = {value.text}", value)
    symbols = "" if written.text_symbols == written.text_numbers else f"{written.text_symbols} = "
    return Formula(
        f"{left} = {written.symbols}",
        _unless_same(written.numbers, value.latex),
        f"{text_left} = {symbols}{_unless_same(written.text_numbers, value.text)}",
        value,
    )


def _unless_same(formula: str, result: str) -> str:
    """Return a formula with its result, once where they are the same."""
    bare = formula.removeprefix(r"\left(").removesuffix(r"\right)")
    bare = bare.removeprefix("(").removesuffix(")") if formula.startswith("(-") else bare
    return result if bare == result else f"{formula} = {result}"
