"""What is measured after an epoch: losses and metrics of both parts of the data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnstudio.engine.watched import Interrupted, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program
    from nnstudio.training.methods import Method
    from nnstudio.training.metrics import Evaluator


class Part(NamedTuple):
    """Rows to measure: x (rows, inputs), y (rows, outputs), and how much each counts in the loss, (rows,)."""

    x: NDArray[Any]
    y: NDArray[Any]
    weights: NDArray[np.float64] | None


class Found(NamedTuple):
    """What was measured; ``test_loss`` is NaN where there is no test part.

    ``watched`` is the loss that schedules and early stopping go by, NaN where none was asked for.
    """

    test_loss: float
    metrics: Mapping[str, float]
    watched: float


class Measuring:
    """Measures ``parameters`` on the training part and, where there is one, on the test part.

    Where ``is_unwanted()`` becomes true it gives up soon.
    """

    def __init__(
        self,
        program: Program,
        parameters: Parameters,
        parts: Sequence[Part],
        loss: str,
        evaluator: Evaluator,
        method: Method,
        is_unwanted: Callable[[], bool],
    ) -> None:
        self._program = watched(program, is_unwanted)
        self._parameters = parameters
        self._parts = parts
        self._loss_key = loss
        self._evaluator = evaluator
        measures = [method.measuring(*part, evaluator.threshold) for part in parts]
        self._measures = [measure for measure in measures if measure is not None]

    def measure(self, *, watching: bool) -> Found | None:
        """Return what is found, with the loss that is watched where that is wanted; None where it gave up."""
        try:
            if len(self._measures) == len(self._parts):
                found = [measure() for measure in self._measures]
                losses = [loss for loss, _ in found]
                metrics = self._evaluator.of(*(errors for _, errors in found))
            else:
                outputs = [self._program.predict(self._parameters, part.x) for part in self._parts]
                # Those of the training part take as long again, and are wanted only where they are watched.
                losses = [
                    self._loss(part) if watching or number else math.nan
                    for number, part in enumerate(self._parts)
                ]
                with np.errstate(over="ignore", invalid="ignore"):
                    metrics = self._evaluator.measure(outputs[0], outputs[1] if outputs[1:] else None)
        except Interrupted:
            return None
        return Found(losses[1] if losses[1:] else math.nan, metrics, losses[-1] if watching else math.nan)

    def _loss(self, part: Part) -> float:
        return self._program.loss(self._parameters, part.x, part.y, self._loss_key, part.weights)
