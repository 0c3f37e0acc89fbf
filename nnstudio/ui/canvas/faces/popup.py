"""What one neuron shows, large and with its axes, beside the neuron under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame

from nnstudio.ui import theme
from nnstudio.ui.canvas.faces import numbers, popup_painting
from nnstudio.ui.canvas.faces.asking import Asker
from nnstudio.ui.canvas.faces.painting import ImageFace, Sheet
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.overlays import style_card
from nnstudio.ui.numbers import format_count, format_number

if TYPE_CHECKING:
    from nnstudio.ui.canvas.faces.faces import NeuronFaces
    from nnstudio.ui.canvas.faces.painting import Face
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.training_controller import TrainingController

SIDE = 176
_WHO = "neuron popup"
_DELAY_MILLISECONDS = 300
_MARGIN = 10
_GUTTER = 42  # left of the picture, for the numbers of its axis
_LINE = 16
_GAP = 14  # between the neuron and the popup
_FINE_VALUES = 400_000


class FacePopup(QFrame):
    """Shows itself where the pointer rests on a neuron that shows a picture. It takes no clicks."""

    def __init__(self, canvas: CanvasView, faces: NeuronFaces) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._faces = faces
        self._asker: Asker | None = None
        self._side = 0  # points along each side of what it asks about
        self._face: Face | None = None
        self._lines: list[str] = []
        self.neuron_id = ""
        self.setObjectName("neuron-popup")
        self.setAccessibleName("What the neuron computes")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY_MILLISECONDS)
        self._delay.timeout.connect(self._open)
        canvas.network_scene.hit_changed.connect(self._on_hit)
        canvas.zoomed.connect(self.dismiss)
        canvas.horizontalScrollBar().valueChanged.connect(self.dismiss)
        canvas.verticalScrollBar().valueChanged.connect(self.dismiss)
        canvas.document.project_replaced.connect(self.dismiss)
        canvas.document.focus_changed.connect(self.update)
        faces.drawn.connect(self._redraw)
        theme.manager().changed.connect(self._restyle)
        self.hide()
        self._restyle()

    def follow(self, controller: TrainingController) -> None:
        """Ask this controller for more than neurons show on the canvas."""
        self._asker = Asker(controller, _WHO, self)
        self._asker.changed.connect(self._redraw)

    @Slot()
    def dismiss(self) -> None:
        """Hide, until the pointer comes to a neuron again."""
        self._delay.stop()
        self.neuron_id = ""
        if self._asker is not None and self._asker.points is not None:
            self._asker.ask(None)
        self.hide()

    @property
    def face(self) -> Face | None:
        """What is on view."""
        return self._face

    # When to show itself

    @Slot()
    def _on_hit(self) -> None:
        scene = self._canvas.network_scene
        hit = scene.hit
        item = scene.items_by_id.get(hit.id) if hit.kind in ("core", "rim") else None
        if item is None or item.face is None or self._canvas.has_gesture:
            self.dismiss()
        elif item.neuron.id != self.neuron_id:
            was_open = self.isVisible()
            self.dismiss()
            self.neuron_id = item.neuron.id
            self._delay.start(0 if was_open else _DELAY_MILLISECONDS)

    @Slot()
    def _open(self) -> None:
        plane = self._faces.plane
        network = self._canvas.document.network
        if plane is not None and plane.kind == "surface" and self._asker is not None:
            side = numbers.plane_side(network.neuron_count, network.connection_count, _FINE_VALUES)
            self._side = max(side, self._faces.side)
            self._asker.ask(plane.probe_points(self._side))
        self._redraw()
        if self.neuron_id:
            self._place()
            self.show()
            self.raise_()

    @Slot()
    def _redraw(self) -> None:
        if not self.neuron_id:
            return
        item = self._canvas.network_scene.items_by_id.get(self.neuron_id)
        if item is None or item.face is None:
            self.dismiss()
            return
        self._face = self._fine_face() or item.face
        lines = item.describe().splitlines()
        self._lines = lines
        area = self.picture_area
        self.resize(_GUTTER + SIDE + 2 * _MARGIN, area.bottom() + _MARGIN + 4 + _LINE + self._axis_room)
        self.update()

    def _fine_face(self) -> Face | None:
        """Return the picture of the finer grid, where the answer has come."""
        asker = self._asker
        if asker is None or asker.values is None or asker.snapshot is None or self._faces.plane is None:
            return None
        if self.neuron_id not in asker.snapshot.neuron_ids:
            return None
        slot = asker.snapshot.neuron_ids.index(self.neuron_id)
        middle = self._faces.middle_of(self.neuron_id)
        tiles = numbers.plane_tiles(asker.values[:, slot : slot + 1], self._side, [middle])
        full = numbers.scales(tiles)
        return Sheet(numbers.painted(tiles, full, theme.manager().current.name), is_smooth=True).face(0)

    def _place(self) -> None:
        """Stand beside the neuron, on the side where there is room, and inside of the canvas."""
        item = self._canvas.network_scene.items_by_id[self.neuron_id]
        middle = self._canvas.mapFromScene(item.pos())
        away = round(NEURON_RADIUS * self._canvas.zoom) + _GAP
        area = self._canvas.viewport().rect().adjusted(4, 4, -4, -4)
        right, left = middle.x() + away, middle.x() - away - self.width()
        x = right if right + self.width() <= area.right() or left < area.left() else left
        y = middle.y() - self.height() // 2
        if x == right and right + self.width() > area.right():
            # Neither side has room: below or above.
            x = min(max(area.left(), middle.x() - self.width() // 2), area.right() - self.width())
            below = middle.y() + away + _LINE
            y = below if below + self.height() <= area.bottom() else middle.y() - away - self.height()
        y = min(max(area.top(), y), max(area.top(), area.bottom() - self.height()))
        self.move(QPoint(x, y))

    # Painting

    @property
    def picture_area(self) -> QRect:
        """Where the picture is."""
        left = _GUTTER if self._axis_room else _GUTTER // 2
        return QRect(_MARGIN + left, _MARGIN + len(self._lines) * _LINE + 4, SIDE, SIDE)

    @property
    def _axis_room(self) -> int:
        """The height of what stands below the picture for its axis: pixels of an image have none."""
        return 0 if self._faces.mode == "weights" else _LINE

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        face = self._face
        if face is None:
            return
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(11)
        bold = QFont(font)
        bold.setPixelSize(12)
        bold.setWeight(QFont.Weight.DemiBold)
        width = self.width() - 2 * _MARGIN
        for row, line in enumerate(self._lines):
            used = bold if row == 0 else font
            painter.setFont(used)
            painter.setPen(current.text if row == 0 else current.muted)
            text = QFontMetricsF(used).elidedText(line, Qt.TextElideMode.ElideRight, width)
            painter.drawText(QRectF(_MARGIN, _MARGIN + row * _LINE, width, _LINE), text)
        area = QRectF(self.picture_area)
        painter.fillRect(area, current.canvas)
        painter.save()
        painter.setClipRect(area)
        face.paint(painter, area)
        self._paint_points(painter, area)
        painter.restore()
        painter.setFont(font)
        popup_painting.paint_frame(painter, area, current)
        across, up = self.axes()
        popup_painting.paint_axes(painter, area, _GUTTER, across, up, current)
        painter.setPen(current.muted)
        foot = QRectF(_MARGIN, area.bottom() + 3 + self._axis_room, area.right() - _MARGIN, _LINE)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, self.note())

    def _paint_points(self, painter: QPainter, area: QRectF) -> None:
        plane = self._faces.plane
        if plane is not None and plane.data is not None and self._faces.mode == "plane":
            row = self._canvas.document.focus_row
            popup_painting.paint_points(painter, area, plane, row)

    def axes(self) -> tuple[popup_painting.Axis, popup_painting.Axis]:
        """Return the axes of what is on view: to the right and upwards."""
        faces, face = self._faces, self._face
        axis, nothing = popup_painting.Axis, popup_painting.Axis("", "", "")
        plane = faces.plane
        if isinstance(face, ImageFace):
            if plane is None:
                return nothing, nothing
            first, second = (
                axis(name, format_number(low, 2), format_number(high, 2))
                for name, (low, high) in zip(plane.input_names, plane.ranges, strict=False)
            )
            return first, second
        slot = faces.slots.get(self.neuron_id)
        if faces.ranges is None or slot is None:
            return nothing, nothing
        low, high = (format_number(float(end[slot]), 2) for end in faces.ranges)
        if plane is not None:
            ends = (format_number(end, 2) for end in plane.ranges[0])
            return axis(plane.input_names[0], *ends), axis("value", low, high)
        return axis("value", low, high), axis("rows", "", "")

    def note(self) -> str:
        """Return what else there is to say of the picture."""
        faces, asker = self._faces, self._faces.asker
        if faces.plane is not None and faces.plane.kind == "curve":
            return "" if faces.plane.data is None else "ticks: training rows · line: in focus"
        if faces.mode == "histogram":
            rows = 0 if asker is None or asker.values is None else len(asker.values)
            return f"over {format_count(rows)} training rows"
        if isinstance(self._face, ImageFace) and self.neuron_id in faces.full:
            reach = format_number(faces.full[self.neuron_id], 2)
            middle = faces.middle_of(self.neuron_id) if faces.plane is not None else 0.0
            if middle:
                return f"full color: {format_number(middle)} ± {reach}"
            return f"full color: {'weight' if faces.plane is None else 'value'} ±{reach}"
        return ""

    @Slot()
    def _restyle(self) -> None:
        style_card(self)
        self._redraw()
