"""The canvas as the stage of a walk: shows one moment of a cycle there, and puts all back afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt

from nnstudio.ui.phases.layer import FEW_DOTS, WalkLayer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.training import Snapshot
    from nnstudio.training.phases import Cycle
    from nnstudio.ui.canvas.strokes import ColorMode
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.phases.frames import Frame
    from nnstudio.ui.phases.plates import Box

# In larger networks weights move in so many leaps: to paint all of them takes longer than a frame.
_SMOOTH_CONNECTIONS = 600
_LEAPS = 5


class Stage:
    """Shows moments of a walk on one canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._shown: tuple[Any, ...] = ()
        self._mode_before: ColorMode | None = None
        scene = canvas.network_scene
        self.layer = WalkLayer(lambda: scene.graph, self._blocked)
        scene.addItem(self.layer)

    @property
    def color_mode(self) -> ColorMode:
        """What colors the connections when nothing is walked through."""
        return self._mode_before or self._canvas.color_mode

    def enter(self) -> None:
        """Make room for the numbers of a walk."""
        # Takes the result of a check of the gradients off the canvas.
        self._canvas.set_color_mode(self._canvas.color_mode)
        # Where the keys of the walk are heard.
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self._canvas.network_scene.layer.has_numbers = False

    def leave(self, snapshot: Snapshot | None) -> None:
        """Show the network as it is again."""
        self.forget()
        self.layer.show_frame(None, None)
        self._canvas.network_scene.layer.has_numbers = True
        self._restore_mode()
        self._fade(None, None)
        self._canvas.set_snapshot(snapshot)

    def forget(self) -> None:
        """Show all anew with the next moment."""
        self._shown = ()

    def show(
        self,
        cycle: Cycle,
        frame: Frame,
        snapshot: Snapshot,
        start: Mapping[str, float] | None,
        *,
        taken: bool,
    ) -> None:
        """Show a moment; where its step is ``taken``, with the values of ``snapshot``, which is of after it.

        ``start`` are the weights that training began with, by id.
        """
        phase = frame.phase
        first = None
        if phase == "init" and start is not None:
            ids = cycle.program.connection_ids
            first = np.array(
                [start.get(key, now) for key, now in zip(ids, cycle.before.weights, strict=True)]
            )
        self.layer.show_frame(cycle, frame, first)
        share = _share_of_step(cycle, frame)
        key = (cycle, phase, frame.stage, share, taken)
        if key == self._shown:
            return
        self._shown = key
        if phase == "gradient":
            self._take_mode()
        else:
            self._restore_mode()
        shown = snapshot if taken else _as_snapshot(cycle, frame, snapshot, share, first)
        self._canvas.set_snapshot(shown)
        self._fade(cycle, frame if phase in ("predict", "gradient") else None)

    def _fade(self, cycle: Cycle | None, frame: Frame | None) -> None:
        """Have connections that have yet to be reached in the background."""
        canvas = self._canvas
        layer = canvas.network_scene.layer
        if frame is None or cycle is None:
            layer.set_focus(None)
            if canvas.focus_mode.is_on:
                canvas.focus_mode.set_on(False)
                canvas.focus_mode.set_on(True)
            return
        slots, ids = layer.graph.connection_slots, cycle.program.connection_ids
        bright = frame.connections
        if np.count_nonzero(frame.moving) <= FEW_DOTS:
            # Where there are more, dots would be lost on lines of the same colors.
            bright = bright | frame.moving
        layer.set_focus([slots[ids[i]] for i in np.flatnonzero(bright).tolist()])

    def _take_mode(self) -> None:
        if self._mode_before is None and self._canvas.color_mode != "gradient":
            self._mode_before = self._canvas.color_mode
            self._canvas.set_color_mode("gradient")

    def _restore_mode(self) -> None:
        mode, self._mode_before = self._mode_before, None
        if mode is not None:
            self._canvas.set_color_mode(mode)

    def _blocked(self) -> Sequence[Box]:
        """Return the boxes of the canvas that widgets cover."""
        canvas = self._canvas
        cards = (canvas.legend, canvas.zoom_buttons, canvas.minimap, canvas.phases)
        shown = [card.geometry() for card in cards if card is not None and card.isVisible()]
        return [(float(r.x()), float(r.y()), float(r.width()), float(r.height())) for r in shown]


def _share_of_step(cycle: Cycle, frame: Frame) -> float:
    """Return how far the weights have moved."""
    if frame.phase != "step":
        return 0.0
    share = min(1.0, max(0.0, frame.progress * 1.4 - 0.2))
    if cycle.program.n_connections > _SMOOTH_CONNECTIONS:
        return round(share * _LEAPS) / _LEAPS
    return share


def _as_snapshot(
    cycle: Cycle, frame: Frame, snapshot: Snapshot, share: float, first: NDArray[np.float64] | None
) -> Snapshot:
    """Return what the canvas is to show: the numbers of the cycle, as far as they have come."""
    weights = cycle.before.weights + share * cycle.changes.weights if first is None else first
    known = np.ones(len(frame.neurons), bool) if frame.phase == "gradient" else frame.neurons
    return replace(
        snapshot,
        weights=weights,
        weight_gradients=cycle.passed.gradients.weights,
        activations=np.where(known, cycle.passed.values, np.nan),
        connection_ids=cycle.program.connection_ids,
        neuron_ids=cycle.program.neuron_ids,
    )
