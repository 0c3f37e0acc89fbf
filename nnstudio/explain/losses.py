"""The loss of one sample: a term for each output, and their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.explain.forms import LOSS_FORMS, put_in, signs_of
from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.numbers import Shown, exact, show, summed
from nnstudio.explain.slopes import loss_slope
from nnstudio.explain.symbols import Formula, added, sum_latex, sum_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program

# Beyond these, a probability has lost the digits that its logarithm needs, and the sum is shown instead.
_NEAR_ONE = 0.9999
_NEAR_ZERO = 1e-300
_OF_SUM = "max(z, 0) - z * y + log(1 + exp(-abs(z)))"


@dataclass(frozen=True)
class OutputLoss:
    """What one output adds to the loss: ``output`` against ``target``.

    ``term`` comes before all terms are averaged; ``slope`` is the derivative of the whole loss by the
    output, or by its sum where the loss is computed of sums.
    """

    neuron_id: str
    name: str
    output: Shown
    target: Shown
    term: Formula
    slope: Formula


@dataclass(frozen=True)
class LossMath:
    """The loss of one sample: the terms of the ``outputs`` add up, as they are shown, to ``total``'s sum."""

    outputs: tuple[OutputLoss, ...]
    total: Formula


def loss(
    program: Program, parameters: Parameters, x_row: ArrayLike, y_row: ArrayLike, loss: str = "mse"
) -> LossMath:
    """Explain the loss of one sample, x (inputs,) and y (outputs,). Raises ShapeError, SettingsError."""
    return loss_at(moment_of(program, parameters, x_row, y_row, loss))


@np.errstate(all="ignore")
def loss_at(moment: Moment) -> LossMath:
    """Explain the loss at a moment with a target."""
    assert moment.y is not None
    exact_terms = loss_terms(moment)
    total = moment.loss_value * moment.scale
    shown = summed([exact_terms[slot] for slot in moment.columns], total)
    outputs = tuple(
        OutputLoss(
            moment.program.neuron_ids[slot],
            moment.names.neurons[slot],
            show(moment.values[slot]),
            exact(float(moment.y[column])),
            _term(moment, slot, term),
            loss_slope(moment, slot),
        )
        for (slot, column), term in zip(moment.columns.items(), shown.terms, strict=True)
    )
    letters = [moment.names.term(slot) for slot in moment.columns]
    symbols, text = added(letter.latex for letter in letters), added(letter.text for letter in letters)
    value, scale = show(moment.loss_value), moment.scale
    sums = [sum_latex(shown.terms)] if scale == 1 else [rf"\frac{{{sum_latex(shown.terms)}}}{{{scale}}}"]
    texts = [sum_text(shown.terms)] if scale == 1 else [f"({sum_text(shown.terms)}) / {scale}"]
    if scale > 1:
        symbols, text = rf"\frac{{{symbols}}}{{{scale}}}", f"({text}) / {scale}"
        if len(letters) > 1:
            sums.append(rf"\frac{{{shown.total.latex}}}{{{scale}}}")
            texts.append(f"{shown.total.text} / {scale}")
    last = shown.total if scale == 1 else value
    return LossMath(
        outputs,
        Formula(
            f"L = {symbols}",
            " = ".join(dict.fromkeys([*sums, last.latex])),
            f"L = {' = '.join(dict.fromkeys([text, *texts, last.text]))}",
            last,
        ),
    )


def loss_terms(moment: Moment) -> dict[int, float]:
    """Return the term of each output, by its slot, before they are averaged."""
    assert moment.y is not None
    found: dict[int, float] = {}
    slots = np.arange(moment.program.n_neurons)
    with np.errstate(all="ignore"):
        for part in moment.program.output_parts(moment.loss):
            basis = (moment.sums if part.fused else moment.values)[None, part.slots]
            terms = part.terms(basis, moment.y[None, part.columns])[0]
            found.update(zip(slots[part.slots].tolist(), terms.tolist(), strict=True))
    return found


def _term(moment: Moment, slot: int, shown: Shown) -> Formula:
    assert moment.y is not None
    names, letter = moment.names, moment.names.term(slot)
    target, a = float(moment.y[moment.columns[slot]]), float(moment.values[slot])
    z, y = names.sum(slot), names.target(slot)
    symbols = {"a": names.value(slot), "y": y, "t": names.side(slot), "z": z}
    values = {"a": a, "y": target, "t": signs_of(target), "z": float(moment.sums[slot])}
    form = LOSS_FORMS[moment.loss].value
    if slot in moment.fused_slots and moment.loss == "binary_cross_entropy":
        form = form if _NEAR_ZERO < a < _NEAR_ONE else _OF_SUM
    written = put_in(form, symbols, values)
    latex, text = written.numbers, written.text_numbers
    if slot in moment.fused_slots and moment.loss == "cross_entropy" and a <= _NEAR_ZERO:
        # The logarithm of what has become 0 is taken from the sums.
        latex, text = shown.latex, shown.text
    numbers = latex if latex == shown.latex else f"{latex} = {shown.latex}"
    in_text = text if text == shown.text else f"{text} = {shown.text}"
    return Formula(
        f"{letter.latex} = {written.symbols}",
        numbers,
        f"{letter.text} = {written.text_symbols} = {in_text}",
        shown,
    )
