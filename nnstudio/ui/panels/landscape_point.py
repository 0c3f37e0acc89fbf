"""Dragging the present point on a loss landscape: it sets weights and biases, as one undoable step."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Slot

from nnstudio.errors import NNStudioError
from nnstudio.network.edits import SetValues

if TYPE_CHECKING:
    from nnstudio.engine.landscape import Plane
    from nnstudio.engine.program import Program
    from nnstudio.ui.document import Document
    from nnstudio.ui.plots.landscape_figures import Floats

_LABEL = "Move on the loss landscape"
_numbers = itertools.count(1)


class PointDrag(QObject):
    """One drag at a time, from `begin` to `end` or `give_up`."""

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._plane: Plane | None = None
        self._program: Program | None = None
        self._start: Floats = np.empty(0)
        self._from = np.zeros(2)
        self._merge_key = ""
        self._has_moved = False

    @property
    def is_on(self) -> bool:
        """Whether the point is being dragged."""
        return self._plane is not None

    def begin(self, plane: Plane, program: Program, flat: Floats) -> bool:
        """Begin at parameters (connections + neurons,); returns whether that is allowed now."""
        if self._document.lock_reason:
            self._document.refused.emit(NNStudioError(self._document.lock_reason))
            return False
        if not self._document.allows("values"):
            return False
        self._plane, self._program, self._start = plane, program, flat
        self._from = plane.places(flat)[0][0]
        self._merge_key = f"landscape {next(_numbers)}"
        self._has_moved = False
        return True

    def move(self, u: float, v: float) -> None:
        """Set weights and biases to those at a place; what lies off the plane stays as far from it."""
        plane, program = self._plane, self._program
        if plane is None or program is None:
            return
        flat = self._start + (u - self._from[0]) * plane.first + (v - self._from[1]) * plane.second
        moving = np.flatnonzero((plane.first != 0.0) | (plane.second != 0.0))
        split = int(np.searchsorted(moving, program.n_connections))
        weights = {program.connection_ids[i]: float(flat[i]) for i in moving[:split].tolist()}
        biases = {
            program.neuron_ids[i - program.n_connections]: float(flat[i]) for i in moving[split:].tolist()
        }
        done = self._document.do(SetValues(_LABEL, weights, biases), merge_key=self._merge_key)
        self._has_moved |= done

    @Slot()
    def end(self) -> None:
        """Leave it where it is."""
        self._plane = self._program = None

    @Slot()
    def give_up(self) -> None:
        """Put it back."""
        if self.is_on and self._has_moved:
            self._document.undo_stack.undo()
        self.end()
