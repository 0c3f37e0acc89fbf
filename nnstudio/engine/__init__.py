"""Networks as arrays: compile, forward, backward, and the registries."""

from nnstudio.engine.compile import compile_network
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.program import CompileWarning, Program

__all__ = ["CompileWarning", "Parameters", "Program", "compile_network"]
