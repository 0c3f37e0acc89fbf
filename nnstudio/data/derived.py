"""Derived features: further columns for the network, computed from others by a formula."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.errors import DataError, ExpressionError
from nnstudio.expressions import CONSTANTS, FUNCTIONS, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.expressions import Expression

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Derived:
    """One derived feature: its name, and a formula of columns by the names that `variable` gives them."""

    name: str
    expression: str

    def sources(self, columns: Sequence[str], refused: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """Return the columns that the formula is of, among these.

        ``refused`` are further columns that a formula may not hold, with the reason. Raises ExpressionError,
        which says where the formula is wrong, and DataError for one of no column.
        """
        refused = refused or {}
        names = variables([*columns, *refused])
        used = self._parsed(tuple(names)).used_variables
        if not used:
            raise DataError(
                f"The derived feature “{self.name}” is the same for every row: it holds none of the columns "
                f"{', '.join(name for name in names if names[name] in columns)}."
            )
        found = tuple(names[variable] for variable in used)
        for column in found:
            if column in refused:
                raise DataError(f"The derived feature “{self.name}” holds “{column}”, {refused[column]}.")
        return found

    def compute(self, values: Mapping[str, Floats], places: Sequence[str] | None = None) -> Floats:
        """Return the feature, (rows,), from columns (rows,) by name.

        Raises DataError that names the first row, by ``places`` or else counted from 1, without a value.
        """
        names = variables(values)
        used = self._parsed(tuple(names)).used_variables
        expression = self._parsed(used)
        arrays = [values[names[variable]] for variable in used]
        result: Floats = np.asarray(expression.value(*arrays), np.float64)
        finite = np.isfinite(result)
        if not finite.all():
            row = int(np.argmin(finite))
            raise self._no_value(expression, [array[row : row + 1] for array in arrays], row, places)
        return result

    def to_dict(self) -> dict[str, str]:
        """Return name and formula as plain values."""
        return {"name": self.name, "expression": self.expression}

    @classmethod
    def from_dict(cls, values: Any) -> Derived:
        """Return what `to_dict` described; raises DataError."""
        if not isinstance(values, dict) or not all(
            isinstance(values.get(key), str) for key in ("name", "expression")
        ):
            raise DataError("The description of a derived feature is damaged.")
        return cls(values["name"], values["expression"])

    def _parsed(self, names: Sequence[str]) -> Expression:
        try:
            return parse(self.expression, names)
        except ExpressionError as error:
            message = f"The derived feature “{self.name}”: {error}"
            raise ExpressionError(message, start=error.start, end=error.end) from error

    def _no_value(
        self, expression: Expression, arrays: Sequence[Floats], row: int, places: Sequence[str] | None
    ) -> DataError:
        place = f"row {row + 1}" if places is None else places[row]
        at = ", ".join(
            f"{name} = {array[0]:.6g}" for name, array in zip(expression.variables, arrays, strict=True)
        )
        problems = expression.check_at(*arrays)
        what = f"{problems[0].part} {problems[0].what}" if problems else "the formula has no finite value"
        remedy = f" {problems[0].remedy}." if problems else ""
        return DataError(f"The derived feature “{self.name}”, {place}: {what} at {at}.{remedy}")


def square(column: str) -> Derived:
    """Return the square of a column as a feature."""
    return Derived(f"{column}²", f"{variable(column)}**2")


def product(first: str, second: str) -> Derived:
    """Return the product of two columns as a feature."""
    return Derived(f"{first}·{second}", f"{variable(first)} * {variable(second)}")


def sine(column: str) -> Derived:
    """Return the sine of a column as a feature."""
    return Derived(f"sin {column}", f"sin({variable(column)})")


def variable(column: str) -> str:
    """Return the name by which formulas know a column.

    >>> variable("petal length (cm)"), variable("2nd"), variable("e")
    ('petal_length_cm', '_2nd', 'e_')
    """
    name = column
    if not column.isidentifier():
        # Not all that counts as part of a word may stand in a name: m² may not.
        usable = (letter if f"_{letter}".isidentifier() else " " for letter in column)
        name = re.sub(r" +", "_", "".join(usable)).strip("_")
    if not name.isidentifier():
        name = f"_{name}" if f"_{name}".isidentifier() else "_"
    return f"{name}_" if name in FUNCTIONS or name in CONSTANTS else name


def variables(columns: Iterable[str]) -> dict[str, str]:
    """Return columns by the name that formulas know them by; where two share one, the first has it."""
    names: dict[str, str] = {}
    # A column that is called so beats one that only becomes it.
    for column in sorted(columns, key=lambda name: variable(name) != name):
        names.setdefault(variable(column), column)
    return names
