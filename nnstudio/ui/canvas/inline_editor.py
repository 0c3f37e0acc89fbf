"""Type a bias or a weight right where it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QToolTip, QWidget

from nnstudio.network.rules import LABEL_LENGTH
from nnstudio.ui.fields import mark_invalid
from nnstudio.ui.numbers import format_number, parse_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QFocusEvent, QKeyEvent

_TIP = "Enter keeps it, Esc leaves it as it was"
_WIDTH = 96


class InlineEditor(QLineEdit):
    """Edits one number, or a name where ``value`` is a text; ``commit`` gets what was typed.

    Enter commits. Esc, and going elsewhere with something that is no number, leaves everything as it was.
    """

    TEXT_WIDTH = 168

    closed = Signal()

    def __init__(
        self, name: str, value: float | str, commit: Callable[[Any], object], at: QPoint, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._commit = commit
        self._is_open = True
        self.setObjectName("inline-editor")
        self.setAccessibleName(name)
        self.setToolTip(_TIP)
        self._is_text = isinstance(value, str)
        width = self.TEXT_WIDTH if self._is_text else _WIDTH
        self.setAlignment(Qt.AlignmentFlag.AlignLeft if self._is_text else Qt.AlignmentFlag.AlignCenter)
        # Rounded to fit; left as it stands, it changes nothing.
        self._unchanged = value if isinstance(value, str) else format_number(value, 7)
        if self._is_text:
            self.setMaxLength(LABEL_LENGTH)
        self.setText(self._unchanged)
        self.selectAll()
        self.setFixedWidth(width)
        area = parent.rect()
        x = min(max(4, at.x() - width // 2), max(4, area.width() - width - 4))
        y = min(
            max(4, at.y() - self.sizeHint().height() // 2),
            max(4, area.height() - self.sizeHint().height() - 4),
        )
        self.move(x, y)
        self.textEdited.connect(self._forgive)
        self.show()
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(stay=True)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_editor()
        else:
            super().keyPressEvent(event)
        # Keys that mean nothing here must not reach the canvas, where they would.
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._take(stay=False)

    def finish(self) -> None:
        """Close, keeping what was typed if it is a number."""
        self._take(stay=False)

    def close_editor(self) -> None:
        """Close without a change."""
        if self._is_open:
            self._is_open = False
            self.hide()
            self.closed.emit()
            self.deleteLater()

    def _take(self, *, stay: bool) -> None:
        if not self._is_open:
            return
        text = self.text()
        if text != self._unchanged:
            try:
                value = text if self._is_text else parse_number(text)
            except ValueError as error:
                if not stay:
                    self.close_editor()
                    return
                mark_invalid(self, str(error), _TIP)
                QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), str(error), self)
                return
            # First closed: the change that is made comes back as news of the network.
            self.close_editor()
            self._commit(value)
        self.close_editor()

    @Slot()
    def _forgive(self) -> None:
        mark_invalid(self, "", _TIP)
