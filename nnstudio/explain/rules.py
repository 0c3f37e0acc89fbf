"""The optimizers' formulas with numbers put in. A new optimizer needs one entry in `RULES`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from nnstudio.explain.numbers import show, summed
from nnstudio.explain.symbols import Formula, added, product_latex, product_text, sum_latex, sum_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# A term of a sum: its LaTeX in symbols, the numbers that are multiplied, and its text in symbols.
Term = tuple[str, tuple[float, ...], str]
Lines = list[tuple[str, "Line"]]


@dataclass(frozen=True)
class Quantities:
    """What an optimizer's formula is about: the weight, its gradient, and what is remembered of it.

    ``count`` is the number of this step, from 1, ``letter`` what the weight is called: w, or b for a bias.
    """

    w: float
    g: float
    rate: float
    count: float
    memory: Mapping[str, float]
    options: Mapping[str, float]
    letter: str = "w"


@dataclass(frozen=True)
class Line:
    """One line of a step: its formula and the exact result."""

    formula: Formula
    value: float

    @classmethod
    def of_sum(cls, name: str, terms: Sequence[Term], total: float, *, arrow: bool = True) -> Line:
        """Return a quantity as a sum of products, which are shown so that they add up."""
        products = [math.prod(factors) for _, factors, _ in terms]
        shown = summed(products, total)
        factors = [[show(number) for number in numbers] for _, numbers, _ in terms]
        # What is no product is as long as in the sum.
        for place, numbers in enumerate(factors):
            if len(numbers) == 1:
                factors[place] = [shown.terms[place]]
        latex = [added(map(product_latex, factors)), sum_latex(shown.terms), shown.total.latex]
        text = [
            added(text for _, _, text in terms),
            added(map(product_text, factors)),
            sum_text(shown.terms),
            shown.total.text,
        ]
        to, text_to = (r"\leftarrow", "←") if arrow else ("=", "=")
        return cls(
            Formula(
                rf"{name} {to} {added(latex for latex, _, _ in terms)}",
                " = ".join(dict.fromkeys(latex)),
                f"{_TEXT_NAMES.get(name, name)} {text_to} {' = '.join(dict.fromkeys(text))}",
                shown.total,
            ),
            total,
        )

    @classmethod
    def of_decay(cls, letter: str, rate: float, decay: float, w: float, result: float) -> Line:
        """Return the decay of a weight, apart from its gradient."""
        eta, share, before, after = show(rate), show(decay), show(w), show(result)
        return cls(
            Formula(
                rf"{letter} \leftarrow (1 - \eta \lambda)\, {letter}",
                rf"(1 - {eta.latex} \cdot {share.factor}) \cdot {before.factor} = {after.latex}",
                f"{letter} ← (1 - η·λ)·{letter} = (1 - {eta.text} · {share.text_factor})"
                f" · {before.text_factor} = {after.text}",
                after,
            ),
            result,
        )


_TEXT_NAMES = {r"\hat{m}": "m̂", r"\hat{s}": "ŝ"}


def _sgd(q: Quantities) -> Lines:
    new = q.w - q.rate * q.g
    return [
        (
            "new",
            Line.of_sum(q.letter, [(q.letter, (q.w,), q.letter), (r"-\eta g", (-q.rate, q.g), "-η·g")], new),
        )
    ]


def _velocity(q: Quantities) -> Line:
    mu, before = q.options["momentum"], q.memory["velocity"]
    return Line.of_sum("v", [(r"\mu v", (mu, before), "μ·v"), ("g", (q.g,), "g")], mu * before + q.g)


def _momentum(q: Quantities) -> Lines:
    velocity = _velocity(q)
    new = q.w - q.rate * velocity.value
    terms: list[Term] = [(q.letter, (q.w,), q.letter), (r"-\eta v", (-q.rate, velocity.value), "-η·v")]
    return [("velocity", velocity), ("new", Line.of_sum(q.letter, terms, new))]


def _nesterov(q: Quantities) -> Lines:
    velocity, mu = _velocity(q), q.options["momentum"]
    ahead = q.g + mu * velocity.value
    looking = Line.of_sum("d", [("g", (q.g,), "g"), (r"\mu v", (mu, velocity.value), "μ·v")], ahead)
    terms: list[Term] = [(q.letter, (q.w,), q.letter), (r"-\eta d", (-q.rate, ahead), "-η·d")]
    new = Line.of_sum(q.letter, terms, q.w - q.rate * ahead)
    return [("velocity", velocity), ("direction", looking), ("new", new)]


def _divided(q: Quantities, squares: float) -> Line:
    """Return the step of a gradient over the root of its squares."""
    eps = q.options["eps"]
    change = q.rate * q.g / (math.sqrt(squares) + eps)
    return _step_of_quotient(q, q.g, squares, change, ("g", "g"), ("s", "s"))


def _step_of_quotient(
    q: Quantities,
    above: float,
    below: float,
    change: float,
    above_name: tuple[str, str],
    below_name: tuple[str, str],
) -> Line:
    new = q.w - change
    shown = summed([q.w, -change], new)
    rate, top, root, eps = show(q.rate), show(above), show(below), show(q.options["eps"])
    before, after = shown.terms[0], shown.total
    return Line(
        Formula(
            rf"{q.letter} \leftarrow {q.letter} - \eta\,"
            rf" \frac{{{above_name[0]}}}{{\sqrt{{{below_name[0]}}} + \varepsilon}}",
            rf"{before.latex} - {rate.latex} \cdot"
            rf" \frac{{{top.latex}}}{{\sqrt{{{root.latex}}} + {eps.latex}}}"
            f" = {sum_latex(shown.terms)} = {after.latex}",
            f"{q.letter} ← {q.letter} - η·{above_name[1]}/(√{below_name[1]} + ε)"
            f" = {before.text} - {rate.text} · {top.text_factor}/(√{root.text} + {eps.text})"
            f" = {sum_text(shown.terms)} = {after.text}",
            after,
        ),
        new,
    )


def _adagrad(q: Quantities) -> Lines:
    before = q.memory["squares"]
    squares = before + q.g * q.g
    terms: list[Term] = [("s", (before,), "s"), ("g^2", (q.g, q.g), "g²")]
    return [("squares", Line.of_sum("s", terms, squares)), ("new", _divided(q, squares))]


def _averaged(
    name: str, letter: str, share: tuple[str, str], old: float, part: float, g: tuple[float, ...]
) -> Line:
    """Return a running mean that takes a ``part`` of the new and keeps the rest of the old."""
    powers = ("g", "g") if len(g) == 1 else ("g^2", "g²")
    total = part * old + (1.0 - part) * math.prod(g)
    terms: list[Term] = [
        (rf"{share[0]} {letter}", (part, old), f"{share[1]}·{letter}"),
        (rf"(1 - {share[0]})\,{powers[0]}", (_rest(part), *g), f"(1 - {share[1]})·{powers[1]}"),
    ]
    return Line.of_sum(name, terms, total)


def _rest(share: float) -> float:
    """Return 1 - share as it is written down, without the rounding of float64."""
    return float(1 - Decimal(repr(share)))


def _rmsprop(q: Quantities) -> Lines:
    squares = _averaged("s", "s", (r"\alpha", "α"), q.memory["squares"], q.options["alpha"], (q.g, q.g))
    return [("squares", squares), ("new", _divided(q, squares.value))]


def _corrected(letter: str, share: tuple[str, str], value: float, beta: float, count: float) -> Line:
    """Return a running mean without what its start at 0 has taken from it."""
    result = value / (1.0 - beta**count)
    name = rf"\hat{{{letter}}}"
    above, base, shown = show(value), show(beta), show(result)
    return Line(
        Formula(
            rf"{name} = \frac{{{letter}}}{{1 - {share[0]}^t}}",
            rf"\frac{{{above.latex}}}{{1 - {base.latex}^{{{count:.0f}}}}} = {shown.latex}",
            f"{_TEXT_NAMES[name]} = {letter}/(1 - {share[1]}^t) = {above.text}/(1 - {base.text}^{count:.0f})"
            f" = {shown.text}",
            shown,
        ),
        result,
    )


def _adam(q: Quantities) -> Lines:
    beta1, beta2 = q.options["beta1"], q.options["beta2"]
    first, second = (r"\beta_1", "β₁"), (r"\beta_2", "β₂")
    mean = _averaged("m", "m", first, q.memory["mean"], beta1, (q.g,))
    squares = _averaged("s", "s", second, q.memory["squares"], beta2, (q.g, q.g))
    mean_hat = _corrected("m", first, mean.value, beta1, q.count)
    squares_hat = _corrected("s", second, squares.value, beta2, q.count)
    scale = (1.0 - beta2**q.count) ** 0.5
    change = (q.rate / (1.0 - beta1**q.count)) * mean.value
    change /= math.sqrt(squares.value) / scale + q.options["eps"]
    new = _step_of_quotient(
        q, mean_hat.value, squares_hat.value, change, (r"\hat{m}", "m̂"), (r"\hat{s}", "ŝ")
    )
    return [
        ("mean", mean),
        ("squares", squares),
        ("mean_hat", mean_hat),
        ("squares_hat", squares_hat),
        ("new", new),
    ]


def _adamw(q: Quantities) -> Lines:
    decay = q.options["weight_decay"]
    decayed = q.w * (1.0 - q.rate * decay)
    line = Line.of_decay(q.letter, q.rate, decay, q.w, decayed)
    rest = _adam(replace(q, w=decayed))
    return [("adamw_decay", line), *rest]


RULES: Mapping[str, Callable[[Quantities], Lines]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
    "perceptron": _sgd,
}
