"""Expression: a formula that was read, to compute it with its derivatives, and to show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.errors import ExpressionError
from nnstudio.expressions import domains, printing
from nnstudio.expressions.operations import CONSTANTS, FUNCTIONS, OPERATIONS, compare
from nnstudio.expressions.syntax import Step, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from nnstudio.expressions.domains import DomainProblem

Floats = Any

# How many numbers the results of all steps together may hold: longer arrays are computed in parts, which
# bounds the memory and stays in the processor's cache.
_ROOM = 1 << 18
_SMALLEST_PART = 1 << 12


def parse(text: str, variables: Sequence[str] = ("x",)) -> Expression:
    """Read a formula of these variables. Raises ExpressionError, which says where it is wrong and why."""
    names = tuple(variables)
    for name in names:
        if not name.isidentifier() or name in FUNCTIONS or name in CONSTANTS:
            raise ExpressionError(
                f"“{name}” cannot be the name of a variable: it must be one word of letters, digits and _, "
                "and neither a function nor a constant."
            )
    return Expression(read(text, names), names)


@dataclass(frozen=True)
class Expression:
    """A formula of some variables. Made by `parse`; holds no state, so threads may share it.

    Two are equal where they are the same formula of the same variables, however they were spaced. Arrays may
    be of any shape, those of several variables of shapes that fit each other; they are given in the order of
    ``variables``. Results are float32 where all arrays are, else float64. Where a formula has no value, the
    result is NaN or infinite, without a warning; `check` finds these places beforehand.
    """

    steps: tuple[Step, ...]
    variables: tuple[str, ...]

    def value(self, *arrays: ArrayLike) -> NDArray[Any]:
        """Return the values, in the shape of the arrays."""
        return self._computed(arrays, ())[0]

    def value_and_partials(self, *arrays: ArrayLike) -> tuple[NDArray[Any], tuple[NDArray[Any], ...]]:
        """Return the values and their derivatives by each variable, all in the shape of the arrays."""
        value, *partials = self._computed(arrays, self.variables)
        return value, tuple(partials)

    def value_and_derivative(self, x: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the values and the derivative of a formula of one variable."""
        value, (derivative,) = self.value_and_partials(x)
        return value, derivative

    def check(self, low: float, high: float) -> list[DomainProblem]:
        """Return where, from ``low`` to ``high``, the formula of one variable or its slope is not finite.

        Samples the range closely, and finds the ends of what it meets; a narrow gap may be missed.
        """
        return domains.problems_between(self, low, high)

    def check_at(self, *arrays: ArrayLike) -> list[DomainProblem]:
        """Return what goes wrong at given values of the variables, one problem for each faulty operation."""
        return domains.problems_at(self, self._arguments(arrays)[0])

    def kinks(self, low: float, high: float) -> tuple[float, ...]:
        """Return where the formula of one variable or its slope jumps, ascending, by sampling as `check`."""
        return domains.kinks_between(self, low, high)

    def __str__(self) -> str:
        return self.text()

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """Return the formula as `parse` reads it; ``names`` shows some variables by other names."""
        return printing.as_text(self.steps, names or {})

    def latex(self, names: Mapping[str, str] | None = None) -> str:
        """Return the formula for a typesetter; ``names`` gives the LaTeX of some variables."""
        return printing.as_latex(self.steps, names or {})

    @property
    def used_variables(self) -> tuple[str, ...]:
        """The variables that the formula holds, in their order."""
        held = {step.name for step in self.steps if step.operation == "variable"}
        return tuple(name for name in self.variables if name in held)

    def part(self, step: int) -> str:
        """Return the part of the formula that a step stands for."""
        return printing.as_text(self.steps[: step + 1], {})

    @cached_property
    def _part_size(self) -> int:
        return max(_SMALLEST_PART, _ROOM // len(self.steps))

    def _arguments(self, arrays: Sequence[ArrayLike]) -> tuple[list[NDArray[Any]], np.dtype[Any]]:
        if len(arrays) != len(self.variables):
            raise TypeError(f"there are {len(self.variables)} variables, but {len(arrays)} arrays were given")
        given = [np.asarray(array) for array in arrays]
        all_single = bool(given) and all(array.dtype == np.float32 for array in given)
        dtype = np.dtype(np.float32 if all_single else np.float64)
        given = [array.astype(dtype, copy=False) for array in given]
        return (list(np.broadcast_arrays(*given)) if len(given) > 1 else given), dtype

    def _computed(self, arrays: Sequence[ArrayLike], by: tuple[str, ...]) -> list[NDArray[Any]]:
        given, dtype = self._arguments(arrays)
        shape = given[0].shape if given else ()
        if not given or given[0].size <= self._part_size:
            results = [np.empty(shape, dtype) for _ in range(1 + len(by))]
            for result, found in zip(results, self._part(given, dtype, by), strict=True):
                result[...] = found
            return results
        flat = [array.ravel() for array in given]
        results = [np.empty(flat[0].size, dtype) for _ in range(1 + len(by))]
        for start in range(0, flat[0].size, self._part_size):
            rows = slice(start, start + self._part_size)
            found_here = self._part([array[rows] for array in flat], dtype, by)
            for result, found in zip(results, found_here, strict=True):
                result[rows] = found
        return [result.reshape(shape) for result in results]

    def _part(self, arrays: list[NDArray[Any]], dtype: np.dtype[Any], by: tuple[str, ...]) -> Iterator[Any]:
        with np.errstate(all="ignore"):
            values = self.step_values(arrays, dtype)
            yield values[-1]
            for name in by:
                tangent = self.step_tangents(values, name)[-1]
                yield 0.0 if tangent is None else tangent

    def step_values(self, arrays: list[NDArray[Any]], dtype: np.dtype[Any]) -> list[Floats]:
        """Return the value of every step; arrays are of ``dtype``."""
        by_name = dict(zip(self.variables, arrays, strict=True))
        values: list[Floats] = []
        for step in self.steps:
            arguments = [values[argument] for argument in step.arguments]
            if step.operation == "variable":
                values.append(by_name[step.name])
            elif step.operation == "number":
                values.append(dtype.type(step.value))
            elif step.operation == "constant":
                values.append(dtype.type(CONSTANTS[step.name]))
            elif step.operation == "compare":
                values.append(compare(step.name, arguments))
            else:
                values.append(OPERATIONS[step.operation].value(*arguments))
        return values

    def step_tangents(self, values: list[Floats], variable: str) -> list[Any]:
        """Return the derivative of every step by a variable, None where it does not depend on it."""
        tangents: list[Any] = []
        for step, value in zip(self.steps, values, strict=True):
            found = None
            if step.operation == "variable":
                found = np.ones_like(value) if step.name == variable else None
            elif step.operation in OPERATIONS:
                inner = [tangents[argument] for argument in step.arguments]
                if any(tangent is not None for tangent in inner):
                    arguments = [values[argument] for argument in step.arguments]
                    found = OPERATIONS[step.operation].tangent(value, arguments, inner)
            tangents.append(found)
        return tangents
