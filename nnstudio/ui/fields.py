"""Fields for numbers that say at once why something cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QLineEdit, QToolTip, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent


def mark_invalid(field: QWidget, reason: str, usual_tooltip: str) -> None:
    """Give a field the look of a refused entry, with the reason as tooltip; an empty reason takes it away."""
    invalid = bool(reason)
    field.setToolTip(reason or usual_tooltip)
    if bool(field.property("invalid")) != invalid:
        field.setProperty("invalid", invalid)
        field.style().unpolish(field)
        field.style().polish(field)


class ValueCombo(QComboBox):
    """An editable choice of values. What cannot be read gets a red frame, a reason, and changes nothing.

    ``read`` turns text into a value or raises ValueError with a sentence; ``write`` turns a value into text.
    """

    committed = Signal(object)

    def __init__(
        self,
        values: Sequence[Any],
        read: Callable[[str], Any],
        write: Callable[[Any], str],
        tooltip: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._read = read
        self._write = write
        self._tooltip = tooltip
        self._value: Any = values[0]
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setCompleter(None)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.addItems([write(value) for value in values])
        editor = self.lineEdit()
        assert isinstance(editor, QLineEdit)
        editor.setToolTip("")
        self.textActivated.connect(self._commit)
        self.editTextChanged.connect(self._forgive)
        self.show_value(self._value)

    @property
    def value(self) -> Any:
        """The last legal value."""
        return self._value

    def show_value(self, value: Any) -> None:
        """Show a value without telling it as a change."""
        self._value = value
        self.setEditText(self._write(value))
        mark_invalid(self, "", self._tooltip)

    @property
    def problem(self) -> str:
        """Why what is typed cannot be, or an empty text."""
        return self.toolTip() if self.property("invalid") else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._commit(self.currentText())
            self.lineEdit().selectAll()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.show_value(self._value)
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() == Qt.FocusReason.PopupFocusReason:
            return
        self._commit(self.currentText())
        if self.property("invalid"):
            self.show_value(self._value)

    def wheelEvent(self, event: Any) -> None:
        # Scrolling over the bar must not change how the network is trained.
        event.ignore()

    @Slot(str)
    def _commit(self, text: str) -> None:
        if text == self._write(self._value):
            mark_invalid(self, "", self._tooltip)
            return
        try:
            value = self._read(text)
        except ValueError as error:
            mark_invalid(self, str(error), self._tooltip)
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), str(error), self)
            return
        changed = value != self._value
        self.show_value(value)
        if changed:
            self.committed.emit(value)

    @Slot(str)
    def _forgive(self, _text: str) -> None:
        mark_invalid(self, "", self._tooltip)


class ValueEdit(QLineEdit):
    """A value to type. What cannot be read gets a red frame, and changes nothing; Esc brings the value back.

    ``read`` and ``write`` as for `ValueCombo`. ``refused`` says why an entry is not taken, and with an empty
    text that it is forgiven.
    """

    committed = Signal(object)
    refused = Signal(str)

    def __init__(
        self,
        read: Callable[[str], Any],
        write: Callable[[Any], str],
        tooltip: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._read = read
        self._write = write
        self._tooltip = tooltip
        self._value: Any = None
        self.setToolTip(tooltip)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.editingFinished.connect(self.commit)
        self.textEdited.connect(self._forgive)

    @property
    def value(self) -> Any:
        """The last legal value."""
        return self._value

    def show_value(self, value: Any) -> None:
        """Show a value without telling it as a change."""
        self._value = value
        self.setText(self._write(value))
        self._forgive()

    @Slot()
    def commit(self) -> None:
        """Take what is typed, or say why not."""
        text = self.text()
        if text == self._write(self._value):
            return
        try:
            value = self._read(text)
        except ValueError as error:
            mark_invalid(self, str(error), self._tooltip)
            self.refused.emit(str(error))
            return
        changed = value != self._value
        self.show_value(value)
        if changed:
            self.committed.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._write(self._value):
            self.show_value(self._value)
            event.accept()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _forgive(self) -> None:
        if self.property("invalid"):
            mark_invalid(self, "", self._tooltip)
            self.refused.emit("")
