"""Which part of the canvas is on view, as it is kept with the project."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.ui.canvas.view import CanvasView


def place_of(canvas: CanvasView) -> dict[str, Any]:
    """Return zoom and center of the canvas, for a project's view."""
    center = canvas.mapToScene(canvas.viewport().rect().center())
    return {"zoom": canvas.zoom, "center": [center.x(), center.y()]}


def restore_place(canvas: CanvasView, view: Mapping[str, Any]) -> None:
    """Show the part of the canvas that a project's view names; all of it where that can't be."""
    place, bounds = stored_place(view), canvas.network_scene.bounds()
    if place is not None and bounds is not None:
        show_place(canvas, *place)
        left, top, right, bottom = bounds
        network = QRectF(QPointF(left, top), QPointF(right, bottom)).adjusted(-1, -1, 1, 1)
        # What a smaller window or a damaged file would show might be an empty place.
        if canvas.mapToScene(canvas.viewport().rect()).boundingRect().intersects(network):
            return
    canvas.fit_all()


def show_place(canvas: CanvasView, zoom: float, center: QPointF) -> None:
    """Show the canvas with this zoom, and this point of the scene in the middle."""
    canvas.is_fitted = False
    canvas.zoom_to(zoom, QPointF())
    canvas.centerOn(center)


def stored_place(view: Mapping[str, Any]) -> tuple[float, QPointF] | None:
    """Return zoom and center that a project names, or None where it names none that can be."""
    center = view.get("center")
    numbers = [view.get("zoom"), *center] if isinstance(center, list) else []
    usable = len(numbers) == 3 and all(
        isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
        for number in numbers
    )
    if not usable or numbers[0] <= 0:
        return None
    return float(numbers[0]), QPointF(float(numbers[1]), float(numbers[2]))
