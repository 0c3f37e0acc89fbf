"""Formulas as text that can be read again, and as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnstudio.expressions.syntax import Step

# How tightly operations bind; what binds less tightly than its place asks for gets parentheses.
_COMPARISON, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(6)
_BINDING = {"compare": _COMPARISON, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}
_BINDING |= {"negative": _SIGN, "**": _POWER}

_LATEX_COMPARISONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_LATEX_NAMES = {"pi": r"\pi", "e": "e", "log": r"\ln", "tanh": r"\tanh", "sin": r"\sin", "cos": r"\cos"}
_LATEX_NAMES |= {"max": r"\max", "min": r"\min"}


def as_text(steps: Sequence[Step], names: Mapping[str, str]) -> str:
    """Return the formula of the last step, with no more parentheses than it needs."""
    texts: list[str] = []
    for step in steps:
        operation, inner = step.operation, step.arguments

        def put(place: int, least: int, inner: tuple[int, ...] = inner) -> str:
            text = texts[inner[place]]
            return text if _binding(steps[inner[place]]) >= least else f"({text})"

        if operation == "number":
            text = number_text(step.value)
        elif operation in ("constant", "variable"):
            text = names.get(step.name, step.name) if operation == "variable" else step.name
        elif operation == "compare":
            text = put(0, _SUM)
            for place, sign in enumerate(step.name.split(), 1):
                text += f" {sign} {put(place, _SUM)}"
        elif operation in ("+", "-", "*", "/"):
            binding = _BINDING[operation]
            text = f"{put(0, binding)} {operation} {put(1, binding + 1)}"
        elif operation == "negative":
            text = f"-{put(0, _SIGN)}"
        elif operation == "**":
            text = f"{put(0, _ATOM)} ** {put(1, _SIGN)}"
        else:
            text = f"{operation}({', '.join(texts[argument] for argument in inner)})"
        texts.append(text)
    return texts[-1]


def as_latex(steps: Sequence[Step], names: Mapping[str, str]) -> str:
    """Return the formula of the last step for a typesetter."""
    texts: list[str] = []
    for step in steps:
        operation, inner = step.operation, step.arguments

        def put(place: int, least: int, inner: tuple[int, ...] = inner) -> str:
            text = texts[inner[place]]
            fits = _latex_binding(steps[inner[place]]) >= least
            return text if fits else rf"\left({text}\right)"

        plain = [texts[argument] for argument in inner]
        if operation == "number":
            text = _latex_number(step.value)
        elif operation == "constant":
            text = _LATEX_NAMES[step.name]
        elif operation == "variable":
            text = names.get(step.name) or _latex_name(step.name)
        elif operation == "compare":
            text = plain[0]
            for sign, other in zip(step.name.split(), plain[1:], strict=True):
                text += f" {_LATEX_COMPARISONS[sign]} {other}"
        elif operation in ("+", "-"):
            # A sign after another one is read better in parentheses.
            least = _PRODUCT if steps[inner[1]].operation != "negative" else _ATOM
            text = f"{put(0, _SUM)} {operation} {put(1, least)}"
        elif operation == "*":
            right = put(1, _POWER)
            sign = r"\cdot" if right[0].isdigit() else r"\,"
            text = f"{put(0, _PRODUCT)} {sign} {right}"
        elif operation == "/":
            text = rf"\frac{{{plain[0]}}}{{{plain[1]}}}"
        elif operation == "negative":
            text = f"-{put(0, _PRODUCT if steps[inner[0]].operation != 'negative' else _ATOM)}"
        elif operation == "**":
            text = f"{put(0, _ATOM)}^{{{plain[1]}}}"
        elif operation == "exp":
            text = f"e^{{{plain[0]}}}"
        elif operation == "sqrt":
            text = rf"\sqrt{{{plain[0]}}}"
        elif operation == "abs":
            text = rf"\left|{plain[0]}\right|"
        elif operation == "where":
            text = (
                rf"\begin{{cases}} {plain[1]} & \text{{if }} {plain[0]} \\ "
                rf"{plain[2]} & \text{{else}} \end{{cases}}"
            )
        else:
            text = rf"{_LATEX_NAMES[operation]}\left({', '.join(plain)}\right)"
        texts.append(text)
    return texts[-1]


def number_text(value: float) -> str:
    """Return the shortest text of a number that is read as the same number."""
    return str(int(value)) if value.is_integer() and value < 1e15 else repr(value)


def _latex_number(value: float) -> str:
    mantissa, _, exponent = number_text(value).partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _latex_name(name: str) -> str:
    escaped = name.replace("_", r"\_")
    return name if len(name) == 1 else rf"\mathrm{{{escaped}}}"


def _binding(step: Step) -> int:
    return _BINDING.get(step.operation, _ATOM)


def _latex_binding(step: Step) -> int:
    if step.operation == "/":
        # A fraction needs no parentheses as a factor, but does as a base.
        return _POWER
    if step.operation == "where":
        # The brace of the cases ends nowhere.
        return _COMPARISON
    if step.operation == "exp":
        return _POWER
    if step.operation == "number" and "e" in number_text(step.value):
        return _PRODUCT
    return _BINDING.get(step.operation, _ATOM)
