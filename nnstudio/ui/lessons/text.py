"""The text of a lesson, set: Markdown with formulas on the baseline, and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QBrush,
    QContextMenuEvent,
    QFont,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrame,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QMenu, QSizePolicy, QTextBrowser, QWidget

from nnstudio.ui import theme
from nnstudio.ui.lessons.inline import KIND, OBJECT, InlineObjects, format_of, number_of
from nnstudio.ui.lessons.markup import FIRST, LAST, Formula, Picture, taken_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QImage

_LINE_HEIGHT = 128.0  # percent
_LEAST_HEIGHT = 8
# Keys that scroll the panel around a text, which has nothing to scroll itself.
_SCROLLING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value


class LessonText(QTextBrowser):
    """Shows a text as high as it is; what is copied has formulas as LaTeX.

    ``picture`` finds the image that a picture's source names, or None. ``link_clicked`` tells the address of
    a link, ``picture_clicked`` the source of a picture.
    """

    link_clicked = Signal(str)
    picture_clicked = Signal(str)

    def __init__(
        self, picture: Callable[[str], QImage | None] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._picture = picture
        self._text = ""
        self._is_setting = False
        self._parts: list[Formula | Picture] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setStyleSheet("QTextBrowser { border: none; background: transparent; padding: 0; }")
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.document().setUndoRedoEnabled(False)
        self.objects = InlineObjects(self.document(), self._image)
        self.document().documentLayout().registerHandler(KIND, self.objects)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.anchorClicked.connect(self._follow)
        theme.manager().changed.connect(self._set)

    @property
    def text(self) -> str:
        """The Markdown that is shown."""
        return self._text

    @property
    def formulas(self) -> list[Formula]:
        """The formulas in it, in order."""
        return [part for part in self._parts if isinstance(part, Formula)]

    @property
    def pictures(self) -> list[Picture]:
        """The pictures in it, in order."""
        return [part for part in self._parts if isinstance(part, Picture)]

    def show_text(self, text: str) -> None:
        """Show Markdown."""
        self._text = text
        self._set()

    @Slot()
    def refresh_pictures(self) -> None:
        """Take the pictures anew."""
        if self.pictures:
            self.objects.take_pictures()
            self.document().markContentsDirty(0, self.document().characterCount())
            self._fit()
            self.viewport().update()

    def plain_text(self) -> str:
        """Return all of it as text, formulas as LaTeX."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        return self._copied(cursor)

    # Making the document

    @Slot()
    def _set(self) -> None:
        markdown, self._parts = taken_apart(self._text)
        document = self.document()
        # Only what is complete has a height, or else the page around it would jump.
        self._is_setting = True
        document.setDefaultFont(self.font())
        document.setIndentWidth(1.5 * self.fontInfo().pixelSize())
        document.setMarkdown(markdown, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        self.objects.show_parts(self._parts, self.font())
        self._style_blocks()
        self._style_tables(document.rootFrame())
        self._put_objects()
        self._is_setting = False
        self.setAccessibleDescription(self.plain_text())
        self._fit()

    def _put_objects(self) -> None:
        """Put formulas and pictures where their marks stand."""
        document = self.document()
        cursor = document.find(FIRST)
        while not cursor.isNull():
            start = cursor.selectionStart()
            end = document.find(LAST, start)
            if end.isNull():
                return
            cursor.setPosition(start)
            cursor.setPosition(end.selectionEnd(), QTextCursor.MoveMode.KeepAnchor)
            number = int(cursor.selectedText().strip(FIRST + LAST))
            part = self._parts[number]
            around = cursor.charFormat()
            cursor.insertText(OBJECT, format_of(number, part, self.objects, around))
            if isinstance(part, Picture) or part.is_display:
                self._stand_alone(cursor)
            if isinstance(part, Picture) and part.alt:
                self._write_caption(cursor, part)
            cursor = document.find(FIRST, cursor.position())

    @staticmethod
    def _stand_alone(cursor: QTextCursor) -> None:
        block = cursor.blockFormat()
        if cursor.currentTable() is not None or cursor.block().length() != 2:
            return
        block.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        block.setLineHeight(100.0, _PROPORTIONAL)
        cursor.setBlockFormat(block)

    @staticmethod
    def _write_caption(cursor: QTextCursor, picture: Picture) -> None:
        written = QTextCharFormat()
        written.setForeground(theme.manager().current.muted)
        written.setProperty(QTextFormat.Property.FontSizeAdjustment, -1)
        cursor.insertText(f"\u2028{picture.alt}", written)

    def _style_blocks(self) -> None:
        colors = theme.manager().current
        size = self.fontInfo().pixelSize()
        block = self.document().begin()
        is_first = True
        while block.isValid():
            given = block.blockFormat()
            change = QTextBlockFormat()
            level = given.headingLevel()
            is_code = _is_code(block)
            change.setLineHeight(100.0 if is_code else _LINE_HEIGHT, _PROPORTIONAL)
            in_list = block.textList() is not None
            goes_on = is_code and _is_code(block.next())
            ends_list = in_list and block.next().textList() is None
            change.setTopMargin(size * 0.9 if level and not is_first else 0.0)
            short = 0.35 if level or (in_list and not ends_list) else 0.75
            change.setBottomMargin(0.0 if goes_on else size * short)
            if is_code:
                change.setBackground(colors.hover)
                change.setLeftMargin(size * 0.4)
                change.setNonBreakableLines(False)
            quote = given.property(QTextFormat.Property.BlockQuoteLevel)
            if quote:
                change.setLeftMargin(size * int(quote))
            cursor = QTextCursor(block)
            cursor.mergeBlockFormat(change)
            self._style_fragments(block, level, is_quote=bool(quote))
            is_first = False
            block = block.next()

    @staticmethod
    def _style_fragments(block: QTextBlock, level: int, *, is_quote: bool) -> None:
        colors = theme.manager().current
        spans = []
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            spans.append((fragment.position(), fragment.length(), fragment.charFormat()))
            fragments += 1
        for start, length, given in spans:
            change = QTextCharFormat()
            if level:
                change.setProperty(QTextFormat.Property.FontSizeAdjustment, 1 if level < 3 else 0)
                change.setFontWeight(QFont.Weight.DemiBold)
            if is_quote:
                change.setForeground(colors.muted)
            if given.isAnchor():
                change.setForeground(colors.accent)
                change.setFontUnderline(False)
            cursor = QTextCursor(block)
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(change)

    def _style_tables(self, frame: QTextFrame) -> None:
        colors = theme.manager().current
        for child in frame.childFrames():
            if isinstance(child, QTextTable):
                given = child.format()
                given.setBorder(1)
                given.setBorderCollapse(True)
                given.setBorderBrush(QBrush(colors.border))
                given.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                given.setCellPadding(self.fontInfo().pixelSize() * 0.35)
                given.setCellSpacing(0)
                given.setTopMargin(4)
                given.setBottomMargin(self.fontInfo().pixelSize() * 0.2)
                given.setAlignment(Qt.AlignmentFlag.AlignHCenter)
                given.setWidth(QTextLength())
                child.setFormat(given)
                cells = QTextBlockFormat()
                cells.setTopMargin(0)
                cells.setBottomMargin(0)
                cells.setLineHeight(100.0, _PROPORTIONAL)
                cursor = child.firstCursorPosition()
                cursor.setPosition(child.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeBlockFormat(cells)

    def _image(self, picture: Picture) -> QImage | None:
        return None if self._picture is None else self._picture(picture.source)

    # Size

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, _LEAST_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._text:
            self._set()

    @Slot()
    def _fit(self) -> None:
        if self._is_setting:
            return
        document = self.document()
        width = max(self.viewport().width(), 60)
        if round(document.textWidth()) != width:
            document.setTextWidth(width)
        height = max(round(document.size().height() + 0.5), _LEAST_HEIGHT)
        if height != self.height():
            self.setFixedHeight(height)

    # What is done with it

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the panel around it scrolls

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _SCROLLING and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Copy):
            if event.type() == QEvent.Type.KeyPress:
                self.copy_selection()
            event.accept()
            return True
        return super().event(event)

    @Slot()
    def copy_selection(self) -> None:
        """Copy what is selected as text, formulas as LaTeX."""
        cursor = self.textCursor()
        if cursor.hasSelection():
            QApplication.clipboard().setText(self._copied(cursor))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        part = self._part_at(event)
        if isinstance(part, Formula):
            copy = menu.addAction("Copy formula as &LaTeX")
            copy.triggered.connect(lambda: QApplication.clipboard().setText(part.latex))
        selected = menu.addAction("&Copy", self.copy_selection)
        selected.setEnabled(self.textCursor().hasSelection())
        menu.addAction("Select &all", self.selectAll)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())

    def _part_at(self, event: QContextMenuEvent) -> Formula | Picture | None:
        position = self.document().documentLayout().hitTest(event.pos(), Qt.HitTestAccuracy.ExactHit)
        if position < 0:
            return None
        cursor = QTextCursor(self.document())
        for place in (position, position + 1):
            cursor.setPosition(min(place, self.document().characterCount() - 1))
            number = number_of(cursor.charFormat())
            if number is not None:
                return self._parts[number]
        return None

    def _copied(self, cursor: QTextCursor) -> str:
        pieces = []
        first, last = cursor.selectionStart(), cursor.selectionEnd()
        walker = QTextCursor(self.document())
        text = cursor.selectedText()
        for place, character in enumerate(text, first):
            if character == OBJECT and place < last:
                walker.setPosition(place + 1)
                number = number_of(walker.charFormat())
                pieces.append("" if number is None else self._parts[number].text)
            else:
                pieces.append("\n" if character in "\u2029\u2028\ufdd0\ufdd1" else character)
        return "".join(pieces).strip()

    def _follow(self, address: object) -> None:
        text = str(getattr(address, "toString", str)())
        if text.startswith("picture:"):
            self.picture_clicked.emit(text.partition(":")[2])
        else:
            self.link_clicked.emit(text)


def _is_code(block: QTextBlock) -> bool:
    return block.isValid() and block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)
