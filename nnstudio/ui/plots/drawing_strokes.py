"""Strokes: what each tool does from press to release. Nothing is changed before the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.plots import drawing_edits as edits
from nnstudio.ui.plots import drawing_shapes as shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.ui.plots.drawing import Drawing

    Floats = NDArray[np.float64]

_BRUSH_STEP, _LASSO_STEP = 3.0, 4.0
_PICK_PIXELS = 14.0
_CLICK_PIXELS = 4.0


class Stroke:
    """One stroke, in pixels of the plot; ``at`` is where the pointer is."""

    def __init__(self, drawing: Drawing, at: Floats) -> None:
        self.drawing = drawing
        self.start = self.at = at

    def move(self, at: Floats) -> None:
        """Follow the pointer."""
        self.at = at

    def hold(self) -> None:
        """Go on where the pointer is held still."""

    def finish(self) -> None:
        """Commit what the stroke was for."""

    def cancel(self) -> None:
        """Leave everything as it was before."""


class Brush(Stroke):
    """Points at even distances along the way, as wide as the brush."""

    def __init__(self, drawing: Drawing, at: Floats) -> None:
        super().__init__(drawing, at)
        self.points = np.empty((0, 2))
        self._add(at)

    def move(self, at: Floats) -> None:
        for step in shapes.steps_between(self.at, at, _BRUSH_STEP):
            self._add(step)
        super().move(at)

    def _add(self, at: Floats) -> None:
        options = self.drawing.options
        added = shapes.fill(self.points, at, options.radius, shapes.spacing(options.density))
        self._take(added)

    def _take(self, added: Floats) -> None:
        self.points = np.vstack([self.points, added[self.drawing.in_view(added)]])
        self.drawing.show_new(self.points)

    def finish(self) -> None:
        drawing = self.drawing
        if len(self.points) and drawing.drafts is not None:
            drawing.add_draft(drawing.places_of(self.points))
        elif len(self.points):
            drawing.commit("Draw {}", len(self.points), self._made)

    def _made(self) -> object:
        drawing = self.drawing
        places = drawing.places_of(self.points)
        return edits.with_points(drawing.scene, places, drawing.options.mark, drawing.output)


class Spray(Brush):
    """Points at random places under the can, more and more while the button is held."""

    def _add(self, at: Floats) -> None:
        options = self.drawing.options
        self._take(shapes.scatter(self.drawing.rng, at, options.radius, max(1, options.density // 2)))

    def move(self, at: Floats) -> None:
        self._add(at)
        Stroke.move(self, at)

    def hold(self) -> None:
        self._add(self.at)


class Eraser(Stroke):
    """Takes away the points that it is drawn over."""

    def __init__(self, drawing: Drawing, at: Floats) -> None:
        super().__init__(drawing, at)
        self._pixels = drawing.row_pixels()
        self._met = np.zeros(len(self._pixels), dtype=bool)
        self.move(at)

    def move(self, at: Floats) -> None:
        self._met |= shapes.near_segment(self._pixels, self.at, at, self.drawing.options.radius)
        self.drawing.show_struck(np.flatnonzero(self._met))
        super().move(at)

    def finish(self) -> None:
        rows = np.flatnonzero(self._met)
        if len(rows):
            self.drawing.remove("Erase {}", rows)


class Move(Stroke):
    """Takes points along; a click puts the one that was clicked in focus."""

    def __init__(self, drawing: Drawing, at: Floats, rows: NDArray[np.intp], under: int) -> None:
        super().__init__(drawing, at)
        self.rows = rows
        self._under = under
        self._from = drawing.row_pixels()[rows]

    @property
    def _points(self) -> Floats:
        return self._from + (self.at - self.start)

    @property
    def _is_click(self) -> bool:
        return float(np.hypot(*(self.at - self.start))) < _CLICK_PIXELS

    def move(self, at: Floats) -> None:
        super().move(at)
        self.drawing.show_moved(self.rows, self._points)

    def finish(self) -> None:
        drawing, rows = self.drawing, self.rows
        if self._is_click:
            drawing.focus(self._under)
            return
        places = drawing.places_of(self._points)
        scene, output = drawing.scene, drawing.output
        drawing.commit(
            "Move {}", len(rows), lambda: edits.with_places(scene, rows, places, output), keeps_rows=True
        )


class Lasso(Stroke):
    """Selects the points that it is drawn around."""

    def __init__(self, drawing: Drawing, at: Floats) -> None:
        super().__init__(drawing, at)
        self._before = drawing.selected
        drawing.select(np.empty(0, np.intp))
        self._outline = at.reshape(1, 2)

    def move(self, at: Floats) -> None:
        if np.hypot(*(at - self._outline[-1])) >= _LASSO_STEP:
            self._outline = np.vstack([self._outline, at])
            self.drawing.show_outline(self._outline)
        super().move(at)

    def finish(self) -> None:
        if len(self._outline) > 2:
            self.drawing.select(np.flatnonzero(shapes.inside(self.drawing.row_pixels(), self._outline)))

    def cancel(self) -> None:
        self.drawing.select(self._before)


def begin(drawing: Drawing, tool: str, at: Floats) -> Stroke | None:
    """Return the stroke of a tool that begins at a place, or None where there is nothing to take hold of."""
    if tool == "brush":
        return Brush(drawing, at)
    if tool == "spray":
        return Spray(drawing, at)
    if drawing.drafts is not None:
        return None
    if tool == "eraser":
        return Eraser(drawing, at)
    under = _under(drawing, at)
    if tool == "lasso" and (under is None or under not in drawing.selected):
        return Lasso(drawing, at)
    if under is None:
        return None
    rows = drawing.selected if under in drawing.selected else np.array([under], np.intp)
    return Move(drawing, at, rows, under)


def _under(drawing: Drawing, at: Floats) -> int | None:
    pixels = drawing.row_pixels()
    if not len(pixels):
        return None
    # Of points at one place a selected one is meant.
    apart = np.hypot(*(pixels - at).T)
    apart[drawing.selected] -= 1e-6
    nearest = int(np.argmin(apart))
    return nearest if apart[nearest] <= _PICK_PIXELS else None
