"""Bookmarks of views: parts of the canvas to come back to, kept with the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.view_state import place_of, show_place, stored_place

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView

_KEY = "bookmarks"
_NAME_LENGTH = 60
_WITH_KEYS = 9  # Alt+1 to Alt+9
MOST = 100


class Bookmarks(QObject):
    """The bookmarks of the open project, and the menu that offers them."""

    message = Signal(str)

    def __init__(self, canvas: CanvasView, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._document = canvas.document
        self._parent = parent
        self.menu = QMenu("&Bookmarks", parent)
        self.menu.setToolTipsVisible(True)
        self.add_action = QAction("&Bookmark this view…", parent)
        self.add_action.setShortcut(QKeySequence("Ctrl+B"))
        self.add_action.setToolTip("Keep what is on view under a name, to come back to it (Ctrl+B)")
        self.add_action.triggered.connect(self.ask)
        theme.set_icon(self.add_action, "bookmark")
        parent.addAction(self.add_action)
        self._keys = []
        for number in range(1, _WITH_KEYS + 1):
            action = QAction(parent)
            action.setShortcut(QKeySequence(f"Alt+{number}"))
            action.setData(number - 1)
            action.triggered.connect(self._go_by_key)
            parent.addAction(action)
            self._keys.append(action)
        self.menu.aboutToShow.connect(self.fill)

    def all(self) -> list[dict[str, Any]]:
        """Return the bookmarks that can be used, in order: name, zoom, center."""
        stored = self._document.project.view.get(_KEY)
        entries = stored if isinstance(stored, list) else []
        return [entry for entry in entries if _is_usable(entry)][:MOST]

    @Slot()
    def ask(self) -> None:
        """Ask for a name, and keep what is on view under it."""
        name, wanted = QInputDialog.getText(
            self._parent, "Bookmark this view", "Name", text=f"View {len(self.all()) + 1}"
        )
        if wanted and name.strip():
            self.add(name.strip()[:_NAME_LENGTH])

    def add(self, name: str) -> None:
        """Keep what is on view under a name; another one of that name is replaced."""
        entry = {"name": name, **place_of(self._canvas)}
        others = [each for each in self.all() if each["name"] != name]
        if len(others) >= MOST:
            self.message.emit(f"There are {MOST} bookmarks already. Remove one first.")
            return
        self._store(f"Bookmark “{name}”", [*others, entry])

    def remove(self, name: str) -> None:
        """Forget a bookmark."""
        self._store(f"Remove bookmark “{name}”", [each for each in self.all() if each["name"] != name])

    def go(self, place: int) -> None:
        """Show the bookmark at this place in their order."""
        entries = self.all()
        if place < len(entries):
            found = stored_place(entries[place])
            if found is not None:
                show_place(self._canvas, *found)
        elif not entries:
            self.message.emit("There are no bookmarks yet. Ctrl+B makes one of what is on view.")

    @Slot()
    def fill(self) -> None:
        """Fill the menu with what there is now."""
        self.menu.clear()
        self.menu.addAction(self.add_action)
        entries = self.all()
        if not entries:
            return
        self.menu.addSeparator()
        for place, entry in enumerate(entries):
            action = self.menu.addAction(entry["name"].replace("&", "&&"))
            action.setData(place)
            if place < _WITH_KEYS:
                # Shown only: the key itself belongs to an action that is always there.
                action.setText(f"{action.text()}\tAlt+{place + 1}")
            action.triggered.connect(self._go_by_key)
        self.menu.addSeparator()
        removing = self.menu.addMenu("&Remove")
        for entry in entries:
            action = removing.addAction(entry["name"].replace("&", "&&"))
            action.setData(entry["name"])
            action.triggered.connect(self._remove_chosen)

    def _store(self, label: str, entries: list[dict[str, Any]]) -> None:
        view = {**self._document.project.view, _KEY: entries}
        self._document.do(ProjectChange(label, view=view))

    @Slot()
    def _go_by_key(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.go(int(action.data()))

    @Slot()
    def _remove_chosen(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.remove(str(action.data()))


def _is_usable(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and bool(entry["name"])
        and stored_place(entry) is not None
    )
