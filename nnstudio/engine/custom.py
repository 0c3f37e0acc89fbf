"""Custom activations: formulas of x, the weighted sum, that users type.

A neuron names one by its key, ``"custom:"`` and the formula, so a drawing or a file holds all there is to it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.activations import Activation
from nnstudio.errors import ExpressionError
from nnstudio.expressions import MAX_LENGTH, parse
from nnstudio.network.rules import CUSTOM_ACTIVATION

if TYPE_CHECKING:
    from nnstudio.expressions import Expression

# Weighted sums up to this size are usual, so every activation must have a value and a slope there …
USUAL = 10.0
# … and those beyond it, up to this size, are possible: what goes wrong there is only told.
POSSIBLE = 1000.0
KINKS_REACH = 100.0

# The slope is measured at so many places, with these steps, and may be so wrong at the step that fits best.
PLACES = 401
STEPS = (1e-3, 1e-4, 1e-5, 1e-6)
SLOPE_TOLERANCE = 1e-5
# Values that grow by this share of their usual range between half and the whole of `POSSIBLE` have no bound.
GROWTH = 0.01

TITLE_LENGTH = 40


def custom_key(text: str) -> str:
    """Return the key of the activation with this formula of x. Raises ExpressionError."""
    written = str(parse(text))
    # Spread out it may be longer than formulas may be.
    return CUSTOM_ACTIVATION + (written if len(written) <= MAX_LENGTH else "".join(text.split()))


def custom_activation(key: str, text: str) -> Activation:
    """Make an activation from a formula of x.

    Its bounds are found by sampling, and its kinks too. Raises ExpressionError where the formula cannot be
    read, has no finite value or slope at some usual weighted sum, or bends too sharply for its slope to be
    confirmed by differences.
    """
    entry = unchecked_activation(key, text)
    problem = usual_problem(text)
    if problem is not None:
        raise problem
    return entry


@lru_cache(maxsize=256)
def unchecked_activation(key: str, text: str) -> Activation:
    """Make an activation from a formula of x that may lack values. Raises ExpressionError."""
    expression = parse(text)
    low, high, has_gradient = _sampled(expression)
    written = str(expression)
    shown = written if len(written) <= TITLE_LENGTH else f"{written[: TITLE_LENGTH - 1]}…"
    return Activation(
        key,
        f"Custom: {shown}",
        f"A formula of your own. Its values lie {_range_text(low, high)}, as sampling weighted sums up to "
        f"{POSSIBLE:,.0f} has found.",
        f"a = {expression.text({'x': 'z'})}",
        f"a = {expression.latex({'x': 'z'})}",
        "a' by differentiating every operation of the formula",
        low,
        high,
        forward=expression.value,
        derivative=lambda z, a: expression.value_and_derivative(z)[1],
        kinks=expression.kinks(-KINKS_REACH, KINKS_REACH),
        has_gradient=has_gradient,
    )


@lru_cache(maxsize=256)
def usual_problem(text: str) -> ExpressionError | None:
    """Return why a formula of x cannot be an activation, or None where it can. Raises ExpressionError."""
    expression = parse(text)
    problems = expression.check(-USUAL, USUAL)
    if problems:
        first = problems[0]
        return ExpressionError(
            f"{first} Weighted sums x from {-USUAL:g} to {USUAL:g} are usual, so an activation needs a value "
            "and a slope for all of them.",
            start=first.start,
            end=first.end,
        )
    place = _wrong_slope(expression)
    if place is None:
        return None
    return ExpressionError(
        f"The slope of {text} at x = {place:.4g} cannot be confirmed by small differences: the formula bends "
        "too sharply there. Use smaller factors.",
        end=len(text),
    )


@lru_cache(maxsize=256)
def possible_problems(text: str) -> tuple[str, ...]:
    """Return what goes wrong with a formula of x at large weighted sums. Raises ExpressionError."""
    return tuple(str(problem) for problem in parse(text).check(-POSSIBLE, POSSIBLE))


def _sampled(expression: Expression) -> tuple[float, float, bool]:
    """Return bounds of the values, and whether there is a slope anywhere."""
    reach = np.concatenate((np.linspace(0.0, USUAL, 2001), np.geomspace(USUAL, POSSIBLE, 1001)))
    x = np.concatenate((-reach[::-1], reach))
    value, slope = expression.value_and_derivative(x)
    usual = np.abs(x) <= USUAL
    has_gradient = bool((slope[usual] != 0.0).any())
    known = ~np.isnan(value)
    if not known.any():
        return -math.inf, math.inf, has_gradient
    near = known & (np.abs(x) <= POSSIBLE / 2)
    within = value[known & usual]
    spread = float(np.ptp(within)) if len(within) else 0.0
    bounds = []
    for side in (-1.0, 1.0):
        farthest = float((side * value[known]).max())
        half = float((side * value[near]).max()) if near.any() else farthest
        grows = not math.isfinite(farthest) or farthest - half > GROWTH * max(spread, 1e-12)
        bounds.append(side * (math.inf if grows else farthest) + 0.0)
    return bounds[0], bounds[1], has_gradient


def _range_text(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "anywhere"
    if math.isinf(high):
        return f"above {low:.4g}"
    return f"below {high:.4g}" if math.isinf(low) else f"from {low:.4g} to {high:.4g}"


def _wrong_slope(expression: Expression) -> float | None:
    """Return where the slope differs from the one that differences show, or None where it never does."""
    # Places at which nobody puts a kink.
    x = np.linspace(-USUAL + 0.0137, USUAL - 0.0071, PLACES)
    for kink in expression.kinks(-USUAL, USUAL):
        x = x[np.abs(x - kink) > 2.0 * STEPS[-1] * USUAL]
    value, slope = expression.value_and_derivative(x)
    smallest: Any = np.full(len(x), math.inf)
    with np.errstate(all="ignore"):
        for step in STEPS:
            measured = (expression.value(x + step) - expression.value(x - step)) / (2.0 * step)
            smallest = np.fmin(smallest, np.abs(measured - slope))
        wrong = smallest > SLOPE_TOLERANCE * (1.0 + np.abs(slope) + np.abs(value))
    return float(x[np.argmax(wrong)]) if wrong.any() else None
