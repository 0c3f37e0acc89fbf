"""Help > Keyboard and mouse, and About."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QMessageBox,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

import nnstudio
from nnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenuBar

GESTURES = (
    ("Add a neuron", "Double-click empty space, or drag one from the palette"),
    ("Connect", "Drag from the rim of a neuron to another neuron"),
    ("Connect a new neuron", "Drag from the rim and let go on empty space"),
    ("Connect many", "Select several, then drag from the rim of one of them"),
    ("Select", "Click; Shift-click adds; drag on empty space for a rubber band"),
    ("Move", "Drag; Alt while dragging turns snapping off"),
    ("Type a bias or weight", "Double-click a neuron or a connection"),
    ("Move a group", "Drag its name or its block; a click selects its neurons"),
    ("Rename a group", "Double-click its name"),
    ("Collapse or expand a group", "Click the triangle beside its name, or Alt-click the name"),
    (
        "Wire a column of the data",
        "Drag its name from the Data panel or the header of the table onto an input or output",
    ),
    ("Pan", "Drag with the middle button, or Space and drag"),
    ("Zoom", "Turn the wheel: the point under the pointer stays"),
    ("Cancel a gesture", "Esc"),
)
# Keys that no menu shows.
KEYS = (
    ("Go to the nearest neuron in a direction", "Ctrl and an arrow"),
    ("Select it too on the way", "Ctrl, Shift and an arrow"),
    ("Select or deselect where you are", "Ctrl+Space"),
    ("Go along the connections of a neuron", "Tab and Shift+Tab; Esc goes back to the neuron"),
    ("Type the bias or weight where you are", "Enter"),
    ("Move what is selected", "Arrows; with Shift by 10"),
    ("Connect many", "1 marks what is selected, 2 connects the marked to what is selected then"),
    ("Add a neuron in its column", "N, I or O where you are, or where the pointer rests"),
    ("Leave the canvas", "Esc until nothing is selected, then Tab"),
    ("Go from phase to phase on a walk through a step", "Right and Left; End takes the step"),
    ("Play or pause the walk", "Space; Esc leaves it"),
)
DATA = (
    ("Draw points", "The pencil over the output plot, with two inputs or one; then drag"),
    ("Choose class and size", "1 to 9; [ and ]"),
    ("Move, change or delete many points", "Draw around them with the lasso, then drag, Set to, or Delete"),
    ("Take a stroke back", "Esc while it is drawn; undo afterwards, also while training"),
    ("Change a cell of the table", "Double-click it, press F2, or just type"),
    ("Add or delete rows", "Paste them; Delete takes the selected ones away"),
    ("Show only some rows", "Type a condition over the table, such as x1 > 0 and test == 1"),
)
PAST = (
    ("Show the window a past step", "Drag the slider under the loss plot, or the line in the plot"),
    ("Bring that line to the pointer", "Shift and click in the loss plot"),
    ("Go through the past on the slider", "Arrows; with Ctrl by epochs; Home and End; Space plays it"),
    ("Train on from a past step", "Train, or change a weight, while it is on view"),
)
_RARE = {"Cut", "Copy", "Paste", "Find", "Undo", "Redo", "Open", "Save", "New"}


class ShortcutsDialog(QDialog):
    """All shortcuts, read from the menus, and the gestures of the canvas."""

    def __init__(self, bar: QMenuBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("shortcuts")
        self.setWindowTitle("Keyboard and mouse")
        self.resize(620, 640)
        self._groups = menu_shortcuts(bar)
        self.search = QLineEdit()
        self.search.setAccessibleName("Search")
        self.search.setPlaceholderText("Search for what to do, or for a key")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Shortcuts and gestures")
        self._show("")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        # Enter belongs to the search.
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.addWidget(self.search)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        self.search.setFocus()

    @Slot(str)
    def _show(self, wanted: str) -> None:
        self.text.setHtml(overview(self._groups, wanted))


def menu_shortcuts(bar: QMenuBar) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return, menu by menu, what has a shortcut and which."""
    groups = []
    for top in bar.actions():
        menu = top.menu()
        rows = [] if menu is None else _rows(menu.actions(), "")
        if rows:
            groups.append((_plain(top.text()), rows))
    return groups


def overview(groups: Iterable[tuple[str, list[tuple[str, str]]]], wanted: str = "") -> str:
    """Return the overview as HTML: all of it, or the lines that hold a text."""
    wanted = wanted.strip().casefold()
    colors = theme.manager().current
    parts = []
    own = (
        ("On the canvas", GESTURES),
        ("By the keyboard alone", KEYS),
        ("With the data", DATA),
        ("In the past", PAST),
    )
    for title, rows in (*((title, list(lines)) for title, lines in own), *groups):
        shown = [row for row in rows if wanted in " ".join(row).casefold()]
        if not shown:
            continue
        lines = "".join(
            f"<tr><td width='45%' style='padding:3px 0'>{html.escape(what)}</td>"
            f"<td style='padding:3px 0; color:{colors.muted.name()}'>{html.escape(how)}</td></tr>"
            for what, how in shown
        )
        parts.append(
            f"<h3 style='margin:12px 0 4px 0'>{html.escape(title)}</h3><table width='100%'>{lines}</table>"
        )
    return "".join(parts) or "<p>Nothing of that kind.</p>"


def show_about(parent: QWidget) -> None:
    """Show version and licence."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About nnstudio")
    box.setIconPixmap(theme.icon("nnstudio").pixmap(64, 64))
    box.setText(f"nnstudio {nnstudio.__version__}")
    box.setInformativeText(
        "Build neural networks neuron by neuron, train them and watch them learn.\n\n"
        "Free software under the BSD 3-Clause licence."
    )
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.open()


def _rows(actions: Iterable[QAction], where: str) -> list[tuple[str, str]]:
    """Return names and keys; what stands in a menu of its own is named with it."""
    rows = []
    for action in actions:
        menu = action.menu()
        name = f"{where}{_plain(action.text())}"
        if menu is not None:
            rows += _rows(menu.actions(), f"{name} › ")
            continue
        keys = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
        usual = [key for key in keys if not _is_rare(key)]
        if usual:
            rows.append((name, " or ".join(usual)))
    return rows


def _is_rare(key: str) -> bool:
    """Whether a key is on hardly any keyboard, as Cut and F20 are."""
    return key in _RARE or re.fullmatch(r"F(1[3-9]|[23]\d)", key) is not None


def _plain(text: str) -> str:
    return text.replace("&", "").rstrip("…")
