"""Activations and losses as formulas that numbers can be put into.

Each is written in the language of `expressions`, so that one text gives LaTeX, plain text and the elementary
operations of the computation graph. What it computes belongs to the engine: these are only shown, and tests
hold them to the engine's values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnstudio.engine.activations import LEAK, SOFTPLUS_THRESHOLD
from nnstudio.explain.numbers import show
from nnstudio.expressions import parse
from nnstudio.network.rules import CUSTOM_ACTIVATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.explain.symbols import Symbol
    from nnstudio.expressions import Expression


class Form(NamedTuple):
    """A function of ``z`` and its slope, of ``z`` and the value ``a``."""

    value: str
    slope: str


ACTIVATION_FORMS: Mapping[str, Form] = {
    "identity": Form("z", "1"),
    "step": Form("where(z >= 0, 1, 0)", "0"),
    "sigmoid": Form("1 / (1 + exp(-z))", "a * (1 - a)"),
    "tanh": Form("tanh(z)", "1 - a**2"),
    "relu": Form("where(z > 0, z, 0)", "where(z > 0, 1, 0)"),
    "leaky_relu": Form(f"where(z > 0, z, {LEAK} * z)", f"where(z > 0, 1, {LEAK})"),
    "elu": Form("where(z > 0, z, exp(z) - 1)", "where(z > 0, 1, exp(z))"),
    "softplus": Form(
        f"where(z > {SOFTPLUS_THRESHOLD:g}, z, log(1 + exp(z)))",
        f"where(z > {SOFTPLUS_THRESHOLD:g}, 1, 1 / (1 + exp(-z)))",
    ),
    "silu": Form("z / (1 + exp(-z))", "(1 + z - a) / (1 + exp(-z))"),
    "sine": Form("sin(z)", "cos(z)"),
    "gaussian": Form("exp(-z**2)", "-2 * z * a"),
}

# Those that the language of formulas cannot say: LaTeX and text, with {z} and {a}.
_WRITTEN: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "gelu": (
        (r"{z}\,\Phi({z})", "{z} · Φ({z})"),
        (r"\Phi({z}) + {z}\,\varphi({z})", "Φ({z}) + {z} · φ({z})"),
    ),
    "softmax": (
        (r"\frac{{e^{{{z}}}}}{{\sum_j e^{{z_j}}}}", "exp({z}) / sum of exp(z)"),
        (r"{a}\,(1 - {a})", "{a} · (1 - {a})"),
    ),
}

# One output's term of the loss and its slope, of the output ``a`` and the target ``y`` (``t`` is 1 or -1).
LOSS_FORMS: Mapping[str, Form] = {
    "mse": Form("(a - y)**2", "2 * (a - y)"),
    "mae": Form("abs(a - y)", "where(a > y, 1, where(a < y, -1, 0))"),
    "huber": Form(
        "where(abs(a - y) < 1, 0.5 * (a - y)**2, abs(a - y) - 0.5)",
        "where(abs(a - y) < 1, a - y, where(a > y, 1, -1))",
    ),
    "binary_cross_entropy": Form("-(y * log(a) + (1 - y) * log(1 - a))", "(a - y) / (a * (1 - a))"),
    "cross_entropy": Form("-y * log(a)", "-y / a"),
    "hinge": Form("where(t * a < 1, 1 - t * a, 0)", "where(t * a < 1, -t, 0)"),
}
# Where loss and activation are computed in one go: the slope by the sum.
FUSED_SLOPES: Mapping[str, str] = {"binary_cross_entropy": "a - y", "cross_entropy": "a * s - y"}


_VARIABLES = ("z", "x", "a", "y", "t", "s")
_DOUBLED = re.compile(r"\(\((-[^()]*)\)\)")
_DOUBLED_LATEX = re.compile(r"\\left\(\\left\(([^()]*)\\right\)\\right\)")


@dataclass(frozen=True)
class Written:
    """A formula as LaTeX and text, in symbols and with numbers."""

    symbols: str
    numbers: str
    text_symbols: str
    text_numbers: str


def put_in(form: str, symbols: Mapping[str, Symbol], values: Mapping[str, float]) -> Written:
    """Return a formula of these variables with their names, and with their values.

    Of cases, the numbers are those of the case that holds.
    """
    expression = _parsed(form)
    taken = _taken(form, tuple((name, float(values[name])) for name in expression.variables))
    shown = {name: show(value) for name, value in values.items()}
    return Written(
        expression.latex({name: symbol.latex for name, symbol in symbols.items()}),
        _plainly(taken.latex({name: number.factor for name, number in shown.items()})),
        _plain(expression.text({name: symbol.text for name, symbol in symbols.items()})),
        _plain(taken.text({name: number.text_factor for name, number in shown.items()})),
    )


def activation_value(key: str, z: Symbol, value: float) -> Written:
    """Return an activation's formula at the sum ``value``, which is called ``z``."""
    if key in _WRITTEN:
        return _filled(_WRITTEN[key][0], {"z": (z, value)})
    # Formulas of the user's own are of x.
    return put_in(_value_form(key), {"z": z, "x": z}, {"z": value, "x": value})


def activation_slope(key: str, z: Symbol, a: Symbol, values: tuple[float, float]) -> Written | None:
    """Return the formula of an activation's slope at z and a; None for one of the user's own."""
    if key in _WRITTEN:
        return _filled(_WRITTEN[key][1], {"z": (z, values[0]), "a": (a, values[1])})
    if key not in ACTIVATION_FORMS:
        return None
    return put_in(ACTIVATION_FORMS[key].slope, {"z": z, "a": a}, dict(zip(("z", "a"), values, strict=True)))


def _value_form(key: str) -> str:
    if key in ACTIVATION_FORMS:
        return ACTIVATION_FORMS[key].value
    return key.removeprefix(CUSTOM_ACTIVATION)


def value_expression(key: str) -> Expression | None:
    """Return an activation as a formula of z (or x), or None where the language cannot say it."""
    return None if key in _WRITTEN else _parsed(_value_form(key))


def loss_expression(key: str) -> Expression:
    """Return one output's term of a loss as a formula of a, y and t."""
    return _parsed(LOSS_FORMS[key].value)


def signs_of(target: float) -> float:
    """Return the class 1 or -1 of a target, as the hinge loss reads it."""
    return 1.0 if target > 0.0 else -1.0


@lru_cache(maxsize=256)
def _parsed(form: str) -> Expression:
    return parse(form, tuple(name for name in _VARIABLES if name in _words(form)))


@lru_cache(maxsize=256)
def _words(form: str) -> frozenset[str]:
    kept = "".join(letter if letter.isalpha() else " " for letter in form)
    return frozenset(kept.split())


def _taken(form: str, values: tuple[tuple[str, float], ...]) -> Expression:
    """Return the formula, or where it is one of cases, the case that holds at these values."""
    expression = _parsed(form)
    last = expression.steps[-1]
    if last.operation != "where":
        return expression
    arrays = [np.array(value) for _, value in values]
    with np.errstate(all="ignore"):
        holds = bool(expression.step_values(arrays, np.dtype(np.float64))[last.arguments[0]])
    branch = expression.part(last.arguments[1 if holds else 2])
    return _taken(branch, tuple(pair for pair in values if pair[0] in _parsed(branch).variables))


def _filled(templates: tuple[str, str], values: Mapping[str, tuple[Symbol, float]]) -> Written:
    latex, text = templates
    names = {name: symbol for name, (symbol, _) in values.items()}
    shown = {name: show(value) for name, (_, value) in values.items()}
    return Written(
        latex.format(**{name: symbol.latex for name, symbol in names.items()}),
        latex.format(**{name: number.factor for name, number in shown.items()}),
        text.format(**{name: symbol.text for name, symbol in names.items()}),
        text.format(**{name: number.text_factor for name, number in shown.items()}),
    )


def _plain(text: str) -> str:
    return _DOUBLED.sub(r"(\1)", text.replace(" * ", " · ").replace(" ** ", "^"))


def _plainly(latex: str) -> str:
    """Return a formula of numbers with a sign between factors, and nothing in parentheses twice."""
    return _DOUBLED_LATEX.sub(r"\\left(\1\\right)", latex.replace(r" \, ", r" \cdot "))
