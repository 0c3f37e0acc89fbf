"""Names of quantities, for a typesetter and as plain text, and the pieces that formulas are made of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnstudio.engine.program import Program
    from nnstudio.explain.numbers import Shown

# These have no escape that every typesetter reads within text, and a bar would part a table of Markdown.
_ESCAPES = str.maketrans(
    {**{mark: rf"\{mark}" for mark in "{}_%&#$"}, "\\": "∖", "~": "∼", "^": "ˆ", "|": "∣"}
)


@dataclass(frozen=True)
class Formula:
    """One formula, three times.

    ``symbols`` is LaTeX in symbols, ``numbers`` LaTeX with this sample's numbers put in (without what stands
    to the left of the first equals sign in ``symbols``), and ``text`` both as plain text. ``value`` is the
    result.
    """

    symbols: str
    numbers: str
    text: str
    value: Shown

    @property
    def latex(self) -> str:
        """Symbols, then numbers, as one line."""
        return f"{self.symbols} = {self.numbers}"


@dataclass(frozen=True)
class Symbol:
    """The name of a quantity: LaTeX and plain text."""

    latex: str
    text: str


class Names:
    """What the neurons, weights and values of a program are called; names that are not unique get the id."""

    def __init__(self, program: Program) -> None:
        often = Counter(program.neuron_names)
        self.neurons = tuple(
            name if often[name] == 1 else f"{name} ({key})"
            for name, key in zip(program.neuron_names, program.neuron_ids, strict=True)
        )
        self._latex = tuple(_upright(name) for name in self.neurons)
        self._program = program
        self._tie = {slot: number for number, tie in enumerate(program.ties, 1) for slot in tie.tolist()}

    def sum(self, slot: int) -> Symbol:
        """Return the name of the weighted sum plus bias of a neuron."""
        return self._of("z", slot)

    def value(self, slot: int) -> Symbol:
        """Return the name of the value of a neuron; that of an input is x."""
        return self._of("x" if slot < self._program.n_inputs else "a", slot)

    def bias(self, slot: int) -> Symbol:
        """Return the name of the bias of a neuron."""
        return self._of("b", slot)

    def delta(self, slot: int) -> Symbol:
        """Return the name of the derivative of the loss by a neuron's sum."""
        return Symbol(rf"\delta_{{{self._latex[slot]}}}", f"δ[{self.neurons[slot]}]")

    def target(self, slot: int) -> Symbol:
        """Return the name of the target of an output."""
        return self._of("y", slot)

    def weight(self, slot: int) -> Symbol:
        """Return the name of the weight of a connection."""
        source, target = self._program.source_slot[slot], self._program.target_slot[slot]
        return Symbol(
            rf"w_{{{self._latex[source]} \to {self._latex[target]}}}",
            f"w[{self.neurons[source]} → {self.neurons[target]}]",
        )

    def shared(self, slot: int) -> Symbol:
        """Return the name of the weight of a connection, one name for all that share it."""
        if slot not in self._tie:
            return self.weight(slot)
        number = self._tie[slot]
        return Symbol(rf"w_{{\mathrm{{shared}}\,{number}}}", f"w[shared {number}]")

    def side(self, slot: int) -> Symbol:
        """Return the name of the class of an output's target, 1 or -1, as the hinge loss reads it."""
        return self._of("t", slot)

    def term(self, slot: int) -> Symbol:
        """Return the name of an output's term of the loss."""
        return Symbol(rf"\ell_{{{self._latex[slot]}}}", f"ℓ[{self.neurons[slot]}]")

    def _of(self, letter: str, slot: int) -> Symbol:
        return Symbol(f"{letter}_{{{self._latex[slot]}}}", f"{letter}[{self.neurons[slot]}]")


def added(parts: Iterable[str]) -> str:
    """Return terms joined by plus signs, or by the minus sign that a term begins with."""
    written = ""
    for part in parts:
        if not written:
            written = part
        elif part.startswith("-"):
            written += f" - {part[1:].lstrip()}"
        else:
            written += f" + {part}"
    return written or "0"


def sum_text(terms: Sequence[Shown]) -> str:
    """Return numbers as a sum in plain text."""
    return added(term.text for term in terms)


def sum_latex(terms: Sequence[Shown]) -> str:
    """Return numbers as a sum for a typesetter."""
    return added(term.latex for term in terms)


def product_text(factors: Sequence[Shown]) -> str:
    """Return numbers as a product in plain text."""
    return " · ".join(
        factor.text if number == 0 else factor.text_factor for number, factor in enumerate(factors)
    )


def product_latex(factors: Sequence[Shown]) -> str:
    """Return numbers as a product for a typesetter."""
    return r" \cdot ".join(
        factor.latex if number == 0 else factor.factor for number, factor in enumerate(factors)
    )


def partial(of: str, by: str) -> str:
    """Return the LaTeX of a partial derivative."""
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


def _upright(name: str) -> str:
    """Return a name as upright text of a formula."""
    if name.isascii() and name.isalnum():
        return rf"\mathrm{{{name}}}"
    return rf"\text{{{name.translate(_ESCAPES)}}}"
