"""The safe formula language: numbers, variables, a few functions, and exact derivatives.

>>> from nnstudio.expressions import parse
>>> bump = parse("exp(-x**2)")
>>> bump.value_and_derivative([0.0, 1.0])[1].round(3).tolist()
[0.0, -0.736]

A text is read by a parser of its own for the few things that a formula may hold, and never evaluated as
Python. What there is stands in `operations`.
"""

from nnstudio.expressions.domains import DomainProblem
from nnstudio.expressions.expression import Expression, parse
from nnstudio.expressions.operations import CONSTANTS, FUNCTIONS
from nnstudio.expressions.syntax import MAX_LENGTH

__all__ = ["CONSTANTS", "FUNCTIONS", "MAX_LENGTH", "DomainProblem", "Expression", "parse"]
