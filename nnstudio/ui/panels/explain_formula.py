"""A formula in a panel: typeset, broken to the panel's width, and to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget

from nnstudio.ui import theme
from nnstudio.ui.panels.section import breakable
from nnstudio.ui.typeset import Set, typeset

if TYPE_CHECKING:
    from nnstudio.explain import Formula

# An em of a formula is so much larger than the text around it.
_SIZE = 1.2
_MARGIN = 3
_LEAST_WIDTH = 60


def is_copying(event: QEvent) -> bool:
    """Whether an event is the keys that copy, pressed or about to mean the copying of the network."""
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Copy)


class FormulaView(QWidget):
    """Shows a formula in symbols and with numbers; the context menu copies it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._formula: Formula | None = None
        self._set = Set()
        self._plain: QLabel | None = None
        self.copy_latex = self._action("Copy as &LaTeX", self._copy_latex)
        self.copy_text = self._action("Copy as &text", self._copy_text)
        self.as_text = self._action("&Show as text to select", None)
        self.as_text.setCheckable(True)
        self.as_text.toggled.connect(self._show_as_text)
        theme.manager().changed.connect(self.update)

    @property
    def formula(self) -> Formula | None:
        """The formula that is shown."""
        return self._formula

    def show_formula(self, formula: Formula) -> None:
        """Show a formula."""
        if formula == self._formula:
            return
        self._formula = formula
        self.setAccessibleName(formula.text)
        if self._plain is not None:
            self._plain.setText(breakable(formula.text))
        self._arrange()
        self.update()

    def event(self, event: QEvent) -> bool:
        if not is_copying(event):
            return super().event(event)
        self.take_copy(event)
        return True

    def take_copy(self, event: QEvent) -> None:
        """Copy the formula where the keys that do are pressed; they mean nothing else meanwhile."""
        if event.type() == QEvent.Type.KeyPress:
            self._copy_latex()
        event.accept()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._arrange()

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(current.accent, 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if self._plain is None:
            self._set.paint(painter, QPointF(_MARGIN, _MARGIN), self._em, current.text)

    @property
    def _em(self) -> float:
        return self.fontInfo().pixelSize() * _SIZE

    def _action(self, text: str, slot: object) -> QAction:
        action = QAction(text, self)
        if slot is not None:
            action.triggered.connect(slot)
        self.addAction(action)
        return action

    def _arrange(self) -> None:
        """Break the formula to the width there is, and be as high as it takes."""
        if self._formula is None:
            return
        room = max(self.width() - 2 * _MARGIN, _LEAST_WIDTH)
        if self._plain is not None:
            self._plain.setGeometry(_MARGIN, _MARGIN, room, max(self._plain.heightForWidth(room), 1))
            height, least = self._plain.height(), 0
        else:
            self._set = typeset(self._formula.symbols, self._formula.numbers, room / self._em)
            height = round(self._set.height * self._em + 0.5)
            least = round(self._set.needed * self._em + 0.5) + 2 * _MARGIN
        if least != self.minimumWidth():
            self.setMinimumWidth(least)
        if height + 2 * _MARGIN != self.height():
            self.setFixedHeight(height + 2 * _MARGIN)

    @Slot(bool)
    def _show_as_text(self, wanted: bool) -> None:
        if wanted == (self._plain is not None):
            return
        if self._plain is not None:
            self._plain.deleteLater()
            self._plain = None
        else:
            self._plain = QLabel(self)
            self._plain.setTextFormat(Qt.TextFormat.PlainText)
            self._plain.setWordWrap(True)
            self._plain.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            self._plain.setText(breakable("" if self._formula is None else self._formula.text))
            self._plain.addActions(self.actions())
            self._plain.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
            self._plain.show()
        self._arrange()
        self.update()

    @Slot()
    def _copy_latex(self) -> None:
        if self._formula is not None:
            QApplication.clipboard().setText(self._formula.latex)

    @Slot()
    def _copy_text(self) -> None:
        if self._plain is not None and self._plain.hasSelectedText():
            QApplication.clipboard().setText(self._plain.selectedText().replace("\u200b", ""))
        elif self._formula is not None:
            QApplication.clipboard().setText(self._formula.text)
