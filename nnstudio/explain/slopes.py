"""How the loss's derivative by a neuron's sum, its delta, is put together from those after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nnstudio.explain.forms import FUSED_SLOPES, LOSS_FORMS, put_in, signs_of
from nnstudio.explain.numbers import Shown, Sum, show, summed
from nnstudio.explain.symbols import (
    Formula,
    Symbol,
    added,
    partial,
    product_latex,
    product_text,
    sum_latex,
    sum_text,
)

if TYPE_CHECKING:
    from nnstudio.explain.moment import Moment


@dataclass(frozen=True)
class SlopeTerm:
    """One term of a delta: what a neuron hears from one place after it.

    ``kind`` is ``"connection"``: weight times the delta of the neuron that ``connection_id`` leads to;
    ``"loss"``: the slope of the loss by the neuron's value; ``"fused"``: that by its sum, for a loss that is
    computed of sums; or ``"softmax"``: what the sum does to the output ``neuron_id`` by their shared softmax.
    """

    kind: str
    connection_id: str
    neuron_id: str
    latex: str
    text: str
    factors: tuple[Shown, ...]
    product: Shown


class Delta(NamedTuple):
    """The delta of a neuron: its formula, and the terms that add up to what the slope multiplies."""

    formula: Formula
    terms: tuple[SlopeTerm, ...]


def loss_slope(moment: Moment, slot: int) -> Formula:
    """Return the derivative of the loss by an output's value, or by its sum where the loss is of sums."""
    assert moment.y is not None
    names, column = moment.names, moment.columns[slot]
    fused = slot in moment.fused_slots
    by = names.sum(slot) if fused else names.value(slot)
    a, y = names.value(slot), names.target(slot)
    target = float(moment.y[column])
    symbols = {"a": a, "y": y, "t": names.side(slot)}
    values = {"a": float(moment.values[slot]), "y": target, "t": signs_of(target)}
    form = LOSS_FORMS[moment.loss].slope
    if fused:
        form = FUSED_SLOPES[moment.loss]
        if moment.loss == "cross_entropy":
            values["s"] = float(moment.y[[moment.columns[member] for member in moment.softmax_slots]].sum())
            symbols["s"] = Symbol(r"\sum y", "sum(y)")
            form = "a - y" if values["s"] == 1.0 else form
    written = put_in(form, symbols, values)
    value = show((moment.fused_slots if fused else moment.valued_slots)[slot])
    scale = moment.scale
    latex, numbers = written.symbols, written.numbers
    text, text_numbers = written.text_symbols, written.text_numbers
    if scale > 1:
        latex, numbers = (rf"\frac{{1}}{{{scale}}}\left({part}\right)" for part in (latex, numbers))
        text, text_numbers = (f"({part}) / {scale}" for part in (text, text_numbers))
    left, text_left = partial("L", by.latex), f"∂L/∂{by.text}"
    return Formula(
        f"{left} = {latex}",
        numbers if numbers == value.latex else f"{numbers} = {value.latex}",
        f"{text_left} = {text} = {text_numbers} = {value.text}",
        value,
    )


def delta_terms(moment: Moment, slot: int) -> Delta:
    """Return how the delta of a neuron that is no input comes about."""
    if slot in moment.softmax_slots:
        return _softmax_delta(moment, slot)
    names = moment.names
    heard, direct = _heard(moment, slot), moment.fused_slots.get(slot)
    delta, z, a = names.delta(slot), names.sum(slot), names.value(slot)
    slope = show(moment.slopes[slot])
    if direct is not None:
        # A loss of the sum adds to the delta itself; all else passes through the slope.
        parts = [moment.slopes[slot] * amount for _, amount in heard]
        shown = summed([direct, *parts], moment.deltas[slot])
        terms: tuple[SlopeTerm, ...] = (_fused_term(moment, slot, direct, shown.terms[0]),)
        terms += tuple(
            _scaled(term, slope, product) for (term, _), product in zip(heard, shown.terms[1:], strict=True)
        )
        slope_symbol = partial(a.latex, z.latex)
        symbols = added([terms[0].latex, *(rf"{slope_symbol}\,{term.latex}" for term, _ in heard)])
        return Delta(_as_formula(delta, symbols, terms, shown, fused=True), terms)
    shown = summed([amount for _, amount in heard], float(moment.errors[slot]))
    terms = tuple(_with_product(term, product) for (term, _), product in zip(heard, shown.terms, strict=True))
    value = show(moment.deltas[slot])
    slope_latex, slope_text = partial(a.latex, z.latex), f"∂{a.text}/∂{z.text}"
    if not terms:
        formula = Formula(f"{delta.latex} = 0", value.latex, f"{delta.text} = 0", value)
        return Delta(formula, terms)
    inner = added(term.latex for term in terms)
    inner_text = added(term.text for term in terms)
    numbers = added(product_latex(term.factors) for term in terms)
    text_numbers = added(product_text(term.factors) for term in terms)
    if len(terms) == 1:
        factors = (slope, *terms[0].factors)
        formula = Formula(
            rf"{delta.latex} = {slope_latex}\,{inner}",
            f"{product_latex(factors)} = {value.latex}",
            f"{delta.text} = {slope_text}·{inner_text} = {product_text(factors)} = {value.text}",
            value,
        )
        return Delta(formula, terms)
    formula = Formula(
        rf"{delta.latex} = {slope_latex} \left({inner}\right)",
        rf"{slope.latex} \cdot \left({numbers}\right) = {slope.latex} \cdot {shown.total.factor}"
        f" = {value.latex}",
        f"{delta.text} = {slope_text} · ({inner_text}) = {slope.text} · ({text_numbers})"
        f" = {slope.text} · {shown.total.text_factor} = {value.text}",
        value,
    )
    return Delta(formula, terms)


def _softmax_delta(moment: Moment, slot: int) -> Delta:
    """All softmax outputs change with each sum, so the delta hears the errors of all of them."""
    names = moment.names
    delta, z = names.delta(slot), names.sum(slot)
    terms: list[SlopeTerm] = []
    amounts: list[float] = []
    direct = moment.fused_slots.get(slot)
    if direct is not None:
        terms.append(_fused_term(moment, slot, direct, show(direct)))
        amounts.append(direct)
    for member in moment.softmax_slots:
        if direct is not None and not moment.outgoing(member):
            continue
        a = names.value(member)
        error, slope = float(moment.errors[member]), moment.softmax_slope(member, slot)
        terms.append(
            SlopeTerm(
                "softmax",
                "",
                moment.program.neuron_ids[member],
                rf"{partial('L', a.latex)}\,{partial(a.latex, z.latex)}",
                f"∂L/∂{a.text}·∂{a.text}/∂{z.text}",
                (show(error), show(slope)),
                show(error * slope),
            )
        )
        amounts.append(error * slope)
    shown = summed(amounts, float(moment.deltas[slot]))
    fixed = tuple(_with_product(term, product) for term, product in zip(terms, shown.terms, strict=True))
    symbols = added(term.latex for term in fixed)
    return Delta(_as_formula(delta, symbols, fixed, shown, fused=direct is not None), fixed)


def _as_formula(
    delta: Symbol, symbols: str, terms: tuple[SlopeTerm, ...], shown: Sum, *, fused: bool
) -> Formula:
    value = shown.total
    numbers = added(product_latex(term.factors) for term in terms)
    text_numbers = added(product_text(term.factors) for term in terms)
    latex = [numbers, sum_latex(shown.terms), value.latex]
    text = [added(term.text for term in terms), text_numbers, sum_text(shown.terms), value.text]
    if fused and len(terms) == 1:
        latex, text = [value.latex], [terms[0].text, value.text]
    return Formula(
        f"{delta.latex} = {symbols}", " = ".join(latex), f"{delta.text} = {' = '.join(text)}", value
    )


def _heard(moment: Moment, slot: int) -> list[tuple[SlopeTerm, float]]:
    """Return what a neuron's value hears from after it, with the exact amounts."""
    names, found = moment.names, []
    for connection in moment.outgoing(slot):
        target = moment.target(connection)
        weight, delta = moment.weight(connection), float(moment.deltas[target])
        w, d = names.shared(connection), names.delta(target)
        term = SlopeTerm(
            "connection",
            moment.program.connection_ids[connection],
            moment.program.neuron_ids[target],
            rf"{w.latex}\,{d.latex}",
            f"{w.text}·{d.text}",
            (show(weight), show(delta)),
            show(weight * delta),
        )
        found.append((term, weight * delta))
    if slot in moment.valued_slots:
        slope, a = moment.valued_slots[slot], names.value(slot)
        own = moment.program.neuron_ids[slot]
        term = SlopeTerm("loss", "", own, partial("L", a.latex), f"∂L/∂{a.text}", (show(slope),), show(slope))
        found.append((term, slope))
    return found


def _fused_term(moment: Moment, slot: int, amount: float, product: Shown) -> SlopeTerm:
    z = moment.names.sum(slot)
    latex = rf"\left.{partial('L', z.latex)}\right|_{{\text{{loss}}}}"
    own = moment.program.neuron_ids[slot]
    return SlopeTerm("fused", "", own, latex, f"∂L/∂{z.text} of the loss", (show(amount),), product)


def _with_product(term: SlopeTerm, product: Shown) -> SlopeTerm:
    return SlopeTerm(
        term.kind, term.connection_id, term.neuron_id, term.latex, term.text, term.factors, product
    )


def _scaled(term: SlopeTerm, slope: Shown, product: Shown) -> SlopeTerm:
    return SlopeTerm(
        term.kind,
        term.connection_id,
        term.neuron_id,
        term.latex,
        f"slope·{term.text}",
        (slope, *term.factors),
        product,
    )
