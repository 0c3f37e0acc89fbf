"""The engine compiled by Numba: the same numbers as `engine.program`, without the interpreter and its lock.

Importing this package imports Numba; `engine.backend` tells whether a training can use it.
"""

from nnstudio.engine.kernels.matrices import MatrixTraining
from nnstudio.engine.kernels.session import CompiledTraining, Measured

__all__ = ["CompiledTraining", "MatrixTraining", "Measured"]
