"""Scrubbing through the past on the loss plot itself: by its line, or anywhere with Shift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent

if TYPE_CHECKING:
    import pyqtgraph as pg

    from nnstudio.ui.plots.loss_past import PastLine
    from nnstudio.ui.time_machine_slider import PastSlider

# So near to the line, in pixels, it is taken by the mouse.
_GRIP = 6.0


class Scrubber(QObject):
    """Takes the mouse where it drags the line of the past, before the plot would move its view."""

    def __init__(self, plot: pg.PlotWidget, line: PastLine, slider: PastSlider, parent: QObject) -> None:
        super().__init__(parent)
        self._plot = plot
        self._line = line
        self._slider = slider
        self.is_dragging = False
        plot.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease)
        if not isinstance(event, QMouseEvent) or event.type() not in kinds:
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            was, self.is_dragging = self.is_dragging, False
            return was
        point = self._plot.mapToScene(event.position().toPoint())
        if event.type() == QEvent.Type.MouseButtonPress:
            self.is_dragging = self._slider.isEnabled() and self._is_meant(event, point)
        elif not self.is_dragging and not event.buttons():
            self._show_cursor(point)
        if self.is_dragging:
            self._slider.show_place(self._plot.getViewBox().mapSceneToView(point).x())
        return self.is_dragging

    def _is_meant(self, event: QMouseEvent, point: QPointF) -> bool:
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        with_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        return self._is_inside(point) and (with_shift or self._is_at_line(point))

    def _is_inside(self, point: QPointF) -> bool:
        return bool(self._plot.getViewBox().sceneBoundingRect().contains(point))

    def _is_at_line(self, point: QPointF) -> bool:
        if not self._line.isVisible() or not self._is_inside(point):
            return False
        at = self._plot.getViewBox().mapViewToScene(QPointF(self._line.value(), 0.0))
        return bool(abs(at.x() - point.x()) <= _GRIP)

    def _show_cursor(self, point: QPointF) -> None:
        viewport = self._plot.viewport()
        shape = Qt.CursorShape.SplitHCursor if self._is_at_line(point) else Qt.CursorShape.ArrowCursor
        if viewport.cursor().shape() != shape:
            viewport.setCursor(shape)
