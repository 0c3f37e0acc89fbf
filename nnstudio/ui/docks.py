"""The panels around the canvas: where each stands at first, and what is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QWidget

from nnstudio.ui.dock_tabs import TabBars
from nnstudio.ui.dock_title import DockTitle
from nnstudio.ui.preferences import preferences

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

# Rises when docks are added or renamed: what was remembered before then no longer fits.
_LAYOUT_VERSION = 5
_AREA = Qt.DockWidgetArea


@dataclass(frozen=True)
class _Place:
    key: str
    title: str
    area: Qt.DockWidgetArea
    behind: str = ""  # the dock that it shares tabs with


_PLACES = (
    _Place("palette", "Palette", _AREA.LeftDockWidgetArea),
    _Place("data", "Data", _AREA.LeftDockWidgetArea),
    _Place("lessons", "Lessons", _AREA.LeftDockWidgetArea, "data"),
    _Place("output", "Output", _AREA.RightDockWidgetArea),
    _Place("inspector", "Inspector", _AREA.RightDockWidgetArea),
    _Place("explain", "Explain", _AREA.RightDockWidgetArea, "inspector"),
    _Place("landscape", "Landscape", _AREA.RightDockWidgetArea, "inspector"),
    _Place("loss", "Loss", _AREA.BottomDockWidgetArea),
    _Place("distributions", "Distributions", _AREA.BottomDockWidgetArea, "loss"),
    _Place("table", "Data table", _AREA.BottomDockWidgetArea, "loss"),
    _Place("looks", "Look at the data", _AREA.BottomDockWidgetArea, "loss"),
)
_LEFT, _RIGHT, _BOTTOM = 236, 332, 196
_LESSONS, _SEPARATORS = 340, 14
# Heights in pixels: of the palette and of another panel above the lessons, and what reading takes at least.
_PALETTE_BESIDE_LESSONS, _LEAST_PALETTE, _PANEL_BESIDE_LESSONS, _READING = 170, 84, 300, 430


def make_docks(window: QMainWindow) -> dict[str, QDockWidget]:
    """Return the docks by name, at their places, each with a placeholder."""
    window.setDockNestingEnabled(True)
    window.setCorner(Qt.Corner.BottomLeftCorner, _AREA.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, _AREA.RightDockWidgetArea)
    docks = {}
    for place in _PLACES:
        dock = QDockWidget(place.title, window)
        dock.setObjectName(f"dock-{place.key}")
        dock.setTitleBarWidget(DockTitle(dock))
        dock.setWidget(_placeholder())
        dock.toggleViewAction().setToolTip(f"Show or hide the panel “{place.title}”")
        window.addDockWidget(place.area, dock)
        docks[place.key] = dock
    _arrange(window, docks)
    TabBars(window, docks.values())
    return docks


def reset_layout(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Put all docks back to their first places."""
    for place in _PLACES:
        dock = docks[place.key]
        dock.setFloating(False)
        window.removeDockWidget(dock)
        window.addDockWidget(place.area, dock)
        dock.show()
    _arrange(window, docks)


def show_lessons(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Bring the lessons to the front, with room to read them and the palette still of use above."""
    dock = docks["lessons"]
    dock.show()
    dock.raise_()
    if dock.isFloating():
        return
    right = docks["output"]
    others = [right] if right.isVisible() and not right.isFloating() else []
    # What the panel gets is taken from the canvas, not from the panels on the other side.
    below = [docks[place.key] for place in _PLACES if place.area == _AREA.BottomDockWidgetArea]
    middle = [window.centralWidget().minimumWidth()]
    middle += [each.minimumSizeHint().width() for each in below if each.isVisible() and not each.isFloating()]
    room = window.width() - sum(each.width() for each in others) - max(middle)
    width = min(_LESSONS, room - _SEPARATORS)
    if width > dock.width():
        widths = [width, *(each.width() for each in others)]
        window.resizeDocks([dock, *others], widths, Qt.Orientation.Horizontal)
    palette = docks["palette"]
    if palette.isVisible() and palette.x() == dock.x():
        total = palette.height() + dock.height()
        height = min(palette.height(), _PALETTE_BESIDE_LESSONS, max(total - _READING, _LEAST_PALETTE))
        window.resizeDocks([palette, dock], [height, total - height], Qt.Orientation.Vertical)


def show_beside_lessons(window: QMainWindow, docks: dict[str, QDockWidget], key: str) -> bool:
    """Bring a panel to the front, and with the palette where it would cover the lessons; say if it moved."""
    dock, lessons, palette = docks[key], docks["lessons"], docks["palette"]
    dock.show()
    covers = dock in window.tabifiedDockWidgets(lessons)
    if covers and (dock is palette or palette in window.tabifiedDockWidgets(lessons)):
        return False
    if covers:
        palette.show()
        window.tabifyDockWidget(palette, dock)
        total = palette.height() + lessons.height()
        height = min(_PANEL_BESIDE_LESSONS, total // 2)
        window.resizeDocks([palette, lessons], [height, total - height], Qt.Orientation.Vertical)
    dock.raise_()
    return covers


def put_back_beside_lessons(window: QMainWindow, docks: dict[str, QDockWidget], key: str) -> None:
    """Put a panel that went to the palette back to the lessons, below it."""
    dock, lessons, palette = docks[key], docks["lessons"], docks["palette"]
    if dock in window.tabifiedDockWidgets(palette) and lessons not in window.tabifiedDockWidgets(palette):
        window.tabifyDockWidget(lessons, dock)
        lessons.raise_()


def save_layout(window: QMainWindow) -> None:
    """Remember size and docks for the next start."""
    store = preferences()
    store.setValue("geometry", window.saveGeometry())
    store.setValue("layout", window.saveState(_LAYOUT_VERSION))


def restore_layout(window: QMainWindow) -> bool:
    """Bring back what was remembered; returns whether there was anything that fits."""
    store = preferences()
    geometry, state = store.value("geometry"), store.value("layout")
    if isinstance(geometry, QByteArray):
        window.restoreGeometry(geometry)
    return isinstance(state, QByteArray) and window.restoreState(state, _LAYOUT_VERSION)


def _arrange(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    vertical, horizontal = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
    window.splitDockWidget(docks["palette"], docks["data"], vertical)
    window.splitDockWidget(docks["output"], docks["inspector"], vertical)
    last = dict(docks)
    for place in _PLACES:
        if place.behind:
            window.tabifyDockWidget(last[place.behind], docks[place.key])
            last[place.behind] = docks[place.key]
    for key in {place.behind: None for place in _PLACES if place.behind}:
        docks[key].raise_()
    window.resizeDocks([docks["palette"], docks["output"]], [_LEFT, _RIGHT], horizontal)
    window.resizeDocks([docks["palette"], docks["data"]], [280, 420], vertical)
    window.resizeDocks([docks["output"], docks["inspector"]], [330, 320], vertical)
    window.resizeDocks([docks["loss"]], [_BOTTOM], vertical)


def _placeholder() -> QWidget:
    label = QLabel("Loading…")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setProperty("role", "muted")
    return label
