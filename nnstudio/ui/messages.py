"""Messages to the user: a bar over the canvas that never stops the work."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFontDatabase, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.overlay import Card

Kind = Literal["info", "warning", "error"]
_INFO_MILLISECONDS = 6000


class MessageBar(Card):
    """Shows one message at a time; information goes by itself, warnings and errors stay until closed."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("message-bar", parent)
        self.kind: Kind = "info"
        self.details = ""
        self._symbol = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.details_button = QPushButton("Details")
        self.details_button.setToolTip("Show what happened, to copy into a report")
        self.details_button.clicked.connect(self._show_details)
        self.close_button = QToolButton()
        self.close_button.setToolTip("Close this message (Esc)")
        self.close_button.setAccessibleName("Close message")
        theme.set_icon(self.close_button, "close", "muted")
        self.close_button.clicked.connect(self.dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(8)
        layout.addWidget(self._symbol)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.details_button)
        layout.addWidget(self.close_button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        theme.manager().changed.connect(self._restyle)
        self.hide()

    @property
    def text(self) -> str:
        """The message on view, empty where there is none."""
        return "" if self.isHidden() else self._text.text()

    @property
    def is_passing(self) -> bool:
        """Whether the message goes by itself, soon."""
        return self.kind == "info"

    def show_message(self, text: str, kind: Kind = "info", details: str = "") -> None:
        """Show a message in place of the one before."""
        self.kind = kind
        self.details = details
        self._text.setText(text)
        self.details_button.setVisible(bool(details))
        self.setAccessibleName(text)
        self._restyle()
        self.show()
        self._timer.stop()
        if kind == "info":
            self._timer.start(_INFO_MILLISECONDS)

    @Slot()
    def dismiss(self) -> None:
        """Take the message away."""
        self._timer.stop()
        if self.isHidden():
            return
        self.hide()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _restyle(self) -> None:
        colors = theme.manager().current
        accent = {"info": colors.accent, "warning": colors.warning, "error": colors.error}[self.kind]
        self._symbol.setPixmap(theme.icon(self.kind, accent).pixmap(18, 18))
        self.set_edge(accent.name())

    @Slot()
    def _show_details(self) -> None:
        dialog = DetailsDialog(self._text.text(), self.details, self.window())
        dialog.show()


class DetailsDialog(QDialog):
    """A text to read and copy."""

    def __init__(self, summary: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Details")
        self.resize(680, 380)
        title = QLabel(summary)
        title.setWordWrap(True)
        text = QPlainTextEdit(details)
        text.setReadOnly(True)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setAccessibleName("Details")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(text.selectAll)
        copy.clicked.connect(text.copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(text, 1)
        layout.addWidget(buttons)
