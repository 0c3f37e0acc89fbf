from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetrics, QImage, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from nnstudio.ui import theme
from nnstudio.ui.app import make_application
from nnstudio.ui.lessons.inline import OBJECT, number_of
from nnstudio.ui.lessons.text import LessonText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
TEXT = r"""A **weight** $w_1$ and $\frac{\partial L}{\partial w}$ below.

$$z = w_1 x_1 + w_2 x_2 + b$$

- one
- two

| a | b |
|---|---|
| 1 | $\frac{1}{2}$ |

![What it shows](view:canvas)
"""


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> Iterator[None]:
    before = theme.manager().choice
    yield
    theme.manager().set_choice(before, remember=False)


@pytest.fixture
def asked() -> list[str]:
    """The sources of the pictures that a text has asked for."""
    return []


@pytest.fixture
def make(qtbot: QtBot, asked: list[str]) -> Callable[..., LessonText]:
    make_application()
    holders: list[QWidget] = []  # or else they would go, with the texts in them

    def make_text(text: str, width: int = 320) -> LessonText:
        def picture(source: str) -> QImage:
            asked.append(source)
            image = QImage(200, 100, QImage.Format.Format_RGB32)
            image.fill(QColor(200, 30, 30) if len(asked) % 2 else QColor(30, 30, 200))
            return image

        holder = QWidget()
        holders.append(holder)
        qtbot.addWidget(holder)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        shown = LessonText(picture, holder)
        column.addWidget(shown)
        column.addStretch(1)
        holder.resize(width, 900)
        holder.show()
        shown.show_text(text)
        QApplication.processEvents()
        return shown

    return make_text


def objects(shown: LessonText) -> list[QTextCursor]:
    """Cursors behind the characters that stand for formulas and pictures."""
    cursor = QTextCursor(shown.document())
    found = []
    while not (cursor := shown.document().find(OBJECT, cursor)).isNull():
        found.append(QTextCursor(cursor))
    return found


def color_at(shown: LessonText, point: QPoint) -> QColor:
    return shown.viewport().grab().toImage().pixelColor(point)


def rect_of(shown: LessonText, cursor: QTextCursor) -> tuple[QPoint, QPoint]:
    """Upper left and lower right of the character before a cursor."""
    after = shown.cursorRect(cursor)
    before = QTextCursor(cursor)
    before.setPosition(cursor.selectionStart())
    return shown.cursorRect(before).topLeft(), after.bottomRight()


def test_it_is_as_high_as_its_text_at_any_width(make: Callable[..., LessonText]) -> None:
    text = f"{TEXT}\n\n{'Many words go on and on. ' * 9}"
    wide, narrow = make(text, 420), make(text, 260)
    assert narrow.height() > wide.height()
    for shown in (wide, narrow):
        assert abs(shown.height() - shown.document().size().height()) < 2
        assert not shown.verticalScrollBar().isVisible()


def test_nothing_is_wider_than_the_text_has_room(make: Callable[..., LessonText]) -> None:
    long = " + ".join(f"w_{{{number}}} x_{{{number}}}" for number in range(30))
    shown = make(f"$${long}$$\n\nand ${long}$.", 300)
    assert shown.document().idealWidth() <= 301


def test_what_is_copied_has_formulas_as_latex(make: Callable[..., LessonText]) -> None:
    shown = make(TEXT)
    shown.setFocus()
    QTest.keyClick(shown, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(shown, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().text()
    assert r"A weight $w_1$ and $\frac{\partial L}{\partial w}$ below." in copied
    assert "$$z = w_1 x_1 + w_2 x_2 + b$$" in copied
    assert OBJECT not in copied


def test_a_formula_in_the_line_stands_on_the_baseline(make: Callable[..., LessonText]) -> None:
    shown = make(r"x $\frac{1}{2}$ y")
    (cursor,) = objects(shown)
    given = cursor.charFormat()
    number = number_of(given)
    assert number is not None
    below = QFontMetrics(given.font()).descent()
    assert 0 <= below - shown.objects.descent_of(number) < 3
    size = shown.objects.intrinsicSize(shown.document(), 0, given)
    line = shown.document().firstBlock().layout().lineAt(0)
    assert abs(line.descent() - below) <= 1
    assert abs(line.ascent() - (size.height() - below)) <= 1


def test_no_line_begins_with_the_punctuation_after_a_formula(make: Callable[..., LessonText]) -> None:
    lines = []
    for width in range(120, 240, 7):
        shown = make(r"We get $z = \sin(1) \approx 0.8415$. And on.", width)
        block = shown.document().firstBlock()
        text, layout = block.text(), block.layout()
        starts = [text[layout.lineAt(number).textStart()] for number in range(layout.lineCount())]
        lines.append(len(starts))
        assert "." not in starts
    assert max(lines) > 1


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_formulas_are_in_the_color_of_the_text(make: Callable[..., LessonText], choice: theme.Choice) -> None:
    shown = make("$$MMMM$$")
    theme.manager().set_choice(choice, remember=False)
    QApplication.processEvents()
    image = shown.grab().toImage()
    wanted = theme.manager().current.text
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    off = [abs(c.red() - wanted.red()) + abs(c.green() - wanted.green()) for c in pixels]
    assert min(off) < 12


def test_a_live_picture_is_taken_anew_with_a_click(
    qtbot: QtBot, make: Callable[..., LessonText], asked: list[str]
) -> None:
    shown = make("![What it shows](view:canvas)")
    (cursor,) = objects(shown)
    top_left, bottom_right = rect_of(shown, cursor)
    middle = (top_left + bottom_right) / 2
    before = color_at(shown, middle)
    with qtbot.waitSignal(shown.picture_clicked) as clicked:
        QTest.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert clicked.args == ["view:canvas"]
    shown.refresh_pictures()
    assert color_at(shown, middle) != before
    assert asked == ["view:canvas"] * 2


def test_taking_pictures_anew_leaves_the_text_at_its_height(make: Callable[..., LessonText]) -> None:
    shown = make(TEXT)
    heights = [shown.height()]
    shown.document().documentLayout().documentSizeChanged.connect(lambda _: heights.append(shown.height()))
    shown.refresh_pictures()
    assert set(heights) == {shown.height()}


def test_a_formula_under_the_pointer_is_copied_by_the_menu(
    qtbot: QtBot, make: Callable[..., LessonText]
) -> None:
    shown = make("Some words $a^2 + b^2$ and more.")
    (cursor,) = objects(shown)
    top_left, bottom_right = rect_of(shown, cursor)
    place = (top_left + bottom_right) / 2
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, shown.mapToGlobal(place))
    QApplication.sendEvent(shown.viewport(), event)
    (menu,) = shown.findChildren(QMenu)
    (copy,) = [action for action in menu.actions() if "LaTeX" in action.text()]
    copy.trigger()
    menu.close()
    assert QApplication.clipboard().text() == "a^2 + b^2"


def test_what_a_picture_shows_stands_below_it(make: Callable[..., LessonText]) -> None:
    assert make("![What it shows](view:canvas)").document().toPlainText().endswith("What it shows")


def test_a_link_tells_where_it_leads(qtbot: QtBot, make: Callable[..., LessonText]) -> None:
    shown = make("[here](https://example.org/a)")
    place = shown.cursorRect(QTextCursor(shown.document())).center() + QPoint(8, 0)
    with qtbot.waitSignal(shown.link_clicked) as clicked:
        QTest.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == ["https://example.org/a"]
