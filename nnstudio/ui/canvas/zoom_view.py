"""A view of a scene without edges: zooms around any point and pans by pixels, over a dot grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsView

from nnstudio.ui import theme
from nnstudio.ui.canvas import background

if TYPE_CHECKING:
    from PySide6.QtWidgets import QGraphicsScene, QWidget

SMALLEST, LARGEST = 0.04, 8.0
_FIT_LARGEST = 1.5
_STEP = 1.2


class ZoomView(QGraphicsView):
    """Shows a scene; ``zoomed`` tells the new zoom."""

    zoomed = Signal(float)

    def __init__(self, scene: QGraphicsScene, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_fitted = False  # until something else is looked at, all stays in view whatever the size
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        # Neurons and connections change together with every snapshot; what doesn't is kept as an image.
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.viewport().setMouseTracking(True)
        self.centerOn(0.0, 0.0)

    @property
    def zoom(self) -> float:
        """Screen pixels per unit of the scene."""
        return float(self.transform().m11())

    @Slot()
    def zoom_in(self) -> None:
        """Zoom in around the middle."""
        self.zoom_steps(1.0, self._middle_pixel())

    @Slot()
    def zoom_out(self) -> None:
        """Zoom out around the middle."""
        self.zoom_steps(-1.0, self._middle_pixel())

    @Slot()
    def zoom_reset(self) -> None:
        """Zoom to 100 %."""
        self.zoom_to(1.0, self._middle_pixel())

    def zoom_steps(self, steps: float, at: QPointF) -> None:
        """Zoom by notches of a wheel around a point of the viewport."""
        self.zoom_to(self.zoom * _STEP**steps, at)

    def zoom_to(self, zoom: float, at: QPointF) -> None:
        """Zoom around a point of the viewport, which keeps its place in the scene."""
        zoom = min(max(zoom, SMALLEST), LARGEST)
        anchor = self.to_scene(at)
        self.setTransform(QTransform.fromScale(zoom, zoom))
        drift = self.viewportTransform().map(anchor) - at
        self.scroll_by(round(drift.x()), round(drift.y()))
        self.zoomed.emit(zoom)

    def show_area(self, area: QRectF, covered: float, left: float = 0.0, top: float = 0.0) -> None:
        """Show an area of the scene as large as it fits.

        ``covered`` pixels at the bottom, ``left`` at the left and ``top`` at the top are not free.
        """
        view = self.viewport().rect()
        width, height = max(view.width() - left, 1.0), max(view.height() - covered - top, 1.0)
        zoom = min(width / area.width(), height / area.height(), _FIT_LARGEST)
        self.zoom_to(zoom, self._middle_pixel())
        self.centerOn(area.center() + QPointF(-left, covered - top) / 2.0 / self.zoom)
        self.zoomed.emit(self.zoom)

    def scroll_by(self, dx: int, dy: int) -> None:
        """Move the view over the scene by pixels."""
        self.is_fitted = False
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + dx)
        down.setValue(down.value() + dy)

    def place_on_view(self) -> tuple[float, int, int]:
        """Return what is looked at, for `go_to_place`."""
        return self.zoom, self.horizontalScrollBar().value(), self.verticalScrollBar().value()

    def go_to_place(self, place: tuple[float, int, int]) -> None:
        """Look at what was looked at before, to the pixel."""
        zoom, across, down = place
        self.zoom_to(zoom, QPointF())
        self.horizontalScrollBar().setValue(across)
        self.verticalScrollBar().setValue(down)

    def to_scene(self, pixel: QPointF) -> QPointF:
        """Return the point of the scene at a point of the viewport."""
        return self.viewportTransform().inverted()[0].map(pixel)

    def middle(self) -> QPointF:
        """Return the point of the scene in the middle of the view."""
        return self.to_scene(self._middle_pixel())

    def refresh(self) -> None:
        """Paint anew soon."""
        self.viewport().update()

    def set_cursor(self, shape: Qt.CursorShape) -> None:
        """Give the pointer a shape over the view."""
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    def drawBackground(self, painter: QPainter, rect: QRectF | Any) -> None:
        painter.fillRect(rect, theme.manager().current.canvas)
        background.paint_grid(painter, self.viewportTransform(), QRectF(self.viewport().rect()))

    def _middle_pixel(self) -> QPointF:
        return QPointF(self.viewport().rect().center())
