"""Parts of a panel: a title that folds what stands below it, rows of a form, and a panel that scrolls."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme

MARGIN = 12
LABEL_WIDTH = 78
_LONG_WORD = 24


class _Title(QAbstractButton):
    """The title of a section: a click folds or unfolds it."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFixedHeight(26)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.manager().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active = self.underMouse() or self.hasFocus()
        color = current.text if active else current.muted
        if self.hasFocus():
            painter.setPen(QPen(current.accent, 1))
            painter.drawRoundedRect(self.rect().adjusted(MARGIN - 6, 2, -MARGIN + 4, -2), 5, 5)
        font = self.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 0.9)
        painter.setFont(font)
        painter.setPen(color)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect().adjusted(MARGIN, 0, -MARGIN - 14, 0), flags, self.text())
        x, y = self.width() - MARGIN - 5.0, self.height() / 2
        arrow = (
            [(-4.0, -2.0), (0.0, 2.0), (4.0, -2.0)]
            if self.isChecked()
            else [(-2.0, -4.0), (2.0, 0.0), (-2.0, 4.0)]
        )
        painter.setPen(QPen(color, 1.5))
        painter.drawPolyline(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in arrow]))


class Section(QWidget):
    """A titled part of a panel that can be folded; add to ``body``."""

    toggled = Signal(bool)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = _Title(title, self)
        self.title.setAccessibleName(f"{title}: fold or unfold")
        self.title.setToolTip("Fold or unfold this part")
        self.content = QWidget(self)
        self.body = QVBoxLayout(self.content)
        self.body.setContentsMargins(MARGIN, 2, MARGIN, 8)
        self.body.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.title)
        layout.addWidget(self.content)
        self.title.toggled.connect(self._fold)

    @Slot(bool)
    def _fold(self, unfolded: bool) -> None:
        self.content.setVisible(unfolded)
        self.toggled.emit(unfolded)


class Form(QWidget):
    """Rows of a label and its fields."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self._rows: dict[str, list[QWidget]] = {}

    def add(self, label: str, *fields: QWidget, stretch: int = 0) -> None:
        """Add a row; the field at the place ``stretch`` takes the room that is left."""
        row = self._grid.rowCount()
        caption = QLabel(label, self)
        caption.setProperty("role", "muted")
        caption.setBuddy(fields[0])
        tall = isinstance(fields[0], QPlainTextEdit)
        if tall:
            caption.setContentsMargins(0, 4, 0, 0)
        side = Qt.AlignmentFlag.AlignTop if tall else Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(caption, row, 0, side)
        if len(fields) == 1:
            self._grid.addWidget(fields[0], row, 1)
        else:
            box = QHBoxLayout()
            box.setSpacing(8)
            for place, field in enumerate(fields):
                box.addWidget(field, 1 if place == stretch else 0)
            self._grid.addLayout(box, row, 1)
        self._rows[label] = [caption, *fields]

    def add_wide(self, widget: QWidget) -> None:
        """Add a widget over the whole width."""
        self._grid.addWidget(widget, self._grid.rowCount(), 0, 1, 2)

    def show_row(self, label: str, visible: bool) -> None:
        """Show or hide a row."""
        for widget in self._rows[label]:
            widget.setVisible(visible)


class ScrollPanel(QScrollArea):
    """A panel that scrolls when it is higher than its dock, and always fits its width; add to ``column``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(0, 4, 0, 8)
        self.column.setSpacing(4)
        self.setWidget(content)

    def width_of_content(self) -> int:
        """Return how wide the panel has to be for nothing in it to be cut off, scroll bar included."""
        return self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()


class ErrorLabel(QLabel):
    """Says what was refused, and why; hidden until there is something to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "error")
        self.setWordWrap(True)
        self.setVisible(False)

    @Slot(str)
    def tell(self, text: str) -> None:
        """Show a text, or nothing where it is empty."""
        self.setText(text)
        self.setVisible(bool(text))

    @Slot()
    def forget(self) -> None:
        """Show nothing."""
        self.tell("")


def breakable(text: str) -> str:
    """Return a text whose long words, as formulas have them, may break after parentheses and commas.

    A label is never narrower than its longest word, and would widen its panel.
    """
    return " ".join(
        word if len(word) <= _LONG_WORD else word.replace("(", "(\u200b").replace(",", ",\u200b")
        for word in text.split(" ")
    )
