"""What the context menu of the canvas says of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from nnstudio.ui import theme
from nnstudio.ui.canvas.groups_item import COLORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QMenu

    from nnstudio.ui.canvas.view import CanvasView

_SWATCH = 16


def add_group_entries(canvas: CanvasView, menu: QMenu, group_id: str) -> None:
    """Add what can be done with one group, which is selected already."""
    actions = canvas.actions()
    group = canvas.document.network.group(group_id)
    fold = menu.addAction("&Expand\tG" if group.collapsed else "&Collapse\tG")
    theme.set_icon(fold, "fold")
    fold.triggered.connect(_calling(lambda: canvas.grouping.toggle(group_id)))
    rename = menu.addAction("&Rename…")
    theme.set_icon(rename, "edit")
    rename.triggered.connect(_calling(lambda: canvas.grouping.edit_name(group_id)))
    colors = menu.addMenu("C&olor")
    theme.set_icon(colors.menuAction(), "color")
    for color, title in (("", "None"), *COLORS):
        entry = colors.addAction(swatch(color), title)
        entry.setCheckable(True)
        entry.setChecked(color == group.color)
        entry.triggered.connect(_calling(lambda color=color: canvas.grouping.set_color(group_id, color)))
    menu.addAction(actions["ungroup"])
    menu.addAction(actions["save_template"])


def swatch(color: str) -> QIcon:
    """Return a small round picture of a group's color; a ring where it has none."""
    current = theme.manager().current
    pixmap = QPixmap(2 * _SWATCH, 2 * _SWATCH)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(color) if color else current.hidden, 1.5))
    painter.setBrush(QColor(color) if color else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(2, 2, _SWATCH - 4, _SWATCH - 4)
    painter.end()
    return QIcon(pixmap)


def _calling(command: Callable[[], object]) -> Callable[[bool], None]:
    """Return a slot that calls ``command``, whatever the entry's check mark says."""

    def run(_checked: bool = False) -> None:
        command()

    return run
