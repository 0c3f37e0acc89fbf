"""The gallery of examples, shown at the first start."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio import paths
from nnstudio.ui import theme
from nnstudio.ui.preferences import preferences

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QModelIndex, QPersistentModelIndex

_log = logging.getLogger(__name__)
_CARD = QSize(256, 258)
_PICTURE = QSize(232, 145)
_EXAMPLE = Qt.ItemDataRole.UserRole
_AT_START = "gallery-at-start"


@dataclass(frozen=True)
class Example:
    """One example project of the gallery."""

    path: Path
    title: str
    line: str
    goal: str
    thumbnail: Path | None

    def picture(self, *, dark: bool) -> Path | None:
        """Return the thumbnail for a theme; a light one where there is no dark one."""
        if self.thumbnail is None or not dark:
            return self.thumbnail
        other = self.thumbnail.with_name(f"{self.thumbnail.stem}-dark{self.thumbnail.suffix}")
        return other if other.is_file() else self.thumbnail


def load_examples() -> list[Example]:
    """Return the shipped examples in the order of the gallery; what cannot be read is left out."""
    folder = paths.resource_path("examples")
    try:
        entries = json.loads((folder / "index.json").read_text("utf-8"))
    except (OSError, ValueError):
        _log.exception("The list of examples cannot be read")
        return []
    examples = []
    for entry in entries:
        picture = folder / str(entry.get("thumbnail", ""))
        examples.append(
            Example(
                folder / entry["file"],
                entry["title"],
                entry.get("line", ""),
                _goal_text(entry.get("goal")),
                picture if picture.is_file() else None,
            )
        )
    return [example for example in examples if example.path.is_file()]


def wanted_at_start() -> bool:
    """Whether the gallery is to be shown when nnstudio starts."""
    return str(preferences().value(_AT_START, "true")).lower() != "false"


class Gallery(QDialog):
    """Cards of the examples; ``chosen`` tells the one to open, or None for an empty canvas."""

    chosen = Signal(object)  # Example | None
    lessons_wanted = Signal()

    def __init__(self, examples: list[Example], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gallery")
        self.setWindowTitle("Examples")
        self.resize(872, 680)
        heading = QLabel("Open an example, or start with an empty canvas")
        font = QFont(heading.font())
        font.setPointSizeF(font.pointSizeF() * 1.35)
        font.setWeight(QFont.Weight.DemiBold)
        heading.setFont(font)
        hint = QLabel("Each is ready to train: open it and press Train. Everything in it can be changed.")
        hint.setProperty("role", "muted")
        self.lessons_button = QPushButton("New here? Begin with the lessons")
        self.lessons_button.setToolTip("Learn step by step how a network computes and trains")
        theme.set_icon(self.lessons_button, "lesson")
        self.lessons_button.clicked.connect(self._show_lessons)

        self.cards = QListWidget()
        self.cards.setObjectName("cards")
        self.cards.setAccessibleName("Examples")
        self.cards.setViewMode(QListWidget.ViewMode.IconMode)
        self.cards.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.cards.setMovement(QListWidget.Movement.Static)
        self.cards.setUniformItemSizes(True)
        self.cards.setStyleSheet("QListWidget { background: transparent; }")
        self.cards.setSpacing(6)
        self.cards.setMouseTracking(True)
        self.cards.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.cards.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cards.setItemDelegate(_CardDelegate(self.cards))
        for example in examples:
            item = QListWidgetItem(example.title)
            item.setData(_EXAMPLE, example)
            item.setToolTip(f"{example.line}\n{example.goal}".strip())
            self.cards.addItem(item)
        self.cards.setCurrentRow(0)
        # A click opens, as in a list of links; Enter does so from the keyboard.
        self.cards.itemClicked.connect(self._open)
        self.cards.installEventFilter(self)

        self.empty_button = QPushButton("Start with an empty canvas")
        self.empty_button.setToolTip("Draw a network of your own")
        theme.set_icon(self.empty_button, "file-new")
        self.empty_button.clicked.connect(self._start_empty)
        self.at_start = QCheckBox("Show this when nnstudio starts")
        self.at_start.setChecked(wanted_at_start())
        self.at_start.toggled.connect(self._remember)
        close = QPushButton("Close")
        close.setToolTip("Go back to the window (Esc)")
        close.clicked.connect(self.reject)
        for button in (self.empty_button, close, self.lessons_button):
            button.setAutoDefault(False)

        bottom = QHBoxLayout()
        bottom.addWidget(self.at_start)
        bottom.addStretch(1)
        bottom.addWidget(close)
        bottom.addWidget(self.empty_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addWidget(heading)
        words.addWidget(hint)
        head = QHBoxLayout()
        head.addLayout(words, 1)
        head.addWidget(self.lessons_button)
        layout.addLayout(head)
        layout.addSpacing(4)
        layout.addWidget(self.cards, 1)
        layout.addLayout(bottom)
        self.cards.setFocus()

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.cards.currentItem()
            if item is not None:
                self._open(item)
                return True
        return super().eventFilter(watched, event)

    @Slot(QListWidgetItem)
    def _open(self, item: QListWidgetItem) -> None:
        self.accept()
        self.chosen.emit(item.data(_EXAMPLE))

    @Slot()
    def _start_empty(self) -> None:
        self.accept()
        self.chosen.emit(None)

    @Slot()
    def _show_lessons(self) -> None:
        self.accept()
        self.lessons_wanted.emit()

    @Slot(bool)
    def _remember(self, shown: bool) -> None:
        preferences().setValue(_AT_START, "true" if shown else "false")


class _CardDelegate(QStyledItemDelegate):
    """Paints an example as a card: picture, title, one line, goal."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pictures: dict[Path, QPixmap] = {}

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return _CARD

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colors = theme.manager().current
        example: Example = index.data(_EXAMPLE)
        state = option.state
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        card = QRectF(option.rect).adjusted(2, 2, -2, -2)
        edge = colors.accent if selected or hovered else colors.border
        painter.setPen(QPen(edge, 2.0 if selected else 1.0))
        painter.setBrush(colors.hover if hovered else colors.panel)
        painter.drawRoundedRect(card, 10, 10)
        picture = QRectF(card.left() + 10, card.top() + 10, _PICTURE.width(), _PICTURE.height())
        self._paint_picture(painter, picture, example)
        text = QRect(round(picture.left()) + 2, round(picture.bottom()) + 8, _PICTURE.width() - 4, 18)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        small = QFont(option.font)
        small.setPointSizeF(small.pointSizeF() * 0.9)
        self._paint_line(painter, text, bold, colors.text, example.title)
        lines = QRect(text.left(), text.bottom() + 3, text.width(), 2 * QFontMetrics(small).lineSpacing() + 2)
        self._paint_wrapped(painter, lines, small, colors.text, example.line)
        goal = lines.translated(0, lines.height() + 2)
        self._paint_wrapped(painter, goal, small, colors.muted, example.goal)
        painter.restore()

    def _paint_picture(self, painter: QPainter, place: QRectF, example: Example) -> None:
        colors = theme.manager().current
        clip = QPainterPath()
        clip.addRoundedRect(place, 6, 6)
        painter.fillPath(clip, colors.canvas)
        pixmap = self._picture(example.picture(dark=colors.is_dark))
        if pixmap.isNull():
            icon = theme.icon("network", colors.faint)
            icon.paint(painter, place.toRect().adjusted(70, 40, -70, -40))
            return
        painter.save()
        painter.setClipPath(clip)
        # Fills the place; what sticks out over its edges is cut off.
        scale = max(place.width() / pixmap.width(), place.height() / pixmap.height())
        size = QSize(round(pixmap.width() * scale), round(pixmap.height() * scale))
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(place.center())
        painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
        painter.restore()

    def _picture(self, path: Path | None) -> QPixmap:
        if path is None:
            return QPixmap()
        if path not in self._pictures:
            self._pictures[path] = QPixmap(str(path))
        return self._pictures[path]

    @staticmethod
    def _paint_wrapped(painter: QPainter, place: QRect, font: QFont, color: Any, text: str) -> None:
        painter.setFont(font)
        painter.setPen(color)
        flags = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        painter.drawText(place, flags | Qt.TextFlag.TextWordWrap, text)

    @staticmethod
    def _paint_line(painter: QPainter, place: QRect, font: QFont, color: Any, text: str) -> None:
        painter.setFont(font)
        painter.setPen(color)
        elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)


def _goal_text(goal: Any) -> str:
    """Return a goal of the index as words."""
    if isinstance(goal, str):
        return f"Goal: {goal}" if goal else ""
    if not isinstance(goal, dict):
        return ""
    metric = {"addition": "sums right"}.get(goal.get("metric", ""), goal.get("metric", ""))
    part = {"train": "training data", "test": "test data"}.get(goal.get("part", ""), "")
    bound, value = ("at least", goal["at_least"]) if "at_least" in goal else ("at most", goal.get("at_most"))
    shown = f"{value:.0%}" if metric in ("accuracy", "sums right") and value is not None else f"{value}"
    return f"Goal: {metric} {bound} {shown}" + (f" on the {part}" if part else "")
