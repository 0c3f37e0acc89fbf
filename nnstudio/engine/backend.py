"""Which engine a training runs on.

The compiled kernels; these with products of matrices, for wide layers; or the NumPy reference, where neither
can be used.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nnstudio.engine.program import Program

Engine = Literal["kernels", "matrices", "numpy"]

# Set to "numpy", it keeps every training on the reference.
VARIABLE = "NNSTUDIO_ENGINE"
_CHOSEN = f"{VARIABLE} is set to numpy."

_log = logging.getLogger(__name__)


def choose(program: Program, loss: str, optimizer: str, batch: int) -> tuple[Engine, str]:
    """Return the engine for training in batches of so many rows, and why nothing compiled (or "").

    Imports Numba, compiles the kernels where they are not in the cache, and checks them against the
    reference: seconds the first time, milliseconds then, nothing later in the same process. Never raises.
    """
    if os.environ.get(VARIABLE, "").lower() == "numpy":
        return "numpy", _CHOSEN
    obstacle = _obstacle()
    if obstacle:
        return _without(obstacle)
    try:
        from nnstudio.engine.kernels import products, selfcheck
        from nnstudio.engine.kernels.session import CompiledTraining, width_for

        reason = CompiledTraining.unsupported(program, loss, optimizer)
        if reason is None:
            if products.is_worth(program, batch) and not products.obstacle(program, optimizer):
                reason = selfcheck.problem_of_matrices(program.dtype.name)
                if reason is None:
                    return "matrices", ""
                _log.warning("%s.", reason)
            reason = selfcheck.problem(width_for(batch), program.dtype.name)
    except Exception as error:
        _log.exception("The compiled kernels cannot be used")
        return _without(f"The compiled kernels do not work on this computer ({_first_line(error)}).")
    return ("kernels", "") if reason is None else _without(f"{reason[:1].upper()}{reason[1:]}.")


def obstacle_to_slices(program: Program, loss: str) -> str:
    """Return why losses on a plane of parameters are not measured by compiled kernels, "" where they are.

    It compiles as `choose` does.
    """
    if os.environ.get(VARIABLE, "").lower() == "numpy":
        return _CHOSEN
    reason = _obstacle()
    if reason:
        return reason
    try:
        from nnstudio.engine.kernels import selfcheck
        from nnstudio.engine.kernels.session import CompiledTraining
        from nnstudio.engine.kernels.slices import LANES

        return (
            CompiledTraining.unsupported(program, loss, "sgd")
            or selfcheck.problem(LANES, program.dtype.name)
            or selfcheck.problem_of_slices(program.dtype.name)
            or ""
        )
    except Exception as error:
        _log.exception("The compiled kernels cannot measure losses")
        return f"The compiled kernels do not work on this computer ({_first_line(error)})."


def _obstacle() -> str:
    """Return why nothing can be compiled here, or ""."""
    try:
        import numba
    except Exception as error:
        return f"Numba cannot be used here ({_first_line(error)})."
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # set where it is imported
        return "NUMBA_DISABLE_JIT is set, so Numba compiles nothing."
    return ""


def _without(reason: str) -> tuple[Engine, str]:
    _log.info("Training runs on NumPy. %s", reason)
    return "numpy", reason


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
