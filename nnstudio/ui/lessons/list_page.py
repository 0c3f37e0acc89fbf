"""The list of lessons: what each is about, and how far one has come."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.panels.section import MARGIN, ScrollPanel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnstudio.lessons import Lesson
    from nnstudio.lessons.progress import LessonProgress, Progress
    from nnstudio.ui.lessons.library import Entry

_RING = 34


class Ring(QWidget):
    """The number of a lesson in a ring that closes as its steps are done."""

    def __init__(self, number: str, share: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(_RING, _RING)
        self._number, self._share = number, share
        theme.manager().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        if self._share >= 1.0:
            theme.icon("check-circle", colors.ok).paint(painter, self.rect().adjusted(2, 2, -2, -2))
            return
        painter.setPen(QPen(colors.border, 2.5))
        painter.drawEllipse(place)
        if self._share > 0.0:
            painter.setPen(QPen(colors.ok, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawArc(place, 90 * 16, round(-360 * 16 * self._share))
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(colors.text)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._number)


class LessonCard(QAbstractButton):
    """A lesson to begin, by click or Enter."""

    def __init__(
        self,
        lesson: Lesson,
        progress: LessonProgress,
        *,
        is_begun: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.lesson = lesson
        count = len(lesson.steps)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        number = "" if lesson.number is None else str(lesson.number)
        title = QLabel(lesson.title, self)
        title.setProperty("role", "title")
        title.setWordWrap(True)
        summary = QLabel(lesson.summary, self)
        summary.setWordWrap(True)
        summary.setVisible(bool(lesson.summary))
        facts = QLabel(self)
        facts.setProperty("role", "muted")
        facts.setWordWrap(True)
        parts = [f"{count} step{'' if count == 1 else 's'}"]
        if lesson.minutes:
            parts.insert(0, f"{lesson.minutes} minutes")
        share = progress.share(lesson)
        if progress.has_ended:
            parts.append("finished" if share >= 1.0 else "finished, with steps skipped")
        elif share or progress.step:
            parts.append(f"at step {progress.step + 1}")
        if is_begun:
            parts = ["Under way", *parts[1:]]
        facts.setText("  ·  ".join(parts))
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (title, summary, facts):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            words.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 9, 10, 9)
        row.setSpacing(10)
        ring = Ring(number, share, self)
        ring.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row.addWidget(ring, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.setText(lesson.title)
        self.setAccessibleName(f"{lesson.title}: {facts.text()}")
        self.setToolTip(f"{'Go on with' if is_begun else 'Begin'} “{lesson.title}”")
        theme.manager().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return self.layout().sizeHint()

    def keyPressEvent(self, event: object) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # type: ignore[attr-defined]
            self.click()
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_active = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(colors.accent if is_active else colors.border, 1))
        painter.setBrush(colors.hover if self.underMouse() else colors.field)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


class ListPage(ScrollPanel):
    """Cards of all lessons; ``chosen`` tells the one to begin."""

    chosen = Signal(object)  # Lesson
    file_wanted = Signal()
    folder_wanted = Signal()
    reload_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.setContentsMargins(MARGIN, 8, MARGIN, 12)
        self.column.setSpacing(8)
        self.cards: list[LessonCard] = []
        self.problems: list[QLabel] = []
        self._content: QWidget | None = None
        self._under_way: Path | None = None
        self.file_button = _button("Open a lesson file…", "open", self.file_wanted)
        self.folder_button = _button("Where do own lessons go?", "file", self.folder_wanted)
        self.folder_button.setToolTip("Open the folder that nnstudio looks into for lessons of your own")
        self.reload_button = _button("Read the lessons again", "reset", self.reload_wanted)

    def show_entries(
        self,
        shipped: Sequence[Entry],
        own: Sequence[Entry],
        progress: Progress,
        under_way: Path | None = None,
    ) -> None:
        """Show these lessons, with the progress in each; ``under_way`` is the file of the one begun."""
        self._under_way = under_way
        self.cards, self.problems = [], []
        for button in (self.file_button, self.folder_button, self.reload_button):
            button.setParent(None)
        if self._content is not None:
            self.column.removeWidget(self._content)
            self._content.hide()
            self._content.deleteLater()
        self._content = content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        intro = QLabel(
            "Each lesson brings its own network and goes step by step. Work that is not saved is asked for "
            "first."
        )
        intro.setWordWrap(True)
        intro.setProperty("role", "muted")
        column.addWidget(intro)
        for entry in shipped:
            self._add(column, entry, progress)
        heading = QLabel("Own lessons")
        heading.setProperty("role", "title")
        heading.setContentsMargins(0, 8, 0, 0)
        column.addWidget(heading)
        for entry in own:
            self._add(column, entry, progress)
        if not own:
            none = QLabel("There are none yet. A lesson is a text file that any editor writes.")
            none.setWordWrap(True)
            none.setProperty("role", "muted")
            column.addWidget(none)
        for button in (self.file_button, self.folder_button, self.reload_button):
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            button.show()
        column.addStretch(1)
        self.column.addWidget(content)

    def _add(self, column: QVBoxLayout, entry: Entry, progress: Progress) -> None:
        if entry.lesson is not None:
            is_begun = entry.path == self._under_way
            card = LessonCard(entry.lesson, progress.of(entry.lesson), is_begun=is_begun, parent=self)
            card.clicked.connect(partial(self._choose, entry.lesson))
            self.cards.append(card)
            column.addWidget(card)
        if not entry.problems:
            return
        name = entry.path.parent.name if entry.path.name == "lesson.toml" else entry.path.name
        what = "has faults" if entry.lesson is not None else "cannot be used"
        lines = [f"Line {problem.line}: {problem.message}" for problem in entry.problems]
        label = QLabel(f"“{name}” {what}.\n" + "\n".join(lines))
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setProperty("role", "error" if entry.lesson is None else "warning")
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problems.append(label)
        column.addWidget(label)

    def _choose(self, lesson: Lesson, _checked: bool = False) -> None:
        self.chosen.emit(lesson)


def _button(text: str, icon: str, signal: object) -> QPushButton:
    button = QPushButton(text)
    button.setFlat(True)
    theme.set_icon(button, icon, "muted")
    button.clicked.connect(signal)
    return button
